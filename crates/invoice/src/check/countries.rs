//! Countries, as addresses and VAT identifiers name them.

use crate::code_lists::COUNTRIES;

/// The codes of the list, which has `1A` for Kosovo, and `XK`, which is in use for it beside the list.
pub(super) fn is_country(code: &str) -> bool {
    COUNTRIES.has(code) || code == "XK"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_a_code_of_two_characters() {
        for code in ["DE", "GB", "GR", "XI", "XK", "1A"] {
            assert!(is_country(code), "{code}");
        }
        for code in ["", "D", "DEU", "de", "UK", "EL", "EU", "XX"] {
            assert!(!is_country(code), "{code}");
        }
    }
}
