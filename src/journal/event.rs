//! What can happen, as plain data.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::proto::{Ats, Class, Note, Protocol};

/// Octets of an event, kept in the arena of the batch that the event came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where they start in the arena.
    pub start: u32,
    /// How many are kept.
    pub kept: u32,
    /// How many there were.
    pub total: u64,
}

/// Which way a connection is closed or broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// FIN, or end of file.
    Fin,
    /// RST.
    Rst,
    /// Another error of the network (a time-out of the kernel, say).
    Error,
}

/// Whose doing an end was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The client left.
    Client,
    /// The server closed as the protocol has it (after QUIT, LOGOUT, 421, BYE), or because it was stopped.
    Server,
    /// A fault ended it.
    Fault,
}

/// How a step of a fault ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Carried out.
    Done,
    /// It wanted to write to a connection that the client had already broken.
    ClientGone,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Nanoseconds since the journal was opened, from a monotonic clock.
    pub ns: u64,
    /// The connection's number in the whole server, from 1; 0 for events of no connection.
    pub conn: u32,
    /// What happened.
    pub what: What,
}

impl What {
    /// Octets of the message that this event keeps in memory, 0 for an event without one.
    pub fn message_octets(&self) -> usize {
        match self {
            What::Note(Note::Message { transaction, .. }) => transaction.message.raw.len(),
            _ => 0,
        }
    }
}

/// The kinds of event.
#[derive(Clone, Debug)]
pub enum What {
    /// The server starts: the first event of a journal.
    Start(Box<Start>),
    /// A listener has its port.
    Listening {
        /// Its name.
        listener: Arc<str>,
        /// What it speaks.
        protocol: Protocol,
        /// Where.
        addr: SocketAddr,
    },
    /// A listener's port is closed (`refuse`) or no longer answers (`blackhole`), or is open again.
    Gate {
        /// The listener.
        listener: Arc<str>,
        /// The fault that did it.
        fault: Arc<str>,
        /// `refuse` or `blackhole`.
        how: &'static str,
        /// `true` when connections are welcome again.
        open: bool,
    },
    /// `run`: the command was started.
    CommandStarted {
        /// Its words, joined for reading.
        command: Arc<str>,
        /// Its process.
        pid: u32,
    },
    /// `run`: the command ended, by itself or by a signal.
    CommandEnded {
        /// Its exit code.
        code: Option<i32>,
        /// Or the signal that ended it.
        signal: Option<i32>,
    },
    /// A client has connected.
    Accept {
        /// The listener's name.
        listener: Arc<str>,
        /// What it speaks.
        protocol: Protocol,
        /// Number among the connections of this protocol, from 1: what `connections` counts where `on` is the protocol or absent.
        ordinal: u32,
        /// The client's address.
        peer: SocketAddr,
    },
    /// Octets came from the client (after TLS, if any).
    Received(Span),
    /// Octets were handed to the kernel for the client (before TLS, if any).
    Sent(Span),
    /// A moment has come.
    Moment {
        /// Its names.
        at: Ats,
        /// See [`crate::proto::Moment::offset`].
        offset: u64,
    },
    /// A session or the store has something to say.
    Note(Note),
    /// `chance` was drawn.
    Draw {
        /// The fault.
        fault: Arc<str>,
        /// Its chance, 0 to 1.
        chance: f64,
        /// The draw, 0 to 1: below `chance` is a hit.
        draw: f64,
    },
    /// A fault's conditions held.
    Fault {
        /// The fault.
        fault: Arc<str>,
        /// Which moment it was.
        at: Ats,
        /// Its steps, as they are going to run, in the words of a scenario file.
        planned: Arc<str>,
        /// Another fault before it has already spoken or ended: matched, not fired.
        shadowed: bool,
    },
    /// `refuse` and `blackhole` count as fired, unseen, when their window was open.
    Unseen {
        /// The fault.
        fault: Arc<str>,
    },
    /// A step of a fault was carried out.
    Step {
        /// The fault.
        fault: Arc<str>,
        /// The step, in the words of a scenario file.
        step: Arc<str>,
        /// Octets that had been sent on this connection before it.
        offset: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// All that a moment says has been said.
    Answered {
        /// Its names.
        at: Ats,
        /// The class of what was said whole: the normal reply or a `reply`; `None` for a cut one, raw octets or nothing.
        class: Option<Class>,
        /// Whether the change that goes with the command happened.
        kept: bool,
    },
    /// The client left while the server was waiting in `delay`, `stall` or `stop-reading`.
    GaveUp {
        /// The fault whose step was waiting.
        fault: Arc<str>,
        /// The step.
        step: Arc<str>,
        /// How long the client had waited in it.
        after: Duration,
        /// How it left.
        how: Ending,
    },
    /// A connection is over.
    End {
        /// Whose doing.
        by: Side,
        /// How.
        how: Ending,
        /// Where the conversation stood.
        phase: Cow<'static, str>,
        /// Octets received in all.
        received: u64,
        /// Octets sent in all.
        sent: u64,
        /// Octets that were never handed to the kernel.
        unsent: u64,
        /// Octets that the client's kernel had not acknowledged when an RST was sent.
        unacknowledged: u64,
    },
    /// At the end: a fault never fired, and what came nearest.
    Unfired {
        /// The fault.
        fault: Arc<str>,
        /// Which protocol it stood for.
        protocol: Option<Protocol>,
        /// Whether the scenario says `optional`.
        optional: bool,
        /// The nearest miss, a sentence.
        nearest: Arc<str>,
    },
    /// The journal was full: so much was dropped here.
    Dropped {
        /// Whole events.
        events: u64,
        /// Octets of payload.
        octets: u64,
    },
    /// The server has stopped: the last event of a whole journal.
    Stop {
        /// Why: a signal, the command's end, `--exit-after`.
        why: Arc<str>,
    },
}

/// What a verdict has to know of the run before anything happens.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Start {
    /// `mailfault`'s version.
    pub version: String,
    /// The scenario's name, as it was asked for.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The seed of all draws.
    pub seed: u64,
    /// All durations of scenario and expectations were multiplied by this.
    pub time_scale: f64,
    /// Wall clock at the start, RFC 3339.
    pub started: String,
    /// Under `run`.
    pub has_command: bool,
    /// Names of the faults, in file order; (name, optional, protocols it stands for).
    pub faults: Vec<FaultInfo>,
    /// What the scenario expects.
    pub expect: crate::scenario::Expectations,
}

/// A fault, as far as a verdict needs it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct FaultInfo {
    /// Its name.
    pub name: String,
    /// It need not fire.
    pub optional: bool,
}
