//! The protocol between a worker and its renderer processes, over pipes.
//!
//! A renderer first receives the templates, and then one job after the other.
//!
//! A frame is two lengths (32 bits, little endian), a JSON header and a body. The header of a job lists the parts of its
//! body: the view, the facts and the files. The body of a reply is the PDF.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::diagnostic::Diagnostic;
use crate::files::Files;
use crate::job_file::JobFile;
use crate::mismatch::Mismatch;
use crate::order::Order;

/// The header of the frame with the templates, which is sent once, before the first job. The body is all files, one after
/// the other, but those that are part of the program, which the renderer has as well.
///
/// A renderer does not read the templates folder: a document is rendered with the files that the worker has read and whose
/// digest is recorded, also if the folder has changed meanwhile.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Load {
    /// The folders that are templates.
    pub(super) folders: Vec<String>,
    /// The paths of files that are part of the program.
    pub(super) shipped: Vec<String>,
    /// Paths and lengths, in the order of the body.
    lengths: Vec<(String, usize)>,
}

impl Load {
    /// Splits the body into the files that were sent.
    ///
    /// # Errors
    ///
    /// The body is not as long as the files.
    pub(super) fn files(&self, body: &[u8]) -> io::Result<Files> {
        let mut parts = Parts(body);
        let mut files = Files::new();
        for (path, length) in &self.lengths {
            files.insert(path.clone(), parts.next(*length)?.to_vec().into());
        }
        parts.end()?;
        Ok(files)
    }
}

/// Writes a [`Load`] frame without a second copy of all files.
pub(super) async fn write_load(
    stream: &mut (impl AsyncWrite + Unpin),
    folders: Vec<String>,
    files: &Files,
) -> io::Result<()> {
    let (shipped, sent): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|(_, content)| matches!(content, Cow::Borrowed(_)));
    let load = Load {
        folders,
        shipped: shipped.into_iter().map(|(path, _)| path.clone()).collect(),
        lengths: (sent.iter())
            .map(|(path, content)| ((*path).clone(), content.len()))
            .collect(),
    };
    let length = sent.iter().map(|(_, content)| content.len()).sum();
    stream.write_all(&head(&load, length)?).await?;
    for (_, content) in sent {
        stream.write_all(content).await?;
    }
    stream.flush().await
}

/// The header of a job: the parts of its body.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobHeader {
    pub(super) order: Order,
    view_bytes: usize,
    /// What the pages have to show.
    #[serde(default)]
    facts_bytes: usize,
    /// Paths and lengths, in the order of the body.
    files: Vec<(String, usize)>,
}

impl JobHeader {
    /// Splits the body into the view, the facts and the files.
    ///
    /// # Errors
    ///
    /// The body is not as long as its parts.
    pub(super) fn parts(&self, body: &[u8]) -> io::Result<JobParts> {
        let mut parts = Parts(body);
        let view = parts.next(self.view_bytes)?.to_vec();
        let facts = parts.next(self.facts_bytes)?.to_vec();
        let mut files = Vec::with_capacity(self.files.len());
        for (path, length) in &self.files {
            files.push(JobFile {
                path: path.clone(),
                bytes: parts.next(*length)?.to_vec(),
            });
        }
        parts.end()?;
        Ok(JobParts { view, facts, files })
    }
}

/// The parts of a job's body.
#[derive(Debug)]
pub(super) struct JobParts {
    pub(super) view: Vec<u8>,
    pub(super) facts: Vec<u8>,
    pub(super) files: Vec<JobFile>,
}

/// Writes a job in one buffer, so that the renderer at the other end of the pipe is woken once.
pub(super) async fn write_job(
    stream: &mut (impl AsyncWrite + Unpin),
    order: &Order,
    view: &[u8],
    facts: &[u8],
    files: &[JobFile],
) -> io::Result<()> {
    let header = JobHeader {
        order: order.clone(),
        view_bytes: view.len(),
        facts_bytes: facts.len(),
        files: files
            .iter()
            .map(|file| (file.path.clone(), file.bytes.len()))
            .collect(),
    };
    let length: usize = files.iter().map(|file| file.bytes.len()).sum();
    let mut frame = head(&header, view.len() + facts.len() + length)?;
    frame.extend_from_slice(view);
    frame.extend_from_slice(facts);
    for file in files {
        frame.extend_from_slice(&file.bytes);
    }
    stream.write_all(&frame).await?;
    stream.flush().await
}

/// What is left of a body while it is split.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn next(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length).ok_or_else(mismatch)?;
        self.0 = rest;
        Ok(part)
    }

    fn end(&self) -> io::Result<()> {
        self.0.is_empty().then_some(()).ok_or_else(mismatch)
    }
}

fn mismatch() -> io::Error {
    let problem = "the body of a frame is not as long as the parts that its header lists";
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// A reply of a renderer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The templates are loaded. It is sent once, before the first job.
    Ready,
    /// The document; the body is the PDF, and after it the picture where one was asked for.
    Pdf {
        pages: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture_bytes: Option<usize>,
        layout_us: u64,
        export_us: u64,
        warnings: Vec<Diagnostic>,
    },
    /// The template does not compile with this request.
    Failed { diagnostics: Vec<Diagnostic> },
    /// The pages do not show what the invoice has.
    ContentMismatch { mismatches: Vec<Mismatch> },
    /// The document has too many pages.
    PagesTooMany { pages: usize, limit: usize },
}

/// Largest frame that is read, so that a corrupt length does not allocate gigabytes.
const MAX_FRAME_BYTES: usize = 256 << 20;

fn lengths(prefix: [u8; 8]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = prefix;
    let header = u32::from_le_bytes([a, b, c, d]) as usize;
    let body = u32::from_le_bytes([e, f, g, h]) as usize;
    let bytes = header + body;
    if bytes > MAX_FRAME_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a frame has {bytes} bytes, expected at most {MAX_FRAME_BYTES}"),
        ));
    }
    Ok((header, body))
}

/// Prefix and header in one buffer; the body follows.
fn head(header: &impl Serialize, body_length: usize) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let length =
        |length: usize| u32::try_from(length).map_err(|_| io::Error::other("a frame is too long"));
    let mut head = Vec::with_capacity(8 + header.len());
    head.extend(length(header.len())?.to_le_bytes());
    head.extend(length(body_length)?.to_le_bytes());
    head.extend(header);
    Ok(head)
}

/// Reads a frame; `None` at the end of the stream.
pub(super) fn read<T: DeserializeOwned>(
    stream: &mut impl Read,
) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut prefix = [0; 8];
    match stream.read_exact(&mut prefix) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let (header_length, body_length) = lengths(prefix)?;
    let mut header = vec![0; header_length];
    stream.read_exact(&mut header)?;
    let mut body = vec![0; body_length];
    stream.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

/// Writes a frame and flushes it.
pub(super) fn write(
    stream: &mut impl Write,
    header: &impl Serialize,
    body: &[u8],
) -> io::Result<()> {
    let mut frame = head(header, body.len())?;
    frame.extend_from_slice(body);
    stream.write_all(&frame)?;
    stream.flush()
}

/// Reads a frame; an error at the end of the stream.
pub(super) async fn read_async<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<(T, Vec<u8>)> {
    let mut prefix = [0; 8];
    stream.read_exact(&mut prefix).await?;
    let (header_length, body_length) = lengths(prefix)?;
    let mut header = vec![0; header_length];
    stream.read_exact(&mut header).await?;
    let mut body = vec![0; body_length];
    stream.read_exact(&mut body).await?;
    Ok((serde_json::from_slice(&header)?, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{PageOrder, PictureSize};

    #[tokio::test]
    async fn a_job_arrives_as_it_was_sent() {
        let file = |path: &str, bytes: &[u8]| JobFile {
            path: path.into(),
            bytes: bytes.to_vec(),
        };
        let order = Order {
            template: "receipt".into(),
            logo: None,
            ident: "a/b".into(),
            may_be_one_page: true,
            picture: Some(PageOrder {
                page: 2,
                size: PictureSize::Inline,
            }),
        };
        let files = [file("/code", b"\0\xff"), file("/empty", b"")];
        let mut stream = Vec::new();
        let written = write_job(&mut stream, &order, b"{}", b"[]", &files).await;
        written.expect("written");
        let mut stream = stream.as_slice();
        let read_back = read::<JobHeader>(&mut stream).expect("read");
        let (header, body) = read_back.expect("a frame");
        assert_eq!(header.order, order);
        let parts = header.parts(&body).expect("its parts");
        assert_eq!((&*parts.view, &*parts.facts), (&b"{}"[..], &b"[]"[..]));
        assert_eq!(parts.files, files);
        assert!(read::<JobHeader>(&mut stream).expect("the end").is_none());
        // A body that is not what the header says.
        for other in [&body[..body.len() - 1], &[&body[..], b"x"].concat()] {
            assert!(header.parts(other).is_err());
        }
    }

    #[test]
    fn a_corrupt_length_is_refused_before_memory_is_taken() {
        assert!(read::<JobHeader>(&mut [0xff; 16].as_slice()).is_err());
    }
}
