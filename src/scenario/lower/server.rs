//! `[[user]]`, `[[listen]]`, `[smtp]`, `[imap]`, `[announce]`.

use std::sync::Arc;

use super::mail::known_user;
use super::mailbox::quota;
use super::read::{Cx, Reader, free_entries, nearest_name};
use super::words;
use crate::mail::AccountSpec;
use crate::proto::{ByState, Protocol, Shown, TlsMode, imap, smtp};
use crate::scenario::language::{ANNOUNCE, BY_STATE, IMAP, LISTEN, LOGIN_CAPABILITY, MECHANISMS, SMTP, TLS_MODES, USER};
use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::{Announce, ListenSpec};

pub(super) fn users(cx: &mut Cx<'_>, nodes: &[&Node]) -> Vec<AccountSpec> {
    let mut seen: Vec<(String, Span)> = Vec::new();
    let mut accounts = Vec::new();
    for node in nodes {
        let Some(mut reader) = Reader::open(cx, node, &USER) else { continue };
        let name_entry = reader.need(cx, "name", "add `name = \"bob\"`");
        let name = name_entry.and_then(|entry| cx.line(entry));
        let password = reader.need(cx, "password", "add `password = \"...\"`").and_then(|entry| cx.text(entry));
        let mechanisms = reader.get("mechanisms").map(|entry| words(cx, entry, &MECHANISMS));
        let quota = quota(cx, reader.get("quota"));
        // Read when the listeners are known.
        reader.get("becomes");
        reader.finish();
        if let (Some(name), Some(entry)) = (&name, name_entry) {
            let first = seen.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, span)| *span);
            match first {
                Some(first) => {
                    cx.problem(entry.node.span, format!("there are two users `{name}`")).also(first, "the first");
                }
                None => seen.push((name.clone(), entry.node.span)),
            }
        }
        if let Some(name) = name {
            accounts.push(AccountSpec { name, password: password.unwrap_or_default(), mechanisms, quota });
        }
    }
    accounts
}

/// One or several of these words.
fn words(cx: &mut Cx<'_>, entry: &Entry, words: &[&'static str]) -> Vec<String> {
    let what = format!("`{}`", entry.key);
    entry.node.items().iter().filter_map(|item| cx.one_of(item, &what, words).map(str::to_owned)).collect()
}

pub(super) fn listeners(cx: &mut Cx<'_>, nodes: &[&Node]) -> Vec<ListenSpec> {
    let mut places: Vec<(Arc<str>, Option<u16>, Span)> = Vec::new();
    let mut out = Vec::new();
    for node in nodes {
        let Some((listen, span)) = listener(cx, node) else { continue };
        for (name, port, first) in &places {
            let message = if *name == listen.name {
                format!("there are two listeners `{name}`")
            } else if listen.port.is_some_and(|own| own != 0) && *port == listen.port {
                format!("`{}` and `{name}` want the same port", listen.name)
            } else {
                continue;
            };
            cx.problem(span, message).also(*first, "the first").help("give each a `name` and a `port` of its own");
        }
        places.push((listen.name.clone(), listen.port, span));
        out.push(listen);
    }
    out
}

fn listener(cx: &mut Cx<'_>, node: &Node) -> Option<(ListenSpec, Span)> {
    let mut reader = Reader::open(cx, node, &LISTEN)?;
    let name_entry = reader.get("name");
    let name = name_entry.and_then(|entry| cx.line(entry));
    let protocol_entry = reader.get("protocol");
    let said = protocol_entry.map(|entry| cx.one_of(&entry.node, "`protocol`", &["smtp", "imap"]));
    let port = reader.get("port").map(|entry| cx.count(entry, 0, 65_535).and_then(|port| u16::try_from(port).ok()));
    let tls_entry = reader.get("tls");
    let said_tls = tls_entry.and_then(|entry| tls_mode(cx, entry));
    reader.finish();
    let by_name = |name: &str| Protocol::ALL.into_iter().find(|protocol| protocol.name() == name);
    let span = name_entry.or(protocol_entry).map_or(node.span, |entry| entry.node.span);
    let secured = name.as_deref().and_then(with_implicit_tls);
    if let (Some(_), Some(entry), Some(TlsMode::None | TlsMode::Starttls)) = (secured, tls_entry, said_tls) {
        let message = format!("a listener `{}` has TLS from the first byte", name.as_deref().unwrap_or_default());
        cx.problem(entry.node.span, message).help("leave `tls` out, or give the listener another name");
    }
    let named = secured.or(name.as_deref().and_then(by_name));
    let protocol = match said {
        Some(word) => word.and_then(by_name)?,
        None => match named {
            Some(protocol) => protocol,
            None => {
                cx.problem(span, "[[listen]] needs `protocol`")
                    .missing()
                    .help("add `protocol = \"smtp\"` or `protocol = \"imap\"`");
                return None;
            }
        },
    };
    if let Some(named) = named.filter(|named| *named != protocol) {
        cx.problem(span, format!("a listener `{}` must speak {}", name.as_deref().unwrap_or_default(), named))
            .help("give it another name");
        return None;
    }
    let name = name.unwrap_or_else(|| protocol.name().to_owned());
    let tls = if secured.is_some() { TlsMode::Implicit } else { said_tls.unwrap_or(TlsMode::None) };
    Some((ListenSpec { name: name.into(), protocol, port: port.flatten(), tls }, span))
}

/// What `smtps` and `imaps` speak.
pub(super) fn with_implicit_tls(name: &str) -> Option<Protocol> {
    Protocol::ALL.into_iter().find(|protocol| name.strip_suffix('s') == Some(protocol.name()))
}

fn tls_mode(cx: &mut Cx<'_>, entry: &Entry) -> Option<TlsMode> {
    Some(match cx.one_of(&entry.node, "`tls`", &TLS_MODES)? {
        "starttls" => TlsMode::Starttls,
        "implicit" => TlsMode::Implicit,
        _ => TlsMode::None,
    })
}

/// `tls` in `[smtp]` and `[imap]`: for the port of that name that is there when the file names none.
pub(super) fn default_tls(cx: &mut Cx<'_>, table: Option<&Entry>, own: &[&Node], listeners: &mut [ListenSpec]) {
    let Some((table, entry)) = table.and_then(|table| Some((table, table.node.get("tls")?))) else { return };
    let Some(mode) = tls_mode(cx, entry) else { return };
    // Another file's [[listen]] of that name, which says nothing of TLS, is that port.
    let is_meant = |node: &&Node| {
        let name = node.get("name").or_else(|| node.get("protocol")).and_then(|entry| entry.node.as_text());
        name == Some(&table.key) && node.get("tls").is_none()
    };
    if own.iter().any(|node| node.span.file == entry.key_span.file) {
        cx.problem(entry.key_span, format!("`tls` in [{}] is for files without [[listen]]", table.key))
            .help(format!("write `tls` in the [[listen]] that is meant, such as one with `name = \"{}\"`", table.key));
        return;
    }
    let is_there = own.is_empty() || own.iter().any(is_meant);
    if let Some(listen) = listeners.iter_mut().find(|listen| is_there && *listen.name == table.key) {
        listen.tls = mode;
    }
}

pub(super) fn smtp(cx: &mut Cx<'_>, node: &Node) -> smtp::Spec {
    let mut spec = smtp::Spec::default();
    let Some(mut reader) = Reader::open(cx, node, &SMTP) else { return spec };
    // Read with the listeners.
    reader.get("tls");
    if let Some(entry) = reader.get("hostname")
        && let Some(name) = cx.line(entry)
    {
        if name.contains(char::is_whitespace) {
            cx.problem(entry.node.span, "a host name has no spaces");
        }
        spec.greeting = format!("{name} ESMTP mailfault");
        spec.hostname = name;
    }
    if let Some(entry) = reader.get("greeting")
        && let Some(text) = cx.text(entry)
    {
        let code = text.get(..4).filter(|code| *code == "220 " || *code == "220-");
        if let Some(code) = code {
            cx.problem(entry.node.span, "the greeting stands here without its code").help(format!(
                "leave `{code}` out; for another code, use a fault: `at = \"greeting\"`, `do = {{ reply = \"...\" }}`"
            ));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            cx.problem(entry.node.span, "`greeting` has control characters").help("use a fault with `send` for raw bytes");
        }
        spec.greeting = text.lines().collect::<Vec<_>>().join("\n");
    }
    spec.hello = reader.get("hello").and_then(|entry| cx.line(entry));
    spec.words = reader.get("words").map_or(Vec::new(), |entry| words::smtp(cx, entry));
    spec.offer = strings(cx, reader.get("offer"));
    spec.hide = strings(cx, reader.get("hide"));
    spec.by_state = by_state(cx, &mut reader);
    if let Some(size) = reader.get("size_limit").and_then(|entry| cx.size(entry)) {
        spec.size_limit = size;
    }
    if let Some(most) = reader.get("recipients_limit").and_then(|entry| cx.count(entry, 1, 1_000_000)) {
        spec.recipients_limit = u32::try_from(most).unwrap_or(u32::MAX);
    }
    spec.require_auth = reader.get("require_auth").and_then(|entry| cx.boolean(entry)).unwrap_or(false);
    reader.finish();
    spec
}

pub(super) fn imap(cx: &mut Cx<'_>, node: &Node, users: &[String]) -> imap::Spec {
    let mut spec = imap::Spec::default();
    let Some(mut reader) = Reader::open(cx, node, &IMAP) else { return spec };
    // Read with the listeners.
    reader.get("tls");
    // The store obeys it.
    reader.get("quota");
    if let Some(entry) = reader.get("greeting")
        && let Some(text) = cx.line(entry)
    {
        if text.starts_with("* ") {
            cx.problem(entry.node.span, "the greeting stands here without its `* OK `")
                .help("for another kind, use a fault: `at = \"greeting\"`, `do = { reply = \"* BYE ...\" }`");
        }
        spec.greeting = text;
    }
    if let Some(entry) = reader.get("greeting_capability") {
        spec.greeting_capability = cx.boolean(entry).unwrap_or(true);
    }
    if let Some(entry) = reader.get("login_capability") {
        spec.login_capability = match cx.one_of(&entry.node, "`login_capability`", &LOGIN_CAPABILITY) {
            Some("line") => imap::Told::Line,
            Some("none") => imap::Told::Nothing,
            _ => imap::Told::Code,
        };
    }
    spec.words = reader.get("words").map_or(Vec::new(), |entry| words::imap(cx, entry));
    spec.id = reader.get("id").and_then(|entry| cx.line(entry));
    spec.preauth = reader.get("preauth").and_then(|entry| known_user(cx, entry, users));
    spec.offer = strings(cx, reader.get("offer"));
    spec.hide = strings(cx, reader.get("hide"));
    spec.by_state = by_state(cx, &mut reader);
    if let Some(size) = reader.get("size_limit").and_then(|entry| cx.size(entry)) {
        spec.size_limit = size;
    }
    reader.finish();
    spec
}

fn by_state(cx: &mut Cx<'_>, reader: &mut Reader<'_>) -> ByState {
    let mut shown = |entry: Option<&Entry>| {
        let Some(mut reader) = entry.and_then(|entry| Reader::open(cx, &entry.node, &BY_STATE)) else { return Shown::default() };
        let only = reader.get("only").map(|entry| strings(cx, Some(entry)));
        let shown = Shown { only, offer: strings(cx, reader.get("offer")), hide: strings(cx, reader.get("hide")) };
        reader.finish();
        shown
    };
    ByState {
        before_tls: shown(reader.get("before_tls")),
        after_tls: shown(reader.get("after_tls")),
        after_login: shown(reader.get("after_login")),
    }
}

pub(super) fn strings(cx: &mut Cx<'_>, entry: Option<&Entry>) -> Vec<String> {
    entry.map_or(Vec::new(), |entry| cx.texts(entry).into_iter().map(|(text, _)| text).collect())
}

pub(super) fn announce(cx: &mut Cx<'_>, node: &Node, listeners: &[ListenSpec]) -> Announce {
    let mut announce = Announce::default();
    let Some(mut reader) = Reader::open(cx, node, &ANNOUNCE) else { return announce };
    announce.host = reader.get("host").and_then(|entry| cx.line(entry));
    for entry in reader.get("ports").map_or(&[][..], |entry| free_entries(cx, entry)) {
        if !listeners.iter().any(|listen| *listen.name == entry.key) {
            let names = listeners.iter().map(|listen| &*listen.name);
            let help = nearest_name(&entry.key, names);
            cx.problem(entry.key_span, format!("there is no listener `{}`", entry.key)).missing().maybe_help(help);
        }
        if let Value::Integer(_) = entry.node.value
            && let Some(port) = cx.count(entry, 1, 65_535)
        {
            announce.ports.push((entry.key.clone(), u16::try_from(port).unwrap_or(0)));
        } else if !matches!(entry.node.value, Value::Integer(_)) {
            cx.wrong::<()>(&entry.node, &format!("`{}`", entry.key), "a port number", None);
        }
    }
    reader.finish();
    announce
}
