//! What this session has been told of its mailbox. The truth is in the mailbox; a client's message numbers mean what it was told (RFC 3501 section
//! 5.2, 7.4.1), and they change only when it is told.

use crate::mail::{Flags, Mailbox};

use super::parse::sequence::SequenceSet;
use super::write::Text;

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
    told: Vec<Told>,
    /// All that happened up to this change of the mailbox has been told.
    complete: u64,
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
    /// Of `gone` and `arrived`, these are the work of the command itself: told only if it happened.
    planned: Plan,
}

impl View {
    /// A client that has just been told everything, by SELECT.
    pub fn open(mailbox: &Mailbox, read_only: bool) -> Self {
        let told = mailbox.entries.iter().map(|entry| Told {
            uid: entry.uid,
            recent: entry.recent && !read_only,
            modseq: mailbox.highest_modseq,
        });
        View { told: told.collect(), complete: mailbox.highest_modseq }
    }

    /// How many messages the client believes there are.
    pub fn len(&self) -> u32 {
        u32::try_from(self.told.len()).unwrap_or(u32::MAX)
    }

    /// Every message with its number, from 1.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, Told)> + '_ {
        (1..).zip(self.told.iter().copied())
    }

    /// The messages of a set with their numbers, ascending. Takes no longer for a message in a large mailbox than for one in a small.
    pub fn chosen(&self, set: &SequenceSet, uid: bool) -> Vec<(u32, Told)> {
        let numbers = set.numbers(if uid { self.largest_uid() } else { self.len() });
        let mut chosen = Vec::new();
        for &(first, last) in numbers.ranges() {
            let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).min(self.told.len());
            let (from, to) = match uid {
                true => (self.told.partition_point(|told| told.uid < first), self.told.partition_point(|told| told.uid <= last)),
                false => (place(first.saturating_sub(1)), place(last)),
            };
            let slice = self.told.get(from..to).unwrap_or_default();
            chosen.extend((from..).zip(slice).map(|(place, told)| (u32::try_from(place + 1).unwrap_or(u32::MAX), *told)));
        }
        chosen
    }

    /// The client knows all that the mailbox's counter went through between the two, since it was the client's own doing and it has been told.
    pub fn own_change(&mut self, before: u64, after: u64) {
        if self.complete == before {
            self.complete = after;
        }
    }

    /// The largest UID that the client may know of.
    pub fn largest_uid(&self) -> u32 {
        self.told.last().map_or(0, |told| told.uid)
    }

    /// From now on the client knows the flags of this message as of `modseq`, if it knew them as of `before`.
    pub fn flags_told(&mut self, uid: u32, before: u64, modseq: u64) {
        if let Ok(place) = self.told.binary_search_by_key(&uid, |told| told.uid)
            && let Some(told) = self.told.get_mut(place)
            && told.modseq >= before
        {
            told.modseq = told.modseq.max(modseq);
        }
    }

    /// Renders what may be told now.
    pub fn news(&self, mailbox: &Mailbox, read_only: bool, show: Show, plan: Plan, out: &mut Text) -> News {
        if show == Show::Nothing || (mailbox.highest_modseq == self.complete && plan.is_empty()) {
            return News::default();
        }
        let mut news = News::default();
        let mut withheld = false;
        let mut flags: Vec<(u32, Flags, bool)> = Vec::new();
        let mut entries = mailbox.entries.iter().peekable();
        let mut number = 0;
        for told in &self.told {
            while entries.next_if(|entry| entry.uid < told.uid).is_some() {}
            let entry = entries.next_if(|entry| entry.uid == told.uid);
            let planned = plan.gone.binary_search(&told.uid).is_ok();
            number += 1;
            match entry {
                Some(entry) if !planned => {
                    if entry.modseq > told.modseq && plan.shown.binary_search(&told.uid).is_err() {
                        flags.push((number, entry.flags.clone(), told.recent));
                        news.flags.push((told.uid, entry.modseq));
                    }
                }
                _ if show == Show::Numbered => withheld = true,
                _ => {
                    out.add(format_args!("* {number} EXPUNGE\r\n"));
                    number -= 1;
                    if !planned {
                        news.gone.push(told.uid);
                    }
                }
            }
        }
        let stays = |uid: u32| news.gone.binary_search(&uid).is_err() && plan.gone.binary_search(&uid).is_err();
        let mut recent = self.told.iter().filter(|told| told.recent && stays(told.uid)).count() as u64;
        for entry in entries {
            news.arrived.push(entry.uid);
            recent += u64::from(entry.recent && !read_only);
        }
        if !plan.arrive.is_empty() || !news.arrived.is_empty() {
            let exists = u64::from(number) + news.arrived.len() as u64 + plan.arrive.len() as u64;
            recent += if read_only { 0 } else { plan.arrive.len() as u64 };
            out.add(format_args!("* {exists} EXISTS\r\n* {recent} RECENT\r\n"));
        }
        for (number, flags, recent) in &flags {
            out.add(format_args!("* {number} FETCH ("));
            write_flags(flags, *recent, out);
            out.add(")\r\n");
        }
        news.complete = (!withheld).then_some(mailbox.highest_modseq);
        news.planned = plan;
        news
    }

    /// The client has read these news. `happened`: the command that they came with took effect.
    pub fn tell(&mut self, news: &News, happened: bool, read_only: bool, mailbox: &mut Mailbox) {
        let planned = if happened { news.planned.clone() } else { Plan::default() };
        if !news.gone.is_empty() || !planned.gone.is_empty() {
            self.told
                .retain(|told| news.gone.binary_search(&told.uid).is_err() && planned.gone.binary_search(&told.uid).is_err());
        }
        for &(uid, modseq) in &news.flags {
            self.flags_told(uid, 0, modseq);
        }
        for &uid in news.arrived.iter().chain(&planned.arrive) {
            // What was announced has its number, even if it is gone again: that is told next time.
            let mut told = Told { uid, recent: false, modseq: mailbox.highest_modseq };
            if let Some(place) = mailbox.position(uid)
                && let Some(entry) = mailbox.entries.get_mut(place)
                && !read_only
            {
                told.recent = std::mem::take(&mut entry.recent);
            }
            self.told.push(told);
        }
        // What the command's own work stood for in the reply was not said apart: if the work was not done, that is still news.
        let nothing_withheld = happened || news.planned == Plan::default();
        if let Some(complete) = news.complete.filter(|_| nothing_withheld) {
            self.complete = self.complete.max(complete);
        }
    }
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
