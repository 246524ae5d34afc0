//! Payment instructions and payment codes.

use iso_currency::Currency;
use rust_decimal::Decimal;

use super::fields::{Checker, Place, are_capitals_and_digits, are_digits};
use super::means;
use crate::FailureCode;
use crate::limits;
use crate::model::{
    Address, DocumentType, Party, Payment, PaymentCode, PaymentMeans, SwissReference,
};
use crate::request::PaymentField;
use crate::swiss_text;

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

/// With what the IBANs of the SEPA schemes' geographical scope begin (EPC409-09). Territories whose IBANs begin with the code of
/// another country, as in Jersey with `GB`, have none of their own here.
const SEPA: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI",
    "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL",
    "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA",
];

/// The constant part of every GiroCode, around BIC, name, IBAN, amount and remittance information.
const EPC_FRAME: &str = "BCD\n002\n1\nSCT\n\n\n\nEUR\n\n\n";

pub(super) fn payment(
    check: &mut Checker,
    field: PaymentField,
    context: &PaymentContext<'_>,
) -> Payment {
    let place = Place::root().field("payment");
    let terms = check.lines(&place.field("terms"), field.terms, limits::LINES);
    let (means, code_requested) = means::all(check, &place, field.means, field.further_means);
    let mut payment = Payment {
        terms,
        means,
        code_requested,
        code: None,
    };
    if let (true, Some(first)) = (code_requested, payment.means.first()) {
        payment.code = payment_code(check, &place.field("means"), first, context);
    }
    payment
}

fn payment_code(
    check: &mut Checker,
    place: &Place,
    means: &PaymentMeans,
    context: &PaymentContext<'_>,
) -> Option<PaymentCode> {
    let iban = means.iban().unwrap_or_default();
    let swiss = iban.starts_with("CH") || iban.starts_with("LI");
    let rule = if swiss { "QR-bill 2.3" } else { "EPC069-12" };
    let refusal = match (context.due, means.code.as_deref()) {
        _ if context
            .document_type
            .is_some_and(DocumentType::is_credit_note) =>
        {
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
        (Some(_), _) => refuse_epc(means, context),
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
        return epc(check, place, means, due);
    }
    let place = place.field("remittance");
    swiss_reference(check, &place, iban, means.remittance.as_deref()).map(PaymentCode::SwissQrBill)
}

/// Whether the payee collects the amount: by card (48, 54, 55) or direct debit (49, 59) of UNTDID 4461.
fn is_collected(means_code: &str) -> bool {
    matches!(means_code, "48" | "49" | "54" | "55" | "59")
}

/// Why a GiroCode cannot be made, where a field that it needs is missing or wrong.
fn refuse_epc(means: &PaymentMeans, context: &PaymentContext<'_>) -> Option<String> {
    let currency = context.currency.filter(|code| *code != Currency::EUR);
    let currency = currency.map(|currency| format!("currency is {}", currency.code()));
    let missing = |text: Option<&str>, name: &str| {
        let message = format!("{name} is missing or wrong");
        text.is_none().then_some(message)
    };
    let faults = [
        currency,
        missing(means.iban(), "iban"),
        means.iban().and_then(outside_sepa),
        missing(means.account_name.as_deref(), "accountName"),
    ];
    refusal(
        faults,
        "the currency EUR, an iban of a country in SEPA and an accountName for a GiroCode",
    )
}

/// Why no SEPA credit transfer, which the code prepares, reaches the account.
fn outside_sepa(iban: &str) -> Option<String> {
    let country = iban.get(..2)?;
    (!SEPA.contains(&country)).then(|| format!("iban begins with {country}"))
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
    let optional = |text: Option<&String>, name: &str, max: usize| {
        let text = text?;
        let chars = text.chars().count();
        if chars > max {
            return Some(format!("{name} has {chars} characters"));
        }
        match swiss_text::exact(text, max) {
            Ok(permitted) if permitted.is_empty() => Some(format!("{name} has no letter or digit")),
            Ok(_) => None,
            Err(letter) => Some(format!(
                "{name} has the letter U+{:04X}, which the code cannot have",
                u32::from(letter)
            )),
        }
    };
    let required = |text: Option<&String>, name: &str, max: usize| match text {
        Some(_) => optional(text, name, max),
        None => Some(format!("{name} is missing")),
    };
    let part = |part: fn(&Address) -> &Option<String>| address.and_then(|it| part(it).as_ref());
    let faults = [
        required(Some(&creditor.name), "name", 70),
        optional(part(|it| &it.street), "street", 70),
        optional(part(|it| &it.number), "number", 16),
        required(part(|it| &it.postal_code), "postalCode", 16),
        required(part(|it| &it.city), "city", 35),
    ];
    refusal(
        faults,
        "a payee or seller with postalCode and city for a Swiss QR-bill; name and street have at most 70 characters, \
         number and postalCode 16, city 35, all of them Latin",
    )
}

/// The message for these faults; `None` without faults.
fn refusal<const N: usize>(faults: [Option<String>; N], expected: &str) -> Option<String> {
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    let list = faults.join(", ");
    (!faults.is_empty()).then(|| format!("is true while {list}, expected {expected}"))
}

/// A GiroCode, where its content fits into the symbol.
fn epc(
    check: &mut Checker,
    place: &Place,
    means: &PaymentMeans,
    due: Decimal,
) -> Option<PaymentCode> {
    let texts = [
        means.bic.as_deref(),
        means.account_name.as_deref(),
        means.iban(),
        means.remittance.as_deref(),
    ];
    let variable: usize = texts.into_iter().flatten().map(str::len).sum();
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
