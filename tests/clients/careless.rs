//! A client that believes everything (`careless.py`) is found out: what a good client passes, it does not.

use crate::harness::{self, for_each_at_once, mailfault};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/careless.py");

/// Scenarios in which it marks mail as seen that it has not read.
const MARKS_UNREAD_MAIL: [&str; 15] = [
    "imap/body-no",
    "imap/expunge-inside-fetch",
    "imap/fetch-nil",
    "imap/fetch-no",
    "imap/fetch-no-with-every-code",
    "imap/fetch-of-another-message",
    "imap/fetch-of-another-section",
    "imap/fetch-of-unknown-message",
    "imap/fetch-unparsable",
    "imap/fetch-without-data",
    "imap/literal-a-little-longer-than-announced",
    "imap/literal-longer-than-announced",
    "imap/literal-of-negative-size",
    "listener/body-without-data",
    "listener/short-literal",
];

#[test]
fn a_client_that_marks_what_it_has_not_read_is_found_out() {
    if !harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        return;
    }
    for_each_at_once(&MARKS_UNREAD_MAIL, |name| {
        let mut run = mailfault();
        run.args(["run", name, "--seed", "3", "--timeout", "60s", "--", "python3", SCRIPT]);
        let ran = harness::run(&mut run);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(1), "{name}: {said}");
        assert!(said.contains("failed `expect.imap.seen_without_body`: expected 0"), "{name}: {said}");
    });
}
