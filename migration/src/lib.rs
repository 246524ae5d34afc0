//! Schema of invoice-worker's database, one module a step. Works on PostgreSQL and SQLite.

pub use sea_orm_migration::MigratorTrait;
pub use sea_orm_migration::migrator::MigrationStatus;
use sea_orm_migration::prelude::*;

mod m20261121_000001_create_sales_invoice;
mod m20261121_000002_create_dead_letter;
mod m20261121_000003_add_template_digests;

/// All steps, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_sales_invoice::Migration),
            Box::new(m20261121_000002_create_dead_letter::Migration),
            Box::new(m20261121_000003_add_template_digests::Migration),
        ]
    }
}
