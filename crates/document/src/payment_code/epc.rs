//! The code of the European Payments Council for SEPA credit transfers, known as GiroCode (EPC069-12, version 2).

use rust_decimal::Decimal;

use invoice::model::PaymentMeans;

/// The content of the code; `None` without account or name.
pub(super) fn payload(means: &PaymentMeans, due: Decimal) -> Option<String> {
    let (iban, name) = (means.iban()?, means.account_name.as_deref()?);
    let bic = means.bic.as_deref().unwrap_or_default();
    let remittance = means.remittance.as_deref().unwrap_or_default();
    // Service tag, version, character set (UTF-8), SEPA credit transfer; purpose and structured reference stay empty.
    Some(format!(
        "BCD\n002\n1\nSCT\n{bic}\n{name}\n{iban}\nEUR{due}\n\n\n{remittance}"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::symbol::Symbol;
    use super::super::symbol::tests::decode;
    use super::*;
    use invoice::model::Account;

    #[test]
    fn the_code_has_the_content_that_epc069_12_prescribes() {
        let means = PaymentMeans {
            account: Some(Account::Iban("DE89370400440532013000".into())),
            bic: Some("COBADEFFXXX".into()),
            account_name: Some("Nordlicht Händler GmbH".into()),
            remittance: Some("RE-2026-004711".into()),
            ..PaymentMeans::default()
        };
        let payload = payload(&means, Decimal::new(27820, 2)).expect("a payload");
        let read = decode(&Symbol::new(&payload, 4).expect("a symbol"));
        assert_eq!(
            read,
            "BCD\n002\n1\nSCT\nCOBADEFFXXX\nNordlicht Händler GmbH\nDE89370400440532013000\nEUR278.20\n\n\nRE-2026-004711"
        );
    }

    /// The checks of a request count the bytes of the code without this function.
    #[test]
    fn the_checks_accept_codes_up_to_the_greatest_length() {
        let parsed = |remittance_chars: usize| {
            let body = serde_json::json!({
                "issueDate": "2026-11-21",
                "currency": "EUR",
                "marketplace": { "platform": "a", "shopId": "b", "orderId": "c", "packageId": "d", "sequenceNumber": "e" },
                "seller": { "name": "Nordlicht" },
                "lines": [{ "name": "x", "quantity": "1", "unitPrice": "10", "tax": { "category": "Z", "rate": "0" } }],
                "payment": { "means": {
                    "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "accountName": "ä".repeat(70),
                    "remittance": "x".repeat(remittance_chars), "qr": true
                } }
            });
            invoice::parse(body.to_string().as_bytes(), 1 << 20).and_then(|parsed| parsed.invoice)
        };
        let invoice = parsed(130).expect("a code that fits");
        let payment = invoice.payment.expect("a payment");
        let payload = payload(&payment.means[0], invoice.totals.due).expect("a payload");
        assert_eq!(payload.len(), 331);
        let version_13 = 17 + 4 * 13;
        assert_eq!(Symbol::new(&payload, 0).expect("a symbol").size, version_13);
        parsed(131).expect_err("one byte too many");
    }
}
