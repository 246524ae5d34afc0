//! A replay that this process holds.

use tokio::time::Instant;

use crate::broker::Lane;
use crate::database::dead_letters::Selection;
use crate::database::leases::Lease;
use crate::database::{DatabaseError, replay};

/// A replay that this process holds, under a lease.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its row when it was claimed.
    pub row: replay::Model,
    pub(super) orders: Orders,
    pub(super) lease: Lease,
    /// Before the lease was asked for.
    pub(super) claimed_at: Instant,
}

/// What a row says, parsed.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    pub(super) selection: Selection,
    pub(super) lane: Lane,
    pub(super) rate: Option<u32>,
}

/// Another version has written the row, with a filter or a lane that this one does not know.
#[derive(Debug, thiserror::Error)]
#[error("replay {id} cannot be run by this version: {problem}")]
pub struct Unreadable {
    /// The replay.
    pub id: i64,
    /// What cannot be read.
    pub problem: String,
}

impl Orders {
    pub(super) fn of(row: &replay::Model) -> Result<Self, Unreadable> {
        let unreadable = |problem| Unreadable {
            id: row.id,
            problem,
        };
        let selection = row
            .selection()
            .map_err(|error: DatabaseError| unreadable(error.to_string()))?;
        let lane = Lane::ALL.into_iter().find(|lane| lane.as_str() == row.lane);
        Ok(Self {
            selection,
            lane: lane.ok_or_else(|| unreadable(format!("there is no lane {}", row.lane)))?,
            rate: row
                .rate
                .map(|rate| u32::try_from(rate.max(1)).unwrap_or(u32::MAX)),
        })
    }
}
