//! Supporting documents and attached files.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::document::MAX_ITEMS;
use super::fields::{Checker, Place, present};
use super::file_form::has_form_of;
use super::file_name::safe_name;
use crate::FailureCode;
use crate::limits;
use crate::model::{AttachedFile, Attachment, FileContent, FileType, Relationship};
use crate::problem::measured;
use crate::request::AttachmentField;

const MAX_CHARS: usize = limits::TEXT;

/// The supporting documents. Their files have at most `max_bytes` together, decoded.
pub(super) fn attachments(
    check: &mut Checker,
    fields: Option<Vec<AttachmentField>>,
    max_bytes: usize,
) -> Vec<Attachment> {
    let place = Place::root().field("attachments");
    let fields = check.items(&place, fields, MAX_ITEMS);
    let mut attachments: Vec<Attachment> = Vec::with_capacity(fields.len());
    for (index, field) in fields.into_iter().enumerate() {
        attachments.extend(attachment(check, &place.item(index), field, &attachments));
    }
    let files = attachments
        .iter()
        .filter_map(|attachment| attachment.file.as_ref());
    let bytes: usize = files.map(|file| file.content.as_bytes().len()).sum();
    if bytes > max_bytes {
        let message = format!(
            "have files of {bytes} bytes together, expected at most {max_bytes} (ATTACHMENTS_MAX_BYTES)"
        );
        check.report(FailureCode::FieldInvalid, &place, None, message);
    }
    attachments
}

fn attachment(
    check: &mut Checker,
    place: &Place,
    mut field: AttachmentField,
    before: &[Attachment],
) -> Option<Attachment> {
    let id = check.required_text(&place.field("id"), field.id.take(), MAX_CHARS, "BR-52");
    let description_place = place.field("description");
    let description = check.text(&description_place, field.description.take(), MAX_CHARS);
    let url = check.private_code(
        &place.field("url"),
        field.url.take().map(|url| url.trim().to_owned()),
        "a URL of at most 2000 characters without spaces",
        |url| {
            let is_shown = |c: char| !c.is_whitespace() && !c.is_control();
            url.chars().count() <= limits::LINES && url.chars().all(is_shown)
        },
    );
    let file = file(check, place, field, before);
    Some(Attachment {
        id: id?,
        description,
        url,
        file,
    })
}

fn file(
    check: &mut Checker,
    place: &Place,
    field: AttachmentField,
    before: &[Attachment],
) -> Option<AttachedFile> {
    let (content, mime_type) = (present(field.content), present(field.mime_type));
    let filename = present(field.filename);
    let relationship = present(field.relationship);
    if content.is_none() && mime_type.is_none() && filename.is_none() && relationship.is_none() {
        return None;
    }
    let content_place = place.field("content");
    let expected = "the file in base64, since other fields of it are given";
    let content = check.required(&content_place, content, None, expected);
    let content = content.and_then(|text| decoded(check, &content_place, &text));
    let type_place = place.field("mimeType");
    let mime_type = check.required(&type_place, mime_type, None, "the type of the file");
    let names = FileType::ALL.map(FileType::mime);
    let file_type = mime_type.and_then(|mime| {
        let known = FileType::from_mime(&mime.trim().to_ascii_lowercase());
        if known.is_none() {
            let names = names.join(", ");
            let message = format!(
                "is {}, expected one of {names}",
                crate::problem::shown(&mime)
            );
            let rule = Some("BR-CL-24");
            check.report(FailureCode::FieldInvalid, &type_place, rule, message);
        }
        known
    });
    let filename = check.required_text(&place.field("filename"), filename, limits::TEXT, None);
    let relationship = match relationship {
        None => Some(Relationship::Supplement),
        Some(name) => check.one_of(
            &place.field("relationship"),
            &name,
            Relationship::from_name,
            &Relationship::ALL.map(Relationship::as_str),
        ),
    };
    let (content, file_type, filename) = (content?, file_type?, filename?);
    if !has_form_of(file_type, &content) {
        let message = format!(
            "does not have the form of {}, expected a file of the type that mimeType says",
            file_type.mime()
        );
        check.report(FailureCode::FieldInvalid, &content_place, None, message);
        return None;
    }
    let taken = before
        .iter()
        .filter_map(|attachment| attachment.file.as_ref());
    let taken: Vec<&str> = taken.map(|file| file.safe_name.as_str()).collect();
    Some(AttachedFile {
        safe_name: safe_name(&filename, file_type, &taken),
        filename,
        file_type,
        relationship: relationship?,
        content: FileContent::new(content),
    })
}

/// Line breaks in base64 are usual (RFC 2045), so white space is passed over.
fn decoded(check: &mut Checker, place: &Place, text: &str) -> Option<Vec<u8>> {
    let compact: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = BASE64_STANDARD.decode(compact).ok();
    if decoded.is_none() {
        let message = format!(
            "is {}, expected base64 (RFC 4648, section 4) with its padding",
            measured(text)
        );
        check.report(FailureCode::FieldInvalid, place, None, message);
    }
    decoded
}
