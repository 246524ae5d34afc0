//! Schema of invoice-worker's database, one module a step. Works on PostgreSQL and SQLite.

pub use sea_orm_migration::MigratorTraitSelf;
pub use sea_orm_migration::migrator::MigrationStatus;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, EntityTrait as _};
use sea_orm_migration::seaql_migrations;

mod m20261121_000001_create_sales_invoice;
mod m20261121_000002_create_dead_letter;
mod m20261121_000003_add_template_digests;
mod m20261128_000004_index_object_keys;
mod m20261129_000005_create_replay_and_change;
mod m20261129_000006_index_invoice_lists;
mod m20261129_000007_add_error_list;
mod m20261129_000008_claim_dead_letters;
mod m20261129_000009_create_worker;
mod m20261129_000010_add_former_identities;
mod m20261129_000011_follow_replays;
mod m20261129_000012_add_e_invoices;
mod m20261129_000013_create_session;
mod m20261129_000014_create_activity;
mod m20261129_000015_index_searches;
mod m20261129_000016_create_repair;
mod m20261129_000017_add_worker_detail;
mod m20261129_000018_index_generated;
mod m20261129_000019_report_templates;
mod m20261130_000020_index_letter_lists;
mod m20261130_000022_add_erasures;
mod m20261130_000023_create_erasure;
mod m20261201_000024_report_renderers;

/// All steps, oldest first.
fn steps() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261121_000001_create_sales_invoice::Migration),
        Box::new(m20261121_000002_create_dead_letter::Migration),
        Box::new(m20261121_000003_add_template_digests::Migration),
        Box::new(m20261128_000004_index_object_keys::Migration),
        Box::new(m20261129_000005_create_replay_and_change::Migration),
        Box::new(m20261129_000006_index_invoice_lists::Migration),
        Box::new(m20261129_000007_add_error_list::Migration),
        Box::new(m20261129_000008_claim_dead_letters::Migration),
        Box::new(m20261129_000009_create_worker::Migration),
        Box::new(m20261129_000010_add_former_identities::Migration),
        Box::new(m20261129_000011_follow_replays::Migration),
        Box::new(m20261129_000012_add_e_invoices::Migration),
        Box::new(m20261129_000013_create_session::Migration),
        Box::new(m20261129_000014_create_activity::Migration),
        Box::new(m20261129_000015_index_searches::Migration),
        Box::new(m20261129_000016_create_repair::Migration),
        Box::new(m20261129_000017_add_worker_detail::Migration),
        Box::new(m20261129_000018_index_generated::Migration),
        Box::new(m20261129_000019_report_templates::Migration),
        Box::new(m20261130_000020_index_letter_lists::Migration),
        Box::new(m20261130_000022_add_erasures::Migration),
        Box::new(m20261130_000023_create_erasure::Migration),
        Box::new(m20261201_000024_report_renderers::Migration),
    ]
}

/// The steps of this version, and those that a later one has applied to a database.
pub struct Migrator {
    later: Vec<Later>,
}

impl Migrator {
    /// For this database.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub async fn of(database: &DatabaseConnection) -> Result<Self, DbErr> {
        let mut later = Vec::new();
        if SchemaManager::new(database)
            .has_table("seaql_migrations")
            .await?
        {
            let applied = seaql_migrations::Entity::find().all(database).await?;
            later.extend(applied.into_iter().map(|step| Later(step.version)));
        }
        let known = steps();
        later.retain(|step| known.iter().all(|known| known.name() != step.name()));
        Ok(Self { later })
    }
}

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let mut all = steps();
        for step in &self.later {
            all.push(Box::new(step.clone()));
        }
        all
    }
}

/// A step that a later version has applied. After a roll back it is there and nothing is to be done: every step leaves the
/// schema usable for the version before.
#[derive(Clone)]
struct Later(String);

impl MigrationName for Later {
    fn name(&self) -> &str {
        &self.0
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Later {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
