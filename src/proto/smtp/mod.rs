//! The SMTP session (RFC 5321).

/// `[smtp]`. Every list of capabilities holds EHLO lines, such as `SIZE 1000`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The name that the server gives itself.
    pub hostname: String,
    /// The greeting without its code; several lines make a multi-line greeting.
    pub greeting: String,
    /// Capabilities added to EHLO.
    pub offer: Vec<String>,
    /// Capabilities taken from EHLO.
    pub hide: Vec<String>,
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
            offer: Vec::new(),
            hide: Vec::new(),
            size_limit: 50 << 20,
            recipients_limit: 1_000,
            require_auth: false,
        }
    }
}
