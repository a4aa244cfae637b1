use super::*;
use crate::mail::{Change, Mutation};

fn rev2(count: u32) -> Dialogue {
    let mut dialogue = authenticated(count);
    dialogue.session.hide(&["OBJECTID".into()], true);
    dialogue.feed(b"R ENABLE IMAP4rev2\r\n");
    dialogue.moments.clear();
    dialogue
}

fn change(dialogue: &Dialogue, change: Change) {
    let mutation = Mutation { user: Some("bob".into()), mailbox: None, change };
    dialogue.store.mutate(&mutation, None, None, &mut Vec::new());
}

fn delivery() -> Change {
    let template = Template::Raw(Bytes::from_static(b"Subject: new\r\n\r\nx\r\n"));
    Change::Deliver { template, count: 1, flags: vec![] }
}

#[test]
fn rev2_has_no_recent_and_names_the_mailbox() {
    let mut d = rev2(2);
    let mut other = beside(&d);
    other.feed(b"A CLOSE\r\n");
    change(&d, delivery());
    d.play(
        r#"C: A0 CREATE "Entwürfe" (USE (\Drafts))
         S: A0 OK CREATE completed
         C: A0 CREATE "Entwürfe/alt"
         S: A0 OK CREATE completed
         C: A0 SUBSCRIBE "Entwürfe"
         S: A0 OK SUBSCRIBE completed
         C: A1 SELECT inbox
         S: * LIST (\HasNoChildren) "/" INBOX ("OLDNAME" ("inbox"))
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] flags are kept
         S: * 3 EXISTS
         S: * OK [UIDVALIDITY 1700000000] UIDs are valid
         S: * OK [UIDNEXT 4] the next UID
         S: * OK [HIGHESTMODSEQ 4] the latest change
         S: A1 OK [READ-WRITE] SELECT completed
         C: A2 FETCH 3 FLAGS
         S: * 3 FETCH (FLAGS ())
         S: A2 OK FETCH completed
         C: A3 APPEND INBOX {1+}
         C: x
         S: * 4 EXISTS
         S: A3 OK [APPENDUID 1700000000 4] APPEND completed
         C: A4 EXAMINE "Entwürfe"
         S: * OK [CLOSED] the mailbox before is closed
         S: * LIST (\HasChildren \Subscribed \Drafts) "/" "Entwürfe"
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
         S: * OK [PERMANENTFLAGS ()] no changes here
         S: * 0 EXISTS
         S: * OK [UIDVALIDITY 1700000001] UIDs are valid
         S: * OK [UIDNEXT 1] the next UID
         S: * OK [HIGHESTMODSEQ 1] the latest change
         S: A4 OK [READ-ONLY] EXAMINE completed
         C: A5 UNSELECT
         S: A5 OK UNSELECT completed"#,
    );
    // Who speaks rev1 is still the first to be told of it.
    assert!(text(&other.feed(b"A SELECT INBOX\r\n")).contains("\r\n* 2 RECENT\r\n"));
}

#[test]
fn news_have_the_uid() {
    let mut one = rev2(3);
    one.feed(b"S SELECT INBOX\r\n");
    let mut two = beside(&one);
    two.feed(b"A STORE 1,3 +FLAGS (\\Deleted)\r\nA UID EXPUNGE 1\r\n");
    change(&one, delivery());
    one.play(
        r"C: A1 NOOP
         S: * 1 EXPUNGE
         S: * 3 EXISTS
         S: * 2 FETCH (UID 3 FLAGS (\Deleted))
         S: A1 OK NOOP completed
         C: A2 STORE 2 FLAGS (\Seen)
         S: * 2 FETCH (FLAGS (\Seen))
         S: A2 OK STORE completed
         C: A3 MOVE 1 INBOX
         S: * OK [COPYUID 1700000000 2 5] moved
         S: * 1 EXPUNGE
         S: * 3 EXISTS
         S: A3 OK MOVE completed",
    );
}

#[test]
fn whoever_enables_it_too_late_sees_no_recent_either() {
    let mut d = selected(1);
    d.play(
        r"C: A1 FETCH 1 FLAGS
         S: * 1 FETCH (FLAGS (\Recent))
         S: A1 OK FETCH completed
         C: A2 ENABLE IMAP4rev2
         S: * ENABLED IMAP4rev2
         S: A2 OK ENABLE completed
         C: A3 FETCH 1 FLAGS
         S: * 1 FETCH (FLAGS ())
         S: A3 OK FETCH completed",
    );
}
