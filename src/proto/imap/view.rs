//! What this session has been told of its mailbox. The truth is in the mailbox; a client's message numbers mean what it was told (RFC 3501 section
//! 5.2, 7.4.1), and they change only when it is told.

mod known_flags;
mod roll;

use std::sync::Arc;

use crate::mail::{Entry, Flags, Mailbox};

use super::dialect::Dialect;
use super::parse::sequence::SequenceSet;
use super::write::{Text, number_set};
pub use known_flags::write_known_flags;
use roll::Roll;

/// One message as the client knows it; its place in the view is its number less one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its UID.
    pub uid: u32,
    /// This session was the first to be told of it (`\Recent`).
    pub recent: bool,
    /// The client knows its flags as of this change of the mailbox.
    pub modseq: u64,
}

/// What has been told.
#[derive(Debug, Default)]
pub struct View {
    told: Roll,
    /// So many of them are `\Recent`.
    recent: u32,
    /// All that happened up to this change of the mailbox has been told.
    complete: u64,
    uid_validity: u32,
    /// It knows of so many of the mailbox's keywords.
    keywords: usize,
    /// What its UIDs mean: [`Mailbox::generation`].
    generation: u64,
}

/// Which news may be told with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// None.
    Nothing,
    /// All but expunges: message numbers must not change during FETCH, STORE, SEARCH (RFC 3501 section 7.4.1).
    Numbered,
    /// All.
    All,
}

/// What the command that is being answered will do to the mailbox of the view, should it happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// These UIDs go, ascending.
    pub gone: Vec<u32>,
    /// These UIDs arrive.
    pub arrive: Vec<u32>,
    /// Flags of these UIDs, ascending, stand in the reply already.
    pub shown: Vec<u32>,
    /// Messages will have these keywords.
    pub keywords: Vec<Arc<str>>,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.arrive.is_empty()
    }
}

/// News that stand in a reply; they count as told when they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    gone: Vec<u32>,
    arrived: Vec<u32>,
    /// UID, and the change up to which its flags are known.
    flags: Vec<(u32, u64)>,
    complete: Option<u64>,
    uid_validity: Option<u32>,
    generation: Option<u64>,
    /// The session takes `\Recent` from the messages that arrive.
    takes_recent: bool,
    /// Of `gone` and `arrived`, these are the work of the command itself: told only if it happened.
    planned: Plan,
}

/// How a session is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// By EXAMINE: `\Recent` stays for others.
    pub read_only: bool,
    pub dialect: Dialect,
}

impl Manner {
    /// RFC 9051 knows no `\Recent`, so who speaks it takes it from nobody.
    fn takes_recent(self) -> bool {
        !self.read_only && !self.dialect.rev2
    }
}

impl View {
    /// A client that has just been told everything, by SELECT.
    pub fn open(mailbox: &Mailbox, manner: Manner) -> Self {
        let told = Roll::of(mailbox, manner.takes_recent());
        let recent = count(told.iter().filter(|told| told.recent).count());
        let (complete, uid_validity, generation) = (mailbox.highest_modseq, mailbox.uid_validity, mailbox.generation());
        View { told, recent, complete, uid_validity, keywords: mailbox.keywords().names().len(), generation }
    }

    /// How many messages the client believes there are.
    pub fn len(&self) -> u32 {
        count(self.told.len())
    }

    /// All that happened up to this change of the mailbox has been told.
    pub fn complete(&self) -> u64 {
        self.complete
    }

    /// The messages that the client knows are gone, every one, and their UIDs may mean others.
    pub fn is_stale(&self, mailbox: &Mailbox) -> bool {
        mailbox.generation() != self.generation
    }

    /// The message that the client knows by this UID, if it is still there.
    pub fn entry<'a>(&self, mailbox: &'a Mailbox, uid: u32) -> Option<&'a Entry> {
        mailbox.entry(uid).filter(|_| !self.is_stale(mailbox))
    }

    /// The same, for one that is probably at this number.
    pub fn entry_near<'a>(&self, mailbox: &'a Mailbox, number: u32, uid: u32) -> Option<&'a Entry> {
        mailbox.entry_near(number, uid).filter(|_| !self.is_stale(mailbox))
    }

    /// Whether the client has been told of this message, and not that it is gone.
    pub fn knows(&self, uid: u32) -> bool {
        self.told.position(uid).is_some()
    }

    /// IMAP4rev2 was switched on: there is no `\Recent` any more.
    pub fn forget_recent(&mut self) {
        self.told.forget_recent();
        self.recent = 0;
    }

    /// Every message with its number, from 1.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, Told)> + '_ {
        (1..).zip(self.told.iter())
    }

    /// The messages of a set with their numbers, ascending. Takes no longer for a message in a large mailbox than for one in a small.
    pub fn chosen(&self, set: &SequenceSet, uid: bool) -> Vec<(u32, Told)> {
        let numbers = set.numbers(if uid { self.largest_uid() } else { self.len() });
        let mut chosen = Vec::new();
        for &(first, last) in numbers.ranges() {
            let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).min(self.told.len());
            let (from, to) = match uid {
                true => (self.told.below(first), last.checked_add(1).map_or(self.told.len(), |next| self.told.below(next))),
                false => (place(first.saturating_sub(1)), place(last)),
            };
            chosen.extend((count(from + 1)..).zip(self.told.at(from..to)));
        }
        chosen
    }

    /// The client knows all that the mailbox's counter went through between the two, since it was the client's own doing and it has been told. `false`: there
    /// is something before that it has not been told of.
    pub fn own_change(&mut self, before: u64, after: u64) -> bool {
        let complete = self.complete == before;
        if complete {
            self.complete = after;
            self.told.all_flags_told(after);
        }
        complete
    }

    /// The largest UID that the client may know of.
    pub fn largest_uid(&self) -> u32 {
        self.told.largest_uid().unwrap_or(0)
    }

    /// From now on the client knows the flags of this message as of `modseq`, if it knew them as of `before`.
    pub fn flags_told(&mut self, uid: u32, before: u64, modseq: u64) {
        if self.told.position(uid).and_then(|place| self.told.get(place)).is_some_and(|told| told.modseq >= before) {
            self.told.flags_told(uid, modseq);
        }
    }

    /// Renders what may be told now. Takes as long as there are changes since the last time, and not as there are messages.
    pub fn news(&self, mailbox: &Mailbox, manner: Manner, show: Show, plan: Plan, out: &mut Text) -> News {
        let unchanged = mailbox.highest_modseq == self.complete;
        if show == Show::Nothing || (unchanged && plan.is_empty()) {
            return News::default();
        }
        let stale = self.is_stale(mailbox);
        if stale && show == Show::Numbered {
            return News::default();
        }
        let mut news = News { takes_recent: manner.takes_recent(), ..News::default() };
        let mut uids = if unchanged { Vec::new() } else { self.changed(mailbox) };
        if !plan.gone.is_empty() {
            uids.extend(&plan.gone);
            uids.sort_unstable();
            uids.dedup();
        }
        let (mut gone, mut recent, mut withheld) = (Vec::new(), self.recent, false);
        let mut flags: Vec<(u32, &Entry, bool)> = Vec::new();
        for uid in uids {
            let Some((place, told)) = self.told.position(uid).and_then(|place| Some((place, self.told.get(place)?))) else {
                continue;
            };
            // Numbers are those after the expunges that are told before.
            let number = count(place + 1 - gone.len());
            let planned = plan.gone.binary_search(&uid).is_ok();
            match self.entry(mailbox, uid) {
                Some(entry) if !planned => {
                    if entry.modseq > told.modseq && plan.shown.binary_search(&uid).is_err() {
                        flags.push((number, entry, told.recent));
                        news.flags.push((uid, entry.modseq));
                    }
                }
                _ if show == Show::Numbered => withheld = true,
                _ => {
                    gone.push(uid);
                    recent -= u32::from(told.recent);
                    if !manner.dialect.qresync {
                        out.add(format_args!("* {number} EXPUNGE\r\n"));
                    }
                    if !planned {
                        news.gone.push(uid);
                    }
                }
            }
        }
        if manner.dialect.qresync && !gone.is_empty() {
            out.add(format_args!("* VANISHED {}\r\n", number_set(&gone)));
        }
        if mailbox.uid_validity != self.uid_validity {
            // RFC 3501 section 2.3.1.1 wants this between sessions only; servers that were restored from a backup have said it so.
            out.add(format_args!("* OK [UIDVALIDITY {}] UIDs have a new validity\r\n", mailbox.uid_validity));
            news.uid_validity = Some(mailbox.uid_validity);
        }
        for entry in self.arrived(mailbox) {
            news.arrived.push(entry.uid);
            recent += u32::from(entry.recent && news.takes_recent);
        }
        if !plan.arrive.is_empty() || !news.arrived.is_empty() {
            let exists = self.told.len() - gone.len() + news.arrived.len() + plan.arrive.len();
            out.add(format_args!("* {exists} EXISTS\r\n"));
            if !manner.dialect.rev2 {
                recent += if news.takes_recent { count(plan.arrive.len()) } else { 0 };
                out.add(format_args!("* {recent} RECENT\r\n"));
            }
        }
        for (number, entry, recent) in flags {
            write_news(number, entry, recent, manner.dialect, out);
        }
        if withheld && manner.dialect.condstore {
            // RFC 7162 section 3.2: a client that is cut off now must not believe that it knows of the expunges, whatever MODSEQ it has seen.
            out.add(format_args!("* OK [HIGHESTMODSEQ {}] some expunges are still to be told\r\n", self.complete));
        }
        news.complete = (!withheld).then_some(mailbox.highest_modseq);
        news.generation = stale.then_some(mailbox.generation());
        news.planned = plan;
        news
    }

    /// UIDs of messages that may have changed, or gone, since all was told; ascending.
    fn changed(&self, mailbox: &Mailbox) -> Vec<u32> {
        let all = || self.told.uids().collect();
        mailbox.changed_since(self.complete).filter(|_| !self.is_stale(mailbox)).unwrap_or_else(all)
    }

    fn arrived<'a>(&self, mailbox: &'a Mailbox) -> &'a [Entry] {
        let largest = if self.is_stale(mailbox) { 0 } else { self.largest_uid() };
        let first = mailbox.entries.partition_point(|entry| entry.uid <= largest);
        mailbox.entries.get(first..).unwrap_or_default()
    }

    /// The client has read these news. `happened`: the command that they came with took effect.
    pub fn tell(&mut self, news: &News, happened: bool, mailbox: &mut Mailbox) {
        let planned = if happened { news.planned.clone() } else { Plan::default() };
        for gone in [&news.gone, &planned.gone] {
            self.remove(gone);
        }
        for &(uid, modseq) in &news.flags {
            self.flags_told(uid, 0, modseq);
        }
        for &uid in news.arrived.iter().chain(&planned.arrive) {
            // What was announced has its number, even if it is gone again: that is told next time.
            let mut told = Told { uid, recent: false, modseq: mailbox.highest_modseq };
            if let Some(place) = mailbox.position(uid)
                && let Some(entry) = mailbox.entries.get_mut(place)
                && news.takes_recent
            {
                told.recent = std::mem::take(&mut entry.recent);
            }
            self.recent += u32::from(told.recent);
            self.told.push(told);
        }
        // What the command's own work stood for in the reply was not said apart: if the work was not done, that is still news.
        let nothing_withheld = happened || news.planned == Plan::default();
        if let Some(complete) = news.complete.filter(|_| nothing_withheld) {
            self.complete = self.complete.max(complete);
            self.told.all_flags_told(self.complete);
        }
        self.told.share(mailbox);
        if let Some(uid_validity) = news.uid_validity {
            self.uid_validity = uid_validity;
        }
        if let Some(generation) = news.generation {
            self.generation = generation;
        }
    }

    /// These UIDs, ascending, are known no more.
    fn remove(&mut self, uids: &[u32]) {
        let known = uids.iter().filter_map(|&uid| self.told.get(self.told.position(uid)?));
        self.recent -= count(known.filter(|told| told.recent).count());
        self.told.remove(uids);
    }
}

/// An unsolicited FETCH response: RFC 9051 section 7.5.2 wants the UID in it, RFC 7162 section 3.2.4 the mod-sequence, too.
fn write_news(number: u32, entry: &Entry, recent: bool, dialect: Dialect, out: &mut Text) {
    out.add(format_args!("* {number} FETCH ("));
    if dialect.rev2 || dialect.condstore {
        out.add(format_args!("UID {} ", entry.uid));
    }
    write_flags(&entry.flags, recent, out);
    if dialect.condstore {
        out.add(format_args!(" MODSEQ ({})", entry.modseq));
    }
    out.add(")\r\n");
}

fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}

/// `FLAGS (\Seen \Recent)`
pub fn write_flags(flags: &Flags, recent: bool, out: &mut Text) {
    out.add("FLAGS (");
    let recent = recent.then_some("\\Recent");
    for (n, name) in flags.names().chain(recent).enumerate() {
        out.add(if n > 0 { " " } else { "" }).add(name);
    }
    out.add(")");
}
