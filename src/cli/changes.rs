//! `changes`

use clap::Args;
use clap::builder::PossibleValuesParser;
use time::OffsetDateTime;

use super::listing::{Form, Listing};
use super::moment::moment;
use super::table::{DETAIL_CHARS, seconds};
use crate::app::App;
use crate::config::within;
use crate::contract::ChangeResource;
use crate::database::change::Model;
use crate::database::{ChangeAction, ChangeFilter};
use crate::text::one_line;

/// List what people changed, the newest first.
#[derive(Debug, Args)]
pub struct Changes {
    /// How many; 0 lists all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = within(0..=u64::MAX))]
    limit: u64,
    #[command(flatten)]
    form: Form,
    /// By this person: user@host
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Of this kind
    #[arg(long, value_name = "ACTION", value_parser = actions())]
    action: Option<String>,
    /// Of this target, for example "dead-letter 12" or "replay 3"; 12 is every target with that number
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Made at this time or later: RFC 3339, a day, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Made at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
}

const HEADING: [&str; 7] = ["ID", "AT", "ACTOR", "ACTION", "TARGET", "COUNTS", "REASON"];

const EMPTY: &str = "no changes";

impl Changes {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let database = app.database().await?;
        let filter = ChangeFilter {
            actor: self.actor.clone(),
            action: self.action.clone(),
            target: self.target.clone(),
            since: self.since,
            until: self.until,
        };
        let read = async |cursor, limit| database.changes(&filter, cursor, limit).await;
        Listing::new(self.form.format(), HEADING)
            .pages(
                self.limit,
                read,
                columns,
                ChangeResource::from,
                async || Ok(EMPTY.to_owned()),
            )
            .await
    }
}

fn columns(row: &Model) -> [String; 7] {
    let counts = row.counts().into_iter();
    let counts: Vec<String> = counts
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    [
        row.id.to_string(),
        seconds(row.at),
        one_line(&row.actor, DETAIL_CHARS),
        one_line(&row.action, DETAIL_CHARS),
        one_line(&row.target, DETAIL_CHARS),
        one_line(&counts.join(", "), DETAIL_CHARS),
        one_line(row.reason.as_deref().unwrap_or("-"), DETAIL_CHARS),
    ]
}

fn actions() -> PossibleValuesParser {
    PossibleValuesParser::new(ChangeAction::ALL.iter().map(|action| action.as_str()))
}
