//! The MIME structure of a message, with the place of every part in its octets.

use std::ops::Range;

/// `Content-Disposition` (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// `attachment`, `inline`, ...
    pub kind: String,
    /// Parameters in their order, names as they stand.
    pub parameters: Vec<(String, String)>,
}

/// What is inside a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing that has a structure.
    Leaf,
    /// The parts of a multipart.
    Multipart(Vec<Part>),
    /// The message inside `message/rfc822`, with its own header.
    Message(Box<Part>),
}

/// One part; ranges are octets of the whole message.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its header, with the empty line that ends it.
    pub header: Range<usize>,
    /// Its body: all after the header, up to the delimiter (the line end before a delimiter belongs to the delimiter, RFC 2046 section 5.1.1).
    pub body: Range<usize>,
    /// Type, `text` where the header does not say.
    pub kind: String,
    /// Subtype, `plain` where the header does not say.
    pub subtype: String,
    /// Parameters of Content-Type in their order; `charset=us-ascii` where a text has no Content-Type at all.
    pub parameters: Vec<(String, String)>,
    /// `Content-ID`
    pub id: Option<String>,
    /// `Content-Description`
    pub description: Option<String>,
    /// `Content-Transfer-Encoding`, `7BIT` where the header does not say.
    pub encoding: String,
    /// `Content-MD5`
    pub md5: Option<String>,
    /// `Content-Disposition`
    pub disposition: Option<Disposition>,
    /// `Content-Language`
    pub language: Vec<String>,
    /// `Content-Location`
    pub location: Option<String>,
    /// Lines of the body.
    pub lines: u32,
    /// What is inside.
    pub content: Content,
}

impl Part {
    /// Finds the structure; whatever the octets are, there is one.
    pub fn parse(_raw: &[u8]) -> Part {
        unimplemented!()
    }
}
