//! The report's forms: for a terminal, for CI, for programs.

use super::*;
use crate::verdict::report::{NamedReport, junit, text};

fn passed() -> Report {
    Story::new(|expect| expect.smtp.connections = range(1, None))
        .with_fault("mid-greeting", false)
        .connects(1, Smtp)
        .fires(1, "mid-greeting", Ats::GREETING, "[{ cut = 11 }, \"reset\"]")
        .ends(1, Side::Fault)
        .judge()
}

fn failed() -> Report {
    Story::new(|expect| {
        expect.smtp.connections = range(2, None);
        expect.smtp.messages = range(0, Some(0));
    })
    .with_fault("mid-greeting", false)
    .with_fault("rate-limit", true)
    .polite(1, Smtp)
    .what(
        0,
        What::Unfired {
            fault: "mid-greeting".into(),
            protocol: Some(Smtp),
            optional: false,
            nearest: "connection 1 reached greeting, but `connections = \"2\"`".into(),
        },
    )
    .what(0, What::Dropped { events: 0, octets: 7 })
    .judge()
}

fn uncertain() -> Report {
    Story::new(|expect| expect.smtp.messages = range(0, Some(0))).what(0, What::Dropped { events: 3, octets: 7 }).judge()
}

#[test]
fn a_terminal_gets_one_line_when_all_held() {
    assert_eq!(text(&passed(), false), "passed: smtp/reset-mid-greeting (seed 42): the expectation held, the fault fired\n");
}

/// A listener whose second pause is five minutes too long, at a hundredth of the time.
fn late(second: u64) -> Report {
    let are = vec![6_000_000_000, 9_000_000_000];
    Story::new(|expect| {
        expect.imap.quiet = within(15_100);
        expect.imap.gaps = Some(Gaps { text: "{ are = [\"10m\", \"15m\"] }".into(), are, within: 0.1 });
    })
    .scaled(0.01)
    .connects(1, Imap)
    .fires(1, "f", Ats::GREETING, "[\"reset\"]")
    .ends(1, Side::Fault)
    .later(6_000)
    .connects(2, Imap)
    .fires(2, "f", Ats::GREETING, "[\"reset\"]")
    .ends(2, Side::Fault)
    .later(second)
    .connects(3, Imap)
    .answers(3, Ats::SELECT, Some(Class::Ok))
    .judge()
}

#[test]
fn a_terminal_gets_the_pauses_of_a_listener_also_where_they_are_right() {
    assert_eq!(
        text(&late(9_000), false),
        "passed: smtp/reset-mid-greeting (seed 42, time scale 0.01): all 2 expectations held, the fault fired
  held `expect.imap.gaps`: 10m, 15m
  held `expect.imap.quiet`: 25m
"
    );
    assert_eq!(
        text(&late(12_000), false),
        "failed: smtp/reset-mid-greeting (seed 42, time scale 0.01): 0 of 2 expectations held, 2 failed, the fault fired
  failed `expect.imap.gaps`: expected { are = [\"10m\", \"15m\"] }, found 10m, 20m
      00:00.000 #1 imap  ended by a fault with RST at EHLO: 0 octets received, 11 sent
      00:06.000 #2 imap  connected to imap from 127.0.0.1:5000, connection 2 of imap
      00:06.000 #2 imap  ended by a fault with RST at EHLO: 0 octets received, 11 sent
      00:18.000 #3 imap  connected to imap from 127.0.0.1:5000, connection 3 of imap
  failed `expect.imap.quiet`: expected { max = \"15100ms\" }, found 30m
      00:00.000 #1 imap  connected to imap from 127.0.0.1:5000, connection 1 of imap
      00:18.000 #3 imap  SELECT answered: yes; it happened
  note Durations above are the scenario's, as without `--time-scale`; the lines that are quoted have the time of the clock.
"
    );
}

#[test]
fn ci_gets_the_time_scale_and_the_pauses() {
    let report = late(9_000);
    let xml = junit(&[NamedReport { name: "listener/x", took: None, report: &report }]).unwrap();
    for words in ["<property name=\"time-scale\" value=\"0.01\"/>", "<system-out>found 10m, 15m</system-out>"] {
        assert!(xml.contains(words), "{words} in\n{xml}");
    }
}

#[test]
fn a_terminal_gets_what_failed_with_its_evidence_and_what_to_do() {
    assert_eq!(
        text(&failed(), false),
        "failed: smtp/reset-mid-greeting (seed 42): 1 of 2 expectations held, 1 failed, 0 of 2 faults fired
  failed `expect.smtp.connections`: expected { min = 2 }, found 1
      00:00.000 #1 smtp  connected to smtp from 127.0.0.1:5000, connection 1 of smtp
      00:00.000 #1 smtp  ended by the server with FIN at EHLO: 0 octets received, 11 sent
  not tested fault `mid-greeting` never fired
      nearest: smtp: connection 1 reached greeting, but `connections = \"2\"`
      let the client get that far, widen the fault's conditions, or write `optional = true` if it need not fire
  note The journal was full: 7 octets of what was said were dropped.
"
    );
    let coloured = text(&failed(), true);
    assert!(coloured.starts_with("\x1b[31mfailed\x1b[0m: "));
}

#[test]
fn a_terminal_gets_told_what_is_not_certain() {
    assert_eq!(
        text(&uncertain(), false),
        "inconclusive: smtp/reset-mid-greeting (seed 42): 0 of 1 expectations held
  uncertain `expect.smtp.messages`: expected 0, found 0
  note The journal was full: 3 events and 7 octets were dropped, so the figures may be too low.
"
    );
}

#[test]
fn ci_gets_a_suite_a_scenario_and_a_case_a_check() {
    let (passed, failed, uncertain) = (passed(), failed(), uncertain());
    let named = |name, report| NamedReport { name, took: None, report };
    let xml = junit(&[named("smtp/a", &passed), named("smtp/b", &failed), named("smtp/c", &uncertain)]).unwrap();
    assert_eq!(xml, include_str!("forms.xml"));
}

#[test]
fn programs_get_json() {
    let json = serde_json::to_value(passed()).unwrap();
    assert_eq!(json["outcome"], "passed");
    assert_eq!(json["checks"][0]["scope"], "smtp");
    assert_eq!(json["checks"][0]["key"], "connections");
    assert_eq!(json["faults"][0]["fired"], 1);
    assert_eq!(json["command"], serde_json::Value::Null);
}
