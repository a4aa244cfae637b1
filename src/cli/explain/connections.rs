//! Connection by connection: which faults a client meets on its first, second and later ones.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::words::{ordinal, quote, quoted_list, sentence, time};
use super::{moments, steps};
use crate::fault::{Fault, On, Op, Ranges};
use crate::proto::{Ats, Protocol, TlsMode};
use crate::scenario::Scenario;

/// Connections that are counted together.
pub(super) struct Section {
    pub(super) title: String,
    /// What is true for all of them, and what comes before there is one.
    pub(super) before: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// Connections that meet the same.
pub(super) struct Row {
    /// `1st connection`
    pub(super) connections: String,
    pub(super) bullets: Vec<String>,
}

/// One section for each protocol, and one for each kind of port that has faults of its own.
pub(super) fn sections(scenario: &Scenario) -> Vec<Section> {
    let speaks = |protocol: &Protocol| scenario.listen.iter().any(|listen| listen.protocol == *protocol);
    let mut out = Vec::new();
    for protocol in Protocol::ALL.into_iter().filter(speaks) {
        let name = protocol.name().to_uppercase();
        let faults = of(scenario, |on| matches!(on, On::Any) || *on == On::Protocol(protocol), protocol);
        let own = scenario.faults.iter().any(|fault| match &fault.on {
            On::Any | On::Protocol(_) => false,
            On::Implicit(other) => *other == protocol,
            On::Listener(name) => protocol_of(scenario, name) == Some(protocol),
        });
        if faults.is_empty() && !own {
            out.push(Section { title: name.clone(), before: vec![format!("Nothing goes wrong in {name}.")], rows: Vec::new() });
        } else if !faults.is_empty() {
            out.push(section(scenario, format!("{name}, connection by connection"), &faults, protocol));
        }
        let implicit = of(scenario, |on| *on == On::Implicit(protocol), protocol);
        if !implicit.is_empty() {
            let title = format!("{name} with TLS from the first byte, connection by connection (these are counted on their own)");
            out.push(section(scenario, title, &implicit, protocol));
        }
        for listen in scenario.listen.iter().filter(|listen| listen.protocol == protocol) {
            let faults = of(scenario, |on| *on == On::Listener(listen.name.clone()), protocol);
            if !faults.is_empty() {
                let title =
                    format!("The port {}, connection by connection (these are counted on their own)", quote(&listen.name));
                out.push(section(scenario, title, &faults, protocol));
            }
        }
    }
    out
}

fn protocol_of(scenario: &Scenario, listener: &Arc<str>) -> Option<Protocol> {
    scenario.listen.iter().find(|listen| listen.name == *listener).map(|listen| listen.protocol)
}

/// The faults for these listeners that can come up in this protocol, each with its moments there.
fn of(scenario: &Scenario, on: impl Fn(&On) -> bool, protocol: Protocol) -> Vec<(&Fault, Ats)> {
    let tls = scenario.listen.iter().any(|listen| listen.protocol == protocol && listen.tls != TlsMode::None);
    let here = |fault: &Fault| {
        let at = fault.at.of(protocol);
        // What needs TLS never comes where no port has it.
        if tls { at } else { set_of(at.names().filter(|name| !matches!(*name, "tls" | "secure" | "STARTTLS"))) }
    };
    scenario
        .faults
        .iter()
        // The steps of a dialogue are told with it.
        .filter(|fault| on(&fault.on) && fault.at != Ats::TURN)
        .map(|fault| (fault, here(fault)))
        .filter(|(_, at)| !at.is_empty())
        .collect()
}

fn section(scenario: &Scenario, title: String, faults: &[(&Fault, Ats)], protocol: Protocol) -> Section {
    let (gates, faults): (Vec<_>, Vec<_>) = faults.iter().copied().partition(|(fault, _)| fault.program.gate().is_some());
    let mut section = Section { title, before: gates.iter().map(|(fault, _)| gate(fault)).collect(), rows: Vec::new() };
    if let Some(names) = meet(&faults) {
        section.before.push(format!(
            "Where {names} meet at one moment, they act in this order as one list, up to the first that sends something or ends the connection."
        ));
    }
    let mut told = HashSet::new();
    let mut bullets = |fits: &dyn Fn(&Fault) -> bool| -> Vec<String> {
        let fitting = faults.iter().filter(|(fault, _)| fits(fault));
        fitting
            .map(|(fault, at)| if told.insert(&fault.name) { bullet(scenario, fault, *at, protocol) } else { again(fault) })
            .collect()
    };
    let always = bullets(&|fault| fault.conditions.connections.is_none());
    let every = always.is_empty();
    if !every {
        section.rows.push(Row { connections: "Every connection".to_owned(), bullets: always });
    }
    let listed: Vec<&Ranges> = faults.iter().filter_map(|(fault, _)| fault.conditions.connections.as_ref()).collect();
    for (from, to) in segments(&listed) {
        let mut lines = bullets(&|fault| match &fault.conditions.connections {
            Some(ranges @ Ranges::List(_)) => ranges.contains(from),
            _ => false,
        });
        if lines.is_empty() {
            lines.push(if every { "Nothing goes wrong." } else { "Nothing else goes wrong." }.to_owned());
        }
        let connections = match to {
            Some(to) if to == from => format!("{} connection", ordinal(from)),
            Some(to) if to == from + 1 => format!("{} and {} connection", ordinal(from), ordinal(to)),
            Some(to) => format!("{} to {} connection", ordinal(from), ordinal(to)),
            None if from == 1 => "Every connection".to_owned(),
            None => format!("{} connection and later", ordinal(from)),
        };
        section.rows.push(Row { connections, bullets: lines });
    }
    let mut steps: Vec<u64> =
        listed.iter().filter_map(|ranges| if let Ranges::Every(n) = ranges { Some(*n) } else { None }).collect();
    steps.sort_unstable();
    steps.dedup();
    for n in steps {
        let lines = bullets(&|fault| fault.conditions.connections == Some(Ranges::Every(n)));
        let connections = match n {
            1 => "Every connection".to_owned(),
            n => format!("Every {} connection ({}, {}, ...)", ordinal(n), ordinal(n), ordinal(n.saturating_mul(2))),
        };
        section.rows.push(Row { connections, bullets: lines });
    }
    section
}

/// The stretches of ordinals in which the same faults are due, from 1 on; none where no fault names any.
fn segments(listed: &[&Ranges]) -> Vec<(u64, Option<u64>)> {
    let mut starts = BTreeSet::new();
    for ranges in listed {
        let Ranges::List(ranges) = ranges else { continue };
        starts.insert(1);
        for (from, to) in ranges {
            starts.insert(*from);
            starts.extend(to.and_then(|to| to.checked_add(1)));
        }
    }
    let starts: Vec<u64> = starts.into_iter().filter(|&start| start > 0).collect();
    let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    starts.iter().copied().zip(ends).collect()
}

/// One fault: its name, when, what, and its conditions.
fn bullet(scenario: &Scenario, fault: &Fault, at: Ats, protocol: Protocol) -> String {
    let mut text = sentence(&format!("{}, the server {}", moments::when(fault, at), steps::program(fault, at, protocol)));
    for step in steps::of_dialogue(fault, &scenario.faults, protocol) {
        text.push_str(&format!(" {}", sentence(&step)));
    }
    if stores(fault, at) {
        text.push_str(" By then the message is stored.");
    }
    for condition in moments::conditions(fault) {
        text.push_str(&format!(" {}", sentence(&condition)));
    }
    text.push_str(&format!(" ({})", quote(&fault.name)));
    text
}

/// A command is obeyed before its reply is written: a message whose reply is lost, is not.
fn stores(fault: &Fault, at: Ats) -> bool {
    let undoes = |op: &Op| matches!(op, Op::Reply(_) | Op::Store | Op::Lose);
    at == Ats::MESSAGE && fault.program.speaks_or_ends() && !fault.program.steps.iter().any(|step| undoes(&step.op))
}

fn again(fault: &Fault) -> String {
    format!("{} again, as above.", quote(&fault.name))
}

fn gate(fault: &Fault) -> String {
    let what = if matches!(fault.program.gate(), Some(Op::Blackhole)) {
        "the port does not answer, as behind a firewall that drops"
    } else {
        "the port is closed, and connections are refused"
    };
    let when = match fault.conditions.during {
        Some(window) => match window.to {
            Some(to) => format!("from {} to {} after the start", time(window.from), time(to)),
            None => format!("from {} after the start on", time(window.from)),
        },
        None => "from the start on".to_owned(),
    };
    let optional = if fault.optional { " It need not happen for the test to pass." } else { "" };
    format!("{}{optional} ({})", sentence(&format!("{when}, {what}")), quote(&fault.name))
}

/// The faults that can be due at one moment of one connection, if there are any.
fn meet(faults: &[(&Fault, Ats)]) -> Option<String> {
    let commands = set_of(Ats::all_names().filter(|name| name.starts_with(char::is_uppercase)));
    let verbs = |at: Ats| if at.intersects(Ats::COMMAND) { commands | at } else { at };
    let mut names: Vec<&str> = Vec::new();
    for (n, (one, at)) in faults.iter().enumerate() {
        for (other, other_at) in faults.iter().skip(n + 1) {
            if verbs(*at).intersects(verbs(*other_at)) && may_share(one, other) {
                for fault in [one, other] {
                    if !names.contains(&&*fault.name) {
                        names.push(&fault.name);
                    }
                }
            }
        }
    }
    (!names.is_empty()).then(|| quoted_list(&names, " and "))
}

/// Whether one connection can have both ordinals.
fn may_share(one: &Fault, other: &Fault) -> bool {
    match (&one.conditions.connections, &other.conditions.connections) {
        (Some(one @ Ranges::List(ranges)), Some(other @ Ranges::List(others))) => {
            ranges.iter().any(|(from, _)| other.contains(*from)) || others.iter().any(|(from, _)| one.contains(*from))
        }
        _ => true,
    }
}

fn set_of<'a>(names: impl Iterator<Item = &'a str>) -> Ats {
    names.filter_map(Ats::parse).fold(Ats::NONE, Ats::union)
}
