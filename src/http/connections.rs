//! The connections of a server: a limited number. Where one is too many, the one that has waited longest for a request is closed for
//! it, so that clients that connect and send nothing keep no others out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Longest time until a connection that is to be closed is gone.
const CLOSING: Duration = Duration::from_secs(1);

/// Hands out places for connections.
#[derive(Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
}

/// Connections without a request in work, the one that has waited longest first.
#[derive(Default)]
struct Idle {
    next: u64,
    waiting: BTreeMap<u64, Closing>,
}

/// How a connection that waits for a request is closed for another one.
#[derive(Clone, Default)]
struct Closing {
    /// Another connection needs the place.
    needed: CancellationToken,
    /// A request came first, so the place is not free soon.
    kept: CancellationToken,
}

/// The place of one connection. It is free again when this is dropped.
pub(super) struct Place {
    closing: Closing,
    idle: Arc<Mutex<Idle>>,
    state: Mutex<PlaceState>,
    _slot: OwnedSemaphorePermit,
}

#[derive(Default)]
struct PlaceState {
    /// Requests without a complete answer. A client may send the next one before it has the answer to the one before.
    in_work: usize,
    /// Its number among those that wait for a request.
    number: Option<u64>,
}

/// A request of a connection in work, until this is dropped.
#[must_use]
pub(super) struct InWork(Arc<Place>);

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count)),
            idle: Arc::default(),
        }
    }

    /// A place for a new connection; none where all have a request in work.
    pub(super) async fn take(&self) -> Option<Place> {
        let slot = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let deadline = Instant::now() + CLOSING;
                timeout_at(deadline, self.make_room()).await.ok()??
            }
        };
        let place = Place {
            closing: Closing::default(),
            idle: Arc::clone(&self.idle),
            state: Mutex::default(),
            _slot: slot,
        };
        place.waits(&mut locked(&place.state));
        Some(place)
    }

    /// Closes the connection that has waited longest, or the next one where that one has just got a request.
    async fn make_room(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let closing = {
                let mut idle = locked(&self.idle);
                let (_, closing) = idle.waiting.pop_first()?;
                // Under the lock: a request that comes later finds that the place is needed.
                closing.needed.cancel();
                closing
            };
            tokio::select! {
                freed = Arc::clone(&self.free).acquire_owned() => return freed.ok(),
                () = closing.kept.cancelled() => {}
            }
        }
    }
}

impl Place {
    /// Completes when another connection needs the place.
    pub(super) async fn needed(&self) {
        self.closing.needed.cancelled().await;
    }

    /// The connection has a request, whose answer is complete when what this returns is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InWork {
        let mut state = locked(&self.state);
        state.in_work += 1;
        self.leaves(&mut state);
        InWork(Arc::clone(self))
    }

    /// Whether it waits for a request.
    pub(super) fn is_waiting(&self) -> bool {
        locked(&self.state).in_work == 0
    }

    /// It waits for a request from now on, unless it is to be closed.
    fn waits(&self, state: &mut PlaceState) {
        if self.closing.needed.is_cancelled() {
            return;
        }
        let mut idle = locked(&self.idle);
        let number = idle.next;
        idle.next += 1;
        idle.waiting.insert(number, self.closing.clone());
        state.number = Some(number);
    }

    /// It has a request, so it does not wait any more.
    fn leaves(&self, state: &mut PlaceState) {
        if let Some(number) = state.number.take()
            && locked(&self.idle).waiting.remove(&number).is_none()
        {
            self.closing.kept.cancel();
        }
    }
}

impl Drop for InWork {
    fn drop(&mut self) {
        let Self(place) = self;
        let mut state = locked(&place.state);
        state.in_work -= 1;
        if state.in_work == 0 {
            place.waits(&mut state);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It is closed: no request has come.
        if let Some(number) = locked(&self.state).number.take() {
            locked(&self.idle).waiting.remove(&number);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(places: &Places) -> Arc<Place> {
        Arc::new(places.take().await.expect("a place"))
    }

    /// Closes the connection when its place is needed.
    fn closes(place: Arc<Place>) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move { place.needed().await })
    }

    fn is_needed(place: &Place) -> bool {
        place.closing.needed.is_cancelled()
    }

    #[tokio::test]
    async fn the_connection_that_has_waited_longest_makes_room() {
        let places = Places::new(2);
        let first = take(&places).await;
        let second = take(&places).await;
        // The first one has had a request since, so the second one waits longer.
        drop(first.begin());
        let closing = closes(second);
        let third = take(&places).await;
        closing.await.expect("it was closed");
        assert!(!is_needed(&first));
        // Those with a request in work keep their places.
        let _requests = (first.begin(), third.begin());
        assert!(places.take().await.is_none());
        assert!(!is_needed(&first) && !is_needed(&third));
    }

    #[tokio::test]
    async fn a_connection_waits_when_its_last_answer_is_complete() {
        let places = Places::new(1);
        let place = take(&places).await;
        let first = place.begin();
        let second = place.begin();
        drop(first);
        assert!(!place.is_waiting());
        assert!(places.take().await.is_none() && !is_needed(&place));
        drop(second);
        assert!(place.is_waiting());
        let closing = closes(place);
        assert!(places.take().await.is_some());
        closing.await.expect("it was closed");
    }

    #[tokio::test]
    async fn where_a_request_comes_first_the_next_connection_makes_room() {
        let places = Places::new(2);
        let first = take(&places).await;
        let second = closes(take(&places).await);
        let busy = tokio::spawn(async move {
            first.needed().await;
            // The request came in this moment, and is not answered.
            let _request = first.begin();
            std::future::pending::<()>().await;
        });
        let started = Instant::now();
        assert!(places.take().await.is_some());
        assert!(
            started.elapsed() < CLOSING,
            "it has waited for the busy one"
        );
        second.await.expect("it was closed");
        busy.abort();
    }
}
