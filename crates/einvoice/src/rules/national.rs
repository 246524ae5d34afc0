//! The rules that Peppol BIS Billing has for sellers of one country (3.0.21). Those of Germany are in `german`; those of Greece
//! are not built.

mod danish;
mod dutch;
mod icelandic;
mod italian;
mod norwegian;
mod rule;
mod swedish;

use invoice::{FailureCode, Invoice, Problem};

use self::rule::Rule;
use crate::problems::Problems;

/// Reports the rules that the invoice breaks.
pub(super) fn check(problems: &mut Problems, invoice: &Invoice) {
    let countries: [&[Rule]; 6] = [
        &danish::RULES,
        &dutch::RULES,
        &icelandic::RULES,
        &italian::RULES,
        &norwegian::RULES,
        &swedish::RULES,
    ];
    for rule in countries.into_iter().flatten() {
        if let Some(pointer) = (rule.broken_at)(invoice) {
            problems.push(Problem {
                code: FailureCode::EInvoiceInvalid,
                pointer,
                rule: Some(rule.name),
                message: rule.message.to_owned(),
            });
        }
    }
}
