//! Which dead letters: as parameters of a list, and in the body of a change.

use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::scan::searched;
use crate::database::dead_letters::{Frozen, Selection};
use crate::database::{Database, DeadLetterStatus};
use crate::dead_letters::{SelectionError, Targets, check_names};
use crate::http::api::Api;
use crate::http::failures::{database, searching};
use crate::http::problem::{Code, Problem};
use crate::http::query::moment;

/// Longest reason, in characters.
const REASON_MAX: usize = 1_000;

/// Why something is changed: not blank.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 1000, pattern = r"\S")]
pub(crate) struct Reason(pub(crate) String);

impl TryFrom<String> for Reason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() || text.chars().count() > REASON_MAX {
            let problem = "reason is blank or too long";
            return Err(format!("{problem}, expected 1 to {REASON_MAX} characters"));
        }
        Ok(Self(text))
    }
}

/// A state of dead letters, or any.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusFilter {
    #[default]
    Open,
    Replayed,
    Discarded,
    All,
}

impl StatusFilter {
    fn status(self) -> Option<DeadLetterStatus> {
        match self {
            Self::Open => Some(DeadLetterStatus::Open),
            Self::Replayed => Some(DeadLetterStatus::Replayed),
            Self::Discarded => Some(DeadLetterStatus::Discarded),
            Self::All => None,
        }
    }
}

/// Which dead letters are listed or grouped. All given filters have to match.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLetterQuery {
    /// With this code; several separated by commas.
    code: Option<String>,
    /// That failed in this stage; several separated by commas.
    stage: Option<String>,
    /// Of this marketplace platform.
    platform: Option<String>,
    /// Of this shop.
    shop: Option<String>,
    /// Of this order, also one that it had until an edit.
    order: Option<String>,
    /// With this sequence number.
    sequence: Option<String>,
    /// With this message id.
    #[serde(rename = "messageId")]
    message_id: Option<String>,
    /// With all words of this text in the detail or in the values of the request, whatever the case of letters. The last one may be the
    /// beginning of a word, and a hyphen is part of one: `ORD-2026-0001`. Requests that are compressed are not searched.
    text: Option<String>,
    /// That failed last at this moment or later (RFC 3339).
    #[param(format = DateTime)]
    since: Option<String>,
    /// That failed last at this moment or earlier (RFC 3339).
    #[param(format = DateTime)]
    until: Option<String>,
    /// Only those whose request was edited.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    edited: bool,
    /// In this state.
    #[serde(default)]
    #[param(inline)]
    status: StatusFilter,
}

impl DeadLetterQuery {
    /// The selection, whose names exist.
    pub(crate) async fn checked(&self, database: &Database) -> Result<Selection, Problem> {
        let selection = self.selection()?;
        match check_names(database, &selection).await {
            Ok(()) => Ok(selection),
            Err(error @ (SelectionError::Blank(_) | SelectionError::UnknownName(_))) => {
                Err(Problem::new(Code::ParameterInvalid, error.to_string()))
            }
            Err(error) => Err(self::selection(error)),
        }
    }

    fn selection(&self) -> Result<Selection, Problem> {
        let several = |text: &Option<String>| -> Vec<String> {
            let words = text.iter().flat_map(|text| text.split(','));
            words.map(|word| word.trim().to_owned()).collect()
        };
        let moment = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| moment(name, text)).transpose()
        };
        Ok(Selection {
            codes: several(&self.code),
            stages: several(&self.stage),
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            order_id: self.order.clone(),
            sequence_number: self.sequence.clone(),
            message_id: self.message_id.clone(),
            text: self.text.clone(),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            status: self.status.status(),
            edited: self.edited,
            ..Selection::default()
        })
    }
}

/// Which dead letters are changed. The choice has to be made on purpose: numbers, a filter, or all.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TargetsBody {
    /// These numbers.
    #[serde(default)]
    ids: Vec<i64>,
    /// All in the given state.
    #[serde(default)]
    all: bool,
    /// With one of these codes.
    #[serde(default)]
    codes: Vec<String>,
    /// That failed in one of these stages.
    #[serde(default)]
    stages: Vec<String>,
    /// Of this marketplace platform.
    platform: Option<String>,
    /// Of this shop.
    shop_id: Option<String>,
    /// Of this order, also one that it had until an edit.
    order_id: Option<String>,
    /// With this sequence number.
    sequence_number: Option<String>,
    /// With this message id.
    message_id: Option<String>,
    /// With all words of this text in the detail or in the values of the request, whatever the case of letters. The last one may be the
    /// beginning of a word, and a hyphen is part of one: `ORD-2026-0001`. Requests that are compressed are not searched.
    text: Option<String>,
    /// That failed last at this moment or later.
    #[serde(default, with = "time::serde::rfc3339::option")]
    since: Option<OffsetDateTime>,
    /// That failed last at this moment or earlier.
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
    /// Only those whose request was edited.
    #[serde(default)]
    edited: bool,
    /// In this state.
    #[serde(default)]
    #[schema(inline)]
    status: StatusFilter,
}

impl TargetsBody {
    /// The dead letters that are selected now.
    pub(crate) async fn freeze(&self, api: &Api) -> Result<Frozen, Problem> {
        freeze(api, &self.targets()).await
    }

    /// Why none is selected, or which of the given numbers the filters leave out.
    pub(crate) async fn reasons(&self, api: &Api, frozen: &Frozen) -> Result<Vec<String>, Problem> {
        reasons(api, &self.targets(), frozen).await
    }

    fn targets(&self) -> Targets {
        Targets {
            selection: Selection {
                ids: self.ids.clone(),
                codes: self.codes.clone(),
                stages: self.stages.clone(),
                platform: self.platform.clone(),
                shop_id: self.shop_id.clone(),
                order_id: self.order_id.clone(),
                sequence_number: self.sequence_number.clone(),
                message_id: self.message_id.clone(),
                text: self.text.clone(),
                since: self.since,
                until: self.until,
                status: self.status.status(),
                edited: self.edited,
                ..Selection::default()
            },
            all: self.all,
        }
    }
}

/// The dead letters that are selected now.
pub(crate) async fn freeze(api: &Api, targets: &Targets) -> Result<Frozen, Problem> {
    let text = targets.selection.text.as_deref();
    let frozen = searched(api, text, targets.freeze(&api.database)).await?;
    frozen.map_err(|error| match error {
        SelectionError::Database(error) => searching(&error, text),
        error @ (SelectionError::Unknown(_)
        | SelectionError::Empty
        | SelectionError::Blank(_)
        | SelectionError::TooMany(_)
        | SelectionError::TooManyNames(_)
        | SelectionError::UnknownName(_)) => selection(error),
    })
}

/// Why none is selected, or which of the given numbers the filters leave out.
pub(crate) async fn reasons(
    api: &Api,
    targets: &Targets,
    frozen: &Frozen,
) -> Result<Vec<String>, Problem> {
    let text = targets.selection.text.as_deref();
    let reasons = targets.reasons(&api.database, frozen);
    let reasons = searched(api, text, reasons).await?;
    reasons.map_err(|error| database(&error))
}

pub(crate) fn unknown(id: i64) -> Problem {
    Problem::new(Code::NotFound, format!("there is no dead letter {id}"))
}

/// Why nothing was selected, as the client reads it.
fn selection(error: SelectionError) -> Problem {
    match error {
        SelectionError::Unknown(id) => unknown(id),
        SelectionError::Database(error) => database(&error),
        SelectionError::Empty => {
            let detail = "targets selects nothing: give ids, a filter, or all";
            Problem::new(Code::BodyInvalid, detail)
        }
        error @ (SelectionError::Blank(_)
        | SelectionError::TooMany(_)
        | SelectionError::TooManyNames(_)
        | SelectionError::UnknownName(_)) => Problem::new(Code::BodyInvalid, error.to_string()),
    }
}
