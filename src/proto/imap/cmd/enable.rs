//! ENABLE (RFC 5161).

use super::Command;
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::{Cx, Rope};

struct Enable {
    names: Vec<String>,
    kept: Vec<&'static str>,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    let mut names = Vec::new();
    while names.is_empty() || !cursor.at_end() {
        cursor.expect_space()?;
        names.push(cursor.expect_atom("the name of a capability")?.to_owned());
    }
    Ok(Box::new(Enable { names, kept: Vec::new() }))
}

impl Command for Enable {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        // RFC 5161 section 3.1: what the server does not know, or cannot switch on, is passed over. What it does not offer, it does not know.
        let mut dialect = state.dialect;
        for name in self.names.iter().filter(|name| state.offers(name)) {
            let before = dialect;
            if let Some(name) = dialect.enable(name).filter(|_| dialect != before) {
                self.kept.push(name);
            }
        }
        let list: String = self.kept.iter().map(|name| format!(" {name}")).collect();
        // News wait for the next command: in this reply they would be in the words of before, which the client has just given up.
        let reply = Reply::ok("ENABLE completed").data(Rope::text(format!("* ENABLED{list}\r\n"))).show(Show::Nothing);
        if dialect.condstore { reply.data(first_use(state)) } else { reply }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        for name in self.kept.iter().filter(|_| keep) {
            state.dialect.enable(name);
        }
        if let Some(selected) = state.selected.as_mut().filter(|_| state.dialect.rev2) {
            selected.view.forget_recent();
        }
    }
}
