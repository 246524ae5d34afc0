//! JSON for people: one line a value, with the lines marked at which something is wrong.

use serde_json::Value;

use super::indent::indent;
use crate::contract::RequestProblem;

/// Longest text of a value that is shown whole, in characters. Attached files are longer.
const LONGEST: usize = 300;

/// Lines that are shown. Of those behind them only the marked ones are.
const MOST: usize = 1_000;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line as it is, with its indent.
    pub text: String,
    /// What is wrong with the value in it; empty where nothing is.
    pub why: Vec<String>,
    /// The places of these in the list of problems, for links to this line.
    pub places: Vec<usize>,
}

impl Line {
    /// What is wrong with the value in it, each with its place in the list of problems.
    pub fn marks(&self) -> impl Iterator<Item = (&String, &usize)> {
        self.why.iter().zip(&self.places)
    }
}

/// The lines of a request, with its problems at their pointers. A field that is missing is marked at the object that
/// lacks it.
pub fn lines(request: &Value, problems: &[RequestProblem]) -> Vec<Line> {
    let marks: Vec<_> = problems
        .iter()
        .enumerate()
        .map(|(place, problem)| Mark {
            at: existing(request, &problem.pointer),
            why: why(problem),
            place,
        })
        .collect();
    let mut writer = Writer {
        marks: &marks,
        pointer: String::new(),
        lines: Vec::new(),
        count: 0,
        left_out: 0,
    };
    writer.write(request, None, 0, "");
    writer.lines.extend(gap(writer.left_out));
    writer.lines
}

/// The pointer, or that of the nearest value around it that there is.
fn existing<'a>(request: &Value, pointer: &'a str) -> &'a str {
    let mut pointer = pointer;
    while !pointer.is_empty() && request.pointer(pointer).is_none() {
        pointer = pointer.rsplit_once('/').map_or("", |(around, _)| around);
    }
    pointer
}

fn why(problem: &RequestProblem) -> String {
    let rule = problem.rule.as_ref().map(|rule| format!(" ({rule})"));
    let rule = rule.unwrap_or_default();
    format!("{} {}{rule}", problem.pointer, problem.detail)
}

/// A problem at the pointer of a value.
struct Mark<'a> {
    at: &'a str,
    why: String,
    place: usize,
}

/// Writes lines. Text is made of those only that are shown: of a small request that is deep, all lines together are large.
struct Writer<'a> {
    marks: &'a [Mark<'a>],
    /// Where it is.
    pointer: String,
    /// The lines that are shown.
    lines: Vec<Line>,
    /// Lines so far.
    count: usize,
    /// Those that are not shown, since the last one that is.
    left_out: usize,
}

impl Writer<'_> {
    /// Writes a value after its name, and `end` behind it.
    fn write(&mut self, value: &Value, name: Option<&str>, depth: usize, end: &str) {
        let named = |text: &str| match name {
            Some(name) => format!("{}: {text}{end}", Value::from(name)),
            None => format!("{text}{end}"),
        };
        let (open, close, count) = match value {
            Value::Object(members) => ("{", "}", members.len()),
            Value::Array(items) => ("[", "]", items.len()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return self.line(depth, || named(&short(value)));
            }
        };
        if count == 0 {
            return self.line(depth, || named(&format!("{open}{close}")));
        }
        self.line(depth, || match name {
            Some(name) => format!("{}: {open}", Value::from(name)),
            None => open.to_owned(),
        });
        let end_of = |index: usize| if index + 1 < count { "," } else { "" };
        match value {
            Value::Object(members) => {
                for (index, (name, member)) in members.iter().enumerate() {
                    let step = name.replace('~', "~0").replace('/', "~1");
                    self.below(&step, member, Some(name), depth, end_of(index));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(&index.to_string(), item, None, depth, end_of(index));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.push(Vec::new(), Vec::new(), depth, || format!("{close}{end}"));
    }

    /// Writes a member or an item, which is a step below.
    fn below(&mut self, step: &str, value: &Value, name: Option<&str>, depth: usize, end: &str) {
        let around = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(step);
        self.write(value, name, depth + 1, end);
        self.pointer.truncate(around);
    }

    /// A line of the value at the pointer.
    fn line(&mut self, depth: usize, text: impl FnOnce() -> String) {
        let marks = self.marks.iter().filter(|mark| mark.at == self.pointer);
        let why = marks.clone().map(|mark| mark.why.clone()).collect();
        let places = marks.map(|mark| mark.place).collect();
        self.push(why, places, depth, text);
    }

    /// Shows a line if it is one of the first, or marked.
    fn push(
        &mut self,
        why: Vec<String>,
        places: Vec<usize>,
        depth: usize,
        text: impl FnOnce() -> String,
    ) {
        self.count += 1;
        if self.count > MOST && why.is_empty() {
            self.left_out += 1;
            return;
        }
        self.lines.extend(gap(std::mem::take(&mut self.left_out)));
        let text = format!("{}{}", indent(depth), text());
        self.lines.push(Line { text, why, places });
    }
}

/// A value as JSON; a long text with its beginning only.
fn short(value: &Value) -> String {
    let Some(text) = value.as_str() else {
        return value.to_string();
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            let count = text.chars().count();
            format!("{} … ({count} characters)", Value::from(&text[..end]))
        }
        None => value.to_string(),
    }
}

fn gap(left_out: usize) -> Option<Line> {
    (left_out > 0).then(|| Line {
        text: format!("… {left_out} more lines"),
        why: Vec::new(),
        places: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(pointer: &str) -> RequestProblem {
        RequestProblem {
            pointer: pointer.to_owned(),
            code: "field_missing".to_owned(),
            rule: Some("BR-01".to_owned()),
            detail: "is missing".to_owned(),
        }
    }

    fn texts(lines: &[Line]) -> String {
        let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n")
    }

    #[test]
    fn lines_are_indented_json() {
        let request = json!({ "a/b": [1, { "c~": "\"<" }], "empty": {}, "none": null, "list": [] });
        let lines = lines(&request, &[]);
        let expected = serde_json::to_string_pretty(&request).expect("JSON");
        assert_eq!(texts(&lines), expected);
        assert!(lines.iter().all(|line| line.why.is_empty()));
    }

    #[test]
    fn a_problem_is_at_its_pointer_or_at_the_nearest_value_around_it() {
        let request = json!({ "a/b": [{ "c~": 1 }], "d": {} });
        for (pointer, expected) in [
            ("/a~1b/0/c~0", "      \"c~\": 1"),
            ("/a~1b/0/missing/deep", "    {"),
            ("/a~1b/7", "  \"a/b\": ["),
            ("/d/e", "  \"d\": {}"),
            ("/e", "{"),
            ("", "{"),
        ] {
            let lines = lines(&request, &[problem(pointer)]);
            let marked: Vec<_> = lines.iter().filter(|line| !line.why.is_empty()).collect();
            assert_eq!(marked.len(), 1, "{pointer}");
            assert_eq!(marked[0].text, expected, "{pointer}");
            let why = format!("{pointer} is missing (BR-01)");
            assert_eq!((&marked[0].why, &marked[0].places), (&vec![why], &vec![0]));
        }
    }

    #[test]
    fn what_is_deep_needs_no_more_than_its_first_lines() {
        let deep = format!(
            "{}{}1{}",
            "[".repeat(120),
            "1,".repeat(50_000),
            "]".repeat(120)
        );
        let request: Value = serde_json::from_str(&deep).expect("JSON");
        let lines = lines(&request, &[]);
        assert_eq!(lines.len(), MOST + 1);
        let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
        assert!(bytes < MOST * 80, "{bytes}");
        assert_eq!(lines[MOST].text, "… 49241 more lines");
        assert_eq!(lines[110].text, format!("{}[", indent(32)));
    }

    #[test]
    fn what_is_long_is_shortened_and_marks_stay() {
        let long = "é".repeat(LONGEST + 1);
        let items: Vec<usize> = (0..5_000).collect();
        let request = json!({ "items": items, "long": long });
        let lines = lines(&request, &[problem("/items/4000")]);
        assert!(lines.len() < MOST + 10, "{}", lines.len());
        assert!(texts(&lines).contains("    4000,\n… "), "{}", texts(&lines));
        assert!(lines.iter().any(|line| line.why.len() == 1));
        let last = super::lines(&json!({ "long": long }), &[]);
        assert!(
            last[1].text.ends_with("é\" … (301 characters)"),
            "{:?}",
            last[1]
        );
    }
}
