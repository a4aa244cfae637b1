use super::*;
use crate::mail::{AccountSpec, Note};
use crate::proto::dialogue::Meddling;
use crate::proto::sasl::Mechanisms;

fn with(mechanisms: &[&str]) -> Dialogue {
    let named: Vec<String> = mechanisms.iter().map(|&name| name.to_owned()).collect();
    let account =
        AccountSpec { name: "bob".into(), password: "secret".into(), mechanisms: Some(named.clone()), ..AccountSpec::default() };
    let spec = Spec { mechanisms: Mechanisms::of_users([Some(named.as_slice())]), ..Spec::default() };
    let session = ImapSession::new(Arc::new(Config { spec, tls: TlsMode::None }));
    Dialogue::with_store(session, StoreSpec { accounts: vec![account], ..StoreSpec::default() })
}

fn secrets(d: &Dialogue) -> usize {
    d.notes.iter().filter(|note| matches!(note, Note::Secret { .. })).count()
}

#[test]
fn the_users_mechanisms_are_offered() {
    let mut d = with(&["CRAM-MD5", "OAUTHBEARER"]);
    d.play(&format!(
        "C: A1 CAPABILITY
         S: * CAPABILITY {BEFORE} AUTH=CRAM-MD5 AUTH=OAUTHBEARER
         S: A1 OK CAPABILITY completed
         C: A2 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=
         S: A2 NO [AUTHENTICATIONFAILED] the user may not log in with this mechanism
         C: A3 AUTHENTICATE GSSAPI
         S: A3 NO [CANNOT] unknown mechanism, there are CRAM-MD5 and OAUTHBEARER
         C: A4 AUTHENTICATE ANONYMOUS =
         S: A4 NO [CANNOT] this mechanism is not offered here"
    ));
}

#[test]
fn cram_md5() {
    let mut d = with(&["CRAM-MD5"]);
    d.play(&format!(
        "C: A1 AUTHENTICATE CRAM-MD5
         S: + PDQ3MTEuMTAwMDAwMDAwMEBtYWlsZmF1bHQudGVzdD4=
         C: Ym9iIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw
         S: A1 NO [AUTHENTICATIONFAILED] unknown user or wrong password
         C: A2 AUTHENTICATE CRAM-MD5 =
         S: A2 BAD CRAM-MD5 has no initial response (RFC 2195 section 2)
         C: A3 AUTHENTICATE CRAM-MD5
         S: + PDQ3MTEuMTAwMDAwMDAwMEBtYWlsZmF1bHQudGVzdD4=
         C: Ym9iIDA2NDk5ZDAyMDcwMzU5YzVhYTQxMTNiNWM5N2IwM2Zi
         S: A3 OK [CAPABILITY {AFTER}] AUTHENTICATE completed
         C: A4 AUTHENTICATE CRAM-MD5
         S: A4 BAD already logged in"
    ));
    assert_eq!(secrets(&d), 0);
    assert_eq!(d.oddities(), ["malformed-sasl", "command-out-of-order"]);
}

#[test]
fn scram_shows_the_servers_signature_before_its_verdict() {
    let mut d = with(&["SCRAM-SHA-256"]);
    d.play(&format!(
        "C: A1 AUTHENTICATE SCRAM-SHA-256 biwsbj1ib2Iscj1meWtv
         S: + cj1meWtvbWFpbGZhdWx0MXhROVR6MFZkMkpyN0xrLHM9eGl2SjlkN1Y0dmZTUnQzREp0WVl3dz09LGk9NDA5Ng==
         C: Yz1iaXdzLHI9Znlrb21haWxmYXVsdDF4UTlUejBWZDJKcjdMayxwPWRJTC9LSDdKeUVsOHI1dDY5cDViR095TVA2ZkFzYnYzSEpTdjR5SStVdkk9
         S: + dj1xZEIxcnhEYVltYjdialdnYkJ0S3o0cFNRU2FEcnErcWh2RVIvRnhnaHljPQ==
         C:
         S: A1 OK [CAPABILITY {AFTER}] AUTHENTICATE completed"
    ));
    assert_eq!(d.moments, ["command+continuation+AUTHENTICATE", "continuation", "credentials"]);
    let login = d.notes.iter().find(|note| matches!(note, Note::Login { .. })).unwrap();
    assert!(matches!(login, Note::Login { mechanism, accepted: true, user } if mechanism == "SCRAM-SHA-256" && &**user == "bob"));
    assert_eq!(secrets(&d), 0);
}

#[test]
fn a_refused_token_is_told_why_before_it_fails() {
    let mut d = with(&["XOAUTH2", "OAUTHBEARER"]);
    d.play(&format!(
        "C: A1 AUTHENTICATE XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgb2xkAQE=
         S: + eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==
         C:
         S: A1 NO [AUTHENTICATIONFAILED] unknown user or wrong password
         C: A2 AUTHENTICATE OAUTHBEARER bixhPWJvYiwBYXV0aD1CZWFyZXIgb2xkAQE=
         S: + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NoZW1lcyI6ImJlYXJlciIsInNjb3BlIjoibWFpbCJ9
         C: *
         S: A2 BAD AUTHENTICATE was cancelled
         C: A3 AUTHENTICATE OAUTHBEARER
         S: +
         C: bixhPWJvYiwBYXV0aD1CZWFyZXIgc2VjcmV0AQE=
         S: A3 OK [CAPABILITY {AFTER}] AUTHENTICATE completed"
    ));
    assert_eq!(secrets(&d), 2);
}

#[test]
fn a_fault_turns_the_verdict_on_a_proof_round() {
    let mut d = with(&["CRAM-MD5"]);
    d.meddle(Ats::CREDENTIALS, Meddling { reply: Some("OK come in"), ..Meddling::default() });
    d.play(
        "C: A1 AUTHENTICATE CRAM-MD5
         S: + PDQ3MTEuMTAwMDAwMDAwMEBtYWlsZmF1bHQudGVzdD4=
         C: Ym9iIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw
         S: A1 OK come in
         C: A2 CHECK
         S: A2 BAD select a mailbox first",
    );
}

#[test]
fn anonymous_and_external_are_there_where_a_fault_offers_them() {
    let mut d = Dialogue::new(session(TlsMode::Implicit));
    d.session.offer(&["AUTH=ANONYMOUS".into(), "AUTH=EXTERNAL".into()], true);
    d.play("C: A1 AUTHENTICATE EXTERNAL Ym9i\nS: A1 NO [CANNOT] EXTERNAL needs a client certificate");
    d.session.secured(true);
    assert!(text(&d.feed(b"A2 AUTHENTICATE EXTERNAL Ym9i\r\n")).starts_with("A2 OK "));
    d.session.secured(false);
    assert!(text(&d.feed(b"A3 AUTHENTICATE ANONYMOUS c2lyaGM=\r\n")).starts_with("A3 OK "));
    let users: Vec<&str> =
        d.notes.iter().filter_map(|note| if let Note::Login { user, .. } = note { Some(&**user) } else { None }).collect();
    assert_eq!((users, secrets(&d)), (vec!["bob", "anonymous"], 0));
}

#[test]
fn a_misread_authenticate_is_answered_all_the_same() {
    let mut d = with(&["PLAIN"]);
    let mut input = &b"A1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    let moment = d.session.next(&mut input, &mut cx).unwrap();
    d.session.misread(&|_| Some(b"A1 AUTHENTICATE PLAIN AGJvYgB3cm9uZw==".to_vec()));
    assert!(d.session.fact(Key::Mechanism, &mut |name| name == "PLAIN"));
    let answer = d.session.answer(moment, &mut cx);
    assert!(text(&answer.reply.to_vec()).starts_with("A1 NO [AUTHENTICATIONFAILED]"));
}

#[test]
fn a_challenge_in_place_of_the_verdict_is_answered_and_the_verdict_comes_again() {
    let mut d = with(&["PLAIN"]);
    d.meddle(Ats::CREDENTIALS, Meddling { reply: Some("+ bW9yZQ=="), ..Meddling::default() });
    d.play(
        "C: A1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=
         S: + bW9yZQ==
         C: QTIgTk9PUA==
         S: + bW9yZQ==
         C:
         S: + bW9yZQ==",
    );
    assert_eq!(d.session.phase(), "authenticate");
    d.stop_meddling();
    d.play(&format!("C: AAAA\nS: A1 OK [CAPABILITY {AFTER}] AUTHENTICATE completed"));
    assert_eq!(d.moments, ["command+credentials+AUTHENTICATE", "credentials", "credentials", "credentials"]);
    let logins = d.notes.iter().filter(|note| matches!(note, Note::Login { .. })).count();
    assert_eq!((logins, secrets(&d)), (1, 1));
}

#[test]
fn a_challenge_in_place_of_the_verdict_can_be_cancelled_or_broken() {
    let mut d = with(&["PLAIN"]);
    d.meddle(Ats::CREDENTIALS | Ats::AUTHENTICATE, Meddling { reply: Some("+ not base64"), ..Meddling::default() });
    d.play(
        "C: A1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=
         S: + not base64
         C: *
         S: A1 BAD AUTHENTICATE was cancelled
         C: A2 LOGIN bob secret
         S: + not base64
         C: A3 LOGOUT
         S: A2 BAD base64 is broken at octet 3
         C: A4 AUTHENTICATE GSSAPI
         S: + not base64
         C: AAAA
         S: A4 NO [CANNOT] unknown mechanism, there are PLAIN
         C: A5 NOOP
         S: A5 OK NOOP completed",
    );
    d.feed(b"A6 LOGIN bob secret\r\n");
    for _ in 0..100 {
        d.feed(&[b'A'; 40_000]);
        assert!(d.left() <= 64 << 10);
    }
    assert_eq!(text(&d.feed(b"\r\nA7 NOOP\r\n")), "A6 BAD the line is too long\r\nA7 OK NOOP completed\r\n");
    assert!(!d.notes.iter().any(|note| matches!(note, Note::Login { .. })));
}

#[test]
fn what_a_hostile_client_says_is_bounded_and_has_its_answer() {
    let plain = |message: &[u8]| format!("AUTHENTICATE PLAIN {}", crate::proto::sasl::encode(message));
    for (said, answer) in [
        (plain(b"eve\0bob\0secret"), "NO [AUTHORIZATIONFAILED] acting as another user is not allowed"),
        (plain(b"eve\0bob\0wrong"), "NO [AUTHENTICATIONFAILED] unknown user or wrong password"),
        (plain(b"\0b\0ob\0secret"), "BAD PLAIN has a third NUL octet (RFC 4616 section 2)"),
        (plain(b"\0b\x1b[31mob\0secret"), "BAD the user name has a control character (RFC 4013 section 2.3)"),
        (plain(&[b"\0bob\0".as_slice(), &[b'x'; 9_000]].concat()), "NO [AUTHENTICATIONFAILED] unknown user or wrong password"),
        (plain(&[b"\0".as_slice(), &[b'x'; 2_000], b"\0secret"].concat()), "BAD the user name is longer than 1024 octets"),
        (plain(&[b'x'; 12_000]), "BAD the response is longer than 12288 octets"),
        ("LOGIN {2000+}\r\n".to_owned() + &"x".repeat(2_000) + " secret", "BAD the user name is longer than 1024 octets"),
        ("LOGIN {2+}\r\na\n secret".into(), "BAD the user name has a control character (RFC 4013 section 2.3)"),
    ] {
        let mut d = with(&["PLAIN", "LOGIN"]);
        let found = text(&d.feed(format!("A1 {said}\r\nA2 NOOP\r\n").as_bytes()));
        assert_eq!(found, format!("A1 {answer}\r\nA2 OK NOOP completed\r\n"), "{said:.60}");
    }
    let mut d = with(&["PLAIN", "LOGIN"]);
    d.play(
        "C: A1 AUTHENTICATE LOGIN
         S: + VXNlcm5hbWU6
         C: A2 AUTHENTICATE PLAIN
         S: A1 BAD base64 is broken at octet 3
         C: A3 AUTHENTICATE PLAIN
         S: +
         C: *
         S: A3 BAD AUTHENTICATE was cancelled
         C: *
         S: * BAD expected a tag at column 1, got `*`",
    );
}
