//! COPY (RFC 3501 section 6.4.7) and MOVE (RFC 6851), with COPYUID (RFC 4315 section 3) and HIGHESTMODSEQ (RFC 7162).

use super::Command;
use super::fetch::no_such_message;
use crate::mail::{Entry, MailboxRef, Room};
use crate::proto::imap::condstore::highest_modseq;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Plan;
use crate::proto::imap::write::number_set;
use crate::proto::{Cx, Key, Note, Rope, Sent};

struct Copy {
    set: SequenceSet,
    name: Box<str>,
    uid: bool,
    moves: bool,
    entries: Vec<Entry>,
    target: Option<MailboxRef>,
    /// The selected mailbox's counter before and after.
    counter: (u64, u64),
    room: Room,
}

pub fn parse_copy(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, uid, false)
}

pub fn parse_move(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, uid, true)
}

fn parse_as(cursor: &mut Cursor<'_>, uid: bool, moves: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let set = SequenceSet::parse(cursor)?;
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    let (room, counter) = (Room::default(), (0, 0));
    Ok(Box::new(Copy { set, name, uid, moves, entries: Vec::new(), target: None, counter, room }))
}

impl Command for Copy {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        let by_uid = self.set.settle(&selected.saved, self.uid);
        if !by_uid && !self.set.fits(selected.view.len()) {
            return no_such_message(selected.view.len(), cx);
        }
        let done = if self.moves { "MOVE completed" } else { "COPY completed" };
        let Some(target) = state.mailbox(&self.name) else { return Reply::no_mailbox("TRYCREATE") };
        if self.moves && selected.read_only {
            return Reply::no("[CANNOT] the mailbox is open read-only");
        }
        let uids: Vec<u32> = selected.view.chosen(&self.set, by_uid).into_iter().map(|(_, told)| told.uid).collect();
        let entries: Vec<Entry> =
            selected.mailbox.with(|mailbox| uids.iter().filter_map(|&uid| selected.view.entry(mailbox, uid).cloned()).collect());
        // RFC 3501: all or nothing. RFC 2180 section 4.4: a message that is gone cannot be copied.
        if entries.len() < uids.len() && !self.uid {
            return Reply::no("[EXPUNGEISSUED] some of these messages are gone");
        }
        if entries.is_empty() {
            return Reply::ok(done);
        }
        // The store shares the octets, but a mailbox must not double for ever. Messages that move make no more of them.
        if !self.moves {
            match target.room(entries.iter().map(|entry| &entry.message)) {
                Ok(room) => self.room = room,
                Err(full) => {
                    cx.notes.push(Note::Limit { name: full.name().into(), dropped: entries.len() as u64 });
                    return Reply::over_quota(full);
                }
            }
        }
        let (validity, first) = target.with(|mailbox| (mailbox.uid_validity, mailbox.uid_next));
        let sources: Vec<u32> = entries.iter().map(|entry| entry.uid).collect();
        let copies: Vec<u32> = (first..).take(entries.len()).collect();
        let code = format!("[COPYUID {validity} {} {}]", number_set(&sources), number_set(&copies));
        let mut plan = Plan::default();
        if selected.mailbox.same(&target) {
            plan.arrive = copies;
        }
        self.entries = entries;
        self.target = Some(target);
        if !self.moves {
            return Reply::ok(format!("{code} {done}")).plan(plan);
        }
        // RFC 6851 section 4.3: the code comes before the messages go.
        let changes = plan.arrive.len() + sources.len();
        plan.gone = sources;
        let done = format!("{}{done}", highest_modseq(state, changes));
        Reply::ok(done).data(Rope::text(format!("* OK {code} moved\r\n"))).plan(plan)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        // Copies that come take their own room.
        let _room = std::mem::take(&mut self.room);
        let Some(target) = self.target.take() else { return };
        let uids: Vec<u32> = self.entries.iter().map(|entry| entry.uid).collect();
        let Some(from) = state.selected.as_ref().map(|selected| selected.name()) else { return };
        if !keep {
            if self.moves {
                let user = target.with(|mailbox| mailbox.user.clone());
                let in_vain = |uid| Note::InVain { user: user.clone(), mailbox: from.clone(), uid, command: "MOVE".into() };
                return cx.notes.extend(uids.into_iter().map(in_vain));
            }
            return;
        }
        let counter =
            |state: &State| state.selected.as_ref().map_or(0, |selected| selected.mailbox.with(|mailbox| mailbox.highest_modseq));
        self.counter.0 = counter(state);
        target.with(|mailbox| {
            for entry in self.entries.drain(..) {
                let uid = mailbox.append(entry.message, entry.flags, entry.internal_date, cx.notes);
                let (user, from) = (mailbox.user.clone(), from.clone());
                let copied =
                    Note::Copied { user, mailbox: mailbox.name.clone(), uid, from, from_uid: entry.uid, moved: self.moves };
                cx.notes.push(copied);
            }
        });
        if let Some(selected) = state.selected.as_ref().filter(|_| self.moves) {
            selected.mailbox.with(|mailbox| mailbox.expunge(&uids, cx.notes));
        }
        self.counter.1 = counter(state);
    }

    fn sent(&mut self, _sent: Sent<'_>, shown: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let Some(selected) = state.selected.as_mut().filter(|_| shown) {
            selected.view.own_change(self.counter.0, self.counter.1);
        }
    }
}
