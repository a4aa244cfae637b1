//! What a client hears whose mailbox another one has deleted.

use super::Command;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::{Cx, Note, Rope, Sent, Then};

/// RFC 2180 section 3.3: the connection ends, as with Dovecot. What the client knows of the mailbox is true of nothing any more.
pub struct Gone;

/// The whole reply.
pub fn bye() -> Reply {
    Reply::untagged_only(Rope::fixed("* BYE the selected mailbox was deleted\r\n")).show(Show::Nothing).then(Then::Close)
}

/// It was written.
pub fn said_bye(shown: bool, cx: &mut Cx<'_>) {
    if shown {
        cx.notes.push(Note::ServerGoodbye);
    }
}

impl Command for Gone {
    fn answer(&mut self, _state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        bye()
    }

    fn sent(&mut self, _sent: Sent, shown: bool, _state: &mut State, cx: &mut Cx<'_>) {
        said_bye(shown, cx);
    }
}
