use super::*;

fn with_headers(headers: &[&str]) -> Dialogue {
    let messages: Vec<String> = headers.iter().map(|header| format!("{header}\n\nhello\n")).collect();
    let mut d = with_mail(&messages.iter().map(String::as_str).collect::<Vec<_>>());
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    d.notes.clear();
    d
}

/// What stands between `* VERB` and the end of the line.
#[track_caller]
fn numbers(d: &mut Dialogue, command: &str) -> String {
    let verb = command.trim_start_matches("UID ").split(' ').next().unwrap_or_default();
    let reply = text(&d.feed(format!("A {command}\r\n").as_bytes()));
    let end = format!("\r\nA OK {verb} completed\r\n");
    reply.strip_prefix(&format!("* {verb}")).and_then(|rest| rest.strip_suffix(&end)).unwrap_or(&reply).trim().into()
}

#[test]
fn sort_by_every_criterion() {
    let mut d = with_headers(&[
        "From: Zoe <bert@b.test>\nDate: 1 Jan 2026 12:00 +0000\nSubject: Re: [list] lunch",
        "From: \"A\" <Anna@a.test>\nTo: x@y.test\nDate: 1 Jan 2026 11:30 -0100\nSubject: Lunch and a long subject",
        "From: (who) carl@c.test\nCc: b@b.test\nDate: 1 Jan 2026 13:30 +0200\nSubject: =?utf-8?q?LUNCH?=",
        "To: abc: a@b.test;\nCc: A@b.test\nDate: 31 Dec 2025 00:00 +0000\nSubject: breakfast",
    ]);
    for (criteria, order) in [
        ("DATE", "4 3 1 2"),
        ("REVERSE DATE", "2 1 3 4"),
        ("FROM", "4 2 1 3"),
        ("DISPLAYFROM", "4 2 3 1"),
        ("DISPLAYTO", "1 3 4 2"),
        ("CC", "1 2 4 3"),
        ("TO", "1 3 4 2"),
        ("SUBJECT", "4 1 3 2"),
        ("SUBJECT DATE", "4 3 1 2"),
        ("subject reverse date", "4 1 3 2"),
        ("REVERSE SUBJECT REVERSE DATE", "2 1 3 4"),
    ] {
        assert_eq!(numbers(&mut d, &format!("SORT ({criteria}) UTF-8 ALL")), order, "{criteria}");
    }
    assert_eq!(numbers(&mut d, "SORT (REVERSE SIZE) US-ASCII 1:2"), "2 1");
    assert_eq!(numbers(&mut d, "UID SORT (DATE) ISO-8859-1 SUBJECT LUNCH NOT UID 1"), "3 2");
    assert_eq!(numbers(&mut d, "SORT (DATE) UTF-8 DELETED"), "");
}

#[test]
fn arrival_is_the_internal_date_and_stands_in_for_a_date_that_cannot_be_read() {
    let mut d = authenticated(0);
    for (date, header) in [
        ("02-Jan-2026 00:00:00 +0100", "Date: 9 Jan 2026 00:00 +0000"),
        ("01-Jan-2026 22:30:00 +0000", "Date: tomorrow"),
        ("03-Jan-2026 00:00:00 +0000", "Date: 1 Jan 2020 00:00 +0000"),
        ("01-Jan-2026 23:00:00 +0000", "Subject: none"),
    ] {
        let size = header.len() + 4;
        d.feed(format!("A APPEND INBOX \"{date}\" {{{size}+}}\r\n{header}\r\n\r\n\r\n").as_bytes());
    }
    d.feed(b"S SELECT INBOX\r\n");
    assert_eq!(numbers(&mut d, "SORT (ARRIVAL) UTF-8 ALL"), "2 1 4 3");
    assert_eq!(numbers(&mut d, "SORT (REVERSE ARRIVAL) UTF-8 ALL"), "3 1 4 2");
    assert_eq!(numbers(&mut d, "SORT (DATE) UTF-8 ALL"), "3 2 4 1");
}

#[test]
fn sort_says_what_is_wrong_and_knows_modseq() {
    let mut d = selected(2);
    d.play(
        "C: A1 SORT (DATE MOON) UTF-8 ALL
         S: A1 BAD expected `ARRIVAL`, `CC`, `DATE`, `DISPLAYFROM`, `DISPLAYTO`, `FROM`, `SIZE`, `SUBJECT` or `TO`, with or without `REVERSE` at column 15, got `MOON)`
         C: A2 SORT () UTF-8 ALL
         S: A2 BAD expected `ARRIVAL`, `CC`, `DATE`, `DISPLAYFROM`, `DISPLAYTO`, `FROM`, `SIZE`, `SUBJECT` or `TO`, with or without `REVERSE` at column 9, got `()`
         C: A3 SORT DATE UTF-8 ALL
         S: A3 BAD expected a list of criteria such as `(REVERSE DATE)` at column 9, got `DATE`
         C: A4 SORT (DATE) ALL
         S: A4 BAD expected a space at column 19, got the end of the line
         C: A5 SORT (DATE) KLINGON ALL
         S: A5 NO [BADCHARSET (US-ASCII UTF-8)] unknown charset
         C: A6 SORT (REVERSE) UTF-8 ALL
         S: A6 BAD expected a space at column 17, got `)`
         C: A7 UID SORT (REVERSE SIZE) UTF-8 MODSEQ 1
         S: * OK [HIGHESTMODSEQ 3] CONDSTORE is on
         S: * SORT 1 2 (MODSEQ 3)
         S: A7 OK SORT completed
         C: A8 UID THREAD REFS UTF-8 ALL
         S: A8 BAD expected `ORDEREDSUBJECT` or `REFERENCES` at column 15, got `REFS`",
    );
}

#[test]
fn threads_as_the_rfc_writes_them() {
    let mut d = with_headers(&[
        "Message-ID: <1@a>\nSubject: a",
        "References: <1@a>\nMessage-ID: <2@a>",
        "References: <1@a> <2@a>\nMessage-ID: <3@a>",
        "References: <1@a> <4@a>\nMessage-ID: <5@a>",
        "Subject: b\nReferences: <9@a>",
        "Subject: b\nReferences: <9@a>",
        "In-Reply-To: <5@a>",
        "In-Reply-To: <5@a>",
    ]);
    for (command, expected) in [
        ("THREAD REFERENCES UTF-8 ALL", "(1 (2 3)(4 (7)(8)))((5)(6))"),
        ("THREAD references us-ascii 2:4", "((2 3)(4))"),
        ("UID THREAD REFERENCES UTF-8 UID 5", "(5)"),
        ("THREAD ORDEREDSUBJECT UTF-8 ALL", "(1)(2 (3)(4)(7)(8))(5 6)"),
        ("THREAD ORDEREDSUBJECT UTF-8 DELETED", ""),
    ] {
        assert_eq!(numbers(&mut d, command), expected, "{command}");
    }
}

#[test]
fn a_thread_that_is_deep_does_not_overflow() {
    let headers: Vec<String> = (0..3_000).map(|n| format!("Message-ID: <{n}@a>\nIn-Reply-To: <{}@a>", n + 1)).collect();
    let mut d = with_headers(&headers.iter().map(String::as_str).collect::<Vec<_>>());
    let deep = numbers(&mut d, "THREAD REFERENCES UTF-8 ALL");
    assert!(deep.starts_with("(3000 2999 ") && deep.ends_with(" 2 1)"), "{}", deep.get(..40).unwrap_or(&deep));
}
