//! Which dead letters a page is about: the same filters as those of the API, as fields of a form and in addresses.

use serde::Deserialize;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::given;
use crate::database::DeadLetterStatus;
use crate::database::dead_letters::{Frozen, Selection};
use crate::dead_letters::Targets;
use crate::http::api::Api;
use crate::http::dead_letters::{DeadLetterQuery, freeze, reasons};
use crate::http::problem::{Code, Problem};
use crate::http::query::parse;
use crate::moment;

/// The fields of a filter; an empty one is not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Filter {
    /// Codes, separated by commas.
    pub(crate) code: String,
    /// Stages, separated by commas.
    pub(crate) stage: String,
    /// A rule that is broken. Details name it, so it is one of the words that are looked for; so are those of the pointer.
    pub(crate) rule: String,
    /// A JSON pointer into the request; `#` stands for any number.
    pub(crate) pointer: String,
    pub(crate) platform: String,
    pub(crate) shop: String,
    pub(crate) order: String,
    pub(crate) sequence: String,
    pub(crate) message_id: String,
    /// Words of the detail or of the request.
    pub(crate) text: String,
    pub(crate) since: String,
    pub(crate) until: String,
    pub(crate) status: String,
}

/// The dead letters that an action is about, frozen.
pub(crate) struct Chosen {
    pub(crate) frozen: Frozen,
    /// Why there is none.
    pub(crate) reasons: Vec<String>,
}

impl Filter {
    /// The fields by their names in addresses.
    fn fields(&self) -> [(&'static str, &str); 13] {
        [
            ("code", &self.code),
            ("stage", &self.stage),
            ("rule", &self.rule),
            ("pointer", &self.pointer),
            ("platform", &self.platform),
            ("shop", &self.shop),
            ("order", &self.order),
            ("sequence", &self.sequence),
            ("messageId", &self.message_id),
            ("text", &self.text),
            ("since", &self.since),
            ("until", &self.until),
            ("status", &self.status),
        ]
    }

    fn filled(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = self.fields().into_iter();
        fields.filter_map(|(name, text)| Some((name, given::filled(text)?)))
    }

    /// Whether nothing is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.filled().next().is_none()
    }

    /// The address of a page about the same dead letters.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.filled());
        match query.finish() {
            none if none.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// The fields in words, for a page that is about what they select.
    pub(crate) fn described(&self) -> Vec<(&'static str, String)> {
        let fields = self.filled();
        fields.map(|(name, text)| (name, text.to_owned())).collect()
    }

    /// The same filter, that matches nothing that fails after this moment.
    pub(crate) fn as_of(&self, until: Option<OffsetDateTime>) -> Self {
        let until = until.map(moment::text);
        Self {
            until: until.unwrap_or_else(|| self.until.clone()),
            ..self.clone()
        }
    }

    /// The selection, whose names exist.
    pub(crate) async fn selection(&self, api: &Api) -> Result<Selection, Problem> {
        self.query()?.checked(&api.database).await
    }

    /// The selection of a visitor who may not read requests. A search for words would find masked values, so that there is none: a
    /// rule and a pointer are looked for in the detail only, at the places where it has them.
    pub(crate) async fn masked_selection(&self, api: &Api) -> Result<Selection, Problem> {
        if given::filled(&self.text).is_some() {
            let detail = "text is looked for in requests, which needs the role `read`";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        let rule = given::filled(&self.rule).map(|rule| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
            named("rule", rule, rule.chars().all(is_part))
        });
        let pointer = given::filled(&self.pointer).map(|pointer| {
            let is_pointer = pointer.starts_with('/') && !pointer.contains([' ', '"']);
            named("pointer", pointer, is_pointer)
        });
        let others = Self {
            rule: String::new(),
            pointer: String::new(),
            ..self.clone()
        };
        let selection = others.selection(api).await?;
        Ok(Selection {
            detail_rule: rule.transpose()?,
            detail_pointer: pointer.transpose()?,
            ..selection
        })
    }

    /// The parameters of the API that select the same.
    fn query(&self) -> Result<DeadLetterQuery, Problem> {
        let words: Vec<&str> = [&self.rule, &self.pointer, &self.text]
            .into_iter()
            .filter_map(|text| given::filled(text))
            .collect();
        let words = words.join(" ");
        let (since, until) = (given::since(&self.since), given::until(&self.until));
        let others = self.filled().filter_map(|(name, text)| match name {
            "rule" | "pointer" | "text" => None,
            "since" => Some((name, since.as_str())),
            "until" => Some((name, until.as_str())),
            _ => Some((name, text)),
        });
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others);
        if !words.is_empty() {
            query.append_pair("text", &words);
        }
        parse(&query.finish())
    }

    /// The dead letters that match now. A filter without fields is all open ones: the page has shown their number before.
    pub(crate) async fn choose(&self, api: &Api) -> Result<Chosen, Problem> {
        Chosen::of(api, self.selection(api).await?).await
    }
}

/// The text of a field, if it has its form.
fn named(field: &str, text: &str, has_form: bool) -> Result<String, Problem> {
    if has_form {
        return Ok(text.to_owned());
    }
    let detail = format!("{field} is not the name of one, such as BR-CO-15 or /totals/gross");
    Err(Problem::new(Code::ParameterInvalid, detail))
}

impl Chosen {
    /// One dead letter, if it is in this state.
    pub(crate) async fn one(
        api: &Api,
        id: i64,
        status: Option<DeadLetterStatus>,
    ) -> Result<Self, Problem> {
        let selection = Selection {
            ids: vec![id],
            status,
            ..Selection::default()
        };
        Self::of(api, selection).await
    }

    async fn of(api: &Api, selection: Selection) -> Result<Self, Problem> {
        let targets = Targets {
            selection,
            all: true,
        };
        let frozen = freeze(api, &targets).await?;
        let reasons = reasons(api, &targets, &frozen).await?;
        Ok(Self { frozen, reasons })
    }

    /// What is to be changed.
    ///
    /// # Errors
    ///
    /// It is nothing.
    pub(crate) fn some(self) -> Result<Frozen, Problem> {
        match self.frozen.count {
            0 => Err(Problem::new(Code::StateConflict, self.why_nothing())),
            _ => Ok(self.frozen),
        }
    }

    /// Why nothing is to be changed, in words.
    fn why_nothing(&self) -> String {
        match self.reasons.join("; ") {
            none if none.is_empty() => "no dead letter matches".to_owned(),
            reasons => reasons,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_not_given() {
        let filter: Filter = parse("code=&text=+&shop=a%26b&status=all").expect("a filter");
        assert!(!filter.is_empty());
        assert_eq!(
            filter.address("/dead-letters"),
            "/dead-letters?shop=a%26b&status=all"
        );
        let none: Filter = parse("code=&text=").expect("a filter");
        assert!(none.is_empty());
        assert_eq!(none.address("/replays/new"), "/replays/new");
        assert!(parse::<Filter>("code=a&kode=b").is_err());
    }

    #[test]
    fn a_rule_and_a_pointer_are_words_of_the_detail() {
        let filter: Filter =
            parse("rule=BR-CO-15&pointer=/totals/gross&text=shoe&until=2026-11-29")
                .expect("a filter");
        let query = format!("{:?}", filter.query().expect("a query"));
        assert!(
            query.contains(r#"text: Some("BR-CO-15 /totals/gross shoe")"#),
            "{query}"
        );
        assert!(
            query.contains(r#"until: Some("2026-11-29T23:59:59.999999Z")"#),
            "{query}"
        );
        let moment = time::macros::datetime!(2026-11-29 12:00:00.5 UTC);
        let frozen = filter.as_of(Some(moment));
        assert_eq!(frozen.until, "2026-11-29T12:00:00.500000Z");
    }
}
