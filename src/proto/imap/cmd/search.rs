//! SEARCH (RFC 3501 and RFC 9051 section 6.4.4).

mod gmail;
mod key;
mod read;
pub mod returns;
pub mod run;

use super::Command;
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Class, Cx};
use returns::{Found, Returns, write_plain};
use run::Program;

struct Search {
    uid: bool,
    /// For the reply, to which the client's pipeline has to find the command.
    tag: Box<str>,
    returns: Option<Returns>,
    program: Program,
    /// What `$` will stand for, if this was said at all.
    saved: Option<SequenceSet>,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let returns = Returns::parse(cursor)?;
    let program = Program::parse(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Search { uid, tag: cursor.tag_of_command().into(), returns, program, saved: None }))
}

impl Command for Search {
    fn prepare(&mut self, state: &State) -> bool {
        self.program.prepare(state)
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        let saves = self.returns.is_some_and(|returns| returns.save);
        if let Some(refusal) = self.program.refusal(state, cx) {
            // RFC 5182 section 2.1: a search that failed leaves `$` empty, one that was not understood leaves it as it was.
            self.saved = (saves && refusal.class() == Class::No).then(|| SequenceSet::of([]));
            return refusal;
        }
        let found = self.program.run(selected, |row| Found { number: row.number, uid: row.uid, modseq: row.modseq });
        let modseq = self.program.asks_for_modseq();
        let mut out = if modseq { first_use(state) } else { Text::default() };
        match self.returns {
            None if !state.dialect.rev2 => write_plain("SEARCH", self.uid, &found, modseq, &mut out),
            returns => {
                let returns = returns.unwrap_or(Returns::ALL);
                returns.write(&self.tag, self.uid, &found, modseq, &mut out);
                self.saved = saves.then(|| returns.saved(&found));
            }
        }
        Reply::ok("SEARCH completed").data(out).show(self.program.show(self.uid))
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let (Some(saved), Some(selected)) = (self.saved.take(), &mut state.selected) {
            selected.saved = if keep { saved } else { SequenceSet::of([]) };
        }
        // RFC 7162 section 3.1: one of the commands that switch it on.
        state.dialect.condstore |= keep && self.program.asks_for_modseq();
    }
}
