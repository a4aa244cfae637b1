//! SASL mechanisms (RFC 4422), server side: what AUTH (RFC 4954) and AUTHENTICATE (RFC 3501 section 6.2.2) have in common.
//!
//! An [`Exchange`] sees decoded octets only. It says when the credentials are complete, and [`verdict`] says whether they are right; where a mechanism has more to
//! say after the proof (SCRAM) or after a refusal (OAuth), it looks the password up before. The session strips base64 with [`decode`], and treats a lone `*` (the
//! client cancels) itself.

mod anonymous;
mod base64;
mod bearer;
mod challenge;
mod cram;
mod external;
mod gs2;
mod login;
mod mechanism;
mod oauthbearer;
mod plain;
mod scram;
mod xoauth2;

pub use base64::{DecodeError, decode, encode};
pub use challenge::with_challenge;
pub use mechanism::{Mechanism, Mechanisms};

use crate::mail::{Account, Denied, Notes, Store};
use bearer::Bearer;
use cram::Cram;
use login::Login;
use plain::Plain;
use scram::Scram;

/// Longest base64 text of one client response, in octets: RFC 4954 section 4 wants room for 12288 octets of line.
pub const MOST_BASE64: usize = 12_288;

/// What comes next in an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server sends this, not yet in base64 (it may be empty), and the client responds.
    Challenge(Vec<u8>),
    /// The client has said all; the server gives its verdict.
    Credentials {
        /// The name to log in as (the authentication identity).
        user: String,
        /// What shows that it is the client's own.
        proof: Proof,
    },
    /// The response breaks the mechanism's grammar: which rule. The exchange is over.
    Malformed(&'static str),
}

/// What a client has shown beside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A password or a token, octet by octet: whoever has read it can use it again.
    Password(Vec<u8>),
    /// Something that cannot be used again, and whether it was right.
    Shown(bool),
    /// Nothing, which is enough.
    Anyone,
    /// One of these, by a client that wants to act as another user: nobody may.
    ForAnother(Box<Proof>),
}

impl Proof {
    /// Whether it can be used again by whoever has read it.
    pub fn is_secret(&self) -> bool {
        match self {
            Proof::Password(_) => true,
            Proof::ForAnother(proof) => proof.is_secret(),
            Proof::Shown(_) | Proof::Anyone => false,
        }
    }

    /// The same by a client that wants to act as another user.
    fn for_another(self) -> Self {
        Proof::ForAnother(Box::new(self))
    }
}

/// Whether a name and its proof are good for a login; makes the account where the store is open, or where anyone may come in.
///
/// # Errors
/// [`Denied`], to be told to the client without saying whether the user exists.
pub fn verdict(store: &Store, user: &str, proof: &Proof, mechanism: &str, notes: &mut Notes) -> Result<Account, Denied> {
    match proof {
        Proof::Password(password) => store.login(user, password, mechanism, notes),
        Proof::Shown(right) => store.login_shown(user, *right, mechanism, notes),
        Proof::Anyone => store.login_as(user, notes).ok_or(Denied::TooManyAccounts),
        // Only who has shown who he is learns that (RFC 5530 section 3, AUTHORIZATIONFAILED).
        Proof::ForAnother(proof) => verdict(store, user, proof, mechanism, notes).and(Err(Denied::Authorization)),
    }
}

/// Whether [`verdict`] would refuse them; nothing changes.
pub fn is_wrong(store: &Store, user: &str, proof: &Proof, mechanism: &str) -> bool {
    match proof {
        Proof::Password(password) => store.is_wrong(user, store.is_right(user, password), mechanism),
        Proof::Shown(right) => store.is_wrong(user, *right, mechanism),
        Proof::Anyone => false,
        Proof::ForAnother(_) => true,
    }
}

/// Why a mechanism cannot be used here and now; `offered` are those that the server has offered in any state of the connection (what is hidden is not refused),
/// `certificate`: the client has shown one. PLAIN and LOGIN are always there, and where there are passwords, whatever needs one.
pub fn refusal(mechanism: Mechanism, offered: Mechanisms, certificate: bool, store: &Store) -> Option<&'static str> {
    match mechanism {
        Mechanism::Plain | Mechanism::Login => None,
        _ if mechanism.needs_password() => store.is_open().then_some("this mechanism needs a user whose password is known"),
        _ if !offered.contains(mechanism) => Some("this mechanism is not offered here"),
        Mechanism::External if !certificate => Some("EXTERNAL needs a client certificate"),
        _ => None,
    }
}

/// One exchange that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange(State);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Plain(Plain),
    Login(Login),
    Cram(Cram),
    Scram(Scram),
    Bearer(Bearer),
    External,
    Anonymous,
}

impl Exchange {
    /// Begins an exchange. `initial` is the decoded initial response: `None` where there was none, empty for `=`.
    pub fn start(mechanism: Mechanism, initial: Option<&[u8]>, store: &Store) -> (Exchange, Step) {
        let mut exchange = Exchange(match mechanism {
            Mechanism::Plain => State::Plain(Plain),
            Mechanism::Login => State::Login(Login::default()),
            Mechanism::CramMd5 => State::Cram(Cram::default()),
            Mechanism::ScramSha1 => State::Scram(Scram::new(false)),
            Mechanism::ScramSha256 => State::Scram(Scram::new(true)),
            Mechanism::Xoauth2 | Mechanism::OauthBearer => State::Bearer(Bearer::new(mechanism)),
            Mechanism::External => State::External,
            Mechanism::Anonymous => State::Anonymous,
        });
        let step = match (initial, &exchange.0) {
            // RFC 4954 section 4, RFC 4959 section 3: where the server speaks first, the client cannot.
            (Some(_), State::Cram(_)) => Step::Malformed("CRAM-MD5 has no initial response (RFC 2195 section 2)"),
            (Some(initial), _) => exchange.respond(initial, store),
            (None, State::Plain(plain)) => plain.challenge(),
            (None, State::Login(login)) => login.challenge(),
            (None, State::Cram(cram)) => cram.challenge(),
            (None, State::Scram(scram)) => scram.challenge(),
            (None, State::Bearer(bearer)) => bearer.challenge(),
            (None, State::External) => external::challenge(),
            (None, State::Anonymous) => anonymous::challenge(),
        };
        (exchange, step)
    }

    /// Takes the client's next response, decoded. After `Credentials` or `Malformed` the exchange is over and is to be dropped.
    pub fn respond(&mut self, decoded: &[u8], store: &Store) -> Step {
        match &mut self.0 {
            State::Plain(plain) => plain.respond(decoded),
            State::Login(login) => login.respond(decoded),
            State::Cram(cram) => cram.respond(decoded, store),
            State::Scram(scram) => scram.respond(decoded, store),
            State::Bearer(bearer) => bearer.respond(decoded, store),
            State::External => external::respond(decoded, store),
            State::Anonymous => anonymous::respond(decoded),
        }
    }

    /// Its mechanism.
    pub fn mechanism(&self) -> Mechanism {
        match &self.0 {
            State::Plain(_) => Mechanism::Plain,
            State::Login(_) => Mechanism::Login,
            State::Cram(_) => Mechanism::CramMd5,
            State::Scram(scram) => scram.mechanism(),
            State::Bearer(bearer) => bearer.mechanism(),
            State::External => Mechanism::External,
            State::Anonymous => Mechanism::Anonymous,
        }
    }
}

/// A longer name has no account.
const MOST_USER_NAME: usize = 1_024;

/// A name that an account can have.
///
/// # Errors
/// What is wrong with it.
pub fn user_name(octets: &[u8]) -> Result<String, &'static str> {
    match std::str::from_utf8(octets) {
        Ok("") => Err("the user name is empty"),
        Ok(name) if name.len() > MOST_USER_NAME => Err("the user name is longer than 1024 octets"),
        Ok(name) if name.contains('\0') => Err("the user name has a NUL octet"),
        Ok(name) if name.contains(char::is_control) => Err("the user name has a control character (RFC 4013 section 2.3)"),
        Ok(name) => Ok(name.to_owned()),
        Err(_) => Err("the user name is not UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{AccountSpec, StoreSpec};

    /// A store that has these users, with their passwords.
    pub(super) fn with_users(users: &[(&str, &str)]) -> Store {
        let accounts = users.iter().map(|&(name, password)| AccountSpec {
            name: name.into(),
            password: password.into(),
            ..AccountSpec::default()
        });
        Store::new(StoreSpec { accounts: accounts.collect(), ..StoreSpec::default() }, &mut Notes::new())
    }

    fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Exchange, Step) {
        Exchange::start(mechanism, initial, &with_users(&[]))
    }

    fn credentials(user: &str, password: &[u8]) -> Step {
        Step::Credentials { user: user.into(), proof: Proof::Password(password.into()) }
    }

    #[test]
    fn every_mechanism_begins_and_none_loses_its_name() {
        for mechanism in Mechanism::ALL {
            let (exchange, step) = start(mechanism, None);
            assert_eq!(exchange.mechanism(), mechanism);
            assert!(
                matches!(step, Step::Challenge(text) if text.is_empty() != matches!(mechanism, Mechanism::Login | Mechanism::CramMd5))
            );
        }
        let no_initial = Step::Malformed("CRAM-MD5 has no initial response (RFC 2195 section 2)");
        assert_eq!(start(Mechanism::CramMd5, Some(b"")).1, no_initial);
    }

    #[test]
    fn plain_takes_its_message_at_once_or_after_an_empty_challenge() {
        let (_, step) = start(Mechanism::Plain, Some(b"\0bob\0secret"));
        assert_eq!(step, credentials("bob", b"secret"));
        let (mut exchange, step) = start(Mechanism::Plain, None);
        assert_eq!(step, Step::Challenge(vec![]));
        assert_eq!(exchange.respond(b"bob\0bob\0\xff ", &with_users(&[])), credentials("bob", b"\xff "));
    }

    #[test]
    fn plain_names_what_is_wrong() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "PLAIN needs two NUL octets (RFC 4616 section 2)"),
            (b"bob\0secret", "PLAIN needs two NUL octets (RFC 4616 section 2)"),
            (b"\0bob\0sec\0ret", "PLAIN has a third NUL octet (RFC 4616 section 2)"),
            (b"\0\0secret", "the user name is empty"),
            (b"\0b\xffb\0secret", "the user name is not UTF-8"),
            (b"\0b\x1b[1mb\0secret", "the user name has a control character (RFC 4013 section 2.3)"),
        ];
        for (message, reason) in cases {
            assert_eq!(start(Mechanism::Plain, Some(message)).1, Step::Malformed(reason), "{message:?}");
        }
    }

    #[test]
    fn who_acts_as_another_is_told_so_if_the_password_is_right() {
        let store = with_users(&[("bob", "secret"), ("eve", "x")]);
        for (message, denied) in [
            ("eve\0bob\0secret", Denied::Authorization),
            ("eve\0bob\0wrong", Denied::Credentials),
            ("bob\0eve\0x", Denied::Authorization),
        ] {
            let (_, step) = start(Mechanism::Plain, Some(message.as_bytes()));
            let Step::Credentials { user, proof } = step else { panic!("{step:?}") };
            assert!(proof.is_secret());
            assert_eq!(verdict(&store, &user, &proof, "PLAIN", &mut Notes::new()).unwrap_err(), denied, "{message:?}");
        }
        assert_eq!(start(Mechanism::Plain, Some(b"BOB\0bob\0secret")).1, credentials("bob", b"secret"));
    }

    #[test]
    fn login_asks_twice_or_once_after_an_initial_response() {
        let (mut exchange, step) = start(Mechanism::Login, None);
        assert_eq!(step, Step::Challenge(b"Username:".to_vec()));
        assert_eq!(exchange.respond(b"bob", &with_users(&[])), Step::Challenge(b"Password:".to_vec()));
        assert_eq!(exchange.respond(b"", &with_users(&[])), credentials("bob", b""));
        let (mut exchange, step) = start(Mechanism::Login, Some(b"bob"));
        assert_eq!(step, Step::Challenge(b"Password:".to_vec()));
        assert_eq!(exchange.respond(b"secret", &with_users(&[])), credentials("bob", b"secret"));
        assert_eq!(exchange.mechanism().name(), "LOGIN");
    }

    #[test]
    fn login_needs_a_name() {
        assert_eq!(start(Mechanism::Login, Some(b"")).1, Step::Malformed("the user name is empty"));
        assert_eq!(start(Mechanism::Login, Some(b"\xff")).1, Step::Malformed("the user name is not UTF-8"));
        assert_eq!(start(Mechanism::Login, Some(b"b\0b")).1, Step::Malformed("the user name has a NUL octet"));
        assert_eq!(start(Mechanism::Login, Some(&[b'b'; 1025])).1, Step::Malformed("the user name is longer than 1024 octets"));
    }
}
