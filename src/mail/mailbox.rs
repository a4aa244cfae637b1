//! A mailbox: the truth about its messages, apart from what any session has been told.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use jiff::Timestamp;

use super::keywords::Keywords;
use super::log::Log;
use super::room::{Held, Ledger, Quota, Room, Usage};
use super::{Change, Full, InternalDate, Message, SequenceRange, Signal, Template};
use super::{Note, Notes};

/// How many expunged UIDs are remembered for sessions that have not been told yet.
const EXPUNGED_KEPT: usize = 100_000;
/// How many changes of flags: who has been told less compares every message.
const FLAGGED_KEPT: usize = 10_000;

/// The flags of one message: system flags as bits, keywords as names (RFC 3501 section 2.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// [`Flags::SEEN`] and its like.
    pub system: u8,
    /// Keywords as first spelt, compared without regard to case, in the order of setting.
    pub keywords: Vec<Arc<str>>,
}

impl Flags {
    /// `\Seen`
    pub const SEEN: u8 = 1;
    /// `\Answered`
    pub const ANSWERED: u8 = 2;
    /// `\Flagged`
    pub const FLAGGED: u8 = 4;
    /// `\Deleted`
    pub const DELETED: u8 = 8;
    /// `\Draft`
    pub const DRAFT: u8 = 16;
    /// The system flags by name.
    pub const SYSTEM: [(&'static str, u8); 5] = [
        ("\\Answered", Flags::ANSWERED),
        ("\\Flagged", Flags::FLAGGED),
        ("\\Deleted", Flags::DELETED),
        ("\\Seen", Flags::SEEN),
        ("\\Draft", Flags::DRAFT),
    ];
    /// More keywords than this on one message are not kept.
    pub const MOST_KEYWORDS: usize = 64;
    /// Longer keywords, in octets, are not kept: each message has its own copy.
    pub const LONGEST_KEYWORD: usize = 100;

    /// From names in any case; an unknown `\` flag is ignored, as is a keyword too many or too long.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Flags {
        let mut flags = Flags::default();
        for name in names {
            flags.set(name, true);
        }
        flags
    }

    /// Sets or clears one flag; the answer says whether that changed anything.
    pub fn set(&mut self, name: &str, on: bool) -> bool {
        if let Some(&(_, bit)) = Flags::SYSTEM.iter().find(|(system, _)| system.eq_ignore_ascii_case(name)) {
            let before = self.system;
            self.system = if on { before | bit } else { before & !bit };
            return self.system != before;
        }
        if name.starts_with('\\') || name.len() > Flags::LONGEST_KEYWORD {
            return false;
        }
        let place = self.keywords.iter().position(|keyword| keyword.eq_ignore_ascii_case(name));
        match (place, on) {
            (None, true) if self.keywords.len() < Flags::MOST_KEYWORDS => self.keywords.push(name.into()),
            (Some(place), false) => drop(self.keywords.remove(place)),
            _ => return false,
        }
        true
    }

    /// Whether the flag or keyword is set.
    pub fn has(&self, name: &str) -> bool {
        match Flags::SYSTEM.iter().find(|(system, _)| system.eq_ignore_ascii_case(name)) {
            Some((_, bit)) => self.system & bit != 0,
            None => self.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(name)),
        }
    }

    /// All names, in a fixed order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let system = Flags::SYSTEM.iter().filter(|(_, bit)| self.system & bit != 0).map(|(name, _)| *name);
        system.chain(self.keywords.iter().map(|keyword| &**keyword))
    }

    /// All names with a space between.
    pub fn joined(&self) -> String {
        let mut names = self.names();
        let mut joined = String::from(names.next().unwrap_or_default());
        for name in names {
            joined.push(' ');
            joined.push_str(name);
        }
        joined
    }
}

/// How STORE changes flags (RFC 3501 section 6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagUpdate {
    /// `FLAGS`
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

/// One message in a mailbox.
#[derive(Clone, Debug)]
pub struct Entry {
    /// RFC 3501 section 2.3.1.1; ascending in a mailbox.
    pub uid: u32,
    /// Its flags.
    pub flags: Flags,
    /// No session has been told of it yet (`\Recent`).
    pub recent: bool,
    /// RFC 7162: the value of the mailbox's counter when this entry last changed.
    pub modseq: u64,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// The message.
    pub message: Arc<Message>,
    /// The room that it takes; none in an entry that is in no mailbox.
    pub held: Held,
}

/// The messages of a mailbox and its counters.
#[derive(Debug)]
pub struct Mailbox {
    /// Account that it belongs to.
    pub user: Arc<str>,
    /// Its name in UTF-8, `INBOX` in capitals, `/` as the separator.
    pub name: Arc<str>,
    /// RFC 3501 section 2.3.1.1.
    pub uid_validity: u32,
    /// The next UID to be given.
    pub uid_next: u32,
    /// What clients are told of `uid_next`, where that is not so.
    uid_next_told: Option<u32>,
    /// UIDs that were given before they started from 1 again: messages of scenarios are numbered on, and are never taken for each other.
    uids_before: u64,
    /// The counter of changes; every change takes the next value.
    pub highest_modseq: u64,
    /// By ascending UID; the index is the true sequence number less one.
    pub entries: Vec<Entry>,
    /// What was expunged lately.
    expunged: Log,
    /// Whose flags changed lately; a UID may stand there more than once.
    flagged: Log,
    generation: u64,
    keywords: Keywords,
    /// What it is for (RFC 6154), as in [`SPECIAL_USES`](super::SPECIAL_USES).
    pub special_use: Vec<&'static str>,
    /// No other mailbox of its account has had it.
    number: u32,
    deleted: bool,
    ledger: Arc<Ledger>,
    /// The UIDs of `entries`, once somebody has asked.
    uids: OnceLock<Arc<[u32]>>,
    watchers: Vec<Weak<Signal>>,
    changed: bool,
}

impl Mailbox {
    /// Adds a message and gives it the next UID.
    pub fn append(
        &mut self,
        message: Arc<Message>,
        flags: Flags,
        internal_date: impl Into<InternalDate>,
        notes: &mut Notes,
    ) -> u32 {
        let internal_date = internal_date.into();
        let uid = self.uid_next;
        // RFC 3501 wants a new UIDVALIDITY before UIDs run out; four thousand million messages do not fit in the store.
        self.uid_next = uid.saturating_add(1);
        self.uid_next_told = None;
        let modseq = self.touch();
        notes.push(Note::Delivered {
            user: self.user.clone(),
            mailbox: self.name.clone(),
            uid,
            seen: flags.system & Flags::SEEN != 0,
        });
        self.uids.take();
        self.keywords.note(&flags);
        let held = Held::new(&self.ledger, &message);
        self.entries.push(Entry { uid, flags, recent: true, modseq, internal_date, message, held });
        uid
    }

    /// MAILBOXID (RFC 8474 section 4): the same whatever its name, the same in every run in which the account's mailboxes are made in the same order.
    pub fn id(&self) -> String {
        self.ledger.mailbox_id(self.number)
    }

    /// DELETE: it is in no account any more, and its messages are gone. Who has it selected holds an empty one.
    pub(super) fn delete(&mut self, notes: &mut Notes) {
        self.deleted = true;
        self.uids.take();
        for entry in std::mem::take(&mut self.entries) {
            notes.push(Note::Expunged { user: self.user.clone(), mailbox: self.name.clone(), uid: entry.uid });
        }
        self.begin_anew();
    }

    /// RENAME. To whoever follows messages by their places, each of them goes from one to another.
    pub(super) fn rename(&mut self, name: Arc<str>, notes: &mut Notes) {
        let old = std::mem::replace(&mut self.name, name);
        for entry in &self.entries {
            let (user, mailbox, uid) = (&self.user, &self.name, entry.uid);
            let seen = entry.flags.system & Flags::SEEN != 0;
            notes.push(Note::Delivered { user: user.clone(), mailbox: mailbox.clone(), uid, seen });
            let (from, from_uid) = (old.clone(), uid);
            notes.push(Note::Copied { user: user.clone(), mailbox: mailbox.clone(), uid, from, from_uid, moved: false });
            notes.push(Note::Expunged { user: user.clone(), mailbox: old.clone(), uid });
        }
    }

    /// It was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// Another UIDVALIDITY: this one, or one that no mailbox of the account has had.
    pub fn set_uid_validity(&mut self, value: Option<u32>) {
        self.uid_validity = value.unwrap_or_else(|| self.ledger.next_uid_validity());
        self.ledger.note_uid_validity(self.uid_validity);
        self.touch();
    }

    /// UIDNEXT as clients are told (RFC 3501 section 2.3.1.1): the next UID to be given, unless a scenario has it otherwise.
    pub fn uid_next_told(&self) -> u32 {
        self.uid_next_told.unwrap_or(self.uid_next)
    }

    /// As long as this is the same, a UID means the same message.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The keywords of its messages.
    pub fn keywords(&self) -> &Keywords {
        &self.keywords
    }

    /// All UIDs, ascending; whoever asks before the next message comes or goes gets the same list.
    pub fn uids(&self) -> Arc<[u32]> {
        let uids = || self.entries.iter().map(|entry| entry.uid);
        let known = self.uids.get_or_init(|| uids().collect());
        debug_assert!(known.iter().copied().eq(uids()), "whoever changes the messages forgets the list");
        known.clone()
    }

    /// The place of a UID in `entries`.
    pub fn position(&self, uid: u32) -> Option<usize> {
        // Where no message has gone, its number says it.
        let first = self.entries.first()?.uid;
        let near = usize::try_from(uid.checked_sub(first)?).ok()?;
        match self.entries.get(near) {
            Some(entry) if entry.uid == uid => Some(near),
            _ => self.entries.binary_search_by_key(&uid, |entry| entry.uid).ok(),
        }
    }

    /// The entry with this UID.
    pub fn entry(&self, uid: u32) -> Option<&Entry> {
        self.position(uid).map(|place| &self.entries[place])
    }

    /// The entry with this UID, found at once where its number is what somebody believes it to be.
    pub fn entry_near(&self, number: u32, uid: u32) -> Option<&Entry> {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let near = place.and_then(|place| self.entries.get(place)).filter(|entry| entry.uid == uid);
        near.or_else(|| self.entry(uid))
    }

    /// Changes flags of one message; the answer says whether anything changed (then its modseq is new). No such UID: `false`.
    pub fn update_flags<'a>(
        &mut self,
        uid: u32,
        update: FlagUpdate,
        names: impl IntoIterator<Item = &'a str>,
        notes: &mut Notes,
    ) -> bool {
        let Some(place) = self.position(uid) else { return false };
        let mut flags = self.entries[place].flags.clone();
        match update {
            FlagUpdate::Replace => flags = Flags::from_names(names),
            FlagUpdate::Add | FlagUpdate::Remove => {
                for name in names {
                    flags.set(name, update == FlagUpdate::Add);
                }
            }
        }
        if flags == self.entries[place].flags {
            return false;
        }
        let modseq = self.touch();
        self.keywords.note(&flags);
        self.flagged.push(modseq, uid);
        notes.push(Note::Flags {
            user: self.user.clone(),
            mailbox: self.name.clone(),
            uid,
            flags: flags.joined().into_boxed_str(),
        });
        let entry = &mut self.entries[place];
        entry.flags = flags;
        entry.modseq = modseq;
        true
    }

    /// Removes these messages; UIDs that are not there are passed over. The answer is how many went.
    pub fn expunge(&mut self, uids: &[u32], notes: &mut Notes) -> usize {
        let mut sorted = uids.to_vec();
        sorted.sort_unstable();
        self.uids.take();
        let before = self.entries.len();
        let mut gone = Vec::new();
        self.entries.retain(|entry| {
            let goes = sorted.binary_search(&entry.uid).is_ok();
            if goes {
                gone.push(entry.uid);
            }
            !goes
        });
        for uid in gone {
            let modseq = self.touch();
            self.expunged.push(modseq, uid);
            notes.push(Note::Expunged { user: self.user.clone(), mailbox: self.name.clone(), uid });
        }
        before - self.entries.len()
    }

    /// UIDs that were expunged after this change of the mailbox, ascending; `None` where some of them are forgotten.
    pub fn expunged_since(&self, modseq: u64) -> Option<Vec<u32>> {
        self.expunged.since(modseq).map(|uids| sorted(uids.collect()))
    }

    /// UIDs that were expunged, or whose flags changed, after this change of the mailbox, ascending; `None` where some of them are forgotten.
    pub fn changed_since(&self, modseq: u64) -> Option<Vec<u32>> {
        let (expunged, flagged) = (self.expunged.since(modseq)?, self.flagged.since(modseq)?);
        Some(sorted(expunged.chain(flagged).collect()))
    }

    /// The mailbox remembers only so many expunges, and changes of flags.
    #[cfg(test)]
    pub fn remember(&mut self, most: usize) {
        self.expunged.limit(most);
        self.flagged.limit(most);
    }

    /// The UIDs at these true sequence numbers.
    pub fn uids_at(&self, ranges: &[SequenceRange]) -> Vec<u32> {
        let last = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let chosen = |n: u32| ranges.iter().any(|&(from, to)| n >= from && n <= to.unwrap_or(last));
        self.entries.iter().zip(1..).filter(|&(_, n)| chosen(n)).map(|(entry, _)| entry.uid).collect()
    }

    /// A scenario's change. `user` fills `To:` of new mail; the date is that of the delivery.
    pub fn apply(&mut self, change: &Change, now: Timestamp, notes: &mut Notes) {
        match change {
            Change::Deliver { template, count, flags } => {
                for _ in 0..*count {
                    let number = self.uids_before + u64::from(self.uid_next);
                    let message = match template {
                        Template::Raw(raw) => Message::shared(raw.clone()),
                        Template::Parts { .. } => Message::new(template.render(number, &self.user)),
                    };
                    let flags = Flags::from_names(flags.iter().map(String::as_str));
                    self.append(Arc::new(message), flags, now, notes);
                }
            }
            Change::Expunge(ranges) => {
                let uids = self.uids_at(ranges);
                self.expunge(&uids, notes);
            }
            Change::Flags(change) => {
                for uid in self.uids_at(&change.messages) {
                    self.update_flags(uid, FlagUpdate::Add, change.add.iter().map(String::as_str), notes);
                    self.update_flags(uid, FlagUpdate::Remove, change.remove.iter().map(String::as_str), notes);
                }
            }
            Change::UidValidity(value) => {
                self.number_anew(notes);
                self.set_uid_validity(*value);
            }
            // No message has changed, so there is nothing to tell.
            Change::UidNext(value) => self.uid_next_told = Some((*value).max(1)),
        }
    }

    /// Gives UIDs from 1 again, as a mailbox has that was made anew. To a session that has it open, messages whose UID changes are gone and new ones there.
    fn number_anew(&mut self, notes: &mut Notes) {
        self.uids.take();
        for (place, uid) in (0..self.entries.len()).zip(1..) {
            let old = self.entries[place].uid;
            if old == uid {
                continue;
            }
            let modseq = self.touch();
            let entry = &mut self.entries[place];
            (entry.uid, entry.modseq) = (uid, modseq);
            let seen = entry.flags.system & Flags::SEEN != 0;
            let (user, mailbox) = (&self.user, &self.name);
            notes.push(Note::Delivered { user: user.clone(), mailbox: mailbox.clone(), uid, seen });
            let (from, from_uid) = (mailbox.clone(), old);
            notes.push(Note::Copied { user: user.clone(), mailbox: mailbox.clone(), uid, from, from_uid, moved: true });
            notes.push(Note::Expunged { user: user.clone(), mailbox: mailbox.clone(), uid: old });
        }
        let before = u64::from(self.uid_next);
        let uid_next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.uids_before += before.saturating_sub(u64::from(uid_next));
        self.uid_next_told = None;
        // Messages without a gap keep their UIDs; but a UID of one that is gone may be given again.
        if self.uid_next != uid_next {
            self.uid_next = uid_next;
            self.begin_anew();
        }
    }

    /// From now on a UID may mean another message than it did before: who knows some knows none of those that are here now.
    fn begin_anew(&mut self) {
        let modseq = self.touch();
        self.generation += 1;
        self.expunged.forget(modseq);
        self.flagged.forget(modseq);
    }

    fn touch(&mut self) -> u64 {
        self.highest_modseq += 1;
        self.changed = true;
        self.highest_modseq
    }
}

fn sorted(mut uids: Vec<u32>) -> Vec<u32> {
    uids.sort_unstable();
    uids.dedup();
    uids
}

/// A mailbox that sessions share.
#[derive(Clone, Debug)]
pub struct MailboxRef(Arc<Mutex<Mailbox>>);

impl MailboxRef {
    /// An empty one, in no account.
    pub fn new(user: Arc<str>, name: Arc<str>, uid_validity: u32) -> Self {
        let store = Arc::new(Usage::new(Quota::default()));
        let ledger = Arc::new(Ledger::new(store, &user, Quota::default()));
        ledger.start_at(uid_validity);
        MailboxRef::in_account(user, name, uid_validity, 0, ledger)
    }

    pub(super) fn in_account(user: Arc<str>, name: Arc<str>, uid_validity: u32, number: u32, ledger: Arc<Ledger>) -> Self {
        MailboxRef(Arc::new(Mutex::new(Mailbox {
            user,
            name,
            uid_validity,
            uid_next: 1,
            uid_next_told: None,
            uids_before: 0,
            highest_modseq: 1,
            entries: Vec::new(),
            expunged: Log::new(EXPUNGED_KEPT),
            flagged: Log::new(FLAGGED_KEPT),
            generation: 0,
            keywords: Keywords::default(),
            special_use: Vec::new(),
            number,
            deleted: false,
            ledger,
            uids: OnceLock::new(),
            watchers: Vec::new(),
            changed: false,
        })))
    }

    /// Lets `work` see and change the mailbox; when it has changed, every session that watches is woken after the lock is released.
    pub fn with<R>(&self, work: impl FnOnce(&mut Mailbox) -> R) -> R {
        let mut mailbox = self.lock();
        mailbox.changed = false;
        let result = work(&mut mailbox);
        let mut wake = Vec::new();
        if mailbox.changed && !mailbox.watchers.is_empty() {
            mailbox.watchers.retain(|watcher| match watcher.upgrade() {
                Some(signal) => {
                    wake.push(signal);
                    true
                }
                None => false,
            });
        }
        drop(mailbox);
        for signal in wake {
            signal.raise(Signal::MAILBOX);
        }
        result
    }

    /// From now on this signal is raised at every change, until it is dropped or unwatched.
    pub fn watch(&self, signal: &Arc<Signal>) {
        let mut mailbox = self.lock();
        mailbox.watchers.retain(|watcher| watcher.strong_count() > 0);
        mailbox.watchers.push(Arc::downgrade(signal));
    }

    /// The signal is no longer raised.
    pub fn unwatch(&self, signal: &Arc<Signal>) {
        self.lock().watchers.retain(|watcher| watcher.strong_count() > 0 && !std::ptr::eq(watcher.as_ptr(), Arc::as_ptr(signal)));
    }

    /// Keeps room for these messages until they are appended, or not: in the store, where those that it has take none, and in the account, where all do.
    ///
    /// # Errors
    /// [`Full`]: there is none.
    pub fn room<'a>(&self, messages: impl IntoIterator<Item = &'a Arc<Message>>) -> Result<Room, Full> {
        let ledger = self.lock().ledger.clone();
        Room::for_messages(&ledger, messages)
    }

    /// Whether both are the same mailbox.
    pub fn same(&self, other: &MailboxRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn lock(&self) -> MutexGuard<'_, Mailbox> {
        // A poisoned lock means a panic elsewhere; every change above leaves the mailbox whole at each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> MailboxRef {
        MailboxRef::new("bob".into(), "INBOX".into(), 7)
    }

    fn fill(mailbox: &MailboxRef, count: u32) {
        let template = super::super::Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
        let change = Change::Deliver { template, count, flags: vec![] };
        mailbox.with(|mailbox| mailbox.apply(&change, Timestamp::UNIX_EPOCH, &mut Vec::new()));
    }

    #[test]
    fn uids_grow_and_are_never_given_twice() {
        let mailbox = mailbox();
        fill(&mailbox, 3);
        mailbox.with(|mailbox| {
            assert_eq!(mailbox.expunge(&[3, 9], &mut Vec::new()), 1);
            assert_eq!(mailbox.uid_next, 4);
        });
        fill(&mailbox, 1);
        mailbox.with(|mailbox| assert_eq!(mailbox.uids_at(&[(1, None)]), [1, 2, 4]));
    }

    #[test]
    fn a_mailbox_made_anew_gives_uids_from_1_and_tells_which_was_which() {
        let mailbox = mailbox();
        fill(&mailbox, 4);
        let mut notes = Vec::new();
        mailbox.with(|mailbox| {
            mailbox.expunge(&[1, 3], &mut Vec::new());
            mailbox.apply(&Change::UidValidity(None), Timestamp::UNIX_EPOCH, &mut notes);
            assert_eq!((mailbox.uids_at(&[(1, None)]), mailbox.uid_next, mailbox.uid_validity), (vec![1, 2], 3, 8));
        });
        fill(&mailbox, 1);
        let id =
            mailbox.with(|mailbox| mailbox.entries.last().and_then(|entry| entry.message.message_id().map(|id| id.to_string())));
        assert_eq!(id.as_deref(), Some("<5.bob.at.mailfault.test@mailfault.test>"));
        let moves = notes.iter().filter_map(|note| match note {
            Note::Copied { uid, from_uid, moved: true, .. } => Some((*from_uid, *uid)),
            _ => None,
        });
        assert_eq!(moves.collect::<Vec<_>>(), [(2, 1), (4, 2)]);
    }

    #[test]
    fn a_uidnext_that_goes_back_is_told_until_the_next_message_and_gives_no_uid_twice() {
        let mailbox = mailbox();
        fill(&mailbox, 3);
        mailbox.with(|mailbox| {
            mailbox.apply(&Change::UidNext(2), Timestamp::UNIX_EPOCH, &mut Vec::new());
            assert_eq!((mailbox.uid_next_told(), mailbox.uid_next), (2, 4));
        });
        fill(&mailbox, 1);
        mailbox.with(|mailbox| {
            assert_eq!(mailbox.uids_at(&[(1, None)]), [1, 2, 3, 4]);
            assert_eq!(mailbox.uid_next_told(), 5);
        });
    }

    #[test]
    fn flags_know_system_names_in_any_case_and_keep_a_keywords_first_spelling() {
        let mut flags = Flags::from_names(["\\SEEN", "$Work"]);
        assert!(flags.has("\\Seen") && flags.has("$work"));
        assert!(!flags.set("$WORK", true));
        assert_eq!(flags.joined(), "\\Seen $Work");
        assert!(!flags.set("\\Unknown", true));
    }

    #[test]
    fn every_watcher_is_woken_by_a_change_and_by_nothing_else() {
        let mailbox = mailbox();
        let signal = Arc::new(Signal::default());
        mailbox.watch(&signal);
        mailbox.with(|_| ());
        assert_eq!(signal.take(std::task::Waker::noop()), 0);
        fill(&mailbox, 1);
        assert_eq!(signal.take(std::task::Waker::noop()), Signal::MAILBOX);
        mailbox.unwatch(&signal);
        fill(&mailbox, 1);
        assert_eq!(signal.take(std::task::Waker::noop()), 0);
    }

    #[test]
    fn what_changed_is_known_as_far_back_as_it_is_remembered() {
        let mailbox = mailbox();
        fill(&mailbox, 4);
        mailbox.with(|mailbox| {
            let start = mailbox.highest_modseq;
            for name in ["a", "b"] {
                mailbox.update_flags(2, FlagUpdate::Add, [name], &mut Vec::new());
            }
            mailbox.expunge(&[4, 1], &mut Vec::new());
            assert_eq!(mailbox.changed_since(start), Some(vec![1, 2, 4]));
            assert_eq!(mailbox.changed_since(start + 3), Some(vec![4]));
            assert_eq!(mailbox.expunged_since(start), Some(vec![1, 4]));
            mailbox.remember(1);
            assert_eq!((mailbox.changed_since(start + 2), mailbox.expunged_since(start + 2)), (None, None));
            assert_eq!(mailbox.expunged_since(start + 3), Some(vec![4]));
        });
    }

    #[test]
    fn notes_tell_what_happened() {
        let mailbox = mailbox();
        fill(&mailbox, 2);
        let mut notes = Vec::new();
        mailbox.with(|mailbox| {
            assert!(mailbox.update_flags(2, FlagUpdate::Add, ["\\Seen"], &mut notes));
            assert!(!mailbox.update_flags(2, FlagUpdate::Add, ["\\seen"], &mut notes));
            mailbox.expunge(&[1], &mut notes);
        });
        assert!(matches!(&notes[..], [Note::Flags { uid: 2, .. }, Note::Expunged { uid: 1, .. }]), "{notes:?}");
    }
}
