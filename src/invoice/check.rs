//! From the bytes of a request to an [`Invoice`], or to everything that is wrong with it.

mod amounts;
mod fields;
mod parties;

use iban::IbanLike as _;
use iso_currency::Currency;
use serde::Deserialize as _;
use time::Date;
use time::macros::format_description;

use self::fields::{Checker, Place};
use super::canonical;
use super::identity::{InvoiceIdentity, refuse_part};
use super::model::{DocumentType, Invoice, Payment, TemplateChoice};
use super::problem::{InvalidRequest, Problem, ProblemCode};
use super::request::{InvoiceRequest, MarketplaceField, PaymentField, TemplateField};
use crate::digest::Sha256Digest;

/// A request that was understood: its content, and whether it is a valid invoice.
#[derive(Debug)]
pub struct ParsedRequest {
    /// The digest of the content; equal digests are the same request.
    pub digest: Sha256Digest,
    /// Which invoice it is about, where at least that is valid: a failure can then be recorded under its identity.
    pub identity: Option<InvoiceIdentity>,
    /// The invoice, or what is wrong with it.
    pub invoice: Result<Invoice, InvalidRequest>,
}

/// Parses and validates a request of at most `max_bytes`.
///
/// The outer error is for bodies that are no JSON of the right shape at all.
pub fn parse(body: &[u8], max_bytes: usize) -> Result<ParsedRequest, InvalidRequest> {
    let request = deserialize(body, max_bytes)?;
    let content: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let mut checker = Checker::default();
    let (identity, invoice) = invoice(&mut checker, request);
    let invoice = match (
        InvalidRequest::from_problems(checker.into_problems()),
        invoice,
    ) {
        (None, Some(invoice)) => Ok(invoice),
        (Some(invalid), _) => Err(invalid),
        (None, None) => Err(whole(
            ProblemCode::FieldMissing,
            "is not a complete request".into(),
        )),
    };
    Ok(ParsedRequest {
        digest: canonical::digest(&content),
        identity,
        invoice,
    })
}

fn deserialize(body: &[u8], max_bytes: usize) -> Result<InvoiceRequest, InvalidRequest> {
    if body.len() > max_bytes {
        let message = format!("is {} bytes long; the limit is {max_bytes}", body.len());
        return Err(whole(ProblemCode::RequestTooLarge, message));
    }
    let depth = canonical::depth(body);
    if depth > canonical::MAX_DEPTH {
        let message = format!(
            "is nested {depth} deep; the limit is {}",
            canonical::MAX_DEPTH
        );
        return Err(whole(ProblemCode::RequestTooDeep, message));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let request = InvoiceRequest::deserialize(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ))
    .map_err(|error| misshapen(&track.path(), &error))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(request)
}

fn whole(code: ProblemCode, message: String) -> InvalidRequest {
    Problem {
        code,
        pointer: String::new(),
        rule: None,
        message,
    }
    .into()
}

fn malformed(error: &serde_json::Error) -> InvalidRequest {
    whole(
        ProblemCode::RequestMalformed,
        format!("is not JSON: {error}"),
    )
}

/// serde's own text quotes the value that it met; that may be personal data, so only what it expected is kept.
fn misshapen(path: &serde_path_to_error::Path, error: &serde_json::Error) -> InvalidRequest {
    if !error.is_data() {
        return malformed(error);
    }
    let text = error.to_string();
    let (code, message) = match text.split_once(", expected ") {
        Some((_, expected)) => {
            let expected = expected.split(" at line ").next().unwrap_or(expected);
            // serde's names for the types of JSON.
            let expected = match expected {
                "a sequence" => "an array",
                "a map" => "an object",
                other if other.starts_with("struct ") => "an object",
                other => other,
            };
            (ProblemCode::FieldType, format!("must be {expected}"))
        }
        None => (ProblemCode::RequestMalformed, text),
    };
    let mut place = Place::root();
    for segment in path {
        place = match segment {
            serde_path_to_error::Segment::Seq { index } => place.item(*index),
            serde_path_to_error::Segment::Map { key } => place.field(key),
            serde_path_to_error::Segment::Enum { variant } => place.field(variant),
            serde_path_to_error::Segment::Unknown => place,
        };
    }
    Problem {
        code,
        pointer: place.into_pointer(),
        rule: None,
        message,
    }
    .into()
}

/// Checks everything and reports all problems; the invoice is there when none was found.
fn invoice(
    check: &mut Checker,
    request: InvoiceRequest,
) -> (Option<InvoiceIdentity>, Option<Invoice>) {
    let root = Place::root();
    refuse_unsupported(check, &request);

    let (identity, marketplace_region) = marketplace(check, request.marketplace);
    let document_type = document_type(check, request.document_type.as_deref());
    let number = match (request.number, document_type, &identity) {
        // A receipt is known by its order; invoices need a number of their own.
        (None, Some(DocumentType::Receipt), Some(identity)) => {
            Some(identity.sequence_number.clone())
        }
        (number, _, _) => check.required_text(&root.field("number"), number, 100, "BR-02"),
    };
    let issue_date = check.required(&root.field("issueDate"), request.issue_date, "BR-03");
    let issue_date = issue_date.and_then(|text| date(check, &root.field("issueDate"), &text));
    let due_date = request
        .due_date
        .and_then(|text| date(check, &root.field("dueDate"), &text));
    let currency = currency(check, request.currency);
    let locale = locale(check, request.locale.as_deref().unwrap_or("en-US"));
    let template = template(check, request.template, document_type);

    let seller = check.required(&root.field("seller"), request.seller, "BR-06");
    let seller = seller.and_then(|seller| parties::party(check, &root.field("seller"), seller));
    let buyer_given = request.buyer.is_some();
    if !buyer_given && document_type == Some(DocumentType::Invoice) {
        check.missing(&root.field("buyer"), "BR-07");
    }
    let buyer = request
        .buyer
        .and_then(|buyer| parties::party(check, &root.field("buyer"), buyer));
    let (buyer_reference, purchase_order) = match request.references {
        Some(references) => {
            let place = root.field("references");
            (
                check.text(
                    &place.field("buyerReference"),
                    references.buyer_reference,
                    200,
                ),
                check.text(
                    &place.field("purchaseOrder"),
                    references.purchase_order,
                    200,
                ),
            )
        }
        None => (None, None),
    };

    let amounts = currency.and_then(|currency| {
        amounts::amounts(
            check,
            currency,
            request.lines,
            request.tax_breakdown,
            request.totals.unwrap_or_default(),
        )
    });
    let payment = request
        .payment
        .map(|payment| self::payment(check, payment, currency));
    let notes = notes(check, request.notes.unwrap_or_default());

    let whole = || {
        let amounts = amounts?;
        Some(Invoice {
            identity: identity.clone()?,
            marketplace_region,
            document_type: document_type?,
            number: number?,
            issue_date: issue_date?,
            due_date,
            currency: currency?,
            locale: locale?,
            template: template?,
            seller: seller?,
            buyer,
            buyer_reference,
            purchase_order,
            lines: amounts.lines,
            taxes: amounts.taxes,
            totals: amounts.totals,
            payment,
            notes,
        })
    };
    let invoice = whole();
    (identity, invoice)
}

/// What would change the amounts is refused: a document without a promised discount would be wrong, not incomplete.
fn refuse_unsupported(check: &mut Checker, request: &InvoiceRequest) {
    let root = Place::root();
    let given = |items: &Option<Vec<_>>| {
        items
            .as_ref()
            .is_some_and(|items: &Vec<serde::de::IgnoredAny>| !items.is_empty())
    };
    if given(&request.allowances) {
        check.unsupported(&root.field("allowances"));
    }
    if given(&request.charges) {
        check.unsupported(&root.field("charges"));
    }
    if request.tax_currency.is_some() {
        check.unsupported(&root.field("taxCurrency"));
    }
}

fn marketplace(
    check: &mut Checker,
    field: Option<MarketplaceField>,
) -> (Option<InvoiceIdentity>, Option<String>) {
    let place = Place::root().field("marketplace");
    let Some(field) = field else {
        check.missing(&place, None);
        return (None, None);
    };
    let mut part = |name: &str, value: Option<String>| {
        let place = place.field(name);
        let value = check.required(&place, value, None)?;
        match refuse_part(&value) {
            Some(reason) => {
                check.report(ProblemCode::IdentityUnsafe, &place, None, reason.into());
                None
            }
            None => Some(value),
        }
    };
    let platform = part("platform", field.platform);
    let shop_id = part("shopId", field.shop_id);
    let order_id = part("orderId", field.order_id);
    let package_id = part("packageId", field.package_id);
    let sequence_number = part("sequenceNumber", field.sequence_number);
    let identity = || {
        Some(InvoiceIdentity {
            platform: platform?,
            shop_id: shop_id?,
            order_id: order_id?,
            package_id: package_id?,
            sequence_number: sequence_number?,
        })
    };
    (
        identity(),
        check.text(&place.field("region"), field.region, 20),
    )
}

fn document_type(check: &mut Checker, name: Option<&str>) -> Option<DocumentType> {
    match name {
        None | Some("receipt") => Some(DocumentType::Receipt),
        Some("invoice") => Some(DocumentType::Invoice),
        Some(_) => {
            let message = "must be \"invoice\" or \"receipt\"".into();
            check.report(
                ProblemCode::DocumentTypeUnsupported,
                &Place::root().field("documentType"),
                None,
                message,
            );
            None
        }
    }
}

fn date(check: &mut Checker, place: &Place, text: &str) -> Option<Date> {
    let parsed = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    if parsed.is_none() {
        check.report(
            ProblemCode::DateInvalid,
            place,
            None,
            "must be a calendar date like 2026-11-21".into(),
        );
    }
    parsed
}

fn currency(check: &mut Checker, code: Option<String>) -> Option<Currency> {
    let place = Place::root().field("currency");
    let code = check.required(&place, code, "BR-05")?;
    // Precious metals, test and fund codes have no minor unit: nobody pays in them.
    let known = Currency::from_code(&code).filter(|currency| currency.exponent().is_some());
    if known.is_none() {
        check.report(
            ProblemCode::CurrencyUnknown,
            &place,
            Some("BR-CL-04"),
            "must be a code of ISO 4217 like EUR".into(),
        );
    }
    known
}

fn locale(check: &mut Checker, tag: &str) -> Option<icu::locale::LanguageIdentifier> {
    let parsed = icu::locale::LanguageIdentifier::try_from_str(tag)
        .ok()
        .filter(|locale| !locale.language.is_unknown());
    if parsed.is_none() {
        let message = "must be a language tag of BCP 47 like de-DE".into();
        check.report(
            ProblemCode::LocaleInvalid,
            &Place::root().field("locale"),
            None,
            message,
        );
    }
    parsed
}

fn template(
    check: &mut Checker,
    field: Option<TemplateField>,
    document_type: Option<DocumentType>,
) -> Option<TemplateChoice> {
    let place = Place::root().field("template");
    let (name, version) = field.map_or((None, None), |field| (field.name, field.version));
    let version = check.text(&place.field("version"), version, 64);
    let name = match check.text(&place.field("name"), name, 64) {
        Some(name) => name,
        None => document_type?.as_str().to_owned(),
    };
    Some(TemplateChoice { name, version })
}

fn payment(check: &mut Checker, field: PaymentField, currency: Option<Currency>) -> Payment {
    let place = Place::root().field("payment");
    let terms = check.lines(&place.field("terms"), field.terms, 2_000);
    let place = place.field("means");
    let mut payment = Payment {
        terms,
        iban: None,
        bic: None,
        account_name: None,
        remittance: None,
        qr: false,
    };
    if let Some(means) = field.means {
        payment.iban = means
            .iban
            .and_then(|iban| self::iban(check, &place.field("iban"), &iban));
        payment.bic = check.text(&place.field("bic"), means.bic, 11);
        // 70 and 140 characters are what a SEPA transfer carries (EPC069-12).
        payment.account_name = check.text(&place.field("accountName"), means.account_name, 70);
        payment.remittance = check.text(&place.field("remittance"), means.remittance, 140);
        payment.qr = means.qr.unwrap_or(false);
        let complete = payment.iban.is_some()
            && payment.account_name.is_some()
            && currency == Some(Currency::EUR);
        if payment.qr && !complete {
            let message = "needs the currency EUR, an iban and an accountName".into();
            check.report(
                ProblemCode::PaymentQrUnsupported,
                &place.field("qr"),
                Some("EPC069-12"),
                message,
            );
        }
    }
    payment
}

fn iban(check: &mut Checker, place: &Place, text: &str) -> Option<String> {
    let parsed = text
        .parse::<iban::Iban>()
        .ok()
        .map(|iban| iban.electronic_str().to_owned());
    if parsed.is_none() {
        let message = "must be an IBAN with right check digits".into();
        check.report(ProblemCode::IbanInvalid, place, Some("ISO 13616"), message);
    }
    parsed
}

fn notes(check: &mut Checker, fields: Vec<super::request::NoteField>) -> Vec<String> {
    let place = Place::root().field("notes");
    let texts = fields.into_iter().enumerate();
    texts
        .filter_map(|(index, note)| check.lines(&place.item(index).field("text"), note.text, 2_000))
        .collect()
}

#[cfg(test)]
mod tests;
