//! A listener as it should be (`listener.py`) against every scenario of `listener/`, and wrong ones, each against the scenario that finds it out.

use crate::harness::{self, built_in_names, for_each_at_once, mailfault};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/listener.py");
/// Where the pauses are to be those of another listener (see `blackout.rs`).
const OTHER_PAUSES: &str = "listener/blackout-";

/// What is wrong, the scenario that finds it out, and the expectations that fail.
const WRONG: [(&str, &str, &[&str]); 8] = [
    ("marks-first", "listener/reset-between-flag-and-body", &["seen_without_body"]),
    ("believes", "listener/body-without-data", &["seen_without_body"]),
    ("trusts-idle", "listener/idle-dies-while-mail-arrives", &["quiet"]),
    ("gives-up", "listener/throttled", &["connections", "recovers", "unread"]),
    ("forgets", "listener/seen-lost", &["duplicates"]),
    ("starts-over", "listener/seen-ok-lost", &["duplicates"]),
    ("starts-over", "listener/seen-lost", &["duplicates"]),
    ("by-uid", "listener/mailbox-made-anew", &["unread"]),
];

/// What is wrong, and a scenario that it passes all the same: it is found out by its own.
const YET: [(&str, &str); 5] = [
    ("marks-first", "listener/seen-ok-lost"),
    ("believes", "listener/seen-lost"),
    ("forgets", "listener/seen-ok-lost"),
    ("starts-over", "listener/throttled"),
    ("by-uid", "listener/idle-refused"),
];

fn run(scenario: &str, wrong: &str) -> harness::Ran {
    // Thirty seconds take one and a half, unless it is about hours.
    let scale = match scenario {
        "listener/session-expires" => "0.00005",
        "listener/idle-dies-while-mail-arrives" => "0.002",
        _ => "0.05",
    };
    let mut run = mailfault();
    run.args(["run", scenario, "--seed", "3", "--time-scale", scale, "--timeout", "90s", "--", "python3", SCRIPT]);
    harness::run(run.args((!wrong.is_empty()).then_some(wrong)))
}

fn has_python() -> bool {
    harness::is_installed("Python (python3)", harness::starts("python3", "--version"))
}

#[test]
fn a_good_listener_passes_every_scenario_for_listeners() {
    if !has_python() {
        return;
    }
    let names: Vec<String> =
        built_in_names().into_iter().filter(|name| name.starts_with("listener/") && !name.starts_with(OTHER_PAUSES)).collect();
    assert!(names.len() > 20, "{names:?}");
    for_each_at_once(&names, |name| {
        let ran = run(name, "");
        assert_eq!(ran.code, Some(0), "{name}\n{}", ran.stderr);
    });
}

#[test]
fn a_wrong_listener_fails_the_scenario_that_is_made_for_it() {
    if !has_python() {
        return;
    }
    for_each_at_once(&WRONG, |(wrong, scenario, keys)| {
        let ran = run(scenario, wrong);
        assert_eq!(ran.code, Some(1), "{wrong}, {scenario}\n{}", ran.stderr);
        for key in *keys {
            let failed = format!("failed `expect.imap.{key}`");
            assert!(ran.stderr.contains(&failed), "{wrong}, {scenario}: no {failed} in\n{}", ran.stderr);
        }
        for key in ["unread", "seen_without_body", "duplicates"].iter().filter(|key| !keys.contains(key)) {
            let failed = format!("failed `expect.imap.{key}`");
            assert!(!ran.stderr.contains(&failed), "{wrong}, {scenario}: {failed} in\n{}", ran.stderr);
        }
    });
    for_each_at_once(&YET, |(wrong, scenario)| {
        let ran = run(scenario, wrong);
        assert_eq!(ran.code, Some(0), "{wrong}, {scenario}\n{}", ran.stderr);
    });
}

#[test]
fn a_journal_is_judged_as_the_listener_was() {
    if !has_python() {
        return;
    }
    for_each_at_once(&[("forgets", "listener/seen-lost"), ("by-uid", "listener/mailbox-made-anew")], |(wrong, scenario)| {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let journal = directory.path().join("journal.jsonl");
        let mut run = mailfault();
        run.args(["run", scenario, "--seed", "3", "--time-scale", "0.05", "--timeout", "90s", "--journal"]).arg(&journal);
        let ran = harness::run(run.args(["--", "python3", SCRIPT, wrong]));
        let judged = harness::run(mailfault().arg("judge").arg(&journal));
        assert_eq!((ran.code, judged.code), (Some(1), Some(1)), "{wrong}, {scenario}\n{}\n{}", ran.stderr, judged.stdout);
        let failed = |text: &str| text.lines().filter(|line| line.contains("`expect.")).map(str::to_owned).collect::<Vec<_>>();
        assert!(!failed(&ran.stderr).is_empty(), "{}", ran.stderr);
        assert_eq!(failed(&ran.stderr), failed(&judged.stdout), "{wrong}, {scenario}");
    });
}
