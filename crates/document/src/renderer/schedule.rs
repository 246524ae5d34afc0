//! Which document has the next turn: pure decisions, without clocks and tasks.
//!
//! Ordinary documents go first. A bulk document begins when a renderer would be idle otherwise, or when its share is due: a
//! percentage of the renderer time that ordinary documents have had while bulk documents waited.

use std::collections::VecDeque;
use std::time::Duration;

use crate::priority::Priority;

/// Where a document is rendered: see [`Pool`](super::Pool).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The main lane.
    Main,
    /// The side lane, for documents that take long.
    Side,
}

/// A turn that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) place: Place,
    pub(super) priority: Priority,
    /// Whether it is charged to the bulk documents' share. What ordinary ones leave idle is not.
    charged: bool,
}

/// How many documents have a turn, and how many wait for one, in both lanes of renderers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) running: usize,
    pub(super) ordinary_waiting: usize,
    pub(super) bulk_waiting: usize,
}

/// Largest difference, of one renderer, between the time that bulk documents had and their share. Without a bound, a bulk
/// document that took half a minute would be followed by minutes without any.
const MOST: i128 = Duration::from_secs(10).as_nanos().cast_signed();

/// Documents that wait for a turn and those that have one.
#[derive(Debug)]
pub(super) struct Schedule<W> {
    /// Turns of each lane, and documents that may be rendered at once before bulk documents have to wait.
    renderers: usize,
    bulk_share_percent: u8,
    /// Nanoseconds times percent. Above zero, bulk documents have had less than their share.
    credit: i128,
    main: Lane<W>,
    side: Lane<W>,
    ordinary_running: usize,
    bulk_running: usize,
}

#[derive(Debug)]
struct Lane<W> {
    free: usize,
    ordinary: VecDeque<W>,
    bulk: VecDeque<W>,
}

impl<W> Lane<W> {
    fn new(renderers: usize) -> Self {
        Self {
            free: renderers,
            ordinary: VecDeque::new(),
            bulk: VecDeque::new(),
        }
    }

    fn waiting(&mut self, priority: Priority) -> &mut VecDeque<W> {
        match priority {
            Priority::Ordinary => &mut self.ordinary,
            Priority::Bulk => &mut self.bulk,
        }
    }
}

impl<W> Schedule<W> {
    pub(super) fn new(renderers: usize, bulk_share_percent: u8) -> Self {
        Self {
            renderers,
            bulk_share_percent: bulk_share_percent.min(100),
            credit: 0,
            main: Lane::new(renderers),
            side: Lane::new(renderers),
            ordinary_running: 0,
            bulk_running: 0,
        }
    }

    /// A document waits for a turn.
    pub(super) fn wait(&mut self, place: Place, priority: Priority, document: W) {
        self.lane(place).waiting(priority).push_back(document);
    }

    /// The document that has its turn now, if there is one. Called until there is none.
    pub(super) fn next(&mut self) -> Option<(Slot, W)> {
        [Place::Main, Place::Side]
            .into_iter()
            .find_map(|place| self.next_in(place))
    }

    fn next_in(&mut self, place: Place) -> Option<(Slot, W)> {
        let ordinary_waits = !self.main.ordinary.is_empty() || !self.side.ordinary.is_empty();
        let is_idle = !ordinary_waits && self.ordinary_running + self.bulk_running < self.renderers;
        let is_due = self.share_is_due();
        let lane = self.lane(place);
        if lane.free == 0 {
            return None;
        }
        let bulk = if is_idle || is_due {
            lane.bulk.pop_front()
        } else {
            None
        };
        let (priority, document) = match bulk {
            Some(document) => (Priority::Bulk, document),
            None => (Priority::Ordinary, lane.ordinary.pop_front()?),
        };
        lane.free -= 1;
        *self.running(priority) += 1;
        let slot = Slot {
            place,
            priority,
            charged: !is_idle,
        };
        Some((slot, document))
    }

    /// Bulk documents have only as many renderers at once by their share as it is of all, so that a debt is not paid off
    /// with all of them.
    fn share_is_due(&self) -> bool {
        let percent = usize::from(self.bulk_share_percent);
        let most = (self.renderers * percent).div_ceil(100);
        self.credit > 0 && self.bulk_running < most
    }

    /// A document has been rendered, or was given up, after this time.
    pub(super) fn end(&mut self, slot: Slot, took: Duration) {
        self.lane(slot.place).free += 1;
        *self.running(slot.priority) -= 1;
        let took = i128::try_from(took.as_nanos()).unwrap_or(MOST);
        let percent = i128::from(self.bulk_share_percent);
        let change = match slot.priority {
            Priority::Ordinary if self.bulk_waits() => took * percent,
            Priority::Bulk if slot.charged => -took * (100 - percent),
            Priority::Ordinary | Priority::Bulk => 0,
        };
        self.credit = (self.credit + change).clamp(-MOST * 100, MOST * 100);
    }

    /// Moves a document to the side lane, if there is room.
    pub(super) fn move_to_side(&mut self, slot: Slot) -> Option<Slot> {
        if slot.place == Place::Side || self.side.free == 0 {
            return None;
        }
        self.side.free -= 1;
        self.main.free += 1;
        let place = Place::Side;
        Some(Slot { place, ..slot })
    }

    /// Removes documents that do not wait any more.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&W) -> bool) {
        for lane in [&mut self.main, &mut self.side] {
            lane.ordinary.retain(|document| !is_gone(document));
            lane.bulk.retain(|document| !is_gone(document));
        }
    }

    /// Whether a document that came now would be rendered at once, also a bulk one.
    pub(super) fn is_idle(&self) -> bool {
        let lanes = [&self.main, &self.side];
        lanes.iter().all(|lane| lane.ordinary.is_empty())
            && self.ordinary_running + self.bulk_running < self.renderers
    }

    /// Bulk documents that wait.
    pub(super) fn waiting_bulk(&self) -> impl Iterator<Item = &W> {
        self.main.bulk.iter().chain(&self.side.bulk)
    }

    /// Counts documents; those that wait, only where this says that they still do.
    pub(super) fn counts(&self, still_waits: impl Fn(&W) -> bool) -> Counts {
        let ordinary = self.main.ordinary.iter().chain(&self.side.ordinary);
        let bulk = self.waiting_bulk();
        Counts {
            running: self.ordinary_running + self.bulk_running,
            ordinary_waiting: ordinary.filter(|waiter| still_waits(waiter)).count(),
            bulk_waiting: bulk.filter(|waiter| still_waits(waiter)).count(),
        }
    }

    fn bulk_waits(&self) -> bool {
        self.waiting_bulk().next().is_some()
    }

    fn lane(&mut self, place: Place) -> &mut Lane<W> {
        match place {
            Place::Main => &mut self.main,
            Place::Side => &mut self.side,
        }
    }

    fn running(&mut self, priority: Priority) -> &mut usize {
        match priority {
            Priority::Ordinary => &mut self.ordinary_running,
            Priority::Bulk => &mut self.bulk_running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn started(schedule: &mut Schedule<u32>) -> Vec<(Slot, u32)> {
        std::iter::from_fn(|| schedule.next()).collect()
    }

    fn names(turns: &[(Slot, u32)]) -> Vec<u32> {
        turns.iter().map(|(_, document)| *document).collect()
    }

    #[test]
    fn ordinary_documents_go_before_bulk_ones_that_have_waited_longer() {
        let mut schedule = Schedule::new(1, 0);
        schedule.wait(Place::Main, Priority::Ordinary, 0);
        let first = started(&mut schedule);
        schedule.wait(Place::Main, Priority::Bulk, 10);
        schedule.wait(Place::Main, Priority::Ordinary, 1);
        assert!(started(&mut schedule).is_empty());
        schedule.end(first[0].0, 1_000 * MS);
        let second = started(&mut schedule);
        assert_eq!(names(&second), [1]);
        schedule.end(second[0].0, 1_000 * MS);
        assert_eq!(names(&started(&mut schedule)), [10]);
    }

    #[test]
    fn bulk_documents_alone_have_all_renderers_and_no_more() {
        for share in [0, 10, 100] {
            let mut schedule = Schedule::new(3, share);
            for document in 0..5 {
                let place = [Place::Main, Place::Side][usize::from(document == 1)];
                schedule.wait(place, Priority::Bulk, document);
            }
            assert_eq!(started(&mut schedule).len(), 3, "share {share}");
        }
    }

    /// Documents of both kinds that all take as long, more of each than can be rendered.
    fn bulk_turns_of(turns: u32, renderers: usize, share: u8, place: Place) -> u32 {
        let mut schedule = Schedule::new(renderers, share);
        let mut running = VecDeque::new();
        let mut bulk = 0;
        for turn in 0..turns {
            for _ in 0..2 {
                schedule.wait(Place::Main, Priority::Ordinary, turn);
                schedule.wait(place, Priority::Bulk, turn);
            }
            running.extend(started(&mut schedule));
            let (slot, _) = running.pop_front().expect("something is rendered");
            bulk += u32::from(slot.priority == Priority::Bulk);
            schedule.end(slot, 20 * MS);
        }
        bulk
    }

    #[test]
    fn bulk_documents_that_never_find_an_idle_renderer_get_their_share() {
        for renderers in [1, 2, 16] {
            for share in [0, 1, 10, 50, 99] {
                // In the side lane bulk documents do not displace the ordinary ones in the main lane, so that a large share
                // is not reached there.
                let places = [Place::Main, Place::Side];
                for place in &places[..if share > 10 { 1 } else { 2 }] {
                    let bulk = bulk_turns_of(10_000, renderers, share, *place);
                    let expected = u32::from(share) * 100;
                    assert!(
                        bulk.abs_diff(expected) <= 100,
                        "{bulk} of 10,000 turns with {renderers} renderers, share {share}, {place:?}"
                    );
                }
            }
        }
        assert!(bulk_turns_of(10_000, 2, 100, Place::Main) > 9_900);
    }

    #[test]
    fn a_share_does_not_add_up_while_no_bulk_document_waits() {
        let mut schedule = Schedule::new(1, 10);
        for document in 0..100 {
            schedule.wait(Place::Main, Priority::Ordinary, document);
            let turns = started(&mut schedule);
            schedule.end(turns[0].0, 1_000 * MS);
        }
        schedule.wait(Place::Main, Priority::Ordinary, 100);
        let turns = started(&mut schedule);
        schedule.wait(Place::Main, Priority::Ordinary, 101);
        schedule.end(turns[0].0, 1_000 * MS);
        schedule.wait(Place::Main, Priority::Bulk, 200);
        assert_eq!(names(&started(&mut schedule)), [101]);
    }

    #[test]
    fn a_bulk_document_that_hangs_does_not_end_the_share_for_long() {
        let mut schedule = Schedule::new(1, 50);
        let mut ordinary = 0;
        schedule.wait(Place::Main, Priority::Ordinary, 0);
        schedule.wait(Place::Main, Priority::Bulk, 1);
        let turns = started(&mut schedule);
        schedule.end(turns[0].0, MS);
        schedule.wait(Place::Main, Priority::Ordinary, 2);
        let turns = started(&mut schedule);
        assert_eq!(turns[0].0.priority, Priority::Bulk);
        schedule.wait(Place::Main, Priority::Bulk, 3);
        schedule.end(turns[0].0, 3_600_000 * MS);
        loop {
            schedule.wait(Place::Main, Priority::Ordinary, 4);
            let turns = started(&mut schedule);
            if turns[0].0.priority == Priority::Bulk {
                break;
            }
            ordinary += 1;
            schedule.end(turns[0].0, 1_000 * MS);
        }
        assert!(ordinary < 25, "{ordinary} seconds without a bulk document");
    }

    #[test]
    fn big_bulk_documents_take_no_cores_from_ordinary_ones() {
        let mut schedule = Schedule::new(2, 0);
        for document in 0..2 {
            schedule.wait(Place::Main, Priority::Ordinary, document);
        }
        schedule.wait(Place::Side, Priority::Bulk, 10);
        let turns = started(&mut schedule);
        assert_eq!(names(&turns), [0, 1]);
        schedule.end(turns[0].0, MS);
        assert_eq!(names(&started(&mut schedule)), [10]);
    }

    #[test]
    fn a_document_that_was_given_up_has_no_turn() {
        let mut schedule = Schedule::new(1, 0);
        schedule.wait(Place::Main, Priority::Ordinary, 1);
        schedule.wait(Place::Main, Priority::Bulk, 2);
        schedule.forget(|document| *document == 1);
        assert!(schedule.is_idle());
        assert_eq!(names(&started(&mut schedule)), [2]);
        assert!(!schedule.is_idle());
    }
}
