//! Periods: of the document and of a line.

use super::document::date;
use super::fields::{Checker, Place};
use crate::FailureCode;
use crate::model::Period;
use crate::request::PeriodField;

/// A period; one without a date counts as absent. `rule` is the one that an end before the start breaks.
pub(super) fn period(
    check: &mut Checker,
    place: &Place,
    field: PeriodField,
    rule: &'static str,
) -> Option<Period> {
    let start = date(check, &place.field("start"), field.start);
    let end = date(check, &place.field("end"), field.end);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        let message = format!("ends on {end}, expected {start}, its start, or later");
        check.report(FailureCode::DateInvalid, place, Some(rule), message);
        return None;
    }
    (start.is_some() || end.is_some()).then_some(Period { start, end })
}
