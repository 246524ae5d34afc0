//! Codes of the lists of EN 16931.

use super::fields::{Checker, Place, present};
use crate::FailureCode;
use crate::code_lists::{CodeList, UNITS};
use crate::problem::shown;

/// A unit that Recommendation 20 has withdrawn and many publishers still have: a piece, which is `H87` today.
const FORMER_UNIT: &str = "PCE";

impl Checker {
    /// A unit of measure. The rule of the standard has no former units, so an e-invoice needs `H87` instead of `PCE`.
    pub(super) fn unit(&mut self, place: &Place, code: Option<String>) -> Option<String> {
        if code.as_deref() == Some(FORMER_UNIT) {
            return code;
        }
        self.listed(place, code, &UNITS, "BR-CL-23")
    }

    /// A code of a list. On a receipt its form is enough: platforms have units and reasons of their own.
    pub(super) fn listed(
        &mut self,
        place: &Place,
        code: Option<String>,
        list: &CodeList,
        rule: &'static str,
    ) -> Option<String> {
        let code = present(code)?;
        if list.has(&code) || (self.is_lenient && list.has_form(&code)) {
            return Some(code);
        }
        let near = match list.near(&code).as_slice() {
            [] => String::new(),
            near => format!(", perhaps {}", near.join(" or ")),
        };
        let message = format!(
            "is {}, expected a code of {}{near}",
            shown(&code),
            list.name
        );
        self.report(FailureCode::FieldInvalid, place, Some(rule), message);
        None
    }
}
