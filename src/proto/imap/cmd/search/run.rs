//! Which messages of the selected mailbox a search finds; SORT and THREAD start with that, too.

use std::sync::Arc;

use jiff::Timestamp;

use super::key::{Cost, Key, Now, Row};
use super::read::{self, Keys};
use crate::mail::{Flags, InternalDate, Message, Scratch, from_charset};
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Reply, Selected, State};
use crate::proto::imap::view::Show;

/// A search that has been read.
pub struct Program {
    keys: Keys,
    charset: Option<String>,
}

/// A message that could fit: what has to be known of it when the mailbox is no longer locked.
struct Candidate {
    number: u32,
    uid: u32,
    recent: bool,
    modseq: u64,
    flags: Flags,
    date: InternalDate,
    message: Arc<Message>,
}

impl Program {
    /// Reads the keys; their texts are in this charset.
    pub fn parse(cursor: &mut Cursor<'_>, charset: Option<String>) -> Parsed<Self> {
        let keys = read::keys(cursor, charset.as_deref())?;
        Ok(Program { keys, charset })
    }

    /// MODSEQ is among the keys: that switches CONDSTORE on, and the reply tells the highest one (RFC 7162 section 3.1.5).
    pub fn asks_for_modseq(&self) -> bool {
        self.keys.modseq
    }

    /// A charset was named.
    pub fn has_charset(&self) -> bool {
        self.charset.is_some()
    }

    /// Why this cannot be searched for here.
    pub fn refusal(&self, state: &State, cx: &mut Cx<'_>) -> Option<Reply> {
        if let Some(expected) = self.keys.gmail.as_ref().filter(|_| !state.offers("X-GM-EXT-1")) {
            oddity::note(cx.notes, oddity::SYNTAX, expected.to_string());
            return Some(Reply::bad(expected.to_string()));
        }
        let known = self.charset.as_ref().is_none_or(|charset| from_charset(b"", charset).is_some());
        (!known).then(|| Reply::no("[BADCHARSET (US-ASCII UTF-8)] unknown charset").show(Show::Numbered))
    }

    /// What `keep` makes of every message that is found, ascending. Texts are searched after the mailbox has been let go.
    pub fn run<T>(&mut self, selected: &Selected, keep: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        let view = &selected.view;
        let now = Now { number: view.len(), uid: view.largest_uid(), saved: &selected.saved, time: Timestamp::now() };
        let keys = &mut self.keys.all;
        keys.iter_mut().for_each(|key| key.bind(&now));
        keys.sort_by_key(Key::cost);
        let (cheap, costly) = keys.split_at(keys.partition_point(|key| key.cost() == Cost::Entry));
        let with_flags = costly.iter().any(Key::asks_for_flags);
        let scratch = &mut Scratch::default();
        let (mut found, mut candidates) = (Vec::new(), Vec::new());
        selected.mailbox.with(|mailbox| {
            if view.is_stale(mailbox) {
                return;
            }
            let mut entries = mailbox.entries.iter().peekable();
            for (number, told) in view.numbered() {
                while entries.next_if(|entry| entry.uid < told.uid).is_some() {}
                let Some(entry) = entries.next_if(|entry| entry.uid == told.uid) else { continue };
                let row = Row {
                    number,
                    uid: entry.uid,
                    recent: told.recent,
                    modseq: entry.modseq,
                    flags: &entry.flags,
                    date: entry.internal_date,
                    message: &entry.message,
                };
                match cheap.iter().all(|key| key.fits(&row, scratch)) {
                    false => {}
                    true if costly.is_empty() => found.push(keep(&row)),
                    true => candidates.push(Candidate::new(&row, with_flags)),
                }
            }
        });
        for candidate in &candidates {
            let row = candidate.row();
            if costly.iter().all(|key| key.fits(&row, scratch)) {
                found.push(keep(&row));
            }
        }
        found
    }
}

impl Candidate {
    fn new(row: &Row<'_>, with_flags: bool) -> Self {
        Candidate {
            number: row.number,
            uid: row.uid,
            recent: row.recent,
            modseq: row.modseq,
            flags: if with_flags { row.flags.clone() } else { Flags::default() },
            date: row.date,
            message: row.message.clone(),
        }
    }

    fn row(&self) -> Row<'_> {
        Row {
            number: self.number,
            uid: self.uid,
            recent: self.recent,
            modseq: self.modseq,
            flags: &self.flags,
            date: self.date,
            message: &self.message,
        }
    }
}
