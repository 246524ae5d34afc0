//! Codes that the lists of a request have, and that of a syntax or profile has not. The published rules of both syntaxes come from lists
//! of different days.

use invoice::model::{EInvoiceProfile, Identifier, Party, TaxCategory};
use invoice::{FailureCode, Invoice, Problem};

use crate::problems::Problems;
use crate::syntax::Syntax;

/// Subjects of notes that are in the list of CII (CEN 1.3.16) and not in that of UBL.
const SUBJECTS_OF_CII: [&str; 18] = [
    "BAT", "BAU", "BAV", "BAW", "BAX", "BAY", "BAZ", "BBA", "BBB", "BMF", "BMG", "BMH", "CCJ",
    "CCK", "CCL", "CCM", "CCN", "CCO",
];

/// South Sudan, which the lists of countries of CII (CEN 1.3.16) have left out.
const SOUTH_SUDAN: &str = "SS";

/// Kosovo, as it is in use. The list of EN 16931 has `1A`.
const KOSOVO: &str = "XK";

/// Schemes of electronic addresses that Factur-X 1.09 does not have.
const SCHEMES_WITHOUT_FACTUR_X: [&str; 2] = ["0219", "0220"];

/// Schemes that Factur-X 1.09 does not have for identifiers of parties and places. It has them for legal identifiers and items.
const REGISTERS_WITHOUT_FACTUR_X: [&str; 8] = [
    "0241", "0242", "0243", "0244", "0245", "0246", "0247", "0248",
];

/// A type that Peppol has as a credit note only; the other lists have it as an invoice, too.
const CREDIT_NOTE_OF_PEPPOL: &str = "81";

/// A scheme of electronic addresses that OpenPeppol has taken away (2026.5).
const SCHEMES_WITHOUT_PEPPOL: [&str; 1] = ["0158"];

/// Reports codes that are not in the list of the syntax or the profile.
pub(super) fn check(
    problems: &mut Problems,
    invoice: &Invoice,
    profile: EInvoiceProfile,
    syntax: Syntax,
) {
    countries(problems, invoice, syntax);
    match syntax {
        Syntax::Ubl => subjects(problems, invoice),
        Syntax::Cii => vat_ids(problems, invoice),
    }
    match profile {
        EInvoiceProfile::FacturXEn16931 if syntax == Syntax::Cii => {
            split_payment(problems, invoice);
            schemes(problems, invoice, &SCHEMES_WITHOUT_FACTUR_X, "BR-CL-25");
            registers(problems, invoice);
        }
        EInvoiceProfile::PeppolBis3 => {
            schemes(
                problems,
                invoice,
                &SCHEMES_WITHOUT_PEPPOL,
                "PEPPOL-EN16931-CL008",
            );
            if invoice.type_code == Some(CREDIT_NOTE_OF_PEPPOL)
                && !invoice.document_type.is_credit_note()
            {
                report(
                    problems,
                    "/documentTypeCode".to_owned(),
                    CREDIT_NOTE_OF_PEPPOL,
                    "PEPPOL-EN16931-P0100",
                    "another type: the profile has it for credit notes only",
                );
            }
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

/// All countries of the e-invoice: `en16931` looks at those of seller, buyer and items only.
fn countries(problems: &mut Problems, invoice: &Invoice, syntax: Syntax) {
    let delivery = invoice.delivery.as_ref();
    let delivery = delivery.and_then(|delivery| delivery.address.as_ref());
    let addresses = parties(invoice).map(|(name, party)| (name, party.address.as_ref()));
    let addresses = addresses.chain([("delivery", delivery)]);
    for (name, address) in addresses {
        let country = address.map(|address| address.country.as_str());
        country_of(problems, country, syntax, || {
            format!("/{name}/address/country")
        });
    }
    for (index, line) in invoice.lines.iter().enumerate() {
        let origin = line.details.origin.as_deref();
        country_of(problems, origin, syntax, || {
            format!("/lines/{index}/origin")
        });
    }
}

fn country_of(
    problems: &mut Problems,
    country: Option<&str>,
    syntax: Syntax,
    pointer: impl Fn() -> String,
) {
    // Each country has its rule: that of an address, and that of an origin.
    let rule = |pointer: &str| {
        if pointer.starts_with("/lines") {
            "BR-CL-15"
        } else {
            "BR-CL-14"
        }
    };
    match (country, syntax) {
        (Some(KOSOVO), Syntax::Cii | Syntax::Ubl) => {
            let expected = "1A: EN 16931 has this code for Kosovo";
            let pointer = pointer();
            let rule = rule(&pointer);
            report(problems, pointer, KOSOVO, rule, expected);
        }
        (Some(SOUTH_SUDAN), Syntax::Cii) => {
            let expected = "another country, or UBL: the list of CII does not have it";
            let pointer = pointer();
            let rule = rule(&pointer);
            report(problems, pointer, SOUTH_SUDAN, rule, expected);
        }
        (Some(_) | None, Syntax::Cii | Syntax::Ubl) => {}
    }
}

/// The codes of countries that VAT identifiers begin with.
fn vat_ids(problems: &mut Problems, invoice: &Invoice) {
    for (name, party) in parties(invoice) {
        let id = party.vat_id.as_deref().unwrap_or_default();
        if id.starts_with(SOUTH_SUDAN) {
            problems.push(Problem {
                code: FailureCode::EInvoiceInvalid,
                pointer: format!("/{name}/vatId"),
                rule: Some("BR-CO-09"),
                message: "begins with SS, expected another country, or UBL: the list of CII does not have it"
                    .to_owned(),
            });
        }
    }
}

/// The parties that have an address and a VAT identifier in an e-invoice.
fn parties(invoice: &Invoice) -> impl Iterator<Item = (&'static str, &Party)> {
    [
        ("seller", Some(&invoice.seller)),
        ("buyer", invoice.buyer.as_ref()),
        ("taxRepresentative", invoice.tax_representative.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, party)| Some((name, party?)))
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
    // Only seller and buyer have one: that of a tax representative has no place.
    for (name, party) in parties(invoice).filter(|(name, _)| *name != "taxRepresentative") {
        let scheme = party
            .electronic_address
            .as_ref()
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

fn registers(problems: &mut Problems, invoice: &Invoice) {
    let delivery = invoice.delivery.as_ref();
    let location = delivery.and_then(|delivery| delivery.location_id.as_ref());
    let missing = |id: &Identifier| {
        let scheme = id.scheme.as_deref().unwrap_or_default();
        let mut all = REGISTERS_WITHOUT_FACTUR_X.into_iter();
        all.find(|missing| *missing == scheme)
    };
    for (name, ids) in [
        ("seller", Some(&invoice.seller.ids[..])),
        ("buyer", invoice.buyer.as_ref().map(|party| &party.ids[..])),
        ("payee", invoice.payee.as_ref().map(|party| &party.ids[..])),
        ("delivery", location.map(std::slice::from_ref)),
    ] {
        let ids = ids.unwrap_or_default();
        for (index, scheme) in ids.iter().map(missing).enumerate() {
            let Some(scheme) = scheme else { continue };
            let pointer = match name {
                "delivery" => "/delivery/locationId/scheme".to_owned(),
                party => format!("/{party}/ids/{index}/scheme"),
            };
            let expected = "another scheme, or UBL: Factur-X does not have it";
            report(problems, pointer, scheme, "BR-CL-10", expected);
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
