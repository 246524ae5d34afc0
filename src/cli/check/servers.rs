//! What `check` asks each server.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use document::Catalog;

use crate::app::App;
use crate::broker::{BrokerError, Needed, Topology};
use crate::database::{Database, DatabaseError, rights};
use crate::patience::answered;
use crate::storage::{LockState, Storage, StorageError};
use crate::template_archive::{self, Missing};

/// What was found of a server.
pub(super) struct Checked {
    pub(super) name: &'static str,
    /// What is wrong.
    pub(super) problem: Option<anyhow::Error>,
    /// What helps.
    pub(super) next: Option<&'static str>,
    /// What is not wrong, and is worth knowing.
    pub(super) remarks: Vec<String>,
}

pub(super) const SETUP: &str = "`invoice-worker setup` makes what is missing";
pub(super) const MIGRATE: &str = "`invoice-worker migrate up` brings the schema up to date";
const GRANTS: &str =
    "have the owner of the tables execute the GRANTs that are named (docs/permissions.md)";
const FIRST_WORKER: &str = "start a worker, which writes `invoices/.probe`: keys without s3:ListBucket are denied access to an object that is not there";
const BROKER_RIGHTS: &str =
    "have an administrator of the broker give the rights that are named (docs/permissions.md)";

/// Something that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Missed(String);

/// Rights on tables that are missing, as the `GRANT`s that give them.
#[derive(Debug, thiserror::Error)]
#[error("the user of DATABASE_URL lacks rights that {needed} needs: {}{hint}", .grants.join("; "))]
struct GrantsMissing {
    needed: &'static str,
    grants: Vec<String>,
    hint: &'static str,
}

pub(super) async fn broker(app: &App, topology: &Topology, needed: Needed) -> Checked {
    let checking = async {
        let endpoint = app.endpoint()?;
        let checking = async {
            let connection = endpoint.connect("check").await?;
            topology.check(&connection).await?;
            topology.check_rights(&connection, needed).await
        };
        Ok(answered(checking).await??)
    };
    let problem = checking.await.err();
    let next = match of(&problem) {
        Some(BrokerError::TopologyMissing(_)) => Some(SETUP),
        Some(BrokerError::RightMissing(_)) => Some(BROKER_RIGHTS),
        Some(_) | None => None,
    };
    // A broker whose bindings are not known is not a failure.
    let not_compared = topology.not_compared().map(|refusal| {
        format!("arguments and bindings of exchanges and queues are not compared ({refusal})")
    });
    Checked {
        name: "broker",
        problem,
        next,
        remarks: not_compared.into_iter().collect(),
    }
}

/// With the state of the template archive, where the bucket can be used and templates are kept there.
pub(super) async fn bucket(
    app: &App,
    catalog: Option<&Arc<Catalog>>,
    needed: Needed,
) -> (Checked, Option<String>) {
    let checking = async {
        let storage = app.storage().await?;
        let lock = answered(used(storage, needed)).await??;
        anyhow::Ok((storage, lock))
    };
    let (checked, problem) = match checking.await {
        Ok(checked) => (Some(checked), None),
        Err(problem) => (None, Some(problem)),
    };
    let (storage, lock) = checked.unzip();
    let archive = match (storage, catalog) {
        (Some(storage), Some(catalog)) if app.settings().documents.archive_templates => {
            Some(archive(storage, catalog).await)
        }
        (_, _) => None,
    };
    let remark = match lock {
        Some(LockState::Unknown(why)) => Some(format!(
            "whether documents can be locked (S3_OBJECT_LOCK) is not known: {why}"
        )),
        Some(LockState::NotWanted | LockState::Enabled) | None => None,
    };
    let next = match of(&problem) {
        Some(StorageError::BucketMissing(_)) => Some(SETUP),
        Some(StorageError::AccessDenied(why))
            if needed == Needed::Serve && why.ends_with("s3:GetObject") =>
        {
            Some(FIRST_WORKER)
        }
        Some(_) | None => None,
    };
    let bucket = Checked {
        name: "bucket",
        next,
        problem,
        remarks: remark.into_iter().collect(),
    };
    (bucket, archive)
}

/// Uses the bucket as the program does, which shows that it has the rights it needs, and asks for no other. Returns whether the
/// documents that it stores can be locked.
async fn used(storage: &Storage, needed: Needed) -> Result<LockState, StorageError> {
    // First: some servers make a bucket when an object is put into it.
    let may_read = match storage.reach().await {
        Ok(()) => true,
        // Perhaps the object is not there yet.
        Err(error) if needed == Needed::Worker && error.may_mean_absent() => false,
        Err(error) => return Err(error),
    };
    if needed == Needed::Serve {
        return Ok(LockState::NotWanted);
    }
    storage.prove_conditional_writes().await?;
    if !may_read {
        storage.reach().await?;
    }
    storage.check_lock().await
}

/// An archive without the templates in use is not a failure: a worker stores them.
async fn archive(storage: &Storage, catalog: &Arc<Catalog>) -> String {
    let missing = template_archive::missing(storage, catalog);
    match answered(missing).await {
        Ok(Ok(Missing { count: 0, .. })) => "ok".to_owned(),
        Ok(Ok(Missing { count, all })) => format!(
            "{count} of {all} templates and brands are not stored; a worker stores them at its start"
        ),
        Ok(Err(error)) => error.to_string(),
        Err(none) => none.to_string(),
    }
}

pub(super) async fn database(app: &App, needed: Needed) -> Checked {
    let mut remarks = Vec::new();
    let mut may_be_made = true;
    let checking = async {
        let url = app.settings().database.url()?;
        Database::check_url(url)?;
        if let Some(file) = Database::missing_file(url) {
            may_be_made = Database::may_make_file(url);
            let hint = if may_be_made {
                ""
            } else {
                ": add ?mode=rwc to the URL, and `invoice-worker setup` makes it"
            };
            return Err(Missed(format!("there is no file {file} (DATABASE_URL){hint}")).into());
        }
        let checking = async {
            let database = Database::connect(url, false).await?;
            database.check().await?;
            let remarks = rights_of(&database, needed).await?;
            let erases = app.settings().erasure.erase_requests_after.is_some();
            if needed == Needed::Serve && erases {
                may_erase(&database).await?;
            }
            anyhow::Ok(remarks)
        };
        remarks = answered(checking).await??;
        anyhow::Ok(())
    };
    let problem = checking.await.err();
    let next = if let Some(DatabaseError::SchemaMissing(_)) = of(&problem) {
        Some(MIGRATE)
    } else if of::<Missed>(&problem).is_some() {
        may_be_made.then_some(SETUP)
    } else {
        of::<GrantsMissing>(&problem).map(|_| GRANTS)
    };
    Checked {
        name: "database",
        problem,
        next,
        remarks,
    }
}

/// Checks the rights on tables, and the parameters of the connection. Returns what is missing that the work goes on without.
async fn rights_of(database: &Database, needed: Needed) -> anyhow::Result<Vec<String>> {
    let (name, rights) = match needed {
        Needed::Worker => ("a worker", rights::WORKER),
        Needed::Serve => ("`serve`", rights::SERVE),
    };
    let grants = database.missing_grants(rights).await?;
    if !grants.is_empty() {
        let is_of_serve =
            needed == Needed::Worker && database.missing_grants(rights::SERVE).await?.is_empty();
        let hint = if is_of_serve {
            ". They are enough for `serve`: `invoice-worker check --serve`"
        } else {
            ""
        };
        let needed = name;
        return Err(GrantsMissing {
            needed,
            grants,
            hint,
        }
        .into());
    }
    let mut remarks = Vec::new();
    let dropped = database.dropped_parameters().await?;
    if !dropped.is_empty() {
        remarks.push(format!(
            "what the program sets when it connects does not reach PostgreSQL, as behind PgBouncer; set it there: {}",
            dropped.join("; ")
        ));
    }
    if needed == Needed::Worker {
        let shown = database.missing_grants(rights::WORKER_SHOWN).await?;
        if !shown.is_empty() {
            remarks.push(format!(
                "a worker works, and `status` and `activity` do not show it, without {}",
                shown.join("; ")
            ));
        }
    }
    Ok(remarks)
}

/// Checks the rights that a server needs beside the usual ones to erase what is old.
async fn may_erase(database: &Database) -> anyhow::Result<()> {
    let grants = database.missing_grants(rights::ERASE).await?;
    if grants.is_empty() {
        return Ok(());
    }
    let missing = GrantsMissing {
        needed: "`serve` with ERASE_REQUESTS_AFTER",
        grants,
        hint: "",
    };
    Err(missing.into())
}

fn of<E: Display + Debug + Send + Sync + 'static>(problem: &Option<anyhow::Error>) -> Option<&E> {
    problem.as_ref()?.downcast_ref()
}
