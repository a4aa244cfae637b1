//! A command that is refused as soon as it was read.

use std::borrow::Cow;

use super::Command;
use crate::proto::imap::cursor::Expected;
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

    /// A name that no mailbox can have: the grammar is kept, so this is NO and not BAD (RFC 3501 section 7.1.3).
    pub fn name(expected: &Expected) -> Self {
        let oddity = Some(oddity::BAD_NAME);
        Refused { class: Class::No, text: format!("[CANNOT] {expected}").into(), oddity, mechanism: None }
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
        if matches!(state.mode, Mode::Sasl(_) | Mode::Postponed(_)) {
            state.mode = Mode::Command;
        }
        match self.class {
            Class::No => Reply::no(self.text.clone()).show(Show::Nothing),
            _ => Reply::bad(self.text.clone()),
        }
    }
}
