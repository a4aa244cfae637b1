//! `[[fault]]`: where. When is in `condition`, what it does in `steps`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Names;
use super::condition;
use super::known::can_be_known;
use super::read::{Cx, Reader, one_of_these};
use super::server::with_implicit_tls;
use super::steps;
use crate::fault::{Fault, On};
use crate::proto::{Ats, Key, Protocol, TlsMode};
use crate::scenario::ListenSpec;
use crate::scenario::language::FAULT;
use crate::scenario::problem::{Span, did_you_mean};
use crate::scenario::tree::{Entry, Node};

/// The moments of a fault, each with its place, and where it can come up.
pub(super) struct Place<'a> {
    pub(super) ats: Vec<(Ats, Span)>,
    pub(super) protocols: Vec<Protocol>,
    /// The listeners that it is for.
    pub(super) listeners: Vec<&'a ListenSpec>,
    pub(super) names: &'a Names,
}

impl Place<'_> {
    /// The first of its moments that has one of these names.
    pub(super) fn first_of(&self, set: Ats) -> Option<(Ats, Span)> {
        self.ats.iter().copied().find(|(at, _)| at.intersects(set))
    }

    /// The first of its moments at which the key cannot be known in any protocol.
    pub(super) fn cannot_know(&self, key: Key) -> Option<(Ats, Span)> {
        let knows =
            |at: Ats| self.protocols.iter().any(|&protocol| !at.of(protocol).is_empty() && can_be_known(key, at, protocol));
        self.ats.iter().copied().find(|&(at, _)| !knows(at))
    }

    /// All its moments, and there are some, are `tls`: below TLS in any case.
    pub(super) fn is_handshake(&self) -> bool {
        !self.ats.is_empty() && self.ats.iter().all(|(at, _)| *at == Ats::TLS)
    }

    /// TLS comes after the greeting only.
    pub(super) fn greets_in_clear(&self) -> bool {
        let has = |mode| self.listeners.iter().any(|listen| listen.tls == mode);
        has(TlsMode::Starttls) && !has(TlsMode::Implicit)
    }

    /// A problem where no connection of the fault can have TLS.
    pub(super) fn wants_tls(&self, cx: &mut Cx<'_>, span: Span, what: &str) {
        if !self.listeners.is_empty() && self.listeners.iter().all(|listen| listen.tls == TlsMode::None) {
            cx.problem(span, format!("`{what}` needs TLS, and no listener of this fault has it"))
                .missing()
                .help("add `tls = \"starttls\"` or `tls = \"implicit\"` to the [[listen]]");
        }
    }
}

/// The name of each fault, then of each dialogue, and a problem for each that is there twice.
pub(super) fn names(cx: &mut Cx<'_>, faults: &[&Node], dialogues: &[&Node]) -> Vec<Arc<str>> {
    let mut seen: HashMap<Arc<str>, Span> = HashMap::new();
    let mut names = Vec::new();
    let faults = faults.iter().enumerate().map(|(n, node)| ("fault", n, node));
    for (kind, n, node) in faults.chain(dialogues.iter().enumerate().map(|(n, node)| ("dialogue", n, node))) {
        let entry = node.get("name");
        let name: Arc<str> = match entry.and_then(|entry| entry.node.as_text()) {
            Some(name) => name.into(),
            None => format!("{kind}-{}", n + 1).into(),
        };
        let span = entry.map_or(node.span, |entry| entry.node.span);
        match seen.get(&name) {
            Some(first) => {
                let message = format!("there are two faults named `{name}`");
                cx.problem(span, message).also(*first, "the first").help("give each a `name` of its own");
            }
            None => drop(seen.insert(name.clone(), span)),
        }
        names.push(name);
    }
    names
}

pub(super) fn fault(cx: &mut Cx<'_>, node: &Node, n: usize, names: &Names) -> Option<Fault> {
    let mut reader = Reader::open(cx, node, &FAULT)?;
    if let Some(entry) = reader.get("name") {
        cx.line(entry);
    }
    let name = names.faults.get(n)?.clone();
    let on_entry = reader.get("on");
    let mut on = match on_entry {
        Some(entry) => on(cx, entry, names),
        None => Some(On::Any),
    };
    let at_entry = reader.need(cx, "at", "add the moment, such as `at = \"greeting\"`");
    let ats = at_entry.map_or(Vec::new(), |entry| moments(cx, entry));
    let listeners = on.as_ref().map_or(Vec::new(), |on| listeners(on, names));
    let protocols = protocols(cx, &listeners, on_entry, &ats, names);
    let everywhere = Protocol::ALL.iter().all(|&protocol| ats.iter().any(|(at, _)| !at.of(protocol).is_empty()));
    if let (Some(On::Any), [protocol], true) = (&on, &protocols[..], everywhere) {
        // The other one has no listener on which it could come up, whatever its client sends.
        on = Some(On::Protocol(*protocol));
    }
    let place = Place { ats, protocols, listeners, names };

    let after_bytes = after_bytes(cx, &mut reader, &place);
    let after = after(cx, &mut reader, &place);
    let every = every(cx, &mut reader, &place);
    let conditions = condition::conditions(cx, &mut reader, &place, &name);
    let optional = reader.get("optional").and_then(|entry| cx.boolean(entry)).unwrap_or(false);
    let steps_entry = reader.need(cx, "do", "add what it does, such as `do = \"reset\"`");
    let program = steps_entry.and_then(|entry| steps::program(cx, entry, &place))?;
    if program.gate().is_some() {
        gate(cx, node, &place, program.steps.len());
    }
    reader.finish();
    let at = place.ats.iter().fold(Ats::NONE, |set, (at, _)| set | *at);
    let program = Arc::new(program);
    Some(Fault { name, on: on?, at, offset: after_bytes, after, every, conditions, optional, program })
}

pub(super) fn on(cx: &mut Cx<'_>, entry: &Entry, names: &Names) -> Option<On> {
    let text = cx.line(entry)?;
    if let Some(protocol) = Protocol::ALL.into_iter().find(|protocol| protocol.name() == text) {
        if names.listeners.iter().any(|listen| listen.protocol == protocol) {
            return Some(On::Protocol(protocol));
        }
        cx.problem(entry.node.span, format!("no [[listen]] speaks `{text}`"))
            .help(format!("add one with `protocol = \"{text}\"`"));
        return None;
    }
    if let Some(protocol) = with_implicit_tls(&text) {
        if names.listeners.iter().any(|listen| listen.protocol == protocol && listen.tls == TlsMode::Implicit) {
            return Some(On::Implicit(protocol));
        }
        cx.problem(entry.node.span, format!("no [[listen]] speaks `{protocol}` with TLS from the first byte"))
            .missing()
            .help(format!("add one with `name = \"{text}\"`"));
        return None;
    }
    if let Some(listen) = names.listeners.iter().find(|listen| *listen.name == *text) {
        return Some(On::Listener(listen.name.clone()));
    }
    let known = ["smtp", "imap"].into_iter().chain(names.listeners.iter().map(|listen| &*listen.name));
    let help = did_you_mean(&text, known.clone()).unwrap_or_else(|| {
        let mut all: Vec<&str> = known.collect();
        all.sort_unstable();
        all.dedup();
        one_of_these(&all)
    });
    cx.problem(entry.node.span, format!("there is no listener `{text}`")).missing().help(help);
    None
}

/// What people call some moments.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("accept", "connect"),
    ("banner", "greeting"),
    ("body", "content"),
    ("dot", "message"),
    (".", "message"),
    ("end-of-data", "message"),
    ("handshake", "tls"),
    ("idle-push", "unsolicited"),
    ("password", "credentials"),
    ("timeout", "silence"),
];

fn moments(cx: &mut Cx<'_>, entry: &Entry) -> Vec<(Ats, Span)> {
    let mut out: Vec<(Ats, Span)> = Vec::new();
    if entry.node.items().is_empty() {
        cx.problem(entry.node.span, "`at` names no moment").help("write one, such as `\"greeting\"`");
    }
    for item in entry.node.items() {
        let Some(text) = cx.text_node(item, "`at`") else { continue };
        // What is said in a dialogue has its steps there.
        match Ats::parse(&text).filter(|at| *at != Ats::TURN) {
            Some(at) if out.iter().any(|(other, _)| *other == at) => {
                cx.problem(item.span, format!("`{text}` is there twice"));
            }
            Some(at) => out.push((at, item.span)),
            None => {
                let other = OTHER_NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(&text));
                let help = match other {
                    Some((_, name)) => Some(format!("did you mean `{name}`?")),
                    None => did_you_mean(&text, Ats::all_names()),
                };
                let help = help.unwrap_or_else(|| {
                    "it can be a command of SMTP or IMAP, or one of `connect`, `tls`, `secure`, `greeting`, `command`, \
                    `credentials`, `continuation`, `content`, `message`, `unsolicited`, `silence`, `age`"
                        .into()
                });
                cx.problem(item.span, format!("there is no moment `{text}`")).label("unknown").help(help);
            }
        }
    }
    out
}

/// The listeners that the fault is for.
pub(super) fn listeners<'a>(on: &On, names: &'a Names) -> Vec<&'a ListenSpec> {
    let fits = |listen: &&ListenSpec| match on {
        On::Any => true,
        On::Protocol(own) => *own == listen.protocol,
        On::Implicit(own) => *own == listen.protocol && listen.tls == TlsMode::Implicit,
        On::Listener(name) => *name == listen.name,
    };
    names.listeners.iter().filter(fits).collect()
}

/// Whether the moment can come on a connection of this listener.
fn comes(at: Ats, listen: &ListenSpec) -> bool {
    let tls = match listen.tls {
        TlsMode::None => !at.intersects(Ats::STARTTLS | Ats::TLS | Ats::SECURE),
        TlsMode::Starttls => true,
        TlsMode::Implicit => !at.intersects(Ats::STARTTLS),
    };
    tls && !at.of(listen.protocol).is_empty()
}

/// The protocols that the fault can come up in; moments that never come in any of them are problems.
fn protocols(
    cx: &mut Cx<'_>,
    listeners: &[&ListenSpec],
    on_entry: Option<&Entry>,
    ats: &[(Ats, Span)],
    names: &Names,
) -> Vec<Protocol> {
    let speaks = |protocol: &Protocol| listeners.iter().any(|listen| listen.protocol == *protocol);
    let possible: Vec<Protocol> = Protocol::ALL.into_iter().filter(speaks).collect();
    if possible.is_empty() {
        return possible;
    }
    for (at, span) in ats {
        if possible.iter().all(|&protocol| at.of(protocol).is_empty()) {
            let known = Protocol::ALL.into_iter().find(|&protocol| !at.of(protocol).is_empty());
            let here: Vec<String> = possible.iter().map(|protocol| protocol.name().to_uppercase()).collect();
            let problem = cx.problem(*span, format!("`{}` never comes in {}", at.headline(), here.join(" or ")));
            if let Some(known) = known {
                problem.help(format!("it is a moment of {}", known.name().to_uppercase()));
            }
            if let Some(entry) = on_entry {
                problem.also(entry.node.span, "the only place for this fault");
            }
        } else if !listeners.iter().any(|listen| comes(*at, listen)) {
            never_secured(cx, *at, *span, on_entry, &possible, names);
        }
    }
    let fits = |protocol: &Protocol| {
        listeners.iter().any(|listen| listen.protocol == *protocol && ats.iter().any(|(at, _)| comes(*at, listen)))
    };
    possible.into_iter().filter(fits).collect()
}

/// A moment of TLS where no listener gets there.
fn never_secured(cx: &mut Cx<'_>, at: Ats, span: Span, on_entry: Option<&Entry>, possible: &[Protocol], names: &Names) {
    let needs = if at.intersects(Ats::STARTTLS) { "offers STARTTLS" } else { "has TLS" };
    let tables: Vec<String> = possible.iter().map(|protocol| format!("[{protocol}]")).collect();
    let help = match names.own_listeners {
        true => "add `tls = \"starttls\"` to a [[listen]] that this fault is for".to_owned(),
        false => format!("add `tls = \"starttls\"` to {}, or a [[listen]] with it", tables.join(" or ")),
    };
    let problem = cx.problem(span, format!("`{}` never comes: no listener of this fault {needs}", at.headline()));
    problem.missing().help(help);
    if let Some(entry) = on_entry {
        problem.also(entry.node.span, "the only place for this fault");
    }
}

fn after_bytes(cx: &mut Cx<'_>, reader: &mut Reader<'_>, place: &Place<'_>) -> u64 {
    let Some(entry) = reader.get("after_bytes") else { return 0 };
    if !place.ats.is_empty() && place.first_of(Ats::CONTENT).is_none() {
        cx.problem(entry.key_span, "`after_bytes` goes with `at = \"content\"` only").help("change `at`, or leave it out");
    }
    cx.size(entry).unwrap_or(0)
}

fn after(cx: &mut Cx<'_>, reader: &mut Reader<'_>, place: &Place<'_>) -> Option<Duration> {
    let waits = place.first_of(Ats::SILENCE | Ats::AGE);
    let Some(entry) = reader.get("after") else {
        if let Some((at, span)) = waits {
            cx.problem(span, format!("`{}` needs `after`", at.headline()))
                .missing()
                .help("add for how long, such as `after = \"30s\"`");
        }
        return None;
    };
    if !place.ats.is_empty() && waits.is_none() {
        cx.problem(entry.key_span, "`after` goes with `at = \"silence\"` or `at = \"age\"` only")
            .help("for a wait, use the step `{ delay = \"2s\" }`; for a time since the start, `during = \"10s-\"`");
    }
    cx.duration(entry)
}

/// However small the time scale, a connection has other things to do in between.
const SHORTEST_EVERY: Duration = Duration::from_millis(1);

fn every(cx: &mut Cx<'_>, reader: &mut Reader<'_>, place: &Place<'_>) -> Option<Duration> {
    let entry = reader.get("every")?;
    if !place.ats.is_empty() && place.first_of(Ats::SILENCE | Ats::AGE).is_none() {
        cx.problem(entry.key_span, "`every` goes with `at = \"silence\"` or `at = \"age\"` only")
            .help("for bytes that come again and again, use `{ send = ..., repeat = 10, every = \"1s\" }`");
    }
    cx.duration(entry).map(|every| every.max(SHORTEST_EVERY))
}

/// `refuse` and `blackhole` act before a connection exists.
fn gate(cx: &mut Cx<'_>, node: &Node, place: &Place<'_>, steps: usize) {
    let Some(what) = node.get("do") else { return };
    let span = what.node.span;
    if let Some((at, at_span)) = place.ats.iter().copied().find(|(at, _)| *at != Ats::CONNECT) {
        cx.problem(span, format!("a port cannot be closed at `{}`", at.headline()))
            .also(at_span, "no connection has come so far")
            .help("write `at = \"connect\"`");
    }
    if node.get("during").is_none() {
        cx.problem(span, "a port that is closed needs `during`").missing().help("add when, such as `during = \"10s-40s\"`");
    }
    if steps > 1 {
        cx.problem(span, "a closed port can do nothing else")
            .help("leave the other steps out, or write another [[fault]] for them");
    }
    for key in ["where", "connections", "nth", "within", "concurrent", "chance", "times", "per"] {
        if let Some(entry) = node.get(key) {
            cx.problem(entry.key_span, format!("`{key}` can never be known of a port that is closed"))
                .also(span, "closes the port")
                .help("leave it out: `during` alone decides");
        }
    }
}

/// For steps that name a user.
pub(super) fn users<'a>(place: &'a Place<'_>) -> &'a [String] {
    &place.names.users
}
