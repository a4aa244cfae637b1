//! LOGIN (RFC 3501 section 6.2.3), and the verdict on credentials, whatever the command.

use std::sync::Arc;

use super::Command;
use crate::mail::Account;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::sasl::{self, Proof};
use crate::proto::{Ats, Cx, Key, Note, TlsMode};

/// A name and its proof that wait for the verdict.
pub struct Login {
    user: Arc<str>,
    proof: Proof,
    mechanism: &'static str,
    verb: &'static str,
    account: Option<Account>,
    accepted: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let user = cursor.astring_text("a user name")?;
    cursor.expect_space()?;
    let password = cursor.astring("a password")?.into_owned();
    cursor.expect_end()?;
    Ok(Box::new(Login::new(&user, Proof::Password(password), "LOGIN", "LOGIN")))
}

impl Login {
    /// `mechanism` for the journal, `verb` for the reply.
    pub fn new(user: &str, proof: Proof, mechanism: &'static str, verb: &'static str) -> Self {
        Login { user: user.into(), proof, mechanism, verb, account: None, accepted: false }
    }
}

impl Command for Login {
    fn at(&self) -> Ats {
        Ats::CREDENTIALS
    }

    fn read(&mut self, state: &State, cx: &mut Cx<'_>) {
        if self.proof.is_secret() {
            cx.notes.push(Note::Secret {
                mechanism: self.mechanism.into(),
                protected: state.secured,
                tls_possible: state.config.tls != TlsMode::None,
            });
        }
    }

    fn fact(&self, key: Key) -> Option<&str> {
        match key {
            Key::User => Some(&self.user),
            Key::Mechanism => Some(self.mechanism),
            _ => None,
        }
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        match sasl::verdict(cx.store, &self.user, &self.proof, self.mechanism, cx.notes) {
            Ok(account) => {
                // The capabilities of the state that follows: the account is there only to render them.
                state.account = Some(account);
                let text = format!("[CAPABILITY {}] {} completed", state.capabilities(), self.verb);
                self.account = state.account.take();
                self.accepted = true;
                Reply::ok(text).show(Show::Nothing)
            }
            Err(denied) => Reply::no(format!("[AUTHENTICATIONFAILED] {denied}")).show(Show::Nothing),
        }
    }

    fn postpone(&mut self) {
        (self.account, self.accepted) = (None, false);
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        if keep && self.account.is_none() {
            self.account = cx.store.login_as(&self.user, cx.notes);
        }
        state.account = self.account.take().filter(|_| keep);
        let accepted = state.account.is_some();
        cx.notes.push(Note::Login { user: self.user.clone(), mechanism: self.mechanism.into(), accepted });
    }
}
