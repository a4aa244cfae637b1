use super::*;

#[test]
fn a_client_is_small() {
    assert!(size_of::<Client>() <= 64, "{}", size_of::<Client>());
}

#[test]
fn a_fault_wants_its_moments_and_no_others() {
    let house = House::new(&[fault("f", Ats::EHLO | Ats::CREDENTIALS)]);
    let mut client = house.connect(SMTP);
    for (at, fires) in [
        (Ats::CONNECT, ""),
        (Ats::EHLO | Ats::COMMAND, "f"),
        (Ats::AUTH | Ats::COMMAND, ""),
        (Ats::AUTH | Ats::COMMAND | Ats::CREDENTIALS, "f"),
    ] {
        assert_eq!(house.fires(&mut client, at), fires, "{at}");
    }
}

#[test]
fn on_picks_the_listeners_and_says_whose_connections_are_counted() {
    let second = |on| {
        let conditions = Conditions { connections: ranges(2, 2), ..Conditions::default() };
        House::new(&[Fault { on, ..with("f", Ats::GREETING, conditions) }])
    };
    // The listeners in the order of connecting, and which of these connections is hit.
    let order = [SMTPS, SMTP, IMAP, OTHER, SMTP, IMAP, OTHER, SMTPS];
    for (on, hit) in [
        (On::Protocol(Protocol::Smtp), vec![1]),
        (On::Protocol(Protocol::Imap), vec![5]),
        (On::Implicit(Protocol::Smtp), vec![7]),
        (On::Implicit(Protocol::Imap), vec![]),
        (On::Listener("other".into()), vec![6]),
        (On::Listener("smtp".into()), vec![4]),
        (On::Any, vec![1, 5]),
    ] {
        let house = second(on.clone());
        let hits: Vec<usize> =
            (0..order.len()).filter(|&n| house.fires(&mut house.connect(order[n]), Ats::GREETING) == "f").collect();
        assert_eq!(hits, hit, "{on:?}");
    }
}

#[test]
fn numbers_count_the_server_and_ordinals_the_protocol() {
    let house = House::new(&[]);
    let clients = [SMTP, IMAP, SMTPS].map(|listener| house.connect(listener));
    assert_eq!(clients.each_ref().map(|client| (client.number, client.ordinal)), [(1, 1), (2, 1), (3, 2)]);
}

#[test]
fn where_wants_all_lines_and_any_value_of_each() {
    let lines = vec![is(Key::Sender, "*@a.test"), is(Key::Recipient, "BOB@*")];
    let house = House::new(&[with("f", Ats::MESSAGE, Conditions { wheres: lines, ..Conditions::default() })]);
    for (facts, fires) in [
        (vec![], ""),
        (vec![(Key::Sender, "x@a.test")], ""),
        (vec![(Key::Sender, "x@a.test"), (Key::Recipient, "al@b.test")], ""),
        (vec![(Key::Sender, "x@a.test"), (Key::Recipient, "al@b.test"), (Key::Recipient, "bob@b.test")], "f"),
        (vec![(Key::Sender, "x@b.test"), (Key::Recipient, "bob@b.test")], ""),
    ] {
        assert_eq!(house.fires_with(&mut house.connect(SMTP), Ats::MESSAGE, &facts, 0), fires, "{facts:?}");
    }
}

#[test]
fn where_wants_one_pattern_of_a_list() {
    let body = Where { key: Key::Argument, test: Test::Globs(["*[]*", "*[text]*"].map(Glob::new).into()) };
    let house = House::new(&[with("f", Ats::EHLO, Conditions { wheres: vec![body], ..Conditions::default() })]);
    for (argument, fires) in [("1 BODY[]", "f"), ("1 BODY[TEXT]", "f"), ("1 BODY[HEADER]", "")] {
        let facts = [(Key::Argument, argument)];
        assert_eq!(house.fires_with(&mut house.connect(SMTP), Ats::EHLO, &facts, 0), fires, "{argument}");
    }
}

#[test]
fn where_tls_is_true_or_false() {
    for (wanted, fires) in [(true, ["f", ""]), (false, ["", "f"])] {
        let wheres = vec![Where { key: Key::Tls, test: Test::Bool(wanted) }];
        let house = House::new(&[with("f", Ats::AUTH, Conditions { wheres, ..Conditions::default() })]);
        let seen = ["true", "false"].map(|tls| house.fires_with(&mut house.connect(SMTP), Ats::AUTH, &[(Key::Tls, tls)], 0));
        assert_eq!(seen, fires, "{wanted}");
    }
}

#[test]
fn where_fired_is_about_earlier_moments_of_this_connection() {
    let pass = Fault { program: program(&[Op::Pass]), ..fault("first", Ats::MAIL | Ats::RCPT) };
    let after = Conditions { wheres: vec![is(Key::Fired, "fir*")], ..Conditions::default() };
    let house = House::new(&[with("second", Ats::RCPT, after), Fault { at: Ats::MAIL, ..pass }]);
    let mut client = house.connect(SMTP);
    assert_eq!(house.fires(&mut client, Ats::RCPT), "");
    assert_eq!(house.fires(&mut client, Ats::MAIL), "first");
    assert_eq!(house.fires(&mut client, Ats::RCPT), "second");
    assert_eq!(house.fires(&mut house.connect(SMTP), Ats::RCPT), "", "another connection");
}

#[test]
fn during_counts_from_the_start_of_the_clock() {
    let house = House::new(&[with("f", Ats::EHLO, Conditions { during: window(10, 40), ..Conditions::default() })]);
    let mut client = house.connect(SMTP);
    let mut seen = |seconds: [u64; 4]| seconds.map(|second| house.fires_with(&mut client, Ats::EHLO, &[], second));
    assert_eq!(seen([9, 10, 39, 40]), ["", "f", "f", ""]);
    house.engine.start_clock(house.at(100));
    assert_eq!(seen([99, 109, 110, 140]), ["", "", "f", ""]);
}

#[test]
fn a_silence_may_come_again_and_again() {
    let second = Duration::from_secs;
    let faults = [
        Fault { after: Some(second(3)), every: Some(second(2)), ..fault("again", Ats::SILENCE) },
        Fault { after: Some(second(4)), ..fault("once", Ats::SILENCE) },
    ];
    let house = House::new(&faults);
    let watch = house.engine.watch(SMTP);
    let mut client = house.connect(SMTP);
    let (mut from, mut fired) = (0, Vec::new());
    while let Some(offset) = Timed::first(&watch.silence, from).filter(|&offset| offset < 10_000_000_000) {
        let moment = Moment { at: Ats::SILENCE, offset };
        let decision = house.engine.decide(&mut client, moment, &Known::new(&[]), house.at(0));
        fired.push((offset / 1_000_000_000, names(&decision)));
        from = offset + 1;
    }
    let fired: Vec<_> = fired.iter().map(|(second, names)| (*second, &**names)).collect();
    assert_eq!(fired, [(3, "again"), (4, "once"), (5, "again"), (7, "again"), (9, "again")]);
    assert_eq!(Timed::first(&watch.silence, u64::MAX), None);
}

#[test]
fn after_belongs_to_the_fault_that_set_it() {
    let after = |name: &str, at, seconds| Fault { after: Some(Duration::from_secs(seconds)), ..fault(name, at) };
    let content = |name: &str, offset| Fault { offset, ..fault(name, Ats::CONTENT) };
    let faults = [
        after("silent-30", Ats::SILENCE, 30),
        after("silent-5", Ats::SILENCE, 5),
        after("old-30", Ats::AGE, 30),
        after("either-30", Ats::SILENCE | Ats::AGE, 30),
        content("start", 0),
        content("far", 65_536),
        content("far-too", 65_536),
    ];
    let house = House::new(&faults);
    let watch = house.engine.watch(SMTP);
    assert_eq!(watch.mask, Ats::SILENCE | Ats::AGE | Ats::CONTENT);
    assert_eq!(*watch.content, [0, 65_536]);
    let seconds = |n: u64| n * 1_000_000_000;
    let times = |timed: &[Timed]| [0, 1, seconds(5) + 1, seconds(30) + 1].map(|from| Timed::first(timed, from));
    assert_eq!(times(&watch.silence), [Some(seconds(5)), Some(seconds(5)), Some(seconds(30)), None]);
    assert_eq!(times(&watch.age), [Some(seconds(30)), Some(seconds(30)), Some(seconds(30)), None]);
    assert_eq!(house.engine.watch(IMAP).mask, Ats::NONE);
    for (at, offset, fires, behind) in [
        (Ats::SILENCE, seconds(5), "silent-5", ""),
        (Ats::SILENCE, seconds(30), "silent-30", "either-30"),
        (Ats::AGE, seconds(30), "old-30", "either-30"),
        (Ats::AGE, seconds(5), "", ""),
        (Ats::CONTENT, 0, "start", ""),
        (Ats::CONTENT, 65_536, "far", "far-too"),
        (Ats::CONTENT, 1, "", ""),
    ] {
        let moment = Moment { at, offset };
        let decision = house.engine.decide(&mut house.connect(SMTP), moment, &(), house.start);
        assert_eq!((&*names(&decision), &*shadowed(&decision)), (fires, behind), "{moment:?}");
    }
}

#[test]
fn a_verb_of_another_protocol_is_not_watched() {
    let both = Fault { on: On::Any, ..fault("f", Ats::EHLO | Ats::SELECT | Ats::GREETING) };
    let house = House::new(&[both]);
    assert_eq!(house.engine.watch(SMTP).mask, Ats::EHLO | Ats::GREETING);
    assert_eq!(house.engine.watch(IMAP).mask, Ats::SELECT | Ats::GREETING);
    assert_eq!(house.engine.watch(99).mask, Ats::NONE);
}

#[test]
fn all_that_hold_run_up_to_the_first_that_speaks_or_ends() {
    let says = |name: &str, op| Fault { program: program(&[op]), ..fault(name, Ats::EHLO) };
    let (delay, hide) = (Op::Delay { min: Duration::ZERO, max: Duration::ZERO }, Op::Hide(vec!["SIZE".into()]));
    let faults = [
        says("delay", delay.clone()),
        says("hide", hide),
        says("cut", Op::NoReply),
        says("late", delay),
        fault("reset", Ats::EHLO),
    ];
    let house = House::new(&faults);
    let decision = house.decide(&mut house.connect(SMTP), Ats::EHLO, &[], 0);
    assert_eq!((&*names(&decision), &*shadowed(&decision)), ("delay hide cut", "late reset"));
}

#[test]
fn a_shadowed_fault_counts_for_nth_and_not_for_times() {
    let once = Fault {
        program: program(&[Op::NoReply]),
        ..with("once", Ats::EHLO, Conditions { nth: ranges(1, 1), ..Conditions::default() })
    };
    let later = with("later", Ats::EHLO, Conditions { nth: ranges(1, 2), times: Some(1), ..Conditions::default() });
    let house = House::new(&[once, later]);
    let mut client = house.connect(SMTP);
    let mut next = || {
        let decision = house.decide(&mut client, Ats::EHLO, &[], 0);
        (names(&decision), shadowed(&decision))
    };
    assert_eq!(next(), ("once".into(), "later".into()));
    assert_eq!(next(), ("later".into(), String::new()), "the second for `nth`, the first for `times`");
    assert_eq!(next(), (String::new(), String::new()));
}
