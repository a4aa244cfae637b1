//! What makes two messages the same.

use super::decode;
use super::{Content, Message, Part};

/// What tells a message from others, for the recipient that got it. Two messages are the same when their Message-IDs are equal, or else when sender,
/// recipient and [`Identity::content`] are: some clients make a new Message-ID when they send again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The Message-ID as the header has it.
    pub message_id: Option<Box<str>>,
    /// [`Message::content_digest`]
    pub content: u64,
}

impl Identity {
    /// Whether both are the same message, given that they went to the same recipient, from the same sender or not.
    pub fn same(&self, other: &Identity, same_sender: bool) -> bool {
        let same_id = self.message_id.is_some() && self.message_id == other.message_id;
        same_id || (same_sender && self.content == other.content)
    }
}

impl Message {
    /// Message-ID and content digest.
    pub fn identity(&self) -> Identity {
        Identity { message_id: self.message_id().map(Into::into), content: self.content_digest() }
    }

    /// A digest of the decoded subject and the decoded bodies of all leaves; the same on every machine and in every version. MIME boundaries, transfer
    /// encodings, line ends and blank lines at the end of a body do not matter, header fields other than Subject neither.
    pub fn content_digest(&self) -> u64 {
        *self.digest.get_or_init(|| {
            let mut digest = Fnv::new();
            digest.write(self.subject().unwrap_or_default().trim().as_bytes());
            let mut leaves = Vec::new();
            collect_leaves(self.structure(), &mut leaves);
            for leaf in leaves {
                digest.separate();
                let octets = self.raw.get(leaf.body.clone()).unwrap_or_default();
                let decoded = decode::transfer(octets, &leaf.encoding);
                digest.write_lines(decoded.trim_ascii_end());
            }
            digest.0
        })
    }
}

fn collect_leaves<'a>(part: &'a Part, leaves: &mut Vec<&'a Part>) {
    match &part.content {
        Content::Leaf => leaves.push(part),
        Content::Multipart(parts) => parts.iter().for_each(|part| collect_leaves(part, leaves)),
        Content::Message(inner) => collect_leaves(inner, leaves),
    }
}

/// FNV-1a with 64 bits.
#[derive(Clone, Copy)]
pub(crate) struct Fnv(pub u64);

impl Fnv {
    pub(crate) fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn write(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.0 = (self.0 ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// The same whether lines end with CRLF or LF.
    fn write_lines(&mut self, octets: &[u8]) {
        for (n, line) in octets.split(|&octet| octet == b'\n').enumerate() {
            if n > 0 {
                self.write(b"\n");
            }
            self.write(line.strip_suffix(b"\r").unwrap_or(line));
        }
    }

    /// Keeps `ab` + `c` and `a` + `bc` apart.
    pub(crate) fn separate(&mut self) {
        // 0xff is in no UTF-8 text.
        self.write(&[0xff, 0]);
    }
}
