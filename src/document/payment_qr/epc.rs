//! The code of the European Payments Council for SEPA credit transfers, known as GiroCode (EPC069-12, version 2).

use rust_decimal::Decimal;

use crate::invoice::model::Payment;

/// What the code says; `None` without account or name.
pub(super) fn payload(payment: &Payment, due: Decimal) -> Option<String> {
    let (iban, name) = (payment.iban.as_deref()?, payment.account_name.as_deref()?);
    let bic = payment.bic.as_deref().unwrap_or_default();
    let remittance = payment.remittance.as_deref().unwrap_or_default();
    // Service tag, version, character set (UTF-8), SEPA credit transfer; purpose and structured reference stay empty.
    Some(format!(
        "BCD\n002\n1\nSCT\n{bic}\n{name}\n{iban}\nEUR{due}\n\n\n{remittance}"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Symbol;
    use super::super::tests::decode;
    use super::*;

    #[test]
    fn the_code_says_what_epc069_12_prescribes() {
        let payment = Payment {
            iban: Some("DE89370400440532013000".into()),
            bic: Some("COBADEFFXXX".into()),
            account_name: Some("Nordlicht Händler GmbH".into()),
            remittance: Some("RE-2026-004711".into()),
            ..Payment::default()
        };
        let payload = payload(&payment, Decimal::new(27820, 2)).expect("a payload");
        let read = decode(&Symbol::new(&payload, 4).expect("a symbol"));
        assert_eq!(
            read,
            "BCD\n002\n1\nSCT\nCOBADEFFXXX\nNordlicht Händler GmbH\nDE89370400440532013000\nEUR278.20\n\n\nRE-2026-004711"
        );
    }
}
