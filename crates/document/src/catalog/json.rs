//! JSON files of a templates folder: their content, and the places of their members for errors.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::CatalogError;

/// The content of a JSON file.
///
/// # Errors
///
/// It is not JSON, has other content than expected, or has a member twice, of which one would vanish. The error has the place.
pub(super) fn parse<T: DeserializeOwned>(path: &str, content: &[u8]) -> Result<T, CatalogError> {
    let value = typed(path, content)?;
    let text = String::from_utf8_lossy(content);
    match twice(&members(&text)) {
        None => Ok(value),
        Some(member) => {
            let (line, column) = place(&text, member.key.start);
            Err(CatalogError::File {
                path: format!("{path}:{line}:{column}"),
                problem: format!("has {} twice, expected it once", &text[member.key.clone()]),
            })
        }
    }
}

/// The same without a look for members that are there twice.
///
/// # Errors
///
/// It is not JSON, or has other content than expected.
pub(super) fn typed<T: DeserializeOwned>(path: &str, content: &[u8]) -> Result<T, CatalogError> {
    if let Err(error) = std::str::from_utf8(content) {
        let text = String::from_utf8_lossy(&content[..error.valid_up_to()]);
        let (line, column) = place(&text, text.len());
        return Err(CatalogError::File {
            path: format!("{path}:{line}:{column}"),
            problem: "is not UTF-8, expected a file that is saved in this encoding".to_owned(),
        });
    }
    serde_json::from_slice(content).map_err(|error| CatalogError::File {
        path: match error.line() {
            0 => path.to_owned(),
            line => format!("{path}:{line}:{}", error.column().max(1)),
        },
        problem: problem(&error),
    })
}

/// What is wrong, without the place, in words for people who do not know the parser.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or(&text);
    match error.classify() {
        Category::Eof => "not JSON: the file ends too early, expected a closing brace".to_owned(),
        Category::Syntax if words == "expected `,` or `}`" => {
            "not JSON: a comma or a closing brace is missing before this place".to_owned()
        }
        Category::Syntax if words.starts_with("control character") => {
            "not JSON: a string has a line break, is its quotation mark missing?".to_owned()
        }
        Category::Syntax => format!("not JSON: {words}"),
        Category::Data | Category::Io => {
            let words = words.replace("invalid type: sequence", "is a list");
            let words = words.replace("invalid type: map", "is an object");
            let words = words.replace("invalid type: ", "is ");
            let words = words.replace("expected a sequence", "expected a list");
            let words = words.replace("unknown variant", "unknown name");
            match words.split_once("expected a map") {
                Some((before, after)) => format!("{before}expected an object{after}"),
                None => without_type(&words),
            }
        }
    }
}

/// Replaces the name of a type of this program, which says nothing to people.
fn without_type(words: &str) -> String {
    match words.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected an object"),
        None => words.to_owned(),
    }
}

/// A member of an object in a JSON text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its place in the document (RFC 6901).
    pub(crate) pointer: String,
    /// Its key in the text, with quotation marks.
    pub(crate) key: Range<usize>,
    /// Its value in the text.
    pub(crate) value: Range<usize>,
}

/// The members of all objects of a JSON text, which is valid.
pub(crate) fn members(text: &str) -> Vec<Member> {
    let mut scan = Scan {
        text: text.as_bytes(),
        at: 0,
        pointer: String::new(),
        members: Vec::new(),
    };
    scan.value();
    scan.members
}

/// The line and the column, from 1, of a place in a text. The column is in characters.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (line, before[start..].chars().count() + 1)
}

/// The segment of a pointer for a key.
pub(crate) fn segment(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The second of two members of one object that have the same key.
fn twice(members: &[Member]) -> Option<&Member> {
    let mut known = std::collections::HashSet::with_capacity(members.len());
    members
        .iter()
        .find(|member| !known.insert(&*member.pointer))
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    pointer: String,
    members: Vec<Member>,
}

impl Scan<'_> {
    fn next(&mut self) -> u8 {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Skips a value, and returns where it is.
    fn value(&mut self) -> Range<usize> {
        let first = self.next();
        let start = self.at;
        match first {
            b'{' => self.entries(b'}', |scan, _| scan.member()),
            b'[' => self.entries(b']', |scan, index| {
                let length = scan.pointer.len();
                scan.pointer += &format!("/{index}");
                scan.value();
                scan.pointer.truncate(length);
            }),
            b'"' => self.string(),
            _ => {
                let ends = |byte: &u8| b",]}".contains(byte) || byte.is_ascii_whitespace();
                let rest = &self.text[start.min(self.text.len())..];
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        start..self.at
    }

    fn entries(&mut self, end: u8, mut entry: impl FnMut(&mut Self, usize)) {
        self.at += 1;
        for index in 0.. {
            if self.next() == end || self.at >= self.text.len() {
                break;
            }
            entry(self, index);
            if self.next() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn member(&mut self) {
        let start = self.at;
        self.string();
        let key = start..self.at;
        if self.next() == b':' {
            self.at += 1;
        }
        let length = self.pointer.len();
        let name: String = serde_json::from_slice(&self.text[key.clone()]).unwrap_or_default();
        self.pointer += &segment(&name);
        let pointer = self.pointer.clone();
        let value = self.value();
        self.members.push(Member {
            pointer,
            key,
            value,
        });
        self.pointer.truncate(length);
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn members_are_found_with_their_pointer_key_and_value() {
        let text = "{\"a\": {\"b\\\"/\": [1, {\"ü\": \"x,}\"}]},\n \"d\":true , \"e\" : []}";
        let found: Vec<_> = (members(text).into_iter())
            .map(|member| {
                let (key, value) = (&text[member.key], &text[member.value]);
                (member.pointer, key, value)
            })
            .collect();
        let expected = [
            ("/a/b\"~1/1/ü", "\"ü\"", "\"x,}\""),
            ("/a/b\"~1", "\"b\\\"/\"", "[1, {\"ü\": \"x,}\"}]"),
            ("/a", "\"a\"", "{\"b\\\"/\": [1, {\"ü\": \"x,}\"}]}"),
            ("/d", "\"d\"", "true"),
            ("/e", "\"e\"", "[]"),
        ];
        let expected = expected.map(|(pointer, key, value)| (pointer.to_owned(), key, value));
        assert_eq!(found, expected);
        assert_eq!(place(text, text.find("\"d\"").expect("a key")), (2, 2));
        // Every member is where serde_json finds its value.
        let document: Value = serde_json::from_str(text).expect("JSON");
        for (pointer, _, value) in found {
            let value: Value = serde_json::from_str(value).expect("JSON");
            assert_eq!(document.pointer(&pointer), Some(&value), "{pointer}");
        }
    }

    #[test]
    fn an_error_has_the_place_and_plain_words() {
        for (content, expected) in [
            (
                "{\n  \"a\": \"A\"\n  \"b\": \"B\"\n}",
                "x.json:3:3: not JSON: a comma or a closing brace is missing before this place",
            ),
            (
                "{\"a\": \"A\"",
                "x.json:1:9: not JSON: the file ends too early, expected a closing brace",
            ),
            ("{\"a\": \"A\",}", "x.json:1:11: not JSON: trailing comma"),
            (
                "{\"a\": \"A\n\"}",
                "x.json:2:1: not JSON: a string has a line break, is its quotation mark missing?",
            ),
            (
                "{\"a\": \"A\",\n \"b\": \"B\", \"a\": \"C\"}",
                "x.json:2:12: has \"a\" twice, expected it once",
            ),
        ] {
            let error = parse::<Value>("x.json", content.as_bytes()).expect_err(content);
            assert_eq!(error.to_string(), expected);
        }
        // Latin-1, as some editors save it.
        let error = parse::<Value>("x.json", b"{\n  \"a\": \"F\xe4llig\"}").expect_err("no UTF-8");
        assert_eq!(
            error.to_string(),
            "x.json:2:10: is not UTF-8, expected a file that is saved in this encoding"
        );
        let error = parse::<Vec<String>>("x.json", b"\"lines\"").expect_err("no list");
        assert_eq!(
            error.to_string(),
            "x.json:1:7: is string \"lines\", expected a list"
        );
        let error = parse::<Map<String, Value>>("x.json", b"[]").expect_err("a list");
        assert_eq!(
            error.to_string(),
            "x.json:1:1: is a list, expected an object"
        );
        parse::<Value>("x.json", br#"[{"a": 1}, {"a": 1}]"#).expect("two objects");
    }
}
