//! `[[wire]]`: the script of a connection, line by line.

use std::time::Duration;

use super::read::{Cx, Reader, nearest_name};
use crate::scenario::language::WIRE;
use crate::scenario::problem::Span;
use crate::scenario::tree::Node;
use crate::scenario::units;
use crate::scenario::wire::{Act, Notify, Text, Wire, WireStep, unescape};
use crate::scenario::{ListenSpec, model::Scenario};

/// The steps of a script, for messages: name and what it looks like.
const STEPS: [(&str, &str); 16] = [
    ("reset", "! reset"),
    ("close", "! close"),
    ("silence", "! silence 1s"),
    ("delay", "! delay 200ms"),
    ("wait", "! wait 1s"),
    ("refused", "! refused"),
    ("no-answer", "! no-answer 1s"),
    ("octets", "! octets 20"),
    ("send", "! send 70000"),
    ("blocked", "! blocked"),
    ("leave", "! leave"),
    ("hello", "! hello"),
    ("tls", "! tls"),
    ("tls fails", "! tls fails *Expired*"),
    ("alert", "! alert handshake_failure"),
    ("...", "S: ..."),
];

/// All connections, in order.
pub(super) fn wires(cx: &mut Cx<'_>, nodes: &[&Node], scenario: &Scenario) -> Vec<Wire> {
    nodes.iter().filter_map(|node| wire(cx, node, &scenario.listen)).collect()
}

fn wire(cx: &mut Cx<'_>, node: &Node, listeners: &[ListenSpec]) -> Option<Wire> {
    let mut reader = Reader::open(cx, node, &WIRE)?;
    let on = reader.need(cx, "on", "write `on = \"smtp\"`, or the name of another listener");
    let script = reader.need(cx, "script", "write the conversation, `C:` and `S:` lines, in `'''`");
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
    let script = script.and_then(|entry| Some((cx.text(entry)?, &entry.node)));
    let mut steps = Vec::new();
    for (line, span) in script.iter().flat_map(|(text, node)| lines(cx, text, node)).collect::<Vec<_>>() {
        let text = bare(line);
        // Facts and oddities of a transcript are read over.
        if text.is_empty() || text.starts_with("--") || text.starts_with("? ") {
            continue;
        }
        if let Some(act) = act(cx, text, span) {
            steps.push(WireStep { line: line_number(cx, span), text: text.into(), act });
        }
    }
    for pair in steps.windows(2) {
        if let [WireStep { act: Act::Lines, line, .. }, next] = pair
            && !matches!(next.act, Act::Line(_))
        {
            let span = script.as_ref().map_or(node.span, |(_, node)| node.span);
            cx.problem(span, format!("`S: ...` in line {line} needs an `S:` line after it"))
                .help("write the line that ends what comes");
        }
    }
    Some(Wire { on: on?, line: line_number(cx, node.span), steps })
}

/// One line of a script.
fn act(cx: &mut Cx<'_>, text: &str, span: Span) -> Option<Act> {
    let (mark, rest) = text.split_at_checked(2).unwrap_or((text, ""));
    let said = rest.strip_prefix(' ').unwrap_or(rest);
    match mark {
        "C:" => Some(Act::Say(Text::parse(said, false).line())),
        "C-" => Some(Act::Say(Text::parse(said, false))),
        "S:" if said == "..." => Some(Act::Lines),
        "S:" => Some(Act::Line(Text::parse(said, true))),
        "S-" => Some(Act::Octets(octets(said))),
        _ => match text.strip_prefix('!') {
            Some(step) => step_act(cx, step.trim(), span),
            None => {
                cx.problem(span, "a line begins with `C:`, `C-`, `S:`, `S-` or `!`")
                    .help("`C:` is what the client says, `S:` what must come, `!` a step such as `! reset`");
                None
            }
        },
    }
}

fn step_act(cx: &mut Cx<'_>, step: &str, span: Span) -> Option<Act> {
    let (word, value) = step.split_once(' ').map_or((step, ""), |(word, value)| (word, value.trim()));
    let act = match (word, value) {
        ("reset", "") => Act::Reset,
        ("close", "") => Act::Close(Notify::AsUsual),
        ("close", "no-notify") => Act::Close(Notify::Missing),
        ("silence", _) => Act::Silence(time(cx, value, span)?),
        ("delay", _) => Act::Delay(time(cx, value, span)?),
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
            Act::TlsFails(Text::parse(value.strip_prefix("fails").unwrap_or_default().trim(), true))
        }
        ("alert", _) if crate::certs::alert::number(value).is_some() => Act::Alert(value.into()),
        _ => {
            let known = STEPS.iter().find(|(name, _)| *name == word);
            let message = match known {
                Some(_) => format!("`! {step}` is not understood"),
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
            cx.problem(span, bad.message).help(bad.help);
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

fn octets(text: &str) -> Box<[u8]> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (octet, length) = unescape(rest);
        out.push(octet);
        rest = rest.get(length..).unwrap_or_default();
    }
    out.into()
}

/// The line without the columns of a transcript: time and connection.
fn bare(line: &str) -> &str {
    let line = line.trim_start();
    let time = line.split(' ').next().filter(|word| {
        word.len() >= 9 && word.contains(':') && word.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b':' | b'.'))
    });
    let line = time.and_then(|time| line.strip_prefix(time)).map_or(line, str::trim_start);
    match line.strip_prefix('#').and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit()) => rest,
        _ => line,
    }
}

/// The lines of a script with their places. Where the string has escapes, so that places cannot be told, all have that of the string.
fn lines<'t>(cx: &Cx<'_>, text: &'t str, node: &Node) -> Vec<(&'t str, Span)> {
    let source = cx.sources.get(node.span.file).map_or("", |source| &source.text);
    let written = source.get(node.span.start..node.span.end).unwrap_or_default();
    let start = memchr::memmem::find(written.as_bytes(), text.as_bytes()).filter(|_| !text.is_empty());
    let mut place = start.map(|start| node.span.start + start);
    let mut out = Vec::new();
    for line in text.split('\n') {
        let span = match &mut place {
            Some(place) => {
                let indent = line.len() - line.trim_start().len();
                let span = Span { file: node.span.file, start: *place + indent.min(line.len()), end: *place + line.len() };
                *place += line.len() + 1;
                span
            }
            None => node.span,
        };
        out.push((line.strip_suffix('\r').unwrap_or(line), span));
    }
    out
}

/// From 1.
fn line_number(cx: &Cx<'_>, span: Span) -> usize {
    let text = cx.sources.get(span.file).and_then(|source| source.text.get(..span.start)).unwrap_or_default();
    memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1
}
