//! SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2).

use std::collections::BTreeMap;

use super::Command;
use crate::mail::{Flags, Mailbox};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, Selected, State};
use crate::proto::imap::view::{Show, View};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key};

struct Select {
    name: Box<str>,
    read_only: bool,
    parked: Option<Box<Selected>>,
}

pub fn parse_select(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, false)
}

pub fn parse_examine(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, true)
}

fn parse_as(cursor: &mut Cursor<'_>, read_only: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Select { name, read_only, parked: None }))
}

impl Command for Select {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(mailbox) = state.mailbox(&self.name) else { return Reply::no_mailbox("NONEXISTENT").show(Show::Nothing) };
        let (view, pushed, data) = mailbox
            .with(|mailbox| (View::open(mailbox, self.read_only), mailbox.highest_modseq, describe(mailbox, self.read_only)));
        let mut data = data;
        if state.offers("OBJECTID") {
            // RFC 8474 section 4.2.
            data.add(format_args!(
                "* OK [MAILBOXID ({})] the mailbox, whatever its name\r\n",
                mailbox.with(|mailbox| mailbox.id())
            ));
        }
        self.parked = Some(Box::new(Selected {
            mailbox,
            read_only: self.read_only,
            view,
            pushed,
            parts_read: BTreeMap::new(),
            saved: SequenceSet::of([]),
        }));
        let text = if self.read_only { "[READ-ONLY] EXAMINE completed" } else { "[READ-WRITE] SELECT completed" };
        Reply::ok(text).data(data).show(Show::Nothing)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
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

fn describe(mailbox: &Mailbox, read_only: bool) -> Text {
    let mut out = Text::default();
    let mut names: Vec<&str> = Flags::SYSTEM.iter().map(|(name, _)| *name).collect();
    for keyword in mailbox.entries.iter().flat_map(|entry| &entry.flags.keywords) {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(keyword)) && names.len() < Flags::MOST_KEYWORDS {
            names.push(keyword);
        }
    }
    let names = names.join(" ");
    out.add(format_args!("* FLAGS ({names})\r\n"));
    match read_only {
        true => out.add("* OK [PERMANENTFLAGS ()] no changes here\r\n"),
        false => out.add(format_args!("* OK [PERMANENTFLAGS ({names} \\*)] flags are kept\r\n")),
    };
    let recent = mailbox.entries.iter().filter(|entry| entry.recent).count();
    out.add(format_args!("* {} EXISTS\r\n* {recent} RECENT\r\n", mailbox.entries.len()));
    if let Some(first) = mailbox.entries.iter().position(|entry| entry.flags.system & Flags::SEEN == 0) {
        out.add(format_args!("* OK [UNSEEN {}] the first unseen message\r\n", first + 1));
    }
    out.add(format_args!("* OK [UIDVALIDITY {}] UIDs are valid\r\n", mailbox.uid_validity));
    out.add(format_args!("* OK [UIDNEXT {}] the next UID\r\n", mailbox.uid_next_told()));
    out
}
