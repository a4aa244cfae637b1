//! When a fault acts: `where`, `nth`, `chance` and the other conditions of a `[[fault]]`.

use std::sync::Arc;
use std::time::Duration;

use super::fault::Place;
use super::known::since;
use super::read::{Cx, Reader, nearest_name};
use crate::fault::{Conditions, Glob, Ranges, Scope, Test, Where, Window};
use crate::proto::{Ats, Key};
use crate::scenario::language::{SCOPES, WHERE};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units;

pub(super) fn conditions(cx: &mut Cx<'_>, reader: &mut Reader<'_>, place: &Place<'_>, name: &str) -> Conditions {
    let mut out = Conditions::default();
    if let Some(entry) = reader.get("where") {
        out.wheres = wheres(cx, &entry.node, place, name);
    }
    out.connections = reader.get("connections").and_then(|entry| ordinals(cx, entry));
    let during = reader.get("during");
    out.during = during.and_then(|entry| window(cx, entry));
    if let Some(entry) = reader.get("since") {
        out.since = since_fault(cx, entry, place, name);
        if during.is_none() {
            cx.problem(entry.key_span, "`since` needs `during`").help("add for how long, such as `during = \"0s-5m\"`");
        }
    }
    let nth = reader.get("nth");
    out.nth = nth.and_then(|entry| ordinals(cx, entry));
    if let Some(entry) = reader.get("within") {
        if nth.is_none() {
            cx.problem(entry.key_span, "`within` needs `nth`")
                .help("add which of the matches in that window, such as `nth = \"4-\"`");
        }
        out.within = cx.duration(entry);
    }
    let concurrent = reader.get("concurrent");
    out.concurrent = concurrent.and_then(|entry| ordinals(cx, entry));
    out.chance = reader.get("chance").and_then(|entry| chance(cx, entry));
    let times = reader.get("times");
    out.times = times.and_then(|entry| cx.count(entry, 1, i64::MAX));
    if let Some(entry) = reader.get("per") {
        if nth.is_none() && concurrent.is_none() && times.is_none() && during.is_none() {
            cx.problem(entry.key_span, "`per` has nothing to count").help("add `nth`, `concurrent`, `times` or `during`");
        }
        out.per = scopes(cx, entry, place);
    }
    out
}

fn wheres(cx: &mut Cx<'_>, node: &Node, place: &Place<'_>, own_name: &str) -> Vec<Where> {
    const TEXTS: [(&str, Key); 9] = [
        ("user", Key::User),
        ("sender", Key::Sender),
        ("recipient", Key::Recipient),
        ("mailbox", Key::Mailbox),
        ("mechanism", Key::Mechanism),
        ("argument", Key::Argument),
        ("ehlo", Key::Ehlo),
        ("fired", Key::Fired),
        ("sni", Key::Sni),
    ];
    let Some(mut reader) = Reader::open(cx, node, &WHERE) else { return Vec::new() };
    let mut out = Vec::new();
    for (word, key) in TEXTS {
        let Some(entry) = reader.get(word) else { continue };
        can_hold(cx, entry, key, place);
        let mut globs = Vec::new();
        for item in entry.node.items() {
            let Some(text) = cx.text_node(item, &format!("`{word}`")) else { continue };
            if key == Key::Fired {
                fired(cx, item, &text, place, own_name);
            }
            globs.push(Glob::new(&text));
        }
        if entry.node.items().is_empty() {
            cx.problem(entry.node.span, format!("`{word}` is an empty list, which nothing fits"))
                .help("name a pattern, or leave the key out");
        }
        out.push(Where { key, test: Test::Globs(globs.into()) });
    }
    if let Some(entry) = reader.get("tls")
        && let Some(up) = cx.boolean(entry)
    {
        tls_can_be(cx, entry, up, place);
        out.push(Where { key: Key::Tls, test: Test::Bool(up) });
    }
    if let Some(entry) = reader.get("sni") {
        place.wants_tls(cx, entry.key_span, "sni");
        if let (true, Some((_, span))) = (place.greets_in_clear(), place.first_of(Ats::GREETING)) {
            cx.problem(entry.key_span, "`sni` can never be known at `greeting`: this fault is for STARTTLS only")
                .also(span, "this moment")
                .help(since(Key::Sni));
        }
    }
    if let Some(entry) = reader.get("refused")
        && let Some(refused) = cx.boolean(entry)
    {
        can_hold(cx, entry, Key::Refused, place);
        out.push(Where { key: Key::Refused, test: Test::Bool(refused) });
    }
    reader.finish();
    out
}

/// `tls = true` or `false` at a moment that only comes with the other.
fn tls_can_be(cx: &mut Cx<'_>, entry: &Entry, up: bool, place: &Place<'_>) {
    if up {
        place.wants_tls(cx, entry.node.span, "tls = true");
    }
    let never = match up {
        true if place.greets_in_clear() => Ats::CONNECT | Ats::TLS | Ats::GREETING,
        true => Ats::CONNECT | Ats::TLS,
        false => Ats::SECURE,
    };
    if let Some((at, span)) = place.first_of(never) {
        let when = if up { "is not up yet" } else { "is up" };
        cx.problem(entry.node.span, format!("`tls = {up}` never holds at `{}`", at.headline()))
            .also(span, format!("here TLS {when}"))
            .help("leave it out");
    }
}

fn can_hold(cx: &mut Cx<'_>, entry: &Entry, key: Key, place: &Place<'_>) {
    if let Some((at, span)) = place.cannot_know(key)
        && !place.protocols.is_empty()
    {
        cx.problem(entry.key_span, format!("`{}` can never be known at `{}`", entry.key, at.headline()))
            .also(span, "this moment")
            .help(since(key));
    }
}

/// The name of the other fault from whose firing `during` counts.
fn since_fault(cx: &mut Cx<'_>, entry: &Entry, place: &Place<'_>, own_name: &str) -> Option<Arc<str>> {
    let text = cx.line(entry)?;
    fired(cx, &entry.node, &text, place, own_name);
    place.names.faults.iter().find(|name| ***name == *text).cloned()
}

fn fired(cx: &mut Cx<'_>, node: &Node, text: &str, place: &Place<'_>, own_name: &str) {
    let glob = Glob::new(text);
    let others = || place.names.faults.iter().filter(|name| ***name != *own_name).map(|name| &**name);
    if others().any(|name| name == text) || others().any(|name| glob.matches(name)) {
        return;
    }
    if glob.matches(own_name) {
        cx.problem(node.span, "a fault cannot wait for itself").help("name another fault; for once only, use `times = 1`");
        return;
    }
    let help = nearest_name(text, others().collect::<Vec<_>>());
    cx.problem(node.span, format!("there is no fault named `{text}`")).missing().maybe_help(help);
}

fn scopes(cx: &mut Cx<'_>, entry: &Entry, place: &Place<'_>) -> Vec<Scope> {
    let mut out = Vec::new();
    for item in entry.node.items() {
        let Some(word) = cx.one_of(item, "`per`", &SCOPES) else { continue };
        let key = match word {
            "user" => Key::User,
            "sender" => Key::Sender,
            "recipient" => Key::Recipient,
            "message" => Key::Message,
            "connection" => {
                out.push(Scope::Connection);
                continue;
            }
            "peer" => {
                out.push(Scope::Peer);
                continue;
            }
            _ => {
                out.push(Scope::Server);
                continue;
            }
        };
        if let Some((at, span)) = place.cannot_know(key)
            && !place.protocols.is_empty()
        {
            cx.problem(item.span, format!("`{word}` can never be known at `{}`", at.headline()))
                .also(span, "this moment")
                .help(since(key));
        }
        out.push(Scope::Key(key));
    }
    out
}

pub(super) fn ordinals(cx: &mut Cx<'_>, entry: &Entry) -> Option<Ranges> {
    let what = format!("`{}`", entry.key);
    let text = match &entry.node.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => {
            let list =
                matches!(&entry.node.value, Value::List(items) if items.iter().all(|n| matches!(n.value, Value::Integer(_))));
            let help = match list {
                true => format!("write `\"{}\"`", entry.node.to_string().trim_matches(['[', ']']).replace(' ', "")),
                false => "write `3`, `\"1-4\"`, `\"5-\"`, `\"1,3\"` or `\"every 3\"`".to_owned(),
            };
            return cx.wrong(&entry.node, &what, "a whole number or a range", Some(help));
        }
    };
    units::ordinals(&text).map_err(|bad| cx.bad(&entry.node, bad)).ok()
}

/// `"10s-40s"`, `"40s-"`.
pub(super) fn window(cx: &mut Cx<'_>, entry: &Entry) -> Option<Window> {
    let Value::Text(text) = &entry.node.value else {
        return cx.wrong(&entry.node, "`during`", "a stretch of time such as `\"10s-40s\"` or `\"40s-\"`", None);
    };
    let pairs = units::durations(text).map_err(|bad| cx.bad(&entry.node, bad)).ok()?;
    match pairs[..] {
        [(from, to)] if to != Some(from) => {
            let scaled = |nanoseconds| cx.scaled(Duration::from_nanos(nanoseconds));
            Some(Window { from: scaled(from), to: to.map(scaled) })
        }
        _ => {
            cx.problem(entry.node.span, format!("`{text}` is not one stretch of time"))
                .help("write a start and an end, such as `\"10s-40s\"`, or `\"40s-\"` for no end");
            None
        }
    }
}

fn chance(cx: &mut Cx<'_>, entry: &Entry) -> Option<f64> {
    let number = match &entry.node.value {
        Value::Float(number) => *number,
        Value::Integer(number) => *number as f64,
        Value::Text(text) => {
            let part = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            let help = part.map(|part| format!("write `{}`", part / 100.0));
            return cx.wrong(&entry.node, "`chance`", "a number above 0, at most 1", help);
        }
        _ => return cx.wrong(&entry.node, "`chance`", "a number above 0, at most 1", None),
    };
    if number > 0.0 && number <= 1.0 {
        return Some(number);
    }
    let help = match number {
        0.0 => "a fault that never fires is better left out".to_owned(),
        number if number > 1.0 && number <= 100.0 => format!("for {number} of 100, write `{}`", number / 100.0),
        _ => "write a number such as `0.1`".to_owned(),
    };
    cx.problem(entry.node.span, "`chance` must be above 0 and at most 1").help(help);
    None
}
