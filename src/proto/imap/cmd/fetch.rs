//! FETCH (RFC 3501 section 6.4.5).

mod item;
mod render;
mod structure;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Command;
use crate::mail::{FlagUpdate, Flags, Mailbox, Note};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::{Plan, Show};
use crate::proto::{Cx, Rope, Sent};
use item::Item;
use render::{Generator, Row};

/// FETCHes of more messages are rendered while they are sent.
const MOST_AT_ONCE: usize = 8;

struct Fetch {
    set: SequenceSet,
    uid: bool,
    items: Arc<[Item]>,
    rows: Arc<[Row]>,
    kept: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let set = SequenceSet::parse(cursor)?;
    cursor.expect_space()?;
    let mut items = item::parse(cursor)?;
    cursor.expect_end()?;
    // RFC 3501 section 6.4.8: UID FETCH tells the UID, asked or not.
    if uid && !items.contains(&Item::Uid) {
        items.insert(0, Item::Uid);
    }
    Ok(Box::new(Fetch { set, uid, items: items.into(), rows: Arc::new([]), kept: false }))
}

impl Command for Fetch {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        if !self.uid && !self.set.fits(selected.view.len()) {
            return no_such_message(selected.view.len(), cx);
        }
        let marks = !selected.read_only && self.items.iter().any(Item::sets_seen);
        let shows_flags = self.items.contains(&Item::Flags);
        let mut missing = false;
        let rows: Vec<Row> = selected.mailbox.with(|mailbox| {
            let mut rows = Vec::new();
            for (number, told) in selected.view.chosen(&self.set, self.uid) {
                let Some(entry) = mailbox.entry(told.uid) else {
                    missing = true;
                    continue;
                };
                let mut flags = entry.flags.clone();
                let newly_seen = marks && flags.system & Flags::SEEN == 0;
                if newly_seen {
                    flags.system |= Flags::SEEN;
                }
                rows.push(Row {
                    number,
                    uid: entry.uid,
                    flags,
                    recent: told.recent,
                    newly_seen,
                    modseq: entry.modseq,
                    date: entry.internal_date,
                    message: entry.message.clone(),
                });
            }
            rows
        });
        let shown = rows.iter().filter(|row| shows_flags || row.newly_seen).map(|row| row.uid).collect();
        self.rows = rows.into();
        let mut data = Rope::new();
        let mut generator = Generator::new(self.items.clone(), self.rows.clone());
        if self.rows.len() <= MOST_AT_ONCE {
            data.pieces.extend(std::iter::from_fn(|| crate::proto::Source::next(&mut generator)));
        } else {
            data.push_lazy(generator);
        }
        // RFC 5530: some messages are gone, which the client has not been told yet.
        let text = if missing && !self.uid { "[EXPUNGEISSUED] FETCH completed" } else { "FETCH completed" };
        let show = if self.uid { Show::All } else { Show::Numbered };
        Reply::ok(text).data(data).show(show).plan(Plan { shown, ..Plan::default() })
    }

    fn resolve(&mut self, keep: bool, _state: &mut State, _cx: &mut Cx<'_>) {
        self.kept = keep;
    }

    fn sent(&mut self, sent: Sent<'_>, _shown: bool, state: &mut State, cx: &mut Cx<'_>) {
        let Some(selected) = state.selected.as_mut().filter(|_| sent.octets > 0) else { return };
        let shows_flags = self.items.contains(&Item::Flags);
        let all = sent.whole;
        let has_bodies = self.items.iter().any(|item| matches!(item, Item::Section { .. }));
        let mut start = 0;
        for row in self.rows.iter() {
            if !all && start >= sent.octets {
                break;
            }
            let (mut seen, mut fetched, mut flags_told) = (false, false, shows_flags);
            if has_bodies || !all {
                let rendered = render::row(&self.items, row);
                let left = |end: u64| all || start + end <= sent.octets;
                let whose = sent.is_intact(start, start + rendered.head);
                for literal in &rendered.literals {
                    let Some(item @ Item::Section { section, .. }) = self.items.get(literal.item).filter(|_| left(literal.end))
                    else {
                        continue;
                    };
                    seen |= item.sets_seen() && row.newly_seen;
                    // With another number, name or size no client can have taken it for this body.
                    if !whose || !sent.is_intact(start + literal.start, start + literal.end) {
                        continue;
                    }
                    fetched |= section.reaches_the_end(&row.message)
                        || section.part_read(&row.message).is_some_and(|part| selected.part_read(row.uid, part, &row.message));
                }
                let length = rendered.length;
                flags_told = (shows_flags || row.newly_seen) && left(length);
                start += length;
            }
            let (known, counter) = selected.mailbox.with(|mailbox| {
                let counter = mailbox.highest_modseq;
                if fetched && self.kept {
                    cx.notes.push(Note::Fetched { user: mailbox.user.clone(), mailbox: mailbox.name.clone(), uid: row.uid });
                }
                let modseq = |mailbox: &Mailbox| mailbox.entry(row.uid).map_or(row.modseq, |entry| entry.modseq);
                let before = modseq(mailbox);
                if seen && self.kept {
                    mailbox.update_flags(row.uid, FlagUpdate::Add, ["\\Seen"], cx.notes);
                }
                // A change by somebody else since the reply was made is still news.
                (if before == row.modseq { modseq(mailbox) } else { row.modseq }, (counter, mailbox.highest_modseq))
            });
            if flags_told {
                selected.view.flags_told(row.uid, 0, known);
                selected.view.own_change(counter.0, counter.1);
            }
        }
    }
}

/// `BAD` to a message number that is none.
pub fn no_such_message(messages: u32, cx: &mut Cx<'_>) -> Reply {
    let text = format!("the mailbox has {messages} messages");
    oddity::note(cx.notes, oddity::NO_SUCH_MESSAGE, text.clone());
    Reply::bad(text)
}
