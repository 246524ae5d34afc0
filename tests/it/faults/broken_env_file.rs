//! `.env` is read by the worker and never by its renderers.

use std::fs;
use std::os::unix::fs::FileExt as _;

use rustix::process::{Pid, Signal, kill_process};

use super::impatient;
use crate::harness::{World, samples};

const SECRET: &str = "a-secret-that-only-the-worker-has-93b1";

#[tokio::test(flavor = "multi_thread")]
async fn renderers_hold_no_secret_and_outlive_a_broken_env_file() {
    let world = World::new(impatient()).await;
    let folder = world.path("worker-with-env");
    let mut worker = world
        .worker_in(&folder, &format!("MY_SECRET={SECRET}\n"))
        .await;
    world.publish_many(samples::many(4)).await;
    world.assert_settled(4, 0).await;
    // The search finds what is there.
    let key = &world.variables["AWS_SECRET_ACCESS_KEY"];
    assert!(memory_contains(worker.pid(), key), "the worker has its key");
    let renderers = worker.renderers();
    assert_eq!(renderers.len(), 2);
    for renderer in &renderers {
        let environment = fs::read(format!("/proc/{renderer}/environ")).expect("an environment");
        let environment = String::from_utf8_lossy(&environment);
        for part in [SECRET, "AWS_SECRET_ACCESS_KEY", "AMQP_URL"] {
            assert!(!environment.contains(part), "{environment}");
        }
        for secret in [SECRET, key] {
            assert!(!memory_contains(*renderer, secret), "{secret}");
        }
    }

    let broken = format!("MY_SECRET={SECRET}\nSOMETHING=a b c\n");
    fs::write(folder.join(".env"), broken).expect("written");
    for renderer in renderers {
        kill_process(renderer, Signal::KILL).expect("killed");
    }
    // The first four are done already.
    world.publish_many(samples::many(20)).await;
    world.assert_settled(20, 0).await;
    worker.stop().await;
    assert!(worker.events("retry_scheduled").is_empty());
}

/// Whether a process's writable memory has this text.
fn memory_contains(process: Pid, text: &str) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("a process");
    let memory = fs::File::open(format!("/proc/{process}/mem")).expect("its memory");
    maps.lines().any(|line| {
        let (range, rest) = line.split_once(' ').expect("a range");
        let (start, end) = range.split_once('-').expect("a range");
        let address = |hex| u64::from_str_radix(hex, 16).expect("an address");
        let (mut start, end) = (address(start), address(end));
        // Files contain no secret of this test.
        if !rest.starts_with("rw") {
            return false;
        }
        let mut before = Vec::new();
        while start < end {
            let length = usize::try_from((end - start).min(1 << 20)).expect("a length");
            let mut part = vec![0; length];
            let read = memory.read_at(&mut part, start).unwrap_or_default();
            if read == 0 {
                return false;
            }
            before.extend_from_slice(&part[..read]);
            if memchr(&before, text.as_bytes()) {
                return true;
            }
            let kept = before.len().saturating_sub(text.len());
            before.drain(..kept);
            start += read as u64;
        }
        false
    })
}

fn memchr(bytes: &[u8], text: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == text[0]) {
        rest = &rest[at..];
        if rest.starts_with(text) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}
