//! Which dead letters a repair is made for: a group by its cause, or any other selection, as the address has it.

use serde::Deserialize;

use crate::contract::DeadLetterGroup;
use crate::database::DeadLetterStatus;
use crate::database::dead_letters::Selection;
use crate::dead_letters::{self, Targets};
use crate::http::api::Api;
use crate::http::dead_letters::{GROUPED, counted};
use crate::http::problem::{Code, Problem};
use crate::http::query::moment;
use crate::repairs::Asked;

/// A selection of open dead letters. An empty field is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GroupQuery {
    /// With this code; several separated by commas.
    pub(super) code: String,
    /// With a problem that breaks this rule.
    pub(super) rule: String,
    /// With a problem at this pointer; `*` and `#` stand for any item of a list.
    pub(super) pointer: String,
    pub(super) stage: String,
    pub(super) platform: String,
    pub(super) shop: String,
    pub(super) order: String,
    pub(super) sequence: String,
    pub(super) message_id: String,
    /// With these words in the detail or in the request.
    pub(super) text: String,
    pub(super) since: String,
    pub(super) until: String,
    /// These numbers, separated by commas.
    pub(super) ids: String,
    /// `true` where all that are open are meant, unless a filter says otherwise.
    pub(super) all: String,
    /// The state, which a filter of dead letters has. Only open ones can be repaired.
    pub(super) status: String,
}

/// The open dead letters of a selection, by their causes.
pub(super) struct Found {
    /// How many.
    pub(super) count: u64,
    /// The largest groups.
    pub(super) groups: Vec<DeadLetterGroup>,
    /// How many groups there are beside these.
    pub(super) more: usize,
}

/// Groups that are shown.
const SHOWN: usize = 20;

impl GroupQuery {
    /// Whether nothing is selected.
    pub(super) fn is_empty(&self) -> bool {
        let nothing = Self {
            status: self.status.clone(),
            ..Self::default()
        };
        *self == nothing
    }

    /// The problem of the group, as proposals are asked for; none without a code, and with several.
    pub(super) fn asked(&self, value: Option<&str>) -> Option<Asked> {
        let code = given(&self.code).filter(|code| !code.contains(','))?;
        Some(Asked {
            code,
            rule: given(&self.rule),
            pointer: given(&self.pointer),
            value: value.map(ToOwned::to_owned),
        })
    }

    /// The open dead letters that are meant.
    pub(super) fn targets(&self) -> Result<Targets, Problem> {
        let ids = several(&self.ids).into_iter().map(|id| {
            let id = id.parse().ok().filter(|id: &i64| *id > 0);
            id.ok_or_else(|| {
                let detail = "ids has to be whole numbers from 1, separated by commas";
                Problem::new(Code::ParameterInvalid, detail)
            })
        });
        if !["", "open", "all"].contains(&self.status.as_str()) {
            let detail = "only open dead letters can be repaired";
            return Err(Problem::new(Code::ParameterInvalid, detail));
        }
        if !["", "true"].contains(&self.all.as_str()) {
            let detail = "all has to be true, or absent";
            return Err(Problem::new(Code::ParameterInvalid, detail));
        }
        let moment = |name: &str, text: &str| {
            let text = given(text);
            text.map(|text| moment(name, &text)).transpose()
        };
        let selection = Selection {
            ids: ids.collect::<Result<_, _>>()?,
            codes: several(&self.code),
            stages: several(&self.stage),
            platform: given(&self.platform),
            shop_id: given(&self.shop),
            order_id: given(&self.order),
            sequence_number: given(&self.sequence),
            message_id: given(&self.message_id),
            text: self.words(),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            status: Some(DeadLetterStatus::Open),
            ..Selection::default()
        };
        let all = self.all == "true";
        Ok(Targets { selection, all })
    }

    /// The words that are looked for. The detail of a dead letter has the rule and the pointer of each problem. Numbers in a
    /// pointer are those of items, which differ from letter to letter.
    fn words(&self) -> Option<String> {
        let is_name = |step: &&str| {
            !step.is_empty()
                && !["*", "#", "-"].contains(step)
                && !step.bytes().all(|byte| byte.is_ascii_digit())
        };
        let mut words: Vec<&str> = vec![self.rule.trim()];
        words.extend(self.pointer.trim().split('/').filter(is_name));
        words.push(self.text.trim());
        words.retain(|word| !word.is_empty());
        if words == [self.rule.trim()] {
            // The last word of a search may be the beginning of one, and BR-1 is not BR-10.
            words.push(self.rule.trim());
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The dead letters that are selected now.
    pub(super) async fn find(&self, api: &Api) -> Result<Option<Found>, Problem> {
        if self.is_empty() {
            return Ok(None);
        }
        let selection = self.targets()?.selection;
        let groups = dead_letters::groups(&api.database, &selection, GROUPED);
        let mut groups = counted(api, groups).await?;
        let count = groups.iter().map(|group| group.count).sum();
        let more = groups.len().saturating_sub(SHOWN);
        groups.truncate(SHOWN);
        Ok(Some(Found {
            count,
            groups,
            more,
        }))
    }
}

fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn several(text: &str) -> Vec<String> {
    text.split(',').filter_map(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(rule: &str, pointer: &str, text: &str) -> GroupQuery {
        GroupQuery {
            code: "e_invoice_invalid".to_owned(),
            rule: rule.to_owned(),
            pointer: pointer.to_owned(),
            text: text.to_owned(),
            ..GroupQuery::default()
        }
    }

    #[test]
    fn a_problem_is_looked_for_by_its_rule_and_the_names_in_its_pointer() {
        for (group, expected) in [
            (group("", "", ""), None),
            (group("BR-1", "", ""), Some("BR-1 BR-1")),
            (group("", "/totals", ""), Some("totals")),
            (
                group("BR-DE-7", "/seller/contact/email", ""),
                Some("BR-DE-7 seller contact email"),
            ),
            (
                group(" BR-CO-10 ", "/lines/*/tax/3/#/-/rate", " miller "),
                Some("BR-CO-10 lines tax rate miller"),
            ),
        ] {
            assert_eq!(group.words().as_deref(), expected);
        }
    }

    #[test]
    fn a_selection_is_of_open_dead_letters_and_made_on_purpose() {
        assert!(GroupQuery::default().is_empty());
        let several = GroupQuery {
            ids: "3, 5,".to_owned(),
            code: "a,b".to_owned(),
            ..GroupQuery::default()
        };
        let targets = several.targets().expect("a selection");
        assert_eq!(targets.selection.ids, [3, 5]);
        assert_eq!(targets.selection.codes, ["a", "b"]);
        assert_eq!(targets.selection.status, Some(DeadLetterStatus::Open));
        assert!(!targets.all && several.asked(None).is_none());
        let all = |all: &str| GroupQuery {
            all: all.to_owned(),
            ..GroupQuery::default()
        };
        assert!(!all("true").is_empty());
        assert!(all("true").targets().expect("a selection").all);
        assert!(all("yes").targets().is_err());
        for (status, is_possible) in [("", true), ("open", true), ("discarded", false)] {
            let group = GroupQuery {
                status: status.to_owned(),
                ..several.clone()
            };
            assert_eq!(group.targets().is_ok(), is_possible, "{status}");
        }
        for ids in ["x", "0", "1;2"] {
            let wrong = GroupQuery {
                ids: ids.to_owned(),
                ..GroupQuery::default()
            };
            assert!(wrong.targets().is_err(), "{ids}");
        }
    }
}
