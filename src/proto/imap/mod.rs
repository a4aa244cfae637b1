//! The IMAP session (RFC 3501 and RFC 9051).
//!
//! Octets become commands in `read`, commands become values in `parse` and `cmd`, one file a command: its grammar, its reply and the change that is
//! parked until the reply's fate is known stand side by side. `view` knows what this client has been told, which is not what is true of the mailbox.

mod capabilities;
mod cmd;
mod condstore;
mod cursor;
mod dialect;
mod gmail;
mod half_read;
mod oddity;
mod parse;
mod read;
mod session;
mod state;
mod utf7;
mod view;
mod words;
mod write;

pub use session::ImapSession;
pub use words::{WORDS, Word};

use super::sasl::Mechanisms;
use super::{ByState, TlsMode};

/// How capabilities are told after a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// In a response code of the OK.
    Code,
    /// In a line of their own before it.
    Line,
    /// Not at all: the client has to ask.
    Nothing,
}

/// `[imap]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The greeting, all that follows `* OK ` (or `* PREAUTH `).
    pub greeting: String,
    /// The greeting holds the capabilities.
    pub greeting_capability: bool,
    /// How the reply to a login tells them.
    pub login_capability: Told,
    /// Words of replies: keys of [`WORDS`].
    pub words: Vec<(String, String)>,
    /// What stands between the parentheses of the reply to ID.
    pub id: Option<String>,
    /// What `AUTH=` offers.
    pub mechanisms: Mechanisms,
    /// Capabilities added.
    pub offer: Vec<String>,
    /// Capabilities taken away.
    pub hide: Vec<String>,
    /// The same in one state only.
    pub by_state: ByState,
    /// The greeting is PREAUTH (RFC 3501 section 7.1.4), and this user is logged in from the start.
    pub preauth: Option<String>,
    /// Largest message that APPEND takes, in octets.
    pub size_limit: u64,
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            greeting: "mailfault ready".into(),
            greeting_capability: true,
            login_capability: Told::Code,
            words: Vec::new(),
            id: None,
            mechanisms: Mechanisms::default(),
            offer: Vec::new(),
            hide: Vec::new(),
            by_state: ByState::default(),
            preauth: None,
            size_limit: 50 << 20,
        }
    }
}

/// What all sessions of a listener share.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[imap]`.
    pub spec: Spec,
    /// How the listener does TLS: STARTTLS is offered with [`TlsMode::Starttls`] until the connection is secured.
    pub tls: TlsMode,
}
