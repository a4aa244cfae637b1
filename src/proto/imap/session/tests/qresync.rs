use super::*;

/// Logged in, QRESYNC is enabled.
fn qresync(count: u32) -> Dialogue {
    let mut dialogue = authenticated(count);
    dialogue.session.hide(&["OBJECTID".into()], true);
    dialogue.feed(b"Q ENABLE QRESYNC\r\n");
    dialogue.moments.clear();
    dialogue
}

fn with_inbox(count: u32) -> Dialogue {
    let mut dialogue = qresync(count);
    dialogue.feed(b"S SELECT INBOX\r\n");
    dialogue.moments.clear();
    dialogue
}

/// What SELECT says from `HIGHESTMODSEQ` on.
fn resynchronized(dialogue: &mut Dialogue, parameters: &str) -> String {
    let reply = text(&dialogue.feed(format!("A SELECT INBOX (QRESYNC ({parameters}))\r\n").as_bytes()));
    reply.split_once("[HIGHESTMODSEQ ").map_or(reply.clone(), |(_, rest)| rest.replace("] the latest change\r\n", " "))
}

#[test]
fn vanished_takes_the_place_of_expunge() {
    let mut one = with_inbox(8);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 2,4:5 +FLAGS (\\Deleted)\r\nA2 EXPUNGE\r\n");
    one.play(
        r"C: A1 FETCH 8 UID
         S: * 8 FETCH (UID 8)
         S: * OK [HIGHESTMODSEQ 9] some expunges are still to be told
         S: A1 OK FETCH completed
         C: A2 UID FETCH 8 FLAGS
         S: * 8 FETCH (UID 8 FLAGS (\Recent))
         S: * VANISHED 2,4:5
         S: A2 OK FETCH completed
         C: A3 STORE 1,3 +FLAGS.SILENT (\Deleted)
         S: * 1 FETCH (UID 1 MODSEQ (16))
         S: * 3 FETCH (UID 6 MODSEQ (17))
         S: A3 OK STORE completed
         C: A4 UID EXPUNGE 6
         S: * VANISHED 6
         S: A4 OK [HIGHESTMODSEQ 18] EXPUNGE completed
         C: A5 EXPUNGE
         S: * VANISHED 1
         S: A5 OK [HIGHESTMODSEQ 19] EXPUNGE completed
         C: A6 EXPUNGE
         S: A6 OK EXPUNGE completed
         C: A7 CREATE Other
         S: A7 OK CREATE completed
         C: A8 MOVE 2 Other
         S: * OK [COPYUID 1700000001 7 1] moved
         S: * VANISHED 7
         S: A8 OK [HIGHESTMODSEQ 20] MOVE completed
         C: A9 UID MOVE 3 INBOX
         S: * OK [COPYUID 1700000000 3 9] moved
         S: * VANISHED 3
         S: * 2 EXISTS
         S: * 2 RECENT
         S: A9 OK [HIGHESTMODSEQ 22] MOVE completed
         C: B1 NOOP
         S: B1 OK NOOP completed
         C: B2 STORE 1 +FLAGS.SILENT (\Deleted)
         S: * 1 FETCH (UID 8 MODSEQ (23))
         S: B2 OK STORE completed
         C: B3 CLOSE
         S: B3 OK CLOSE completed",
    );
}

#[test]
fn who_comes_back_hears_what_happened_meanwhile() {
    let mut d = qresync(6);
    let mut other = beside(&d);
    other.feed(b"A STORE 2,4 +FLAGS.SILENT (\\Deleted)\r\nA EXPUNGE\r\nA STORE 1 +FLAGS.SILENT (\\Seen)\r\nA STORE 4 +FLAGS.SILENT ($X)\r\n");
    let ok = "A OK [READ-WRITE] SELECT completed\r\n";
    let seen = "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (12))\r\n";
    let marked = "* 4 FETCH (UID 6 FLAGS ($X) MODSEQ (13))\r\n";
    for (parameters, missed) in [
        ("1700000000 7", format!("* VANISHED (EARLIER) 2,4\r\n{seen}{marked}")),
        ("1700000000 7 1:3", format!("* VANISHED (EARLIER) 2\r\n{seen}")),
        ("1700000000 10 1:6", format!("* VANISHED (EARLIER) 4\r\n{seen}{marked}")),
        ("1700000000 11", format!("{seen}{marked}")),
        ("1700000000 12", marked.to_owned()),
        ("1700000000 13 1:6 (1 1)", String::new()),
        ("1700000000 7 1:6 (1,2 1,3)", format!("* VANISHED (EARLIER) 4\r\n{seen}{marked}")),
        ("1700000000 7 (1:3 1,3,5)", format!("{seen}{marked}")),
        ("1700000000 7 1:6 (1:4294967295 1:4294967295)", format!("* VANISHED (EARLIER) 2,4\r\n{seen}{marked}")),
        ("1700000001 7", String::new()),
    ] {
        assert_eq!(resynchronized(&mut d, parameters), format!("13 {missed}{ok}"), "{parameters}");
    }
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    inbox.with(|mailbox| mailbox.remember(1));
    // What is forgotten may have gone at any time.
    for (parameters, missed) in [
        ("1700000000 10", format!("* VANISHED (EARLIER) 4\r\n{seen}{marked}")),
        ("1700000000 9 1:9", format!("* VANISHED (EARLIER) 2,4\r\n{seen}{marked}")),
        ("1700000000 9 3:4", "* VANISHED (EARLIER) 4\r\n".to_owned()),
        ("1700000000 9 1:6 (2 3)", format!("* VANISHED (EARLIER) 4\r\n{seen}{marked}")),
    ] {
        assert_eq!(resynchronized(&mut d, parameters), format!("13 {missed}{ok}"), "{parameters}");
    }
}

#[test]
fn select_has_closed_the_mailbox_before() {
    let mut d = with_inbox(1);
    let reply = text(&d.feed(b"A1 EXAMINE INBOX (QRESYNC (1700000000 1))\r\n"));
    assert!(reply.starts_with("* OK [CLOSED] the mailbox before is closed\r\n* FLAGS "), "{reply}");
    assert!(reply.ends_with("* 1 FETCH (UID 1 FLAGS () MODSEQ (2))\r\nA1 OK [READ-ONLY] EXAMINE completed\r\n"), "{reply}");
}

#[test]
fn parameters_that_are_none_leave_the_mailbox_selected() {
    let mut d = selected(1);
    d.play(
        "C: A1 SELECT INBOX (QRESYNC (1 1))
         S: A1 BAD QRESYNC is to be enabled first
         C: A2 CHECK
         S: A2 OK CHECK completed",
    );
    assert_eq!(d.oddities(), ["command-out-of-order"]);
    for (parameters, expected) in [
        ("QRESYNC", "a space at column 24, got `)`"),
        ("QRESYNC ()", "a UIDVALIDITY from 1 at column 26, got `))`"),
        ("QRESYNC (0 1)", "a UIDVALIDITY from 1 at column 26, got `0`"),
        ("QRESYNC (1 x)", "a mod-sequence, a number below 9223372036854775808 at column 28, got `x))`"),
        ("QRESYNC (1 1 1:*)", "a number from 1 at column 32, got `*))`"),
        ("QRESYNC (1 1 0)", "a number from 1 at column 30, got `0))`"),
        ("QRESYNC (1 1 1 2)", "`(` at column 32, got `2))`"),
        ("QRESYNC (1 1 (1 1,2))", "as many UIDs as message numbers at column 33, got `1,2)))`"),
        ("QRESYNC (1 1 (2,1 1,2))", "ascending numbers at column 31, got `2,1`"),
        ("QRESYNC (1 1 (1,2 1)", "as many UIDs as message numbers at column 35, got `1))`"),
        ("QRESYNC (1 1) QRESYNC (1 1)", "`CONDSTORE` or `QRESYNC` at column 31, got `QRESYNC`"),
    ] {
        let reply = text(&d.feed(format!("A SELECT INBOX ({parameters})\r\n").as_bytes()));
        assert_eq!(reply, format!("A BAD expected {expected}\r\n"), "{parameters}");
    }
    d.play("C: A3 CHECK\nS: A3 OK CHECK completed");
}

#[test]
fn fetch_tells_what_vanished_before() {
    let mut d = with_inbox(5);
    let mut other = beside(&d);
    other.feed(b"A STORE 2,5 +FLAGS.SILENT (\\Deleted)\r\nA EXPUNGE\r\n");
    d.play(
        r"C: A1 NOOP
         S: * VANISHED 2,5
         S: A1 OK NOOP completed
         C: A2 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
         S: * VANISHED (EARLIER) 2,5
         S: A2 OK FETCH completed
         C: A3 UID FETCH 3:9 (FLAGS) (VANISHED CHANGEDSINCE 4)
         S: * VANISHED (EARLIER) 5
         S: * 3 FETCH (UID 4 FLAGS (\Recent) MODSEQ (5))
         S: A3 OK FETCH completed",
    );
    other.feed(b"A STORE 1 +FLAGS.SILENT (\\Deleted)\r\nA EXPUNGE\r\n");
    // What still has a number is told otherwise.
    d.play(
        "C: A4 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
         S: * VANISHED (EARLIER) 2,5
         S: * VANISHED 1
         S: A4 OK FETCH completed",
    );
}

#[test]
fn idle_tells_who_vanished() {
    let mut one = with_inbox(3);
    let mut two = beside(&one);
    one.feed(b"I IDLE\r\n");
    two.feed(b"A STORE 1,3 +FLAGS.SILENT (\\Deleted)\r\n");
    assert_eq!(
        text(&one.push()),
        "* 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent) MODSEQ (5))\r\n* 3 FETCH (UID 3 FLAGS (\\Deleted \\Recent) MODSEQ (6))\r\n"
    );
    two.feed(b"A EXPUNGE\r\n");
    assert_eq!(text(&one.push()), "* VANISHED 1,3\r\n");
    one.play("C: DONE\nS: I OK IDLE completed");
}
