//! From the bytes of a request to an [`Invoice`], or to all problems of the request.

mod adjustments;
mod amounts;
mod attachments;
mod body;
mod breakdown;
mod categories;
mod codes;
mod components;
mod countries;
mod details;
mod document;
mod e_invoice;
mod fields;
mod file_form;
mod file_name;
mod lines;
mod means;
mod number;
mod parties;
mod payment;
mod period;
mod references;
mod rules;
mod shape;
mod signs;
pub(crate) mod spelling;
mod tax;
mod tax_currency;
mod type_code;
mod unknown_currency;

use self::amounts::AmountFields;
use self::categories::Facts;
pub(crate) use self::fields::present;
use self::fields::{Checker, MAX_WARNINGS, Place};
use self::parties::Role;
use self::payment::PaymentContext;
use self::shape::Inspected;
use self::signs::Kind;
use super::failure_code::FailureCode;
use super::identity::InvoiceIdentity;
use super::likeness::Likeness;
use super::model::{DocumentType, Invoice};
use super::problem::{InvalidRequest, MAX_PROBLEMS, Problem, Warning, WarningCode};
use super::request::InvoiceRequest;
use super::{canonical, content, limits};
use crate::digest::Sha256Digest;

/// A request that is JSON: the digest of its content, and the invoice or the problems.
#[derive(Debug)]
pub struct ParsedRequest {
    /// The digest of the content. Requests with equal digests are the same request.
    pub digest: Sha256Digest,
    /// The identity, where it is valid: a failure of an invalid request is recorded under it.
    pub identity: Option<InvoiceIdentity>,
    /// The invoice, or the problems of the request.
    pub invoice: Result<Invoice, InvalidRequest>,
    /// What an invalid request asks for, where its problems leave nothing of that open: other rules can be checked too, so that
    /// all problems are reported at once.
    pub draft: Option<Box<Invoice>>,
    /// What is suspicious about a request that is valid. It changes nothing else. An invalid one has its own.
    pub warnings: Vec<Warning>,
}

/// Limits of a request that are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    /// Most bytes of the whole body (`REQUEST_MAX_BYTES`).
    pub max_bytes: usize,
    /// Most bytes of all attached files together, decoded (`ATTACHMENTS_MAX_BYTES`).
    pub attachments_max_bytes: usize,
    /// Whether members that are no field are problems (`REQUEST_STRICT`); otherwise they are ignored.
    pub is_strict: bool,
}

impl RequestLimits {
    /// The same for a request that asks to be checked strictly, or does not say.
    pub fn strict_if(self, asked: bool) -> Self {
        Self {
            is_strict: self.is_strict || asked,
            ..self
        }
    }
}

/// Limits of the body only: its attached files may fill it.
impl From<usize> for RequestLimits {
    fn from(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            attachments_max_bytes: max_bytes,
            is_strict: false,
        }
    }
}

/// Parses and validates a request within these limits. The body is not packed.
///
/// # Errors
///
/// Where the body is too large, nested too deeply, or not JSON. All other problems are in [`ParsedRequest::invoice`].
pub fn parse(
    body: &[u8],
    limits: impl Into<RequestLimits>,
) -> Result<ParsedRequest, InvalidRequest> {
    let limits = limits.into();
    body::refuse_size(body, limits.max_bytes)?;
    let content = content::clean(body);
    let body = &*content;
    body::refuse_depth(body)?;
    let request = body::deserialize(body);
    let content: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| body::malformed(&error))?;
    let digest =
        canonical::digest_of_parsed(body, &content).map_err(|error| body::malformed(&error))?;
    let inspected = shape::inspect(&content);
    let request = request.and_then(|request| {
        inspected.refuse_arrays()?;
        Ok(request)
    });
    let strictly = limits.is_strict.then_some(&inspected);
    let unknown: Vec<Problem> = strictly
        .into_iter()
        .flat_map(Inspected::unknown_fields)
        .collect();
    // What is a problem is no warning as well.
    let misspelt = inspected.misspelt().take(MAX_WARNINGS);
    let mut warnings: Vec<Warning> = misspelt.filter(|_| !limits.is_strict).collect();
    let mistaken = Likeness::of(&content).filter(|likeness| likeness.is_envelope());
    let mut checker = Checker::default();
    let (identity, invoice) = match request {
        Ok(request) => invoice(&mut checker, request, limits),
        // A field of the wrong type hides the other problems, but the identity can still be read.
        Err(invalid) => {
            return Ok(ParsedRequest {
                digest,
                identity: body::marketplace(content)
                    .and_then(|field| document::marketplace(&mut checker, Some(field)).0),
                invoice: Err(match mistaken {
                    Some(likeness) => likeness.problem().into(),
                    None => inspected
                        .completed(invalid)
                        .with(unknown)
                        .with_warnings(warnings),
                }),
                draft: None,
                warnings: Vec::new(),
            });
        }
    };
    let (mut problems, suspicious) = checker.into_parts();
    if !limits.is_strict {
        warnings.extend(inspected.beside_missing(&problems));
    }
    problems.extend(unknown);
    problems.truncate(MAX_PROBLEMS);
    warnings.extend(suspicious);
    warnings.truncate(MAX_WARNINGS);
    let mut draft = None;
    let invoice = match (InvalidRequest::from_problems(problems), invoice) {
        (None, Some(invoice)) => Ok(invoice),
        // The fields of the request are not missing, but inside of another envelope.
        (Some(_), _) if let Some(likeness) = mistaken => Err(likeness.problem().into()),
        (Some(invalid), invoice) => {
            draft = invoice.map(Box::new);
            Err(invalid.with_warnings(std::mem::take(&mut warnings)))
        }
        (None, None) => Err(body::whole(
            FailureCode::FieldMissing,
            "is incomplete, expected a complete request".into(),
        )),
    };
    Ok(ParsedRequest {
        digest,
        identity,
        invoice,
        draft,
        warnings,
    })
}

/// Checks all fields and reports all problems. Returns the invoice where no problem prevents it.
fn invoice(
    check: &mut Checker,
    request: InvoiceRequest,
    limits: RequestLimits,
) -> (Option<InvoiceIdentity>, Option<Invoice>) {
    let root = Place::root();
    let (identity, marketplace_region) = document::marketplace(check, request.marketplace);
    let document_type = document::document_type(check, request.document_type.as_deref());
    // Where the type is not known, it may be a receipt: what only other types need is not reported as missing.
    check.is_lenient = document_type.is_none_or(|kind| kind == DocumentType::Receipt);
    let type_code =
        type_code::type_code(check, request.document_type_code.as_deref(), document_type);
    let kind = Kind {
        document_type,
        code: type_code,
    };
    let place = root.field("businessProcess");
    let business_process = check.text(&place, request.business_process, limits::TEXT);
    let place = root.field("specification");
    let specification = check.text(&place, request.specification, limits::TEXT);
    let number = match (present(request.number), document_type, &identity) {
        // A receipt is identified by its order; the other types need a number.
        (None, Some(DocumentType::Receipt), Some(identity)) => {
            Some(identity.sequence_number().to_owned())
        }
        // The problem of the identity was reported, or that of the type.
        (None, Some(DocumentType::Receipt) | None, _) => None,
        (number, _, _) => check.required_text(&root.field("number"), number, limits::TEXT, "BR-02"),
    };
    let place = root.field("issueDate");
    let issue_date = check.required(&place, request.issue_date, "BR-03", document::DATE_FORM);
    let issue_date = document::date(check, &place, issue_date);
    let due_date = document::date(check, &root.field("dueDate"), request.due_date);
    if let (Some(issued), Some(due)) = (issue_date, due_date)
        && due < issued
    {
        let message = format!("is {due}, before issueDate {issued}");
        check.warn(WarningCode::DatesReversed, &root.field("dueDate"), message);
    }
    let place = root.field("taxPointDate");
    let tax_point_date = document::date(check, &place, request.tax_point_date);
    let code = request.tax_point_date_code.as_deref();
    let tax_point_event = document::tax_point_event(check, code, tax_point_date);
    let period = request
        .period
        .and_then(|field| period::period(check, &root.field("period"), field, "BR-29"));
    let place = root.field("currency");
    let expected = document::CURRENCY_FORM;
    let currency = check.required(&place, request.currency, "BR-05", expected);
    let currency = currency.and_then(|code| document::currency(check, &place, &code));
    let locale = present(request.locale.as_deref()).unwrap_or("en-US");
    let locale = document::locale(check, locale);
    let template = document::template(check, request.template, document_type);
    let references = references::references(check, request.references, kind);

    let place = root.field("seller");
    let seller = check.required(&place, request.seller, "BR-06", "an object with name");
    let seller = seller.and_then(|party| parties::party(check, &place, party, Role::Seller));
    let place = root.field("buyer");
    if request.buyer.is_none() && document_type.is_some_and(|kind| kind != DocumentType::Receipt) {
        let expected = "an object with name: only a receipt has no buyer";
        check.missing(&place, "BR-07", expected);
    }
    let mut party = |name: &str, field: Option<_>, role| {
        let place = root.field(name);
        field.and_then(|field| parties::party(check, &place, field, role))
    };
    let buyer = party("buyer", request.buyer, Role::Buyer);
    let payee = party("payee", request.payee, Role::Payee);
    let place = root.field("taxRepresentative");
    let tax_representative = request
        .tax_representative
        .and_then(|party| parties::tax_representative(check, &place, party));
    let place = root.field("delivery");
    let delivery = request
        .delivery
        .map(|delivery| parties::delivery(check, &place, delivery));

    let given_totals = request.totals.unwrap_or_default();
    let tax_total = given_totals.tax_in_tax_currency.clone();
    let prices_include_tax = request.prices_include_tax.unwrap_or_default();
    let fields = AmountFields {
        prices_include_tax,
        lines: request.lines,
        allowances: request.allowances,
        charges: request.charges,
        breakdown: request.tax_breakdown,
        totals: given_totals,
    };
    if !check.is_lenient {
        rules::parties::parties(check, seller.as_ref(), buyer.as_ref());
        rules::exemptions::refuse_needless(check, &fields);
    }
    let amounts = match currency {
        Some(currency) => amounts::amounts(check, currency, kind, fields),
        None => {
            unknown_currency::forms_of_lines(check, kind, fields);
            None
        }
    };
    let tax = amounts.as_ref().map(|amounts| amounts.totals.tax);
    let tax_in_tax_currency =
        tax_currency::tax_currency(check, currency, tax, request.tax_currency, tax_total);
    if let (Some(document_type), Some(seller), Some(amounts)) = (document_type, &seller, &amounts) {
        let facts = Facts {
            document_type,
            seller,
            tax_representative: tax_representative.as_ref(),
            buyer: buyer.as_ref(),
            delivery: delivery.as_ref(),
            period,
            lines: &amounts.lines,
            allowances: &amounts.allowances,
            charges: &amounts.charges,
            taxes: &amounts.taxes,
        };
        categories::categories(check, &facts);
    }
    let context = PaymentContext {
        document_type,
        currency,
        due: amounts.as_ref().map(|amounts| amounts.totals.due),
        creditor: payee.as_ref().or(seller.as_ref()),
    };
    let payment = request
        .payment
        .map(|payment| payment::payment(check, payment, &context));
    let notes = document::notes(check, request.notes);
    let max_bytes = limits.attachments_max_bytes;
    let attachments = attachments::attachments(check, request.attachments, max_bytes);

    let specification_given = specification.as_deref();
    let e_invoice =
        e_invoice::profile(check, request.e_invoice, document_type, specification_given);

    let whole = || {
        let amounts = amounts?;
        Some(Invoice {
            identity: identity.clone()?,
            marketplace_region,
            document_type: document_type?,
            type_code,
            business_process,
            specification,
            number: number?,
            issue_date: issue_date?,
            due_date,
            tax_point_date,
            tax_point_event,
            period,
            currency: currency?,
            prices_include_tax,
            tax_in_tax_currency,
            locale: locale?,
            template: template?,
            seller: seller?,
            buyer,
            payee,
            tax_representative,
            delivery,
            references,
            lines: amounts.lines,
            allowances: amounts.allowances,
            charges: amounts.charges,
            taxes: amounts.taxes,
            totals: amounts.totals,
            payment,
            notes,
            attachments,
            e_invoice,
            extensions: request.extensions.unwrap_or_default(),
        })
    };
    let invoice = whole();
    (identity, invoice)
}

#[cfg(test)]
mod tests;
