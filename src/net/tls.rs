//! TLS as a change of octets: ciphertext in, plain text out, and the reverse. No socket and no waiting, so that every fault that works on octets works
//! below TLS, too. All of rustls stands behind this module (its plain state machine, without an asynchronous stream around it: a stream would hide
//! the very records that faults cut and corrupt).

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::server::{Accepted, Acceptor};
use rustls::{ServerConfig, ServerConnection};

use crate::certs::client_hello::{self, Facts, Read as HelloRead};
use crate::certs::{Choice, alert};
use crate::proto::Rope;

/// The octets of a ClientHello that are looked at for what it offers.
const MOST_HELLO: usize = 16 << 10;
/// The most plain text that becomes records before those have left: a client that does not read costs no more than that.
pub const BATCH: usize = 64 << 10;

/// One connection's TLS.
pub struct Tls {
    state: State,
    /// What the faults at `tls` have chosen so far.
    pub choice: Choice,
    /// What the ClientHello said.
    pub facts: Facts,
    hello: Vec<u8>,
    /// Ciphertext that is not written yet.
    output: Vec<u8>,
    written: usize,
    left: u64,
    tap: Tap,
}

enum State {
    /// The ClientHello has not been read whole.
    Hello(Box<Acceptor>),
    /// It has; nothing is said yet.
    Choose(Box<Accepted>),
    /// The handshake goes on, or is done.
    Running(Box<ServerConnection>),
    /// It does not go on: nothing more is understood.
    Dead,
}

/// Sees the ciphertext that is made, and can spoil it.
#[derive(Default)]
struct Tap {
    /// After so many octets nothing leaves any more.
    stop_after: Option<u64>,
    /// One bit of the octet so far ahead is flipped.
    flip_at: Option<u64>,
    swallowed: u64,
}

/// What came of octets from the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The ClientHello is there now.
    pub hello: bool,
    /// The handshake is done now.
    pub secured: bool,
    /// The client has sent close_notify.
    pub closed: bool,
    /// Octets at the end that were not taken: those behind a ClientHello.
    pub left: usize,
}

/// Why TLS came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFailure {
    /// For people.
    pub why: String,
    /// The alert that the client sent, by its name in RFC 8446 section 6.
    pub alert: Option<String>,
}

/// What was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// Such as `TLS13_AES_256_GCM_SHA384`.
    pub suite: String,
    /// The session was resumed.
    pub resumed: bool,
    /// The client has shown a certificate.
    pub certificate: bool,
}

impl Tls {
    /// Waits for a ClientHello.
    pub fn new() -> Self {
        Tls {
            state: State::Hello(Box::default()),
            choice: Choice::default(),
            facts: Facts::default(),
            hello: Vec::new(),
            output: Vec::new(),
            written: 0,
            left: 0,
            tap: Tap::default(),
        }
    }

    /// Takes octets from the wire; plain text is added to `plain`. While a choice is due, nothing may be fed.
    ///
    /// # Errors
    /// What the client sent is no TLS, or it refused ours. An alert for it may wait to be written.
    pub fn feed(&mut self, mut wire: &[u8], plain: &mut Vec<u8>) -> Result<Progress, TlsFailure> {
        let mut progress = Progress::default();
        while !wire.is_empty() {
            let before = wire.len();
            match &mut self.state {
                State::Hello(_) => {
                    if self.read_hello(&mut wire)? {
                        progress.hello = true;
                        progress.left = wire.len();
                        return Ok(progress);
                    }
                }
                State::Running(connection) => {
                    let was_shaking = connection.is_handshaking();
                    let result = take_in(connection, &mut wire, plain);
                    let is_shaking = connection.is_handshaking();
                    self.collect_output();
                    progress.closed |= result?;
                    progress.secured |= was_shaking && !is_shaking;
                    if progress.closed {
                        // RFC 8446 section 6.1: what comes behind close_notify is ignored, and rustls would not take it.
                        break;
                    }
                }
                State::Choose(_) | State::Dead => break,
            }
            if wire.len() == before {
                // As far as its documentation goes, rustls takes something or fails; one connection must not hold up all others if it does not.
                self.state = State::Dead;
                return Err(TlsFailure { why: "the TLS library takes no more".to_owned(), alert: None });
            }
        }
        Ok(progress)
    }

    fn read_hello(&mut self, wire: &mut &[u8]) -> Result<bool, TlsFailure> {
        let State::Hello(acceptor) = &mut self.state else { return Ok(false) };
        let before = *wire;
        let read = acceptor.read_tls(wire).map_err(|error| TlsFailure { why: error.to_string(), alert: None });
        let taken = before.len() - wire.len();
        let room = MOST_HELLO.saturating_sub(self.hello.len());
        self.hello.extend_from_slice(&before[..taken.min(room)]);
        let accepted = match read {
            Ok(_) => acceptor.accept(),
            Err(failure) => {
                self.state = State::Dead;
                return Err(failure);
            }
        };
        match accepted {
            Ok(None) => Ok(false),
            Ok(Some(accepted)) => {
                if let HelloRead::Hello(facts) = client_hello::read(&std::mem::take(&mut self.hello)) {
                    self.facts = facts;
                }
                self.state = State::Choose(Box::new(accepted));
                Ok(true)
            }
            Err((error, mut alert)) => {
                // Writing into a vector does not fail.
                let _ = alert.write_all(&mut self.output);
                self.state = State::Dead;
                let mut failure = failure(&error);
                if let HelloRead::Not(stranger) = client_hello::read(&std::mem::take(&mut self.hello)) {
                    failure.why = format!("{}: {}", stranger.name(), failure.why);
                }
                Err(failure)
            }
        }
    }

    /// The server's first flight with this configuration: what a healthy server would say to the ClientHello.
    ///
    /// # Errors
    /// The client offers nothing that the configuration has: the alert for it is what would be said.
    pub fn first_flight(&mut self, config: Arc<ServerConfig>) -> Result<Rope, (TlsFailure, Rope)> {
        match std::mem::replace(&mut self.state, State::Dead) {
            State::Choose(accepted) => match accepted.into_connection(config) {
                Ok(connection) => {
                    self.state = State::Running(Box::new(connection));
                    let mut flight = Vec::new();
                    self.write_records(&mut flight);
                    Ok(Rope::text(flight))
                }
                Err((error, mut alert)) => {
                    let mut octets = Vec::new();
                    let _ = alert.write_all(&mut octets);
                    Err((failure(&error), Rope::text(octets)))
                }
            },
            other => {
                self.state = other;
                Ok(Rope::new())
            }
        }
    }

    /// The handshake does not go on.
    pub fn give_up(&mut self) {
        self.state = State::Dead;
    }

    /// How far a handshake has come that waits for the client; `None` where it does not, or does not any more.
    pub fn unfinished(&self) -> Option<&'static str> {
        match &self.state {
            State::Hello(_) if self.hello.is_empty() => Some("no-hello"),
            State::Hello(_) => Some("partial-hello"),
            State::Running(connection) if connection.is_handshaking() => Some("partial-handshake"),
            State::Choose(_) | State::Running(_) | State::Dead => None,
        }
    }

    /// Whether it came to an end before it was up.
    pub fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead)
    }

    /// Whether what is said goes through TLS.
    pub fn is_up(&self) -> bool {
        matches!(&self.state, State::Running(connection) if !connection.is_handshaking())
    }

    /// When the handshake does not go on: the alert that the client sends in clear, which says what it thought of what it got.
    pub fn refusal(&self, wire: &[u8]) -> Option<TlsFailure> {
        // One record with one alert, RFC 8446 section 6; whatever else there is cannot be read without keys.
        let [21, 3, _, 0, 2, _level, number, ..] = *wire else { return None };
        Some(TlsFailure { why: "it could not use what came in place of a handshake".to_owned(), alert: Some(alert_name(number)) })
    }

    /// What the handshake agreed on.
    pub fn agreed(&self) -> Option<Agreed> {
        let State::Running(connection) = &self.state else { return None };
        let version = match connection.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_2 => "1.2",
            rustls::ProtocolVersion::TLSv1_3 => "1.3",
            _ => "unknown",
        };
        let suite = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())).unwrap_or_default();
        let resumed = connection.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
        let certificate = connection.peer_certificates().is_some_and(|chain| !chain.is_empty());
        Some(Agreed { version, suite, resumed, certificate })
    }

    /// Makes records of plain text; at most a [`BATCH`] at a time is to be given.
    pub fn encrypt(&mut self, plain: &[u8]) {
        if let State::Running(connection) = &mut self.state {
            // Without a limit all of it is taken, and writing to memory does not fail.
            connection.set_buffer_limit(None);
            let _ = connection.writer().write_all(plain);
            self.collect_output();
        }
    }

    /// After so many octets of ciphertext from here, nothing leaves any more.
    pub fn stop_after(&mut self, octets: u64) {
        self.tap.stop_after = Some(octets);
    }

    /// One bit of the octet of ciphertext so far from here is flipped.
    pub fn flip_at(&mut self, octets: u64) {
        self.tap.flip_at = Some(octets);
    }

    /// close_notify (RFC 8446 section 6.1).
    pub fn close_notify(&mut self) {
        if let State::Running(connection) = &mut self.state {
            connection.send_close_notify();
            self.collect_output();
        }
    }

    /// Ciphertext that waits to be written.
    pub fn output(&self) -> &[u8] {
        &self.output[self.written..]
    }

    /// So much of it has been written.
    pub fn wrote(&mut self, octets: usize) {
        self.written += octets;
        self.left += octets as u64;
        if self.written >= self.output.len() {
            self.output = Vec::new();
            self.written = 0;
        }
    }

    /// All ciphertext that has left so far.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// What the tap kept from leaving.
    pub fn swallowed(&self) -> u64 {
        self.tap.swallowed
    }

    fn collect_output(&mut self) {
        let mut records = Vec::new();
        self.write_records(&mut records);
        self.tap.spoil(&mut records);
        self.output.extend_from_slice(&records);
    }

    fn write_records(&mut self, records: &mut Vec<u8>) {
        if let State::Running(connection) = &mut self.state {
            // Writing to memory does not fail.
            while connection.wants_write() && connection.write_tls(records).is_ok() {}
        }
    }
}

impl Tap {
    fn spoil(&mut self, records: &mut Vec<u8>) {
        if let Some(at) = self.flip_at {
            let place = usize::try_from(at).unwrap_or(usize::MAX);
            match records.get_mut(place) {
                Some(octet) => {
                    *octet ^= 1;
                    self.flip_at = None;
                }
                None => self.flip_at = Some(at - records.len() as u64),
            }
        }
        if let Some(left) = &mut self.stop_after {
            let keep = records.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            self.swallowed += (records.len() - keep) as u64;
            records.truncate(keep);
            *left -= keep as u64;
        }
    }
}

/// One read of ciphertext into the connection, and all plain text out of it; whether the client has closed its side.
fn take_in(connection: &mut ServerConnection, wire: &mut &[u8], plain: &mut Vec<u8>) -> Result<bool, TlsFailure> {
    connection.read_tls(wire).map_err(|error| TlsFailure { why: error.to_string(), alert: None })?;
    let state = connection.process_new_packets().map_err(|error| failure(&error))?;
    let wanted = state.plaintext_bytes_to_read();
    if wanted > 0 {
        let start = plain.len();
        plain.resize(start + wanted, 0);
        let read = connection.reader().read(&mut plain[start..]).unwrap_or(0);
        plain.truncate(start + read);
    }
    Ok(state.peer_has_closed())
}

fn failure(error: &rustls::Error) -> TlsFailure {
    let alert = match error {
        rustls::Error::AlertReceived(description) => Some(alert_name(u8::from(*description))),
        _ => None,
    };
    TlsFailure { why: error.to_string(), alert }
}

fn alert_name(number: u8) -> String {
    alert::name(number).map_or_else(|| number.to_string(), str::to_owned)
}
