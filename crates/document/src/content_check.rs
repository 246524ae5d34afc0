//! Two faces, one truth: what a laid-out page shows is compared with the invoice, before the PDF is written.
//!
//! The template decides what is printed, and an e-invoice is made from the [`Invoice`](invoice::Invoice) beside it. A template
//! that leaves a line out, swaps two totals or prints an amount white on white would make a document whose two faces differ. So
//! each document is read between layout and export, in the process that renders it:
//!
//! 1. [`collect`] makes [`facts`](facts::Facts) of the invoice, in the process that prepares the job: each amount, rate, date,
//!    number, account and name with its JSON pointer, in the reader's format, by the same functions that format the view. They
//!    are made from the invoice and not from the view, so a fault of the view is found as well.
//! 2. [`page_text`] reads the frames of the layout: runs of glyphs, where they stand, and whether a reader sees them. A run is
//!    invisible if it is outside of the page or its clip, too small, of the colour of its ground, or covered by a shape, an image
//!    or another text that is painted over it. A run that the page cuts off is a fault of its own ([`beyond`]): a paper printer
//!    drops it, wherever else the same text stands.
//! 3. [`joined`] and [`flow`] put the visible runs together in reading order, which is the order of the frames: Typst keeps the logical
//!    order of a line also where letters run from right to left, but for the pieces of a string whose fonts change. White space, invisible marks and the case of letters do not count, since lines break
//!    anywhere; where a gap was is remembered, since "1 12,00" is not "112,00".
//! 4. [`compare`] looks the facts up.
//!    - **Lines** are found one after the other. The window of a line begins with its name and ends where all of its values have been
//!      seen; the next line's begins behind it. That is independent of columns, of breaks, and of where a page ends, and it accepts a
//!      page whenever its lines stand there in order. With prices that include tax, all lines show either net values or those with tax.
//!    - **Taxes**: rate, taxable amount and tax stand together, as the phrase of the language has them, or else on one line.
//!    - **Totals** stand outside of the lines, at the end of a line. Where the text before them is a label of the language, it has to
//!      be one of this total: so a swap of net and gross is found. Totals that are equal may share a line. A label that has another
//!      amount beside it, and an amount between the totals that is none of the invoice, are faults: other totals.
//!    - **Dates**, **numbers and references** are not beside the label of another one; they and **names** stand anywhere.
//!    - **Sums that are carried** from page to page are those of the lines up to there.
//!
//! It costs 2.9 % of the instructions of a short invoice, and 2.8 % of a receipt, facts and their transport included (callgrind,
//! documents that all differ, this crate with `opt-level = 3`, the others as in the dev profile; 4.9 % in the dev profile).
//!
//! What a template promises to show is in its `template.json` ([`Promise`](crate::catalog::Promise)). A swap of two totals is found by the
//! labels, so a template whose labels are not in its texts is held to the presence of each amount only.

mod beyond;
mod carried;
pub(crate) mod collect;
mod compare;
mod facts;
mod fault;
mod flow;
mod joined;
mod normal;
mod page_text;
mod pieces;
mod run;
mod visible;

use typst_layout::PagedDocument;

use self::facts::Facts;
use self::fault::Fault;
use self::flow::Flow;
use crate::mismatch::{Mismatch, plain};

/// Most mismatches that are reported of one document.
const MAX_REPORTED: usize = 10;

/// What the pages lack of these facts, which are JSON, or show otherwise. No facts: nothing is compared.
pub(crate) fn check(document: &PagedDocument, facts: &[u8]) -> Vec<Mismatch> {
    if facts.is_empty() {
        return Vec::new();
    }
    let facts: Facts<'_> = match serde_json::from_slice(facts) {
        Ok(facts) => facts,
        Err(error) => return vec![unreadable(&error)],
    };
    let (runs, beyond) = page_text::read(document);
    let mut faults = beyond::faults(&beyond);
    let runs = carried::without(joined::join(runs), &facts, &mut faults);
    let flow = Flow::new(runs);
    faults.extend(compare::all(&facts, &flow));
    faults.truncate(MAX_REPORTED);
    let mismatch = |fault: Fault| Mismatch {
        file: facts.file.to_string(),
        pointer: fault.pointer,
        problem: plain(&fault.problem),
        text: fault.text,
    };
    faults.into_iter().map(mismatch).collect()
}

/// Facts that cannot be read are a fault of this program: the document is refused, not accepted unread.
fn unreadable(error: &serde_json::Error) -> Mismatch {
    Mismatch {
        file: String::new(),
        pointer: String::new(),
        problem: format!("the facts of the document are not readable: {error}"),
        text: None,
    }
}

#[cfg(test)]
mod tests;
