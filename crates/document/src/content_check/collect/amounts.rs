//! Amounts in the reader's format, each formatted once: totals, their labels and taxes share most of them.

use std::cell::RefCell;

use rust_decimal::Decimal;

use crate::locale::Formats;

pub(super) struct Amounts<'f> {
    pub(super) formats: &'f Formats,
    known: RefCell<Vec<(Decimal, String)>>,
}

impl<'f> Amounts<'f> {
    pub(super) fn new(formats: &'f Formats) -> Self {
        Self {
            formats,
            known: RefCell::new(Vec::new()),
        }
    }

    /// An amount with its currency.
    pub(super) fn money(&self, amount: Decimal) -> String {
        let mut known = self.known.borrow_mut();
        // Equal amounts may have different decimals.
        let is_same = |other: &Decimal| *other == amount && other.scale() == amount.scale();
        if let Some((_, text)) = known.iter().find(|(other, _)| is_same(other)) {
            return text.clone();
        }
        let text = self.formats.money(amount);
        known.push((amount, text.clone()));
        text
    }
}
