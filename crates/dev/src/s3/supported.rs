//! The options and conditions of requests: which are supported, and whether they are met.
//!
//! An option that is not kept is refused when a client could rely on it. One that only tunes, such as a storage class,
//! is ignored.

use s3s::dto::{DeleteObjectInput, ETagCondition, GetObjectInput, HeadObjectInput, PutObjectInput};
use s3s::{S3Result, s3_error};

use super::store::IfTaken;

/// Of the conditions, a put knows `If-None-Match: *` and `If-Match` with an entity tag.
pub(super) fn put(input: &PutObjectInput) -> S3Result<IfTaken> {
    refuse(
        "x-amz-write-offset-bytes",
        input.write_offset_bytes.is_some(),
    )?;
    refuse(
        "encryption",
        input.server_side_encryption.is_some() || input.sse_customer_algorithm.is_some(),
    )?;
    refuse(
        "object lock",
        input.object_lock_mode.is_some() || input.object_lock_legal_hold_status.is_some(),
    )?;
    refuse("tags", input.tagging.is_some())?;
    match (&input.if_none_match, &input.if_match) {
        (None, None) => Ok(IfTaken::Replace),
        (Some(ETagCondition::Any), None) => Ok(IfTaken::Refuse),
        (None, Some(ETagCondition::ETag(etag))) => {
            Ok(IfTaken::ReplaceThis(etag.value().to_owned()))
        }
        (Some(_), _) => Err(s3_error!(
            NotImplemented,
            "If-None-Match is supported with * only, and without If-Match"
        )),
        (None, Some(ETagCondition::Any)) => Err(s3_error!(
            NotImplemented,
            "If-Match is supported with an entity tag only"
        )),
    }
}

pub(super) fn get(input: &GetObjectInput) -> S3Result<()> {
    refuse("versions", input.version_id.is_some())?;
    refuse("parts", input.part_number.is_some())?;
    refuse("encryption", input.sse_customer_algorithm.is_some())
}

pub(super) fn head(input: &HeadObjectInput) -> S3Result<()> {
    refuse("versions", input.version_id.is_some())?;
    refuse("parts", input.part_number.is_some())?;
    refuse("a range of a HEAD", input.range.is_some())?;
    refuse("encryption", input.sse_customer_algorithm.is_some())
}

pub(super) fn delete(input: &DeleteObjectInput) -> S3Result<()> {
    refuse("versions", input.version_id.is_some())?;
    refuse("If-Match", input.if_match.is_some())
}

/// The conditions of GET and HEAD that compare entity tags (RFC 9110, sections 13.1.1 and 13.1.2).
pub(super) fn check_etag(
    etag: &str,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let matches = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    };
    if if_match.is_some_and(|condition| !matches(condition)) {
        return Err(s3_error!(
            PreconditionFailed,
            "the object has the entity tag {etag}"
        ));
    }
    if if_none_match.is_some_and(matches) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

fn refuse(option: &str, present: bool) -> S3Result<()> {
    if present {
        Err(s3_error!(
            NotImplemented,
            "this server does not support {option}"
        ))
    } else {
        Ok(())
    }
}
