//! A valid e-invoice.

use invoice::model::EInvoiceProfile;
use invoice::{FailureCode, InvalidRequest, Invoice, Problem, Sha256Digest};

use crate::problems::Problems;
use crate::syntax::Syntax;
use crate::{mapping, rules, xml};

/// Most entries of the tax breakdown, as many as a request may give. Rules compare each of them with each line.
const MAX_RATES: usize = 100;

/// A valid e-invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EInvoice {
    /// Its profile.
    pub profile: EInvoiceProfile,
    /// Its syntax.
    pub syntax: Syntax,
    /// The XML, in UTF-8.
    pub xml: Vec<u8>,
    /// The digest of the XML.
    pub sha256: Sha256Digest,
}

impl EInvoice {
    /// The e-invoice of this invoice, in the syntax of the profile unless another one is asked for.
    ///
    /// # Errors
    ///
    /// All rules of the profile that it would break, each with the JSON pointer of the field to change, and all fields that
    /// have no place in it.
    pub fn of(
        invoice: &Invoice,
        profile: EInvoiceProfile,
        syntax: Option<Syntax>,
    ) -> Result<Self, InvalidRequest> {
        let syntax = syntax.unwrap_or_else(|| Syntax::of(profile));
        let mut problems = Problems::default();
        if invoice.taxes.len() > MAX_RATES {
            return Err(too_many_rates(invoice.taxes.len()).into());
        }
        let model = mapping::model(&mut problems, invoice, profile);
        rules::check(&mut problems, &model, invoice, profile, syntax);
        // What breaks a rule may have no form in the syntax; what has no place in the syntax is one more problem.
        let xml = xml::write(&mut problems, model, profile, syntax);
        match (InvalidRequest::from_problems(problems.into_list()), xml) {
            (None, Some(xml)) => Ok(Self {
                profile,
                syntax,
                sha256: Sha256Digest::of(&xml),
                xml,
            }),
            (Some(invalid), _) => Err(invalid),
            (None, None) => unreachable!("what is not written is reported"),
        }
    }

    /// Whether the PDF carries it: a file in CII of a profile that has a container.
    pub fn is_embedded(&self) -> bool {
        self.profile.is_embedded() && self.syntax == Syntax::Cii
    }

    /// Version of the rules that it was checked by.
    pub fn rules_version(&self) -> &'static str {
        rules::rules_version(self.profile)
    }
}

fn too_many_rates(count: usize) -> Problem {
    Problem {
        code: FailureCode::EInvoiceInvalid,
        pointer: "/lines".to_owned(),
        rule: None,
        message: format!(
            "have {count} different taxes, expected at most {MAX_RATES} in an e-invoice"
        ),
    }
}
