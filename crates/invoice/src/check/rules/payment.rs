//! What payment means need.

use super::super::fields::{Checker, Place};
use crate::model::PaymentMeans;

/// The rules about one payment means.
pub(crate) fn means(check: &mut Checker, place: &Place, means: &PaymentMeans) {
    code(check, place, means);
    account(check, place, means);
}

/// BR-49. A page for online payment alone is no payment means of the standard.
fn code(check: &mut Checker, place: &Place, means: &PaymentMeans) {
    let PaymentMeans {
        code,
        text,
        account,
        bic,
        provider_id,
        account_name,
        remittance,
        mandate,
        creditor_id,
        debited_account,
        card_holder,
        card_first6,
        card_last4,
        url: _,
    } = means;
    let texts = [
        text,
        bic,
        provider_id,
        account_name,
        remittance,
        mandate,
        creditor_id,
        card_holder,
        card_first6,
        card_last4,
    ];
    let is_given =
        account.is_some() || debited_account.is_some() || texts.into_iter().any(Option::is_some);
    if is_given && code.is_none() {
        let expected = "a code of UNTDID 4461, for example 58 for a SEPA credit transfer";
        check.missing(&place.field("code"), "BR-49", expected);
    }
}

/// BR-61: a credit transfer needs the account. BR-50: so does another payment to an account of which more is said.
fn account(check: &mut Checker, place: &Place, means: &PaymentMeans) {
    let PaymentMeans {
        bic,
        provider_id,
        account_name,
        ..
    } = means;
    let has_details = [bic, provider_id, account_name]
        .into_iter()
        .any(Option::is_some);
    let rule = match means.code.as_deref() {
        // Credit transfer, SEPA credit transfer.
        Some("30" | "58") => "BR-61",
        // Payment to a bank account, by postgiro, by bankgiro.
        Some("42" | "50" | "56") if has_details => "BR-50",
        _ => return,
    };
    if means.account.is_none() && !check.is_reported(&place.field("account")) {
        let expected = "the account of the payee: its IBAN, or another number in account";
        check.missing(&place.field("iban"), rule, expected);
    }
}
