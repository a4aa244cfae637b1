//! One user's account: mailboxes by name, subscriptions, quota.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::room::Ledger;
use super::{InitialMailbox, MailboxRef, Notes, Quota};

/// Mailboxes in one account, and subscriptions.
const MOST_MAILBOXES: usize = 1_000;
/// Longer names, in octets, are refused: matching them with a pattern costs the product of both lengths.
pub const MOST_NAME: usize = 255;

/// A `[[user]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountSpec {
    /// Login name, compared without regard to case.
    pub name: String,
    /// Password, compared octet by octet.
    pub password: String,
    /// SASL mechanisms (or `LOGIN`) that this user may use; `None` is all.
    pub mechanisms: Option<Vec<String>>,
    /// Limits of its own, instead of those that all accounts have.
    pub quota: Option<Quota>,
}

/// One user's account.
#[derive(Clone, Debug)]
pub struct Account(Arc<AccountCell>);

#[derive(Debug)]
struct AccountCell {
    name: Arc<str>,
    secret: Option<AccountSpec>,
    folders: Mutex<Folders>,
    ledger: Arc<Ledger>,
}

#[derive(Debug, Default)]
struct Folders {
    mailboxes: BTreeMap<Arc<str>, MailboxRef>,
    subscribed: BTreeMap<Arc<str>, ()>,
    numbered: u32,
}

impl Account {
    pub(super) fn new(name: &str, secret: Option<AccountSpec>, ledger: Ledger) -> Self {
        Account(Arc::new(AccountCell { name: name.into(), secret, folders: Mutex::default(), ledger: Arc::new(ledger) }))
    }

    pub(super) fn secret(&self) -> Option<&AccountSpec> {
        self.0.secret.as_ref()
    }

    /// Its name as first spelt.
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// `INBOX` in any case, other names to the letter.
    pub fn mailbox(&self, name: &str) -> Option<MailboxRef> {
        self.folders().mailboxes.get(canonical(name)).cloned()
    }

    /// All mailbox names, `INBOX` first where the order of letters says so.
    pub fn mailbox_names(&self) -> Vec<Arc<str>> {
        self.folders().mailboxes.keys().cloned().collect()
    }

    /// Whether there is room for so many more mailboxes.
    pub fn has_room(&self, mailboxes: usize) -> bool {
        self.folders().mailboxes.len().saturating_add(mailboxes) <= MOST_MAILBOXES
    }

    /// Makes a mailbox; `None` if there is one of that name, or too many.
    pub fn create(&self, name: &str) -> Option<MailboxRef> {
        if self.mailbox(name).is_some() { None } else { self.create_numbered(name, self.next_number()) }
    }

    /// A number for a mailbox to be made: no two get the same.
    pub fn next_number(&self) -> u32 {
        let mut folders = self.folders();
        folders.numbered += 1;
        folders.numbered - 1
    }

    /// MAILBOXID (RFC 8474 section 4) of the mailbox with this number.
    pub fn mailbox_id(&self, number: u32) -> String {
        self.0.ledger.mailbox_id(number)
    }

    /// [`Account::create`] with a number from [`Account::next_number`].
    pub fn create_numbered(&self, name: &str, number: u32) -> Option<MailboxRef> {
        let mut folders = self.folders();
        let name: Arc<str> = canonical(name).into();
        if folders.mailboxes.contains_key(&name) || folders.mailboxes.len() >= MOST_MAILBOXES {
            return None;
        }
        let ledger = self.0.ledger.clone();
        let validity = ledger.next_uid_validity();
        let mailbox = MailboxRef::in_account(self.0.name.clone(), name.clone(), validity, number, ledger);
        folders.mailboxes.insert(name, mailbox.clone());
        Some(mailbox)
    }

    /// Removes a mailbox and its messages; INBOX stays (RFC 3501 section 6.3.4).
    pub fn delete(&self, name: &str, notes: &mut Notes) -> bool {
        let name = canonical(name);
        let mailbox = if name == "INBOX" { None } else { self.folders().mailboxes.remove(name) };
        mailbox.is_some_and(|mailbox| {
            mailbox.with(|mailbox| mailbox.delete(notes));
            true
        })
    }

    /// Gives a mailbox and all below it another name (RFC 3501 section 6.3.5); UIDs and UIDVALIDITY stay. `false`, and nothing is changed, where there is no
    /// such mailbox, where a new name is taken or lies below the old one, and for INBOX, which cannot go.
    pub fn rename(&self, from: &str, to: &str, notes: &mut Notes) -> bool {
        let (from, to) = (canonical(from), canonical(to));
        let below = format!("{from}/");
        if from == "INBOX" || to.starts_with(&below) {
            return false;
        }
        let mut folders = self.folders();
        let names = folders.mailboxes.keys().filter(|name| ***name == *from || name.starts_with(&below));
        let moves: Vec<(Arc<str>, Arc<str>)> =
            names.map(|name| (name.clone(), format!("{to}{}", name.strip_prefix(from).unwrap_or_default()).into())).collect();
        if moves.is_empty() || moves.iter().any(|(_, new)| folders.mailboxes.contains_key(new)) {
            return false;
        }
        for (old, new) in moves {
            if let Some(mailbox) = folders.mailboxes.remove(&old) {
                mailbox.with(|mailbox| mailbox.rename(new.clone(), notes));
                folders.mailboxes.insert(new, mailbox);
            }
        }
        true
    }

    /// Subscribes or unsubscribes a name (RFC 3501 section 6.3.6: it need not exist). `false`, and nothing is changed, if there are too many.
    pub fn subscribe(&self, name: &str, on: bool) -> bool {
        let (mut folders, name) = (self.folders(), canonical(name));
        if !on {
            folders.subscribed.remove(name);
        } else if folders.subscribed.contains_key(name) || folders.subscribed.len() < MOST_MAILBOXES {
            folders.subscribed.insert(name.into(), ());
        } else {
            return false;
        }
        true
    }

    /// Whether there is room for one more subscription.
    pub fn may_subscribe(&self, name: &str) -> bool {
        let folders = self.folders();
        folders.subscribed.contains_key(canonical(name)) || folders.subscribed.len() < MOST_MAILBOXES
    }

    /// All names that are subscribed.
    pub fn subscriptions(&self) -> Vec<Arc<str>> {
        self.folders().subscribed.keys().cloned().collect()
    }

    /// All mailboxes by name.
    pub fn mailboxes(&self) -> Vec<(Arc<str>, MailboxRef)> {
        self.folders().mailboxes.iter().map(|(name, mailbox)| (name.clone(), mailbox.clone())).collect()
    }

    /// A mailbox of the scenario: made, or given what the scenario has for it.
    pub(super) fn set_up(&self, initial: &InitialMailbox) {
        let Some(mailbox) = self.mailbox(&initial.name).or_else(|| self.create(&initial.name)) else { return };
        mailbox.with(|mailbox| {
            for &name in &initial.special_use {
                if !mailbox.special_use.contains(&name) {
                    mailbox.special_use.push(name);
                }
            }
            if initial.uid_validity.is_some() {
                mailbox.set_uid_validity(initial.uid_validity);
            }
        });
        if initial.subscribed {
            self.subscribe(&initial.name, true);
        }
    }

    /// Octets and messages in its mailboxes; a copy counts like any other.
    pub fn taken(&self) -> (u64, u64) {
        self.0.ledger.account.taken()
    }

    /// Its limits.
    pub fn quota(&self) -> Quota {
        self.0.ledger.account.quota()
    }

    /// The most octets that it can have without a limit of its own: what the store holds.
    pub fn most_octets(&self) -> u64 {
        self.0.ledger.store.quota().octets.unwrap_or(u64::MAX)
    }

    /// Other limits. Whoever is beyond them keeps what is there.
    pub fn set_quota(&self, quota: Quota) {
        self.0.ledger.account.limit(quota);
    }

    /// Whether so much more is within its limits.
    pub(super) fn fits(&self, octets: u64, messages: u64) -> bool {
        self.0.ledger.account.fits(octets, messages)
    }

    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.0.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a mailbox can have this name: `/` stands between its levels, and none of them is empty.
pub fn is_mailbox_name(name: &str) -> bool {
    !name.split('/').any(str::is_empty) && !name.contains(char::is_control)
}

/// RFC 3501 section 5.1: INBOX in any case is INBOX.
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name }
}
