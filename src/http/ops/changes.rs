//! `/changes`: who changed what, when and why.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, given, show};
use crate::contract::ChangeResource;
use crate::database::{ChangeAction, ChangeFilter};
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::changes::listed;
use crate::http::masked;
use crate::http::page::Paged;
use crate::http::problem::{Code, Problem};
use crate::http::query::moment;

/// Which changes; an empty field is not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    actor: String,
    action: String,
    target: String,
    since: String,
    until: String,
}

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    page: Layout,
    filter: Filter,
    actions: Vec<(&'static str, &'static str)>,
    items: Vec<Change>,
    next: Option<String>,
}

/// A change, with the page of what was changed.
struct Change {
    change: ChangeResource,
    path: Option<String>,
    counts: String,
}

/// The newest first.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    paged: Paged<Filter>,
) -> Result<Response, Problem> {
    let filter = paged.filter.clone();
    if !visitor.may_read() {
        filter.refuse_guesses()?;
    }
    let list = listed(&api, &filter.checked()?, &paged).await?;
    let items = list.items.into_iter();
    let items = items.map(|change| Change::new(change, visitor.may_read()));
    let actions = ChangeAction::ALL.map(|action| (action.as_str(), action.as_str()));
    answer::page(&ChangesPage {
        page: Layout::new(&visitor, Section::Changes, "Changes"),
        filter,
        actions: [("", "any")].into_iter().chain(actions).collect(),
        items: items.collect(),
        next: list.next_cursor.map(|cursor| paged.next(&cursor)),
    })
}

impl Filter {
    /// Refuses a target that is masked where it is shown: what is found would say that the guess is right.
    fn refuse_guesses(&self) -> Result<(), Problem> {
        if masked::target(&self.target) == self.target {
            return Ok(());
        }
        let detail =
            "target has a text that dead letters were searched for, which needs the role `read`";
        Err(Problem::new(Code::Forbidden, detail))
    }

    fn checked(&self) -> Result<ChangeFilter, Problem> {
        let text = |text: &str| given::filled(text).map(ToOwned::to_owned);
        let moment = |name, text: String| match given::filled(&text) {
            Some(text) => moment(name, text).map(Some),
            None => Ok(None),
        };
        Ok(ChangeFilter {
            actor: text(&self.actor),
            action: text(&self.action),
            target: text(&self.target),
            since: moment("since", given::since(&self.since))?,
            until: moment("until", given::until(&self.until))?,
        })
    }
}

impl Change {
    fn new(mut change: ChangeResource, is_read: bool) -> Self {
        let counts = change.counts.iter();
        let counts: Vec<String> = counts
            .map(|(name, count)| format!("{name} {}", show::count(count)))
            .collect();
        let path = path(&change.target);
        if !is_read {
            change.target = masked::target(&change.target);
            change.reason = masked::reason(change.reason);
        }
        Self {
            counts: counts.join(", "),
            path,
            change,
        }
    }
}

/// The page of a target such as `replay 3`.
fn path(target: &str) -> Option<String> {
    let (kind, number) = target.split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    let folder = match kind {
        "dead-letter" => "dead-letters",
        "replay" => "replays",
        "repair" => "repairs",
        "erasure" => "erasures",
        _ => return None,
    };
    Some(format!("/{folder}/{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_its_page() {
        for (target, expected) in [
            ("replay 3", Some("/replays/3")),
            ("dead-letter 12", Some("/dead-letters/12")),
            ("repair 1", Some("/repairs/1")),
            ("erasure 2", Some("/erasures/2")),
            ("erasure platform a", None),
            ("dead-letters with code a", None),
            ("replay <b>", None),
            ("", None),
        ] {
            assert_eq!(path(target).as_deref(), expected, "{target}");
        }
    }
}
