//! CREATE (RFC 3501 section 6.3.3).

use super::Command;
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
        if self.0.split('/').any(str::is_empty) || self.0.contains(|c: char| c.is_control()) {
            return Reply::no("[CANNOT] a mailbox cannot have this name");
        }
        match state.mailbox(&self.0) {
            Some(_) => Reply::no("[ALREADYEXISTS] there is a mailbox of this name"),
            None => Reply::ok("CREATE completed"),
        }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        let Some(account) = state.account.as_ref().filter(|_| keep) else { return };
        // RFC 3501: names above it are made, too.
        for (end, _) in self.0.match_indices('/') {
            account.create(&self.0[..end]);
        }
        account.create(&self.0);
    }
}
