//! The list of columns in `docs/erasure.md` is that of the schema.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};

use crate::harness::{Options, World};

const PAGE: &str = include_str!("../../../docs/erasure.md");

/// The columns of each table by the list; each is in one cell.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let mut tables = BTreeMap::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [table, classes @ ..] = &cells[..] else {
            continue;
        };
        if classes.len() != 3 {
            continue;
        }
        let quoted = |cell: &str| {
            let names = cell.split('`').skip(1).step_by(2);
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let mut columns = BTreeSet::new();
        for column in classes.iter().flat_map(|class| quoted(class)) {
            assert!(columns.insert(column.clone()), "{column} twice: {line}");
        }
        tables.insert(quoted(table).remove(0), columns);
    }
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_is_classified() {
    let world = World::new(Options::default()).await;
    let database = Database::connect(&world.variables["DATABASE_URL"]).await;
    let database = database.expect("a database");
    let question = "SELECT table_name::text AS t, column_name::text AS c FROM information_schema.columns \
                    WHERE table_schema = current_schema() AND table_name <> 'seaql_migrations'";
    let question = Statement::from_string(DbBackend::Postgres, question);
    let rows = database.query_all_raw(question).await.expect("rows");
    let mut schema: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let table: String = row.try_get("", "t").expect("a table");
        let column: String = row.try_get("", "c").expect("a column");
        schema.entry(table).or_default().insert(column);
    }
    assert_eq!(
        documented(),
        schema,
        "docs/erasure.md has to say of each column whether it has personal data"
    );
}
