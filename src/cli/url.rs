//! `url`: presigned access to a stored document.

use std::io::Write as _;
use std::time::Duration;

use clap::Args;

use super::show::IdentityArgs;
use crate::app::App;
use crate::invoices;
use crate::output;

/// Create a URL that opens a stored document until it expires.
///
/// Documents are private. Anyone who has this URL can read the document, so give it to the buyer only.
#[derive(Debug, Args)]
pub struct Url {
    #[command(flatten)]
    identity: IdentityArgs,
    /// How long the URL is valid: a number with s, m, h or d; at most 7d
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = expiry)]
    expires: Duration,
}

impl Url {
    pub(super) async fn run(&self, app: &App) -> anyhow::Result<()> {
        let identity = self.identity.identity()?;
        let (database, storage) = (app.database().await?, app.storage().await?);
        let url = invoices::presigned_url(database, storage, &identity, self.expires).await?;
        Ok(writeln!(output::stream(), "{url}")?)
    }
}

/// `90s`, `15m`, `2h`, `7d`; signatures of version 4 are valid for a week at most.
fn expiry(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);
    match humantime::parse_duration(text) {
        Ok(span) if (SHORTEST..=LONGEST).contains(&span) => Ok(span),
        Ok(_) | Err(_) => {
            Err("must be a number with s, m, h or d, like 15m, and at most 7d".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_number_with_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("7d", 604_800)] {
            assert_eq!(expiry(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "15", "0s", "8d", "169h"] {
            assert!(expiry(text).is_err(), "{text:?}");
        }
    }
}
