//! NAMESPACE (RFC 2342).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Rope};

struct Namespace;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Namespace))
}

impl Command for Namespace {
    fn answer(&mut self, _state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        Reply::ok("NAMESPACE completed").data(Rope::fixed("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"))
    }
}
