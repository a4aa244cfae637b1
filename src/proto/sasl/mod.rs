//! SASL mechanisms (RFC 4422), server side: what AUTH (RFC 4954) and AUTHENTICATE (RFC 3501 section 6.2.2) have in common.
//!
//! An [`Exchange`] sees decoded octets only and never checks a password: it says when the credentials are complete. The session strips base64
//! with [`decode`], and treats a lone `*` (the client cancels) itself.

mod base64;
mod login;
mod plain;

pub use base64::{DecodeError, decode, encode};

use login::Login;
use plain::Plain;

/// Longest base64 text of one client response, in octets: RFC 4954 section 4 wants room for 12288 octets of line.
pub const MOST_BASE64: usize = 12_288;

/// A mechanism that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login: never a standard, in use everywhere.
    Login,
}

impl Mechanism {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

    /// By its name, in any case.
    pub fn parse(name: &str) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }

    /// Its registered name, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }
}

/// What comes next in an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server sends this, not yet in base64 (it may be empty), and the client responds.
    Challenge(Vec<u8>),
    /// The client has said all; the server gives its verdict.
    Credentials {
        /// The name to log in as (the authentication identity).
        user: String,
        /// The password, octet by octet.
        password: Vec<u8>,
    },
    /// The response breaks the mechanism's grammar: which rule. The exchange is over.
    Malformed(&'static str),
}

/// One exchange that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange(State);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Plain(Plain),
    Login(Login),
}

impl Exchange {
    /// Begins an exchange. `initial` is the decoded initial response: `None` where there was none, empty for `=`.
    pub fn start(mechanism: Mechanism, initial: Option<&[u8]>) -> (Exchange, Step) {
        let mut exchange = Exchange(match mechanism {
            Mechanism::Plain => State::Plain(Plain),
            Mechanism::Login => State::Login(Login::default()),
        });
        let step = match (initial, &exchange.0) {
            (Some(initial), _) => exchange.respond(initial),
            (None, State::Plain(plain)) => plain.challenge(),
            (None, State::Login(login)) => login.challenge(),
        };
        (exchange, step)
    }

    /// Takes the client's next response, decoded. After `Credentials` or `Malformed` the exchange is over and is to be dropped.
    pub fn respond(&mut self, decoded: &[u8]) -> Step {
        match &mut self.0 {
            State::Plain(plain) => plain.respond(decoded),
            State::Login(login) => login.respond(decoded),
        }
    }

    /// Its mechanism.
    pub fn mechanism(&self) -> Mechanism {
        match self.0 {
            State::Plain(_) => Mechanism::Plain,
            State::Login(_) => Mechanism::Login,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(user: &str, password: &[u8]) -> Step {
        Step::Credentials { user: user.into(), password: password.into() }
    }

    #[test]
    fn a_mechanism_is_found_in_any_case() {
        assert_eq!(Mechanism::parse("plain"), Some(Mechanism::Plain));
        assert_eq!(Mechanism::parse("LOGIN"), Some(Mechanism::Login));
        assert_eq!(Mechanism::parse("PLAIN "), None);
    }

    #[test]
    fn plain_takes_its_message_at_once_or_after_an_empty_challenge() {
        let (_, step) = Exchange::start(Mechanism::Plain, Some(b"\0bob\0secret"));
        assert_eq!(step, credentials("bob", b"secret"));
        let (mut exchange, step) = Exchange::start(Mechanism::Plain, None);
        assert_eq!(step, Step::Challenge(vec![]));
        assert_eq!(exchange.respond(b"bob\0bob\0\xff "), credentials("bob", b"\xff "));
    }

    #[test]
    fn plain_names_what_is_wrong() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "PLAIN needs two NUL octets (RFC 4616 section 2)"),
            (b"bob\0secret", "PLAIN needs two NUL octets (RFC 4616 section 2)"),
            (b"\0bob\0sec\0ret", "PLAIN has a third NUL octet (RFC 4616 section 2)"),
            (b"\0\0secret", "the user name is empty (RFC 4616 section 2)"),
            (b"\0b\xffb\0secret", "the user name is not UTF-8 (RFC 4616 section 2)"),
            (b"eve\0bob\0secret", "acting as another user is not supported (RFC 4616 section 2, authzid)"),
        ];
        for (message, reason) in cases {
            assert_eq!(Exchange::start(Mechanism::Plain, Some(message)).1, Step::Malformed(reason), "{message:?}");
        }
    }

    #[test]
    fn login_asks_twice_or_once_after_an_initial_response() {
        let (mut exchange, step) = Exchange::start(Mechanism::Login, None);
        assert_eq!(step, Step::Challenge(b"Username:".to_vec()));
        assert_eq!(exchange.respond(b"bob"), Step::Challenge(b"Password:".to_vec()));
        assert_eq!(exchange.respond(b""), credentials("bob", b""));
        let (mut exchange, step) = Exchange::start(Mechanism::Login, Some(b"bob"));
        assert_eq!(step, Step::Challenge(b"Password:".to_vec()));
        assert_eq!(exchange.respond(b"secret"), credentials("bob", b"secret"));
        assert_eq!(exchange.mechanism().name(), "LOGIN");
    }

    #[test]
    fn login_needs_a_name() {
        assert_eq!(Exchange::start(Mechanism::Login, Some(b"")).1, Step::Malformed("the user name is empty"));
        assert_eq!(Exchange::start(Mechanism::Login, Some(b"\xff")).1, Step::Malformed("the user name is not UTF-8"));
    }
}
