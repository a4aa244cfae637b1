//! `do`: each step by itself. How they go together is in `order`.

use std::time::Duration;

use bytes::Bytes;

use super::fault::{Place, users};
use super::order;
use super::read::{Cx, Reader};
use super::{handshake, mail, reply};
use crate::fault::program::Cut;
use crate::fault::{Op, Program, Step, Within};
use crate::mail::{Change, FlagChange, Mutation};
use crate::proto::Key;
use crate::scenario::language::{
    CORRUPT, DELIVER, DRIBBLE, FLAGS, KeyDef, MISREAD, REWRITE, REWRITTEN, STEPS, Shape, StepDef, TableDef, step_named,
};
use crate::scenario::problem::{Span, did_you_mean};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units;

/// Long enough that a client's connect() is over before the RST comes; see the step `reset`.
const SETTLE: Duration = Duration::from_millis(50);
/// The most that one step says.
const MOST_OCTETS: u64 = 1 << 30;
/// Strings in the journal's words for a step are cut to this.
const LONGEST_TEXT: usize = 120;

pub(super) fn program(cx: &mut Cx<'_>, entry: &Entry, place: &Place<'_>) -> Option<Program> {
    let items = entry.node.items();
    if items.is_empty() {
        cx.problem(entry.node.span, "`do` has no step").help("write at least one, such as `\"reset\"`");
        return None;
    }
    let mut steps = Vec::new();
    let mut spans = Vec::new();
    for item in items {
        let Some(step) = one(cx, item, place) else { continue };
        steps.push(step);
        spans.push(item.span);
    }
    order::check(cx, &steps, &spans, place, steps.len() == items.len());
    (!steps.is_empty()).then(|| Program::new(steps))
}

/// A step by itself.
pub(super) fn one(cx: &mut Cx<'_>, node: &Node, place: &Place<'_>) -> Option<Step> {
    let op = step(cx, node, place)?;
    let mut text = String::new();
    node.write(&mut text, LONGEST_TEXT);
    Some(Step { op, text: text.into() })
}

fn step(cx: &mut Cx<'_>, node: &Node, place: &Place<'_>) -> Option<Op> {
    match &node.value {
        Value::Text(word) => word_step(cx, node, word, place),
        Value::Table(entries) => table_step(cx, node, entries, place),
        _ => cx.wrong(node, "a step", "a word such as `\"reset\"` or a table such as `{ cut = 11 }`", None),
    }
}

fn word_step(cx: &mut Cx<'_>, node: &Node, word: &str, place: &Place<'_>) -> Option<Op> {
    let Some(def) = step_named(word) else {
        unknown_step(cx, node.span, word);
        return None;
    };
    if !def.alone {
        cx.problem(node.span, format!("`{word}` needs a value")).help(format!("write for example `{}`", def.example));
        return None;
    }
    if !handshake::allows(cx, node.span, def, place) {
        return None;
    }
    match word {
        "pass" => Some(Op::Pass),
        "no-reply" => Some(Op::NoReply),
        "reset" => Some(Op::Reset { settle: SETTLE }),
        "close" => Some(Op::Close { notify: true }),
        "half-close" => Some(Op::HalfClose),
        "stall" => Some(Op::Stall(None)),
        "stop-reading" => Some(Op::StopReading(None)),
        "store" => Some(Op::Store),
        "lose" => Some(Op::Lose),
        "tell" => Some(Op::Tell),
        "refuse" => Some(Op::Refuse),
        "blackhole" => Some(Op::Blackhole),
        "require-client-certificate" => Some(Op::RequireClientCertificate),
        _ => None,
    }
}

fn table_step(cx: &mut Cx<'_>, node: &Node, entries: &[Entry], place: &Place<'_>) -> Option<Op> {
    let named: Vec<(&Entry, &'static StepDef)> =
        entries.iter().filter_map(|entry| step_named(&entry.key).map(|def| (entry, def))).collect();
    let (entry, def) = match named[..] {
        [one] => one,
        [] => {
            match entries.first() {
                Some(entry) => unknown_step(cx, entry.key_span, &entry.key),
                None => drop(cx.problem(node.span, "this step is empty").help("write for example `{ cut = 11 }`")),
            }
            return None;
        }
        [(first, _), (second, _), ..] => {
            let (one, two) = (first.key.clone(), second.key.clone());
            cx.problem(second.key_span, format!("`{one}` and `{two}` are two steps"))
                .also(first.key_span, "the first")
                .help(format!("write a list: `[{{ {one} = ... }}, {{ {two} = ... }}]`"));
            return None;
        }
    };
    if def.value.is_none() {
        cx.problem(entry.key_span, format!("`{}` has no value", def.name)).help(format!("write `{}`", def.example));
        return None;
    }
    for other in entries.iter().filter(|other| other.key != entry.key) {
        if !def.more.iter().any(|key| key.name == other.key) {
            let names: Vec<&str> = def.more.iter().map(|key: &KeyDef| key.name).collect();
            let help = did_you_mean(&other.key, names.iter().copied());
            let help = help.or_else(|| (!names.is_empty()).then(|| super::read::one_of_these(&names)));
            let inside = (def.name == "corrupt" && other.key == "raw")
                .then(|| "write it inside: `{ corrupt = { at = 20, raw = true } }`".into());
            let help = inside.or(help);
            cx.problem(other.key_span, format!("`{}` has no key `{}` beside it", def.name, other.key))
                .label("unknown key")
                .maybe_help(help);
        }
    }
    if !handshake::allows(cx, entry.key_span, def, place) {
        return None;
    }
    valued(cx, entry, node, place)
}

fn unknown_step(cx: &mut Cx<'_>, span: Span, word: &str) {
    let help = match word.to_lowercase().as_str() {
        "rst" => Some("did you mean `reset`?".to_owned()),
        "fin" | "disconnect" => Some("did you mean `close`?".to_owned()),
        "sleep" | "wait" | "latency" => Some("did you mean `delay`?".to_owned()),
        "hang" | "freeze" => Some("did you mean `stall`?".to_owned()),
        "drop" => Some("did you mean `close`, `no-reply` or `blackhole`?".to_owned()),
        word => did_you_mean(word, STEPS.iter().map(|step| step.name)),
    };
    let help = help.unwrap_or_else(|| {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        super::read::one_of_these(&names)
    });
    cx.problem(span, format!("there is no step `{word}`")).label("unknown").help(help);
}

/// A step with its value.
fn valued(cx: &mut Cx<'_>, entry: &Entry, node: &Node, place: &Place<'_>) -> Option<Op> {
    match entry.key.as_str() {
        "cut" => {
            let raw = handshake::raw(cx, node, place);
            let cut = cut(cx, entry)?;
            if raw? { handshake::raw_cut(cx, entry, cut, place) } else { Some(Op::Cut(cut)) }
        }
        "reply" => reply::reply(cx, entry, place).map(Op::Reply),
        "send" => {
            let octets = cx.text(entry).map(Bytes::from);
            send(cx, entry, node, octets, place)
        }
        "send_hex" => {
            let octets = hex(cx, entry);
            send(cx, entry, node, octets, place)
        }
        "garbage" => {
            let raw = handshake::raw(cx, node, place);
            cx.octets(entry, 1, MOST_OCTETS).and_then(|octets| Some(Op::Garbage { octets, raw: raw? }))
        }
        "rewrite" => rewrite(cx, entry),
        "misread" => misread(cx, entry),
        "corrupt" => corrupt(cx, entry, place),
        "dribble" => dribble(cx, entry),
        "delay" => delay(cx, entry),
        // The settle time belongs to the kernel, not to the scenario: the time scale leaves it alone.
        "reset" => cx.plain_duration(&entry.node, "`reset`").map(|settle| Op::Reset { settle }),
        "close" => {
            cx.one_of(&entry.node, "`close`", &["no-notify"])?;
            place.wants_tls(cx, entry.node.span, "close = \"no-notify\"");
            Some(Op::Close { notify: false })
        }
        "stall" => cx.duration(entry).map(|long| Op::Stall(Some(long))),
        "stop-reading" => cx.duration(entry).map(|long| Op::StopReading(Some(long))),
        "certificate" => handshake::certificate(cx, entry),
        "tls_versions" => handshake::versions(cx, entry),
        "alert" => handshake::alert(cx, entry),
        "hide" => capabilities(cx, entry).map(Op::Hide),
        "offer" => capabilities(cx, entry).map(Op::Offer),
        "deliver" | "expunge" | "flags" | "uidvalidity" | "uidnext" => mutation(cx, entry, node, place).map(Op::Mutate),
        _ => None,
    }
}

fn cut(cx: &mut Cx<'_>, entry: &Entry) -> Option<Cut> {
    match &entry.node.value {
        Value::Integer(at) if *at >= 0 => Some(Cut::At(at.unsigned_abs())),
        Value::Integer(before) => Some(Cut::Before(before.unsigned_abs())),
        Value::Text(text) => match text.strip_suffix('%').map(|number| number.trim().parse::<f64>()) {
            Some(Ok(part)) if (0.0..=100.0).contains(&part) => Some(Cut::Percent(part)),
            Some(_) => {
                cx.problem(entry.node.span, format!("`{text}` is not a part of a reply")).help("write `\"0%\"` to `\"100%\"`");
                None
            }
            None => units::size(text).map_err(|bad| cx.bad(&entry.node, bad)).ok().map(Cut::At),
        },
        _ => cx.wrong(&entry.node, "`cut`", "a number of bytes such as `11` or `-2`, or a part such as `\"50%\"`", None),
    }
}

fn send(cx: &mut Cx<'_>, entry: &Entry, node: &Node, octets: Option<Bytes>, place: &Place<'_>) -> Option<Op> {
    let raw = handshake::raw(cx, node, place);
    let repeat_entry = node.get("repeat");
    let repeat = repeat_entry.map_or(Some(1), |entry| cx.count(entry, 1, i64::MAX));
    let every_entry = node.get("every");
    let every = every_entry.map_or(Some(Duration::ZERO), |entry| cx.duration(entry));
    if let (Some(every), None) = (every_entry, repeat_entry) {
        cx.problem(every.key_span, "`every` needs `repeat`").help("add how often, such as `repeat = 1000`");
    }
    let (octets, repeat, every, raw) = (octets?, repeat?, every?, raw?);
    if octets.is_empty() {
        cx.problem(entry.node.span, "there is nothing to send").help("to say nothing, use `\"no-reply\"`");
        return None;
    }
    if every.is_zero() && (octets.len() as u64).saturating_mul(repeat) > MOST_OCTETS {
        let span = repeat_entry.map_or(entry.node.span, |entry| entry.node.span);
        cx.problem(span, "this is more than 1 GiB at once").help("lower `repeat`, or add a wait: `every = \"10ms\"`");
        return None;
    }
    Some(Op::Send { octets, repeat, every, raw })
}

fn hex(cx: &mut Cx<'_>, entry: &Entry) -> Option<Bytes> {
    let text = cx.text(entry)?;
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let Some(digits) = digits else {
        let wrong = text.chars().find(|c| !c.is_ascii_hexdigit() && !c.is_whitespace()).unwrap_or(' ');
        cx.problem(entry.node.span, format!("{wrong:?} is not a hexadecimal digit"))
            .help("two digits `0-9`, `a-f` for each byte");
        return None;
    };
    if digits.len() % 2 != 0 {
        cx.problem(entry.node.span, "an odd number of hexadecimal digits").help("two digits for each byte: `0d0a` is CR LF");
        return None;
    }
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect::<Vec<u8>>().into())
}

fn rewrite(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    let mut reader = Reader::open(cx, &entry.node, &REWRITE)?;
    let find_entry = reader.need(cx, "find", "add a regular expression, such as `find = '\\{\\d+\\}'`");
    let find = find_entry.and_then(|entry| regex(cx, entry));
    let with =
        reader.need(cx, "with", "add what to put there; `with = \"\"` takes the matches away").and_then(|entry| cx.text(entry));
    let within = reader.get("in").map_or(Some(Within::Text), |entry| {
        let word = cx.one_of(&entry.node, "`in`", &REWRITTEN)?;
        Some(match word {
            "mail" => Within::Mail,
            "challenge" => Within::Challenge,
            _ => Within::Text,
        })
    });
    reader.finish();
    Some(Op::Rewrite { find: find?, with: with?.into(), within: within? })
}

fn misread(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    let mut reader = Reader::open(cx, &entry.node, &MISREAD)?;
    let find_entry = reader.need(cx, "find", "add a regular expression, such as `find = 'BODY.*'`");
    let find = find_entry.and_then(|entry| regex(cx, entry));
    let with =
        reader.need(cx, "with", "add what the server reads there; `with = \"\"` is nothing").and_then(|entry| cx.text(entry));
    reader.finish();
    Some(Op::Misread { find: find?, with: with?.into() })
}

fn regex(cx: &mut Cx<'_>, entry: &Entry) -> Option<regex::bytes::Regex> {
    let pattern = cx.text(entry)?;
    let error = match regex::bytes::Regex::new(&pattern) {
        Ok(regex) => return Some(regex),
        Err(error) => error.to_string(),
    };
    let reason = error.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it is too large");
    let mut span = entry.node.span;
    // The regex crate shows the pattern, indented by four, with a caret below; in a string without escapes, that place is found again.
    let column = error.lines().find(|line| line.trim_start().starts_with('^')).and_then(|line| line.find('^')?.checked_sub(4));
    let source = cx.sources.get(span.file).and_then(|source| source.text.get(span.start + 1..span.end.saturating_sub(1)));
    if let (Some(column), true) = (column, source == Some(&*pattern) && !pattern.contains('\n')) {
        let octets = |chars: usize| pattern.char_indices().nth(chars).map_or(pattern.len(), |(at, _)| at);
        span = Span { start: span.start + 1 + octets(column), end: span.start + 1 + octets(column + 1), ..span };
    }
    cx.problem(span, format!("this regular expression is broken: {reason}"))
        .help("single quotes keep backslashes as they are; a literal `{` is `\\{`");
    None
}

fn corrupt(cx: &mut Cx<'_>, entry: &Entry, place: &Place<'_>) -> Option<Op> {
    let mut reader = Reader::open(cx, &entry.node, &CORRUPT)?;
    let at = reader.need(cx, "at", "add which byte, such as `at = 20`").and_then(|entry| cx.octets(entry, 0, MOST_OCTETS));
    reader.get("raw");
    reader.finish();
    let raw = handshake::raw(cx, &entry.node, place);
    Some(Op::Corrupt { at: at?, raw: raw? })
}

fn dribble(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    let mut reader = Reader::open(cx, &entry.node, &DRIBBLE)?;
    let octets = reader.get("bytes").map_or(Some(1), |entry| cx.octets(entry, 1, MOST_OCTETS));
    let every = reader.need(cx, "every", "add the wait between two pieces, such as `every = \"100ms\"`");
    let every = every.and_then(|entry| cx.duration(entry));
    reader.finish();
    Some(Op::Dribble { octets: octets?, every: every? })
}

fn delay(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    static MIN_MAX: TableDef = TableDef {
        needed: &["min", "max"],
        name: "`delay`",
        about: "",
        keys: &[
            KeyDef { name: "min", about: "", shape: Shape::Duration },
            KeyDef { name: "max", about: "", shape: Shape::Duration },
        ],
    };
    if !matches!(entry.node.value, Value::Table(_)) {
        return cx.duration(entry).map(|long| Op::Delay { min: long, max: long });
    }
    let mut reader = Reader::open(cx, &entry.node, &MIN_MAX)?;
    let min = reader.need(cx, "min", "add the shortest, such as `min = \"1s\"`").and_then(|entry| cx.duration(entry));
    let max = reader.need(cx, "max", "add the longest, such as `max = \"3s\"`").and_then(|entry| cx.duration(entry));
    reader.finish();
    let (min, max) = (min?, max?);
    if min > max {
        cx.problem(entry.node.span, "this delay is empty: `min` is above `max`").help("swap them");
        return None;
    }
    Some(Op::Delay { min, max })
}

fn capabilities(cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<String>> {
    if entry.node.items().is_empty() {
        cx.problem(entry.node.span, format!("`{}` names no capability", entry.key)).help("write for example `[\"STARTTLS\"]`");
        return None;
    }
    Some(cx.texts(entry).into_iter().map(|(text, _)| text).collect())
}

fn mutation(cx: &mut Cx<'_>, entry: &Entry, node: &Node, place: &Place<'_>) -> Option<Mutation> {
    let (user, mailbox, change) = if entry.key == "deliver" {
        let delivery = mail::deliver(cx, &entry.node, &DELIVER, users(place))?;
        let change = Change::Deliver { template: delivery.template, count: delivery.count, flags: delivery.flags };
        (delivery.user, delivery.mailbox, change)
    } else {
        let user = node.get("user").and_then(|entry| mail::known_user(cx, entry, users(place)));
        let mailbox = node.get("mailbox").and_then(|entry| cx.line(entry));
        let change = match entry.key.as_str() {
            "expunge" => Change::Expunge(mail::messages(cx, &entry.node, "`expunge`")?),
            "flags" => Change::Flags(flags(cx, entry)?),
            "uidnext" => Change::UidNext(u32::try_from(cx.count(entry, 1, i64::from(u32::MAX))?).unwrap_or(u32::MAX)),
            _ => Change::UidValidity(uid_validity(cx, entry)?),
        };
        (user, mailbox, change)
    };
    let names_user = user.is_some() || node.get("user").is_some() || entry.node.get("user").is_some();
    if let (false, Some((at, span))) = (names_user || place.protocols.is_empty(), place.cannot_know(Key::User)) {
        cx.problem(entry.key_span, format!("nobody is logged in at `{}`: whose mailbox is it?", at.headline()))
            .also(span, "this moment")
            .help("add `user = \"...\"`");
    }
    Some(Mutation { user, mailbox, change })
}

fn flags(cx: &mut Cx<'_>, entry: &Entry) -> Option<FlagChange> {
    let mut reader = Reader::open(cx, &entry.node, &FLAGS)?;
    let messages = reader.get("messages").map_or(Some(vec![(1, None)]), |entry| mail::messages(cx, &entry.node, "`messages`"));
    let add = reader.get("add").map_or(Vec::new(), |entry| mail::flag_names(cx, entry));
    let remove = reader.get("remove").map_or(Vec::new(), |entry| mail::flag_names(cx, entry));
    reader.finish();
    if entry.node.get("add").is_none() && entry.node.get("remove").is_none() {
        cx.problem(entry.node.span, "no flag would change").help("add `add = ['\\Seen']` or `remove = ['\\Seen']`");
    }
    Some(FlagChange { messages: messages?, add, remove })
}

fn uid_validity(cx: &mut Cx<'_>, entry: &Entry) -> Option<Option<u32>> {
    match &entry.node.value {
        Value::Text(text) if text == "new" => Some(None),
        Value::Integer(_) => cx.count(entry, 1, i64::from(u32::MAX)).and_then(|value| u32::try_from(value).ok()).map(Some),
        _ => cx.wrong(&entry.node, "`uidvalidity`", "`\"new\"` or a number", None),
    }
}
