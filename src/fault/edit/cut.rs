//! `cut`: the first part of a reply, and the rest.

use bytes::Bytes;

use crate::fault::Cut;
use crate::proto::{Piece, Rope, Source};

/// The octets up to the cut, and those behind it (what is left for a later `pass`). A cut beyond the end leaves the whole in front; one `Before` more
/// octets than there are leaves nothing there. A part is rounded down to whole octets. Lazy pieces are cut where they are: they are run
/// to find the place, but nothing of them is kept.
pub fn cut(rope: Rope, cut: Cut) -> (Rope, Rope) {
    let mut left = place(&rope, cut);
    let (mut head, mut tail) = (Rope::new(), Rope::new());
    let mut pieces = rope.pieces.into_iter();
    for piece in pieces.by_ref() {
        if left == 0 {
            tail.pieces.push(piece);
            break;
        }
        match piece {
            Piece::Lazy(source) => left = split_lazy(source, left, &mut head, &mut tail),
            whole if whole.len() <= left => {
                left -= whole.len();
                head.pieces.push(whole);
            }
            piece => {
                split_piece(piece, left, &mut head, &mut tail);
                left = 0;
            }
        }
    }
    tail.pieces.extend(pieces);
    (head, tail)
}

/// Octets in front of the cut, at most; the length is asked for only where it matters, since it costs a run of the lazy pieces.
fn place(rope: &Rope, cut: Cut) -> u64 {
    match cut {
        Cut::At(octets) => octets,
        Cut::Before(octets) => rope.len().saturating_sub(octets),
        Cut::Percent(part) => percent_of(rope.len(), part),
    }
}

/// A part of a length, 0 to 100, rounded down.
pub fn percent_of(len: u64, part: f64) -> u64 {
    // The conversion rounds down, and makes 0 of what is no number.
    ((len as f64 * part.clamp(0.0, 100.0) / 100.0) as u64).min(len)
}

/// Cuts a generator; how many octets of the part in front are still to come behind it.
fn split_lazy(source: Box<dyn Source>, octets: u64, head: &mut Rope, tail: &mut Rope) -> u64 {
    let mut ahead = source.boxed_clone();
    let mut left = octets;
    while let Some(piece) = ahead.next() {
        let len = piece.len();
        if len <= left {
            left -= len;
            continue;
        }
        // The generator stands behind this piece: so it makes the rest, too.
        split_piece(piece, left, &mut Rope::new(), tail);
        tail.pieces.push(Piece::Lazy(ahead));
        head.push_lazy(First { source, left: octets });
        return 0;
    }
    head.pieces.push(Piece::Lazy(source));
    left
}

fn split_piece(piece: Piece, octets: u64, head: &mut Rope, tail: &mut Rope) {
    let at = |bytes: &Bytes| usize::try_from(octets).unwrap_or(usize::MAX).min(bytes.len());
    match piece {
        Piece::Text(mut text) => {
            head.push_text(text.split_to(at(&text)));
            tail.push_text(text);
        }
        Piece::Payload(mut mail) => {
            head.push_payload(mail.split_to(at(&mail)));
            tail.push_payload(mail);
        }
        // No source makes one.
        Piece::Lazy(_) => {}
    }
}

/// The first octets of a generator.
struct First {
    source: Box<dyn Source>,
    left: u64,
}

impl Source for First {
    fn next(&mut self) -> Option<Piece> {
        if self.left == 0 {
            return None;
        }
        let mut piece = self.source.next()?;
        if let Piece::Text(bytes) | Piece::Payload(bytes) = &mut piece {
            bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= bytes.len() as u64;
        }
        Some(piece)
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(First { source: self.source.boxed_clone(), left: self.left })
    }
}
