//! Texts of errors.

use crate::text::one_line;

/// Longest cause of the client's own, in characters.
const CAUSE_MAX: usize = 300;

/// How the client begins a text about a call that it has not sent.
const NOT_SENT: &str = "dispatch failure: other: ";

/// Status and S3's error code, which is empty where the answer had no body.
pub(super) fn answer(status: &u16, code: &str) -> String {
    format!("{status} {code}").trim_end().to_owned()
}

/// The right that S3 says is missing, which may be one of KMS: `... is not authorized to perform: kms:Decrypt on resource: ...`.
/// The rest of the message names users and keys.
pub(super) fn denied(message: Option<&str>) -> Option<&str> {
    let (_, rest) = message?.split_once("not authorized to perform: ")?;
    let right = rest.split(' ').next()?;
    let (service, action) = right.split_once(':')?;
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric());
    (is_word(service) && is_word(action)).then_some(right)
}

/// Why there are no keys. The client lists all that it has tried, line by line; what was not set up is no cause. Where one
/// source is set up and fails, its text alone comes.
pub(super) fn without_keys(text: &str) -> String {
    let text = text.strip_prefix(NOT_SENT).unwrap_or(text);
    let failed: Vec<&str> = if text.contains("no credentials found in chain") {
        let tried = text.lines().skip(1).map(str::trim);
        tried
            .filter(|attempt| !attempt.contains("provider was not enabled"))
            .collect()
    } else {
        vec![text]
    };
    let mut cause = "no keys: AWS_ACCESS_KEY_ID is not set, and no profile, role or token of this machine gives any"
        .to_owned();
    if !failed.is_empty() {
        cause.push_str(": ");
        cause.push_str(&one_line(&failed.join("; "), CAUSE_MAX));
    }
    cause
}

/// An error with its causes in words: the SDK's own display prints its structures.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    // Each wrapper repeats the text of its source.
    texts.dedup_by(|cause, wrapper| wrapper.contains(cause.as_str()));
    let is_layer = |text: &String| LAYERS.contains(&text.as_str());
    let layers = texts.iter().take_while(|text| is_layer(text)).count();
    // The names of layers are left out if a cause follows them.
    texts.drain(..layers.min(texts.len().saturating_sub(1)));
    texts.join(": ")
}

/// Messages of the SDK and its HTTP client that only name the layer in which the error occurred.
const LAYERS: [&str; 4] = [
    "dispatch failure",
    "io error",
    "client error (Connect)",
    "error trying to connect",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_shown_without_the_layers_above_it() {
        #[derive(Debug, thiserror::Error)]
        #[error("{text}")]
        struct Layer {
            text: &'static str,
            source: Option<Box<Layer>>,
        }
        let layers = |texts: &[&'static str]| {
            let wrap = |source, text: &&'static str| Some(Box::new(Layer { text, source }));
            chain(&texts.iter().rev().fold(None, wrap).expect("a layer"))
        };
        let refused = "tcp connect error: Connection refused (os error 111)";
        for (texts, expected) in [
            (
                ["dispatch failure", "client error (Connect)", refused].as_slice(),
                refused,
            ),
            (["dispatch failure", "io error"].as_slice(), "io error"),
            (["timeout", "io error"].as_slice(), "timeout: io error"),
        ] {
            assert_eq!(layers(texts), expected);
        }
    }

    #[test]
    fn the_right_that_s3_names_is_taken_from_its_message() {
        let user = "User: arn:aws:iam::111122223333:user/worker is not authorized to perform: ";
        for (rest, right) in [
            (
                "kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:111122223333:key/1 because",
                Some("kms:GenerateDataKey"),
            ),
            (
                "s3:PutObjectTagging on resource: \"arn\"",
                Some("s3:PutObjectTagging"),
            ),
            ("s3:PutObject", Some("s3:PutObject")),
            ("something else", None),
            ("", None),
        ] {
            assert_eq!(denied(Some(&format!("{user}{rest}"))), right, "{rest}");
        }
        assert_eq!(denied(Some("Access Denied")), None);
        assert_eq!(denied(None), None);
    }
}
