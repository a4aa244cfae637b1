use super::*;

/// What one fault says when it never fired, after these moments on connections 1, 2, ...
fn nearest(conditions: Conditions, script: &[(usize, Ats)]) -> String {
    let house = House::new(&[with("f", Ats::EHLO, conditions)]);
    play(&house, script);
    house.nearest().join("; ")
}

fn play(house: &House, script: &[(usize, Ats)]) {
    let last = script.iter().map(|(client, _)| *client).max().unwrap_or(0);
    let mut clients: Vec<Client> = (0..last).map(|_| house.connect(SMTP)).collect();
    for (client, at) in script {
        let facts = [(Key::User, "al"), (Key::Tls, "false")];
        assert_eq!(house.fires_with(&mut clients[client - 1], *at, &facts, 3), "");
    }
}

#[test]
fn the_moment_that_came_furthest_is_named() {
    let (hello, quit) = ((1, Ats::EHLO), (1, Ats::QUIT));
    let none = Conditions::default();
    let user = vec![Where { key: Key::Tls, test: Test::Bool(false) }, is(Key::User, "bob*")];
    let tls = vec![Where { key: Key::Tls, test: Test::Bool(true) }];
    let one_of = Where { key: Key::User, test: Test::Globs(["bob", "carl"].map(Glob::new).into()) };
    let minute = Some(Duration::from_secs(60));
    for (conditions, script, sentence) in [
        (none.clone(), vec![], "no client connected"),
        (none.clone(), vec![quit], "no connection reached EHLO"),
        (
            Conditions { wheres: user, ..none.clone() },
            vec![hello],
            "connection 1 reached EHLO, but `where = { user = \"bob*\" }` did not hold",
        ),
        (
            Conditions { wheres: vec![one_of], ..none.clone() },
            vec![hello],
            "connection 1 reached EHLO, but `where = { user = [\"bob\", \"carl\"] }` did not hold",
        ),
        (
            Conditions { wheres: tls, ..none.clone() },
            vec![hello],
            "connection 1 reached EHLO, but `where = { tls = true }` did not hold",
        ),
        (
            Conditions { connections: ranges(1, 1), ..none.clone() },
            vec![(2, Ats::EHLO), (3, Ats::EHLO), quit],
            "connection 2 reached EHLO, but `connections = \"1\"`",
        ),
        (
            Conditions { during: window(10, 40), ..none.clone() },
            vec![hello],
            "connection 1 reached EHLO after 3s, but `during = \"10s-40s\"`",
        ),
        (Conditions { nth: ranges(5, 5), ..none.clone() }, vec![hello; 3], "3 moments matched, `nth = 5` was not reached"),
        (Conditions { nth: ranges(5, None), ..none.clone() }, vec![hello], "1 moment matched, `nth = \"5-\"` was not reached"),
        (
            Conditions { nth: Some(Ranges::Every(3)), within: minute, ..none.clone() },
            vec![hello; 2],
            "at most 2 moments matched within 1m, `nth = \"every 3\"` was not reached",
        ),
        (
            Conditions { nth: ranges(3, 3), per: vec![Scope::Connection], ..none.clone() },
            vec![hello, hello, (2, Ats::EHLO)],
            "at most 2 moments matched, `nth = 3` was not reached",
        ),
        (
            Conditions { concurrent: ranges(4, None), ..none.clone() },
            vec![hello, (2, Ats::EHLO)],
            "connection 1 reached EHLO when 2 connections were open, but `concurrent = \"4-\"`",
        ),
        (
            Conditions { chance: Some(0.0), ..none.clone() },
            vec![hello; 12],
            "12 moments matched, but `chance = 0` never drew below it",
        ),
        (Conditions { times: Some(0), ..none.clone() }, vec![hello], "connection 1 reached EHLO, but `times = 0`"),
        // The later condition is the nearer miss, whichever came first.
        (
            Conditions { connections: ranges(2, 2), nth: ranges(2, 2), ..none.clone() },
            vec![(1, Ats::EHLO), (2, Ats::EHLO), (1, Ats::EHLO)],
            "1 moment matched, `nth = 2` was not reached",
        ),
    ] {
        assert_eq!(nearest(conditions, &script), sentence);
    }
}

#[test]
fn a_fault_that_waits_for_another_says_so() {
    let waits = |per| Conditions { since: Some("first".into()), during: window(5, 6), per, ..Conditions::default() };
    let house = House::new(&[
        fault("first", Ats::QUIT),
        with("never", Ats::EHLO, waits(vec![Scope::Key(Key::User)])),
        with("late", Ats::EHLO, waits(vec![])),
    ]);
    let mut client = house.connect(SMTP);
    let user = [(Key::User, "al")];
    house.fires_with(&mut client, Ats::EHLO, &user, 0);
    let nearest = "connection 1 reached EHLO, but `first` had not fired";
    assert_eq!(house.nearest()[1..], [format!("{nearest} for that value of `per`"), nearest.to_owned()]);
    house.fires(&mut client, Ats::QUIT);
    house.fires_with(&mut client, Ats::EHLO, &user, 9);
    assert_eq!(
        house.nearest(),
        [
            format!("{nearest} for that value of `per`"),
            "connection 1 reached EHLO 9s after `first` had fired, but `during = \"5s-6s\"`".into()
        ]
    );
}

#[test]
fn a_moment_of_many_names_is_called_as_the_fault_calls_it() {
    let first = Conditions { connections: ranges(2, 2), ..Conditions::default() };
    let house = House::new(&[with("login", Ats::CREDENTIALS, first.clone()), with("auth", Ats::COMMAND | Ats::AUTH, first)]);
    house.fires(&mut house.connect(SMTP), Ats::AUTH | Ats::COMMAND | Ats::CREDENTIALS);
    let expected = ["credentials", "AUTH"].map(|at| format!("connection 1 reached {at}, but `connections = \"2\"`"));
    assert_eq!(house.nearest(), expected);
}

#[test]
fn a_fault_that_was_always_shadowed_says_by_whom() {
    let house = House::new(&[fault("first", Ats::EHLO), fault("second", Ats::EHLO)]);
    house.fires(&mut house.connect(SMTP), Ats::EHLO);
    assert_eq!(
        house.nearest(),
        ["connection 1 reached EHLO and all conditions held, but `first` had already spoken or ended there"]
    );
}

#[test]
fn without_on_the_nearer_protocol_speaks() {
    let both = |at| {
        House::new(&[Fault {
            on: On::Any,
            optional: true,
            ..with("f", at, Conditions { connections: ranges(2, 2), ..Conditions::default() })
        }])
    };
    let unfired =
        |house: &House| house.engine.unfired().pop().map(|unfired| (unfired.protocol, unfired.nearest, unfired.optional));

    let house = both(Ats::GREETING);
    assert_eq!(unfired(&house), Some((None, "no client connected".into(), true)));
    house.fires(&mut house.connect(IMAP), Ats::GREETING);
    let sentence = "connection 1 reached greeting, but `connections = \"2\"`";
    assert_eq!(unfired(&house), Some((Some(Protocol::Imap), sentence.into(), true)));

    let house = both(Ats::TLS | Ats::EHLO);
    house.fires(&mut house.connect(IMAP), Ats::GREETING);
    assert_eq!(unfired(&house), Some((None, "no connection reached tls or EHLO".into(), true)));

    let house = both(Ats::SELECT | Ats::EXAMINE);
    house.connect(IMAP);
    assert_eq!(unfired(&house), Some((Some(Protocol::Imap), "no connection reached SELECT or EXAMINE".into(), true)));
}

#[test]
fn a_fault_for_no_listener_says_so() {
    let on = |on| Fault { on, ..fault("f", Ats::GREETING) };
    let house = House::new(&[on(On::Listener("relay".into())), on(On::Implicit(Protocol::Imap))]);
    assert_eq!(house.nearest(), ["no listener is named `relay`", "no listener speaks imap with TLS from the first octet"]);
}

#[test]
fn moments_with_a_distance_name_it() {
    let silent = Fault { after: Some(Duration::from_secs(90)), ..fault("silent", Ats::SILENCE) };
    let old = Fault { after: Some(Duration::from_secs(120)), ..fault("old", Ats::AGE) };
    let far = Fault { offset: 65_536, ..fault("far", Ats::CONTENT) };
    let house = House::new(&[silent, old, far]);
    house.connect(SMTP);
    let reached = ["a silence of 90s", "an age of 2m", "content after 65536 octets"];
    assert_eq!(house.nearest(), reached.map(|what| format!("no connection reached {what}")));
}
