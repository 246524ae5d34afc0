//! Which rights on tables the user of the database lacks. `docs/permissions.md` grants the same ones; a test compares them.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{Database, DatabaseError, parameters};

/// Rights on tables.
pub type Rights = &'static [(&'static [&'static str], &'static [&'static str])];

/// What a worker may not lack.
pub const WORKER: Rights = &[(
    &["SELECT", "INSERT", "UPDATE"],
    &["sales_invoice", "dead_letter"],
)];

/// What a worker needs to be shown in `status` and in `activity`; it works without.
pub const WORKER_SHOWN: Rights = &[
    (&["SELECT", "INSERT", "UPDATE", "DELETE"], &["worker"]),
    (&["SELECT", "INSERT", "DELETE"], &["activity"]),
];

/// What `serve` needs, and the commands that operate dead letters.
pub const SERVE: Rights = &[
    (
        &["SELECT"],
        &[
            "sales_invoice",
            "worker",
            "activity",
            "dead_letter_group",
            "dead_letter_hour",
        ],
    ),
    (
        &["SELECT", "INSERT", "UPDATE"],
        &[
            "dead_letter",
            "dead_letter_edit",
            "replay",
            "replay_letter",
            "change",
            "repair",
            "erasure",
        ],
    ),
    (
        &["SELECT", "INSERT", "UPDATE", "DELETE"],
        &["session", "repair_letter"],
    ),
];

/// What `erase` needs, and `serve` beside its own where it erases.
pub const ERASE: Rights = &[
    (
        &["SELECT", "UPDATE"],
        &[
            "sales_invoice",
            "dead_letter",
            "dead_letter_edit",
            "repair_letter",
        ],
    ),
    // What a replay has claimed is not erased.
    (&["SELECT"], &["replay"]),
    (&["SELECT", "INSERT", "UPDATE"], &["change"]),
    (
        &["SELECT", "DELETE"],
        &["dead_letter_group", "dead_letter_hour"],
    ),
];

impl Database {
    /// The `GRANT`s that give the user of this connection the rights that it lacks. SQLite has no rights.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::SchemaMissing`] where one of the tables is not there.
    pub async fn missing_grants(&self, rights: Rights) -> Result<Vec<String>, DatabaseError> {
        if self.connection().get_database_backend() != DbBackend::Postgres {
            return Ok(Vec::new());
        }
        let held = self.in_time(async |connection| held(&connection, rights).await);
        let Held { user, tables } = held.await?;
        if let Some(table) = tables.iter().find(|table| table.has_right.is_none()) {
            let problem = format!("there is no table {}", table.name);
            return Err(DatabaseError::SchemaMissing(problem));
        }
        let lacking = tables
            .into_iter()
            .filter(|table| table.has_right == Some(false));
        let mut grants = grants(lacking.map(|table| (table.right, table.name)), &user);
        let sequences = inserted(rights);
        let lacking = self.in_time(async |connection| unusable(&connection, &sequences).await);
        let lacking = lacking.await?;
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            grants.push(format!("GRANT USAGE ON SEQUENCE {lacking} TO {user}"));
        }
        Ok(grants)
    }

    /// The statements of SQL that set, for the user of this connection, what a pooler between the program and PostgreSQL drops of
    /// what the program sets when it connects. None where nothing is dropped, and with SQLite.
    ///
    /// # Errors
    ///
    /// Those of a question to the database.
    pub async fn dropped_parameters(&self) -> Result<Vec<String>, DatabaseError> {
        if self.connection().get_database_backend() != DbBackend::Postgres {
            return Ok(Vec::new());
        }
        self.in_time(async |connection| parameters::dropped(&connection).await)
            .await
    }
}

/// What a user may do.
struct Held {
    /// Its name, as SQL has it.
    user: String,
    tables: Vec<TableRight>,
}

struct TableRight {
    name: String,
    right: String,
    /// None where there is no such table.
    has_right: Option<bool>,
}

/// Asks for all rights at once. The names are constants of this file.
async fn held(connection: &DatabaseConnection, rights: Rights) -> Result<Held, DbErr> {
    let pairs = rights.iter().flat_map(|(rights, tables)| {
        let pairs = tables.iter().flat_map(|table| {
            rights
                .iter()
                .map(move |right| format!("('{table}', '{right}')"))
        });
        pairs.collect::<Vec<_>>()
    });
    let pairs = pairs.collect::<Vec<_>>().join(", ");
    let question = format!(
        "SELECT quote_ident(current_user) AS username, asked.name, asked.privilege, \
         has_table_privilege(to_regclass(asked.name), asked.privilege) AS held \
         FROM (VALUES {pairs}) AS asked(name, privilege)"
    );
    let question = Statement::from_string(DbBackend::Postgres, question);
    let rows = connection.query_all_raw(question).await?;
    let mut user = String::new();
    let mut tables = Vec::with_capacity(rows.len());
    for row in rows {
        user = row.try_get("", "username")?;
        tables.push(TableRight {
            name: row.try_get("", "name")?,
            right: row.try_get("", "privilege")?,
            has_right: row.try_get("", "held")?,
        });
    }
    Ok(Held { user, tables })
}

/// The tables into which rows are inserted.
fn inserted(rights: Rights) -> Vec<&'static str> {
    let inserting = rights
        .iter()
        .filter(|(rights, _)| rights.contains(&"INSERT"));
    inserting
        .flat_map(|(_, tables)| tables.iter().copied())
        .collect()
}

/// The sequences of these tables from which the user may take no number. Conditions of SQL have no order, and the function fails for
/// what is no sequence.
async fn unusable(connection: &DatabaseConnection, tables: &[&str]) -> Result<Vec<String>, DbErr> {
    let tables: Vec<String> = tables
        .iter()
        .map(|it| format!("to_regclass('{it}')"))
        .collect();
    let question = format!(
        "SELECT quote_ident(sequence.relname) AS name FROM pg_class AS sequence \
         JOIN pg_depend AS owned ON owned.objid = sequence.oid AND owned.classid = 'pg_class'::regclass \
         AND owned.refclassid = 'pg_class'::regclass AND owned.deptype = 'a' \
         WHERE owned.refobjid IN ({}) AND CASE sequence.relkind \
             WHEN 'S' THEN NOT has_sequence_privilege(sequence.oid, 'USAGE') ELSE FALSE END ORDER BY name",
        tables.join(", ")
    );
    let question = Statement::from_string(DbBackend::Postgres, question);
    let rows = connection.query_all_raw(question).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

/// One statement for all tables that lack the same rights.
fn grants(lacking: impl Iterator<Item = (String, String)>, user: &str) -> Vec<String> {
    let mut of_tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (right, table) in lacking {
        of_tables.entry(table).or_default().push(right);
    }
    let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, rights) in of_tables {
        alike.entry(rights.join(", ")).or_default().push(table);
    }
    let alike = alike.into_iter();
    alike
        .map(|(rights, tables)| format!("GRANT {rights} ON {} TO {user}", tables.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../docs/permissions.md");

    /// The rights that the page gives to a role, one by one.
    fn documented(role: &str) -> BTreeSet<(String, String)> {
        let end = format!(" TO {role};");
        let lines = PAGE.lines().filter_map(|line| line.strip_suffix(&end));
        let mut all = BTreeSet::new();
        for line in lines {
            let grant = line.strip_prefix("GRANT ").expect("a grant");
            let (rights, tables) = grant.split_once(" ON ").expect("a table");
            if tables.contains(" IN SCHEMA ") || tables.starts_with("SCHEMA ") {
                continue;
            }
            for table in tables.split(", ") {
                let rights = rights.split(", ");
                all.extend(rights.map(|right| (table.to_owned(), right.to_owned())));
            }
        }
        all
    }

    #[test]
    fn the_rights_that_are_checked_are_those_of_the_page() {
        for (role, checked) in [
            ("invoice_worker", [WORKER, WORKER_SHOWN].concat()),
            ("invoice_serve", SERVE.to_vec()),
            ("invoice_erase", ERASE.to_vec()),
        ] {
            let checked = checked.iter().flat_map(|(rights, tables)| {
                let of_table = |table: &&str| {
                    let table = (*table).to_owned();
                    rights
                        .iter()
                        .map(move |right| (table.clone(), (*right).to_owned()))
                };
                tables.iter().flat_map(of_table).collect::<Vec<_>>()
            });
            assert_eq!(checked.collect::<BTreeSet<_>>(), documented(role), "{role}");
        }
    }

    #[test]
    fn tables_that_lack_the_same_rights_share_a_statement() {
        let lacking = [
            ("INSERT", "b"),
            ("UPDATE", "b"),
            ("INSERT", "a"),
            ("UPDATE", "a"),
            ("SELECT", "c"),
        ];
        let lacking = lacking.map(|(right, table)| (right.to_owned(), table.to_owned()));
        assert_eq!(
            grants(lacking.into_iter(), "\"x y\""),
            [
                "GRANT INSERT, UPDATE ON a, b TO \"x y\"",
                "GRANT SELECT ON c TO \"x y\""
            ]
        );
    }
}
