//! One SMTP transaction: the envelope and the message.

use std::sync::Arc;

use super::Message;

/// RFC 6152, RFC 3030: what MAIL declared the body to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Body {
    /// Nothing declared, or `BODY=7BIT`.
    #[default]
    SevenBit,
    /// `BODY=8BITMIME`.
    EightBit,
    /// `BODY=BINARYMIME`.
    Binary,
}

/// An envelope with its message, as SMTP took it.
#[derive(Debug)]
pub struct Transaction {
    /// Reverse-path without angle brackets; empty for `<>`.
    pub sender: Arc<str>,
    /// Forward-paths without angle brackets, in the order of RCPT.
    pub recipients: Vec<Arc<str>>,
    /// Who was logged in.
    pub user: Option<Arc<str>>,
    /// What HELO or EHLO said.
    pub helo: Arc<str>,
    /// Declared body type.
    pub body: Body,
    /// SMTPUTF8 was asked for (RFC 6531).
    pub utf8: bool,
    /// The message.
    pub message: Arc<Message>,
}
