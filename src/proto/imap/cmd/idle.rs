//! IDLE and DONE (RFC 2177), and what is pushed between the two.

use super::{Command, Refused, gone};
use crate::mail::Signal;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Mode, Reply, State};
use crate::proto::imap::view::{Plan, Show};
use crate::proto::imap::words;
use crate::proto::imap::write::Text;
use crate::proto::{Ats, Cx, Rope, Sent};

struct Idle;

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_end()?;
    Ok(Box::new(Idle))
}

/// `DONE` with a tag, outside of IDLE.
pub fn parse_done(_cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    Ok(Box::new(Refused::bad("`DONE` has no tag and comes only after `IDLE`", oddity::OUT_OF_ORDER)))
}

impl Command for Idle {
    fn at(&self) -> Ats {
        Ats::CONTINUATION
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if let Some(selected) = &mut state.selected {
            // Whatever has not been told yet may be pushed once IDLE is on.
            selected.pushed = 0;
        }
        Reply::more(words::or(&state.config.spec.words, "idle", "idling").into_owned())
    }

    fn sent(&mut self, sent: Sent<'_>, _shown: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if !sent.whole {
            return;
        }
        state.mode = Mode::Idle;
        // What happened before IDLE has woken nobody: the driver comes back for it.
        if let (Some(_), Some(signal)) = (&state.selected, &state.signal) {
            signal.raise(Signal::MAILBOX);
        }
    }
}

/// The line that ends IDLE.
pub struct Done(pub bool);

impl Command for Done {
    fn at(&self) -> Ats {
        if self.0 { Ats::DONE } else { Ats::NONE }
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        state.mode = Mode::Command;
        if self.0 { Reply::ok("IDLE completed") } else { Reply::bad("expected `DONE`, and IDLE is over") }
    }
}

/// News that are said unasked.
pub struct Push;

impl Push {
    /// Whether there is something to push now.
    pub fn is_due(state: &mut State) -> bool {
        let Some(selected) = state.selected.as_mut().filter(|_| matches!(state.mode, Mode::Idle)) else { return false };
        let now = selected.mailbox.with(|mailbox| mailbox.highest_modseq);
        if now == selected.pushed {
            return false;
        }
        selected.pushed = now;
        if selected.is_gone() {
            return true;
        }
        let mut out = Text::default();
        let _ = state.news(Show::All, Plan::default(), &mut out);
        !out.0.is_empty()
    }
}

impl Command for Push {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        match state.selected.as_ref().is_some_and(|selected| selected.is_gone()) {
            true => gone::bye(),
            false => Reply::untagged_only(Rope::new()),
        }
    }

    fn sent(&mut self, _sent: Sent, shown: bool, state: &mut State, cx: &mut Cx<'_>) {
        gone::said_bye(shown && state.selected.as_ref().is_some_and(|selected| selected.is_gone()), cx);
    }
}
