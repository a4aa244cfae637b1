use proptest::prelude::*;

use super::*;
use crate::mail::Note;
use crate::proto::dialogue::Meddling;

#[test]
fn mistakes_are_named() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 FROBNICATE
         S: A1 BAD unknown command `FROBNICATE`
         C: A2 FETCH 1 FLAGS
         S: A2 BAD select a mailbox first
         C:
         S: * BAD expected a tag at column 1, got the end of the line
         C: * NOOP
         S: * BAD expected a tag at column 1, got `*`
         C: A3
         S: A3 BAD expected a command at column 3, got the end of the line
         C: A4 UID NOOP
         S: A4 BAD unknown command `UID NOOP`
         C: A5 LOGIN a b
         S: A5 BAD already logged in",
    );
    let expected = [
        "unknown-command",
        "command-out-of-order",
        "bad-tag",
        "bad-tag",
        "unknown-command",
        "unknown-command",
        "command-out-of-order",
    ];
    assert_eq!(d.oddities(), expected);
    d.notes.clear();
    assert_eq!(text(&d.feed(b"A6 NOOP\n")), "A6 OK NOOP completed\r\n");
    assert_eq!(d.oddities(), ["bare-lf"]);
    d.notes.clear();
    assert_eq!(text(&d.feed(b"A7 NOOP  \r\n")), "A7 OK NOOP completed\r\n");
    assert_eq!(text(&d.feed(b"A8 CREATE {3+}\r\nnew \r\n")), "A8 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed\r\n");
    assert_eq!(d.oddities(), ["trailing-blank", "trailing-blank"]);
}

#[test]
fn an_error_helps() {
    let mut d = selected(1);
    d.play(
        "C: A1 STORE 1 FLAGS (]
         S: A1 BAD expected a flag at column 19, got `]`
         C: A2 FETCH 1 (FLAGS UUID)
         S: A2 BAD expected a fetch item such as `FLAGS`, `UID` or `BODY.PEEK[]` at column 19, got `UUID)`
         C: A3 FETCH x FLAGS
         S: A3 BAD expected a message number from 1, or `*` at column 10, got `x`",
    );
}

#[test]
fn a_line_that_never_ends_is_dropped_and_refused() {
    let mut d = authenticated(0);
    for _ in 0..200 {
        assert_eq!(d.feed(&[b"A1 NOOP ".as_slice(), &[b'x'; 992]].concat()), b"");
        assert!(d.left() < 64 << 10);
    }
    assert_eq!(text(&d.feed(b"\r\nA2 NOOP\r\n")), "A1 BAD the command is too long\r\nA2 OK NOOP completed\r\n");
    assert_eq!(d.oddities(), ["line-too-long"]);
    assert!(matches!(&d.notes[0], Note::Limit { name, dropped: 200_002 } if name == "command-line"));
    let mut lines = b"A3 SEARCH".to_vec();
    for _ in 0..10_000 {
        lines.extend_from_slice(b" {1+}\r\nx");
    }
    lines.extend_from_slice(b"\r\n");
    assert_eq!(text(&d.feed(&lines)), "A3 BAD the command is too long\r\n", "no literal is taken for a command");
}

#[test]
fn what_is_lost_takes_no_room_and_what_is_moved_no_more_of_it() {
    let spec = StoreSpec { most_octets: 14, ..StoreSpec::default() };
    let mut d = Dialogue::with_store(session(TlsMode::None), spec);
    let append = b"A APPEND INBOX {14+}\r\nSubject: x\r\n\r\n\r\n";
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    d.meddle(Ats::APPEND, Meddling { keep: Some(false), ..Meddling::default() });
    for _ in 0..3 {
        assert!(text(&d.feed(append)).contains("A OK"));
    }
    let mut d = beside(&d);
    assert!(text(&d.feed(append)).contains("A OK"));
    assert!(text(&d.feed(append)).contains("A NO [OVERQUOTA]"));
    let left = 1_999_998;
    let room = d.store.room(0, left).unwrap();
    assert!(text(&d.feed(b"A COPY 1 INBOX\r\n")).contains("A OK"));
    assert!(text(&d.feed(b"A COPY 1 INBOX\r\n")).contains("A NO [OVERQUOTA]"));
    assert!(text(&d.feed(b"A MOVE 1 INBOX\r\n")).contains("A OK"));
    drop(room);
    d.meddle(Ats::COPY, Meddling { keep: Some(false), ..Meddling::default() });
    assert!(text(&d.feed(b"A COPY 1 INBOX\r\n")).contains("A OK"));
    drop(d.store.room(0, left).unwrap());
}

#[test]
fn a_small_command_does_not_ask_for_ten_thousand_headers() {
    let mut d = selected(1);
    let items = |count: u32| {
        let items: Vec<String> = (0..count).map(|n| format!("BODY.PEEK[HEADER.FIELDS (x{n})]")).collect();
        format!("A FETCH 1 ({})\r\n", items.join(" "))
    };
    assert!(text(&d.feed(items(100).as_bytes())).ends_with("A OK FETCH completed\r\n"));
    let refusal = text(&d.feed(items(101).as_bytes()));
    assert_eq!(refusal, "A BAD expected at most 100 fetch items at column 11, got `(BODY.PEEK[HEADER.FIELDS`\r\n");
}

#[test]
fn a_long_keyword_is_not_kept() {
    let mut d = selected(2);
    let keywords = format!("{} {}", "a".repeat(100), "b".repeat(101));
    d.feed(format!("A STORE 1:* +FLAGS.SILENT ({keywords})\r\n").as_bytes());
    assert_eq!(flags(&d), [(1, "a".repeat(100)), (2, "a".repeat(100))]);
}

/// A conversation with every kind of literal, error and state.
const LONG: &[u8] = b"A1 LOGIN {3+}\r\nbob \"x\"\r\nA2 SELECT INBOX\r\nA3 APPEND INBOX (\\Seen) {14+}\r\nSubject: x\r\n\r\n\r\n\
A4 FETCH 1:* (FLAGS BODY[])\r\n\r\nA5 BAD{\r\nA6 CREATE {2000+}\r\nA7 IDLE\r\nDONE\r\nA8 STORE 1 +FLAGS (\\Deleted)\nA9 EXPUNGE\r\n\
B1 AUTHENTICATE PLAIN\r\nB2 SEARCH {1+}\r\n)\r\nB3 APPEND INBOX {3+}\r\nabc rest\r\nB4 LOGOUT\r\n";

/// As far as a literal of 2000 octets, then the rest.
fn long() -> Vec<u8> {
    let text = String::from_utf8_lossy(LONG).replace("{2000+}\r\n", &format!("{{200+}}\r\n{}\r\n", "x".repeat(200)));
    text.into_bytes()
}

fn converse(chunks: &[&[u8]]) -> (String, Vec<String>) {
    let mut d = with_mail(&["Subject: a\n\nb\n"]);
    d.session.watch_content(vec![0, 2, 14].into());
    let mut output = Vec::new();
    for chunk in chunks {
        output.extend(d.feed(chunk));
        assert!(d.left() <= 64 << 10);
    }
    (text(&output), d.moments)
}

#[test]
fn split_at_any_octet_the_replies_are_the_same() {
    let octets = long();
    let whole = converse(&[&octets]);
    assert!(whole.1.iter().any(|moment| moment == "content@14"), "{:?}", whole.1);
    assert!(whole.0.ends_with("B4 OK LOGOUT completed\r\n"), "{}", whole.0);
    for at in 0..octets.len() {
        assert_eq!(converse(&[&octets[..at], &octets[at..]]), whole, "{at}");
    }
    assert_eq!(converse(&octets.chunks(1).collect::<Vec<_>>()), whole);
}

/// Words of the grammar, so that noise gets past the first parser.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"A1 ",
        b"UID ",
        b"FETCH ",
        b"STORE ",
        b"SEARCH ",
        b"APPEND INBOX ",
        b"SELECT INBOX",
        b"LIST ",
        b"COPY ",
        b"EXPUNGE",
        b"IDLE",
        b"DONE",
        b"\r\n",
        b"\n",
        b" ",
        b"(",
        b")",
        b"\"",
        b"\\",
        b"{3+}\r\n",
        b"{5}\r\n",
        b"{",
        b"}",
        b"*",
        b"1:*",
        b"4294967295",
        b"0",
        b"BODY[",
        b"]",
        b"<0.1>",
        b"HEADER.FIELDS (x)",
        b"FLAGS",
        b"+FLAGS",
        b"\\Seen",
        b"NOT ",
        b"OR ",
        b"AUTHENTICATE PLAIN",
        b"&-",
        b"NOOP",
        b"A2 LOGIN a b\r\n",
        b"MOVE ",
        b"1",
        b"INBOX",
        b"CLOSE",
        b"ENVELOPE",
        b"BODYSTRUCTURE",
        b"MESSAGES",
        b"STATUS INBOX (",
    ];
    prop_oneof![
        8 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_comes_nothing_panics_and_the_split_does_not_matter(
        words in proptest::collection::vec(word(), 0..60),
        split in 0usize..500,
    ) {
        let octets = words.concat();
        let mut whole = selected(3);
        let expected = text(&whole.feed(&octets));
        let mut parts = selected(3);
        let split = split.min(octets.len());
        let mut output = parts.feed(&octets[..split]);
        output.extend(parts.feed(&octets[split..]));
        prop_assert_eq!(text(&output), expected);
        prop_assert_eq!(&parts.moments, &whole.moments);
        prop_assert!(parts.left() <= 64 << 10);
        prop_assert!(output.is_empty() || output.ends_with(b"\r\n"));
        parts.push();
    }
}
