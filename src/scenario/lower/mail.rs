//! `[[mail]]`, and the messages and changes that steps make.

use bytes::Bytes;

use super::mailbox::name;
use super::read::{Cx, Reader, nearest_name};
use crate::mail::{Change, Flags, InitialMail, SequenceRange, Template};
use crate::scenario::language::{MAIL, TableDef};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::units;
use crate::scenario::{MailArrival, Scenario};

/// The largest message that is made or read, and the most that one entry may make.
const MOST_OCTETS: u64 = 1 << 30;
const MOST_COUNT: i64 = 100_000;

/// A message to be delivered, and where to.
pub(super) struct Delivery {
    pub(super) user: Option<String>,
    pub(super) mailbox: Option<String>,
    pub(super) template: Template,
    pub(super) count: u32,
    pub(super) flags: Vec<String>,
}

pub(super) fn mail(cx: &mut Cx<'_>, node: &Node, users: &[String], scenario: &mut Scenario) {
    let Some(mut reader) = Reader::open(cx, node, &MAIL) else { return };
    let delivery = delivery(cx, &mut reader, users);
    let every = reader.get("every").map(|entry| (entry, cx.duration(entry)));
    reader.finish();
    let Some(Delivery { user, mailbox, template, count, flags }) = delivery else { return };
    let mailbox = mailbox.unwrap_or_else(|| "INBOX".into());
    match every {
        None => scenario.store.mail.push(InitialMail { user, mailbox, template, count, flags }),
        Some((_, Some(every))) => {
            let change = Change::Deliver { template, count: 1, flags };
            scenario.arrivals.push(MailArrival { user, mailbox, change, count, every });
        }
        Some((_, None)) => {}
    }
}

/// `deliver = { ... }`.
pub(super) fn deliver(cx: &mut Cx<'_>, node: &Node, table: &'static TableDef, users: &[String]) -> Option<Delivery> {
    let mut reader = Reader::open(cx, node, table)?;
    let delivery = delivery(cx, &mut reader, users);
    reader.finish();
    delivery
}

fn delivery(cx: &mut Cx<'_>, reader: &mut Reader<'_>, users: &[String]) -> Option<Delivery> {
    let user = reader.get("user").and_then(|entry| known_user(cx, entry, users));
    let mailbox = reader.get("mailbox").and_then(|entry| name(cx, entry));
    let count = reader.get("count").map_or(Some(1), |entry| cx.count(entry, 1, MOST_COUNT));
    let size_entry = reader.get("size");
    let size = size_entry.and_then(|entry| cx.size(entry));
    let flags = reader.get("flags").map_or(Vec::new(), |entry| flag_names(cx, entry));
    let file = reader.get("file");
    let parts = ["from", "subject", "body"].map(|key| (key, reader.get(key)));
    let template = match file {
        Some(file) => {
            let others = parts.into_iter().filter_map(|(_, entry)| entry).chain(size_entry);
            for other in others {
                cx.problem(other.key_span, format!("`{}` and `file` exclude each other", other.key))
                    .also(file.node.span, "the whole message")
                    .help("a file is taken as it stands: leave one of the two out");
            }
            raw(cx, file)?
        }
        None => {
            let [from, subject, body] = parts.map(|(_, entry)| entry.map(|entry| cx.text(entry)));
            Template::Parts {
                from: from.flatten().unwrap_or_else(|| "sender@mailfault.test".into()),
                subject: subject.flatten().unwrap_or_else(|| "Message {n}".into()),
                body: body.flatten().unwrap_or_else(|| "This is message {n}.".into()),
                size,
            }
        }
    };
    let count = count?;
    let octets = match &template {
        Template::Raw(raw) => raw.len() as u64,
        Template::Parts { body, size, .. } => size.unwrap_or(0).max(body.len() as u64),
    };
    if let Some(entry) = size_entry.or(file).filter(|_| octets.saturating_mul(count) > MOST_OCTETS) {
        cx.problem(entry.node.span, "this is more than 1 GiB of mail").help("lower `count` or `size`");
        return None;
    }
    Some(Delivery { user, mailbox, template, count: u32::try_from(count).unwrap_or(u32::MAX), flags })
}

/// An account that is there, or any name where every name logs in.
pub(super) fn known_user(cx: &mut Cx<'_>, entry: &Entry, users: &[String]) -> Option<String> {
    let name = cx.line(entry)?;
    if !users.is_empty() && !users.iter().any(|user| user.eq_ignore_ascii_case(&name)) {
        let help = nearest_name(&name, users.iter().map(String::as_str));
        cx.problem(entry.node.span, format!("there is no [[user]] `{name}`")).missing().maybe_help(help);
        return None;
    }
    Some(name)
}

/// System flags that exist, and keywords that are atoms (RFC 3501 section 9, `flag-keyword`).
pub(super) fn flag_names(cx: &mut Cx<'_>, entry: &Entry) -> Vec<String> {
    let mut out = Vec::new();
    let system = || Flags::SYSTEM.iter().map(|(name, _)| *name);
    for (name, span) in cx.texts(entry) {
        if name.starts_with('\\') {
            match system().find(|flag| flag.eq_ignore_ascii_case(&name)) {
                Some(flag) => out.push(flag.to_owned()),
                None => drop(cx.problem(span, format!("there is no flag `{name}`")).maybe_help(nearest_name(&name, system()))),
            }
        } else if let Some(flag) = system().find(|flag| flag[1..].eq_ignore_ascii_case(&name)) {
            cx.problem(span, format!("`{name}` would be a keyword, not the flag"))
                .help(format!("write `'{flag}'`, in single quotes"));
        } else if name.contains(|c: char| !c.is_ascii_graphic() || "(){%*\"\\]".contains(c)) {
            cx.problem(span, format!("`{name}` cannot be a keyword"))
                .help("keywords are letters, digits and signs such as `$` and `-`");
        } else {
            out.push(name);
        }
    }
    out
}

fn raw(cx: &mut Cx<'_>, entry: &Entry) -> Option<Template> {
    let path = cx.line(entry)?;
    let Some(base) = cx.sources.get(entry.node.span.file).and_then(|source| source.base.clone()) else {
        cx.problem(entry.node.span, "`file` needs a scenario file of your own")
            .help("write `from`, `subject` and `body` instead");
        return None;
    };
    let full = base.join(&path);
    let read = std::fs::metadata(&full).and_then(|meta| match meta.len() {
        _ if !meta.is_file() => Err(std::io::Error::other("not a file")),
        len if len > MOST_OCTETS => Err(std::io::Error::other("larger than 1 GiB")),
        _ => std::fs::read(&full),
    });
    match read {
        Ok(octets) => Some(Template::Raw(Bytes::from(octets))),
        Err(error) => {
            cx.problem(entry.node.span, format!("cannot read `{}`: {error}", full.display()))
                .help("the path starts at the folder of this scenario file");
            None
        }
    }
}

/// Sequence numbers: `3`, `"1-3"`, `"5-"`.
pub(super) fn messages(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Vec<SequenceRange>> {
    let text = match &node.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => return cx.wrong(node, what, "message numbers such as `\"1-3\"`", None),
    };
    let pairs = match units::counts(&text) {
        Ok(pairs) => pairs,
        Err(bad) => {
            cx.bad(node, bad);
            return None;
        }
    };
    let number = |n: u64| u32::try_from(n).ok().filter(|&n| n > 0);
    let ranges: Option<Vec<SequenceRange>> = pairs
        .into_iter()
        .map(|(from, to)| match to {
            Some(to) => Some((number(from)?, Some(number(to)?))),
            None => Some((number(from)?, None)),
        })
        .collect();
    if ranges.is_none() {
        cx.problem(node.span, format!("{what}: message numbers go from 1 to 4294967295"));
    }
    ranges
}
