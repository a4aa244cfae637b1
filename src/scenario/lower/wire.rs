//! `[[wire]]`: the script of a connection, line by line.

use std::time::Duration;

use super::read::{Cx, Reader, nearest_name};
use crate::proto::script::{Captures, Case, Line, Part, Pattern, Speaker, Step, Text, What};
use crate::scenario::language::WIRE;
use crate::scenario::problem::Span;
use crate::scenario::script::{Kind, Origin, parse};
use crate::scenario::tree::Node;
use crate::scenario::units;
use crate::scenario::wire::{Act, Notify, Wire, WireStep};
use crate::scenario::{ListenSpec, model::Scenario};

/// The steps of a script, for messages: name and what it looks like.
const STEPS: [(&str, &str); 16] = [
    ("reset", "! reset"),
    ("perhaps", "! perhaps reset"),
    ("close", "! close` or `! close no-notify"),
    ("silence", "! silence 1s"),
    ("delay", "! delay 200ms"),
    ("takes", "! takes 300ms"),
    ("wait", "! wait 1s"),
    ("refused", "! refused"),
    ("no-answer", "! no-answer 1s"),
    ("octets", "! octets 20"),
    ("send", "! send 70000"),
    ("blocked", "! blocked"),
    ("leave", "! leave"),
    ("hello", "! hello"),
    ("tls", "! tls`, `! tls 1.3` or `! tls fails *expired*"),
    ("alert", "! alert handshake_failure"),
];

/// The most connections that are the same.
const MOST_REPEATED: i64 = 1000;

/// All connections, in order.
pub(super) fn wires(cx: &mut Cx<'_>, nodes: &[&Node], scenario: &Scenario) -> Vec<Wire> {
    nodes.iter().filter_map(|node| wire(cx, node, &scenario.listen)).collect()
}

fn wire(cx: &mut Cx<'_>, node: &Node, listeners: &[ListenSpec]) -> Option<Wire> {
    let mut reader = Reader::open(cx, node, &WIRE)?;
    let on = reader.need(cx, "on", "write `on = \"smtp\"`, or the name of another listener");
    let script = reader.need(cx, "script", "write the conversation, `C:` and `S:` lines, in `'''`");
    let repeat = reader.get("repeat").and_then(|entry| cx.count(entry, 1, MOST_REPEATED));
    reader.finish();
    let name = on.and_then(|entry| Some((cx.text(entry)?, entry.node.span)));
    let on = name.and_then(|(name, span)| match listeners.iter().find(|listener| *listener.name == *name) {
        Some(listener) => Some(listener.name.clone()),
        None => {
            let help = nearest_name(&name, listeners.iter().map(|listener| &*listener.name));
            cx.problem(span, format!("no listener is named `{name}`")).maybe_help(help);
            None
        }
    });
    let entry = script?;
    let text = cx.text(entry)?;
    let origin = Origin::string(&entry.node, &text, cx.sources);
    let (lines, slips) = parse(&text, Kind::Script);
    cx.problems.extend(slips.into_iter().map(|slip| slip.problem(&origin)));
    let mut steps: Vec<WireStep> = Vec::new();
    for line in &lines {
        let span = origin.span(&line.range);
        let Some(act) = act(cx, line, span) else { continue };
        if steps.last().is_some_and(|step| matches!(step.act, Act::Lines)) && !matches!(act, Act::Line(_)) {
            cx.problem(span, "`S: ...` needs an `S:` line after it").help("write the line that ends what comes");
        }
        let text = text.get(line.range.clone()).unwrap_or_default().into();
        steps.push(WireStep { line: line_number(cx, span), text, act });
    }
    if steps.last().is_some_and(|step| matches!(step.act, Act::Lines)) {
        cx.problem(entry.node.span, "`S: ...` needs an `S:` line after it").help("write the line that ends what comes");
    }
    let repeat = repeat.and_then(|repeat| u32::try_from(repeat).ok()).unwrap_or(1);
    Some(Wire { on: on?, line: line_number(cx, node.span), repeat, steps })
}

/// One line of a script; `None` where it is a comment, or wrong.
fn act(cx: &mut Cx<'_>, line: &Line, span: Span) -> Option<Act> {
    match &line.what {
        What::Said { who: Speaker::Client, text, crlf } => Some(Act::Say(ended(text, *crlf))),
        What::Said { who: Speaker::Server, text, crlf: true } if text.fill(&Captures::default()) == b"..." => Some(Act::Lines),
        What::Said { who: Speaker::Server, text, crlf: true } => pattern(cx, text, span).map(Act::Line),
        What::Said { who: Speaker::Server, text, crlf: false } => Some(Act::Octets(text.fill(&Captures::default()).into())),
        What::Step(step) => step_act(cx, step, span),
        What::Oddity(_) | What::Fact(_) | What::Left { .. } | What::Connected { .. } => None,
    }
}

fn ended(text: &Text, crlf: bool) -> Text {
    let mut text = text.clone();
    if crlf {
        text.push(b'\r');
        text.push(b'\n');
    }
    text
}

/// A `*` that begins the line and has a space behind it is the mark of IMAP's untagged responses, and no glob.
fn pattern(cx: &mut Cx<'_>, text: &Text, span: Span) -> Option<Pattern> {
    let mut text = text.clone();
    if let [Part::Star, Part::Octets(octets), ..] = &mut text.parts[..]
        && octets.first() == Some(&b' ')
    {
        octets.insert(0, b'*');
        text.parts.remove(0);
    }
    match Pattern::new(&text, Case::Exact) {
        Ok(pattern) => Some(pattern),
        Err(too_large) => {
            cx.problem(span, too_large.to_string()).help("make the line shorter, or take its octets with `S-`");
            None
        }
    }
}

fn step_act(cx: &mut Cx<'_>, step: &Step, span: Span) -> Option<Act> {
    let (word, value) = (step.name.as_str(), step.value.as_deref().unwrap_or_default());
    let act = match (word, value) {
        ("reset", "") => Act::Reset,
        ("perhaps", "reset") => Act::PerhapsReset,
        ("close", "") => Act::Close(Notify::AsUsual),
        ("close", "no-notify") => Act::Close(Notify::Missing),
        ("silence", _) => Act::Silence(time(cx, value, span)?),
        ("delay", _) => Act::Delay(time(cx, value, span)?),
        ("takes", _) => Act::Takes(time(cx, value, span)?),
        ("wait", _) => Act::Wait(time(cx, value, span)?),
        ("no-answer", _) => Act::NoAnswer(time(cx, value, span)?),
        ("refused", "") => Act::Refused,
        ("octets", _) => Act::AnyOctets(number(cx, value, span)?),
        ("send", _) => Act::Send(number(cx, value, span)?),
        ("blocked", "") => Act::Blocked,
        ("leave", "") => Act::Leave,
        ("hello", "") => Act::Hello,
        ("tls", "") => Act::Tls(None),
        ("tls", "1.2" | "1.3") => Act::Tls(Some(value.into())),
        ("tls", _) if value.split(' ').next() == Some("fails") => {
            let words = value.strip_prefix("fails").unwrap_or_default().trim();
            let (lines, _) = parse(&format!("S: {words}"), Kind::Script);
            let text = lines.into_iter().find_map(|line| if let What::Said { text, .. } = line.what { Some(text) } else { None });
            Act::TlsFails(pattern(cx, &text.unwrap_or_default(), span)?)
        }
        ("alert", _) if crate::certs::alert::number(value).is_some() => Act::Alert(value.into()),
        _ => {
            let known = STEPS.iter().find(|(name, _)| *name == word);
            let message = match known {
                Some(_) => format!("`! {word} {value}` is not understood"),
                None => format!("there is no step `! {word}` for a client"),
            };
            let help = match known {
                Some((_, example)) => format!("write for example `{example}`"),
                None => nearest_name(word, STEPS.iter().map(|(name, _)| *name)).unwrap_or_default(),
            };
            cx.problem(span, message).help(help);
            return None;
        }
    };
    Some(act)
}

fn time(cx: &mut Cx<'_>, text: &str, span: Span) -> Option<Duration> {
    match units::duration(text) {
        Ok(time) => Some(cx.scaled(time)),
        Err(bad) => {
            cx.problem(span, bad.message).help(bad.help.replace('"', ""));
            None
        }
    }
}

/// The most that a script sends or counts at one time.
const MOST_OCTETS: u64 = 64 << 20;

fn number(cx: &mut Cx<'_>, text: &str, span: Span) -> Option<u64> {
    let number = text.parse().ok().filter(|number| (1..=MOST_OCTETS).contains(number));
    if number.is_none() {
        cx.problem(span, format!("`{text}` is no number of octets from 1 to {MOST_OCTETS}"));
    }
    number
}

/// From 1.
fn line_number(cx: &Cx<'_>, span: Span) -> usize {
    let text = cx.sources.get(span.file).and_then(|source| source.text.get(..span.start)).unwrap_or_default();
    memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1
}
