//! A reader that goes on where a transfer before has broken off. What it has already is made again and compared with the digest
//! that it gives, and only what is behind that is sent: no state is kept between the two, and no change in between goes unnoticed.

use bytes::Bytes;
use invoice::Sha256Digest;
use sha2::{Digest as _, Sha256};

use super::error::ExportError;

/// What a reader has already of an export.
#[derive(Clone, Copy, Debug)]
pub struct Had {
    /// So many bytes, from the beginning.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Sha256Digest,
}

impl Had {
    fn other_bytes(self) -> ExportError {
        ExportError::OtherBytes { bytes: self.bytes }
    }
}

/// Compares the beginning of an export with what its reader has.
pub(super) enum Beginning {
    /// The reader has nothing, or what it has was found to be the beginning.
    Known,
    Comparing(Comparing),
    /// The reader has other bytes. A writer with a buffer may try again what has failed, and has to fail again.
    Other(Had),
}

pub(super) struct Comparing {
    had: Had,
    left: u64,
    hasher: Sha256,
}

impl Beginning {
    pub(super) fn new(had: Option<Had>) -> Self {
        had.map_or(Self::Known, |had| {
            Self::Comparing(Comparing {
                had,
                left: had.bytes,
                hasher: Sha256::new(),
            })
        })
    }

    /// What the reader does not have of the next bytes.
    ///
    /// # Errors
    ///
    /// The reader has other bytes.
    pub(super) fn rest_of(&mut self, mut bytes: Bytes) -> Result<Bytes, ExportError> {
        let comparing = match self {
            Self::Known => return Ok(bytes),
            Self::Other(had) => return Err(had.other_bytes()),
            Self::Comparing(comparing) => comparing,
        };
        let count = usize::try_from(comparing.left).unwrap_or(usize::MAX);
        let known = bytes.split_to(count.min(bytes.len()));
        comparing.hasher.update(&known);
        comparing.left -= known.len() as u64;
        if comparing.left == 0 {
            self.end()?;
        }
        Ok(bytes)
    }

    /// Compares what the reader has, at the latest at the end of the export.
    ///
    /// # Errors
    ///
    /// The reader has other bytes, or more of them.
    pub(super) fn end(&mut self) -> Result<(), ExportError> {
        let Comparing { had, left, hasher } = match std::mem::replace(self, Self::Known) {
            Self::Known => return Ok(()),
            Self::Other(had) => {
                *self = Self::Other(had);
                return Err(had.other_bytes());
            }
            Self::Comparing(comparing) => comparing,
        };
        if left == 0 && Sha256Digest::finish(hasher) == had.sha256 {
            return Ok(());
        }
        *self = Self::Other(had);
        Err(had.other_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[u8] = b"the bytes of an export";

    /// What is sent to a reader that has this, where so many bytes are written at once; none where it has other bytes.
    fn sent(bytes: u64, of: &[u8], at_once: usize) -> Option<Vec<u8>> {
        let sha256 = Sha256Digest::of(of);
        let mut beginning = Beginning::new(Some(Had { bytes, sha256 }));
        let mut sent = Vec::new();
        for part in ALL.chunks(at_once) {
            sent.extend(beginning.rest_of(Bytes::from_static(part)).ok()?);
        }
        beginning.end().ok()?;
        Some(sent)
    }

    #[test]
    fn a_reader_gets_what_is_behind_its_bytes() {
        for had in 0..=ALL.len() {
            for at_once in [1, 7, ALL.len()] {
                let rest = sent(had as u64, &ALL[..had], at_once);
                assert_eq!(rest.as_deref(), Some(&ALL[had..]), "{had} {at_once}");
            }
        }
    }

    #[test]
    fn a_reader_with_other_bytes_gets_none() {
        for (bytes, of) in [
            (0, &b"x"[..]),
            (3, b"abc"),
            (3, b"the "),
            (ALL.len() as u64, b""),
            (ALL.len() as u64 + 1, b"the bytes of an export!"),
            (u64::MAX, ALL),
        ] {
            assert_eq!(sent(bytes, of, 5), None, "{bytes}");
        }
        // It stays so, whatever is written after it.
        let sha256 = Sha256Digest::of(b"other");
        let mut beginning = Beginning::new(Some(Had { bytes: 3, sha256 }));
        for _ in 0..2 {
            assert!(beginning.rest_of(Bytes::from_static(ALL)).is_err());
            assert!(beginning.end().is_err());
        }
        let mut beginning = Beginning::new(None);
        let all = beginning.rest_of(Bytes::from_static(ALL));
        assert_eq!(all.ok().as_deref(), Some(ALL));
        assert!(beginning.end().is_ok());
    }
}
