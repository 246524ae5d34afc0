//! Waiting for a repair, and saying how it is.

use std::io::Write as _;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::moment::text;
use crate::output;
use crate::repairs::{self, Followed, summary};
use crate::text::harmless;

/// Waits until a repair needs a person or is over, for at most this long.
pub(super) async fn wait(
    database: &Database,
    id: i64,
    longest: Duration,
) -> anyhow::Result<Followed> {
    let never = CancellationToken::new();
    let followed = repairs::wait(database, id, longest, &never).await?;
    let status = followed.row.status;
    anyhow::ensure!(
        !repairs::goes_on(status),
        "repair {id} is still {}; a process that serves the API has to run; `dead-letters repair show {id}` shows it",
        status.as_str()
    );
    Ok(followed)
}

/// Writes how a repair is. Fails where it failed, or a letter would not be issued.
pub(super) fn write(followed: &Followed) -> anyhow::Result<()> {
    let row = &followed.row;
    let (id, total) = (row.id, u64::try_from(row.total).unwrap_or(0));
    let verdicts = row.verdicts();
    let mut out = output::stdout();
    writeln!(out, "repair {id} is {}", row.status.as_str())?;
    writeln!(out, "{}", summary(&verdicts, total))?;
    if let Some(error) = &row.error {
        anyhow::bail!("repair {id}: {}", harmless(error));
    }
    let issued = verdicts.get("would_issue").copied().unwrap_or(0);
    anyhow::ensure!(
        issued == total,
        "dead letters that would not be issued: {}; `dead-letters repair show {id} --letters` lists them",
        total - issued.min(total)
    );
    output::note(format_args!(
        "make the changes with `dead-letters repair apply {id} --seen {}`",
        text(row.updated_at)
    ));
    Ok(())
}
