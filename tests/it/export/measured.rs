//! Exports whose time, processor time and memory are measured.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use invoice::digest::Sha256Digest;
use rustix::process::Pid;
use sha2::{Digest as _, Sha256};

use super::simulated::Simulated;
use crate::harness::{Serve, eventually, eventually_within, peak_kib, program};

/// No export takes this long.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Ticks of a second in proc(5).
const TICKS: f64 = 100.0;

/// What an export has cost.
#[derive(Debug)]
pub(super) struct Cost {
    pub(super) took: Duration,
    /// Until the first byte of an answer.
    pub(super) waited: Duration,
    pub(super) cpu_seconds: f64,
    pub(super) peak_kib: u64,
    pub(super) bytes: u64,
}

impl Cost {
    pub(super) fn print(&self, what: &str) {
        println!(
            "{what}: {:.1} s, first byte after {:.1} s, {:.1} s of a processor, {} MiB at the peak, {} bytes",
            self.took.as_secs_f64(),
            self.waited.as_secs_f64(),
            self.cpu_seconds,
            self.peak_kib >> 10,
            self.bytes
        );
    }
}

/// Time in user and kernel of a process, in seconds.
fn cpu_seconds(process: Pid) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may have spaces.
    let fields = stat.rsplit_once(") ").unwrap_or_default().1;
    let ticks = fields.split(' ').skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// Runs the command to its end.
pub(super) async fn command(simulated: &Simulated, file: &Path, arguments: &[&str]) -> Cost {
    let world = &simulated.world;
    let started = Instant::now();
    let mut child = Command::new(program())
        .args(["export", "-o"])
        .arg(file)
        .args(arguments)
        .current_dir(world.folder.path())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(&world.variables)
        .envs(simulated.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let pid = Pid::from_child(&child);
    let (mut peak, mut cpu) = (0, 0.0);
    let status = eventually_within(LONGEST, "the export's end", async || {
        peak = peak_kib(pid).max(peak);
        cpu = cpu_seconds(pid).max(cpu);
        child
            .try_wait()
            .expect("it can be watched")
            .ok_or("it runs")
    })
    .await;
    assert!(status.success(), "{status}");
    Cost {
        took: started.elapsed(),
        waited: Duration::ZERO,
        cpu_seconds: cpu,
        peak_kib: peak,
        bytes: fs::metadata(file).expect("a file").len(),
    }
}

/// Appends what a call answers to a file; at most so many bytes, after which the client breaks off.
pub(super) async fn download(serve: &Serve, path: &str, file: &Path, most: u64) -> Cost {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let (mut started, mut before) = (Instant::now(), 0.0);
    // The place of the export before is free in a moment.
    let answer = eventually("room for an export", async || {
        let request = Request::get(serve.page(path)).body(Empty::new());
        (started, before) = (Instant::now(), cpu_seconds(serve.pid()));
        let answer = client.request(request.expect("a request")).await;
        let answer = answer.expect("an answer");
        match answer.status() {
            StatusCode::SERVICE_UNAVAILABLE => Err(answer.status()),
            _ => Ok(answer),
        }
    })
    .await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let waited = started.elapsed();
    let mut body = answer.into_body();
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .expect("a file");
    let mut bytes = 0;
    while bytes < most
        && let Some(frame) = body.frame().await
    {
        let frame = frame.expect("the whole answer").into_data();
        let mut data = frame.expect("no trailers");
        let room = usize::try_from(most - bytes).unwrap_or(usize::MAX);
        data.truncate(room);
        file.write_all(&data).expect("written");
        bytes += data.len() as u64;
    }
    Cost {
        took: started.elapsed(),
        waited,
        cpu_seconds: cpu_seconds(serve.pid()) - before,
        peak_kib: peak_kib(serve.pid()),
        bytes,
    }
}

/// The SHA-256 of a file that does not fit into memory.
pub(super) fn sha256(file: &Path) -> Sha256Digest {
    let mut hasher = Sha256::new();
    let mut file = File::open(file).expect("a file");
    std::io::copy(&mut file, &mut hasher).expect("it can be read");
    Sha256Digest::finish(hasher)
}
