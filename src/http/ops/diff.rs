//! What differs between two texts, line by line.

use std::collections::VecDeque;

/// Lines around a difference that are shown.
const AROUND: usize = 3;

/// Lines of a difference that are shown.
const MOST: usize = 400;

/// Longest line that is shown whole, in characters.
const LONGEST: usize = 300;

/// Comparisons that are made at most. Texts that differ more are shown as a whole, the old one before the new one.
const COMPARISONS: usize = 1_000_000;

/// Whether a line is in one text only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Same,
    Removed,
    Added,
    LeftOut,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// The line as it is.
    pub text: String,
    change: Change,
}

impl DiffLine {
    /// The class of the line, where it is in one of the texts only.
    pub fn kind(&self) -> Option<&'static str> {
        match self.change {
            Change::Same | Change::LeftOut => None,
            Change::Removed => Some("removed"),
            Change::Added => Some("added"),
        }
    }

    /// The sign before the line, for readers who do not see its colour.
    pub fn sign(&self) -> char {
        match self.change {
            Change::Same => ' ',
            Change::LeftOut => '…',
            Change::Removed => '-',
            Change::Added => '+',
        }
    }
}

/// What differs, with some lines around; empty where nothing does.
pub fn lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    let start = common(before.iter(), after.iter());
    let (old, new) = (&before[start..], &after[start..]);
    let end = common(old.iter().rev(), new.iter().rev());
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let mut all: Vec<(Change, &str)> = Vec::new();
    all.extend(before[..start].iter().map(|line| (Change::Same, *line)));
    all.extend(compared(old, new));
    let rest = before[before.len() - end..].iter();
    all.extend(rest.map(|line| (Change::Same, *line)));
    shortened(&all)
}

/// How many lines are the same at the beginning of both.
fn common<'a>(
    one: impl Iterator<Item = &'a &'a str>,
    other: impl Iterator<Item = &'a &'a str>,
) -> usize {
    one.zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

/// The longest sequence of lines that both have, and what is between them.
fn compared<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Change, &'a str)> {
    let removed = |lines: &[&'a str]| -> Vec<_> {
        let lines = lines.iter();
        lines.map(|line| (Change::Removed, *line)).collect()
    };
    let added = |lines: &[&'a str]| -> Vec<_> {
        let lines = lines.iter();
        lines.map(|line| (Change::Added, *line)).collect()
    };
    if old.len().saturating_mul(new.len()) > COMPARISONS {
        return [removed(old), added(new)].concat();
    }
    // The length of the longest common sequence of what follows each pair of places.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for (row, line) in old.iter().enumerate().rev() {
        for (column, other) in new.iter().enumerate().rev() {
            let at = row * width + column;
            longest[at] = if line == other {
                longest[at + width + 1] + 1
            } else {
                longest[at + width].max(longest[at + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut all = Vec::new();
    while row < old.len() && column < new.len() {
        let at = row * width + column;
        if old[row] == new[column] {
            all.push((Change::Same, old[row]));
            (row, column) = (row + 1, column + 1);
        } else if longest[at + width] >= longest[at + 1] {
            all.push((Change::Removed, old[row]));
            row += 1;
        } else {
            all.push((Change::Added, new[column]));
            column += 1;
        }
    }
    all.extend(removed(&old[row..]));
    all.extend(added(&new[column..]));
    all
}

/// The lines that differ, and some around each.
fn shortened(all: &[(Change, &str)]) -> Vec<DiffLine> {
    let mut shown = Vec::new();
    let mut waiting: VecDeque<&str> = VecDeque::new();
    let (mut left_out, mut around) = (0_usize, 0_usize);
    for (change, text) in all {
        if shown.len() >= MOST {
            shown.push(line(Change::LeftOut, "more lines differ"));
            return shown;
        }
        match change {
            Change::Same if around > 0 => {
                around -= 1;
                shown.push(line(Change::Same, text));
            }
            Change::Same => {
                waiting.push_back(text);
                if waiting.len() > AROUND {
                    waiting.pop_front();
                    left_out += 1;
                }
            }
            Change::Removed | Change::Added | Change::LeftOut => {
                if left_out > 0 {
                    shown.push(line(Change::LeftOut, &format!("{left_out} lines")));
                }
                shown.extend(waiting.drain(..).map(|text| line(Change::Same, text)));
                shown.push(line(*change, text));
                (left_out, around) = (0, AROUND);
            }
        }
    }
    shown
}

fn line(change: Change, text: &str) -> DiffLine {
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} … ({} characters)", &text[..end], text.chars().count()),
        None => text.to_owned(),
    };
    DiffLine { text, change }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> Vec<String> {
        let lines = lines(before, after);
        let lines = lines.iter();
        lines
            .map(|it| format!("{}{}", it.sign(), it.text))
            .collect()
    }

    #[test]
    fn lines_that_differ_are_shown_with_some_around() {
        assert_eq!(shown("a\nb\nc", "a\nb\nc"), [""; 0]);
        assert_eq!(
            shown("a\nb\nc", "a\nB\nc\nd"),
            [" a", "-b", "+B", " c", "+d"]
        );
        assert_eq!(shown("", "a"), ["+a"]);
        assert_eq!(shown("a\nb\nc\nd", "b\nd"), ["-a", " b", "-c", " d"]);
        let before: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let mut after = before.clone();
        after[10] = "ten".to_owned();
        assert_eq!(
            shown(&before.join("\n"), &after.join("\n")),
            [
                "…7 lines",
                " 7",
                " 8",
                " 9",
                "-10",
                "+ten",
                " 11",
                " 12",
                " 13"
            ]
        );
    }

    #[test]
    fn what_is_long_is_bounded() {
        let many =
            |letter: char| -> String { (0..2_000).map(|it| format!("{letter}{it}\n")).collect() };
        let lines = shown(&many('a'), &many('b'));
        assert_eq!(lines.len(), MOST + 1);
        assert_eq!(lines.last().map(String::as_str), Some("…more lines differ"));
        let long = "é".repeat(LONGEST + 1);
        let lines = shown("", &long);
        assert!(lines[0].ends_with("é … (301 characters)"), "{lines:?}");
    }
}
