//! What `[[wire]]` says: conversations that `selftest` plays as a client, and what the wire must show. Plain data; [`crate::selftest`] plays it.

use std::sync::Arc;
use std::time::Duration;

use crate::proto::script::{Pattern, Text};

/// A `[[wire]]`: one connection, or many that are the same.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The listener that the client connects to.
    pub on: Arc<str>,
    /// Line in the file, from 1, where it begins.
    pub line: usize,
    /// So many connections, one after the other; at least 1.
    pub repeat: u32,
    /// What happens, in order.
    pub steps: Vec<WireStep>,
}

/// A line of a script.
#[derive(Clone, Debug)]
pub struct WireStep {
    /// Line in the file, from 1.
    pub line: usize,
    /// As it is written.
    pub text: Box<str>,
    /// What it means.
    pub act: Act,
}

/// What the client does, or what it must see.
#[derive(Clone, Debug)]
pub enum Act {
    /// `C: TEXT`, `C- TEXT`: the client says it, a line with its CRLF.
    Say(Text),
    /// `! send 70000`: it says so many octets of lines, as the content of a message.
    Send(u64),
    /// `S: TEXT`: a line that fits comes.
    Line(Pattern),
    /// `S: ...`: any number of lines, up to one that fits the next `S:`.
    Lines,
    /// `S- TEXT`: exactly these octets come.
    Octets(Box<[u8]>),
    /// `! octets 20`: so many octets come, whatever they are; in TLS, octets of its records since the client last spoke.
    AnyOctets(u64),
    /// `! reset`: RST, and no octet before it.
    Reset,
    /// `! perhaps reset`: RST, and the script is over; or something else comes, and it goes on. For faults that are drawn.
    PerhapsReset,
    /// `! close`: FIN, and no octet before it.
    Close(Notify),
    /// `! silence 1s`: nothing comes for so long.
    Silence(Duration),
    /// `! delay 200ms`: what follows comes no sooner than so long after what stands before, and not much later.
    Delay(Duration),
    /// `! takes 300ms`: so long at least from the first octet of what follows to its last.
    Takes(Duration),
    /// `! wait 10s`: the client does nothing for so long; what comes meanwhile is read later.
    Wait(Duration),
    /// `! refused`: connecting is refused.
    Refused,
    /// `! no-answer 1s`: connecting is not answered for so long.
    NoAnswer(Duration),
    /// `! blocked`: the client writes and writes, until the server's side takes nothing more.
    Blocked,
    /// `! leave`: the client closes its side, with FIN.
    Leave,
    /// `! hello`: the client sends a ClientHello; what comes back is octets, not TLS.
    Hello,
    /// `! tls`, `! tls 1.3`: a handshake, by a client that trusts the server's root; what follows is inside TLS.
    Tls(Option<Box<str>>),
    /// `! tls fails TEXT`: handshake or session come to nothing, and the client's TLS library says why in these words.
    TlsFails(Pattern),
    /// `! alert NAME`: the server sends this alert inside TLS.
    Alert(Box<str>),
}

/// Whether FIN follows a close_notify, inside TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// It does; without TLS there is none.
    AsUsual,
    /// `! close no-notify`.
    Missing,
}

impl Act {
    /// How long the script waits here.
    pub fn waits(&self) -> Duration {
        match self {
            Act::Silence(time) | Act::Delay(time) | Act::Takes(time) | Act::Wait(time) | Act::NoAnswer(time) => *time,
            _ => Duration::ZERO,
        }
    }
}
