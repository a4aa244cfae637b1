//! CREATE (RFC 3501 section 6.3.3).

use super::Command;
use crate::mail::Account;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Key};

struct Create(Box<str>);

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    // RFC 3501: a separator at the end says that names below it will follow; it is no part of the name.
    let name = name.strip_suffix('/').map_or(name.clone(), Into::into);
    Ok(Box::new(Create(name)))
}

impl Command for Create {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.0)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if !is_possible(&self.0) {
            return Reply::no("[CANNOT] a mailbox cannot have this name");
        }
        match state.mailbox(&self.0) {
            Some(_) => Reply::no("[ALREADYEXISTS] there is a mailbox of this name"),
            None if !has_room(state, &self.0) => Reply::no("[LIMIT] there are too many mailboxes"),
            None => Reply::ok("CREATE completed"),
        }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        let Some(account) = state.account.as_ref().filter(|_| keep) else { return };
        superiors(account, &self.0);
        account.create(&self.0);
    }
}

/// Whether a new mailbox can have this name.
pub fn is_possible(name: &str) -> bool {
    !name.split('/').any(str::is_empty) && !name.contains(|c: char| c.is_control())
}

/// Whether this mailbox and those above it can be made: RFC 5530 section 3.
pub fn has_room(state: &State, name: &str) -> bool {
    let Some(account) = &state.account else { return false };
    let above = name.match_indices('/').filter(|&(end, _)| account.mailbox(&name[..end]).is_none());
    account.has_room(1 + above.count())
}

/// RFC 3501: with a mailbox, those above it are made, too.
pub fn superiors(account: &Account, name: &str) {
    for (end, _) in name.match_indices('/') {
        account.create(&name[..end]);
    }
}
