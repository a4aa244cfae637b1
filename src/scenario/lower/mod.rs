//! From the tree of a file (or of several, merged) to a checked [`Scenario`].

mod condition;
mod dialogue;
mod expect;
mod fate;
mod fault;
mod handshake;
mod known;
mod mail;
mod mailbox;
mod order;
mod read;
mod reply;
mod script;
mod server;
mod steps;
mod wire;
mod words;

pub(super) use dialogue::{Draft, dialogue, expect_none_left, names_of};
pub(super) use read::Cx;

use crate::proto::sasl::Mechanisms;
use std::sync::Arc;

use super::language::SCENARIO;
use super::tree::{Entry, Node, Value};
use super::{ListenSpec, Scenario};
use read::Reader;

/// Faults, users and so on in one scenario; each is compared with each.
const MOST_TABLES: usize = 10_000;

/// What a fault may refer to.
pub(super) struct Names {
    /// All listeners.
    listeners: Vec<ListenSpec>,
    /// The file says which, so they are not those that are always there.
    own_listeners: bool,
    /// Fault names by place; those without a name have been given one.
    faults: Vec<Arc<str>>,
    /// Accounts; empty when every name logs in.
    users: Vec<String>,
}

/// Reads the whole tree; all problems are in `cx` afterwards, and what is returned is right only if there are none.
pub(super) fn scenario(cx: &mut Cx<'_>, name: &str, root: &Node) -> Scenario {
    let mut scenario = Scenario::healthy();
    scenario.name = name.to_owned();
    scenario.title = name.to_owned();
    let Some(mut reader) = Reader::open(cx, root, &SCENARIO) else { return scenario };
    if let Some(title) = reader.get("title").and_then(|entry| cx.line(entry)) {
        scenario.title = title;
    }
    if let Some(about) = reader.get("about").and_then(|entry| cx.text(entry)) {
        scenario.about = about.trim().to_owned();
    }
    if let Some(entry) = reader.get("source") {
        scenario.source = cx.texts(entry).into_iter().map(|(text, _)| text).collect();
    }
    // Paths in `use` were followed before.
    reader.get("use");
    let accounts = list(&mut reader, cx, "user");
    scenario.store.accounts = server::users(cx, &accounts);
    let users: Vec<String> = scenario.store.accounts.iter().map(|account| account.name.clone()).collect();
    let nodes = list(&mut reader, cx, "mailbox");
    scenario.store.mailboxes = mailbox::mailboxes(cx, &nodes, &users);
    for node in list(&mut reader, cx, "mail") {
        mail::mail(cx, node, &users, &mut scenario);
    }
    let listen = list(&mut reader, cx, "listen");
    let own_listeners = !listen.is_empty();
    if own_listeners {
        scenario.listen = server::listeners(cx, &listen);
    }
    for key in ["smtp", "imap"] {
        server::default_tls(cx, reader.get(key), &listen, &mut scenario.listen);
    }
    if let Some(entry) = reader.get("smtp") {
        scenario.smtp = server::smtp(cx, &entry.node);
    }
    if let Some(entry) = reader.get("imap") {
        scenario.imap = server::imap(cx, &entry.node, &users);
        scenario.store.quota = mailbox::quota(cx, entry.node.get("quota")).unwrap_or_default();
    }
    let mechanisms = Mechanisms::of_users(scenario.store.accounts.iter().map(|account| account.mechanisms.as_deref()));
    (scenario.smtp.mechanisms, scenario.imap.mechanisms) = (mechanisms, mechanisms);
    if let Some(entry) = reader.get("announce") {
        scenario.announce = server::announce(cx, &entry.node, &scenario.listen);
    }
    let faults = list(&mut reader, cx, "fault");
    let dialogues = list(&mut reader, cx, "dialogue");
    let all_names = fault::names(cx, &faults, &dialogues);
    let mut names = Names { listeners: scenario.listen.clone(), own_listeners, faults: all_names, users };
    let fates = fate::fates(cx, &accounts, &names);
    names.faults.extend(fates.iter().map(|fate| fate.name.clone()));
    // Who converses is settled before any fault has its turn.
    scenario.faults = dialogue::dialogues(cx, &dialogues, &names, faults.len());
    scenario.faults.extend(faults.iter().enumerate().filter_map(|(n, node)| fault::fault(cx, node, n, &names)));
    // What the file says of a moment comes before what becomes of one user.
    scenario.faults.extend(fates);
    scenario.expect = expect::expectations(cx, reader.get("expect").map(|entry| &entry.node));
    if !dialogues.is_empty() {
        dialogue::expect_none_left(&mut scenario.expect);
    }
    let nodes = list(&mut reader, cx, "wire");
    scenario.wires = wire::wires(cx, &nodes, &scenario);
    reader.finish();
    scenario
}

fn list<'n>(reader: &mut Reader<'n>, cx: &mut Cx<'_>, key: &'static str) -> Vec<&'n Node> {
    reader.get(key).map_or(Vec::new(), |entry| tables(cx, entry))
}

/// The tables of `[[key]]`.
fn tables<'n>(cx: &mut Cx<'_>, entry: &'n Entry) -> Vec<&'n Node> {
    match &entry.node.value {
        Value::List(items) if items.len() > MOST_TABLES => {
            let message = format!("there are {} of `[[{}]]`", items.len(), entry.key);
            cx.problem(entry.key_span, message).help(format!("write {MOST_TABLES} at most"));
            Vec::new()
        }
        Value::List(items) => items.iter().collect(),
        Value::Table(_) => {
            cx.problem(entry.key_span, format!("`{}` is a list of tables", entry.key))
                .label("one table")
                .help(format!("write `[[{}]]`, in double brackets", entry.key));
            Vec::new()
        }
        _ => {
            cx.wrong::<()>(&entry.node, &format!("`{}`", entry.key), "a table", Some(format!("write `[[{}]]`", entry.key)));
            Vec::new()
        }
    }
}
