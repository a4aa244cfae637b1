//! FETCH (RFC 3501 section 6.4.5), with MODSEQ, CHANGEDSINCE and VANISHED (RFC 7162).

mod item;
mod modifiers;
mod render;
mod structure;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Command;
use crate::mail::{FlagUpdate, Flags, Mailbox, Note};
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Expected, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::{Plan, Show};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Rope, Sent};
use item::Item;
use modifiers::Modifiers;
use render::{Generator, Row};

/// FETCHes of more messages are rendered while they are sent.
const MOST_AT_ONCE: usize = 8;
/// So are those of items that may copy more octets of messages.
const MOST_COPIED: usize = 1 << 20;

struct Fetch {
    set: SequenceSet,
    uid: bool,
    items: Arc<[Item]>,
    /// An item that only Gmail has, as the error that it is where X-GM-EXT-1 is not offered.
    gmail: Option<Expected>,
    modifiers: Modifiers,
    rows: Arc<[Row]>,
    /// The response of a message tells its flags, and its mod-sequence to who wants that.
    tells_flags: bool,
    /// At the start of the responses.
    generator: Option<Generator>,
    kept: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let set = SequenceSet::parse(cursor)?;
    cursor.expect_space()?;
    let (mut items, gmail) = item::parse(cursor)?;
    let modifiers = Modifiers::parse(cursor, uid, &mut items)?;
    cursor.expect_end()?;
    // RFC 3501 section 6.4.8: UID FETCH tells the UID, asked or not.
    if uid && !items.contains(&Item::Uid) {
        items.insert(0, Item::Uid);
    }
    let rows = Arc::new([]);
    let (items, tells_flags, generator, kept) = (items.into(), false, None, false);
    Ok(Box::new(Fetch { set, uid, items, gmail, modifiers, rows, tells_flags, generator, kept }))
}

impl Command for Fetch {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        if let Some(expected) = self.gmail.as_ref().filter(|_| !state.offers("X-GM-EXT-1")) {
            oddity::note(cx.notes, oddity::SYNTAX, expected.to_string());
            return Reply::bad(expected.to_string());
        }
        let by_uid = self.set.settle(&selected.saved, self.uid);
        if !by_uid && !self.set.fits(selected.view.len()) {
            return no_such_message(selected.view.len(), cx);
        }
        if self.modifiers.vanished && !state.dialect.qresync {
            oddity::note(cx.notes, oddity::OUT_OF_ORDER, "VANISHED before ENABLE QRESYNC (RFC 7162 section 3.2.6)");
            return Reply::bad("QRESYNC is to be enabled first");
        }
        let mut first = if self.items.contains(&Item::ModSeq) { first_use(state) } else { Text::default() };
        self.modifiers.vanished(&self.set, selected, &mut first);
        let marks = !selected.read_only && self.items.iter().any(Item::sets_seen);
        let mut missing = false;
        let rows: Vec<Row> = selected.mailbox.with(|mailbox| {
            let chosen = selected.view.chosen(&self.set, by_uid);
            let mut rows = Vec::with_capacity(if self.modifiers.changed_since.is_some() { 0 } else { chosen.len() });
            let mut counter = mailbox.highest_modseq;
            for (number, told) in chosen {
                let Some(entry) = selected.view.entry_near(mailbox, number, told.uid) else {
                    missing = true;
                    continue;
                };
                if !self.modifiers.want(entry.modseq) {
                    continue;
                }
                let mut flags = entry.flags.clone();
                let newly_seen = marks && flags.system & Flags::SEEN == 0;
                if newly_seen {
                    flags.system |= Flags::SEEN;
                    counter += 1;
                }
                rows.push(Row {
                    number,
                    uid: entry.uid,
                    flags,
                    // RFC 9051 appendix E: \Recent is no more.
                    recent: told.recent && !state.dialect.rev2,
                    newly_seen,
                    modseq: entry.modseq,
                    next_modseq: if newly_seen { counter } else { entry.modseq },
                    date: entry.internal_date,
                    message: entry.message.clone(),
                });
            }
            rows
        });
        if state.dialect.condstore && rows.iter().any(|row| row.newly_seen) {
            self.tell_modseq();
        }
        let has = |item| self.items.contains(&item);
        self.tells_flags = has(Item::Flags) && (has(Item::ModSeq) || !state.dialect.condstore);
        let shown = rows.iter().filter(|row| self.tells_flags || row.newly_seen).map(|row| row.uid).collect();
        self.rows = rows.into();
        // RFC 3516 section 4.3: such a FETCH fails as a whole.
        let undecodable = |row: &&Row| self.items.iter().filter_map(Item::section).any(|s| s.is_undecodable(&row.message));
        if let Some(row) = self.rows.iter().find(undecodable) {
            let text = format!("[UNKNOWN-CTE] message {} has a transfer encoding that cannot be undone", row.number);
            self.rows = Arc::new([]);
            return Reply::no(text).show(Show::Numbered);
        }
        let mut generator = Generator::new(self.items.clone(), self.rows.clone(), state.dialect.rev2, first.0.len() as u64);
        let mut data = Rope::from(first);
        self.generator = Some(generator.clone());
        if self.is_small() {
            data.pieces.extend(std::iter::from_fn(|| crate::proto::Source::next(&mut generator)));
        } else {
            data.push_lazy(generator);
        }
        // RFC 5530: some messages are gone, which the client has not been told yet.
        let text = if missing && !self.uid { "[EXPUNGEISSUED] FETCH completed" } else { "FETCH completed" };
        let show = if self.uid { Show::All } else { Show::Numbered };
        Reply::ok(text).data(data).show(show).plan(Plan { shown, ..Plan::default() })
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        self.kept = keep;
        state.dialect.condstore |= keep && self.items.contains(&Item::ModSeq);
    }

    fn sent(&mut self, sent: Sent<'_>, _shown: bool, state: &mut State, cx: &mut Cx<'_>) {
        let Some(selected) = state.selected.as_mut().filter(|_| sent.octets > 0) else { return };
        let Some(generator) = self.generator.take() else { return };
        let tells_modseq = self.items.contains(&Item::ModSeq);
        // Only of a reply that did not leave whole and as it was it has to be found out what stood where.
        let whole = sent.changed.is_empty() && sent.octets >= generator.total().unwrap_or(u64::MAX);
        let mut marks = (!whole).then(|| generator.marks(sent.octets).into_iter().peekable());
        for (place, row) in self.rows.iter().enumerate() {
            let (mut seen, mut fetched, mut flags_told) = (false, false, marks.is_none());
            let mut left = |item: &Item, intact: bool| {
                let Item::Section { section, .. } = item else { return };
                seen |= item.sets_seen() && row.newly_seen;
                // With another number, name or size no client can have taken it for this body.
                fetched |= intact
                    && (section.reaches_the_end(&row.message)
                        || section
                            .part_read(&row.message)
                            .is_some_and(|part| selected.half_read.part_read(row.uid, part, &row.message)));
            };
            match &mut marks {
                None => {
                    let there = self.items.iter().filter(|item| item.section().is_some_and(|s| s.is_in(&row.message)));
                    there.for_each(|item| left(item, true));
                }
                Some(marks) => {
                    while let Some(mark) = marks.next_if(|mark| mark.row == place) {
                        let intact = sent.is_intact(mark.head.start, mark.head.end) && sent.is_intact(mark.start, mark.end);
                        match mark.item {
                            Some(item) => self.items.get(item).into_iter().for_each(|item| left(item, intact)),
                            None => flags_told = true,
                        }
                    }
                }
            }
            // Where the section is not there, the flag was told all the same.
            seen |= flags_told && row.newly_seen;
            flags_told &= self.tells_flags || row.newly_seen;
            if !(seen || fetched || flags_told) {
                continue;
            }
            let (known, counter) = selected.mailbox.with(|mailbox| {
                let counter = mailbox.highest_modseq;
                if fetched {
                    cx.notes.push(Note::Fetched { user: mailbox.user.clone(), mailbox: mailbox.name.clone(), uid: row.uid });
                }
                let modseq = |mailbox: &Mailbox| selected.view.entry(mailbox, row.uid).map_or(row.modseq, |entry| entry.modseq);
                let before = modseq(mailbox);
                if seen && self.kept && !selected.view.is_stale(mailbox) {
                    mailbox.update_flags(row.uid, FlagUpdate::Add, ["\\Seen"], cx.notes);
                }
                // A change by somebody else since the reply was made is still news, and so is a mod-sequence that came out otherwise.
                let after = modseq(mailbox);
                let as_told = before == row.modseq && (!tells_modseq || after == row.next_modseq);
                (if as_told { after } else { row.modseq }, (counter, mailbox.highest_modseq))
            });
            if flags_told {
                selected.view.flags_told(row.uid, 0, known);
                selected.view.own_change(counter.0, counter.1);
            }
        }
    }
}

impl Fetch {
    /// RFC 7162 section 3.2.4: where \Seen is set by the way, UID and mod-sequence are told with it.
    fn tell_modseq(&mut self) {
        let mut items = self.items.to_vec();
        if !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        if !items.contains(&Item::ModSeq) {
            items.push(Item::ModSeq);
        }
        self.items = items.into();
    }

    /// The responses may all be made at once.
    fn is_small(&self) -> bool {
        if self.rows.len() > MOST_AT_ONCE {
            return false;
        }
        let copies = self.items.iter().filter(|item| item.copies()).count();
        let octets: usize = self.rows.iter().map(|row| row.message.raw.len()).sum();
        copies.saturating_mul(octets) <= MOST_COPIED
    }
}

/// `BAD` to a message number that is none.
pub fn no_such_message(messages: u32, cx: &mut Cx<'_>) -> Reply {
    let text = format!("the mailbox has {messages} messages");
    oddity::note(cx.notes, oddity::NO_SUCH_MESSAGE, text.clone());
    Reply::bad(text)
}
