//! The clock of a worker's machine jumps by days, forwards and back, while it works.

use std::fs;
use std::path::PathBuf;

use super::impatient;
use crate::harness::{World, samples};
use crate::proxy::{Mode, Proxy};

const REQUESTS: usize = 20;

/// The clock of one process, which a file controls.
pub(crate) struct Clock {
    file: PathBuf,
    library: String,
}

impl Clock {
    pub(crate) fn new(world: &World) -> Self {
        let clock = Self {
            file: world.path("clock"),
            library: library(),
        };
        clock.set("+0");
        clock
    }

    /// Moves the clock away from the real time by this offset, from now on.
    pub(crate) fn set(&self, offset: &str) {
        // In one step, since the process may read it at any moment.
        let new = self.file.with_extension("new");
        fs::write(&new, offset).expect("a file");
        fs::rename(&new, &self.file).expect("a file");
    }

    /// Timers are not affected: they count the time since the machine was started.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 4] {
        [
            ("LD_PRELOAD", &self.library),
            (
                "FAKETIME_TIMESTAMP_FILE",
                self.file.to_str().expect("UTF-8"),
            ),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }
}

fn library() -> String {
    let folders = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|library| library.exists());
    let library = library.expect("libfaketime is installed by scripts/local/install faketime");
    library.to_str().expect("UTF-8").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_forwards_and_back_in_an_outage_dead_letters_nothing() {
    let world = World::new(impatient()).await;
    let clock = Clock::new(&world);
    let (proxy, url) = Proxy::before(&world.variables["DATABASE_URL"]);
    let mut variables = clock.variables().to_vec();
    variables.push(("DATABASE_URL", &url));
    let mut worker = world.worker(&variables).await;
    proxy.set(Mode::Refuse);
    let requests = samples::many(2 * REQUESTS);
    world.publish_many(requests[..REQUESTS].to_vec()).await;
    worker.reaches_attempt(2).await;

    // Further than the day after which a message is too old.
    clock.set("+3d");
    worker.reaches_attempt(5).await;
    assert_eq!(world.dead_letters().await.len(), 0);
    proxy.set(Mode::Pass);
    world.assert_settled(REQUESTS, 0).await;

    clock.set("-3d");
    world.publish_many(requests[REQUESTS..].to_vec()).await;
    world.assert_settled(2 * REQUESTS, 0).await;
    worker.stop().await;
    world.assert_settled(2 * REQUESTS, 0).await;
}
