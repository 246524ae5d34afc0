//! Many dead letters.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use invoice_worker::broker::Lane;
use invoice_worker::database::DeadLetterStatus;
use invoice_worker::database::dead_letters::Selection;
use rustix::process::Pid;

use super::{database, letter};
use crate::harness::{Options, World, eventually, peak_kib, program};

const COUNT: usize = 10_000;

/// With this much in each of them, holding all of them would take 80 MB.
const PAYLOAD_BYTES: usize = 8 << 10;

/// What a command may take at its peak beyond one that reads no dead letter. The program alone takes 50 MiB of the debugging
/// build.
const MAX_MORE_KIB: u64 = 32 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn any_number_is_listed_exported_and_discarded_in_bounded_memory() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    for start in (0..COUNT).step_by(500) {
        let letters: Vec<_> = (start..start + 500)
            .map(|index| {
                let mut letter = letter(index, "totals_mismatch");
                letter.payload.resize(PAYLOAD_BYTES, b' ');
                letter
            })
            .collect();
        database.store_dead_letters(&letters).await.expect("stored");
    }

    // One look may have come too early for the most that a short run has taken.
    let mut base = 0_u64;
    for _ in 0..3 {
        let (lines, peak) = run(&world, &["groups"]).await;
        assert_eq!(lines, 2, "one group and its heading");
        base = base.max(peak);
    }
    let measured = async |arguments: &[&str]| {
        let (lines, peak) = run(&world, arguments).await;
        let more = peak.saturating_sub(base);
        println!("{arguments:?} took {} MiB more", more >> 10);
        assert!(
            more < MAX_MORE_KIB,
            "{arguments:?} took {} MiB more",
            more >> 10
        );
        lines
    };
    let lines = measured(&["list", "--limit", "0"]).await;
    assert_eq!(lines, COUNT + 1);
    let lines = measured(&["list", "--limit", "0", "--json"]).await;
    assert_eq!(lines, COUNT + 2);
    let lines = measured(&["export"]).await;
    assert_eq!(lines, COUNT);
    let replay = ["replay", "--all", "--limit", "6000", "--reason", "fixed"];
    let lines = measured(&replay).await;
    assert_eq!(lines, 1);
    assert_eq!(world.lane_len(Lane::Bulk).await, 6_000);
    let lines = measured(&["discard", "--all", "--reason", "test"]).await;
    assert_eq!(lines, 1);
    let open = Selection {
        status: Some(DeadLetterStatus::Open),
        ..Selection::default()
    };
    let left = database.freeze(&open).await.expect("counted");
    assert_eq!(left.count, 0);
}

/// Runs a command to its good end; answers how many lines it has written, and the most memory that it took, in KiB.
async fn run(world: &World, arguments: &[&str]) -> (usize, u64) {
    let output = world.path("output");
    let mut child = Command::new(program())
        .arg("dead-letters")
        .args(arguments)
        .current_dir(world.folder.path())
        .env_clear()
        .envs(&world.variables)
        .stdin(Stdio::null())
        .stdout(File::create(&output).expect("a file"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut peak = 0;
    let status = eventually("the command's end", async || {
        peak = peak.max(peak_kib(Pid::from_child(&child)));
        child
            .try_wait()
            .expect("it can be watched")
            .ok_or("it runs")
    })
    .await;
    assert!(status.success(), "{arguments:?}: {status}");
    assert!(peak > 0, "{arguments:?} was too fast to be measured");
    let text = fs::read_to_string(&output).expect("the output can be read");
    (text.lines().count(), peak)
}
