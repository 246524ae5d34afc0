//! `show`: the record of an invoice.

use std::io::{self, BufWriter, Write};

use anyhow::Context as _;
use clap::Args;

use super::error::WrongUsage;
use super::listing::{Form, Format};
use super::pretty::content;
use super::table::seconds;
use crate::app::App;
use crate::contract::{FailedAttempt, InvoiceRecord, MovedInvoice};
use crate::database::Status;
use crate::database::sales_invoice::Model;
use crate::e_invoices::issued_xml;
use crate::invoices::{self, Letters};
use crate::output::{self, json};
use crate::text::harmless;
use invoice::InvoiceIdentity;

/// Show the record of an invoice: its document or its failure, its dead letters, its request.
///
/// `--request` and `--xml` print what an auditor asks for byte for byte: what was received, and the e-invoice that was issued.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    identity: IdentityArgs,
    /// The request only, as it arrived
    #[arg(long, conflicts_with_all = ["json", "format", "xml"])]
    request: bool,
    /// The XML of its e-invoice only, as it was issued
    #[arg(long, conflicts_with_all = ["json", "format"])]
    xml: bool,
    #[command(flatten)]
    form: Form,
}

/// Which invoice.
#[derive(Debug, Args)]
pub(super) struct IdentityArgs {
    /// Marketplace platform, for example tiktok
    platform: String,
    /// Shop on the platform
    shop_id: String,
    /// Order in the shop
    order_id: String,
    /// Package of the order
    package_id: String,
    /// Sequence number of the invoice
    sequence_number: String,
}

impl IdentityArgs {
    pub(super) fn identity(&self) -> Result<InvoiceIdentity, WrongUsage> {
        let parts = [
            &self.platform,
            &self.shop_id,
            &self.order_id,
            &self.package_id,
            &self.sequence_number,
        ];
        InvoiceIdentity::from_parts(parts).map_err(|invalid| {
            let (name, problem) = (argument(invalid.name()), invalid.problem());
            WrongUsage(format!("{name} {problem}"))
        })
    }
}

/// The argument for a part of the identity, as the usage shows it: `SHOP_ID` for `shopId`.
fn argument(part: &str) -> String {
    let mut name = String::new();
    for c in part.chars() {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

impl Show {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let identity = self.identity.identity()?;
        let database = app.database().await?;
        let record = invoices::record(database, &identity).await?;
        if self.request {
            let is_erased = record.is_erased();
            anyhow::ensure!(!is_erased, "the request of {identity} was erased");
            return print(record.request.as_bytes());
        }
        if self.xml {
            let is_erased = record.documents_erased_at.is_some();
            anyhow::ensure!(!is_erased, "the document of {identity} was erased");
            let xml = issued_xml(app.storage().await?, &record).await?;
            let xml =
                xml.with_context(|| format!("the document of {identity} has no e-invoice"))?;
            return print(&xml);
        }
        let letters = invoices::letters_of(database, &record).await?;
        let mut out = BufWriter::new(output::stream());
        match self.form.format() {
            Format::Table => write_record(&mut out, &identity, &record, &letters)?,
            Format::Json => {
                let Letters { own, moved_to } = letters;
                json::write_pretty(&mut out, &InvoiceRecord::new(&record, &own, moved_to)?)?;
            }
        }
        Ok(out.flush()?)
    }
}

/// Byte for byte, for a file.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = output::stream();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// For people.
fn write_record(
    out: &mut impl Write,
    identity: &InvoiceIdentity,
    row: &Model,
    letters: &Letters,
) -> io::Result<()> {
    let status = match row.status {
        Status::Generated => "generated",
        Status::Failed => "failed",
    };
    writeln!(out, "invoice {identity}, {status}")?;
    let template = |name: &String| match &row.template_version {
        Some(version) => format!("{name}@{version}"),
        None => name.clone(),
    };
    let numbers = letters.own.iter().map(|letter| letter.id.to_string());
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    let moved_to = letters.moved_to.as_ref().map(|moved| {
        let MovedInvoice {
            marketplace,
            dead_letter,
        } = moved;
        format!("{marketplace}, by an edit of dead letter {dead_letter}")
    });
    let retries = FailedAttempt::of_record(row).into_iter();
    let retries = retries.map(|attempt| format!("{}, {}", attempt.code, seconds(attempt.at)));
    let retries = retries.collect::<Vec<_>>().join("\n");
    for (name, value) in [
        ("error", row.error_code.clone()),
        ("detail", row.error_detail.clone()),
        ("moved to", moved_to),
        ("dead letters", Some(numbers).filter(|it| !it.is_empty())),
        ("document", row.document_type.clone()),
        ("number", row.number.clone()),
        ("url", row.file_path.clone()),
        ("sha256", row.sha256.clone()),
        ("size", row.size_bytes.map(|size| format!("{size} bytes"))),
        ("pages", row.pages.map(|pages| pages.to_string())),
        ("template", row.template_name.as_ref().map(template)),
        ("e-invoice", row.e_invoice_profile.clone()),
        ("rules", row.e_invoice_rules.clone()),
        ("xml", row.xml_url.clone()),
        ("xml sha256", row.xml_sha256.clone()),
        ("message id", row.message_id.clone()),
        ("trace id", row.trace_id.clone()),
        ("received", row.received_at.map(seconds)),
        ("retried for", Some(retries).filter(|it| !it.is_empty())),
        ("attempts", Some(row.attempts.to_string())),
        ("recorded", Some(seconds(row.created_at))),
        ("generated", row.generated_at.map(seconds)),
        (
            "erased",
            row.erased_at.filter(|_| row.is_erased()).map(seconds),
        ),
        ("document erased", row.documents_erased_at.map(seconds)),
    ] {
        if let Some(value) = value {
            let value = harmless(&value).replace('\n', "\n                ");
            writeln!(out, "  {name:12}  {value}")?;
        }
    }
    let title = if row.is_erased() {
        "what was kept of the request"
    } else {
        "request"
    };
    writeln!(out, "\n{title}")?;
    for line in content(row.request.as_bytes()).lines() {
        writeln!(out, "  {}", harmless(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use invoice::identity::PARTS;

    #[test]
    fn each_part_of_the_identity_is_an_argument() {
        let command = IdentityArgs::augment_args(clap::Command::new("show"));
        let names = command.get_positionals().map(|argument| {
            let names = argument.get_value_names().unwrap_or_default();
            names.first().map(ToString::to_string).unwrap_or_default()
        });
        assert_eq!(names.collect::<Vec<_>>(), PARTS.map(argument));
    }

    #[test]
    fn a_wrong_part_is_named_as_its_argument() {
        let arguments = IdentityArgs {
            platform: "tiktok".into(),
            shop_id: "a/b".into(),
            order_id: "1".into(),
            package_id: "1".into(),
            sequence_number: "1".into(),
        };
        let error = arguments.identity().expect_err("a slash").to_string();
        assert!(
            error.starts_with("SHOP_ID has a character at place 2"),
            "{error}"
        );
    }
}
