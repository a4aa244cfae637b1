//! What mail takes of a store and of an account's quota, and that it gives all of it back: whoever takes holds a guard.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{Fnv, Message};

/// UIDVALIDITY of an account's first mailbox. Fixed, so that runs are alike; each mailbox that is made gets the next.
const FIRST_UID_VALIDITY: u32 = 1_700_000_000;
/// No limit.
const NONE: u64 = u64::MAX;

/// Limits of an account (RFC 9208 section 5); `None` is none but the store's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// STORAGE, in octets.
    pub octets: Option<u64>,
    /// MESSAGE.
    pub messages: Option<u64>,
}

/// There is no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// In the whole store.
    #[error("the store is full")]
    Store,
    /// In the account.
    #[error("the account is over its quota")]
    Quota,
}

impl Full {
    /// What ran out, as notes call it.
    pub fn name(self) -> &'static str {
        match self {
            Full::Store => "store",
            Full::Quota => "quota",
        }
    }
}

/// Octets and messages that are taken, and the most that may be.
#[derive(Debug)]
pub(super) struct Usage {
    octets: AtomicU64,
    messages: AtomicU64,
    most_octets: AtomicU64,
    most_messages: AtomicU64,
}

impl Usage {
    pub(super) fn new(quota: Quota) -> Self {
        let usage = Usage {
            octets: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            most_octets: AtomicU64::new(NONE),
            most_messages: AtomicU64::new(NONE),
        };
        usage.limit(quota);
        usage
    }

    pub(super) fn limit(&self, quota: Quota) {
        self.most_octets.store(quota.octets.unwrap_or(NONE), Ordering::Release);
        self.most_messages.store(quota.messages.unwrap_or(NONE), Ordering::Release);
    }

    pub(super) fn quota(&self) -> Quota {
        let some = |most: &AtomicU64| Some(most.load(Ordering::Acquire)).filter(|&most| most != NONE);
        Quota { octets: some(&self.most_octets), messages: some(&self.most_messages) }
    }

    /// Octets and messages.
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.octets.load(Ordering::Acquire), self.messages.load(Ordering::Acquire))
    }

    /// Whether so much more would be within the limits. Who is over a limit may still do what takes nothing of it.
    pub(super) fn fits(&self, octets: u64, messages: u64) -> bool {
        let fits = |used: &AtomicU64, more: u64, most: &AtomicU64| {
            let sum = used.load(Ordering::Acquire).checked_add(more);
            more == 0 || sum.is_some_and(|sum| sum <= most.load(Ordering::Acquire))
        };
        fits(&self.octets, octets, &self.most_octets) && fits(&self.messages, messages, &self.most_messages)
    }

    /// Of two that ask at once for what is left for one, one gets it.
    fn take_if_it_fits(&self, octets: u64, messages: u64) -> bool {
        let take = |used: &AtomicU64, more: u64, most: &AtomicU64| {
            let most = most.load(Ordering::Acquire);
            let sum = |used: u64| used.checked_add(more).filter(|&sum| more == 0 || sum <= most);
            used.fetch_update(Ordering::AcqRel, Ordering::Acquire, sum).is_ok()
        };
        if !take(&self.octets, octets, &self.most_octets) {
            return false;
        }
        let both = take(&self.messages, messages, &self.most_messages);
        if !both {
            self.give_back(octets, 0);
        }
        both
    }

    fn take(&self, octets: u64, messages: u64) {
        self.octets.fetch_add(octets, Ordering::AcqRel);
        self.messages.fetch_add(messages, Ordering::AcqRel);
    }

    /// Only what was taken is given back: both are called by guards.
    fn give_back(&self, octets: u64, messages: u64) {
        self.octets.fetch_sub(octets, Ordering::AcqRel);
        self.messages.fetch_sub(messages, Ordering::AcqRel);
    }
}

/// What all mailboxes of an account share.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Each message counts once, in however many mailboxes it is.
    pub(super) store: Arc<Usage>,
    /// Each message counts in each mailbox.
    pub(super) account: Arc<Usage>,
    /// The highest UIDVALIDITY that was given.
    uid_validity: AtomicU32,
    /// A digest of the account's name.
    digest: u64,
}

impl Ledger {
    pub(super) fn new(store: Arc<Usage>, name: &str, quota: Quota) -> Self {
        let mut digest = Fnv::new();
        digest.write(name.to_lowercase().as_bytes());
        Ledger {
            store,
            account: Arc::new(Usage::new(quota)),
            uid_validity: AtomicU32::new(FIRST_UID_VALIDITY - 1),
            digest: digest.0,
        }
    }

    /// This is the highest UIDVALIDITY so far.
    pub(super) fn start_at(&self, uid_validity: u32) {
        self.uid_validity.store(uid_validity, Ordering::Release);
    }

    /// MAILBOXID of the mailbox with this number.
    pub(super) fn mailbox_id(&self, number: u32) -> String {
        format!("m{:016x}-{number}", self.digest)
    }

    /// A UIDVALIDITY that no mailbox of the account has had: it is higher than all of them, as long as there are higher ones.
    pub(super) fn next_uid_validity(&self) -> u32 {
        let next = |last: u32| last.checked_add(1).unwrap_or(1);
        let last = self.uid_validity.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(next(last)));
        next(last.unwrap_or_else(|last| last))
    }

    /// A mailbox was given this one.
    pub(super) fn note_uid_validity(&self, value: u32) {
        self.uid_validity.fetch_max(value, Ordering::AcqRel);
    }
}

/// Room that is kept for messages which may come; it is given back when this is dropped. A message that comes takes its own.
#[derive(Debug, Default)]
pub struct Room(Vec<Claim>);

#[derive(Debug)]
struct Claim {
    usage: Arc<Usage>,
    octets: u64,
    messages: u64,
}

impl Room {
    /// Room for messages in an account, and in its store.
    pub(super) fn for_messages<'a>(ledger: &Ledger, messages: impl IntoIterator<Item = &'a Arc<Message>>) -> Result<Room, Full> {
        let (mut stored, mut counted, mut number) = (0, 0, 0);
        for message in messages {
            stored += message.would_take(&ledger.store);
            counted += message.raw.len() as u64;
            number += 1;
        }
        Room::default().and(&ledger.store, stored, number, Full::Store)?.and(&ledger.account, counted, number, Full::Quota)
    }

    /// The same and more room.
    pub(super) fn and(mut self, usage: &Arc<Usage>, octets: u64, messages: u64, full: Full) -> Result<Room, Full> {
        if !usage.take_if_it_fits(octets, messages) {
            return Err(full);
        }
        self.0.push(Claim { usage: usage.clone(), octets, messages });
        Ok(self)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.usage.give_back(self.octets, self.messages);
    }
}

/// The room that a message in a mailbox takes; it is given back when this is dropped. A clone takes none: it is in no mailbox.
#[derive(Debug, Default)]
pub struct Held(Option<(Arc<Ledger>, Arc<Message>)>);

impl Held {
    pub(super) fn new(ledger: &Arc<Ledger>, message: &Arc<Message>) -> Self {
        ledger.store.take(message.shelve(&ledger.store), 1);
        ledger.account.take(message.raw.len() as u64, 1);
        Held(Some((ledger.clone(), message.clone())))
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        Held(None)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((ledger, message)) = self.0.take() {
            ledger.store.give_back(message.unshelve(&ledger.store), 1);
            ledger.account.give_back(message.raw.len() as u64, 1);
        }
    }
}

/// How often a message is in the mailboxes of a store: its octets are taken once.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    store: std::sync::OnceLock<Arc<Usage>>,
    entries: AtomicU32,
}

impl Shelf {
    /// The first store that has the message counts how often it has it; any other counts each time.
    fn is_of(&self, store: &Arc<Usage>) -> bool {
        Arc::ptr_eq(self.store.get_or_init(|| store.clone()), store)
    }
}

impl Message {
    fn own_octets(&self) -> u64 {
        if self.shared { 0 } else { self.raw.len() as u64 }
    }

    /// Octets that one more copy in a mailbox of this store takes.
    fn would_take(&self, store: &Arc<Usage>) -> u64 {
        let known = self.shelf.store.get().is_some_and(|own| Arc::ptr_eq(own, store));
        if known && self.shelf.entries.load(Ordering::Acquire) > 0 { 0 } else { self.own_octets() }
    }

    fn shelve(&self, store: &Arc<Usage>) -> u64 {
        let another = self.shelf.is_of(store) && self.shelf.entries.fetch_add(1, Ordering::AcqRel) > 0;
        if another { 0 } else { self.own_octets() }
    }

    fn unshelve(&self, store: &Arc<Usage>) -> u64 {
        let another = self.shelf.is_of(store) && self.shelf.entries.fetch_sub(1, Ordering::AcqRel) > 1;
        if another { 0 } else { self.own_octets() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(store: &Arc<Usage>) -> Arc<Ledger> {
        Arc::new(Ledger::new(store.clone(), "bob", Quota::default()))
    }

    #[test]
    fn a_message_in_two_stores_is_counted_in_both_and_given_back_to_both() {
        let stores = [Arc::new(Usage::new(Quota::default())), Arc::new(Usage::new(Quota::default()))];
        let message = Arc::new(Message::new("12345".into()));
        let mut held: Vec<Held> =
            [0, 1, 1, 0].into_iter().map(|which: usize| Held::new(&ledger(&stores[which]), &message)).collect();
        // The second store has not seen it first: there it counts each time.
        assert_eq!([stores[0].taken(), stores[1].taken()], [(5, 2), (10, 2)]);
        drop(held.remove(0));
        assert_eq!(stores[0].taken(), (5, 1));
        held.clear();
        assert_eq!([stores[0].taken(), stores[1].taken()], [(0, 0); 2]);
    }

    #[test]
    fn room_is_given_back_and_a_clone_takes_none() {
        let store = Arc::new(Usage::new(Quota { octets: Some(9), messages: None }));
        let ledger = ledger(&store);
        ledger.account.limit(Quota { octets: None, messages: Some(2) });
        let message = Arc::new(Message::new("12345".into()));
        let room = Room::for_messages(&ledger, [&message]).unwrap();
        let other = Arc::new(Message::new("12345".into()));
        assert_eq!(Room::for_messages(&ledger, [&other]).unwrap_err(), Full::Store);
        let held = Held::new(&ledger, &message);
        drop(room);
        let copy = held.clone();
        assert_eq!((store.taken(), ledger.account.taken()), ((5, 1), (5, 1)));
        // A copy shares the octets in the store, not in the account.
        let room = Room::for_messages(&ledger, [&message]).unwrap();
        assert_eq!((store.taken(), ledger.account.taken()), ((5, 2), (10, 2)));
        assert_eq!(Room::for_messages(&ledger, [&message]).unwrap_err(), Full::Quota);
        drop((room, held, copy));
        assert_eq!((store.taken(), ledger.account.taken()), ((0, 0), (0, 0)));
    }

    #[test]
    fn no_uid_validity_comes_twice() {
        let ledger = ledger(&Arc::new(Usage::new(Quota::default())));
        assert_eq!([ledger.next_uid_validity(), ledger.next_uid_validity()], [1_700_000_000, 1_700_000_001]);
        ledger.note_uid_validity(7);
        assert_eq!(ledger.next_uid_validity(), 1_700_000_002);
        ledger.note_uid_validity(u32::MAX);
        assert_eq!([ledger.next_uid_validity(), ledger.next_uid_validity()], [1, 2]);
    }
}
