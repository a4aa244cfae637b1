//! For tests: a driver without sockets, and conversations in the notation of the RFCs.
//!
//! ```text
//! S: 220 mx.mailfault.test ESMTP mailfault
//! C: NOOP
//! S: 250 2.0.0 Ok
//! ```
//!
//! Adjacent `C:` lines reach the session in one read, as from a client that pipelines. A script that starts with `S:` starts with the greeting.

use std::sync::Arc;

use super::{Ats, Class, Cx, Moment, Note, Notes, Sent, Session, Then};
use crate::mail::{Store, StoreSpec};

/// What a fault does at one point, as far as a session can tell.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meddling {
    /// Another reply, in the words of a scenario.
    pub reply: Option<&'static str>,
    /// `store` or `lose`: keep the change or not, whatever is said. `None`: as the class of what is said has it.
    pub keep: Option<bool>,
    /// Only so many octets of the normal reply leave.
    pub cut: Option<usize>,
    /// See [`Sent::changed`].
    pub changed: &'static [(u64, u64)],
}

/// One connection with a session, a store, and all that was seen.
pub(crate) struct Dialogue {
    pub session: Box<dyn Session>,
    pub store: Arc<Store>,
    pub notes: Notes,
    /// Every moment in its order, `content@7` with its offset.
    pub moments: Vec<String>,
    /// Set by `Then::Close`; later input is not read.
    pub closed: bool,
    /// `Then::Upgrade` is followed by `secured()` and the rest of the input is dropped.
    pub upgraded: bool,
    /// So many turns answers took to prepare, if that is to be counted; otherwise they are made at once.
    pub turns: Option<u32>,
    meddling: Vec<(Ats, Meddling)>,
    input: Vec<u8>,
}

impl Dialogue {
    /// With an open store.
    pub fn new(session: impl Session + 'static) -> Self {
        Dialogue::with_store(session, StoreSpec::default())
    }

    pub fn with_store(session: impl Session + 'static, spec: StoreSpec) -> Self {
        let mut notes = Notes::new();
        let store = Arc::new(Store::new(spec, &mut notes));
        notes.clear();
        Dialogue {
            session: Box::new(session),
            store,
            notes,
            moments: Vec::new(),
            closed: false,
            upgraded: false,
            turns: None,
            meddling: Vec::new(),
            input: Vec::new(),
        }
    }

    /// From now on this happens at every moment that has one of these names.
    pub fn meddle(&mut self, at: Ats, meddling: Meddling) {
        self.meddling.push((at, meddling));
    }

    /// From now on nothing happens but the normal course.
    pub fn stop_meddling(&mut self) {
        self.meddling.clear();
    }

    /// The greeting's octets.
    pub fn greet(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        self.moment(Moment::new(Ats::GREETING), &mut output);
        output
    }

    /// One read of the driver; returns what the session said to it.
    pub fn feed(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(octets);
        let mut rest = input.as_slice();
        while !self.closed {
            let mut cx = Cx { store: &self.store, notes: &mut self.notes };
            let Some(moment) = self.session.next(&mut rest, &mut cx) else { break };
            self.moment(moment, &mut output);
            if self.upgraded {
                rest = &[];
                self.upgraded = false;
            }
        }
        self.input = rest.to_vec();
        output
    }

    /// What the session says unasked.
    pub fn push(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        if let Some(moment) = self.session.push(&mut cx) {
            self.moment(moment, &mut output);
        }
        output
    }

    /// Octets that the session has left for later.
    pub fn left(&self) -> usize {
        self.input.len()
    }

    /// Plays a script; panics, showing both conversations, unless the server says exactly what the script has.
    #[track_caller]
    pub fn play(&mut self, script: &str) {
        let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let mut actual = String::new();
        if self.moments.is_empty() && lines.first().is_some_and(|line| line.starts_with("S:")) {
            let greeting = self.greet();
            show(&mut actual, &greeting);
        }
        for (n, line) in lines.iter().enumerate() {
            let Some(text) = client_text(line) else { continue };
            actual.push_str(&format!("{line}\n"));
            self.input.extend_from_slice(text.as_bytes());
            self.input.extend_from_slice(b"\r\n");
            if lines.get(n + 1).and_then(|next| client_text(next)).is_none() {
                let output = self.feed(b"");
                show(&mut actual, &output);
            }
        }
        let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
    }

    /// Names of the client's mistakes so far.
    pub fn oddities(&self) -> Vec<String> {
        let names =
            self.notes.iter().filter_map(|note| if let Note::Oddity { name, .. } = note { Some(name.to_string()) } else { None });
        names.collect()
    }

    fn moment(&mut self, moment: Moment, output: &mut Vec<u8>) {
        let offset = if moment.offset > 0 || moment.at == Ats::CONTENT { format!("@{}", moment.offset) } else { String::new() };
        self.moments.push(format!("{}{offset}", moment.at));
        if !moment.owes_reply() {
            return;
        }
        let meddling =
            self.meddling.iter().find(|(at, _)| at.intersects(moment.at)).map(|&(_, meddling)| meddling).unwrap_or_default();
        while self.turns.is_some() && !self.session.prepare() {
            self.turns = self.turns.map(|turns| turns + 1);
        }
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        let answer = self.session.answer(moment, &mut cx);
        let (reply, class) = match meddling.reply {
            Some(text) => self.session.phrase(text, moment),
            None => (answer.reply.clone(), answer.class),
        };
        match meddling.keep {
            None if answer.class != Class::More && moment.is_postponed_by(class) => self.session.postpone(&mut cx),
            keep => self.session.resolve(keep.unwrap_or(class.succeeds()), &mut cx),
        }
        let mut octets = reply.to_vec();
        octets.truncate(meddling.cut.unwrap_or(usize::MAX));
        let whole = class == answer.class && octets.len() as u64 == reply.len();
        let sent =
            Sent { octets: if meddling.reply.is_some() { 0 } else { octets.len() as u64 }, changed: meddling.changed, whole };
        output.extend_from_slice(&octets);
        self.session.sent(sent, &mut cx);
        self.closed = answer.then == Then::Close;
        if answer.then == Then::Upgrade && whole {
            self.session.secured(false);
            self.upgraded = true;
        }
    }
}

fn client_text(line: &str) -> Option<&str> {
    let text = line.strip_prefix("C:")?;
    Some(text.strip_prefix(' ').unwrap_or(text))
}

fn show(transcript: &mut String, output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    for line in text.split_inclusive('\n') {
        // A missing or bare line end shows, since it would be no reply at all.
        let line = line.strip_suffix("\r\n").map_or_else(|| format!("{line:?}"), str::to_owned);
        transcript.push_str(format!("S: {line}").trim_end());
        transcript.push('\n');
    }
}
