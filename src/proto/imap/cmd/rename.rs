//! RENAME (RFC 3501 section 6.3.5).

use super::{Command, create};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Key};

struct Rename {
    from: Box<str>,
    to: Box<str>,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let from = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let to = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Rename { from, to }))
}

impl Rename {
    /// A mailbox that goes along would get a name that is taken.
    fn collides_below(&self, state: &State) -> bool {
        let Some(account) = state.account.as_ref().filter(|_| &*self.from != "INBOX") else { return false };
        let below = format!("{}/", self.from);
        let names = account.mailbox_names();
        names
            .iter()
            .filter_map(|name| name.strip_prefix(&below))
            .any(|rest| account.mailbox(&format!("{}/{rest}", self.to)).is_some())
    }
}

impl Command for Rename {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.from)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        match (state.mailbox(&self.from), state.mailbox(&self.to)) {
            (None, _) => Reply::no_mailbox("NONEXISTENT"),
            (_, Some(_)) => Reply::no("[ALREADYEXISTS] there is a mailbox of this name"),
            _ if !create::is_possible(&self.to) || self.to.starts_with(&format!("{}/", self.from)) => {
                Reply::no("[CANNOT] a mailbox cannot have this name")
            }
            _ if &*self.from == "INBOX" && !create::has_room(state, &self.to) => {
                Reply::no("[LIMIT] there are too many mailboxes")
            }
            _ if self.collides_below(state) => Reply::no("[ALREADYEXISTS] there is a mailbox of this name below it"),
            _ => Reply::ok("RENAME completed"),
        }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        let Some(account) = state.account.as_ref().filter(|_| keep) else { return };
        create::superiors(account, &self.to);
        if &*self.from != "INBOX" {
            account.rename(&self.from, &self.to);
            return;
        }
        // RFC 3501: INBOX stays, its messages go.
        let (Some(inbox), Some(target)) = (account.mailbox("INBOX"), account.create(&self.to)) else { return };
        let entries = inbox.with(|mailbox| mailbox.entries.clone());
        let uids: Vec<u32> = entries.iter().map(|entry| entry.uid).collect();
        target.with(|mailbox| {
            for entry in entries {
                mailbox.append(entry.message, entry.flags, entry.internal_date, cx.notes);
            }
        });
        inbox.with(|mailbox| mailbox.expunge(&uids, cx.notes));
    }
}
