//! Why a patch is refused before it is applied.

/// What is wrong with a patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPatch {
    /// No JSON, or nested too deeply.
    #[error("the patch is not JSON: {0}")]
    NotJson(String),
    /// Neither an array nor an object.
    #[error(
        "the patch is {0}, expected an array (JSON Patch, RFC 6902) or an object (merge patch, RFC 7396)"
    )]
    Neither(&'static str),
    /// An operation that RFC 6902 does not have.
    #[error("operation {at} of the patch: {problem}")]
    Operation {
        /// Its place, from 1.
        at: usize,
        /// What is wrong.
        problem: String,
    },
    /// It would change nothing.
    #[error("the patch is empty: it would change nothing")]
    Empty,
}
