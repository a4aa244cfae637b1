//! ENVELOPE: the header fields that IMAP hands out parsed (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2).

/// One address, or the start or end of a group (then `host` is `None`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The display name, raw (encoded words as they stand), quotes and escapes undone.
    pub name: Option<String>,
    /// The source route.
    pub route: Option<String>,
    /// The local part; the group's name at its start; `None` at its end.
    pub mailbox: Option<String>,
    /// The domain.
    pub host: Option<String>,
}

/// The fields. Strings are raw header text, unfolded.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `Date`
    pub date: Option<String>,
    /// `Subject`
    pub subject: Option<String>,
    /// `From`
    pub from: Vec<Address>,
    /// `Sender`, the same as From where it is missing.
    pub sender: Vec<Address>,
    /// `Reply-To`, the same as From where it is missing.
    pub reply_to: Vec<Address>,
    /// `To`
    pub to: Vec<Address>,
    /// `Cc`
    pub cc: Vec<Address>,
    /// `Bcc`
    pub bcc: Vec<Address>,
    /// `In-Reply-To`
    pub in_reply_to: Option<String>,
    /// `Message-ID`
    pub message_id: Option<String>,
}

impl Envelope {
    /// From a header's octets.
    pub fn parse(_header: &[u8]) -> Envelope {
        unimplemented!()
    }
}
