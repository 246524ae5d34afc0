//! The facts of an invoice: what its pages have to show, in the reader's format.

mod amounts;
mod dates;
mod lines;
mod mentions;
mod numbers;
mod parties;
mod total_labels;
mod totals;

use std::borrow::Cow;

use invoice::Invoice;

use self::amounts::Amounts;
use super::facts::Facts;
use crate::catalog::Template;
use crate::catalog::labels::Labels;
use crate::catalog::promise::Part;
use crate::fonts::Coverage;
use crate::locale::Formats;

/// The facts of an invoice that this template promises to show, as JSON; empty where it promises nothing.
pub(crate) fn facts(
    invoice: &Invoice,
    template: &Template,
    texts: &Labels,
    formats: &Formats,
    coverage: &Coverage,
) -> Vec<u8> {
    let promise = template.promise;
    let amounts = Amounts::new(formats);
    if promise.is_empty() {
        return Vec::new();
    }
    let mut facts = Facts {
        file: format!("{}/main.typ", template.folder).into(),
        mentions: mentions::of(invoice, promise, coverage),
        ..Facts::default()
    };
    if promise.has(Part::Dates) || promise.has(Part::Document) {
        facts.dates = dates::labels(invoice, texts, formats);
    }
    facts.mentions.extend(dates::of(invoice, promise, formats));
    facts.numbers = numbers::labels(invoice, promise, texts, coverage);
    if promise.has(Part::Lines) {
        facts.lines = lines::of(invoice, promise, formats, coverage);
        facts.carried = ["carried-forward", "brought-forward"]
            .into_iter()
            .filter_map(|key| Some(Cow::from(texts.get(key)?.as_str())))
            .collect();
        facts.sums = lines::sums(invoice, formats);
        facts.lines_header = texts
            .get("line-name")
            .map(|label| Cow::from(label.as_str()));
    }
    if promise.has(Part::Taxes) {
        facts.taxes = totals::taxes(invoice, texts, &amounts, coverage);
        facts
            .mentions
            .extend(totals::exemptions(invoice, texts, coverage));
    }
    if promise.has(Part::Totals) {
        facts.totals = totals::totals(invoice, &amounts);
        for total in &mut facts.totals {
            // The key of each label becomes its text.
            total.labels = total
                .labels
                .iter()
                .filter_map(|key| Some(Cow::from(texts.get(&**key)?.as_str())))
                .collect();
        }
        facts.adjustments = totals::adjustments(invoice, promise, &amounts, coverage);
        facts.labels = total_labels::of(invoice, texts, &amounts, coverage);
        facts.other_amounts = totals::other_amounts(invoice, &amounts);
        facts.currency = totals::currency(&amounts);
    }
    #[expect(clippy::unwrap_used, reason = "the facts have no maps")]
    serde_json::to_vec(&facts).unwrap()
}
