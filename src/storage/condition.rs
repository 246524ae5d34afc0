//! The conditions of uploads, by which no document is replaced.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;

/// When an upload is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition<'a> {
    /// There is no object under the key.
    Absent,
    /// The object under the key has this ETag.
    Unchanged(&'a str),
}

impl Condition<'_> {
    /// The header, as errors name it.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Absent => "If-None-Match",
            Self::Unchanged(_) => "If-Match",
        }
    }

    /// An upload with this condition.
    pub(super) fn of(self, put: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        match self {
            Self::Absent => put.if_none_match("*"),
            Self::Unchanged(e_tag) => put.if_match(e_tag),
        }
    }
}
