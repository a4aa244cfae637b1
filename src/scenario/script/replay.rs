//! A transcript as a scenario: a dialogue for each connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::recorded::{Mode, Recorded};
use super::{Kind, Origin, parse};
use crate::fault::{Conditions, Fault, On, Op, Program, Ranges, Step};
use crate::proto::script::{Case, Line, Script, Speaker, What};
use crate::proto::{Ats, Protocol, TlsMode};
use crate::scenario::lower::{Cx, Draft, dialogue, expect_none_left, names_of};
use crate::scenario::problem::{Problem, Problems, Source};
use crate::scenario::{ListenSpec, Scenario};

/// Each is one fault or more.
const MOST_CONNECTIONS: usize = 10_000;
/// Lines with missing octets that are told.
const MOST_MISSING: usize = 20;

/// What a transcript is played as.
#[derive(Debug)]
pub struct Replay {
    /// A dialogue for each connection.
    pub scenario: Scenario,
    /// What is not in a transcript and cannot come again, a sentence each.
    pub left_out: Vec<String>,
}

/// Makes a scenario of a transcript: each connection as it was recorded, on the listener that it came to.
///
/// Unless `exact`, what differs from run to run by nature may differ: the tags of IMAP, the case of letters, the content of messages and of literals, what EHLO says, SASL responses. Every
/// wait of the server is multiplied by `time_scale`, which is finite and above 0.
///
/// # Errors
/// The transcript was shortened, or is none.
pub fn replay(source: &Source, exact: bool, time_scale: f64) -> Result<Replay, Problems> {
    let origin = Origin::file(0, &source.text);
    let (whole, cut) = source.text.split_at(source.text.rfind('\n').map_or(0, |at| at + 1));
    let (lines, slips) = parse(whole, Kind::Transcript);
    let mut problems: Vec<Problem> = slips.into_iter().map(|slip| slip.problem(&origin)).collect();
    problems.extend(lines.iter().filter_map(|line| missing(line, &origin)).take(MOST_MISSING));
    problems.extend(begun_twice(&lines, &origin));
    let connections = connections(&lines);
    if let Some(line) = connections.get(MOST_CONNECTIONS).and_then(|connection| connection.lines.first()) {
        let message = format!("a transcript has {MOST_CONNECTIONS} connections at most");
        let mut problem = Problem::new(origin.span(&line.range), message);
        problem.help("take those that matter: each is told by its number, such as `#1`");
        problems.push(problem);
    }
    if connections.is_empty() && problems.is_empty() {
        let mut problem = Problem::new(origin.span(&(0..0)), "there is no connection in this transcript");
        problem.help("record one with `mailfault serve SCENARIO --transcript-file FILE`");
        problems.push(problem);
    }
    if !problems.is_empty() {
        return Err(Problems::new(vec![source.clone()], problems));
    }
    let stopped = lines.iter().rev().find(|line| matches!(&line.what, What::Fact(text) if text.starts_with("stopped")));
    let stopped = stopped.and_then(|line| line.time);
    let mut scenario = Scenario::healthy();
    scenario.name.clone_from(&source.name);
    scenario.title = format!("What was recorded in {}", source.name);
    scenario.listen = listeners(&lines, &connections);
    let names = names_of(&scenario.listen);
    let sources = [source.clone()];
    let mut cx = Cx { problems: Vec::new(), sources: &sources, scale: time_scale };
    let mut left_out = Vec::new();
    if !cut.is_empty() {
        let number = whole.lines().count() + 1;
        left_out.push(format!("line {number} has no line feed at its end: it was cut off, and is left out"));
    }
    let mut counts: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for (place, connection) in connections.iter().enumerate() {
        let count = counts.entry(connection.listener.clone()).or_default();
        *count += 1;
        let upgrades = scenario.listen.iter().any(|listen| listen.name == connection.listener && listen.tls == TlsMode::Starttls);
        let mode = Mode { exact, protocol: connection.protocol, upgrades, stopped };
        let recorded = Recorded::of(&connection.lines, mode);
        left_out.extend(recorded.left_out.iter().map(|what| format!("connection {}: {what}", connection.number)));
        let draft = Draft {
            name: format!("{}-{count}", connection.listener).into(),
            on: On::Listener(connection.listener.clone()),
            connections: Some(Ranges::List(vec![(*count, Some(*count))])),
            lines: &recorded.lines,
            origin: &origin,
            case: if exact { Case::Exact } else { Case::Ignored },
        };
        scenario.faults.extend(dialogue(&mut cx, &draft, &names, place));
    }
    let others: Vec<Fault> = scenario.listen.iter().map(|listen| others(listen, &counts)).collect();
    scenario.faults.extend(others);
    expect_none_left(&mut scenario.expect);
    let problems = cx.problems;
    if problems.is_empty() { Ok(Replay { scenario, left_out }) } else { Err(Problems::new(sources.into(), problems)) }
}

/// Connections that were not recorded: they are told so.
fn others(listen: &ListenSpec, counts: &BTreeMap<Arc<str>, u64>) -> Fault {
    let recorded = counts.get(&listen.name).copied().unwrap_or(0);
    let name: Arc<str> = format!("{}-{}", listen.name, recorded + 1).into();
    let script = Script { name: name.clone(), protocol: listen.protocol, turns: Vec::new() };
    let step = Step { op: Op::Converse(Arc::new(script)), text: "a connection that is not in the transcript".into() };
    Fault {
        name,
        on: On::Listener(listen.name.clone()),
        at: Ats::CONNECT,
        offset: 0,
        after: None,
        every: None,
        conditions: Conditions { connections: Some(Ranges::List(vec![(recorded + 1, None)])), ..Conditions::default() },
        optional: true,
        program: Arc::new(Program::new(vec![step])),
    }
}

/// A line without which the same octets cannot come again.
fn missing(line: &Line, origin: &Origin) -> Option<Problem> {
    let message = match &line.what {
        What::Left { text, .. } => format!("octets are missing here: {}", text.trim_start_matches(['.', ' '])),
        What::Oddity(text) if text.starts_with("the journal was full") => {
            "octets are missing here: the journal was full".to_owned()
        }
        What::Said { text, .. } => {
            let words = text.write();
            let (_, end) = words.rsplit_once("... [")?;
            let more = end.strip_suffix(']')?.strip_suffix(" more octets")?;
            more.bytes().all(|digit| digit.is_ascii_digit()).then(|| format!("octets are missing here: {more} more"))?
        }
        _ => return None,
    };
    let mut problem = Problem::new(origin.span(&line.range), message);
    problem.help(
        "this transcript was shortened for people; record it with `--transcript-file FILE`, or replay the file of `--journal`",
    );
    Some(problem)
}

/// A second connection with the number of another one: there were two servers, or two runs.
fn begun_twice(lines: &[Line], origin: &Origin) -> Option<Problem> {
    let mut begun: BTreeMap<u32, &Line> = BTreeMap::new();
    lines.iter().filter(|line| matches!(line.what, What::Connected { .. })).find_map(|line| {
        let number = line.connection.unwrap_or(0);
        let first = begun.insert(number, line)?;
        let message = format!("connection {number} begins a second time: these are the transcripts of two servers");
        let mut problem = Problem::new(origin.span(&line.range), message);
        problem.also(origin.span(&first.range), "the first").help("replay each of them alone");
        Some(problem)
    })
}

/// A connection of a transcript.
struct Connection<'a> {
    number: u32,
    protocol: Protocol,
    listener: Arc<str>,
    lines: Vec<&'a Line>,
}

/// In the order in which they came. Lines without a number are one connection's.
fn connections(lines: &[Line]) -> Vec<Connection<'_>> {
    let mut out: Vec<Connection<'_>> = Vec::new();
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines {
        let number = match (line.connection, &line.what) {
            (Some(number), _) => number,
            (None, What::Said { .. } | What::Connected { .. }) => 0,
            (None, What::Step(step)) if step.name != "fault" => 0,
            _ => continue,
        };
        let place = *places.entry(number).or_insert(out.len());
        if place == out.len() {
            let protocol = protocol_of(line, lines, number);
            out.push(Connection { number, protocol, listener: protocol.name().into(), lines: Vec::new() });
        }
        let Some(connection) = out.get_mut(place) else { continue };
        if let What::Connected { listener: Some(name), .. } = &line.what {
            connection.listener = name.as_str().into();
        }
        connection.lines.push(line);
    }
    out
}

/// As the connection's first line says, else what its server says first.
fn protocol_of(first: &Line, lines: &[Line], number: u32) -> Protocol {
    if let What::Connected { protocol, .. } = &first.what {
        return if protocol == Protocol::Imap.name() { Protocol::Imap } else { Protocol::Smtp };
    }
    let own = lines.iter().filter(|line| line.connection.unwrap_or(0) == number);
    let said = own.filter_map(|line| match &line.what {
        What::Said { who: Speaker::Server, text, .. } => Some(text.write()),
        _ => None,
    });
    if said.take(1).any(|text| text.starts_with('*')) { Protocol::Imap } else { Protocol::Smtp }
}

/// Every listener that is named, with TLS as its connections had it.
fn listeners(lines: &[Line], connections: &[Connection<'_>]) -> Vec<ListenSpec> {
    let mut out: Vec<ListenSpec> = Vec::new();
    for connection in connections {
        let tls = connection.tls();
        match out.iter_mut().find(|listen| listen.name == connection.listener) {
            // Some had TLS from the start, others not: whoever had begins it as if with STARTTLS.
            Some(listen) if tls != listen.tls => listen.tls = TlsMode::Starttls,
            Some(_) => {}
            None => {
                out.push(ListenSpec { name: connection.listener.clone(), protocol: connection.protocol, port: None, tls });
            }
        }
    }
    for line in lines {
        let What::Fact(text) = &line.what else { continue };
        let Some((name, _)) = text.split_once(" listens on ") else { continue };
        let protocol = Protocol::ALL.into_iter().find(|protocol| name.trim_end_matches('s') == protocol.name());
        if let Some(protocol) = protocol.filter(|_| out.iter().all(|listen| *listen.name != *name)) {
            out.push(ListenSpec { name: name.into(), protocol, port: None, tls: by_name(name) });
        }
    }
    out
}

/// What a listener of this name usually has.
fn by_name(name: &str) -> TlsMode {
    if ["smtps", "imaps"].contains(&name) { TlsMode::Implicit } else { TlsMode::None }
}

impl Connection<'_> {
    /// Which TLS it had. Where not even a ClientHello was read, none is begun.
    fn tls(&self) -> TlsMode {
        let is_hello = |text: &str| text.starts_with("ClientHello");
        let upgrades = self.lines.iter().any(|line| matches!(&line.what, What::Fact(text) if is_hello(text)));
        let first = self.lines.iter().find_map(|line| match &line.what {
            What::Said { .. } if upgrades => Some(TlsMode::Starttls),
            What::Said { .. } => Some(TlsMode::None),
            What::Fact(text) if is_hello(text) || text.starts_with("TLS ") => Some(TlsMode::Implicit),
            _ => None,
        });
        first.unwrap_or(TlsMode::None)
    }
}

/// A wait shorter than this is the machine's, not the scenario's.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(20);
