//! SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2, RFC 9051 sections 6.3.2 and 6.3.3), with CONDSTORE and QRESYNC (RFC 7162).

mod parameters;

use super::{Command, list};
use crate::mail::{Flags, Mailbox};
use crate::proto::imap::condstore::vanished_earlier;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::half_read::HalfRead;
use crate::proto::imap::oddity;
use crate::proto::imap::parse;
use crate::proto::imap::parse::sequence::{Numbers, SequenceSet};
use crate::proto::imap::state::{Reply, Selected, State};
use crate::proto::imap::view::{Manner, Show, View, write_flags, write_known_flags};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key};
use parameters::{Parameters, Qresync};

struct Select {
    name: Box<str>,
    /// How the client spelt INBOX, if that was otherwise.
    spelling: Option<Box<str>>,
    read_only: bool,
    parameters: Parameters,
    parked: Option<Box<Selected>>,
    /// It is no command at all: the mailbox that is selected stays so.
    refused: bool,
}

pub fn parse_select(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, false)
}

pub fn parse_examine(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, true)
}

fn parse_as(cursor: &mut Cursor<'_>, read_only: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let (name, spelling) = parse::mailbox_and_spelling(cursor)?;
    let parameters = Parameters::parse(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Select { name, spelling, read_only, parameters, parked: None, refused: false }))
}

impl Command for Select {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        if self.parameters.qresync.is_some() && !state.dialect.qresync {
            self.refused = true;
            oddity::note(cx.notes, oddity::OUT_OF_ORDER, "QRESYNC before ENABLE QRESYNC (RFC 7162 section 3.2.5)");
            return Reply::bad("QRESYNC is to be enabled first");
        }
        let mut data = Text::default();
        if state.selected.is_some() {
            // RFC 7162 section 3.2.11: whatever is told from here on is told of another mailbox.
            data.add("* OK [CLOSED] the mailbox before is closed\r\n");
        }
        let Some(mailbox) = state.mailbox(&self.name) else {
            return Reply::no_mailbox("NONEXISTENT").data(data).show(Show::Nothing);
        };
        if let Some(account) = state.account.as_ref().filter(|_| state.dialect.rev2) {
            list::selected(account, &self.name, self.spelling.as_deref(), state, &mut data);
        }
        let has_ids = state.offers("OBJECTID");
        let manner = Manner { read_only: self.read_only, dialect: state.dialect };
        let view = mailbox.with(|mailbox| {
            let view = View::open(mailbox, manner);
            describe(mailbox, manner, &mut data);
            if has_ids {
                // RFC 8474 section 4.2.
                data.add(format_args!("* OK [MAILBOXID ({})] the mailbox, whatever its name\r\n", mailbox.id()));
            }
            if let Some(qresync) = &self.parameters.qresync {
                resynchronize(mailbox, &view, qresync, &mut data);
            }
            view
        });
        let (read_only, pushed) = (self.read_only, view.complete());
        let saved = SequenceSet::of([]);
        self.parked = Some(Box::new(Selected { mailbox, read_only, view, pushed, half_read: HalfRead::default(), saved }));
        let text = if self.read_only { "[READ-ONLY] EXAMINE completed" } else { "[READ-WRITE] SELECT completed" };
        Reply::ok(text).data(data).show(Show::Nothing)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if self.refused {
            return;
        }
        state.dialect.condstore |= keep && self.parameters.condstore;
        // RFC 3501: after a SELECT that failed, no mailbox is selected.
        let selected = self.parked.take().filter(|_| keep);
        if let Some(selected) = selected.as_ref().filter(|selected| !selected.read_only) {
            selected.mailbox.with(|mailbox| {
                for (_, told) in selected.view.numbered().filter(|(_, told)| told.recent) {
                    if let Some(place) = mailbox.position(told.uid)
                        && let Some(entry) = mailbox.entries.get_mut(place)
                    {
                        entry.recent = false;
                    }
                }
            });
        }
        state.select(selected);
    }
}

fn describe(mailbox: &Mailbox, manner: Manner, out: &mut Text) {
    let rev2 = manner.dialect.rev2;
    let keywords: Vec<&str> = mailbox.keywords().names().iter().map(|name| &**name).collect();
    write_known_flags(&keywords, manner, out);
    out.add(format_args!("* {} EXISTS\r\n", mailbox.entries.len()));
    if !rev2 {
        let recent = mailbox.entries.iter().filter(|entry| entry.recent).count();
        out.add(format_args!("* {recent} RECENT\r\n"));
        if let Some(first) = mailbox.entries.iter().position(|entry| entry.flags.system & Flags::SEEN == 0) {
            out.add(format_args!("* OK [UNSEEN {}] the first unseen message\r\n", first + 1));
        }
    }
    out.add(format_args!("* OK [UIDVALIDITY {}] UIDs are valid\r\n", mailbox.uid_validity));
    out.add(format_args!("* OK [UIDNEXT {}] the next UID\r\n", mailbox.uid_next_told()));
    out.add(format_args!("* OK [HIGHESTMODSEQ {}] the latest change\r\n", mailbox.highest_modseq));
}

/// What the client that was here before has missed (RFC 7162 section 3.2.5).
fn resynchronize(mailbox: &Mailbox, view: &View, qresync: &Qresync, out: &mut Text) {
    if qresync.uid_validity != mailbox.uid_validity {
        return;
    }
    let every = Numbers::of(vec![(1, mailbox.uid_next.saturating_sub(1))]);
    let known = qresync.known.as_ref().unwrap_or(&every);
    vanished_earlier(mailbox, qresync.modseq, known, qresync.matched(&mailbox.entries), view, out);
    for ((number, told), entry) in view.numbered().zip(&mailbox.entries) {
        if entry.modseq > qresync.modseq && known.contains(entry.uid) {
            out.add(format_args!("* {number} FETCH (UID {} ", entry.uid));
            write_flags(&entry.flags, told.recent, out);
            out.add(format_args!(" MODSEQ ({}))\r\n", entry.modseq));
        }
    }
}
