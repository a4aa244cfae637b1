//! DELETE (RFC 3501 section 6.3.4).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Key};

struct Delete(Box<str>);

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Delete(name)))
}

impl Command for Delete {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.0)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if &*self.0 == "INBOX" {
            return Reply::no("[CANNOT] INBOX cannot be deleted");
        }
        match state.mailbox(&self.0) {
            Some(_) => Reply::ok("DELETE completed"),
            None => Reply::no_mailbox("NONEXISTENT"),
        }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        let Some(account) = state.account.clone().filter(|_| keep && &*self.0 != "INBOX") else { return };
        let target = account.mailbox(&self.0);
        // Whoever deletes the mailbox that he has selected has none selected any more; what others hear is in `gone`.
        if state.selected.as_ref().zip(target).is_some_and(|(selected, target)| selected.mailbox.same(&target)) {
            state.select(None);
        }
        account.delete(&self.0, cx.notes);
    }
}
