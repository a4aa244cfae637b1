//! RENAME (RFC 3501 section 6.3.5): mailboxes keep their names here.

use super::Command;
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

impl Command for Rename {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.from)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        match (state.mailbox(&self.from), state.mailbox(&self.to)) {
            (None, _) => Reply::no_mailbox("NONEXISTENT"),
            (_, Some(_)) => Reply::no("[ALREADYEXISTS] there is a mailbox of the new name"),
            _ => Reply::no("[CANNOT] this server does not rename mailboxes"),
        }
    }
}
