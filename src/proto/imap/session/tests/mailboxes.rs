use super::*;

#[test]
fn select_examine_unselect() {
    let mut d = authenticated(2);
    d.play(
        r"C: A1 SELECT inbox
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] flags are kept
         S: * 2 EXISTS
         S: * 2 RECENT
         S: * OK [UNSEEN 1] the first unseen message
         S: * OK [UIDVALIDITY 1700000000] UIDs are valid
         S: * OK [UIDNEXT 3] the next UID
         S: * OK [HIGHESTMODSEQ 3] the latest change
         S: * OK [MAILBOXID (m004d4419134a0a54-0)] the mailbox, whatever its name
         S: A1 OK [READ-WRITE] SELECT completed
         C: A2 EXAMINE INBOX
         S: * OK [CLOSED] the mailbox before is closed
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
         S: * OK [PERMANENTFLAGS ()] no changes here
         S: * 2 EXISTS
         S: * 0 RECENT
         S: * OK [UNSEEN 1] the first unseen message
         S: * OK [UIDVALIDITY 1700000000] UIDs are valid
         S: * OK [UIDNEXT 3] the next UID
         S: * OK [HIGHESTMODSEQ 3] the latest change
         S: * OK [MAILBOXID (m004d4419134a0a54-0)] the mailbox, whatever its name
         S: A2 OK [READ-ONLY] EXAMINE completed
         C: A3 STORE 1 +FLAGS (\Deleted)
         S: A3 NO [CANNOT] the mailbox is open read-only
         C: A4 EXPUNGE
         S: A4 NO [CANNOT] the mailbox is open read-only
         C: A5 UNSELECT
         S: A5 OK UNSELECT completed
         C: A6 CHECK
         S: A6 BAD select a mailbox first",
    );
}

#[test]
fn a_select_that_failed_leaves_no_mailbox_selected() {
    let mut d = selected(1);
    d.play(
        "C: A1 SELECT Nowhere
         S: * OK [CLOSED] the mailbox before is closed
         S: A1 NO [NONEXISTENT] there is no mailbox of this name
         C: A2 CHECK
         S: A2 BAD select a mailbox first",
    );
}

#[test]
fn close_expunges_in_silence_unselect_does_not() {
    let mut d = selected(2);
    d.feed(b"A1 STORE 1 +FLAGS.SILENT (\\Deleted)\r\nA2 UNSELECT\r\n");
    assert_eq!(flags(&d).len(), 2);
    d.feed(b"A3 SELECT INBOX\r\n");
    d.play("C: A4 CLOSE\nS: A4 OK CLOSE completed");
    assert_eq!(flags(&d), [(2, String::new())]);
}

#[test]
fn mailboxes_are_made_listed_and_removed() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 CREATE work/2026/
         S: A1 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A2 CREATE "Entw&APw-rfe"
         S: A2 OK [MAILBOXID (m004d4419134a0a54-3)] CREATE completed
         C: A3 CREATE inbox
         S: A3 NO [ALREADYEXISTS] there is a mailbox of this name
         C: A4 LIST "" *
         S: * LIST (\HasNoChildren) "/" Entw&APw-rfe
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\HasChildren) "/" work
         S: * LIST (\HasNoChildren) "/" work/2026
         S: A4 OK LIST completed
         C: A5 LIST "" %
         S: * LIST (\HasNoChildren) "/" Entw&APw-rfe
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\HasChildren) "/" work
         S: A5 OK LIST completed
         C: A6 LIST "wo" "rk/%"
         S: * LIST (\HasNoChildren) "/" work/2026
         S: A6 OK LIST completed
         C: A7 LIST "" ""
         S: * LIST (\Noselect) "/" ""
         S: A7 OK LIST completed
         C: A8 DELETE work
         S: A8 OK DELETE completed
         C: A9 LIST "" work*
         S: * LIST (\Noselect \HasChildren) "/" work
         S: * LIST (\HasNoChildren) "/" work/2026
         S: A9 OK LIST completed
         C: B1 DELETE work
         S: B1 NO [NONEXISTENT] there is no mailbox of this name
         C: B2 DELETE INBOX
         S: B2 NO [CANNOT] INBOX cannot be deleted
         C: B4 CREATE a//b
         S: B4 NO [CANNOT] a mailbox cannot have this name
         C: B5 CREATE "&x-"
         S: B5 NO [CANNOT] expected a mailbox name in modified UTF-7 at column 11, got `\"&x-\"`
         C: B6 SELECT a&b
         S: B6 NO [CANNOT] expected a mailbox name in modified UTF-7 at column 11, got `a&b`
         C: B7 LIST "" a&b%
         S: B7 OK LIST completed"#,
    );
}

#[test]
fn rename_moves_what_is_below_and_empties_inbox() {
    let mut d = selected(2);
    d.feed(b"A1 CREATE work/2026\r\n");
    d.play(
        r#"C: A2 RENAME work old/jobs
         S: A2 OK RENAME completed
         C: A3 LIST "" "old*"
         S: * LIST (\HasChildren) "/" old
         S: * LIST (\HasChildren) "/" old/jobs
         S: * LIST (\HasNoChildren) "/" old/jobs/2026
         S: A3 OK LIST completed
         C: A4 RENAME work x
         S: A4 NO [NONEXISTENT] there is no mailbox of this name
         C: A5 RENAME old INBOX
         S: A5 NO [ALREADYEXISTS] there is a mailbox of this name
         C: A6 RENAME old old/x
         S: A6 NO [CANNOT] a mailbox cannot have this name
         C: A7 RENAME INBOX Archive
         S: A7 OK RENAME completed
         C: A8 NOOP
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: A8 OK NOOP completed
         C: B1 CREATE a/b
         S: B1 OK [MAILBOXID (m004d4419134a0a54-5)] CREATE completed
         C: B2 CREATE c/b
         S: B2 OK [MAILBOXID (m004d4419134a0a54-7)] CREATE completed
         C: B3 DELETE c
         S: B3 OK DELETE completed
         C: B4 RENAME a c
         S: B4 NO [ALREADYEXISTS] there is a mailbox of this name below it
         C: A9 STATUS Archive (MESSAGES)
         S: * STATUS Archive (MESSAGES 2)
         S: A9 OK STATUS completed"#,
    );
}

#[test]
fn subscriptions_need_no_mailbox() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 SUBSCRIBE news/rust
         S: A1 OK SUBSCRIBE completed
         C: A2 SUBSCRIBE INBOX
         S: A2 OK SUBSCRIBE completed
         C: A3 LSUB "" "%"
         S: * LSUB () "/" INBOX
         S: * LSUB (\Noselect) "/" news
         S: A3 OK LSUB completed
         C: A3 LSUB "" "*"
         S: * LSUB () "/" INBOX
         S: * LSUB () "/" news/rust
         S: A3 OK LSUB completed
         C: A4 UNSUBSCRIBE news/rust
         S: A4 OK UNSUBSCRIBE completed
         C: A5 LSUB "" "*"
         S: * LSUB () "/" INBOX
         S: A5 OK LSUB completed"#,
    );
}

#[test]
fn status_namespace_id_and_noop() {
    let mut d = authenticated(3);
    d.play(
        r#"C: A1 STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
         S: * STATUS INBOX (MESSAGES 3 RECENT 3 UIDNEXT 4 UIDVALIDITY 1700000000 UNSEEN 3)
         S: A1 OK STATUS completed
         C: A2 STATUS INBOX (SIZES)
         S: A2 BAD expected one of `MESSAGES`, `RECENT`, `UIDNEXT`, `UIDVALIDITY`, `UNSEEN`, `DELETED`, `SIZE`, `DELETED-STORAGE`, `HIGHESTMODSEQ`, `MAILBOXID`, `APPENDLIMIT` at column 18, got `SIZES)`
         C: A3 STATUS Nowhere (MESSAGES)
         S: A3 NO [NONEXISTENT] there is no mailbox of this name
         C: A4 NAMESPACE
         S: * NAMESPACE (("" "/")) NIL NIL
         S: A4 OK NAMESPACE completed
         C: A5 ID ("name" "x" "version" NIL)
         S: * ID ("name" "mailfault" "version" "0.1.0")
         S: A5 OK ID completed
         C: A6 ID NIL
         S: * ID ("name" "mailfault" "version" "0.1.0")
         S: A6 OK ID completed
         C: A7 NOOP
         S: A7 OK NOOP completed
         C: A8 NOOP x
         S: A8 BAD expected the end of the line at column 8, got a space"#,
    );
}

#[test]
fn logout_says_bye_and_closes() {
    let mut d = authenticated(0);
    d.play("C: A1 LOGOUT\nS: * BYE logging out\nS: A1 OK LOGOUT completed");
    assert!(d.closed);
    assert_eq!(d.session.phase(), "logout");
    assert!(matches!(d.notes[..], [crate::mail::Note::Goodbye]));
}

#[test]
fn one_mailbox_too_many_is_refused() {
    let mut d = authenticated(0);
    let account = d.store.account("bob").unwrap();
    for n in 2..1_000 {
        account.create(&n.to_string());
    }
    d.play(
        "C: A1 CREATE a/b
         S: A1 NO [LIMIT] there are too many mailboxes
         C: A2 CREATE a
         S: A2 OK [MAILBOXID (m004d4419134a0a54-999)] CREATE completed
         C: A3 CREATE b
         S: A3 NO [LIMIT] there are too many mailboxes
         C: A4 RENAME INBOX b
         S: A4 NO [LIMIT] there are too many mailboxes
         C: A5 RENAME a b
         S: A5 OK RENAME completed",
    );
}
