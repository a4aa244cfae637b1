//! What waits to be written on a connection.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};

use super::socket::Socket;
use crate::proto::{Piece, Rope};

/// More octets than this that wait, and no further command is obeyed until the client has read.
const CROWDED_OCTETS: u64 = 256 << 10;
/// Likewise for pieces: many small ones weigh, too.
const CROWDED_PIECES: usize = 4096;
/// A piece of at least this size is written from where it lies, smaller ones are gathered into one write.
const LARGE: usize = 16 << 10;
/// The most that is gathered.
const GATHER: usize = 64 << 10;

/// Pieces in the order of sending.
#[derive(Default)]
pub struct Out {
    pub(super) queue: VecDeque<Piece>,
    /// Octets in the queue, without what lazy pieces will make.
    octets: u64,
}

impl Out {
    /// Adds a rope at the end.
    pub fn push(&mut self, rope: Rope) {
        for piece in rope.pieces {
            if let Piece::Text(octets) | Piece::Payload(octets) = &piece {
                self.octets += octets.len() as u64;
            }
            self.queue.push_back(piece);
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether so much waits that no more should be made.
    pub fn is_crowded(&self) -> bool {
        self.octets > CROWDED_OCTETS || self.queue.len() > CROWDED_PIECES
    }

    /// All that waits, lazy pieces measured.
    pub fn len(&self) -> u64 {
        self.queue.iter().map(Piece::len).sum()
    }

    /// Forgets what waits; the answer is how many octets that was.
    pub fn clear(&mut self) -> u64 {
        let octets = self.len();
        self.queue.clear();
        self.octets = 0;
        octets
    }

    /// Writes until the queue is empty or the kernel takes no more. `written` is told of every run of octets that was taken.
    pub fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
        gather: &mut Vec<u8>,
        mut written: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        while let Some(octets) = self.batch(gather) {
            let taken = std::task::ready!(socket.poll_write(cx, octets))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            written(&octets[..taken]);
            self.advance(taken);
        }
        Poll::Ready(Ok(()))
    }

    /// What the next write should hold; the queue keeps it until `advance`.
    fn batch<'a>(&'a mut self, gather: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        gather.clear();
        let mut next = 0;
        loop {
            self.unroll(next);
            match self.queue.get(next) {
                Some(Piece::Text(octets) | Piece::Payload(octets)) if gather.len() + octets.len() <= GATHER => {
                    if octets.len() >= LARGE && next == 0 {
                        break;
                    }
                    gather.extend_from_slice(octets);
                    next += 1;
                }
                _ => break,
            }
        }
        match self.queue.front() {
            _ if !gather.is_empty() => Some(gather),
            Some(Piece::Text(octets) | Piece::Payload(octets)) => Some(octets),
            _ => None,
        }
    }

    /// Makes the next piece of a lazy one that stands at `place`, so that no lazy piece stands there.
    fn unroll(&mut self, place: usize) {
        while let Some(Piece::Lazy(source)) = self.queue.get_mut(place) {
            match source.next() {
                Some(Piece::Text(octets) | Piece::Payload(octets)) if octets.is_empty() => {}
                Some(piece) => {
                    if let Piece::Text(octets) | Piece::Payload(octets) = &piece {
                        self.octets += octets.len() as u64;
                    }
                    self.queue.insert(place, piece);
                }
                None => drop(self.queue.remove(place)),
            }
        }
    }

    fn advance(&mut self, mut taken: usize) {
        self.octets = self.octets.saturating_sub(taken as u64);
        while let Some(Piece::Text(octets) | Piece::Payload(octets)) = self.queue.front_mut() {
            if taken < octets.len() {
                drop(octets.split_to(taken));
                return;
            }
            taken -= octets.len();
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Source;

    #[derive(Clone)]
    struct Numbers(u32);

    impl Source for Numbers {
        fn next(&mut self) -> Option<Piece> {
            self.0 = self.0.checked_sub(1)?;
            Some(Piece::Text(format!("{} ", self.0).into()))
        }
        fn boxed_clone(&self) -> Box<dyn Source> {
            Box::new(self.clone())
        }
    }

    fn drain(out: &mut Out) -> Vec<String> {
        let mut gather = Vec::new();
        let mut writes = Vec::new();
        while let Some(octets) = out.batch(&mut gather) {
            let taken = octets.len();
            writes.push(String::from_utf8_lossy(octets).into_owned());
            out.advance(taken);
        }
        writes
    }

    #[test]
    fn small_pieces_lazy_ones_included_leave_in_one_write() {
        let mut out = Out::default();
        let mut rope = Rope::fixed("a ");
        rope.push_lazy(Numbers(3));
        rope.push_text("z");
        out.push(rope);
        assert_eq!(out.len(), 9);
        assert_eq!(drain(&mut out), ["a 2 1 0 z"]);
        assert!(out.is_empty() && !out.is_crowded());
    }

    #[test]
    fn a_large_piece_is_written_from_where_it_lies() {
        let mut out = Out::default();
        out.push(Rope::fixed("a"));
        out.push(Rope::text(vec![b'x'; 70_000]));
        out.push(Rope::fixed("b"));
        assert_eq!(drain(&mut out).iter().map(String::len).collect::<Vec<_>>(), [1, 70_000, 1]);
    }

    #[test]
    fn a_partial_write_leaves_the_rest_in_place() {
        let mut out = Out::default();
        out.push(Rope::fixed("hello"));
        out.push(Rope::fixed(" world"));
        out.batch(&mut Vec::new());
        out.advance(7);
        assert_eq!(drain(&mut out), ["orld"]);
    }
}
