//! The rules of a profile: what an invoice breaks, as problems of the request that it comes from.

mod german;
mod national;
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
    let subject = Subject {
        model,
        invoice,
        profile,
    };
    for finding in report.fatal() {
        // Where an amount could not be taken over, sums are wrong for that reason only.
        if finding.detail.is_some() && problems.has_other_amounts() {
            continue;
        }
        // The rules about each part of the contact say more.
        if finding.rule == "BR-DE-2" {
            continue;
        }
        let name = rules.check_ids().find(|id| *id == finding.rule);
        problems.push(subject.problem(finding, name));
    }
    if profile == EInvoiceProfile::PeppolBis3 {
        for (finding, name) in german::findings(model) {
            problems.push(subject.problem(&finding, Some(name)));
        }
        national::check(problems, invoice);
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

/// What is checked.
struct Subject<'a> {
    model: &'a en16931::Invoice,
    invoice: &'a Invoice,
    profile: EInvoiceProfile,
}

impl Subject<'_> {
    /// A finding as a problem of the request; `rule` is the name that it is published under.
    fn problem(&self, finding: &Finding, rule: Option<&'static str>) -> Problem {
        let words = words::of(&finding.rule);
        let place = words.map(|words| words.place);
        let profile = name_of(self.profile);
        let message = match words {
            Some(Words { message, .. }) => message.replace("{profile}", profile),
            None => format!(
                "breaks a rule of {profile}, expected: {}",
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
            pointer: place::of(finding, place, self.model, self.invoice),
            rule,
            message,
        }
    }
}
