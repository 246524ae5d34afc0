//! Whose data may be asked for. What is erased cannot be brought back, so a filter that may be a mistake is refused.

use time::OffsetDateTime;

use crate::database::ErasureFilter;

/// Longest text of a filter, in characters.
const LONGEST: usize = 500;

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongFilter {
    /// Everything would be erased.
    #[error(
        "no filter is given, and nothing is erased without one: give before, buyer or platform"
    )]
    Nothing,
    /// An empty variable of a script would erase other rows than were meant.
    #[error("the filter {0} is blank, expected a value")]
    Blank(&'static str),
    /// No row can have it.
    #[error("the filter {0} has a zero byte, or more than {LONGEST} characters")]
    Impossible(&'static str),
    /// Ids of orders are those of one shop, and ids of shops those of one platform.
    #[error("the filter {given} needs the filter {needed}, expected both")]
    Incomplete {
        /// The one that is given.
        given: &'static str,
        /// The one that is missing.
        needed: &'static str,
    },
    /// Probably a mistake.
    #[error("the filter before is in the future, expected a time that has passed")]
    Future,
}

/// The filter, if an erasure may have it.
///
/// # Errors
///
/// It may not.
pub fn checked(filter: ErasureFilter) -> Result<ErasureFilter, WrongFilter> {
    let texts = [
        ("platform", &filter.platform),
        ("shop", &filter.shop_id),
        ("order", &filter.order_id),
        ("package", &filter.package_id),
        ("sequence", &filter.sequence_number),
        ("buyer", &filter.buyer),
    ];
    for (name, value) in texts {
        let Some(value) = value else { continue };
        if value.trim().is_empty() {
            return Err(WrongFilter::Blank(name));
        }
        if value.contains('\0') || value.chars().count() > LONGEST {
            return Err(WrongFilter::Impossible(name));
        }
    }
    let needed = [
        ("shop", &filter.shop_id, "platform", &filter.platform),
        ("order", &filter.order_id, "shop", &filter.shop_id),
        ("package", &filter.package_id, "order", &filter.order_id),
        (
            "sequence",
            &filter.sequence_number,
            "order",
            &filter.order_id,
        ),
    ];
    for (given, value, needed, other) in needed {
        if value.is_some() && other.is_none() {
            return Err(WrongFilter::Incomplete { given, needed });
        }
    }
    if texts.iter().all(|(_, value)| value.is_none()) && filter.before.is_none() {
        return Err(WrongFilter::Nothing);
    }
    if filter
        .before
        .is_some_and(|end| end > OffsetDateTime::now_utc())
    {
        return Err(WrongFilter::Future);
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_filter_that_may_be_a_mistake_is_refused() {
        let now = OffsetDateTime::now_utc();
        let text = |text: &str| Some(text.to_owned());
        let none = ErasureFilter::default;
        let of_order = ErasureFilter {
            platform: text("a"),
            shop_id: text("b"),
            order_id: text("c"),
            ..none()
        };
        for (filter, expected) in [
            (none(), Some(WrongFilter::Nothing)),
            (
                ErasureFilter {
                    platform: text(" "),
                    ..none()
                },
                Some(WrongFilter::Blank("platform")),
            ),
            (
                ErasureFilter {
                    buyer: text("a\0"),
                    ..none()
                },
                Some(WrongFilter::Impossible("buyer")),
            ),
            (
                ErasureFilter {
                    shop_id: None,
                    ..of_order.clone()
                },
                Some(WrongFilter::Incomplete {
                    given: "order",
                    needed: "shop",
                }),
            ),
            (
                ErasureFilter {
                    before: Some(now + Duration::minutes(1)),
                    ..none()
                },
                Some(WrongFilter::Future),
            ),
            (of_order, None),
            (
                ErasureFilter {
                    before: Some(now - Duration::days(1)),
                    ..none()
                },
                None,
            ),
        ] {
            let found = checked(filter.clone());
            assert_eq!(found, expected.map_or(Ok(filter), Err));
        }
    }
}
