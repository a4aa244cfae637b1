//! One message, as it came.

use std::sync::OnceLock;

use bytes::Bytes;

use super::{Envelope, Part};

/// A message: octets that never change, and what was found in them when somebody first asked. Several mailboxes may hold the same one.
#[derive(Debug)]
pub struct Message {
    /// As it arrived, dot-stuffing undone.
    pub raw: Bytes,
    structure: OnceLock<Box<Part>>,
}

impl Message {
    /// From its octets.
    pub fn new(raw: Bytes) -> Self {
        Message { raw, structure: OnceLock::new() }
    }

    /// Its MIME structure, found at the first call.
    pub fn structure(&self) -> &Part {
        self.structure.get_or_init(|| Box::new(Part::parse(&self.raw)))
    }

    /// Its ENVELOPE (RFC 3501 section 7.4.2).
    pub fn envelope(&self) -> Envelope {
        Envelope::parse(&self.raw[self.structure().header.clone()])
    }
}
