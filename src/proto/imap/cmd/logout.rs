//! LOGOUT (RFC 3501 section 6.1.3).

use super::Command;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Mode, Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::imap::words;
use crate::proto::{Cx, Note, Rope, Then};

struct Logout;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Logout))
}

impl Command for Logout {
    fn read(&mut self, _state: &State, cx: &mut Cx<'_>) {
        cx.notes.push(Note::Goodbye);
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let bye = words::or(&state.config.spec.words, "bye", "logging out");
        Reply::ok("LOGOUT completed").data(Rope::text(format!("* BYE {bye}\r\n"))).show(Show::Nothing).then(Then::Close)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if keep {
            state.select(None);
            state.mode = Mode::Over;
        }
    }
}
