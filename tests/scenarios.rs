//! The built-in scenarios as files: each is listed, checked, printed as it stands, and has what every scenario needs.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use crate::harness::{self, Server, built_in_names, built_in_text, mailfault};

const README: &str = include_str!("../README.md");

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

/// What servers were seen to do in IMAP, the words on the wire where it has some, and the scenario that does it.
const SEEN_IN_IMAP: &[(&str, &str)] = &[
    ("listener/too-busy", "* BYE Server too busy"),
    ("imap/greeting-bye", "* BYE [UNAVAILABLE] Temporary System Error"),
    ("imap/greeting-preauth", "preauth = "),
    ("auth/imap-wrong-password", "NO [AUTHENTICATIONFAILED]"),
    ("auth/imap-unavailable", "NO [UNAVAILABLE]"),
    ("auth/imap-expired-password", "NO [EXPIRED]"),
    ("auth/imap-refused-with-every-code", "NO [INUSE]"),
    ("auth/imap-refused-with-every-code", "NO [LIMIT]"),
    ("auth/imap-refused-with-every-code", "NO [CONTACTADMIN]"),
    ("auth/imap-refused-with-every-code", "NO [ALERT]"),
    ("auth/imap-login-bad", "\"BAD "),
    ("auth/imap-web-login-required", "* NO [WEBALERT https://mailfault.test/verify] Web login required."),
    ("imap/not-connected", "BAD User is authenticated but not connected."),
    ("imap/not-connected", "* BYE Connection closed. 14"),
    ("imap/access-token-expired", "* BYE Session invalidated - AccessTokenExpired"),
    ("imap/session-expired-after-an-hour", "* BYE Session expired, please login again."),
    ("imap/bye-again-and-again", "* BYE Autologout; idle for too long"),
    ("imap/idle-shutting-down", "* BYE Server shutting down."),
    ("imap/idle-dies-silently", "\"stall\""),
    ("imap/idle-refused", "\"BAD "),
    ("imap/idle-reset", "\"reset\""),
    ("listener/reset-between-flag-and-body", "\"reset\""),
    ("imap/bodystructure-unparsable", "NIL NIL \"7BIT\" -1"),
    ("imap/whole-message-for-a-part", "misread"),
    ("imap/expunge-inside-fetch", "\"tell\""),
    ("imap/expunge-of-unknown-number", "* 4711 EXPUNGE"),
    ("imap/search-out-of-range", "4294967295"),
    ("imap/mailbox-made-anew", "uidvalidity = \"new\""),
    ("imap/reset-mid-literal", "\"reset\""),
    ("imap/close-mid-body", "\"close\""),
    ("imap/literal-shorter-than-announced", "{${1}0}"),
    ("imap/literal-longer-than-announced", "{$1}"),
    ("imap/literal-of-4-gib", "{4294967296}"),
    ("imap/literal-of-2-gib", "{2147483646}"),
    ("imap/literal-of-negative-size", "{-1}"),
    ("imap/ok-without-text", "with = \"$1\""),
    ("imap/too-many-connections-of-an-address", "per = \"peer\""),
    ("imap/close-before-greeting", "\"close\""),
    ("imap/close-mid-greeting", "cut = 10"),
];

#[test]
fn what_servers_were_seen_to_do_in_imap_has_a_scenario() {
    for (name, words) in SEEN_IN_IMAP {
        let text = built_in_text(name);
        let faults = text.split_once("source = ").map_or("", |(_, faults)| faults);
        assert!(faults.contains(words), "{name}: {words}");
    }
}

#[test]
fn the_scenarios_of_the_readme_pass_their_check() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let blocks: Vec<&str> = README.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    for (number, block) in blocks.iter().enumerate() {
        let path = directory.path().join(format!("{number}.toml"));
        std::fs::write(&path, block).expect("a file");
        let ran = harness::run(mailfault().arg("check").arg(&path));
        assert_eq!(ran.code, Some(0), "{block}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// Each name in backquotes: the reader looks for what the server says.
#[test]
fn the_readme_names_every_extension_that_is_offered() {
    let server = Server::start("imap/greeting-preauth");
    let mut greeting = String::new();
    BufReader::new(TcpStream::connect(&server.imap).expect("a connection")).read_line(&mut greeting).expect("a greeting");
    let offered: Vec<&str> = greeting
        .split(['[', ']'])
        .nth(1)
        .unwrap_or_default()
        .split(' ')
        .skip(1)
        .map(|name| name.split('=').next().unwrap_or(name))
        .collect();
    assert!(offered.len() > 20, "{greeting}");
    for name in offered.iter().filter(|name| !name.starts_with("IMAP4rev")) {
        assert!(README.contains(&format!("`{name}`")) || README.contains(&format!("`{name}=")), "{name}");
    }
}

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
