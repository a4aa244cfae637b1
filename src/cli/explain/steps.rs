//! What a fault does: its program in words. Every step has its clause; the compiler sees to it.

use super::words::{self, octets, quote, quote_octets, quoted_list, time};
use crate::certs::{Kind, alert};
use crate::fault::{Cut, Fault, Op, Program, Within};
use crate::mail::{Change, FlagChange, Mutation, Template};
use crate::proto::script::{Script, Turn};
use crate::proto::{Ats, Protocol};

/// The settle time that a reset has unless another is given.
const USUAL_SETTLE_MS: u128 = 50;

/// The whole program as one row of clauses, of which the server is the subject.
pub(super) fn program(fault: &Fault, at: Ats, protocol: Protocol) -> String {
    let program = &fault.program;
    let mut clauses: Vec<String> = Vec::new();
    let mut spoken = false;
    for step in &program.steps {
        clauses.push(clause(&step.op, at, protocol, spoken));
        spoken |= step.op.speaks();
    }
    if !program.speaks_or_ends() && program.gate().is_none() && script(fault).is_none() {
        clauses.push(goes_on(at, program));
    }
    clauses.join(", then ")
}

/// Steps of a dialogue that are told; it may have thousands.
const MOST_TOLD: usize = 12;

/// The script of a dialogue.
fn script(fault: &Fault) -> Option<&Script> {
    fault.program.steps.iter().find_map(|step| if let Op::Converse(script) = &step.op { Some(&**script) } else { None })
}

/// What a dialogue does beside speaking, a sentence each; these are faults of their own.
pub(super) fn of_dialogue(fault: &Fault, all: &[Fault], protocol: Protocol) -> Vec<String> {
    let turns = script(fault).map_or(&[][..], |script| &script.turns);
    let step = |turn: &Turn| {
        let Turn::Say { line, number, .. } = turn else { return None };
        let step = all.iter().find(|other| other.at == Ats::TURN && other.offset == *number)?;
        let behind = step.program.steps.iter().any(|step| matches!(step.op, Op::Pass));
        let clauses = step.program.steps.iter().filter(|step| !matches!(step.op, Op::Pass));
        let clauses: Vec<String> = clauses.map(|step| clause(&step.op, Ats::TURN, protocol, true)).collect();
        let place = if behind { "behind what it says in" } else { "in" };
        Some(format!("{place} line {line}, it {} ({})", clauses.join(", then "), quote(&step.name)))
    };
    let mut out: Vec<String> = turns.iter().filter_map(step).collect();
    if out.len() > MOST_TOLD {
        let more = out.len() - MOST_TOLD;
        out.truncate(MOST_TOLD);
        out.push(format!("there are {more} more such steps"));
    }
    out
}

/// What follows a list that neither speaks nor ends.
fn goes_on(at: Ats, program: &Program) -> String {
    if at.intersects(Ats::TLS) {
        return "goes on with the handshake".to_owned();
    }
    if at.intersects(Ats::WITHOUT_REPLY) {
        return "goes on as usual".to_owned();
    }
    let edits = program.steps.iter().any(|step| matches!(step.op, Op::Rewrite { .. } | Op::Corrupt { .. } | Op::Dribble { .. }));
    format!("sends {}", if edits { reply_name(at).to_owned() } else { format!("{} as usual", reply_name(at)) })
}

/// What the normal reply is called at these moments.
fn reply_name(at: Ats) -> &'static str {
    if at == Ats::GREETING {
        "the greeting"
    } else if at == Ats::TLS {
        "its first handshake messages"
    } else if at == Ats::UNSOLICITED {
        "the announcement"
    } else {
        "the normal reply"
    }
}

fn clause(op: &Op, at: Ats, protocol: Protocol, spoken: bool) -> String {
    let reply = reply_name(at);
    let records = |raw: bool| if raw { ", below TLS" } else { "" };
    match op {
        Op::Pass if spoken => format!("sends what is left of {reply}"),
        Op::Pass if at == Ats::TLS => "goes on with the handshake".to_owned(),
        Op::Pass => format!("sends {reply}"),
        Op::Cut(Cut::At(0)) => format!("sends nothing of {reply}"),
        Op::Cut(Cut::At(n)) if spoken => format!("goes on with {reply} up to byte {n}"),
        Op::Cut(Cut::At(n)) => format!("sends the first {} of {reply}", octets(*n)),
        Op::Cut(Cut::Before(n)) => format!("sends {reply} without its last {}", octets(*n)),
        Op::Cut(Cut::Percent(part)) => format!("sends the first {part} % of {reply}"),
        Op::CutRaw(n) => format!("sends the first {} of the TLS records of {reply}", octets(*n)),
        Op::Reply(texts) => replies(texts.get(protocol).map_or("", |text| text)),
        Op::Send { octets: sent, repeat, every, raw } => {
            let again = match (*repeat, every.is_zero()) {
                (1, _) => String::new(),
                (n, true) => format!(", {n} times in a row"),
                (n, false) => format!(", {n} times, {} apart", time(*every)),
            };
            format!("sends the bytes {}{again}{}", quote_octets(sent), records(*raw))
        }
        Op::Garbage { octets: n, raw } => format!("sends {} of noise, drawn from the seed{}", octets(*n), records(*raw)),
        Op::NoReply => "says nothing, while the conversation goes on".to_owned(),
        Op::Rewrite { find, with, within } => {
            let place = match within {
                Within::Text => "in what it says next",
                Within::Mail => "in the mail that it sends next",
                Within::Challenge => "in the SASL challenge that it sends next, under its base64",
            };
            replaces(find.as_str(), with, place)
        }
        Op::Misread { find, with } => {
            format!("takes the command for another one: it {}", replaces(find.as_str(), with, "in its line"))
        }
        Op::Tell => "tells all news of the mailbox in this reply, also those that may not stand there".to_owned(),
        Op::Corrupt { at: n, raw: false } => format!("flips a bit in byte {n} (counted from 0) of what it says next"),
        Op::Corrupt { at: n, raw: true } => {
            format!("flips a bit in byte {n} (counted from 0) of the TLS records that it sends next")
        }
        Op::Dribble { octets: n, every } => format!("sends what follows in pieces of {}, {} apart", octets(*n), time(*every)),
        Op::Delay { min, max } if min == max => format!("waits {}", time(*min)),
        Op::Delay { min, max } => format!("waits from {} to {}, drawn from the seed", time(*min), time(*max)),
        Op::Stall(None) => "says nothing more and reads all that comes, until the client gives up".to_owned(),
        Op::Stall(Some(wait)) => format!("says nothing for {} while it reads all that comes", time(*wait)),
        Op::StopReading(None) => "neither says nor reads anything more, until the client gives up".to_owned(),
        Op::StopReading(Some(wait)) => format!("neither says nor reads anything for {}", time(*wait)),
        Op::Reset { settle } if settle.as_nanos() == USUAL_SETTLE_MS * 1_000_000 => "resets the connection (RST)".to_owned(),
        Op::Reset { settle } if settle.is_zero() => "resets the connection (RST) as soon as all bytes have arrived".to_owned(),
        Op::Reset { settle } => format!("resets the connection (RST) {} after all bytes have arrived", time(*settle)),
        Op::Close { notify: true } => "closes the connection (FIN)".to_owned(),
        Op::Close { notify: false } => "closes the connection (FIN) without the close_notify of TLS".to_owned(),
        Op::HalfClose => "closes its side of the connection (FIN) and still reads what the client sends".to_owned(),
        Op::Store => {
            format!("{}, whatever it says", if at == Ats::MESSAGE { "keeps the message" } else { "does what the command wants" })
        }
        Op::Lose => format!(
            "{}, whatever it says",
            if at == Ats::MESSAGE { "loses the message" } else { "does nothing of what the command wants" }
        ),
        Op::Hide(names) => format!("hides the capability {} {}", quoted_list(names, " and "), how_long(at)),
        Op::Offer(names) => format!("offers the capability {} {}", quoted_list(names, " and "), how_long(at)),
        Op::Mutate(mutation) => changes(mutation),
        Op::Certificate(kind) => format!("shows {}", certificate(*kind)),
        Op::TlsVersions(versions) => {
            let names = [(versions.tls12, "TLS 1.2"), (versions.tls13, "TLS 1.3")];
            let names: Vec<&str> = names.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
            format!("speaks only {}", words::list(&names, " and "))
        }
        Op::RequireClientCertificate => "demands a certificate of the client".to_owned(),
        Op::Alert(number) => match alert::name(*number) {
            Some(name) => format!("sends the TLS alert {} and closes the connection (FIN)", quote(name)),
            None => format!("sends the TLS alert {number} and closes the connection (FIN)"),
        },
        Op::Converse(script) => {
            let heard = script.turns.iter().filter(|turn| matches!(turn, Turn::Hear { .. })).count();
            match heard {
                0 => "says what its script has, word for word, and waits for nothing".to_owned(),
                1 => "follows a script, word for word, that waits for one line of the client".to_owned(),
                heard => format!("follows a script, word for word, that waits for {heard} lines of the client"),
            }
        }
        Op::Refuse => "refuses connections: the port is closed".to_owned(),
        Op::Blackhole => "does not answer connections, as behind a firewall that drops".to_owned(),
    }
}

fn replies(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines[..] {
        [] | [_] => format!("replies {}", quote(text.trim_end())),
        _ => format!("replies with the lines {}", quoted_list(&lines, " and ")),
    }
}

fn replaces(find: &str, with: &[u8], place: &str) -> String {
    if with.is_empty() {
        format!("leaves out every match of the pattern {} {place}", quote(find))
    } else {
        format!("puts {} for every match of the pattern {} {place}", quote_octets(with), quote(find))
    }
}

fn how_long(at: Ats) -> &'static str {
    if at.intersects(Ats::CONNECT | Ats::TLS) { "for the whole connection" } else { "in this reply" }
}

fn certificate(kind: Kind) -> &'static str {
    match kind {
        Kind::Good => "a good certificate",
        Kind::Expired => "a certificate that expired a year ago",
        Kind::NotYetValid => "a certificate that will be valid in a year",
        Kind::WrongHost => "a certificate for another host",
        Kind::SelfSigned => "a self-signed certificate",
        Kind::UntrustedRoot => "a certificate whose root no client knows",
        Kind::IncompleteChain => "a certificate without the one between it and the root",
        Kind::WrongKey => "a certificate that belongs to another key",
        Kind::WrongUsage => "a certificate that is for clients, not for servers",
    }
}

fn changes(mutation: &Mutation) -> String {
    let Mutation { user, mailbox, change } = mutation;
    let mut place = match mailbox {
        Some(name) => quote(name),
        None => "the selected mailbox (or INBOX)".to_owned(),
    };
    if let Some(user) = user {
        place.push_str(&format!(" of {}", quote(user)));
    }
    match change {
        Change::Deliver { template, count, flags } => {
            format!("puts {} into {place}", mail(template, *count, flags, "new "))
        }
        Change::Expunge(ranges) => format!("removes {} from {place}", words::messages(ranges)),
        Change::Flags(FlagChange { messages, add, remove }) => {
            let sets = (!add.is_empty()).then(|| format!("sets {}", quoted_list(add, " and ")));
            let clears = (!remove.is_empty()).then(|| format!("clears {}", quoted_list(remove, " and ")));
            let verbs: Vec<String> = sets.into_iter().chain(clears).collect();
            format!("{} on {} of {place}", words::list(&verbs, " and "), words::messages(messages))
        }
        Change::UidValidity(None) => format!("gives {place} a new UIDVALIDITY and its messages new UIDs"),
        Change::UidValidity(Some(value)) => format!("gives {place} the UIDVALIDITY {value} and its messages new UIDs"),
        Change::UidNext(value) => format!("tells the UIDNEXT {value} for {place} until the next message comes"),
    }
}

/// `3 messages "Subject" from a@b.test, padded to 64 KiB, with the flag \Seen`
pub(super) fn mail(template: &Template, count: u32, flags: &[String], kind: &str) -> String {
    let mut text = words::counted(count.into(), &format!("{kind}message"));
    match template {
        Template::Raw(raw) => text.push_str(&format!(" of a file ({})", octets(raw.len() as u64))),
        Template::Parts { from, subject, body: _, size } => {
            text.push_str(&format!(" {} from {}", quote(subject), quote(from)));
            if let Some(size) = size {
                text.push_str(&format!(", padded to {}", octets(*size)));
            }
        }
    }
    match flags {
        [] => {}
        [flag] => text.push_str(&format!(", with the flag {}", quote(flag))),
        flags => text.push_str(&format!(", with the flags {}", quoted_list(flags, " and "))),
    }
    text
}
