//! Conversations, by subject.

mod append;
mod bounds;
mod condstore;
mod enable;
mod fetch;
mod folders;
mod hostile;
mod keywords;
mod list;
mod listener;
mod literals;
mod login;
mod lost;
mod mailboxes;
mod messages;
mod model;
mod moments;
mod qresync;
mod rev2;
mod room;
mod search;
mod sort;
mod two;

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::mail::{InitialMail, StoreSpec, Template};
use crate::proto::dialogue::Dialogue;
use crate::proto::imap::Spec;
use crate::proto::{ByState, Shown, TlsMode};

/// What is offered before login, mechanisms and STARTTLS apart.
const BEFORE: &str = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE";
/// What is offered after login.
const AFTER: &str = "IMAP4rev1 IMAP4rev2 LITERAL+ ENABLE ID IDLE UIDPLUS UNSELECT NAMESPACE CHILDREN MOVE LIST-EXTENDED LIST-STATUS \
                     SPECIAL-USE CREATE-SPECIAL-USE ESEARCH SEARCHRES CONDSTORE QRESYNC BINARY MULTIAPPEND SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT \
                     THREAD=REFERENCES WITHIN STATUS=SIZE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTASET UTF8=ACCEPT OBJECTID \
                     APPENDLIMIT=52428800";

fn session(tls: TlsMode) -> ImapSession {
    ImapSession::new(Arc::new(Config { spec: Spec::default(), tls }))
}

/// An open store in which every INBOX starts with these messages.
fn with_mail(messages: &[&str]) -> Dialogue {
    let mail = messages.iter().map(|text| InitialMail {
        user: None,
        mailbox: "INBOX".into(),
        template: Template::Raw(Bytes::from(text.replace('\n', "\r\n"))),
        count: 1,
        flags: vec![],
    });
    let spec = StoreSpec { mail: mail.collect(), ..StoreSpec::default() };
    Dialogue::with_store(session(TlsMode::None), spec)
}

/// Logged in as bob, who has so many messages.
fn authenticated(count: u32) -> Dialogue {
    let mut dialogue = with_mail(&vec!["Subject: x\nMessage-ID: <m@a.test>\n\nhello\n"; count as usize]);
    dialogue.feed(b"L LOGIN bob secret\r\n");
    dialogue.moments.clear();
    dialogue.notes.clear();
    dialogue
}

/// With INBOX selected.
fn selected(count: u32) -> Dialogue {
    let mut dialogue = authenticated(count);
    dialogue.feed(b"S SELECT INBOX\r\n");
    dialogue.moments.clear();
    dialogue.notes.clear();
    dialogue
}

/// Another connection to the same store, INBOX selected.
fn beside(first: &Dialogue) -> Dialogue {
    let mut second = Dialogue::new(session(TlsMode::None));
    second.store = first.store.clone();
    second.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    second.moments.clear();
    second.notes.clear();
    second
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Flags of bob's messages by UID.
fn flags(dialogue: &Dialogue) -> Vec<(u32, String)> {
    let inbox = dialogue.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    inbox.with(|mailbox| mailbox.entries.iter().map(|entry| (entry.uid, entry.flags.joined())).collect())
}

#[test]
fn a_session_at_rest_is_small() {
    assert!(size_of::<ImapSession>() <= 320, "{}", size_of::<ImapSession>());
}
