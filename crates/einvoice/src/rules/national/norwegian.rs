//! Sellers registered in Norway.

use crate::rules::rule::{Rule, at, has_digits, rule};

pub(super) static RULES: [Rule; 1] = [rule(
    "NO-R-001",
    "has another form, expected NO, an organization number of nine digits with its check digit, and MVA: Peppol needs it in Norway",
    |invoice| {
        let number = invoice.seller.vat_id.as_ref()?.trim().strip_prefix("NO")?;
        let fits = number.strip_suffix("MVA").is_some_and(is_organization);
        at(!fits, "/seller/vatId")
    },
)];

/// Nine digits, the last of which is a check digit modulo 11.
fn is_organization(number: &str) -> bool {
    const WEIGHTS: [u32; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
    let digits = number
        .bytes()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let sum: u32 = if has_digits(number, 9) {
        digits
            .zip(WEIGHTS)
            .map(|(digit, weight)| digit * weight)
            .sum()
    } else {
        return false;
    };
    sum > 0 && sum.is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organizations_have_a_check_digit() {
        assert!(is_organization("974760673"));
        for other in ["974760674", "97476067", "000000000", "97476067X"] {
            assert!(!is_organization(other), "{other}");
        }
    }
}
