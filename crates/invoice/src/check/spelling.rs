//! Names that nearly are others.

use strsim::osa_distance;

/// The name that is probably meant; none where no name is near, or two are equally near.
pub(crate) fn nearest<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = plain(name);
    let mut best: Option<(usize, &str)> = None;
    let mut is_unique = true;
    for other in others {
        let Some(distance) = distance(&plain, other) else {
            continue;
        };
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, _)) if distance == least => is_unique = false,
            Some(_) | None => (best, is_unique) = (Some((distance, other)), true),
        }
    }
    best.filter(|_| is_unique).map(|(_, other)| other)
}

/// Without what differs between styles: `issue_date`, `issue-date` and `IssueDate` are `issuedate`.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

/// How many letters are too many, too few, others or swapped; none where that is more than a mistake in typing: one in four
/// letters, and two at most.
fn distance(name: &str, other: &str) -> Option<usize> {
    let other = plain(other);
    let allowed = (other.len() / 4).min(2);
    if name == other {
        return Some(0);
    }
    if name.len().abs_diff(other.len()) > allowed || !name.is_ascii() {
        return None;
    }
    let distance = osa_distance(name, &other);
    (distance <= allowed).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_mistake_in_typing_is_near() {
        let names = [
            "netAmount",
            "unitPrice",
            "issueDate",
            "address",
            "tax",
            "id",
        ];
        for (name, expected) in [
            ("netAmmount", Some("netAmount")),
            ("netAmuont", Some("netAmount")),
            ("unit_price", Some("unitPrice")),
            ("UNITPRICE", Some("unitPrice")),
            ("isueDate", Some("issueDate")),
            ("adress", Some("address")),
            ("Tax", Some("tax")),
            ("taxes", None),
            ("ids", None),
            ("unitPriceGross", None),
            ("note", None),
            ("größe", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()), expected, "{name}");
        }
        assert_eq!(nearest("totalX", ["totalA", "totalB"].into_iter()), None);
    }
}
