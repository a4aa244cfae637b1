//! The server's side of a script: a session that says its `S` lines and waits for its `C` lines.
//!
//! Lines that are said without a wait between them are one moment; the steps behind them are faults at that moment, which the engine knows by its number.

use std::sync::Arc;

use super::{Captures, Pattern, Text, write_octets};
use crate::mail::{Mutation, Signal};
use crate::proto::{Answer, Ats, Class, Cx, Key, Moment, Note, Protocol, Rope, Sent, Session, Then};

/// The oddity of a client that says something else than its script, or less.
pub const LEFT: &str = "left-dialogue";

/// The longest line that is heard.
const LONGEST_LINE: usize = 60 << 10;
/// Octets of what was received that the journal is told.
const MOST_SHOWN: usize = 500;

/// A script that a server can play.
#[derive(Debug)]
pub struct Script {
    /// Its name, for people.
    pub name: Arc<str>,
    /// What the listener speaks: a client that leaves the dialogue gets a last word in it.
    pub protocol: Protocol,
    /// What is heard and said, in this order. Where nothing is left, the connection is closed.
    pub turns: Vec<Turn>,
}

/// A part of a script.
#[derive(Debug)]
pub enum Turn {
    /// The client speaks.
    Hear {
        /// The line's number in the script.
        line: usize,
        /// As the script has it.
        shown: String,
        /// What must come.
        what: Heard,
    },
    /// The server speaks.
    Say {
        /// The number of its first line in the script.
        line: usize,
        /// What is said, and whether CRLF follows.
        texts: Vec<(Text, bool)>,
        /// See [`Moment::offset`]: the faults that act here know it by this.
        number: u64,
        /// Whether TLS starts, or the connection ends.
        then: Then,
    },
    /// The client is to leave, and to say nothing before.
    Leave {
        /// The line's number in the script.
        line: usize,
    },
}

/// What is heard.
#[derive(Debug)]
pub enum Heard {
    /// A line that ends in CRLF.
    Line(Pattern),
    /// So many octets.
    Octets(Pattern, usize),
    /// A message's content up to the line with nothing but a dot (RFC 5321 section 4.1.1.4), or so many octets of it.
    Content(Option<u64>),
    /// As many octets as the line before has announced at its end (RFC 3501 section 4.3).
    Literal,
}

/// A connection that plays a script.
#[derive(Debug)]
pub struct ScriptSession {
    script: Arc<Script>,
    /// The turn that is next.
    turn: usize,
    captures: Captures,
    /// Octets of `Heard::Octets` so far.
    heard: Vec<u8>,
    /// Octets of `Heard::Content` so far, and how much of CRLF, dot, CRLF stands at their end.
    content: (u64, usize),
    /// Octets that are left of a literal.
    literal: u64,
    /// The client has said something else: nothing counts any more.
    left: bool,
}

/// What came of listening.
enum Listened {
    /// It is what the script has.
    Heard,
    /// More octets are needed.
    Waiting,
    /// It is something else: what was received.
    Else(String),
}

impl ScriptSession {
    /// Before the first line.
    pub fn new(script: Arc<Script>) -> Self {
        ScriptSession {
            script,
            turn: 0,
            captures: Captures::default(),
            heard: Vec::new(),
            content: (0, 2),
            literal: 0,
            left: false,
        }
    }

    fn now(&self) -> Option<&Turn> {
        self.script.turns.get(self.turn).filter(|_| !self.left)
    }

    /// The moment of the turn that is next, if the server speaks in it.
    fn due(&self, at: Ats) -> Option<Moment> {
        match self.now() {
            Some(Turn::Say { number, .. }) => Some(Moment { at: at | Ats::TURN, offset: *number }),
            _ => None,
        }
    }

    fn listen(&mut self, input: &mut &[u8]) -> Listened {
        let script = self.script.clone();
        let what = match script.turns.get(self.turn) {
            Some(Turn::Hear { what, .. }) => what,
            Some(Turn::Leave { .. }) if !input.is_empty() => return Listened::Else(shown_line(std::mem::take(input))),
            _ => return Listened::Waiting,
        };
        match what {
            Heard::Line(pattern) => {
                let Some(end) = memchr::memchr(b'\n', input) else {
                    return if input.len() > LONGEST_LINE {
                        Listened::Else(shown(std::mem::take(input)))
                    } else {
                        Listened::Waiting
                    };
                };
                let (line, rest) = input.split_at_checked(end + 1).unwrap_or((*input, &[]));
                *input = rest;
                match line.strip_suffix(b"\r\n") {
                    Some(words) if pattern.hear(words, &mut self.captures) => {
                        self.literal = announced(words);
                        Listened::Heard
                    }
                    _ => Listened::Else(shown_line(line)),
                }
            }
            Heard::Octets(pattern, length) => {
                let missing = length.saturating_sub(self.heard.len());
                let (own, rest) = input.split_at_checked(missing).unwrap_or((*input, &[]));
                *input = rest;
                self.heard.extend_from_slice(own);
                if self.heard.len() < *length {
                    return Listened::Waiting;
                }
                let heard = std::mem::take(&mut self.heard);
                if pattern.hear(&heard, &mut self.captures) { Listened::Heard } else { Listened::Else(shown(&heard)) }
            }
            Heard::Content(most) => {
                let (octets, state) = &mut self.content;
                while let Some((&octet, rest)) = input.split_first() {
                    *input = rest;
                    *octets += 1;
                    *state = after(*state, octet);
                    if *state == END_OF_CONTENT.len() || most.is_some_and(|most| *octets >= most) {
                        self.content = (0, 2);
                        return Listened::Heard;
                    }
                }
                Listened::Waiting
            }
            Heard::Literal => {
                let own = usize::try_from(self.literal).unwrap_or(usize::MAX).min(input.len());
                *input = input.get(own..).unwrap_or_default();
                self.literal = self.literal.saturating_sub(own as u64);
                if self.literal == 0 { Listened::Heard } else { Listened::Waiting }
            }
        }
    }

    /// The client has left the script.
    fn departs(&mut self, received: &str, cx: &mut Cx<'_>) {
        let name = &self.script.name;
        let detail = match self.script.turns.get(self.turn) {
            Some(Turn::Hear { line, shown, .. }) => format!("line {line} of `{name}`: expected `{shown}`, {received}"),
            Some(Turn::Leave { line }) => format!("line {line} of `{name}`: expected the client to leave, {received}"),
            Some(Turn::Say { line, .. }) => format!("line {line} of `{name}` was still to be said, {received}"),
            None => format!("`{name}` is not in the transcript, {received}"),
        };
        self.left = true;
        cx.notes.push(Note::Oddity { name: LEFT.into(), detail: detail.into() });
    }

    /// The octets of what is said.
    fn said(&self, texts: &[(Text, bool)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (text, crlf) in texts {
            out.extend(text.fill(&self.captures));
            out.extend_from_slice(if *crlf { b"\r\n" } else { b"" });
        }
        out
    }
}

impl Session for ScriptSession {
    fn greeting(&self) -> Moment {
        self.due(Ats::GREETING).unwrap_or(Moment::new(Ats::GREETING))
    }

    fn is_due(&self) -> bool {
        matches!(self.now(), Some(Turn::Say { .. }))
    }

    fn next(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        if self.left {
            *input = &[];
            return None;
        }
        let mut at = Ats::NONE;
        loop {
            if let Some(moment) = self.due(at) {
                return Some(moment);
            }
            match self.listen(input) {
                Listened::Heard => self.turn += 1,
                Listened::Waiting => return None,
                Listened::Else(received) => {
                    self.departs(&format!("received {received}"), cx);
                    *input = &[];
                    return Some(Moment::new(Ats::COMMAND));
                }
            }
            at = Ats::COMMAND;
        }
    }

    fn push(&mut self, _cx: &mut Cx<'_>) -> Option<Moment> {
        None
    }

    fn answer(&mut self, _moment: Moment, cx: &mut Cx<'_>) -> Answer {
        if self.left {
            let reply = match self.script.protocol {
                Protocol::Smtp => "421 4.3.2 This was not expected; goodbye\r\n",
                Protocol::Imap => "* BYE This was not expected; goodbye\r\n",
            };
            return Answer { reply: Rope::fixed(reply), class: Class::No, then: Then::Close };
        }
        let script = self.script.clone();
        match script.turns.get(self.turn) {
            Some(Turn::Say { texts, then, .. }) => {
                self.turn += 1;
                Answer { reply: Rope::text(self.said(texts)), class: Class::Ok, then: *then }
            }
            Some(_) => Answer::new(Class::Ok, Rope::new()),
            None => {
                self.departs("and a client came", cx);
                self.answer(Moment::new(Ats::GREETING), cx)
            }
        }
    }

    fn resolve(&mut self, _keep: bool, _cx: &mut Cx<'_>) {}

    fn postpone(&mut self, _cx: &mut Cx<'_>) {}

    fn sent(&mut self, _sent: Sent<'_>, _cx: &mut Cx<'_>) {}

    fn left(&mut self, unread: &[u8], cx: &mut Cx<'_>) {
        if self.now().is_none() || matches!(self.now(), Some(Turn::Leave { .. })) {
            return;
        }
        let partial = if unread.is_empty() { std::mem::take(&mut self.heard) } else { unread.to_vec() };
        match partial.is_empty() {
            true => self.departs("and nothing more came", cx),
            false => self.departs(&format!("received {} and nothing more", shown(&partial)), cx),
        }
    }

    /// The lines as they are.
    fn phrase(&self, text: &str, _moment: Moment) -> (Rope, Class) {
        (Rope::text(text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>()), Class::Ok)
    }

    fn fact(&self, _key: Key, _test: &mut dyn FnMut(&str) -> bool) -> bool {
        false
    }

    fn hide(&mut self, _capabilities: &[String], _lasting: bool) {}

    fn offer(&mut self, _capabilities: &[String], _lasting: bool) {}

    fn mutate(&mut self, mutation: &Mutation, cx: &mut Cx<'_>) {
        cx.store.mutate(mutation, None, None, cx.notes);
    }

    fn misread(&mut self, _edit: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {}

    fn tell(&mut self) {}

    fn secured(&mut self, _certificate: bool) {}

    fn watch_content(&mut self, _offsets: Arc<[u64]>) {}

    fn phase(&self) -> &'static str {
        "dialogue"
    }

    fn set_waker(&mut self, _signal: Arc<Signal>) {}
}

const END_OF_CONTENT: &[u8] = b"\r\n.\r\n";

/// How much of the end of content stands at the end, one octet later.
fn after(state: usize, octet: u8) -> usize {
    match END_OF_CONTENT.get(state) {
        Some(&wanted) if wanted == octet => state + 1,
        _ if octet == b'\r' => 1,
        _ => 0,
    }
}

/// The size of the literal that a line announces at its end, or of the chunk that it is the command for (RFC 3030 section 2); 0 where it announces none.
fn announced(line: &[u8]) -> u64 {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    if line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT ")) {
        return number(line.split(|&octet| octet == b' ').nth(1).unwrap_or_default());
    }
    let Some(open) = line.strip_suffix(b"}").and_then(|line| Some((line, line.iter().rposition(|&octet| octet == b'{')?))) else {
        return 0;
    };
    let digits = open.0.get(open.1 + 1..).unwrap_or_default();
    let digits = digits.strip_suffix(b"+").or(digits.strip_suffix(b"-")).unwrap_or(digits);
    number(digits)
}

/// Octets for people, as a script would have them.
fn shown(octets: &[u8]) -> String {
    marked(octets, "C-")
}

fn shown_line(octets: &[u8]) -> String {
    match octets.strip_suffix(b"\r\n") {
        Some(line) => marked(line, "C:"),
        None => shown(octets),
    }
}

fn marked(octets: &[u8], mark: &str) -> String {
    let mut text = Vec::new();
    write_octets(&mut text, octets.get(..MOST_SHOWN).unwrap_or(octets));
    let more = if octets.len() > MOST_SHOWN { " ..." } else { "" };
    format!("`{mark} {}{more}`", String::from_utf8_lossy(&text))
}
