//! Values of the settings of objects.

use invoice::model::DocumentType;

/// Longest name and value of a tag, in characters, as S3 has it.
const TAG_NAME_MAX: usize = 128;
const TAG_VALUE_MAX: usize = 256;

/// Longest value of a header. S3 has eight kilobytes for all of them.
const HEADER_MAX: usize = 256;

/// S3 keeps nothing locked for longer than a hundred years from the upload; issue dates may be in the future.
const YEARS_MAX: u8 = 70;

/// A tag of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectTag {
    /// Its name.
    pub name: String,
    /// Its value, with placeholders.
    pub value: String,
}

impl ObjectTag {
    /// The type of the document, like `credit-note`.
    pub const DOCUMENT_TYPE: &'static str = "{documentType}";
    /// The year of its issue date.
    pub const ISSUE_YEAR: &'static str = "{issueYear}";
}

/// For how many years a document type is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionYears {
    /// The type; none stands for all that are not named.
    pub document_type: Option<DocumentType>,
    /// Whole years after the calendar year of the issue date.
    pub years: u8,
}

pub(super) fn tag(text: &str) -> Result<ObjectTag, String> {
    let expected = || {
        format!(
            "must be NAME=VALUE pairs, separated by commas, like department=billing,type={}",
            ObjectTag::DOCUMENT_TYPE
        )
    };
    let (name, value) = text.split_once('=').ok_or_else(expected)?;
    if name.is_empty() {
        return Err(expected());
    }
    let rest = value
        .replace(ObjectTag::DOCUMENT_TYPE, "")
        .replace(ObjectTag::ISSUE_YEAR, "");
    if rest.contains(['{', '}']) {
        return Err(format!(
            "must have no other placeholders than {} and {}",
            ObjectTag::DOCUMENT_TYPE,
            ObjectTag::ISSUE_YEAR
        ));
    }
    let is_allowed =
        |letter: char| letter.is_alphanumeric() || letter == ' ' || "+-=._:/@".contains(letter);
    if !name.chars().chain(rest.chars()).all(is_allowed) {
        return Err(
            "must have letters, digits, spaces and + - = . _ : / @ only, as S3 has it".into(),
        );
    }
    if name.starts_with("aws:") {
        return Err("must not have names that start with aws:, which belong to AWS".into());
    }
    // A document type is longer than its placeholder.
    let longest = DocumentType::ALL.map(|it| it.as_str().len());
    let longest = longest.into_iter().max().unwrap_or_default();
    let value_length = rest.chars().count()
        + value.matches(ObjectTag::DOCUMENT_TYPE).count() * longest
        + value.matches(ObjectTag::ISSUE_YEAR).count() * 4;
    if name.chars().count() > TAG_NAME_MAX || value_length > TAG_VALUE_MAX {
        return Err(format!(
            "must have names of at most {TAG_NAME_MAX} and values of at most {TAG_VALUE_MAX} characters"
        ));
    }
    Ok(ObjectTag {
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

pub(super) fn years(text: &str) -> Result<RetentionYears, String> {
    let (name, years) = match text.split_once('=') {
        Some((name, years)) => (Some(name), years),
        None => (None, text),
    };
    let document_type = match name {
        None => None,
        Some(name) => Some(DocumentType::from_name(name).ok_or_else(|| {
            let known = DocumentType::ALL.map(DocumentType::as_str).join(", ");
            format!("must name document types, which are {known}, like 10,receipt=6")
        })?),
    };
    match years.parse() {
        Ok(years) if (1..=YEARS_MAX).contains(&years) => Ok(RetentionYears {
            document_type,
            years,
        }),
        Ok(_) | Err(_) => Err(format!(
            "must be years from 1 to {YEARS_MAX}, for all document types or for those that are named, like 10,receipt=6"
        )),
    }
}

pub(super) fn kms_key(text: &str) -> Result<String, String> {
    if (1..=2_048).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("must be the id, the ARN or the alias of a key of KMS, like alias/invoices".into())
    }
}

pub(super) fn header_value(text: &str) -> Result<String, String> {
    let is_visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let is_bare = text.trim() == text && !text.is_empty();
    if is_bare && text.len() <= HEADER_MAX && text.bytes().all(is_visible) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "must be directives in at most {HEADER_MAX} letters of ASCII, like private, max-age=86400"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_what_s3_takes() {
        for text in [
            "department=billing",
            "a=",
            "a=b=c",
            "Größe=1 + 2",
            "type={documentType}/{issueYear}",
        ] {
            let tag = tag(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(format!("{}={}", tag.name, tag.value), text);
        }
        for (text, words) in [
            ("", "NAME=VALUE"),
            ("department", "NAME=VALUE"),
            ("=b", "NAME=VALUE"),
            ("a=b;c", "+ - = ."),
            ("a=b\n", "+ - = ."),
            ("a={shop}", "{documentType} and {issueYear}"),
            ("{documentType}=b", "+ - = ."),
            ("aws:a=b", "belong to AWS"),
            (&*format!("a={}", "b".repeat(257)), "256"),
            (&*format!("a={}{{documentType}}", "b".repeat(240)), "256"),
            (&*format!("{}=b", "a".repeat(129)), "128"),
        ] {
            let problem = tag(text).expect_err(text);
            assert!(problem.contains(words), "{text}: {problem}");
        }
    }

    #[test]
    fn years_are_for_all_types_or_for_one() {
        let all = years("10").expect("valid");
        assert_eq!((all.document_type, all.years), (None, 10));
        let one = years("credit-note=6").expect("valid");
        assert_eq!(one.document_type, Some(DocumentType::CreditNote));
        for text in [
            "",
            "0",
            "71",
            "-1",
            "ten",
            "receipt",
            "receipt=",
            "bill=6",
            "creditNote=6",
        ] {
            assert!(years(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_header_cannot_be_split() {
        assert!(header_value("private, max-age=86400").is_ok());
        for text in ["", " ", "a ", "a\r\nb: c", "ä", &*"a".repeat(257)] {
            assert!(header_value(text).is_err(), "{text:?}");
        }
    }
}
