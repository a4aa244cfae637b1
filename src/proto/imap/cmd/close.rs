//! CLOSE (RFC 3501 section 6.4.2) and UNSELECT (RFC 3691).

use super::{Command, expunge};
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;

struct Close {
    expunges: bool,
    gone: Vec<u32>,
}

pub fn parse_close(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Close { expunges: true, gone: Vec::new() }))
}

pub fn parse_unselect(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Close { expunges: false, gone: Vec::new() }))
}

impl Command for Close {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if !self.expunges {
            return Reply::ok("UNSELECT completed").show(Show::Nothing);
        }
        // RFC 3501: nothing is said of the messages that go, and nothing goes after EXAMINE.
        if let Some(selected) = state.selected.as_ref().filter(|selected| !selected.read_only) {
            self.gone = expunge::deleted(selected, None);
        }
        Reply::ok("CLOSE completed").show(Show::Nothing)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        if !keep {
            return;
        }
        if let Some(selected) = &state.selected {
            selected.mailbox.with(|mailbox| mailbox.expunge(&self.gone, cx.notes));
        }
        state.select(None);
    }
}
