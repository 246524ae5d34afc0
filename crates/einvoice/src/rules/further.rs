//! Rules that the published artefacts have and `en16931` 0.8 has not, or has in part.

use invoice::Invoice;
use invoice::model::{EInvoiceProfile, PaymentMeans};

use crate::rules::rule::{Rule, at, at_means, has_code, rule};

/// The further rules of a profile.
pub(super) fn rules(profile: EInvoiceProfile) -> &'static [Rule] {
    match profile {
        EInvoiceProfile::FacturXEn16931 => &RULES[..RULES.len() - 1],
        EInvoiceProfile::XRechnung30 | EInvoiceProfile::PeppolBis3 => &RULES,
    }
}

const PAYEE: &str =
    "is that of the seller, expected another party: leave payee out where the seller is paid";

/// The last one is of Peppol, and of XRechnung.
static RULES: [Rule; 5] = [
    // The crate wants the name only. In UBL, the published rule compares it with the trading name of the seller.
    rule("BR-17", PAYEE, |invoice| {
        let payee = invoice.payee.as_ref()?;
        let names = [
            Some(&invoice.seller.name),
            invoice.seller.trading_name.as_ref(),
        ];
        let mut names = names.into_iter().flatten();
        at(
            names.any(|name| name.trim() == payee.name.trim()),
            "/payee/name",
        )
    }),
    rule("BR-17", PAYEE, |invoice| {
        let payee = invoice.payee.as_ref()?.ids.first()?;
        let mut ids = invoice.seller.ids.iter();
        at(
            ids.any(|id| id.value.trim() == payee.value.trim()),
            "/payee/ids/0",
        )
    }),
    rule("BR-17", PAYEE, |invoice| {
        let payee = invoice.payee.as_ref()?.legal_id.as_ref()?;
        let seller = invoice.seller.legal_id.as_ref()?;
        at(seller.value.trim() == payee.value.trim(), "/payee/legalId")
    }),
    // The schemas have no card without its number.
    rule(
        "BR-51",
        "is missing, expected the last four digits of the card, since cardHolder is given",
        |invoice| {
            let lacks =
                |means: &PaymentMeans| means.card_holder.is_some() && means.card_last4.is_none();
            at_means(invoice, "cardLast4", lacks)
        },
    ),
    // The crate looks at code 59 only.
    rule(
        "PEPPOL-EN16931-R061",
        "is missing, expected the reference of the mandate with a direct debit",
        lacks_mandate,
    ),
];

fn lacks_mandate(invoice: &Invoice) -> Option<String> {
    at_means(invoice, "mandate", |means| {
        has_code(means, &["49"]) && means.mandate.is_none()
    })
}
