//! `dead-letters repair proposals`

use std::io::Write as _;

use clap::Args;

use crate::contract::RepairProposals;
use crate::output::{self, json};
use crate::repairs::{self, Asked};

/// Propose patches for a group of dead letters, from the code, rule and pointer of its problem.
///
/// In a patch, {pointer} stands for the place of each letter's own problem, and {value} for what has to be given: with --value it
/// is filled in. `groups` and `show` say what the problem is.
#[derive(Debug, Args)]
pub(super) struct Proposals {
    /// Code of the problem
    #[arg(value_name = "CODE")]
    code: String,
    /// Rule that is broken, where a standard names one
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Where: a JSON pointer; * stands for any item of a list
    #[arg(long, value_name = "POINTER")]
    pointer: Option<String>,
    /// Value that the requests are to have, as JSON; what is no JSON is a text
    #[arg(long, value_name = "VALUE")]
    value: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Proposals {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let asked = Asked {
            code: self.code.clone(),
            rule: self.rule.clone(),
            pointer: self.pointer.clone(),
            value: self.value.clone(),
        };
        let proposals = repairs::proposals(&asked);
        let mut out = output::stdout();
        if self.json {
            json::write(&mut out, &RepairProposals { proposals })?;
            writeln!(out)?;
            return Ok(());
        }
        if proposals.is_empty() {
            writeln!(
                out,
                "no proposals: the cause leaves open what would be right"
            )?;
        }
        for proposal in proposals {
            writeln!(out, "{}", proposal.title)?;
            writeln!(out, "  {}", proposal.patch.get())?;
            if let Some(value) = proposal.value {
                writeln!(out, "  {{value}} is {value}")?;
            }
        }
        Ok(())
    }
}
