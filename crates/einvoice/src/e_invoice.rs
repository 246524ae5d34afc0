//! A valid e-invoice.

use invoice::model::EInvoiceProfile;
use invoice::{InvalidRequest, Invoice, Sha256Digest};

use crate::problems::Problems;
use crate::syntax::Syntax;
use crate::{mapping, rules, xml};

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
        let model = mapping::model(&mut problems, invoice, profile);
        rules::check(&mut problems, &model, invoice, profile);
        // What breaks a rule may have no form in the syntax; what has no place in the syntax is one more problem.
        let xml = xml::write(&mut problems, &model, profile, syntax);
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
}
