//! The dates of the document.

use std::borrow::Cow;

use invoice::Invoice;
use invoice::model::Period;
use time::Date;

use crate::catalog::labels::Labels;
use crate::catalog::promise::{Part, Promise};
use crate::content_check::facts::{Labelled, Mention};
use crate::locale::Formats;

/// The dates that stand anywhere.
pub(super) fn of<'a>(invoice: &Invoice, promise: Promise, formats: &Formats) -> Vec<Mention<'a>> {
    let mut mentions = Vec::new();
    for (pointer, _, dates) in dates(invoice) {
        let part = match pointer {
            "/issueDate" => Part::Document,
            _ => Part::Dates,
        };
        if promise.has(part) {
            mentions.extend(dates.into_iter().map(|date| Mention {
                pointer: pointer.into(),
                personal: false,
                forms: vec![formats.date(date).into()],
            }));
        }
    }
    if promise.has(Part::PrecedingDates) {
        let preceding = invoice.references.preceding_invoices.iter().enumerate();
        mentions.extend(preceding.filter_map(|(index, preceding)| {
            Some(Mention {
                pointer: format!("/references/precedingInvoices/{index}/issueDate").into(),
                personal: false,
                forms: vec![formats.date(preceding.issue_date?).into()],
            })
        }));
    }
    mentions
}

/// The labels of dates, and the dates that each may have beside it.
pub(super) fn labels<'a>(
    invoice: &Invoice,
    texts: &'a Labels,
    formats: &Formats,
) -> Vec<Labelled<'a>> {
    let mut labels: Vec<Labelled<'a>> = Vec::new();
    for (pointer, key, dates) in dates(invoice) {
        let Some(label) = texts.get(key) else {
            continue;
        };
        let values = dates.into_iter().map(|date| Cow::from(formats.date(date)));
        Labelled::add(&mut labels, pointer, label, values);
    }
    labels
}

/// Pointer, key of the label, and dates.
fn dates(invoice: &Invoice) -> Vec<(&'static str, &'static str, Vec<Date>)> {
    let of_period = |period: Period| [period.start, period.end].into_iter().flatten().collect();
    let one = |date: Option<Date>| date.map(|date| vec![date]);
    // Where nothing is due, pages show no date for it.
    let due = invoice.due_date.filter(|_| !invoice.totals.due.is_zero());
    // A code says when the tax becomes accountable, in place of the date.
    let tax_point = invoice
        .tax_point_date
        .filter(|_| invoice.tax_point_event.is_none());
    let delivery = invoice.delivery.as_ref();
    [
        ("/issueDate", "issue-date", one(Some(invoice.issue_date))),
        ("/dueDate", "due-date", one(due)),
        ("/taxPointDate", "tax-point-date", one(tax_point)),
        ("/period", "period", invoice.period.map(of_period)),
        (
            "/delivery/date",
            "delivery-date",
            one(delivery.and_then(|delivery| delivery.date)),
        ),
    ]
    .into_iter()
    .filter_map(|(pointer, key, dates)| Some((pointer, key, dates?)))
    .collect()
}
