//! Feeds bytes to the envelope and the checks of a request. Nothing may panic, and what is accepted must obey the
//! laws of its arithmetic.

#![no_main]

use invoice::content::Form;
use invoice::envelope::{Envelope, Metadata};
use libfuzzer_sys::fuzz_target;
use rust_decimal::Decimal;

const MAX_BYTES: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    // The first byte chooses envelope and encoding, so that one corpus serves all of them.
    let Some((kind, body)) = data.split_first() else {
        return;
    };
    let content_type = match kind % 4 {
        0 => Some("application/cloudevents+json"),
        1 => Some("application/vnd.masstransit+json"),
        _ => None,
    };
    let metadata = Metadata {
        form: Form {
            content_type,
            content_encoding: (kind & 4 != 0).then_some("gzip"),
        },
        message_type: None,
        attribute: &|_| None,
        max_bytes: 2 * MAX_BYTES,
    };
    let envelope = Envelope::open(&metadata, body);
    invoice::ClaimedIdentity::of(body);
    let Ok(request) = envelope.request(body) else {
        return;
    };
    let Ok(parsed) = invoice::parse(request, MAX_BYTES) else {
        return;
    };
    let again = invoice::parse(request, MAX_BYTES).expect("parsed before");
    assert!(again.digest == parsed.digest, "the digest changed");
    let Ok(invoice) = parsed.invoice else {
        return;
    };
    assert!(
        again.invoice.is_ok_and(|again| again == invoice),
        "the invoice changed"
    );
    let totals = &invoice.totals;
    let sum = |amounts: &mut dyn Iterator<Item = Decimal>| amounts.sum::<Decimal>();
    assert_eq!(
        totals.lines,
        sum(&mut invoice.lines.iter().map(|line| line.net))
    );
    assert_eq!(
        totals.net,
        totals.lines - totals.allowances + totals.charges
    );
    assert_eq!(
        totals.net,
        sum(&mut invoice.taxes.iter().map(|tax| tax.taxable))
    );
    assert_eq!(
        totals.tax,
        sum(&mut invoice.taxes.iter().map(|tax| tax.amount))
    );
    for tax in &invoice.taxes {
        let components = sum(&mut tax.components.iter().map(|component| component.amount));
        assert!(tax.components.is_empty() || components == tax.amount);
    }
    for line in &invoice.lines {
        assert!(line.unit_price >= Decimal::ZERO);
    }
    if invoice.prices_include_tax {
        let amount = |with_tax: Option<invoice::model::AdjustmentWithTax>| {
            with_tax.expect("prices include tax").amount
        };
        let lines = invoice
            .lines
            .iter()
            .map(|line| line.with_tax.expect("prices include tax").amount);
        let charges = invoice.charges.iter().map(|charge| amount(charge.with_tax));
        let allowances = invoice
            .allowances
            .iter()
            .map(|allowance| -amount(allowance.with_tax));
        assert_eq!(
            totals.gross,
            sum(&mut lines.chain(charges).chain(allowances))
        );
    }
    assert_eq!(totals.gross, totals.net + totals.tax);
    assert_eq!(totals.due, totals.gross - totals.prepaid + totals.rounding);
});
