//! Message content as it comes: DATA's dot-stuffed lines and BDAT's chunks, in reads of any size.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A buffer of this size at most is made before any content is there, whatever SIZE= declares.
const MOST_IN_ADVANCE: u64 = 1 << 20;

static DOT_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n."));

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// More octets are needed.
    More,
    /// The offset that was asked for is reached.
    Offset,
    /// The content, or the chunk, is whole.
    End,
}

/// What the last octet was, as far as framing cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tail {
    /// The start of a line: nothing yet, or CRLF.
    #[default]
    Line,
    Cr,
    Other,
}

/// A message that is arriving. Offsets count octets as they came over the wire, before dot-unstuffing and without the final dot.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// What is kept, dots unstuffed.
    pub raw: Vec<u8>,
    /// Octets so far.
    pub wire: u64,
    /// Octets that were not kept, beyond the limit.
    pub dropped: u64,
    /// Offset of the first bare LF.
    pub bare_lf: Option<u64>,
    /// Offset of the first bare CR.
    pub bare_cr: Option<u64>,
    /// Whether there is an octet above 127.
    pub eight_bit: bool,
    limit: u64,
    /// Room to make when the first octet is there: a client that stalls after 354 costs no buffer.
    advance: usize,
    tail: Tail,
}

impl Content {
    /// For a message of at most `limit` octets, of which SIZE= declared `declared` (0: nothing).
    pub fn new(limit: u64, declared: u64) -> Self {
        let advance = usize::try_from(declared.min(limit).min(MOST_IN_ADVANCE)).unwrap_or(0);
        Content { advance, limit, ..Content::default() }
    }

    /// Reads dot-stuffed lines up to the line that is a lone dot (RFC 5321 section 4.5.2). Only CRLF ends a line, so `LF . LF` is content.
    /// A dot whose meaning is not decided yet stays in `input`.
    pub fn take_lines(&mut self, input: &mut &[u8], stop: Option<u64>) -> Taken {
        loop {
            if stop.is_some_and(|stop| stop > 0 && stop == self.wire) {
                return Taken::Offset;
            }
            let mut stuffed = false;
            if self.tail == Tail::Line {
                match **input {
                    [] | [b'.'] | [b'.', b'\r'] => return Taken::More,
                    [b'.', b'\r', b'\n', ..] => {
                        *input = input.get(3..).unwrap_or_default();
                        return Taken::End;
                    }
                    [b'.', ..] => stuffed = true,
                    _ => {}
                }
            }
            if input.is_empty() {
                return Taken::More;
            }
            if stop == Some(0) && self.wire == 0 {
                return Taken::Offset;
            }
            if stuffed {
                *input = input.get(1..).unwrap_or_default();
                self.wire += 1;
                self.tail = Tail::Other;
                continue;
            }
            let run = self.run(input, stop);
            self.keep(run);
        }
    }

    /// Reads `left` octets of a chunk (RFC 3030).
    pub fn take_chunk(&mut self, input: &mut &[u8], left: &mut u64, stop: Option<u64>) -> Taken {
        loop {
            if stop.is_some_and(|stop| stop == self.wire && (stop > 0 || (*left > 0 && !input.is_empty()))) {
                return Taken::Offset;
            }
            if *left == 0 {
                return Taken::End;
            }
            if input.is_empty() {
                return Taken::More;
            }
            let until_stop = stop.map_or(u64::MAX, |stop| stop.saturating_sub(self.wire));
            let run = split(input, (*left).min(until_stop));
            *left -= run.len() as u64;
            self.keep(run);
        }
    }

    /// The content is over: a last lone CR counts.
    pub fn finish(&mut self) {
        if self.tail == Tail::Cr {
            self.bare_cr.get_or_insert(self.wire.saturating_sub(1));
        }
    }

    /// The longest piece without a dot at the start of a line but its own first octet, taken off `input`.
    fn run<'a>(&self, input: &mut &'a [u8], stop: Option<u64>) -> &'a [u8] {
        let until_dot = match self.tail {
            Tail::Cr if input.first() == Some(&b'\n') => 1,
            _ => DOT_LINE.find(input).map_or(input.len(), |at| at + 2),
        };
        split(input, stop.map_or(u64::MAX, |stop| stop.saturating_sub(self.wire)).min(until_dot as u64))
    }

    fn keep(&mut self, run: &[u8]) {
        self.look(run);
        self.wire += run.len() as u64;
        let room = usize::try_from(self.limit.saturating_sub(self.raw.len() as u64)).unwrap_or(usize::MAX);
        let kept = run.get(..room).unwrap_or(run);
        if self.raw.capacity() == 0 {
            self.raw.reserve_exact(self.advance.max(kept.len()));
        }
        self.raw.extend_from_slice(kept);
        self.dropped += (run.len() - kept.len()) as u64;
    }

    /// Finds bare CR and LF. Almost all content has none, so that is asked first, in a form that compiles to vector instructions.
    fn look(&mut self, run: &[u8]) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { return };
        self.eight_bit = self.eight_bit || !run.is_ascii();
        let was_cr = self.tail == Tail::Cr;
        let pairs = || run.iter().zip(run.get(1..).unwrap_or_default());
        let odd = pairs().fold(was_cr != (first == b'\n'), |odd, (a, b)| odd | ((*a == b'\r') != (*b == b'\n')));
        if odd && (self.bare_lf.is_none() || self.bare_cr.is_none()) {
            let mut cr = was_cr;
            for (at, &octet) in (self.wire..).zip(run) {
                if octet == b'\n' && !cr {
                    self.bare_lf.get_or_insert(at);
                } else if cr && octet != b'\n' {
                    self.bare_cr.get_or_insert(at.saturating_sub(1));
                }
                cr = octet == b'\r';
            }
        }
        let crlf = last == b'\n' && run.len().checked_sub(2).map_or(was_cr, |at| run.get(at) == Some(&b'\r'));
        self.tail = match last {
            _ if crlf => Tail::Line,
            b'\r' => Tail::Cr,
            _ => Tail::Other,
        };
    }
}

/// Takes at most so many octets off the front.
fn split<'a>(input: &mut &'a [u8], most: u64) -> &'a [u8] {
    let at = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
    let (run, rest) = input.split_at_checked(at).unwrap_or((input, &[]));
    *input = rest;
    run
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Octet by octet, straight from RFC 5321 section 4.5.2: the message, and what is behind its end.
    fn naive(wire: &[u8]) -> Option<(Vec<u8>, Vec<u8>, u64)> {
        let (mut raw, mut at) = (Vec::new(), 0);
        loop {
            let rest = wire.get(at..)?;
            if raw.is_empty() && at == 0 || wire[..at].ends_with(b"\r\n") {
                if rest.starts_with(b".\r\n") {
                    return Some((raw, rest[3..].to_vec(), at as u64));
                }
                if rest.starts_with(b".") {
                    at += 1;
                    raw.push(*wire.get(at)?);
                    at += 1;
                    continue;
                }
            }
            raw.push(*rest.first()?);
            at += 1;
        }
    }

    fn read(wire: &[u8], pieces: &[usize]) -> Option<(Content, Vec<u8>)> {
        let mut content = Content::new(1 << 20, 0);
        let (mut input, mut at, mut turn) = (Vec::new(), 0, 0);
        while at < wire.len() {
            let size = pieces.get(turn % pieces.len().max(1)).copied().unwrap_or(1).max(1);
            let end = (at + size).min(wire.len());
            input.extend_from_slice(&wire[at..end]);
            (at, turn) = (end, turn + 1);
            let mut rest = input.as_slice();
            let taken = content.take_lines(&mut rest, None);
            input = rest.to_vec();
            assert!(taken == Taken::End || input.len() < 3);
            if taken == Taken::End {
                content.finish();
                input.extend_from_slice(&wire[at..]);
                return Some((content, input));
            }
        }
        None
    }

    #[test]
    fn dots_are_unstuffed() {
        let table: [(&str, &str); 9] = [
            (".\r\n", ""),
            ("\r\n.\r\n", "\r\n"),
            ("..\r\n.\r\n", ".\r\n"),
            ("...a\r\n.\r\n", "..a\r\n"),
            (".a\r\n.\r\n", "a\r\n"),
            ("a\n.\n..\r\n.\r\n", "a\n.\n..\r\n"),
            ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"),
            ("a\r.\r\r\n.\r\n", "a\r.\r\r\n"),
            ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"),
        ];
        for (wire, message) in table {
            let (content, rest) = read(wire.as_bytes(), &[1000]).unwrap();
            assert_eq!((String::from_utf8(content.raw).unwrap(), rest), (message.to_owned(), vec![]), "{wire:?}");
        }
    }

    #[test]
    fn the_first_bare_line_ends_are_found() {
        let table: [(&str, Option<u64>, Option<u64>); 5] = [
            ("ab\r\n.\r\n", None, None),
            ("ab\ncd\r\n.\r\n", Some(2), None),
            ("ab\rcd\r\n.\r\n", None, Some(2)),
            ("\na\r\r\n.\r\n", Some(0), Some(2)),
            ("..\nx\r\n.\r\n", Some(2), None),
        ];
        for (wire, lf, cr) in table {
            for size in [1, 2, 3, 100] {
                let (content, _) = read(wire.as_bytes(), &[size]).unwrap();
                assert_eq!((content.bare_lf, content.bare_cr), (lf, cr), "{wire:?} in reads of {size}");
            }
        }
    }

    #[test]
    fn beyond_the_limit_it_is_counted_and_dropped() {
        let mut content = Content::new(3, 0);
        assert_eq!(content.take_lines(&mut b"abcdef\r\n.\r\n".as_slice(), None), Taken::End);
        assert_eq!((content.raw.as_slice(), content.dropped, content.wire), (b"abc".as_slice(), 5, 8));
    }

    #[test]
    fn room_is_made_as_declared_when_content_comes() {
        let mut content = Content::new(1 << 30, 5000);
        assert_eq!(content.raw.capacity(), 0);
        content.take_lines(&mut b"abc".as_slice(), None);
        assert_eq!(content.raw.capacity(), 5000);
        let mut content = Content::new(1 << 30, 1 << 29);
        content.take_lines(&mut b"abc".as_slice(), None);
        assert_eq!(content.raw.capacity() as u64, MOST_IN_ADVANCE);
    }

    proptest! {
        #[test]
        fn any_reads_give_what_the_naive_reader_gives(
            wire in prop::collection::vec(prop::sample::select(b".\r\nab\xff".to_vec()), 0..60),
            pieces in prop::collection::vec(1usize..7, 1..8),
        ) {
            let mut wire = wire;
            wire.extend_from_slice(b"\r\n.\r\nQUIT");
            let (raw, rest, octets) = naive(&wire).unwrap();
            let (content, left) = read(&wire, &pieces).unwrap();
            prop_assert_eq!((content.raw, left, content.wire), (raw, rest, octets));
        }
    }
}
