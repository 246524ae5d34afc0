//! Payment means and their accounts.

use iban::{IbanLike as _, ParseIbanError};

use super::countries::is_country;
use super::fields::{Checker, Place, are_capitals_and_digits, are_digits, present};
use super::rules;
use crate::FailureCode;
use crate::code_lists::PAYMENT_MEANS;
use crate::limits;
use crate::model::{Account, PaymentMeans};
use crate::problem::measured;
use crate::request::PaymentMeansField;

/// Most further payment means, from which the payer chooses.
const MAX_FURTHER: usize = 20;

/// The payment means of a request, the first one first, and whether it asks for a payment code.
pub(super) fn all(
    check: &mut Checker,
    payment: &Place,
    first: Option<PaymentMeansField>,
    further: Option<Vec<PaymentMeansField>>,
) -> (Vec<PaymentMeans>, bool) {
    let place = payment.field("furtherMeans");
    let further = check.items(&place, further, MAX_FURTHER);
    let first_place = payment.field("means");
    if first.is_none() && !further.is_empty() {
        check.missing(&first_place, None, "the first payment means");
    }
    let code_requested = first.as_ref().is_some_and(|means| means.qr == Some(true));
    let mut all = Vec::with_capacity(further.len() + 1);
    all.extend(first.map(|field| means(check, &first_place, field)));
    for (index, field) in further.into_iter().enumerate() {
        let place = place.item(index);
        if field.qr == Some(true) {
            let message = "is true on a further payment means, expected it on payment.means only";
            let code = FailureCode::PaymentQrUnsupported;
            check.report(code, &place.field("qr"), None, message.into());
        }
        all.push(means(check, &place, field));
    }
    (all, code_requested)
}

fn means(check: &mut Checker, place: &Place, field: PaymentMeansField) -> PaymentMeans {
    let code = check.listed(&place.field("code"), field.code, &PAYMENT_MEANS, "BR-CL-16");
    // A SEPA payment and a payment code need the account's IBAN; any other means may have another account (BT-84).
    let needs_iban = field.qr == Some(true) || matches!(code.as_deref(), Some("58" | "59"));
    let accounts = accounts(
        check,
        place,
        [field.iban, field.account, field.debited_account],
        needs_iban,
    );
    let [account, debited_account] = match (accounts, code.as_deref()) {
        // UNTDID 4461: direct debits. The only account is the one that is debited.
        ([account, None], Some("49" | "59")) => [None, account],
        (accounts, _) => accounts,
    };
    let (bic, provider_id) = provider(check, place, field.bic, field.provider_id, needs_iban);
    let card_last4 = check.private_code(
        &place.field("cardLast4"),
        field.card_last4,
        "four digits; the whole number of a card must not be sent",
        |text| text.len() == 4 && are_digits(text),
    );
    let card_first6 = check.private_code(
        &place.field("cardFirst6"),
        field.card_first6,
        "six digits; the whole number of a card must not be sent",
        |text| text.len() == 6 && are_digits(text),
    );
    if card_first6.is_some() && card_last4.is_none() {
        let expected = "the last four digits, since cardFirst6 is given";
        check.missing(&place.field("cardLast4"), "BR-51", expected);
    }
    let means = PaymentMeans {
        code,
        text: check.text(&place.field("text"), field.text, limits::TEXT),
        account,
        bic,
        provider_id,
        // A SEPA transfer has at most 70 and 140 characters in these fields (EPC069-12).
        account_name: check.text(&place.field("accountName"), field.account_name, 70),
        remittance: check.text(&place.field("remittance"), field.remittance, 140),
        mandate: check.text(&place.field("mandate"), field.mandate, 35),
        creditor_id: check.text(&place.field("creditorId"), field.creditor_id, limits::TEXT),
        debited_account,
        card_holder: check.text(&place.field("cardHolder"), field.card_holder, limits::TEXT),
        card_first6,
        card_last4,
        url: check.url(&place.field("url"), field.url),
    };
    if !check.is_lenient {
        rules::payment::means(check, place, &means);
    }
    means
}

/// Longest number of an account or of a bank.
const MAX_CHARS: usize = limits::TEXT;

/// The account of the payee and the one that is debited.
fn accounts(
    check: &mut Checker,
    place: &Place,
    [iban, account, debited]: [Option<String>; 3],
    needs_iban: bool,
) -> [Option<Account>; 2] {
    let (iban, account) = (present(iban), present(account));
    let account_place = place.field("account");
    let payee = match (iban, account) {
        (Some(_), Some(_)) => {
            let message = "is given together with iban, expected only one of the two".into();
            check.report(FailureCode::FieldInvalid, &account_place, None, message);
            None
        }
        (Some(iban), None) => {
            let must_be_iban = needs_iban || has_form_of_iban(&compact(&iban));
            self::account(check, &place.field("iban"), iban, must_be_iban)
        }
        (None, Some(account)) => any_account(check, &account_place, account, needs_iban),
        (None, None) => None,
    };
    let place = place.field("debitedAccount");
    let debited = present(debited).and_then(|text| any_account(check, &place, text, needs_iban));
    [payee, debited]
}

/// An account of any kind. A number that is no IBAN may look like one (`NO99991122222`), so it is refused for wrong check digits
/// only where the payment needs an IBAN.
fn any_account(
    check: &mut Checker,
    place: &Place,
    text: String,
    is_of_sepa: bool,
) -> Option<Account> {
    let must_be_iban = is_of_sepa && has_form_of_iban(&compact(&text));
    account(check, place, text, must_be_iban)
}

fn compact(text: &str) -> String {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    compact.to_uppercase()
}

/// An account. One that must be an IBAN needs right check digits.
fn account(
    check: &mut Checker,
    place: &Place,
    text: String,
    must_be_iban: bool,
) -> Option<Account> {
    let parsed = electronic_iban(&compact(&text), must_be_iban);
    if parsed.is_none() && !must_be_iban {
        let text = check.text(place, Some(text), MAX_CHARS)?;
        return Some(Account::Other(text.trim().to_owned()));
    }
    if parsed.is_none() {
        let message = format!(
            "is {}, expected an IBAN with right check digits",
            measured(&text)
        );
        check.report(FailureCode::IbanInvalid, place, Some("ISO 13616"), message);
    }
    parsed.map(Account::Iban)
}

/// Fewest characters of an IBAN: those of Norway.
const MIN_IBAN_CHARS: usize = 15;

/// The text as an IBAN without spaces, if it is one. The crate does not have the structure of every country's IBANs; those of
/// Pakistan and Honduras are missing. Of such a country only the check digits are verified. One number in 97 has them right by
/// chance, so they make no IBAN of a number that may be another account.
fn electronic_iban(compact: &str, must_be_iban: bool) -> Option<String> {
    match compact.parse::<iban::Iban>() {
        Ok(iban) => Some(iban.electronic_str().to_owned()),
        Err(ParseIbanError::UnknownCountry(iban)) => {
            let is_iban = must_be_iban
                && is_country(iban.country_code())
                && iban.electronic_str().len() >= MIN_IBAN_CHARS;
            is_iban.then(|| iban.electronic_str().to_owned())
        }
        Err(ParseIbanError::InvalidBaseIban { .. } | ParseIbanError::InvalidBban(_)) => None,
    }
}

/// The code of a country and two digits, then letters and digits. An IBAN with a typing error has this form, and must not be
/// taken for an account of another kind.
fn has_form_of_iban(compact: &str) -> bool {
    let Some((country, rest)) = compact.split_at_checked(2) else {
        return false;
    };
    let check_digits = rest.get(..2);
    is_country(country) && check_digits.is_some_and(are_digits) && are_capitals_and_digits(rest)
}

/// The bank of the account: its BIC, or an identifier of another form.
fn provider(
    check: &mut Checker,
    place: &Place,
    bic: Option<String>,
    other: Option<String>,
    needs_bic: bool,
) -> (Option<String>, Option<String>) {
    let bic = present(bic).map(|bic| bic.trim().to_owned());
    let other_place = place.field("providerId");
    let other = check.text(&other_place, other, MAX_CHARS);
    let Some(bic) = bic else {
        return (None, other);
    };
    if other.is_some() {
        let message = "is given together with bic, expected only one of the two".into();
        check.report(FailureCode::FieldInvalid, &other_place, None, message);
        return (None, None);
    }
    let bic_place = place.field("bic");
    if !needs_bic && !is_bic(&bic) {
        return (None, check.text(&bic_place, Some(bic), MAX_CHARS));
    }
    let form = "a BIC (ISO 9362) like COBADEFF or COBADEFFXXX: six capital letters, then two or five capitals or digits";
    (
        check.private_code(&bic_place, Some(bic), form, is_bic),
        None,
    )
}

fn is_bic(bic: &str) -> bool {
    let letters = bic.bytes().take(6).all(|byte| byte.is_ascii_uppercase());
    matches!(bic.len(), 8 | 11) && letters && are_capitals_and_digits(bic)
}
