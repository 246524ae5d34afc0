//! Pages of a listing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::ListObjectsV2Input;
use s3s::{S3Result, s3_error};

use super::object::ObjectHeader;

/// S3 never lists more at once.
const MAX_KEYS: usize = 1000;

/// Which part of a bucket is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) prefix: String,
    /// Keys that are equal up to this text after the prefix are listed as one common prefix.
    delimiter: Option<String>,
    /// The keys after this one.
    start_after: Option<String>,
    /// The entries after this one, which ended the page before.
    resume_after: Option<String>,
    max_keys: usize,
}

/// One line of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Object(Box<ObjectHeader>),
    CommonPrefix(String),
}

/// What fits into one answer.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    pub(super) max_keys: usize,
    /// Asks for the next page; `None` on the last one.
    pub(super) next_token: Option<String>,
}

impl Query {
    pub(super) fn parse(input: &ListObjectsV2Input) -> S3Result<Query> {
        let max_keys = match input.max_keys {
            None => MAX_KEYS,
            Some(wanted) => usize::try_from(wanted)
                .map_err(|error| {
                    s3_error!(error, InvalidArgument, "max-keys must not be negative")
                })?
                .min(MAX_KEYS),
        };
        let resume_after = match input.continuation_token.as_deref() {
            None => None,
            Some(token) => Some(entry_name(token).ok_or_else(|| {
                s3_error!(
                    InvalidArgument,
                    "the continuation token is not one of this server"
                )
            })?),
        };
        Ok(Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input
                .delimiter
                .clone()
                .filter(|delimiter| !delimiter.is_empty()),
            start_after: input.start_after.clone(),
            resume_after,
            max_keys,
        })
    }

    /// How an object whose key starts with the prefix is listed.
    fn entry(&self, object: ObjectHeader) -> Entry {
        let delimiter = self.delimiter.as_deref().unwrap_or_default();
        match object.key[self.prefix.len()..].find(delimiter) {
            Some(at) if !delimiter.is_empty() => Entry::CommonPrefix(
                object.key[..self.prefix.len() + at + delimiter.len()].to_owned(),
            ),
            Some(_) | None => Entry::Object(Box::new(object)),
        }
    }
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Entry::Object(header) => &header.key,
            Entry::CommonPrefix(prefix) => prefix,
        }
    }
}

/// The page that `query` asks for out of all `objects` that have its prefix, which come sorted by key.
pub(super) fn page(objects: Vec<ObjectHeader>, query: &Query) -> Page {
    let mut entries: Vec<Entry> = Vec::new();
    let mut next_token = None;
    for object in objects {
        if query
            .start_after
            .as_ref()
            .is_some_and(|after| object.key <= *after)
        {
            continue;
        }
        let entry = query.entry(object);
        // The names of entries are sorted as the keys are, so those of one common prefix follow each other, and the
        // name of the last entry of a page is all that the next page has to know.
        if query
            .resume_after
            .as_deref()
            .is_some_and(|after| entry.name() <= after)
            || entries.last() == Some(&entry)
        {
            continue;
        }
        if entries.len() == query.max_keys {
            next_token = entries
                .last()
                .map(|last| URL_SAFE_NO_PAD.encode(last.name()));
            break;
        }
        entries.push(entry);
    }
    Page {
        entries,
        max_keys: query.max_keys,
        next_token,
    }
}

/// The inverse of the encoding in [`page`].
fn entry_name(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
