//! `becomes` in a `[[user]]`: what becomes of the account, and when.
//!
//! Each state is a fault at `credentials` that fits this user's name, so whatever is known of faults is known of accounts: the journal shows it, `fired` can ask
//! for it, and several of them act in their order.

use std::collections::HashSet;
use std::sync::Arc;

use super::condition::{ordinals, window};
use super::fault::Place;
use super::read::{Cx, Reader};
use super::{MOST_TABLES, Names, reply};
use crate::fault::{Conditions, Fault, Glob, On, Op, PerProtocol, Program, Step, Test, Where};
use crate::proto::{Ats, Key, Protocol};
use crate::scenario::language::{BECOMES, STATES};
use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// Mechanisms in which a password is shown, not a token or a certificate. `LOGIN` is IMAP's command, too.
const WITH_PASSWORD: [&str; 4] = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-*"];

/// What a server says of an account in this state: to SMTP (RFC 4954 section 6, RFC 5248, RFC 7372), to IMAP (RFC 5530), and whether that is said to those only
/// who come with a password.
fn usual(state: &str) -> (&'static str, &'static str, bool) {
    match state {
        "expired" => {
            ("535 5.7.8 Authentication failed: the password has expired", "NO [EXPIRED] The password has expired", false)
        }
        "locked" => (
            "535 5.7.8 Authentication failed: the account is locked after too many attempts",
            "NO [CONTACTADMIN] The account is locked after too many attempts",
            false,
        ),
        "disabled" => ("525 5.7.13 The account is disabled", "NO [CONTACTADMIN] The account is disabled", false),
        "web-login" => (
            "534 5.7.14 Please log in with your web browser and then try again: https://mailfault.test/verify",
            "* NO [WEBALERT https://mailfault.test/verify] Web login required.\nNO [ALERT] Please log in with your web browser",
            false,
        ),
        "app-password" => {
            ("534 5.7.9 Application-specific password required", "NO [ALERT] Application-specific password required", true)
        }
        "basic-disabled" => (
            "535 5.7.3 Authentication unsuccessful: basic authentication is disabled",
            "NO [AUTHENTICATIONFAILED] Basic authentication is disabled",
            true,
        ),
        "unavailable" => {
            ("454 4.7.0 Temporary authentication failure", "NO [UNAVAILABLE] Temporary authentication failure", false)
        }
        "throttled" => (
            "454 4.7.0 Too many login attempts, please try again later",
            "NO [LIMIT] Too many login attempts, please try again later",
            false,
        ),
        _ => ("535 5.7.8 Authentication credentials invalid", "NO [AUTHENTICATIONFAILED] unknown user or wrong password", false),
    }
}

/// The faults of all users, in file order.
pub(super) fn fates(cx: &mut Cx<'_>, users: &[&Node], names: &Names) -> Vec<Fault> {
    let mut out: Vec<Fault> = Vec::new();
    let mut taken: HashSet<Arc<str>> = names.faults.iter().cloned().collect();
    for user in users {
        let Some(entry) = user.get("becomes") else { continue };
        let Some(name) = user.get("name").and_then(|entry| entry.node.as_text()) else { continue };
        if name.contains(['*', '?']) {
            cx.problem(entry.key_span, format!("nothing can become of `{name}`: it would fit other users, too"))
                .help("leave `*` and `?` out of the name");
            continue;
        }
        if out.len() + entry.node.items().len() > MOST_TABLES {
            cx.problem(entry.key_span, "too much becomes of the users").help(format!("write {MOST_TABLES} states at most"));
            break;
        }
        for item in entry.node.items() {
            let Some(mut fate) = fate(cx, entry, item, name, users.len() > 1, names) else { continue };
            if !taken.insert(fate.name.clone()) {
                // The place in all of it is a number that nothing else has, or hardly.
                fate.name = format!("{} {}", fate.name, out.len() + 1).into();
                taken.insert(fate.name.clone());
            }
            out.push(fate);
        }
    }
    out
}

fn fate(cx: &mut Cx<'_>, becomes: &Entry, item: &Node, user: &str, several: bool, names: &Names) -> Option<Fault> {
    let mut conditions = Conditions::default();
    let (mut says, mut optional) = (None, several);
    let state = match &item.value {
        Value::Text(_) => state(cx, item)?,
        Value::Table(_) => {
            let mut reader = Reader::open(cx, item, &BECOMES)?;
            let state = reader.need(cx, "state", "add one, such as `state = \"expired\"`");
            conditions.during = reader.get("during").and_then(|entry| window(cx, entry));
            conditions.nth = reader.get("logins").and_then(|entry| ordinals(cx, entry));
            says = reader.get("says");
            optional = reader.get("optional").map_or(Some(several), |entry| cx.boolean(entry)).unwrap_or(several);
            reader.finish();
            state.and_then(|entry| self::state(cx, &entry.node))?
        }
        _ => {
            let what = format!("`{}`", becomes.key);
            return cx.wrong(item, &what, "a state, or a table with `state`", Some("write for example `\"expired\"`".into()));
        }
    };
    let place = place(item.span, names);
    let (smtp, imap, with_password) = usual(state);
    let words = PerProtocol { smtp: Some(smtp.into()), imap: Some(imap.into()) };
    let words = match says {
        Some(entry) => reply::reply_or(cx, entry, &place, Some(words))?,
        None => words,
    };
    let globs = |key, texts: &[&str]| Where { key, test: Test::Globs(texts.iter().map(|text| Glob::new(text)).collect()) };
    conditions.wheres.push(globs(Key::User, &[user]));
    if with_password {
        conditions.wheres.push(globs(Key::Mechanism, &WITH_PASSWORD));
    }
    let on = match place.protocols[..] {
        [protocol] => On::Protocol(protocol),
        _ => On::Any,
    };
    let steps = vec![Step { text: written(&words, &place.protocols), op: Op::Reply(words) }];
    Some(Fault {
        name: format!("{user}: {state}").into(),
        on,
        at: Ats::CREDENTIALS,
        offset: 0,
        after: None,
        every: None,
        conditions,
        optional,
        program: Arc::new(Program::new(steps)),
    })
}

fn state(cx: &mut Cx<'_>, node: &Node) -> Option<&'static str> {
    cx.one_of(node, "the state of an account", &STATES)
}

/// `credentials`, on every listener.
fn place<'a>(span: Span, names: &'a Names) -> Place<'a> {
    let speaks = |protocol: &Protocol| names.listeners.iter().any(|listen| listen.protocol == *protocol);
    Place {
        ats: vec![(Ats::CREDENTIALS, span)],
        protocols: Protocol::ALL.into_iter().filter(speaks).collect(),
        listeners: names.listeners.iter().collect(),
        names,
    }
}

/// The step as a scenario file would have it.
fn written(words: &PerProtocol<Arc<str>>, protocols: &[Protocol]) -> Arc<str> {
    let part = |protocol: Protocol| {
        let text = Value::Text(words.get(protocol)?.to_string());
        Some(format!("{protocol} = {}", Node { span: Span::default(), value: text }))
    };
    let parts: Vec<String> = protocols.iter().filter_map(|&protocol| part(protocol)).collect();
    format!("{{ reply = {{ {} }} }}", parts.join(", ")).into()
}
