//! How objects are stored: encrypted, tagged, named, cached, locked.

mod values;

use std::collections::HashSet;

use clap::{Args, ValueEnum};

pub use self::values::{ObjectTag, RetentionYears};
use super::{ConfigError, parse};

/// Most tags that S3 gives an object.
const TAGS_MAX: usize = 10;

/// How objects are stored.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Object settings")]
pub struct ObjectSettings {
    /// Encryption that every upload asks for; without it the bucket's own default holds
    #[arg(
        long,
        env = "S3_ENCRYPTION",
        value_name = "ALGORITHM",
        global = true,
        hide_short_help = true
    )]
    pub s3_encryption: Option<Encryption>,

    /// Key of KMS for aws:kms and aws:kms:dsse: id, ARN or alias; without it the key of AWS for S3 is used
    #[arg(long, env = "S3_KMS_KEY_ID", value_name = "KEY", global = true)]
    #[arg(value_parser = values::kms_key, hide_short_help = true)]
    pub s3_kms_key_id: Option<String>,

    /// Whether S3 derives the keys of objects from one of the bucket, which saves most calls of KMS; without it the bucket says
    #[arg(
        long,
        env = "S3_KMS_BUCKET_KEY",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::boolean)]
    pub s3_kms_bucket_key: Option<bool>,

    /// Tags of the objects, as NAME=VALUE,NAME=VALUE; {documentType} and {issueYear} in a value are those of the document
    #[arg(
        long,
        env = "S3_TAGS",
        value_name = "PAIRS",
        value_delimiter = ',',
        global = true
    )]
    #[arg(value_parser = values::tag, hide_short_help = true)]
    pub s3_tags: Vec<ObjectTag>,

    /// Give documents a Content-Disposition with a name that a person can read, so that a browser shows or saves them under it
    #[arg(
        long,
        env = "S3_CONTENT_DISPOSITION",
        value_name = "KIND",
        global = true,
        hide_short_help = true
    )]
    pub s3_content_disposition: Option<Opening>,

    /// Cache-Control of documents, for example private, max-age=86400
    #[arg(
        long,
        env = "S3_CACHE_CONTROL",
        value_name = "DIRECTIVES",
        global = true
    )]
    #[arg(value_parser = values::header_value, hide_short_help = true)]
    pub s3_cache_control: Option<String>,

    /// Lock documents in this mode for S3_OBJECT_LOCK_YEARS; the bucket needs object lock
    #[arg(
        long,
        env = "S3_OBJECT_LOCK",
        value_name = "MODE",
        global = true,
        hide_short_help = true
    )]
    pub s3_object_lock: Option<LockMode>,

    /// Years that documents are locked after the calendar year of their issue date: a number, or TYPE=YEARS for a document type,
    /// like 10,receipt=6
    #[arg(
        long,
        env = "S3_OBJECT_LOCK_YEARS",
        value_name = "LIST",
        value_delimiter = ',',
        global = true
    )]
    #[arg(value_parser = values::years, hide_short_help = true)]
    pub s3_object_lock_years: Vec<RetentionYears>,
}

/// Encryption of objects by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Encryption {
    /// With keys of S3 (SSE-S3).
    #[value(name = "AES256")]
    Aes256,
    /// With a key of KMS (SSE-KMS).
    #[value(name = "aws:kms")]
    Kms,
    /// In two layers, with a key of KMS (DSSE-KMS).
    #[value(name = "aws:kms:dsse")]
    KmsDsse,
}

/// Whether a browser shows a document or saves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Opening {
    /// Shows it.
    Inline,
    /// Saves it.
    Attachment,
}

/// Who may shorten or remove the lock of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LockMode {
    /// Users with the right `s3:BypassGovernanceRetention`.
    #[value(name = "GOVERNANCE")]
    Governance,
    /// No user, not even the owner of the account.
    #[value(name = "COMPLIANCE")]
    Compliance,
}

impl ObjectSettings {
    /// Refuses settings that contradict each other.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |variable, problem: &str| {
            Err(ConfigError {
                variable,
                problem: problem.to_owned(),
            })
        };
        let has_key = matches!(
            self.s3_encryption,
            Some(Encryption::Kms | Encryption::KmsDsse)
        );
        if self.s3_kms_key_id.is_some() && !has_key {
            return wrong(
                "S3_KMS_KEY_ID",
                "is set, but S3_ENCRYPTION is neither aws:kms nor aws:kms:dsse; set that, or unset the key",
            );
        }
        if self.s3_kms_bucket_key.is_some() && self.s3_encryption != Some(Encryption::Kms) {
            return wrong(
                "S3_KMS_BUCKET_KEY",
                "is set, but S3_ENCRYPTION is not aws:kms, the only one with keys of a bucket; set that, or unset it",
            );
        }
        if self.s3_tags.len() > TAGS_MAX {
            return wrong(
                "S3_TAGS",
                "has more than 10 tags, the most that S3 gives an object; leave some out",
            );
        }
        let mut names = HashSet::new();
        if !self.s3_tags.iter().all(|tag| names.insert(&tag.name)) {
            return wrong("S3_TAGS", "has a name twice; expected each name once");
        }
        let years = &self.s3_object_lock_years;
        match (self.s3_object_lock, years.is_empty()) {
            (Some(_), true) => {
                return Err(ConfigError::missing("S3_OBJECT_LOCK_YEARS", "10"));
            }
            (None, false) => {
                return wrong(
                    "S3_OBJECT_LOCK_YEARS",
                    "is set, but S3_OBJECT_LOCK is not; set that to GOVERNANCE or COMPLIANCE, or unset the years",
                );
            }
            (Some(_), false) | (None, true) => {}
        }
        let repeats = |index: usize| {
            let before = years.iter().take(index);
            before
                .map(|it| it.document_type)
                .any(|it| it == years[index].document_type)
        };
        if (0..years.len()).any(repeats) {
            return wrong(
                "S3_OBJECT_LOCK_YEARS",
                "has a document type twice, or two numbers without one; expected each once, like 10,receipt=6",
            );
        }
        Ok(())
    }
}
