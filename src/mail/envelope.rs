//! ENVELOPE: the header fields that IMAP hands out parsed (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2).

use super::addresses::addresses;
use super::header::{fields, unfolded, values};
use super::{Message, decode};

/// One address, or the start or end of a group (then `host` is `None`). Octets as they stand, in whatever charset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The display name, raw (encoded words as they stand), quotes and escapes undone.
    pub name: Option<Vec<u8>>,
    /// The source route.
    pub route: Option<Vec<u8>>,
    /// The local part, quotes and escapes undone; the group's name at its start; `None` at its end.
    pub mailbox: Option<Vec<u8>>,
    /// The domain, empty where the header has none.
    pub host: Option<Vec<u8>>,
}

impl Address {
    /// The local part, or the group's name, as text.
    pub fn local_part(&self) -> Option<String> {
        self.mailbox.as_ref().map(|octets| String::from_utf8_lossy(octets).into_owned())
    }

    /// What a reader sees of it: the display name, encoded words decoded, or the group's name, or `mailbox@host` (RFC 5957 section 3).
    pub fn display(&self) -> String {
        let text = |octets: &Vec<u8>| String::from_utf8_lossy(octets).into_owned();
        let mailbox = self.local_part().unwrap_or_default();
        match (&self.name, self.host.as_ref().filter(|host| !host.is_empty())) {
            (Some(name), _) => decode::encoded_words(&text(name)),
            (None, Some(host)) => format!("{mailbox}@{}", text(host)),
            (None, None) => decode::encoded_words(&mailbox),
        }
    }
}

impl Message {
    /// The first address in the first field of this name.
    pub fn first_address(&self, field: &str) -> Option<Address> {
        let value = values(&self.raw, field.as_bytes()).next().map(unfolded)?;
        addresses(&value).into_iter().next()
    }
}

/// The fields: raw header text in whatever charset, unfolded.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `Date`
    pub date: Option<Vec<u8>>,
    /// `Subject`
    pub subject: Option<Vec<u8>>,
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
    pub in_reply_to: Option<Vec<u8>>,
    /// `Message-ID`
    pub message_id: Option<Vec<u8>>,
}

impl Envelope {
    /// From a message's octets, or those of its header: it ends where the header does. Where a field is there twice, the first one counts.
    pub fn parse(header: &[u8]) -> Envelope {
        let mut envelope = Envelope::default();
        let mut seen = [false; SLOTS.len()];
        for field in fields(header, 0..header.len()) {
            let name = &header[field.name];
            let value = || unfolded(&header[field.value.clone()]);
            let Some(slot) = SLOTS.iter().position(|slot| slot.as_bytes().eq_ignore_ascii_case(name)) else { continue };
            if std::mem::replace(&mut seen[slot], true) {
                continue;
            }
            match SLOTS[slot] {
                "date" => envelope.date = Some(value().into_owned()),
                "subject" => envelope.subject = Some(value().into_owned()),
                "from" => envelope.from = addresses(&value()),
                "sender" => envelope.sender = addresses(&value()),
                "reply-to" => envelope.reply_to = addresses(&value()),
                "to" => envelope.to = addresses(&value()),
                "cc" => envelope.cc = addresses(&value()),
                "bcc" => envelope.bcc = addresses(&value()),
                "in-reply-to" => envelope.in_reply_to = Some(value().into_owned()),
                _ => envelope.message_id = Some(value().into_owned()),
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
