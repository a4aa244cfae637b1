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

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = cursor.expect_atom("the name of a SASL mechanism")?;
    let mut initial = None;
    if cursor.byte(b' ') {
        initial = Some(cursor.take_while(|b| b.is_ascii_graphic()).ok_or_else(|| cursor.expected("an initial response"))?);
    }
    cursor.expect_end()?;
    let Some(mechanism) = Mechanism::parse(name) else {
        let names: Vec<&str> = Mechanism::ALL.iter().map(|mechanism| mechanism.name()).collect();
        let text = format!("[CANNOT] unknown mechanism, there are {}", names.join(" and "));
        return Ok(Box::new(Refused::no(text).with_mechanism(name)));
    };
    // RFC 4959: `=` is an empty initial response.
    let decoded = match initial {
        Some(b"=") => Some(Vec::new()),
        Some(text) => match sasl::decode(text) {
            Ok(decoded) => Some(decoded),
            Err(error) => return Ok(Box::new(Refused::bad(error.to_string(), oddity::BAD_SASL))),
        },
        None => None,
    };
    let (exchange, step) = Exchange::start(mechanism, decoded.as_deref());
    Ok(next(Box::new(exchange), step))
}

/// The client's line after a challenge.
pub fn answered(line: &[u8], state: &mut State) -> Box<dyn Command> {
    let Mode::Sasl(mut exchange) = mem::replace(&mut state.mode, Mode::Command) else {
        return Box::new(Refused::bad("no exchange is under way", oddity::OUT_OF_ORDER));
    };
    if line == b"*" {
        return Box::new(Refused::quietly("AUTHENTICATE was cancelled"));
    }
    match sasl::decode(line) {
        Ok(decoded) => {
            let step = exchange.respond(&decoded);
            next(exchange, step)
        }
        Err(error) => Box::new(Refused::bad(error.to_string(), oddity::BAD_SASL)),
    }
}

fn next(exchange: Box<Exchange>, step: Step) -> Box<dyn Command> {
    let mechanism = exchange.mechanism().name();
    match step {
        Step::Challenge(challenge) => Box::new(Challenge { exchange: Some(exchange), challenge, mechanism }),
        Step::Credentials { user, password } => Box::new(Login::new(&user, password, mechanism, "AUTHENTICATE")),
        Step::Malformed(why) => Box::new(Refused::bad(why, oddity::BAD_SASL)),
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
