//! Fields of the document as a whole: identity, document type, dates, currency, language, template, references, notes and
//! attachments.

use icu_locale::LanguageIdentifier;
use iso_currency::Currency;
use time::Date;
use time::macros::format_description;

use super::fields::{Checker, Place, is_blank, present};
use crate::FailureCode;
use crate::identity::{InvoiceIdentity, PARTS, refuse_part};
use crate::model::{
    Attachment, DocumentType, Note, Paper, PrecedingInvoice, References, TemplateChoice,
};
use crate::problem::shown;
use crate::request::{
    AttachmentField, MarketplaceField, NoteField, ReferencesField, TemplateField,
};

/// Longest reference to another document.
const MAX_REFERENCE_CHARS: usize = 200;

/// Most notes, references and attachments of a document, so that they do not fill pages.
const MAX_ITEMS: usize = 100;

pub(super) fn marketplace(
    check: &mut Checker,
    field: Option<MarketplaceField>,
) -> (Option<InvoiceIdentity>, Option<String>) {
    let place = Place::root().field("marketplace");
    let Some(mut field) = field else {
        let expected = format!("an object with {}", PARTS.join(", "));
        check.missing(&place, None, &expected);
        return (None, None);
    };
    let region = field.region.take();
    let mut values = field.into_parts();
    let parts: [Option<String>; 5] = std::array::from_fn(|index| {
        let place = place.field(PARTS[index]);
        let expected = "a text of 1 to 128 characters";
        let part = check.required(&place, values[index].take(), None, expected)?;
        match refuse_part(&part) {
            Some(problem) => {
                check.report(FailureCode::IdentityUnsafe, &place, None, problem);
                None
            }
            None => Some(part),
        }
    });
    // A part that was reported is empty here, and an identity has no empty part.
    let identity = InvoiceIdentity::from_parts(parts.map(Option::unwrap_or_default)).ok();
    (identity, check.text(&place.field("region"), region, 20))
}

pub(super) fn document_type(check: &mut Checker, name: Option<&str>) -> Option<DocumentType> {
    let Some(name) = present(name) else {
        return Some(DocumentType::Receipt);
    };
    let known = DocumentType::from_name(name);
    if known.is_none() {
        let names = DocumentType::ALL.map(DocumentType::as_str).join(", ");
        check.report(
            FailureCode::DocumentTypeUnsupported,
            &Place::root().field("documentType"),
            None,
            format!("is {}, expected one of {names}", shown(name)),
        );
    }
    known
}

/// Earliest year of a date. Many programs write an unset date as one of the year 1.
const FIRST_YEAR: i32 = 1900;

pub(super) const DATE_FORM: &str = "a calendar date like 2026-11-21, from 1900 on";

pub(super) fn date(check: &mut Checker, place: &Place, text: Option<String>) -> Option<Date> {
    let text = present(text)?;
    let parsed = Date::parse(&text, format_description!("[year]-[month]-[day]"))
        .ok()
        .filter(|date| date.year() >= FIRST_YEAR);
    if parsed.is_none() {
        let message = format!("is {}, expected {DATE_FORM}", shown(&text));
        check.report(FailureCode::DateInvalid, place, None, message);
    }
    parsed
}

pub(super) const CURRENCY_FORM: &str = "a code of ISO 4217 like EUR";

pub(super) fn currency(check: &mut Checker, place: &Place, code: &str) -> Option<Currency> {
    // Codes without a minor unit (precious metals, funds, tests) are not currencies of payments.
    let known = Currency::from_code(code).filter(|currency| currency.exponent().is_some());
    if known.is_none() {
        let message = format!("is {}, expected {CURRENCY_FORM}", shown(code));
        check.report(
            FailureCode::CurrencyUnknown,
            place,
            Some("BR-CL-04"),
            message,
        );
    }
    known
}

pub(super) fn locale(check: &mut Checker, tag: &str) -> Option<LanguageIdentifier> {
    let parsed = LanguageIdentifier::try_from_str(tag)
        .ok()
        .filter(|locale| !locale.language.is_unknown());
    if parsed.is_none() {
        let message = format!(
            "is {}, expected a language tag of BCP 47 like de-DE",
            shown(tag)
        );
        check.report(
            FailureCode::LocaleInvalid,
            &Place::root().field("locale"),
            None,
            message,
        );
    }
    parsed
}

pub(super) fn template(
    check: &mut Checker,
    field: Option<TemplateField>,
    document_type: Option<DocumentType>,
) -> Option<TemplateChoice> {
    let place = Place::root().field("template");
    let (name, version, paper) = field.map_or((None, None, None), |field| {
        (field.name, field.version, field.paper)
    });
    let version = check.text(&place.field("version"), version, 64);
    let paper = paper.and_then(|name| {
        check.one_of(
            &place.field("paper"),
            &name,
            Paper::from_name,
            &Paper::ALL.map(Paper::as_str),
        )
    });
    let name = match check.text(&place.field("name"), name, 64) {
        Some(name) => name,
        None => document_type?.default_template().to_owned(),
    };
    Some(TemplateChoice {
        name,
        version,
        paper,
    })
}

pub(super) fn references(
    check: &mut Checker,
    field: Option<ReferencesField>,
    document_type: Option<DocumentType>,
) -> References {
    let place = Place::root().field("references");
    let field = field.unwrap_or_default();
    let mut text = |name: &str, value| check.text(&place.field(name), value, MAX_REFERENCE_CHARS);
    let mut references = References {
        buyer_reference: text("buyerReference", field.buyer_reference),
        purchase_order: text("purchaseOrder", field.purchase_order),
        sales_order: text("salesOrder", field.sales_order),
        contract: text("contract", field.contract),
        project: text("project", field.project),
        despatch_advice: text("despatchAdvice", field.despatch_advice),
        preceding_invoices: Vec::new(),
    };
    let place = place.field("precedingInvoices");
    let preceding = check.items(&place, field.preceding_invoices, MAX_ITEMS);
    if preceding.is_empty() && document_type == Some(DocumentType::CorrectedInvoice) {
        // A document that amends an invoice must refer to it unambiguously.
        let expected = "the invoice that is corrected";
        check.missing(&place, "Directive 2006/112/EC, 219", expected);
    }
    for (index, field) in preceding.into_iter().enumerate() {
        let place = place.item(index);
        let number = check.required_text(&place.field("number"), field.number, 100, "BR-55");
        let issue_date = date(check, &place.field("issueDate"), field.issue_date);
        if let Some(number) = number {
            references
                .preceding_invoices
                .push(PrecedingInvoice { number, issue_date });
        }
    }
    references
}

pub(super) fn notes(check: &mut Checker, fields: Option<Vec<NoteField>>) -> Vec<Note> {
    let place = Place::root().field("notes");
    let fields = check.items(&place, fields, MAX_ITEMS);
    let fields = fields.into_iter().enumerate();
    let note = |(index, field): (usize, NoteField)| {
        let place = place.item(index);
        let subject_code = check.code(
            &place.field("subjectCode"),
            field.subject_code,
            "three capital letters of UNTDID 4451 like REG",
            |code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()),
        );
        let text = check.lines(&place.field("text"), field.text, 2_000)?;
        Some(Note { subject_code, text })
    };
    fields.filter_map(note).collect()
}

pub(super) fn attachments(
    check: &mut Checker,
    fields: Option<Vec<AttachmentField>>,
) -> Vec<Attachment> {
    let place = Place::root().field("attachments");
    let fields = check.items(&place, fields, MAX_ITEMS);
    let fields = fields.into_iter().enumerate();
    let attachment = |(index, field): (usize, AttachmentField)| {
        let place = place.item(index);
        let content = field.content.as_ref();
        if content.is_some_and(|content| content.as_str().is_none_or(|text| !is_blank(text))) {
            let message =
                "is given, expected none: this version puts no files into a document; give its url"
                    .into();
            let place = place.field("content");
            check.report(FailureCode::FieldUnsupported, &place, None, message);
        }
        let id = check.required_text(&place.field("id"), field.id, MAX_REFERENCE_CHARS, "BR-52");
        let description = check.text(
            &place.field("description"),
            field.description,
            MAX_REFERENCE_CHARS,
        );
        let url = check.url(&place.field("url"), field.url);
        Some(Attachment {
            id: id?,
            description,
            url,
        })
    };
    fields.filter_map(attachment).collect()
}
