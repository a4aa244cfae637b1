//! From octets to whole commands: lines, literals, the content of APPEND, and what the server does not take.

use std::sync::Arc;

use bytes::Bytes;

use super::cmd::append;
use super::oddity;
use crate::proto::{Note, Notes};

/// Most octets of a command, its literals not counted; also the most that is left with the driver while a line is incomplete.
pub const MOST_TEXT: usize = 64 << 10;
/// Most octets of all literals of a command, the message of APPEND not counted.
pub const MOST_LITERALS: u64 = 1 << 20;
/// Most octets of all messages of one APPEND (RFC 3502), beside the limit on each.
pub const MOST_MESSAGES: u64 = 64 << 20;
/// RFC 7888 section 5: the largest literal of a client that waits for no `+`, where LITERAL- is offered and LITERAL+ is not.
pub const LITERAL_MINUS: u64 = 4096;
/// Of a line that is too long, so much is kept: it has the tag and the verb.
const KEPT: usize = 200;
/// Its end may announce a literal, in so many octets.
const TAIL: usize = 32;
/// A message's buffer starts with no more than this: an announced size is only words.
const FIRST_BUFFER: u64 = 64 << 10;

/// What has been read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole command, or one that has to be refused.
    Command,
    /// A synchronising literal was announced: the client waits for `+`.
    Announced,
    /// So much of the message of APPEND has come.
    Content(u64),
}

/// Why a command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than [`MOST_TEXT`].
    LineTooLong,
    /// A literal beyond the limit.
    LiteralTooLarge,
    /// A literal that came without waiting for the `+`, of more octets than are allowed so.
    NotWaited {
        /// The most that may come so; 0 where nothing may.
        most: u64,
    },
}

/// What the session has to say about the line that comes next.
#[derive(Clone, Copy)]
pub struct Expect<'a> {
    /// A command, with literals; otherwise a plain line (DONE, an answer to a challenge).
    pub command: bool,
    /// Largest message for APPEND now; `None` where APPEND is not allowed.
    pub most_message: Option<u64>,
    /// Largest literal that may come without waiting for a `+` (RFC 7888).
    pub most_unwaited: &'a dyn Fn() -> u64,
    /// Mailbox names are UTF-8.
    pub utf8_names: bool,
    /// Where to stop in the message.
    pub watch: Option<&'a Arc<[u64]>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A line, or the rest of one after a literal.
    Line,
    /// The rest of a line that is too long, and how much of its last octets is known.
    Skip { tail: [u8; TAIL] },
    /// A synchronising literal waits for its `+`.
    Announced { size: u64, message: bool },
    /// Octets of a literal.
    Literal { left: u64 },
    /// Octets of the message of APPEND.
    Message { left: u64 },
    /// Octets of a literal that nobody wants.
    Drop { left: u64 },
}

/// The command that is being read.
#[derive(Debug)]
pub struct Reader {
    state: State,
    text: Vec<u8>,
    literals: u64,
    append: Option<Box<Append>>,
    refusal: Option<Refusal>,
    dropped: u64,
    complete: bool,
}

/// The messages of an APPEND as they come.
#[derive(Debug, Default)]
struct Append {
    whole: Vec<Bytes>,
    /// The one that is being read.
    message: Vec<u8>,
    /// Octets of all of them.
    octets: u64,
    /// Offsets of `watch` that have been passed in this one.
    watched: usize,
    /// Where the text goes on after the last announcement.
    place: usize,
}

impl Reader {
    /// At the start of a command.
    pub fn new() -> Self {
        Reader { state: State::Line, text: Vec::new(), literals: 0, append: None, refusal: None, dropped: 0, complete: false }
    }

    /// The command as far as it has come; literals as on the wire, without the messages of APPEND.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Why the command that was read is to be refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The messages of APPEND.
    pub fn take_messages(&mut self) -> Vec<Bytes> {
        self.append.take().map(|append| append.whole).unwrap_or_default()
    }

    /// Another text takes the place of the one that was read.
    pub fn misread(&mut self, text: Vec<u8>) {
        self.text = text;
        self.text.truncate(MOST_TEXT);
    }

    /// The message of APPEND is being read.
    pub fn in_message(&self) -> bool {
        matches!(self.state, State::Message { .. })
    }

    /// After [`Unit::Announced`]: the `+` was written, or the command is over.
    pub fn granted(&mut self, granted: bool) {
        match self.state {
            State::Announced { size, message } if granted => self.enter(size, message),
            _ => *self = Reader::new(),
        }
    }

    /// The command that was read is over: its text is no longer needed.
    pub fn answered(&mut self) {
        if self.complete {
            *self = Reader::new();
        }
    }

    /// Reads from the front of `input` until something is complete.
    pub fn next(&mut self, input: &mut &[u8], expect: Expect<'_>, notes: &mut Notes) -> Option<Unit> {
        self.answered();
        let unit = self.unit(input, expect, notes)?;
        self.complete = unit == Unit::Command;
        Some(unit)
    }

    fn unit(&mut self, input: &mut &[u8], expect: Expect<'_>, notes: &mut Notes) -> Option<Unit> {
        loop {
            match self.state {
                State::Line => {
                    if let Some(unit) = self.line(input, expect, notes)? {
                        return Some(unit);
                    }
                }
                State::Skip { tail } => {
                    let end = memchr::memchr(b'\n', input);
                    let (line, rest) = input.split_at(end.map_or(input.len(), |end| end + 1));
                    *input = rest;
                    self.dropped += line.len() as u64;
                    let tail = later_tail(tail, line);
                    self.state = State::Skip { tail };
                    end?;
                    // What follows a literal's announcement is no command, and the announcement was in earnest.
                    match announcement(tail.trim_ascii_end()) {
                        Some((size, false)) if expect.command => self.state = State::Drop { left: size },
                        _ => return Some(self.skipped(notes)),
                    }
                }
                State::Literal { left } => {
                    let octets = take(input, left);
                    self.text.extend_from_slice(octets);
                    let left = left - octets.len() as u64;
                    self.state = if left == 0 { State::Line } else { State::Literal { left } };
                    if left > 0 {
                        return None;
                    }
                }
                State::Drop { left } => {
                    let left = left - take(input, left).len() as u64;
                    self.state = match left {
                        0 if self.refusal == Some(Refusal::LineTooLong) => State::Skip { tail: [0; TAIL] },
                        0 => State::Line,
                        _ => State::Drop { left },
                    };
                    if left > 0 {
                        return None;
                    }
                }
                State::Message { left } => {
                    if let Some(unit) = self.message(input, left, expect.watch)? {
                        return Some(unit);
                    }
                }
                State::Announced { .. } => return None,
            }
        }
    }

    /// `None`: more octets are needed. `Some(None)`: a literal follows.
    fn line(&mut self, input: &mut &[u8], expect: Expect<'_>, notes: &mut Notes) -> Option<Option<Unit>> {
        let room = MOST_TEXT.saturating_sub(self.text.len().saturating_sub(usize::try_from(self.literals).unwrap_or(0)));
        let end = memchr::memchr(b'\n', input);
        if end.map_or(input.len() >= room, |end| end + 1 > room) {
            self.refusal = self.refusal.or(Some(Refusal::LineTooLong));
            self.text.extend_from_slice(&input[..input.len().min(KEPT)]);
            self.state = State::Skip { tail: [0; TAIL] };
            return Some(None);
        }
        let end = end?;
        let (line, rest) = (&input[..end], &input[end + 1..]);
        *input = rest;
        let line = line.strip_suffix(b"\r").unwrap_or_else(|| {
            oddity::note(notes, oddity::BARE_LF, "a line ends in CR LF, not in LF alone (RFC 3501 section 2.2)");
            line
        });
        let line = if expect.command { without_blanks(line, notes) } else { line };
        self.text.extend_from_slice(line);
        if let Some((size, synchronising)) = announcement(line).filter(|_| expect.command) {
            self.text.extend_from_slice(b"\r\n");
            return Some(self.announced(size, synchronising, expect, notes));
        }
        Some(Some(Unit::Command))
    }

    fn skipped(&mut self, notes: &mut Notes) -> Unit {
        notes.push(Note::Limit { name: "command-line".into(), dropped: self.dropped });
        let detail = format!("a command has at most {MOST_TEXT} octets beside its literals; this line has {}", self.dropped);
        oddity::note(notes, oddity::LINE_TOO_LONG, detail);
        Unit::Command
    }

    fn announced(&mut self, size: u64, synchronising: bool, expect: Expect<'_>, notes: &mut Notes) -> Option<Unit> {
        let place = expect.most_message.and_then(|_| self.message_place(expect.utf8_names));
        if self.refusal.is_none() {
            self.refusal = self.objection(size, synchronising, place.is_some(), expect, notes);
        }
        if self.refusal.is_some() {
            if synchronising {
                return Some(Unit::Command);
            }
            self.state = State::Drop { left: size };
            return None;
        }
        if let Some(place) = place {
            let append = self.append.get_or_insert_default();
            append.place = place;
            append.octets += size;
        }
        if synchronising {
            self.state = State::Announced { size, message: place.is_some() };
            return Some(Unit::Announced);
        }
        self.enter(size, place.is_some());
        None
    }

    /// Where the text goes on if the literal that was announced last is a message of APPEND.
    fn message_place(&self, utf8_names: bool) -> Option<usize> {
        // Each message is read from where the last one ended, so that many of them cost no more than one of the same length.
        let from = self.append.as_ref().map_or(0, |append| append.place);
        append::announces_message(&self.text, from, utf8_names)
    }

    /// Why this literal is not taken.
    fn objection(&self, size: u64, waits: bool, message: bool, expect: Expect<'_>, notes: &mut Notes) -> Option<Refusal> {
        let most = if waits { u64::MAX } else { (expect.most_unwaited)() };
        if size > most {
            let text = match most {
                0 => "a literal that does not wait for `+`, where LITERAL+ is not offered (RFC 7888)".to_owned(),
                _ => format!("a literal of {size} octets that does not wait for `+`: at most {most} without LITERAL+ (RFC 7888)"),
            };
            oddity::note(notes, oddity::NOT_WAITED, text);
            return Some(Refusal::NotWaited { most });
        }
        let appended = self.append.as_ref().map_or(0, |append| append.octets);
        let room = match expect.most_message.filter(|_| message) {
            Some(most) => most.min(MOST_MESSAGES.max(most).saturating_sub(appended)),
            None => MOST_LITERALS - self.literals,
        };
        if size > room {
            let name = if message { "message" } else { "literal" };
            notes.push(Note::Limit { name: name.into(), dropped: size });
            oddity::note(notes, oddity::LITERAL_TOO_LARGE, format!("a literal of {size} octets where at most {room} are taken"));
            return Some(Refusal::LiteralTooLarge);
        }
        None
    }

    fn enter(&mut self, size: u64, message: bool) {
        if message {
            let append = self.append.get_or_insert_default();
            append.message = Vec::with_capacity(usize::try_from(size.min(FIRST_BUFFER)).unwrap_or(0));
            append.watched = 0;
            self.state = State::Message { left: size };
        } else {
            self.literals += size;
            self.state = State::Literal { left: size };
        }
    }

    /// `None`: more octets are needed. `Some(None)`: the message is complete.
    fn message(&mut self, input: &mut &[u8], left: u64, watch: Option<&Arc<[u64]>>) -> Option<Option<Unit>> {
        let append = self.append.get_or_insert_default();
        let got = append.message.len() as u64;
        let ahead = watch.and_then(|watch| watch.get(append.watched..)).unwrap_or_default();
        match ahead.first() {
            // 0 means that the first octet is there, not that it has been read.
            Some(&offset) if offset <= got => {
                if offset == 0 && got == 0 && left > 0 && input.is_empty() {
                    return None;
                }
                append.watched += ahead.iter().take_while(|&&other| other == offset).count();
                if offset == 0 && left == 0 && got == 0 || offset < got {
                    return Some(None);
                }
                return Some(Some(Unit::Content(offset)));
            }
            _ if left == 0 => {
                append.whole.push(std::mem::take(&mut append.message).into());
                self.state = State::Line;
                return Some(None);
            }
            _ if input.is_empty() => return None,
            _ => {}
        }
        let stop = ahead.first().map_or(left, |&offset| left.min(offset - got));
        let octets = take(input, stop);
        append.message.extend_from_slice(octets);
        self.state = State::Message { left: left - octets.len() as u64 };
        Some(None)
    }
}

/// A line without the blanks at its end. Nobody means anything by them.
fn without_blanks<'a>(line: &'a [u8], notes: &mut Notes) -> &'a [u8] {
    let (mut bare, mut blank) = (line, false);
    while let Some(before) = bare.strip_suffix(b" ") {
        (bare, blank) = (before, true);
    }
    if blank {
        oddity::note(notes, oddity::TRAILING_BLANK, "a command ends without blanks (RFC 3501 section 9)");
    }
    bare
}

/// `{12}` or `{12+}` at the end of a line: the size, and whether the client waits for a `+`.
fn announcement(line: &[u8]) -> Option<(u64, bool)> {
    let inside = line.strip_suffix(b"}")?;
    let start = inside.iter().rposition(|&b| b == b'{')?;
    let inside = &inside[start + 1..];
    let (digits, synchronising) = inside.strip_suffix(b"+").map_or((inside, true), |digits| (digits, false));
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))?;
    // A size beyond 64 bits is beyond every limit, too.
    Some((digits.parse().unwrap_or(u64::MAX), synchronising))
}

/// The last octets of a line that goes on with `more`.
fn later_tail(tail: [u8; TAIL], more: &[u8]) -> [u8; TAIL] {
    let mut all = tail.to_vec();
    all.extend_from_slice(&more[more.len().saturating_sub(TAIL)..]);
    all.last_chunk().copied().unwrap_or(tail)
}

fn take<'a>(input: &mut &'a [u8], most: u64) -> &'a [u8] {
    let (octets, rest) = input.split_at(usize::try_from(most).unwrap_or(usize::MAX).min(input.len()));
    *input = rest;
    octets
}
