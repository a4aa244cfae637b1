//! Search keys, and whether a message fits.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::mail::{Flags, InternalDate, Message, Pattern, Scratch};
use crate::proto::imap::parse::sequence::{Numbers, SequenceSet};

/// A message as SEARCH sees it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub number: u32,
    pub uid: u32,
    pub recent: bool,
    pub modseq: u64,
    pub flags: &'a Flags,
    pub date: InternalDate,
    pub message: &'a Arc<Message>,
}

/// What keys mean at the time of the search.
pub struct Now<'a> {
    /// `*` among message numbers.
    pub number: u32,
    /// `*` among UIDs.
    pub uid: u32,
    /// `$`
    pub saved: &'a SequenceSet,
    pub time: Timestamp,
}

/// How a date is compared with that of the key.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Before,
    On,
    Since,
}

/// One condition.
#[derive(Debug)]
pub enum Key {
    All,
    /// All of these.
    And(Vec<Key>),
    /// Any of these.
    Or(Vec<Key>),
    Not(Box<Key>),
    /// A bit of [`Flags::system`].
    System(u8),
    Keyword(String),
    Recent,
    /// The set, and whether it has UIDs.
    Numbers(SequenceSet, bool),
    /// The same, once it is known what `*` and `$` are.
    Bound(Numbers, bool),
    Arrived(When, Date),
    /// So many seconds ago or more (RFC 5032).
    Older(u32),
    /// So many seconds ago or less.
    Younger(u32),
    /// Not after this.
    Until(Timestamp),
    /// Not before this.
    From(Timestamp),
    Sent(When, Date),
    Larger(u64),
    Smaller(u64),
    /// RFC 7162 section 3.1.5: changed at this value of the mailbox's counter or later.
    Modseq(u64),
    Header(String, Pattern),
    /// A field of addresses.
    Addresses(&'static str, Pattern),
    Body(Pattern),
    Text(Pattern),
    EmailId(String),
    ThreadId(String),
    EmailNumber(u64),
    ThreadNumber(u64),
    Attachment,
}

/// What it takes to try a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Nothing but what the mailbox knows.
    Entry,
    /// The header.
    Header,
    /// All octets.
    Octets,
}

impl Key {
    /// Fixes what depends on the mailbox and the clock, and puts keys that cost little before those that cost much.
    pub fn bind(&mut self, now: &Now<'_>) {
        match self {
            Key::And(keys) | Key::Or(keys) => {
                keys.iter_mut().for_each(|key| key.bind(now));
                keys.sort_by_key(Key::cost);
            }
            Key::Not(key) => key.bind(now),
            Key::Numbers(set, uid) => {
                let uid = set.settle(now.saved, *uid);
                *self = Key::Bound(set.numbers(if uid { now.uid } else { now.number }), uid);
            }
            Key::Older(seconds) => *self = Key::Until(ago(now.time, *seconds)),
            Key::Younger(seconds) => *self = Key::From(ago(now.time, *seconds)),
            _ => {}
        }
    }

    /// What it takes to try it.
    pub fn cost(&self) -> Cost {
        match self {
            Key::And(keys) | Key::Or(keys) => keys.iter().map(Key::cost).max().unwrap_or(Cost::Entry),
            Key::Not(key) => key.cost(),
            Key::Sent(..) | Key::Header(..) | Key::Addresses(..) | Key::ThreadId(_) | Key::ThreadNumber(_) => Cost::Header,
            Key::Body(_) | Key::Text(_) | Key::EmailId(_) | Key::EmailNumber(_) | Key::Attachment => Cost::Octets,
            _ => Cost::Entry,
        }
    }

    /// How often it may go over a message.
    pub fn readings(&self) -> u64 {
        match self {
            Key::And(keys) | Key::Or(keys) => keys.iter().map(Key::readings).sum(),
            Key::Not(key) => key.readings(),
            _ => u64::from(self.cost() > Cost::Entry),
        }
    }

    /// Flags are among what it tries.
    pub fn asks_for_flags(&self) -> bool {
        match self {
            Key::And(keys) | Key::Or(keys) => keys.iter().any(Key::asks_for_flags),
            Key::Not(key) => key.asks_for_flags(),
            Key::System(_) | Key::Keyword(_) => true,
            _ => false,
        }
    }

    /// Whether the message fits. Keys that were not bound fit none.
    pub fn fits(&self, row: &Row<'_>, scratch: &mut Scratch) -> bool {
        let message = row.message;
        match self {
            Key::All => true,
            Key::And(keys) => keys.iter().all(|key| key.fits(row, scratch)),
            Key::Or(keys) => keys.iter().any(|key| key.fits(row, scratch)),
            Key::Not(key) => !key.fits(row, scratch),
            Key::System(bit) => row.flags.system & bit != 0,
            Key::Keyword(name) => row.flags.has(name),
            Key::Recent => row.recent,
            Key::Bound(numbers, uid) => numbers.contains(if *uid { row.uid } else { row.number }),
            Key::Numbers(..) | Key::Older(_) | Key::Younger(_) => false,
            // RFC 3501: time and zone do not count.
            Key::Arrived(when, date) => when.fits(row.date.clock().date(), *date),
            Key::Until(time) => row.date.instant() <= *time,
            Key::From(time) => row.date.instant() >= *time,
            Key::Sent(when, date) => message.sent_date().is_some_and(|sent| when.fits(sent, *date)),
            Key::Larger(size) => message.raw.len() as u64 > *size,
            Key::Smaller(size) => (message.raw.len() as u64) < *size,
            Key::Modseq(modseq) => row.modseq >= *modseq,
            Key::Header(name, pattern) => message.header_contains(name, pattern, scratch),
            Key::Addresses(name, pattern) => message.addresses_contain(name, pattern, scratch),
            Key::Body(pattern) => message.body_contains(pattern, scratch),
            Key::Text(pattern) => message.text_contains(pattern, scratch),
            Key::EmailId(id) => message.email_id() == *id,
            Key::ThreadId(id) => message.thread_id() == *id,
            Key::EmailNumber(number) => message.email_number() == *number,
            Key::ThreadNumber(number) => message.thread_number() == *number,
            Key::Attachment => message.has_attachment(),
        }
    }
}

fn ago(time: Timestamp, seconds: u32) -> Timestamp {
    Timestamp::from_second(time.as_second().saturating_sub(i64::from(seconds))).unwrap_or(Timestamp::MIN)
}

impl When {
    fn fits(self, date: Date, key: Date) -> bool {
        match self {
            When::Before => date < key,
            When::On => date == key,
            When::Since => date >= key,
        }
    }
}
