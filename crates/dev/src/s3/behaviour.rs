//! What other servers do otherwise than S3, and what a policy may deny: for tests of programs that meet them.

use s3s::dto::PutObjectInput;
use s3s::{S3Result, s3_error};

/// In what a server is unlike S3 with all rights; by default in nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behaviour {
    /// What becomes of the conditions of uploads.
    pub conditions: Conditions,
    /// Whether objects may not be read.
    pub denies_reading: bool,
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

    pub(super) fn read(self) -> S3Result<()> {
        if self.denies_reading {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        Ok(())
    }
}
