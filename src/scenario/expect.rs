//! `[expect]`: what a client must do. Plain data that a journal carries along, so that it can be judged again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An inclusive range of counts or of durations (then in nanoseconds); several alternatives for `"1,3"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// As the scenario file has it, for reports.
    pub text: String,
    /// (lowest, highest); `None` is no upper end. A value must lie in one of them.
    pub ranges: Vec<(u64, Option<u64>)>,
}

impl Expected {
    /// Whether this count is as expected.
    pub fn allows(&self, value: u64) -> bool {
        self.ranges.iter().any(|&(from, to)| value >= from && to.is_none_or(|to| value <= to))
    }

    /// Whether this duration is as expected.
    pub fn allows_duration(&self, value: Duration) -> bool {
        self.allows(u64::try_from(value.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// `gaps = { are = [...], within = "10%" }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    /// As the scenario file has it.
    pub text: String,
    /// One after the other, in nanoseconds.
    pub are: Vec<u64>,
    /// Allowed deviation as a part of each, 0.1 for 10 %.
    pub within: f64,
}

/// The keys of one `[expect]` table. Durations (in nanoseconds) have been multiplied by the time scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Connections accepted.
    pub connections: Option<Expected>,
    /// SMTP transactions stored.
    pub messages: Option<Expected>,
    /// SMTP: the same message stored again for a recipient. IMAP: a message handled on one connection (its whole body fetched, and marked \Seen or
    /// \Deleted or moved, or an attempt at that), and on another one again.
    pub duplicates: Option<Expected>,
    /// Messages whose whole 250 was written and that were not stored, nor stored later.
    pub lost: Option<Expected>,
    /// Transactions begun per message.
    pub attempts: Option<Expected>,
    /// Time from the first fault to the first success after it.
    pub recovers: Option<Expected>,
    /// From the end of a faulted connection to the next connection's start: every one.
    pub gap: Option<Expected>,
    /// The same, one by one.
    pub gaps: Option<Gaps>,
    /// `backoff = "growing"`.
    pub backoff_growing: bool,
    /// The longest wait in a `delay` or `stall` before the client left.
    pub gives_up: Option<Expected>,
    /// The longest time without a completed client command.
    pub quiet: Option<Expected>,
    /// Messages left without \Seen, in whatever mailbox. A copy is a message of its own here; what was expunged is not left.
    pub unread: Option<Expected>,
    /// Messages that a client marked \Seen, or expunged to the last copy, and whose body never arrived whole, wherever they were moved.
    pub seen_without_body: Option<Expected>,
    /// Reusable secrets sent without TLS on a listener that has TLS.
    pub secrets_in_clear: Option<Expected>,
    /// Commands read after 421 or BYE was written, QUIT and LOGOUT excepted.
    pub after_goodbye: Option<Expected>,
    /// Connections silent for the last 30 s or more without QUIT or LOGOUT.
    pub abandoned: Option<Expected>,
    /// Connections ended by the client without QUIT or LOGOUT.
    pub unclean_ends: Option<Expected>,
    /// Connections whose client left its dialogue.
    pub left_dialogue: Option<Expected>,
    /// The client's protocol mistakes.
    pub oddities: Option<Expected>,
    /// Exit code of the command; 0 unless given.
    pub client_exit: Option<Expected>,
}

/// `[expect]`, `[expect.smtp]`, `[expect.imap]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expectations {
    /// Summed over the protocols.
    pub all: Expect,
    /// SMTP only.
    pub smtp: Expect,
    /// IMAP only.
    pub imap: Expect,
    /// What "30 s or more" of `abandoned` is after the time scale, in nanoseconds.
    pub abandoned_after: u64,
}
