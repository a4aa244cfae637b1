//! STARTTLS (RFC 3501 section 6.2.1).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Then};

struct Starttls;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Starttls))
}

impl Command for Starttls {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        if state.may_start_tls() {
            return Reply::ok("begin TLS negotiation now").then(Then::Upgrade);
        }
        let why = if state.secured { "TLS is on already" } else { "this server has no TLS here" };
        oddity::note(cx.notes, oddity::OUT_OF_ORDER, format!("STARTTLS, but {why}"));
        Reply::bad(why)
    }
}
