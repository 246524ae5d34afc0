//! Errors of the database, by their cause and by what can fix them.

use invoice::{FailureCode, InvalidPart};
use sea_orm::prelude::Uuid;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

use crate::outages::Server;
use crate::retry::Retryable;

/// Why a call to the database failed.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not one that the client understands.
    #[error("DATABASE_URL is not a valid URL: {0}")]
    Url(&'static str),
    /// No connection, or it broke.
    #[error("database unreachable: {0}")]
    Unreachable(String),
    /// The server is busy, shutting down, out of resources, damaged, or chose this transaction as a deadlock's victim.
    #[error("database cannot do this now ({code}): {message}")]
    Busy {
        /// SQLSTATE, or SQLite's code.
        code: String,
        /// The server's message.
        message: String,
    },
    /// The table or a column is missing.
    #[error("the schema is missing or old: run `invoice-worker migrate up` ({0})")]
    SchemaMissing(String),
    /// The database cannot store every character.
    #[error(
        "the database has the encoding {0}, which lacks characters that names have; expected UTF8: create it with \
         ENCODING 'UTF8'"
    )]
    Encoding(String),
    /// The user may not connect or not do this, or the database does not exist.
    #[error("access to the database denied ({code}): {message}")]
    AccessDenied {
        /// SQLSTATE.
        code: String,
        /// The server's message.
        message: String,
    },
    /// The database refuses the values of this row.
    #[error("database refused the statement ({code}): {message}")]
    Refused {
        /// SQLSTATE, or SQLite's code.
        code: String,
        /// The server's message.
        message: String,
    },
    /// Another program or a person wrote a row that this program cannot have written.
    #[error("row {id} of sales_invoice has no valid identity: {invalid}")]
    InvalidRecord {
        /// Key of the row.
        id: Uuid,
        /// The part that is wrong.
        invalid: InvalidPart,
    },
    /// The client failed, or the schema is another program's.
    #[error("database client: {0}")]
    Client(String),
}

impl DatabaseError {
    /// Whether the database has ended a statement because it took too long.
    pub fn is_late(&self) -> bool {
        /// SQLSTATE `query_canceled`.
        const CANCELLED: &str = "57014";
        matches!(self, Self::Busy { code, .. } if code == CANCELLED)
    }

    /// The code of this kind of failure.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Url(_) => FailureCode::DatabaseUrlInvalid,
            Self::Unreachable(_) => FailureCode::DatabaseUnreachable,
            Self::Busy { .. } => FailureCode::DatabaseBusy,
            Self::SchemaMissing(_) => FailureCode::DatabaseSchemaMissing,
            Self::Encoding(_) => FailureCode::DatabaseEncodingUnsupported,
            Self::AccessDenied { .. } => FailureCode::DatabaseAccessDenied,
            Self::Refused { .. } => FailureCode::DatabaseRefused,
            Self::InvalidRecord { .. } | Self::Client(_) => FailureCode::DatabaseClientError,
        }
    }
}

impl Retryable for DatabaseError {
    const SERVER: Server = Server::Database;

    fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Busy { .. } => true,
            Self::Url(_)
            | Self::SchemaMissing(_)
            | Self::Encoding(_)
            | Self::AccessDenied { .. }
            | Self::Refused { .. }
            | Self::InvalidRecord { .. }
            | Self::Client(_) => false,
        }
    }

    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Busy { .. }
            | Self::SchemaMissing(_)
            | Self::Encoding(_)
            | Self::AccessDenied { .. }
            | Self::Client(_) => true,
            Self::Url(_) | Self::Refused { .. } | Self::InvalidRecord { .. } => false,
        }
    }

    fn is_systemic(&self) -> bool {
        match self {
            Self::SchemaMissing(_) | Self::Encoding(_) | Self::AccessDenied { .. } => true,
            Self::Url(_)
            | Self::Unreachable(_)
            | Self::Busy { .. }
            | Self::Refused { .. }
            | Self::InvalidRecord { .. }
            | Self::Client(_) => false,
        }
    }
}

impl From<DbErr> for DatabaseError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the enumeration is declared open-ended"
    )]
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        match error {
            DbErr::ConnectionAcquire(_) => Self::Unreachable(text),
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_sqlx(&error),
            DbErr::Conn(RuntimeErr::Internal(text)) => Self::Unreachable(text),
            DbErr::Exec(RuntimeErr::Internal(_))
            | DbErr::Query(RuntimeErr::Internal(_))
            | DbErr::TryIntoErr { .. }
            | DbErr::ConvertFromU64(_)
            | DbErr::UnpackInsertId
            | DbErr::UpdateGetPrimaryKey
            | DbErr::RecordNotFound(_)
            | DbErr::AttrNotSet(_)
            | DbErr::Custom(_)
            | DbErr::Type(_)
            | DbErr::Json(_)
            | DbErr::Migration(_)
            | DbErr::RecordNotInserted
            | DbErr::RecordNotUpdated
            | DbErr::BackendNotSupported { .. }
            | DbErr::KeyArityMismatch { .. }
            | DbErr::PrimaryKeyNotSet { .. }
            | DbErr::RbacError(_)
            | DbErr::AccessDenied { .. }
            | DbErr::MutexPoisonError => Self::Client(text),
            // New variants are not known to be about the connection.
            _ => Self::Client(text),
        }
    }
}

impl DatabaseError {
    /// The server's code comes before the kind of error: a refused login also arrives as a broken connection.
    pub(super) fn of_sqlx(error: &SqlxError) -> Self {
        match error {
            SqlxError::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                Self::of_code(code, database.message().to_owned())
            }
            SqlxError::Io(error) => Self::Unreachable(error.to_string()),
            SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
                Self::Unreachable(error.to_string())
            }
            SqlxError::Tls(_) | SqlxError::Protocol(_) => Self::Unreachable(error.to_string()),
            // The URL or its certificates cannot be used, whatever the message.
            SqlxError::Configuration(_) | SqlxError::BeginFailed => {
                Self::Unreachable(error.to_string())
            }
            SqlxError::InvalidArgument(_)
            | SqlxError::RowNotFound
            | SqlxError::TypeNotFound { .. }
            | SqlxError::ColumnIndexOutOfBounds { .. }
            | SqlxError::ColumnNotFound(_)
            | SqlxError::ColumnDecode { .. }
            | SqlxError::Encode(_)
            | SqlxError::Decode(_)
            | SqlxError::AnyDriverError(_)
            | SqlxError::Migrate(_)
            | SqlxError::InvalidSavePointStatement => Self::Client(error.to_string()),
            _ => Self::Client(error.to_string()),
        }
    }

    /// SQLSTATE for PostgreSQL, five characters; a decimal number for SQLite.
    fn of_code(code: String, message: String) -> Self {
        match code.as_str() {
            // undefined_table, undefined_column, invalid_schema_name
            "42P01" | "42703" | "3F000" => Self::SchemaMissing(message),
            "1" if message.contains("no such table") || message.contains("no such column") => {
                Self::SchemaMissing(message)
            }
            // insufficient_privilege, invalid authorization, no such database
            "42501" => Self::AccessDenied { code, message },
            _ if ["28", "3D"].iter().any(|class| code.starts_with(class))
                && sqlite_code(&code).is_none() =>
            {
                Self::AccessDenied { code, message }
            }
            _ if is_about_values(&code) => Self::Refused { code, message },
            // Connections, deadlocks, resources, operators, a damaged index, a pooler that mixes up prepared statements:
            // what is not about the values of this row may apply to every row, and would empty the queue into the dead
            // letters.
            _ => Self::Busy { code, message },
        }
    }
}

/// Whether the database refuses the values of a row: bad data, a constraint, or a limit of the program (PostgreSQL); too big,
/// a constraint, or the wrong type (SQLite).
fn is_about_values(code: &str) -> bool {
    match sqlite_code(code) {
        Some(number) => [18, 19, 20].contains(&number),
        None => ["22", "23", "54"]
            .iter()
            .any(|class| code.starts_with(class)),
    }
}

/// SQLite's primary result code: the lowest byte. Its codes have four digits at most; SQLSTATE has five characters.
fn sqlite_code(code: &str) -> Option<u16> {
    let number = code.parse::<u16>().ok().filter(|_| code.len() < 5);
    number.map(|number| number & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_class() {
        for (code, message, expected, transient) in [
            ("40P01", "deadlock detected", "database_busy", true),
            ("57P01", "terminating connection", "database_busy", true),
            ("53300", "too many clients", "database_busy", true),
            ("25006", "read-only transaction", "database_busy", true),
            ("53100", "could not extend file", "database_busy", true),
            ("58030", "could not read block", "database_busy", true),
            ("XX002", "index is corrupted", "database_busy", true),
            ("5", "database is locked", "database_busy", true),
            ("517", "database is locked", "database_busy", true),
            ("13", "database or disk is full", "database_busy", true),
            ("778", "disk I/O error", "database_busy", true),
            (
                "2067",
                "UNIQUE constraint failed",
                "database_refused",
                false,
            ),
            (
                "1",
                "no such table: sales_invoice",
                "database_schema_missing",
                true,
            ),
            (
                "42P01",
                "relation does not exist",
                "database_schema_missing",
                true,
            ),
            (
                "28P01",
                "password authentication failed",
                "database_access_denied",
                true,
            ),
            (
                "3D000",
                "database does not exist",
                "database_access_denied",
                true,
            ),
            ("23502", "null value", "database_refused", false),
            ("22021", "invalid byte sequence", "database_refused", false),
            (
                "22003",
                "numeric value out of range",
                "database_refused",
                false,
            ),
            ("54000", "index row is too large", "database_refused", false),
            ("42P05", "prepared statement exists", "database_busy", true),
            ("26000", "no such prepared statement", "database_busy", true),
            (
                "0A000",
                "cached plan must not change",
                "database_busy",
                true,
            ),
            (
                "11",
                "database disk image is malformed",
                "database_busy",
                true,
            ),
            ("26", "file is not a database", "database_busy", true),
            ("1", "near \"x\": syntax error", "database_busy", true),
        ] {
            let error = DatabaseError::of_code(code.into(), message.into());
            assert_eq!(
                (error.code().as_str(), error.is_transient()),
                (expected, transient),
                "{code} {message}"
            );
        }
    }
}
