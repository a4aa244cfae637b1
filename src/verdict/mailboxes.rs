//! What was read and what was not.

use std::collections::HashMap;
use std::sync::Arc;

use super::evidence::{Count, Line};
use super::line::clock;
use crate::mail::Fnv;

/// More messages in mailboxes than this are not followed.
const MOST_FOLLOWED: usize = 1_000_000;

/// A message in a mailbox.
#[derive(Clone, Debug)]
struct Mail {
    user: Arc<str>,
    mailbox: Arc<str>,
    uid: u32,
    since: u64,
    seen: bool,
    /// Its body arrived whole at a client.
    fetched: bool,
    gone: bool,
    /// The line that marked it \Seen.
    marked: Option<Line>,
}

/// The fold over mailboxes.
#[derive(Clone, Debug, Default)]
pub(super) struct Mailboxes {
    mails: HashMap<u64, Mail>,
    /// Something could not be followed.
    pub forgot: bool,
}

impl Mailboxes {
    pub fn delivered(&mut self, ns: u64, user: &Arc<str>, mailbox: &Arc<str>, uid: u32, seen: bool) {
        if let Some(mail) = self.mail(ns, user, mailbox, uid) {
            *mail = Mail { seen, since: ns, fetched: false, gone: false, marked: None, ..mail.clone() };
        }
    }

    /// New flags; `line` where a client set them.
    pub fn flags(&mut self, ns: u64, user: &Arc<str>, mailbox: &Arc<str>, uid: u32, flags: &str, line: Option<String>) {
        let Some(mail) = self.mail(ns, user, mailbox, uid) else { return };
        let seen = flags.split(' ').any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
        match (mail.seen, seen) {
            (false, true) => mail.marked = line.map(|line| (ns, line)),
            (_, false) => mail.marked = None,
            (true, true) => {}
        }
        mail.seen = seen;
    }

    pub fn fetched(&mut self, ns: u64, user: &Arc<str>, mailbox: &Arc<str>, uid: u32) {
        if let Some(mail) = self.mail(ns, user, mailbox, uid) {
            mail.fetched = true;
            mail.marked = None;
        }
    }

    pub fn expunged(&mut self, user: &Arc<str>, mailbox: &Arc<str>, uid: u32) {
        let key = key(user, mailbox, uid);
        if let Some(mail) = self.mails.get_mut(&key) {
            mail.gone = true;
            // One that was marked \Seen and never read is still to be told of.
            if mail.marked.is_none() {
                self.mails.remove(&key);
            }
        }
    }

    pub fn unread(&self) -> Count {
        self.counted(
            |mail| !mail.seen && !mail.gone,
            |mail| {
                let line = format!(
                    "{}  message {} in {} of {} was never marked \\Seen",
                    clock(mail.since),
                    mail.uid,
                    mail.mailbox,
                    mail.user
                );
                (mail.since, line)
            },
        )
    }

    pub fn seen_without_body(&self) -> Count {
        self.counted(|mail| mail.marked.is_some() && !mail.fetched, |mail| mail.marked.clone().unwrap_or_default())
    }

    fn counted(&self, test: impl Fn(&Mail) -> bool, line: impl Fn(&Mail) -> Line) -> Count {
        let mut found: Vec<&Mail> = self.mails.values().filter(|mail| test(mail)).collect();
        found.sort_by_key(|mail| (mail.since, mail.user.clone(), mail.mailbox.clone(), mail.uid));
        let mut count = Count::default();
        for mail in found {
            let (ns, line) = line(mail);
            count.add(ns, true, || line);
        }
        count
    }

    fn mail(&mut self, ns: u64, user: &Arc<str>, mailbox: &Arc<str>, uid: u32) -> Option<&mut Mail> {
        let key = key(user, mailbox, uid);
        if self.mails.len() >= MOST_FOLLOWED && !self.mails.contains_key(&key) {
            self.forgot = true;
            return None;
        }
        Some(self.mails.entry(key).or_insert_with(|| Mail {
            user: user.clone(),
            mailbox: mailbox.clone(),
            uid,
            since: ns,
            seen: false,
            fetched: false,
            gone: false,
            marked: None,
        }))
    }
}

fn key(user: &str, mailbox: &str, uid: u32) -> u64 {
    let mut digest = Fnv::new();
    for piece in [user.as_bytes(), mailbox.as_bytes(), &uid.to_be_bytes()] {
        digest.write(piece);
        digest.separate();
    }
    digest.0
}
