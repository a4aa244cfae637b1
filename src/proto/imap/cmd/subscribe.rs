//! SUBSCRIBE and UNSUBSCRIBE (RFC 3501 sections 6.3.6 and 6.3.7).

use super::{Command, create};
use crate::mail::is_mailbox_name;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Key};

struct Subscribe {
    name: Box<str>,
    on: bool,
}

pub fn parse_subscribe(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, true)
}

pub fn parse_unsubscribe(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, false)
}

fn parse_as(cursor: &mut Cursor<'_>, on: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = create::without_separator(parse::mailbox(cursor)?);
    cursor.expect_end()?;
    Ok(Box::new(Subscribe { name, on }))
}

impl Command for Subscribe {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if self.on && !is_mailbox_name(&self.name) {
            return Reply::no("[CANNOT] a mailbox cannot have this name");
        }
        if self.on && state.account.as_ref().is_some_and(|account| !account.may_subscribe(&self.name)) {
            return Reply::no("[LIMIT] there are too many subscriptions");
        }
        Reply::ok(if self.on { "SUBSCRIBE completed" } else { "UNSUBSCRIBE completed" })
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let Some(account) = state.account.as_ref().filter(|_| keep && (!self.on || is_mailbox_name(&self.name))) {
            account.subscribe(&self.name, self.on);
        }
    }
}
