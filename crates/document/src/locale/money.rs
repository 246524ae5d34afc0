//! Patterns of money and percentages: the currency symbol of a locale, and its place.
//!
//! ICU formats the number. Its currency formatter is still experimental, so the patterns around the number are in a table
//! that is made from CLDR (`money.tsv`).

use std::collections::HashMap;
use std::sync::LazyLock;

/// The data of one locale. A field that is empty is that of its parent.
#[derive(Default)]
struct Entry {
    money: &'static str,
    percent: &'static str,
    /// Symbols by code.
    symbols: HashMap<&'static str, &'static str>,
}

static ENTRIES: LazyLock<HashMap<&str, Entry>> = LazyLock::new(|| {
    let lines = include_str!("money.tsv").lines();
    let entries = lines.filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let tag = column();
        let (money, percent) = (column(), column());
        let symbols = column().split(' ').filter_map(|pair| pair.split_once('='));
        let symbols = symbols.collect();
        let entry = Entry {
            money,
            percent,
            symbols,
        };
        (tag, entry)
    });
    entries.collect()
});

/// The patterns of CLDR's root, for locales that are not in the table.
const ROOT_MONEY: &str = "¤~0";
const ROOT_PERCENT: &str = "0%";

/// The patterns of one locale for one currency.
pub(crate) struct Patterns {
    positive: String,
    negative: String,
    percent: String,
}

impl Patterns {
    /// `locales` are the reader's locale and its parents, nearest first. `minus` is the locale's minus sign.
    pub(crate) fn new(locales: &[String], currency: &'static str, minus: &str) -> Self {
        let entries: Vec<&Entry> = locales
            .iter()
            .filter_map(|tag| ENTRIES.get(tag.as_str()))
            .collect();
        let first = |field: fn(&Entry) -> &'static str, root: &'static str| {
            let mut given = entries.iter().map(|entry| field(entry));
            given.find(|text| !text.is_empty()).unwrap_or(root)
        };
        let mut symbols = entries
            .iter()
            .filter_map(|entry| entry.symbols.get(currency));
        let symbol = plain(symbols.next().copied().unwrap_or(currency));
        let money = first(|entry| entry.money, ROOT_MONEY);
        let (positive, negative) = match money.split_once(';') {
            Some((positive, negative)) => (positive.to_owned(), negative.to_owned()),
            None => (money.to_owned(), format!("-{money}")),
        };
        let negative = negative.replace('-', minus);
        Self {
            positive: with_symbol(&positive, &symbol),
            negative: with_symbol(&negative, &symbol),
            percent: plain(first(|entry| entry.percent, ROOT_PERCENT)),
        }
    }

    /// An amount. `number` has no sign.
    pub(crate) fn money(&self, number: &str, negative: bool) -> String {
        let pattern = if negative {
            &self.negative
        } else {
            &self.positive
        };
        pattern.replace('0', number)
    }

    /// A percentage. `number` has its sign.
    pub(crate) fn percent(&self, number: &str) -> String {
        self.percent.replace('0', number)
    }
}

/// Puts the symbol into a pattern. A space separates a symbol of letters from the number, also if the pattern has none (UTS
/// #35, currency spacing): `CHF 5.00`, but `$5.00`.
fn with_symbol(pattern: &str, symbol: &str) -> String {
    let ends_in_letter = symbol.ends_with(|c: char| c.is_alphanumeric() || c == '.');
    let starts_with_letter = symbol.starts_with(char::is_alphanumeric);
    let pattern = plain(pattern)
        .replace("¤0", if ends_in_letter { "¤\u{a0}0" } else { "¤0" })
        .replace(
            "0¤",
            if starts_with_letter {
                "0\u{a0}¤"
            } else {
                "0¤"
            },
        );
    pattern.replace('¤', symbol)
}

/// A text of the table with the invisible characters that stand-ins represent in it.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '~' => '\u{a0}',
            '<' => '\u{200e}',
            '>' => '\u{200f}',
            other => other,
        })
        .collect()
}
