//! NOOP and CHECK (RFC 3501 sections 6.1.2 and 6.4.1): a client asks for news.

use super::Command;
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};

struct Noop(&'static str);

pub fn parse_noop(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Noop("NOOP completed")))
}

pub fn parse_check(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Noop("CHECK completed")))
}

impl Command for Noop {
    fn answer(&mut self, _state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        Reply::ok(self.0)
    }
}
