//! An upgrade in the middle of the drill: from another version of the program to this one, back, and forward again, with
//! workers of both at the same queues, tables and bucket. Each version migrates before its workers start, as deployments do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::RECOVERY;
use super::fleet::{Blow, Fleet};
use crate::harness::{World, eventually_within, program};

pub(super) struct Roll<'a> {
    pub(super) world: &'a World,
    pub(super) fleet: &'a Fleet<'a>,
    pub(super) workers: Vec<mpsc::Sender<Blow>>,
    /// How long each state lasts.
    pub(super) step: Duration,
}

impl Roll<'_> {
    /// States of the fleet while the drill publishes.
    pub(super) const STEPS: u32 = 6;

    /// Before the first worker starts: the other version makes the schema.
    pub(super) async fn begin(&self, other: &Path) {
        self.migrate(other).await;
        self.fleet.programs.replace(vec![other.to_owned()]);
    }

    pub(super) async fn forward_and_back(&self, other: &Path) {
        let (other, this) = (other.to_owned(), program());
        sleep(self.step).await;
        println!("roll: this version migrates while the workers are of the other");
        self.migrate(&this).await;
        sleep(self.step).await;
        println!("roll: workers of both");
        self.replace(&[other.clone(), this.clone()]).await;
        sleep(self.step).await;
        println!("roll: workers of this version");
        self.replace(std::slice::from_ref(&this)).await;
        sleep(self.step).await;
        println!("roll: back to the other version, which migrates");
        self.migrate(&other).await;
        self.replace(&[other]).await;
        sleep(self.step).await;
        println!("roll: forward again");
        self.migrate(&this).await;
        self.replace(&[this]).await;
    }

    /// One worker after the other.
    async fn replace(&self, programs: &[PathBuf]) {
        self.fleet.programs.replace(programs.to_vec());
        for worker in &self.workers {
            worker.send(Blow::Terminate).await.expect("a supervisor");
            sleep(self.step / 20).await;
        }
    }

    /// The database may be away at this moment.
    async fn migrate(&self, program: &Path) {
        eventually_within(RECOVERY, "a migrated database", async || {
            let run = self.world.program_of(program, &["migrate", "up"]);
            let done = run.run().await;
            if done.code == 0 { Ok(()) } else { Err(done) }
        })
        .await;
    }
}
