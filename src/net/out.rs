//! What waits to be written on a connection.

use std::collections::VecDeque;
use std::io;
use std::task::{Context, Poll};

use super::socket::Socket;
use super::tls::{BATCH, Tls};
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
    queue: VecDeque<Item>,
    /// Octets in the queue, without what lazy pieces will make.
    octets: u64,
}

/// A piece, and whether it goes below TLS.
struct Item {
    piece: Piece,
    raw: bool,
}

impl Out {
    /// Adds a rope at the end; it goes through TLS, if TLS is up when its turn comes.
    pub fn push(&mut self, rope: Rope) {
        self.add(rope, false);
    }

    /// Adds a rope at the end that goes below TLS.
    pub fn push_raw(&mut self, rope: Rope) {
        self.add(rope, true);
    }

    fn add(&mut self, rope: Rope, raw: bool) {
        for piece in rope.pieces {
            if let Piece::Text(octets) | Piece::Payload(octets) = &piece {
                self.octets += octets.len() as u64;
            }
            self.queue.push_back(Item { piece, raw });
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
        self.queue.iter().map(|item| item.piece.len()).sum()
    }

    /// Forgets what waits; the answer is how many octets that was.
    pub fn clear(&mut self) -> u64 {
        let octets = self.len();
        self.queue.clear();
        self.octets = 0;
        octets
    }

    /// Writes until the queue is empty, the kernel takes no more, or the time is `spent` (then nobody wakes the task). `written` is told of every run of octets that was taken: by the kernel or, where TLS
    /// is up, by TLS, whose records go out before anything else; the flag says that it went below TLS.
    pub fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
        mut tls: Option<&mut Tls>,
        gather: &mut Vec<u8>,
        spent: impl Fn() -> bool,
        mut written: impl FnMut(&[u8], bool),
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(tls) = tls.as_deref_mut() {
                while !tls.output().is_empty() {
                    let taken = std::task::ready!(write(socket, cx, tls.output()))?;
                    tls.wrote(taken);
                }
            }
            let Some((octets, raw)) = self.batch(gather) else { return Poll::Ready(Ok(())) };
            let taken = match tls.as_deref_mut() {
                Some(tls) if tls.is_up() && !raw => {
                    let batch = octets.get(..BATCH).unwrap_or(octets);
                    tls.encrypt(batch);
                    batch.len()
                }
                _ => std::task::ready!(write(socket, cx, octets))?,
            };
            written(&octets[..taken], raw);
            self.advance(taken);
            if spent() {
                return Poll::Pending;
            }
        }
    }

    /// What the next write should hold, and whether it goes below TLS; the queue keeps it until `advance`.
    fn batch<'a>(&'a mut self, gather: &'a mut Vec<u8>) -> Option<(&'a [u8], bool)> {
        gather.clear();
        let mut next = 0;
        self.unroll(0);
        let raw = self.queue.front()?.raw;
        loop {
            self.unroll(next);
            match self.queue.get(next) {
                Some(Item { piece: Piece::Text(octets) | Piece::Payload(octets), raw: same })
                    if *same == raw && gather.len() + octets.len() <= GATHER =>
                {
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
            _ if !gather.is_empty() => Some((gather, raw)),
            Some(Item { piece: Piece::Text(octets) | Piece::Payload(octets), .. }) => Some((octets, raw)),
            _ => None,
        }
    }

    /// Makes the next piece of a lazy one that stands at `place`, so that no lazy piece stands there.
    fn unroll(&mut self, place: usize) {
        while let Some(Item { piece: Piece::Lazy(source), raw }) = self.queue.get_mut(place) {
            let raw = *raw;
            match source.next() {
                Some(Piece::Text(octets) | Piece::Payload(octets)) if octets.is_empty() => {}
                Some(piece) => {
                    if let Piece::Text(octets) | Piece::Payload(octets) = &piece {
                        self.octets += octets.len() as u64;
                    }
                    self.queue.insert(place, Item { piece, raw });
                }
                None => drop(self.queue.remove(place)),
            }
        }
    }

    fn advance(&mut self, mut taken: usize) {
        self.octets = self.octets.saturating_sub(taken as u64);
        while let Some(Item { piece: Piece::Text(octets) | Piece::Payload(octets), .. }) = self.queue.front_mut() {
            if taken < octets.len() {
                drop(octets.split_to(taken));
                return;
            }
            taken -= octets.len();
            self.queue.pop_front();
        }
    }
}

fn write(socket: &mut Socket, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
    match std::task::ready!(socket.poll_write(cx, octets))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        taken => Poll::Ready(Ok(taken)),
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
        while let Some((octets, _)) = out.batch(&mut gather) {
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
    fn what_goes_below_tls_shares_no_write_with_what_does_not() {
        let mut out = Out::default();
        out.push(Rope::fixed("a"));
        out.push_raw(Rope::fixed("b"));
        out.push_raw(Rope::fixed("c"));
        out.push(Rope::fixed("d"));
        assert_eq!(drain(&mut out), ["a", "bc", "d"]);
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
