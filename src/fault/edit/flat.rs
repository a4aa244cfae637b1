//! A rope's pieces one after the other, the lazy ones run.

use crate::proto::{Piece, Rope, Source};

/// Yields `Text` and `Payload` only.
#[derive(Clone)]
pub(super) struct Flat {
    /// Last first.
    pieces: Vec<Piece>,
}

impl Flat {
    pub(super) fn new(rope: Rope) -> Self {
        let mut pieces = rope.pieces.into_vec();
        pieces.reverse();
        Flat { pieces }
    }
}

impl Source for Flat {
    fn next(&mut self) -> Option<Piece> {
        loop {
            match self.pieces.last_mut()? {
                Piece::Lazy(source) => match source.next() {
                    Some(Piece::Lazy(inner)) => self.pieces.push(Piece::Lazy(inner)),
                    Some(piece) => return Some(piece),
                    None => _ = self.pieces.pop(),
                },
                _ => return self.pieces.pop(),
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }

    fn known_len(&self) -> Option<u64> {
        self.pieces.iter().map(Piece::known_len).sum()
    }
}
