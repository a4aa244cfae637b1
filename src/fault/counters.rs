//! What a fault counts: matches, firings, times and open connections, apart for each value of its `per`. All of it is bounded.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// Values of `per` that a fault remembers; beyond it the oldest is forgotten.
pub const MAX_SCOPES: usize = 100_000;
/// Times that a fault remembers for `within`; beyond it the oldest are forgotten.
pub const MAX_TIMES: usize = 100_000;

/// A value of `per`: a keyed hash of it (values come from clients and can be long), or `None` for the whole server.
pub type ScopeKey = Option<u64>;

/// What is counted for one value.
#[derive(Debug, Default)]
pub struct Counts {
    /// The first match of the conditions before `during`; with `since`, when that fault fired last.
    pub first: Option<Instant>,
    /// Matches of the conditions before `nth`.
    pub matched: u64,
    /// Firings.
    pub fired: u64,
    /// When it matched, oldest first, where `within` asks for it.
    recent: VecDeque<Instant>,
    /// Numbers of the open connections that were seen with this value.
    open: HashSet<u32>,
}

/// All values of one fault.
#[derive(Debug, Default)]
pub struct Scopes {
    server: Counts,
    values: HashMap<u64, (u64, Counts)>,
    /// Values with the stamp of their arrival, oldest first; some may be gone already.
    order: VecDeque<(u64, u64)>,
    stamp: u64,
    times: usize,
    swept: Option<Instant>,
    /// Values that were forgotten.
    pub forgotten_scopes: u64,
    /// Times that were forgotten while they still mattered.
    pub forgotten_times: u64,
}

impl Scopes {
    /// The counts of a value, all zero where it is new.
    pub fn counts(&mut self, key: ScopeKey) -> &mut Counts {
        let Some(key) = key else { return &mut self.server };
        if !self.values.contains_key(&key) {
            self.make_room();
            self.stamp += 1;
            self.order.push_back((key, self.stamp));
        }
        let stamp = self.stamp;
        &mut self.values.entry(key).or_insert_with(|| (stamp, Counts::default())).1
    }

    /// Counts a match. The number of matches so far or, with `within`, those in the window that ends now; this one included.
    pub fn matched(&mut self, key: ScopeKey, within: Option<Duration>, now: Instant) -> u64 {
        let Some(within) = within else {
            let counts = self.counts(key);
            counts.matched += 1;
            return counts.matched;
        };
        if self.times >= MAX_TIMES {
            self.sweep(within, now);
        }
        let full = self.times >= MAX_TIMES;
        let counts = self.counts(key);
        counts.matched += 1;
        let expired = counts.expire(within, now);
        // A new value may keep one time even then, so that there are never more than MAX_TIMES + MAX_SCOPES.
        let dropped = full && expired == 0 && counts.recent.pop_front().is_some();
        counts.recent.push_back(now);
        let number = counts.recent.len() as u64;
        self.times = self.times.saturating_sub(expired + usize::from(dropped)) + 1;
        self.forgotten_times += u64::from(dropped);
        number
    }

    /// A connection is seen with this value; whether that is new.
    pub fn enter(&mut self, key: ScopeKey, connection: u32) -> bool {
        self.counts(key).open.insert(connection)
    }

    /// Open connections that were seen with this value.
    pub fn open(&mut self, key: ScopeKey) -> u64 {
        self.counts(key).open.len() as u64
    }

    /// A connection is over.
    pub fn leave(&mut self, key: ScopeKey, connection: u32) {
        match key {
            None => _ = self.server.open.remove(&connection),
            Some(key) => {
                if let Some((_, counts)) = self.values.get_mut(&key) {
                    counts.open.remove(&connection);
                }
            }
        }
    }

    /// A value cannot come again: nothing is lost with it.
    pub fn remove(&mut self, key: ScopeKey) {
        if let Some((_, counts)) = key.and_then(|key| self.values.remove(&key)) {
            self.times = self.times.saturating_sub(counts.recent.len());
        }
        if self.order.len() > 2 * self.values.len() + 64 {
            let values = &self.values;
            self.order.retain(|(key, stamp)| values.get(key).is_some_and(|(current, _)| current == stamp));
        }
    }

    fn make_room(&mut self) {
        while self.values.len() >= MAX_SCOPES {
            let Some((key, stamp)) = self.order.pop_front() else { return };
            if self.values.get(&key).is_some_and(|&(current, _)| current == stamp)
                && let Some((_, counts)) = self.values.remove(&key)
            {
                self.times = self.times.saturating_sub(counts.recent.len());
                self.forgotten_scopes += 1;
            }
        }
    }

    /// Lets go of expired times of all values; at most once in a window, since it looks at each of them.
    fn sweep(&mut self, within: Duration, now: Instant) {
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < within) {
            return;
        }
        self.swept = Some(now);
        let values = self.values.values_mut().map(|(_, counts)| counts);
        let expired: usize = values.chain([&mut self.server]).map(|counts| counts.expire(within, now)).sum();
        self.times = self.times.saturating_sub(expired);
    }
}

impl Counts {
    /// Drops the times that have left the window; how many.
    fn expire(&mut self, within: Duration, now: Instant) -> usize {
        let before = self.recent.len();
        while self.recent.front().is_some_and(|&time| now.saturating_duration_since(time) >= within) {
            self.recent.pop_front();
        }
        before - self.recent.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_window_slides_and_values_are_apart() {
        let (mut scopes, start) = (Scopes::default(), Instant::now());
        let mut at = |key, seconds| scopes.matched(key, Some(10 * SECOND), start + seconds * SECOND);
        assert_eq!(at(Some(1), 0), 1);
        assert_eq!(at(Some(1), 4), 2);
        assert_eq!(at(Some(2), 4), 1);
        assert_eq!(at(Some(1), 9), 3);
        assert_eq!(at(Some(1), 10), 3, "the first has left");
        assert_eq!(at(Some(1), 60), 1);
    }

    #[test]
    fn times_are_bounded_and_the_dropped_ones_counted() {
        let (mut scopes, now) = (Scopes::default(), Instant::now());
        for _ in 0..MAX_TIMES + 5 {
            scopes.matched(None, Some(SECOND), now);
        }
        assert_eq!(scopes.matched(None, Some(SECOND), now), MAX_TIMES as u64);
        assert_eq!(scopes.forgotten_times, 6);
        assert_eq!(scopes.matched(Some(1), Some(SECOND), now + SECOND), 1);
        assert_eq!(scopes.times, 1, "expired times of other values make room");
    }

    #[test]
    fn the_oldest_value_is_forgotten_beyond_the_limit() {
        let mut scopes = Scopes::default();
        for key in 0..=MAX_SCOPES as u64 {
            scopes.counts(Some(key)).matched = 9;
        }
        assert_eq!(scopes.forgotten_scopes, 1);
        assert_eq!(scopes.values.len(), MAX_SCOPES);
        assert_eq!(scopes.counts(Some(1)).matched, 9);
        assert_eq!(scopes.counts(Some(0)).matched, 0);
    }

    #[test]
    fn removed_values_leave_nothing_behind() {
        let mut scopes = Scopes::default();
        for key in 0..10_000 {
            scopes.counts(Some(key));
            scopes.remove(Some(key));
        }
        assert!(scopes.order.len() <= 66, "{}", scopes.order.len());
        assert_eq!((scopes.values.len(), scopes.forgotten_scopes), (0, 0));
    }
}
