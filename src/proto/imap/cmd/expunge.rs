//! EXPUNGE (RFC 3501 section 6.4.3) and UID EXPUNGE (RFC 4315 section 2.1).

use super::Command;
use crate::mail::Flags;
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, Selected, State};
use crate::proto::imap::view::Plan;

struct Expunge {
    uids: Option<SequenceSet>,
    gone: Vec<u32>,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    let mut uids = None;
    if uid {
        cursor.expect_space()?;
        uids = Some(SequenceSet::parse(cursor)?);
    }
    cursor.expect_end()?;
    Ok(Box::new(Expunge { uids, gone: Vec::new() }))
}

/// UIDs, ascending, of messages that the client knows of and that have \Deleted.
pub fn deleted(selected: &Selected, among: Option<&SequenceSet>) -> Vec<u32> {
    let among = among.map(|set| set.numbers(selected.view.largest_uid()));
    selected.mailbox.with(|mailbox| {
        let mut entries = mailbox.entries.iter().peekable();
        let mut uids = Vec::new();
        for (_, told) in selected.view.numbered() {
            while entries.next_if(|entry| entry.uid < told.uid).is_some() {}
            let entry = entries.next_if(|entry| entry.uid == told.uid);
            let chosen = among.as_ref().is_none_or(|among| among.contains(told.uid));
            if chosen && entry.is_some_and(|entry| entry.flags.system & Flags::DELETED != 0) {
                uids.push(told.uid);
            }
        }
        uids
    })
}

impl Command for Expunge {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        if selected.read_only {
            return Reply::no("[CANNOT] the mailbox is open read-only");
        }
        if let Some(uids) = &mut self.uids {
            let _ = uids.settle(&selected.saved, true);
        }
        self.gone = deleted(selected, self.uids.as_ref());
        Reply::ok("EXPUNGE completed").plan(Plan { gone: self.gone.clone(), ..Plan::default() })
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        if let Some(selected) = state.selected.as_ref().filter(|_| keep) {
            selected.mailbox.with(|mailbox| mailbox.expunge(&self.gone, cx.notes));
        }
    }
}
