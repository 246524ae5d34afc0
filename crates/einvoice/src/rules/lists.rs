//! Codes that the lists of a request have, and that of a syntax or profile has not. The published rules of both syntaxes come from lists
//! of different days.

use invoice::model::{EInvoiceProfile, Party, TaxCategory};
use invoice::{FailureCode, Invoice, Problem};

use crate::problems::Problems;
use crate::syntax::Syntax;

/// Subjects of notes that are in the list of CII (CEN 1.3.16) and not in that of UBL.
const SUBJECTS_OF_CII: [&str; 18] = [
    "BAT", "BAU", "BAV", "BAW", "BAX", "BAY", "BAZ", "BBA", "BBB", "BMF", "BMG", "BMH", "CCJ",
    "CCK", "CCL", "CCM", "CCN", "CCO",
];

/// South Sudan, which the list of countries of CII (CEN 1.3.16) has left out.
const SOUTH_SUDAN: &str = "SS";

/// Schemes of electronic addresses that Factur-X 1.09 does not have.
const SCHEMES_WITHOUT_FACTUR_X: [&str; 2] = ["0219", "0220"];

/// A scheme of electronic addresses that OpenPeppol has taken away (2026.5).
const SCHEMES_WITHOUT_PEPPOL: [&str; 1] = ["0158"];

/// Reports codes that are not in the list of the syntax or the profile.
pub(super) fn check(
    problems: &mut Problems,
    invoice: &Invoice,
    profile: EInvoiceProfile,
    syntax: Syntax,
) {
    match syntax {
        Syntax::Ubl => subjects(problems, invoice),
        Syntax::Cii => countries(problems, invoice),
    }
    match profile {
        EInvoiceProfile::FacturXEn16931 if syntax == Syntax::Cii => {
            split_payment(problems, invoice);
            schemes(problems, invoice, &SCHEMES_WITHOUT_FACTUR_X, "BR-CL-25");
        }
        EInvoiceProfile::PeppolBis3 => {
            schemes(
                problems,
                invoice,
                &SCHEMES_WITHOUT_PEPPOL,
                "PEPPOL-EN16931-CL008",
            );
        }
        EInvoiceProfile::FacturXEn16931 | EInvoiceProfile::XRechnung30 => {}
    }
}

fn subjects(problems: &mut Problems, invoice: &Invoice) {
    for (index, note) in invoice.notes.iter().enumerate() {
        let code = note.subject_code.as_deref().unwrap_or_default();
        if SUBJECTS_OF_CII.contains(&code) {
            let pointer = format!("/notes/{index}/subjectCode");
            let expected = "another subject, or none: the list of UBL does not have it";
            report(problems, pointer, code, "BR-CL-08", expected);
        }
    }
}

fn countries(problems: &mut Problems, invoice: &Invoice) {
    let address = |party: Option<&Party>| {
        party
            .and_then(|party| party.address.as_ref())
            .map(|it| it.country.clone())
    };
    let delivery = invoice
        .delivery
        .as_ref()
        .and_then(|delivery| delivery.address.as_ref());
    let addresses = [
        (
            "/seller/address/country".to_owned(),
            address(Some(&invoice.seller)),
        ),
        (
            "/buyer/address/country".to_owned(),
            address(invoice.buyer.as_ref()),
        ),
        (
            "/delivery/address/country".to_owned(),
            delivery.map(|address| address.country.clone()),
        ),
    ];
    let lines = invoice.lines.iter().enumerate();
    let origins = lines.map(|(index, line)| {
        (
            format!("/lines/{index}/origin"),
            line.details.origin.clone(),
        )
    });
    for (pointer, country) in addresses.into_iter().chain(origins) {
        if country.as_deref() == Some(SOUTH_SUDAN) {
            let expected = "another country, or UBL: the list of CII does not have it";
            report(problems, pointer, SOUTH_SUDAN, "BR-CL-14", expected);
        }
    }
}

fn split_payment(problems: &mut Problems, invoice: &Invoice) {
    let is_split = |category: TaxCategory| category == TaxCategory::SplitPayment;
    let line = invoice
        .lines
        .iter()
        .position(|line| is_split(line.tax.category));
    if let Some(index) = line {
        let pointer = format!("/lines/{index}/tax/category");
        let expected = "another category: Factur-X does not have it";
        report(problems, pointer, "B", "BR-CL-18", expected);
    }
}

fn schemes(problems: &mut Problems, invoice: &Invoice, missing: &[&str], rule: &'static str) {
    for (name, party) in [
        ("seller", Some(&invoice.seller)),
        ("buyer", invoice.buyer.as_ref()),
    ] {
        let address = party.and_then(|party| party.electronic_address.as_ref());
        let scheme = address
            .and_then(|address| address.scheme.as_deref())
            .unwrap_or_default();
        if missing.contains(&scheme) {
            let pointer = format!("/{name}/electronicAddress/scheme");
            report(
                problems,
                pointer,
                scheme,
                rule,
                "another scheme: the profile does not have it",
            );
        }
    }
}

fn report(
    problems: &mut Problems,
    pointer: String,
    code: &str,
    rule: &'static str,
    expected: &str,
) {
    problems.push(Problem {
        code: FailureCode::EInvoiceInvalid,
        pointer,
        rule: Some(rule),
        message: format!("is {code}, expected {expected}"),
    });
}
