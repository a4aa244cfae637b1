//! Why a fault did not fire: the moment that got furthest through its conditions, and a sentence about it.

use std::sync::Arc;
use std::time::Duration;

use super::{Fault, InUnits, On, Ranges, Test};
use crate::proto::{Ats, Key, Protocol};

/// The condition that failed, in the order in which they are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    /// No moment came.
    #[default]
    Nothing,
    /// `where`
    Where,
    /// `connections`
    Connections,
    /// `since`
    Since,
    /// `during`
    During,
    /// `nth`
    Nth,
    /// `concurrent`
    Concurrent,
    /// `chance`
    Chance,
    /// `times`
    Times,
    /// All held, but another fault had spoken or ended.
    Shadowed,
}

/// A moment that came near.
#[derive(Clone, Debug, Default)]
pub struct Miss {
    /// What failed.
    pub stage: Stage,
    /// The connection, as the fault counts them.
    pub ordinal: u32,
    /// The moment.
    pub at: Ats,
    /// At `where`, which line; at `nth`, the highest number; at `concurrent`, the most connections; at `chance`, how many moments.
    pub number: u64,
    /// At `during`: how long the window's clock had run.
    pub age: Duration,
    /// The fault that had spoken.
    pub by: Option<Arc<str>>,
}

impl Miss {
    /// Keeps what came further; of what came as far, the first, with the numbers of all.
    pub fn note(&mut self, miss: Miss) {
        if miss.stage > self.stage {
            *self = miss;
        } else if miss.stage == self.stage {
            match miss.stage {
                Stage::Nth => self.number = self.number.max(miss.number),
                Stage::Concurrent if miss.number > self.number => *self = miss,
                Stage::Chance => self.number += miss.number,
                _ => {}
            }
        }
    }

    /// A sentence without a full stop. `listens`: whether any listener is the fault's; `accepted`: whether a client came to one.
    pub fn sentence(&self, fault: &Fault, protocol: Option<Protocol>, listens: bool, accepted: bool) -> String {
        let conditions = &fault.conditions;
        let reached = format!("connection {} reached {}", self.ordinal, wanted(fault.at, self.at));
        let matched = |n: u64| format!("{n} {} matched", if n == 1 { "moment" } else { "moments" });
        match self.stage {
            Stage::Nothing => nothing(fault, protocol, listens, accepted),
            Stage::Where => format!("{reached}, but `where = {{ {} }}` did not hold", where_line(fault, self.number)),
            Stage::Connections => format!("{reached}, but `connections = {}`", quoted(&conditions.connections)),
            Stage::During => {
                let window = conditions.during.map(|window| window.to_string()).unwrap_or_default();
                // To the millisecond: nobody reads more.
                let age = InUnits(Duration::from_millis(u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX)));
                match &conditions.since {
                    Some(since) => format!("{reached} {age} after `{since}` had fired, but `during = \"{window}\"`"),
                    None => format!("{reached} after {age}, but `during = \"{window}\"`"),
                }
            }
            Stage::Since => {
                let since = conditions.since.as_deref().unwrap_or_default();
                let scope = if conditions.per.is_empty() { "" } else { " for that value of `per`" };
                format!("{reached}, but `{since}` had not fired{scope}")
            }
            Stage::Nth => {
                let within = conditions.within.map(|within| format!(" within {}", InUnits(within))).unwrap_or_default();
                let most = if conditions.within.is_some() || !conditions.per.is_empty() { "at most " } else { "" };
                // A plain number needs no quotes in a scenario file.
                let nth = match conditions.nth.as_ref().map(Ranges::to_string) {
                    Some(nth) if nth.parse::<u64>().is_ok() => nth,
                    _ => quoted(&conditions.nth),
                };
                format!("{most}{}{within}, `nth = {nth}` was not reached", matched(self.number))
            }
            Stage::Concurrent => {
                let connections = if self.number == 1 { "connection was" } else { "connections were" };
                let concurrent = quoted(&conditions.concurrent);
                format!("{reached} when {} {connections} open, but `concurrent = {concurrent}`", self.number)
            }
            Stage::Chance => {
                let chance = conditions.chance.unwrap_or_default();
                format!("{}, but `chance = {chance}` never drew below it", matched(self.number))
            }
            Stage::Times => format!("{reached}, but `times = {}`", conditions.times.unwrap_or_default()),
            Stage::Shadowed => {
                let by = self.by.as_deref().unwrap_or("another fault");
                format!("{reached} and all conditions held, but `{by}` had already spoken or ended there")
            }
        }
    }
}

/// The name by which the fault wanted a moment: its own `credentials`, not the `AUTH` that it was, too.
fn wanted(by: Ats, moment: Ats) -> &'static str {
    by.names().filter(|name| Ats::parse(name).is_some_and(|at| at.intersects(moment))).last().unwrap_or(moment.headline())
}

/// No moment came at all.
fn nothing(fault: &Fault, protocol: Option<Protocol>, listens: bool, accepted: bool) -> String {
    if !listens {
        let speaks = protocol.map_or("any protocol", Protocol::name);
        return match &fault.on {
            On::Listener(name) => format!("no listener is named `{name}`"),
            On::Implicit(_) => format!("no listener speaks {speaks} with TLS from the first octet"),
            On::Any | On::Protocol(_) => format!("no listener speaks {speaks}"),
        };
    }
    if fault.program.gate().is_some() {
        let window = fault.conditions.during.map(|window| window.to_string()).unwrap_or_default();
        return format!("the server did not run during \"{window}\"");
    }
    if !accepted {
        return "no client connected".into();
    }
    let at = protocol.map_or(fault.at, |protocol| fault.at.of(protocol));
    let names: Vec<String> = at.names().map(|name| with_distance(name, fault)).collect();
    format!("no connection reached {}", names.join(" or "))
}

/// `silence of 30s`, `content after 65536 octets`.
fn with_distance(name: &'static str, fault: &Fault) -> String {
    match (Ats::parse(name), fault.after) {
        (Some(Ats::SILENCE), Some(after)) => format!("a silence of {}", InUnits(after)),
        (Some(Ats::AGE), Some(after)) => format!("an age of {}", InUnits(after)),
        (Some(Ats::CONTENT), _) if fault.offset > 0 => format!("content after {} octets", fault.offset),
        _ => name.into(),
    }
}

fn where_line(fault: &Fault, line: u64) -> String {
    let line = usize::try_from(line).ok().and_then(|line| fault.conditions.wheres.get(line));
    line.map(|line| match &line.test {
        Test::Globs(globs) => {
            let globs: Vec<String> = globs.iter().map(|glob| format!("\"{}\"", glob.as_str())).collect();
            match &globs[..] {
                [glob] => format!("{} = {glob}", key_name(line.key)),
                globs => format!("{} = [{}]", key_name(line.key), globs.join(", ")),
            }
        }
        Test::Bool(wanted) => format!("{} = {wanted}", key_name(line.key)),
    })
    .unwrap_or_default()
}

fn key_name(key: Key) -> &'static str {
    match key {
        Key::User => "user",
        Key::Sender => "sender",
        Key::Recipient => "recipient",
        Key::Mailbox => "mailbox",
        Key::Mechanism => "mechanism",
        Key::Argument => "argument",
        Key::Ehlo => "ehlo",
        Key::Message => "message",
        Key::Sni => "sni",
        Key::Tls => "tls",
        Key::Fired => "fired",
        Key::Refused => "refused",
    }
}

fn quoted(ranges: &Option<Ranges>) -> String {
    ranges.as_ref().map(|ranges| format!("\"{ranges}\"")).unwrap_or_default()
}
