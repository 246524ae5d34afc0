//! What a template promises to show: the parts of an invoice that its pages are compared with.

use serde::Deserialize;

/// A part of an invoice. `docs/templates.md` has the same list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Number and issue date.
    Document,
    /// Numbers of the preceding invoices.
    PrecedingInvoices,
    /// Due date, tax point, period, delivery date.
    Dates,
    /// Names, VAT identifiers and tax numbers.
    Parties,
    /// Name and quantity of each line.
    Lines,
    /// Unit price, amount, allowances and charges of each line.
    Prices,
    /// Rate, list price and period of each line; percentages of allowances and charges.
    LineDetails,
    /// Rate, taxable amount, tax and reason of an exemption, for each rate.
    Taxes,
    /// Totals, allowances and charges of the document.
    Totals,
    /// Accounts, mandates and payment references.
    Payment,
    /// References by which the buyer files the document.
    References,
    /// Issue dates of the preceding invoices.
    PrecedingDates,
    /// Lines of the addresses of the parties and of the delivery, and the name of the latter's place.
    Addresses,
    /// Name, telephone number and e-mail address of the seller's contact; name of the buyer's contact.
    Contacts,
    /// Banks, and holders of accounts and cards.
    PaymentDetails,
}

/// The parts that a template promises to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise(u16);

impl Promise {
    /// What articles 219, 226 and 230 of the VAT Directive (2006/112/EC) ask of every invoice: what a template promises that
    /// says nothing else.
    pub const LAW: Self = Self::of(&[
        Part::Document,
        Part::PrecedingInvoices,
        Part::Dates,
        Part::Parties,
        Part::Lines,
        Part::Prices,
        Part::Taxes,
        Part::Totals,
    ]);

    /// A promise of these parts.
    pub const fn of(parts: &[Part]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < parts.len() {
            bits |= 1 << parts[index] as u16;
            index += 1;
        }
        Self(bits)
    }

    /// Whether the part is promised.
    pub const fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u16) != 0
    }

    /// Whether nothing is promised.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_asks_for_amounts_and_not_for_an_account() {
        assert!(Promise::LAW.has(Part::Prices) && Promise::LAW.has(Part::Totals));
        assert!(!Promise::LAW.has(Part::Payment) && !Promise::LAW.has(Part::References));
        assert!(Promise::of(&[]).is_empty());
        let parts: Vec<Part> = serde_json::from_str(r#"["lines", "line-details"]"#).expect("parts");
        let promise = Promise::of(&parts);
        assert!(promise.has(Part::Lines) && promise.has(Part::LineDetails));
        assert!(!promise.has(Part::Document));
    }
}
