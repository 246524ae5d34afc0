//! Joins the runs of one string: where fonts change, a string has several.

use std::borrow::Cow;

use super::run::{Area, Run, Seen};

/// Baselines that differ by less, in points, are those of one line.
const SAME_BASELINE: f64 = 0.5;

/// A gap that is narrower, in em, is none.
const NO_GAP: f64 = 0.05;

/// Runs of one look that touch each other, as one.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    pub(super) text: Cow<'a, str>,
    /// The length of its first piece, in bytes.
    pub(super) first: usize,
    pub(super) page: usize,
    pub(super) area: Area,
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) seen: Seen,
}

/// The runs in reading order, joined.
///
/// The layout has strings in their logical order, but the pieces of a string that runs from right to left, where its fonts change, from
/// left to right.
pub(super) fn join(mut runs: Vec<Run<'_>>) -> Vec<Joined<'_>> {
    restore_order(&mut runs);
    let mut joined: Vec<Joined<'_>> = Vec::with_capacity(runs.len());
    let mut last: Option<Run<'_>> = None;
    for run in runs {
        match (joined.last_mut(), &last) {
            (Some(before), Some(last)) if touch(last, &run) && is_alike(last, &run) => {
                before.text.to_mut().push_str(run.text);
                before.area.left = before.area.left.min(run.area.left);
                before.area.right = before.area.right.max(run.area.right);
            }
            _ => joined.push(Joined {
                text: run.text.into(),
                first: run.text.len(),
                page: run.page,
                area: run.area,
                baseline: run.baseline,
                size: run.size,
                seen: run.seen,
            }),
        }
        last = Some(run);
    }
    joined
}

/// Whether two runs are on one line.
pub(super) fn are_level(one: (usize, f64), other: (usize, f64)) -> bool {
    one.0 == other.0 && (one.1 - other.1).abs() < SAME_BASELINE
}

/// The space between two areas, whichever is first; negative where they overlap.
pub(super) fn gap(one: Area, other: Area) -> f64 {
    (other.left - one.right).max(one.left - other.right)
}

fn touch(one: &Run<'_>, other: &Run<'_>) -> bool {
    are_level((one.page, one.baseline), (other.page, other.baseline))
        && gap(one.area, other.area).abs() < NO_GAP * one.size
}

fn is_alike(one: &Run<'_>, other: &Run<'_>) -> bool {
    one.size.total_cmp(&other.size).is_eq()
        && one.seen == other.seen
        && one.fill.luminance == other.fill.luminance
}

/// Reverses the pieces of strings that run from right to left. Each is to the right of the one before it, which no other
/// neighbours of such a string are.
fn restore_order(runs: &mut [Run<'_>]) {
    let follows = |runs: &[Run<'_>], at: usize| {
        at < runs.len()
            && touch(&runs[at - 1], &runs[at])
            && runs[at - 1].area.left < runs[at].area.left
    };
    let mut start = 0;
    while start < runs.len() {
        let mut direction = runs_left(runs[start].text);
        let mut end = start + 1;
        if direction != Some(false) {
            while follows(runs, end) && runs_left(runs[end].text) != Some(false) {
                direction = direction.or(runs_left(runs[end].text));
                end += 1;
            }
            let mut last = end;
            if follows(runs, end) {
                // Signs before letters of the other direction belong to these.
                while last > start && runs_left(runs[last - 1].text).is_none() {
                    last -= 1;
                }
            }
            if direction == Some(true) {
                runs[start..last].reverse();
            }
        }
        start = end;
    }
}

/// Whether a run has letters of a script that runs from right to left, or letters or digits of the other direction, or the mark of one.
/// Neither: it has spaces and signs only.
fn runs_left(text: &str) -> Option<bool> {
    text.chars().find_map(|c| match c {
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{200f}' => {
            Some(true)
        }
        '\u{200e}' => Some(false),
        other => other.is_alphanumeric().then_some(false),
    })
}

#[cfg(test)]
mod tests {
    use super::super::run::Fill;
    use super::*;

    fn run(text: &str, left: f64, right: f64) -> Run<'_> {
        let area = Area {
            left,
            right,
            top: 5.0,
            bottom: 10.0,
        };
        Run {
            text,
            page: 0,
            area,
            baseline: 10.0,
            size: 10.0,
            fill: Fill::WHITE,
            is_turned: false,
            seen: Seen::Yes,
        }
    }

    #[test]
    fn pieces_of_a_string_are_joined_in_its_order() {
        let runs = vec![
            run("Total", 0.0, 20.0),
            // An amount: the number is to the right of the symbol, whose pieces are from left to right.
            run("25.00", 90.0, 110.0),
            run(".", 80.0, 81.0),
            run("إ", 81.0, 84.0),
            run(".", 84.0, 85.0),
            run("د", 85.0, 90.0),
        ];
        let joined = join(runs);
        let texts: Vec<&str> = joined.iter().map(|run| &*run.text).collect();
        assert_eq!(texts, ["Total", "25.00د.إ."]);
        assert_eq!((joined[1].area.left, joined[1].area.right), (80.0, 110.0));
    }

    #[test]
    fn words_around_a_mark_of_the_other_direction_keep_their_order() {
        // Such a mark ends what runs from right to left, so the words are from left to right.
        let runs = vec![
            run("חולצה", 0.0, 10.0),
            run("\u{200e} ", 10.0, 12.0),
            run("כחולה", 12.0, 22.0),
            run("\u{200e}", 22.0, 22.0),
            run("שלי", 22.0, 30.0),
        ];
        let joined = join(runs);
        let texts: Vec<&str> = joined.iter().map(|run| &*run.text).collect();
        assert_eq!(texts, ["חולצה\u{200e} כחולה\u{200e}שלי"]);
    }

    #[test]
    fn signs_between_both_directions_keep_their_place() {
        let runs = vec![
            run("كمية", 0.0, 10.0),
            run("خصم", 10.0, 20.0),
            run(" · ฿ ", 20.0, 30.0),
            run("-2,82", 30.0, 40.0),
        ];
        let joined = join(runs);
        let texts: Vec<&str> = joined.iter().map(|run| &*run.text).collect();
        assert_eq!(texts, ["خصمكمية", " · ฿ -2,82"]);
    }
}
