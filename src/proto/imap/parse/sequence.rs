//! `sequence-set`: `1,3:5,7:*`, or `$` (RFC 5182).

use crate::proto::imap::cursor::{Cursor, Parsed};

/// Message numbers or UIDs as a client names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceSet {
    /// `None` is `*`, the largest there is.
    Ranges(Vec<(Option<u32>, Option<u32>)>),
    /// `$`: the UIDs that SEARCH saved. As long as nobody has said which ones these are, it is empty.
    Saved,
}

/// Numbers as ranges, ascending, apart from each other, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(Vec<(u32, u32)>);

impl SequenceSet {
    /// Reads one.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        if cursor.byte(b'$') {
            return Ok(SequenceSet::Saved);
        }
        let mut ranges = Vec::new();
        loop {
            let first = number(cursor)?;
            let last = if cursor.byte(b':') { number(cursor)? } else { first };
            ranges.push((first, last));
            if !cursor.byte(b',') {
                return Ok(SequenceSet::Ranges(ranges));
            }
        }
    }

    /// Exactly these, given ascending.
    pub fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut ranges: Vec<(Option<u32>, Option<u32>)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, last)) if last.is_some_and(|last| last.checked_add(1) == Some(number)) => *last = Some(number),
                _ => ranges.push((Some(number), Some(number))),
            }
        }
        SequenceSet::Ranges(ranges)
    }

    /// `$` becomes the set of UIDs that were saved. The answer says whether the set has UIDs now, given whether it had.
    #[must_use]
    pub fn settle(&mut self, saved: &SequenceSet, uid: bool) -> bool {
        let dollar = *self == SequenceSet::Saved;
        if dollar {
            self.clone_from(saved);
        }
        uid || dollar
    }

    fn ranges(&self) -> &[(Option<u32>, Option<u32>)] {
        match self {
            SequenceSet::Ranges(ranges) => ranges,
            SequenceSet::Saved => &[],
        }
    }

    /// Whether a set, and nothing else, could come next.
    pub fn starts(cursor: &Cursor<'_>) -> bool {
        matches!(cursor.peek(), Some(b'*' | b'$' | b'0'..=b'9'))
    }

    /// The numbers that are meant where `largest` is `*`. RFC 3501: `7:*` holds the largest even if that is below 7.
    pub fn numbers(&self, largest: u32) -> Numbers {
        let ends = self.ranges().iter().map(|&(a, b)| (a.unwrap_or(largest), b.unwrap_or(largest)));
        Numbers::of(ends.map(|(a, b)| (a.min(b), a.max(b))).collect())
    }

    /// Whether each number of it is a message number in a mailbox with so many messages.
    pub fn fits(&self, messages: u32) -> bool {
        let fits = |n: Option<u32>| n.map_or(messages > 0, |n| n <= messages);
        self.ranges().iter().all(|&(a, b)| fits(a) && fits(b))
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
    fn dollar_stands_for_uids_that_were_saved() {
        let saved = SequenceSet::of([2, 3, 4, 9]);
        assert_eq!(saved.numbers(99).ranges(), [(2, 4), (9, 9)]);
        let mut dollar = set("$");
        assert!(dollar.fits(0) && dollar.numbers(9).ranges().is_empty());
        assert!(dollar.settle(&saved, false) && dollar == saved);
        let mut plain = set("1");
        assert!(!plain.settle(&saved, false) && plain == set("1"));
    }

    #[test]
    fn what_is_no_set() {
        for text in ["", "0", "1:", "1,", "a", "4294967296", ":1"] {
            assert!(SequenceSet::parse(&mut Cursor::new(text.as_bytes())).is_err(), "{text}");
        }
    }
}
