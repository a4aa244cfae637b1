//! ID (RFC 2971).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Rope};

struct Id;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    if !cursor.keyword("NIL") {
        cursor.list("a list of fields or `NIL`", |c| {
            if c.string()?.is_none() {
                return Err(c.expected("the name of a field, a string"));
            }
            c.expect_space()?;
            if !c.keyword("NIL") && c.string()?.is_none() {
                return Err(c.expected("the value of a field, a string or `NIL`"));
            }
            Ok(())
        })?;
    }
    cursor.expect_end()?;
    Ok(Box::new(Id))
}

impl Command for Id {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if let Some(own) = &state.config.spec.id {
            return Reply::ok("ID completed").data(Rope::text(format!("* ID ({own})\r\n")));
        }
        let data = concat!("* ID (\"name\" \"mailfault\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")\r\n");
        Reply::ok("ID completed").data(Rope::fixed(data))
    }
}
