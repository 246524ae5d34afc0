//! Payment instructions and payment codes.

use iban::IbanLike as _;
use iso_currency::Currency;
use rust_decimal::Decimal;

use super::fields::{Checker, Place, are_capitals_and_digits, are_digits, present};
use crate::FailureCode;
use crate::model::{Address, DocumentType, Party, Payment, PaymentCode, SwissReference};
use crate::problem::measured;
use crate::request::{PaymentField, PaymentMeansField};

/// The other fields of the document that a payment code depends on.
pub(super) struct PaymentContext<'a> {
    pub(super) document_type: Option<DocumentType>,
    pub(super) currency: Option<Currency>,
    /// The amount due, where the amounts are valid.
    pub(super) due: Option<Decimal>,
    /// The payee or, without one, the seller; where it is valid.
    pub(super) creditor: Option<&'a Party>,
}

/// The largest amount of either payment code.
const MAX_DUE: Decimal = Decimal::from_parts(1_215_752_191, 23, 0, false, 2); // 999,999,999.99

/// Most bytes of a GiroCode (EPC069-12): the capacity of a symbol of version 13 with error correction level M.
const EPC_MAX_BYTES: usize = 331;

/// The constant part of every GiroCode, around BIC, name, IBAN, amount and remittance information.
const EPC_FRAME: &str = "BCD\n002\n1\nSCT\n\n\n\nEUR\n\n\n";

pub(super) fn payment(
    check: &mut Checker,
    field: PaymentField,
    context: &PaymentContext<'_>,
) -> Payment {
    let place = Place::root().field("payment");
    let terms = check.lines(&place.field("terms"), field.terms, 2_000);
    let Some(means) = field.means else {
        return Payment {
            terms,
            ..Payment::default()
        };
    };
    let place = place.field("means");
    let mut payment = Payment {
        terms,
        ..self::means(check, &place, means)
    };
    if payment.code_requested {
        payment.code = payment_code(check, &place, &payment, context);
    }
    payment
}

fn means(check: &mut Checker, place: &Place, means: PaymentMeansField) -> Payment {
    Payment {
        terms: None,
        means_code: check.code(
            &place.field("code"),
            means.code,
            "a code of UNTDID 4461 like 58",
            |code| code == "ZZZ" || (matches!(code.len(), 1 | 2) && are_digits(code)),
        ),
        iban: present(means.iban).and_then(|iban| self::iban(check, &place.field("iban"), &iban)),
        bic: check.private_code(
            &place.field("bic"),
            means.bic,
            "a BIC (ISO 9362) like COBADEFF or COBADEFFXXX: six capital letters, then two or five capitals or digits",
            |bic| {
                let letters = bic.bytes().take(6).all(|byte| byte.is_ascii_uppercase());
                matches!(bic.len(), 8 | 11) && letters && are_capitals_and_digits(bic)
            },
        ),
        // A SEPA transfer has at most 70 and 140 characters in these fields (EPC069-12).
        account_name: check.text(&place.field("accountName"), means.account_name, 70),
        remittance: check.text(&place.field("remittance"), means.remittance, 140),
        mandate: check.text(&place.field("mandate"), means.mandate, 35),
        card_last4: check.private_code(
            &place.field("cardLast4"),
            means.card_last4,
            "four digits; the whole number of a card must not be sent",
            |text| text.len() == 4 && are_digits(text),
        ),
        url: check.url(&place.field("url"), means.url),
        code_requested: means.qr.unwrap_or(false),
        code: None,
    }
}

fn iban(check: &mut Checker, place: &Place, text: &str) -> Option<String> {
    let parsed = text
        .to_ascii_uppercase()
        .parse::<iban::Iban>()
        .ok()
        .map(|iban| iban.electronic_str().to_owned());
    if parsed.is_none() {
        let message = format!(
            "is {}, expected an IBAN with right check digits",
            measured(text)
        );
        check.report(FailureCode::IbanInvalid, place, Some("ISO 13616"), message);
    }
    parsed
}

fn payment_code(
    check: &mut Checker,
    place: &Place,
    payment: &Payment,
    context: &PaymentContext<'_>,
) -> Option<PaymentCode> {
    let iban = payment.iban.as_deref().unwrap_or_default();
    let swiss = iban.starts_with("CH") || iban.starts_with("LI");
    let rule = if swiss { "QR-bill 2.3" } else { "EPC069-12" };
    let refusal = match (context.due, payment.means_code.as_deref()) {
        _ if context.document_type == Some(DocumentType::CreditNote) => {
            Some("is true on a credit note, expected false: its reader is paid".to_owned())
        }
        (_, Some(code)) if is_collected(code) => Some(format!(
            "is true with means code {code}, expected false: with a card or a direct debit the payer transfers nothing"
        )),
        // Where the amounts are not valid, their problems are reported.
        (None, _) => None,
        (Some(due), _) if due > MAX_DUE => Some(format!(
            "is true with {due} due, expected at most {MAX_DUE} for a payment code"
        )),
        (Some(_), _) if swiss => refuse_swiss(context),
        (Some(_), _) => refuse_epc(payment, context),
    };
    if let Some(message) = refusal {
        let place = place.field("qr");
        check.report(
            FailureCode::PaymentQrUnsupported,
            &place,
            Some(rule),
            message,
        );
        return None;
    }
    // Where nothing is due, as for an order that was paid at the marketplace, there is no code.
    let due = context.due.filter(|due| *due > Decimal::ZERO)?;
    if !swiss {
        return epc(check, place, payment, due);
    }
    let place = place.field("remittance");
    swiss_reference(check, &place, iban, payment.remittance.as_deref())
        .map(PaymentCode::SwissQrBill)
}

/// Whether the payee collects the amount: by card (48, 54, 55) or direct debit (49, 59) of UNTDID 4461.
fn is_collected(means_code: &str) -> bool {
    matches!(means_code, "48" | "49" | "54" | "55" | "59")
}

/// Why a GiroCode cannot be made, where a field that it needs is missing or wrong.
fn refuse_epc(payment: &Payment, context: &PaymentContext<'_>) -> Option<String> {
    let currency = context.currency.filter(|code| *code != Currency::EUR);
    let currency = currency.map(|currency| format!("currency is {}", currency.code()));
    let missing = |text: &Option<String>, name: &str| {
        let message = format!("{name} is missing or wrong");
        text.is_none().then_some(message)
    };
    let faults = [
        currency,
        missing(&payment.iban, "iban"),
        missing(&payment.account_name, "accountName"),
    ];
    refusal(
        faults,
        "the currency EUR, an iban and an accountName for a GiroCode",
    )
}

/// Why a Swiss QR-bill cannot be made. The creditor's address is structured and its parts have limits (Swiss
/// Implementation Guidelines QR-bill, 4.2.2).
fn refuse_swiss(context: &PaymentContext<'_>) -> Option<String> {
    let francs_or_euros = matches!(context.currency, Some(Currency::CHF | Currency::EUR));
    let currency = context.currency.filter(|_| !francs_or_euros);
    if let Some(currency) = currency {
        let fault = Some(format!("currency is {}", currency.code()));
        return refusal([fault], "CHF or EUR for a Swiss QR-bill");
    }
    let creditor = context.creditor?;
    let address = creditor.address.as_ref();
    let too_long = |text: Option<&String>, name: &str, max: usize| {
        let chars = text.map_or(0, |text| text.chars().count());
        (chars > max).then(|| format!("{name} has {chars} characters"))
    };
    let required = |text: Option<&String>, name: &str, max: usize| match text {
        Some(_) => too_long(text, name, max),
        None => Some(format!("{name} is missing")),
    };
    let part = |part: fn(&Address) -> &Option<String>| address.and_then(|it| part(it).as_ref());
    let faults = [
        too_long(Some(&creditor.name), "name", 70),
        too_long(part(|it| &it.street), "street", 70),
        too_long(part(|it| &it.number), "number", 16),
        required(part(|it| &it.postal_code), "postalCode", 16),
        required(part(|it| &it.city), "city", 35),
    ];
    refusal(
        faults,
        "a payee or seller with postalCode and city for a Swiss QR-bill; name and street have at most 70 characters, \
         number and postalCode 16, city 35",
    )
}

/// The message for these faults; `None` without faults.
fn refusal<const N: usize>(faults: [Option<String>; N], expected: &str) -> Option<String> {
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    let list = faults.join(", ");
    (!faults.is_empty()).then(|| format!("is true while {list}, expected {expected}"))
}

/// A GiroCode, where its content fits into the symbol.
fn epc(check: &mut Checker, place: &Place, payment: &Payment, due: Decimal) -> Option<PaymentCode> {
    let texts = [
        &payment.bic,
        &payment.account_name,
        &payment.iban,
        &payment.remittance,
    ];
    let variable: usize = texts.into_iter().flatten().map(String::len).sum();
    let bytes = EPC_FRAME.len() + variable + due.to_string().len();
    if bytes > EPC_MAX_BYTES {
        let message = format!(
            "is true with {bytes} bytes for a GiroCode, expected at most {EPC_MAX_BYTES}: shorten remittance or \
             accountName, whose letters take two bytes or more where they are not ASCII"
        );
        let (place, rule) = (place.field("qr"), Some("EPC069-12"));
        check.report(FailureCode::PaymentQrUnsupported, &place, rule, message);
        return None;
    }
    Some(PaymentCode::Epc)
}

/// The reference of a Swiss QR-bill. A QR-IBAN, whose clearing number is from 30000 to 31999, requires a QR reference, and
/// only a QR-IBAN can have one.
fn swiss_reference(
    check: &mut Checker,
    place: &Place,
    iban: &str,
    remittance: Option<&str>,
) -> Option<SwissReference> {
    let compact: String = remittance
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let qr_iban = iban
        .get(4..9)
        .and_then(|clearing| clearing.parse::<u32>().ok())
        .is_some_and(|clearing| (30_000..=31_999).contains(&clearing));
    if qr_iban {
        if is_qr_reference(&compact) {
            return Some(SwissReference::Qr(compact));
        }
        let message = "is no QR reference, expected 27 digits with a right check digit: the account is a QR-IBAN";
        check.report(
            FailureCode::PaymentQrUnsupported,
            place,
            Some("QR-bill 2.3"),
            message.into(),
        );
        return None;
    }
    if !has_form_of_creditor_reference(&compact) {
        return Some(SwissReference::None);
    }
    if !has_right_check_digits(&compact) {
        // As a message it would arrive with the wrong digits, and the payment could not be matched.
        let message = "is a creditor reference (RF...) with wrong check digits, expected right ones or another text";
        let rule = Some("ISO 11649");
        check.report(
            FailureCode::PaymentQrUnsupported,
            place,
            rule,
            message.into(),
        );
        return None;
    }
    Some(SwissReference::Creditor(compact))
}

/// Modulo 10, recursive (Swiss Implementation Guidelines QR-bill, annex B).
fn is_qr_reference(text: &str) -> bool {
    const TABLE: [usize; 10] = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];
    if text.len() != 27 || !are_digits(text) {
        return false;
    }
    let carry = text.bytes().take(26).fold(0, |carry, digit| {
        TABLE[(carry + usize::from(digit - b'0')) % 10]
    });
    (10 - carry) % 10 == usize::from(text.as_bytes()[26] - b'0')
}

/// ISO 11649: `RF`, two check digits, up to 21 letters and digits.
fn has_form_of_creditor_reference(text: &str) -> bool {
    matches!(text.as_bytes(), [b'R', b'F', b'0'..=b'9', b'0'..=b'9', ..])
        && (5..=25).contains(&text.len())
        && are_capitals_and_digits(text)
}

/// ISO 11649: with the first four characters moved to the end, the remainder modulo 97 is 1.
fn has_right_check_digits(creditor_reference: &str) -> bool {
    let (head, tail) = creditor_reference.split_at(4);
    let remainder = tail.bytes().chain(head.bytes()).fold(0_u32, |rest, byte| {
        if byte.is_ascii_digit() {
            (rest * 10 + u32::from(byte - b'0')) % 97
        } else {
            (rest * 100 + u32::from(byte - b'A') + 10) % 97
        }
    });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_check_digits() {
        // From the Swiss Implementation Guidelines and ISO 11649.
        assert!(is_qr_reference("210000000003139471430009017"));
        assert!(!is_qr_reference("210000000003139471430009018"));
        assert!(!is_qr_reference("21000000000313947143000901"));
        assert!(has_right_check_digits("RF18539007547034"));
        assert!(!has_right_check_digits("RF19539007547034"));
    }

    #[test]
    fn a_message_is_not_taken_for_a_creditor_reference() {
        assert!(has_form_of_creditor_reference("RF18539007547034"));
        for text in [
            "",
            "RE-2026-1",
            "RF18",
            "RFC-2026-1",
            "RF18,Mai",
            "rf18539007547034",
        ] {
            assert!(!has_form_of_creditor_reference(text), "{text}");
        }
    }

    #[test]
    fn the_largest_amount_is_what_the_guidelines_say() {
        assert_eq!(MAX_DUE.to_string(), "999999999.99");
    }
}
