//! Accounts and their mailboxes, and what SMTP took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::address::{account_names, without_tag};
use super::room::{Ledger, Usage};
use super::{Account, AccountSpec, Change, Flags, Full, MailboxRef, Mutation, Quota, Room, Template, Transaction};
use super::{Note, Notes};

/// A server without `[[user]]` makes an account for every name that comes; more than this many are not made.
const MOST_ACCOUNTS: usize = 50_000;
/// Messages in all mailboxes together, counted as they come: an empty one has no octets, but costs memory all the same.
const MOST_MESSAGES: u64 = 2_000_000;

/// A `[[mail]]`: what is in a mailbox from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct InitialMail {
    /// Account; every account where none is named.
    pub user: Option<String>,
    /// Mailbox, made if need be.
    pub mailbox: String,
    /// The messages.
    pub template: Template,
    /// How many at the start.
    pub count: u32,
    /// Flags from the start.
    pub flags: Vec<String>,
}

impl InitialMail {
    fn change(&self) -> Change {
        Change::Deliver { template: self.template.clone(), count: self.count, flags: self.flags.clone() }
    }
}

/// A `[[mailbox]]`: one that is there from the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialMailbox {
    /// Account; every account where none is named.
    pub user: Option<String>,
    /// Its name in UTF-8, `/` as the separator. Mailboxes above it are not made.
    pub name: String,
    /// What it is for, as in [`SPECIAL_USES`](super::SPECIAL_USES).
    pub special_use: Vec<&'static str>,
    /// The user is subscribed to it.
    pub subscribed: bool,
    /// Its UIDVALIDITY, if it matters.
    pub uid_validity: Option<u32>,
}

/// What a store starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreSpec {
    /// The accounts. With none, any name with any password logs in and finds an account of its own.
    pub accounts: Vec<AccountSpec>,
    /// Mailboxes from the start, beside INBOX.
    pub mailboxes: Vec<InitialMailbox>,
    /// Limits of every account that has none of its own. Mail of the scenario is not bound by them.
    pub quota: Quota,
    /// Mail from the start.
    pub mail: Vec<InitialMail>,
    /// Octets of mail that the store takes, from clients and from the scenario; then it is full.
    pub most_octets: u64,
}

impl Default for StoreSpec {
    fn default() -> Self {
        StoreSpec { accounts: Vec::new(), mailboxes: Vec::new(), quota: Quota::default(), mail: Vec::new(), most_octets: 1 << 30 }
    }
}

/// Why credentials are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No such user, or another password: a client cannot tell which.
    #[error("unknown user or wrong password")]
    Credentials,
    /// The user may not use this mechanism.
    #[error("the user may not log in with this mechanism")]
    Mechanism,
    /// The credentials are right, and the client wants to act as another user.
    #[error("acting as another user is not allowed")]
    Authorization,
    /// There is no room for another account.
    #[error("no room for another account")]
    TooManyAccounts,
}

/// Everything that a server holds.
#[derive(Debug)]
pub struct Store {
    accounts: Mutex<BTreeMap<String, Account>>,
    spec: StoreSpec,
    usage: Arc<Usage>,
}

impl Store {
    /// A store with the accounts and the mail of a scenario; the notes say what was put where.
    pub fn new(spec: StoreSpec, notes: &mut Notes) -> Self {
        let usage = Arc::new(Usage::new(Quota { octets: Some(spec.most_octets), messages: Some(MOST_MESSAGES) }));
        let store = Store { accounts: Mutex::default(), spec, usage };
        let mailboxes = store.spec.mailboxes.iter().filter_map(|mailbox| mailbox.user.clone());
        let named = store.spec.mail.iter().filter_map(|mail| mail.user.clone()).chain(mailboxes);
        let specs = store.spec.accounts.iter();
        for (name, spec) in specs.map(|spec| (spec.name.clone(), Some(spec.clone()))).chain(named.map(|name| (name, None))) {
            store.make(&mut store.accounts(), &name, spec, notes);
        }
        store
    }

    /// Whether any name with any password logs in.
    pub fn is_open(&self) -> bool {
        self.spec.accounts.is_empty()
    }

    /// Checks a name and a password; makes the account where the store is open.
    ///
    /// # Errors
    /// [`Denied`], to be told to the client without saying whether the user exists.
    pub fn login(&self, user: &str, password: &[u8], mechanism: &str, notes: &mut Notes) -> Result<Account, Denied> {
        self.login_shown(user, self.is_right(user, password), mechanism, notes)
    }

    /// Whether this is the user's password; where the store is open, any is.
    pub fn is_right(&self, user: &str, password: &[u8]) -> bool {
        self.is_open() || self.password(user).is_some_and(|known| known.as_bytes() == password)
    }

    /// Whether a login would be refused; no account is made.
    pub fn is_wrong(&self, user: &str, right: bool, mechanism: &str) -> bool {
        !right || !self.is_open() && self.known(user, mechanism).is_err()
    }

    /// The same for a client that has shown that it has the password (`right`), or that it has not, without sending it.
    ///
    /// # Errors
    /// [`Denied`]
    pub fn login_shown(&self, user: &str, right: bool, mechanism: &str, notes: &mut Notes) -> Result<Account, Denied> {
        if !right {
            return Err(Denied::Credentials);
        }
        if self.is_open() {
            return self.login_as(user, notes).ok_or(Denied::TooManyAccounts);
        }
        self.known(user, mechanism)
    }

    /// The account of a user of the scenario, who may log in by this mechanism.
    fn known(&self, user: &str, mechanism: &str) -> Result<Account, Denied> {
        let account = self.account(user).ok_or(Denied::Credentials)?;
        let spec = account.secret().ok_or(Denied::Credentials)?;
        let allowed = spec.mechanisms.as_ref().is_none_or(|all| all.iter().any(|one| one.eq_ignore_ascii_case(mechanism)));
        if allowed { Ok(account) } else { Err(Denied::Mechanism) }
    }

    /// The password of a user of the scenario.
    pub fn password(&self, user: &str) -> Option<String> {
        self.account(user)?.secret().map(|spec| spec.password.clone())
    }

    /// The name of the scenario's user, if it has just one.
    pub fn only_user(&self) -> Option<String> {
        match self.spec.accounts.as_slice() {
            [one] => Some(one.name.clone()),
            _ => None,
        }
    }

    /// The account whatever the password, made if need be: for a login that a fault turns into a success. `None`: too many accounts.
    pub fn login_as(&self, user: &str, notes: &mut Notes) -> Option<Account> {
        let mut accounts = self.accounts();
        let name = user.to_lowercase();
        // Mail for `test@a.test` may have come before `test` logs in for the first time: in an open store that is one person, whichever came first.
        let by_address =
            || accounts.iter().find(|(address, _)| self.is_open() && address.contains('@') && account_names(address)[1] == name);
        // And mail for `test@a.test` went to `test`, if `test` was there first.
        let by_local_part = || accounts.get(account_names(&name)[1]).filter(|_| self.is_open() && name.contains('@'));
        let known = accounts.get(&name).or_else(|| by_address().map(|(_, account)| account)).or_else(by_local_part).cloned();
        known.or_else(|| self.make(&mut accounts, user, None, notes))
    }

    /// The account of this name.
    pub fn account(&self, user: &str) -> Option<Account> {
        self.accounts().get(&user.to_lowercase()).cloned()
    }

    /// Takes a message from SMTP: one copy in the INBOX of each recipient that has an account. Whoever has none is somewhere else in the world, and
    /// the message counts as taken.
    ///
    /// # Errors
    /// [`Full`]: nothing was stored.
    pub fn receive(&self, transaction: &Transaction, notes: &mut Notes) -> Result<(), Full> {
        // Whoever finds the store full has at most made accounts, which are counted apart.
        let octets = transaction.message.raw.len() as u64;
        self.would_take(&transaction.recipients, octets)?;
        let now = Timestamp::now();
        let mut inboxes: Vec<MailboxRef> = Vec::new();
        for recipient in &transaction.recipients {
            let Some(inbox) = self.owner(recipient, notes).and_then(|account| account.mailbox("INBOX")) else { continue };
            // RFC 5321 leaves it open; mail servers store one copy where two recipients are one user.
            if !inboxes.iter().any(|other| other.same(&inbox)) {
                inboxes.push(inbox);
            }
        }
        let _room = self.room(octets, inboxes.len() as u64)?;
        for inbox in inboxes {
            inbox.with(|mailbox| mailbox.append(transaction.message.clone(), Flags::default(), now, notes));
        }
        Ok(())
    }

    /// Keeps room for so many messages that have so many octets, until it is dropped.
    ///
    /// # Errors
    /// [`Full`]: there is none, nothing was changed.
    pub fn room(&self, octets: u64, messages: u64) -> Result<Room, Full> {
        Room::default().and(&self.usage, octets, messages, Full::Store)
    }

    /// Whether a message of so many octets would be taken now.
    pub fn has_room(&self, octets: u64) -> bool {
        self.usage.fits(octets, 1)
    }

    /// Whether a message of so many octets would be taken now for these recipients.
    ///
    /// # Errors
    /// [`Full`]: the store, or the account of one of them.
    pub fn would_take(&self, recipients: &[Arc<str>], octets: u64) -> Result<(), Full> {
        if !self.has_room(octets) {
            return Err(Full::Store);
        }
        let fits = |recipient: &Arc<str>| match self.owner_if_there(recipient) {
            Some(account) => account.fits(octets, 1),
            // An account is made with the mail that the scenario has for it.
            None => {
                let address = without_tag(recipient).to_lowercase();
                let (own, messages) =
                    self.mail_for(&address).map(|change| change.adds()).fold((0, 0), |(o, n), (p, m)| (o + p, n + m));
                !self.is_open() || Usage::new(self.spec.quota).fits(own.saturating_add(octets), messages + 1)
            }
        };
        if recipients.iter().all(fits) { Ok(()) } else { Err(Full::Quota) }
    }

    /// Octets and messages in all mailboxes; a message in several of them has its octets once.
    pub fn taken(&self) -> (u64, u64) {
        self.usage.taken()
    }

    /// A scenario's change; `user` and `mailbox` stand in where it names none. In an open store a named account is made if need be.
    pub fn mutate(&self, mutation: &Mutation, user: Option<&str>, mailbox: Option<&str>, notes: &mut Notes) {
        let Some(user) = mutation.user.as_deref().or(user) else { return };
        let Some(account) = (if self.is_open() { self.login_as(user, notes) } else { self.account(user) }) else { return };
        let name = mutation.mailbox.as_deref().or(mailbox).unwrap_or("INBOX");
        self.apply(&account, name, &mutation.change, notes);
    }

    /// A change of a mailbox, made if need be. New mail for which there is no room does not come; a note says so.
    fn apply(&self, account: &Account, mailbox: &str, change: &Change, notes: &mut Notes) {
        let (octets, messages) = change.adds();
        let Ok(_room) = self.room(octets, messages) else {
            return notes.push(Note::Limit { name: "store".into(), dropped: octets });
        };
        if let Some(mailbox) = account.mailbox(mailbox).or_else(|| account.create(mailbox)) {
            mailbox.with(|mailbox| mailbox.apply(change, Timestamp::now(), notes));
        }
    }

    /// New mail from a scenario for every account there is.
    pub fn deliver_to_all(&self, mailbox: &str, change: &Change, notes: &mut Notes) {
        let names: Vec<Arc<str>> = self.accounts().values().map(|account| account.name().clone()).collect();
        for name in names {
            let mutation = Mutation { user: Some(name.to_string()), mailbox: Some(mailbox.to_owned()), change: change.clone() };
            self.mutate(&mutation, None, None, notes);
        }
    }

    /// Who gets mail for this address, if the account is there.
    fn owner_if_there(&self, address: &str) -> Option<Account> {
        let accounts = self.accounts();
        let address = without_tag(address).to_lowercase();
        account_names(&address).iter().find_map(|&name| accounts.get(name)).cloned()
    }

    fn owner(&self, address: &str, notes: &mut Notes) -> Option<Account> {
        let mut accounts = self.accounts();
        let address = without_tag(address).to_lowercase();
        let names = account_names(&address);
        match names.iter().find_map(|&name| accounts.get(name)) {
            Some(account) => Some(account.clone()),
            None if self.is_open() => self.make(&mut accounts, &address, None, notes),
            None => None,
        }
    }

    fn make(
        &self,
        accounts: &mut BTreeMap<String, Account>,
        name: &str,
        secret: Option<AccountSpec>,
        notes: &mut Notes,
    ) -> Option<Account> {
        if let Some(account) = accounts.get(&name.to_lowercase()) {
            return Some(account.clone());
        }
        if accounts.len() >= MOST_ACCOUNTS {
            notes.push(Note::Limit { name: "accounts".into(), dropped: 1 });
            return None;
        }
        let quota = secret.as_ref().and_then(|spec| spec.quota).unwrap_or(self.spec.quota);
        let account = Account::new(name, secret, Ledger::new(self.usage.clone(), name, quota));
        account.create("INBOX");
        let is_for = |user: &Option<String>| user.as_ref().is_none_or(|user| user.eq_ignore_ascii_case(name));
        for initial in self.spec.mailboxes.iter().filter(|mailbox| is_for(&mailbox.user)) {
            account.set_up(initial);
        }
        for mail in self.spec.mail.iter().filter(|mail| is_for(&mail.user)) {
            self.apply(&account, &mail.mailbox, &mail.change(), notes);
        }
        accounts.insert(name.to_lowercase(), account.clone());
        Some(account)
    }

    /// What an account of this name starts with.
    fn mail_for(&self, name: &str) -> impl Iterator<Item = Change> {
        let is_for = move |mail: &&InitialMail| mail.user.as_ref().is_none_or(|user| user.eq_ignore_ascii_case(name));
        self.spec.mail.iter().filter(is_for).map(InitialMail::change)
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
