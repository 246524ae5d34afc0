//! PostgreSQL or SQLite, through SeaORM: the records of invoices, the archive of dead letters,
//! replays, repairs, erasures, what people changed, what workers report of themselves and of their work, and who is signed in to the page.
//! With `migration` the only place that names SeaORM. Knows no use case.

pub mod activities;
pub mod activity;
mod ascii;
pub mod audited;
pub mod batches;
pub mod change;
pub mod changes;
pub mod dead_letter;
pub mod dead_letter_edit;
pub mod dead_letters;
mod driver;
pub mod erasure;
pub mod erasure_control;
mod erasure_filter;
mod erasure_runs;
pub mod erasures;
pub mod error;
mod exported;
mod few;
pub mod followed;
mod invoice_list;
pub mod kept;
pub mod leases;
pub mod listed;
mod parameters;
mod reach;
mod records;
pub mod repair;
pub mod repair_ends;
pub mod repair_letter;
pub mod repair_replays;
pub mod repair_runs;
pub mod repairs;
pub mod replay;
pub mod replay_letter;
pub mod replay_runs;
pub mod replays;
pub mod rights;
mod run_status;
mod runs;
pub mod sales_invoice;
mod schema;
pub mod session;
pub mod sessions;
mod stored_selection;
mod words;
pub mod worker;
pub mod workers;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr,
    EntityTrait as _, QueryFilter as _, Statement,
};
use tokio::sync::OnceCell;
use tokio::time::timeout;

pub use changes::{By, ChangeAction, ChangeFilter};
pub use dead_letter::DeadLetterStatus;
pub use dead_letters::NewDeadLetter;
pub use erasure_filter::{ErasureCounts, ErasureFilter};
pub use erasures::ErasureRun;
pub use error::DatabaseError;
pub use exported::{GeneratedFilter, GeneratedPlace};
pub use invoice_list::InvoiceFilter;
pub use listed::Listed;
pub use records::{Failed, Generated, GeneratedEInvoice, Received};
pub use repair::RepairStatus;
pub use repair_letter::{Applied, RepairVerdict};
pub use replay_letter::ReplayOutcome;
pub use run_status::RunStatus;
pub use sales_invoice::Status;

use self::driver::Driver;
use self::sales_invoice::{Column, Entity};
use crate::config::MaskedUrl;

/// Longest wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections: commits wait for the disk, so these are more than the renderers of most machines.
const MAX_CONNECTIONS: u32 = 16;

/// Longest wait for an answer: connections notice only after many minutes that a server has disappeared.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20); // a connection and a statement, and some seconds more

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    driver: Arc<Driver>,
    options: ConnectOptions,
    pool: Arc<RwLock<Pool>>,
    /// Set when its encoding was found to be usable.
    encoding: Arc<OnceCell<()>>,
}

/// A pool of connections, and its number in this process.
#[derive(Clone, Debug)]
struct Pool {
    connection: DatabaseConnection,
    number: u64,
}

/// The connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// All of them.
    pub size: usize,
    /// Those that no statement uses.
    pub idle: usize,
    /// As many as there may be.
    pub max: usize,
}

impl Database {
    /// Connects. With `lazy` the first statement does, so that a worker can start while the database is down.
    pub async fn connect(url: &MaskedUrl, lazy: bool) -> Result<Self, DatabaseError> {
        let driver = Driver::parse(url)?;
        driver.make_file()?;
        if !lazy {
            match driver.try_once(ACQUIRE_TIMEOUT).await {
                // A server that is starting will be ready soon.
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
            // A ping before each use costs as much as a query; it is idle connections that break.
            .test_before_acquire(false)
            .test_before_acquire_if_idle_for(Duration::from_secs(10))
            .sqlx_logging(false);
        let connection = sea_orm::Database::connect(options.clone()).await;
        let pool = Pool {
            connection: connection.map_err(|error| driver.explain(error.into()))?,
            number: 0,
        };
        // Pools that replace it must not fail while the server is down.
        options.connect_lazy(true);
        let database = Self {
            driver: Arc::new(driver),
            options,
            pool: Arc::new(RwLock::new(pool)),
            encoding: Arc::default(),
        };
        if !lazy {
            database.in_time(async |_| Ok(())).await?;
        }
        Ok(database)
    }

    /// Checks a URL without connecting.
    pub fn check_url(url: &MaskedUrl) -> Result<(), DatabaseError> {
        Driver::parse(url).map(drop)
    }

    /// The file of a SQLite URL, if it is not there; `connect` may make it.
    pub fn missing_file(url: &MaskedUrl) -> Option<String> {
        Driver::parse(url).ok()?.missing_file()
    }

    /// Whether `connect` makes the file of a SQLite URL.
    pub fn may_make_file(url: &MaskedUrl) -> bool {
        Driver::parse(url).is_ok_and(|driver| driver.may_make_file())
    }

    fn pool(&self) -> Pool {
        self.pool
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The connections of the pool.
    pub fn pool_state(&self) -> PoolState {
        let connection = self.connection();
        let (size, idle) = if connection.get_database_backend() == DbBackend::Postgres {
            let pool = connection.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = connection.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        PoolState {
            size: usize::try_from(size).unwrap_or(usize::MAX),
            idle,
            max: usize::try_from(MAX_CONNECTIONS).unwrap_or(usize::MAX),
        }
    }

    fn connection(&self) -> DatabaseConnection {
        self.pool().connection
    }

    /// Executes a statement, with a time limit. Before the first one the encoding of the database is checked: in one that is
    /// not UTF-8, requests would fail for the letters of a name.
    async fn in_time<T, F>(
        &self,
        statement: impl FnOnce(DatabaseConnection) -> F,
    ) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        let Pool { connection, number } = self.pool();
        let executing = async {
            let checked = self.encoding.get_or_try_init(|| utf8(&connection));
            checked.await?;
            Ok(statement(connection.clone()).await?)
        };
        if let Ok(result) = timeout(ANSWER_TIMEOUT, executing).await {
            return result;
        }
        // A pool takes a connection back only after it has answered once more, which this one may never do.
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

    /// Checks that the database answers and has the schema.
    pub async fn check(&self) -> Result<(), DatabaseError> {
        let nothing = Entity::find().filter(Column::Platform.eq(""));
        let answer = self.in_time(async |connection| nothing.one(&connection).await);
        match answer.await {
            Ok(_) => Ok(()),
            // The pool does not report the address and the cause.
            Err(error @ DatabaseError::Unreachable(_)) => {
                let reason = self.driver.try_once(ACQUIRE_TIMEOUT).await;
                Err(reason.err().unwrap_or(error))
            }
            Err(error) => Err(self.driver.explain(error)),
        }
    }
}

/// Checks that a database can store every character. SQLite always can.
async fn utf8(connection: &DatabaseConnection) -> Result<(), DatabaseError> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let question = "SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database \
                    WHERE datname = current_database()";
    let question = Statement::from_string(DbBackend::Postgres, question);
    let answer = connection.query_one_raw(question).await?;
    let encoding: Option<String> = answer.map(|row| row.try_get("", "encoding")).transpose()?;
    match encoding {
        Some(encoding) if encoding != "UTF8" => Err(DatabaseError::Encoding(encoding)),
        Some(_) | None => Ok(()),
    }
}

/// Replaces NUL, which PostgreSQL does not accept in a text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
