//! One event as one line that a person can read.

use std::fmt::Write as _;
use std::time::Duration;

use crate::journal::event::{Ending, Outcome, Side};
use crate::journal::{Event, Span, What};
use crate::proto::{Class, Note, Protocol};

/// A quoted payload is cut after so many characters.
const LONGEST_QUOTE: usize = 72;

/// `00:01.234 #2 smtp  fault mid-greeting fired at greeting: [{ cut = 11 }, "reset"]`
///
/// `octets` is what the event's [`Span`] holds, empty for other events; `protocol` is that of the event's connection, where it has one.
pub fn line(event: &Event, octets: &[u8], protocol: Option<Protocol>) -> String {
    let mut text = clock(event.ns);
    if event.conn > 0 {
        let protocol = match &event.what {
            What::Accept { protocol, .. } => Some(*protocol),
            _ => protocol,
        };
        let _ = write!(text, " #{}", event.conn);
        if let Some(protocol) = protocol {
            let _ = write!(text, " {protocol}");
        }
    }
    text.push_str("  ");
    text.push_str(&what(&event.what, octets));
    text
}

/// `01:02.345`, with hours where there are any.
pub(super) fn clock(ns: u64) -> String {
    let ms = ns / 1_000_000;
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let hours = if hours > 0 { format!("{hours}:") } else { String::new() };
    format!("{hours}{minutes:02}:{seconds:02}.{:03}", ms % 1_000)
}

/// `350ms`, `1.5s`, `25m`, `2m 5s`, `1h 10m`: to the millisecond below a minute, to the nearest second below an hour, to the nearest minute above.
pub(super) fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    let (seconds, minutes) = ((ms + 500) / 1_000, (ms + 30_000) / 60_000);
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        1_000..60_000 => format!("{}s", format!("{}.{:03}", ms / 1_000, ms % 1_000).trim_end_matches('0')),
        _ if seconds < 3_600 => both(seconds, "m", "s"),
        _ => both(minutes, "h", "m"),
    }
}

/// So many of the smaller unit, 60 of which are one of the larger.
fn both(count: u128, larger: &str, smaller: &str) -> String {
    match (count / 60, count % 60) {
        (whole, 0) => format!("{whole}{larger}"),
        (whole, rest) => format!("{whole}{larger} {rest}{smaller}"),
    }
}

fn what(what: &What, octets: &[u8]) -> String {
    match what {
        What::Start(start) => format!("started with scenario {}, seed {}", start.scenario, start.seed),
        What::Listening { listener, protocol, addr } => format!("{listener} listens on {addr} for {protocol}"),
        What::Gate { listener, fault, how, open: false } => format!("fault {fault} ({how}) closed {listener}"),
        What::Gate { listener, fault, how, open: true } => format!("fault {fault} ({how}) opened {listener} again"),
        What::CommandStarted { command, pid } => format!("command started as process {pid}: {command}"),
        What::CommandEnded { code: Some(code), .. } => format!("command ended with exit code {code}"),
        What::CommandEnded { signal: Some(signal), .. } => format!("command was ended by signal {signal}"),
        What::CommandEnded { .. } => "command ended".to_owned(),
        What::Accept { listener, ordinal, peer, protocol } => {
            format!("connected to {listener} from {peer}, connection {ordinal} of {protocol}")
        }
        What::Received(span) => format!("C: {}", payload(*span, octets)),
        What::Sent(span) => format!("S: {}", payload(*span, octets)),
        What::SentRaw(span) => format!("{} octets below TLS", span.total),
        What::Hello { .. } | What::Secured { .. } | What::TlsFailed { .. } => crate::journal::describe_tls(what),
        What::Moment { at, offset: 0 } => format!("at {}", at.headline()),
        What::Moment { at, offset } => format!("at {} ({offset})", at.headline()),
        What::Note(told) => note(told),
        What::Draw { fault, chance, draw } => {
            format!("fault {fault} drew {draw:.4}, {} its chance of {chance}", if draw < chance { "within" } else { "beyond" })
        }
        What::Fault { fault, at, planned, shadowed: false } => format!("fault {fault} fired at {}: {planned}", at.headline()),
        What::Fault { fault, at, shadowed: true, .. } => {
            format!("fault {fault} matched at {}, but another one had spoken or ended before it", at.headline())
        }
        What::Unseen { fault } => format!("fault {fault} fired unseen: its window was open"),
        What::Step { fault, step, offset, outcome } => {
            let gone = if *outcome == Outcome::ClientGone { ", but the client had gone" } else { "" };
            format!("fault {fault}: {step} after {offset} octets{gone}")
        }
        What::Answered { at, class, kept } => answered(at.headline(), *class, *kept),
        What::GaveUp { fault, step, after, how } => {
            format!("client gave up after {} in {step} of fault {fault}, by {}", duration(*after), ending(*how))
        }
        What::End { by, how, phase, received, sent, unsent, unacknowledged } => {
            let by = match by {
                Side::Client => "the client",
                Side::Server => "the server",
                Side::Fault => "a fault",
            };
            let mut text = format!("ended by {by} with {} at {phase}: {received} octets received, {sent} sent", ending(*how));
            for (count, name) in [(*unsent, "not sent"), (*unacknowledged, "not acknowledged")] {
                if count > 0 {
                    let _ = write!(text, ", {count} {name}");
                }
            }
            text
        }
        What::Unfired { fault, nearest, .. } => format!("fault {fault} never fired: {nearest}"),
        What::Dropped { events, octets } => format!("the journal was full: {events} events and {octets} octets were dropped"),
        What::Stop { why } => format!("stopped: {why}"),
    }
}

fn answered(at: &str, class: Option<Class>, kept: bool) -> String {
    let said = match class {
        Some(Class::Ok) => "yes",
        Some(Class::More) => "go on",
        Some(Class::No) => "no",
        Some(Class::Bad) => "not understood",
        None => "no whole reply",
    };
    let kept = if kept { "it happened" } else { "nothing happened" };
    format!("{at} answered: {said}; {kept}")
}

fn note(note: &Note) -> String {
    match note {
        Note::Oddity { name, detail } => format!("client's mistake {name}: {detail}"),
        Note::Login { user, mechanism, accepted } => {
            format!("login of {} with {mechanism} {}", shown(user), if *accepted { "accepted" } else { "refused" })
        }
        Note::Secret { mechanism, protected, tls_possible } => format!(
            "a password came with {mechanism}, {}{}",
            if *protected { "inside TLS" } else { "in the clear" },
            if !protected && *tls_possible { ", though the listener has TLS" } else { "" }
        ),
        Note::Begun { sender } => format!("transaction of <{}> began", shown(sender)),
        Note::Message { transaction, stored } => {
            let recipients: Vec<String> = transaction.recipients.iter().take(3).map(|to| format!("<{}>", shown(to))).collect();
            let more = transaction.recipients.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let id = transaction.message.message_id().map(|id| format!(", Message-ID {}", shown(id))).unwrap_or_default();
            format!(
                "message from <{}> to {}{more} {}: {} octets{id}",
                shown(&transaction.sender),
                recipients.join(", "),
                if *stored { "stored" } else { "not stored" },
                transaction.message.raw.len()
            )
        }
        Note::Delivered { user, mailbox, uid, seen } => {
            format!("message {uid} is new in {mailbox} of {}{}", shown(user), if *seen { ", seen" } else { "" })
        }
        Note::Flags { user, mailbox, uid, flags } => {
            format!("message {uid} in {mailbox} of {} has flags ({})", shown(user), shown(flags))
        }
        Note::Expunged { user, mailbox, uid } => format!("message {uid} in {mailbox} of {} is gone", shown(user)),
        Note::Copied { user, mailbox, uid, from, from_uid, moved } => {
            let how = if *moved { "moved" } else { "copied" };
            format!("message {uid} in {mailbox} of {} was {how} from {}, where it was {from_uid}", shown(user), shown(from))
        }
        Note::InVain { user, mailbox, uid, command } => {
            format!("{command} asked for message {uid} in {mailbox} of {} and changed nothing", shown(user))
        }
        Note::Fetched { user, mailbox, uid } => {
            format!("body of message {uid} in {mailbox} of {} was fetched whole", shown(user))
        }
        Note::Limit { name, dropped } => format!("limit {name} reached, {dropped} dropped"),
        Note::Goodbye => "client said goodbye".to_owned(),
        Note::ServerGoodbye => "server said goodbye".to_owned(),
    }
}

fn ending(how: Ending) -> &'static str {
    match how {
        Ending::Fin => "FIN",
        Ending::Rst => "RST",
        Ending::Error => "a network error",
    }
}

/// The first line, shortened, and how much there was if that is not all.
fn payload(span: Span, octets: &[u8]) -> String {
    let first = octets.split(|&octet| octet == b'\n').next().unwrap_or_default();
    let first = first.strip_suffix(b"\r").unwrap_or(first);
    let quoted = shown(&String::from_utf8_lossy(&first[..first.len().min(4 * LONGEST_QUOTE)]));
    let whole = octets.len() as u64 == span.total && octets.len() <= first.len() + 2;
    if whole { quoted } else { format!("{quoted} ... ({} octets)", span.total) }
}

/// Without control characters, shortened.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (n, c) in text.chars().enumerate() {
        if n >= LONGEST_QUOTE {
            shown.push('…');
            break;
        }
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Ats;

    #[test]
    fn times_are_short_and_exact() {
        assert_eq!(clock(1_234_567_890), "00:01.234");
        assert_eq!(clock(3_723_004_000_000), "1:02:03.004");
        for (ms, text) in [(350, "350ms"), (1_500, "1.5s"), (20_000, "20s"), (125_000, "2m 5s"), (3_720_000, "1h 2m")] {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
        for (ms, text) in
            [(1_500_000, "25m"), (1_499_700, "25m"), (3_599_600, "1h"), (4_200_000, "1h 10m"), (4_185_000, "1h 10m")]
        {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn a_line_says_when_where_and_what() {
        let fault = What::Fault {
            fault: "mid-greeting".into(),
            at: Ats::GREETING,
            planned: r#"[{ cut = 11 }, "reset"]"#.into(),
            shadowed: false,
        };
        let span = Span { start: 0, kept: 12, total: 30 };
        for (event, octets, expected) in [
            (fault, &b""[..], r#"00:01.234 #2 smtp  fault mid-greeting fired at greeting: [{ cut = 11 }, "reset"]"#),
            (What::Received(Span { total: 6, ..span }), b"QUIT\r\n", "00:01.234 #2 smtp  C: QUIT"),
            (What::Sent(span), b"250 a\x1b\r\n250 b", r"00:01.234 #2 smtp  S: 250 a\u{1b} ... (30 octets)"),
            (
                What::Answered { at: Ats::MESSAGE | Ats::DATA, class: Some(Class::Ok), kept: false },
                b"",
                "00:01.234 #2 smtp  DATA answered: yes; nothing happened",
            ),
        ] {
            let event = Event { ns: 1_234_000_000, conn: 2, what: event };
            assert_eq!(line(&event, octets, Some(Protocol::Smtp)), expected);
        }
    }
}
