use super::*;
use crate::mail::Note;
use crate::proto::dialogue::Meddling;

#[test]
fn a_literal_may_stand_for_any_string() {
    let mut d = with_mail(&[]);
    d.play(&format!(
        "C: A1 LOGIN {{3}}
         S: + OK
         C: bob {{6}}
         S: + OK
         C: secret
         S: A1 OK [CAPABILITY {AFTER}] LOGIN completed
         C: A2 STATUS {{5}}
         S: + OK
         C: INBOX (MESSAGES)
         S: * STATUS INBOX (MESSAGES 0)
         S: A2 OK STATUS completed
         C: A3 LIST {{2+}}
         C: IN {{3+}}
         C: BO%
         S: * LIST (\\HasNoChildren) \"/\" INBOX
         S: A3 OK LIST completed
         C: A4 CREATE {{6+}}
         C: a
         C: b c
         S: A4 NO [CANNOT] a mailbox cannot have this name"
    ));
    assert_eq!(d.moments[..3], ["continuation", "continuation", "command+credentials+LOGIN"]);
    assert!(d.oddities().is_empty());
}

#[test]
fn a_literal_holds_no_nul_that_a_response_would_repeat() {
    let mut d = with_mail(&[]);
    d.play(
        "C: A1 LOGIN {3+}
         C: a\0b secret
         S: A1 BAD expected a literal without NUL at column 17, got `\\x00b`
         C: A2 NOOP
         S: A2 OK NOOP completed",
    );
    assert_eq!(d.oddities(), ["syntax"]);
}

#[test]
fn append_with_a_synchronising_literal() {
    let mut d = authenticated(0);
    d.session.watch_content(vec![0, 3].into());
    d.play(
        r"C: A1 APPEND INBOX {12}
         S: + OK
         C: Subject: x
         C:
         S: A1 OK [APPENDUID 1700000000 1] APPEND completed
         C: A2 APPEND {5}
         S: + OK
         C: INBOX (\Draft) {4}
         S: + OK
         C: a: b
         S: A2 OK [APPENDUID 1700000000 2] APPEND completed",
    );
    assert_eq!(d.moments[..4], ["continuation", "content@0", "content@3", "command+message+APPEND"]);
    assert_eq!(d.moments[4..], ["continuation", "continuation", "content@0", "content@3", "command+message+APPEND"]);
    assert_eq!(flags(&d), [(1, String::new()), (2, "\\Draft".into())]);
}

#[test]
fn a_literal_that_was_not_granted_ends_the_command() {
    let mut d = authenticated(0);
    d.meddle(Ats::CONTINUATION, Meddling { reply: Some("NO [LIMIT] not now"), ..Meddling::default() });
    d.play("C: A1 APPEND INBOX {12}\nS: A1 NO [LIMIT] not now\nC: A2 NOOP\nS: A2 OK NOOP completed");
}

#[test]
fn what_is_too_large_is_refused_or_dropped() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 APPEND INBOX {52428801}
         S: A1 NO [TOOBIG] the literal is too large
         C: A2 CREATE {1048577}
         S: A2 NO [TOOBIG] the literal is too large
         C: A3 CREATE {99999999999999999999999}
         S: A3 NO [TOOBIG] the literal is too large",
    );
    assert_eq!(d.oddities(), ["literal-too-large"; 3]);
    assert_eq!(d.moments, ["command+APPEND", "command+CREATE", "command+CREATE"]);
    d.notes.clear();
    let mut input = b"A4 CREATE {2000000+}\r\n".to_vec();
    input.resize(input.len() + 2_000_000, b'x');
    input.extend_from_slice(b"\r\nA5 NOOP\r\n");
    assert_eq!(text(&d.feed(&input)), "A4 NO [TOOBIG] the literal is too large\r\nA5 OK NOOP completed\r\n");
    assert!(matches!(&d.notes[0], Note::Limit { name, dropped: 2_000_000 } if name == "literal"));
}

#[test]
fn the_sum_of_literals_is_bounded() {
    let mut d = authenticated(0);
    let mut input = b"A1 SEARCH".to_vec();
    for _ in 0..3 {
        input.extend_from_slice(b" TEXT {400000+}\r\n");
        input.resize(input.len() + 400_000, b'x');
    }
    input.extend_from_slice(b"\r\n");
    assert_eq!(text(&d.feed(&input)), "A1 NO [TOOBIG] the literal is too large\r\n");
}

#[test]
fn append_before_login_takes_no_message() {
    let mut d = with_mail(&[]);
    d.play(
        "C: A1 APPEND INBOX {2000000}
         S: A1 NO [TOOBIG] the literal is too large
         C: A2 APPEND INBOX {1+}
         C: x
         S: A2 BAD log in first",
    );
}

#[test]
fn append_that_cannot_be() {
    let mut d = authenticated(0);
    d.play(
        "C: A1 APPEND Nowhere {1+}
         C: x
         S: A1 NO [TRYCREATE] there is no mailbox of this name
         C: A2 APPEND INBOX (x {1+}
         C: y
         S: A2 BAD expected a flag at column 20, got `{1+}`
         C: A3 APPEND INBOX {0+}
         C:
         S: A3 NO [CANNOT] a message is not empty
         C: A4 APPEND INBOX hello
         S: A4 BAD expected a flag list, a date or a literal at column 17, got `hello`
         C: A5 APPEND INBOX {1+}
         C: x y
         S: A5 BAD expected a flag list, a date or a literal at column 24, got `y`",
    );
}

#[test]
fn the_mailbox_is_known_while_the_message_comes() {
    let mut d = authenticated(0);
    d.session.watch_content(vec![1].into());
    let mut input = &b"A1 APPEND Sent {5+}\r\nab"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    let moment = d.session.next(&mut input, &mut cx).unwrap();
    assert_eq!((moment.at, moment.offset, input.len()), (Ats::CONTENT, 1, 1));
    assert!(d.session.fact(Key::Mailbox, &mut |name| name == "Sent"));
}

#[test]
fn the_message_has_an_identity() {
    let mut d = authenticated(0);
    let mut input = &b"A1 APPEND INBOX {26+}\r\nMessage-ID: <a@b.c>\r\n\r\nx\r\n\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    let moment = d.session.next(&mut input, &mut cx).unwrap();
    assert_eq!(moment.at, Ats::APPEND | Ats::COMMAND | Ats::MESSAGE);
    assert!(d.session.fact(Key::Message, &mut |id| id == "<a@b.c>"));
    assert!(d.session.fact(Key::Mailbox, &mut |name| name == "INBOX"));
}
