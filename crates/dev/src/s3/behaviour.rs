//! What other servers do otherwise than S3, and what a policy may deny: for tests of programs that meet them.

use s3s::dto::{GetObjectOutput, PutObjectInput, PutObjectOutput, StreamingBlob};
use s3s::{Body, S3Error, S3Request, S3Result, s3_error};

use super::error::StoreError;

/// The header, or the parameter of a presigned URL, by which a requester pays.
const PAYER: &str = "x-amz-request-payer";

/// What a client gets whose reads are intercepted.
const PAGE: &[u8] = b"<html>Log in!</html>";

/// In what a server is unlike S3 with all rights; by default in nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behaviour {
    /// What becomes of the conditions of uploads.
    pub conditions: Conditions,
    /// Whether it does not repeat the checksum of an upload.
    pub keeps_checksums_to_itself: bool,
    /// Whether it answers deletions of objects with success, and deletes nothing.
    pub overlooks_deletions: bool,
    /// Whether something else answers reads of objects with a page of its own, such as a proxy that wants a login.
    pub is_intercepted: bool,
    /// Whether objects may not be read.
    pub denies_reading: bool,
    /// Whether the bucket may not be listed. As S3 does without that right, it then denies the HEAD of the bucket, and access to an
    /// object that is not there, too.
    pub denies_listing: bool,
    /// Whether objects may not be stored.
    pub denies_writing: bool,
    /// Whether the requester pays, and has to say so in each request about what is in a bucket.
    pub requester_pays: bool,
}

/// What a server does with `If-None-Match` and `If-Match` of an upload.
#[derive(Clone, Copy, Debug, Default)]
pub enum Conditions {
    /// It honours them.
    #[default]
    Honoured,
    /// It does not look at them.
    Overlooked,
    /// It answers 501 to an upload that has one.
    Refused,
}

impl Behaviour {
    pub(super) fn put(self, input: &mut PutObjectInput) -> S3Result<()> {
        denied_if(self.denies_writing)?;
        let has_condition = input.if_none_match.is_some() || input.if_match.is_some();
        match self.conditions {
            Conditions::Honoured => {}
            Conditions::Overlooked => {
                input.if_none_match = None;
                input.if_match = None;
            }
            Conditions::Refused if has_condition => {
                return Err(s3_error!(
                    NotImplemented,
                    "A header you provided implies functionality that is not implemented"
                ));
            }
            Conditions::Refused => {}
        }
        Ok(())
    }

    pub(super) fn answer_to_put(self, mut answer: PutObjectOutput) -> PutObjectOutput {
        if self.keeps_checksums_to_itself {
            answer.checksum_sha256 = None;
        }
        answer
    }

    pub(super) fn answer_to_get(self, answer: GetObjectOutput) -> GetObjectOutput {
        if !self.is_intercepted {
            return answer;
        }
        GetObjectOutput {
            content_length: PAGE.len().try_into().ok(),
            body: Some(StreamingBlob::from(Body::from(PAGE.to_vec()))),
            ..GetObjectOutput::default()
        }
    }

    pub(super) fn payer<T>(self, request: &S3Request<T>) -> S3Result<()> {
        let header = request.headers.get(PAYER);
        let in_header = header.is_some_and(|value| value == "requester");
        let query = request.uri.query().unwrap_or_default();
        let in_query = query
            .split('&')
            .any(|pair| pair.split_once('=') == Some((PAYER, "requester")));
        denied_if(self.requester_pays && !in_header && !in_query)
    }

    pub(super) fn absent(self, error: StoreError) -> S3Error {
        let is_absent = matches!(error, StoreError::NoSuchKey { .. });
        let denied = denied_if(self.denies_listing && is_absent);
        denied.err().unwrap_or_else(|| error.into())
    }

    pub(super) fn read(self) -> S3Result<()> {
        denied_if(self.denies_reading)
    }

    pub(super) fn list(self) -> S3Result<()> {
        denied_if(self.denies_listing)
    }
}

fn denied_if(is_denied: bool) -> S3Result<()> {
    if is_denied {
        return Err(s3_error!(AccessDenied, "Access Denied"));
    }
    Ok(())
}
