//! Fields of the document as a whole: identity, document type, dates, currency, language, template and notes.

use icu_locale::LanguageIdentifier;
use iso_currency::Currency;
use time::Date;
use time::macros::format_description;

use super::fields::{Checker, Place, present};
use super::spelling;
use crate::FailureCode;
use crate::code_lists::{CURRENCIES, NOTE_SUBJECTS};
use crate::identity::{InvoiceIdentity, PARTS, refuse_part};
use crate::limits;
use crate::model::{DocumentType, Note, Paper, TaxPointEvent, TemplateChoice};
use crate::problem::shown;
use crate::request::{MarketplaceField, NoteField, TemplateField};

/// Most notes, references and attachments of a document, so that they do not fill pages.
pub(super) const MAX_ITEMS: usize = 100;

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
        let names = DocumentType::ALL.map(DocumentType::as_str);
        let near = spelling::nearest(name, names.into_iter());
        let near = near.map_or_else(String::new, |near| format!(", perhaps {near}"));
        let names = names.join(", ");
        check.report(
            FailureCode::DocumentTypeUnsupported,
            &Place::root().field("documentType"),
            None,
            format!("is {}, expected one of {names}{near}", shown(name)),
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

/// BR-CO-03: the tax point is a date, or an event where the date is not known yet.
pub(super) fn tax_point_event(
    check: &mut Checker,
    code: Option<&str>,
    date: Option<Date>,
) -> Option<TaxPointEvent> {
    let place = Place::root().field("taxPointDateCode");
    let code = present(code)?;
    let Some(event) = TaxPointEvent::from_code(code) else {
        let codes = TaxPointEvent::ALL.map(TaxPointEvent::code).join(", ");
        let message = format!("is {}, expected one of {codes} of UNTDID 2005", shown(code));
        check.report(FailureCode::FieldInvalid, &place, Some("BR-CL-06"), message);
        return None;
    };
    if date.is_some() {
        let message = "is given together with taxPointDate, expected only one of the two".into();
        check.report(FailureCode::FieldInvalid, &place, Some("BR-CO-03"), message);
        return None;
    }
    Some(event)
}

pub(super) const CURRENCY_FORM: &str = "a code of ISO 4217 like EUR";

pub(super) fn currency(check: &mut Checker, place: &Place, code: &str) -> Option<Currency> {
    // Codes without a minor unit (precious metals, funds, tests) are not currencies of payments. A receipt may have a currency of
    // ISO 4217 that the list of the standard lacks.
    let is_listed = check.is_lenient || CURRENCIES.has(code);
    let known =
        Currency::from_code(code).filter(|currency| is_listed && currency.exponent().is_some());
    if known.is_none() {
        let is_of_tax = place.is_within("taxCurrency");
        let rule = if is_of_tax { "BR-CL-05" } else { "BR-CL-04" };
        let message = format!("is {}, expected {CURRENCY_FORM}", shown(code));
        check.report(FailureCode::CurrencyUnknown, place, Some(rule), message);
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

pub(super) fn notes(check: &mut Checker, fields: Option<Vec<NoteField>>) -> Vec<Note> {
    let place = Place::root().field("notes");
    let fields = check.items(&place, fields, MAX_ITEMS);
    let fields = fields.into_iter().enumerate();
    let note = |(index, field): (usize, NoteField)| {
        let place = place.item(index);
        let code_place = place.field("subjectCode");
        let subject_code =
            check.listed(&code_place, field.subject_code, &NOTE_SUBJECTS, "BR-CL-08");
        let text = check.lines(&place.field("text"), field.text, limits::LINES)?;
        Some(Note { subject_code, text })
    };
    fields.filter_map(note).collect()
}
