//! Accounts and their mailboxes, and what SMTP took.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::address::{account_names, without_tag};
use super::{Change, Flags, MailboxRef, Mutation, Template, Transaction};
use super::{Note, Notes};

/// A server without `[[user]]` makes an account for every name that comes; more than this many are not made.
const MOST_ACCOUNTS: usize = 50_000;
/// Messages in all mailboxes together, counted as they come: an empty one has no octets, but costs memory all the same.
const MOST_MESSAGES: u64 = 2_000_000;
/// Mailboxes in one account.
const MOST_MAILBOXES: usize = 1_000;
/// UIDVALIDITY of a mailbox that starts with the server. Fixed, so that runs are alike; a mailbox made again gets the next.
const FIRST_UID_VALIDITY: u32 = 1_700_000_000;

/// A `[[user]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSpec {
    /// Login name, compared without regard to case.
    pub name: String,
    /// Password, compared octet by octet.
    pub password: String,
    /// SASL mechanisms (or `LOGIN`) that this user may use; `None` is all.
    pub mechanisms: Option<Vec<String>>,
}

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

/// What a store starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreSpec {
    /// The accounts. With none, any name with any password logs in and finds an account of its own.
    pub accounts: Vec<AccountSpec>,
    /// Mail from the start.
    pub mail: Vec<InitialMail>,
    /// Octets of mail that the store takes, from clients and from the scenario; then it is full.
    pub most_octets: u64,
}

impl Default for StoreSpec {
    fn default() -> Self {
        StoreSpec { accounts: Vec::new(), mail: Vec::new(), most_octets: 1 << 30 }
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
    /// There is no room for another account.
    #[error("no room for another account")]
    TooManyAccounts,
}

/// The store has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is full")]
pub struct Full;

/// One user's account.
#[derive(Clone, Debug)]
pub struct Account(Arc<AccountCell>);

#[derive(Debug)]
struct AccountCell {
    name: Arc<str>,
    secret: Option<AccountSpec>,
    folders: Mutex<Folders>,
}

#[derive(Debug, Default)]
struct Folders {
    mailboxes: BTreeMap<Arc<str>, MailboxRef>,
    subscribed: BTreeMap<Arc<str>, ()>,
    made: u32,
}

impl Account {
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
        let mut folders = self.folders();
        let name: Arc<str> = canonical(name).into();
        if folders.mailboxes.contains_key(&name) || folders.mailboxes.len() >= MOST_MAILBOXES {
            return None;
        }
        let mailbox = MailboxRef::new(self.0.name.clone(), name.clone(), FIRST_UID_VALIDITY + folders.made);
        folders.made += 1;
        folders.mailboxes.insert(name, mailbox.clone());
        Some(mailbox)
    }

    /// Removes a mailbox; INBOX stays (RFC 3501 section 6.3.4).
    pub fn delete(&self, name: &str) -> bool {
        canonical(name) != "INBOX" && self.folders().mailboxes.remove(canonical(name)).is_some()
    }

    /// Gives a mailbox and all below it another name (RFC 3501 section 6.3.5); UIDs and UIDVALIDITY stay. `false`, and nothing is changed, where there is no
    /// such mailbox, where a new name is taken or lies below the old one, and for INBOX, which cannot go.
    pub fn rename(&self, from: &str, to: &str) -> bool {
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
                mailbox.with(|mailbox| mailbox.name = new.clone());
                folders.mailboxes.insert(new, mailbox);
            }
        }
        true
    }

    /// Subscribes or unsubscribes a name (RFC 3501 section 6.3.6: it need not exist).
    pub fn subscribe(&self, name: &str, on: bool) {
        let mut folders = self.folders();
        if !on {
            folders.subscribed.remove(canonical(name));
        } else if folders.subscribed.len() < MOST_MAILBOXES {
            folders.subscribed.insert(canonical(name).into(), ());
        }
    }

    /// All names that are subscribed.
    pub fn subscriptions(&self) -> Vec<Arc<str>> {
        self.folders().subscribed.keys().cloned().collect()
    }

    fn folders(&self) -> MutexGuard<'_, Folders> {
        self.0.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that a server holds.
#[derive(Debug)]
pub struct Store {
    accounts: Mutex<BTreeMap<String, Account>>,
    spec: StoreSpec,
    octets: AtomicU64,
    messages: AtomicU64,
}

impl Store {
    /// A store with the accounts and the mail of a scenario; the notes say what was put where.
    pub fn new(spec: StoreSpec, notes: &mut Notes) -> Self {
        let store = Store { accounts: Mutex::default(), spec, octets: AtomicU64::new(0), messages: AtomicU64::new(0) };
        let named = store.spec.mail.iter().filter_map(|mail| mail.user.clone());
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
        if self.is_open() {
            return self.login_as(user, notes).ok_or(Denied::TooManyAccounts);
        }
        let account = self.account(user).ok_or(Denied::Credentials)?;
        let spec = account.0.secret.as_ref().ok_or(Denied::Credentials)?;
        if spec.password.as_bytes() != password {
            return Err(Denied::Credentials);
        }
        let allowed = spec.mechanisms.as_ref().is_none_or(|all| all.iter().any(|one| one.eq_ignore_ascii_case(mechanism)));
        if allowed { Ok(account) } else { Err(Denied::Mechanism) }
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
        if !self.has_room(octets) {
            return Err(Full);
        }
        let now = Timestamp::now();
        let mut inboxes: Vec<MailboxRef> = Vec::new();
        for recipient in &transaction.recipients {
            let Some(inbox) = self.owner(recipient, notes).and_then(|account| account.mailbox("INBOX")) else { continue };
            // RFC 5321 leaves it open; mail servers store one copy where two recipients are one user.
            if !inboxes.iter().any(|other| other.same(&inbox)) {
                inboxes.push(inbox);
            }
        }
        self.reserve(octets, inboxes.len() as u64)?;
        for inbox in inboxes {
            inbox.with(|mailbox| mailbox.append(transaction.message.clone(), Flags::default(), now, notes));
        }
        Ok(())
    }

    /// Makes room for so many messages that have so many octets (none where they are shared: COPY).
    ///
    /// # Errors
    /// [`Full`]: there is none, nothing was changed.
    pub fn reserve(&self, octets: u64, messages: u64) -> Result<(), Full> {
        add(&self.octets, octets, self.spec.most_octets)?;
        add(&self.messages, messages, MOST_MESSAGES).inspect_err(|_| subtract(&self.octets, octets))
    }

    /// Gives back what was reserved for messages that did not come after all.
    pub fn release(&self, octets: u64, messages: u64) {
        subtract(&self.octets, octets);
        subtract(&self.messages, messages);
    }

    /// Whether a message of so many octets would be taken now.
    pub fn has_room(&self, octets: u64) -> bool {
        self.octets.load(Ordering::Acquire).checked_add(octets).is_some_and(|sum| sum <= self.spec.most_octets)
            && self.messages.load(Ordering::Acquire) < MOST_MESSAGES
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
        if self.reserve(octets, messages).is_err() {
            return notes.push(Note::Limit { name: "store".into(), dropped: octets });
        }
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
        let account = Account(Arc::new(AccountCell { name: name.into(), secret, folders: Mutex::default() }));
        account.create("INBOX");
        for mail in &self.spec.mail {
            if mail.user.as_ref().is_some_and(|user| !user.eq_ignore_ascii_case(name)) {
                continue;
            }
            let change = Change::Deliver { template: mail.template.clone(), count: mail.count, flags: mail.flags.clone() };
            self.apply(&account, &mail.mailbox, &change, notes);
        }
        accounts.insert(name.to_lowercase(), account.clone());
        Some(account)
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(count: &AtomicU64, more: u64, most: u64) -> Result<(), Full> {
    let sum = |used: u64| used.checked_add(more).filter(|&sum| sum <= most);
    count.fetch_update(Ordering::AcqRel, Ordering::Acquire, sum).map(drop).map_err(|_| Full)
}

fn subtract(count: &AtomicU64, less: u64) {
    let _ = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| Some(used.saturating_sub(less)));
}

/// RFC 3501 section 5.1: INBOX in any case is INBOX.
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Message;

    fn user(name: &str) -> AccountSpec {
        AccountSpec { name: name.into(), password: "secret".into(), mechanisms: None }
    }

    fn transaction(recipients: &[&str]) -> Transaction {
        Transaction {
            sender: "a@b.test".into(),
            recipients: recipients.iter().map(|&address| address.into()).collect(),
            user: None,
            helo: "client.test".into(),
            body: Default::default(),
            utf8: false,
            message: Arc::new(Message::new("Subject: x\r\n\r\nhello\r\n".into())),
        }
    }

    fn count(store: &Store, user: &str) -> Option<usize> {
        Some(store.account(user)?.mailbox("inbox")?.with(|mailbox| mailbox.entries.len()))
    }

    #[test]
    fn an_open_store_makes_an_account_for_whoever_comes() {
        let store = Store::new(StoreSpec::default(), &mut Vec::new());
        store.receive(&transaction(&["Bob+tag@a.test"]), &mut Vec::new()).unwrap();
        assert_eq!(count(&store, "bob@a.test"), Some(1));
        assert!(store.login("anyone", b"anything", "PLAIN", &mut Vec::new()).is_ok());
        let bob = store.login("Bob", b"anything", "PLAIN", &mut Vec::new()).unwrap();
        assert_eq!(bob.name().as_ref(), "bob@a.test", "whom the mail came for before");
        store.login("eve", b"anything", "PLAIN", &mut Vec::new()).unwrap();
        store.receive(&transaction(&["eve@a.test"]), &mut Vec::new()).unwrap();
        assert_eq!(count(&store, "eve"), Some(1));
        let eve = store.login("Eve@a.test", b"anything", "PLAIN", &mut Vec::new()).unwrap();
        assert_eq!(eve.name().as_ref(), "eve", "who took the mail for that address");
    }

    #[test]
    fn mail_finds_the_user_by_address_or_by_local_part_once() {
        let spec = StoreSpec { accounts: vec![user("bob"), user("eve@a.test")], ..StoreSpec::default() };
        let store = Store::new(spec, &mut Vec::new());
        store.receive(&transaction(&["bob+x@a.test", "BOB@b.test", "eve@a.test", "nobody@c.test"]), &mut Vec::new()).unwrap();
        assert_eq!((count(&store, "bob"), count(&store, "eve@a.test"), count(&store, "nobody")), (Some(1), Some(1), None));
    }

    #[test]
    fn a_wrong_password_and_an_unknown_user_look_alike() {
        let store = Store::new(StoreSpec { accounts: vec![user("bob")], ..StoreSpec::default() }, &mut Vec::new());
        assert!(store.login("BOB", b"secret", "LOGIN", &mut Vec::new()).is_ok());
        assert_eq!(store.login("bob", b"Secret", "LOGIN", &mut Vec::new()).unwrap_err(), Denied::Credentials);
        assert_eq!(store.login("eve", b"secret", "LOGIN", &mut Vec::new()).unwrap_err(), Denied::Credentials);
    }

    #[test]
    fn a_full_store_says_so_and_stores_nothing() {
        let store = Store::new(StoreSpec { most_octets: 30, ..StoreSpec::default() }, &mut Vec::new());
        assert!(store.has_room(30) && !store.has_room(31));
        store.receive(&transaction(&["bob"]), &mut Vec::new()).unwrap();
        assert_eq!(store.receive(&transaction(&["bob"]), &mut Vec::new()), Err(Full));
        assert_eq!(count(&store, "bob"), Some(1));
    }

    #[test]
    fn messages_are_counted_though_they_are_empty() {
        let store = Store::new(StoreSpec::default(), &mut Vec::new());
        let empty = Transaction { message: Arc::new(Message::new("".into())), ..transaction(&["bob", "eve"]) };
        store.reserve(0, MOST_MESSAGES - 1).unwrap();
        assert_eq!(store.receive(&empty, &mut Vec::new()), Err(Full));
        store.release(0, 1);
        assert_eq!(store.receive(&empty, &mut Vec::new()), Ok(()));
        assert!(!store.has_room(0));
    }

    #[test]
    fn mail_of_the_scenario_finds_the_store_full_like_any_other() {
        let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: Some(1000) };
        let mail = InitialMail { user: None, mailbox: "INBOX".into(), template: template.clone(), count: 2, flags: vec![] };
        let store = Store::new(StoreSpec { mail: vec![mail], most_octets: 5_000, ..StoreSpec::default() }, &mut Vec::new());
        let mut notes = Vec::new();
        for user in ["bob", "eve", "joe"] {
            store.login(user, b"", "PLAIN", &mut notes).unwrap();
        }
        assert_eq!([count(&store, "bob"), count(&store, "eve"), count(&store, "joe")], [Some(2), Some(2), Some(0)]);
        let limits = |notes: &Notes| notes.iter().filter(|note| matches!(note, Note::Limit { .. })).count();
        assert_eq!(limits(&notes), 1);
        let change = Change::Deliver { template, count: 1, flags: vec![] };
        for _ in 0..3 {
            store.mutate(&Mutation { user: Some("bob".into()), mailbox: None, change: change.clone() }, None, None, &mut notes);
        }
        assert_eq!((count(&store, "bob"), limits(&notes)), (Some(3), 3));
    }

    #[test]
    fn a_mailbox_takes_those_below_it_along_when_it_is_renamed() {
        let store = Store::new(StoreSpec::default(), &mut Vec::new());
        let account = store.login("bob", b"", "PLAIN", &mut Vec::new()).unwrap();
        for name in ["a", "a/b", "ab", "c"] {
            account.create(name);
        }
        let validity = |name: &str| account.mailbox(name).map(|mailbox| mailbox.with(|mailbox| mailbox.uid_validity));
        let before = validity("a/b");
        assert!(account.rename("a", "x"));
        assert_eq!(validity("x/b"), before);
        assert_eq!(account.mailbox("x").unwrap().with(|mailbox| mailbox.name.clone()), "x".into());
        for (from, to) in [("a", "y"), ("x", "c"), ("x", "x/y"), ("inbox", "y")] {
            assert!(!account.rename(from, to), "{from} {to}");
        }
        let names: Vec<String> = account.mailbox_names().iter().map(|name| name.to_string()).collect();
        assert_eq!(names, ["INBOX", "ab", "c", "x", "x/b"]);
    }

    #[test]
    fn initial_mail_is_there_for_its_user_or_for_everyone() {
        let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
        let mail = |user: Option<&str>| InitialMail {
            user: user.map(str::to_owned),
            mailbox: "INBOX".into(),
            template: template.clone(),
            count: 2,
            flags: vec![],
        };
        let spec = StoreSpec { mail: vec![mail(None), mail(Some("eve"))], ..StoreSpec::default() };
        let store = Store::new(spec, &mut Vec::new());
        store.login("bob", b"", "PLAIN", &mut Vec::new()).unwrap();
        assert_eq!((count(&store, "bob"), count(&store, "eve")), (Some(2), Some(4)));
    }
}
