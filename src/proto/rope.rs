//! A reply as a list of pieces, so that a large FETCH costs no copy and `rewrite` knows what is protocol and what is mail.

use std::fmt;

use bytes::Bytes;
use smallvec::SmallVec;

/// A run of octets in a reply.
pub enum Piece {
    /// Protocol text; `rewrite` may change it.
    Text(Bytes),
    /// Somebody's mail; never rewritten.
    Payload(Bytes),
    /// Made piece by piece while it is sent.
    Lazy(Box<dyn Source>),
}

/// A generator of pieces. It is cloned to measure a reply before it is sent, so its output must not depend on when it runs.
pub trait Source: Send {
    /// The next piece, `Text` or `Payload`, never `Lazy`; `None` at the end.
    fn next(&mut self) -> Option<Piece>;
    /// The same generator at the same place.
    fn boxed_clone(&self) -> Box<dyn Source>;
    /// Octets still to come, where that can be said without making them.
    fn known_len(&self) -> Option<u64> {
        None
    }
}

impl Clone for Piece {
    fn clone(&self) -> Self {
        match self {
            Piece::Text(bytes) => Piece::Text(bytes.clone()),
            Piece::Payload(bytes) => Piece::Payload(bytes.clone()),
            Piece::Lazy(source) => Piece::Lazy(source.boxed_clone()),
        }
    }
}

impl Piece {
    /// Its length in octets; a lazy piece that does not know is run once to find out.
    pub fn len(&self) -> u64 {
        match self {
            Piece::Text(bytes) | Piece::Payload(bytes) => bytes.len() as u64,
            Piece::Lazy(source) => source.known_len().unwrap_or_else(|| {
                let mut source = source.boxed_clone();
                std::iter::from_fn(|| source.next()).map(|piece| piece.len()).sum()
            }),
        }
    }

    /// Its length, unless a lazy piece would have to be run.
    pub fn known_len(&self) -> Option<u64> {
        match self {
            Piece::Lazy(source) => source.known_len(),
            piece => Some(piece.len()),
        }
    }

    /// Whether it has no octets.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A reply, or a burst of untagged data: pieces in the order of sending.
#[derive(Clone, Default)]
pub struct Rope {
    /// The pieces, first to be sent first.
    pub pieces: SmallVec<[Piece; 1]>,
}

impl Rope {
    /// Nothing.
    pub fn new() -> Self {
        Rope { pieces: SmallVec::new() }
    }

    /// One piece of protocol text that lives in the program; costs no allocation.
    pub fn fixed(text: &'static str) -> Self {
        Rope::text(Bytes::from_static(text.as_bytes()))
    }

    /// One piece of protocol text.
    pub fn text(text: impl Into<Bytes>) -> Self {
        let mut rope = Rope::new();
        rope.push_text(text);
        rope
    }

    /// Adds protocol text; empty text adds nothing.
    pub fn push_text(&mut self, text: impl Into<Bytes>) {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text));
        }
    }

    /// Adds somebody's mail; an empty one adds nothing.
    pub fn push_payload(&mut self, payload: impl Into<Bytes>) {
        let payload = payload.into();
        if !payload.is_empty() {
            self.pieces.push(Piece::Payload(payload));
        }
    }

    /// Adds a generator.
    pub fn push_lazy(&mut self, source: impl Source + 'static) {
        self.pieces.push(Piece::Lazy(Box::new(source)));
    }

    /// Adds all of another rope.
    pub fn append(&mut self, other: Rope) {
        self.pieces.extend(other.pieces);
    }

    /// Whether there is more in it than protocol text: somebody's mail, or what is still to be made.
    pub fn holds_mail(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }

    /// Whether there is no piece.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Its length in octets.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// All octets in one buffer: for tests and for short replies.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(bytes) | Piece::Payload(bytes) => out.extend_from_slice(bytes),
                Piece::Lazy(source) => {
                    let mut source = source.boxed_clone();
                    while let Some(Piece::Text(bytes) | Piece::Payload(bytes)) = source.next() {
                        out.extend_from_slice(&bytes);
                    }
                }
            }
        }
        out
    }
}

impl fmt::Debug for Rope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.to_vec()))
    }
}

impl PartialEq<str> for Rope {
    fn eq(&self, other: &str) -> bool {
        self.to_vec() == other.as_bytes()
    }
}

impl PartialEq<&str> for Rope {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}
