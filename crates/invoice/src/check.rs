//! From the bytes of a request to an [`Invoice`], or to all problems of the request.

mod adjustments;
mod amounts;
mod body;
mod categories;
mod countries;
mod document;
mod fields;
mod lines;
mod number;
mod parties;
mod payment;
mod tax;

use iso_currency::Currency;
use rust_decimal::Decimal;

use self::amounts::AmountFields;
use self::categories::Facts;
use self::fields::{Checker, Place, present};
use self::number::decimal;
use self::payment::PaymentContext;
use super::failure_code::FailureCode;
use super::identity::InvoiceIdentity;
use super::model::{DocumentType, Invoice};
use super::problem::InvalidRequest;
use super::request::InvoiceRequest;
use super::{amount, canonical};
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
}

/// Parses and validates a request of at most `max_bytes`.
///
/// # Errors
///
/// Where the body is too large, nested too deeply, or not JSON. All other problems are in [`ParsedRequest::invoice`].
pub fn parse(body: &[u8], max_bytes: usize) -> Result<ParsedRequest, InvalidRequest> {
    body::refuse_excess(body, max_bytes)?;
    let request = body::deserialize(body);
    let content: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| body::malformed(&error))?;
    let digest =
        canonical::digest_of_parsed(body, &content).map_err(|error| body::malformed(&error))?;
    let mut checker = Checker::default();
    let (identity, invoice) = match request {
        Ok(request) => invoice(&mut checker, request),
        // A field of the wrong type hides the other problems, but the identity can still be read.
        Err(invalid) => {
            return Ok(ParsedRequest {
                digest,
                identity: body::marketplace(content)
                    .and_then(|field| document::marketplace(&mut checker, Some(field)).0),
                invoice: Err(invalid),
            });
        }
    };
    let invoice = match (
        InvalidRequest::from_problems(checker.into_problems()),
        invoice,
    ) {
        (None, Some(invoice)) => Ok(invoice),
        (Some(invalid), _) => Err(invalid),
        (None, None) => Err(body::whole(
            FailureCode::FieldMissing,
            "is incomplete, expected a complete request".into(),
        )),
    };
    Ok(ParsedRequest {
        digest,
        identity,
        invoice,
    })
}

/// Checks all fields and reports all problems. Returns the invoice where no problem prevents it.
fn invoice(
    check: &mut Checker,
    request: InvoiceRequest,
) -> (Option<InvoiceIdentity>, Option<Invoice>) {
    let root = Place::root();
    let (identity, marketplace_region) = document::marketplace(check, request.marketplace);
    let document_type = document::document_type(check, request.document_type.as_deref());
    let number = match (present(request.number), document_type, &identity) {
        // A receipt is identified by its order; the other types need a number.
        (None, Some(DocumentType::Receipt), Some(identity)) => {
            Some(identity.sequence_number().to_owned())
        }
        // The problem of the identity was reported.
        (None, Some(DocumentType::Receipt), None) => None,
        (number, _, _) => check.required_text(&root.field("number"), number, 100, "BR-02"),
    };
    let place = root.field("issueDate");
    let issue_date = check.required(&place, request.issue_date, "BR-03", document::DATE_FORM);
    let issue_date = document::date(check, &place, issue_date);
    let due_date = document::date(check, &root.field("dueDate"), request.due_date);
    let place = root.field("taxPointDate");
    let tax_point_date = document::date(check, &place, request.tax_point_date);
    let place = root.field("currency");
    let expected = document::CURRENCY_FORM;
    let currency = check.required(&place, request.currency, "BR-05", expected);
    let currency = currency.and_then(|code| document::currency(check, &place, &code));
    let locale = present(request.locale.as_deref()).unwrap_or("en-US");
    let locale = document::locale(check, locale);
    let template = document::template(check, request.template, document_type);
    let references = document::references(check, request.references, document_type);

    let place = root.field("seller");
    let seller = check.required(&place, request.seller, "BR-06", "an object with name");
    let seller = seller.and_then(|party| parties::party(check, &place, party));
    let place = root.field("buyer");
    if request.buyer.is_none() && document_type.is_some_and(|kind| kind != DocumentType::Receipt) {
        let expected = "an object with name: only a receipt has no buyer";
        check.missing(&place, "BR-07", expected);
    }
    let mut party = |name: &str, field: Option<_>| {
        let place = root.field(name);
        field.and_then(|field| parties::party(check, &place, field))
    };
    let buyer = party("buyer", request.buyer);
    let payee = party("payee", request.payee);
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
    let fields = AmountFields {
        lines: request.lines,
        allowances: request.allowances,
        charges: request.charges,
        breakdown: request.tax_breakdown,
        totals: given_totals,
    };
    let amounts =
        currency.and_then(|currency| amounts::amounts(check, currency, document_type, fields));
    let tax = amounts.as_ref().map(|amounts| amounts.totals.tax);
    let tax_in_tax_currency = tax_currency(check, currency, tax, request.tax_currency, tax_total);
    if let (Some(document_type), Some(seller), Some(amounts)) = (document_type, &seller, &amounts) {
        let facts = Facts {
            document_type,
            seller,
            tax_representative: tax_representative.as_ref(),
            buyer: buyer.as_ref(),
            delivery: delivery.as_ref(),
            lines: &amounts.lines,
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
    let attachments = document::attachments(check, request.attachments);

    let whole = || {
        let amounts = amounts?;
        Some(Invoice {
            identity: identity.clone()?,
            marketplace_region,
            document_type: document_type?,
            number: number?,
            issue_date: issue_date?,
            due_date,
            tax_point_date,
            currency: currency?,
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
            extensions: request.extensions.unwrap_or_default(),
        })
    };
    let invoice = whole();
    (identity, invoice)
}

/// BR-53: where tax is accounted for in another currency, the document has the total tax in that currency. It cannot be
/// derived, since the seller chooses the rate of exchange.
fn tax_currency(
    check: &mut Checker,
    currency: Option<Currency>,
    tax: Option<Decimal>,
    code: Option<String>,
    total: Option<String>,
) -> Option<(Currency, Decimal)> {
    let place = Place::root().field("taxCurrency");
    let total_place = Place::root().field("totals").field("taxInTaxCurrency");
    let (code, total) = match (present(code), present(total)) {
        (None, None) => return None,
        (Some(code), Some(total)) => (code, total),
        (None, Some(_)) => {
            let expected = "the currency of totals.taxInTaxCurrency";
            check.missing(&place, "BR-53", expected);
            return None;
        }
        (Some(_), None) => {
            let expected = "the total tax in taxCurrency";
            check.missing(&total_place, "BR-53", expected);
            return None;
        }
    };
    let tax_currency = document::currency(check, &place, &code)?;
    if Some(tax_currency) == currency {
        let message = format!("is {code} like currency, expected another currency or none");
        let rule = Some("PEPPOL-EN16931-R005");
        check.report(FailureCode::CurrencyUnknown, &place, rule, message);
        return None;
    }
    let minor_digits = u32::from(tax_currency.exponent()?);
    let (code, limits) = (FailureCode::AmountInvalid, amount::money(minor_digits));
    let total = decimal(check, code, &total_place, &total, limits)?;
    // One of them may be zero, where a small amount is rounded to zero.
    let opposite = tax.filter(|tax| {
        (*tax < Decimal::ZERO && total > Decimal::ZERO)
            || (*tax >= Decimal::ZERO && total < Decimal::ZERO)
    });
    if let Some(tax) = opposite {
        let message = format!("is {total}, expected the sign of the total tax, which is {tax}");
        check.report(code, &total_place, None, message);
        return None;
    }
    Some((tax_currency, amount::round(total, minor_digits)))
}

#[cfg(test)]
mod tests;
