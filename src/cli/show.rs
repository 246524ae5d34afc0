//! `show`: the record of an invoice.

use clap::Args;

use super::error::WrongUsage;
use crate::app::App;
use crate::contract::InvoiceRecord;
use crate::invoices;
use crate::output::{self, json};
use invoice::InvoiceIdentity;

/// Show the record of an invoice as JSON.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    identity: IdentityArgs,
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
        let record = invoices::record(app.database().await?, &identity).await?;
        let record = InvoiceRecord::try_from(&record)?;
        Ok(json::write_pretty(&mut output::stream(), &record)?)
    }
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
