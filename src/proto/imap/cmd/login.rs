//! LOGIN (RFC 3501 section 6.2.3), and the verdict on credentials, whatever the command.

use std::sync::Arc;

use super::{Command, Refused};
use crate::mail::{Account, Denied};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::imap::{Told, words};
use crate::proto::sasl::{self, Proof};
use crate::proto::{Ats, Cx, Key, Note, Rope, TlsMode};

/// A name and its proof that wait for the verdict.
pub struct Login {
    user: Arc<str>,
    proof: Proof,
    mechanism: &'static str,
    verb: &'static str,
    /// For `where`: the verdict will be a refusal.
    wrong: bool,
    account: Option<Account>,
    accepted: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let user = cursor.astring_text("a user name")?;
    cursor.expect_space()?;
    let password = cursor.astring("a password")?.into_owned();
    cursor.expect_end()?;
    if let Some(why) = sasl::user_name(user.as_bytes()).err().filter(|_| !user.is_empty()) {
        return Ok(Box::new(Refused::bad(why, oddity::BAD_SASL)));
    }
    Ok(Box::new(Login::new(&user, Proof::Password(password), "LOGIN", "LOGIN")))
}

impl Login {
    /// `mechanism` for the journal, `verb` for the reply.
    pub fn new(user: &str, proof: Proof, mechanism: &'static str, verb: &'static str) -> Self {
        Login { user: user.into(), proof, mechanism, verb, wrong: false, account: None, accepted: false }
    }
}

impl Command for Login {
    fn at(&self) -> Ats {
        Ats::CREDENTIALS
    }

    fn read(&mut self, state: &State, cx: &mut Cx<'_>) {
        self.wrong = sasl::is_wrong(cx.store, &self.user, &self.proof, self.mechanism);
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
            Key::Refused => Some(if self.wrong { "true" } else { "false" }),
            _ => None,
        }
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let config = state.config.clone();
        let words = &config.spec.words;
        match sasl::verdict(cx.store, &self.user, &self.proof, self.mechanism, cx.notes) {
            Ok(account) => {
                // The capabilities of the state that follows: the account is there only to render them.
                state.account = Some(account);
                let capabilities = state.capabilities();
                self.account = state.account.take();
                self.accepted = true;
                let own = words::of_login(words, "login", self.verb, &self.user);
                let text = own.unwrap_or_else(|| format!("{} completed", self.verb));
                let reply = match state.config.spec.login_capability {
                    Told::Code => Reply::ok(format!("[CAPABILITY {capabilities}] {text}")),
                    Told::Line => Reply::ok(text).data(Rope::text(format!("* CAPABILITY {capabilities}\r\n"))),
                    Told::Nothing => Reply::ok(text),
                };
                reply.show(Show::Nothing)
            }
            // RFC 5530 section 3.
            Err(denied @ Denied::Authorization) => Reply::no(format!("[AUTHORIZATIONFAILED] {denied}")).show(Show::Nothing),
            Err(denied) => {
                let own = words::of_login(words, "wrong_password", self.verb, &self.user);
                Reply::no(own.unwrap_or_else(|| format!("[AUTHENTICATIONFAILED] {denied}"))).show(Show::Nothing)
            }
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
