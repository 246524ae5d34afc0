//! The rules of a profile: what an invoice breaks, as problems of the request that it comes from.

mod place;
mod words;

use en16931::validation::{Check, Finding};
use en16931::{Profile, profiles};
use invoice::model::EInvoiceProfile;
use invoice::{FailureCode, Invoice, Problem};

use self::words::Words;
use crate::problems::Problems;

/// Version of the rules, as records and events have it.
pub const RULES_VERSION: &str = "en16931-1.3.16";

/// Reports the rules of the profile that the model breaks. Those that are warnings say nothing about validity.
pub(crate) fn check(
    problems: &mut Problems,
    model: &en16931::Invoice,
    invoice: &Invoice,
    profile: EInvoiceProfile,
) {
    let rules = rules_of(profile);
    let report = Check::new(rules).run(model);
    for finding in report.fatal() {
        // Where an amount could not be taken over, sums are wrong for that reason only.
        if finding.detail.is_some() && problems.has_other_amounts() {
            continue;
        }
        // The rules about each part of the contact say more.
        if finding.rule == "BR-DE-2" {
            continue;
        }
        problems.push(problem(finding, rules, model, invoice, profile));
    }
}

fn rules_of(profile: EInvoiceProfile) -> &'static Profile {
    match profile {
        EInvoiceProfile::FacturXEn16931 => &profiles::EN16931,
        EInvoiceProfile::XRechnung30 => &profiles::XRECHNUNG,
        EInvoiceProfile::PeppolBis3 => &profiles::PEPPOL_BIS_3,
    }
}

/// The profile as messages name it.
fn name_of(profile: EInvoiceProfile) -> &'static str {
    match profile {
        EInvoiceProfile::FacturXEn16931 => "EN 16931",
        EInvoiceProfile::XRechnung30 => "XRechnung",
        EInvoiceProfile::PeppolBis3 => "Peppol BIS Billing",
    }
}

fn problem(
    finding: &Finding,
    rules: &Profile,
    model: &en16931::Invoice,
    invoice: &Invoice,
    profile: EInvoiceProfile,
) -> Problem {
    let rule = rules.check_ids().find(|id| *id == finding.rule);
    let words = words::of(&finding.rule);
    let pointer = place::of(finding, words.map(|words| words.place), model, invoice);
    let message = match words {
        Some(Words { message, .. }) => message.replace("{profile}", name_of(profile)),
        None => format!(
            "breaks a rule of {}, expected: {}",
            name_of(profile),
            finding.message.trim_end_matches('.')
        ),
    };
    let message = match &finding.detail {
        Some(detail) => format!(
            "{message}: is {}, expected {}",
            detail.actual, detail.expected
        ),
        None => message,
    };
    Problem {
        code: FailureCode::EInvoiceInvalid,
        pointer,
        rule,
        message,
    }
}
