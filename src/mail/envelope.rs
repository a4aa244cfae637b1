//! ENVELOPE: the header fields that IMAP hands out parsed (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2).

use super::addresses::addresses;
use super::header::{fields, unfold, values};
use super::{Message, decode};

/// One address, or the start or end of a group (then `host` is `None`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The display name, raw (encoded words as they stand), quotes and escapes undone.
    pub name: Option<String>,
    /// The source route.
    pub route: Option<String>,
    /// The local part, quoted where the header quotes it; the group's name at its start; `None` at its end.
    pub mailbox: Option<String>,
    /// The domain, empty where the header has none.
    pub host: Option<String>,
}

impl Address {
    /// What a reader sees of it: the display name, encoded words decoded, or the group's name, or `mailbox@host` (RFC 5957 section 3).
    pub fn display(&self) -> String {
        let mailbox = self.mailbox.as_deref().unwrap_or_default();
        match (&self.name, self.host.as_deref().filter(|host| !host.is_empty())) {
            (Some(name), _) => decode::encoded_words(name),
            (None, Some(host)) => format!("{mailbox}@{host}"),
            (None, None) => decode::encoded_words(mailbox),
        }
    }
}

impl Message {
    /// The first address in the first field of this name.
    pub fn first_address(&self, field: &str) -> Option<Address> {
        let value = values(&self.raw, field.as_bytes()).next().map(unfold)?;
        addresses(&value).into_iter().next()
    }
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
    /// From a message's octets, or those of its header: it ends where the header does. Where a field is there twice, the first one counts.
    pub fn parse(header: &[u8]) -> Envelope {
        let mut envelope = Envelope::default();
        let mut seen = [false; SLOTS.len()];
        for field in fields(header, 0..header.len()) {
            let name = &header[field.name];
            let value = || unfold(&header[field.value.clone()]);
            let Some(slot) = SLOTS.iter().position(|slot| slot.as_bytes().eq_ignore_ascii_case(name)) else { continue };
            if std::mem::replace(&mut seen[slot], true) {
                continue;
            }
            match SLOTS[slot] {
                "date" => envelope.date = Some(value()),
                "subject" => envelope.subject = Some(value()),
                "from" => envelope.from = addresses(&value()),
                "sender" => envelope.sender = addresses(&value()),
                "reply-to" => envelope.reply_to = addresses(&value()),
                "to" => envelope.to = addresses(&value()),
                "cc" => envelope.cc = addresses(&value()),
                "bcc" => envelope.bcc = addresses(&value()),
                "in-reply-to" => envelope.in_reply_to = Some(value()),
                _ => envelope.message_id = Some(value()),
            }
        }
        // RFC 3501 section 7.4.2: absent or empty ones are the same as From.
        for list in [&mut envelope.sender, &mut envelope.reply_to] {
            if list.is_empty() {
                list.clone_from(&envelope.from);
            }
        }
        envelope
    }
}

const SLOTS: [&str; 10] = ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"];

#[cfg(test)]
mod tests;
