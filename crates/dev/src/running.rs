//! Processes of the program that ships, started as an operator would start them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait for a process to become ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker, or a process that serves; killed when dropped.
pub(crate) struct Running {
    /// Its subcommand.
    name: &'static str,
    child: Child,
    /// Where it reports that it is ready (`sd_notify(3)`).
    notifications: UnixDatagram,
    /// Holds the socket.
    _folder: TempDir,
}

/// What becomes of its log.
pub(crate) enum Log {
    /// Goes to this program's standard error.
    Shown,
    /// Is read by this program: see [`Worker::take_log`].
    Read,
}

/// The program that ships: built beside this one.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let program = own.with_file_name("invoice-worker");
    ensure!(
        program.is_file(),
        "{} is missing: build both programs with `cargo build --workspace`",
        program.display()
    );
    Ok(program)
}

impl Running {
    /// Starts this subcommand with these variables beside its parent's.
    pub(crate) fn start<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        name: &'static str,
        variables: impl IntoIterator<Item = (N, V)>,
        log: Log,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("invoice-dev-")?;
        let socket = folder.path().join("notify");
        let notifications = UnixDatagram::bind(&socket)?;
        let child = Command::new(program()?)
            .arg(name)
            .envs(variables)
            .env("NOTIFY_SOCKET", &socket)
            .stdin(Stdio::null())
            .stderr(match log {
                Log::Shown => Stdio::inherit(),
                Log::Read => Stdio::piped(),
            })
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        Ok(Self {
            name,
            child,
            notifications,
            _folder: folder,
        })
    }

    /// The log of a process that was started with [`Log::Read`]; `None` the second time.
    pub(crate) fn take_log(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits until it consumes or serves. Fails if it ends instead.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let ready = async {
            let mut message = [0; 512];
            loop {
                let length = self.notifications.recv(&mut message).await?;
                let mut lines = message[..length].split(|byte| *byte == b'\n');
                if lines.any(|line| line == b"READY=1") {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            ready = timeout(PATIENCE, ready) => ready.with_context(|| format!("`{}` did not become ready", self.name))?,
            ended = self.child.wait() => anyhow::bail!("`{}` ended at its start with {}", self.name, ended?),
        }
    }

    /// Waits for its end, for as long as it takes.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// The same where its end is a failure, unless everything stops: Ctrl-C reaches this process too, so that it may be the first
    /// to end.
    pub(crate) async fn ended_before(
        &mut self,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<()> {
        let status = self.ended().await?;
        ensure!(
            shutdown.is_cancelled() || status.success(),
            "`{}` ended with {status}",
            self.name
        );
        Ok(())
    }

    /// Process id; none when it has ended.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Stops it as a service manager does, and waits for a good end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            kill_process(pid, Signal::TERM)?;
        }
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended.with_context(|| format!("`{}` does not stop", self.name))??;
        ensure!(status.success(), "`{}` ended with {status}", self.name);
        Ok(())
    }
}
