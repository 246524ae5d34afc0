//! What a worker and its renderer processes say to each other over pipes.
//!
//! A renderer is sent the templates and then one order after the other.
//!
//! A frame is two lengths (32 bits, little endian), a JSON header and a body: towards the renderer an order and the
//! view, back a reply and the PDF.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::catalog::Catalog;
use super::error::Diagnostic;

/// Brings the templates; sent once, before the first order. The body is all files, one after the other.
///
/// A renderer gets what its worker has read and never reads itself: whatever happens to the folder meanwhile, a
/// document is set with the files whose digest is recorded.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Load {
    /// The folders that are templates.
    pub(super) folders: Vec<String>,
    /// Paths and lengths, in the order of the body.
    lengths: Vec<(String, usize)>,
}

impl Load {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let folders = catalog.templates().map(|template| template.folder.clone());
        let lengths = catalog.files().iter();
        Self {
            folders: folders.collect(),
            lengths: lengths
                .map(|(path, content)| (path.clone(), content.len()))
                .collect(),
        }
    }

    /// Cuts the body into files again.
    pub(super) fn files(&self, mut body: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for (path, length) in &self.lengths {
            let (content, rest) = body.split_at(body.len().min(*length));
            files.insert(path.clone(), content.to_vec());
            body = rest;
        }
        files
    }
}

/// Writes a [`Load`] frame without a second copy of all files.
pub(super) async fn write_load(
    stream: &mut (impl AsyncWrite + Unpin),
    catalog: &Catalog,
) -> io::Result<()> {
    let length = catalog.files().values().map(Vec::len).sum();
    stream
        .write_all(&head(&Load::new(catalog), length)?)
        .await?;
    for content in catalog.files().values() {
        stream.write_all(content).await?;
    }
    stream.flush().await
}

/// What a renderer answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The templates are loaded; sent once, unasked.
    Ready,
    /// The document; the body is the PDF.
    Pdf {
        pages: usize,
        layout_us: u64,
        export_us: u64,
        warnings: Vec<Diagnostic>,
    },
    /// The template does not compile with this request.
    Failed { diagnostics: Vec<Diagnostic> },
    /// The document has too many pages.
    PagesTooMany { pages: usize, limit: usize },
}

/// Nothing larger is read: a corrupt length must not ask for gigabytes.
const MAX_FRAME_BYTES: usize = 256 << 20;

fn lengths(prefix: [u8; 8]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = prefix;
    let header = u32::from_le_bytes([a, b, c, d]) as usize;
    let body = u32::from_le_bytes([e, f, g, h]) as usize;
    if header + body > MAX_FRAME_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too long"));
    }
    Ok((header, body))
}

/// A whole frame in one buffer: whoever waits at the other end of the pipe is woken once.
fn whole(header: &impl Serialize, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut frame = head(header, body.len())?;
    frame.extend_from_slice(body);
    Ok(frame)
}

/// Prefix and header in one buffer; the body follows.
fn head(header: &impl Serialize, body_length: usize) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let length =
        |length: usize| u32::try_from(length).map_err(|_| io::Error::other("frame too long"));
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
    stream.write_all(&whole(header, body)?)?;
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

/// Writes a frame and flushes it.
pub(super) async fn write_async(
    stream: &mut (impl AsyncWrite + Unpin),
    header: &impl Serialize,
    body: &[u8],
) -> io::Result<()> {
    stream.write_all(&whole(header, body)?).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::Order;

    #[test]
    fn a_frame_arrives_as_it_was_sent() {
        let mut stream = Vec::new();
        let order = Order {
            template: "receipt".into(),
            logo: None,
            ident: "a/b".into(),
            may_be_one_page: true,
            pixels: 0,
        };
        write(&mut stream, &order, b"body").expect("written");
        let mut stream = stream.as_slice();
        let (read_back, body): (Order, _) = read(&mut stream).expect("read").expect("a frame");
        assert_eq!((read_back, body.as_slice()), (order, &b"body"[..]));
        assert!(read::<Order>(&mut stream).expect("the end").is_none());
    }

    #[test]
    fn a_corrupt_length_is_refused_before_memory_is_taken() {
        assert!(read::<Order>(&mut [0xff; 16].as_slice()).is_err());
    }
}
