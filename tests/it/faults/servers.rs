//! Servers of a test's own, which it may stop and kill without disturbing other tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;
use tokio::process::Command;

/// A private server, started by a script of `scripts/local`. Stopped when dropped.
pub(crate) struct PrivateServer {
    script: &'static str,
    variables: Vec<(&'static str, PathBuf)>,
    directory: TempDir,
    /// How clients reach it; stays the same over restarts.
    pub(crate) url: String,
}

pub(super) const RABBITMQ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/local/rabbitmq");
const POSTGRES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/local/postgres");

impl PrivateServer {
    pub(crate) async fn rabbitmq() -> Self {
        Self::start_new(RABBITMQ, Vec::new()).await
    }

    /// One that also listens with TLS, with `ca.pem`, `server.pem` and `key.pem` of this folder.
    pub(crate) async fn rabbitmq_with_tls(certificates: &Path) -> Self {
        Self::start_new(RABBITMQ, vec![("RABBITMQ_TLS_DIR", certificates.into())]).await
    }

    /// A member of a cluster, whose nodes share this folder.
    pub(super) async fn rabbitmq_member(shared: &Path, member: usize) -> Self {
        let variables = vec![
            ("RABBITMQ_CLUSTER", shared.into()),
            ("RABBITMQ_MEMBER", member.to_string().into()),
        ];
        Self::start_new(RABBITMQ, variables).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::start_new(POSTGRES, Vec::new()).await
    }

    /// A synchronous standby of this server.
    pub(super) async fn postgres_standby(primary: &Self) -> Self {
        let primary = primary.directory.path().to_owned();
        Self::start_new(POSTGRES, vec![("POSTGRES_STANDBY_OF", primary)]).await
    }

    /// Makes a standby a server of its own.
    pub(super) async fn promote(&mut self) {
        self.run("promote").await;
        self.variables.clear();
    }

    async fn start_new(script: &'static str, variables: Vec<(&'static str, PathBuf)>) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("invoice-fault.")
            .tempdir()
            .expect("a temporary directory");
        let mut server = Self {
            script,
            variables,
            directory,
            url: String::new(),
        };
        server.url = server.run("start").await;
        server
    }

    /// A port of it, by the name that its script gave it.
    pub(crate) fn port(&self, name: &str) -> u16 {
        port_in(self.directory.path(), name)
    }

    /// Starts it again, with the port and the data that it had.
    pub(crate) async fn start(&self) {
        let url = self.run("start").await;
        assert_eq!(url, self.url, "the server came back elsewhere");
    }

    /// Stops it as a service manager does.
    pub(crate) async fn stop(&self) {
        self.run("stop").await;
    }

    /// kill -9 of all its processes.
    pub(crate) async fn kill(&self) {
        self.run("kill").await;
    }

    /// Runs an Erlang expression in a RabbitMQ node, and answers what it gives.
    pub(crate) async fn eval(&self, expression: &str) -> String {
        let output = self.evaluated(expression).await;
        check("eval", self.script, &output)
    }

    /// The same for a node that may be away.
    pub(crate) async fn try_eval(&self, expression: &str) -> Option<String> {
        let output = self.evaluated(expression).await;
        let succeeded = output.status.success();
        succeeded.then(|| check("eval", self.script, &output))
    }

    async fn evaluated(&self, expression: &str) -> Output {
        let mut command = self.command("eval");
        let output = command.arg(expression).output().await;
        output.expect("the server's script")
    }

    /// Stops at once what a drop would stop in order.
    pub(super) fn kill_at_once(&self) {
        self.command("kill").into_std().output().ok();
    }

    async fn run(&self, action: &str) -> String {
        let output = self
            .command(action)
            .output()
            .await
            .expect("the server's script");
        check(action, self.script, &output)
    }

    fn command(&self, action: &str) -> Command {
        let mut command = Command::new(self.script);
        command
            .arg(action)
            .arg(self.directory.path())
            .envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let output = self.command("stop").into_std().output();
        if !std::thread::panicking() {
            check("stop", self.script, &output.expect("the server's script"));
        }
    }
}

/// A port by its name, of what a script keeps in this folder.
pub(super) fn port_in(folder: &Path, name: &str) -> u16 {
    let ports = fs::read_to_string(folder.join("ports")).expect("its ports");
    let port = ports.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key == name).then_some(value)
    });
    port.expect("a port of this name").parse().expect("a port")
}

fn check(action: &str, script: &str, output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {action}: {errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
