use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::super::event::{Ending, FaultInfo, Outcome, Side, Start};
use super::super::{Event, Journal, Limits, Sink, Span, What};
use super::*;
use crate::mail::{Body, Message, Note, Transaction};
use crate::proto::{Ats, Class, Protocol};

fn line(event: &Event, octets: &[u8]) -> String {
    let mut out = Vec::new();
    write::push_line(&mut out, event, octets);
    String::from_utf8(out).unwrap()
}

fn transaction(raw: impl Into<bytes::Bytes>) -> Transaction {
    Transaction {
        sender: "a@b.test".into(),
        recipients: vec!["bob@c.test".into(), "\"odd one\"@c.test".into()],
        user: Some("alice".into()),
        helo: "client.test".into(),
        body: Body::EightBit,
        utf8: true,
        message: Arc::new(Message::new(raw.into())),
    }
}

fn message(raw: impl Into<bytes::Bytes>) -> What {
    What::Note(Note::Message { transaction: Arc::new(transaction(raw)), stored: true })
}

fn start() -> What {
    What::Start(Box::new(Start {
        version: "0.1.0".into(),
        scenario: "smtp/x".into(),
        title: "T".into(),
        seed: u64::MAX,
        time_scale: 0.1,
        started: "2026-01-01T00:00:00Z".into(),
        has_command: true,
        faults: vec![FaultInfo { name: "f".into(), optional: false }],
        expect: Default::default(),
    }))
}

/// One of each kind of event, without octets, and all of its line after `conn`.
fn table() -> Vec<(What, &'static str)> {
    let (smtp, fault, step): (Arc<str>, Arc<str>, Arc<str>) = ("smtp".into(), "f".into(), "{ cut = 11 }".into());
    let (user, mailbox): (Arc<str>, Arc<str>) = ("bob".into(), "INBOX".into());
    let note = What::Note;
    vec![
        (
            What::Listening { listener: smtp.clone(), protocol: Protocol::Smtp, addr: "[::1]:25".parse().unwrap() },
            r#""event":"listening","listener":"smtp","protocol":"smtp","addr":"[::1]:25""#,
        ),
        (
            What::Gate { listener: smtp.clone(), fault: fault.clone(), how: "refuse", open: false },
            r#""event":"gate","listener":"smtp","fault":"f","how":"refuse","open":false"#,
        ),
        (
            What::CommandStarted { command: "mvn test".into(), pid: 7 },
            r#""event":"command-started","command":"mvn test","pid":7"#,
        ),
        (What::CommandEnded { code: Some(1), signal: None }, r#""event":"command-ended","code":1,"signal":null"#),
        (
            What::Accept { listener: smtp, protocol: Protocol::Imap, ordinal: 2, peer: "127.0.0.1:51234".parse().unwrap() },
            r#""event":"accept","listener":"smtp","protocol":"imap","ordinal":2,"peer":"127.0.0.1:51234""#,
        ),
        (What::Moment { at: Ats::EHLO | Ats::COMMAND, offset: 9 }, r#""event":"moment","at":"command+EHLO","offset":9"#),
        (
            note(Note::Oddity { name: "bare-lf".into(), detail: "a \"bare\" LF".into() }),
            r#""event":"oddity","name":"bare-lf","detail":"a \"bare\" LF""#,
        ),
        (
            note(Note::Login { user: user.clone(), mechanism: "PLAIN".into(), accepted: true }),
            r#""event":"login","user":"bob","mechanism":"PLAIN","accepted":true"#,
        ),
        (
            note(Note::Secret { mechanism: "LOGIN".into(), protected: false, tls_possible: true }),
            r#""event":"secret","mechanism":"LOGIN","protected":false,"tls_possible":true"#,
        ),
        (note(Note::Begun { sender: "a@b.test".into() }), r#""event":"begun","sender":"a@b.test""#),
        (
            message("Subject: \u{e9}\r\n\r\na\\b\r\n"),
            r#""event":"message","stored":true,"sender":"a@b.test","recipients":["bob@c.test","\"odd one\"@c.test"],"user":"alice","helo":"client.test","body":"8BITMIME","utf8":true,"size":20,"raw":"Subject: é\r\n\r\na\\\\b\r\n""#,
        ),
        (
            note(Note::Delivered { user: user.clone(), mailbox: mailbox.clone(), uid: 3, seen: false }),
            r#""event":"delivered","user":"bob","mailbox":"INBOX","uid":3,"seen":false"#,
        ),
        (
            note(Note::Flags { user: user.clone(), mailbox: mailbox.clone(), uid: 3, flags: "\\Seen $Work".into() }),
            r#""event":"flags","user":"bob","mailbox":"INBOX","uid":3,"flags":"\\Seen $Work""#,
        ),
        (
            note(Note::Expunged { user: user.clone(), mailbox: mailbox.clone(), uid: 3 }),
            r#""event":"expunged","user":"bob","mailbox":"INBOX","uid":3"#,
        ),
        (
            note(Note::Copied {
                user: user.clone(),
                mailbox: mailbox.clone(),
                uid: 4,
                from: "Old".into(),
                from_uid: 3,
                moved: true,
            }),
            r#""event":"copied","user":"bob","mailbox":"INBOX","uid":4,"from":"Old","from_uid":3,"moved":true"#,
        ),
        (
            note(Note::InVain { user: user.clone(), mailbox: mailbox.clone(), uid: 3, command: "STORE".into() }),
            r#""event":"in-vain","user":"bob","mailbox":"INBOX","uid":3,"command":"STORE""#,
        ),
        (note(Note::Fetched { user, mailbox, uid: 3 }), r#""event":"fetched","user":"bob","mailbox":"INBOX","uid":3"#),
        (note(Note::Limit { name: "literal".into(), dropped: 5 }), r#""event":"limit","name":"literal","dropped":5"#),
        (note(Note::Goodbye), r#""event":"goodbye""#),
        (note(Note::ServerGoodbye), r#""event":"server-goodbye""#),
        (
            What::Draw { fault: fault.clone(), chance: 0.1, draw: 0.30000000000000004 },
            r#""event":"draw","fault":"f","chance":0.1,"draw":0.30000000000000004"#,
        ),
        (
            What::Fault { fault: fault.clone(), at: Ats::GREETING, planned: "[\"reset\"]".into(), shadowed: true },
            r#""event":"fault","fault":"f","at":"greeting","planned":"[\"reset\"]","shadowed":true"#,
        ),
        (What::Unseen { fault: fault.clone() }, r#""event":"unseen","fault":"f""#),
        (
            What::Step { fault: fault.clone(), step: step.clone(), offset: 11, outcome: Outcome::ClientGone },
            r#""event":"step","fault":"f","step":"{ cut = 11 }","offset":11,"outcome":"client-gone""#,
        ),
        (
            What::Answered { at: Ats::DATA, class: Some(Class::More), kept: true },
            r#""event":"answered","at":"DATA","class":"more","kept":true"#,
        ),
        (
            What::Answered { at: Ats::DATA, class: None, kept: false },
            r#""event":"answered","at":"DATA","class":null,"kept":false"#,
        ),
        (
            What::GaveUp { fault: fault.clone(), step, after: Duration::from_nanos(3_000_000_001), how: Ending::Fin },
            r#""event":"gave-up","fault":"f","step":"{ cut = 11 }","after":3.000000001,"how":"fin""#,
        ),
        (
            What::End {
                by: Side::Fault,
                how: Ending::Rst,
                phase: "greeting".into(),
                received: 1,
                sent: 2,
                unsent: 3,
                unacknowledged: 4,
            },
            r#""event":"end","by":"fault","how":"rst","phase":"greeting","received":1,"sent":2,"unsent":3,"unacknowledged":4"#,
        ),
        (
            What::Unfired { fault, protocol: Some(Protocol::Imap), optional: true, nearest: "no connection".into() },
            r#""event":"unfired","fault":"f","protocol":"imap","optional":true,"nearest":"no connection""#,
        ),
        (What::Dropped { events: 5, octets: 6 }, r#""event":"dropped","events":5,"octets":6"#),
        (What::Stop { why: "SIGINT".into() }, r#""event":"stop","why":"SIGINT""#),
    ]
}

/// Octets, how many there were, and the fields of their line.
fn octets_table() -> [(&'static [u8], u64, &'static str); 6] {
    [
        (b"EHLO \"x\"\r\n", 10, r#""octets":"EHLO \"x\"\r\n""#),
        (b"", 0, r#""octets":"""#),
        (b"\0\x1b[2J\x7f\xff\xc3\xa9\t", 10, r#""octets":"\\x00\\x1b[2J\\x7f\\xffé\t""#),
        ("\u{9b}\u{a9}\u{442}".as_bytes(), 6, r#""octets":"\\xc2\\x9b©т""#),
        (b"a\\x41\\", 6, r#""octets":"a\\\\x41\\\\""#),
        (b"cut\xe2\x82", 70_000, r#""octets":"cut\\xe2\\x82","total":70000"#),
    ]
}

#[test]
fn every_event_has_its_line_and_comes_back_from_it() {
    for (what, fields) in table() {
        let event = Event { ns: 12_003_456_789, conn: 4, what };
        let text = line(&event, b"");
        assert_eq!(text, format!("{{\"t\":12.003456789,\"conn\":4,{fields}}}\n"));
        let (again, octets) = read(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!((format!("{again:?}"), octets.len()), (format!("{event:?}"), 0));
    }
}

#[test]
fn octets_can_be_read_by_people_and_come_back_to_the_bit() {
    for (octets, total, fields) in octets_table() {
        for (name, kind) in [("received", What::Received as fn(Span) -> What), ("sent", What::Sent)] {
            let event = Event { ns: 1, conn: 1, what: kind(Span { start: 0, kept: octets.len() as u32, total }) };
            let text = line(&event, octets);
            assert_eq!(text, format!("{{\"t\":0.000000001,\"conn\":1,\"event\":\"{name}\",{fields}}}\n"));
            let (again, back) = read(text.as_bytes()).next().unwrap().unwrap();
            assert_eq!((format!("{again:?}"), &back[..]), (format!("{event:?}"), octets));
        }
    }
}

#[test]
fn times_are_seconds_to_the_nanosecond() {
    for (ns, text) in [
        (0, "0.000000000"),
        (999_999_999, "0.999999999"),
        (1_000_000_000, "1.000000000"),
        (4_492_800_000_000_001, "4492800.000000001"),
        (u64::MAX, "18446744073.709551615"),
    ] {
        let line = line(&Event { ns, conn: 0, what: What::Note(Note::Goodbye) }, b"");
        assert_eq!(line, format!("{{\"t\":{text},\"conn\":0,\"event\":\"goodbye\"}}\n"));
        let (event, _) = read(line.as_bytes()).next().unwrap().unwrap();
        assert!(event.ns == ns || ns == u64::MAX);
    }
}

#[test]
fn what_a_server_recorded_is_read_back_from_its_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let sink = JsonLines::new(file.reopen().unwrap(), "test.jsonl");
    let (journal, recorder) = Journal::start(vec![Box::new(sink)], Limits::default());
    recorder.event(0, start());
    recorder.received(1, b"QUIT\r\n");
    recorder.sync();
    // Before the end: a server that is killed now leaves this much.
    assert_eq!(open(file.path()).unwrap().filter(Result::is_ok).count(), 2);
    recorder.event(0, What::Stop { why: "SIGINT".into() });
    journal.finish();
    let events: Vec<_> = open(file.path()).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(
        matches!(&events[..], [(Event { what: What::Start(_), .. }, _), (Event { conn: 1, .. }, quit), (Event { what: What::Stop { .. }, .. }, _)] if quit == b"QUIT\r\n")
    );
    assert!(events.is_sorted_by_key(|(event, _)| event.ns));
}

#[test]
fn the_start_carries_all_that_a_verdict_needs() {
    let event = Event { ns: 0, conn: 0, what: start() };
    let text = line(&event, b"");
    let head = r#"{"t":0.000000000,"conn":0,"event":"start","version":"0.1.0","scenario":"smtp/x","title":"T","seed":18446744073709551615,"time_scale":0.1,"started":"2026-01-01T00:00:00Z","has_command":true,"faults":[{"name":"f","optional":false}],"expect":{"#;
    assert!(text.starts_with(head) && text.ends_with("}\n"), "{text}");
    let (again, _) = read(text.as_bytes()).next().unwrap().unwrap();
    assert_eq!(format!("{again:?}"), format!("{event:?}"));
}

#[test]
fn a_long_message_keeps_its_first_part_and_a_digest_tells_the_rest_apart() {
    let back = |last: u8| {
        let mut raw = vec![b'x'; MOST_RAW + 9];
        raw.push(last);
        let text = line(&Event { ns: 0, conn: 1, what: message(raw) }, b"");
        let (event, _) = read(text.as_bytes()).next().unwrap().unwrap();
        let What::Note(Note::Message { transaction, .. }) = event.what else { panic!("{text:.200}") };
        transaction.message.raw.clone()
    };
    assert_eq!(back(b'a'), back(b'a'));
    assert_ne!(back(b'a'), back(b'b'));
    assert_eq!(&back(b'a')[MOST_RAW..], b"\r\n[10 more octets, digest f88c1715866a9a72]\r\n");
}

#[test]
fn a_wrong_line_is_named_with_its_place_and_the_next_is_read() {
    let journal = concat!(
        "{\"t\":0.1,\"conn\":1,\"event\":\"goodbye\"}\n",
        "\n",
        "hello\n",
        "{\"t\":0.1,\"conn\":1}\n",
        "{\"t\":0.1,\"conn\":-1,\"event\":\"goodbye\"}\n",
        "{\"t\":-1,\"conn\":1,\"event\":\"goodbye\"}\n",
        "{\"t\":0.1,\"conn\":1,\"event\":\"dance\"}\n",
        "{\"t\":0.1,\"conn\":1,\"event\":\"sent\",\"octets\":\"\\\\q\"}\n",
        "{\"t\":0.1,\"conn\":1,\"event\":\"moment\",\"at\":\"nowhere\",\"offset\":0}\n",
        "{\"t\":0.1,\"conn\":1,\"event\":\"gate\",\"listener\":\"a\",\"fault\":\"f\",\"how\":\"x\",\"open\":true}\n",
        "{\"t\":0.1,\"conn\":1,\"event\":\"goodbye\"}\n",
        "{\"t\":0.1,\"conn\":1,\"ev",
    );
    let said = read(journal.as_bytes())
        .map(|item| item.map_or_else(|error| error.to_string(), |(event, _)| format!("{:?}", event.what)));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "Note(Goodbye)",
            "line 3, column 1: not a JSON object: expected value",
            "line 4, column 1: there is no field `event`",
            "line 5, column 17: field `conn`: invalid value: integer `-1`, expected u32",
            "line 6, column 6: field `t`: cannot convert float seconds to Duration: value is negative",
            "line 7, column 27: unknown event `dance`",
            "line 8, column 43: field `octets`: a backslash stands for nothing but `\\xNN` or, doubled, itself",
            "line 9, column 41: field `at`: unknown moment `nowhere`",
            "line 10, column 67: field `how`: `x` is neither `refuse` nor `blackhole`",
            "Note(Goodbye)",
            "line 12, column 21: the journal ends in the middle of a line",
        ]
    );
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let endless = io::BufReader::new(io::repeat(b'x'));
    let said: Vec<String> =
        read(endless).map(|item| item.map_or_else(|error| error.cause.to_string(), |_| String::new())).collect();
    assert_eq!(said, ["the line is longer than 16777216 octets, so `mailfault` did not write it"]);
}

#[test]
fn only_whole_lines_are_handed_over_at_the_end_of_a_batch() {
    #[derive(Default)]
    struct Writes(Vec<String>);
    impl Write for Writes {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(octets).into_owned());
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sink = JsonLines::new(Writes::default(), "test.jsonl");
    let event = Event { ns: 0, conn: 1, what: What::Note(Note::Goodbye) };
    sink.event(&event, b"");
    sink.event(&event, b"");
    sink.flush();
    sink.event(&event, b"");
    sink.finish();
    let one = "{\"t\":0.000000000,\"conn\":1,\"event\":\"goodbye\"}\n";
    assert_eq!(sink.lost(), 0);
    assert_eq!(sink.into_inner().0, [one.repeat(2), one.to_owned()]);
}

#[test]
fn a_full_disk_ends_the_file_and_is_counted() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sink = JsonLines::new(Full, "test.jsonl");
    let event = Event { ns: 0, conn: 1, what: What::Note(Note::Goodbye) };
    for _ in 0..3 {
        sink.event(&event, b"");
        sink.event(&event, b"");
        sink.flush();
    }
    assert_eq!(sink.lost(), 6);
}

proptest::proptest! {
    #[test]
    fn any_octets_survive_the_text(octets: Vec<u8>) {
        let mut out = Vec::new();
        text::push_json(&mut out, &octets);
        let string: String = serde_json::from_slice(&out).unwrap();
        proptest::prop_assert_eq!(text::octets(&string), Some(octets));
    }
}
