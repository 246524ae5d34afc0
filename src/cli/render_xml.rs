//! The XML of an e-invoice, as `render` writes it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use einvoice::{EInvoice, Syntax};
use invoice::model::EInvoiceProfile;
use invoice::{InvalidRequest, Invoice};

use super::error::WrongUsage;
use crate::output::note;

/// What of an e-invoice is written.
#[derive(Debug, Args)]
pub(super) struct XmlArgs {
    /// Where to write the XML of the e-invoice; - is standard output
    #[arg(long, value_name = "FILE")]
    xml: Option<PathBuf>,
    /// Profile of that XML; for a request without `eInvoice`, or in the place of its profile
    #[arg(long, value_name = "NAME", requires = "xml", value_parser = profile)]
    profile: Option<EInvoiceProfile>,
    /// Syntax of that XML [default: the one of the profile]
    #[arg(long, value_enum, requires = "xml")]
    syntax: Option<SyntaxArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SyntaxArg {
    Cii,
    Ubl,
}

impl XmlArgs {
    /// The file.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.xml.as_ref()
    }

    /// The e-invoice and its file, where it is asked for; made of the request's own, or anew where another one is asked for.
    pub(super) fn made(
        &self,
        invoice: &Invoice,
        own: Option<&EInvoice>,
    ) -> anyhow::Result<Option<(&PathBuf, EInvoice)>> {
        let Some(path) = &self.xml else {
            return Ok(None);
        };
        let Some(profile) = self.profile.or(invoice.e_invoice) else {
            let names = names();
            let problem = format!(
                "the request has no eInvoice: say which XML to write, --profile with one of {names}"
            );
            return Err(WrongUsage(problem).into());
        };
        let syntax = self.syntax.map(|syntax| match syntax {
            SyntaxArg::Cii => Syntax::Cii,
            SyntaxArg::Ubl => Syntax::Ubl,
        });
        let is_own = |own: &&EInvoice| {
            own.profile == profile && syntax.is_none_or(|syntax| syntax == own.syntax)
        };
        if let Some(own) = own.filter(is_own) {
            return Ok(Some((path, own.clone())));
        }
        let made = EInvoice::of(invoice, profile, syntax).map_err(|broken| refused(&broken))?;
        Ok(Some((path, made)))
    }
}

/// Prints what is wrong with an e-invoice.
fn refused(broken: &InvalidRequest) -> anyhow::Error {
    for problem in broken.problems() {
        note(format_args!("{} {problem}", problem.code));
    }
    anyhow::anyhow!("the e-invoice would not be valid")
}

fn profile(name: &str) -> Result<EInvoiceProfile, String> {
    EInvoiceProfile::from_name(name).ok_or_else(|| format!("must be one of {}", names()))
}

fn names() -> String {
    EInvoiceProfile::NAMES.map(|(name, _)| name).join(", ")
}
