//! Names that were probably meant: for errors about a name that does not exist.

use strsim::osa_distance;

/// Most names that are suggested.
const MAX_SUGGESTIONS: usize = 3;

/// The names that differ least from this one, the nearest first. There are none if all are quite different.
pub(crate) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    // A third of the letters: "Helvetica" is not "Liberation Sans".
    let most = (wanted.chars().count() / 3).max(1);
    let distances = known.into_iter().map(|known| {
        let distance = osa_distance(&wanted, &known.to_lowercase());
        (distance, known)
    });
    let mut near: Vec<(usize, &str)> = distances
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(MAX_SUGGESTIONS);
    near.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn the_nearest_names_are_suggested_and_no_others() {
        let known = ["title-invoice", "title-receipt", "tax", "tax-line", "due"];
        assert_eq!(near("titel-invoice", known), ["title-invoice"]);
        assert_eq!(near("TAX", known), ["tax"]);
        assert_eq!(near("tax-lin", known), ["tax-line"]);
        assert!(near("greeting", known).is_empty());
        let families = ["Noto Sans", "Noto Sans Thai", "Liberation Sans"];
        assert_eq!(near("noto sams", families), ["Noto Sans"]);
    }
}
