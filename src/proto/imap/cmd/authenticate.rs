//! AUTHENTICATE (RFC 3501 section 6.2.2), with an initial response (RFC 4959).

use std::mem;

use super::login::Login;
use super::{Command, Refused};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::state::{Mode, Reply, State};
use crate::proto::sasl::{self, Exchange, Mechanism, Step};
use crate::proto::{Ats, Cx, Key, Sent};

/// A challenge that goes out.
struct Challenge {
    exchange: Option<Box<Exchange>>,
    challenge: Vec<u8>,
    mechanism: &'static str,
}

/// AUTHENTICATE, or the client's line after a challenge; what it leads to is known once the users can be asked.
struct Authenticate {
    /// As the client wrote it.
    name: Box<str>,
    unread: Option<Unread>,
    next: Option<Box<dyn Command>>,
}

/// What the client said.
enum Unread {
    /// The initial response, in base64.
    Start(Option<Vec<u8>>),
    /// An answer to a challenge.
    Answer(Box<Exchange>, Vec<u8>),
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = cursor.expect_atom("the name of a SASL mechanism")?;
    let mut initial = None;
    if cursor.byte(b' ') {
        let text = cursor.take_while(|b| b.is_ascii_graphic()).ok_or_else(|| cursor.expected("an initial response"))?;
        initial = Some(text.to_vec());
    }
    cursor.expect_end()?;
    Ok(Box::new(Authenticate { name: name.into(), unread: Some(Unread::Start(initial)), next: None }))
}

/// The client's line after a challenge.
pub fn answered(line: &[u8], state: &mut State) -> Box<dyn Command> {
    let mode = mem::replace(&mut state.mode, Mode::Command);
    if line == b"*" {
        return Box::new(Refused::quietly("AUTHENTICATE was cancelled"));
    }
    match (sasl::decode(line), mode) {
        (Err(error), _) => Box::new(Refused::bad(error.to_string(), oddity::BAD_SASL)),
        (Ok(decoded), Mode::Sasl(exchange)) => {
            let name = exchange.mechanism().name().into();
            Box::new(Authenticate { name, unread: Some(Unread::Answer(exchange, decoded)), next: None })
        }
        (Ok(_), Mode::Postponed(command)) => command,
        (Ok(_), _) => Box::new(Refused::bad("no exchange is under way", oddity::OUT_OF_ORDER)),
    }
}

impl Authenticate {
    /// The command that this one becomes.
    fn next(&mut self, state: &State, cx: &mut Cx<'_>) -> &mut dyn Command {
        let Authenticate { name, unread, next } = self;
        let next = next.get_or_insert_with(|| {
            let mut next = match unread.take() {
                Some(Unread::Start(initial)) => start(name, initial.as_deref(), state, cx),
                Some(Unread::Answer(mut exchange, response)) => {
                    let step = exchange.respond(&response, cx.store);
                    follow(exchange, step)
                }
                None => Box::new(Refused::quietly("the exchange is over")),
            };
            next.read(state, cx);
            next
        });
        &mut **next
    }
}

fn start(name: &str, initial: Option<&[u8]>, state: &State, cx: &Cx<'_>) -> Box<dyn Command> {
    let Some(mechanism) = Mechanism::parse(name) else {
        let names: Vec<&str> = state.config.spec.mechanisms.names().collect();
        let text = format!("[CANNOT] unknown mechanism, there are {}", names.join(" and "));
        return Box::new(Refused::no(text).with_mechanism(name));
    };
    if let Some(why) = sasl::refusal(mechanism, state.mechanisms, state.certificate, cx.store) {
        return Box::new(Refused::no(format!("[CANNOT] {why}")).with_mechanism(name));
    }
    // RFC 4959: `=` is an empty initial response.
    let decoded = match initial {
        Some(b"=") => Some(Vec::new()),
        Some(text) => match sasl::decode(text) {
            Ok(decoded) => Some(decoded),
            Err(error) => return Box::new(Refused::bad(error.to_string(), oddity::BAD_SASL)),
        },
        None => None,
    };
    let (exchange, step) = Exchange::start(mechanism, decoded.as_deref(), cx.store);
    follow(Box::new(exchange), step)
}

fn follow(exchange: Box<Exchange>, step: Step) -> Box<dyn Command> {
    let mechanism = exchange.mechanism().name();
    match step {
        Step::Challenge(challenge) => Box::new(Challenge { exchange: Some(exchange), challenge, mechanism }),
        Step::Credentials { user, proof } => Box::new(Login::new(&user, proof, mechanism, "AUTHENTICATE")),
        Step::Malformed(why) => Box::new(Refused::bad(why, oddity::BAD_SASL)),
    }
}

impl Command for Authenticate {
    fn at(&self) -> Ats {
        self.next.as_ref().map_or(Ats::NONE, |next| next.at())
    }

    fn read(&mut self, state: &State, cx: &mut Cx<'_>) {
        self.next(state, cx);
    }

    fn fact(&self, key: Key) -> Option<&str> {
        match &self.next {
            Some(next) => next.fact(key),
            None => (key == Key::Mechanism).then_some(&*self.name),
        }
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        // A command that was misread has not been read yet.
        self.next(state, cx).answer(state, cx)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        if let Some(next) = &mut self.next {
            next.resolve(keep, state, cx);
        }
    }

    fn postpone(&mut self) {
        if let Some(next) = &mut self.next {
            next.postpone();
        }
    }

    fn sent(&mut self, sent: Sent<'_>, shown: bool, state: &mut State, cx: &mut Cx<'_>) {
        if let Some(next) = &mut self.next {
            next.sent(sent, shown, state, cx);
        }
    }
}

impl Command for Challenge {
    fn at(&self) -> Ats {
        Ats::CONTINUATION
    }

    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mechanism).then_some(self.mechanism)
    }

    fn answer(&mut self, _state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        Reply::more(sasl::encode(&self.challenge))
    }

    fn sent(&mut self, sent: Sent<'_>, _shown: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let Some(exchange) = self.exchange.take().filter(|_| sent.whole) {
            state.mode = Mode::Sasl(exchange);
        }
    }
}
