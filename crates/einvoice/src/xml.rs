//! An e-invoice as XML: written, completed where the writers leave something out, and read back.

mod compare;
mod complete;

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
    model: &Model,
    profile: EInvoiceProfile,
    syntax: Syntax,
) -> Option<Vec<u8>> {
    let (model, completion) = Completion::of(model, profile, syntax);
    let written = match en16931_formats::write_unchecked(&model, syntax.of_formats()) {
        Ok(written) => written,
        Err(unwritable) => {
            report(problems, &unwritable.entries, syntax);
            return None;
        }
    };
    report(problems, &written.entries, syntax);
    let read = en16931_formats::read(written.xml.as_bytes());
    let differences = match &read {
        Ok(read) => compare::differences(&model, &read.invoice),
        Err(_) => vec![String::new()],
    };
    for pointer in differences {
        let message = format!(
            "is not read back from the {} as it was given, expected a value that is: shorten it, or leave it out",
            syntax.name()
        );
        problems.push(problem(pointer, None, message));
    }
    Some(completion.complete(written.xml).into_bytes())
}

/// Reports what the writer left out.
fn report(problems: &mut Problems, entries: &[Entry], syntax: Syntax) {
    for entry in entries {
        let is_lost = match entry.kind {
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
        };
        if is_lost {
            let pointer = entry
                .term
                .as_deref()
                .map(pointer_of_term)
                .unwrap_or_default();
            let what = if pointer.is_empty() {
                entry.path.as_str()
            } else {
                ""
            };
            let message = format!(
                "has no place in {}, expected none{}{what}",
                syntax.name(),
                if what.is_empty() { "" } else { " of " },
            );
            problems.push(problem(pointer, None, message));
        }
    }
}

fn problem(pointer: String, rule: Option<&'static str>, message: String) -> Problem {
    Problem {
        code: FailureCode::FieldUnsupported,
        pointer,
        rule,
        message,
    }
}

/// The field of a term as the writers name it: `BT-8`, `BG-25[2]/BT-147`, `BG-3[1]`.
fn pointer_of_term(term: &str) -> String {
    let index = term
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(index, _)| index);
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
            ("BG-19", ""),
        ] {
            assert_eq!(pointer_of_term(term), pointer, "{term}");
        }
    }
}
