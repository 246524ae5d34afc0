//! What is wrong with a field of a request, as events, dead letters and the API say it.

use invoice::Problem;
use serde::{Deserialize, Serialize};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestProblem {
    /// Where: a JSON pointer (RFC 6901) into the request; empty for the whole body.
    pub pointer: String,
    /// The stable code.
    pub code: String,
    /// The rule that is broken, where a standard names one (`BR-CO-15` of EN 16931).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What is wrong and what was expected.
    pub detail: String,
}

/// Longest list in a header of a dead letter and in a record, in bytes.
const LIST_MAX: usize = 8 << 10;

/// Longest pointer and longest text of an entry that would not fit otherwise, in bytes. Each byte may take six in JSON.
const CUT: usize = LIST_MAX / 16;

impl RequestProblem {
    /// A list of these.
    pub fn list(problems: &[Problem]) -> Vec<Self> {
        problems.iter().map(Self::from).collect()
    }

    /// The first of these as JSON, as many as fit into what a dead letter and a record have; none where there are none. A first
    /// one that does not fit is cut.
    pub fn bounded_json(problems: &[Problem]) -> Option<String> {
        let mut json = String::new();
        for problem in problems.iter().map(Self::from) {
            let mut entry = serde_json::to_string(&problem).ok()?;
            // With the bracket or the comma before it, and the bracket at the end.
            if json.len() + entry.len() + 2 > LIST_MAX {
                if !json.is_empty() {
                    break;
                }
                entry = serde_json::to_string(&problem.cut()).ok()?;
            }
            json.push(if json.is_empty() { '[' } else { ',' });
            json.push_str(&entry);
        }
        if json.is_empty() {
            return None;
        }
        json.push(']');
        Some(json)
    }

    /// The same with a shorter text, and a pointer to what the place is part of.
    fn cut(mut self) -> Self {
        if self.pointer.len() > CUT {
            let pointer = shortened(&self.pointer, CUT);
            // A part of a name is the name of something else.
            let end = pointer.rfind('/').unwrap_or_default();
            self.pointer = pointer[..end].to_owned();
        }
        if self.detail.len() > CUT {
            self.detail = format!("{}...", shortened(&self.detail, CUT));
        }
        self
    }

    /// A list that a dead letter has. Any program can write a header, so one that is no list is none.
    pub fn read(json: Option<&str>) -> Vec<Self> {
        let list = json.map(serde_json::from_str);
        list.and_then(Result::ok).unwrap_or_default()
    }
}

impl From<&Problem> for RequestProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            pointer: problem.pointer.clone(),
            code: problem.code.as_str().to_owned(),
            rule: problem.rule.map(ToOwned::to_owned),
            detail: problem.message.clone(),
        }
    }
}

/// The beginning of a text, with at most so many bytes.
fn shortened(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use invoice::FailureCode;

    use super::*;

    #[test]
    fn a_bounded_list_has_as_many_as_fit() {
        let problem = |length: usize| Problem {
            code: FailureCode::FieldMissing,
            pointer: "/a".into(),
            rule: Some("BR-01"),
            message: "m".repeat(length),
        };
        assert_eq!(RequestProblem::bounded_json(&[]), None);
        for length in [1, 100, 1_000, 5_000] {
            let many = vec![problem(length); 1_000];
            let json = RequestProblem::bounded_json(&many).expect("some fit");
            let read: Vec<RequestProblem> = serde_json::from_str(&json).expect("a whole list");
            assert_eq!(read, RequestProblem::list(&many[..read.len()]));
            let entry = serde_json::to_string(&read[0]).expect("JSON").len() + 1;
            // One more would not fit.
            let fits = LIST_MAX - entry..=LIST_MAX;
            assert!(
                fits.contains(&(json.len() + 1)) || json.len() == LIST_MAX,
                "{}",
                json.len()
            );
        }
    }

    #[test]
    fn a_first_problem_that_does_not_fit_is_cut() {
        let problem = |pointer: &str, message: &str| Problem {
            code: FailureCode::FieldMissing,
            pointer: pointer.into(),
            rule: None,
            message: message.into(),
        };
        let name = "ü".repeat(LIST_MAX);
        for (pointer, message, expected) in [
            ("/a/b".to_owned(), "m".repeat(LIST_MAX), "/a/b"),
            ("/a/b".to_owned(), "\u{1}".repeat(LIST_MAX), "/a/b"),
            (format!("/a/b/{name}"), name.clone(), "/a/b"),
            (format!("/{name}"), "short".to_owned(), ""),
        ] {
            let problems = [problem(&pointer, &message), problem("/c", "no room")];
            let json = RequestProblem::bounded_json(&problems).expect("one");
            assert!(json.len() <= LIST_MAX, "{}", json.len());
            let read = RequestProblem::read(Some(&json));
            assert_eq!(
                (read[0].pointer.as_str(), read[0].code.as_str()),
                (expected, "field_missing")
            );
            let kept = read[0].detail.trim_end_matches("...");
            assert!(!kept.is_empty() && message.starts_with(kept));
        }
    }
}
