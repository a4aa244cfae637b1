//! Octets put together to lines, for each direction of a connection.

use std::collections::VecDeque;
use std::io::Write;

use super::{Mark, Page, Place, facts};
pub use crate::proto::script::Speaker;
use crate::proto::script::write_octets;

/// Octets kept of a line that has not ended yet.
const MOST_PARTIAL: usize = 8 << 10;
/// Lines at the end of a long run that are shown after all: the final dot, the tagged reply behind a literal.
const LAST_LINES: usize = 2;
/// In a whole transcript: octets of a line that come so much later are another piece.
const PAUSE_NS: u64 = 10_000_000;

/// What a transcript has to remember of a connection.
#[derive(Debug, Default)]
pub struct Talk {
    client: Partial,
    server: Partial,
    run: Run,
}

/// A line that has not ended yet.
#[derive(Debug, Default)]
struct Partial {
    /// Its first octets.
    head: Vec<u8>,
    /// How many there are.
    octets: u64,
    /// The last of them.
    last: u8,
    /// When that came.
    ns: u64,
}

/// Lines that one side says in a row.
#[derive(Debug, Default)]
struct Run {
    speaker: Option<Speaker>,
    shown: usize,
    skipped_lines: u64,
    skipped_octets: u64,
    skipped_ns: u64,
    /// The last lines, held back until the run ends.
    held: VecDeque<Held>,
}

#[derive(Debug)]
struct Held {
    ns: u64,
    mark: Mark,
    octets: u64,
    text: Vec<u8>,
}

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    Crlf,
    Lf,
    Nothing,
}

impl Talk {
    /// Octets of one operation.
    pub fn said<W: Write>(&mut self, page: &mut Page<W>, place: Place, speaker: Speaker, octets: &[u8]) {
        if self.run.speaker != Some(speaker) {
            self.pause(page, place);
            self.run.speaker = Some(speaker);
        }
        let Talk { client, server, run } = self;
        let partial = if speaker == Speaker::Client { client } else { server };
        if page.style.whole && place.ns.saturating_sub(partial.ns) >= PAUSE_NS {
            partial.show(run, page, place, speaker);
        }
        for piece in octets.split_inclusive(|&octet| octet == b'\n') {
            if page.style.whole && partial.octets + piece.len() as u64 > MOST_PARTIAL as u64 {
                partial.show(run, page, place, speaker);
                if !piece.ends_with(b"\n") {
                    run.line(page, place, speaker, piece, piece.len() as u64, LineEnd::Nothing);
                    continue;
                }
            }
            partial.ns = place.ns;
            match piece {
                [.., b'\n'] if partial.octets == 0 => {
                    run.line(page, place, speaker, piece, piece.len() as u64, line_end(piece, 0))
                }
                [.., b'\n'] => {
                    let end = line_end(piece, partial.last);
                    partial.add(piece);
                    let Partial { head, octets, .. } = std::mem::take(partial);
                    run.line(page, place, speaker, &head, octets, end);
                }
                _ => partial.add(piece),
            }
        }
    }

    /// Shows what has been said so far, also lines that have not ended.
    pub fn pause<W: Write>(&mut self, page: &mut Page<W>, place: Place) {
        for (speaker, partial) in [(Speaker::Client, &mut self.client), (Speaker::Server, &mut self.server)] {
            partial.show(&mut self.run, page, place, speaker);
        }
        self.end_run(page, place.conn);
    }

    /// Shows the lines that were held back, and how many are not shown.
    pub fn end_run<W: Write>(&mut self, page: &mut Page<W>, conn: u32) {
        let run = std::mem::take(&mut self.run);
        if let Some(speaker) = run.speaker.filter(|_| run.skipped_lines > 0) {
            let lines = if run.skipped_lines == 1 { "line" } else { "lines" };
            let text = format!("... {} more {lines}, {}", run.skipped_lines, facts::octets(run.skipped_octets));
            page.line(Place { ns: run.skipped_ns, conn }, Mark::Counted(speaker), &text);
        }
        for held in run.held {
            page.rendered(Place { ns: held.ns, conn }, held.mark, &held.text);
        }
        // The same side may go on: then a new run begins, and an open line stays open.
        self.run.speaker = run.speaker;
    }
}

impl Partial {
    /// What there is, as a piece.
    fn show<W: Write>(&mut self, run: &mut Run, page: &mut Page<W>, place: Place, speaker: Speaker) {
        if self.octets > 0 {
            let Partial { head, octets, ns, .. } = std::mem::take(self);
            let place = if page.style.whole { Place { ns, ..place } } else { place };
            run.line(page, place, speaker, &head, octets, LineEnd::Nothing);
        }
    }

    fn add(&mut self, octets: &[u8]) {
        let room = MOST_PARTIAL.saturating_sub(self.head.len());
        self.head.extend_from_slice(octets.get(..room).unwrap_or(octets));
        self.octets += octets.len() as u64;
        self.last = octets.last().copied().unwrap_or(self.last);
    }
}

impl Run {
    /// A line of so many octets, its end included, of which `head` are the first.
    fn line<W: Write>(&mut self, page: &mut Page<W>, place: Place, speaker: Speaker, head: &[u8], octets: u64, end: LineEnd) {
        let text = octets.saturating_sub(match end {
            LineEnd::Crlf => 2,
            LineEnd::Lf => 1,
            LineEnd::Nothing => 0,
        });
        let shown = usize::try_from(text).unwrap_or(usize::MAX).min(head.len()).min(page.style.width);
        let mut line = Vec::with_capacity(shown + 8);
        write_octets(&mut line, head.get(..shown).unwrap_or(head));
        if shown as u64 != text {
            let _ = write!(line, "... [{} more octets]", text - shown as u64);
        }
        if end == LineEnd::Lf {
            line.extend_from_slice(br"\n");
        }
        let mark = if end == LineEnd::Crlf { Mark::Line(speaker) } else { Mark::Piece(speaker) };
        if self.shown < page.style.lines {
            self.shown += 1;
            page.rendered(place, mark, &line);
            return;
        }
        self.held.push_back(Held { ns: place.ns, mark, octets, text: line });
        if self.held.len() > LAST_LINES
            && let Some(Held { ns, octets, .. }) = self.held.pop_front()
        {
            self.skipped_lines += 1;
            self.skipped_octets += octets;
            self.skipped_ns = ns;
        }
    }
}

/// How a piece that ends with LF ends, given the octet before it.
fn line_end(piece: &[u8], before: u8) -> LineEnd {
    match piece {
        [.., b'\r', b'\n'] => LineEnd::Crlf,
        [b'\n'] if before == b'\r' => LineEnd::Crlf,
        _ => LineEnd::Lf,
    }
}
