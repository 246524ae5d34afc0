//! What the server has to prove before its answers are believed: that it keeps objects, and that it does not replace them.

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;
use invoice::digest::Sha256Digest;

use super::error::StorageError;

/// The key of the object that finds out whether the bucket honours `If-None-Match`. No invoice can have it: no part of an
/// identity starts with a full stop. It is below the prefix of the documents, so that no further rights are needed.
pub(super) const PROBE_KEY: &str = "invoices/.probe";

/// The key of another one, by which a server shows that it encrypts as it is asked to. Each encryption has its own, as the
/// object stays.
pub(super) fn encryption_probe_key(encryption: &ServerSideEncryption) -> String {
    let name = encryption.as_str().to_lowercase().replace(':', "-");
    format!("{PROBE_KEY}-{name}")
}

/// Its content, for people who come across it.
pub(super) const PROBE: &[u8] =
    b"invoice-worker finds out with this object whether the bucket honours If-None-Match.\n";

/// What an answer lacks that is not of an object store.
const WITHOUT_ETAG: &str = "it has no ETag, as every object store returns";

/// What is missing where neither the answer nor the bucket shows that an object is stored.
const NOT_THERE: &str = "it has no checksum, and the object cannot be read back as it was uploaded";

/// What the answer to an upload shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The server has the bytes: it repeats their checksum, as S3 and most others do.
    Stored,
    /// A server has answered.
    Answered,
}

/// Checks that an answer about an object is that of an object store, which has an ETag. Anything can answer with 200: a proxy, a
/// captive portal, a web server at the wrong address.
pub(super) fn check_e_tag(e_tag: Option<&str>) -> Result<(), StorageError> {
    if e_tag.is_none_or(str::is_empty) {
        return Err(StorageError::Unproven(WITHOUT_ETAG));
    }
    Ok(())
}

/// Checks the answer to an upload. A server that encrypts says so; others would store in the clear what is to be encrypted.
pub(super) fn check_upload(
    answer: &PutObjectOutput,
    sha256: Sha256Digest,
    encryption: Option<&ServerSideEncryption>,
) -> Result<Shown, StorageError> {
    check_e_tag(answer.e_tag())?;
    if encryption.is_some() && answer.server_side_encryption() != encryption {
        return Err(StorageError::EncryptionIgnored);
    }
    match answer.checksum_sha256() {
        Some(repeated) if repeated == sha256.to_base64() => Ok(Shown::Stored),
        Some(_) => Err(StorageError::Unproven(
            "it repeats another checksum than that of the document",
        )),
        None => Ok(Shown::Answered),
    }
}

/// Compares what was read after an upload with what was uploaded.
pub(super) fn check_read_back(
    found: Result<Vec<u8>, StorageError>,
    sha256: Sha256Digest,
) -> Result<(), StorageError> {
    match found {
        Ok(bytes) if Sha256Digest::of(&bytes) == sha256 => Ok(()),
        Ok(_) | Err(StorageError::NotFound | StorageError::TooLarge { .. }) => {
            Err(StorageError::Unproven(NOT_THERE))
        }
        Err(other) => Err(other),
    }
}
