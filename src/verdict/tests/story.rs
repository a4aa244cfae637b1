//! A journal told as a story: each call is what happens next.

use std::sync::Arc;
use std::time::Duration;

use crate::journal::event::{Ending, FaultInfo, Outcome, Side, Start};
use crate::journal::{Event, Span, What};
use crate::mail::{Message, Transaction};
use crate::proto::{Ats, Class, Note, Protocol};
use crate::scenario::{Expectations, Expected};
use crate::verdict::{Check, Report, Verdict};

pub struct Story {
    start: Start,
    ms: u64,
    ordinals: [u32; 2],
    events: Vec<(Event, Vec<u8>)>,
    whole: bool,
}

impl Story {
    pub fn new(expect: impl FnOnce(&mut Expectations)) -> Story {
        let mut start = Start {
            version: "0.1.0".into(),
            scenario: "smtp/reset-mid-greeting".into(),
            title: "A reset".into(),
            seed: 42,
            time_scale: 1.0,
            started: "2026-01-01T00:00:00Z".into(),
            has_command: false,
            faults: Vec::new(),
            expect: Expectations::default(),
        };
        expect(&mut start.expect);
        Story { start, ms: 0, ordinals: [0; 2], events: Vec::new(), whole: true }
    }

    pub fn scaled(mut self, time_scale: f64) -> Story {
        self.start.time_scale = time_scale;
        self
    }

    pub fn with_fault(mut self, name: &str, optional: bool) -> Story {
        self.start.faults.push(FaultInfo { name: name.into(), optional });
        self
    }

    pub fn with_command(mut self) -> Story {
        self.start.has_command = true;
        self
    }

    pub fn without_end(mut self) -> Story {
        self.whole = false;
        self
    }

    /// So many milliseconds later.
    pub fn later(mut self, ms: u64) -> Story {
        self.ms += ms;
        self
    }

    pub fn what(self, conn: u32, what: What) -> Story {
        self.octets(conn, what, b"")
    }

    fn octets(mut self, conn: u32, what: What, octets: &[u8]) -> Story {
        self.events.push((Event { ns: self.ms * 1_000_000, conn, what }, octets.to_vec()));
        self
    }

    pub fn note(self, conn: u32, note: Note) -> Story {
        self.what(conn, What::Note(note))
    }

    pub fn connects(mut self, conn: u32, protocol: Protocol) -> Story {
        let ordinal = &mut self.ordinals[usize::from(protocol == Protocol::Imap)];
        *ordinal += 1;
        let what = What::Accept {
            listener: protocol.name().into(),
            protocol,
            ordinal: *ordinal,
            peer: "127.0.0.1:5000".parse().unwrap(),
        };
        self.what(conn, what)
    }

    pub fn client(self, conn: u32, text: &str) -> Story {
        let span = Span { start: 0, kept: text.len() as u32, total: text.len() as u64 };
        self.octets(conn, What::Received(span), text.as_bytes())
    }

    pub fn server(self, conn: u32, text: &str) -> Story {
        let span = Span { start: 0, kept: text.len() as u32, total: text.len() as u64 };
        self.octets(conn, What::Sent(span), text.as_bytes())
    }

    /// A command is read.
    pub fn command(self, conn: u32, at: Ats) -> Story {
        self.what(conn, What::Moment { at: at | Ats::COMMAND, offset: 0 })
    }

    pub fn answers(self, conn: u32, at: Ats, class: Option<Class>) -> Story {
        let kept = class == Some(Class::Ok);
        self.what(conn, What::Answered { at: at | Ats::COMMAND, class, kept })
    }

    /// A message arrives, and its reply is or is not written whole.
    pub fn message(self, conn: u32, transaction: &Arc<Transaction>, stored: bool, class: Option<Class>) -> Story {
        self.note(conn, Note::Message { transaction: transaction.clone(), stored })
            .what(conn, What::Answered { at: Ats::MESSAGE, class, kept: stored })
    }

    pub fn fires(self, conn: u32, fault: &str, at: Ats, planned: &str) -> Story {
        let what = What::Fault { fault: fault.into(), at, planned: planned.into(), shadowed: false };
        self.what(conn, what).step(conn, planned)
    }

    pub fn step(self, conn: u32, step: &str) -> Story {
        self.what(conn, What::Step { fault: "f".into(), step: step.into(), offset: 0, outcome: Outcome::Done })
    }

    pub fn gives_up(self, conn: u32, ms: u64) -> Story {
        let what =
            What::GaveUp { fault: "f".into(), step: "\"stall\"".into(), after: Duration::from_millis(ms), how: Ending::Fin };
        self.what(conn, what)
    }

    pub fn ends(self, conn: u32, by: Side) -> Story {
        let how = if by == Side::Fault { Ending::Rst } else { Ending::Fin };
        let what = What::End { by, how, phase: "EHLO".into(), received: 0, sent: 11, unsent: 0, unacknowledged: 0 };
        self.what(conn, what)
    }

    /// Greeting by greeting: a connection that does what it should.
    pub fn polite(self, conn: u32, protocol: Protocol) -> Story {
        let last = if protocol == Protocol::Smtp { Ats::QUIT } else { Ats::LOGOUT };
        self.connects(conn, protocol)
            .command(conn, last)
            .note(conn, Note::Goodbye)
            .answers(conn, last, Some(Class::Ok))
            .ends(conn, Side::Server)
    }

    pub fn judge(self) -> Report {
        let mut verdict = Verdict::new();
        verdict.event(&Event { ns: 0, conn: 0, what: What::Start(Box::new(self.start)) }, b"");
        for (event, octets) in &self.events {
            verdict.event(event, octets);
        }
        if self.whole {
            let stop = Event { ns: self.ms * 1_000_000, conn: 0, what: What::Stop { why: "a signal".into() } };
            verdict.event(&stop, b"");
        }
        verdict.finish()
    }

    /// The only check of this key.
    pub fn check(self, key: &str) -> Check {
        let report = self.judge();
        let checks: Vec<&Check> = report.checks.iter().filter(|check| check.key == key).collect();
        assert_eq!(checks.len(), 1, "{:?}", report.checks);
        checks[0].clone()
    }
}

/// `{ min, max }` as given.
pub fn range(min: u64, max: Option<u64>) -> Option<Expected> {
    let text = match max {
        Some(max) if max == min => format!("{min}"),
        Some(max) => format!("\"{min}-{max}\""),
        None => format!("{{ min = {min} }}"),
    };
    Some(Expected { text, ranges: vec![(min, max)] })
}

/// At most so many milliseconds.
pub fn within(ms: u64) -> Option<Expected> {
    Some(Expected { text: format!("{{ max = \"{ms}ms\" }}"), ranges: vec![(0, Some(ms * 1_000_000))] })
}

pub fn mail(id: &str, body: &str, recipients: &[&str]) -> Arc<Transaction> {
    let id = if id.is_empty() { String::new() } else { format!("Message-ID: <{id}>\r\n") };
    Arc::new(Transaction {
        sender: "a@b.test".into(),
        recipients: recipients.iter().map(|&recipient| recipient.into()).collect(),
        user: None,
        helo: "client.test".into(),
        body: Default::default(),
        utf8: false,
        message: Arc::new(Message::new(format!("{id}Subject: x\r\n\r\n{body}\r\n").into())),
    })
}
