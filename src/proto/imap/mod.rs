//! The IMAP session (RFC 3501).

/// `[imap]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The greeting, all that follows `* OK `.
    pub greeting: String,
    /// Capabilities added.
    pub offer: Vec<String>,
    /// Capabilities taken away.
    pub hide: Vec<String>,
    /// Largest message that APPEND takes, in octets.
    pub size_limit: u64,
}

impl Default for Spec {
    fn default() -> Self {
        Spec { greeting: "mailfault ready".into(), offer: Vec::new(), hide: Vec::new(), size_limit: 50 << 20 }
    }
}
