//! Mailboxes that are counted, renamed, deleted under somebody's feet; quotas.

use super::*;
use crate::mail::{Account, Note, Quota};
use crate::proto::dialogue::Meddling;

fn bob(d: &Dialogue) -> Account {
    d.store.account("bob").unwrap()
}

#[test]
fn status_has_an_item_for_everything() {
    let mut d = selected(3);
    d.feed(b"A STORE 1 +FLAGS (\\Deleted \\Seen)\r\nB UNSELECT\r\n");
    d.play(
        r"C: A1 STATUS INBOX (messages deleted SIZE DELETED-STORAGE UNSEEN MESSAGES)
         S: * STATUS INBOX (MESSAGES 3 DELETED 1 SIZE 135 DELETED-STORAGE 45 UNSEEN 2)
         S: A1 OK STATUS completed
         C: A2 STATUS INBOX (MAILBOXID APPENDLIMIT HIGHESTMODSEQ)
         S: * STATUS INBOX (MAILBOXID (m004d4419134a0a54-0) APPENDLIMIT 52428800 HIGHESTMODSEQ 5)
         S: A2 OK STATUS completed
         C: A3 STATUS INBOX ()
         S: A3 BAD expected a status item at column 17, got `()`",
    );
}

#[test]
fn status_of_ten_thousand_messages_is_a_matter_of_counting() {
    let d = authenticated(0);
    let inbox = bob(&d).mailbox("INBOX").unwrap();
    let message = Arc::new(crate::mail::Message::new(Bytes::from_static(b"x")));
    let date = jiff::Timestamp::UNIX_EPOCH;
    inbox.with(|mailbox| {
        for _ in 0..10_000 {
            mailbox.append(message.clone(), crate::mail::Flags::default(), date, &mut Vec::new());
        }
    });
    let mut d = beside(&d);
    d.play(
        r"C: A1 STATUS INBOX (MESSAGES UNSEEN DELETED SIZE)
         S: * STATUS INBOX (MESSAGES 10000 UNSEEN 10000 DELETED 0 SIZE 10000)
         S: A1 OK STATUS completed",
    );
    // One message in ten thousand places takes its octet once.
    assert_eq!(d.store.taken(), (1, 10_000));
}

#[test]
fn an_id_stays_through_renames_and_is_never_given_again() {
    let mut d = authenticated(1);
    let id = |d: &Dialogue, name: &str| bob(d).mailbox(name).unwrap().with(|mailbox| mailbox.id());
    d.feed(b"A CREATE a/b\r\n");
    let (inbox, before) = (id(&d, "INBOX"), id(&d, "a/b"));
    d.feed(b"A RENAME a c\r\nB RENAME INBOX old\r\n");
    assert_eq!((id(&d, "c/b"), id(&d, "INBOX")), (before.clone(), inbox.clone()));
    assert_ne!(id(&d, "old"), inbox);
    d.feed(b"A DELETE c/b\r\nB CREATE c/b\r\n");
    assert_ne!(id(&d, "c/b"), before);
    let other = d.store.login_as("eve", &mut Vec::new()).unwrap();
    assert_ne!(other.mailbox("INBOX").unwrap().with(|mailbox| mailbox.id()), inbox);
    // What a fault hides is not said.
    let mut d = beside(&d);
    d.session.hide(&["OBJECTID".into()], true);
    assert_eq!(text(&d.feed(b"A CREATE y\r\n")), "A OK CREATE completed\r\n");
    assert!(!text(&d.feed(b"A SELECT y\r\n")).contains("MAILBOXID"));
}

#[test]
fn a_create_that_a_fault_refuses_leaves_its_number_unused() {
    let mut d = authenticated(0);
    d.meddle(Ats::CREATE, Meddling { keep: Some(false), ..Meddling::default() });
    assert_eq!(text(&d.feed(b"A CREATE x\r\n")), "A OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed\r\n");
    let mut d = beside(&d);
    assert_eq!(text(&d.feed(b"A CREATE x\r\n")), "A OK [MAILBOXID (m004d4419134a0a54-2)] CREATE completed\r\n");
}

#[test]
fn whose_mailbox_was_deleted_hears_bye() {
    for command in ["NOOP", "FETCH 1 UID", "STORE 1 +FLAGS (\\Seen)", "UID SEARCH ALL", "EXPUNGE", "IDLE", "CHECK"] {
        let mut one = authenticated(0);
        one.feed(b"A CREATE x\r\nB APPEND x {1+}\r\ny\r\nC SELECT x\r\n");
        let mut two = beside(&one);
        two.feed(b"A DELETE x\r\n");
        assert_eq!(text(&one.feed(format!("D {command}\r\n").as_bytes())), "* BYE the selected mailbox was deleted\r\n");
        assert!(one.closed && matches!(one.notes.last(), Some(Note::ServerGoodbye)), "{command}");
        assert_eq!(one.store.taken(), (0, 0), "its messages are gone with it");
    }
    let mut one = authenticated(0);
    one.feed(b"A CREATE x\r\nB APPEND x {1+}\r\ny\r\nC SELECT x\r\n");
    let mut two = beside(&one);
    two.feed(b"A DELETE x\r\n");
    // What is not about the mailbox goes on, and the mailbox may be left.
    one.play(
        "C: D STATUS INBOX (MESSAGES)
         S: * STATUS INBOX (MESSAGES 0)
         S: D OK STATUS completed
         C: E SELECT x
         S: * OK [CLOSED] the mailbox before is closed
         S: E NO [NONEXISTENT] there is no mailbox of this name
         C: F CHECK
         S: F BAD select a mailbox first",
    );
}

#[test]
fn during_idle_bye_comes_at_once() {
    let mut one = authenticated(0);
    let signal = Arc::new(Signal::default());
    one.session.set_waker(signal.clone());
    one.feed(b"A CREATE x\r\nC SELECT x\r\nI IDLE\r\n");
    signal.take(std::task::Waker::noop());
    assert_eq!(one.push(), b"");
    let mut two = beside(&one);
    two.feed(b"A DELETE x\r\n");
    assert_eq!(signal.take(std::task::Waker::noop()), Signal::MAILBOX);
    assert_eq!(text(&one.push()), "* BYE the selected mailbox was deleted\r\n");
    assert!(one.closed);
}

#[test]
fn who_deletes_what_he_has_selected_has_nothing_selected() {
    let mut d = authenticated(0);
    d.feed(b"A CREATE x/y\r\nC SELECT x\r\n");
    d.play(
        r#"C: A1 DELETE x
         S: A1 OK DELETE completed
         C: A2 CHECK
         S: A2 BAD select a mailbox first
         C: A3 LIST "" x*
         S: * LIST (\Noselect \HasChildren) "/" x
         S: * LIST (\HasNoChildren) "/" x/y
         S: A3 OK LIST completed
         C: A4 SELECT x
         S: A4 NO [NONEXISTENT] there is no mailbox of this name
         C: A5 RENAME x z/
         S: A5 OK RENAME completed
         C: A6 LIST "" *
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\Noselect \HasChildren) "/" z
         S: * LIST (\HasNoChildren) "/" z/y
         S: A6 OK LIST completed"#,
    );
}

#[test]
fn a_mailbox_made_again_has_another_uidvalidity_whatever_was_done_to_it() {
    let d = authenticated(0);
    let validity = |name: &str| bob(&d).mailbox(name).unwrap().with(|mailbox| mailbox.uid_validity);
    let mut seen = Vec::new();
    for _ in 0..3 {
        bob(&d).create("x").unwrap();
        seen.push(validity("x"));
        bob(&d).mailbox("x").unwrap().with(|mailbox| mailbox.set_uid_validity(None));
        seen.push(validity("x"));
        bob(&d).delete("x", &mut Vec::new());
    }
    assert_eq!(seen, [1_700_000_001, 1_700_000_002, 1_700_000_003, 1_700_000_004, 1_700_000_005, 1_700_000_006]);
}

#[test]
fn odd_names() {
    let mut d = authenticated(0);
    let long = "x".repeat(200);
    d.feed(b"A CREATE p/ninety-nine-thousand-nine-hundred-and-ninety-nine-bottles-of-beer\r\n");
    d.play(
        r#"C: A1 CREATE "a \"quoted\" \\ name"
         S: A1 OK [MAILBOXID (m004d4419134a0a54-3)] CREATE completed
         C: A2 CREATE "%*"
         S: A2 OK [MAILBOXID (m004d4419134a0a54-4)] CREATE completed
         C: A3 CREATE nil
         S: A3 OK [MAILBOXID (m004d4419134a0a54-5)] CREATE completed
         C: A4 LIST "" "%"
         S: * LIST (\HasNoChildren) "/" "%*"
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\HasNoChildren) "/" "a \"quoted\" \\ name"
         S: * LIST (\HasNoChildren) "/" "nil"
         S: * LIST (\HasChildren) "/" p
         S: A4 OK LIST completed
         C: A5 CREATE /
         S: A5 NO [CANNOT] a mailbox cannot have this name
         C: A6 CREATE ""
         S: A6 NO [CANNOT] a mailbox cannot have this name
         C: A7 SUBSCRIBE a//b
         S: A7 NO [CANNOT] a mailbox cannot have this name
         C: A8 SUBSCRIBE nil/
         S: A8 OK SUBSCRIBE completed
         C: A9 LSUB "" *
         S: * LSUB () "/" "nil"
         S: A9 OK LSUB completed"#,
    );
    let refusal = text(&d.feed(format!("A RENAME p {long}\r\n").as_bytes()));
    assert_eq!(refusal, "A NO [CANNOT] a mailbox cannot have this name\r\n", "what is below would have too long a name");
}

#[test]
fn imap4rev2_is_told_which_name_was_meant() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 RENAME inbox "one two"
         S: A1 OK RENAME completed
         C: A2 ENABLE IMAP4rev2
         S: * ENABLED IMAP4rev2
         S: A2 OK ENABLE completed
         C: A3 RENAME InBox "Entwürfe"
         S: * LIST () "/" "Entwürfe" ("OLDNAME" ("InBox"))
         S: A3 OK RENAME completed
         C: A4 RENAME INBOX three
         S: A4 OK RENAME completed
         C: A5 RENAME inbox three
         S: A5 NO [ALREADYEXISTS] there is a mailbox of this name"#,
    );
}

#[test]
fn messages_can_be_followed_through_a_rename() {
    let mut d = authenticated(1);
    d.feed(b"A CREATE x\r\nB COPY 1 x\r\nC RENAME INBOX old\r\n");
    d.notes.clear();
    d.feed(b"A RENAME old new\r\n");
    let [Note::Delivered { mailbox, uid: 1, .. }, Note::Copied { from, moved: false, .. }, Note::Expunged { mailbox: gone, .. }] =
        &d.notes[..]
    else {
        panic!("{:?}", d.notes)
    };
    assert_eq!((&**mailbox, &**from, &**gone), ("new", "old", "old"));
}

#[test]
fn a_quota_is_told_and_set() {
    let mut d = authenticated(2);
    d.play(
        r#"C: A1 GETQUOTAROOT INBOX
         S: * QUOTAROOT INBOX "User quota"
         S: * QUOTA "User quota" (STORAGE 1 1048576)
         S: A1 OK GETQUOTAROOT completed
         C: A2 GETQUOTAROOT "not there &- not yet"
         S: * QUOTAROOT "not there &- not yet" "User quota"
         S: * QUOTA "User quota" (STORAGE 1 1048576)
         S: A2 OK GETQUOTAROOT completed
         C: A3 GETQUOTA ""
         S: A3 NO [NONEXISTENT] there is no quota root of this name
         C: A4 SETQUOTA "User quota" (MESSAGE 2)
         S: * QUOTA "User quota" (MESSAGE 2 2)
         S: A4 OK SETQUOTA completed
         C: A5 APPEND INBOX {1+}
         C: x
         S: A5 NO [OVERQUOTA] the account is over its quota
         C: A6 SETQUOTA "User quota" (STORAGE 512)
         S: * QUOTA "User quota" (STORAGE 1 512)
         S: A6 OK SETQUOTA completed
         C: A7 APPEND INBOX {1+}
         C: x
         S: A7 OK [APPENDUID 1700000000 3] APPEND completed
         C: A8 GETQUOTA "User quota"
         S: * QUOTA "User quota" (STORAGE 1 512)
         S: A8 OK GETQUOTA completed
         C: A9 SETQUOTA "User quota" (MESSAGE 4 STORAGE 600)
         S: * QUOTA "User quota" (STORAGE 1 600 MESSAGE 3 4)
         S: A9 OK SETQUOTA completed
         C: A0 SETQUOTA "User quota" ()
         S: * QUOTA "User quota" (STORAGE 1 1048576)
         S: A0 OK SETQUOTA completed
         C: B0 SETQUOTA "User quota" (MAILBOX 3)
         S: B0 BAD expected `STORAGE` or `MESSAGE` at column 27, got `MAILBOX`
         C: B1 SETQUOTA Other ()
         S: B1 NO [NONEXISTENT] there is no quota root of this name
         C: B2 SETQUOTA "User quota" (STORAGE 0)
         S: * QUOTA "User quota" (STORAGE 1 0)
         S: B2 OK SETQUOTA completed
         C: B3 SETQUOTA "User quota" (STORAGE 9223372036854775808)
         S: B3 BAD expected a number below 9223372036854775808 at column 35, got `9223372036854775808)`"#,
    );
}

#[test]
fn a_fault_that_refuses_setquota_leaves_the_limits() {
    let mut d = authenticated(0);
    d.meddle(Ats::SETQUOTA, Meddling { reply: Some("NO no"), ..Meddling::default() });
    d.feed(b"A SETQUOTA \"User quota\" (MESSAGE 0)\r\n");
    assert_eq!(bob(&d).quota(), Quota::default());
}

#[test]
fn one_subscription_too_many_is_refused() {
    let mut d = authenticated(0);
    for n in 0..1_000 {
        assert!(bob(&d).subscribe(&n.to_string(), true));
    }
    d.play(
        "C: A1 SUBSCRIBE x
         S: A1 NO [LIMIT] there are too many subscriptions
         C: A2 SUBSCRIBE 7
         S: A2 OK SUBSCRIBE completed
         C: A3 UNSUBSCRIBE 7
         S: A3 OK UNSUBSCRIBE completed
         C: A4 SUBSCRIBE x
         S: A4 OK SUBSCRIBE completed",
    );
}

#[test]
fn id_has_pairs() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 ID ("name" NIL "os" {3+}
         C: x/y)
         S: * ID ("name" "mailfault" "version" "0.1.0")
         S: A1 OK ID completed
         C: A2 ID ("name")
         S: A2 BAD expected a space at column 14, got `)`
         C: A3 ID (name "x")
         S: A3 BAD expected the name of a field, a string at column 8, got `name`
         C: A4 ID ("name" x)
         S: A4 BAD expected the value of a field, a string or `NIL` at column 15, got `x)`"#,
    );
}
