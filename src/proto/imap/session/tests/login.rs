use super::*;
use crate::mail::{AccountSpec, Note};
use crate::proto::dialogue::Meddling;

fn closed(tls: TlsMode) -> Dialogue {
    let account = AccountSpec { name: "bob".into(), password: "secret".into(), ..AccountSpec::default() };
    Dialogue::with_store(session(tls), StoreSpec { accounts: vec![account], ..StoreSpec::default() })
}

#[test]
fn the_greeting_and_capability_tell_what_is_offered() {
    let mut d = closed(TlsMode::Starttls);
    d.play(&format!(
        "S: * OK [CAPABILITY {BEFORE} STARTTLS AUTH=PLAIN AUTH=LOGIN] mailfault ready
         C: A1 CAPABILITY
         S: * CAPABILITY {BEFORE} STARTTLS AUTH=PLAIN AUTH=LOGIN
         S: A1 OK CAPABILITY completed
         C: A2 LOGIN bob secret
         S: A2 OK [CAPABILITY {AFTER}] LOGIN completed"
    ));
    assert_eq!(d.moments, ["greeting", "command+CAPABILITY", "command+credentials+LOGIN"]);
    assert!(matches!(&d.notes[0], Note::Secret { mechanism, protected: false, tls_possible: true } if mechanism == "LOGIN"));
    assert!(matches!(&d.notes[1], Note::Login { mechanism, accepted: true, user } if mechanism == "LOGIN" && &**user == "bob"));
}

#[test]
fn capabilities_can_be_hidden_and_offered_for_good_or_once() {
    let mut d = closed(TlsMode::Starttls);
    d.session.hide(&["starttls".into(), "AUTH=PLAIN".into(), "MOVE".into()], true);
    d.session.offer(&["XYZ".into(), "idle".into()], false);
    d.play(&format!(
        "C: A1 CAPABILITY
         S: * CAPABILITY {BEFORE} AUTH=LOGIN XYZ
         S: A1 OK CAPABILITY completed
         C: A2 CAPABILITY
         S: * CAPABILITY {BEFORE} AUTH=LOGIN
         S: A2 OK CAPABILITY completed
         C: A3 STARTTLS
         S: A3 OK begin TLS negotiation now"
    ));
}

#[test]
fn capabilities_depend_on_the_state() {
    let shown = |offer: &str, hide: &str| Shown { only: None, offer: vec![offer.into()], hide: vec![hide.into()] };
    let by_state = ByState {
        before_tls: shown("LOGINDISABLED", "AUTH=PLAIN"),
        after_tls: shown("STARTTLS", "AUTH=LOGIN"),
        after_login: shown("MOVE", "IDLE"),
    };
    let spec = Spec { hide: vec!["MOVE".into()], by_state, ..Spec::default() };
    let config = Config { spec, tls: TlsMode::Starttls };
    let mut d = Dialogue::new(ImapSession::new(Arc::new(config)));
    let without_idle = AFTER.replace(" IDLE", "");
    d.play(&format!(
        "S: * OK [CAPABILITY {BEFORE} STARTTLS AUTH=LOGIN LOGINDISABLED] mailfault ready
         C: A1 STARTTLS
         S: A1 OK begin TLS negotiation now
         C: A2 CAPABILITY
         S: * CAPABILITY {BEFORE} AUTH=PLAIN STARTTLS
         S: A2 OK CAPABILITY completed
         C: A3 LOGIN bob x
         S: A3 OK [CAPABILITY {without_idle} STARTTLS] LOGIN completed"
    ));
}

#[test]
fn preauth_is_logged_in_from_the_start_and_too_late_for_tls() {
    let spec = Spec { preauth: Some("bob".into()), ..Spec::default() };
    let config = Arc::new(Config { spec, tls: TlsMode::Starttls });
    let mut d = Dialogue::new(ImapSession::new(config.clone()));
    d.play(&format!(
        "S: * PREAUTH [CAPABILITY {AFTER}] mailfault ready
         C: A1 STARTTLS
         S: A1 BAD already logged in
         C: A2 SELECT Nowhere
         S: A2 NO [NONEXISTENT] there is no mailbox of this name"
    ));
    let mut refused = Dialogue::new(ImapSession::new(config));
    refused.meddle(Ats::GREETING, Meddling { keep: Some(false), ..Meddling::default() });
    refused.greet();
    let said = text(&refused.feed(b"A1 SELECT INBOX\r\n"));
    assert!(said.starts_with("A1 BAD "), "{said}");
}

#[test]
fn starttls_forgets_what_came_before_and_is_there_once() {
    let mut d = closed(TlsMode::Starttls);
    assert_eq!(text(&d.feed(b"A1 STARTTLS\r\nA2 LOGIN bob secret\r\n")), "A1 OK begin TLS negotiation now\r\n");
    d.play(&format!(
        "C: A3 STARTTLS
         S: A3 BAD TLS is on already
         C: A4 LOGIN bob secret
         S: A4 OK [CAPABILITY {AFTER}] LOGIN completed"
    ));
    assert!(d.notes.iter().any(|note| matches!(note, Note::Secret { protected: true, .. })));
    let mut plain = closed(TlsMode::None);
    plain.play("C: A1 STARTTLS\nS: A1 BAD this server has no TLS here");
    assert_eq!(plain.oddities(), ["command-out-of-order"]);
}

#[test]
fn passwords_in_every_form() {
    for login in [
        "A1 LOGIN bob secret\r\n",
        "A1 login \"bob\" \"secret\"\r\n",
        "A1 LOGIN {3+}\r\nbob {6+}\r\nsecret\r\n",
        "A1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\n",
    ] {
        let mut d = closed(TlsMode::None);
        let reply = text(&d.feed(login.as_bytes()));
        assert!(reply.starts_with("A1 OK [CAPABILITY "), "{login} {reply}");
        assert_eq!(d.session.phase(), "authenticated");
    }
}

#[test]
fn a_wrong_password_is_refused_and_leaves_the_client_where_it_was() {
    let mut d = closed(TlsMode::None);
    d.play(
        "C: A1 LOGIN bob wrong
         S: A1 NO [AUTHENTICATIONFAILED] unknown user or wrong password
         C: A2 SELECT INBOX
         S: A2 BAD log in first
         C: A3 LOGIN bob
         S: A3 BAD expected a space at column 13, got the end of the line",
    );
    assert_eq!(d.oddities(), ["command-out-of-order", "syntax"]);
    assert!(d.notes.iter().any(|note| matches!(note, Note::Login { accepted: false, .. })));
}

#[test]
fn authenticate_with_challenges() {
    let mut d = closed(TlsMode::None);
    d.play(&format!(
        "C: A1 AUTHENTICATE PLAIN
         S: +
         C: AGJvYgB3cm9uZw==
         S: A1 NO [AUTHENTICATIONFAILED] unknown user or wrong password
         C: A2 AUTHENTICATE LOGIN
         S: + VXNlcm5hbWU6
         C: Ym9i
         S: + UGFzc3dvcmQ6
         C: c2VjcmV0
         S: A2 OK [CAPABILITY {AFTER}] AUTHENTICATE completed"
    ));
    let expected =
        ["command+continuation+AUTHENTICATE", "credentials", "command+continuation+AUTHENTICATE", "continuation", "credentials"];
    assert_eq!(d.moments, expected);
}

#[test]
fn an_exchange_can_be_cancelled_or_broken() {
    let mut d = closed(TlsMode::None);
    d.play(
        "C: A1 AUTHENTICATE PLAIN
         S: +
         C: *
         S: A1 BAD AUTHENTICATE was cancelled
         C: A2 AUTHENTICATE PLAIN
         S: +
         C: ?
         S: A2 BAD base64 is broken at octet 1
         C: A3 AUTHENTICATE PLAIN =
         S: A3 BAD PLAIN needs two NUL octets (RFC 4616 section 2)
         C: A4 AUTHENTICATE GSSAPI
         S: A4 NO [CANNOT] unknown mechanism, there are PLAIN and LOGIN",
    );
    assert_eq!(d.moments[1], "");
    assert_eq!(d.oddities(), ["malformed-sasl", "malformed-sasl"]);
}

#[test]
fn a_fault_turns_the_verdict_round() {
    let mut d = closed(TlsMode::None);
    d.meddle(Ats::CREDENTIALS, Meddling { reply: Some("OK come in"), ..Meddling::default() });
    d.play("C: A1 LOGIN eve wrong\nS: A1 OK come in\nC: A2 CHECK\nS: A2 BAD select a mailbox first");
    assert!(d.notes.iter().any(|note| matches!(note, Note::Login { accepted: true, .. })));

    let mut d = closed(TlsMode::None);
    d.meddle(Ats::CREDENTIALS, Meddling { reply: Some("* NO [ALERT] a\nNO [EXPIRED] b"), ..Meddling::default() });
    d.play("C: A1 LOGIN bob secret\nS: * NO [ALERT] a\nS: A1 NO [EXPIRED] b\nC: A2 SELECT INBOX\nS: A2 BAD log in first");
}

#[test]
fn a_challenge_that_was_not_written_begins_no_exchange() {
    let mut d = closed(TlsMode::None);
    d.meddle(Ats::CONTINUATION, Meddling { cut: Some(1), ..Meddling::default() });
    assert_eq!(text(&d.feed(b"A1 AUTHENTICATE PLAIN\r\nA2 NOOP\r\n")), "+A2 OK NOOP completed\r\n");
}

#[test]
fn facts_are_known_at_the_verdict() {
    let mut d = closed(TlsMode::None);
    let mut input = &b"A1 LOGIN bob secret\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    d.session.next(&mut input, &mut cx).unwrap();
    assert!(d.session.fact(Key::User, &mut |user| user == "bob"));
    assert!(d.session.fact(Key::Mechanism, &mut |name| name == "LOGIN"));
    assert!(d.session.fact(Key::Argument, &mut |argument| argument == "bob secret"));
    assert!(!d.session.fact(Key::Mailbox, &mut |_| true));
    let refuses = |line: &str| {
        let mut d = closed(TlsMode::None);
        let mut cx = Cx { store: &d.store, notes: &mut d.notes };
        d.session.next(&mut line.as_bytes(), &mut cx).unwrap();
        d.session.fact(Key::Refused, &mut |refused| refused == "true")
    };
    assert_eq!(
        ["bob secret", "bob wrong", "nobody secret"].map(|who| refuses(&format!("A1 LOGIN {who}\r\n"))),
        [false, true, true]
    );
    let mut d = closed(TlsMode::None);
    let mut input = &b"A1 AUTHENTICATE GSSAPI\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    d.session.next(&mut input, &mut cx).unwrap();
    assert!(d.session.fact(Key::Mechanism, &mut |name| name == "GSSAPI"));
}
