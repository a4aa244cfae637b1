//! The built-in scenarios as files: each is listed, checked, printed as it stands, and has what every scenario needs.

use crate::harness::{self, built_in_names, built_in_text, mailfault};

/// The failures that a support document names or implies; the verdict on each needs a scenario that brings it about.
const DOCUMENTED: [&str; 21] = [
    "SMTP0002",
    "SMTP-GREET-RST",
    "SMTP-CONNECT-RST",
    "SMTP-TLS-GREET-RST",
    "IMAP-GREET-RST",
    "SPORADIC",
    "BLACKOUT",
    "CONN-TIMEOUT",
    "STAGNATION",
    "FW-REJECT",
    "FW-DROP",
    "WRONG-PORT",
    "TLS-MISCONFIG",
    "BAD-PASSWORD",
    "EXPIRED-PASSWORD",
    "TEST-OK-RUN-FAIL",
    "NOT-SAFE-LISTED",
    "VERIFY-ACCOUNT",
    "SEND-AS",
    "REPUTATION",
    "THROTTLE",
];

#[test]
fn every_built_in_scenario_passes_its_check() {
    let ran = harness::run(mailfault().arg("check").args(built_in_names()));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn every_built_in_scenario_is_listed_and_shown_to_the_letter() {
    let listed = harness::run(mailfault().arg("list"));
    for name in built_in_names() {
        assert!(listed.stdout.lines().any(|line| line.split_whitespace().next() == Some(&name)), "{name} in\n{}", listed.stdout);
    }
    let name = "smtp/reset-mid-greeting";
    assert_eq!(harness::run(mailfault().args(["show", name])).stdout, built_in_text(name));
}

#[test]
fn every_built_in_scenario_says_what_happens_and_where_it_stems_from() {
    for name in built_in_names() {
        let table: toml::Table = built_in_text(&name).parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        assert!(!text("title").is_empty() && !text("title").contains('\n') && text("title").len() <= 80, "{name}: title");
        assert!(text("about").ends_with('.'), "{name}: about");
        assert!(table.get("source").and_then(toml::Value::as_array).is_some_and(|source| !source.is_empty()), "{name}: source");
        for fault in table.get("fault").and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(fault.get("name").is_some(), "{name}: a fault without a name");
        }
    }
}

#[test]
fn every_documented_failure_has_a_scenario() {
    let texts: Vec<String> = built_in_names().iter().map(|name| built_in_text(name)).collect();
    let missing: Vec<_> = DOCUMENTED.iter().filter(|id| !texts.iter().any(|text| text.contains(&format!("\"{id}\"")))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
