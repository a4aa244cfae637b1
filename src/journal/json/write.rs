//! Events as JSON lines.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::super::{Event, Sink, What};
use super::{MOST_RAW, text};
use crate::mail::{Body, Note, Transaction};

/// Lines wait in memory up to so many octets, or until the batch ends.
const MOST_WAITING: usize = 64 << 10;

/// Writes each event as a line. Only whole lines are handed over, at the end of every batch, so what a killed process leaves behind can be read.
#[derive(Debug)]
pub struct JsonLines<W> {
    writer: W,
    /// What the file is called, for a complaint about it.
    name: String,
    waiting: Vec<u8>,
    waiting_events: u64,
    failed: bool,
    lost: u64,
}

impl<W: Write + Send + 'static> JsonLines<W> {
    /// Writes to `writer`, which needs no buffer of its own; `name` is what a complaint calls it.
    pub fn new(writer: W, name: impl Into<String>) -> Self {
        JsonLines { writer, name: name.into(), waiting: Vec::new(), waiting_events: 0, failed: false, lost: 0 }
    }

    /// Events that could not be written. After the first error (a full disk, say) nothing more is written: the file stays readable up to there.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The writer, for whoever wants to look at it afterwards.
    pub fn into_inner(self) -> W {
        self.writer
    }

    /// Not with `eprintln!`, which panics where nobody reads stderr any more, and would take the other sinks along.
    fn say(&self, error: &io::Error) {
        let _ = writeln!(io::stderr(), "error: the journal `{}` is incomplete from here on: {error}", self.name);
    }

    fn hand_over(&mut self) {
        let written = if self.failed || self.waiting.is_empty() { Ok(()) } else { self.writer.write_all(&self.waiting) };
        if let Err(error) = written {
            self.failed = true;
            self.say(&error);
        }
        if self.failed {
            self.lost += self.waiting_events;
        }
        self.waiting_events = 0;
        self.waiting.clear();
        self.waiting.shrink_to(MOST_WAITING);
    }
}

impl<W: Write + Send + 'static> Sink for JsonLines<W> {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.waiting_events += 1;
        if !self.failed {
            push_line(&mut self.waiting, event, octets);
        }
        if self.waiting.len() >= MOST_WAITING {
            self.hand_over();
        }
    }

    fn flush(&mut self) {
        self.hand_over();
        if !self.failed
            && let Err(error) = self.writer.flush()
        {
            self.failed = true;
            self.say(&error);
        }
    }

    fn finish(&mut self) {
        self.flush();
    }
}

/// Appends the line of one event, LF included.
pub fn push_line(out: &mut Vec<u8>, event: &Event, octets: &[u8]) {
    let mut line = Line(out);
    line.0.extend_from_slice(b"{\"t\":");
    line.seconds(event.ns);
    line.put("conn", &event.conn);
    line.what(&event.what, octets);
    line.0.extend_from_slice(b"}\n");
}

struct Line<'a>(&'a mut Vec<u8>);

impl Line<'_> {
    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.key(name);
        // Writing to memory cannot fail, and none of our types refuses to be written.
        if serde_json::to_writer(&mut *self.0, value).is_err() {
            self.0.extend_from_slice(b"null");
        }
        self
    }

    fn octets(&mut self, name: &str, octets: &[u8]) -> &mut Self {
        self.key(name);
        text::push_json(self.0, octets);
        self
    }

    fn duration(&mut self, name: &str, duration: Duration) -> &mut Self {
        self.key(name);
        self.seconds(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        self
    }

    fn seconds(&mut self, ns: u64) {
        // By hand: formatting would be a third of what an event costs.
        let mut digits = [b'0'; 21];
        let (mut rest, mut first) = (ns, digits.len());
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            if at == 11 {
                *digit = b'.';
                continue;
            }
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            (rest, first) = (rest / 10, at);
            if rest == 0 && at < 11 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(first..).unwrap_or_default());
    }

    fn key(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn kind(&mut self, kind: &str) -> &mut Self {
        self.key("event");
        self.0.push(b'"');
        self.0.extend_from_slice(kind.as_bytes());
        self.0.push(b'"');
        self
    }

    fn what(&mut self, what: &What, octets: &[u8]) {
        match what {
            What::Start(start) => self.kind("start").fields_of(&**start),
            What::Listening { listener, protocol, addr } => {
                self.kind("listening").put("listener", &**listener).put("protocol", protocol).put("addr", addr)
            }
            What::Gate { listener, fault, how, open } => {
                self.kind("gate").put("listener", &**listener).put("fault", &**fault).put("how", how).put("open", open)
            }
            What::CommandStarted { command, pid } => self.kind("command-started").put("command", &**command).put("pid", pid),
            What::CommandEnded { code, signal } => self.kind("command-ended").put("code", code).put("signal", signal),
            What::Accept { listener, protocol, ordinal, peer } => {
                let line = self.kind("accept").put("listener", &**listener).put("protocol", protocol);
                line.put("ordinal", ordinal).put("peer", peer)
            }
            What::Received(span) => self.kind("received").payload(octets, span.total),
            What::Sent(span) => self.kind("sent").payload(octets, span.total),
            What::SentRaw(span) => self.kind("sent-raw").payload(octets, span.total),
            What::Hello { sni, alpn, versions } => self.kind("hello").put("sni", sni).put("alpn", alpn).put("versions", versions),
            What::Secured { version, suite, resumed } => {
                self.kind("secured").put("version", version).put("suite", suite).put("resumed", resumed)
            }
            What::TlsFailed { why, alert } => self.kind("tls-failed").put("why", why).put("alert", alert),
            What::Moment { at, offset } => self.kind("moment").put("at", at).put("offset", offset),
            What::Note(note) => self.note(note),
            What::Draw { fault, chance, draw } => {
                self.kind("draw").put("fault", &**fault).put("chance", chance).put("draw", draw)
            }
            What::Fault { fault, at, planned, shadowed } => {
                self.kind("fault").put("fault", &**fault).put("at", at).put("planned", &**planned).put("shadowed", shadowed)
            }
            What::Unseen { fault } => self.kind("unseen").put("fault", &**fault),
            What::Step { fault, step, offset, outcome } => {
                self.kind("step").put("fault", &**fault).put("step", &**step).put("offset", offset).put("outcome", outcome)
            }
            What::Answered { at, class, kept } => self.kind("answered").put("at", at).put("class", class).put("kept", kept),
            What::GaveUp { fault, step, after, how } => {
                self.kind("gave-up").put("fault", &**fault).put("step", &**step).duration("after", *after).put("how", how)
            }
            What::End { by, how, phase, received, sent, unsent, unacknowledged } => {
                let line = self.kind("end").put("by", by).put("how", how).put("phase", phase).put("received", received);
                line.put("sent", sent).put("unsent", unsent).put("unacknowledged", unacknowledged)
            }
            What::Unfired { fault, protocol, optional, nearest } => {
                let line = self.kind("unfired").put("fault", &**fault).put("protocol", protocol);
                line.put("optional", optional).put("nearest", &**nearest)
            }
            What::Dropped { events, octets } => self.kind("dropped").put("events", events).put("octets", octets),
            What::Stop { why } => self.kind("stop").put("why", &**why),
        };
    }

    fn note(&mut self, note: &Note) -> &mut Self {
        match note {
            Note::Oddity { name, detail } => self.kind("oddity").put("name", name).put("detail", detail),
            Note::Login { user, mechanism, accepted } => {
                self.kind("login").put("user", &**user).put("mechanism", mechanism).put("accepted", accepted)
            }
            Note::Secret { mechanism, protected, tls_possible } => {
                let line = self.kind("secret").put("mechanism", mechanism);
                line.put("protected", protected).put("tls_possible", tls_possible)
            }
            Note::Begun { sender } => self.kind("begun").put("sender", &**sender),
            Note::Message { transaction, stored } => self.kind("message").put("stored", stored).transaction(transaction),
            Note::Delivered { user, mailbox, uid, seen } => self.kind("delivered").place(user, mailbox, *uid).put("seen", seen),
            Note::Flags { user, mailbox, uid, flags } => self.kind("flags").place(user, mailbox, *uid).put("flags", flags),
            Note::Expunged { user, mailbox, uid } => self.kind("expunged").place(user, mailbox, *uid),
            Note::Copied { user, mailbox, uid, from, from_uid, moved } => {
                let line = self.kind("copied").place(user, mailbox, *uid);
                line.put("from", &**from).put("from_uid", from_uid).put("moved", moved)
            }
            Note::InVain { user, mailbox, uid, command } => {
                self.kind("in-vain").place(user, mailbox, *uid).put("command", command)
            }
            Note::Fetched { user, mailbox, uid } => self.kind("fetched").place(user, mailbox, *uid),
            Note::Limit { name, dropped } => self.kind("limit").put("name", name).put("dropped", dropped),
            Note::Goodbye => self.kind("goodbye"),
            Note::ServerGoodbye => self.kind("server-goodbye"),
        }
    }

    fn payload(&mut self, octets: &[u8], total: u64) -> &mut Self {
        self.octets("octets", octets);
        if total != octets.len() as u64 {
            self.put("total", &total);
        }
        self
    }

    fn place(&mut self, user: &str, mailbox: &str, uid: u32) -> &mut Self {
        self.put("user", user).put("mailbox", mailbox).put("uid", &uid)
    }

    fn transaction(&mut self, transaction: &Transaction) -> &mut Self {
        let recipients: Vec<&str> = transaction.recipients.iter().map(|address| &**address).collect();
        let body = match transaction.body {
            Body::SevenBit => "7BIT",
            Body::EightBit => "8BITMIME",
            Body::Binary => "BINARYMIME",
        };
        let raw = &transaction.message.raw;
        let (first, rest) = raw.split_at(raw.len().min(MOST_RAW));
        self.put("sender", &*transaction.sender).put("recipients", &recipients);
        self.put("user", &transaction.user.as_deref()).put("helo", &*transaction.helo).put("body", body);
        self.put("utf8", &transaction.utf8).put("size", &raw.len()).octets("raw", first);
        if !rest.is_empty() {
            self.put("rest", &text::digest(rest));
        }
        self
    }

    /// All fields of a struct, on this line's own level.
    fn fields_of<T: Serialize>(&mut self, value: &T) -> &mut Self {
        let start = self.0.len();
        if serde_json::to_writer(&mut *self.0, value).is_err() {
            self.0.truncate(start);
            return self;
        }
        // `{"a":1}` becomes `,"a":1`.
        if let Some(brace) = self.0.get_mut(start) {
            *brace = b',';
        }
        self.0.pop();
        self
    }
}
