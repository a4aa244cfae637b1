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
    /// The charset cannot be left out, as in SORT and THREAD.
    has_to_name_it: bool,
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
    /// SEARCH: a charset, if one is named, and the keys, whose texts are in it.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        match cursor.keyword("CHARSET") {
            true => {
                cursor.expect_space()?;
                Ok(Program { has_to_name_it: false, ..Program::parse_with_charset(cursor)? })
            }
            false => Ok(Program { keys: read::keys(cursor, None)?, charset: None, has_to_name_it: false }),
        }
    }

    /// SORT and THREAD: the charset, and the keys.
    pub fn parse_with_charset(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let charset = cursor.astring_text("the name of a charset")?;
        cursor.expect_space()?;
        Ok(Program { keys: read::keys(cursor, Some(&charset))?, charset: Some(charset), has_to_name_it: true })
    }

    /// MODSEQ is among the keys: that switches CONDSTORE on, and the reply tells the highest one (RFC 7162 section 3.1.5).
    pub fn asks_for_modseq(&self) -> bool {
        self.keys.modseq
    }

    /// News that may go with the reply: where there are message numbers among the keys, no expunges, even with UID before the command (RFC 7162 section
    /// 3.2.10.2).
    pub fn show(&self, uid: bool) -> Show {
        if uid && !self.keys.numbers { Show::All } else { Show::Numbered }
    }

    /// Why this cannot be searched for here.
    pub fn refusal(&self, state: &State, cx: &mut Cx<'_>) -> Option<Reply> {
        if let Some(expected) = self.keys.gmail.as_ref().filter(|_| !state.offers("X-GM-EXT-1")) {
            oddity::note(cx.notes, oddity::SYNTAX, expected.to_string());
            return Some(Reply::bad(expected.to_string()));
        }
        if state.dialect.utf8
            && let Some(charset) = &self.charset
        {
            // RFC 6855 section 3: text is UTF-8 now, so SEARCH names no charset, and what SORT and THREAD name must not say otherwise.
            let fits = ["UTF-8", "US-ASCII"].iter().any(|name| name.eq_ignore_ascii_case(charset));
            if !self.has_to_name_it || !fits {
                let but = if self.has_to_name_it { " but UTF-8" } else { "" };
                let text = format!("no CHARSET{but} after ENABLE UTF8=ACCEPT (RFC 6855 section 3)");
                oddity::note(cx.notes, oddity::OUT_OF_ORDER, text.clone());
                return Some(Reply::bad(text));
            }
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
