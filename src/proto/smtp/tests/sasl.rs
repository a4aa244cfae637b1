use super::*;
use crate::proto::dialogue::Meddling;
use crate::proto::{Ats, Key};

fn with(mechanisms: &[&str]) -> Dialogue {
    let named: Vec<String> = mechanisms.iter().map(|&name| name.to_owned()).collect();
    let account =
        AccountSpec { name: "bob".into(), password: "secret".into(), mechanisms: Some(named.clone()), ..AccountSpec::default() };
    let spec = Spec { mechanisms: Mechanisms::of_users([Some(named.as_slice())]), ..Spec::default() };
    ready_with(spec, StoreSpec { accounts: vec![account], ..StoreSpec::default() })
}

/// (mechanism, accepted) of each login.
fn logins(dialogue: &Dialogue) -> Vec<(String, bool)> {
    let found = dialogue.notes.iter().filter_map(|note| match note {
        Note::Login { mechanism, accepted, user } if &**user == "bob" => Some((mechanism.to_string(), *accepted)),
        _ => None,
    });
    found.collect()
}

fn secrets(dialogue: &Dialogue) -> usize {
    dialogue.notes.iter().filter(|note| matches!(note, Note::Secret { .. })).count()
}

#[test]
fn the_users_mechanisms_are_offered() {
    let mut dialogue = with(&["SCRAM-SHA-256", "XOAUTH2"]);
    let said = String::from_utf8(dialogue.feed(b"EHLO again.test\r\n")).unwrap();
    assert!(said.contains("AUTH SCRAM-SHA-256 XOAUTH2\r\n"), "{said}");
    let said = String::from_utf8(with(&[]).feed(b"EHLO again.test\r\n")).unwrap();
    assert!(!said.contains("AUTH"), "{said}");
}

#[test]
fn cram_md5_is_no_secret_and_has_no_initial_response() {
    let mut dialogue = with(&["CRAM-MD5"]);
    dialogue.play(
        "C: AUTH CRAM-MD5
         S: 334 PDQ3MTEuMTAwMDAwMDAwMEBtYWlsZmF1bHQudGVzdD4=
         C: Ym9iIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw
         S: 535 5.7.8 Authentication credentials invalid
         C: AUTH CRAM-MD5 Ym9i
         S: 501 5.5.2 Malformed response: CRAM-MD5 has no initial response (RFC 2195 section 2)
         C: AUTH CRAM-MD5
         S: 334 PDQ3MTEuMTAwMDAwMDAwMEBtYWlsZmF1bHQudGVzdD4=
         C: Ym9iIDA2NDk5ZDAyMDcwMzU5YzVhYTQxMTNiNWM5N2IwM2Zi
         S: 235 2.7.0 Authentication succeeded",
    );
    assert_eq!(logins(&dialogue), [("CRAM-MD5".into(), false), ("CRAM-MD5".into(), true)]);
    assert_eq!(secrets(&dialogue), 0);
    assert_eq!(dialogue.oddities(), ["malformed-sasl"]);
}

#[test]
fn scram_shows_the_servers_signature_before_its_verdict() {
    let mut dialogue = with(&["SCRAM-SHA-1", "SCRAM-SHA-256"]);
    let first = "cj1meWtvbWFpbGZhdWx0MXhROVR6MFZkMkpyN0xrLHM9eGl2SjlkN1Y0dmZTUnQzREp0WVl3dz09LGk9NDA5Ng==";
    dialogue.play(&format!(
        "C: AUTH SCRAM-SHA-1 biwsbj1ib2Iscj1meWtv
         S: 334 {first}
         C: Yz1iaXdzLHI9Znlrb21haWxmYXVsdDF4UTlUejBWZDJKcjdMayxwPXV3NjREZ3dlejI5MTlZZ2x2NFg3ejY2QnhLaz0=
         S: 334 dj1Ldjlja3o2UzJqUS9KTEpxWG92Z21CYXExY009
         C: *
         S: 501 5.7.0 Authentication cancelled
         C: AUTH SCRAM-SHA-256 biwsbj1ib2Iscj1meWtv
         S: 334 {first}
         C: Yz1iaXdzLHI9Znlrb21haWxmYXVsdDF4UTlUejBWZDJKcjdMayxwPXV3NjREZ3dlejI5MTlZZ2x2NFg3ejY2QnhLaz0=
         S: 501 5.5.2 Malformed response: the proof has another length than the hash (RFC 5802 section 3)"
    ));
    dialogue.moments.clear();
    dialogue.play(&format!(
        "C: AUTH SCRAM-SHA-256
         S: 334
         C: biwsbj1ib2Iscj1meWtv
         S: 334 {first}
         C: Yz1iaXdzLHI9Znlrb21haWxmYXVsdDF4UTlUejBWZDJKcjdMayxwPWRJTC9LSDdKeUVsOHI1dDY5cDViR095TVA2ZkFzYnYzSEpTdjR5SStVdkk9
         S: 334 dj1xZEIxcnhEYVltYjdialdnYkJ0S3o0cFNRU2FEcnErcWh2RVIvRnhnaHljPQ==
         C:
         S: 235 2.7.0 Authentication succeeded"
    ));
    assert_eq!(dialogue.moments, ["command+continuation+AUTH", "continuation", "continuation", "credentials"]);
    assert_eq!((logins(&dialogue), secrets(&dialogue)), (vec![("SCRAM-SHA-256".into(), true)], 0));
}

#[test]
fn a_refused_token_is_told_why_before_it_fails() {
    let mut dialogue = with(&["XOAUTH2", "OAUTHBEARER"]);
    dialogue.play(
        "C: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgb2xkAQE=
         S: 334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
         C:
         S: 535 5.7.3 Authentication unsuccessful
         C: AUTH OAUTHBEARER bixhPWJvYiwBYXV0aD1CZWFyZXIgb2xkAQE=
         S: 334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NoZW1lcyI6ImJlYXJlciIsInNjb3BlIjoibWFpbCJ9
         C: AQ==
         S: 535 5.7.3 Authentication unsuccessful
         C: AUTH XOAUTH2
         S: 334
         C: dXNlcj1ib2IBYXV0aD1CZWFyZXIgc2VjcmV0AQE=
         S: 235 2.7.0 Authentication succeeded",
    );
    let expected = ["command+continuation+AUTH", "credentials", "command+continuation+AUTH", "credentials"];
    assert_eq!(dialogue.moments[..4], expected);
    let expected = [("XOAUTH2".into(), false), ("OAUTHBEARER".into(), false), ("XOAUTH2".into(), true)];
    assert_eq!((logins(&dialogue), secrets(&dialogue)), (expected.to_vec(), 3));
}

#[test]
fn what_was_not_offered_or_cannot_be_checked_is_refused() {
    let mut dialogue = ready();
    dialogue.play(
        "C: AUTH CRAM-MD5
         S: 504 5.5.4 Refused: this mechanism needs a user whose password is known
         C: AUTH SCRAM-SHA-1
         S: 504 5.5.4 Refused: this mechanism needs a user whose password is known
         C: AUTH OAUTHBEARER
         S: 504 5.5.4 Refused: this mechanism is not offered here
         C: AUTH ANONYMOUS =
         S: 504 5.5.4 Refused: this mechanism is not offered here",
    );
    dialogue.session.offer(&["AUTH ANONYMOUS XOAUTH2".into()], false);
    dialogue.play(
        "C: AUTH ANONYMOUS =
         S: 235 2.7.0 Authentication succeeded",
    );
    let mut dialogue = ready_with(Spec { offer: vec!["AUTH XOAUTH2".into()], ..Spec::default() }, StoreSpec::default());
    dialogue.play("C: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgb2xkAQE=\nS: 235 2.7.0 Authentication succeeded");
}

#[test]
fn external_needs_a_certificate() {
    let mut dialogue = with(&["EXTERNAL"]);
    dialogue.play("C: AUTH EXTERNAL =\nS: 504 5.5.4 Refused: EXTERNAL needs a client certificate");
    dialogue.session.secured(true);
    dialogue.feed(b"EHLO client.test\r\n");
    dialogue.play("C: AUTH EXTERNAL =\nS: 235 2.7.0 Authentication succeeded");
    assert_eq!((logins(&dialogue), secrets(&dialogue)), (vec![("EXTERNAL".into(), true)], 0));
    dialogue.session.secured(false);
    dialogue.feed(b"EHLO client.test\r\n");
    dialogue.play("C: AUTH EXTERNAL Ym9i\nS: 504 5.5.4 Refused: EXTERNAL needs a client certificate");
}

#[test]
fn endless_responses_are_dropped_in_every_exchange() {
    for mechanism in ["CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"] {
        let mut dialogue = with(&[mechanism]);
        dialogue.feed(format!("AUTH {mechanism}\r\n").as_bytes());
        for _ in 0..64 {
            assert_eq!(dialogue.feed(&[b'A'; 16_384]), b"");
        }
        let said = dialogue.feed(b"\r\nNOOP\r\n");
        assert_eq!(said, b"500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n", "{mechanism}");
    }
}

#[test]
fn a_challenge_in_place_of_the_verdict_is_answered_and_the_verdict_comes_again() {
    let mut dialogue = with(&["PLAIN", "CRAM-MD5"]);
    let more = Meddling { reply: Some("334 bW9yZQ=="), ..Meddling::default() };
    dialogue.meddle(Ats::CREDENTIALS, more);
    dialogue.play(
        "C: AUTH PLAIN AGJvYgBzZWNyZXQ=
         S: 334 bW9yZQ==
         C: UVVJVA==
         S: 334 bW9yZQ==
         C:
         S: 334 bW9yZQ==",
    );
    assert_eq!(logins(&dialogue), []);
    dialogue.stop_meddling();
    dialogue.play("C: AGJvYgBzZWNyZXQ=\nS: 235 2.7.0 Authentication succeeded");
    assert_eq!((logins(&dialogue), secrets(&dialogue)), (vec![("PLAIN".into(), true)], 1));
    assert_eq!(dialogue.moments, ["command+credentials+AUTH", "credentials", "credentials", "credentials"]);
    assert!(dialogue.session.fact(Key::User, &mut |name| name == "bob"));
}

#[test]
fn a_challenge_in_place_of_the_verdict_can_be_cancelled_or_broken() {
    for (answer, said) in [
        ("*", "501 5.7.0 Authentication cancelled"),
        ("MAIL FROM:<a@b.test>", "501 5.5.2 Cannot decode the response: base64 is broken at octet 5"),
    ] {
        let mut dialogue = with(&["PLAIN"]);
        dialogue.meddle(Ats::CREDENTIALS, Meddling { reply: Some("334 not base64"), ..Meddling::default() });
        dialogue.play(&format!(
            "C: AUTH PLAIN AGJvYgBzZWNyZXQ=
             S: 334 not base64
             C: {answer}
             S: {said}
             C: NOOP
             S: 250 2.0.0 Ok"
        ));
        assert_eq!(logins(&dialogue), []);
    }
    let mut dialogue = with(&["PLAIN"]);
    dialogue.meddle(Ats::CREDENTIALS, Meddling { reply: Some("334 "), ..Meddling::default() });
    dialogue.feed(b"AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n");
    for _ in 0..100 {
        dialogue.feed(&[b'A'; 40_000]);
        assert!(dialogue.left() < 12_289);
    }
    assert_eq!(dialogue.feed(b"\r\nNOOP\r\n"), b"500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n");
}

/// Whatever is refused gets its answer first, and is refused again.
#[test]
fn a_challenge_to_a_mechanism_that_is_not_there() {
    let mut dialogue = with(&["PLAIN"]);
    dialogue.meddle(Ats::AUTH, Meddling { reply: Some("334 "), ..Meddling::default() });
    dialogue.play(
        "C: AUTH GSSAPI
         S: 334
         C: AAAA
         S: 504 5.5.4 Unknown authentication mechanism
         C: NOOP
         S: 250 2.0.0 Ok",
    );
}

#[test]
fn what_a_hostile_client_says_is_bounded_and_has_its_code() {
    let plain = |message: &[u8]| crate::proto::sasl::encode(message);
    let long = plain(&[b"\0bob\0".as_slice(), &[b'x'; 9_000]].concat());
    for (said, answer) in [
        (plain(b"eve\0bob\0secret"), "535 5.7.8 Acting as another user is not allowed"),
        (plain(b"eve\0bob\0wrong"), "535 5.7.8 Authentication credentials invalid"),
        (plain(b"\0b\0ob\0secret"), "501 5.5.2 Malformed response: PLAIN has a third NUL octet (RFC 4616 section 2)"),
        (plain(b"\0b\nob\0secret"), "501 5.5.2 Malformed response: the user name has a control character (RFC 4013 section 2.3)"),
        (plain(&[b'x'; 9_000]), "501 5.5.2 Malformed response: PLAIN needs two NUL octets (RFC 4616 section 2)"),
        // A password of nine kilobytes is one.
        (long, "535 5.7.8 Authentication credentials invalid"),
        ("=".into(), "501 5.5.2 Malformed response: PLAIN needs two NUL octets (RFC 4616 section 2)"),
        ("AGJvYg=A".into(), "501 5.5.2 Cannot decode the response: base64 is broken at octet 7"),
        ("AGJvYgBz ZWNyZXQ=".into(), "501 5.5.4 Syntax error at column 21: expected the end of the line"),
    ] {
        let mut dialogue = with(&["PLAIN"]);
        let found = String::from_utf8(dialogue.feed(format!("AUTH PLAIN {said}\r\nNOOP\r\n").as_bytes())).unwrap();
        assert_eq!(found, format!("{answer}\r\n250 2.0.0 Ok\r\n"), "{said:.40}");
    }
    // AUTH inside AUTH is an answer, and no good one; cancelling over and over ends each exchange.
    let mut dialogue = with(&["PLAIN", "LOGIN"]);
    dialogue.play(
        "C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: AUTH PLAIN
         S: 501 5.5.2 Cannot decode the response: base64 is broken at octet 5
         C: AUTH PLAIN
         S: 334
         C: *
         S: 501 5.7.0 Authentication cancelled
         C: *
         S: 500 5.5.2 Syntax error at column 1: expected a command
         C: AUTH PLAIN *
         S: 501 5.5.2 Cannot decode the response: base64 is broken at octet 1",
    );
}

#[test]
fn a_token_of_a_megabyte_is_dropped_as_it_comes() {
    let mut dialogue = with(&["XOAUTH2"]);
    let mut said = dialogue.feed(b"AUTH XOAUTH2 ");
    for _ in 0..64 {
        said.extend(dialogue.feed(&[b'A'; 16 << 10]));
        assert!(dialogue.left() <= 12_288, "{}", dialogue.left());
    }
    said.extend(dialogue.feed(b"\r\nNOOP\r\n"));
    assert_eq!(String::from_utf8(said).unwrap(), "500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n");
    assert!(logins(&dialogue).is_empty() && secrets(&dialogue) == 0);
}
