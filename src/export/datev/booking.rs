//! What is booked of a document, and what cannot be.

use time::Date;

use super::super::entry::{Entry, Fault};
use super::settings::Datev;
use invoice::model::DocumentType;

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    pub(super) year: i32,
    pub(super) month: u8,
}

/// One booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Booking<'a> {
    /// With tax, in cents, above zero.
    pub(super) amount: u64,
    /// Whether the debtor is credited: for a credit note.
    pub(super) is_credit: bool,
    /// The debtor.
    pub(super) debtor: &'a str,
    /// The revenue account.
    pub(super) revenue: &'a str,
    /// The issue date.
    pub(super) date: Date,
    /// The number of the document.
    pub(super) number: &'a str,
    /// The name of the buyer; else the type of the document.
    pub(super) text: &'a str,
    /// The buyer's VAT identifier, for a supply within the EU without tax.
    pub(super) vat_id: Option<&'a str>,
}

impl Booking<'_> {
    pub(super) fn month(&self) -> Month {
        Month {
            year: self.date.year(),
            month: self.date.month().into(),
        }
    }
}

/// The bookings of a document.
///
/// # Errors
///
/// What cannot be expressed. A document is booked whole or not at all.
pub(super) fn bookings<'a>(datev: &'a Datev, entry: &'a Entry) -> Result<Vec<Booking<'a>>, Fault> {
    let Some(content) = &entry.content else {
        return Err(Fault::new(
            "datev_request_unreadable",
            "the document is not booked: its request cannot be read",
        ));
    };
    check_type(&entry.document_type)?;
    if entry.currency != "EUR" {
        let detail = format!(
            "the document is not booked: its currency is {}, and a rate to EUR is not known",
            entry.currency
        );
        return Err(Fault::new("datev_currency", detail));
    }
    if !datev.fiscal_year().contains(&content.issue_date) {
        let detail = format!(
            "the document is not booked: its issue date {} is not in the fiscal year that begins on {}",
            content.issue_date,
            datev.fiscal_year().start
        );
        return Err(Fault::new("datev_date", detail));
    }
    check_number(&entry.number)?;
    let mut bookings = Vec::with_capacity(content.taxes.len());
    for it in &content.taxes {
        let gross = it.net.saturating_add(it.tax);
        if gross == 0 {
            continue;
        }
        let amount = gross.unsigned_abs();
        if amount > LARGEST {
            return Err(Fault::new(
                "datev_amount",
                "the document is not booked: an amount has more than ten digits before the comma",
            ));
        }
        let Some(revenue) = datev.revenue(&it.category, &it.rate) else {
            let detail = format!(
                "the document is not booked: there is no revenue account for the tax category {} with {} %",
                it.category, it.rate
            );
            return Err(Fault::new("datev_account_missing", detail));
        };
        let is_eu_supply = it.category == "K";
        let vat_id = content.buyer_vat_id.as_deref().filter(|_| is_eu_supply);
        if is_eu_supply && !vat_id.is_some_and(is_vat_id) {
            let detail = "the document is not booked: the buyer of a supply within the EU has no VAT identifier of 2 letters and up to 13 \
                          letters and digits";
            return Err(Fault::new("datev_vat_id", detail));
        }
        bookings.push(Booking {
            amount,
            is_credit: gross < 0,
            debtor: datev.debtor(),
            revenue,
            date: content.issue_date,
            number: &entry.number,
            text: content.buyer.as_deref().unwrap_or(&entry.document_type),
            vat_id,
        });
    }
    Ok(bookings)
}

/// Ten digits before the comma.
const LARGEST: u64 = 999_999_999_999;

/// Which documents are revenue of the day that they are issued on.
fn check_type(name: &str) -> Result<(), Fault> {
    let refused = |why: &str| {
        let detail = format!("the document is not booked: {why}");
        Err(Fault::new("datev_type", detail))
    };
    match DocumentType::from_name(name) {
        Some(
            DocumentType::Invoice
            | DocumentType::CreditNote
            | DocumentType::SelfBilledInvoice
            | DocumentType::SelfBilledCreditNote
            | DocumentType::Receipt,
        ) => Ok(()),
        Some(DocumentType::CorrectedInvoice) => {
            refused("a corrected invoice replaces another one, whose booking has to be reversed")
        }
        Some(DocumentType::PrepaymentInvoice) => {
            refused("a prepayment needs accounts of its own, and is cleared by the final invoice")
        }
        None => refused("its type is unknown"),
    }
}

/// The field `Belegfeld 1`: `^["]([a-zA-Z0-9$%&*+\-/]{0,36})["]$`. Another number would be one that the documents do not have.
fn check_number(number: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "$%&*+-/".contains(c);
    if number.chars().count() <= 36 && number.chars().all(fits) {
        return Ok(());
    }
    let detail = "the document is not booked: its number has more than 36 characters, or others than letters, digits and $ % & * + - /";
    Err(Fault::new("datev_number", detail))
}

fn is_vat_id(text: &str) -> bool {
    let (country, number) = text.split_at_checked(2).unwrap_or_default();
    let letters = country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase());
    letters && number.len() <= 13 && number.bytes().all(|it| it.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::super::super::entry::tests::entry;
    use super::super::settings::tests::datev;
    use super::*;

    #[test]
    fn what_cannot_be_expressed_is_refused_with_a_code() {
        let datev = datev();
        let usual = [("S", "19", 100, 19)];
        let changed = |kind: &str, number: &str, change: fn(&mut Entry)| {
            let mut entry = entry(kind, number, &usual);
            change(&mut entry);
            entry
        };
        let on = |entry: &mut Entry, date| {
            if let Some(content) = &mut entry.content {
                content.issue_date = date;
            }
        };
        let mut before = entry("invoice", "1", &usual);
        on(&mut before, date!(2025 - 12 - 31));
        let mut after = entry("invoice", "1", &usual);
        on(&mut after, date!(2027 - 01 - 01));
        for (entry, code) in [
            (before, "datev_date"),
            (after, "datev_date"),
            (
                changed("invoice", "1", |it| it.currency = "USD".into()),
                "datev_currency",
            ),
            (
                changed("invoice", "1", |it| it.content = None),
                "datev_request_unreadable",
            ),
            (changed("invoice", "RE 1", |_| {}), "datev_number"),
            (changed("invoice", &"1".repeat(37), |_| {}), "datev_number"),
            (changed("corrected-invoice", "1", |_| {}), "datev_type"),
            (changed("prepayment-invoice", "1", |_| {}), "datev_type"),
            (
                entry("invoice", "1", &[("S", "19", 100, 19), ("S", "16", 1, 0)]),
                "datev_account_missing",
            ),
            (entry("invoice", "1", &[("K", "0", 100, 0)]), "datev_vat_id"),
            (
                entry("invoice", "1", &[("S", "19", 999_999_999_999, 1)]),
                "datev_amount",
            ),
        ] {
            let refused = bookings(&datev, &entry).expect_err(code);
            assert_eq!(refused.code, code);
            assert!(refused.detail.starts_with("the document is not booked: "));
        }
    }

    #[test]
    fn a_booking_has_the_side_and_the_account_of_its_rate() {
        let datev = datev();
        let mut entry = entry(
            "invoice",
            "RE-1/2026",
            &[("S", "19", -100, -19), ("K", "0", 500, 0), ("S", "7", 0, 0)],
        );
        if let Some(content) = &mut entry.content {
            content.buyer_vat_id = Some("ATU12345678".into());
        }
        let found = bookings(&datev, &entry).expect("bookings");
        let shown: Vec<_> = (found.iter())
            .map(|it| (it.amount, it.is_credit, it.revenue, it.vat_id))
            .collect();
        let expected = [
            (119, true, "8400", None),
            (500, false, "8125", Some("ATU12345678")),
        ];
        assert_eq!(shown, expected);
    }
}
