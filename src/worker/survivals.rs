//! Messages that this process held when it lost the connection to the broker.
//!
//! The broker counts each delivery without an acknowledgement, whether the worker died or only lost its connection. A process
//! that is still there knows that it was the connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use invoice::Sha256Digest;

use crate::processor::Message;

/// Messages that are remembered at once. Beyond it all are forgotten: a lost connection then counts as it does for another
/// worker.
const MOST: usize = 10_000;

/// How often this process has lost its connection while it held a message, by the message's body.
#[derive(Debug, Default)]
pub(super) struct Survivals(Mutex<HashMap<Sha256Digest, u32>>);

/// A message in work. Dropping it before the message is settled means that the connection was lost.
#[derive(Debug)]
pub(super) struct Held<'a> {
    survivals: &'a Survivals,
    message: Option<&'a Message>,
}

impl Survivals {
    /// Watches a message in work.
    pub(super) fn hold<'a>(&'a self, message: &'a Message) -> Held<'a> {
        Held {
            survivals: self,
            message: Some(message),
        }
    }

    /// How often the connection was lost while this process held the message.
    pub(super) fn of(&self, message: &Message) -> u32 {
        let counts = self.counts();
        let count = counts.get(&Sha256Digest::of(&message.body));
        count.copied().unwrap_or_default()
    }

    fn survived(&self, message: &Message) {
        let mut counts = self.counts();
        if counts.len() >= MOST {
            counts.clear();
        }
        *counts.entry(Sha256Digest::of(&message.body)).or_default() += 1;
    }

    fn settled(&self, message: &Message) {
        let mut counts = self.counts();
        if !counts.is_empty() {
            counts.remove(&Sha256Digest::of(&message.body));
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Sha256Digest, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// The message is acknowledged or handed back.
    pub(super) fn settled(mut self) {
        if let Some(message) = self.message.take() {
            self.survivals.settled(message);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // A panic is what the message did to the worker.
        if let Some(message) = self.message.take().filter(|_| !std::thread::panicking()) {
            self.survivals.survived(message);
        }
    }
}
