//! Compressed bodies, and bodies that are not UTF-8.

use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::problem::shown;
use crate::{FailureCode, Problem};

/// The standard that says that a request is UTF-8.
const JSON: &str = "RFC 8259 section 8.1";

/// What a publisher says of the form of a body: properties of AMQP, or headers of HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form<'a> {
    /// AMQP's `content_type`, HTTP's `Content-Type`.
    pub content_type: Option<&'a str>,
    /// AMQP's `content_encoding`, HTTP's `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
}

/// A compression of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// `deflate`, which is RFC 1950; some programs send the RFC 1951 in it alone.
    Deflate,
}

/// What AMQP clients write into `content_encoding` besides compressions: the charset of the body (Spring AMQP, Celery), or
/// encodings that change nothing.
const UNPACKED: [&str; 8] = [
    "identity", "utf-8", "utf8", "us-ascii", "ascii", "7bit", "8bit", "binary",
];

/// Charsets whose texts are UTF-8.
const UTF_8: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

impl Form<'_> {
    /// How a body of this form is compressed.
    ///
    /// # Errors
    ///
    /// Its charset or its encoding is not understood.
    pub fn coding(&self) -> Result<Option<Coding>, Problem> {
        let charset = self.content_type.and_then(charset);
        if let Some(charset) = charset.filter(|name| !is_one_of(name, &UTF_8)) {
            let message = format!(
                "has the charset {} in its content type, expected utf-8",
                shown(charset)
            );
            return Err(malformed(Some(JSON), message));
        }
        let mut found = None;
        // Spring AMQP writes `gzip:UTF-8`.
        let names = self.content_encoding.unwrap_or_default().split([',', ':']);
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            let coding = if is_one_of(name, &["gzip", "x-gzip"]) {
                Coding::Gzip
            } else if is_one_of(name, &["deflate"]) {
                Coding::Deflate
            } else if is_one_of(name, &UNPACKED) {
                continue;
            } else {
                let message = format!(
                    "has the content encoding {}, expected gzip, deflate, identity or none",
                    shown(name)
                );
                return Err(malformed(None, message));
            };
            if found.replace(coding).is_some() {
                let message = "is compressed twice by its content encoding, expected once";
                return Err(malformed(None, message.into()));
            }
        }
        Ok(found)
    }
}

/// The parameter `charset` of a media type.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    })
}

/// The media type without its parameter `charset`.
pub fn without_charset(content_type: &str) -> String {
    let is_charset = |parameter: &&str| {
        let name = parameter.split_once('=').map(|(name, _)| name.trim());
        name.is_some_and(|name| name.eq_ignore_ascii_case("charset"))
    };
    let parts: Vec<&str> = content_type.split(';').collect();
    let kept = parts.into_iter().filter(|part| !is_charset(part));
    kept.collect::<Vec<&str>>().join(";")
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl Coding {
    /// Unpacks at most `max_bytes`: a kilobyte can become a megabyte.
    pub fn unpack(self, body: &[u8], max_bytes: usize) -> Result<Vec<u8>, Problem> {
        let mut content = Vec::new();
        let unpacked = self.unpack_into(&mut content, body, max_bytes);
        unpacked.map_err(|error| {
            let name = match self {
                Self::Gzip => "gzip",
                Self::Deflate => "deflate",
            };
            let message = format!("is not {name}, as its content encoding says: {error}");
            malformed(None, message)
        })?;
        if content.len() > max_bytes {
            return Err(Problem {
                code: FailureCode::RequestTooLarge,
                pointer: String::new(),
                rule: None,
                message: format!("has more than {max_bytes} bytes once it is unpacked"),
            });
        }
        Ok(content)
    }

    /// What can be unpacked, of at most `max_bytes`.
    pub(super) fn unpack_beginning(self, body: &[u8], max_bytes: usize) -> Vec<u8> {
        let mut content = Vec::new();
        // What came before an error stays.
        self.unpack_into(&mut content, body, max_bytes).ok();
        content.truncate(max_bytes);
        content
    }

    /// One byte more than `max_bytes` shows that there is more.
    fn unpack_into(
        self,
        content: &mut Vec<u8>,
        body: &[u8],
        max_bytes: usize,
    ) -> std::io::Result<()> {
        let most = u64::try_from(max_bytes).unwrap_or(u64::MAX);
        let most = most.saturating_add(1);
        let read = match self {
            Self::Gzip => MultiGzDecoder::new(body).take(most).read_to_end(content),
            Self::Deflate if has_zlib_head(body) => {
                ZlibDecoder::new(body).take(most).read_to_end(content)
            }
            Self::Deflate => DeflateDecoder::new(body).take(most).read_to_end(content),
        };
        read.map(drop)
    }

    /// Packs a content.
    pub(super) fn pack(self, content: &[u8]) -> Vec<u8> {
        let packed = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(content).and_then(|()| encoder.finish())
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(content).and_then(|()| encoder.finish())
            }
        };
        // Writing to memory does not fail.
        packed.unwrap_or_default()
    }
}

/// RFC 1950, section 2.2: method 8, and a check of both bytes.
fn has_zlib_head(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0xf == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

/// Refuses a body that is compressed or of another charset, and does not say so.
pub(super) fn refuse_unmarked(content: &[u8]) -> Result<(), Problem> {
    match content {
        [0x1f, 0x8b, ..] => {
            let message = "is gzip, expected the content encoding gzip with it";
            Err(malformed(None, message.into()))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'{', ..] | [b'{', 0, ..] => {
            Err(malformed(Some(JSON), "is UTF-16, expected UTF-8".into()))
        }
        _ => Ok(()),
    }
}

fn malformed(rule: Option<&'static str>, message: String) -> Problem {
    Problem {
        code: FailureCode::RequestMalformed,
        pointer: String::new(),
        rule,
        message,
    }
}
