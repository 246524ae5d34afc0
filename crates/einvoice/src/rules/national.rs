//! The rules that Peppol BIS Billing has for sellers of one country (3.0.21). Those of Germany are in `german`; those of Greece
//! are not built.

mod danish;
mod dutch;
mod icelandic;
mod italian;
mod norwegian;
mod swedish;

use crate::rules::rule::Rule;

/// The rules of all these countries.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    let countries: [&'static [Rule]; 6] = [
        &danish::RULES,
        &dutch::RULES,
        &icelandic::RULES,
        &italian::RULES,
        &norwegian::RULES,
        &swedish::RULES,
    ];
    countries.into_iter().flatten()
}
