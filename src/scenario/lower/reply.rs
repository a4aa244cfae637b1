//! `reply`: another well-formed reply, checked for each protocol that it may go out on.

use std::sync::Arc;

use super::fault::Place;
use super::read::Cx;
use crate::fault::PerProtocol;
use crate::proto::{Ats, Protocol};
use crate::scenario::tree::{Entry, Node, Value};

/// Words that an IMAP reply line may start with, when it gets the command's tag.
const TAGGED: [&str; 3] = ["OK", "NO", "BAD"];

pub(super) fn reply(cx: &mut Cx<'_>, entry: &Entry, place: &Place<'_>) -> Option<PerProtocol<Arc<str>>> {
    reply_or(cx, entry, place, None)
}

/// The same; where the value has no words for a protocol, the usual ones stand.
pub(super) fn reply_or(
    cx: &mut Cx<'_>,
    entry: &Entry,
    place: &Place<'_>,
    usual: Option<PerProtocol<Arc<str>>>,
) -> Option<PerProtocol<Arc<str>>> {
    let key = entry.key.as_str();
    let (has_usual, mut out) = (usual.is_some(), usual.unwrap_or_default());
    match &entry.node.value {
        Value::Text(_) => match place.protocols[..] {
            // Where it can come up is already known to be wrong.
            [] => return None,
            [protocol] => *slot(&mut out, protocol) = Some(text(cx, &entry.node, protocol, place)?),
            _ => {
                let problem = cx.problem(entry.node.span, "this fault can come up in SMTP and in IMAP, which reply differently");
                problem.label("a reply of which protocol?");
                match has_usual {
                    true => problem.help(format!("write `{key} = {{ smtp = \"...\", imap = \"...\" }}`, or one of the two")),
                    false => problem.help(
                        "write `{ reply = { smtp = \"...\", imap = \"...\" } }`, or add `on = \"smtp\"` or `on = \"imap\"` to the fault",
                    ),
                };
                return None;
            }
        },
        Value::Table(entries) => {
            for part in entries {
                let Some(protocol) = Protocol::ALL.into_iter().find(|protocol| protocol.name() == part.key) else {
                    cx.problem(part.key_span, format!("`{key}` has no key `{}`", part.key)).help("it can be `smtp`, `imap`");
                    continue;
                };
                if !place.protocols.is_empty() && !place.protocols.contains(&protocol) {
                    cx.problem(part.key_span, format!("this fault never comes up in {}", protocol.name().to_uppercase()))
                        .help("leave this reply out");
                }
                *slot(&mut out, protocol) = text(cx, &part.node, protocol, place);
            }
            for protocol in place.protocols.iter().filter(|_| !has_usual) {
                if !entries.iter().any(|part| part.key == protocol.name()) {
                    let problem =
                        cx.problem(entry.node.span, format!("this fault can come up in {}, too", protocol.name().to_uppercase()));
                    problem.help(format!("add `{protocol} = \"...\"`"));
                }
            }
        }
        _ => return cx.wrong(&entry.node, &format!("`{key}`"), "a string or `{ smtp = ..., imap = ... }`", None),
    }
    Some(out)
}

fn slot(out: &mut PerProtocol<Arc<str>>, protocol: Protocol) -> &mut Option<Arc<str>> {
    match protocol {
        Protocol::Smtp => &mut out.smtp,
        Protocol::Imap => &mut out.imap,
    }
}

fn text(cx: &mut Cx<'_>, node: &Node, protocol: Protocol, place: &Place<'_>) -> Option<Arc<str>> {
    let text = cx.text_node(node, "a reply")?;
    let lines: Vec<&str> = text.lines().collect();
    if lines.iter().all(|line| line.trim().is_empty()) {
        cx.problem(node.span, "this reply is empty").help("to say nothing, use `\"no-reply\"`");
        return None;
    }
    if lines.iter().any(|line| line.chars().any(|c| c.is_control() && c != '\t')) {
        cx.problem(node.span, "a reply is lines of text without control characters")
            .help("use `send` or `send_hex` for raw bytes");
        return None;
    }
    let text = match protocol {
        Protocol::Smtp => smtp(cx, node, &lines)?,
        Protocol::Imap => imap(cx, node, &lines, place)?,
    };
    Some(text.into())
}

/// The code of a reply line, and what follows it.
fn code(line: &str) -> Option<(&str, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let digits = code.bytes().all(|b| b.is_ascii_digit()) && matches!(code.as_bytes()[0], b'2'..=b'5');
    (digits && (rest.is_empty() || rest.starts_with([' ', '-']))).then_some((code, rest.get(1..).unwrap_or("")))
}

/// RFC 5321 section 4.2: one code for all lines. It stands on the first; on others it may stand, as on the wire, and is taken off.
pub(super) fn smtp(cx: &mut Cx<'_>, node: &Node, lines: &[&str]) -> Option<String> {
    let first = lines.first().copied().unwrap_or_default();
    let Some((own, rest)) = code(first) else {
        let imap = ["OK", "NO", "BAD", "* ", "+ "].iter().any(|word| first.starts_with(word));
        cx.problem(node.span, "an SMTP reply starts with a code from 200 to 599")
            .label(if imap { "this is IMAP" } else { "" })
            .help("write for example `\"451 4.3.0 Try again later\"`; for bytes that are no reply, use `send`");
        return None;
    };
    let mut out = format!("{own} {rest}");
    for line in &lines[1..] {
        let rest = match code(line) {
            Some((other, rest)) if other == own => rest,
            Some((other, _)) => {
                cx.problem(node.span, format!("the lines of one reply share one code, not `{own}` and `{other}`"))
                    .help("use `send` for lines that do not belong together");
                return None;
            }
            None => line,
        };
        out.push('\n');
        out.push_str(rest);
    }
    Some(out)
}

/// RFC 3501 section 7: `* ` and `+ ` lines as they are; any other gets the tag, or `* ` where no command has come.
fn imap(cx: &mut Cx<'_>, node: &Node, lines: &[&str], place: &Place<'_>) -> Option<String> {
    let untagged = Ats::CONNECT | Ats::GREETING | Ats::SILENCE | Ats::AGE | Ats::UNSOLICITED | Ats::CONTENT;
    let tag_comes = place.ats.iter().any(|(at, _)| !at.intersects(untagged));
    let mut tagged = 0;
    for line in lines {
        if line.starts_with("* ") || line.starts_with("+ ") || *line == "+" {
            continue;
        }
        let mut words = line.split(' ');
        let word = words.next().unwrap_or_default();
        tagged += 1;
        if TAGGED.contains(&word) || (!tag_comes && matches!(word, "PREAUTH" | "BYE")) {
            continue;
        }
        let problem = cx.problem(node.span, format!("`{line}` cannot be a line of an IMAP reply"));
        match (word, words.next()) {
            ("BYE" | "PREAUTH", _) => problem.help(format!("only untagged lines say {word}: write `* {line}`")),
            (_, Some(second)) if TAGGED.contains(&second) => problem.help("leave the tag out: the client's own is put there"),
            _ if code(line).is_some() => {
                problem.label("this is SMTP").help("write for example `\"NO [UNAVAILABLE] Try again later\"`")
            }
            _ => problem.help("a line starts with `OK`, `NO`, `BAD`, `* ` or `+ `; for bytes that are no reply, use `send`"),
        };
        return None;
    }
    if tag_comes && tagged > 1 {
        cx.problem(node.span, "a command has one tagged reply, not several").help("start the others with `* `, or use `send`");
        return None;
    }
    Some(lines.join("\n"))
}
