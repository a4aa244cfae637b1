use super::*;
use crate::fault::counters::MAX_SCOPES;

fn conditions() -> Conditions {
    Conditions::default()
}

#[test]
fn nth_counts_what_matched_so_far() {
    let every = Some(Ranges::Every(3));
    for (nth, hits) in [(ranges(2, 2), "010000"), (ranges(2, 4), "011100"), (ranges(5, None), "000011"), (every, "001001")] {
        let house = House::new(&[with("f", Ats::RCPT, Conditions { nth: nth.clone(), ..conditions() })]);
        let mut clients = [house.connect(SMTP), house.connect(SMTP)];
        let seen: String =
            (0..6).map(|n| if house.fires(&mut clients[n % 2], Ats::RCPT).is_empty() { '0' } else { '1' }).collect();
        assert_eq!(seen, hits, "{nth:?}");
    }
}

#[test]
fn nth_counts_only_what_the_conditions_before_it_let_through() {
    let wheres = vec![is(Key::Recipient, "bob*")];
    let all = Conditions { wheres, connections: ranges(2, None), during: window(10, None), nth: ranges(2, 2), ..conditions() };
    let house = House::new(&[with("f", Ats::RCPT, all)]);
    let mut clients = [house.connect(SMTP), house.connect(SMTP)];
    for (client, recipient, second, fires) in [
        (0, "bob", 20, ""),
        (1, "al", 20, ""),
        (1, "bob", 5, ""),
        (1, "bob", 20, ""),
        (1, "al", 20, ""),
        (1, "bobby", 21, "f"),
        (1, "bob", 22, ""),
    ] {
        let facts = [(Key::Recipient, recipient)];
        assert_eq!(house.fires_with(&mut clients[client], Ats::RCPT, &facts, second), fires, "{client} {recipient} {second}");
    }
}

#[test]
fn within_slides() {
    let rate = Conditions { nth: ranges(3, None), within: Some(Duration::from_secs(60)), ..conditions() };
    let house = House::new(&[with("f", Ats::MAIL, rate)]);
    let mut client = house.connect(SMTP);
    let seen: Vec<u64> = [0, 10, 20, 59, 60, 85, 150, 151, 152]
        .into_iter()
        .filter(|&second| house.fires_with(&mut client, Ats::MAIL, &[], second) == "f")
        .collect();
    assert_eq!(seen, [20, 59, 60, 85, 152]);
}

#[test]
fn times_is_an_upper_bound_by_scope() {
    for (per, hits) in [
        (vec![], "1100000"),
        (vec![Scope::Server], "1100000"),
        (vec![Scope::Connection], "1111000"),
        (vec![Scope::Peer], "1111000"),
        (vec![Scope::Key(Key::User)], "1110100"),
        (vec![Scope::Key(Key::User), Scope::Connection], "1111101"),
    ] {
        let house = House::new(&[with("f", Ats::MAIL, Conditions { times: Some(2), per: per.clone(), ..conditions() })]);
        let mut clients = [house.connect_from(SMTP, 1), house.connect_from(SMTP, 2)];
        let script = [(0, "al"), (0, "al"), (1, "bob"), (1, "al"), (1, "bob"), (0, "al"), (1, "al")];
        let seen: String = script
            .into_iter()
            .map(|(n, user)| house.fires_with(&mut clients[n], Ats::MAIL, &[(Key::User, user)], 0))
            .map(|fires| if fires.is_empty() { '0' } else { '1' })
            .collect();
        assert_eq!(seen, hits, "{per:?}");
    }
}

#[test]
fn without_on_each_protocol_counts_apart_and_one_firing_is_enough() {
    let once =
        Fault { on: On::Any, ..with("f", Ats::GREETING, Conditions { nth: ranges(2, 2), times: Some(1), ..conditions() }) };
    let house = House::new(&[once]);
    let seen = [SMTP, IMAP, IMAP, SMTPS].map(|listener| house.fires(&mut house.connect(listener), Ats::GREETING));
    assert_eq!(seen, ["", "", "f", "f"]);
    assert_eq!(house.engine.fired_counts(), [FiredCount { name: "f".into(), fired: 2, unseen: false }]);
    assert_eq!(house.engine.unfired(), []);
}

#[test]
fn greylisting_is_a_window_from_the_first_match_of_each_triple() {
    let per = vec![Scope::Peer, Scope::Key(Key::Sender), Scope::Key(Key::Recipient)];
    let house = House::new(&[with("f", Ats::RCPT, Conditions { during: window(0, 60), per, ..conditions() })]);
    for (peer, sender, recipient, second, fires) in [
        (1, "a", "b", 100, "f"),
        (1, "a", "b", 159, "f"),
        (1, "a", "c", 159, "f"),
        (1, "ab", "", 159, "f"),
        (2, "a", "b", 159, "f"),
        (1, "a", "b", 160, ""),
        (2, "a", "b", 160, "f"),
    ] {
        let facts = [(Key::Sender, sender), (Key::Recipient, recipient)];
        let fired = house.fires_with(&mut house.connect_from(SMTP, peer), Ats::RCPT, &facts, second);
        assert_eq!(fired, fires, "{peer} {sender} {recipient} {second}");
    }
}

/// Three failed logins of a user within a minute, then a lock of five minutes.
fn lock(per: Vec<Scope>) -> [Fault; 2] {
    let failed = Conditions {
        wheres: vec![Where { key: Key::Refused, test: Test::Bool(true) }],
        nth: ranges(3, None),
        within: Some(Duration::from_secs(60)),
        per: per.clone(),
        ..conditions()
    };
    let locked = Conditions { since: Some("failed".into()), during: window(0, 300), per, ..conditions() };
    [with("locked", Ats::CREDENTIALS, locked), with("failed", Ats::CREDENTIALS, failed)]
}

#[test]
fn since_counts_from_the_firing_of_another_fault_for_the_same_user() {
    let house = House::new(&lock(vec![Scope::Key(Key::User)]));
    let mut clients = [(); 3].map(|()| house.connect(SMTP));
    for (client, user, refused, second, fires) in [
        (0, "al", "true", 0, ""),
        (1, "al", "true", 10, ""),
        (1, "al", "false", 20, ""),
        (1, "bob", "true", 20, ""),
        // The one in whose course it fires is not locked yet.
        (2, "al", "true", 59, "failed"),
        (0, "al", "false", 60, "locked"),
        (0, "bob", "false", 60, ""),
        // Whoever is locked out and tries again is not locked for longer.
        (0, "al", "true", 358, "locked"),
        (0, "al", "false", 359, ""),
        (0, "al", "true", 360, ""),
    ] {
        let facts = [(Key::User, user), (Key::Refused, refused)];
        let fired = house.fires_with(&mut clients[client], Ats::CREDENTIALS, &facts, second);
        assert_eq!(fired, fires, "{user} {refused} {second}");
    }
}

#[test]
fn since_counts_by_the_scope_of_its_own_fault() {
    // Whoever fails three times, with whatever user, is turned away at the greeting.
    let [locked, failed] = lock(vec![Scope::Peer]);
    let locked = Fault { at: Ats::GREETING, on: On::Any, ..locked };
    let house = House::new(&[failed, locked]);
    let mut client = house.connect_from(SMTP, 1);
    let fail =
        |client: &mut Client, user| house.fires_with(client, Ats::CREDENTIALS, &[(Key::User, user), (Key::Refused, "true")], 0);
    assert_eq!(["a", "b", "c"].map(|user| fail(&mut client, user)), ["", "", "failed"]);
    let greeted = |listener, peer| house.fires_with(&mut house.connect_from(listener, peer), Ats::GREETING, &[], 1);
    assert_eq!([greeted(SMTP, 1), greeted(IMAP, 1), greeted(SMTP, 2)], ["locked", "locked", ""]);
}

#[test]
fn since_per_connection_goes_with_it() {
    let house = House::new(&lock(vec![Scope::Connection]));
    let facts = [(Key::Refused, "true")];
    for _ in 0..3 {
        let mut client = house.connect(SMTP);
        let mut ask = || house.fires_with(&mut client, Ats::CREDENTIALS, &facts, 0);
        assert_eq!([(); 4].map(|()| ask()), ["", "", "failed", "locked"]);
        house.engine.disconnect(&mut client);
    }
}

#[test]
fn without_per_since_is_about_everybody() {
    let house = House::new(&lock(Vec::new()));
    let mut clients = [(); 3].map(|()| house.connect(SMTP));
    let facts = [(Key::Refused, "true")];
    let seen = [0, 1, 2, 0].map(|n| house.fires_with(&mut clients[n], Ats::CREDENTIALS, &facts, 0));
    assert_eq!(seen, ["", "", "failed", "locked"]);
}

#[test]
fn concurrent_counts_open_connections_of_its_listeners() {
    let house = House::new(&[with("f", Ats::GREETING, Conditions { concurrent: ranges(3, None), ..conditions() })]);
    let _imap = [house.connect(IMAP), house.connect(IMAP)];
    let mut one = house.connect(SMTP);
    assert_eq!(house.fires(&mut one, Ats::GREETING), "");
    let mut two = house.connect(SMTPS);
    assert_eq!(house.fires(&mut two, Ats::GREETING), "");
    let mut three = house.connect(OTHER);
    assert_eq!(house.fires(&mut three, Ats::GREETING), "f");
    house.engine.disconnect(&mut one);
    house.engine.disconnect(&mut one);
    assert_eq!(house.fires(&mut three, Ats::GREETING), "", "two are left, whoever says twice that one is over");
    assert_eq!(house.fires(&mut house.connect(SMTP), Ats::GREETING), "f");
}

#[test]
fn concurrent_per_user_counts_connections_seen_with_that_user() {
    let per = vec![Scope::Key(Key::User)];
    let house = House::new(&[with("f", Ats::AUTH, Conditions { concurrent: ranges(2, None), per, ..conditions() })]);
    let mut clients = [(); 4].map(|()| house.connect(SMTP));
    let login = |client: &mut Client, user| house.fires_with(client, Ats::AUTH, &[(Key::User, user)], 0);
    assert_eq!(login(&mut clients[0], "al"), "");
    assert_eq!(login(&mut clients[0], "al"), "", "the same connection again");
    assert_eq!(login(&mut clients[1], "bob"), "");
    assert_eq!(login(&mut clients[2], "al"), "f");
    house.engine.disconnect(&mut clients[0]);
    assert_eq!(login(&mut clients[2], "al"), "");
    assert_eq!(login(&mut clients[3], "al"), "f");
}

#[test]
fn concurrent_per_user_counts_connections_from_their_login_on() {
    let per = vec![Scope::Key(Key::User)];
    let house = House::new(&[with("f", Ats::MAIL, Conditions { concurrent: ranges(2, None), per, ..conditions() })]);
    let mut clients = [(); 3].map(|()| house.connect(SMTP));
    let at = |client: &mut Client, at, facts: &[(Key, &'static str)]| house.fires_with(client, at, facts, 0);
    assert_eq!(at(&mut clients[0], Ats::CREDENTIALS, &[(Key::User, "al"), (Key::Refused, "true")]), "");
    assert_eq!(at(&mut clients[1], Ats::CREDENTIALS, &[(Key::User, "bob"), (Key::Refused, "false")]), "");
    assert_eq!(at(&mut clients[2], Ats::MAIL, &[(Key::User, "al")]), "", "one was refused, one is another's");
    assert_eq!(at(&mut clients[0], Ats::CREDENTIALS, &[(Key::User, "al"), (Key::Refused, "false")]), "");
    assert_eq!(at(&mut clients[2], Ats::MAIL, &[(Key::User, "al")]), "f");
    house.engine.disconnect(&mut clients[0]);
    assert_eq!(at(&mut clients[2], Ats::MAIL, &[(Key::User, "al")]), "");
}

#[test]
fn concurrent_per_peer_counts_connections_that_have_said_nothing_yet() {
    let house =
        House::new(&[with("f", Ats::MAIL, Conditions { concurrent: ranges(2, None), per: vec![Scope::Peer], ..conditions() })]);
    let mut one = house.connect_from(SMTP, 1);
    let mut other = house.connect_from(SMTP, 2);
    assert_eq!(house.fires(&mut one, Ats::MAIL), "");
    let mut quiet = house.connect_from(SMTP, 1);
    assert_eq!(house.fires(&mut one, Ats::MAIL), "f");
    assert_eq!(house.fires(&mut other, Ats::MAIL), "");
    house.engine.disconnect(&mut quiet);
    assert_eq!(house.fires(&mut one, Ats::MAIL), "");
}

#[test]
fn counts_per_connection_go_with_it_and_others_are_bounded() {
    let per = |name: &str, per| with(name, Ats::MAIL, Conditions { nth: ranges(9, 9), per: vec![per], ..conditions() });
    let house = House::new(&[per("own", Scope::Connection), per("sender", Scope::Key(Key::Sender))]);
    let mut gone = house.connect(SMTP);
    for n in 0..MAX_SCOPES + 3 {
        let mut client = house.connect(SMTP);
        let sender: Known = Known::new(&[(Key::Sender, if n == 0 { "first" } else { "" })]);
        if n < 2 {
            house.engine.decide(&mut client, Moment::new(Ats::MAIL), &sender, house.start);
        }
        house.engine.decide(&mut gone, Moment::new(Ats::MAIL), &Numbered(n), house.start);
        house.engine.disconnect(&mut client);
    }
    house.engine.disconnect(&mut gone);
    assert_eq!(house.engine.forgotten(), Forgotten { scopes: 5, times: 0 });
}

/// A sender that is new every time.
struct Numbered(usize);

impl Facts for Numbered {
    fn fact(&self, _: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        test(&self.0.to_string())
    }
}
