//! Changes of a mailbox that no client asked for, and the messages that scenarios make.

use bytes::Bytes;

/// What the header fields that never change take in a message made from a template.
const HEADER_OCTETS: u64 = 300;

/// Sequence numbers from the first to the second, both included; `None` as upper end is the last message.
pub type SequenceRange = (u32, Option<u32>);

/// What a scenario writes a message from.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A whole message as it stands (`file = "x.eml"`, read at load).
    Raw(Bytes),
    /// Header fields and a body; `{n}` in them stands for the number of the message, from 1.
    Parts {
        /// `From:`
        from: String,
        /// `Subject:`
        subject: String,
        /// Plain text.
        body: String,
        /// If given, the message is padded to this many octets.
        size: Option<u64>,
    },
}

/// What to do with flags.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagChange {
    /// Which messages.
    pub messages: Vec<SequenceRange>,
    /// Set these.
    pub add: Vec<String>,
    /// Clear these.
    pub remove: Vec<String>,
}

/// The kinds of change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New mail.
    Deliver {
        /// What each message is made from.
        template: Template,
        /// How many.
        count: u32,
        /// Flags from the start.
        flags: Vec<String>,
    },
    /// Messages vanish, by sequence number.
    Expunge(Vec<SequenceRange>),
    /// Flags change.
    Flags(FlagChange),
    /// A new UIDVALIDITY: this one, or the next higher; UIDs are given anew, from 1.
    UidValidity(Option<u32>),
    /// This UIDNEXT is told until the next message arrives. UIDs that are given stay unique and ascending all the same.
    UidNext(u32),
}

/// A change, of the mailbox that is named or, where none is, of the one that the session has selected.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// Account; the session's own where it is not given.
    pub user: Option<String>,
    /// Mailbox; the selected one, else INBOX, where it is not given.
    pub mailbox: Option<String>,
    /// The change itself.
    pub change: Change,
}

impl Template {
    /// Message number `n` (from 1) for this user: header fields Date (a fixed one: mail must not differ between runs), From, To, Subject, Message-ID and a
    /// text body, CRLF line ends. A `Raw` template is the same each time.
    pub fn render(&self, n: u64, user: &str) -> Bytes {
        let (from, subject, body, size) = match self {
            Template::Raw(raw) => return raw.clone(),
            Template::Parts { from, subject, body, size } => (from, subject, body, *size),
        };
        let fill = |text: &str| text.replace("{n}", &n.to_string());
        let one_line = |text: &str| fill(text).replace(['\r', '\n'], " ");
        let to = if user.contains('@') { user.to_owned() } else { format!("{user}@mailfault.test") };
        let mut text = format!(
            "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nFrom: {}\r\nTo: {to}\r\nSubject: {}\r\nMessage-ID: <{n}.{user_id}@mailfault.test>\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            one_line(from),
            one_line(subject),
            user_id = to.replace('@', ".at."),
        );
        for line in fill(body).lines() {
            text.push_str(line);
            text.push_str("\r\n");
        }
        let mut raw = text.into_bytes();
        pad(&mut raw, size.unwrap_or(0));
        raw.into()
    }
}

impl Change {
    /// Octets and messages that it adds, about: `{n}` is counted as it stands, and a `Raw` template is shared by all that are made from it.
    pub fn adds(&self) -> (u64, u64) {
        let Change::Deliver { template, count, .. } = self else { return (0, 0) };
        let octets = match template {
            Template::Raw(_) => 0,
            Template::Parts { from, subject, body, size } => {
                let text = HEADER_OCTETS + (from.len() + subject.len() + body.len()) as u64;
                text.max(size.unwrap_or(0))
            }
        };
        (octets.saturating_mul(u64::from(*count)), u64::from(*count))
    }
}

/// Adds lines of text until the message has `size` octets; never cuts.
fn pad(raw: &mut Vec<u8>, size: u64) {
    const LINE: &[u8] = b"The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    while raw.len() < size {
        let left = size - raw.len();
        if left >= LINE.len() + 3 {
            raw.extend_from_slice(LINE);
        } else {
            raw.extend(std::iter::repeat_n(b'x', left.saturating_sub(2)));
            raw.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_padded_and_the_same_each_time() {
        let template =
            Template::Parts { from: "a@b.test".into(), subject: "Number {n}".into(), body: "one\ntwo".into(), size: Some(1000) };
        let raw = template.render(3, "bob");
        let text = std::str::from_utf8(&raw).unwrap();
        assert_eq!(raw.len(), 1000);
        assert!(text.contains("Subject: Number 3\r\n") && text.contains("To: bob@mailfault.test\r\n"));
        assert!(text.contains("\r\n\r\none\r\ntwo\r\n") && text.ends_with("\r\n"));
        assert_eq!(raw, template.render(3, "bob"));
    }

    #[test]
    fn a_header_field_cannot_be_smuggled_in_through_the_subject() {
        let template = Template::Parts { from: "a".into(), subject: "x\r\nBcc: y".into(), body: String::new(), size: None };
        assert!(!template.render(1, "bob").windows(6).any(|window| window == b"\r\nBcc:"));
    }
}
