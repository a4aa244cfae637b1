//! `[[mailbox]]` and `quota`.

use std::collections::BTreeMap;

use super::mail::known_user;
use super::read::{Cx, Reader};
use crate::mail::{InitialMailbox, MOST_NAME, Quota, SPECIAL_USES, is_mailbox_name};
use crate::scenario::language::{MAILBOX, QUOTA};
use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node};

/// In one account, beside INBOX; there is room for more that clients make.
const MOST_MAILBOXES: usize = 900;

pub(super) fn mailboxes(cx: &mut Cx<'_>, nodes: &[&Node], users: &[String]) -> Vec<InitialMailbox> {
    let mut out = Vec::new();
    let mut places: BTreeMap<(Option<String>, String), Span> = BTreeMap::new();
    let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for node in nodes {
        let Some((mailbox, span)) = mailbox(cx, node, users) else { continue };
        let user = mailbox.user.as_ref().map(|user| user.to_lowercase());
        if let Some(first) = places.insert((user.clone(), mailbox.name.clone()), span) {
            cx.problem(span, format!("there are two mailboxes `{}`", mailbox.name)).also(first, "the first");
            continue;
        }
        *counts.entry(user.clone()).or_default() += 1;
        let everyones = counts.get(&None).copied().unwrap_or(0);
        let own = user.and_then(|user| counts.get(&Some(user)).copied()).unwrap_or(0);
        if everyones + own > MOST_MAILBOXES {
            cx.problem(span, format!("an account has at most {MOST_MAILBOXES} mailboxes from the start"));
            break;
        }
        out.push(mailbox);
    }
    out
}

fn mailbox(cx: &mut Cx<'_>, node: &Node, users: &[String]) -> Option<(InitialMailbox, Span)> {
    let mut reader = Reader::open(cx, node, &MAILBOX)?;
    let user = reader.get("user").map(|entry| known_user(cx, entry, users));
    let entry = reader.need(cx, "name", "add `name = \"Drafts\"`");
    let name = entry.and_then(|entry| name(cx, entry));
    let special_use = reader.get("special_use").map_or(Vec::new(), |entry| {
        entry.node.items().iter().filter_map(|item| cx.one_of(item, "`special_use`", &SPECIAL_USES)).collect()
    });
    let subscribed = reader.get("subscribed").map_or(Some(true), |entry| cx.boolean(entry));
    let uid_validity = reader.get("uidvalidity").map(|entry| cx.count(entry, 1, i64::from(u32::MAX)));
    reader.finish();
    let uid_validity = uid_validity.flatten().and_then(|value| u32::try_from(value).ok());
    // A user that is not there has been complained of.
    let user = user.map_or(Some(None), |user| user.map(Some))?;
    let mailbox = InitialMailbox { user, name: name?, special_use, subscribed: subscribed?, uid_validity };
    Some((mailbox, entry?.node.span))
}

/// The name of a mailbox that can be made.
pub(super) fn name(cx: &mut Cx<'_>, entry: &Entry) -> Option<String> {
    let name = cx.line(entry)?;
    if !is_mailbox_name(&name) {
        cx.problem(entry.node.span, format!("a mailbox cannot be called `{name}`"))
            .help("`/` stands between the levels: something must stand before it and after it");
        return None;
    }
    if name.len() > MOST_NAME {
        cx.problem(entry.node.span, format!("the name of a mailbox has at most {MOST_NAME} bytes"));
        return None;
    }
    Some(if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name })
}

/// `quota = { storage = "10 MiB", messages = 1000 }`
pub(super) fn quota(cx: &mut Cx<'_>, entry: Option<&Entry>) -> Option<Quota> {
    let entry = entry?;
    let mut reader = Reader::open(cx, &entry.node, &QUOTA)?;
    let octets = reader.get("storage").map(|entry| cx.size(entry));
    let messages = reader.get("messages").map(|entry| cx.count(entry, 0, i64::MAX));
    reader.finish();
    if octets.is_none() && messages.is_none() {
        cx.problem(entry.node.span, "`quota` needs `storage`, `messages` or both");
    }
    Some(Quota { octets: octets.flatten(), messages: messages.flatten() })
}
