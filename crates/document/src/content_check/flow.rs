//! The visible text of a document in reading order, and where its lines and gaps are.

use std::ops::Range;

use super::joined::{Joined, are_level};
use super::normal::{Normal, normal};
use super::run::Seen;

/// A gap that is wider, in em, separates columns.
const COLUMN_GAP: f64 = 2.0;

/// A gap that is narrower, in em, is none.
const WORD_GAP: f64 = 0.15;

/// The hyphen that Typst repeats.
const REPEATED: &str = "-";

/// The text of all pages, as one string without white space.
#[derive(Debug)]
pub(super) struct Flow {
    normal: Normal,
    pub(super) spans: Vec<Span>,
    pub(super) lines: Vec<Line>,
    /// Texts that something is painted over.
    pub(super) covered: Vec<String>,
    /// The indices of the runs, by the length of their labels.
    by_label: Vec<usize>,
    /// Whether the last run ends with a hyphen.
    is_broken: bool,
}

/// A run in the text.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The part of the text that it is as a label: without the colon at its end.
    label: Range<usize>,
    /// The index of its line.
    pub(super) line: usize,
    pub(super) left: f64,
    pub(super) right: f64,
    size: f64,
}

/// Runs that follow each other on one baseline. A row of a table has several lines where a cell has several.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) page: usize,
    baseline: f64,
}

impl Span {
    /// The space between two runs of a line, whichever is first.
    fn distance(&self, other: &Self) -> f64 {
        (other.left - self.right).max(self.left - other.right)
    }
}

impl Flow {
    pub(super) fn new(runs: Vec<Joined<'_>>) -> Self {
        let mut flow = Self {
            normal: Normal::default(),
            spans: Vec::with_capacity(runs.len()),
            lines: Vec::new(),
            covered: Vec::new(),
            by_label: Vec::new(),
            is_broken: false,
        };
        for run in runs {
            match run.seen {
                Seen::Yes => flow.push(&run),
                // A hidden run separates its neighbours.
                Seen::Not => flow.normal.gap(),
                Seen::Covered => {
                    flow.normal.gap();
                    flow.covered.push(normal(&run.text));
                }
            }
        }
        let mut by_label: Vec<usize> = (0..flow.spans.len()).collect();
        by_label.sort_by_key(|index| flow.spans[*index].label.len());
        flow.by_label = by_label;
        flow
    }

    fn push(&mut self, run: &Joined<'_>) {
        let place = (run.page, run.baseline);
        let last = self.lines.last();
        let continues = last.is_some_and(|line| are_level((line.page, line.baseline), place));
        let touches = self.spans.last().is_some_and(|span| {
            let distance = (run.area.left - span.right).max(span.left - run.area.right);
            distance < WORD_GAP * run.size
        });
        if !(continues && touches) {
            self.normal.gap();
        }
        // Some languages repeat the hyphen of a broken word on the next line, as a piece of its own. A minus is a piece of its number.
        let is_repeated = !continues && self.is_broken && run.first == REPEATED.len();
        let text = match run.text.strip_prefix(REPEATED) {
            Some(rest) if is_repeated => rest,
            Some(_) | None => &run.text,
        };
        self.is_broken = run.text.ends_with(REPEATED);
        let start = self.normal.text.len();
        self.normal.push(text);
        let end = self.normal.text.len();
        if start == end {
            return;
        }
        if continues && let Some(line) = self.lines.last_mut() {
            line.end = end;
        } else {
            self.lines.push(Line {
                start,
                end,
                page: run.page,
                baseline: run.baseline,
            });
        }
        let label = without_colon(&self.normal.text[start..]).len();
        self.spans.push(Span {
            start,
            end,
            label: start..start + label,
            line: self.lines.len() - 1,
            left: run.area.left,
            right: run.area.right,
            size: run.size,
        });
    }

    pub(super) fn text(&self) -> &str {
        &self.normal.text
    }

    /// The index of the line with this offset.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        let behind = self.lines.partition_point(|line| line.start <= offset);
        behind.saturating_sub(1)
    }

    /// The index of the run with this offset.
    pub(super) fn span_at(&self, offset: usize) -> usize {
        let behind = self.spans.partition_point(|span| span.start <= offset);
        behind.saturating_sub(1)
    }

    /// Where a number stands alone: not within a longer one, and not put together from two.
    pub(super) fn find_number(&self, number: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.find(number, range, |found| {
            self.stands_alone(found) && !self.is_torn(found)
        })
    }

    /// Where words stand alone: not within a longer word. They may go over gaps and lines.
    pub(super) fn find_words(&self, words: &str, range: Range<usize>) -> Option<Range<usize>> {
        self.find(words, range, |found| self.stands_alone(found))
    }

    fn find(
        &self,
        needle: &str,
        range: Range<usize>,
        accepts: impl Fn(&Range<usize>) -> bool,
    ) -> Option<Range<usize>> {
        let first = needle.chars().next()?;
        let text = self.text();
        let mut from = range.start;
        loop {
            let start = from + text.get(from..range.end)?.find(needle)?;
            let found = start..start + needle.len();
            if accepts(&found) {
                return Some(found);
            }
            from = start + first.len_utf8();
        }
    }

    /// Whether a part of the text is not within a longer word or number.
    fn stands_alone(&self, part: &Range<usize>) -> bool {
        self.begins_alone(part.start) && self.ends_alone(part.end)
    }

    /// Whether no word or number goes on beyond this beginning of a part.
    pub(super) fn begins_alone(&self, start: usize) -> bool {
        let (before, inside) = self.text().split_at(start);
        let (Some(neighbour), Some(first)) = (before.chars().next_back(), inside.chars().next())
        else {
            return true;
        };
        let begin = start - neighbour.len_utf8();
        let is_decimal = is_in_number(neighbour)
            && before[..begin].ends_with(|c: char| c.is_ascii_digit())
            && !self.normal.has_gap(begin);
        // A minus; the hyphen of a word is none.
        let is_signed = is_minus(neighbour) && !before[..begin].ends_with(char::is_alphabetic);
        let in_number = first.is_ascii_digit() && (is_decimal || is_signed);
        self.normal.has_gap(start) || !is_one_word(neighbour, first) && !in_number
    }

    /// Whether no word or number goes on beyond this end of a part.
    pub(super) fn ends_alone(&self, end: usize) -> bool {
        let (inside, after) = self.text().split_at(end);
        let (Some(last), Some(neighbour)) = (inside.chars().next_back(), after.chars().next())
        else {
            return true;
        };
        let length = neighbour.len_utf8();
        let in_number = last.is_ascii_digit()
            && is_in_number(neighbour)
            && after[length..].starts_with(|c: char| c.is_ascii_digit())
            && !self.normal.has_gap(end + length);
        self.normal.has_gap(end) || !is_one_word(last, neighbour) && !in_number
    }

    /// Whether a part of the text has a gap between two digits.
    fn is_torn(&self, part: &Range<usize>) -> bool {
        let text = self.text();
        let is_part = |c: char| c.is_ascii_digit() || is_in_number(c);
        let gaps = &self.normal.gaps;
        let first = gaps.partition_point(|gap| *gap <= part.start);
        let mut within = gaps[first..].iter().take_while(|gap| **gap < part.end);
        within.any(|gap| text[..*gap].ends_with(is_part) && text[*gap..].starts_with(is_part))
    }

    /// The runs that are this label, with a colon or without, in their order.
    pub(super) fn labels(&self, label: &str) -> impl Iterator<Item = usize> {
        let label = without_colon(label);
        let length = |index: &usize| self.spans[*index].label.len();
        let first = self
            .by_label
            .partition_point(|index| length(index) < label.len());
        let alike = self.by_label[first..].iter();
        let alike = alike.take_while(move |index| length(index) == label.len());
        let text = self.text();
        alike
            .copied()
            .filter(move |index| &text[self.spans[*index].label.clone()] == label)
    }

    /// What stands beside a run, on the same line: up to the end of that column.
    pub(super) fn beside(&self, index: usize) -> Range<usize> {
        let Span { end, line, .. } = self.spans[index];
        let following = self.spans[index + 1..].iter();
        let mut beside = end..end;
        for span in following.take_while(|span| span.line == line) {
            beside.end = span.end;
            if self.ends_column(span.end) {
                break;
            }
        }
        beside
    }

    /// The beginning of the line above the one with this offset, or of that line where it is the page's first.
    pub(super) fn above(&self, offset: usize) -> usize {
        let index = self.line_at(offset);
        let Some(line) = self.lines.get(index) else {
            return offset;
        };
        let above = index.checked_sub(1).map(|above| &self.lines[above]);
        let above = above.filter(|above| above.page == line.page);
        above.unwrap_or(line).start
    }

    /// The words before an offset: those of the column beside it, or of the line above where nothing stands beside it.
    pub(super) fn words_before(&self, offset: usize) -> Range<usize> {
        let index = self.span_at(offset);
        let mut first = if self.spans[index].start < offset {
            index
        } else if let Some(before) = index.checked_sub(1) {
            before
        } else {
            return offset..offset;
        };
        let (line, other) = (
            &self.lines[self.spans[first].line],
            &self.lines[self.spans[index].line],
        );
        if line.page != other.page {
            return offset..offset;
        }
        let end = offset.min(self.spans[first].end);
        while let Some(before) = first.checked_sub(1)
            && self.spans[before].line == self.spans[first].line
            && self.spans[before].distance(&self.spans[first])
                <= COLUMN_GAP * self.spans[first].size
        {
            first = before;
        }
        self.spans[first].start..end
    }

    /// Whether nothing follows beside this end: it ends its line, or a column.
    pub(super) fn ends_column(&self, end: usize) -> bool {
        let index = self.span_at(end.saturating_sub(1));
        let span = &self.spans[index];
        if span.end != end {
            return false;
        }
        self.spans.get(index + 1).is_none_or(|next| {
            next.line != span.line || span.distance(next) > COLUMN_GAP * span.size
        })
    }
}

fn without_colon(text: &str) -> &str {
    let rest = text.strip_suffix(':').or_else(|| text.strip_suffix('：'));
    rest.unwrap_or(text)
}

fn is_one_word(one: char, other: char) -> bool {
    one.is_ascii_alphanumeric() && other.is_ascii_alphanumeric()
}

/// What may stand between the digits of a number.
fn is_in_number(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '’' | '٫' | '٬')
}

fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2212}')
}
