//! `[expect]`, `[expect.smtp]`, `[expect.imap]`.

use std::time::Duration;

use super::read::{Cx, Reader};
use crate::proto::Protocol;
use crate::scenario::expect::{Expect, Expectations, Expected, Gaps};
use crate::scenario::language::{EXPECT, EXPECT_IMAP, EXPECT_SMTP, GAPS, TableDef};
use crate::scenario::tree::{Entry, Node, Value};

/// A connection that has been silent for this long was abandoned.
const ABANDONED_AFTER: Duration = Duration::from_secs(30);

type Slot = fn(&mut Expect) -> &mut Option<Expected>;

/// Keys whose value is a range: name, whether of durations, the only protocol that it can be asked of, and where it goes.
const RANGES: [(&str, bool, Option<Protocol>, Slot); 16] = [
    ("connections", false, None, |expect| &mut expect.connections),
    ("messages", false, Some(Protocol::Smtp), |expect| &mut expect.messages),
    ("duplicates", false, None, |expect| &mut expect.duplicates),
    ("lost", false, Some(Protocol::Smtp), |expect| &mut expect.lost),
    ("attempts", false, Some(Protocol::Smtp), |expect| &mut expect.attempts),
    ("recovers", true, None, |expect| &mut expect.recovers),
    ("gap", true, None, |expect| &mut expect.gap),
    ("gives_up", true, None, |expect| &mut expect.gives_up),
    ("quiet", true, None, |expect| &mut expect.quiet),
    ("unread", false, Some(Protocol::Imap), |expect| &mut expect.unread),
    ("seen_without_body", false, Some(Protocol::Imap), |expect| &mut expect.seen_without_body),
    ("secrets_in_clear", false, None, |expect| &mut expect.secrets_in_clear),
    ("after_goodbye", false, None, |expect| &mut expect.after_goodbye),
    ("abandoned", false, None, |expect| &mut expect.abandoned),
    ("unclean_ends", false, None, |expect| &mut expect.unclean_ends),
    ("left_dialogue", false, None, |expect| &mut expect.left_dialogue),
];

pub(super) fn expectations(cx: &mut Cx<'_>, node: Option<&Node>) -> Expectations {
    let scaled = cx.scaled(ABANDONED_AFTER).as_nanos();
    let mut out = Expectations { abandoned_after: u64::try_from(scaled).unwrap_or(u64::MAX), ..Expectations::default() };
    let Some(node) = node else { return out };
    let Some(mut reader) = Reader::open(cx, node, &EXPECT) else { return out };
    out.all = keys(cx, &mut reader, None);
    out.all.client_exit = reader.get("client_exit").and_then(|entry| cx.expected(entry, false));
    if let Some(entry) = reader.get("smtp") {
        out.smtp = one(cx, &entry.node, &EXPECT_SMTP, Protocol::Smtp);
    }
    if let Some(entry) = reader.get("imap") {
        out.imap = one(cx, &entry.node, &EXPECT_IMAP, Protocol::Imap);
    }
    reader.finish();
    out
}

fn one(cx: &mut Cx<'_>, node: &Node, table: &'static TableDef, protocol: Protocol) -> Expect {
    let Some(mut reader) = Reader::open(cx, node, table) else { return Expect::default() };
    let expect = keys(cx, &mut reader, Some(protocol));
    reader.finish();
    expect
}

fn keys(cx: &mut Cx<'_>, reader: &mut Reader<'_>, protocol: Option<Protocol>) -> Expect {
    let mut expect = Expect::default();
    for (key, durations, only, slot) in RANGES {
        let Some(entry) = reader.get(key) else { continue };
        if let (Some(own), Some(only)) = (protocol, only)
            && own != only
        {
            cx.problem(entry.key_span, format!("`{key}` is never anything but 0 in [expect.{own}]"))
                .help(format!("write it in [expect.{only}] or in [expect]"));
        }
        *slot(&mut expect) = cx.expected(entry, durations);
    }
    expect.oddities = reader.get("oddities").and_then(|entry| cx.expected(entry, false));
    expect.gaps = reader.get("gaps").and_then(|entry| gaps(cx, entry));
    expect.backoff_growing = reader.get("backoff").and_then(|entry| cx.one_of(&entry.node, "`backoff`", &["growing"])).is_some();
    expect
}

fn gaps(cx: &mut Cx<'_>, entry: &Entry) -> Option<Gaps> {
    let mut reader = Reader::open(cx, &entry.node, &GAPS)?;
    let mut are = Vec::new();
    if let Some(list) = reader.need(cx, "are", "add `are = [\"10m\", \"15m\"]`") {
        if list.node.items().is_empty() {
            cx.problem(list.node.span, "`are` is empty").help("write the gaps, such as `[\"10m\", \"15m\"]`");
        }
        for item in list.node.items() {
            let gap = cx.plain_duration(item, "each of `are`");
            are.extend(gap.map(|gap| u64::try_from(cx.scaled(gap).as_nanos()).unwrap_or(u64::MAX)));
        }
    }
    let within = reader.get("within").map_or(Some(0.1), |entry| percent(cx, &entry.node));
    reader.finish();
    Some(Gaps { text: entry.node.to_string(), are, within: within? })
}

/// `"10%"` as 0.1.
fn percent(cx: &mut Cx<'_>, node: &Node) -> Option<f64> {
    let number = match &node.value {
        Value::Text(text) => text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok()),
        _ => None,
    };
    match number {
        Some(number) if (0.0..=100.0).contains(&number) => Some(number / 100.0),
        _ => cx.wrong(node, "`within`", "a part from `\"0%\"` to `\"100%\"`", None),
    }
}
