//! The problems of an invoice that an e-invoice cannot have, collected while its parts are made.

use en16931::{Identifier, InvoiceAmount};
use invoice::model;
use invoice::{FailureCode, Problem};
use rust_decimal::Decimal;

use crate::place::Place;

/// Most problems that are reported: a longer list does not help a reader.
const MAX_PROBLEMS: usize = 50;

/// Collects problems. Its methods return a value of the e-invoice, also where they report the one of the invoice.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    /// Whether all amounts could be taken over: otherwise sums say nothing.
    has_other_amounts: bool,
}

impl Problems {
    /// All problems.
    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.list
    }

    /// Whether there is no problem.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether an amount could not be taken over.
    pub(crate) fn has_other_amounts(&self) -> bool {
        self.has_other_amounts
    }

    /// Reports a problem. One that is there already, from a rule with the same meaning, is not repeated.
    pub(crate) fn push(&mut self, problem: Problem) {
        let same =
            |other: &Problem| other.pointer == problem.pointer && other.message == problem.message;
        if self.list.len() < MAX_PROBLEMS && !self.list.iter().any(same) {
            self.list.push(problem);
        }
    }

    /// Reports a rule that is broken.
    pub(crate) fn invalid(
        &mut self,
        place: Place<'_>,
        rule: Option<&'static str>,
        message: String,
    ) {
        self.push(Problem {
            code: FailureCode::EInvoiceInvalid,
            pointer: place.to_string(),
            rule,
            message,
        });
    }

    /// Reports a field that has no place in the e-invoice, if it is given. The message ends with what to do.
    pub(crate) fn no_place(&mut self, place: Place<'_>, is_given: bool, advice: &str) {
        if is_given {
            self.push(Problem {
                code: FailureCode::FieldUnsupported,
                pointer: place.to_string(),
                rule: None,
                message: format!("has no place in an e-invoice, expected none: {advice}"),
            });
        }
    }

    /// A text without white space at its ends, which readers of XML take away. Letters that XML cannot have are reported.
    pub(crate) fn text(&mut self, place: Place<'_>, text: &str) -> String {
        let forbidden = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
        if let Some((at, c)) = text.chars().enumerate().find(|(_, c)| forbidden(*c)) {
            let message = format!(
                "has U+{:04X} as character {}, expected a text without it: XML cannot have it",
                u32::from(c),
                at + 1
            );
            self.invalid(place, None, message);
        }
        text.trim().to_owned()
    }

    /// A text where there is one.
    pub(crate) fn texts(&mut self, place: Place<'_>, text: Option<&String>) -> Option<String> {
        text.map(|text| self.text(place, text))
    }

    /// An identifier with its scheme.
    pub(crate) fn identifier(&mut self, place: Place<'_>, id: &model::Identifier) -> Identifier {
        let value = self.text(place.field("value"), &id.value);
        match &id.scheme {
            Some(scheme) => Identifier::schemed(value, scheme.trim()),
            None => Identifier::new(value),
        }
    }

    /// An amount; `rule` is the one that limits its decimals.
    pub(crate) fn amount(
        &mut self,
        place: Place<'_>,
        rule: &'static str,
        amount: Decimal,
    ) -> InvoiceAmount {
        InvoiceAmount::from_decimal_exact(amount).unwrap_or_else(|_| {
            self.has_other_amounts = true;
            let message = if amount.normalize().scale() > 2 {
                format!(
                    "is {}, expected at most two decimals: amounts of an e-invoice have no more, in any currency",
                    amount.normalize()
                )
            } else {
                format!("is {amount}, expected an amount of at most 16 digits before the point")
            };
            self.invalid(place, Some(rule), message);
            InvoiceAmount::ZERO
        })
    }

    /// An amount that is only given where it is not zero.
    pub(crate) fn amount_unless_zero(
        &mut self,
        place: Place<'_>,
        rule: &'static str,
        amount: Decimal,
    ) -> Option<InvoiceAmount> {
        (!amount.is_zero()).then(|| self.amount(place, rule, amount))
    }
}
