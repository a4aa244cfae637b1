//! A mailbox: the truth about its messages, apart from what any session has been told.

mod flags;
mod shared;

use std::sync::{Arc, OnceLock, Weak};

use jiff::Timestamp;

pub use flags::{FlagUpdate, Flags};
pub use shared::MailboxRef;

use super::keywords::Keywords;
use super::log::Log;
use super::room::{Held, Ledger};
use super::{Change, InternalDate, Message, Note, Notes, SequenceRange, Signal, Template};

/// How many expunged UIDs are remembered for sessions that have not been told yet.
const EXPUNGED_KEPT: usize = 100_000;
/// How many changes of flags: who has been told less compares every message.
const FLAGGED_KEPT: usize = 10_000;

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

#[cfg(test)]
mod tests;
