//! Pieces of one string: Typst draws a string in several where its glyphs change their font, or are moved up or down.
//!
//! A cluster is what cannot be separated, such as a letter with its marks. The pieces of a cluster have the text of the whole cluster
//! each, so it would be read several times.

use typst::text::{Glyph, TextItem};

use super::joined::gap;
use super::run::{Area, Run};

/// A piece is moved up or down by less, in em. Lines are farther apart.
const MOST_MOVED: f64 = 1.0;

/// A gap between two pieces is narrower, in em.
const NO_GAP: f64 = 0.05;

/// Whether an item, of this area and size, is the next piece of the string that ends with the last run.
pub(super) fn follows(
    (last, before): (&Run<'_>, &TextItem),
    (area, size, item): (Area, f64, &TextItem),
) -> bool {
    last.size.total_cmp(&size).is_eq()
        && (last.baseline - area.bottom).abs() < MOST_MOVED * size
        && gap(last.area, area).abs() < NO_GAP * size
        && (share_a_cluster(before, item) || are_neighbours(before, item))
}

/// Whether the cluster that ends one item begins the other one.
pub(super) fn share_a_cluster(one: &TextItem, other: &TextItem) -> bool {
    let ends = one.glyphs.last().zip(other.glyphs.first());
    ends.is_some_and(|(end, start)| {
        // Greater offsets are not known.
        end.span == start.span
            && end.span.1 < u16::MAX
            && cluster(one, end).is_some_and(|text| Some(text) == cluster(other, start))
    })
}

/// The text of an item without its first cluster. In a string that runs from right to left, that is the last one of the text.
pub(super) fn rest(item: &TextItem) -> &str {
    let Some(first) = item.glyphs.first() else {
        return &item.text;
    };
    let range = first.range();
    let rest = if range.start == 0 {
        item.text.get(range.end..)
    } else {
        item.text.get(..range.start)
    };
    rest.unwrap_or(&item.text)
}

fn cluster<'a>(item: &'a TextItem, glyph: &Glyph) -> Option<&'a str> {
    item.text.get(glyph.range())
}

/// Whether the texts of two items are neighbours in their string, whichever is first.
fn are_neighbours(one: &TextItem, other: &TextItem) -> bool {
    let ends = one.glyphs.last().zip(other.glyphs.first());
    ends.is_some_and(|(end, start)| {
        let of = |glyph: &Glyph| {
            let from = usize::from(glyph.span.1);
            from..from + glyph.range().len()
        };
        let (end_at, start_at) = (of(end), of(start));
        end.span.0 == start.span.0 && (end_at.end == start_at.start || start_at.end == end_at.start)
    })
}
