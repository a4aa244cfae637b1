//! What mail takes of the store and of its account comes back, whatever is done with it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::mail::{Change, Mutation, Note, Quota, Transaction};
use crate::proto::dialogue::Meddling;

/// What the mailboxes of all these users hold, counted one by one: of the store, and of each account.
fn counted(d: &Dialogue, users: &[&str]) -> ((u64, u64), Vec<(u64, u64)>) {
    let (mut octets, mut messages, mut accounts) = (BTreeMap::new(), 0, Vec::new());
    for account in users.iter().filter_map(|user| d.store.account(user)) {
        let mut own = (0, 0);
        for (_, mailbox) in account.mailboxes() {
            mailbox.with(|mailbox| {
                for entry in &mailbox.entries {
                    octets.insert(Arc::as_ptr(&entry.message), entry.message.raw.len() as u64);
                    own = (own.0 + entry.message.raw.len() as u64, own.1 + 1);
                }
            });
        }
        messages += own.1;
        accounts.push(own);
    }
    ((octets.values().sum(), messages), accounts)
}

fn taken(d: &Dialogue, users: &[&str]) -> ((u64, u64), Vec<(u64, u64)>) {
    (d.store.taken(), users.iter().filter_map(|user| d.store.account(user)).map(|account| account.taken()).collect())
}

fn receive(d: &Dialogue, recipients: &[&str], text: &str) -> bool {
    let transaction = Transaction {
        sender: "a@b.test".into(),
        recipients: recipients.iter().map(|&address| address.into()).collect(),
        user: None,
        helo: "a.test".into(),
        body: Default::default(),
        utf8: false,
        message: Arc::new(crate::mail::Message::new(Bytes::from(text.to_owned()))),
    };
    d.store.receive(&transaction, &mut Vec::new()).is_ok()
}

fn step() -> impl Strategy<Value = (bool, &'static str, u32)> {
    let steps = vec![
        "APPEND INBOX {5+}\r\n12345",
        "APPEND a {9+}\r\n123456789",
        "APPEND Nowhere {5+}\r\n12345",
        "COPY 1:# a",
        "COPY # INBOX",
        "MOVE # a",
        "MOVE 1:# INBOX",
        "STORE 1:# +FLAGS (\\Deleted)",
        "EXPUNGE",
        "CLOSE",
        "SELECT INBOX",
        "SELECT a",
        "SELECT a/b",
        "CREATE a",
        "CREATE a/b",
        "DELETE a",
        "DELETE a/b",
        "RENAME a c",
        "RENAME c a",
        "RENAME INBOX c",
        "SETQUOTA \"User quota\" (MESSAGE #)",
        "SETQUOTA \"User quota\" ()",
        "the connection is lost",
        "mail for one",
        "mail for two",
        "mail of the scenario",
        "messages vanish",
        "an APPEND is lost",
        "a COPY is kept though refused",
    ];
    (any::<bool>(), proptest::sample::select(steps), 1u32..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn room_is_what_is_there(steps in proptest::collection::vec(step(), 0..60)) {
        let users = ["bob", "eve@a.test"];
        let mut one = selected(2);
        let mut two = beside(&one);
        for (which, step, number) in steps {
            let session = if which { &mut two } else { &mut one };
            let mutate = |change: Change| Mutation { user: Some("bob".into()), mailbox: None, change };
            let refused = Meddling { reply: Some("NO x"), ..Meddling::default() };
            match step {
                "the connection is lost" => *session = beside(session),
                "mail for one" => drop(receive(session, &["bob@a.test"], "Subject: x\r\n\r\nfor one")),
                "mail for two" => drop(receive(session, &["bob@a.test", "eve@a.test", "bob@b.test"], "Subject: x\r\n\r\nfor two")),
                "mail of the scenario" => {
                    let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
                    session.store.mutate(&mutate(Change::Deliver { template, count: 2, flags: vec![] }), None, None, &mut Vec::new());
                }
                "messages vanish" => session.store.mutate(&mutate(Change::Expunge(vec![(1, Some(number))])), None, None, &mut Vec::new()),
                "an APPEND is lost" => {
                    let mut other = beside(session);
                    other.meddle(Ats::APPEND, refused);
                    other.feed(b"A APPEND INBOX {5+}\r\n12345\r\n");
                }
                "a COPY is kept though refused" => {
                    let mut other = beside(session);
                    other.meddle(Ats::COPY, Meddling { keep: Some(true), ..refused });
                    other.feed(b"A COPY 1:* a\r\n");
                }
                command => drop(session.feed(format!("A {}\r\n", command.replace('#', &number.to_string())).as_bytes())),
            }
            if session.closed {
                *session = beside(session);
            }
            // Messages of the store that `authenticated` starts with are held by the scenario and take no octets of it.
            let ((_, messages), accounts) = counted(&one, &users);
            let shared = shared_octets(&one, &users);
            let (store, told) = taken(&one, &users);
            prop_assert_eq!((store.0 + shared, store.1), (counted(&one, &users).0.0, messages), "{}", step);
            prop_assert_eq!(told, accounts, "{}", step);
        }
    }
}

/// Octets of messages that take none in the store.
fn shared_octets(d: &Dialogue, users: &[&str]) -> u64 {
    let mut found = BTreeMap::new();
    for account in users.iter().filter_map(|user| d.store.account(user)) {
        for (_, mailbox) in account.mailboxes() {
            mailbox.with(|mailbox| {
                for entry in mailbox.entries.iter().filter(|entry| entry.message.message_id() == Some("<m@a.test>")) {
                    found.insert(Arc::as_ptr(&entry.message), entry.message.raw.len() as u64);
                }
            });
        }
    }
    found.values().sum()
}

#[test]
fn a_connection_that_ends_between_the_answer_and_its_effect_takes_nothing() {
    for command in ["A APPEND INBOX {5+}\r\n12345\r\n", "A COPY 1 INBOX\r\n", "A MOVE 1 INBOX\r\n"] {
        let mut d = selected(1);
        let before = taken(&d, &["bob"]);
        let mut input = command.as_bytes();
        let store = d.store.clone();
        let mut cx = Cx { store: &store, notes: &mut d.notes };
        while let Some(moment) = d.session.next(&mut input, &mut cx) {
            if moment.owes_reply() {
                d.session.answer(moment, &mut cx);
            }
        }
        let kept = taken(&d, &["bob"]);
        assert_eq!(kept != before, !command.contains("MOVE"), "{command}");
        d.session = Box::new(session(TlsMode::None));
        assert_eq!(taken(&d, &["bob"]), before, "{command}");
    }
}

#[test]
fn who_is_over_quota_can_still_read_and_make_room() {
    let spec = StoreSpec { quota: Quota { octets: Some(2048), messages: Some(2) }, ..StoreSpec::default() };
    let mut d = Dialogue::with_store(session(TlsMode::None), spec);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    d.play(
        r#"C: A1 APPEND INBOX {5+}
         C: 12345
         S: * 1 EXISTS
         S: * 1 RECENT
         S: A1 OK [APPENDUID 1700000000 1] APPEND completed
         C: A2 COPY 1 INBOX
         S: * 2 EXISTS
         S: * 2 RECENT
         S: A2 OK [COPYUID 1700000000 1 2] COPY completed
         C: A3 COPY 1 INBOX
         S: A3 NO [OVERQUOTA] the account is over its quota
         C: A4 APPEND INBOX {5+}
         C: 12345
         S: A4 NO [OVERQUOTA] the account is over its quota
         C: A5 CREATE Other
         S: A5 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A6 MOVE 1 Other
         S: * OK [COPYUID 1700000001 1 1] moved
         S: * 1 EXPUNGE
         S: A6 OK MOVE completed
         C: A7 STORE 1 +FLAGS.SILENT (\Deleted)
         S: A7 OK STORE completed
         C: A8 EXPUNGE
         S: * 1 EXPUNGE
         S: A8 OK EXPUNGE completed
         C: A9 APPEND INBOX {5+}
         C: 12345
         S: * 1 EXISTS
         S: * 1 RECENT
         S: A9 OK [APPENDUID 1700000000 3] APPEND completed
         C: B1 DELETE Other
         S: B1 OK DELETE completed
         C: B2 APPEND INBOX {5+}
         C: 12345
         S: * 2 EXISTS
         S: * 2 RECENT
         S: B2 OK [APPENDUID 1700000000 4] APPEND completed"#,
    );
    assert!(!receive(&d, &["bob"], "x"));
    let limits: Vec<_> = d.notes.iter().filter(|note| matches!(note, Note::Limit { name, .. } if name == "quota")).collect();
    assert_eq!(limits.len(), 2);
}
