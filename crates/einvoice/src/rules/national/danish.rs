//! Sellers in Denmark.

use invoice::Invoice;
use invoice::model::{Adjustment, Classification, Identifier, PaymentMeans};
use rust_decimal::Decimal;

use crate::rules::rule::{
    Rule, account, at, at_means, has_code, has_digits, has_other_scheme, rule, sells_in, trades_in,
};

const CVR: &str =
    "is another scheme, expected 0184, that of a CVR number: Peppol needs it in Denmark";

pub(super) static RULES: [Rule; 11] = [
    rule(
        "DK-R-002",
        "is missing, expected the CVR number of the seller with scheme 0184: Peppol needs it from sellers in Denmark",
        |invoice| {
            at(
                sells_in(invoice, "DK") && invoice.seller.legal_id.is_none(),
                "/seller/legalId",
            )
        },
    ),
    rule("DK-R-014", CVR, |invoice| {
        let other = has_other_scheme(invoice.seller.legal_id.as_ref(), &["0184"]);
        at(sells_in(invoice, "DK") && other, "/seller/legalId/scheme")
    }),
    rule("DK-R-017", CVR, |invoice| {
        let buyer = invoice
            .buyer
            .as_ref()
            .filter(|_| trades_in(invoice, "DK"))?;
        let other = has_other_scheme(buyer.legal_id.as_ref(), &["0184"]);
        at(other, "/buyer/legalId/scheme")
    }),
    rule(
        "DK-R-016",
        "is negative, expected 0 or more on a credit note: Peppol needs it in Denmark",
        |invoice| {
            let is_negative = invoice.totals.due < Decimal::ZERO;
            let is_credit = invoice.document_type.is_credit_note();
            at(
                trades_in(invoice, "DK") && is_credit && is_negative,
                "/totals/due",
            )
        },
    ),
    rule(
        "DK-R-013",
        "is missing, expected the scheme of the identifier: Peppol needs it in Denmark",
        |invoice| {
            let buyer = invoice
                .buyer
                .as_ref()
                .filter(|_| trades_in(invoice, "DK"))?;
            let without = |ids: &[Identifier]| ids.iter().position(|id| id.scheme.is_none());
            [
                ("seller", without(&invoice.seller.ids)),
                ("buyer", without(&buyer.ids)),
            ]
            .into_iter()
            .find_map(|(name, index)| Some(format!("/{name}/ids/{}/scheme", index?)))
        },
    ),
    rule(
        "DK-R-005",
        "is another code, expected 1, 10, 31, 42, 48, 49, 50, 58, 59, 93 or 97: Peppol has these in Denmark",
        |invoice| {
            const CODES: [&str; 11] = [
                "1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97",
            ];
            let other = |means: &PaymentMeans| means.code.is_some() && !has_code(means, &CODES);
            at_means(invoice, "code", other).filter(|_| pays_in_denmark(invoice))
        },
    ),
    rule(
        "DK-R-006",
        "is missing, expected account and providerId (registration number) with code 31 or 42: Peppol needs them in Denmark",
        |invoice| {
            let lacks_account =
                |means: &PaymentMeans| is_transfer(means) && account(means).is_empty();
            let lacks_bank = |means: &PaymentMeans| {
                is_transfer(means) && means.bic.is_none() && means.provider_id.is_none()
            };
            at_means(invoice, "account", lacks_account)
                .or_else(|| at_means(invoice, "providerId", lacks_bank))
                .filter(|_| pays_in_denmark(invoice))
        },
    ),
    rule(
        "DK-R-007",
        "is missing, expected mandate and debitedAccount with code 49: Peppol needs them in Denmark",
        |invoice| {
            let is_debit = |means: &PaymentMeans| has_code(means, &["49"]);
            at_means(invoice, "mandate", |means| {
                is_debit(means) && means.mandate.is_none()
            })
            .or_else(|| {
                at_means(invoice, "debitedAccount", |means| {
                    is_debit(means) && means.debited_account.is_none()
                })
            })
            .filter(|_| pays_in_denmark(invoice))
        },
    ),
    // DK-R-008 and DK-R-009 are about code 50, DK-R-010 and DK-R-011 about code 93.
    rule(
        "DK-R-008",
        "has another form, expected the code of the card (01#, 04#, 15# with code 50, 71#, 73#, 75# with code 93) with its number, and \
         an account of seven or eight digits: Peppol needs them in Denmark",
        |invoice| {
            let is_other = |means: &PaymentMeans| has_code(means, &["50", "93"]) && !is_giro(means);
            at_means(invoice, "remittance", is_other).filter(|_| pays_in_denmark(invoice))
        },
    ),
    rule(
        "DK-R-003",
        "is another version of UNSPSC, expected 19.0501 or 26.0801 with scheme TST: Peppol has these in Denmark",
        |invoice| {
            let index = invoice
                .lines
                .iter()
                .position(|line| is_other_version(&line.details.classifications));
            let index = index.filter(|_| trades_in(invoice, "DK"))?;
            Some(format!("/lines/{index}/classifications"))
        },
    ),
    rule(
        "DK-R-004",
        "is another text, expected the four digits of the tax, or a text with # inside, with reasonCode ZZZ: Peppol needs it in \
         Denmark",
        |invoice| {
            let other = |list: &[Adjustment]| list.iter().position(is_other_tax);
            let document = [
                ("allowances", &invoice.allowances),
                ("charges", &invoice.charges),
            ];
            let found = document
                .into_iter()
                .find_map(|(name, list)| Some(format!("/{name}/{}/reason", other(list)?)));
            let lines = invoice.lines.iter().enumerate().find_map(|(line, it)| {
                let lists = [("allowances", &it.allowances), ("charges", &it.charges)];
                lists.into_iter().find_map(|(name, list)| {
                    Some(format!("/lines/{line}/{name}/{}/reason", other(list)?))
                })
            });
            found.or(lines).filter(|_| trades_in(invoice, "DK"))
        },
    ),
];

/// The rules about payment means are for invoices.
fn pays_in_denmark(invoice: &Invoice) -> bool {
    trades_in(invoice, "DK") && !invoice.document_type.is_credit_note()
}

fn is_transfer(means: &PaymentMeans) -> bool {
    has_code(means, &["31", "42"])
}

/// A payment by a giro card: the remittance information begins with the code of the card.
fn is_giro(means: &PaymentMeans) -> bool {
    let reference = means.remittance.as_deref().unwrap_or_default();
    let (card, _) = reference.split_at_checked(3).unwrap_or_default();
    let (account, len) = (account(means), reference.chars().count());
    match (means.code.as_deref(), card) {
        (Some("50"), "01#") => has_digits(account, 7) || has_digits(account, 8),
        (Some("50"), "04#" | "15#") => {
            len == 19 && (has_digits(account, 7) || has_digits(account, 8))
        }
        (Some("93"), "73#") => account.chars().count() == 8,
        (Some("93"), "71#" | "75#") => matches!(len, 18 | 19) && account.chars().count() == 8,
        (_, _) => false,
    }
}

fn is_other_version(classifications: &[Classification]) -> bool {
    const VERSIONS: [&str; 4] = ["19.05.01", "19.0501", "26.08.01", "26.0801"];
    let version = |it: &Classification| it.version.clone().unwrap_or_default();
    let has_unspsc = classifications.iter().any(|it| it.scheme == "TST");
    has_unspsc
        && !classifications
            .iter()
            .any(|it| VERSIONS.contains(&&*version(it)))
}

/// A tax that is no VAT, without its number.
fn is_other_tax(adjustment: &Adjustment) -> bool {
    let reason = adjustment.reason.as_deref().unwrap_or_default().trim();
    let is_number = has_digits(reason, 4);
    let has_mark = reason.contains('#') && !reason.starts_with('#') && !reason.ends_with('#');
    adjustment.reason_code.as_deref() == Some("ZZZ") && !is_number && !has_mark
}
