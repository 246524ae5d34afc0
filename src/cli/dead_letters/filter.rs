//! Filters of dead letters.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use time::OffsetDateTime;

use super::super::error::WrongUsage;
use super::super::moment::moment;
use crate::config::within;
use crate::database::dead_letters::{Frozen, Selection};
use crate::database::{Database, DeadLetterStatus};
use crate::dead_letters::{BROKER, SelectionError, Targets, check_names};
use crate::output;
use crate::processor::failure::Stage;

/// Filters; all given ones have to match.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Filters (all given ones have to match)")]
pub(super) struct Filter {
    /// With this code; several separated by commas
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    code: Vec<String>,
    /// That failed in this stage; several separated by commas
    #[arg(long, value_name = "STAGE", value_delimiter = ',', value_parser = stages())]
    stage: Vec<String>,
    /// Of this marketplace platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// Of this shop
    #[arg(long, value_name = "SHOP_ID")]
    shop: Option<String>,
    /// Of this order, also one that it had until an edit
    #[arg(long, value_name = "ORDER_ID")]
    order: Option<String>,
    /// With this sequence number
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<String>,
    /// With this message id
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    /// With these words in the detail or in the request, the last of which may be the beginning of one; compressed requests are not
    /// searched
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// That failed last at this time or later: RFC 3339, a day, or how long ago, like 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// That failed last at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
    /// Whose request was edited, and maybe not replayed yet
    #[arg(long)]
    edited: bool,
    /// In this state [default: open]
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<StatusFilter>,
}

/// A state, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFilter {
    Open,
    Replayed,
    Discarded,
    All,
}

impl Filter {
    /// Whether one is given that is not always there.
    pub(super) fn is_given(&self) -> bool {
        self.selection()
            != Selection {
                status: Some(DeadLetterStatus::Open),
                ..Selection::default()
            }
    }

    /// The selection, whose names exist.
    pub(super) async fn checked(&self, database: &Database) -> anyhow::Result<Selection> {
        let selection = self.selection();
        match check_names(database, &selection).await {
            Err(error @ (SelectionError::Blank(_) | SelectionError::UnknownName(_))) => {
                Err(WrongUsage(error.to_string()).into())
            }
            other => Ok(other.map(|()| selection)?),
        }
    }

    /// The same with these numbers, which are meant in every state unless one is given.
    pub(super) async fn of_numbers(
        &self,
        database: &Database,
        ids: &[i64],
    ) -> anyhow::Result<Selection> {
        let mut selection = self.checked(database).await?;
        if !ids.is_empty() {
            selection.ids = ids.to_vec();
            if self.status.is_none() {
                selection.status = None;
            }
        }
        Ok(selection)
    }

    fn selection(&self) -> Selection {
        Selection {
            ids: Vec::new(),
            codes: self.code.clone(),
            stages: self.stage.clone(),
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            sequence_number: self.sequence.clone(),
            message_id: self.message_id.clone(),
            text: self.text.clone(),
            detail_rule: None,
            detail_pointer: None,
            exchange: None,
            since: self.since,
            until: self.until,
            status: match self.status.unwrap_or(StatusFilter::Open) {
                StatusFilter::Open => Some(DeadLetterStatus::Open),
                StatusFilter::Replayed => Some(DeadLetterStatus::Replayed),
                StatusFilter::Discarded => Some(DeadLetterStatus::Discarded),
                StatusFilter::All => None,
            },
            max_id: None,
            repair: None,
            edited: self.edited,
        }
    }
}

/// Which dead letters a command changes: the choice has to be made on purpose.
#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    /// Numbers of dead letters, as `list` shows them
    #[arg(value_name = "ID", value_parser = within(1..=i64::MAX))]
    pub(super) ids: Vec<i64>,
    /// All in the state that --status names
    #[arg(long, conflicts_with = "ids")]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) filter: Filter,
}

impl TargetArgs {
    /// The dead letters that are selected now. Says how many of the given numbers are not among them.
    pub(super) async fn freeze(&self, database: &Database) -> anyhow::Result<Frozen> {
        let targets = Targets {
            selection: Selection {
                ids: self.ids.clone(),
                ..self.filter.selection()
            },
            all: self.all,
        };
        let frozen = match targets.freeze(database).await {
            Err(
                error @ (SelectionError::Empty
                | SelectionError::Blank(_)
                | SelectionError::TooMany(_)
                | SelectionError::TooManyNames(_)
                | SelectionError::UnknownName(_)),
            ) => {
                return Err(WrongUsage(error.to_string()).into());
            }
            other => other?,
        };
        if let Some(why) = targets.why_nothing(database, &frozen).await? {
            anyhow::bail!(why);
        }
        for line in targets.left_out(database, &frozen).await? {
            output::note(line);
        }
        Ok(frozen)
    }
}

/// The stages of a worker, and the broker.
fn stages() -> PossibleValuesParser {
    let ours = Stage::ALL.iter().map(|stage| stage.as_str());
    PossibleValuesParser::new(ours.chain([BROKER]))
}

/// Why something is changed.
pub(crate) fn reason(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("must not be empty: the reason is kept with the dead letter")
    } else {
        Ok(text.to_owned())
    }
}
