//! What was read, what was not, and what was handled twice.
//!
//! A message is followed from mailbox to mailbox: a copy, or what was moved, shares what became of the original. A client is *done* with a message when it
//! marks it \Seen or \Deleted, or moves it; it has *handled* it when on one connection the whole body was fetched and the client was done with it, in
//! whatever order. A client that only reads again, as people's mail programs do, is not done with it again, so it handles nothing twice.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::evidence::{Count, Line};
use super::line::clock;
use crate::mail::Fnv;

/// More messages in mailboxes than this are not followed.
const MOST_FOLLOWED: usize = 1_000_000;
/// So many connections are remembered for each message, the latest ones.
const MOST_READERS: usize = 8;

/// A place of a message: account, mailbox, UID.
pub(super) type Place<'a> = (&'a Arc<str>, &'a Arc<str>, u32);

/// A message in a mailbox.
#[derive(Clone, Debug)]
struct Mail {
    user: Arc<str>,
    mailbox: Arc<str>,
    uid: u32,
    since: u64,
    seen: bool,
    deleted: bool,
    /// What became of it.
    story: u64,
}

/// What became of a message, wherever its copies are.
#[derive(Clone, Debug, Default)]
struct Story {
    /// How many copies there are.
    copies: u32,
    /// Its body arrived whole at a client.
    fetched: bool,
    /// The line by which a client gave up on its body: marked \Seen, or the last copy expunged.
    unread: Option<Line>,
    readers: SmallVec<[Reader; 1]>,
    /// When, and on which connection, it was handled first.
    handled: Option<(u64, u32)>,
}

/// What happened to a message on one connection.
#[derive(Clone, Copy, Debug)]
struct Reader {
    conn: u32,
    fetched: bool,
    done: bool,
}

/// Who and when: an event's time, its connection (0 is the scenario's doing), and its line for a report.
pub(super) struct By<'a> {
    pub ns: u64,
    pub conn: u32,
    pub line: &'a dyn Fn() -> String,
}

/// The fold over mailboxes.
#[derive(Clone, Debug, Default)]
pub(super) struct Mailboxes {
    mails: HashMap<u64, Mail>,
    stories: HashMap<u64, Story>,
    stories_made: u64,
    /// Messages that were handled again.
    pub duplicates: Count,
    /// Something could not be followed.
    pub forgot: bool,
}

impl Mailboxes {
    pub fn delivered(&mut self, ns: u64, place: Place<'_>, seen: bool) {
        // A mailbox that was deleted and made anew has the same UIDs once more.
        self.removed(place);
        if let Some(mail) = self.mail(ns, place) {
            mail.seen = seen;
        }
    }

    /// What has just been delivered is a copy.
    pub fn copied(&mut self, by: &By<'_>, place: Place<'_>, from: Place<'_>, moved: bool) {
        let Some(original) = self.mail(by.ns, from) else { return };
        let (story, deleted) = (original.story, original.deleted);
        let Some(copy) = self.mail(by.ns, place) else { return };
        let own = std::mem::replace(&mut copy.story, story);
        copy.deleted = deleted;
        self.stories.remove(&own);
        if let Some(story) = self.stories.get_mut(&story) {
            story.copies += 1;
        }
        if moved {
            self.done(by, story);
        }
    }

    pub fn flags(&mut self, by: &By<'_>, place: Place<'_>, flags: &str) {
        let has = |name| flags.split(' ').any(|flag: &str| flag.eq_ignore_ascii_case(name));
        let Some(mail) = self.mail(by.ns, place) else { return };
        let (seen, deleted) = (has("\\Seen"), has("\\Deleted"));
        let newly_seen = seen && !mail.seen;
        let done = newly_seen || (deleted && !mail.deleted);
        (mail.seen, mail.deleted) = (seen, deleted);
        let number = mail.story;
        let Some(story) = self.stories.get_mut(&number) else { return };
        if !seen {
            story.unread = None;
        } else if newly_seen {
            story.gives_up(by);
        }
        if done {
            self.done(by, number);
        }
    }

    /// A client was done with it, to no effect.
    pub fn in_vain(&mut self, by: &By<'_>, place: Place<'_>) {
        if let Some(story) = self.mail(by.ns, place).map(|mail| mail.story) {
            self.done(by, story);
        }
    }

    pub fn fetched(&mut self, by: &By<'_>, place: Place<'_>) {
        let Some(number) = self.mail(by.ns, place).map(|mail| mail.story) else { return };
        if let Some(story) = self.stories.get_mut(&number) {
            story.fetched = true;
            story.unread = None;
        }
        self.read(by, number, |reader| reader.fetched = true);
    }

    pub fn expunged(&mut self, by: &By<'_>, place: Place<'_>) {
        let Some(number) = self.mails.get(&key(place)).map(|mail| mail.story) else { return };
        if let Some(story) = self.stories.get_mut(&number).filter(|story| story.copies == 1) {
            story.gives_up(by);
        }
        self.removed(place);
    }

    /// Messages left without \Seen.
    pub fn unread(&self) -> Count {
        let mut found: Vec<&Mail> = self.mails.values().filter(|mail| !mail.seen).collect();
        found.sort_by_key(|mail| (mail.since, mail.user.clone(), mail.mailbox.clone(), mail.uid));
        let mut count = Count::default();
        for mail in found {
            let Mail { user, mailbox, uid, since, .. } = mail;
            let line = || format!("{}  message {uid} in {mailbox} of {user} was never marked \\Seen", clock(*since));
            count.add(*since, true, line);
        }
        count
    }

    /// Messages that a client marked \Seen, or expunged to the last copy, and whose body had not arrived whole.
    pub fn seen_without_body(&self) -> Count {
        let mut found: Vec<&Line> = self.stories.values().filter_map(|story| story.unread.as_ref()).collect();
        found.sort();
        let mut count = Count::default();
        for (ns, line) in found {
            count.add(*ns, true, || line.clone());
        }
        count
    }

    fn done(&mut self, by: &By<'_>, story: u64) {
        self.read(by, story, |reader| reader.done = true);
    }

    /// Something happened to it on this connection, and may have made it handled.
    fn read(&mut self, by: &By<'_>, story: u64, change: impl FnOnce(&mut Reader)) {
        let Some(story) = self.stories.get_mut(&story).filter(|_| by.conn > 0) else { return };
        let Some(reader) = story.reader(by.conn) else { return };
        let before = reader.fetched && reader.done;
        change(reader);
        if before || !reader.fetched || !reader.done {
            return;
        }
        match story.handled {
            None => story.handled = Some((by.ns, by.conn)),
            Some((first, conn)) => {
                let line = || format!("{} (handled again: first at {} #{conn})", (by.line)(), clock(first));
                self.duplicates.add(by.ns, true, line);
            }
        }
    }

    fn removed(&mut self, place: Place<'_>) {
        let Some(mail) = self.mails.remove(&key(place)) else { return };
        let Some(story) = self.stories.get_mut(&mail.story) else { return };
        story.copies = story.copies.saturating_sub(1);
        // One that nobody read is still to be told of.
        if story.copies == 0 && story.unread.is_none() {
            self.stories.remove(&mail.story);
        }
    }

    fn mail(&mut self, ns: u64, place: Place<'_>) -> Option<&mut Mail> {
        let key = key(place);
        // Stories outlive their messages.
        if self.stories.len().max(self.mails.len()) >= MOST_FOLLOWED && !self.mails.contains_key(&key) {
            self.forgot = true;
            return None;
        }
        let (stories, made) = (&mut self.stories, &mut self.stories_made);
        Some(self.mails.entry(key).or_insert_with(|| {
            *made += 1;
            stories.insert(*made, Story { copies: 1, ..Story::default() });
            let (user, mailbox, uid) = place;
            Mail { user: user.clone(), mailbox: mailbox.clone(), uid, since: ns, seen: false, deleted: false, story: *made }
        }))
    }
}

impl Story {
    /// Its body will not be asked for any more, by a client's doing.
    fn gives_up(&mut self, by: &By<'_>) {
        if by.conn > 0 && !self.fetched && self.unread.is_none() {
            self.unread = Some((by.ns, (by.line)()));
        }
    }

    fn reader(&mut self, conn: u32) -> Option<&mut Reader> {
        let place = self.readers.iter().position(|reader| reader.conn == conn).unwrap_or_else(|| {
            if self.readers.len() >= MOST_READERS {
                self.readers.remove(0);
            }
            self.readers.push(Reader { conn, fetched: false, done: false });
            self.readers.len() - 1
        });
        self.readers.get_mut(place)
    }
}

fn key((user, mailbox, uid): Place<'_>) -> u64 {
    let mut digest = Fnv::new();
    for piece in [user.as_bytes(), mailbox.as_bytes(), &uid.to_be_bytes()] {
        digest.write(piece);
        digest.separate();
    }
    digest.0
}
