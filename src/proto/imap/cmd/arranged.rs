//! What SORT and THREAD (RFC 5256 section 3) have in common: a search, whose messages are told in an order of their own.

use super::Command;
use super::search::run::{Match, Program};
use crate::proto::Cx;
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;

/// An order, and how it is told.
pub trait Arrange: Send + 'static {
    /// Of the tagged OK.
    const COMPLETED: &'static str;

    /// Writes the untagged response. `uid`: of UIDs, and not of message numbers; `modseq`: with the highest mod-sequence, where the response has a place for it.
    fn write(&self, found: &[Match], uid: bool, modseq: bool, cx: &mut Cx<'_>, out: &mut Text);
}

struct Arranged<A> {
    uid: bool,
    order: A,
    program: Program,
}

/// A space, the charset and the keys, to the end of the line.
pub fn parse(cursor: &mut Cursor<'_>, uid: bool, order: impl Arrange) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let program = Program::parse_with_charset(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Arranged { uid, order, program }))
}

impl<A: Arrange> Command for Arranged<A> {
    fn prepare(&mut self, state: &State) -> bool {
        self.program.prepare(state)
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        if let Some(refusal) = self.program.refusal(state, cx) {
            return refusal;
        }
        let found = self.program.messages(selected);
        let modseq = self.program.asks_for_modseq();
        let mut out = if modseq { first_use(state) } else { Text::default() };
        self.order.write(&found, self.uid, modseq, cx, &mut out);
        Reply::ok(A::COMPLETED).data(out).show(self.program.show(self.uid))
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        // RFC 7162 section 3.1: one of the commands that switch it on.
        state.dialect.condstore |= keep && self.program.asks_for_modseq();
    }
}
