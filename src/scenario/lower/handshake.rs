//! Steps of the TLS handshake, and those that reach below TLS.

use super::fault::Place;
use super::read::{Cx, one_of_these};
use crate::certs::{self, Kind, Versions};
use crate::fault::{Cut, Op};
use crate::proto::Ats;
use crate::scenario::language::StepDef;
use crate::scenario::problem::{Span, did_you_mean};
use crate::scenario::tree::{Entry, Node, Value};

/// Steps that have to do with replies and mail, of which there are none at `tls`.
const TALK: [&str; 9] = ["reply", "rewrite", "no-reply", "store", "lose", "deliver", "expunge", "flags", "uidvalidity"];

/// Whether the step goes with `tls` or its other moments; if not, that is a problem.
pub(super) fn allows(cx: &mut Cx<'_>, span: Span, def: &StepDef, place: &Place<'_>) -> bool {
    if def.at_tls
        && let Some((at, at_span)) = place.ats.iter().copied().find(|(at, _)| *at != Ats::TLS)
    {
        cx.problem(span, format!("`{}` acts at `tls`, not at `{}`", def.name, at.headline()))
            .also(at_span, "this moment")
            .help("write `at = \"tls\"`, when the ClientHello has been read");
        return false;
    }
    if TALK.contains(&def.name)
        && let Some((_, at_span)) = place.first_of(Ats::TLS)
    {
        let help = match def.name {
            "reply" => "use `send` for bytes of your own, or `{ alert = \"handshake_failure\" }`",
            "rewrite" => "use `corrupt` to flip a bit of the first flight",
            "no-reply" => "use `\"stall\"`: without a reply, the handshake does not go on",
            _ => "use another moment: `secure` comes when the handshake is done",
        };
        cx.problem(span, format!("`{}` is for conversations, and at `tls` there is none yet", def.name))
            .also(at_span, "this moment")
            .help(help);
        return false;
    }
    true
}

/// `raw = true` beside a step.
pub(super) fn raw(cx: &mut Cx<'_>, node: &Node, place: &Place<'_>) -> Option<bool> {
    let Some(entry) = node.get("raw") else { return Some(false) };
    let raw = cx.boolean(entry)?;
    if raw {
        place.wants_tls(cx, entry.key_span, "raw = true");
    }
    Some(raw)
}

/// Where records are cut. At `tls` the flight is there as a whole, so it can be cut anywhere.
pub(super) fn raw_cut(cx: &mut Cx<'_>, entry: &Entry, cut: Cut, place: &Place<'_>) -> Option<Op> {
    match cut {
        cut if place.is_handshake() => Some(Op::Cut(cut)),
        Cut::At(octets) => Some(Op::CutRaw(octets)),
        Cut::Before(_) | Cut::Percent(_) => {
            cx.problem(entry.node.span, "a raw `cut` takes a number of bytes from the start")
                .label("how long the TLS records will be is not known before")
                .help("write for example `{ cut = 20, raw = true }`");
            None
        }
    }
}

pub(super) fn certificate(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    let name = cx.one_of(&entry.node, "`certificate`", &Kind::ALL.map(Kind::name))?;
    Kind::parse(name).map(Op::Certificate)
}

pub(super) fn versions(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    let items = entry.node.items();
    let words: Vec<String> = items.iter().filter_map(|item| cx.text_node(item, "`tls_versions`")).collect();
    if words.len() < items.len() {
        return None;
    }
    match Versions::parse(&words) {
        Ok(versions) => Some(Op::TlsVersions(versions)),
        Err(error) => {
            let wrong = |item: &&Node| item.as_text().is_some_and(|text| Versions::parse(&[text]).is_err());
            let span = items.iter().find(wrong).map_or(entry.node.span, |item| item.span);
            cx.problem(span, error.to_string());
            None
        }
    }
}

pub(super) fn alert(cx: &mut Cx<'_>, entry: &Entry) -> Option<Op> {
    if let Value::Integer(number) = entry.node.value {
        let name = u8::try_from(number).ok().and_then(certs::alert::name);
        return cx.wrong(&entry.node, "`alert`", "a name", name.map(|name| format!("write `\"{name}\"`")));
    }
    let text = cx.text_node(&entry.node, "`alert`")?;
    if let Some(number) = certs::alert::number(&text) {
        return Some(Op::Alert(number));
    }
    let help = did_you_mean(&text, certs::alert::names()).unwrap_or_else(|| {
        one_of_these(&["handshake_failure", "protocol_version", "unrecognized_name", "internal_error"]) + ", ..."
    });
    cx.problem(entry.node.span, format!("there is no TLS alert `{text}`")).label("unknown").help(help);
    None
}
