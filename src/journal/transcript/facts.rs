//! Events in a sentence.

use std::fmt::Write;
use std::time::Duration;

use super::super::What;
use super::super::event::{Ending, Outcome, Side};
use super::Mark;
use crate::mail::{Note, Transaction};

/// What a transcript says of an event; `None` where the conversation itself says it, or it is for the JSON journal only.
pub fn describe(what: &What) -> Option<(Mark, String)> {
    Some(match what {
        What::Start(start) => (Mark::Fact, format!("scenario {}, seed {}", start.scenario, start.seed)),
        What::Listening { listener, addr, .. } => (Mark::Fact, format!("{listener} listens on {addr}")),
        What::Gate { listener, fault, how, open } => {
            let does = match (open, *how) {
                (true, _) => "takes connections again",
                (false, "refuse") => "refuses connections",
                (false, _) => "no longer answers",
            };
            (Mark::Fault, format!("fault {fault}: {listener} {does}"))
        }
        What::CommandStarted { command, pid } => (Mark::Fact, format!("started `{command}` (process {pid})")),
        What::CommandEnded { code: Some(code), .. } => (Mark::Fact, format!("the command has ended with exit code {code}")),
        What::CommandEnded { signal: Some(signal), .. } => (Mark::Fact, format!("the command was ended by signal {signal}")),
        What::CommandEnded { .. } => (Mark::Fact, "the command has ended".to_owned()),
        What::Accept { listener, protocol, peer, .. } => {
            let name = if **listener == *protocol.name() { String::new() } else { format!(" ({listener})") };
            (Mark::Accept, format!("{protocol}{name}  connected from {peer}"))
        }
        What::Note(note) => return describe_note(note),
        What::Fault { fault, planned, shadowed: false, .. } => (Mark::Fault, format!("fault {fault}: {}", steps(planned))),
        What::Fault { fault, shadowed: true, .. } => {
            (Mark::Fault, format!("fault {fault} matched too, but another has spoken or ended before it"))
        }
        What::Unseen { fault } => (Mark::Fault, format!("fault {fault}: its window was open")),
        What::Step { fault, step, outcome: Outcome::ClientGone, .. } => {
            (Mark::Fault, format!("fault {fault}: `{}` came to nothing, the client had gone", unquoted(step)))
        }
        What::GaveUp { step, after, how, .. } => {
            let text = format!("client gave up after {} in `{}` ({})", seconds(*after), unquoted(step), name(*how));
            (Mark::Fault, text)
        }
        What::End { by, how, phase, unsent, unacknowledged, .. } => {
            let mark = if *by == Side::Fault { Mark::Fault } else { Mark::Fact };
            (mark, end(*by, *how, phase, *unsent, *unacknowledged))
        }
        // One that need not fire is no news.
        What::Unfired { optional: true, .. } => return None,
        What::Unfired { fault, nearest, .. } => (Mark::Fault, format!("fault {fault} never fired: {nearest}")),
        What::Dropped { events, octets: count } => {
            (Mark::Oddity, format!("the journal was full: {events} events and {} are missing here", octets(*count)))
        }
        What::Stop { why } => (Mark::Fact, format!("stopped: {why}")),
        What::SentRaw(span) => (Mark::Fact, format!("sent {} of TLS records or beneath them", octets(span.total))),
        What::Hello { .. } | What::Secured { .. } | What::TlsFailed { .. } => (Mark::Fact, tls(what)),
        What::Received(_)
        | What::Sent(_)
        | What::Moment { .. }
        | What::Draw { .. }
        | What::Step { .. }
        | What::Answered { .. } => {
            return None;
        }
    })
}

/// The step that ends a connection, at the moment at which it does: whoever plays it again waits for as long.
pub fn strike(what: &What) -> Option<(Mark, String)> {
    let What::Step { fault, step, outcome: Outcome::Done, .. } = what else { return None };
    let ends = ["\"reset\"", "{ reset", "\"close\"", "{ close", "\"half-close\""].into_iter().any(|end| step.starts_with(end));
    ends.then(|| (Mark::Fact, format!("fault {fault} does {step}")))
}

/// What became of TLS, in words; the verdict's lines use the same.
pub fn tls(what: &What) -> String {
    match what {
        What::Hello { sni, alpn, versions } => {
            let sni = sni.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
            let alpn = if alpn.is_empty() { String::new() } else { format!(", ALPN {}", alpn.join(" ")) };
            format!("ClientHello{sni}, TLS {}{alpn}", versions.join(" "))
        }
        What::Secured { version, suite, resumed } => {
            format!("TLS {version} is up, {suite}{}", if *resumed { ", resumed" } else { "" })
        }
        What::TlsFailed { why, alert: Some(alert) } => format!("TLS failed, the client sent the alert {alert}: {why}"),
        What::TlsFailed { why, alert: None } => format!("TLS failed: {why}"),
        _ => String::new(),
    }
}

fn describe_note(note: &Note) -> Option<(Mark, String)> {
    Some(match note {
        Note::Oddity { name, detail } => (Mark::Oddity, format!("{name}: {detail}")),
        Note::Login { user, mechanism, accepted: true } => (Mark::Fact, format!("{user} logged in ({mechanism})")),
        Note::Login { user, mechanism, accepted: false } => (Mark::Fact, format!("login of {user} refused ({mechanism})")),
        Note::Secret { mechanism, protected: false, tls_possible: true } => {
            (Mark::Oddity, format!("secret in clear ({mechanism}), where TLS was possible"))
        }
        Note::Message { transaction, stored: true } => (Mark::Fact, format!("message {}", envelope(transaction))),
        Note::Message { transaction, stored: false } => (Mark::Fact, format!("message not stored {}", envelope(transaction))),
        Note::Delivered { user, mailbox, uid, .. } => (Mark::Fact, format!("message stored for {user} ({mailbox} uid {uid})")),
        Note::Flags { user, mailbox, uid, flags } if flags.is_empty() => {
            (Mark::Fact, format!("no flags any more for {user} ({mailbox} uid {uid})"))
        }
        Note::Flags { user, mailbox, uid, flags } => (Mark::Fact, format!("flags {flags} for {user} ({mailbox} uid {uid})")),
        Note::Expunged { user, mailbox, uid } => (Mark::Fact, format!("message gone for {user} ({mailbox} uid {uid})")),
        Note::Limit { name, dropped } => (Mark::Oddity, format!("limit `{name}` reached: {dropped} dropped")),
        // A copy has its line as a new message.
        Note::Copied { .. } | Note::InVain { .. } | Note::Fetched { .. } => return None,
        Note::Secret { .. } | Note::Begun { .. } | Note::Goodbye | Note::ServerGoodbye => return None,
    })
}

/// A count with its unit, rounded.
pub fn octets(count: u64) -> String {
    match count {
        1 => "1 octet".to_owned(),
        0..1_024 => format!("{count} octets"),
        1_024..1_048_576 => format!("{} KiB", (count + 512) / 1_024),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

fn envelope(transaction: &Transaction) -> String {
    let to = match &*transaction.recipients {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
    };
    let sender = if transaction.sender.is_empty() { "<>" } else { &*transaction.sender };
    format!("from {sender} to {to}, {}", octets(transaction.message.raw.len() as u64))
}

fn end(by: Side, how: Ending, phase: &str, unsent: u64, unacknowledged: u64) -> String {
    let done = match how {
        Ending::Fin => "closed (FIN)",
        Ending::Rst => "reset (RST)",
        Ending::Error => "broken (network error)",
    };
    let who = match by {
        Side::Client => "client",
        Side::Server => "server",
        Side::Fault => "fault",
    };
    let mut text = format!("{done} by the {who} in {phase}");
    for (count, what) in [(unsent, "unsent"), (unacknowledged, "unacknowledged")] {
        if count > 0 {
            let _ = write!(text, ", {} {what}", octets(count));
        }
    }
    text
}

fn name(how: Ending) -> &'static str {
    match how {
        Ending::Fin => "FIN",
        Ending::Rst => "RST",
        Ending::Error => "network error",
    }
}

/// `[a, b]` as `a, b`.
fn steps(planned: &str) -> &str {
    planned.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(planned)
}

/// `"stall"` as `stall`.
fn unquoted(step: &str) -> &str {
    step.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(step)
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
