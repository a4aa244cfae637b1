//! APPEND in all its forms (RFC 3501, 3502, 3516, 6855, 7888, 7889, 9051).

use super::*;
use crate::mail::Note;
use crate::proto::dialogue::Meddling;

/// Logged in as bob, with capabilities and a size limit of the scenario's own.
fn offering(hide: &[&str], offer: &[&str], size_limit: u64) -> Dialogue {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let spec = Spec { hide: names(hide), offer: names(offer), size_limit, ..Spec::default() };
    let mut d = Dialogue::new(ImapSession::new(Arc::new(Config { spec, tls: TlsMode::None })));
    d.feed(b"L LOGIN bob secret\r\n");
    d.moments.clear();
    d.notes.clear();
    d
}

fn raws(d: &Dialogue) -> Vec<String> {
    let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
    inbox.with(|mailbox| mailbox.entries.iter().map(|entry| entry.message.raw.escape_ascii().to_string()).collect())
}

#[test]
fn several_messages_come_in_one_command() {
    let mut d = authenticated(0);
    d.session.watch_content(vec![2].into());
    d.play(
        r#"C: A1 APPEND INBOX (\Seen) "17-Jul-1996 02:44:25 -0700" {4}
           S: + OK
           C: a: b (\Draft $x) {4}
           S: + OK
           C: c: d "18-Jul-1996 02:44:25 +1300" {4+}
           C: e: f {4+}
           C: g: h
           S: A1 OK [APPENDUID 1700000000 1:4] APPEND completed"#,
    );
    d.feed(b"A2 EXAMINE INBOX\r\n");
    d.play(
        r#"C: A3 FETCH 1,3 INTERNALDATE
           S: * 1 FETCH (INTERNALDATE "17-Jul-1996 02:44:25 -0700")
           S: * 3 FETCH (INTERNALDATE "18-Jul-1996 02:44:25 +1300")
           S: A3 OK FETCH completed"#,
    );
    let expected = ["continuation", "content@2", "continuation", "content@2", "content@2", "content@2", "command+message+APPEND"];
    assert_eq!(d.moments[..7], expected);
    assert_eq!(raws(&d), ["a: b", "c: d", "e: f", "g: h"]);
    assert_eq!(flags(&d)[..2], [(1, "\\Seen".into()), (2, "\\Draft $x".into())]);
    assert!(d.oddities().is_empty());
}

#[test]
fn all_messages_or_none() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 APPEND INBOX {4+}
         C: a: b {4+}
         C: c: d oops
         S: A1 BAD expected a flag list, a date or a literal at column 31, got `oops`
         C: A2 APPEND INBOX {4+}
         C: a: b {0+}
         C:
         S: A2 NO [CANNOT] a message is not empty
         C: A3 APPEND INBOX {4+}
         C: a: b {60000000+}",
    );
    let mut rest = vec![b'x'; 60_000_000];
    rest.extend_from_slice(b" {5+}\r\nA NOOP {6+}\r\nB NOOP\r\nA4 NOOP\r\n");
    assert_eq!(text(&d.feed(&rest)), "A3 NO [TOOBIG] the literal is too large\r\nA4 OK NOOP completed\r\n");
    d.play("C: A5 APPEND INBOX {4+}\nC: a: b {60000000}\nS: A5 NO [TOOBIG] the literal is too large");
    assert_eq!(d.oddities(), ["syntax", "literal-too-large", "literal-too-large"]);
    assert!(flags(&d).is_empty());
    d.meddle(Ats::APPEND, Meddling { keep: Some(false), ..Meddling::default() });
    d.play("C: A6 APPEND INBOX {4+}\nC: a: b {4+}\nC: c: d\nS: A6 OK [APPENDUID 1700000000 1:2] APPEND completed");
    assert!(flags(&d).is_empty());
}

#[test]
fn a_blank_too_many_between_messages_is_looked_past() {
    let mut d = authenticated(0);
    let said = text(&d.feed(b"A1 APPEND INBOX {3+}\r\none  (\\Seen) {3+}\r\ntwo\r\n"));
    assert!(said.ends_with(" 1:2] APPEND completed\r\n"), "{said}");
    assert_eq!(d.oddities(), ["extra-blank"]);
}

#[test]
fn several_messages_into_the_selected_mailbox_are_told() {
    let mut d = selected(1);
    d.play(
        "C: A1 APPEND INBOX {4+}
         C: a: b {4+}
         C: c: d
         S: * 3 EXISTS
         S: * 3 RECENT
         S: A1 OK [APPENDUID 1700000000 2:3] APPEND completed",
    );
}

#[test]
fn the_last_message_is_the_one_that_the_moment_is_about() {
    let mut d = authenticated(0);
    let first = "Message-ID: <1@a.test>\r\n\r\n";
    let input = format!("A1 APPEND INBOX {{26+}}\r\n{first} {{26+}}\r\n{}\r\n", first.replace('1', "2"));
    let mut input = input.as_bytes();
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    assert!(d.session.next(&mut input, &mut cx).is_some());
    assert!(d.session.fact(Key::Message, &mut |id| id == "<2@a.test>"));
}

#[test]
fn a_literal8_may_hold_nul() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 APPEND INBOX ~{4}
         S: + OK
         C: a\0:  b
         S: A1 BAD expected a flag list, a date or a literal at column 24, got `b`
         C: A2 APPEND INBOX (\\Seen) ~{4+}
         C: a: \0
         S: A2 OK [APPENDUID 1700000000 1] APPEND completed",
    );
    assert_eq!(raws(&d), ["a: \\x00"]);
    assert_eq!(d.oddities(), ["syntax"]);
    d.notes.clear();
    d.play("C: A3 APPEND INBOX {4+}\nC: c: \0\nS: A3 OK [APPENDUID 1700000000 2] APPEND completed");
    assert_eq!(d.oddities(), ["nul"]);
    d.notes.clear();
    d.play(
        "C: A4 APPEND INBOX ~x
         S: A4 BAD expected a flag list, a date or a literal at column 18, got `x`
         C: A5 APPEND ~{5+}
         C: INBOX {1+}
         C: x
         S: A5 BAD expected a space at column 12, got `{5+}`
         C: A6 NOOP
         S: A6 OK NOOP completed",
    );
    assert_eq!(d.oddities(), ["syntax", "syntax"]);
}

#[test]
fn the_utf8_form_needs_enable() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 APPEND INBOX UTF8 (~{5+}
         C: ä: b)
         S: A1 BAD `UTF8 (...)` needs ENABLE UTF8=ACCEPT first
         C: A2 ENABLE UTF8=ACCEPT
         S: * ENABLED UTF8=ACCEPT
         S: A2 OK ENABLE completed
         C: A3 APPEND INBOX (\\Seen) UTF8 (~{5}
         S: + OK
         C: ä: b) UTF8 (~{4+}
         C: c: d) {4+}
         C: e: f
         S: A3 OK [APPENDUID 1700000000 1:3] APPEND completed
         C: A4 APPEND INBOX UTF8 (~{4+}
         C: c: d
         S: A4 BAD expected `)` after the message at column 30, got the end of the line
         C: A5 APPEND INBOX UTF8 ({4+}
         C: c: d)
         S: A5 BAD expected a literal `~{n}` at column 23, got `{4+}`
         C: A6 CREATE \"Entwürfe\"
         S: A6 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A7 APPEND \"Entwürfe\" {4+}
         C: a: b
         S: A7 OK [APPENDUID 1700000001 1] APPEND completed",
    );
    assert_eq!(d.oddities(), ["command-out-of-order", "syntax", "syntax"]);
    assert_eq!(raws(&d), ["\\xc3\\xa4: b", "c: d", "e: f"]);
}

#[test]
fn without_literal_plus_a_client_waits_above_4096_octets() {
    for (hide, offer) in [(&["LITERAL+"][..], &[][..]), (&["LITERAL+", "IMAP4rev2"], &["LITERAL-"])] {
        let mut d = offering(hide, offer, 1 << 20);
        let message = |size: usize| [b"a: ".as_slice(), &vec![b'x'; size - 3]].concat();
        let append = |sign: &str, size: usize| {
            let head = format!("A1 APPEND INBOX {{{size}{sign}}}\r\n");
            [head.as_bytes(), &message(size), b"\r\nA2 NOOP\r\n"].concat()
        };
        assert!(text(&d.feed(&append("+", 4096))).ends_with("APPEND completed\r\nA2 OK NOOP completed\r\n"));
        assert!(d.oddities().is_empty());
        let refusal = "A1 BAD a literal of more than 4096 octets waits for `+` (RFC 7888)\r\nA2 OK NOOP completed\r\n";
        assert_eq!(text(&d.feed(&append("+", 4097))), refusal, "what came is not taken for commands");
        assert_eq!(d.oddities(), ["literal-not-waited"]);
        assert!(text(&d.feed(&append("", 4097))).ends_with("APPEND completed\r\nA2 OK NOOP completed\r\n"));
    }
}

#[test]
fn without_any_of_them_a_client_always_waits() {
    let mut d = offering(&["LITERAL+", "IMAP4rev2"], &[], 1 << 20);
    d.play(
        "C: A1 APPEND {5+}
         C: INBOX {8+}
         C: A NOOP
         C:
         S: A1 BAD a literal waits for `+`, since LITERAL+ is not offered (RFC 7888)
         C: A2 APPEND {5}
         S: + OK
         C: INBOX {4}
         S: + OK
         C: a: b
         S: A2 OK [APPENDUID 1700000000 1] APPEND completed",
    );
    assert_eq!(d.oddities(), ["literal-not-waited"]);
}

#[test]
fn the_limit_is_for_each_message_and_the_sum_has_one_of_its_own() {
    let mut d = offering(&[], &[], 10);
    d.play(
        "C: A1 APPEND INBOX {11}
         S: A1 NO [TOOBIG] the literal is too large
         C: A2 APPEND INBOX {11+}
         C: A NOOP
         C: BCD
         S: A2 NO [TOOBIG] the literal is too large
         C: A3 APPEND INBOX {8+}
         C: a: bcdef {8+}
         C: a: bcdef {10+}
         C: a: bcdefgh
         S: A3 OK [APPENDUID 1700000000 1:3] APPEND completed",
    );
    let limits =
        |d: &Dialogue| d.notes.iter().filter(|note| matches!(note, Note::Limit { name, .. } if name == "message")).count();
    assert_eq!(limits(&d), 2);
    let mut d = offering(&[], &[], 30 << 20);
    let message = vec![b'x'; 30 << 20];
    let mut input = b"A1 APPEND INBOX".to_vec();
    for _ in 0..3 {
        input.extend_from_slice(format!(" {{{}+}}\r\n", message.len()).as_bytes());
        input.extend_from_slice(&message);
    }
    input.extend_from_slice(b"\r\n");
    assert_eq!(text(&d.feed(&input)), "A1 NO [TOOBIG] the literal is too large\r\n");
    assert!(flags(&d).is_empty());
}

#[test]
fn sizes_that_no_message_has() {
    let mut d = authenticated(0);
    for size in ["18446744073709551616", "18446744073709551615", "4294967296", "2147483648", "99999999999999999999999999999999"] {
        for form in ["", "~"] {
            d.play(&format!("C: A1 APPEND INBOX {form}{{{size}}}\nS: A1 NO [TOOBIG] the literal is too large"));
        }
    }
    d.play("C: A2 APPEND INBOX {-1}\nS: A2 BAD expected the size of a literal at column 18, got `-1}`");
    d.play("C: A3 APPEND INBOX {1++}\nS: A3 BAD expected `}` at column 20, got `+}`");
    assert_eq!(text(&d.feed(b"A4 APPEND INBOX {2147483648+}\r\n")), "");
    for _ in 0..100 {
        assert_eq!(text(&d.feed(b"A5 NOOP\r\n")), "", "swallowed, and not kept");
        assert_eq!(d.left(), 0);
    }
}

#[test]
fn very_many_tiny_messages_are_too_long_a_command() {
    let mut d = authenticated(0);
    let tiny = |count: usize| {
        let mut input = b"A1 APPEND INBOX".to_vec();
        for _ in 0..count {
            input.extend_from_slice(b" {1+}\r\nx");
        }
        [input.as_slice(), b"\r\nA2 NOOP\r\n"].concat()
    };
    let (octets, answer) = (tiny(9_000), "A1 OK [APPENDUID 1700000000 1:9000] APPEND completed\r\nA2 OK NOOP completed\r\n");
    assert_eq!(text(&d.feed(&octets)), answer);
    assert_eq!(text(&d.feed(&tiny(100_000))), "A1 BAD the command is too long\r\nA2 OK NOOP completed\r\n");
    assert_eq!(flags(&d).len(), 9_000);
}
