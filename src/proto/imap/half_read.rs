//! Which parts of multiparts a client has read, until it has read them all.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::section;
use crate::mail::Message;

/// Messages of which some parts were read; the one with the lowest UID is forgotten.
const MOST_MESSAGES: usize = 1_000;
/// Parts of all of them.
const MOST_PARTS: usize = 10_000;

/// Part numbers by UID.
#[derive(Debug, Default)]
pub struct HalfRead {
    messages: BTreeMap<u32, BTreeSet<Vec<u32>>>,
    parts: usize,
}

impl HalfRead {
    /// The client has read one more part of a message; the answer says whether it has read them all now.
    pub fn part_read(&mut self, uid: u32, part: &[u32], message: &Message) -> bool {
        let parts = self.messages.entry(uid).or_default();
        self.parts += usize::from(parts.insert(part.to_owned()));
        let all = section::all_read(message, parts);
        if all {
            self.parts -= self.messages.remove(&uid).map_or(0, |parts| parts.len());
        }
        while (self.messages.len() > MOST_MESSAGES || self.parts > MOST_PARTS)
            && let Some((_, parts)) = self.messages.pop_first()
        {
            self.parts -= parts.len();
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(parts: usize) -> Message {
        let parts = "--b\r\n\r\nx\r\n".repeat(parts);
        Message::new(format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n").into())
    }

    #[test]
    fn a_client_that_never_reads_the_last_part_fills_no_memory() {
        let (mut half, many, two) = (HalfRead::default(), message(200), message(2));
        for (uid, part) in (1..=100).flat_map(|uid| (1..200).map(move |part| (uid, part))) {
            assert!(!half.part_read(uid, &[part], &many));
        }
        let kept = |half: &HalfRead| half.messages.values().map(BTreeSet::len).sum::<usize>();
        assert_eq!((half.parts, half.messages.len()), (kept(&half), MOST_PARTS / 199));
        // The latest is still known, the first is not.
        assert!(half.part_read(100, &[200], &many) && !half.part_read(1, &[200], &many));
        for uid in 1..=2 * MOST_MESSAGES as u32 {
            half.part_read(1_000 + uid, &[1], &two);
        }
        assert_eq!((half.parts, half.messages.len()), (kept(&half), MOST_MESSAGES));
    }
}
