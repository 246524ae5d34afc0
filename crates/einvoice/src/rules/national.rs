//! The rules that Peppol BIS Billing has for sellers of one country (3.0.21). Those of Germany are in `german`.

mod danish;
mod dutch;
mod greek;
mod icelandic;
mod italian;
mod norwegian;
mod swedish;

use crate::rules::rule::Rule;

/// The rules of all these countries.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    let countries: [&'static [Rule]; 7] = [
        &danish::RULES,
        &dutch::RULES,
        &greek::RULES,
        &icelandic::RULES,
        &italian::RULES,
        &norwegian::RULES,
        &swedish::RULES,
    ];
    countries.into_iter().flatten()
}
