//! CAPABILITY (RFC 3501 section 6.1.1).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Rope};

struct Capability;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Capability))
}

impl Command for Capability {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        Reply::ok("CAPABILITY completed").data(Rope::text(format!("* CAPABILITY {}\r\n", state.capabilities())))
    }
}
