//! `becomes` in a `[[user]]`.

use std::time::Duration;

use crate::fault::{Fault, On, Op, PerProtocol, Ranges, Window};
use crate::proto::{Ats, Protocol};
use crate::scenario::language::STATES;
use crate::scenario::{Source, load};

fn faults(text: &str) -> Vec<Fault> {
    load(&Source::new("test.toml", text), 1.0).unwrap_or_else(|problems| panic!("{problems}")).faults
}

fn problems(text: &str) -> String {
    load(&Source::new("test.toml", text), 1.0).map(|_| ()).unwrap_err().to_string()
}

fn said(fault: &Fault, protocol: Protocol) -> &str {
    match &fault.program.steps[0].op {
        Op::Reply(words @ PerProtocol { .. }) => words.get(protocol).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_state_has_words_of_its_own_that_refuse() {
    let list: Vec<String> = STATES.iter().map(|state| format!("{state:?}")).collect();
    let all = faults(&format!("[[user]]\nname = 'bob'\npassword = 'x'\nbecomes = [{}]\n", list.join(", ")));
    let mut words: Vec<(&str, &str)> =
        all.iter().map(|fault| (said(fault, Protocol::Smtp), said(fault, Protocol::Imap))).collect();
    for (smtp, imap) in &words {
        assert!(smtp.starts_with(['4', '5']) && imap.lines().last().unwrap().starts_with("NO "), "{smtp} {imap}");
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), STATES.len());
    let names: Vec<String> = all.iter().map(|fault| fault.name.to_string()).collect();
    assert_eq!(names, STATES.map(|state| format!("bob: {state}")));
    // The words of a reply are read again as they would be in a file.
    for fault in &all {
        let text = format!("[[fault]]\nat = 'credentials'\ndo = {}\n", fault.program.steps[0].text);
        let again = faults(&text);
        for protocol in Protocol::ALL {
            assert_eq!(said(fault, protocol), said(&again[0], protocol));
        }
    }
}

#[test]
fn a_state_has_its_time_its_logins_and_its_words() {
    let all = faults(
        r#"
[[fault]]
name = "greeting"
at = "greeting"
where = { tls = false }
do = "pass"

[[user]]
name = "bob@a.test"
password = "x"
becomes = [
  { state = "expired", during = "10s-40s", says = { imap = "NO [EXPIRED] Gone" } },
  { state = "expired", logins = "4-6", optional = true },
]

[[fault]]
name = "after"
at = "MAIL"
where = { fired = "bob@a.test: expired*" }
do = "reset"
"#,
    );
    let names: Vec<&str> = all.iter().map(|fault| &*fault.name).collect();
    assert_eq!(names, ["greeting", "after", "bob@a.test: expired", "bob@a.test: expired 2"]);
    let [first, second] = &all[2..] else { panic!("two") };
    assert_eq!((&first.on, first.at, first.optional, second.optional), (&On::Any, Ats::CREDENTIALS, false, true));
    let window = Window { from: Duration::from_secs(10), to: Some(Duration::from_secs(40)) };
    assert_eq!((first.conditions.during, &first.conditions.nth), (Some(window), &None));
    assert_eq!(second.conditions.nth, Some(Ranges::List(vec![(4, Some(6))])));
    assert_eq!(said(first, Protocol::Imap), "NO [EXPIRED] Gone");
    assert_eq!(said(first, Protocol::Smtp), said(second, Protocol::Smtp));
}

#[test]
fn whoever_has_several_users_lets_the_client_pick() {
    let all = faults(
        "[[user]]\nname = 'a'\npassword = 'x'\nbecomes = 'locked'\n\
         [[user]]\nname = 'b'\npassword = 'x'\nbecomes = { state = 'basic-disabled', optional = false }\n",
    );
    assert_eq!([all[0].optional, all[1].optional], [true, false]);
    // A token is no basic authentication.
    assert_eq!([all[0].conditions.wheres.len(), all[1].conditions.wheres.len()], [1, 2]);
}

#[test]
fn what_is_wrong_is_named() {
    let user = |becomes: &str| format!("[[user]]\nname = 'bob'\npassword = 'x'\nbecomes = {becomes}\n");
    for (becomes, message) in [
        ("'lockd'", "did you mean `locked`?"),
        ("3", "`becomes` must be a state, or a table with `state`, not a whole number"),
        ("{ during = '1m-' }", "`becomes` needs `state`"),
        ("{ state = 'expired', nth = 3 }", "`becomes` has no key `nth`"),
        ("{ state = 'expired', logins = 'some' }", "some"),
        ("{ state = 'expired', says = 'NO' }", "which reply differently"),
        ("{ state = 'expired', says = { smtp = 'NO' } }", "an SMTP reply starts with a code from 200 to 599"),
        ("{ state = 'expired', says = { pop = 'NO' } }", "`says` has no key `pop`"),
    ] {
        let found = problems(&user(becomes));
        assert!(found.contains(message), "{becomes}: {found}");
    }
    let found = problems("[[user]]\nname = 'b*'\npassword = 'x'\nbecomes = 'locked'\n");
    assert!(found.contains("it would fit other users, too"), "{found}");
}

#[test]
fn one_protocol_needs_no_table() {
    let all = faults(
        "[[listen]]\nname = 'smtp'\n[[user]]\nname = 'bob'\npassword = 'x'\n\
         becomes = { state = 'locked', says = '535 5.7.139 No' }\n",
    );
    assert_eq!((&all[0].on, said(&all[0], Protocol::Smtp)), (&On::Protocol(Protocol::Smtp), "535 5.7.139 No"));
}
