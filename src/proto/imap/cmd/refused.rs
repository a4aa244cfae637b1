//! A command that is refused as soon as it was read.

use std::borrow::Cow;

use super::Command;
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Mode, Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::{Class, Cx, Key};

/// The refusal.
pub struct Refused {
    class: Class,
    text: Cow<'static, str>,
    oddity: Option<&'static str>,
    /// A SASL mechanism that this server does not know.
    mechanism: Option<Box<str>>,
}

impl Refused {
    /// Not the client's mistake.
    pub fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Refused { class: Class::No, text: text.into(), oddity: None, mechanism: None }
    }

    /// A SASL mechanism that this server does not know is a fact all the same.
    #[must_use]
    pub fn with_mechanism(mut self, name: &str) -> Self {
        self.mechanism = Some(name.into());
        self
    }

    /// `BAD` that is no mistake worth a note, or one that was noted already.
    pub fn quietly(text: impl Into<Cow<'static, str>>) -> Self {
        Refused { class: Class::Bad, text: text.into(), oddity: None, mechanism: None }
    }

    /// The client's mistake, by its name.
    pub fn bad(text: impl Into<Cow<'static, str>>, oddity: &'static str) -> Self {
        Refused { class: Class::Bad, text: text.into(), oddity: Some(oddity), mechanism: None }
    }
}

impl Command for Refused {
    fn fact(&self, key: Key) -> Option<&str> {
        self.mechanism.as_deref().filter(|_| key == Key::Mechanism)
    }

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
