//! Connections: how they end, what comes after a goodbye, the time between them.

use std::sync::Arc;

use super::evidence::Line;
use super::goodbye::GoodbyeScanner;
use super::{Verdict, index};
use crate::journal::event::Side;
use crate::journal::{Event, Span};
use crate::mail::Transaction;
use crate::proto::{Ats, Protocol};

/// More gaps than this are not kept.
const MOST_GAPS: usize = 10_000;
/// `abandoned` where the scenario does not say: 30 s.
const ABANDONED_AFTER: u64 = 30_000_000_000;

/// Steps after which an `OK` is not the server's own, or not true. What makes a reply late, or tells of a mailbox that has changed, is not among them.
const SPOILING: [&str; 12] =
    ["reply", "send", "send_hex", "garbage", "cut", "no-reply", "rewrite", "misread", "tell", "corrupt", "lose", "uidnext"];

/// An open connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub protocol: Protocol,
    /// A message whose reply is due, and whether it was stored.
    pub message: Option<(Arc<Transaction>, bool)>,
    faulted: bool,
    goodbye: bool,
    server_goodbye: bool,
    /// A fault has said something in the reply that is due, or changed it: even an `OK` is no success then.
    pub spoilt: bool,
    /// A fault has made the server deaf: commands are journalled as octets, not obeyed.
    deaf: bool,
    /// The start of a line whose end has not come.
    partial: Vec<u8>,
    /// Commands after the server's goodbye: obeyed, and seen as lines while deaf. The same command may show up as both.
    obeyed: u64,
    unheard: u64,
    /// How many of them are in the figure already.
    counted: u64,
    last_heard: u64,
    scanner: GoodbyeScanner,
}

impl Connection {
    /// A fault fired on it.
    pub fn hit(&mut self) {
        self.faulted = true;
    }

    /// A step was executed. Some are the last that the server does (with a duration, `stall` and `stop-reading` are not), by some it says what is not so.
    pub fn step(&mut self, step: &str) {
        let alone = step.trim_matches('"');
        let name = step.strip_prefix("{ ").and_then(|step| step.split(" = ").next()).unwrap_or(alone);
        self.deaf |= matches!(alone, "stall" | "stop-reading" | "close" | "half-close") || name == "close";
        self.spoilt |= SPOILING.contains(&name);
    }
}

/// The time from the end of a faulted connection to the start of the next one.
#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub protocol: Protocol,
    /// Nanoseconds.
    pub length: u64,
    /// How the one ended, how the other started.
    pub lines: [String; 2],
}

/// The longest time without a completed command.
#[derive(Clone, Debug, Default)]
pub(super) struct Quiet {
    since: Option<Line>,
    longest: Option<(u64, [String; 2])>,
}

impl Quiet {
    /// The first connection starts it.
    pub fn begin(&mut self, ns: u64, line: impl FnOnce() -> String) {
        if self.since.is_none() {
            self.since = Some((ns, line()));
        }
    }

    /// A command was completed.
    pub fn mark(&mut self, ns: u64, line: Option<String>) {
        let Some((since, before)) = self.since.replace((ns, line.clone().unwrap_or_default())) else { return };
        let length = ns.saturating_sub(since);
        if self.longest.as_ref().is_none_or(|(longest, _)| length > *longest) {
            self.longest = Some((length, [before, line.unwrap_or_default()]));
        }
    }

    /// The longest one and the lines around it, if the journal ends now.
    pub fn longest(&self, end: u64, end_line: String) -> Option<(u64, [String; 2])> {
        let mut whole = self.clone();
        whole.mark(end, Some(end_line));
        whole.longest
    }
}

impl Verdict {
    pub(super) fn accepted(&mut self, event: &Event, protocol: Protocol, text: &dyn Fn() -> String) {
        let wanted = self.wants(|expect| expect.connections.is_some());
        let timed = self.wants_gaps();
        let tally = &mut self.tallies[index(protocol)];
        tally.connections.add(event.ns, wanted, text);
        tally.quiet.begin(event.ns, text);
        let ends = std::mem::take(&mut tally.faulted_ends);
        self.quiet.begin(event.ns, text);
        for (end, line) in ends {
            if self.gaps.len() >= MOST_GAPS {
                self.lost_gaps = true;
            } else if timed {
                self.gaps.push(Gap { protocol, length: event.ns.saturating_sub(end), lines: [line, text()] });
            }
        }
        let connection = Connection {
            protocol,
            message: None,
            faulted: false,
            spoilt: false,
            goodbye: false,
            server_goodbye: false,
            deaf: false,
            partial: Vec::new(),
            obeyed: 0,
            unheard: 0,
            counted: 0,
            last_heard: event.ns,
            scanner: GoodbyeScanner::default(),
        };
        self.open.insert(event.conn, connection);
    }

    pub(super) fn received(&mut self, event: &Event, octets: &[u8], text: &dyn Fn() -> String) {
        let wanted = self.wants(|expect| expect.after_goodbye.is_some());
        let Some(connection) = self.open.get_mut(&event.conn) else { return };
        connection.last_heard = event.ns;
        if !wanted || !connection.server_goodbye || !connection.deaf {
            return;
        }
        connection.unheard += connection.count_lines(octets);
        let (protocol, new) = (connection.protocol, connection.newly_late());
        self.tallies[index(protocol)].after_goodbye.add_many(new, event.ns, true, text);
    }

    pub(super) fn sent(&mut self, event: &Event, octets: &[u8], span: Span) {
        if !self.wants(|expect| expect.after_goodbye.is_some()) {
            return;
        }
        if let Some(connection) = self.open.get_mut(&event.conn) {
            let said = connection.scanner.sent(connection.protocol, octets, span.total);
            connection.server_goodbye |= said;
        }
    }

    pub(super) fn moment(&mut self, event: &Event, at: Ats, text: &dyn Fn() -> String) {
        let Some(connection) = self.open.get_mut(&event.conn) else { return };
        if at.intersects(Ats::COMMAND | Ats::MESSAGE) {
            connection.spoilt = false;
        }
        if at.intersects(Ats::QUIT | Ats::LOGOUT) {
            connection.goodbye = true;
        } else if at.intersects(Ats::COMMAND) && connection.server_goodbye {
            connection.obeyed += 1;
            let (protocol, new) = (connection.protocol, connection.newly_late());
            self.tallies[index(protocol)].after_goodbye.add_many(new, event.ns, true, text);
        }
    }

    pub(super) fn said_goodbye(&mut self, conn: u32) {
        if let Some(connection) = self.open.get_mut(&conn) {
            connection.goodbye = true;
        }
    }

    pub(super) fn server_said_goodbye(&mut self, conn: u32) {
        if let Some(connection) = self.open.get_mut(&conn) {
            connection.server_goodbye = true;
        }
    }

    pub(super) fn ended(&mut self, event: &Event, by: Side, text: &dyn Fn() -> String) {
        let Some(connection) = self.open.remove(&event.conn) else { return };
        let unclean = self.wants(|expect| expect.unclean_ends.is_some());
        let abandoned = self.wants(|expect| expect.abandoned.is_some());
        let ending = self.wants(|expect| expect.connections.is_some() || expect.messages.is_some());
        let timed = self.wants_gaps();
        let silent = self.is_abandoned(&connection, event.ns);
        let tally = &mut self.tallies[index(connection.protocol)];
        tally.ends.add(event.ns, ending, text);
        if by == Side::Client && !connection.goodbye {
            tally.unclean_ends.add(event.ns, unclean, text);
        }
        if silent {
            tally.abandoned.add(event.ns, abandoned, text);
        }
        if connection.faulted && timed {
            if tally.faulted_ends.len() < MOST_GAPS {
                tally.faulted_ends.push((event.ns, text()));
            } else {
                self.lost_gaps = true;
            }
        }
    }

    /// Connections that are still open and were silent too long, in the order of accepting: number, protocol, when last heard.
    pub(super) fn abandoned_open(&self) -> Vec<(u32, Protocol, u64)> {
        let mut found: Vec<(u32, Protocol, u64)> = self
            .open
            .iter()
            .filter(|(_, connection)| self.is_abandoned(connection, self.last_ns))
            .map(|(conn, connection)| (*conn, connection.protocol, connection.last_heard))
            .collect();
        found.sort_unstable_by_key(|(conn, ..)| *conn);
        found
    }

    fn is_abandoned(&self, connection: &Connection, end: u64) -> bool {
        let after = self.start.as_ref().map_or(0, |start| start.expect.abandoned_after);
        let after = if after == 0 { ABANDONED_AFTER } else { after };
        !connection.goodbye && end.saturating_sub(connection.last_heard) >= after
    }

    fn wants_gaps(&self) -> bool {
        self.wants(|expect| expect.gap.is_some() || expect.gaps.is_some() || expect.backoff_growing)
    }
}

impl Connection {
    /// Commands after the server's goodbye that were not counted yet.
    fn newly_late(&mut self) -> u64 {
        let late = self.obeyed.max(self.unheard);
        let new = late - self.counted;
        self.counted = late;
        new
    }

    /// Lines that were completed, QUIT and LOGOUT excepted.
    fn count_lines(&mut self, octets: &[u8]) -> u64 {
        let mut lines = 0;
        for &octet in octets {
            if octet != b'\n' {
                if self.partial.len() < 64 {
                    self.partial.push(octet);
                }
                continue;
            }
            let line = String::from_utf8_lossy(&self.partial).to_ascii_uppercase();
            let mut words = line.split_whitespace();
            let verb = match self.protocol {
                Protocol::Smtp => words.next(),
                Protocol::Imap => words.nth(1),
            };
            lines += u64::from(verb.is_some_and(|verb| verb != "QUIT" && verb != "LOGOUT"));
            self.partial.clear();
        }
        lines
    }
}
