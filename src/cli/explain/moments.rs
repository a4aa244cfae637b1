//! Where and when a fault acts, in words.

use super::words::{self, how_many, octets, quote, time, which};
use crate::fault::{Conditions, Fault, Scope, Test, Where};
use crate::proto::{Ats, Key};

/// `At EHLO or HELO, or when a whole message has arrived`
pub(super) fn when(fault: &Fault, at: Ats) -> String {
    let mut verbs = Vec::new();
    let mut points = Vec::new();
    for name in at.names() {
        match Ats::parse(name).and_then(|one| point(fault, one)) {
            Some(words) => points.push(words),
            None => verbs.push(quote(name)),
        }
    }
    if !verbs.is_empty() {
        points.insert(0, format!("at {}", words::list(&verbs, " or ")));
    }
    words::list(&points, " or ")
}

/// A point that is no command; `None` is a command.
fn point(fault: &Fault, at: Ats) -> Option<String> {
    let fixed = [
        (Ats::CONNECT, "as soon as a client has connected"),
        (Ats::TLS, "when the client has begun the TLS handshake"),
        (Ats::SECURE, "when the TLS handshake is done"),
        (Ats::GREETING, "at the greeting"),
        (Ats::COMMAND, "at any command"),
        (Ats::CREDENTIALS, "when credentials are to be accepted or refused"),
        (Ats::CONTINUATION, "when the client is to be asked for more (`354`, `+`, a SASL challenge)"),
        (Ats::MESSAGE, "when a whole message has arrived"),
        (Ats::UNSOLICITED, "when news of the mailbox are to be announced"),
        (Ats::TURN, "at this line of its script"),
    ];
    if let Some((_, words)) = fixed.into_iter().find(|(point, _)| *point == at) {
        return Some(words.to_owned());
    }
    let after = fault.after.map(time).unwrap_or_default();
    let again = fault.every.map(|every| format!(", and every {} from then on", time(every))).unwrap_or_default();
    if at == Ats::CONTENT && fault.offset == 0 {
        Some("when the first byte of a message has arrived".to_owned())
    } else if at == Ats::CONTENT {
        Some(format!("when {} of a message have arrived", octets(fault.offset)))
    } else if at == Ats::SILENCE {
        Some(format!("when the client has been silent for {after}{again}"))
    } else if at == Ats::AGE {
        Some(format!("when the connection has been open for {after}{again}"))
    } else {
        None
    }
}

/// A sentence for each condition but `connections`, which is for the rows of the text.
pub(super) fn conditions(fault: &Fault) -> Vec<String> {
    let Conditions { wheres, connections: _, during, since, nth, within, concurrent, chance, times, per } = &fault.conditions;
    let mut out: Vec<String> = wheres.iter().map(only_where).collect();
    let scope = scope(per);
    let of_each = scope.as_ref().map(|scope| format!(", counted for {scope}")).unwrap_or_default();
    if let Some(window) = during {
        let start = match (since, &scope) {
            (Some(since), Some(scope)) => format!("after {} has acted, counted for {scope}", quote(since)),
            (Some(since), None) => format!("after {} has acted", quote(since)),
            (None, Some(scope)) => format!("after it first came up for {scope}"),
            (None, None) => "after the start".to_owned(),
        };
        out.push(match (window.from.is_zero(), window.to) {
            (_, None) => format!("Only from {} {start}", time(window.from)),
            (true, Some(to)) => format!("Only in the first {} {start}", time(to)),
            (false, Some(to)) => format!("Only from {} to {} {start}", time(window.from), time(to)),
        });
    }
    if let Some(nth) = nth {
        let window = within.map(|window| format!(" within {}", time(window))).unwrap_or_default();
        out.push(format!("Only {} time that this comes up{window}{of_each}", which(nth)));
    }
    if let Some(concurrent) = concurrent {
        let open = scope.as_ref().map(|scope| format!(", counted for {scope}")).unwrap_or_default();
        out.push(format!("Only while {} connections are open{open}", how_many(concurrent)));
    }
    if let Some(chance) = chance {
        out.push(format!("With a chance of {} %, drawn from the seed", percent(*chance)));
    }
    if let Some(times) = times {
        out.push(match times {
            1 => format!("Once at most{of_each}"),
            2 => format!("Twice at most{of_each}"),
            times => format!("At most {times} times{of_each}"),
        });
    }
    if fault.optional {
        out.push("It need not happen for the test to pass".to_owned());
    }
    out
}

/// 0.1 as `10`, without the noise of a float.
fn percent(chance: f64) -> String {
    let text = format!("{:.6}", chance * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn only_where(line: &Where) -> String {
    let what = match line.key {
        Key::User => "the user",
        Key::Sender => "the sender",
        Key::Recipient => "a recipient",
        Key::Mailbox => "the mailbox",
        Key::Mechanism => "the mechanism of the login",
        Key::Argument => "what follows the command's name",
        Key::Ehlo => "the name that the client gave itself in EHLO",
        Key::Message => "the message",
        Key::Sni => "the server name that the client asked for in the TLS handshake",
        Key::Tls => "TLS",
        Key::Fired => "on this connection",
        Key::Refused => "credentials that are wrong",
    };
    match &line.test {
        Test::Bool(refused) if line.key == Key::Refused => {
            format!("Only for credentials that are {}", if *refused { "wrong" } else { "right" })
        }
        Test::Bool(up) => format!("Only with{} {what}", if *up { "" } else { "out" }),
        Test::Globs(globs) => {
            let patterns: Vec<String> = globs.iter().map(|glob| quote(glob.as_str())).collect();
            let patterns = words::list(&patterns, " or ");
            let is_pattern = globs.iter().any(|glob| glob.as_str().contains(['*', '?']));
            match line.key {
                Key::Fired => format!("Only after {patterns} has acted {what}"),
                _ => format!("Only where {what} {} {patterns}", if is_pattern { "fits" } else { "is" }),
            }
        }
    }
}

/// `each client address, sender and recipient`
fn scope(per: &[Scope]) -> Option<String> {
    let name = |scope: &Scope| match scope {
        Scope::Server => "server",
        Scope::Connection => "connection",
        Scope::Peer => "client address",
        Scope::Key(Key::User) => "user",
        Scope::Key(Key::Sender) => "sender",
        Scope::Key(Key::Recipient) => "recipient",
        Scope::Key(Key::Message) => "message",
        Scope::Key(Key::Mailbox) => "mailbox",
        Scope::Key(Key::Mechanism) => "mechanism",
        Scope::Key(Key::Argument) => "argument",
        Scope::Key(Key::Ehlo) => "EHLO name",
        Scope::Key(Key::Sni) => "TLS server name",
        Scope::Key(Key::Tls) => "state of TLS",
        Scope::Key(Key::Fired) => "fault",
        Scope::Key(Key::Refused) => "verdict",
    };
    let names: Vec<&str> = per.iter().map(name).collect();
    (!names.is_empty() && names != ["server"]).then(|| format!("each {}", words::list(&names, " and ")))
}
