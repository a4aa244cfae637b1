//! The grammar of search keys (RFC 3501 section 6.4.4, RFC 5032, RFC 7162 section 3.1.5, RFC 8474 section 7, Gmail's X-GM-EXT-1).

use super::gmail;
use super::key::{Key, When};
use crate::mail::{Flags, Pattern, from_charset};
use crate::proto::imap::cursor::{Cursor, Expected, Parsed};
use crate::proto::imap::gmail::own_label;
use crate::proto::imap::parse::date::date;
use crate::proto::imap::parse::sequence::SequenceSet;

/// `NOT` and parentheses inside each other.
const DEEPEST: usize = 50;
/// Keys in one search: each may read every message.
pub const MOST_KEYS: usize = 200;
/// RFC 8474 section 7: `objectid`.
const LONGEST_OBJECT_ID: usize = 255;

/// What was read.
pub struct Keys {
    /// All of them must hold.
    pub all: Vec<Key>,
    /// MODSEQ is among them.
    pub modseq: bool,
    /// Message numbers are among them (`$` stands for UIDs).
    pub numbers: bool,
    /// The first of the keys that only Gmail has, as the error that it is elsewhere.
    pub gmail: Option<Expected>,
}

/// Keys with a space between: all must hold. Their texts are in this charset, in UTF-8 where it is not known.
pub fn keys(cursor: &mut Cursor<'_>, charset: Option<&str>) -> Parsed<Keys> {
    let mut reading = Reading { charset, left: MOST_KEYS, modseq: false, numbers: false, gmail: None };
    let mut all = vec![reading.key(cursor, DEEPEST)?];
    while cursor.byte(b' ') {
        all.push(reading.key(cursor, DEEPEST)?);
    }
    Ok(Keys { all, modseq: reading.modseq, numbers: reading.numbers, gmail: reading.gmail })
}

struct Reading<'a> {
    charset: Option<&'a str>,
    left: usize,
    modseq: bool,
    numbers: bool,
    gmail: Option<Expected>,
}

/// The keys that have no argument and are no flags, and those that have one.
const PLAIN: [&str; 3] = ["ALL", "NEW", "OLD"];
const WITH_ARGUMENT: [&str; 30] = [
    "BCC",
    "BEFORE",
    "BODY",
    "CC",
    "EMAILID",
    "FROM",
    "HEADER",
    "KEYWORD",
    "LARGER",
    "MODSEQ",
    "NOT",
    "OLDER",
    "ON",
    "OR",
    "SENTBEFORE",
    "SENTON",
    "SENTSINCE",
    "SINCE",
    "SMALLER",
    "SUBJECT",
    "TEXT",
    "THREADID",
    "TO",
    "UID",
    "UNKEYWORD",
    "X-GM-LABELS",
    "X-GM-MSGID",
    "X-GM-RAW",
    "X-GM-THRID",
    "YOUNGER",
];

impl Reading<'_> {
    fn key(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Key> {
        let start = cursor.clone();
        let Some(depth) = depth.checked_sub(1) else {
            return Err(start.expected(format!("at most {DEEPEST} keys inside each other")));
        };
        self.left = self.left.checked_sub(1).ok_or_else(|| start.expected(format!("at most {MOST_KEYS} search keys")))?;
        if cursor.peek() == Some(b'(') {
            let keys = cursor.list("a search key", |c| self.key(c, depth))?;
            return if keys.is_empty() { Err(start.expected("a search key")) } else { Ok(Key::And(keys)) };
        }
        if SequenceSet::starts(cursor) {
            self.numbers |= cursor.peek() != Some(b'$');
            return Ok(Key::Numbers(SequenceSet::parse(cursor)?, false));
        }
        let word = cursor.atom().ok_or_else(|| start.expected("a search key"))?.to_ascii_uppercase();
        if let Some(flag) = flag_key(&word) {
            return Ok(flag);
        }
        if PLAIN.contains(&&*word) {
            return Ok(match word.as_str() {
                "ALL" => Key::All,
                "NEW" => Key::And(vec![Key::Recent, not(Key::System(Flags::SEEN))]),
                _ => not(Key::Recent),
            });
        }
        if !WITH_ARGUMENT.contains(&&*word) {
            return Err(start.expected("a search key"));
        }
        if word.starts_with("X-GM-") {
            self.gmail.get_or_insert_with(|| start.expected("a search key"));
        }
        cursor.expect_space()?;
        self.with_argument(&word, cursor, depth)
    }

    fn with_argument(&mut self, word: &str, cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Key> {
        Ok(match word {
            "NOT" => not(self.key(cursor, depth)?),
            "OR" => {
                let first = self.key(cursor, depth)?;
                cursor.expect_space()?;
                Key::Or(vec![first, self.key(cursor, depth)?])
            }
            "UID" => Key::Numbers(SequenceSet::parse(cursor)?, true),
            "KEYWORD" => Key::Keyword(cursor.expect_atom("a keyword")?.to_owned()),
            "UNKEYWORD" => not(Key::Keyword(cursor.expect_atom("a keyword")?.to_owned())),
            "LARGER" => Key::Larger(number63(cursor)?),
            "SMALLER" => Key::Smaller(number63(cursor)?),
            "OLDER" => Key::Older(interval(cursor)?),
            "YOUNGER" => Key::Younger(interval(cursor)?),
            "BEFORE" => Key::Arrived(When::Before, date(cursor)?),
            "ON" => Key::Arrived(When::On, date(cursor)?),
            "SINCE" => Key::Arrived(When::Since, date(cursor)?),
            "SENTBEFORE" => Key::Sent(When::Before, date(cursor)?),
            "SENTON" => Key::Sent(When::On, date(cursor)?),
            "SENTSINCE" => Key::Sent(When::Since, date(cursor)?),
            "MODSEQ" => {
                self.modseq = true;
                modseq(cursor)?
            }
            "EMAILID" => Key::EmailId(object_id(cursor)?),
            "THREADID" => Key::ThreadId(object_id(cursor)?),
            "X-GM-MSGID" => Key::EmailNumber(number63(cursor)?),
            "X-GM-THRID" => Key::ThreadNumber(number63(cursor)?),
            "X-GM-LABELS" => gmail::label(self.label(cursor)?),
            "X-GM-RAW" => {
                let query = self.text(cursor)?;
                gmail::query(&query, &mut self.left).ok_or_else(|| cursor.expected(format!("at most {MOST_KEYS} search keys")))?
            }
            "BODY" => Key::Body(self.pattern(cursor)?),
            "TEXT" => Key::Text(self.pattern(cursor)?),
            "HEADER" => {
                let name = cursor.astring_text("the name of a header field")?;
                cursor.expect_space()?;
                Key::Header(name, self.pattern(cursor)?)
            }
            "FROM" => Key::Addresses("from", self.pattern(cursor)?),
            "TO" => Key::Addresses("to", self.pattern(cursor)?),
            "CC" => Key::Addresses("cc", self.pattern(cursor)?),
            "BCC" => Key::Addresses("bcc", self.pattern(cursor)?),
            field => Key::Header(field.to_owned(), self.pattern(cursor)?),
        })
    }

    fn pattern(&self, cursor: &mut Cursor<'_>) -> Parsed<Pattern> {
        Ok(Pattern::new(&self.text(cursor)?))
    }

    fn text(&self, cursor: &mut Cursor<'_>) -> Parsed<String> {
        let octets = cursor.astring("text to search for")?;
        let decoded = self.charset.and_then(|charset| from_charset(&octets, charset));
        Ok(decoded.unwrap_or_else(|| String::from_utf8_lossy(&octets).into_owned()))
    }

    /// `\Inbox` stands without quotes, too.
    fn label(&self, cursor: &mut Cursor<'_>) -> Parsed<String> {
        match own_label(cursor)? {
            Some(label) => Ok(label),
            None => self.text(cursor),
        }
    }
}

fn flag_key(word: &str) -> Option<Key> {
    let flag = |name: &str| {
        let found =
            Flags::SYSTEM.iter().find(|(system, _)| system.get(1..).is_some_and(|system| system.eq_ignore_ascii_case(name)));
        found.map(|(_, bit)| Key::System(*bit))
    };
    match word.strip_prefix("UN") {
        Some(rest) => flag(rest).map(not),
        None if word == "RECENT" => Some(Key::Recent),
        None => flag(word),
    }
}

/// The opposite.
pub fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

/// `number64` (RFC 9051), `mod-sequence-valzer` (RFC 7162).
fn number63(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.number64().ok_or_else(|| cursor.expected("a number below 9223372036854775808"))
}

/// RFC 5032 section 3: seconds, not 0.
fn interval(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    let start = cursor.clone();
    cursor.number().filter(|&seconds| seconds > 0).ok_or_else(|| start.expected("a number of seconds from 1 to 4294967295"))
}

/// RFC 7162 section 3.1.5. Each message has one mod-sequence for all its flags, so entry name and type say nothing: the RFC has them passed over then.
fn modseq(cursor: &mut Cursor<'_>) -> Parsed<Key> {
    let start = cursor.clone();
    if cursor.peek() == Some(b'"') {
        let name = cursor.string()?.unwrap_or_default();
        if !name.starts_with(b"/flags/") {
            return Err(start.expected("an entry name such as `\"/flags/\\\\Draft\"`"));
        }
        cursor.expect_space()?;
        if !["all", "priv", "shared"].iter().any(|kind| cursor.keyword(kind)) {
            return Err(cursor.expected("`all`, `priv` or `shared`"));
        }
        cursor.expect_space()?;
    }
    number63(cursor).map(Key::Modseq)
}

fn object_id(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let start = cursor.clone();
    let id = cursor.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let id = id.filter(|id| id.len() <= LONGEST_OBJECT_ID).and_then(|id| std::str::from_utf8(id).ok());
    id.map(str::to_owned).ok_or_else(|| start.expected("an object id (letters, digits, `-` and `_`)"))
}
