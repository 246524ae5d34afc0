//! The parameters of PostgreSQL that the program sets when it connects, and whether they are in effect: a pooler such as PgBouncer
//! drops them.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, Statement};

/// Longest statement: each of them touches one row or a page of rows.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// A parameter of a connection.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// What the program sets.
    pub(super) value: String,
    /// What PostgreSQL has by itself.
    default: &'static str,
}

/// All of them.
pub(super) fn all() -> [Parameter; 2] {
    [
        Parameter {
            name: "statement_timeout",
            value: format!("{}s", STATEMENT_TIMEOUT.as_secs()),
            default: "0",
        },
        // How many rows a filter leaves depends on its value. A plan that is made once for all values may read a whole table for
        // some.
        Parameter {
            name: "plan_cache_mode",
            value: "force_custom_plan".to_owned(),
            default: "auto",
        },
    ]
}

/// The statements of SQL that set the parameters which do not reach PostgreSQL, for the user of this connection. A value that an
/// operator has set counts as set. The names and values are constants of this file.
pub(super) async fn dropped(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut statements = Vec::new();
    for parameter in all() {
        let Parameter {
            name,
            value,
            default,
        } = parameter;
        let question = format!(
            "SELECT quote_ident(session_user) AS username, current_setting('{name}') AS current"
        );
        let question = Statement::from_string(DbBackend::Postgres, question);
        let Some(row) = connection.query_one_raw(question).await? else {
            continue;
        };
        let (user, current): (String, String) =
            (row.try_get("", "username")?, row.try_get("", "current")?);
        if current == default {
            statements.push(format!("ALTER ROLE {user} SET {name} = '{value}'"));
        }
    }
    Ok(statements)
}
