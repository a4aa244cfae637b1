use super::*;
use crate::mail::{FlagUpdate, Note};
use crate::proto::dialogue::Meddling;

#[test]
fn store_in_all_its_forms() {
    let mut d = selected(2);
    d.play(
        r"C: A1 STORE 1 FLAGS (\Seen $Work)
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work \*)] flags are kept
         S: * 1 FETCH (FLAGS (\Seen $Work \Recent))
         S: A1 OK STORE completed
         C: A2 STORE 1:2 +FLAGS \Flagged
         S: * 1 FETCH (FLAGS (\Flagged \Seen $Work \Recent))
         S: * 2 FETCH (FLAGS (\Flagged \Recent))
         S: A2 OK STORE completed
         C: A3 STORE 1 -FLAGS.SILENT (\Seen $WORK)
         S: A3 OK STORE completed
         C: A4 UID STORE 2 -FLAGS (\Flagged)
         S: * 2 FETCH (UID 2 FLAGS (\Recent))
         S: A4 OK STORE completed
         C: A5 NOOP
         S: A5 OK NOOP completed
         C: A6 STORE 3 +FLAGS (\Seen)
         S: A6 BAD the mailbox has 2 messages
         C: A7 UID STORE 9 +FLAGS (\Seen)
         S: A7 OK STORE completed
         C: A8 STORE 1 +FLAGS x[y
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work x[y)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work x[y \*)] flags are kept
         S: * 1 FETCH (FLAGS (\Flagged x[y \Recent))
         S: A8 OK STORE completed
         C: A9 STORE 1 +FLAG (\Seen)
         S: A9 BAD expected `FLAGS`, `+FLAGS` or `-FLAGS`, with or without `.SILENT` at column 12, got `+FLAG`
         C: B1 STORE 1 +FLAGS
         S: B1 BAD expected a space at column 18, got the end of the line",
    );
    assert_eq!(d.oddities(), ["no-such-message", "syntax", "syntax"]);
}

#[test]
fn expunge_counts_down_as_it_goes() {
    let mut d = selected(5);
    d.feed(b"A1 STORE 1,2,4 +FLAGS.SILENT (\\Deleted)\r\n");
    d.play(
        "C: A2 UID EXPUNGE 2:3
         S: * 2 EXPUNGE
         S: A2 OK EXPUNGE completed
         C: A3 EXPUNGE
         S: * 1 EXPUNGE
         S: * 2 EXPUNGE
         S: A3 OK EXPUNGE completed
         C: A4 EXPUNGE
         S: A4 OK EXPUNGE completed",
    );
    assert_eq!(flags(&d).iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn a_change_that_is_lost_did_not_happen_and_is_not_believed() {
    let mut d = selected(2);
    d.meddle(Ats::EXPUNGE | Ats::STORE | Ats::APPEND, Meddling { keep: Some(false), ..Meddling::default() });
    d.play(
        r"C: A1 STORE 1 +FLAGS (\Seen)
         S: * 1 FETCH (FLAGS (\Seen \Recent))
         S: A1 OK STORE completed
         C: A2 FETCH 1 FLAGS
         S: * 1 FETCH (FLAGS (\Recent))
         S: A2 OK FETCH completed",
    );
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    inbox.with(|mailbox| mailbox.update_flags(1, FlagUpdate::Add, ["\\Deleted"], &mut Vec::new()));
    d.play(
        r"C: A3 EXPUNGE
         S: * 1 EXPUNGE
         S: A3 OK EXPUNGE completed
         C: A4 FETCH 2 UID
         S: * 2 FETCH (UID 2)
         S: * 1 FETCH (FLAGS (\Deleted \Recent))
         S: A4 OK FETCH completed
         C: A5 APPEND INBOX {4+}
         C: x: y
         S: * 3 EXISTS
         S: * 3 RECENT
         S: A5 OK [APPENDUID 1700000000 3] APPEND completed
         C: A6 FETCH 3 UID
         S: A6 BAD the mailbox has 2 messages",
    );
}

#[test]
fn copies_and_moves_name_their_uids() {
    let mut d = selected(3);
    d.play(
        r#"C: A1 CREATE Archive
         S: A1 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A2 COPY 1:2 Archive
         S: A2 OK [COPYUID 1700000001 1:2 1:2] COPY completed
         C: A3 UID COPY 3 Archive
         S: A3 OK [COPYUID 1700000001 3 3] COPY completed
         C: A4 UID COPY 77 Archive
         S: A4 OK COPY completed
         C: A5 COPY 1 Nowhere
         S: A5 NO [TRYCREATE] there is no mailbox of this name
         C: A6 COPY 4 Archive
         S: A6 BAD the mailbox has 3 messages
         C: A7 COPY 1 INBOX
         S: * 4 EXISTS
         S: * 4 RECENT
         S: A7 OK [COPYUID 1700000000 1 4] COPY completed
         C: A8 MOVE 1,3 Archive
         S: * OK [COPYUID 1700000001 1,3 4:5] moved
         S: * 1 EXPUNGE
         S: * 2 EXPUNGE
         S: A8 OK MOVE completed
         C: A9 FETCH 1:* UID
         S: * 1 FETCH (UID 2)
         S: * 2 FETCH (UID 4)
         S: A9 OK FETCH completed
         C: B1 STATUS Archive (MESSAGES)
         S: * STATUS Archive (MESSAGES 5)
         S: B1 OK STATUS completed"#,
    );
}

#[test]
fn a_search_for_everything_that_can_be_searched_for() {
    let mut d = with_mail(&[
        "From: Ann <ann@a.test>\nTo: bob@b.test\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nDate: Thu, 1 Jan 2026 10:00:00 +0100\n\nfirst words\n",
        "From: eve@e.test\nTo: bob@b.test\nCc: ann@a.test\nSubject: two\nDate: Fri, 2 Jan 2026 10:00:00 +0000\nX-Y: z\n\nsecond words, many more of them than before\n",
        "Subject: three\n\nnothing\n",
    ]);
    d.feed(b"L LOGIN bob x\r\nS SELECT INBOX\r\nF STORE 1 +FLAGS (\\Seen $Work)\r\nG STORE 3 +FLAGS (\\Deleted)\r\n");
    for (keys, found) in [
        ("ALL", " 1 2 3"),
        ("2:*", " 2 3"),
        ("9", ""),
        ("UID 1,3", " 1 3"),
        ("SEEN", " 1"),
        ("UNSEEN", " 2 3"),
        ("NEW", " 2 3"),
        ("OLD", ""),
        ("RECENT", " 1 2 3"),
        ("DELETED", " 3"),
        ("UNDELETED UNSEEN", " 2"),
        ("ANSWERED", ""),
        ("UNANSWERED UNFLAGGED UNDRAFT", " 1 2 3"),
        ("KEYWORD $work", " 1"),
        ("UNKEYWORD $work", " 2 3"),
        ("FROM ann", " 1"),
        ("TO b.test", " 1 2"),
        ("CC ann", " 2"),
        ("BCC x", ""),
        ("CHARSET UTF-8 SUBJECT {6+}\r\ngrüß", " 1"),
        ("SUBJECT \"tw\"", " 2"),
        ("HEADER X-Y \"\"", " 2"),
        ("BODY words", " 1 2"),
        ("TEXT three", " 3"),
        ("SENTON 1-Jan-2026", " 1"),
        ("SENTSINCE 2-Jan-2026", " 2"),
        ("SENTBEFORE 2-Jan-2026", " 1"),
        ("SINCE 1-Jan-2020", " 1 2 3"),
        ("BEFORE 1-Jan-2020", ""),
        ("ON 1-Jan-2020", ""),
        ("LARGER 150", " 2"),
        ("SMALLER 40", " 3"),
        ("NOT SEEN", " 2 3"),
        ("OR SEEN DELETED", " 1 3"),
        ("OR (SEEN TEXT first) NOT (OR SEEN UNDELETED)", " 1 3"),
    ] {
        let reply = text(&d.feed(format!("A SEARCH {keys}\r\n").as_bytes()));
        assert_eq!(reply, format!("* SEARCH{found}\r\nA OK SEARCH completed\r\n"), "{keys}");
    }
    d.play(
        r"C: A1 UID SEARCH UNSEEN
         S: * SEARCH 2 3
         S: A1 OK SEARCH completed
         C: A2 SEARCH CHARSET X-NONE TEXT x
         S: A2 NO [BADCHARSET (US-ASCII UTF-8)] unknown charset
         C: A3 SEARCH SINCE yesterday
         S: A3 BAD expected a date such as `1-Feb-1994` at column 17, got `yesterday`
         C: A4 SEARCH WHATEVER
         S: A4 BAD expected a search key at column 11, got `WHATEVER`
         C: A5 SEARCH ()
         S: A5 BAD expected a search key at column 11, got `()`",
    );
    let deep = format!("A SEARCH {}ALL\r\n", "NOT ".repeat(60));
    assert!(text(&d.feed(deep.as_bytes())).starts_with("A BAD expected at most 50 keys inside each other at column "));
    let many = format!("A SEARCH{}\r\n", " ALL".repeat(300));
    assert!(text(&d.feed(many.as_bytes())).starts_with("A BAD expected at most 200 search keys at column "));
}

#[test]
fn seen_is_set_by_a_literal_that_was_written_whole_and_by_nothing_less() {
    let whole = "* 1 FETCH (BODY[] {45}\r\nSubject: x\r\nMessage-ID: <m@a.test>\r\n\r\nhello\r\n FLAGS (\\Seen \\Recent))\r\n\
                 A1 OK FETCH completed\r\n";
    let end = whole.find(" FLAGS").unwrap();
    for (cut, seen, fetched) in [(end - 1, "", 0), (end, "\\Seen", 1), (1000, "\\Seen", 1)] {
        let mut d = selected(1);
        d.meddle(Ats::FETCH, Meddling { cut: Some(cut), ..Meddling::default() });
        let reply = d.feed(b"A1 FETCH 1 BODY[]\r\n");
        assert_eq!(text(&reply), whole[..cut.min(whole.len())]);
        assert_eq!(flags(&d), [(1, seen.to_owned())], "{cut}");
        assert_eq!(d.notes.iter().filter(|note| matches!(note, Note::Fetched { uid: 1, .. })).count(), fetched);
    }
}

#[test]
fn of_many_messages_those_are_seen_that_left() {
    let mut d = selected(20);
    let size = text(&d.feed(b"A0 FETCH 1:3 BODY.PEEK[]\r\n")).find("A0 OK").unwrap();
    assert!(flags(&d).iter().all(|(_, flags)| flags.is_empty()));
    d.notes.clear();
    d.meddle(Ats::FETCH, Meddling { cut: Some(size), ..Meddling::default() });
    d.feed(b"A1 FETCH 1:* BODY[]\r\n");
    // Each response is longer by ` FLAGS (\Seen \Recent)`, so the third literal was cut.
    let seen: Vec<u32> = flags(&d).iter().filter(|(_, flags)| flags == "\\Seen").map(|(uid, _)| *uid).collect();
    assert_eq!(seen, [1, 2]);
    let noted = |wanted: fn(&Note) -> bool| d.notes.iter().filter(|note| wanted(note)).count();
    assert_eq!((noted(|note| matches!(note, Note::Flags { .. })), noted(|note| matches!(note, Note::Fetched { .. }))), (2, 2));
}

#[test]
fn a_long_reply_is_made_while_it_is_sent_and_says_the_same() {
    let mut d = selected(20);
    let one_by_one: Vec<u8> =
        (1..=20).flat_map(|n| d.feed(format!("A FETCH {n} (UID FLAGS BODY.PEEK[])\r\n").as_bytes())).collect();
    let together = text(&d.feed(b"A FETCH 1:* (UID FLAGS BODY.PEEK[])\r\n"));
    let done = "A OK FETCH completed\r\n";
    assert_eq!(together, text(&one_by_one).replace(done, "") + done);
    let mut input = &b"B FETCH 1:* BODY[]\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    let moment = d.session.next(&mut input, &mut cx).unwrap();
    let answer = d.session.answer(moment, &mut cx);
    assert!(matches!(answer.reply.pieces[0], crate::proto::Piece::Lazy(_)));
    assert_eq!(answer.reply.len(), answer.reply.to_vec().len() as u64);
}

#[test]
fn a_multipart_is_read_when_its_last_part_is() {
    let inner = "--X\n\none\n--X\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=Y\n\n--Y\n\ntwo\n--Y\n\nthree\n--Y--\n--X--\n";
    let message = format!("Content-Type: multipart/mixed; boundary=X\n\n{inner}");
    for (sections, read) in [
        (vec!["[1]", "[2]"], 1),
        (vec!["[1]", "[2.1]", "[2.2]"], 1),
        (vec!["[2.2]", "[1]<0.2>", "[1]<2.9>", "[2.1]"], 1),
        (vec!["[1]", "[2.1]", "[2.2]<0.1>"], 0),
        (vec!["[1]", "[2.1]", "[2.HEADER]", "[1.MIME]"], 0),
        (vec!["[]"], 1),
        (vec!["[TEXT]<3.9999>"], 1),
    ] {
        let mut d = with_mail(&[&message]);
        d.feed(b"L LOGIN bob x\r\nS SELECT INBOX\r\n");
        for section in &sections {
            d.feed(format!("A FETCH 1 BODY{section}\r\n").as_bytes());
        }
        assert_eq!(d.notes.iter().filter(|note| matches!(note, Note::Fetched { .. })).count(), read, "{sections:?}");
    }
    let mut d = selected(1);
    d.feed(b"A FETCH 1 BODY[1]\r\n");
    assert!(d.notes.iter().any(|note| matches!(note, Note::Fetched { .. })));
}

#[test]
fn a_reply_in_place_of_the_messages_sets_nothing() {
    let mut d = selected(1);
    d.meddle(Ats::FETCH, Meddling { reply: Some("OK done"), ..Meddling::default() });
    d.play("C: A1 FETCH 1 BODY[]\nS: A1 OK done");
    assert_eq!(flags(&d), [(1, String::new())]);
}

#[test]
fn examine_and_peek_and_partials() {
    let mut d = selected(1);
    d.play(
        r"C: A1 FETCH 1 BODY.PEEK[TEXT]<0.2>
         S: * 1 FETCH (BODY[TEXT]<0> {2}
         S: he)
         S: A1 OK FETCH completed",
    );
    assert!(!d.notes.iter().any(|note| matches!(note, Note::Fetched { .. })));
    d.play(
        r"C: A2 FETCH 1 (FLAGS BODY[TEXT]<2.100>)
         S: * 1 FETCH (FLAGS (\Seen \Recent) BODY[TEXT]<2> {5}
         S: llo
         S: )
         S: A2 OK FETCH completed",
    );
    assert!(d.notes.iter().any(|note| matches!(note, Note::Fetched { .. })));
    let mut d = authenticated(1);
    d.feed(b"A0 EXAMINE INBOX\r\nA1 FETCH 1 BODY[]\r\n");
    assert_eq!(flags(&d), [(1, String::new())]);
}
