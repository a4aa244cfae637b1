use super::*;
use crate::proto::dialogue::Meddling;

/// INBOX is selected, CONDSTORE is on.
fn condstore(count: u32) -> Dialogue {
    let mut dialogue = authenticated(count);
    dialogue.feed(b"C SELECT INBOX (CONDSTORE)\r\n");
    dialogue.moments.clear();
    dialogue
}

#[test]
fn select_takes_condstore_and_nothing_unknown() {
    let mut d = authenticated(1);
    d.session.hide(&["OBJECTID".into()], true);
    d.play(
        r"C: A1 SELECT INBOX (CONDSTORE)
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] flags are kept
         S: * 1 EXISTS
         S: * 1 RECENT
         S: * OK [UNSEEN 1] the first unseen message
         S: * OK [UIDVALIDITY 1700000000] UIDs are valid
         S: * OK [UIDNEXT 2] the next UID
         S: * OK [HIGHESTMODSEQ 2] the latest change
         S: A1 OK [READ-WRITE] SELECT completed
         C: A2 STORE 1 +FLAGS (\Seen)
         S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent) MODSEQ (3))
         S: A2 OK STORE completed
         C: A3 SELECT INBOX (CONDSTORE ANNOTATE)
         S: A3 BAD expected `CONDSTORE` or `QRESYNC` at column 28, got `ANNOTATE)`
         C: A4 SELECT INBOX ()
         S: A4 BAD expected a list of parameters at column 17, got `()`
         C: A5 NOOP
         S: A5 OK NOOP completed",
    );
}

#[test]
fn every_first_use_switches_it_on_and_tells_how_far_the_client_is() {
    for (command, reply) in [
        ("FETCH 1 MODSEQ", "* OK [HIGHESTMODSEQ 3] CONDSTORE is on\r\n* 1 FETCH (MODSEQ (2))\r\nA OK FETCH completed\r\n"),
        ("FETCH 1:* UID (CHANGEDSINCE 3)", "* OK [HIGHESTMODSEQ 3] CONDSTORE is on\r\nA OK FETCH completed\r\n"),
        (
            "STORE 1 (UNCHANGEDSINCE 3) +FLAGS.SILENT (\\Seen)",
            "* OK [HIGHESTMODSEQ 3] CONDSTORE is on\r\n* 1 FETCH (UID 1 MODSEQ (4))\r\nA OK STORE completed\r\n",
        ),
        ("ENABLE CONDSTORE", "* ENABLED CONDSTORE\r\n* OK [HIGHESTMODSEQ 3] CONDSTORE is on\r\nA OK ENABLE completed\r\n"),
    ] {
        let mut d = selected(2);
        assert_eq!(text(&d.feed(format!("A {command}\r\n").as_bytes())), reply);
        let reply = text(&d.feed(b"A STORE 2 +FLAGS (\\Draft)\r\n"));
        let modseq = if command.starts_with("STORE") { 5 } else { 4 };
        assert_eq!(reply, format!("* 2 FETCH (UID 2 FLAGS (\\Draft \\Recent) MODSEQ ({modseq}))\r\nA OK STORE completed\r\n"));
        assert_eq!(text(&d.feed(b"A FETCH 1 UID (CHANGEDSINCE 9)\r\n")), "A OK FETCH completed\r\n");
    }
}

#[test]
fn a_first_use_that_a_fault_refuses_switches_nothing_on() {
    for (at, command) in
        [(Ats::FETCH, "FETCH 1 MODSEQ"), (Ats::STORE, "STORE 1 (UNCHANGEDSINCE 9) FLAGS ()"), (Ats::ENABLE, "ENABLE CONDSTORE")]
    {
        let mut d = selected(1);
        d.meddle(at, Meddling { reply: Some("NO x"), ..Meddling::default() });
        d.feed(format!("A {command}\r\n").as_bytes());
        beside(&d).feed(b"A STORE 1 +FLAGS (\\Seen)\r\n");
        assert_eq!(text(&d.feed(b"A NOOP\r\n")), "* 1 FETCH (FLAGS (\\Seen \\Recent))\r\nA OK NOOP completed\r\n", "{command}");
    }
}

#[test]
fn changes_by_others_have_uid_and_mod_sequence() {
    let mut one = condstore(2);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 2 +FLAGS (\\Flagged)\r\n");
    one.play(
        r"C: A1 NOOP
         S: * 2 FETCH (UID 2 FLAGS (\Flagged \Recent) MODSEQ (4))
         S: A1 OK NOOP completed
         C: A2 FETCH 1:2 (FLAGS) (CHANGEDSINCE 3)
         S: * 2 FETCH (FLAGS (\Flagged \Recent) MODSEQ (4))
         S: A2 OK FETCH completed
         C: A3 UID FETCH 1:* (FLAGS MODSEQ) (CHANGEDSINCE 1)
         S: * 1 FETCH (UID 1 FLAGS (\Recent) MODSEQ (2))
         S: * 2 FETCH (UID 2 FLAGS (\Flagged \Recent) MODSEQ (4))
         S: A3 OK FETCH completed",
    );
}

#[test]
fn a_silent_store_tells_the_mod_sequence_and_not_the_flags() {
    let mut d = condstore(2);
    d.play(
        r"C: A1 STORE 1:2 +FLAGS.SILENT (\Seen)
         S: * 1 FETCH (UID 1 MODSEQ (4))
         S: * 2 FETCH (UID 2 MODSEQ (5))
         S: A1 OK STORE completed
         C: A2 UID STORE 2 +FLAGS.SILENT (\Seen)
         S: * 2 FETCH (UID 2 MODSEQ (5))
         S: A2 OK STORE completed
         C: A3 NOOP
         S: A3 OK NOOP completed",
    );
}

#[test]
fn a_store_changes_only_what_is_unchanged_since() {
    let mut one = condstore(4);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 2 +FLAGS (\\Flagged)\r\nA2 STORE 4 +FLAGS (\\Flagged)\r\n");
    one.play(
        r"C: A1 STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT ($Mine)
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Mine)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Mine \*)] flags are kept
         S: * 1 FETCH (UID 1 MODSEQ (8))
         S: * 3 FETCH (UID 3 MODSEQ (9))
         S: * 2 FETCH (UID 2 FLAGS (\Flagged \Recent) MODSEQ (6))
         S: * 4 FETCH (UID 4 FLAGS (\Flagged \Recent) MODSEQ (7))
         S: A1 OK [MODIFIED 2] STORE completed
         C: A2 UID STORE 2:4 (UNCHANGEDSINCE 6) FLAGS ($Mine)
         S: * 2 FETCH (UID 2 FLAGS ($Mine \Recent) MODSEQ (10))
         S: A2 OK [MODIFIED 3:4] STORE completed
         C: A3 STORE 1 (UNCHANGEDSINCE 0) FLAGS ()
         S: A3 OK [MODIFIED 1] STORE completed
         C: A4 STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 1) FLAGS ()
         S: A4 BAD expected one `UNCHANGEDSINCE` at column 12, got `(UNCHANGEDSINCE`
         C: A5 STORE 1 (UNCHANGEDSINCE -1) FLAGS ()
         S: A5 BAD expected a mod-sequence, a number below 9223372036854775808 at column 28, got `-1)`
         C: A6 STORE 1 (CHANGEDSINCE 1) FLAGS ()
         S: A6 BAD expected `UNCHANGEDSINCE` at column 13, got `CHANGEDSINCE`",
    );
    let flags: Vec<String> = flags(&one).into_iter().map(|(_, flags)| flags).collect();
    assert_eq!(flags, ["$Mine", "$Mine", "$Mine", "\\Flagged"]);
}

#[test]
fn reading_a_message_tells_its_new_mod_sequence() {
    let mut d = condstore(2);
    d.play(
        r"C: A1 FETCH 1:2 BODY[2]
         S: * 1 FETCH (UID 1 BODY[2] NIL MODSEQ (4) FLAGS (\Seen \Recent))
         S: * 2 FETCH (UID 2 BODY[2] NIL MODSEQ (5) FLAGS (\Seen \Recent))
         S: A1 OK FETCH completed
         C: A2 FETCH 1:2 BODY[2]
         S: * 1 FETCH (BODY[2] NIL)
         S: * 2 FETCH (BODY[2] NIL)
         S: A2 OK FETCH completed
         C: A3 NOOP
         S: A3 OK NOOP completed
         C: A4 FETCH 1:2 (FLAGS MODSEQ)
         S: * 1 FETCH (FLAGS (\Seen \Recent) MODSEQ (4))
         S: * 2 FETCH (FLAGS (\Seen \Recent) MODSEQ (5))
         S: A4 OK FETCH completed",
    );
}

#[test]
fn flags_that_were_fetched_without_their_mod_sequence_are_told_with_it() {
    let mut one = condstore(1);
    beside(&one).feed(b"A1 STORE 1 +FLAGS (\\Seen)\r\n");
    one.play(
        r"C: A1 FETCH 1 FLAGS
         S: * 1 FETCH (FLAGS (\Seen \Recent))
         S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent) MODSEQ (3))
         S: A1 OK FETCH completed
         C: A2 NOOP
         S: A2 OK NOOP completed",
    );
}

#[test]
fn a_mod_sequence_does_not_hide_an_expunge_that_is_to_be_told() {
    let mut one = condstore(3);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 1 +FLAGS (\\Deleted)\r\nA2 EXPUNGE\r\nA3 STORE 1 +FLAGS (\\Seen)\r\n");
    one.play(
        r"C: A1 FETCH 3 FLAGS
         S: * 3 FETCH (FLAGS (\Recent))
         S: * 2 FETCH (UID 2 FLAGS (\Seen \Recent) MODSEQ (7))
         S: * OK [HIGHESTMODSEQ 4] some expunges are still to be told
         S: A1 OK FETCH completed
         C: A2 STORE 3 +FLAGS (\Seen)
         S: * 3 FETCH (UID 3 FLAGS (\Seen \Recent) MODSEQ (8))
         S: * OK [HIGHESTMODSEQ 4] some expunges are still to be told
         S: A2 OK STORE completed
         C: A3 NOOP
         S: * 1 EXPUNGE
         S: A3 OK NOOP completed",
    );
}

#[test]
fn modifiers_of_fetch_that_are_none() {
    let mut d = condstore(1);
    d.play(
        "C: A1 FETCH 1 FLAGS (CHANGEDSINCE)
         S: A1 BAD expected a space at column 31, got `)`
         C: A2 FETCH 1 FLAGS ()
         S: A2 BAD expected `CHANGEDSINCE` among the modifiers at column 18, got `()`
         C: A3 FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)
         S: A3 BAD expected `CHANGEDSINCE` at column 34, got `VANISHED)`
         C: A4 UID FETCH 1 FLAGS (VANISHED)
         S: A4 BAD expected `CHANGEDSINCE` among the modifiers at column 22, got `(VANISHED)`
         C: A5 UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)
         S: A5 BAD QRESYNC is to be enabled first
         C: A6 UID FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)
         S: A6 BAD expected `CHANGEDSINCE` or `VANISHED` at column 38, got `CHANGEDSINCE`",
    );
}

#[test]
fn a_list_that_asks_for_the_counter_switches_it_on_like_status() {
    let mut d = selected(1);
    d.play(
        r#"C: A1 LIST "" * RETURN (STATUS (HIGHESTMODSEQ))
         S: * OK [HIGHESTMODSEQ 2] CONDSTORE is on
         S: * LIST () "/" INBOX
         S: * STATUS INBOX (HIGHESTMODSEQ 2)
         S: A1 OK LIST completed
         C: A2 STORE 1 +FLAGS.SILENT (\Seen)
         S: * 1 FETCH (UID 1 MODSEQ (3))
         S: A2 OK STORE completed
         C: A3 LIST "" * RETURN (STATUS (HIGHESTMODSEQ))
         S: * LIST () "/" INBOX
         S: * STATUS INBOX (HIGHESTMODSEQ 3)
         S: A3 OK LIST completed"#,
    );
}
