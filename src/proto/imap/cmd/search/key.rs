//! Search keys: their grammar, and whether a message fits.

use std::sync::Arc;

use jiff::civil::Date;

use crate::mail::{Flags, InternalDate, Message};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::date::date;
use crate::proto::imap::parse::sequence::{Numbers, SequenceSet};

/// `NOT` and parentheses inside each other.
const DEEPEST: usize = 50;
/// Keys in one search: each may read every message.
const MOST_KEYS: usize = 200;

/// A message as SEARCH sees it.
pub struct Candidate {
    pub number: u32,
    pub uid: u32,
    pub recent: bool,
    pub flags: Flags,
    pub date: InternalDate,
    pub message: Arc<Message>,
}

/// What `*` stands for.
#[derive(Clone, Copy)]
pub struct Largest {
    pub number: u32,
    pub uid: u32,
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
    Or(Box<[Key; 2]>),
    Not(Box<Key>),
    Flag(String),
    Recent,
    Numbers(SequenceSet, Option<Numbers>),
    Uids(SequenceSet, Option<Numbers>),
    Arrived(When, Date),
    Sent(When, Date),
    Larger(u32),
    Smaller(u32),
    Header(String, String),
    Body(String),
    Text(String),
}

/// Keys with a space between: all must hold.
pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Key> {
    let mut left = MOST_KEYS;
    let mut keys = vec![key(cursor, DEEPEST, &mut left)?];
    while cursor.byte(b' ') {
        keys.push(key(cursor, DEEPEST, &mut left)?);
    }
    Ok(Key::And(keys))
}

fn key(cursor: &mut Cursor<'_>, depth: usize, left: &mut usize) -> Parsed<Key> {
    let start = cursor.clone();
    let Some(depth) = depth.checked_sub(1) else {
        return Err(start.expected(format!("at most {DEEPEST} keys inside each other")));
    };
    *left = left.checked_sub(1).ok_or_else(|| start.expected(format!("at most {MOST_KEYS} search keys")))?;
    if cursor.peek() == Some(b'(') {
        let keys = cursor.list("a search key", |c| key(c, depth, left))?;
        return if keys.is_empty() { Err(start.expected("a search key")) } else { Ok(Key::And(keys)) };
    }
    if SequenceSet::starts(cursor) {
        return Ok(Key::Numbers(SequenceSet::parse(cursor)?, None));
    }
    let word = cursor.atom().ok_or_else(|| start.expected("a search key"))?.to_ascii_uppercase();
    if let Some(flag) = flag_key(&word) {
        return Ok(flag);
    }
    if matches!(word.as_str(), "ALL" | "NEW" | "OLD") {
        return Ok(match word.as_str() {
            "ALL" => Key::All,
            "NEW" => Key::And(vec![Key::Recent, not(system("\\Seen"))]),
            _ => not(Key::Recent),
        });
    }
    let known = [
        "BCC",
        "BEFORE",
        "BODY",
        "CC",
        "FROM",
        "HEADER",
        "KEYWORD",
        "LARGER",
        "NOT",
        "ON",
        "OR",
        "SENTBEFORE",
        "SENTON",
        "SENTSINCE",
        "SINCE",
        "SMALLER",
        "SUBJECT",
        "TEXT",
        "TO",
        "UID",
        "UNKEYWORD",
    ];
    if !known.contains(&word.as_str()) {
        return Err(start.expected("a search key"));
    }
    cursor.expect_space()?;
    with_argument(&word, cursor, depth, left)
}

fn with_argument(word: &str, cursor: &mut Cursor<'_>, depth: usize, left: &mut usize) -> Parsed<Key> {
    Ok(match word {
        "NOT" => not(key(cursor, depth, left)?),
        "OR" => {
            let first = key(cursor, depth, left)?;
            cursor.expect_space()?;
            Key::Or(Box::new([first, key(cursor, depth, left)?]))
        }
        "UID" => Key::Uids(SequenceSet::parse(cursor)?, None),
        "KEYWORD" => Key::Flag(cursor.expect_atom("a keyword")?.to_owned()),
        "UNKEYWORD" => not(Key::Flag(cursor.expect_atom("a keyword")?.to_owned())),
        "LARGER" => Key::Larger(cursor.expect_number()?),
        "SMALLER" => Key::Smaller(cursor.expect_number()?),
        "BEFORE" => Key::Arrived(When::Before, date(cursor)?),
        "ON" => Key::Arrived(When::On, date(cursor)?),
        "SINCE" => Key::Arrived(When::Since, date(cursor)?),
        "SENTBEFORE" => Key::Sent(When::Before, date(cursor)?),
        "SENTON" => Key::Sent(When::On, date(cursor)?),
        "SENTSINCE" => Key::Sent(When::Since, date(cursor)?),
        "BODY" => Key::Body(cursor.astring_text("text to search for")?),
        "TEXT" => Key::Text(cursor.astring_text("text to search for")?),
        "HEADER" => {
            let name = cursor.astring_text("the name of a header field")?;
            cursor.expect_space()?;
            Key::Header(name, cursor.astring_text("text to search for")?)
        }
        field => Key::Header(field.to_owned(), cursor.astring_text("text to search for")?),
    })
}

fn flag_key(word: &str) -> Option<Key> {
    let flag = |name: &str| {
        let found =
            Flags::SYSTEM.iter().find(|(system, _)| system.get(1..).is_some_and(|system| system.eq_ignore_ascii_case(name)));
        found.map(|(name, _)| system(name))
    };
    match word.strip_prefix("UN") {
        Some(rest) => flag(rest).map(not),
        None if word == "RECENT" => Some(Key::Recent),
        None => flag(word),
    }
}

fn system(name: &str) -> Key {
    Key::Flag(name.to_owned())
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

impl Key {
    /// Fixes what `*` means, before messages are tried.
    pub fn bind(&mut self, largest: Largest) {
        match self {
            Key::And(keys) => keys.iter_mut().for_each(|key| key.bind(largest)),
            Key::Or(keys) => keys.iter_mut().for_each(|key| key.bind(largest)),
            Key::Not(key) => key.bind(largest),
            Key::Numbers(set, numbers) => *numbers = Some(set.numbers(largest.number)),
            Key::Uids(set, numbers) => *numbers = Some(set.numbers(largest.uid)),
            _ => {}
        }
    }

    /// Whether the message fits.
    pub fn fits(&self, candidate: &Candidate) -> bool {
        let message = &candidate.message;
        match self {
            Key::All => true,
            Key::And(keys) => keys.iter().all(|key| key.fits(candidate)),
            Key::Or(keys) => keys.iter().any(|key| key.fits(candidate)),
            Key::Not(key) => !key.fits(candidate),
            Key::Flag(name) => candidate.flags.has(name),
            Key::Recent => candidate.recent,
            Key::Numbers(_, numbers) => numbers.as_ref().is_some_and(|numbers| numbers.contains(candidate.number)),
            Key::Uids(_, numbers) => numbers.as_ref().is_some_and(|numbers| numbers.contains(candidate.uid)),
            // RFC 3501: time and zone do not count; INTERNALDATE is told in UTC here.
            Key::Arrived(when, date) => when.fits(candidate.date.clock().date(), *date),
            Key::Sent(when, date) => message.sent_date().is_some_and(|sent| when.fits(sent, *date)),
            Key::Larger(size) => message.raw.len() as u64 > u64::from(*size),
            Key::Smaller(size) => (message.raw.len() as u64) < u64::from(*size),
            Key::Header(name, text) => message.header_contains(name, text),
            Key::Body(text) => message.body_contains(text),
            Key::Text(text) => message.text_contains(text),
        }
    }
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
