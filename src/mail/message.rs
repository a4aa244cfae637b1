//! One message, as it came.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};

use super::decode;
use super::header::{fields, first_value, header_end};
use super::room::Shelf;
use super::{Content, Envelope, FieldNames, Part};

/// A message: octets that never change, and what was found in them when somebody first asked. Several mailboxes may hold the same one.
#[derive(Debug)]
pub struct Message {
    /// As it arrived, dot-stuffing undone.
    pub raw: Bytes,
    structure: OnceLock<Box<Part>>,
    pub(super) digest: OnceLock<u64>,
    pub(super) shelf: Shelf,
    /// The octets are held elsewhere in any case, and take no room of their own.
    pub(super) shared: bool,
    pub(super) email: OnceLock<u64>,
}

impl Message {
    /// From its octets.
    pub fn new(raw: Bytes) -> Self {
        Message {
            raw,
            structure: OnceLock::new(),
            digest: OnceLock::new(),
            email: OnceLock::new(),
            shelf: Shelf::default(),
            shared: false,
        }
    }

    /// From octets that a scenario holds as long as the server runs: they take no room in the store.
    pub(super) fn shared(raw: Bytes) -> Self {
        Message { shared: true, ..Message::new(raw) }
    }

    /// Its MIME structure, found at the first call.
    pub fn structure(&self) -> &Part {
        self.structure.get_or_init(|| Box::new(Part::parse(&self.raw)))
    }

    /// Its ENVELOPE (RFC 3501 section 7.4.2).
    pub fn envelope(&self) -> Envelope {
        Envelope::parse(&self.raw)
    }

    /// The ENVELOPE of a message inside this one: `part` is what [`Content::Message`] holds.
    pub fn envelope_of(&self, part: &Part) -> Envelope {
        Envelope::parse(self.octets(part.header.clone()))
    }

    /// Message-ID as it stands, with its angle brackets, without blanks around it; `None` where it is missing, empty or not UTF-8. Does not need the
    /// structure.
    pub fn message_id(&self) -> Option<&str> {
        let header = 0..header_end(&self.raw);
        let field = fields(&self.raw, header).find(|field| self.raw[field.name.clone()].eq_ignore_ascii_case(b"message-id"))?;
        let value = std::str::from_utf8(self.octets(field.value)).ok()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Subject, unfolded, encoded words decoded. Does not need the structure.
    pub fn subject(&self) -> Option<String> {
        first_value(&self.raw, 0..header_end(&self.raw), "subject").map(|value| decode::encoded_words(&value))
    }

    /// The part with these section numbers (RFC 3501 section 6.4.5): `[]` is the message, `[1]` of a message that is no multipart is its body. Numbers
    /// after a message/rfc822 part go into the message inside; what the part holds as a whole is `part.body`.
    pub fn part_at(&self, numbers: &[u32]) -> Option<&Part> {
        let mut part = self.structure();
        // The number 1 stands for a message's only part as long as we are at a message, not at a part of one.
        let mut at_message = true;
        let mut over = false;
        for &number in numbers {
            if over {
                return None;
            }
            if let (Content::Message(inner), false) = (&part.content, at_message) {
                part = inner;
                at_message = true;
            }
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            part = match &part.content {
                Content::Multipart(parts) => parts.get(index)?,
                Content::Message(_) if at_message && index == 0 => part,
                // A multipart in which no part was found has one part all the same: all of it.
                Content::Leaf if index == 0 && (at_message || part.is("multipart", "*")) => {
                    over = true;
                    part
                }
                _ => return None,
            };
            at_message = false;
        }
        Some(part)
    }

    /// The fields of a part's header in their order: name, and where the value stands in the message (folds and line end included). Lines that are no
    /// field are left out.
    pub fn header_fields<'a>(&'a self, part: &Part) -> impl Iterator<Item = (&'a str, Range<usize>)> + use<'a> {
        fields(&self.raw, part.header.clone())
            .filter_map(|field| Some((std::str::from_utf8(&self.raw[field.name]).ok()?, field.value)))
            .filter(|(name, _)| !name.is_empty())
    }

    /// The length of its header, the empty line included; without an empty line all of it is header. Does not need the structure.
    pub fn header_length(&self) -> usize {
        header_end(&self.raw)
    }

    /// HEADER.FIELDS, with `not` HEADER.FIELDS.NOT: the fields of these names (any case) or all others, as they stand, and the empty line (RFC 3501
    /// section 6.4.5: that line is there in any case).
    pub fn header_fields_only(&self, part: &Part, names: &FieldNames, not: bool) -> Bytes {
        self.fields_only(part.header.clone(), names, not)
    }

    /// The same for a header that stands there.
    pub fn fields_only(&self, header: Range<usize>, names: &FieldNames, not: bool) -> Bytes {
        let mut chosen = BytesMut::new();
        for field in fields(&self.raw, header) {
            let name = self.octets(field.name);
            if names.contains(name) != not {
                chosen.extend_from_slice(self.octets(field.whole));
            }
        }
        if !chosen.is_empty() && !chosen.ends_with(b"\n") {
            chosen.extend_from_slice(b"\r\n");
        }
        chosen.extend_from_slice(b"\r\n");
        chosen.freeze()
    }

    /// Whether the transfer encoding of a part can be undone: it is one of RFC 2045's.
    pub fn can_decode(&self, part: &Part) -> bool {
        decode::is_known(&part.encoding)
    }

    /// A part's body with its transfer encoding undone.
    pub fn decoded_body(&self, part: &Part) -> Cow<'_, [u8]> {
        decode::transfer(self.octets(part.body.clone()), &part.encoding)
    }

    /// A part's body as text: transfer encoding undone, from its charset.
    pub fn decoded_text(&self, part: &Part) -> String {
        decode::charset(&self.decoded_body(part), part.parameter("charset").unwrap_or("")).into_owned()
    }

    fn octets(&self, range: Range<usize>) -> &[u8] {
        self.raw.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
