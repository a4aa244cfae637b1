//! Which messages of the selected mailbox a search finds; SORT and THREAD start with that, too.

use std::sync::Arc;

use jiff::Timestamp;

use super::key::{Cost, Key, Now, Row};
use super::read::{self, Keys};
use super::returns::Found;
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
    /// It has begun to search texts.
    texts: Option<Texts>,
}

/// Octets of text that are searched before others may have their turn: less than a millisecond's worth. No less than one message is searched for one of the keys
/// at a time.
const SLICE: u64 = 512 << 10;

/// Where the search for texts stands.
struct Texts {
    left: std::vec::IntoIter<Candidate>,
    /// It has fitted so many keys.
    begun: Option<(Candidate, usize)>,
    found: Vec<Candidate>,
    scratch: Scratch,
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

/// A message that was found, and when it arrived.
pub type Match = (Found, InternalDate, Arc<Message>);

impl Program {
    /// SEARCH: a charset, if one is named, and the keys, whose texts are in it.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        match cursor.keyword("CHARSET") {
            true => {
                cursor.expect_space()?;
                Ok(Program { has_to_name_it: false, ..Program::parse_with_charset(cursor)? })
            }
            false => Ok(Program { keys: read::keys(cursor, None)?, charset: None, has_to_name_it: false, texts: None }),
        }
    }

    /// SORT and THREAD: the charset, and the keys.
    pub fn parse_with_charset(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let charset = cursor.astring_text("the name of a charset")?;
        cursor.expect_space()?;
        Ok(Program { keys: read::keys(cursor, Some(&charset))?, charset: Some(charset), has_to_name_it: true, texts: None })
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
        if let Some((oddity, text)) = self.mistake(state) {
            oddity::note(cx.notes, oddity, text.clone());
            return Some(Reply::bad(text));
        }
        (!self.knows_charset()).then(|| Reply::no("[BADCHARSET (US-ASCII UTF-8)] unknown charset").show(Show::Numbered))
    }

    /// What the client should not have said in this state: the oddity, and what it is told.
    fn mistake(&self, state: &State) -> Option<(&'static str, String)> {
        if let Some(expected) = self.keys.gmail.as_ref().filter(|_| !state.offers("X-GM-EXT-1")) {
            return Some((oddity::SYNTAX, expected.to_string()));
        }
        let charset = self.charset.as_ref().filter(|_| state.dialect.utf8)?;
        // RFC 6855 section 3: text is UTF-8 now, so SEARCH names no charset, and what SORT and THREAD name must not say otherwise.
        let fits = ["UTF-8", "US-ASCII"].iter().any(|name| name.eq_ignore_ascii_case(charset));
        let but = if self.has_to_name_it { " but UTF-8" } else { "" };
        let text = || format!("no CHARSET{but} after ENABLE UTF8=ACCEPT (RFC 6855 section 3)");
        (!self.has_to_name_it || !fits).then(|| (oddity::OUT_OF_ORDER, text()))
    }

    fn knows_charset(&self) -> bool {
        self.charset.as_ref().is_none_or(|charset| from_charset(b"", charset).is_some())
    }

    /// Searches some of the texts; `false`: there are more. What is found are messages as they are at the first call.
    pub fn prepare(&mut self, state: &State) -> bool {
        let (Some(selected), true) = (&state.selected, self.keys.all.iter().any(|key| key.cost() > Cost::Entry)) else {
            return true;
        };
        if self.mistake(state).is_some() || !self.knows_charset() {
            return true;
        }
        if self.texts.is_none() {
            self.texts = Some(Texts::new(self.entries(selected, Candidate::new)));
        }
        self.texts.as_mut().is_none_or(|texts| texts.search(&self.keys.all, SLICE))
    }

    /// The messages that are found, ascending, and when they arrived.
    pub fn messages(&mut self, selected: &Selected) -> Vec<Match> {
        let found = |row: &Row<'_>| Found { number: row.number, uid: row.uid, modseq: row.modseq };
        self.run(selected, |row| (found(row), row.date, row.message.clone()))
    }

    /// What `keep` makes of every message that is found, ascending.
    pub fn run<T>(&mut self, selected: &Selected, keep: impl Fn(&Row<'_>) -> T) -> Vec<T> {
        let texts = self.texts.take();
        if texts.is_none() && self.keys.all.iter().all(|key| key.cost() == Cost::Entry) {
            return self.entries(selected, |row, _| keep(row));
        }
        let mut texts = texts.unwrap_or_else(|| Texts::new(self.entries(selected, Candidate::new)));
        texts.search(&self.keys.all, u64::MAX);
        texts.found.iter().map(|candidate| keep(&candidate.row())).collect()
    }

    /// What `keep` makes of every message that could fit, by all that the mailbox knows of it. Texts are searched after the mailbox has been let go; it is
    /// told whether they need the flags.
    fn entries<T>(&mut self, selected: &Selected, keep: impl Fn(&Row<'_>, bool) -> T) -> Vec<T> {
        let view = &selected.view;
        let now = Now { number: view.len(), uid: view.largest_uid(), saved: &selected.saved, time: Timestamp::now() };
        let keys = &mut self.keys.all;
        keys.iter_mut().for_each(|key| key.bind(&now));
        keys.sort_by_key(Key::cost);
        let (cheap, costly) = keys.split_at(texts_from(keys));
        let with_flags = costly.iter().any(Key::asks_for_flags);
        let scratch = &mut Scratch::default();
        let mut kept = Vec::new();
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
                if cheap.iter().all(|key| key.fits(&row, scratch)) {
                    kept.push(keep(&row, with_flags));
                }
            }
        });
        kept
    }
}

/// The place of the first key that needs more than what the mailbox knows, once they are in order.
fn texts_from(keys: &[Key]) -> usize {
    keys.partition_point(|key| key.cost() == Cost::Entry)
}

impl Texts {
    fn new(candidates: Vec<Candidate>) -> Self {
        Texts { left: candidates.into_iter(), begun: None, found: Vec::new(), scratch: Scratch::default() }
    }

    /// Tries keys until about so many octets were read; `true`: all is done.
    fn search(&mut self, keys: &[Key], octets: u64) -> bool {
        let costly = keys.get(texts_from(keys)..).unwrap_or_default();
        let mut left = octets;
        while left > 0 {
            let next = self.begun.take().or_else(|| Some((self.left.next()?, 0)));
            let Some((candidate, tried)) = next else { return true };
            let Some(key) = costly.get(tried) else {
                self.found.push(candidate);
                continue;
            };
            // A short message takes its time, too.
            left = left.saturating_sub(key.readings().saturating_mul(candidate.message.raw.len() as u64 + 256));
            if key.fits(&candidate.row(), &mut self.scratch) {
                self.begun = Some((candidate, tried + 1));
            }
        }
        self.begun.is_none() && self.left.len() == 0
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
