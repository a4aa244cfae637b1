//! `garbage`: noise that is the same for the same draw.

use bytes::BytesMut;

use crate::fault::draw::derive;
use crate::proto::{Piece, Rope, Source};

/// Octets made at a time; a multiple of 8.
const CHUNK: u64 = 4096;

/// So many octets of noise, made while they are sent. They are no protocol text: `rewrite` leaves them alone.
pub fn garbage(octets: u64, draw: u64) -> Rope {
    let mut rope = Rope::new();
    if octets > 0 {
        rope.push_lazy(Noise { left: octets, draw, word: 0 });
    }
    rope
}

/// A stream of words, the n-th of which is the n-th number derived from the draw.
#[derive(Clone)]
struct Noise {
    left: u64,
    draw: u64,
    word: u64,
}

impl Source for Noise {
    fn next(&mut self) -> Option<Piece> {
        if self.left == 0 {
            return None;
        }
        let octets = self.left.min(CHUNK);
        self.left -= octets;
        let mut chunk = BytesMut::with_capacity(CHUNK as usize);
        for _ in 0..octets.div_ceil(8) {
            chunk.extend_from_slice(&derive(self.draw, self.word).to_le_bytes());
            self.word = self.word.wrapping_add(1);
        }
        chunk.truncate(octets as usize);
        Some(Piece::Payload(chunk.freeze()))
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }

    fn known_len(&self) -> Option<u64> {
        Some(self.left)
    }
}
