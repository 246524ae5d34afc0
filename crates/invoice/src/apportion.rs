//! Shares of an amount: rounded parts whose sum is the amount.

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::amount;

/// Shares `total` out among parts whose exact values are given (the method of the largest remainder).
///
/// Each part is its exact value, rounded down to a minor unit; the units that are left go to the parts from which most was
/// cut, and among equal ones to the first. A part of zero stays zero. Where `total` is the rounded sum of the exact values,
/// every share differs from its exact value by less than a minor unit, and never has the opposite sign.
pub fn apportion(total: Decimal, exact: &[Decimal], minor_digits: u32) -> Vec<Decimal> {
    let unit = amount::minor_unit(minor_digits);
    let floor = |value: &Decimal| {
        let strategy = RoundingStrategy::ToNegativeInfinity;
        amount::round(
            value.round_dp_with_strategy(minor_digits, strategy),
            minor_digits,
        )
    };
    let mut shares: Vec<Decimal> = exact.iter().map(floor).collect();
    let mut order: Vec<usize> = (0..exact.len())
        .filter(|index| !exact[*index].is_zero())
        .collect();
    if order.is_empty() {
        return shares;
    }
    // Stable, so equal remainders stay in their order.
    order.sort_by_key(|index| std::cmp::Reverse(exact[*index] - shares[*index]));
    let left = (total - shares.iter().sum::<Decimal>()) / unit;
    let count = Decimal::from(order.len());
    let for_each = (left / count).floor();
    let further = (left - for_each * count).to_usize().unwrap_or_default();
    for (place, index) in order.into_iter().enumerate() {
        shares[index] += for_each * unit;
        if place < further {
            shares[index] += unit;
        }
        shares[index] = amount::round(shares[index], minor_digits);
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(total: &str, exact: &[&str], expected: &[&str]) {
        let decimal = |text: &&str| -> Decimal { text.parse().expect("a decimal") };
        let exact: Vec<Decimal> = exact.iter().map(decimal).collect();
        let shares: Vec<String> = apportion(decimal(&total), &exact, 2)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(shares, expected);
    }

    #[test]
    fn the_largest_remainders_get_the_units_that_are_left() {
        check(
            "1.00",
            &["0.333", "0.334", "0.333"],
            &["0.33", "0.34", "0.33"],
        );
        check(
            "1.00",
            &["0.3333", "0.3333", "0.3333"],
            &["0.34", "0.33", "0.33"],
        );
        // A discount of 0.105 beside lines.
        check(
            "0.87",
            &["0.4875", "0.4875", "-0.105"],
            &["0.49", "0.49", "-0.11"],
        );
        check("0.01", &["0", "0.006", "0"], &["0.00", "0.01", "0.00"]);
        check("0.00", &[], &[]);
        // A total that is far from the exact one: given by the request.
        check("1.05", &["0.50", "0.50"], &["0.53", "0.52"]);
        check("0.97", &["0.50", "0.50"], &["0.49", "0.48"]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_near_their_exact_values(
            parts in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 1..40),
            minor_digits in 0..4_u32,
        ) {
            let exact: Vec<Decimal> = parts.iter().map(|part| Decimal::new(*part, 6)).collect();
            let sum: Decimal = exact.iter().sum();
            let total = amount::round(sum, minor_digits);
            let shares = apportion(total, &exact, minor_digits);
            if exact.iter().any(|part| !part.is_zero()) {
                prop_assert_eq!(shares.iter().sum::<Decimal>(), total);
            }
            for (share, exact) in shares.iter().zip(&exact) {
                prop_assert!((share - exact).abs() < amount::minor_unit(minor_digits));
                prop_assert!((*share * *exact) >= Decimal::ZERO);
                prop_assert_eq!(share.scale(), minor_digits);
            }
        }
    }
}
