//! Notes in UBL, which have their subject in their text: `#AAI#Goods ...`.

use en16931::Invoice as Model;
use invoice::{FailureCode, Problem};

use crate::problems::Problems;

/// Reports notes without a subject whose text would be read as one: the first two `#` enclose three characters (BR-CL-08).
pub(super) fn check(problems: &mut Problems, model: &Model) {
    for (index, note) in model.notes.iter().enumerate() {
        let text = note.note.as_deref().unwrap_or_default();
        if note.subject_code.is_none() && has_subject(text) {
            problems.push(Problem {
                code: FailureCode::EInvoiceInvalid,
                pointer: format!("/notes/{index}/text"),
                rule: Some("BR-CL-08"),
                message: "has three characters between two #, which UBL reads as the subject of the note, expected another text, or \
                          the code in subjectCode"
                    .to_owned(),
            });
        }
    }
}

fn has_subject(text: &str) -> bool {
    let mut parts = text.split('#');
    let (_, inside, behind) = (parts.next(), parts.next(), parts.next());
    behind.is_some() && inside.is_some_and(|inside| inside.chars().count() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_characters_between_the_first_two_signs_are_a_subject() {
        for text in ["#AAI# free", "Auftrag #123#", "Positionen #4, #7"] {
            assert!(has_subject(text), "{text}");
        }
        for text in ["#1 of #12", "# AAI", "#12345#AAI#", "no sign"] {
            assert!(!has_subject(text), "{text}");
        }
    }
}
