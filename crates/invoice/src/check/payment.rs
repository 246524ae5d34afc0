//! How to pay, and the codes that bank apps read.

use iban::IbanLike as _;
use iso_currency::Currency;
use rust_decimal::Decimal;

use super::fields::{Checker, Place, are_capitals_and_digits, are_digits, present};
use crate::FailureCode;
use crate::model::{DocumentType, Party, Payment, PaymentCode, SwissReference};
use crate::request::{PaymentField, PaymentMeansField};

/// What a payment code needs to know of the rest of the document.
pub(super) struct PaymentContext<'a> {
    pub(super) document_type: Option<DocumentType>,
    pub(super) currency: Option<Currency>,
    /// The amount due, when it is known.
    pub(super) due: Option<Decimal>,
    /// Who is paid, when that is known.
    pub(super) creditor: Option<&'a Party>,
}

/// The largest amount that either code can carry.
const MAX_DUE: Decimal = Decimal::from_parts(1_215_752_191, 23, 0, false, 2); // 999,999,999.99

/// Most bytes of a GiroCode (EPC069-12): what a symbol of version 13 holds with error correction level M.
const EPC_MAX_BYTES: usize = 331;

/// What is the same in every GiroCode: what stands around BIC, name, IBAN, amount and remittance.
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
        bic: check.code(
            &place.field("bic"),
            means.bic,
            "a BIC (ISO 9362) like COBADEFF or COBADEFFXXX: six capital letters, then two or five capitals or digits",
            |bic| {
                let letters = bic.bytes().take(6).all(|byte| byte.is_ascii_uppercase());
                matches!(bic.len(), 8 | 11) && letters && are_capitals_and_digits(bic)
            },
        ),
        // 70 and 140 characters are what a SEPA transfer carries (EPC069-12).
        account_name: check.text(&place.field("accountName"), means.account_name, 70),
        remittance: check.text(&place.field("remittance"), means.remittance, 140),
        mandate: check.text(&place.field("mandate"), means.mandate, 35),
        card_last4: check.code(
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
        let message = "must be an IBAN with right check digits".into();
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
    let refusal = match context.due {
        _ if context.document_type == Some(DocumentType::CreditNote) => {
            Some("cannot be shown on a credit note: its reader is paid")
        }
        _ if payment.means_code.as_deref().is_some_and(is_collected) => {
            Some("cannot be shown where a card or a direct debit pays: the payer transfers nothing")
        }
        // Without valid amounts there are other problems to fix first.
        None => None,
        Some(due) if due > MAX_DUE => Some("cannot carry more than 999999999.99"),
        Some(_) if swiss => refuse_swiss(context),
        Some(_) => {
            let complete = payment.iban.is_some()
                && payment.account_name.is_some()
                && context.currency == Some(Currency::EUR);
            (!complete).then_some("needs the currency EUR, an iban and an accountName")
        }
    };
    if let Some(message) = refusal {
        let place = place.field("qr");
        check.report(
            FailureCode::PaymentQrUnsupported,
            &place,
            Some(rule),
            message.into(),
        );
        return None;
    }
    // Where nothing is due there is nothing to pay: an order that was paid at the marketplace.
    let due = context.due.filter(|due| *due > Decimal::ZERO)?;
    if !swiss {
        return epc(check, place, payment, due);
    }
    let place = place.field("remittance");
    swiss_reference(check, &place, iban, payment.remittance.as_deref())
        .map(PaymentCode::SwissQrBill)
}

/// Whether the payee takes the money: cards (48, 54, 55) and direct debits (49, 59) of UNTDID 4461.
fn is_collected(means_code: &str) -> bool {
    matches!(means_code, "48" | "49" | "54" | "55" | "59")
}

/// A GiroCode, where what it must say fits into one.
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
            "would need {bytes} bytes, but the code holds {EPC_MAX_BYTES}; shorten remittance or accountName, \
             whose letters take two bytes or more where they are not plain ASCII"
        );
        let (place, rule) = (place.field("qr"), Some("EPC069-12"));
        check.report(FailureCode::PaymentQrUnsupported, &place, rule, message);
        return None;
    }
    Some(PaymentCode::Epc)
}

/// Swiss Implementation Guidelines QR-bill, 4.2.2: the creditor's address is structured, and its parts have limits.
fn refuse_swiss(context: &PaymentContext<'_>) -> Option<&'static str> {
    if !matches!(context.currency, Some(Currency::CHF | Currency::EUR)) {
        return Some("needs the currency CHF or EUR");
    }
    let creditor = context.creditor?;
    let address = creditor.address.as_ref();
    let within =
        |text: Option<&String>, max: usize| text.is_none_or(|text| text.chars().count() <= max);
    let complete = address.is_some_and(|address| {
        address.postal_code.is_some()
            && address.city.is_some()
            && within(address.street.as_ref(), 70)
            && within(address.number.as_ref(), 16)
            && within(address.postal_code.as_ref(), 16)
            && within(address.city.as_ref(), 35)
            && within(Some(&creditor.name), 70)
    });
    (!complete).then_some(
        "needs a payee or seller with postalCode and city, whose name and street have at most 70 characters, \
         number and postalCode 16, city 35",
    )
}

/// A QR-IBAN has a clearing number from 30000 to 31999; it and the QR reference need each other.
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
        let message = "must be a QR reference of 27 digits with a right check digit: the account is a QR-IBAN";
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
        // As a message it would arrive with its mistake, and the payment could not be matched.
        let message = "looks like a creditor reference (RF...), but its check digits are wrong";
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
