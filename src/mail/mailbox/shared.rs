//! The handle by which sessions share a mailbox, and who is woken by a change.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::{EXPUNGED_KEPT, FLAGGED_KEPT, Mailbox};
use crate::mail::keywords::Keywords;
use crate::mail::log::Log;
use crate::mail::room::{Ledger, Quota, Room, Usage};
use crate::mail::{Full, Message, Signal};

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

    pub(in crate::mail) fn in_account(
        user: Arc<str>,
        name: Arc<str>,
        uid_validity: u32,
        number: u32,
        ledger: Arc<Ledger>,
    ) -> Self {
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
