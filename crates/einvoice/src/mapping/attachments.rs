//! Supporting documents: BG-24.

use en16931::DocumentReference;
use en16931::invoice::SupportingDocument;
use invoice::model::{AttachedFile, Attachment};

use crate::place::Place;
use crate::problems::Problems;

pub(super) fn attachments(
    problems: &mut Problems,
    attachments: &[Attachment],
) -> Vec<SupportingDocument> {
    let list = Place::root("attachments");
    let attachments = attachments.iter().enumerate();
    attachments
        .map(|(index, attachment)| document(problems, list.item(index), attachment))
        .collect()
}

fn document(
    problems: &mut Problems,
    place: Place<'_>,
    attachment: &Attachment,
) -> SupportingDocument {
    SupportingDocument {
        reference: DocumentReference::new(problems.text(place.field("id"), &attachment.id)),
        description: problems.texts(place.field("description"), attachment.description.as_ref()),
        uri: problems.texts(place.field("url"), attachment.url.as_ref()),
        attachment: attachment
            .file
            .as_ref()
            .and_then(|file| self::file(problems, place, file)),
    }
}

/// The file, with the name that it has in the PDF: it is safe on every system, and no other file has it (BR-DE-22).
fn file(
    problems: &mut Problems,
    place: Place<'_>,
    file: &AttachedFile,
) -> Option<en16931::Attachment> {
    let name = problems.text(place.field("filename"), &file.safe_name);
    let content = file.content.as_bytes().to_vec();
    // Refused only without a type or a name, which each attached file has.
    en16931::Attachment::new(content, file.file_type.mime(), name).ok()
}
