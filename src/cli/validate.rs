//! `validate`: whether requests are valid, without servers and without documents.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use invoice::InvalidRequest;

use super::input::{self, Given};
use crate::app::App;
use crate::contract::{CheckedRequest, RequestProblem, RequestWarning, Verdict};
use crate::output::{self, json};
use crate::requests::submit::{self, Body, Valid};
use crate::text::harmless;

/// Validate requests, without any server and without rendering.
///
/// All problems of each request are printed, and warnings for what is valid and suspicious. A file is one request in JSON; a
/// file named *.ndjson has one request a line. Standard input (-) may be either. The exit code is 1 when a request is not
/// valid.
#[derive(Debug, Args)]
pub struct Validate {
    /// Files with requests; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Refuse members that are no field, as REQUEST_STRICT does
    #[arg(long)]
    strict: bool,
    /// Content type of the requests: an envelope is opened
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    content_type: String,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Validate {
    pub(super) fn run(&self, app: &App) -> anyhow::Result<()> {
        let limits = app.request_limits()?.strict_if(self.strict);
        let catalog = app.catalog();
        if let Err(error) = &catalog {
            output::note(format_args!("templates are not looked at: {error}"));
        }
        let catalog = catalog.ok();
        let mut out = output::stream();
        let (mut all, mut invalid) = (0, 0);
        for file in &self.files {
            for Given { line, body } in input::requests_in(file)? {
                let body = Body {
                    bytes: &body,
                    content_type: &self.content_type,
                };
                let mut checked = submit::validate(body, limits);
                if let (Ok(valid), Some(catalog)) = (&mut checked, &catalog) {
                    valid.look_at_templates(catalog);
                }
                all += 1;
                invalid += usize::from(checked.is_err());
                let place = Place { file, line };
                if self.json {
                    json::write(&mut out, &place.described(&checked))?;
                    writeln!(out)?;
                } else {
                    writeln!(out, "{}", place.in_words(&checked))?;
                }
            }
        }
        out.flush()?;
        ensure!(all > 0, "there are no requests");
        ensure!(invalid == 0, "not valid: {invalid} of {all}");
        Ok(())
    }
}

/// Where a request is.
struct Place<'a> {
    file: &'a Path,
    line: Option<usize>,
}

impl Place<'_> {
    fn described<'a>(&self, checked: &'a Result<Valid, InvalidRequest>) -> CheckedRequest<'a> {
        CheckedRequest {
            file: self.file.display().to_string(),
            line: self.line,
            verdict: match checked {
                Ok(valid) => Verdict::Valid(valid.described()),
                Err(invalid) => Verdict::Invalid {
                    valid: false,
                    errors: invalid.problems().map(RequestProblem::from).collect(),
                    warnings: RequestWarning::list(invalid.warnings()),
                },
            },
        }
    }

    fn in_words(&self, checked: &Result<Valid, InvalidRequest>) -> String {
        let place = match self.line {
            Some(line) => format!("{}:{line}", self.file.display()),
            None => self.file.display().to_string(),
        };
        let mut lines = Vec::new();
        let warnings = match checked {
            Ok(valid) => {
                let totals = &valid.invoice.totals;
                let currency = valid.invoice.currency.code();
                let identity = &valid.identity;
                lines.push(format!("valid: {identity}, {} {currency}", totals.gross));
                &valid.warnings[..]
            }
            Err(invalid) => {
                let problems = invalid.problems();
                lines.extend(problems.map(|problem| format!("{} {problem}", problem.code)));
                invalid.warnings()
            }
        };
        lines.extend(warnings.iter().map(|warning| format!("warning {warning}")));
        let lines = lines
            .iter()
            .map(|line| harmless(&format!("{place}: {line}")));
        lines.collect::<Vec<_>>().join("\n")
    }
}
