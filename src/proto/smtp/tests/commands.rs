use super::*;
use crate::proto::dialogue::Meddling;
use crate::proto::{Ats, Key};

#[test]
fn a_whole_conversation() {
    let mut dialogue = server(Spec::default(), TlsMode::None, StoreSpec::default());
    dialogue.play(
        "S: 220 mx.mailfault.test ESMTP mailfault
         C: EHLO client.test
         S: 250-mx.mailfault.test
         S: 250-PIPELINING
         S: 250-SIZE 52428800
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-CHUNKING
         S: 250-DSN
         S: 250-ENHANCEDSTATUSCODES
         S: 250 AUTH PLAIN LOGIN
         C: MAIL FROM:<a@b.test> SIZE=100
         S: 250 2.1.0 Ok
         C: RCPT TO:<bob@b.test>
         S: 250 2.1.5 Ok
         C: DATA
         S: 354 End data with <CR><LF>.<CR><LF>
         C: Subject: x
         C:
         C: ..hello
         C: .
         S: 250 2.0.0 Ok: queued
         C: QUIT
         S: 221 2.0.0 Bye",
    );
    assert_eq!(messages(&dialogue), [("Subject: x\r\n\r\n.hello\r\n".to_owned(), true)]);
    assert_eq!(dialogue.oddities(), [""; 0]);
    assert!(dialogue.closed);
    assert!(matches!(dialogue.notes.last(), Some(Note::Goodbye)));
    let expected =
        ["greeting", "command+EHLO", "command+MAIL", "command+RCPT", "command+continuation+DATA", "message", "command+QUIT"];
    assert_eq!(dialogue.moments, expected);
    let inbox = dialogue.store.account("bob@b.test").unwrap().mailbox("INBOX").unwrap();
    assert_eq!(inbox.with(|mailbox| mailbox.entries.len()), 1);
}

#[test]
fn a_scenario_sets_greeting_host_name_and_capabilities() {
    let spec = Spec {
        hostname: "a.test".into(),
        greeting: "a.test one\ntwo".into(),
        offer: vec!["AUTH XOAUTH2".into(), "SIZE 7".into()],
        hide: ["PIPELINING", "CHUNKING", "DSN", "SMTPUTF8", "AUTH LOGIN"].map(str::to_owned).into(),
        ..Spec::default()
    };
    server(spec, TlsMode::None, StoreSpec::default()).play(
        "S: 220-a.test one
         S: 220 two
         C: EHLO client.test
         S: 250-a.test
         S: 250-SIZE 7
         S: 250-8BITMIME
         S: 250-ENHANCEDSTATUSCODES
         S: 250 AUTH PLAIN XOAUTH2",
    );
}

#[test]
fn capabilities_depend_on_the_state() {
    let shown = |offer: &str, hide: &str| Shown { only: None, offer: vec![offer.into()], hide: vec![hide.into()] };
    let by_state = ByState {
        before_tls: shown("BEFORE", "AUTH"),
        after_tls: shown("STARTTLS", "DSN"),
        after_login: shown("XYZ", "STARTTLS"),
    };
    let hide = ["PIPELINING", "SIZE", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"].map(str::to_owned).into();
    let spec = Spec { hostname: "a.test".into(), hide, by_state, ..Spec::default() };
    let mut dialogue = server(spec, TlsMode::Starttls, StoreSpec::default());
    dialogue.greet();
    dialogue.play(
        "C: EHLO c.test
         S: 250-a.test
         S: 250-8BITMIME
         S: 250-DSN
         S: 250-STARTTLS
         S: 250 BEFORE",
    );
    dialogue.session.secured(false);
    dialogue.play(
        "C: EHLO c.test
         S: 250-a.test
         S: 250-8BITMIME
         S: 250-AUTH PLAIN LOGIN
         S: 250 STARTTLS
         C: AUTH PLAIN AGJvYgB4
         S: 235 2.7.0 Authentication succeeded
         C: EHLO c.test
         S: 250-a.test
         S: 250-8BITMIME
         S: 250-AUTH PLAIN LOGIN
         S: 250 XYZ",
    );
}

#[test]
fn a_client_that_leaves_out_the_recipients_is_told() {
    let mut dialogue = ready();
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\n");
    assert_eq!(dialogue.feed(b"BDAT 3 LAST\r\nabcNOOP\r\n"), b"554 5.5.1 No valid recipients\r\n250 2.0.0 Ok\r\n");
    assert_eq!(dialogue.moments, ["command+MAIL", "command+BDAT", "command+NOOP"]);
    assert_eq!(dialogue.oddities(), ["command-out-of-order"]);
}

#[test]
fn secrets_are_noted_with_what_could_have_protected_them() {
    for (tls, secure, expected) in [(TlsMode::Starttls, false, (false, true)), (TlsMode::Starttls, true, (true, true))] {
        let mut dialogue = server(Spec::default(), tls, StoreSpec::default());
        dialogue.greet();
        if secure {
            dialogue.feed(b"STARTTLS\r\n");
        }
        dialogue.feed(b"EHLO a.test\r\n");
        dialogue.feed(b"AUTH PLAIN AGJvYgBz\r\n");
        let secret = dialogue.notes.iter().find_map(|note| match note {
            Note::Secret { protected, tls_possible, .. } => Some((*protected, *tls_possible)),
            _ => None,
        });
        assert_eq!(secret, Some(expected));
    }
}

#[test]
fn commands_without_a_transaction() {
    greeted().play(
        "C: HELO client.test
         S: 250 mx.mailfault.test
         C: NOOP anything
         S: 250 2.0.0 Ok
         C: RSET
         S: 250 2.0.0 Ok
         C: VRFY bob
         S: 252 2.5.0 Cannot verify, but will take mail for it
         C: EXPN list
         S: 502 5.5.1 EXPN is not implemented
         C: HELP
         S: 214 2.0.0 RFC 5321 has it all
         C: STARTTLS
         S: 502 5.5.1 STARTTLS is not available",
    );
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let mut dialogue = ready();
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         C: RCPT TO:<>
         C: RCPT TO:<bob@b.test>
         C: DATA
         S: 250 2.1.0 Ok
         S: 501 5.5.4 Syntax error at column 10: expected an address
         S: 250 2.1.5 Ok
         S: 354 End data with <CR><LF>.<CR><LF>
         C: x
         C: .
         C: RSET
         C: MAIL FROM:<a@b.test>
         S: 250 2.0.0 Ok: queued
         S: 250 2.0.0 Ok
         S: 250 2.1.0 Ok",
    );
    assert_eq!(dialogue.oddities(), ["syntax-error"]);
}

#[test]
fn each_mistake_has_its_reply_and_its_name() {
    let mail = "MAIL FROM:<a@b.test>\r\n";
    let long = "x".repeat(5000);
    let table: Vec<(bool, String, &str, &str)> = vec![
        (true, "\r\n".into(), "500 5.5.2", "empty-command"),
        (true, "XYZ\r\n".into(), "500 5.5.2", "unknown-command"),
        (true, "NOOP\n".into(), "250 2.0.0", "bare-lf"),
        (true, "NOOP a\rb\r\n".into(), "250 2.0.0", "bare-cr"),
        (true, "NOOP a\0b\r\n".into(), "250 2.0.0", "nul-in-command"),
        (true, "NOOP a\x07b\r\n".into(), "250 2.0.0", "control-character"),
        (true, "NOOP ä\r\n".into(), "250 2.0.0", "8bit-in-command"),
        (true, format!("NOOP {long}\r\n"), "500 5.5.2", "line-too-long"),
        (true, "GET / HTTP/1.1\r\n".into(), "421 4.7.0", "http-request"),
        (true, "\x16\x03\x01\x02".into(), "421 4.7.0", "tls-handshake"),
        (true, "RCPT TO:<a@b.test>\r\n".into(), "503 5.5.1", "command-out-of-order"),
        (true, "DATA\r\n".into(), "503 5.5.1", "command-out-of-order"),
        (true, "BDAT 0 LAST\r\n".into(), "503 5.5.1", "command-out-of-order"),
        (false, mail.into(), "503 5.5.1", "helo-missing"),
        (false, "RCPT TO:<a@b.test>\r\n".into(), "503 5.5.1", "helo-missing"),
        (false, "AUTH PLAIN\r\n".into(), "503 5.5.1", "helo-missing"),
        (true, "DATA x\r\n".into(), "501 5.5.4", "unexpected-argument"),
        (true, "VRFY\r\n".into(), "501 5.5.4", "syntax-error"),
        (true, "MAIL FROM:<a@b.test> X=1\r\n".into(), "555 5.5.4", "unknown-parameter"),
        (true, "MAIL FROM:<a@b.test> SIZE=1 SIZE=1\r\n".into(), "501 5.5.4", "duplicate-parameter"),
        (true, "MAIL FROM:<ä@b.test>\r\n".into(), "553 5.6.7", "utf8-without-smtputf8"),
        (true, "MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n".into(), "250 2.1.0", "extension-not-offered"),
        (true, "STARTTLS\r\n".into(), "502 5.5.1", "extension-not-offered"),
    ];
    for (hello, input, reply, oddity) in table {
        let mut dialogue = if hello { ready() } else { greeted() };
        let output = String::from_utf8(dialogue.feed(input.as_bytes())).unwrap();
        assert!(output.starts_with(reply), "{input:?}: {output}");
        assert_eq!(dialogue.oddities(), [oddity], "{input:?}");
        assert_eq!(dialogue.moments.len(), if hello { 1 } else { 2 }, "{input:?}");
    }
}

#[test]
fn input_behind_a_command_that_ends_a_group_is_named() {
    for command in ["NOOP", "EHLO a.test", "VRFY bob", "DATA", "AUTH XYZ", "STARTTLS"] {
        let mut dialogue = ready();
        dialogue.feed(format!("{command}\r\nRSET\r\n").as_bytes());
        assert_eq!(dialogue.oddities()[0], "pipelining-after-non-pipelinable", "{command}");
    }
    let mut dialogue = greeted();
    dialogue.feed(b"HELO a.test\r\n");
    dialogue.feed(b"MAIL FROM:<a@b.test> SIZE=1\r\nRSET\r\n");
    assert_eq!(dialogue.oddities(), ["pipelining-without-ehlo", "parameters-without-ehlo"]);
}

#[test]
fn a_line_that_is_too_long_is_dropped_as_it_comes() {
    let mut dialogue = ready();
    for _ in 0..100 {
        assert_eq!(dialogue.feed(&[b'x'; 1000]), b"");
        assert!(dialogue.left() < 4096);
    }
    assert_eq!(dialogue.feed(b"\r\nNOOP\r\n"), b"500 5.5.2 Line too long\r\n250 2.0.0 Ok\r\n");
    assert!(dialogue.notes.iter().any(|note| matches!(note, Note::Limit { name, dropped: 100_002 } if name == "command-line")));
    assert_eq!(dialogue.moments, ["command", "command+NOOP"]);
}

#[test]
fn the_order_of_a_transaction() {
    let mut dialogue = ready();
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         S: 250 2.1.0 Ok
         C: MAIL FROM:<a@b.test>
         S: 503 5.5.1 A transaction is open already
         C: DATA
         S: 554 5.5.1 No valid recipients
         C: RSET
         S: 250 2.0.0 Ok
         C: RCPT TO:<bob@b.test>
         S: 503 5.5.1 MAIL first
         C: MAIL FROM:<a@b.test>
         S: 250 2.1.0 Ok
         C: HELO again.test
         S: 250 mx.mailfault.test
         C: RCPT TO:<bob@b.test>
         S: 503 5.5.1 MAIL first",
    );
    assert_eq!(dialogue.oddities(), ["command-out-of-order"; 4]);
}

#[test]
fn limits_have_their_replies() {
    let spec = Spec { size_limit: 1000, recipients_limit: 1, require_auth: true, ..Spec::default() };
    let mut dialogue = ready_with(spec, StoreSpec { most_octets: 500, ..StoreSpec::default() });
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         S: 530 5.7.0 Authentication required
         C: AUTH PLAIN AGJvYgBz
         S: 235 2.7.0 Authentication succeeded
         C: MAIL FROM:<a@b.test> SIZE=1001
         S: 552 5.3.4 Message too big for system
         C: MAIL FROM:<a@b.test> SIZE=501
         S: 452 4.3.1 Insufficient system storage
         C: MAIL FROM:<a@b.test> SIZE=500
         S: 250 2.1.0 Ok
         C: RCPT TO:<a@b.test>
         S: 250 2.1.5 Ok
         C: RCPT TO:<c@b.test>
         S: 452 4.5.3 Too many recipients",
    );
    assert_eq!(dialogue.oddities(), [""; 0]);
}

#[test]
fn starttls_forgets_what_was_said_in_the_clear() {
    let mut dialogue = server(Spec::default(), TlsMode::Starttls, StoreSpec::default());
    dialogue.greet();
    let clear = String::from_utf8(dialogue.feed(b"EHLO a.test\r\n")).unwrap();
    assert!(clear.ends_with("250 STARTTLS\r\n"));
    dialogue.play(
        "C: STARTTLS
         S: 220 2.0.0 Ready to start TLS
         C: MAIL FROM:<a@b.test>
         S: 503 5.5.1 EHLO or HELO first
         C: STARTTLS
         S: 503 5.5.1 TLS is up already",
    );
    let secure = String::from_utf8(dialogue.feed(b"EHLO a.test\r\n")).unwrap();
    assert!(!secure.contains("STARTTLS"), "{secure}");
}

#[test]
fn capabilities_are_hidden_for_a_reply_or_for_good() {
    let mut dialogue = greeted();
    let owned = |text: &str| vec![text.to_owned()];
    dialogue.session.hide(&owned("auth"), true);
    dialogue.session.offer(&owned("XYZ"), false);
    let first = String::from_utf8(dialogue.feed(b"EHLO a.test\r\n")).unwrap();
    let second = String::from_utf8(dialogue.feed(b"EHLO a.test\r\n")).unwrap();
    assert!(first.ends_with("250-ENHANCEDSTATUSCODES\r\n250 XYZ\r\n"), "{first}");
    assert!(second.ends_with("250-DSN\r\n250 ENHANCEDSTATUSCODES\r\n"), "{second}");
}

#[test]
fn a_fault_undoes_a_command_or_makes_a_refused_one_happen() {
    let mut dialogue = ready();
    dialogue.meddle(Ats::MAIL, Meddling { reply: Some("250 2.1.0 so be it"), ..Meddling::default() });
    dialogue.meddle(Ats::RCPT, Meddling { reply: Some("550 5.1.1 no"), ..Meddling::default() });
    dialogue.play(
        "C: MAIL FROM:<a@b.test> XYZ=1
         S: 250 2.1.0 so be it
         C: RCPT TO:<bob@b.test>
         S: 550 5.1.1 no
         C: DATA
         S: 554 5.5.1 No valid recipients",
    );
    assert!(matches!(dialogue.notes.as_slice(), [Note::Oddity { .. }, Note::Begun { sender }] if &**sender == "a@b.test"));
}

#[test]
fn commands_behind_a_refused_mail_are_no_mistakes() {
    let mut dialogue = ready();
    dialogue.meddle(Ats::MAIL, Meddling { reply: Some("451 4.7.1 later"), ..Meddling::default() });
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         C: RCPT TO:<bob@b.test>
         C: DATA
         S: 451 4.7.1 later
         S: 503 5.5.1 MAIL first
         S: 503 5.5.1 MAIL first",
    );
    assert_eq!(dialogue.oddities(), [""; 0]);
}

#[test]
fn facts_are_known_when_their_moment_has_come() {
    let knows = |session: &SmtpSession, key, value: &str| crate::proto::Session::fact(session, key, &mut |found| found == value);
    let mut session = SmtpSession::new(Arc::new(Config::new(Spec::default(), TlsMode::None)));
    let store = crate::mail::Store::new(StoreSpec::default(), &mut Vec::new());
    let mut notes = Vec::new();
    let mut run = |session: &mut SmtpSession, line: &str, checks: &[(Key, &str)]| {
        use crate::proto::{Cx, Sent, Session};
        let mut cx = Cx { store: &store, notes: &mut notes };
        let moment = session.next(&mut line.as_bytes(), &mut cx).unwrap();
        for (key, value) in checks {
            assert!(knows(session, *key, value), "{line:?} {key:?} {value}");
        }
        session.answer(moment, &mut cx);
        session.resolve(true, &mut cx);
        session.sent(Sent { octets: 1, changed: &[], whole: true }, &mut cx);
    };
    run(&mut session, "EHLO client.test\r\n", &[(Key::Ehlo, "client.test"), (Key::Argument, "client.test")]);
    run(&mut session, "AUTH XOAUTH2 abc\r\n", &[(Key::Mechanism, "XOAUTH2")]);
    let auth = [(Key::User, "bob"), (Key::Mechanism, "PLAIN"), (Key::Argument, "plain AGJvYgBz"), (Key::Refused, "false")];
    run(&mut session, "AUTH plain AGJvYgBz\r\n", &auth);
    run(
        &mut session,
        "MAIL FROM:<a@b.test>\r\n",
        &[(Key::Sender, "a@b.test"), (Key::Argument, "FROM:<a@b.test>"), (Key::User, "bob")],
    );
    run(&mut session, "RCPT TO:<x@b.test>\r\n", &[(Key::Recipient, "x@b.test")]);
    run(&mut session, "RCPT TO:<y@b.test>\r\n", &[(Key::Recipient, "y@b.test")]);
    run(&mut session, "DATA\r\n", &[(Key::Recipient, "x@b.test"), (Key::Recipient, "y@b.test")]);
    run(&mut session, "message-id:\r\n <1@x>\r\n\r\nx\r\n.\r\n", &[(Key::Message, "<1@x>"), (Key::Sender, "a@b.test")]);
    assert!(!knows(&session, Key::Sender, "a@b.test"));
}

#[test]
fn nothing_is_said_unasked_and_the_phase_is_told() {
    let mut dialogue = server(Spec::default(), TlsMode::None, StoreSpec::default());
    assert_eq!(dialogue.session.phase(), "greeting");
    dialogue.greet();
    assert_eq!(dialogue.session.phase(), "connected");
    assert_eq!(dialogue.push(), b"");
    for (input, phase) in [
        ("EHLO a.test\r\n", "EHLO"),
        ("MAIL FROM:<a@b.test>\r\nRCPT TO:<b@b.test>\r\n", "RCPT"),
        ("DATA\r\n", "DATA"),
        ("x", "content"),
        ("\r\n.\r\n", "message"),
        ("XYZ\r\n", "command"),
        ("QUIT\r\n", "QUIT"),
    ] {
        dialogue.feed(input.as_bytes());
        assert_eq!(dialogue.session.phase(), phase, "{input:?}");
    }
}

#[test]
fn a_digest_stands_in_for_a_missing_message_id() {
    let identity = |message: &str| {
        let mut content = crate::proto::smtp::content::Content::new(1000, 0);
        content.take_lines(&mut message.as_bytes(), None);
        let mail = crate::proto::smtp::session::Mail { content, ..crate::proto::smtp::session::Mail::from("a@b.test") };
        mail.identity()
    };
    assert_eq!(identity("Subject: x\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n"), "<1@x>");
    let digest = identity("Subject: x\r\nDate: now\r\n\r\nbody\r\n");
    assert_eq!(digest, identity("Date: later\r\nsubject:  x\r\n\r\nbody\r\n"));
    assert_ne!(digest, identity("Subject: y\r\n\r\nbody\r\n"));
    assert_eq!(digest.len(), 16);
}

#[test]
fn a_resting_session_is_small() {
    assert!(size_of::<SmtpSession>() <= 250, "{}", size_of::<SmtpSession>());
}

#[test]
fn a_recipient_over_quota_is_refused_alone_if_it_is_known_in_time() {
    let quota = |octets| Some(crate::mail::Quota { octets: Some(octets), messages: None });
    let user = |name: &str, octets| AccountSpec { name: name.into(), quota: quota(octets), ..AccountSpec::default() };
    let accounts = vec![user("bob", 100), user("eve", 0)];
    let mut dialogue = ready_with(Spec::default(), StoreSpec { accounts, ..StoreSpec::default() });
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         S: 250 2.1.0 Ok
         C: RCPT TO:<eve@b.test>
         S: 552 5.2.2 Mailbox full
         C: RCPT TO:<bob+x@b.test>
         S: 250 2.1.5 Ok
         C: RCPT TO:<stranger@b.test>
         S: 250 2.1.5 Ok
         C: DATA
         S: 354 End data with <CR><LF>.<CR><LF>
         C: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
         C: .
         S: 552 5.2.2 Mailbox full
         C: MAIL FROM:<a@b.test> SIZE=101
         S: 250 2.1.0 Ok
         C: RCPT TO:<bob@b.test>
         S: 552 5.2.2 Mailbox full
         C: RSET
         S: 250 2.0.0 Ok
         C: MAIL FROM:<a@b.test> SIZE=9
         S: 250 2.1.0 Ok
         C: RCPT TO:<bob@b.test>
         S: 250 2.1.5 Ok
         C: DATA
         S: 354 End data with <CR><LF>.<CR><LF>
         C: short
         C: .
         S: 250 2.0.0 Ok: queued",
    );
    assert_eq!(dialogue.store.account("bob").unwrap().taken(), (7, 1));
    let limits = dialogue.notes.iter().filter(|note| matches!(note, Note::Limit { name, .. } if name == "quota")).count();
    assert_eq!(limits, 3);
}

#[test]
fn in_an_open_store_everyone_has_the_same_quota() {
    let quota = crate::mail::Quota { octets: None, messages: Some(1) };
    let mut dialogue = ready_with(Spec::default(), StoreSpec { quota, ..StoreSpec::default() });
    dialogue.play(
        "C: MAIL FROM:<a@b.test>
         S: 250 2.1.0 Ok
         C: RCPT TO:<new@b.test>
         S: 250 2.1.5 Ok
         C: DATA
         S: 354 End data with <CR><LF>.<CR><LF>
         C: x
         C: .
         S: 250 2.0.0 Ok: queued
         C: MAIL FROM:<a@b.test>
         S: 250 2.1.0 Ok
         C: RCPT TO:<new@b.test>
         S: 552 5.2.2 Mailbox full",
    );
    assert_eq!(dialogue.store.account("new@b.test").unwrap().taken().1, 1);
}
