//! `/dead-letters`: by their cause, and as a list.

mod actions;
mod edit;
mod history;
mod letter;
mod view;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use time::OffsetDateTime;

pub(super) use self::actions::{confirm_discard, discard, discard_one, replay_one};
pub(super) use self::edit::{edit, form, preview};
pub(super) use self::history::{edit as show_edit, edits};
pub(super) use self::letter::open as show_letter;

use super::filter::Filter;
use super::layout::{Layout, Section};
use super::visitor::Visitor;
use super::{answer, show};
use crate::contract::{DeadLetterGroup, DeadLetterSummary};
use crate::database::Listed;
use crate::http::api::Api;
use crate::http::auth::AllShopsLooker;
use crate::http::dead_letters::{GROUPED, counted, listed};
use crate::http::masked;
use crate::http::page::Paged;
use crate::http::problem::Problem;
use crate::{dead_letters, text};

/// Where they are.
pub(super) const PATH: &str = "/dead-letters";

/// The states that can be chosen, with their names.
const STATES: [(&str, &str); 4] = [
    ("open", "Open"),
    ("replayed", "Replayed"),
    ("discarded", "Discarded"),
    ("all", "All"),
];

/// Longest detail in a list, in characters.
const DETAIL_CHARS: usize = 200;

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage {
    page: Layout,
    filter: Filter,
    states: [(&'static str, &'static str); 4],
    /// Of the page without a filter.
    groups: Option<Vec<Group>>,
    items: Vec<DeadLetterSummary>,
    next: Option<String>,
    /// Where the page has ended before it was full.
    searched_to: Option<OffsetDateTime>,
    is_first: bool,
    /// Actions on everything that matches.
    replay: String,
    discard: String,
    repair: Option<String>,
}

/// Dead letters with the same cause.
struct Group {
    group: DeadLetterGroup,
    /// Its list.
    letters: String,
    /// The page that makes a repair for it.
    repair: String,
}

/// The groups, or the dead letters that match the filter.
pub(super) async fn list(
    State(api): State<Api>,
    visitor: Visitor,
    AllShopsLooker(_caller): AllShopsLooker,
    paged: Paged<Filter>,
) -> Result<Response, Problem> {
    let filter = &paged.filter;
    let selection = if visitor.may_read() {
        filter.selection(&api).await?
    } else {
        filter.masked_selection(&api).await?
    };
    let is_start = filter.is_empty() && paged.cursor.is_none();
    let (groups, list) = if is_start {
        let groups = dead_letters::groups(&api.database, &selection, GROUPED);
        let groups = counted(&api, groups).await?.into_iter();
        let groups = groups.map(|group| Group::new(group, visitor.may_read()));
        (Some(groups.collect()), Listed::default())
    } else {
        (None, listed(&api, &selection, &paged).await?)
    };
    let items = list.items.into_iter().map(|letter| {
        let mut summary = letter.summary;
        if !visitor.may_read() {
            summary = masked::summary(summary);
        }
        summary.detail = text::one_line(&summary.detail, DETAIL_CHARS);
        DeadLetterSummary::new(summary, letter.outcome)
    });
    let is_of_one_code = shown_code(filter).is_some();
    answer::page(&LettersPage {
        page: Layout::new(&visitor, Section::DeadLetters, "Dead letters"),
        states: STATES,
        groups,
        items: items.collect(),
        next: list.next.map(|cursor| paged.next(&cursor)),
        searched_to: list.searched_to,
        is_first: paged.cursor.is_none(),
        replay: filter.address("/replays/new"),
        discard: filter.address("/dead-letters/discard"),
        repair: is_of_one_code.then(|| repair(&filter.code, &filter.rule, &filter.pointer)),
        filter: filter.clone(),
    })
}

/// The code of a filter with one.
fn shown_code(filter: &Filter) -> Option<&str> {
    Some(filter.code.trim()).filter(|code| !code.is_empty() && !code.contains(','))
}

/// The page that makes a repair for the dead letters of a cause.
fn repair(code: &str, rule: &str, pointer: &str) -> String {
    let cause = Filter {
        code: code.to_owned(),
        rule: rule.to_owned(),
        pointer: pointer.to_owned(),
        ..Filter::default()
    };
    cause.address("/repairs/new")
}

impl Group {
    fn new(mut group: DeadLetterGroup, is_read: bool) -> Self {
        let (pointer, rule) = cause(&group.detail);
        let (pointer, rule) = (pointer.unwrap_or_default(), rule.unwrap_or_default());
        let repair = repair(&group.code, rule, pointer);
        let filter = Filter {
            code: group.code.clone(),
            stage: group.stage.clone(),
            rule: rule.to_owned(),
            pointer: pointer.to_owned(),
            status: group.status.to_owned(),
            ..Filter::default()
        };
        let letters = filter.address(PATH);
        if !is_read {
            group.detail = masked::detail(&group.detail);
        }
        Self {
            group,
            letters,
            repair,
        }
    }
}

/// The pointer that a detail begins with, and the rule that it ends with.
fn cause(detail: &str) -> (Option<&str>, Option<&str>) {
    let (pointer, rest) = match detail.split_once(": ") {
        Some((pointer, rest)) if pointer.starts_with('/') => (Some(pointer), rest),
        Some(_) | None => (None, detail),
    };
    let rule = rest
        .rsplit_once('(')
        .and_then(|(_, rule)| rule.strip_suffix(')'));
    let is_rule = |rule: &&str| {
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        rule.contains('-') && rule.chars().all(is_part)
    };
    (pointer, rule.filter(is_rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_has_its_pointer_and_its_rule() {
        for (detail, pointer, rule) in [
            (
                "/lines/#/netAmount: is #, must be # (BR-CO-15)",
                Some("/lines/#/netAmount"),
                Some("BR-CO-15"),
            ),
            ("/totals/gross: is wrong", Some("/totals/gross"), None),
            ("the body is not JSON (EOF)", None, None),
            ("main.typ:#: unknown (x)", None, None),
            ("", None, None),
        ] {
            assert_eq!(cause(detail), (pointer, rule), "{detail}");
        }
    }
}
