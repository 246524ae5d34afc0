//! Makes what the program needs and is not there: the bucket, the schema, exchanges and queues. Each is looked for first, so
//! that a second run makes nothing; the three servers are set up at once.

use std::fmt::Display;

use crate::broker::{BrokerError, Endpoint, Topology};
use crate::config::MaskedUrl;
use crate::database::{Database, DatabaseError};
use crate::storage::{Storage, StorageError};

/// Where to set up.
pub struct Setup {
    /// The broker.
    pub endpoint: Endpoint,
    /// Its exchanges and queues.
    pub topology: Topology,
    /// The bucket.
    pub storage: Storage,
    /// The database.
    pub database_url: MaskedUrl,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is, with its name: `bucket invoices`.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Present,
    /// It was made, or this of it.
    Made(String),
    /// It is missing, or this of it, and would have been made.
    WouldMake(String),
    /// It could not be made, for this reason; what a person has to do.
    Failed(String),
}

impl Setup {
    /// Makes what is missing; with `dry_run` only looks.
    pub async fn run(&self, dry_run: bool) -> Vec<Part> {
        let (bucket, schema, broker) = tokio::join!(
            self.bucket(dry_run),
            self.schema(dry_run),
            self.broker(dry_run)
        );
        vec![
            part(format!("bucket {}", self.storage.bucket()), bucket),
            part("database".to_owned(), schema),
            part("broker".to_owned(), broker),
        ]
    }

    async fn bucket(&self, dry_run: bool) -> Result<Outcome, String> {
        match self.storage.check().await {
            Ok(()) => {
                // Whether it is not known, `check` says as well.
                let lock = self.storage.check_lock().await;
                return lock
                    .map(|_| Outcome::Present)
                    .map_err(|error| error.to_string());
            }
            Err(StorageError::BucketMissing(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
        if dry_run {
            return Ok(Outcome::WouldMake("the bucket".to_owned()));
        }
        match self.storage.create_bucket().await {
            Ok(_) => Ok(Outcome::Made("the bucket".to_owned())),
            Err(error @ StorageError::AccessDenied(_)) => Err(format!(
                "{error}; or have a person with the right s3:CreateBucket make it (docs/permissions.md)"
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn schema(&self, dry_run: bool) -> Result<Outcome, String> {
        let count = |steps: usize| format!("{steps} steps of the schema");
        if dry_run
            && Database::may_make_file(&self.database_url)
            && let Some(file) = Database::missing_file(&self.database_url)
        {
            return Ok(Outcome::WouldMake(format!(
                "the file {file} with its schema"
            )));
        }
        let database = Database::connect(&self.database_url, false).await;
        let database = database.map_err(|error| by_owner(&error))?;
        let steps = database.migrations().await;
        let steps = steps.map_err(|error| by_owner(&error))?;
        let missing = steps.iter().filter(|(_, is_applied)| !is_applied).count();
        if missing == 0 {
            return Ok(Outcome::Present);
        }
        if dry_run {
            return Ok(Outcome::WouldMake(count(missing)));
        }
        let applied = database.migrate().await;
        let applied = applied.map_err(|error| by_owner(&error))?;
        Ok(Outcome::Made(count(applied)))
    }

    async fn broker(&self, dry_run: bool) -> Result<Outcome, String> {
        let connection = self.endpoint.connect("setup").await.map_err(in_words)?;
        let missing = self.topology.missing(&connection).await;
        let missing = missing.map_err(in_words)?.join(", ");
        let outcome = if dry_run && !missing.is_empty() {
            Ok(Outcome::WouldMake(missing))
        } else {
            // What is there is compared.
            match self.topology.declare(&connection).await {
                Ok(()) if missing.is_empty() => Ok(Outcome::Present),
                Ok(()) => Ok(Outcome::Made(missing)),
                Err(error) => Err(in_words(error)),
            }
        };
        crate::broker::connection::close(&connection, "setup").await;
        outcome
    }
}

fn part(name: String, outcome: Result<Outcome, String>) -> Part {
    let outcome = outcome.unwrap_or_else(Outcome::Failed);
    Part { name, outcome }
}

fn in_words(error: BrokerError) -> String {
    error.to_string()
}

/// A missing right is one of the schema's owner.
fn by_owner(error: &DatabaseError) -> String {
    let hint: &dyn Display = match error {
        // No such database.
        DatabaseError::AccessDenied { code, .. } if code == "3D000" => {
            &"; have an administrator of the server create it, with ENCODING 'UTF8'"
        }
        DatabaseError::AccessDenied { .. } => {
            &"; have the owner of the schema run `invoice-worker migrate up` (docs/permissions.md)"
        }
        DatabaseError::Url(_)
        | DatabaseError::Unreachable(_)
        | DatabaseError::Busy { .. }
        | DatabaseError::SchemaMissing(_)
        | DatabaseError::Encoding(_)
        | DatabaseError::Refused { .. }
        | DatabaseError::InvalidRecord { .. }
        | DatabaseError::Client(_) => &"",
    };
    format!("{error}{hint}")
}
