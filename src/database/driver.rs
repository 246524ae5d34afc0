//! The URL of the database. It is parsed here and not by SeaORM, which quotes all of it, password included, in errors and
//! traces.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;
use std::{fmt, io};

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{ConnectOptions, SqlxError};
use tokio::time::timeout;

use super::DatabaseError;
use super::parameters::{self, STATEMENT_TIMEOUT};
use crate::config::MaskedUrl;
use crate::output::file::create_private_folder;

/// Which database, and how to reach it.
pub(super) enum Driver {
    Postgres(Box<PgConnectOptions>),
    Sqlite {
        url: String,
        options: Box<SqliteConnectOptions>,
    },
}

/// Without the password that the options hold.
impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres(_) => "Postgres",
            Self::Sqlite { .. } => "Sqlite",
        })
    }
}

impl Driver {
    /// From the setting.
    pub(super) fn parse(url: &MaskedUrl) -> Result<Self, DatabaseError> {
        let url = url.expose();
        if url.starts_with("sqlite:") {
            return Ok(Self::Sqlite {
                url: url.to_owned(),
                options: Box::new(url.parse().map_err(without_value)?),
            });
        }
        let options: PgConnectOptions = url.parse().map_err(without_value)?;
        let options = options
            .application_name("invoice-worker")
            .options(parameters::all().map(|parameter| (parameter.name, parameter.value)))
            .disable_statement_logging();
        Ok(Self::Postgres(Box::new(options)))
    }

    /// What SeaORM is given.
    pub(super) fn options(&self) -> ConnectOptions {
        match self {
            Self::Postgres(options) => {
                // Only the scheme counts.
                let mut all = ConnectOptions::new("postgres://localhost");
                let options = options.clone();
                all.map_sqlx_postgres_opts(move |_| (*options).clone());
                all
            }
            Self::Sqlite { url, .. } => {
                let mut all = ConnectOptions::new(url);
                all.map_sqlx_sqlite_opts(|options| {
                    // Durable as PostgreSQL is: a commit that was acknowledged survives a power cut.
                    options
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full)
                        .busy_timeout(STATEMENT_TIMEOUT)
                });
                all
            }
        }
    }

    /// Creates a SQLite file that may be created, and its folder. They hold personal data, so no other user may read them;
    /// SQLite gives the files beside it the same permissions.
    pub(super) fn make_file(&self) -> Result<(), DatabaseError> {
        let Self::Sqlite { url, options } = self else {
            return Ok(());
        };
        let file = options.get_filename();
        if !self.may_make_file() || file.exists() || is_in_memory(url) {
            return Ok(());
        }
        let cannot_create = |path: &Path| {
            let path = path.display().to_string();
            move |error: io::Error| {
                let problem = format!("cannot create {path} for DATABASE_URL: {error}");
                DatabaseError::Unreachable(problem)
            }
        };
        let folder = file.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() {
            create_private_folder(folder).map_err(cannot_create(folder))?;
        }
        let mut options = File::options();
        // Another process may create it at the same time.
        let made = options.append(true).create(true).mode(0o600).open(file);
        made.map(drop).map_err(cannot_create(file))
    }

    /// Whether a file of SQLite that is not there may be created.
    pub(super) fn may_make_file(&self) -> bool {
        match self {
            Self::Sqlite { url, .. } => url.contains("mode=rwc"),
            Self::Postgres(_) => false,
        }
    }

    /// The file of SQLite, if it is not there.
    pub(super) fn missing_file(&self) -> Option<String> {
        match self {
            Self::Sqlite { url, options } if !is_in_memory(url) => {
                let file = options.get_filename();
                (!file.exists()).then(|| file.display().to_string())
            }
            Self::Sqlite { .. } | Self::Postgres(_) => None,
        }
    }

    /// Connects once: a pool retries until its time is over, and then does not report the cause.
    pub(super) async fn try_once(&self, longest: Duration) -> Result<(), DatabaseError> {
        match self {
            Self::Postgres(options) => {
                let place = match options.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => format!("{}:{}", options.get_host(), options.get_port()),
                };
                let mut error = match timeout(longest, options.connect()).await {
                    Ok(Ok(connection)) => {
                        // How it ends does not matter.
                        connection.close().await.ok();
                        return Ok(());
                    }
                    Ok(Err(error)) => DatabaseError::of_sqlx(&error),
                    Err(_elapsed) => DatabaseError::Unreachable(format!(
                        "no answer within {} s",
                        longest.as_secs()
                    )),
                };
                if let DatabaseError::Unreachable(why) = &mut error {
                    *why = format!("{place}: {why}");
                }
                Err(error)
            }
            Self::Sqlite { .. } => Ok(()),
        }
    }

    /// Adds the file to an error of connecting.
    pub(super) fn explain(&self, error: DatabaseError) -> DatabaseError {
        match (self, error) {
            (Self::Sqlite { url, options }, DatabaseError::Busy { code, message }) => {
                let file = options.get_filename();
                match not_opened(url, file) {
                    Some(why) if code == CANNOT_OPEN => DatabaseError::Unreachable(why),
                    Some(_) | None => DatabaseError::Busy {
                        code,
                        message: format!("{message}: {}, of DATABASE_URL", file.display()),
                    },
                }
            }
            (Self::Sqlite { .. } | Self::Postgres(_), other) => other,
        }
    }
}

/// SQLite's code for a file that cannot be opened.
const CANNOT_OPEN: &str = "14";

/// Why a file that is not there cannot be opened.
fn not_opened(url: &str, file: &Path) -> Option<String> {
    if file.exists() {
        return None;
    }
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let (what, makes) = match folder.filter(|folder| !folder.exists()) {
        Some(folder) => (format!("the folder {}", folder.display()), "both"),
        None => ("the file".to_owned(), "it"),
    };
    let hint = if url.contains("mode=rwc") {
        String::new()
    } else {
        format!("; with ?mode=rwc behind the name, the program makes {makes}")
    };
    let file = file.display();
    Some(format!(
        "cannot open {file} (DATABASE_URL): {what} does not exist{hint}"
    ))
}

/// Whether a SQLite URL names no file.
fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// The driver's own message would quote the URL.
fn without_value(_error: SqlxError) -> DatabaseError {
    DatabaseError::Url(
        "it has a parameter that is not known, or a value that its parameter cannot have",
    )
}
