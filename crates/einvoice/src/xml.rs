//! An e-invoice as XML: written, completed where the writers leave something out, and read back.

mod compare;
mod complete;
mod notes;

use en16931::Invoice as Model;
use en16931_formats::report::{Entry, Kind};
use invoice::model::EInvoiceProfile;
use invoice::{FailureCode, Problem};

use self::complete::Completion;
use crate::problems::Problems;
use crate::syntax::Syntax;
use crate::terms::pointer_of;

/// The XML of a valid model. Everything that it cannot hold is reported.
pub(crate) fn write(
    problems: &mut Problems,
    model: Model,
    profile: EInvoiceProfile,
    syntax: Syntax,
) -> Option<Vec<u8>> {
    if syntax == Syntax::Ubl {
        notes::check(problems, &model);
    }
    let (model, completion) = Completion::of(model, profile, syntax);
    let written = match en16931_formats::write_unchecked(&model, syntax.of_formats()) {
        Ok(written) => written,
        Err(unwritable) => {
            report(problems, &unwritable.entries, syntax);
            return None;
        }
    };
    report(problems, &written.entries, syntax);
    // What breaks a rule may not be read back, and its problem says why.
    if problems.is_empty() {
        compare(problems, &model, &written.xml, syntax);
    }
    Some(completion.complete(written.xml).into_bytes())
}

/// Reads the XML back, and reports what is not as it was.
fn compare(problems: &mut Problems, model: &Model, xml: &str, syntax: Syntax) {
    let differences = match en16931_formats::read(xml.as_bytes()) {
        Ok(mut read) => {
            // CII has no other sign of a credit note than its type code, which is compared.
            if syntax == Syntax::Cii {
                read.invoice.kind = model.kind;
            }
            compare::differences(model, &read.invoice)
        }
        Err(_) => vec![String::new()],
    };
    for pointer in differences {
        let message = format!(
            "cannot be written in {} so that it is read back, expected another value, or none; this is a defect of the program",
            syntax.name()
        );
        problems.push(problem(pointer, message));
    }
}

/// Reports what the writer left out.
fn report(problems: &mut Problems, entries: &[Entry], syntax: Syntax) {
    for entry in entries.iter().filter(|entry| is_lost(entry.kind)) {
        let pointer = entry
            .term
            .as_deref()
            .map(pointer_of_term)
            .unwrap_or_default();
        let message = format!("has no place in {}, expected none", syntax.name());
        let message = match advice(&pointer) {
            Some(advice) => format!("{message}: {advice}"),
            None if pointer.is_empty() => format!("{message} of {}", entry.path),
            None => message,
        };
        problems.push(problem(pointer, message));
    }
}

/// What to do with a field that a syntax cannot hold.
fn advice(pointer: &str) -> Option<&'static str> {
    if pointer.starts_with("/references/precedingInvoices/") {
        return Some(
            "it has one preceding invoice; write the e-invoice in UBL, or name the others in a note",
        );
    }
    if pointer == "/payment/means/mandate" {
        return Some(
            "it has the creditor beside a mandate or a debited account only; add mandate or debitedAccount",
        );
    }
    (pointer == "/dueDate")
        .then_some("a credit note in UBL has it with payment.means only; add them, or write it into payment.terms")
}

fn is_lost(kind: Kind) -> bool {
    match kind {
        Kind::Dropped | Kind::Prohibited | Kind::Schema => true,
        // What the writer adds because the syntax wants it.
        Kind::Derived => false,
        // These come from reading.
        Kind::Unmapped
        | Kind::Malformed
        | Kind::Duplicate
        | Kind::Repeated
        | Kind::Unreadable
        | Kind::Container
        | Kind::Ambiguous => false,
    }
}

fn problem(pointer: String, message: String) -> Problem {
    Problem {
        code: FailureCode::FieldUnsupported,
        pointer,
        rule: None,
        message,
    }
}

/// The field of a term as the writers name it: `BT-8`, `BG-25[2]/BT-147`, `BG-3[1]`.
fn pointer_of_term(term: &str) -> String {
    let index = term
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(index, _)| index);
    if term == "BG-19" {
        return "/payment/means/mandate".to_owned();
    }
    if term.starts_with("BG-3[") {
        let index = index.unwrap_or("0");
        return format!("/references/precedingInvoices/{index}");
    }
    let number = term
        .rsplit("BT-")
        .next()
        .and_then(|number| number.parse().ok());
    let pointer = number.and_then(pointer_of).unwrap_or_default();
    match (pointer.split_once("/*"), index) {
        (Some((list, field)), Some(index)) => format!("{list}/{index}{field}"),
        (Some((list, _)), None) => list.to_owned(),
        (None, _) => pointer.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_the_writers_are_fields() {
        for (term, pointer) in [
            ("BT-8", "/taxPointDateCode"),
            ("BG-3[2]", "/references/precedingInvoices/2"),
            ("BG-25[4]/BT-147", "/lines/4/priceDiscount"),
            ("BG-19", "/payment/means/mandate"),
        ] {
            assert_eq!(pointer_of_term(term), pointer, "{term}");
        }
    }
}
