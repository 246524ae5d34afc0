//! The rules that Peppol has between a seller and a buyer in Germany: those of XRechnung, under names of its own.

use en16931::Invoice as Model;
use en16931::profiles::XRECHNUNG;
use en16931::validation::{Check, Finding};

/// What the model breaks of them, each with its name in Peppol.
pub(super) fn findings(model: &Model) -> Vec<(Finding, &'static str)> {
    if !is_german(&model.seller) || !is_german(&model.buyer) {
        return Vec::new();
    }
    let report = Check::new(&XRECHNUNG).run(model);
    let fatal = report.fatal();
    fatal
        .filter_map(|finding| Some((finding.clone(), name_of(&finding.rule)?)))
        .collect()
}

fn is_german(party: &en16931::invoice::Party) -> bool {
    let country = party.address.country.as_ref();
    country.is_some_and(|country| country.as_str() == "DE")
}

fn name_of(rule: &str) -> Option<&'static str> {
    let found = NAMES.iter().find(|(of_xrechnung, _)| *of_xrechnung == rule);
    found.map(|(_, of_peppol)| *of_peppol)
}

/// Names of rules: in XRechnung, and in Peppol BIS Billing 3.0.21.
const NAMES: [(&str, &str); 20] = [
    ("BR-DE-1", "DE-R-001"),
    ("BR-DE-3", "DE-R-003"),
    ("BR-DE-4", "DE-R-004"),
    ("BR-DE-5", "DE-R-005"),
    ("BR-DE-6", "DE-R-006"),
    ("BR-DE-7", "DE-R-007"),
    ("BR-DE-8", "DE-R-008"),
    ("BR-DE-9", "DE-R-009"),
    ("BR-DE-10", "DE-R-010"),
    ("BR-DE-11", "DE-R-011"),
    ("BR-DE-14", "DE-R-014"),
    ("BR-DE-15", "DE-R-015"),
    ("BR-DE-16", "DE-R-016"),
    ("BR-DE-18", "DE-R-018"),
    ("BR-DE-22", "DE-R-022"),
    ("BR-DE-23-a", "DE-R-023-1"),
    ("BR-DE-24-a", "DE-R-024-1"),
    ("BR-DE-25-a", "DE-R-025-1"),
    ("BR-DE-30", "DE-R-030"),
    ("BR-DE-31", "DE-R-031"),
];
