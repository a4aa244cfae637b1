//! What a fault does: its `do` list, made into ops once, at load.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::mail::Mutation;
use crate::proto::Protocol;
use crate::proto::script::Script;

/// A value for each protocol; what is `None` cannot come up there (`check` has seen to it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerProtocol<T> {
    /// On SMTP.
    pub smtp: Option<T>,
    /// On IMAP.
    pub imap: Option<T>,
}

impl<T> PerProtocol<T> {
    /// The value for this protocol.
    pub fn get(&self, protocol: Protocol) -> Option<&T> {
        match protocol {
            Protocol::Smtp => self.smtp.as_ref(),
            Protocol::Imap => self.imap.as_ref(),
        }
    }
}

/// Where to cut a reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// After so many octets.
    At(u64),
    /// All but so many octets.
    Before(u64),
    /// After this part of it, 0 to 100.
    Percent(f64),
}

/// Which octets of a reply a `rewrite` is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Those of the protocol.
    #[default]
    Text,
    /// Somebody's mail.
    Mail,
    /// What a SASL challenge says, under its base64.
    Challenge,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Op {
    /// *speaks*: what is left of the normal reply.
    Pass,
    /// *speaks*: the normal reply up to there.
    Cut(Cut),
    /// *speaks*: the normal reply, of whose TLS records only so many octets leave.
    CutRaw(u64),
    /// *speaks*: another well-formed reply.
    Reply(PerProtocol<Arc<str>>),
    /// *speaks*: raw octets, `repeat` times, `every` so often (0: all at once).
    Send {
        /// The octets.
        octets: Bytes,
        /// How often, at least 1.
        repeat: u64,
        /// The wait between two.
        every: Duration,
        /// Below TLS.
        raw: bool,
    },
    /// *speaks*: so many octets of seeded noise.
    Garbage {
        /// How many.
        octets: u64,
        /// Below TLS.
        raw: bool,
    },
    /// *speaks*, by saying nothing.
    NoReply,
    /// Edits what the list writes after it: every match of the regex.
    Rewrite {
        /// What to find.
        find: regex::bytes::Regex,
        /// What to put there; `$1` stands for a group.
        with: Bytes,
        /// Where to look.
        within: Within,
    },
    /// The command is taken for another: every match of the regex in it is replaced before it is obeyed.
    Misread {
        /// What to find.
        find: regex::bytes::Regex,
        /// What to put there; `$1` stands for a group.
        with: Bytes,
    },
    /// The news of the mailbox stand in this reply, all of them, whatever the command.
    Tell,
    /// Edits what the list writes after it: one bit of the octet at this offset (from the first octet that the list writes after it) is flipped.
    Corrupt {
        /// The octet.
        at: u64,
        /// Of the TLS records, not of the text in them.
        raw: bool,
    },
    /// What the list writes after it leaves in pieces.
    Dribble {
        /// Octets in a piece, at least 1.
        octets: u64,
        /// The wait between two.
        every: Duration,
    },
    /// Waits, then goes on. A draw between the two where they differ.
    Delay {
        /// At least.
        min: Duration,
        /// At most.
        max: Duration,
    },
    /// Says nothing, reads all: for so long, or (*ends*) until the client gives up.
    Stall(Option<Duration>),
    /// Does not even read: for so long, or (*ends*) until the client gives up.
    StopReading(Option<Duration>),
    /// *ends*: RST, this long after all octets were acknowledged.
    Reset {
        /// The settle time.
        settle: Duration,
    },
    /// *ends*: FIN.
    Close {
        /// Under TLS, with close_notify.
        notify: bool,
    },
    /// *ends*: FIN one way; what the client still sends is read.
    HalfClose,
    /// The message (the command's change) is kept, whatever is said.
    Store,
    /// It is not kept, whatever is said.
    Lose,
    /// Capabilities not shown: for the connection at `connect` and `tls`, elsewhere for this reply.
    Hide(Vec<String>),
    /// Capabilities shown beside the others, likewise.
    Offer(Vec<String>),
    /// The mailbox changes.
    Mutate(Mutation),
    /// At `tls`: the handshake goes on with this certificate.
    Certificate(crate::certs::Kind),
    /// At `tls`: the handshake goes on with these versions only.
    TlsVersions(crate::certs::Versions),
    /// At `tls`: the handshake goes on and asks for a certificate of the client.
    RequireClientCertificate,
    /// At `tls`, *ends*: this alert (RFC 8446 section 6), then FIN.
    Alert(u8),
    /// At `connect`: the conversation is this one, word for word.
    Converse(Arc<Script>),
    /// At `connect`, with `during`: the port is closed.
    Refuse,
    /// At `connect`, with `during`: the SYN is not answered.
    Blackhole,
}

impl Op {
    /// Whether the normal reply is replaced by what this op says.
    pub fn speaks(&self) -> bool {
        matches!(self, Op::Pass | Op::Cut(_) | Op::CutRaw(_) | Op::Reply(_) | Op::Send { .. } | Op::Garbage { .. } | Op::NoReply)
    }

    /// Whether nothing can follow it.
    pub fn ends(&self) -> bool {
        matches!(
            self,
            Op::Stall(None) | Op::StopReading(None) | Op::Reset { .. } | Op::Close { .. } | Op::HalfClose | Op::Alert(_)
        )
    }
}

/// An op with its text.
#[derive(Clone, Debug)]
pub struct Step {
    /// What to do.
    pub op: Op,
    /// As a scenario file would have it: `{ cut = 11 }`, `"reset"`.
    pub text: Arc<str>,
}

/// A fault's `do`.
#[derive(Clone, Debug)]
pub struct Program {
    /// The steps in their order, at least one.
    pub steps: Box<[Step]>,
    /// All texts, for the journal.
    pub text: Arc<str>,
}

impl Program {
    /// From its steps.
    pub fn new(steps: Vec<Step>) -> Self {
        let text = steps.iter().map(|step| &*step.text).collect::<Vec<_>>().join(", ");
        Program { steps: steps.into(), text: format!("[{text}]").into() }
    }

    /// Whether it speaks or ends: then the normal reply follows only where a step says so.
    pub fn speaks_or_ends(&self) -> bool {
        self.steps.iter().any(|step| step.op.speaks() || step.op.ends())
    }

    /// `refuse` or `blackhole`: for listeners, not for connections.
    pub fn gate(&self) -> Option<&Op> {
        self.steps.iter().map(|step| &step.op).find(|op| matches!(op, Op::Refuse | Op::Blackhole))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
