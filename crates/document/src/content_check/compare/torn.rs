//! Texts that continue on the next page.

use std::ops::Range;

use crate::content_check::flow::{Flow, Line};

/// Where a text is whose beginning ends a line of one page, and whose rest begins a line of the next one. Between the two, the pages
/// have footers, headers, and the other cells of a row, so the text is what each page has of it.
pub(super) fn find(flow: &Flow, needle: &str, range: Range<usize>) -> Option<Vec<Range<usize>>> {
    let last_page = flow.lines.last()?.page;
    if last_page == 0 {
        return None;
    }
    let first = needle.chars().next()?;
    let text = flow.text();
    let mut from = range.start;
    loop {
        let start = from + text.get(from..range.end)?.find(first)?;
        let common = common(&text[start..], needle);
        if common == needle.len() {
            let whole = start..start + common;
            return Some(vec![whole]);
        }
        let line = &flow.lines[flow.line_at(start + common - 1)];
        if line.end == start + common
            && flow.begins_alone(start)
            && let Some(mut parts) = rest(flow, line, &needle[common..])
        {
            parts.insert(0, start..start + common);
            return Some(parts);
        }
        from = start + first.len_utf8();
    }
}

/// The parts of the rest, which begins on the page after that of the line.
fn rest(flow: &Flow, line: &Line, rest: &str) -> Option<Vec<Range<usize>>> {
    let next = flow.lines.partition_point(|other| other.page <= line.page);
    let page = flow.lines.get(next)?.page;
    let lines = flow.lines[next..]
        .iter()
        .take_while(|line| line.page == page);
    let mut found = None;
    for other in lines {
        let common = common(&flow.text()[other.start..], rest);
        let end = other.start + common;
        if common == rest.len() && flow.ends_alone(end) {
            let last = other.start..end;
            return Some(vec![last]);
        }
        let whole = common > 0
            && flow.lines[flow.line_at(other.start + common - 1)].end == other.start + common;
        if whole && found.is_none() {
            found = Some((other, common));
        }
    }
    let (other, common) = found?;
    let mut parts = self::rest(flow, other, &rest[common..])?;
    parts.insert(0, other.start..other.start + common);
    Some(parts)
}

/// How many bytes both texts begin with.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs
        .take_while(|(one, other)| one == other)
        .map(|(c, _)| c.len_utf8())
        .sum()
}
