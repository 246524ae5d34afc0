//! Texts that a page cuts off: a margin that is too small for the footer, a column that is too narrow for a word.
//!
//! Lines and images may bleed off the page, and so may what is an ornament: a text that is turned, too pale, too small, without a
//! letter or a digit, or within a clip that ends on the page.

use typst::text::TextItem;

use super::fault::Fault;
use super::run::{Area, Cover, Fill, Run};
use super::visible::{LEAST_SIZE, TOLERANCE, WATERMARK_CONTRAST};

/// An edge of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Left,
    Right,
    Top,
    Bottom,
}

impl Edge {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "upper",
            Self::Bottom => "lower",
        }
    }
}

/// A text that is not on its page, or not all of it.
#[derive(Debug)]
pub(super) struct Beyond<'a> {
    text: &'a str,
    /// From 0.
    page: usize,
    edge: Edge,
    fill: Fill,
    /// The nearest point of the page to the middle of the text.
    nearest: (f64, f64),
    /// The number of the page's runs that were painted before it.
    after: usize,
}

/// The text of a run of letters that reaches beyond the page; none where the page has all of it.
pub(super) fn of<'a>(
    item: &'a TextItem,
    run: &Run<'a>,
    sheet: Area,
    after: usize,
) -> Option<Beyond<'a>> {
    let area = run.area;
    let is_within = sheet.left - TOLERANCE <= area.left
        && area.right <= sheet.right + TOLERANCE
        && sheet.top - TOLERANCE <= area.top
        && area.bottom <= sheet.bottom + TOLERANCE;
    if is_within || run.size < LEAST_SIZE || !run.text.contains(char::is_alphanumeric) {
        return None;
    }
    let (left, right) = inked(item, run);
    let edge = if area.bottom > sheet.bottom + TOLERANCE {
        Edge::Bottom
    } else if area.top < sheet.top - TOLERANCE {
        Edge::Top
    } else if left < sheet.left - TOLERANCE {
        Edge::Left
    } else if right > sheet.right + TOLERANCE {
        Edge::Right
    } else {
        return None;
    };
    let middle = f64::midpoint(left, right);
    Some(Beyond {
        text: run.text,
        page: run.page,
        edge,
        fill: run.fill,
        nearest: (
            middle.clamp(sheet.left, sheet.right),
            area.middle().clamp(sheet.top, sheet.bottom),
        ),
        after,
    })
}

/// The left and the right end of an item without the white space at its ends, which may reach beyond the page.
fn inked(item: &TextItem, run: &Run<'_>) -> (f64, f64) {
    let width = item.width().to_pt();
    if width <= 0.0 {
        return (run.area.left, run.area.right);
    }
    let scale = (run.area.right - run.area.left) / width;
    let (mut x, mut left, mut right) = (run.area.left, f64::INFINITY, f64::NEG_INFINITY);
    for glyph in &item.glyphs {
        let next = x + glyph.x_advance.at(item.size).to_pt() * scale;
        let is_blank = |text: &str| text.chars().all(char::is_whitespace);
        if !item.text.get(glyph.range()).is_some_and(is_blank) {
            left = left.min(x).min(next);
            right = right.max(x).max(next);
        }
        x = next;
    }
    (left, right)
}

impl Beyond<'_> {
    /// Whether a reader misses it: it has another colour than its ground, that of the page or of what is painted below it.
    pub(super) fn is_legible(&self, covers: &[Cover], ground: Fill) -> bool {
        let (x, y) = self.nearest;
        let mut below = covers.iter().rev().filter(|cover| cover.hides());
        let below = below.find(|cover| cover.after <= self.after && cover.area.has(x, y));
        let ground = below.map_or(ground, |cover| cover.fill);
        self.fill.alpha > 0.1 && self.fill.contrast(ground) >= WATERMARK_CONTRAST
    }
}

/// One fault for each edge of a page that cuts texts off: one margin is wrong, and not each of the texts.
pub(super) fn faults(texts: &[Beyond<'_>]) -> Vec<Fault> {
    let is_same =
        |one: &Beyond<'_>, other: &Beyond<'_>| (one.page, one.edge) == (other.page, other.edge);
    let mut faults = Vec::new();
    for (index, first) in texts.iter().enumerate() {
        if texts[..index].iter().any(|other| is_same(first, other)) {
            continue;
        }
        let more = texts[index + 1..].iter();
        let more = more.filter(|other| is_same(first, other)).count();
        let (page, edge) = (first.page + 1, first.edge.name());
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let problem = format!(
            "the {edge} edge of page {page} cuts off a text of {} characters{more}",
            first.text.chars().count()
        );
        faults.push(Fault::about(String::new(), problem, first.text));
    }
    faults
}
