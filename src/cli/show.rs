//! `show`: the record of an invoice.

use std::io::Write as _;

use clap::Args;

use super::error::WrongUsage;
use crate::app::App;
use crate::contract::InvoiceRecord;
use crate::invoices;
use crate::output;
use invoice::InvoiceIdentity;
use invoice::identity::refuse_part;

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
        let part = |name: &str, value: &str| match refuse_part(value) {
            Some(reason) => Err(WrongUsage(format!("{name} {reason}"))),
            None if value.is_empty() => Err(WrongUsage(format!("{name} must not be empty"))),
            None => Ok(value.to_owned()),
        };
        Ok(InvoiceIdentity {
            platform: part("PLATFORM", &self.platform)?,
            shop_id: part("SHOP_ID", &self.shop_id)?,
            order_id: part("ORDER_ID", &self.order_id)?,
            package_id: part("PACKAGE_ID", &self.package_id)?,
            sequence_number: part("SEQUENCE_NUMBER", &self.sequence_number)?,
        })
    }
}

impl Show {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let identity = self.identity.identity()?;
        let record = invoices::record(app.database().await?, &identity).await?;
        let record = serde_json::to_string_pretty(&InvoiceRecord::from(&record))?;
        Ok(writeln!(output::stream(), "{record}")?)
    }
}
