//! Pages of lists whose newest rows come first.

/// A page of a list, the newest first. Rows that are added meanwhile are on none of the further pages, and shift none of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T, C = i64> {
    /// The rows.
    pub items: Vec<T>,
    /// The cursor of the next page: the id of the last row; none if this is the last page.
    pub next: Option<C>,
}

impl<T, C> Listed<T, C> {
    /// From one row more than a page has, if there are so many.
    pub(super) fn of(mut items: Vec<T>, limit: u64, id: impl Fn(&T) -> C) -> Self {
        let has_next = items.len() as u64 > limit;
        if has_next {
            items.pop();
        }
        let next = items.last().map(id).filter(|_| has_next);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_is_the_last_one_unless_there_is_a_row_more() {
        for (rows, limit, items, next) in [
            (&[3, 2, 1][..], 2, &[3, 2][..], Some(2)),
            (&[3, 2], 2, &[3, 2], None),
            (&[], 2, &[], None),
        ] {
            let page = Listed::of(rows.to_vec(), limit, |id| *id);
            assert_eq!((page.items.as_slice(), page.next), (items, next));
        }
    }
}
