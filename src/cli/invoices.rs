//! `invoices`: finding records.

use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer, ser};
use time::OffsetDateTime;

use super::error::WrongUsage;
use super::listing::{Form, Listing, PATIENCE};
use super::moment::moment;
use super::table::{DETAIL_CHARS, seconds};
use crate::app::App;
use crate::config::within;
use crate::contract::InvoiceSummary;
use crate::database::sales_invoice::Model;
use crate::database::{InvoiceFilter, Status};
use crate::text::one_line;

/// List the records of invoices, the newest first.
#[derive(Debug, Args)]
pub struct Invoices {
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    filter: Filter,
}

/// Filters; all given ones have to match.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (all given ones have to match)")]
struct Filter {
    /// Whose order, package or number begins with this text, or whose buyer's name has these words, the last of which may be the
    /// beginning of one
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop
    #[arg(long, value_name = "SHOP_ID")]
    shop: Option<String>,
    /// Of this order
    #[arg(long, value_name = "ORDER_ID")]
    order: Option<String>,
    /// Of this package
    #[arg(long, value_name = "PACKAGE_ID")]
    package: Option<String>,
    /// With this sequence number
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<String>,
    /// With this number on the document
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// In this state
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<StatusFilter>,
    /// First recorded at this time or later: RFC 3339, a day, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// First recorded before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatusFilter {
    Generated,
    Failed,
}

const HEADING: [&str; 8] = [
    "PLATFORM", "SHOP", "ORDER", "PACKAGE", "SEQUENCE", "STATUS", "NUMBER", "RECORDED",
];

const EMPTY: &str = "no record matches";

impl Invoices {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let filter = self.filter.filter()?;
        let database = app.database().await?;
        let read = async |cursor, limit| {
            let page = database.invoices(&filter, cursor, limit, Some(PATIENCE));
            page.await
        };
        Listing::new(self.form.format(), HEADING)
            .pages(self.limit, read, columns, Item, async || {
                Ok(EMPTY.to_owned())
            })
            .await
    }
}

impl Filter {
    fn filter(&self) -> Result<InvoiceFilter, WrongUsage> {
        for (name, value) in [
            ("text", &self.text),
            ("platform", &self.platform),
            ("shop", &self.shop),
            ("order", &self.order),
            ("package", &self.package),
            ("sequence", &self.sequence),
            ("number", &self.number),
        ] {
            // An empty variable of a script would otherwise list other records than were meant.
            if value.as_deref().is_some_and(|it| it.trim().is_empty()) {
                return Err(WrongUsage(format!(
                    "the filter {name} is blank, expected a value"
                )));
            }
        }
        Ok(InvoiceFilter {
            text: self.text.clone(),
            without_names: false,
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            package_id: self.package.clone(),
            sequence_number: self.sequence.clone(),
            number: self.number.clone(),
            status: self.status.map(|status| match status {
                StatusFilter::Generated => Status::Generated,
                StatusFilter::Failed => Status::Failed,
            }),
            since: self.since,
            until: self.until,
            shops: None,
        })
    }
}

fn columns(row: &Model) -> [String; 8] {
    let cell = |text: &str| one_line(text, DETAIL_CHARS);
    let status = match row.status {
        Status::Generated => "generated",
        Status::Failed => row.error_code.as_deref().unwrap_or("failed"),
    };
    [
        cell(&row.platform),
        cell(&row.shop_id),
        cell(&row.order_id),
        cell(&row.package_id),
        cell(&row.sequence_number),
        cell(status),
        cell(row.number.as_deref().unwrap_or("-")),
        seconds(row.created_at),
    ]
}

/// A record, as programs read it.
struct Item(Model);

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let summary = InvoiceSummary::try_from(&self.0).map_err(ser::Error::custom)?;
        summary.serialize(serializer)
    }
}
