//! The SMTP session (RFC 5321).
//!
//! Octets are split into units by `input`, commands are read by `parse`, `content` takes messages as they come, and `command` decides what the server
//! says and what happens then. `oddity` lists the client's mistakes that are named.

mod command;
mod content;
mod input;
mod oddity;
mod parse;
#[cfg(test)]
mod parse_tests;
mod reply;
mod session;
#[cfg(test)]
mod tests;
mod words;

use bytes::Bytes;

pub use oddity::{ODDITIES, Oddity};
pub use session::SmtpSession;
pub use words::{WORDS, Word};

use crate::proto::sasl::Mechanisms;
use crate::proto::{ByState, TlsMode};

/// `[smtp]`. Every list of capabilities holds EHLO lines, such as `SIZE 1000`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The name that the server gives itself.
    pub hostname: String,
    /// The greeting without its code; several lines make a multi-line greeting.
    pub greeting: String,
    /// What follows the code in the reply to HELO, and in the first line of that to EHLO; the host name unless given.
    pub hello: Option<String>,
    /// Replies in a provider's own words: keys of [`WORDS`].
    pub words: Vec<(String, String)>,
    /// What AUTH offers.
    pub mechanisms: Mechanisms,
    /// Capabilities added to EHLO.
    pub offer: Vec<String>,
    /// Capabilities taken from EHLO.
    pub hide: Vec<String>,
    /// The same in one state only.
    pub by_state: ByState,
    /// Largest message, in octets: RFC 1870.
    pub size_limit: u64,
    /// Most recipients of a message.
    pub recipients_limit: u32,
    /// MAIL without AUTH is refused with 530.
    pub require_auth: bool,
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            hostname: "mx.mailfault.test".into(),
            greeting: "mx.mailfault.test ESMTP mailfault".into(),
            hello: None,
            words: Vec::new(),
            mechanisms: Mechanisms::default(),
            offer: Vec::new(),
            hide: Vec::new(),
            by_state: ByState::default(),
            size_limit: 50 << 20,
            recipients_limit: 1_000,
            require_auth: false,
        }
    }
}

impl Spec {
    /// How the server answers HELO.
    fn hello(&self) -> &str {
        self.hello.as_deref().unwrap_or(&self.hostname)
    }
}

/// What all connections of a listener share: the settings, and replies that never change.
#[derive(Debug)]
pub struct Config {
    /// `[smtp]`.
    pub spec: Spec,
    /// How the listener does TLS.
    pub tls: TlsMode,
    /// All mechanisms that are offered in any state.
    offered: Mechanisms,
    words: words::Words,
    greeting: Bytes,
    helo: Bytes,
    ehlo_clear: Bytes,
    ehlo_secure: Bytes,
}

impl Config {
    /// Renders the replies once.
    pub fn new(spec: Spec, tls: TlsMode) -> Self {
        let ehlo = |secure| reply::ehlo(spec.hello(), &reply::capabilities(&spec, tls, secure, false));
        let (ehlo_clear, ehlo_secure) = (ehlo(false), ehlo(true));
        let mut offered = spec.mechanisms;
        offered.add_named(&spec.offer);
        spec.by_state.names().for_each(|names| offered.add_named(names));
        Config {
            offered,
            words: words::Words::new(&spec.words),
            greeting: reply::lines("220", &spec.greeting).into(),
            helo: reply::lines("250", spec.hello()).into(),
            ehlo_clear,
            ehlo_secure,
            spec,
            tls,
        }
    }
}
