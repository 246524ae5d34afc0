//! What the pages of one document have to show.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A text in the reader's format.
pub(super) type Text<'a> = Cow<'a, str>;

/// All facts of a document. The program that prepares a job writes them, the one that renders it reads them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts<'a> {
    /// The template's main file.
    #[serde(borrow)]
    pub(super) file: Text<'a>,
    /// What stands anywhere.
    #[serde(borrow)]
    pub(super) mentions: Vec<Mention<'a>>,
    /// Labels of dates, and the date that each has beside it.
    #[serde(borrow)]
    pub(super) dates: Vec<Labelled<'a>>,
    /// Labels of numbers and references, and the value that each has beside it.
    #[serde(borrow)]
    pub(super) numbers: Vec<Labelled<'a>>,
    /// Labels of sums that pages carry forward, which are no values of lines.
    #[serde(borrow)]
    pub(super) carried: Vec<Text<'a>>,
    /// Those sums: of the net amounts up to each line but the last, and the same with tax.
    #[serde(borrow)]
    pub(super) sums: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) lines: Vec<Line<'a>>,
    /// The header above the names of the lines, where the texts have it.
    #[serde(borrow)]
    pub(super) lines_header: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) taxes: Vec<Tax<'a>>,
    #[serde(borrow)]
    pub(super) totals: Vec<Total<'a>>,
    /// Allowances and charges of the document.
    #[serde(borrow)]
    pub(super) adjustments: Vec<Adjustment<'a>>,
    /// Labels of totals, and the amounts that each may have beside it.
    #[serde(borrow)]
    pub(super) labels: Vec<Labelled<'a>>,
    /// Further amounts that may stand between the totals.
    #[serde(borrow)]
    pub(super) other_amounts: Vec<Text<'a>>,
    /// What an amount of the document's currency has besides its number.
    #[serde(borrow)]
    pub(super) currency: Text<'a>,
}

/// A field that stands anywhere, in one of several forms.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mention<'a> {
    #[serde(borrow)]
    pub(super) pointer: Text<'a>,
    /// Whether the text may be personal, so that no message quotes it.
    pub(super) personal: bool,
    #[serde(borrow)]
    pub(super) forms: Vec<Text<'a>>,
}

/// A label, and what may stand beside it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Labelled<'a> {
    #[serde(borrow)]
    pub(super) pointer: Text<'a>,
    #[serde(borrow)]
    pub(super) label: Text<'a>,
    #[serde(borrow)]
    pub(super) values: Vec<Text<'a>>,
}

impl<'a> Labelled<'a> {
    /// Adds values to a label of the list. Two keys may have one label in a language.
    pub(super) fn add(
        list: &mut Vec<Self>,
        pointer: &'a str,
        label: &'a str,
        values: impl Iterator<Item = Text<'a>>,
    ) {
        match list.iter_mut().find(|known| known.label == label) {
            Some(known) => known.values.extend(values),
            None => list.push(Self {
                pointer: pointer.into(),
                label: label.into(),
                values: values.collect(),
            }),
        }
    }
}

/// A line: its name, and the values that stand with it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    /// Fields below that of the line.
    #[serde(borrow)]
    pub(super) values: Vec<Value<'a>>,
    /// The same with tax, where prices include it.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub(super) with_tax: Option<Vec<Value<'a>>>,
}

/// A value of a line: its field, and its forms.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Value<'a>(
    #[serde(borrow)] pub(super) Text<'a>,
    #[serde(borrow)] pub(super) Vec<Text<'a>>,
);

/// The tax of one rate.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tax<'a> {
    #[serde(borrow)]
    pub(super) pointer: Text<'a>,
    #[serde(borrow)]
    pub(super) rate: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) taxable: Text<'a>,
    #[serde(borrow)]
    pub(super) tax: Text<'a>,
    /// The phrases of the language with the rate: what stands before the taxable amount, and behind it.
    #[serde(borrow)]
    pub(super) phrases: Vec<[Text<'a>; 2]>,
    /// Name, rate and tax of each component.
    #[serde(borrow)]
    pub(super) components: Vec<[Text<'a>; 3]>,
}

/// A total.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Total<'a> {
    #[serde(borrow)]
    pub(super) pointer: Text<'a>,
    #[serde(borrow)]
    pub(super) forms: Vec<Text<'a>>,
    /// Its labels.
    #[serde(borrow)]
    pub(super) labels: Vec<Text<'a>>,
    /// Whether pages with tax-inclusive prices show it as well.
    pub(super) with_tax: bool,
}

/// An allowance or charge of the document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Adjustment<'a> {
    #[serde(borrow)]
    pub(super) pointer: Text<'a>,
    #[serde(borrow)]
    pub(super) forms: Vec<Text<'a>>,
    /// The same with tax.
    #[serde(borrow)]
    pub(super) forms_with_tax: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub(super) percent: Option<Text<'a>>,
    /// The base of the percentage, which a template may print among the totals.
    #[serde(borrow)]
    pub(super) base: Option<Text<'a>>,
    /// The same with tax.
    #[serde(borrow)]
    pub(super) base_with_tax: Option<Text<'a>>,
    /// Its reason, which may be a label of totals by chance.
    #[serde(borrow)]
    pub(super) reason: Option<Text<'a>>,
}
