//! How different two words are, to find the one that was probably meant.

/// How many letters have to be added, removed, replaced or swapped with their neighbour to make one word the other (optimal
/// string alignment).
pub fn edit_distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    // Three rows of the table of the distances between beginnings.
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, left) in one.iter().enumerate() {
        let mut row = vec![i + 1; other.len() + 1];
        for (j, right) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(left != right);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let is_swapped = i > 0 && j > 0 && one[i - 1] == *right && other[j - 1] == *left;
            if is_swapped {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_counts_once() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("amount", "amount", 0),
            ("amount", "ammount", 1),
            ("amount", "amont", 1),
            ("amount", "ampunt", 1),
            ("amount", "amuont", 1),
            ("größe", "grösse", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edit_distance(one, other), expected, "{one} {other}");
            assert_eq!(edit_distance(other, one), expected, "{other} {one}");
        }
    }
}
