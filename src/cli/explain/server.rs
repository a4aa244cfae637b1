//! What the server is: its ports, accounts and mail, and how it differs from the usual one.

use super::steps::mail;
use super::words::{counted, list, octets, quote, quoted_list, time};
use crate::cli::live::default_port;
use crate::mail::{AccountSpec, InitialMail, InitialMailbox, Quota, StoreSpec};
use crate::proto::{ByState, Protocol, Shown, TlsMode, imap, smtp};
use crate::scenario::{Announce, ListenSpec, MailArrival, Scenario};

/// Each listener's name, with what it speaks.
pub(super) fn listeners(scenario: &Scenario) -> Vec<(String, String)> {
    let one = |listen: &ListenSpec| {
        let ListenSpec { name, protocol, port, tls } = listen;
        let tls = match tls {
            TlsMode::None => "without TLS",
            TlsMode::Starttls => "with STARTTLS",
            TlsMode::Implicit => "with TLS from the first byte",
        };
        let port = match port.unwrap_or_else(|| default_port(name)) {
            0 => "on any free port".to_owned(),
            port => format!("on port {port}"),
        };
        (name.to_string(), format!("{} {tls}, {port}", protocol.name().to_uppercase()))
    };
    scenario.listen.iter().map(one).collect()
}

/// A sentence for all else.
pub(super) fn sentences(scenario: &Scenario) -> Vec<String> {
    let StoreSpec { accounts, mailboxes, quota, mail: initial, most_octets: _ } = &scenario.store;
    let mut out = Vec::new();
    match accounts[..] {
        [] => out.push("any name with any password logs in, and has a mailbox of its own".to_owned()),
        _ => out.extend(accounts.iter().map(account)),
    }
    out.extend(limits(quota).map(|limits| format!("every account holds at most {limits}")));
    out.extend(mailboxes.iter().map(mailbox));
    for InitialMail { user, mailbox, template, count, flags } in initial {
        let verb = if *count == 1 { "is" } else { "are" };
        out.push(format!("{} {verb} in {}", mail(template, *count, flags, ""), place(mailbox, user.as_deref())));
    }
    for MailArrival { user, mailbox, change, count, every } in &scenario.arrivals {
        let what = match change {
            crate::mail::Change::Deliver { template, count: _, flags } => mail(template, *count, flags, ""),
            _ => counted(u64::from(*count), "change"),
        };
        let when = if *count == 1 { format!("after {}", time(*every)) } else { format!("one by one, {} apart,", time(*every)) };
        let verb = if *count == 1 { "arrives" } else { "arrive" };
        out.push(format!("{what} {verb} {when} in {}", place(mailbox, user.as_deref())));
    }
    if scenario.listen.iter().any(|listen| listen.protocol == Protocol::Smtp) {
        smtp(&scenario.smtp, &mut out);
    }
    if scenario.listen.iter().any(|listen| listen.protocol == Protocol::Imap) {
        imap(&scenario.imap, &mut out);
    }
    let Announce { host, ports } = &scenario.announce;
    out.extend(host.iter().map(|host| format!("clients are told to connect to the host {}", quote(host))));
    out.extend(ports.iter().map(|(name, port)| format!("clients are told that {} is on port {port}", quote(name))));
    out
}

fn account(account: &AccountSpec) -> String {
    let AccountSpec { name, password, mechanisms, quota } = account;
    let mut text = format!("the user {} logs in with the password {}", quote(name), quote(password));
    if let Some(mechanisms) = mechanisms {
        text.push_str(&format!(", by {} only", list(mechanisms, " or ")));
    }
    if let Some(limits) = quota.as_ref().and_then(limits) {
        text.push_str(&format!(", and has room for {limits}"));
    }
    text
}

fn limits(quota: &Quota) -> Option<String> {
    let Quota { octets: storage, messages } = quota;
    let parts: Vec<String> = storage.map(octets).into_iter().chain(messages.map(|n| counted(n, "message"))).collect();
    (!parts.is_empty()).then(|| list(&parts, " and "))
}

fn mailbox(mailbox: &InitialMailbox) -> String {
    let InitialMailbox { user, name, special_use, subscribed, uid_validity } = mailbox;
    let mut text = match user {
        Some(user) => format!("the user {} has a mailbox {}", quote(user), quote(name)),
        None => format!("every user has a mailbox {}", quote(name)),
    };
    if !special_use.is_empty() {
        text.push_str(&format!(" for {}", quoted_list(special_use, " and ")));
    }
    if let Some(value) = uid_validity {
        text.push_str(&format!(" with the UIDVALIDITY {value}"));
    }
    if !subscribed {
        text.push_str(", not subscribed");
    }
    text
}

fn place(mailbox: &str, user: Option<&str>) -> String {
    match user {
        Some(user) => format!("{mailbox} of {}", quote(user)),
        None => format!("{mailbox} of every user"),
    }
}

fn smtp(spec: &smtp::Spec, out: &mut Vec<String>) {
    let usual = smtp::Spec::default();
    let smtp::Spec {
        hostname,
        greeting,
        hello,
        words,
        mechanisms: _,
        offer,
        hide,
        by_state,
        size_limit,
        recipients_limit,
        require_auth,
    } = spec;
    if *hostname != usual.hostname {
        out.push(format!("the SMTP server calls itself {}", quote(hostname)));
    }
    if *greeting != usual.greeting && *greeting != format!("{hostname} ESMTP mailfault") {
        let lines: Vec<&str> = greeting.lines().collect();
        out.push(format!("the SMTP server greets with {}", quoted_list(&lines, " and ")));
    }
    if let Some(hello) = hello {
        out.push(format!("the SMTP server answers EHLO with {}", quote(hello)));
    }
    own_words("SMTP", words, out);
    capabilities("SMTP", offer, hide, by_state, out);
    if *size_limit != usual.size_limit {
        out.push(format!("the SMTP server takes messages of at most {}", octets(*size_limit)));
    }
    if *recipients_limit != usual.recipients_limit {
        out.push(format!("the SMTP server takes at most {} for a message", counted((*recipients_limit).into(), "recipient")));
    }
    if *require_auth {
        out.push("the SMTP server takes mail only after a login".to_owned());
    }
}

fn imap(spec: &imap::Spec, out: &mut Vec<String>) {
    let usual = imap::Spec::default();
    let imap::Spec {
        greeting,
        greeting_capability,
        login_capability,
        words,
        id,
        mechanisms: _,
        offer,
        hide,
        by_state,
        preauth,
        size_limit,
    } = spec;
    if *greeting != usual.greeting {
        out.push(format!("the IMAP server greets with {}", quote(greeting)));
    }
    if let Some(user) = preauth {
        out.push(format!("the IMAP server greets with PREAUTH: {} is logged in from the start", quote(user)));
    }
    if !greeting_capability {
        out.push("the IMAP server does not tell its capabilities in the greeting".to_owned());
    }
    match login_capability {
        imap::Told::Code => {}
        imap::Told::Line => out.push("the IMAP server tells its capabilities after a login in a line of their own".to_owned()),
        imap::Told::Nothing => out.push("the IMAP server does not tell its capabilities after a login".to_owned()),
    }
    if let Some(id) = id {
        out.push(format!("the IMAP server answers ID with {}", quote(id)));
    }
    own_words("IMAP", words, out);
    capabilities("IMAP", offer, hide, by_state, out);
    if *size_limit != usual.size_limit {
        out.push(format!("the IMAP server takes messages of at most {} in APPEND", octets(*size_limit)));
    }
}

fn capabilities(server: &str, offer: &[String], hide: &[String], by_state: &ByState, out: &mut Vec<String>) {
    let ByState { before_tls, after_tls, after_login } = by_state;
    let states = [
        ((None, offer, hide), ""),
        (state(before_tls), " while TLS is not up"),
        (state(after_tls), " while TLS is up"),
        (state(after_login), " while a user is logged in"),
    ];
    for ((only, offer, hide), when) in states {
        match only {
            Some([]) => out.push(format!("the {server} server offers nothing{when}")),
            Some(only) => out.push(format!("the {server} server offers {}{when}, and nothing else", quoted_list(only, " and "))),
            None => {}
        }
        if !offer.is_empty() {
            out.push(format!("the {server} server also offers {}{when}", quoted_list(offer, " and ")));
        }
        if !hide.is_empty() {
            out.push(format!("the {server} server does not show {}{when}", quoted_list(hide, " and ")));
        }
    }
}

/// `only`, `offer` and `hide` of a state, in which nothing else is.
fn state(shown: &Shown) -> (Option<&[String]>, &[String], &[String]) {
    let Shown { only, offer, hide } = shown;
    (only.as_deref(), offer, hide)
}

/// Replies in other words than mailfault's own.
fn own_words(server: &str, words: &[(String, String)], out: &mut Vec<String>) {
    if !words.is_empty() {
        let keys: Vec<&str> = words.iter().map(|(key, _)| key.as_str()).collect();
        out.push(format!("the {server} server has words of its own for {}", quoted_list(&keys, " and ")));
    }
}
