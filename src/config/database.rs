//! The database.

use clap::Args;

use super::{ConfigError, MaskedUrl, parse};

/// The database.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database settings")]
pub struct DatabaseSettings {
    /// PostgreSQL (postgres://...) or SQLite (sqlite://FILE?mode=rwc); other users of the machine can see a flag, so prefer
    /// the variable or .env for a password
    #[arg(long, env = "DATABASE_URL", value_name = "URL", value_parser = parse::database_url, global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub database_url: Option<MaskedUrl>,
}

impl DatabaseSettings {
    /// The database's URL.
    pub fn url(&self) -> Result<&MaskedUrl, ConfigError> {
        let missing =
            || ConfigError::missing("DATABASE_URL", "postgres://user:password@host/invoices");
        self.database_url.as_ref().ok_or_else(missing)
    }
}
