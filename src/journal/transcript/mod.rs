//! The live transcript: what was said on every connection, in the notation of the RFCs' examples.
//!
//! ```text
//! 00:00.000  #1 smtp  connected from 127.0.0.1:51234
//! 00:00.000  #1 !  fault mid-greeting: { cut = 11 }, "reset"
//! 00:00.000  #1 S- 220 mx.exam
//! 00:00.051  #1 !  reset (RST) by the fault in greeting
//! ```
//!
//! The first column is minutes and seconds since the start, the second the connection, the third says what kind of line it is:
//!
//! | mark | line |
//! |---|---|
//! | `S:`, `C:` | the server, or the client, said this line, with CRLF |
//! | `S-`, `C-` | it said these octets and no CRLF; a bare LF is shown as `\n` |
//! | `S`, `C` alone | how much it said that is not shown |
//! | `!` | a fault, or how a client met it |
//! | `?` | the client broke a rule |
//! | `--` | what became of it: logins, mail, the end |
//!
//! Tab, CR and LF inside a line are `\t`, `\r`, `\n`, other octets that are not printable ASCII are `\xNN`. A backslash stands for itself (IMAP's flags
//! have many) and is doubled only where it would be read as one of these. Passwords are shown: this is a test server.

mod facts;
pub use facts::tls as describe_tls;
mod talk;

use std::collections::BTreeMap;
use std::io::Write;

use super::{Event, Sink, What};
use talk::{Speaker, Talk};

/// Text waits in memory up to so many octets, or until the batch ends.
const MOST_WAITING: usize = 64 << 10;

/// How a transcript looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours: for a terminal, unless NO_COLOR is set. Whoever makes the transcript knows.
    pub colour: bool,
    /// Lines that one side says in a row: more are counted only, but for the last two.
    pub lines: usize,
    /// Octets of a line that are shown; at most 8 KiB are kept of any.
    pub width: usize,
    /// For a machine: nothing is left out, long lines come in pieces, and so does what one side says with waits in between, so that it can be said again.
    pub whole: bool,
}

impl Style {
    /// All of it.
    pub fn whole() -> Self {
        Style { colour: false, lines: usize::MAX, width: usize::MAX, whole: true }
    }
}

impl Default for Style {
    fn default() -> Self {
        Style { colour: false, lines: 30, width: 240, whole: false }
    }
}

/// Writes the transcript.
#[derive(Debug)]
pub struct Transcript<W> {
    page: Page<W>,
    /// Connections that have said something; an entry goes at the connection's end, so there are never more than open connections.
    talks: BTreeMap<u32, Talk>,
    /// Some client has connected: before that, mail in a mailbox is the scenario's, and no news.
    met: bool,
    /// The time of the last event.
    ns: u64,
}

impl<W: Write + Send + 'static> Transcript<W> {
    /// Writes to `writer`, usually stderr, which needs no buffer of its own.
    pub fn new(writer: W, style: Style) -> Self {
        Transcript { page: Page { writer, style, waiting: Vec::new(), failed: false }, talks: BTreeMap::new(), met: false, ns: 0 }
    }

    /// The writer, for whoever wants to look at it afterwards.
    pub fn into_inner(self) -> W {
        self.page.writer
    }

    fn octets(&mut self, event: &Event, speaker: Speaker, octets: &[u8], total: u64) {
        let talk = self.talks.entry(event.conn).or_default();
        let place = Place { ns: event.ns, conn: event.conn };
        talk.said(&mut self.page, place, speaker, octets);
        let missing = total.saturating_sub(octets.len() as u64);
        if missing > 0 {
            talk.pause(&mut self.page, place);
            self.page.line(place, Mark::Counted(speaker), &format!("... {} not kept", facts::octets(missing)));
        }
    }
}

impl<W: Write + Send + 'static> Sink for Transcript<W> {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.ns = event.ns;
        match &event.what {
            What::Received(span) => self.octets(event, Speaker::Client, octets, span.total),
            What::Sent(span) => self.octets(event, Speaker::Server, octets, span.total),
            other => {
                let place = Place { ns: event.ns, conn: event.conn };
                self.met |= matches!(other, What::Accept { .. });
                let fact =
                    if !self.met && event.conn == 0 && matches!(other, What::Note(_)) { None } else { facts::describe(other) };
                let fact = fact.or_else(|| facts::strike(other).filter(|_| self.page.style.whole));
                // What was said so far belongs before it. Also where nothing is printed: a moment or an answer is where a line or a message is whole.
                if let Some(talk) = self.talks.get_mut(&event.conn) {
                    if fact.is_some() || matches!(other, What::Step { .. }) {
                        talk.pause(&mut self.page, place);
                    } else {
                        talk.end_run(&mut self.page, place.conn);
                    }
                }
                if matches!(other, What::End { .. }) {
                    self.talks.remove(&event.conn);
                }
                if let Some((mark, text)) = fact {
                    self.page.line(place, mark, &text);
                }
            }
        }
    }

    fn flush(&mut self) {
        self.page.hand_over();
    }

    fn finish(&mut self) {
        for (&conn, talk) in &mut self.talks {
            talk.pause(&mut self.page, Place { ns: self.ns, conn });
        }
        self.talks.clear();
        self.page.hand_over();
    }
}

/// When, and on which connection.
#[derive(Clone, Copy, Debug)]
struct Place {
    ns: u64,
    conn: u32,
}

/// The third column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// A whole line with CRLF.
    Line(Speaker),
    /// Octets without.
    Piece(Speaker),
    /// Octets that are not shown.
    Counted(Speaker),
    /// The connection's beginning.
    Accept,
    Fault,
    Oddity,
    Fact,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Mark::Line(Speaker::Client) => "C:",
            Mark::Line(Speaker::Server) => "S:",
            Mark::Piece(Speaker::Client) => "C-",
            Mark::Piece(Speaker::Server) => "S-",
            Mark::Counted(Speaker::Client) => "C ",
            Mark::Counted(Speaker::Server) => "S ",
            Mark::Accept => "",
            Mark::Fault => "! ",
            Mark::Oddity => "? ",
            Mark::Fact => "--",
        }
    }

    /// The parameter of ANSI's SGR.
    fn colour(self) -> &'static str {
        match self {
            Mark::Line(Speaker::Client) | Mark::Piece(Speaker::Client) | Mark::Counted(Speaker::Client) => "36",
            Mark::Line(Speaker::Server) | Mark::Piece(Speaker::Server) | Mark::Counted(Speaker::Server) => "32",
            Mark::Fault => "31",
            Mark::Oddity => "33",
            Mark::Accept | Mark::Fact => "2",
        }
    }
}

/// Where lines are put.
#[derive(Debug)]
struct Page<W> {
    writer: W,
    style: Style,
    waiting: Vec<u8>,
    failed: bool,
}

impl<W: Write> Page<W> {
    /// One line; control characters in it, which may come from a client, cannot reach the terminal.
    fn line(&mut self, place: Place, mark: Mark, text: &str) {
        self.head(place, mark);
        for char in text.chars() {
            if char.is_control() {
                let _ = write!(self.waiting, "{}", char.escape_default());
            } else {
                let _ = write!(self.waiting, "{char}");
            }
        }
        self.tail();
    }

    /// One line of octets that `talk` has made readable.
    fn rendered(&mut self, place: Place, mark: Mark, text: &[u8]) {
        self.head(place, mark);
        if text.is_empty() {
            // An empty line of a message is `C:`, not `C: `.
            self.waiting.pop();
        }
        self.waiting.extend_from_slice(text);
        self.tail();
    }

    fn head(&mut self, Place { ns, conn }: Place, mark: Mark) {
        let ms = ns / 1_000_000;
        let _ = write!(self.waiting, "{:02}:{:02}.{:03}  ", ms / 60_000, ms / 1_000 % 60, ms % 1_000);
        if conn > 0 {
            let _ = write!(self.waiting, "#{conn} ");
        }
        if self.style.colour {
            let _ = write!(self.waiting, "\x1b[{}m", mark.colour());
        }
        self.waiting.extend_from_slice(mark.text().as_bytes());
        if mark != Mark::Accept {
            self.waiting.push(b' ');
        }
    }

    fn tail(&mut self) {
        if self.style.colour {
            self.waiting.extend_from_slice(b"\x1b[0m");
        }
        self.waiting.push(b'\n');
        if self.waiting.len() >= MOST_WAITING {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if !self.failed && !self.waiting.is_empty() {
            // Usually this is stderr itself: there is nowhere to complain.
            self.failed = self.writer.write_all(&self.waiting).and_then(|()| self.writer.flush()).is_err();
        }
        self.waiting.clear();
        self.waiting.shrink_to(MOST_WAITING);
    }
}

#[cfg(test)]
mod tests;
