use super::*;
use crate::proto::Ats;
use crate::proto::dialogue::Meddling;

fn with_bob() -> Dialogue {
    ready_with(Spec::default(), bob())
}

#[test]
fn plain_with_and_without_an_initial_response() {
    let mut dialogue = with_bob();
    dialogue.play(
        "C: AUTH PLAIN AGJvYgB3cm9uZw==
         S: 535 5.7.8 Authentication credentials invalid
         C: AUTH PLAIN
         S: 334
         C: AGJvYgBzZWNyZXQ=
         S: 235 2.7.0 Authentication succeeded
         C: AUTH PLAIN
         S: 503 5.5.1 AUTH cannot come now: logged in already, or a transaction is open",
    );
    assert_eq!(dialogue.moments, ["command+credentials+AUTH", "command+continuation+AUTH", "credentials", "command+AUTH"]);
    let logins: Vec<(String, bool)> = dialogue
        .notes
        .iter()
        .filter_map(|note| if let Note::Login { user, accepted, .. } = note { Some((user.to_string(), *accepted)) } else { None })
        .collect();
    assert_eq!(logins, [("bob".to_owned(), false), ("bob".to_owned(), true)]);
    let secrets = dialogue.notes.iter().filter(|note| matches!(note, Note::Secret { protected: false, tls_possible: false, .. }));
    assert_eq!(secrets.count(), 2);
}

#[test]
fn login_with_and_without_an_initial_response() {
    let mut dialogue = with_bob();
    dialogue.play(
        "C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: ZXZl
         S: 334 UGFzc3dvcmQ6
         C: c2VjcmV0
         S: 534 5.7.9 This user needs another authentication mechanism
         C: auth login Ym9i
         S: 334 UGFzc3dvcmQ6
         C: c2VjcmV0
         S: 235 2.7.0 Authentication succeeded",
    );
    let expected = ["command+continuation+AUTH", "continuation", "credentials", "command+continuation+AUTH", "credentials"];
    assert_eq!(dialogue.moments, expected);
}

#[test]
fn exchanges_that_fail() {
    let mut dialogue = with_bob();
    dialogue.play(
        "C: AUTH PLAIN
         S: 334
         C: *
         S: 501 5.7.0 Authentication cancelled
         C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: not base64
         S: 501 5.5.2 Cannot decode the response: base64 is broken at octet 4
         C: AUTH PLAIN =
         S: 501 5.5.2 Malformed response: PLAIN needs two NUL octets (RFC 4616 section 2)
         C: AUTH XOAUTH2 abc
         S: 504 5.5.4 Refused: this mechanism is not offered here
         C: AUTH GSSAPI
         S: 504 5.5.4 Unknown authentication mechanism
         C: AUTH
         S: 501 5.5.4 Syntax error at column 5: expected a space
         C: NOOP
         S: 250 2.0.0 Ok",
    );
    assert_eq!(dialogue.oddities(), ["malformed-sasl", "malformed-sasl", "syntax-error"]);
    assert_eq!(dialogue.moments.iter().filter(|moment| moment.is_empty()).count(), 2);
}

#[test]
fn a_line_of_an_exchange_may_be_long_but_not_endless() {
    let mut dialogue = with_bob();
    dialogue.feed(b"AUTH PLAIN\r\n");
    let fitting = vec![b'A'; 12_000];
    dialogue.feed(&fitting);
    let output = String::from_utf8(dialogue.feed(b"\r\n")).unwrap();
    assert!(output.starts_with("501 5.5.2 Malformed response"), "{output}");
    dialogue.feed(b"AUTH PLAIN\r\n");
    dialogue.feed(&vec![b'A'; 20_000]);
    assert_eq!(dialogue.feed(b"\r\nNOOP\r\n"), b"500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n");
    let initial = [b"AUTH PLAIN ".as_slice(), &vec![b'A'; 20_000], b"\r\n"].concat();
    assert_eq!(dialogue.feed(&initial), b"500 5.5.6 Authentication exchange line is too long\r\n");
}

#[test]
fn a_fault_refuses_a_good_login_and_accepts_a_bad_one() {
    let mut dialogue = with_bob();
    dialogue.meddle(Ats::CREDENTIALS, Meddling { reply: Some("535 5.7.8 no"), ..Meddling::default() });
    dialogue.feed(b"AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n");
    assert!(matches!(dialogue.notes.last(), Some(Note::Login { accepted: false, .. })));
    let mut dialogue = with_bob();
    dialogue.meddle(Ats::CREDENTIALS, Meddling { reply: Some("235 2.7.0 yes"), ..Meddling::default() });
    dialogue.feed(b"AUTH PLAIN AGJvYgB3cm9uZw==\r\n");
    assert!(matches!(dialogue.notes.last(), Some(Note::Login { accepted: true, .. })));
}

#[test]
fn an_exchange_begins_only_when_its_334_has_left_whole() {
    let mut dialogue = with_bob();
    dialogue.meddle(Ats::CONTINUATION, Meddling { cut: Some(2), ..Meddling::default() });
    dialogue.feed(b"AUTH LOGIN\r\n");
    assert!(dialogue.feed(b"Ym9i\r\n").starts_with(b"500 5.5.2"));
}
