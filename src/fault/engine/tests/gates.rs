use super::*;

fn gate(name: &str, op: Op, from: u64, to: impl Into<Option<u64>>) -> Fault {
    Fault {
        program: program(&[op]),
        ..with(name, Ats::CONNECT, Conditions { during: window(from, to), ..Conditions::default() })
    }
}

#[test]
fn a_port_is_closed_while_the_window_is_open() {
    let house = House::new(&[gate("closed", Op::Refuse, 10, 20), gate("dark", Op::Blackhole, 15, 30)]);
    let (open, refuse, dark) = (GateState::Open, GateState::Refuse("closed".into()), GateState::Blackhole("dark".into()));
    for (second, state, until) in
        [(0, &open, Some(10)), (10, &refuse, Some(15)), (15, &refuse, Some(20)), (20, &dark, Some(30)), (30, &open, None)]
    {
        let expected = Gate { state: state.clone(), until: until.map(|second| house.at(second)) };
        assert_eq!(house.engine.gate(SMTP, house.at(second)), expected, "{second}");
    }
    assert_eq!(house.engine.gate(IMAP, house.at(10)), Gate { state: open, until: None });
    assert_eq!([SMTP, IMAP, SMTPS].map(|listener| house.engine.has_gates(listener)), [true, false, true]);
}

#[test]
fn a_gate_is_no_moment_of_a_connection_and_counts_as_fired_unseen() {
    let house = House::new(&[gate("closed", Op::Refuse, 10, 20)]);
    assert_eq!(house.engine.watch(SMTP).mask, Ats::NONE);
    assert_eq!(house.fires_with(&mut house.connect(SMTP), Ats::CONNECT, &[], 15), "");
    house.engine.gate(SMTP, house.at(9));
    assert_eq!(house.nearest(), ["the server did not run during \"10s-20s\""]);
    house.engine.gate(SMTP, house.at(10));
    house.engine.gate(OTHER, house.at(11));
    assert_eq!(house.engine.fired_counts(), [FiredCount { name: "closed".into(), fired: 1, unseen: true }]);
    assert!(house.nearest().is_empty());
}

#[test]
fn a_new_start_of_the_clock_opens_the_window_again() {
    let house = House::new(&[gate("closed", Op::Refuse, 0, 10)]);
    house.engine.gate(SMTP, house.at(0));
    house.engine.start_clock(house.at(60));
    assert_eq!(house.engine.unfired().len(), 1, "nobody was there before");
    let closed = Gate { state: GateState::Refuse("closed".into()), until: Some(house.at(70)) };
    assert_eq!(house.engine.gate(SMTP, house.at(60)), closed);
    assert!(house.engine.unfired().is_empty());
}

#[test]
fn a_port_can_be_closed_for_ever() {
    let house = House::new(&[gate("closed", Op::Refuse, 5, None)]);
    assert_eq!(house.engine.gate(SMTP, house.at(9)).until, None);
    assert_eq!(house.engine.gate(SMTP, house.at(4)), Gate { state: GateState::Open, until: Some(house.at(5)) });
}
