use super::*;
use crate::proto::dialogue::Meddling;

fn phrase(d: &Dialogue, text: &str, at: Ats) -> (String, Class) {
    let (rope, class) = d.session.phrase(text, Moment::new(at));
    (String::from_utf8(rope.to_vec()).unwrap(), class)
}

#[test]
fn a_scenarios_words_get_the_tag_where_they_need_one() {
    let mut d = authenticated(0);
    d.feed(b"A7 NOOP\r\n");
    for (text, at, wire, class) in [
        ("NO [EXPIRED] x", Ats::NOOP, "A7 NO [EXPIRED] x\r\n", Class::No),
        ("* BYE gone", Ats::NOOP, "* BYE gone\r\n", Class::No),
        ("* NO [ALERT] a\nOK b", Ats::NOOP, "* NO [ALERT] a\r\nA7 OK b\r\n", Class::Ok),
        ("BYE x", Ats::GREETING, "* BYE x\r\n", Class::No),
        ("PREAUTH x", Ats::GREETING, "* PREAUTH x\r\n", Class::Ok),
        ("+ go on", Ats::IDLE, "+ go on\r\n", Class::More),
        ("BYE idle too long", Ats::SILENCE, "* BYE idle too long\r\n", Class::No),
        ("BAD x", Ats::AGE, "* BAD x\r\n", Class::Bad),
        ("* 5 EXISTS", Ats::UNSOLICITED, "* 5 EXISTS\r\n", Class::Ok),
    ] {
        assert_eq!(phrase(&d, text, at), (wire.to_owned(), class), "{text}");
    }
}

#[test]
fn a_select_that_a_fault_refuses_did_not_happen() {
    let mut d = authenticated(1);
    d.meddle(Ats::SELECT, Meddling { reply: Some("NO [UNAVAILABLE] later"), ..Meddling::default() });
    d.play("C: A1 SELECT INBOX\nS: A1 NO [UNAVAILABLE] later\nC: A2 CHECK\nS: A2 BAD select a mailbox first");
    assert_eq!(d.moments, ["command+SELECT", "command+CHECK"]);
}

#[test]
fn uid_forms_are_the_plain_verb_and_unknown_verbs_have_their_moment() {
    let mut d = selected(1);
    d.feed(b"A1 UID FETCH 1 FLAGS\r\nA2 EXAMINE INBOX\r\nA3 XSTATE\r\nA4 GREETING\r\nA5 EHLO x\r\n");
    assert_eq!(d.moments, ["command+FETCH", "command+EXAMINE", "command", "command", "command"]);
    assert_eq!(d.oddities(), ["unknown-command"; 3]);
}

#[test]
fn the_scenario_says_what_is_offered_and_how_the_greeting_goes() {
    let spec = Spec {
        greeting: "hello".into(),
        offer: vec!["X".into()],
        hide: vec!["idle".into(), "MOVE".into()],
        size_limit: 5,
        ..Spec::default()
    };
    let mut d = Dialogue::new(ImapSession::new(Arc::new(Config { spec, tls: TlsMode::Implicit })));
    let [before, short] = [BEFORE, AFTER].map(|all| all.replace(" IDLE", "").replace(" MOVE", "").replace("=52428800", "=5"));
    d.play(&format!(
        "S: * OK [CAPABILITY {before} AUTH=PLAIN AUTH=LOGIN X] hello
         C: A1 LOGIN a b
         S: A1 OK [CAPABILITY {short} X] LOGIN completed
         C: A2 APPEND INBOX {{6}}
         S: A2 NO [TOOBIG] the literal is too large
         C: A3 IDLE
         S: + idling"
    ));
}

#[test]
fn phases() {
    let mut d = with_mail(&[]);
    assert_eq!(d.session.phase(), "greeting");
    d.greet();
    let mut seen = vec![d.session.phase()];
    for line in [
        "A AUTHENTICATE PLAIN",
        "*",
        "A LOGIN a b",
        "A SELECT INBOX",
        "A IDLE",
        "DONE",
        "A APPEND INBOX {9+}",
        "123456789",
        "A LOGOUT",
    ] {
        d.feed(format!("{line}\r\n").as_bytes());
        seen.push(d.session.phase());
    }
    let expected = [
        "not-authenticated",
        "authenticate",
        "not-authenticated",
        "authenticated",
        "selected",
        "idle",
        "selected",
        "content",
        "selected",
        "logout",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn facts_of_mailbox_and_argument() {
    let mut d = selected(1);
    let mut input = &b"A1 UID COPY 1 Archive\r\n"[..];
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    d.session.next(&mut input, &mut cx).unwrap();
    let mut names = Vec::new();
    d.session.fact(Key::Mailbox, &mut |name| {
        names.push(name.to_owned());
        false
    });
    assert_eq!(names, ["Archive", "INBOX"]);
    assert!(d.session.fact(Key::Argument, &mut |argument| argument == "1 Archive"));
    assert!(d.session.fact(Key::User, &mut |user| user == "bob"));
}
