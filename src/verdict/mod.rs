//! The verdict: a fold over events, the same for a live run and for a journal read from a file. No clock, no files.
//!
//! ```text
//!  Event, Event, ... -> Verdict (counts, and the few lines that decide) -> finish -> Report -> text, JUnit, JSON
//! ```
//!
//! Where the contract leaves room: a *success* of SMTP is a message that was stored and whose whole reply of the 2xx class was written; of IMAP, a SELECT,
//! EXAMINE, STATUS or FETCH that was answered `OK`; of both, none where a fault had a say in that reply. `attempts` are transactions begun for each message that arrived. `duplicates` counts each recipient
//! that got a message again over SMTP, and each connection beyond the first on which a message was handled over IMAP (see `mailboxes`). Figures of time take the longest over the protocols in `[expect]`.

mod connections;
mod evidence;
mod goodbye;
mod judge;
mod line;
mod mailboxes;
mod messages;
pub mod report;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use line::line;
pub use report::{Check, CommandFate, FaultReport, Notice, Outcome, Report, Scope};

use crate::journal::event::Start;
use crate::journal::{Event, What};
use crate::proto::script::LEFT;
use crate::proto::{Ats, Class, Note, Protocol};
use crate::scenario::Expect;
use connections::{Connection, Gap, Quiet};
use evidence::{Count, Line};
use mailboxes::{By, Mailboxes};
use messages::Messages;

/// More faults by different names than this are not told apart (those of the API come and go).
const MOST_FAULTS: usize = 10_000;
/// More near misses of one fault than this are not told.
const MOST_NEAREST: usize = 8;
/// Oddities of more names than this are not told apart.
const MOST_NAMES: usize = 1_000;

/// The fold. Feed it every event in order, then ask for the report; asking does not end it.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    start: Option<Box<Start>>,
    /// By protocol: SMTP, IMAP.
    tallies: [Tally; 2],
    quiet: Quiet,
    messages: Messages,
    mailboxes: Mailboxes,
    open: HashMap<u32, Connection>,
    gaps: Vec<Gap>,
    /// More gaps than are kept.
    lost_gaps: bool,
    listeners: BTreeMap<Arc<str>, Protocol>,
    faults: Vec<FaultReport>,
    fault_places: HashMap<String, usize>,
    command: Option<CommandFate>,
    command_line: Option<String>,
    dropped_events: u64,
    dropped_octets: u64,
    last_ns: u64,
    stopped: bool,
}

/// Figures of one protocol.
#[derive(Clone, Debug, Default)]
struct Tally {
    connections: Count,
    begun: Count,
    secrets: Count,
    after_goodbye: Count,
    abandoned: Count,
    unclean_ends: Count,
    left_dialogue: Count,
    oddities: Count,
    oddity_names: BTreeMap<String, u64>,
    gives_up: Count,
    longest_wait: Option<u64>,
    quiet: Quiet,
    first_fault: Option<Line>,
    recovered: Option<Line>,
    /// How connections ended: what is quoted where too little happened.
    ends: Count,
    /// Ends of faulted connections after which none has started yet.
    faulted_ends: Vec<Line>,
}

impl Verdict {
    /// Before the first event.
    pub fn new() -> Self {
        Verdict::default()
    }

    /// Takes the next event; `octets` is what its `Span` holds, empty for other events.
    pub fn event(&mut self, event: &Event, octets: &[u8]) {
        self.last_ns = self.last_ns.max(event.ns);
        let protocol = self.open.get(&event.conn).map(|connection| connection.protocol);
        let text = || line(event, octets, protocol);
        match &event.what {
            What::Start(start) => self.started(start),
            What::Listening { listener, protocol, .. } => drop(self.listeners.insert(listener.clone(), *protocol)),
            What::Gate { listener, open: false, .. } => {
                if let Some(&protocol) = self.listeners.get(listener) {
                    self.tallies[index(protocol)].first_fault.get_or_insert_with(|| (event.ns, text()));
                }
            }
            What::CommandStarted { .. } => self.command_line = Some(text()),
            What::CommandEnded { code, signal } => {
                self.command = Some(match (code, signal) {
                    (Some(code), _) => CommandFate::Exited(*code),
                    (None, signal) => CommandFate::Killed(*signal),
                });
                self.command_line = Some(text());
            }
            What::Accept { protocol, .. } => self.accepted(event, *protocol, &text),
            What::Received(_) => self.received(event, octets, &text),
            What::Sent(span) => self.sent(event, octets, *span),
            What::Moment { at, .. } => self.moment(event, *at, &text),
            What::Note(note) => self.note(event, note, &text),
            What::Fault { fault, shadowed, .. } => self.fault(event, fault, *shadowed, &text),
            What::Step { step, .. } => {
                if let Some(connection) = self.open.get_mut(&event.conn) {
                    connection.step(step);
                }
            }
            What::Unseen { fault } => {
                if let Some(report) = self.fault_report(fault, true) {
                    report.unseen = true;
                }
            }
            What::Answered { at, class, .. } => self.answered(event, *at, *class, &text),
            What::GaveUp { after, .. } => {
                let wanted = self.wants(|expect| expect.gives_up.is_some());
                if let Some(tally) = self.tally(event.conn) {
                    let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
                    tally.longest_wait = tally.longest_wait.max(Some(after));
                    tally.gives_up.add(event.ns, wanted, text);
                }
            }
            What::End { by, .. } => self.ended(event, *by, &text),
            What::Unfired { fault, protocol, optional, nearest } => {
                if let Some(report) = self.fault_report(fault, *optional) {
                    let nearest = match protocol {
                        Some(protocol) => format!("{protocol}: {nearest}"),
                        None => nearest.to_string(),
                    };
                    report.optional = *optional;
                    if report.nearest.len() < MOST_NEAREST {
                        report.nearest.push(nearest);
                    }
                }
            }
            What::Dropped { events, octets } => {
                self.dropped_events = self.dropped_events.saturating_add(*events);
                self.dropped_octets = self.dropped_octets.saturating_add(*octets);
            }
            What::Stop { .. } => self.stopped = true,
            What::SentRaw(_) | What::Hello { .. } | What::Secured { .. } | What::TlsFailed { .. } => {}
            What::Gate { open: true, .. } | What::Draw { .. } => {}
        }
    }

    /// The report as things stand. Before the last event of a whole journal it is inconclusive at best.
    pub fn finish(&self) -> Report {
        judge::report(self)
    }

    fn started(&mut self, start: &Start) {
        for fault in &start.faults {
            self.fault_report(&fault.name, fault.optional);
        }
        self.start = Some(Box::new(start.clone()));
    }

    fn note(&mut self, event: &Event, note: &Note, text: &dyn Fn() -> String) {
        let ns = event.ns;
        let reading = self.wants_mailboxes();
        let by = By { ns, conn: event.conn, line: text };
        match note {
            Note::Oddity { name, .. } => {
                let wanted = self.wants(|expect| expect.oddities.is_some());
                let wants_left = self.wants(|expect| expect.left_dialogue.is_some());
                let Some(tally) = self.tally(event.conn) else { return };
                if **name == *LEFT {
                    tally.left_dialogue.add(ns, wants_left, text);
                }
                tally.oddities.add(ns, wanted, text);
                if tally.oddity_names.len() < MOST_NAMES || tally.oddity_names.contains_key(&**name) {
                    *tally.oddity_names.entry(name.to_string()).or_default() += 1;
                }
            }
            Note::Secret { protected: false, tls_possible: true, .. } => {
                let wanted = self.wants(|expect| expect.secrets_in_clear.is_some());
                if let Some(tally) = self.tally(event.conn) {
                    tally.secrets.add(ns, wanted, text);
                }
            }
            Note::Begun { .. } => {
                let wanted = self.wants(|expect| expect.attempts.is_some());
                if let Some(tally) = self.tally(event.conn) {
                    tally.begun.add(ns, wanted, text);
                }
            }
            Note::Message { transaction, stored } => {
                if self.wants(|expect| expect.attempts.is_some()) {
                    self.messages.arrived(transaction);
                }
                if *stored {
                    self.messages.stored.add(ns, self.wants(|expect| expect.messages.is_some()), text);
                    if self.wants(|expect| expect.duplicates.is_some() || expect.lost.is_some()) {
                        let wanted = self.wants(|expect| expect.duplicates.is_some());
                        self.messages.store(ns, event.conn, transaction, wanted, text);
                    }
                }
                if let Some(connection) = self.open.get_mut(&event.conn) {
                    connection.message = Some((transaction.clone(), *stored));
                }
            }
            Note::Delivered { user, mailbox, uid, seen } if reading => self.mailboxes.delivered(ns, (user, mailbox, *uid), *seen),
            Note::Copied { user, mailbox, uid, from, from_uid, moved } if reading => {
                self.mailboxes.copied(&by, (user, mailbox, *uid), (user, from, *from_uid), *moved);
            }
            Note::Flags { user, mailbox, uid, flags } if reading => self.mailboxes.flags(&by, (user, mailbox, *uid), flags),
            Note::InVain { user, mailbox, uid, .. } if reading => self.mailboxes.in_vain(&by, (user, mailbox, *uid)),
            Note::Expunged { user, mailbox, uid } if reading => self.mailboxes.expunged(&by, (user, mailbox, *uid)),
            Note::Fetched { user, mailbox, uid } if reading => self.mailboxes.fetched(&by, (user, mailbox, *uid)),
            Note::Goodbye => self.said_goodbye(event.conn),
            Note::ServerGoodbye => self.server_said_goodbye(event.conn),
            _ => {}
        }
    }

    fn fault(&mut self, event: &Event, fault: &str, shadowed: bool, text: &dyn Fn() -> String) {
        if let Some(report) = self.fault_report(fault, true) {
            if shadowed {
                report.shadowed += 1;
            } else {
                report.fired += 1;
            }
        }
        if shadowed {
            return;
        }
        let keep = self.wants(|expect| expect.recovers.is_some());
        if let Some(tally) = self.tally(event.conn) {
            tally.first_fault.get_or_insert_with(|| (event.ns, if keep { text() } else { String::new() }));
        }
        if let Some(connection) = self.open.get_mut(&event.conn) {
            connection.hit();
        }
    }

    fn answered(&mut self, event: &Event, at: Ats, class: Option<Class>, text: &dyn Fn() -> String) {
        let Some(connection) = self.open.get_mut(&event.conn) else { return };
        let (protocol, spoilt) = (connection.protocol, connection.spoilt);
        let message = if at.intersects(Ats::MESSAGE) { connection.message.take() } else { None };
        let taken = message.filter(|_| class == Some(Class::Ok));
        let worked = match (&taken, protocol) {
            (Some((_, stored)), _) => *stored,
            (None, Protocol::Imap) => class == Some(Class::Ok) && at.intersects(IMAP_SUCCESS),
            (None, Protocol::Smtp) => false,
        };
        if let Some((transaction, false)) = &taken
            && self.wants(|expect| expect.lost.is_some())
        {
            self.messages.acknowledged_unstored(event.ns, transaction, text());
        }
        let keep = self.wants(|expect| expect.recovers.is_some());
        let tally = &mut self.tallies[index(protocol)];
        if worked && !spoilt && tally.first_fault.is_some() {
            tally.recovered.get_or_insert_with(|| (event.ns, if keep { text() } else { String::new() }));
        }
        if class.is_some_and(|class| class != Class::More) && is_command(at) {
            let line = self.wants(|expect| expect.quiet.is_some()).then(text);
            self.tallies[index(protocol)].quiet.mark(event.ns, line.clone());
            self.quiet.mark(event.ns, line);
        }
    }

    fn tally(&mut self, conn: u32) -> Option<&mut Tally> {
        let protocol = self.open.get(&conn)?.protocol;
        self.tallies.get_mut(index(protocol))
    }

    /// The report of this fault, made if it is new; `None` when there are too many.
    fn fault_report(&mut self, name: &str, optional: bool) -> Option<&mut FaultReport> {
        let place = match self.fault_places.get(name) {
            Some(&place) => place,
            None if self.faults.len() < MOST_FAULTS => {
                self.faults.push(FaultReport::new(name, optional));
                self.fault_places.insert(name.to_owned(), self.faults.len() - 1);
                self.faults.len() - 1
            }
            None => return None,
        };
        self.faults.get_mut(place)
    }

    /// Whether what becomes of mail in mailboxes is asked for.
    fn wants_mailboxes(&self) -> bool {
        let Some(start) = &self.start else { return false };
        let asked =
            |expect: &Expect| expect.unread.is_some() || expect.seen_without_body.is_some() || expect.duplicates.is_some();
        asked(&start.expect.all) || asked(&start.expect.imap)
    }

    /// Whether `[expect]` or one of its tables asks for this.
    fn wants(&self, key: impl Fn(&Expect) -> bool) -> bool {
        let Some(start) = &self.start else { return false };
        [&start.expect.all, &start.expect.smtp, &start.expect.imap].into_iter().any(key)
    }
}

/// After one of these is answered `OK`, an IMAP client has got somewhere.
const IMAP_SUCCESS: Ats = Ats::SELECT.union(Ats::EXAMINE).union(Ats::STATUS).union(Ats::FETCH);

/// Whether it is the end of a command: a whole message, or a last verdict on credentials, ends one, too.
fn is_command(at: Ats) -> bool {
    at.intersects(Ats::COMMAND | Ats::MESSAGE | Ats::CREDENTIALS | Ats::DONE)
}

fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Smtp => 0,
        Protocol::Imap => 1,
    }
}

#[cfg(test)]
mod tests;
