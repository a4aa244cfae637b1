//! `[smtp.words]` and `[imap.words]`: what the server says, in a provider's own words.

use super::read::{Cx, Reader};
use super::reply;
use crate::proto::words::unknown_hole;
use crate::proto::{imap, smtp};
use crate::scenario::language::{IMAP_WORDS, SMTP_WORDS};
use crate::scenario::tree::Entry;

pub(super) fn smtp(cx: &mut Cx<'_>, entry: &Entry) -> Vec<(String, String)> {
    let Some(mut reader) = Reader::open(cx, &entry.node, &SMTP_WORDS) else { return Vec::new() };
    let mut out = Vec::new();
    for word in smtp::WORDS {
        let Some(entry) = reader.get(word.key) else { continue };
        let Some(text) = cx.text(entry) else { continue };
        let lines: Vec<&str> = text.lines().collect();
        if lines.iter().any(|line| line.chars().any(char::is_control)) {
            cx.problem(entry.node.span, format!("`{}` has control characters", word.key))
                .help("use a fault with `send` for raw bytes");
            continue;
        }
        let Some(text) = reply::smtp(cx, &entry.node, &lines) else { continue };
        // 4xx and 5xx are both refusals; another kind would be another reply.
        let kind = |text: &str| text.bytes().next().map(|digit| if digit == b'5' { b'4' } else { digit });
        if kind(&text) != kind(word.normal) {
            let first = match kind(word.normal) {
                Some(b'2') => "2",
                Some(b'3') => "3",
                _ => "4 or 5",
            };
            cx.problem(entry.node.span, format!("the code of `{}` must begin with {first}", word.key))
                .help("for a reply that says something else than the normal one, use a fault: `do = { reply = \"...\" }`");
            continue;
        }
        holes(cx, entry, &text, word.holes);
        out.push((word.key.to_owned(), text));
    }
    reader.finish();
    out
}

pub(super) fn imap(cx: &mut Cx<'_>, entry: &Entry) -> Vec<(String, String)> {
    let Some(mut reader) = Reader::open(cx, &entry.node, &IMAP_WORDS) else { return Vec::new() };
    let mut out = Vec::new();
    for word in &imap::WORDS {
        let Some(entry) = reader.get(word.key) else { continue };
        let Some(text) = cx.line(entry) else { continue };
        if text.starts_with(word.after) {
            cx.problem(entry.node.span, format!("`{}` stands here without its `{}`", word.key, word.after));
            continue;
        }
        holes(cx, entry, &text, word.holes);
        out.push((word.key.to_owned(), text));
    }
    reader.finish();
    out
}

fn holes(cx: &mut Cx<'_>, entry: &Entry, text: &str, holes: &[&str]) {
    let Some(hole) = unknown_hole(text, holes) else { return };
    let all: Vec<String> = holes.iter().map(|hole| format!("`{{{hole}}}`")).collect();
    let help = match all.is_empty() {
        true => "nothing stands in braces here".to_owned(),
        false => format!("what stands in braces here is one of {}", all.join(", ")),
    };
    cx.problem(entry.node.span, format!("nothing is known for `{{{hole}}}` in `{}`", entry.key)).help(help);
}
