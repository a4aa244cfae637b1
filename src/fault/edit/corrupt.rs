//! `corrupt`: flipped bits, by the offset of what is written.

use bytes::{Bytes, BytesMut};

use super::Flat;
use crate::proto::{Piece, Source};

/// Octets to corrupt, as offsets from the next octet that will be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Flips {
    ahead: Vec<u64>,
}

impl Flips {
    pub(super) fn add(&mut self, at: u64) {
        self.ahead.push(at);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ahead.is_empty()
    }

    /// The flips that fall into these pieces; what lies behind them is kept for the next ones.
    pub(super) fn take_over(&mut self, from: Flat) -> Corrupting {
        let corrupting = Corrupting { from: from.clone(), flips: self.ahead.clone(), offset: 0 };
        let furthest = self.ahead.iter().copied().max().unwrap_or(0);
        let mut measure = from;
        let mut len = 0u64;
        // No further than the last flip: a long reply need not be made twice.
        while len <= furthest {
            let Some(piece) = measure.next() else { break };
            len = len.saturating_add(piece.len());
        }
        self.ahead.retain(|&at| at >= len);
        self.ahead.iter_mut().for_each(|at| *at -= len);
        corrupting
    }
}

/// Pieces with flipped bits.
#[derive(Clone)]
pub(super) struct Corrupting {
    from: Flat,
    flips: Vec<u64>,
    /// Octets passed so far.
    offset: u64,
}

impl Corrupting {
    fn flip(&mut self, octets: Bytes) -> Bytes {
        let start = self.offset;
        let end = start.saturating_add(octets.len() as u64);
        self.offset = end;
        if !self.flips.iter().any(|at| (start..end).contains(at)) {
            return octets;
        }
        let mut octets = BytesMut::from(octets);
        for &at in &self.flips {
            let place = at.checked_sub(start).and_then(|at| usize::try_from(at).ok());
            if let Some(octet) = place.and_then(|place| octets.get_mut(place)) {
                *octet ^= 1;
            }
        }
        octets.freeze()
    }
}

impl Source for Corrupting {
    fn next(&mut self) -> Option<Piece> {
        Some(match self.from.next()? {
            Piece::Text(text) => Piece::Text(self.flip(text)),
            Piece::Payload(mail) => Piece::Payload(self.flip(mail)),
            lazy => lazy,
        })
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }

    fn known_len(&self) -> Option<u64> {
        self.from.known_len()
    }
}
