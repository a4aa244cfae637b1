//! STORE (RFC 3501 section 6.4.6), with UNCHANGEDSINCE (RFC 7162 section 3.1.3) and Gmail's labels.

use super::Command;
use super::fetch::no_such_message;
use crate::mail::{FlagUpdate, Flags};
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Expected, Parsed};
use crate::proto::imap::parse::flags::store_flags;
use crate::proto::imap::parse::modseq::modseq;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::{Plan, Show, write_flags};
use crate::proto::imap::write::{Text, number_set};
use crate::proto::imap::{gmail, oddity};
use crate::proto::{Cx, Note, Sent};

struct Store {
    set: SequenceSet,
    uid: bool,
    update: FlagUpdate,
    silent: bool,
    /// Names of flags and keywords.
    flags: Vec<String>,
    labels: Option<Labels>,
    unchanged_since: Option<u64>,
    /// The client hears of the mod-sequence of each message.
    condstore: bool,
    changes: Vec<Change>,
    kept: bool,
    /// The mailbox's counter before and after all of it.
    counter: (u64, u64),
}

/// The flags came as X-GM-LABELS.
struct Labels {
    /// The error that this is where X-GM-EXT-1 is not offered.
    elsewhere: Expected,
    all_can_be_kept: bool,
}

/// One message: the mailbox's counter at its last change before and after this one.
struct Change {
    uid: u32,
    before: u64,
    after: u64,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let set = SequenceSet::parse(cursor)?;
    cursor.expect_space()?;
    let unchanged_since = modifiers(cursor)?;
    let DataItem { update, labels, silent } = data_item(cursor)?;
    cursor.expect_space()?;
    let (flags, labels) = match labels {
        None => (store_flags(cursor)?, None),
        Some(elsewhere) => {
            let labels = gmail::label_list(cursor)?;
            let all_can_be_kept = labels.iter().all(|label| gmail::can_be_kept(label));
            let flags = labels.iter().map(|label| gmail::flag_name(label).to_owned()).collect();
            (flags, Some(Labels { elsewhere, all_can_be_kept }))
        }
    };
    cursor.expect_end()?;
    let condstore = unchanged_since.is_some();
    let (changes, counter) = (Vec::new(), (0, 0));
    let kept = false;
    Ok(Box::new(Store { set, uid, update, silent, flags, labels, unchanged_since, condstore, changes, kept, counter }))
}

/// `(UNCHANGEDSINCE n) `, if that comes next.
fn modifiers(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    if cursor.peek() != Some(b'(') {
        return Ok(None);
    }
    let start = cursor.clone();
    let list = cursor.list("`(`", |cursor| {
        if !cursor.keyword("UNCHANGEDSINCE") {
            return Err(cursor.expected("`UNCHANGEDSINCE`"));
        }
        cursor.expect_space()?;
        modseq(cursor)
    })?;
    let &[since] = list.as_slice() else { return Err(start.expected("one `UNCHANGEDSINCE`")) };
    cursor.expect_space()?;
    Ok(Some(since))
}

struct DataItem {
    update: FlagUpdate,
    /// X-GM-LABELS, as the error that it is elsewhere.
    labels: Option<Expected>,
    silent: bool,
}

fn data_item(cursor: &mut Cursor<'_>) -> Parsed<DataItem> {
    let start = cursor.clone();
    let update = match () {
        () if cursor.byte(b'+') => FlagUpdate::Add,
        () if cursor.byte(b'-') => FlagUpdate::Remove,
        () => FlagUpdate::Replace,
    };
    let expected = start.expected("`FLAGS`, `+FLAGS` or `-FLAGS`, with or without `.SILENT`");
    for (name, labels, silent) in
        [("FLAGS", false, false), ("FLAGS.SILENT", false, true), ("X-GM-LABELS", true, false), ("X-GM-LABELS.SILENT", true, true)]
    {
        if cursor.keyword(name) {
            return Ok(DataItem { update, labels: labels.then_some(expected), silent });
        }
    }
    Err(expected)
}

impl Store {
    /// Which of \Seen and \Deleted it sets: by them a client says that it is done with a message.
    fn finishing(&self) -> u8 {
        let removes = self.update == FlagUpdate::Remove;
        let names = self.flags.iter().map(String::as_str).filter(|_| !removes);
        Flags::from_names(names).system & (Flags::SEEN | Flags::DELETED)
    }

    fn changed(&self, flags: &Flags) -> Flags {
        let names = self.flags.iter().map(String::as_str);
        let mut flags = match (self.update, &self.labels) {
            (FlagUpdate::Replace, None) => Flags::default(),
            // Other flags are no labels, so these do not replace them.
            (FlagUpdate::Replace, Some(_)) => Flags { system: flags.system & !gmail::LABELS, keywords: Vec::new() },
            _ => flags.clone(),
        };
        for name in names {
            flags.set(name, self.update != FlagUpdate::Remove);
        }
        flags
    }

    /// Why these labels cannot be stored.
    fn refusal(&self, state: &State, cx: &mut Cx<'_>) -> Option<Reply> {
        let labels = self.labels.as_ref()?;
        if !state.offers("X-GM-EXT-1") {
            oddity::note(cx.notes, oddity::SYNTAX, labels.elsewhere.to_string());
            return Some(Reply::bad(labels.elsewhere.to_string()));
        }
        let refused = || Reply::no("[CANNOT] labels are keywords here, so they have to be atoms").show(Show::Numbered);
        (!labels.all_can_be_kept).then(refused)
    }
}

impl Command for Store {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        let by_uid = self.set.settle(&selected.saved, self.uid);
        if !by_uid && !self.set.fits(selected.view.len()) {
            return no_such_message(selected.view.len(), cx);
        }
        if let Some(refusal) = self.refusal(state, cx) {
            return refusal;
        }
        if selected.read_only {
            return Reply::no("[CANNOT] the mailbox is open read-only").show(Show::Numbered);
        }
        let mut out = if self.condstore { first_use(state) } else { Text::default() };
        self.condstore |= state.dialect.condstore;
        let mut missing = false;
        let (mut changes, mut failed) = (Vec::new(), Vec::new());
        selected.mailbox.with(|mailbox| {
            let mut counter = mailbox.highest_modseq;
            for (number, told) in selected.view.chosen(&self.set, by_uid) {
                let Some(entry) = selected.view.entry_near(mailbox, number, told.uid) else {
                    missing = true;
                    continue;
                };
                if self.unchanged_since.is_some_and(|since| entry.modseq > since) {
                    failed.push(if self.uid { entry.uid } else { number });
                    continue;
                }
                let flags = self.changed(&entry.flags);
                // RFC 7162 section 3.1.11: what was so already does not change the mod-sequence.
                let changed = flags != entry.flags;
                counter += u64::from(changed);
                changes.push(Change { uid: entry.uid, before: entry.modseq, after: entry.modseq });
                // A change by somebody else that was not told yet would be hidden for ever by `.SILENT`.
                let hidden = self.labels.is_none() && entry.modseq > told.modseq;
                let shows_flags = !self.silent || hidden;
                if !shows_flags && !self.condstore {
                    continue;
                }
                out.add(format_args!("* {number} FETCH ("));
                if self.uid || self.condstore {
                    out.add(format_args!("UID {} ", entry.uid));
                }
                match self.labels {
                    _ if !shows_flags => {}
                    None => write_flags(&flags, told.recent, &mut out),
                    Some(_) => gmail::write_labels(&flags, &mut out),
                }
                if self.condstore {
                    let modseq = if changed { counter } else { entry.modseq };
                    out.add(format_args!("{}MODSEQ ({modseq})", if shows_flags { " " } else { "" }));
                }
                out.add(")\r\n");
            }
        });
        // Who is told of labels has not been told of flags: that is news, later.
        let shown: Vec<u32> = changes.iter().filter(|_| self.labels.is_none()).map(|change| change.uid).collect();
        let adds = self.update != FlagUpdate::Remove && !shown.is_empty();
        let keywords = Flags::from_names(self.flags.iter().map(String::as_str).filter(|_| adds)).keywords;
        self.changes = changes;
        let code = match () {
            () if !failed.is_empty() => format!("[MODIFIED {}] ", number_set(&failed)),
            () if missing && !self.uid => "[EXPUNGEISSUED] ".to_owned(),
            () => String::new(),
        };
        let show = if self.uid { Show::All } else { Show::Numbered };
        Reply::ok(format!("{code}STORE completed")).data(out).show(show).plan(Plan { shown, keywords, ..Plan::default() })
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        self.kept = keep;
        let Some(selected) = state.selected.as_ref() else { return };
        state.dialect.condstore |= keep && self.condstore;
        let finishing = self.finishing();
        let mut changes = std::mem::take(&mut self.changes);
        selected.mailbox.with(|mailbox| {
            self.counter.0 = mailbox.highest_modseq;
            cx.notes.reserve(self.changes.len());
            for change in &mut changes {
                let had =
                    finishing != 0 && mailbox.entry(change.uid).is_some_and(|entry| entry.flags.system & finishing == finishing);
                if finishing != 0 && (had || !keep) {
                    let (user, mailbox) = (mailbox.user.clone(), mailbox.name.clone());
                    cx.notes.push(Note::InVain { user, mailbox, uid: change.uid, command: "STORE".into() });
                }
                if !keep {
                    continue;
                }
                match &self.labels {
                    // What labels do not replace has to be named, too.
                    Some(_) if self.update == FlagUpdate::Replace => {
                        let flags = mailbox.entry(change.uid).map(|entry| self.changed(&entry.flags)).unwrap_or_default();
                        mailbox.update_flags(change.uid, self.update, flags.names(), cx.notes)
                    }
                    _ => mailbox.update_flags(change.uid, self.update, self.flags.iter().map(String::as_str), cx.notes),
                };
                change.after = mailbox.entry(change.uid).map_or(change.before, |entry| entry.modseq);
            }
            self.counter.1 = mailbox.highest_modseq;
        });
        self.changes = changes;
    }

    fn sent(&mut self, sent: Sent<'_>, shown: bool, state: &mut State, _cx: &mut Cx<'_>) {
        let Some(selected) = state.selected.as_mut().filter(|_| self.kept && self.labels.is_none()) else { return };
        if shown && selected.view.own_change(self.counter.0, self.counter.1) {
            return;
        }
        for change in &self.changes {
            // What the client asked for in silence it knows by itself, if it knew the flags before and was told that it is done; but not a mod-sequence.
            let before = if shown { 0 } else { change.before };
            if shown || self.silent && !self.condstore && sent.whole {
                selected.view.flags_told(change.uid, before, change.after);
            }
        }
    }
}
