//! The rules of a profile: what an invoice breaks, as problems of the request that it comes from.

mod further;
mod german;
mod lists;
mod national;
mod place;
mod rule;
mod sums;
mod words;

use en16931::validation::{Check, Finding};
use en16931::{Profile, profiles};
use invoice::model::EInvoiceProfile;
use invoice::{FailureCode, Invoice, Problem};

use self::words::Words;
use crate::problems::Problems;
use crate::syntax::Syntax;

/// Version of the rules of a profile, as records and events have it.
pub fn rules_version(profile: EInvoiceProfile) -> &'static str {
    match profile {
        EInvoiceProfile::FacturXEn16931 => "en16931-1.3.16",
        EInvoiceProfile::XRechnung30 => "en16931-1.3.16+xrechnung-2.6.0",
        EInvoiceProfile::PeppolBis3 => "en16931-1.3.16+peppol-3.0.21",
    }
}

/// Reports the rules of the profile that the model breaks. Those that are warnings say nothing about validity.
pub(crate) fn check(
    problems: &mut Problems,
    model: &en16931::Invoice,
    invoice: &Invoice,
    profile: EInvoiceProfile,
    syntax: Syntax,
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
        if is_left_out(finding, invoice) {
            continue;
        }
        let name = rules.check_ids().find(|id| *id == finding.rule);
        problems.push(subject.problem(finding, name));
    }
    if profile == EInvoiceProfile::PeppolBis3 {
        for (finding, name) in german::findings(model) {
            if is_left_out(&finding, invoice) {
                continue;
            }
            problems.push(subject.problem(&finding, Some(name)));
        }
        own_rules(problems, invoice, national::rules());
    }
    own_rules(problems, invoice, further::rules(profile));
    lists::check(problems, invoice, profile, syntax);
    if syntax == Syntax::Cii {
        sums::check(problems, invoice);
    }
}

/// Findings that say nothing: the rules about each part of the contact say more than BR-DE-2, and a tax representative is enough for
/// BR-DE-16, as its text says.
fn is_left_out(finding: &Finding, invoice: &Invoice) -> bool {
    match finding.rule.as_str() {
        "BR-DE-2" => true,
        "BR-DE-16" => invoice.tax_representative.is_some(),
        _ => false,
    }
}

/// Reports the rules of our own that the invoice breaks.
fn own_rules<'a>(
    problems: &mut Problems,
    invoice: &Invoice,
    rules: impl IntoIterator<Item = &'a rule::Rule>,
) {
    for rule in rules {
        if let Some(pointer) = (rule.broken_at)(invoice) {
            problems.push(Problem {
                code: FailureCode::EInvoiceInvalid,
                pointer,
                rule: Some(rule.name),
                message: rule.message.to_owned(),
            });
        }
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
