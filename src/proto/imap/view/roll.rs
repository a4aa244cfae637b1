//! The messages that a client knows of, by their numbers: shared with the mailbox and with every other client that knows the same, so that ten thousand clients
//! of a large mailbox do not have ten thousand copies of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Told;
use crate::mail::Mailbox;

/// New messages that a roll has by itself; with more, or with more than a sixteenth of all, it looks for one that it can share.
const FEW: usize = 64;

/// UIDs ascending, and what the client knows of them.
#[derive(Debug, Default)]
pub(super) struct Roll {
    shared: Arc<[u32]>,
    /// After those that are shared.
    new: Vec<u32>,
    /// Ranges of UIDs, ascending: of the messages there are, those in them are `\Recent`.
    recent: Vec<(u32, u32)>,
    /// Flags are known as of this change of the mailbox,
    modseq: u64,
    /// or as of a later one, by UID.
    later: BTreeMap<u32, u64>,
}

impl Roll {
    /// All messages of the mailbox, as they are now. `takes_recent`: those that nobody was told of yet are `\Recent` here.
    pub fn of(mailbox: &Mailbox, takes_recent: bool) -> Self {
        let mut roll = Roll { shared: mailbox.uids(), modseq: mailbox.highest_modseq, ..Roll::default() };
        let mut last = false;
        for entry in mailbox.entries.iter().filter(|_| takes_recent) {
            match roll.recent.last_mut().filter(|_| last && entry.recent) {
                Some(range) => range.1 = entry.uid,
                None if entry.recent => roll.recent.push((entry.uid, entry.uid)),
                None => {}
            }
            last = entry.recent;
        }
        roll
    }

    pub fn len(&self) -> usize {
        self.shared.len() + self.new.len()
    }

    /// The message at this place, its number less one.
    pub fn get(&self, place: usize) -> Option<Told> {
        self.uid(place).map(|uid| self.told(uid))
    }

    fn uid(&self, place: usize) -> Option<u32> {
        let new = || self.new.get(place.checked_sub(self.shared.len())?);
        self.shared.get(place).or_else(new).copied()
    }

    fn told(&self, uid: u32) -> Told {
        let modseq = if self.later.is_empty() { None } else { self.later.get(&uid) };
        Told { uid, recent: self.is_recent(uid), modseq: modseq.map_or(self.modseq, |&modseq| modseq.max(self.modseq)) }
    }

    fn is_recent(&self, uid: u32) -> bool {
        let next = self.recent.partition_point(|&(_, last)| last < uid);
        self.recent.get(next).is_some_and(|&(first, _)| first <= uid)
    }

    pub fn uids(&self) -> impl Iterator<Item = u32> + '_ {
        self.shared.iter().chain(&self.new).copied()
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = Told> + '_ {
        self.uids().map(|uid| self.told(uid))
    }

    /// Those at these places.
    pub fn at(&self, places: Range<usize>) -> impl Iterator<Item = Told> + '_ {
        let split = self.shared.len();
        let end = places.end.min(self.len());
        let start = places.start.min(end);
        let old = self.shared.get(start.min(split)..end.min(split)).unwrap_or_default();
        let new = self.new.get(start.saturating_sub(split)..end.saturating_sub(split)).unwrap_or_default();
        old.iter().chain(new).map(|&uid| self.told(uid))
    }

    pub fn largest_uid(&self) -> Option<u32> {
        self.new.last().or(self.shared.last()).copied()
    }

    /// How many have a UID below this.
    pub fn below(&self, uid: u32) -> usize {
        let old = self.shared.partition_point(|&known| known < uid);
        if old < self.shared.len() { old } else { old + self.new.partition_point(|&known| known < uid) }
    }

    pub fn position(&self, uid: u32) -> Option<usize> {
        let place = self.below(uid);
        (self.uid(place) == Some(uid)).then_some(place)
    }

    /// The client knows all flags as of this change of the mailbox.
    pub fn all_flags_told(&mut self, modseq: u64) {
        self.modseq = self.modseq.max(modseq);
        let known = self.modseq;
        self.later.retain(|_, &mut later| later > known);
    }

    /// The client knows the flags of a message that it knows of as of this change, if that is later than what it knew.
    pub fn flags_told(&mut self, uid: u32, modseq: u64) {
        if modseq > self.modseq {
            let later = self.later.entry(uid).or_default();
            *later = modseq.max(*later);
        }
    }

    /// One more message, its UID above all others.
    pub fn push(&mut self, told: Told) {
        if told.recent {
            let before = self.largest_uid();
            match self.recent.last_mut().filter(|(_, last)| Some(*last) == before) {
                Some(range) => range.1 = told.uid,
                None => self.recent.push((told.uid, told.uid)),
            }
        }
        self.new.push(told.uid);
        self.flags_told(told.uid, told.modseq);
    }

    /// These UIDs, ascending, are known no more.
    pub fn remove(&mut self, uids: &[u32]) {
        let stays = |uid: &u32| uids.binary_search(uid).is_err();
        if uids.iter().any(|uid| self.shared.binary_search(uid).is_ok()) {
            self.new = self.uids().filter(stays).collect();
            self.shared = Arc::default();
        } else {
            self.new.retain(stays);
        }
        self.later.retain(|uid, _| stays(uid));
        // Of a mailbox that begins anew, UIDs come again.
        if self.len() == 0 {
            self.forget_recent();
        }
    }

    /// No message is `\Recent` any more.
    pub fn forget_recent(&mut self) {
        self.recent = Vec::new();
    }

    /// Shares what can be shared, if it is worth the while.
    pub fn share(&mut self, mailbox: &Mailbox) {
        if self.new.len() <= FEW.max(self.shared.len() / 16) {
            return;
        }
        let all = mailbox.uids();
        if all.strip_prefix(&*self.shared) == Some(&self.new[..]) {
            (self.shared, self.new) = (all, Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::mail::{Change, MailboxRef, Template};

    fn deliver(mailbox: &mut Mailbox, count: u32) {
        let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
        mailbox.apply(&Change::Deliver { template, count, flags: vec![] }, Timestamp::UNIX_EPOCH, &mut Vec::new());
    }

    /// Tells the roll what came to the mailbox.
    fn follow(roll: &mut Roll, mailbox: &Mailbox) {
        for entry in &mailbox.entries {
            if roll.largest_uid().is_none_or(|last| last < entry.uid) {
                roll.push(Told { uid: entry.uid, recent: false, modseq: mailbox.highest_modseq });
            }
        }
        roll.share(mailbox);
    }

    #[test]
    fn those_who_know_the_same_share_it_again_after_changes() {
        let mailbox = MailboxRef::new("bob".into(), "INBOX".into(), 1);
        mailbox.with(|mailbox| {
            deliver(mailbox, 200);
            let mut rolls = [Roll::of(mailbox, true), Roll::of(mailbox, false)];
            deliver(mailbox, 1);
            rolls.iter_mut().for_each(|roll| follow(roll, mailbox));
            assert_eq!(rolls.each_ref().map(|roll| (roll.shared.len(), roll.new.len())), [(200, 1); 2]);
            mailbox.expunge(&[7, 201], &mut Vec::new());
            deliver(mailbox, 100);
            for roll in &mut rolls {
                roll.remove(&[7, 201]);
                follow(roll, mailbox);
            }
            assert!(rolls.iter().all(|roll| Arc::ptr_eq(&roll.shared, &mailbox.uids()) && roll.new.is_empty()));
        });
    }

    #[test]
    fn uids_that_come_again_are_not_recent_by_themselves() {
        let mut roll = Roll::default();
        roll.push(Told { uid: 5, recent: true, modseq: 1 });
        roll.flags_told(5, 9);
        roll.remove(&[5]);
        roll.push(Told { uid: 5, recent: false, modseq: 2 });
        assert_eq!(roll.get(0), Some(Told { uid: 5, recent: false, modseq: 2 }));
    }

    proptest! {
        /// Against a plain list.
        #[test]
        fn a_roll_is_a_list(steps in prop::collection::vec((0..5_u8, 1..40_u32, any::<bool>()), 0..60)) {
            let mailbox = MailboxRef::new("bob".into(), "INBOX".into(), 1);
            mailbox.with(|mailbox| {
                deliver(mailbox, 100);
                let mut roll = Roll::of(mailbox, true);
                let modseq = mailbox.highest_modseq;
                let mut list: Vec<Told> = (1..=100).map(|uid| Told { uid, recent: true, modseq }).collect();
                let (mut counter, mut last) = (modseq, 100);
                for (what, n, flag) in steps {
                    counter += 1;
                    match what {
                        0 => {
                            last += n;
                            let told = Told { uid: last, recent: flag, modseq: counter };
                            list.push(told);
                            roll.push(told);
                        }
                        1 => {
                            let gone: Vec<u32> = list.iter().map(|told| told.uid).filter(|uid| uid % 40 == n).collect();
                            list.retain(|told| told.uid % 40 != n);
                            roll.remove(&gone);
                        }
                        2 => {
                            if let Some(told) = list.iter_mut().find(|told| told.uid == n) {
                                told.modseq = counter;
                                roll.flags_told(n, counter);
                            }
                        }
                        3 if flag => {
                            list.iter_mut().for_each(|told| told.modseq = counter);
                            roll.all_flags_told(counter);
                        }
                        _ => roll.share(mailbox),
                    }
                    assert_eq!(roll.iter().collect::<Vec<_>>(), list);
                    assert_eq!(roll.at(n as usize..90).collect::<Vec<_>>(), list.get(n as usize..list.len().min(90)).unwrap_or_default());
                    assert_eq!((roll.len(), roll.get(n as usize)), (list.len(), list.get(n as usize).copied()));
                    assert_eq!(roll.position(n), list.iter().position(|told| told.uid == n));
                    assert_eq!(roll.below(n * 5), list.iter().filter(|told| told.uid < n * 5).count());
                    assert_eq!(roll.largest_uid(), list.last().map(|told| told.uid));
                }
            });
        }
    }
}
