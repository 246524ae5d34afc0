//! Requests that are known: of a row, of a dead letter, or of a file of the order service.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use invoice::content::Form;
use invoice::envelope::Metadata;
use invoice::{Envelope, Invoice, InvoiceIdentity, Sha256Digest, content};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::broker::replayed::{ARCHIVED_MAX, Archived};
use crate::database::dead_letter::Model as DeadLetter;

/// A valid request.
pub(super) struct Known {
    pub(super) text: String,
    pub(super) digest: Sha256Digest,
    pub(super) identity: InvoiceIdentity,
    pub(super) invoice: Invoice,
    pub(super) message_id: Option<String>,
    /// Where it was found, in words.
    pub(super) source: String,
}

impl Known {
    /// None where it is not valid.
    pub(super) fn parse(
        request: &[u8],
        message_id: Option<String>,
        source: impl Into<String>,
    ) -> Option<Self> {
        // Limits may have been higher when it was accepted.
        let parsed = invoice::parse(request, usize::MAX).ok()?;
        Some(Self {
            text: std::str::from_utf8(request).ok()?.to_owned(),
            digest: parsed.digest,
            identity: parsed.identity?,
            invoice: parsed.invoice.ok()?,
            message_id,
            source: source.into(),
        })
    }

    pub(super) fn is(&self, identity: &InvoiceIdentity, digest: &str) -> bool {
        self.identity == *identity && self.digest.to_string() == digest
    }
}

/// The request of a dead letter, if it is valid.
pub(super) fn of_letter(letter: &DeadLetter) -> Option<Known> {
    let envelope = envelope_of(letter)?;
    let request = envelope.request(&letter.payload).ok()?;
    let source = format!("dead letter {}", letter.id);
    Known::parse(request, letter.message_id.clone(), source)
}

/// The digest of a dead letter's request, if that is JSON.
pub(super) fn digest_of_letter(letter: &DeadLetter) -> Option<String> {
    let envelope = envelope_of(letter)?;
    let request = envelope.request(&letter.payload).ok()?;
    let parsed = invoice::parse(request, usize::MAX).ok()?;
    Some(parsed.digest.to_string())
}

fn envelope_of(letter: &DeadLetter) -> Option<Envelope> {
    let archived = Archived {
        properties: &letter.properties,
        headers: &letter.headers,
    };
    archived.envelope(&letter.payload, ARCHIVED_MAX).ok()
}

/// Files of messages, one JSON object a line. They are read when they are opened, and stay where they are: in memory is
/// only where a request is, 24 bytes for each.
#[derive(Debug)]
pub struct RequestFiles {
    files: Vec<PathBuf>,
    /// The beginning of the digest, the number of the file and the place of the line; sorted.
    lines: Vec<(u64, u32, u64)>,
}

/// Why files of requests cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RequestFilesError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line is no message.
    #[error("{}, line {line}: not a JSON object, expected one message a line", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
}

/// The members by which the envelope of a message without properties is recognised.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    specversion: Option<IgnoredAny>,
    message_type: Option<IgnoredAny>,
    marketplace: Option<IgnoredAny>,
}

impl RequestFiles {
    /// Reads files, to know where each request is. A message that is no valid request is passed over.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or a line is not a JSON object.
    pub fn open(files: &[PathBuf]) -> Result<Self, RequestFilesError> {
        let mut lines = Vec::new();
        for (number, path) in (0..).zip(files) {
            let cannot_read = |error| RequestFilesError::Read {
                path: path.clone(),
                error,
            };
            let mut file = BufReader::new(File::open(path).map_err(cannot_read)?);
            let (mut place, mut line_number) = (0, 0);
            let mut line = Vec::new();
            loop {
                line.clear();
                let length = file.read_until(b'\n', &mut line).map_err(cannot_read)?;
                if length == 0 {
                    break;
                }
                line_number += 1;
                if !line.trim_ascii().is_empty() {
                    let message = message(line.trim_ascii()).ok_or(RequestFilesError::Line {
                        path: path.clone(),
                        line: line_number,
                    })?;
                    let digest = message.and_then(|request| {
                        let parsed = invoice::parse(&request, usize::MAX).ok()?;
                        Some(parsed.digest.to_string())
                    });
                    lines.extend(digest.map(|digest| (beginning(&digest), number, place)));
                }
                place += length as u64;
            }
        }
        lines.sort_unstable();
        Ok(Self {
            files: files.to_vec(),
            lines,
        })
    }

    /// The valid request with this digest.
    pub(super) fn find(&self, digest: &str) -> Option<Known> {
        let wanted = beginning(digest);
        let first = self.lines.partition_point(|(start, ..)| *start < wanted);
        let same = self.lines[first..].iter();
        same.take_while(|(start, ..)| *start == wanted)
            .filter_map(|(_, file, place)| {
                let path = self.files.get(usize::try_from(*file).ok()?)?;
                let line = line_at(path, *place).ok()?;
                let request = message(line.trim_ascii())??;
                Known::parse(&request, None, path.display().to_string())
            })
            .find(|known| known.digest.to_string() == digest)
    }
}

/// The request in a message; nothing where the line is no JSON object, and no request where its envelope has none.
fn message(line: &[u8]) -> Option<Option<Vec<u8>>> {
    let content = content::clean(line);
    let shape: Shape = serde_json::from_slice(&content).ok()?;
    let content_type = match shape {
        Shape {
            marketplace: Some(_),
            ..
        } => None,
        Shape {
            specversion: Some(_),
            ..
        } => Some(content::CLOUD_EVENT),
        Shape {
            message_type: Some(_),
            ..
        } => Some(content::MASS_TRANSIT),
        Shape { .. } => None,
    };
    let metadata = Metadata {
        form: Form {
            content_type,
            ..Form::default()
        },
        message_type: None,
        attribute: &|_| None,
        max_bytes: usize::MAX,
    };
    let envelope = Envelope::open(&metadata, &content);
    Some(envelope.request(&content).ok().map(<[u8]>::to_vec))
}

fn line_at(path: &Path, place: u64) -> io::Result<Vec<u8>> {
    let mut file = BufReader::new(File::open(path)?);
    file.seek(SeekFrom::Start(place))?;
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    Ok(line)
}

/// The first 64 bits of a digest in hexadecimal.
fn beginning(digest: &str) -> u64 {
    let start = digest.get(..16).unwrap_or_default();
    u64::from_str_radix(start, 16).unwrap_or(0)
}
