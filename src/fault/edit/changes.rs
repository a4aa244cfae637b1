//! Where rewriting has changed something.

use std::sync::{Arc, Mutex, PoisonError};

/// More places than this are not told apart: from there on, all counts as changed.
const MOST_PLACES: usize = 10_000;

/// Places in what was to be written, shared with the pieces that are still to be made.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Mutex<Vec<(u64, u64)>>>);

impl Changes {
    /// All so far, ascending: from the first octet to before the second.
    pub fn so_far(&self) -> Vec<(u64, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `before`, which starts at octet `start`, has become `after`: they differ between what both begin with and what both end with.
    pub(super) fn note(&self, start: u64, before: &[u8], after: &[u8]) {
        if before == after {
            return;
        }
        let same = |a: &mut dyn Iterator<Item = (&u8, &u8)>| a.take_while(|(a, b)| a == b).count();
        let head = same(&mut before.iter().zip(after));
        let room = before.len().min(after.len()) - head;
        let tail = same(&mut before.iter().rev().zip(after.iter().rev()).take(room));
        let place = (start + head as u64, start + (before.len() - tail) as u64);
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A copy of lazy pieces that is made to be measured comes by here a second time.
        if places.last().is_none_or(|last| last.0 < place.0) {
            match places.len() {
                0..MOST_PLACES => places.push(place),
                MOST_PLACES => places.push((place.0, u64::MAX)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_what_differs_between_the_same_beginning_and_the_same_end() {
        for (before, after, place) in [
            ("* 1 FETCH (BODY[] {45}\r\n", "* 1 FETCH (BODY[] {10}\r\n", (119, 121)),
            ("* 1 FETCH (", "* 12 FETCH (", (103, 103)),
            ("aaa", "aa", (102, 103)),
            ("ab", "", (100, 102)),
        ] {
            let changes = Changes::default();
            changes.note(100, before.as_bytes(), after.as_bytes());
            changes.note(100, before.as_bytes(), after.as_bytes());
            changes.note(200, b"same", b"same");
            assert_eq!(changes.so_far(), [place], "{before} {after}");
        }
    }
}
