//! How the steps of a list go together, and with their moments.

use super::fault::Place;
use super::known::{NOTHING_KEPT, NOTHING_READ, NOTHING_TOLD};
use super::read::Cx;
use crate::fault::{Op, Step, Within};
use crate::proto::{Ats, Protocol};
use crate::scenario::problem::Span;

/// `whole`: every step of the list was understood.
pub(super) fn check(cx: &mut Cx<'_>, steps: &[Step], spans: &[Span], place: &Place<'_>, whole: bool) {
    let steps: Vec<(&Op, Span)> = steps.iter().map(|step| &step.op).zip(spans.iter().copied()).collect();
    endings(cx, &steps);
    replies(cx, &steps, place);
    repetitions(cx, &steps);
    choices(cx, &steps);
    for (n, &(op, span)) in steps.iter().enumerate() {
        if whole {
            edits(cx, &steps, n, place);
        }
        match op {
            Op::Rewrite { within: Within::Challenge, .. } => challenged(cx, span, place),
            Op::Store | Op::Lose => kept(cx, op, span, place),
            Op::Misread { .. } | Op::Tell => in_time(cx, &steps, n, place),
            Op::Hide(_) | Op::Offer(_) => {
                let silent = Ats::SECURE | Ats::CONTENT | Ats::SILENCE | Ats::AGE;
                if let Some((at, at_span)) = place.first_of(silent) {
                    cx.problem(span, format!("no capabilities are shown at `{}`", at.headline()))
                        .also(at_span, "this moment")
                        .help("use `connect` for the whole connection, or the command that shows them");
                }
            }
            _ => {}
        }
    }
}

/// `rewrite` with `in = "challenge"`.
fn challenged(cx: &mut Cx<'_>, span: Span, place: &Place<'_>) {
    let never = |at: &Ats| !at.intersects(Ats::CONTINUATION | Ats::COMMAND | Ats::AUTH | Ats::AUTHENTICATE | Ats::CREDENTIALS);
    if let Some((at, at_span)) = place.ats.iter().find(|(at, _)| never(at) && !at.intersects(Ats::WITHOUT_REPLY)) {
        cx.problem(span, format!("no challenge is sent at `{}`", at.headline()))
            .also(*at_span, "this moment")
            .help("use `at = \"continuation\"`");
    }
}

fn endings(cx: &mut Cx<'_>, steps: &[(&Op, Span)]) {
    let Some(end) = steps.iter().position(|(op, _)| op.ends()) else { return };
    if let Some(&(_, after)) = steps.get(end + 1) {
        let help = match steps[end].0 {
            Op::Stall(None) => "for a wait, give it a duration: `{ stall = \"30s\" }`",
            Op::StopReading(None) => "for a wait, give it a duration: `{ stop-reading = \"30s\" }`",
            _ => "leave it out, or put it before",
        };
        cx.problem(after, "this step is never reached").also(steps[end].1, "ends the connection").help(help);
    }
}

fn replies(cx: &mut Cx<'_>, steps: &[(&Op, Span)], place: &Place<'_>) {
    let Some((at, at_span)) = place.first_of(Ats::WITHOUT_REPLY) else { return };
    for (op, span) in steps {
        let name = match op {
            Op::Pass => "pass",
            Op::Cut(_) | Op::CutRaw(_) => "cut",
            Op::Rewrite { .. } => "rewrite",
            Op::NoReply => "no-reply",
            _ => continue,
        };
        let help = match at {
            Ats::CONNECT => "use `at = \"greeting\"`: there the server speaks first",
            Ats::CONTENT => "use `at = \"message\"` for the reply to the whole message, or `send` for bytes of your own",
            _ => "use the moment of a command, or `send` for bytes of your own",
        };
        cx.problem(*span, format!("`{name}` needs a reply, and none is due at `{}`", at.headline()))
            .also(at_span, "this moment")
            .help(help);
    }
}

fn repetitions(cx: &mut Cx<'_>, steps: &[(&Op, Span)]) {
    let said = steps.iter().position(|(op, _)| matches!(op, Op::Pass));
    if let Some(said) = said
        && let Some((_, span)) = steps[said + 1..].iter().find(|(op, _)| matches!(op, Op::Pass | Op::Cut(_) | Op::CutRaw(_)))
    {
        cx.problem(*span, "the normal reply has been said whole").also(steps[said].1, "here").help("leave one of the two out");
    }
    let cut = steps.iter().position(|(op, _)| matches!(op, Op::CutRaw(_)));
    if let Some(cut) = cut
        && let Some((_, span)) = steps[cut + 1..].iter().find(|(op, _)| op.speaks())
    {
        cx.problem(*span, "after a raw `cut` nothing leaves any more")
            .also(steps[cut].1, "here")
            .help("leave one of the two out");
    }
    let mut fates = steps.iter().filter(|(op, _)| matches!(op, Op::Store | Op::Lose));
    if let (Some(first), Some(second)) = (fates.next(), fates.next()) {
        cx.problem(second.1, "a message is stored or lost once").also(first.1, "decided here").help("leave one of the two out");
    }
}

/// What the handshake goes on with is chosen once, before the server answers the ClientHello, and only if it does.
fn choices(cx: &mut Cx<'_>, steps: &[(&Op, Span)]) {
    let name = |op: &Op| match op {
        Op::Certificate(_) => Some("certificate"),
        Op::TlsVersions(_) => Some("tls_versions"),
        Op::RequireClientCertificate => Some("require-client-certificate"),
        _ => None,
    };
    let flight = |op: &Op| matches!(op, Op::Pass | Op::Cut(_) | Op::CutRaw(_));
    let silent = steps.iter().any(|(op, _)| op.speaks() || op.ends()) && !steps.iter().any(|(op, _)| flight(op));
    for (n, (op, span)) in steps.iter().enumerate() {
        let Some(chosen) = name(op) else { continue };
        let before = || steps[..n].iter();
        if let Some((_, first)) = before().find(|(other, _)| name(other) == Some(chosen)) {
            cx.problem(*span, format!("`{chosen}` is chosen once")).also(*first, "the first").help("leave one of the two out");
        } else if let Some((_, said)) = before().find(|(other, _)| other.speaks()) {
            cx.problem(*span, format!("it is too late for `{chosen}`: the ClientHello has been answered"))
                .also(*said, "here")
                .help("put it before");
        } else if silent {
            cx.problem(*span, format!("`{chosen}` changes nothing: the handshake does not go on in this list"))
                .help("leave it out, or add `\"pass\"`");
        }
    }
}

/// Steps that edit need something after them to edit.
fn edits(cx: &mut Cx<'_>, steps: &[(&Op, Span)], n: usize, place: &Place<'_>) {
    let (op, span) = steps[n];
    let name = match op {
        Op::Rewrite { .. } => "rewrite",
        Op::Corrupt { .. } => "corrupt",
        Op::Dribble { .. } => "dribble",
        _ => return,
    };
    let writes = |op: &Op| op.speaks() && !matches!(op, Op::NoReply);
    let normal_reply = place.first_of(Ats::WITHOUT_REPLY).is_none() && !steps.iter().any(|(op, _)| op.speaks() || op.ends());
    if normal_reply || steps[n + 1..].iter().any(|(op, _)| writes(op)) {
        return;
    }
    cx.problem(span, format!("nothing is written after `{name}`, so it changes nothing"))
        .help(format!("put it before what it is to change: `[{{ {name} = ... }}, \"pass\"]`"));
}

/// Steps that decide what the reply to a command of IMAP will be: there has to be one, and it must not have been made.
fn in_time(cx: &mut Cx<'_>, steps: &[(&Op, Span)], n: usize, place: &Place<'_>) {
    let (op, span) = steps[n];
    let misread = matches!(op, Op::Misread { .. });
    let name = if misread { "misread" } else { "tell" };
    if !place.protocols.is_empty() && !place.protocols.contains(&Protocol::Imap) {
        cx.problem(span, format!("`{name}` is for IMAP")).help("leave it out");
        return;
    }
    let never = if misread { NOTHING_READ } else { NOTHING_TOLD };
    if let Some((at, at_span)) = place.first_of(never) {
        let help = "use the moment of a command, such as `FETCH`";
        let problem = match (misread, at) {
            (true, Ats::APPEND | Ats::MESSAGE) => {
                cx.problem(span, "APPEND has taken its message in: it cannot be misread any more")
            }
            (true, _) => cx.problem(span, format!("there is no command to misread at `{}`", at.headline())),
            (false, _) => cx.problem(span, format!("no news of a mailbox are told at `{}`", at.headline())),
        };
        problem.also(at_span, "this moment").help(help);
    }
    if let Some((_, said)) = steps[..n].iter().find(|(op, _)| op.speaks()) {
        cx.problem(span, format!("it is too late for `{name}`: the reply has been made"))
            .also(*said, "here")
            .help("put it before");
    }
}

fn kept(cx: &mut Cx<'_>, op: &Op, span: Span, place: &Place<'_>) {
    // A moment with several names, such as a BDAT that is also `message`, is asked for by any of them.
    let Some((at, at_span)) = place.first_of(NOTHING_KEPT) else { return };
    let name = if matches!(op, Op::Store) { "store" } else { "lose" };
    let help = match at {
        Ats::DATA | Ats::CONTENT | Ats::CONTINUATION => "use `at = \"message\"`, when the whole message has arrived",
        _ => "use `at = \"message\"`, or the command whose effect is meant",
    };
    cx.problem(span, format!("there is nothing to {name} at `{}`", at.headline())).also(at_span, "this moment").help(help);
}
