//! The names of an account: its mailboxes, its subscriptions, and what stands above them.

use std::collections::{BTreeMap, BTreeSet};

use crate::mail::{Account, MailboxRef};

/// A name.
#[derive(Default)]
pub struct Name {
    /// The mailbox, if there is one: names above others, and subscriptions, need none.
    pub mailbox: Option<MailboxRef>,
    pub special_use: Vec<&'static str>,
    pub subscribed: bool,
    /// There are mailboxes below.
    pub children: bool,
}

/// Every name, in the order of letters.
pub fn all(account: &Account) -> BTreeMap<String, Name> {
    let mut names: BTreeMap<String, Name> = BTreeMap::new();
    for (name, mailbox) in account.mailboxes() {
        for above in above(&name) {
            names.entry(above.to_owned()).or_default().children = true;
        }
        let entry = names.entry(name.to_string()).or_default();
        entry.special_use = mailbox.with(|mailbox| mailbox.special_use.clone());
        entry.mailbox = Some(mailbox);
    }
    for name in account.subscriptions() {
        for above in above(&name) {
            names.entry(above.to_owned()).or_default();
        }
        names.entry(name.to_string()).or_default().subscribed = true;
    }
    names
}

/// This name alone.
pub fn one(account: &Account, name: &str) -> Name {
    let is_below = |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    let mailbox = account.mailbox(name);
    let special_use = mailbox.as_ref().map(|mailbox| mailbox.with(|mailbox| mailbox.special_use.clone()));
    Name {
        mailbox,
        special_use: special_use.unwrap_or_default(),
        subscribed: account.subscriptions().iter().any(|subscribed| **subscribed == *name),
        children: account.mailbox_names().iter().any(|other| is_below(other)),
    }
}

/// What LSUB lists: with `true` a subscription, with `false` a name that is only above one.
pub fn subscriptions(account: &Account) -> BTreeMap<String, bool> {
    let mut names = BTreeMap::new();
    for name in account.subscriptions() {
        for above in above(&name) {
            names.entry(above.to_owned()).or_insert(false);
        }
        names.insert(name.to_string(), true);
    }
    names
}

/// All names that stand above one of these.
pub fn above_all<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.into_iter().flat_map(above).collect()
}

fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').filter_map(|(end, _)| name.get(..end)).filter(|above| !above.is_empty())
}
