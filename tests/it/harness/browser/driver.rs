//! chromedriver and the Chromium that it starts, over WebDriver (W3C): JSON over HTTP.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::super::poll::DEADLINE;

/// Options of Chromium: nothing is fetched that no page asked for, and what it keeps in memory is bounded. A container has a
/// small `/dev/shm`, and no user namespaces for a sandbox.
const OPTIONS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disk-cache-size=16777216",
    "--renderer-process-limit=1",
    "--js-flags=--max-old-space-size=256",
    "--hide-scrollbars",
    "--lang=en-US",
];

/// chromedriver has its own time limit, and says then what it waited for.
const LONGEST: Duration = Duration::from_secs(2 * DEADLINE.as_secs());

/// What chromedriver answers while a page is being replaced. Everything else is a fault of the test or of the browser.
const PASSING: [&str; 6] = [
    "no such element",
    "stale element reference",
    "element click intercepted",
    "element not interactable",
    "detached shadow root",
    "unknown error",
];

/// A session of WebDriver with a browser of its own. Dropping it ends both processes.
pub(super) struct Driver {
    client: Client<HttpConnector, Full<Bytes>>,
    /// Below this address are the commands of the session.
    session: String,
    /// Chromium, which does not end with chromedriver.
    browser: Pid,
    _process: Child,
    /// chromedriver would end if it could not write there.
    _output: Lines<BufReader<ChildStdout>>,
    /// Chromium keeps here what it writes.
    _profile: TempDir,
}

impl Driver {
    /// Starts chromedriver at a free port, and Chromium with an empty profile.
    pub(super) async fn start() -> Self {
        let profile = TempDir::with_prefix("invoice-browser-").expect("a temporary folder");
        let mut process = Command::new(installed("chromedriver"))
            .arg("--port=0")
            .current_dir(profile.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", profile.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let stdout = process.stdout.take().expect("a pipe");
        let mut output = BufReader::new(stdout).lines();
        let port = timeout(DEADLINE, port(&mut output)).await;
        let server = format!("http://127.0.0.1:{}", port.expect("chromedriver listens"));

        let client = Client::builder(TokioExecutor::new()).build_http();
        let folder = profile.path().join("profile");
        let mut arguments = OPTIONS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", folder.display()));
        let limit = DEADLINE.as_millis();
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "pageLoad": limit, "script": limit },
            "goog:chromeOptions": { "binary": installed("chromium"), "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let started = send(
            &client,
            Method::POST,
            &format!("{server}/session"),
            &capabilities,
        )
        .await;
        let started =
            started.unwrap_or_else(|refusal| panic!("Chromium does not start: {refusal}"));
        let id = started["sessionId"].as_str().expect("a session");
        let browser = started["capabilities"]["goog:processID"]
            .as_i64()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Self {
            session: format!("{server}/session/{id}"),
            client,
            browser: browser.expect("the process id of Chromium"),
            _process: process,
            _output: output,
            _profile: profile,
        }
    }

    /// A command that has to succeed.
    pub(super) async fn command(&self, path: &str, parameters: &Value) -> Value {
        let answer = self.attempt(path, parameters).await;
        answer.unwrap_or_else(|refusal| panic!("{path}: {refusal}"))
    }

    /// A command that may be tried again while a page is being replaced; in `Err` is why.
    pub(super) async fn attempt(&self, path: &str, parameters: &Value) -> Result<Value, String> {
        self.call(Method::POST, path, parameters).await
    }

    /// The same of a command that only reads.
    pub(super) async fn read(&self, path: &str) -> Result<Value, String> {
        self.call(Method::GET, path, &Value::Null).await
    }

    /// The same of a command of the DevTools protocol.
    pub(super) async fn devtools(&self, name: &str, parameters: Value) -> Result<Value, String> {
        let command = json!({ "cmd": name, "params": parameters });
        self.attempt("/goog/cdp/execute", &command).await
    }

    /// Ends Chromium in good order.
    pub(super) async fn end(self) {
        self.call(Method::DELETE, "", &Value::Null)
            .await
            .expect("Chromium ends");
    }

    async fn call(&self, method: Method, path: &str, parameters: &Value) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let called = timeout(LONGEST, send(&self.client, method, &url, parameters)).await;
        called.unwrap_or_else(|_| panic!("{path} was not answered within {LONGEST:?}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It has ended where the session was ended.
        kill_process(self.browser, Signal::KILL).ok();
    }
}

/// The value of an answer, or a refusal that may pass.
async fn send(
    client: &Client<HttpConnector, Full<Bytes>>,
    method: Method,
    url: &str,
    parameters: &Value,
) -> Result<Value, String> {
    let body = if method == Method::POST {
        Full::from(parameters.to_string())
    } else {
        Full::default()
    };
    let request = Request::builder().method(method).uri(url).body(body);
    let answer = client.request(request.expect("a request")).await;
    let answer = answer.unwrap_or_else(|error| panic!("chromedriver does not answer: {error}"));
    let is_success = answer.status().is_success();
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("an answer")
        .to_bytes();
    let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
    let value = answer["value"].take();
    if is_success {
        return Ok(value);
    }
    let (error, message) = (
        value["error"].as_str().unwrap_or_default(),
        value["message"].as_str().unwrap_or_default(),
    );
    let refusal = format!("{error}: {message}");
    assert!(PASSING.contains(&error), "{url}: {refusal}");
    Err(refusal)
}

/// The port that chromedriver has chosen.
async fn port(output: &mut Lines<BufReader<ChildStdout>>) -> u16 {
    while let Some(line) = output.next_line().await.expect("UTF-8") {
        let port = line.split_once("started successfully on port ");
        if let Some((_, port)) = port {
            let port = port.trim_end_matches('.').parse();
            return port.expect("a port");
        }
    }
    panic!("chromedriver ended at its start");
}

/// A program of the machine.
fn installed(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = files.find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "{name} is missing: `scripts/local/install chromium` installs it, and `make test` does"
        )
    })
}
