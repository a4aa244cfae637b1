//! What FETCH asks for.

use crate::proto::imap::cursor::{Cursor, Expected, Parsed};
use crate::proto::imap::parse::section::{Of, Section, parse_part};

/// Different items in one command: a header with some of its fields is copied for each.
const MOST_ITEMS: usize = 100;

/// One data item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Envelope,
    /// RFC 7162 section 3.1.4.2.
    ModSeq,
    /// `BODY` or `BODYSTRUCTURE`
    Structure {
        extended: bool,
    },
    /// `BODY[...]` and the older names of such sections.
    Section {
        /// As the response has it: `BODY` or `BINARY`, and the section follows, or an older name without one.
        label: &'static str,
        section: Section,
        peek: bool,
    },
    /// RFC 8474 section 5.1.
    EmailId,
    /// RFC 8474 section 5.2.
    ThreadId,
    /// Only where a scenario offers X-GM-EXT-1.
    Gmail(Gmail),
    /// `BINARY.SIZE[...]`: the section's decoded size.
    BinarySize(Section),
}

/// Items of Gmail's X-GM-EXT-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gmail {
    /// `X-GM-MSGID`
    Message,
    /// `X-GM-THRID`
    Thread,
    /// `X-GM-LABELS`
    Labels,
}

impl Item {
    /// What it reads of a message.
    pub fn section(&self) -> Option<&Section> {
        match self {
            Item::Section { section, .. } | Item::BinarySize(section) => Some(section),
            _ => None,
        }
    }

    /// Making it may copy as much as the message has octets.
    pub fn copies(&self) -> bool {
        self.section().is_some_and(|section| matches!(section.of, Of::Fields { .. } | Of::Decoded))
    }

    /// Reading it sets \Seen.
    pub fn sets_seen(&self) -> bool {
        matches!(self, Item::Section { peek: false, .. })
    }
}

/// What a FETCH may ask for, as an error shows it.
const EXPECTED: &str = "a fetch item such as `FLAGS`, `UID` or `BODY.PEEK[]`";

/// One item, a macro, or a list of items; and the first of those that only Gmail has, as the error that it is elsewhere.
pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<(Vec<Item>, Option<Expected>)> {
    let mut gmail = None;
    let items = items(cursor, |cursor| {
        let start = cursor.clone();
        let item = item(cursor)?;
        if matches!(item, Item::Gmail(_)) {
            gmail.get_or_insert_with(|| start.expected(EXPECTED));
        }
        Ok(item)
    })?;
    Ok((items, gmail))
}

fn items(cursor: &mut Cursor<'_>, mut item: impl FnMut(&mut Cursor<'_>) -> Parsed<Item>) -> Parsed<Vec<Item>> {
    if cursor.peek() == Some(b'(') {
        let start = cursor.clone();
        let mut items = Vec::new();
        // Twice the same item would be sent twice: a small command must not ask for a thousand bodies.
        for item in cursor.list("a fetch item or a list of them", &mut item)? {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        if items.len() > MOST_ITEMS {
            return Err(start.expected(format!("at most {MOST_ITEMS} fetch items")));
        }
        return if items.is_empty() { Err(start.expected("a fetch item")) } else { Ok(items) };
    }
    let fast = [Item::Flags, Item::InternalDate, Item::Size];
    let more: &[Item] = match () {
        () if cursor.keyword("FAST") => &[],
        () if cursor.keyword("ALL") => &[Item::Envelope],
        () if cursor.keyword("FULL") => &[Item::Envelope, Item::Structure { extended: false }],
        () => return item(cursor).map(|item| vec![item]),
    };
    Ok(fast.iter().chain(more).cloned().collect())
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<Item> {
    let start = cursor.clone();
    let wrong = || start.expected(EXPECTED);
    let name =
        cursor.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).ok_or_else(wrong)?.to_ascii_uppercase();
    let older = |label, of, peek| Item::Section { label, section: Section::whole(of), peek };
    Ok(match name.as_slice() {
        b"UID" => Item::Uid,
        b"FLAGS" => Item::Flags,
        b"INTERNALDATE" => Item::InternalDate,
        b"RFC822.SIZE" => Item::Size,
        b"ENVELOPE" => Item::Envelope,
        b"MODSEQ" => Item::ModSeq,
        b"BODYSTRUCTURE" => Item::Structure { extended: true },
        b"BODY" if cursor.peek() != Some(b'[') => Item::Structure { extended: false },
        b"BODY" => Item::Section { label: "BODY", section: Section::parse(cursor)?, peek: false },
        b"BODY.PEEK" => Item::Section { label: "BODY", section: Section::parse(cursor)?, peek: true },
        b"BINARY" => Item::Section { label: "BINARY", section: Section::parse_binary(cursor)?, peek: false },
        b"BINARY.PEEK" => Item::Section { label: "BINARY", section: Section::parse_binary(cursor)?, peek: true },
        b"BINARY.SIZE" => Item::BinarySize(Section { part: parse_part(cursor)?, of: Of::Decoded, partial: None }),
        b"EMAILID" => Item::EmailId,
        b"THREADID" => Item::ThreadId,
        b"X-GM-MSGID" => Item::Gmail(Gmail::Message),
        b"X-GM-THRID" => Item::Gmail(Gmail::Thread),
        b"X-GM-LABELS" => Item::Gmail(Gmail::Labels),
        b"RFC822" => older("RFC822", Of::All, false),
        // RFC 3501: functionally BODY.PEEK[HEADER].
        b"RFC822.HEADER" => older("RFC822.HEADER", Of::Header, true),
        b"RFC822.TEXT" => older("RFC822.TEXT", Of::Text, false),
        _ => return Err(wrong()),
    })
}
