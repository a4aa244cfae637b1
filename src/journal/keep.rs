//! A sink that keeps the last events in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Event, Sink};

/// Keeps the last events, with their octets, for whoever holds the [`Kept`] that came with it.
#[derive(Debug)]
pub struct Keep(Kept);

/// A view of what a [`Keep`] holds. It stays readable while the journal runs and after it has ended.
#[derive(Clone, Debug)]
pub struct Kept(Arc<Mutex<Ring>>);

#[derive(Debug)]
struct Ring {
    events: VecDeque<(Event, Box<[u8]>)>,
    octets: usize,
    most_events: usize,
    most_octets: usize,
    let_go: u64,
    let_go_octets: u64,
}

impl Keep {
    /// Keeps at most so many events, and at most so many octets of payload and messages.
    pub fn new(most_events: usize, most_octets: usize) -> (Keep, Kept) {
        let ring = Ring { events: VecDeque::new(), octets: 0, most_events, most_octets, let_go: 0, let_go_octets: 0 };
        let kept = Kept(Arc::new(Mutex::new(ring)));
        (Keep(kept.clone()), kept)
    }
}

impl Sink for Keep {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.0.ring().push(event.clone(), octets);
    }
}

impl Kept {
    /// All events that are still held, oldest first, with their octets.
    pub fn events(&self) -> Vec<(Event, Box<[u8]>)> {
        self.ring().events.iter().cloned().collect()
    }

    /// How many older events were let go to make room.
    pub fn let_go(&self) -> u64 {
        self.ring().let_go
    }

    /// Octets of payload and messages that went with them.
    pub fn let_go_octets(&self) -> u64 {
        self.ring().let_go_octets
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, event: Event, octets: &[u8]) {
        self.octets += octets.len() + event.what.message_octets();
        self.events.push_back((event, octets.into()));
        while self.events.len() > self.most_events || self.octets > self.most_octets {
            let Some((event, octets)) = self.events.pop_front() else { break };
            let octets = octets.len() + event.what.message_octets();
            self.octets -= octets;
            self.let_go += 1;
            self.let_go_octets += octets as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, Limits, Span, What};
    use super::*;
    use crate::mail::Note;

    #[test]
    fn the_oldest_events_make_room_for_new_ones() {
        let (keep, kept) = Keep::new(2, 1_000);
        let (journal, recorder) = Journal::start(vec![Box::new(keep)], Limits::default());
        for conn in 1..=5 {
            recorder.event(conn, What::Note(Note::Goodbye));
        }
        journal.finish();
        assert_eq!(kept.events().iter().map(|(event, _)| event.conn).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(kept.let_go(), 3);
    }

    #[test]
    fn octets_count_too() {
        let (mut keep, kept) = Keep::new(100, 10);
        for octets in [&b"1234567"[..], b"89", b"abc"] {
            let span = Span { start: 0, kept: 0, total: octets.len() as u64 };
            keep.event(&Event { ns: 0, conn: 1, what: What::Sent(span) }, octets);
        }
        assert_eq!(kept.events().iter().map(|(_, octets)| &octets[..]).collect::<Vec<_>>(), [&b"89"[..], b"abc"]);
        assert_eq!((kept.let_go(), kept.let_go_octets()), (1, 7));
    }
}
