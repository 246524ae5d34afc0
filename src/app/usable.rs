//! What has to be right before anything starts, and what may come later.

use std::fs;
use std::path::Path;

use document::{Catalog, TemplateSource};
use tracing::warn;

use crate::config::ConfigError;
use crate::database::{Database, DatabaseError};
use crate::patience::answered;
use crate::storage::{LockState, Storage, StorageError};

/// The folders that were used without `TEMPLATES_DIR` before the program had templates of its own: that of the working directory,
/// and that of the container image, into which people mounted theirs.
const FORMER_DEFAULTS: [&str; 2] = ["templates", "/templates"];

/// A database that is down comes back, and a missing schema is migrated. A refused login, a database that does not
/// exist, or one of another encoding than UTF-8 are settings to be fixed before anything starts.
pub(super) async fn refuse_wrong_login(database: &Database) -> anyhow::Result<()> {
    match database.check().await {
        Ok(()) => {}
        Err(error @ (DatabaseError::AccessDenied { .. } | DatabaseError::Encoding(_))) => {
            let problem = format!("cannot be used: {error}");
            return Err(ConfigError {
                variable: "DATABASE_URL",
                problem,
            }
            .into());
        }
        Err(error) => {
            warn!(event = "database_unavailable", %error, "the database cannot be used yet; messages wait for it");
        }
    }
    Ok(())
}

/// Documents would change without a word where templates of one's own are in a former default folder.
pub(super) fn notice_unused_templates() {
    let mut noticed = Vec::new();
    for folder in FORMER_DEFAULTS.map(Path::new) {
        // In the root folder, both are the same one.
        let Ok(place) = folder.canonicalize() else {
            continue;
        };
        if has_templates(folder) && !noticed.contains(&place) {
            notice_unused(folder);
            noticed.push(place);
        }
    }
}

/// Whether a folder in this one has a `main.typ`: a folder that is something else has none.
fn has_templates(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|entries| {
        let mut entries = entries.filter_map(Result::ok);
        entries.any(|entry| entry.path().join("main.typ").is_file())
    })
}

fn notice_unused(folder: &Path) {
    let error = match Catalog::load(folder) {
        Ok(own) => {
            let shipped = Catalog::load_from(&TemplateSource::default());
            if shipped.is_ok_and(|shipped| shipped.digest() == own.digest()) {
                return;
            }
            None
        }
        // Templates of a former version may lack what this one needs.
        Err(error) => Some(format!("{:#}", anyhow::Error::from(error))),
    };
    warn!(
        event = "templates_folder_unused",
        folder = %folder.display(),
        error,
        "the templates of this folder are not used, but those in the program; set TEMPLATES_DIR to use them"
    );
}

/// A store that is down comes back, and proves then that it honours conditions, before the first document. One that does not
/// honour them, that does not encrypt as it is asked to, or whose bucket cannot lock documents that are to be locked, is a
/// setting to be fixed before anything starts.
pub(super) async fn refuse_wrong_store(storage: &Storage) -> anyhow::Result<()> {
    let proof = answered(async {
        storage.prove_conditional_writes().await?;
        storage.check_lock().await
    });
    let error = match proof.await {
        Ok(Ok(LockState::NotWanted | LockState::Enabled)) => return Ok(()),
        Ok(Ok(LockState::Unknown(why))) => {
            warn!(
                event = "object_lock_unknown",
                why,
                "whether the bucket can lock documents is not known; the first upload finds out"
            );
            return Ok(());
        }
        Ok(Err(error)) => match wrong_setting(&error) {
            Some(variable) => {
                let problem = format!("cannot be used: {error}");
                return Err(ConfigError { variable, problem }.into());
            }
            None => error.to_string(),
        },
        Err(none) => none.to_string(),
    };
    warn!(
        event = "storage_unavailable",
        error, "the object store cannot be used yet; messages wait for it"
    );
    Ok(())
}

/// The setting that the object store contradicts, where it does.
fn wrong_setting(error: &StorageError) -> Option<&'static str> {
    match error {
        StorageError::ConditionIgnored | StorageError::ConditionRefused { .. } => {
            Some("AWS_ENDPOINT_URL_S3")
        }
        StorageError::EncryptionIgnored => Some("S3_ENCRYPTION"),
        StorageError::LockMissing(_) => Some("S3_OBJECT_LOCK"),
        StorageError::Unreachable(_)
        | StorageError::Server { .. }
        | StorageError::WriteInProgress
        | StorageError::BucketMissing(_)
        | StorageError::AccessDenied(_)
        | StorageError::ReadDenied(_)
        | StorageError::ClockWrong(_)
        | StorageError::Misconfigured(_)
        | StorageError::Unproven(_)
        | StorageError::Damaged
        | StorageError::Unordered
        | StorageError::NotFound
        | StorageError::TooLarge { .. }
        | StorageError::Occupied
        | StorageError::Refused { .. }
        | StorageError::Presign(_) => None,
    }
}
