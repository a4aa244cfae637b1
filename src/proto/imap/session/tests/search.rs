use super::*;
use crate::mail::FlagUpdate;
use crate::proto::dialogue::Meddling;

/// Five messages, INBOX selected: 1 and 3 from Ann, 2 in German, 4 with an attachment, 5 an answer to 1.
fn five() -> Dialogue {
    let mut d = with_mail(&[
        "From: Ann <ann@a.test>\nDate: Wed, 31 Dec 2025 23:59:00 -0800\nMessage-ID: <1@a.test>\nSubject: lunch\n\nat noon\n",
        "Subject: =?iso-8859-1?Q?K=E4se?=\nFrom: bert@b.test\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: base64\n\nR3L832U=\n",
        "From: ann@a.test\nTo: bob@b.test\nSubject: re\n\nhello\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: image/png\n\
         Content-Disposition: attachment\n\nhello\n--b--\n",
        "In-Reply-To: <1@a.test>\nSubject: Re: lunch\n\n",
    ]);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    d.notes.clear();
    d
}

/// The numbers that `SEARCH` answers with.
#[track_caller]
fn found(d: &mut Dialogue, keys: &str) -> String {
    let reply = text(&d.feed(format!("A SEARCH {keys}\r\n").as_bytes()));
    reply
        .strip_prefix("* SEARCH")
        .and_then(|rest| rest.strip_suffix("\r\nA OK SEARCH completed\r\n"))
        .unwrap_or(&reply)
        .trim()
        .into()
}

#[test]
fn keys_find_what_they_should() {
    let mut d = five();
    d.feed(b"F1 STORE 1:2 +FLAGS (\\Seen $Work)\r\nF2 STORE 3 +FLAGS (\\Flagged)\r\n");
    for (keys, numbers) in [
        ("ALL", "1 2 3 4 5"),
        ("SEEN", "1 2"),
        ("UNSEEN FLAGGED", "3"),
        ("NEW", "3 4 5"),
        ("OLD", ""),
        ("KEYWORD $work NOT FROM ann", "2"),
        ("UNKEYWORD $Work 2:4", "3 4"),
        ("OR (FROM ANN SUBJECT re) UID 5,4:4", "3 4 5"),
        ("NOT (OR SEEN 4:*)", "3"),
        ("HEADER In-Reply-To \"\"", "5"),
        ("SUBJECT lunch", "1 5"),
        ("BODY hello", "3"),
        ("TEXT ann@a", "1 3"),
        ("TEXT noon UNSEEN", ""),
        ("SENTON 31-Dec-2025", "1"),
        ("SENTSINCE 1-Jan-2026", ""),
        ("SENTBEFORE 1-Jan-2026", "1"),
        ("SINCE 1-Jan-2020", "1 2 3 4 5"),
        ("BEFORE 1-Jan-2020", ""),
        ("LARGER 130 SMALLER 160", "2 4"),
        ("LARGER 9223372036854775807", ""),
        ("YOUNGER 86400", "1 2 3 4 5"),
        ("OLDER 86400", ""),
    ] {
        assert_eq!(found(&mut d, keys), numbers, "{keys}");
    }
    assert_eq!(d.oddities(), Vec::<String>::new());
}

#[test]
fn texts_come_in_any_charset_that_is_known() {
    let mut d = five();
    for (charset, octets, numbers) in [
        ("UTF-8", "gr\u{fc}\u{df}e".as_bytes(), "2"),
        ("ISO-8859-1", b"GR\xdc\xdfE", "2"),
        ("windows-1252", b"gr\xfc", "2"),
        ("utf-16be", b"\0\xfc\0\xdf", ""),
    ] {
        let octets =
            [b"A SEARCH CHARSET ", charset.as_bytes(), format!(" BODY {{{}+}}\r\n", octets.len()).as_bytes(), octets, b"\r\n"]
                .concat();
        let reply = text(&d.feed(&octets));
        if charset == "utf-16be" {
            // NUL cannot be in a literal, so this charset is of no use there.
            assert!(reply.contains("a literal without NUL"), "{reply}");
        } else {
            assert_eq!(reply, format!("* SEARCH {numbers}\r\nA OK SEARCH completed\r\n"), "{charset}");
        }
    }
    d.play(
        "C: A1 SEARCH CHARSET KLINGON SUBJECT x
         S: A1 NO [BADCHARSET (US-ASCII UTF-8)] unknown charset
         C: A2 SEARCH CHARSET UTF-8 SUBJECT \"käse\"
         S: * SEARCH 2
         S: A2 OK SEARCH completed
         C: A3 ENABLE UTF8=ACCEPT
         S: * ENABLED UTF8=ACCEPT
         S: A3 OK ENABLE completed
         C: A4 SEARCH CHARSET UTF-8 SUBJECT x
         S: A4 BAD no CHARSET after ENABLE UTF8=ACCEPT (RFC 6855 section 3)
         C: A5 SEARCH SUBJECT \"KÄ\"
         S: * SEARCH 2
         S: A5 OK SEARCH completed
         C: A6 SORT (DATE) utf-8 SUBJECT \"KÄ\"
         S: * SORT 2
         S: A6 OK SORT completed
         C: A7 SORT (DATE) ISO-8859-1 SUBJECT x
         S: A7 BAD no CHARSET but UTF-8 after ENABLE UTF8=ACCEPT (RFC 6855 section 3)
         C: A8 UID THREAD REFERENCES ISO-8859-1 ALL
         S: A8 BAD no CHARSET but UTF-8 after ENABLE UTF8=ACCEPT (RFC 6855 section 3)
         C: A9 THREAD REFERENCES US-ASCII SUBJECT KLINGON
         S: * THREAD
         S: A9 OK THREAD completed",
    );
}

#[test]
fn return_options_and_what_they_tell() {
    let mut d = selected(5);
    d.play(
        r#"C: A0 STORE 2,4:5 +FLAGS.SILENT (\Flagged)
         S: A0 OK STORE completed
         C: A1 SEARCH RETURN (MIN MAX COUNT) FLAGGED
         S: * ESEARCH (TAG "A1") MIN 2 MAX 5 COUNT 3
         S: A1 OK SEARCH completed
         C: A2 UID SEARCH RETURN () FLAGGED
         S: * ESEARCH (TAG "A2") UID ALL 2,4:5
         S: A2 OK SEARCH completed
         C: A3 SEARCH RETURN (min ALL count) DELETED
         S: * ESEARCH (TAG "A3") COUNT 0
         S: A3 OK SEARCH completed
         C: A4 UID SEARCH RETURN (MAX) DELETED
         S: * ESEARCH (TAG "A4") UID
         S: A4 OK SEARCH completed
         C: A5 SEARCH RETURN (ALL) CHARSET US-ASCII SUBJECT X
         S: * ESEARCH (TAG "A5") ALL 1:5
         S: A5 OK SEARCH completed
         C: A6 SEARCH RETURN (MIN FIRST) ALL
         S: A6 BAD expected `MIN`, `MAX`, `ALL`, `COUNT` or `SAVE` at column 23, got `FIRST)`
         C: A7 SEARCH RETURN MIN ALL
         S: A7 BAD expected a list of `MIN`, `MAX`, `ALL`, `COUNT` and `SAVE` at column 18, got `MIN`
         C: A8 SEARCH RETURN (MIN)
         S: A8 BAD expected a space at column 23, got the end of the line
         C: A9 ENABLE IMAP4rev2
         S: * ENABLED IMAP4rev2
         S: A9 OK ENABLE completed
         C: B1 SEARCH FLAGGED
         S: * ESEARCH (TAG "B1") ALL 2,4:5
         S: B1 OK SEARCH completed
         C: B2 UID SEARCH DELETED
         S: * ESEARCH (TAG "B2") UID
         S: B2 OK SEARCH completed"#,
    );
}

#[test]
fn dollar_is_what_was_saved_in_every_command() {
    let mut d = selected(5);
    d.play(
        r#"C: A1 SEARCH RETURN (SAVE) 2:4
         S: A1 OK SEARCH completed
         C: A2 FETCH $ UID
         S: * 2 FETCH (UID 2)
         S: * 3 FETCH (UID 3)
         S: * 4 FETCH (UID 4)
         S: A2 OK FETCH completed
         C: A3 SEARCH $ NOT UID 3
         S: * SEARCH 2 4
         S: A3 OK SEARCH completed
         C: A4 UID STORE $ +FLAGS.SILENT (\Deleted)
         S: A4 OK STORE completed
         C: A5 CREATE Other
         S: A5 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A6 COPY $ Other
         S: A6 OK [COPYUID 1700000001 2:4 1:3] COPY completed
         C: A7 SEARCH RETURN (SAVE MIN COUNT) UID $ 3:*
         S: * ESEARCH (TAG "A7") MIN 3 COUNT 2
         S: A7 OK SEARCH completed
         C: A8 UID EXPUNGE $
         S: * 3 EXPUNGE
         S: * 3 EXPUNGE
         S: A8 OK EXPUNGE completed
         C: A9 FETCH $ UID
         S: A9 OK FETCH completed
         C: B1 SEARCH RETURN (SAVE MAX) ALL
         S: * ESEARCH (TAG "B1") MAX 3
         S: B1 OK SEARCH completed
         C: B2 MOVE $ Other
         S: * OK [COPYUID 1700000001 5 4] moved
         S: * 3 EXPUNGE
         S: B2 OK MOVE completed
         C: B3 SEARCH $,1
         S: B3 BAD expected the end of the line at column 12, got `,1`
         C: B4 STORE $ +FLAGS (\Seen)
         S: B4 OK STORE completed"#,
    );
}

#[test]
fn what_is_saved_follows_expunges_and_ends_with_the_mailbox() {
    let mut d = selected(5);
    d.feed(b"A1 SEARCH RETURN (SAVE MIN MAX) 2:4\r\nA2 STORE 1 +FLAGS.SILENT (\\Deleted)\r\nA3 EXPUNGE\r\n");
    d.play(
        "C: A4 FETCH $ UID
         S: * 1 FETCH (UID 2)
         S: * 3 FETCH (UID 4)
         S: A4 OK FETCH completed
         C: A5 SEARCH RETURN (SAVE) FIRST
         S: A5 BAD expected a search key at column 25, got `FIRST`
         C: A6 SEARCH $
         S: * SEARCH 1 3
         S: A6 OK SEARCH completed
         C: A7 SEARCH RETURN (SAVE) CHARSET KLINGON TEXT x
         S: A7 NO [BADCHARSET (US-ASCII UTF-8)] unknown charset
         C: A8 SEARCH $
         S: * SEARCH
         S: A8 OK SEARCH completed
         C: A9 SEARCH RETURN (SAVE) ALL
         S: A9 OK SEARCH completed",
    );
    d.feed(b"B1 SELECT INBOX\r\n");
    d.play("C: B2 SEARCH $\nS: * SEARCH\nS: B2 OK SEARCH completed");
}

#[test]
fn a_search_that_is_refused_by_a_fault_saves_nothing() {
    let mut d = selected(2);
    d.feed(b"A1 SEARCH RETURN (SAVE) ALL\r\n");
    d.meddle(Ats::SEARCH, Meddling { reply: Some("NO [NOTSAVED] too many"), ..Meddling::default() });
    d.play(
        "C: A2 SEARCH RETURN (SAVE) 1
         S: A2 NO [NOTSAVED] too many
         C: A3 FETCH $ UID
         S: A3 OK FETCH completed",
    );
}

#[test]
fn modseq_tells_the_highest_and_switches_condstore_on() {
    let mut d = selected(3);
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    let highest = inbox.with(|mailbox| {
        mailbox.update_flags(1, FlagUpdate::Add, ["\\Seen"], &mut Vec::new());
        mailbox.update_flags(3, FlagUpdate::Add, ["\\Seen"], &mut Vec::new());
        mailbox.highest_modseq
    });
    d.feed(b"A0 NOOP\r\n");
    let first = highest - 1;
    d.play(&format!(
        r#"C: A1 SEARCH MODSEQ {first}
         S: * OK [HIGHESTMODSEQ {highest}] CONDSTORE is on
         S: * SEARCH 1 3 (MODSEQ {highest})
         S: A1 OK SEARCH completed
         C: A2 UID SEARCH MODSEQ "/flags/\\Draft" all {highest}
         S: * SEARCH 3 (MODSEQ {highest})
         S: A2 OK SEARCH completed
         C: A3 SEARCH RETURN (MIN) MODSEQ {first}
         S: * ESEARCH (TAG "A3") MIN 1 MODSEQ {first}
         S: A3 OK SEARCH completed
         C: A4 SEARCH RETURN (MIN COUNT) MODSEQ {first}
         S: * ESEARCH (TAG "A4") MIN 1 COUNT 2 MODSEQ {highest}
         S: A4 OK SEARCH completed
         C: A5 SEARCH MODSEQ 9223372036854775807
         S: * SEARCH
         S: A5 OK SEARCH completed
         C: A6 SEARCH MODSEQ 9223372036854775808
         S: A6 BAD expected a number below 9223372036854775808 at column 18, got `9223372036854775808`
         C: A7 SEARCH MODSEQ "/x" all 1
         S: A7 BAD expected an entry name such as `"/flags/\\Draft"` at column 18, got `\"/x\"`
         C: A8 SEARCH MODSEQ "/flags/x" some 1
         S: A8 BAD expected `all`, `priv` or `shared` at column 29, got `some`"#
    ));
}

#[test]
fn object_ids_can_be_searched_for() {
    let mut d = five();
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    let (email, thread) = inbox.with(|mailbox| {
        let message = &mailbox.entries[0].message;
        (message.email_id(), message.thread_id())
    });
    assert_eq!(found(&mut d, &format!("EMAILID {email}")), "1");
    assert_eq!(found(&mut d, &format!("THREADID {thread}")), "1 5");
    assert_eq!(found(&mut d, "EMAILID M0"), "");
    d.play("C: A1 SEARCH EMAILID (x)\nS: A1 BAD expected an object id (letters, digits, `-` and `_`) at column 19, got `(x)`");
}

#[test]
fn gmails_keys_are_there_only_where_gmail_is() {
    let mut d = five();
    d.feed(b"F1 STORE 3 +FLAGS (\\Flagged Work)\r\n");
    d.play("C: A1 SEARCH SEEN X-GM-RAW lunch\nS: A1 BAD expected a search key at column 16, got `X-GM-RAW`");
    assert_eq!(d.oddities(), ["syntax"]);
    d.session.offer(&["X-GM-EXT-1".into()], true);
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    let (email, thread) = inbox.with(|mailbox| {
        let message = &mailbox.entries[0].message;
        (message.email_number(), message.thread_number())
    });
    for (keys, numbers) in [
        ("X-GM-RAW lunch", "1 5"),
        ("X-GM-RAW \"from:ann -is:starred\"", "1"),
        ("X-GM-RAW \"subject:\\\"Re: lunch\\\"\"", "5"),
        ("X-GM-RAW has:attachment", "4"),
        ("X-GM-RAW \"is:unread size:2\"", ""),
        ("X-GM-RAW rfc822msgid:<1@a.test>", "1"),
        ("X-GM-LABELS Work", "3"),
        ("X-GM-LABELS \\Starred", "3"),
        (&format!("X-GM-MSGID {email}"), "1"),
        (&format!("X-GM-THRID {thread}"), "1 5"),
    ] {
        assert_eq!(found(&mut d, keys), numbers, "{keys}");
    }
    let many = format!("A SEARCH X-GM-RAW \"{}\"\r\n", "a ".repeat(500));
    assert!(text(&d.feed(many.as_bytes())).starts_with("A BAD expected at most 200 search keys"));
}

#[test]
fn errors_name_the_column_and_what_was_expected() {
    let mut d = selected(1);
    d.play(
        "C: A1 SEARCH OLDER 0
         S: A1 BAD expected a number of seconds from 1 to 4294967295 at column 17, got `0`
         C: A2 SEARCH OR SEEN
         S: A2 BAD expected a space at column 18, got the end of the line
         C: A3 SEARCH CHARSET UTF-8
         S: A3 BAD expected a space at column 24, got the end of the line
         C: A4 SEARCH ()
         S: A4 BAD expected a search key at column 11, got `()`
         C: A5 SEARCH SUBJECT
         S: A5 BAD expected a space at column 18, got the end of the line
         C: A6 SEARCH BEFORE yesterday
         S: A6 BAD expected a date such as `1-Feb-1994` at column 18, got `yesterday`",
    );
}

#[test]
fn a_long_search_is_done_in_many_turns_and_finds_the_same() {
    let mail =
        |n: u32| format!("Subject: {n}\n\n{}{}\n", "line\n".repeat(10_000), if n.is_multiple_of(3) { "needle" } else { "" });
    let mails: Vec<String> = (1..=20).map(mail).collect();
    let mails: Vec<&str> = mails.iter().map(String::as_str).collect();
    for (command, expected) in [
        ("SEARCH OR BODY needle TEXT haystack NOT TEXT stone", "* SEARCH 3 6 9 12 15 18\r\n"),
        ("SORT (REVERSE ARRIVAL REVERSE SUBJECT) UTF-8 TEXT needle TEXT line TEXT li", "* SORT 9 6 3 18 15 12\r\n"),
        ("THREAD REFERENCES UTF-8 1:12 TEXT needle TEXT line TEXT li", "* THREAD (3)(6)(9)(12)\r\n"),
    ] {
        let [mut at_once, mut in_turns] = [0, 0].map(|_| with_mail(&mails));
        in_turns.turns = Some(0);
        for d in [&mut at_once, &mut in_turns] {
            d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
            let reply = text(&d.feed(format!("A {command}\r\n").as_bytes()));
            assert!(reply.starts_with(expected), "{command}: {reply}");
        }
        let turns = in_turns.turns.unwrap_or_default();
        assert!((1..20).contains(&turns), "{command}: {turns} turns");
    }
}

#[test]
fn a_search_that_is_refused_takes_no_turns() {
    let mut d = five();
    d.turns = Some(0);
    d.play("C: A1 SEARCH CHARSET x-unknown TEXT x\nS: A1 NO [BADCHARSET (US-ASCII UTF-8)] unknown charset");
    assert_eq!(d.turns, Some(0));
}
