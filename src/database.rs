//! The record of issued documents, through SeaORM: PostgreSQL or SQLite. With `migration` the only place that names
//! SeaORM.

pub mod archive;
pub mod dead_letter;
pub mod dead_letter_edit;
mod driver;
pub mod error;
pub mod sales_invoice;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use migration::{Migrator, MigratorTrait as _};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr,
    EntityTrait as _, Insert, Iterable as _, QueryFilter as _, Set, TransactionTrait as _,
    TryIntoModel as _,
};
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

pub use archive::NewDeadLetter;
pub use dead_letter::DeadLetterStatus;
pub use error::DatabaseError;
pub use sales_invoice::Status;

use self::driver::Driver;
use self::sales_invoice::{ActiveModel, Column, Entity, Model};
use crate::config::MaskedUrl;
use invoice::digest::Sha256Digest;
use invoice::{Invoice, InvoiceIdentity};

/// Longest wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections: commits wait for the disk, so a few more than there are renderers on most machines.
const MAX_CONNECTIONS: u32 = 16;

/// Longest wait for an answer: a server that has gone without a word is not noticed by its connections for many minutes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20); // for a connection and for a statement, and a little more

/// The lock that lets one program at a time change the schema (any number; it is the same for all of ours).
const MIGRATION_LOCK: i64 = 0x696e_766f_6963_6573;

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    driver: Arc<Driver>,
    options: ConnectOptions,
    pool: Arc<RwLock<Pool>>,
}

/// Connections to the database, and which pool of this program it is.
#[derive(Clone, Debug)]
struct Pool {
    connection: DatabaseConnection,
    number: u64,
}

/// What is recorded of every request, whatever became of it.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Which invoice it is about.
    pub identity: &'a InvoiceIdentity,
    /// The request as it arrived.
    pub request: &'a str,
    /// The digest of its content.
    pub request_digest: Sha256Digest,
    /// Message id.
    pub message_id: Option<&'a str>,
    /// Trace id (W3C trace context).
    pub trace_id: Option<&'a str>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// A document that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Generated<'a> {
    /// What it shows.
    pub invoice: &'a Invoice,
    /// What it was set with, if that is known.
    pub set_with: Option<SetWith<'a>>,
    /// Digest of the stored file.
    pub sha256: Sha256Digest,
    /// Its size.
    pub size_bytes: usize,
    /// Number of its pages.
    pub pages: usize,
    /// Its key.
    pub object_key: &'a str,
    /// Its URL.
    pub url: &'a str,
}

/// What a document was set with.
#[derive(Clone, Copy, Debug)]
pub struct SetWith<'a> {
    /// Name of the template.
    pub template: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Digest of its files.
    pub digest: &'a str,
    /// Digest of the brand.
    pub brand_digest: Option<&'a str>,
}

impl Database {
    /// Connects. With `lazy` the first statement does, so that a worker can start while the database is down.
    pub async fn connect(url: &MaskedUrl, lazy: bool) -> Result<Self, DatabaseError> {
        let driver = Driver::parse(url)?;
        driver.make_folder()?;
        if !lazy {
            match driver.try_once(ACQUIRE_TIMEOUT).await {
                // A server that is just starting is waited for.
                Ok(()) | Err(DatabaseError::Busy { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut options = driver.options();
        options
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy(lazy)
            // A ping before each use costs as much as a query; connections that stood idle are the ones that break.
            .test_before_acquire(false)
            .test_before_acquire_if_idle_for(Duration::from_secs(10))
            .sqlx_logging(false);
        let connection = sea_orm::Database::connect(options.clone()).await;
        let pool = Pool {
            connection: connection.map_err(|error| driver.explain(error.into()))?,
            number: 0,
        };
        // Those that replace it must not fail where the server is away.
        options.connect_lazy(true);
        Ok(Self {
            driver: Arc::new(driver),
            options,
            pool: Arc::new(RwLock::new(pool)),
        })
    }

    /// Whether a URL can be used, without using it.
    pub fn check_url(url: &MaskedUrl) -> Result<(), DatabaseError> {
        Driver::parse(url).map(drop)
    }

    fn pool(&self) -> Pool {
        self.pool
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn connection(&self) -> DatabaseConnection {
        self.pool().connection
    }

    /// Executes a statement, but does not wait for its answer for ever.
    async fn in_time<T, F>(
        &self,
        statement: impl FnOnce(DatabaseConnection) -> F,
    ) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let Pool { connection, number } = self.pool();
        if let Ok(result) = timeout(ANSWER_TIMEOUT, statement(connection)).await {
            return Ok(result?);
        }
        // A pool takes back a connection only after that has answered once more, and this one may never do so.
        let fresh = sea_orm::Database::connect(self.options.clone()).await?;
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if pool.number == number {
            *pool = Pool {
                connection: fresh,
                number: number + 1,
            };
        }
        let seconds = ANSWER_TIMEOUT.as_secs();
        Err(DatabaseError::Unreachable(format!(
            "no answer within {seconds} s"
        )))
    }

    /// Brings the schema up to date; answers how many steps were taken. Several programs may do so at once.
    pub async fn migrate(&self) -> Result<usize, DatabaseError> {
        let connection = self.connection();
        // Held until its end by a transaction in which nothing else happens.
        let lock = connection.begin().await?;
        if lock.get_database_backend() == DbBackend::Postgres {
            let wait = format!(
                "SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
            );
            lock.execute_unprepared(&wait).await?;
        }
        let pending = Migrator::get_pending_migrations(&connection).await?.len();
        Migrator::up(&connection, None).await?;
        lock.commit().await?;
        Ok(pending)
    }

    /// Every step of the schema, and whether it was taken.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, DatabaseError> {
        let migrations = Migrator::get_migration_with_status_read_only(&self.connection()).await?;
        let applied = migration::MigrationStatus::Applied;
        Ok(migrations
            .iter()
            .map(|step| (step.name().to_owned(), step.status() == applied))
            .collect())
    }

    /// Whether the database answers and has the schema.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        let nothing = Entity::find().filter(Column::Platform.eq(""));
        let answer = self.in_time(async |connection| nothing.one(&connection).await);
        match answer.await {
            Ok(_) => Ok(()),
            // The pool keeps to itself where it looked and what it met.
            Err(error @ DatabaseError::Unreachable(_)) => {
                let reason = self.driver.try_once(ACQUIRE_TIMEOUT).await;
                Err(reason.err().unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The record of an invoice.
    pub async fn find(&self, identity: &InvoiceIdentity) -> Result<Option<Model>, DatabaseError> {
        let InvoiceIdentity {
            platform,
            shop_id,
            order_id,
            package_id,
            sequence_number,
        } = identity;
        let found = Entity::find()
            .filter(Column::Platform.eq(platform))
            .filter(Column::ShopId.eq(shop_id))
            .filter(Column::OrderId.eq(order_id))
            .filter(Column::PackageId.eq(package_id))
            .filter(Column::SequenceNumber.eq(sequence_number));
        self.in_time(async |connection| found.one(&connection).await)
            .await
    }

    /// Records a stored document and answers what it wrote; `None` where a document is recorded already, which stays as
    /// it is. A record of an earlier failure gives way, and leaves its id and its first moment to the row.
    pub async fn record_generated(
        &self,
        received: Received<'_>,
        generated: Generated<'_>,
    ) -> Result<Option<Model>, DatabaseError> {
        let now = now();
        let Generated {
            invoice, set_with, ..
        } = generated;
        let model = ActiveModel {
            status: Set(Status::Generated),
            file_path: Set(Some(generated.url.to_owned())),
            object_key: Set(Some(generated.object_key.to_owned())),
            sha256: Set(Some(generated.sha256.to_string())),
            size_bytes: Set(i64::try_from(generated.size_bytes).ok()),
            pages: Set(i32::try_from(generated.pages).ok()),
            document_type: Set(Some(invoice.document_type.as_str().to_owned())),
            number: Set(Some(invoice.number.clone())),
            currency: Set(Some(invoice.currency.code().to_owned())),
            gross_minor: Set(i64::try_from(invoice.totals.gross.mantissa()).ok()),
            template_name: Set(set_with.map(|known| known.template.to_owned())),
            template_version: Set(set_with.map(|known| known.version.to_owned())),
            template_digest: Set(set_with.map(|known| known.digest.to_owned())),
            brand_digest: Set(set_with
                .and_then(|known| known.brand_digest)
                .map(ToOwned::to_owned)),
            generated_at: Set(Some(now)),
            ..new_record(received, now)
        };
        let record = model.clone().try_into_model()?;
        // Nothing is read back, the request least of all: what was written is known.
        let written = self.upsert(model).await?;
        Ok((written > 0).then_some(record))
    }

    /// Records that a request cannot become a document, unless one is recorded already.
    pub async fn record_failed(
        &self,
        received: Received<'_>,
        code: &str,
        detail: &str,
    ) -> Result<(), DatabaseError> {
        let model = ActiveModel {
            status: Set(Status::Failed),
            error_code: Set(Some(code.to_owned())),
            error_detail: Set(Some(without_nul(detail))),
            ..new_record(received, now())
        };
        self.upsert(model).await?;
        Ok(())
    }

    async fn upsert(&self, model: ActiveModel) -> Result<u64, DatabaseError> {
        let statement = upsert(model);
        self.in_time(async |connection| statement.exec_without_returning(&connection).await)
            .await
    }
}

/// In microseconds, which is what PostgreSQL keeps: a record is the same before it is written and after.
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc().truncate_to_microsecond()
}

/// One statement, so that concurrent writers of one identity need neither a lock nor a transaction: the first document
/// wins and is never overwritten.
fn upsert(model: ActiveModel) -> Insert<ActiveModel> {
    let identity = [
        Column::Platform,
        Column::ShopId,
        Column::OrderId,
        Column::PackageId,
        Column::SequenceNumber,
    ];
    let kept = [Column::Id, Column::CreatedAt];
    let replaced = Column::iter().filter(|column| {
        !identity
            .iter()
            .chain(&kept)
            .any(|other| same(other, column))
    });
    let on_conflict = OnConflict::columns(identity)
        .update_columns(replaced)
        .action_and_where(Expr::col((Entity, Column::Status)).eq(Status::Failed))
        .to_owned();
    Entity::insert(model).on_conflict(on_conflict)
}

/// PostgreSQL has no NUL in a text, and refuses the row.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn same(one: &Column, other: &Column) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn new_record(received: Received<'_>, now: OffsetDateTime) -> ActiveModel {
    let identity = received.identity;
    ActiveModel {
        id: Set(Uuid::now_v7()),
        platform: Set(identity.platform.clone()),
        shop_id: Set(identity.shop_id.clone()),
        order_id: Set(identity.order_id.clone()),
        package_id: Set(identity.package_id.clone()),
        sequence_number: Set(identity.sequence_number.clone()),
        status: Set(Status::Failed),
        file_path: Set(None),
        object_key: Set(None),
        sha256: Set(None),
        size_bytes: Set(None),
        pages: Set(None),
        document_type: Set(None),
        number: Set(None),
        currency: Set(None),
        gross_minor: Set(None),
        template_name: Set(None),
        template_version: Set(None),
        template_digest: Set(None),
        brand_digest: Set(None),
        request: Set(received.request.to_owned()),
        request_digest: Set(received.request_digest.to_string()),
        message_id: Set(received.message_id.map(without_nul)),
        trace_id: Set(received.trace_id.map(ToOwned::to_owned)),
        attempts: Set(received.attempt.try_into().unwrap_or(i32::MAX)),
        error_code: Set(None),
        error_detail: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        generated_at: Set(None),
    }
}
