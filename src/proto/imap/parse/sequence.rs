//! `sequence-set`: `1,3:5,7:*`.

use crate::proto::imap::cursor::{Cursor, Parsed};

/// Message numbers or UIDs as a client names them; `None` is `*`, the largest there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceSet(Vec<(Option<u32>, Option<u32>)>);

/// Numbers as ranges, ascending, apart from each other, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(Vec<(u32, u32)>);

impl SequenceSet {
    /// Reads one.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mut ranges = Vec::new();
        loop {
            let first = number(cursor)?;
            let last = if cursor.byte(b':') { number(cursor)? } else { first };
            ranges.push((first, last));
            if !cursor.byte(b',') {
                return Ok(SequenceSet(ranges));
            }
        }
    }

    /// Whether a set, and nothing else, could come next.
    pub fn starts(cursor: &Cursor<'_>) -> bool {
        matches!(cursor.peek(), Some(b'*' | b'0'..=b'9'))
    }

    /// The numbers that are meant where `largest` is `*`. RFC 3501: `7:*` holds the largest even if that is below 7.
    pub fn numbers(&self, largest: u32) -> Numbers {
        let ends = self.0.iter().map(|&(a, b)| (a.unwrap_or(largest), b.unwrap_or(largest)));
        Numbers::of(ends.map(|(a, b)| (a.min(b), a.max(b))).collect())
    }

    /// Whether each number of it is a message number in a mailbox with so many messages.
    pub fn fits(&self, messages: u32) -> bool {
        let fits = |n: Option<u32>| n.map_or(messages > 0, |n| n <= messages);
        self.0.iter().all(|&(a, b)| fits(a) && fits(b))
    }
}

impl Numbers {
    /// From ranges in any order.
    pub fn of(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1.saturating_add(1);
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
        Numbers(ranges)
    }

    /// First and last number of each range, ascending.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Whether this number is among them.
    pub fn contains(&self, n: u32) -> bool {
        let place = self.0.partition_point(|&(_, last)| last < n);
        self.0.get(place).is_some_and(|&(first, _)| first <= n)
    }
}

fn number(cursor: &mut Cursor<'_>) -> Parsed<Option<u32>> {
    if cursor.byte(b'*') {
        return Ok(None);
    }
    let start = cursor.clone();
    match cursor.number() {
        Some(0) | None => Err(start.expected("a message number from 1, or `*`")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> SequenceSet {
        SequenceSet::parse(&mut Cursor::new(text.as_bytes())).unwrap()
    }

    #[test]
    fn sets_are_sorted_and_joined() {
        assert_eq!(set("5,1:3,2:4").numbers(9), Numbers(vec![(1, 5)]));
        assert_eq!(set("7:*").numbers(5), Numbers(vec![(5, 7)]));
        assert_eq!(set("*:2,*").numbers(4), Numbers(vec![(2, 4)]));
        assert_eq!(set("1:4294967295,4294967295").numbers(4), Numbers(vec![(1, u32::MAX)]));
        let numbers = set("1,3:5,9").numbers(9);
        assert_eq!((0..11).filter(|&n| numbers.contains(n)).collect::<Vec<_>>(), [1, 3, 4, 5, 9]);
    }

    #[test]
    fn message_numbers_end_with_the_last_message() {
        assert!(set("1:3,*").fits(3));
        assert!(!set("1:4").fits(3));
        assert!(!set("*").fits(0));
    }

    #[test]
    fn what_is_no_set() {
        for text in ["", "0", "1:", "1,", "a", "4294967296", ":1"] {
            assert!(SequenceSet::parse(&mut Cursor::new(text.as_bytes())).is_err(), "{text}");
        }
    }
}
