//! A command that is refused as soon as it was read.

use std::borrow::Cow;

use super::Command;
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Mode, Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::{Class, Cx};

/// The refusal.
pub struct Refused {
    class: Class,
    text: Cow<'static, str>,
    oddity: Option<&'static str>,
}

impl Refused {
    /// Not the client's mistake.
    pub fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Refused { class: Class::No, text: text.into(), oddity: None }
    }

    /// `BAD` that is no mistake worth a note, or one that was noted already.
    pub fn quietly(text: impl Into<Cow<'static, str>>) -> Self {
        Refused { class: Class::Bad, text: text.into(), oddity: None }
    }

    /// The client's mistake, by its name.
    pub fn bad(text: impl Into<Cow<'static, str>>, oddity: &'static str) -> Self {
        Refused { class: Class::Bad, text: text.into(), oddity: Some(oddity) }
    }
}

impl Command for Refused {
    fn read(&mut self, _state: &State, cx: &mut Cx<'_>) {
        if let Some(name) = self.oddity {
            oddity::note(cx.notes, name, self.text.clone());
        }
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        if matches!(state.mode, Mode::Sasl(_)) {
            state.mode = Mode::Command;
        }
        match self.class {
            Class::No => Reply::no(self.text.clone()).show(Show::Nothing),
            _ => Reply::bad(self.text.clone()),
        }
    }
}
