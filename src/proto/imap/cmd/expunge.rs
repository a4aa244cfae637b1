//! EXPUNGE (RFC 3501 section 6.4.3) and UID EXPUNGE (RFC 4315 section 2.1), with VANISHED (RFC 7162 sections 3.2.7 and 3.2.9).

use super::Command;
use crate::mail::Flags;
use crate::proto::imap::condstore::highest_modseq;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, Selected, State};
use crate::proto::imap::view::Plan;
use crate::proto::{Cx, Sent};

struct Expunge {
    uids: Option<SequenceSet>,
    gone: Vec<u32>,
    /// The mailbox's counter before and after.
    counter: (u64, u64),
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    let mut uids = None;
    if uid {
        cursor.expect_space()?;
        uids = Some(SequenceSet::parse(cursor)?);
    }
    cursor.expect_end()?;
    Ok(Box::new(Expunge { uids, gone: Vec::new(), counter: (0, 0) }))
}

/// UIDs, ascending, of messages that the client knows of and that have \Deleted.
pub fn deleted(selected: &Selected, among: Option<&SequenceSet>) -> Vec<u32> {
    let goes = |flags: &Flags| flags.system & Flags::DELETED != 0;
    selected.mailbox.with(|mailbox| match among {
        Some(set) => {
            let known = selected.view.chosen(set, true).into_iter().map(|(_, told)| told.uid);
            known.filter(|&uid| selected.view.entry(mailbox, uid).is_some_and(|entry| goes(&entry.flags))).collect()
        }
        None if selected.view.is_stale(mailbox) => Vec::new(),
        None => {
            let uids = mailbox.entries.iter().filter(|entry| goes(&entry.flags)).map(|entry| entry.uid);
            uids.filter(|&uid| selected.view.knows(uid)).collect()
        }
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
        let code = highest_modseq(state, self.gone.len());
        Reply::ok(format!("{code}EXPUNGE completed")).plan(Plan { gone: self.gone.clone(), ..Plan::default() })
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        if let Some(selected) = state.selected.as_ref().filter(|_| keep) {
            selected.mailbox.with(|mailbox| {
                self.counter.0 = mailbox.highest_modseq;
                mailbox.expunge(&self.gone, cx.notes);
                self.counter.1 = mailbox.highest_modseq;
            });
        }
    }

    fn sent(&mut self, _sent: Sent<'_>, shown: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let Some(selected) = state.selected.as_mut().filter(|_| shown) {
            selected.view.own_change(self.counter.0, self.counter.1);
        }
    }
}
