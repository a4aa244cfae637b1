//! Python's smtplib and imaplib, driven by `probe.py`.

use std::process::Command;

use serde_json::Value;

use crate::harness::{self, Server, for_each_at_once, mailfault};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/probe.py");
const SENT: &str = "sent, refused: {}";

#[test]
fn smtplib_reports_the_core_faults_and_the_next_connection_sends() {
    const DISCONNECTED: &str = "smtplib.SMTPServerDisconnected: Connection unexpectedly closed";
    let reset = format!("{DISCONNECTED}: [Errno 104] Connection reset by peer");
    let timed_out = format!("{DISCONNECTED}: timed out");
    let rows = [
        ("smtp/reset-before-greeting", reset.as_str()),
        ("smtp/reset-mid-greeting", &reset),
        ("smtp/close-before-greeting", DISCONNECTED),
        ("smtp/stall-at-greeting", &timed_out),
        ("smtp/greeting-421", "smtplib.SMTPConnectError: (421, b'4.3.2 Service not available, closing transmission channel')"),
        ("smtp/reset-at-ehlo", &reset),
        ("auth/smtp-wrong-password-once", "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')"),
        (
            "auth/smtp-temporary-failure",
            "smtplib.SMTPAuthenticationError: (454, b'4.7.0 Temporary authentication failure: Connection lost to authentication server')",
        ),
        ("smtp/reset-after-dot", &reset),
        ("smtp/lost-250", &reset),
        ("smtp/550-then-reset", "smtplib.SMTPDataError: (550, b'5.7.1 Message refused by policy')"),
        ("smtp/550-then-close", "smtplib.SMTPDataError: (550, b'5.7.1 Message refused by policy')"),
    ];
    if !is_installed() {
        return;
    }
    for_each_at_once(&rows, |&(scenario, said)| {
        let server = Server::start(scenario);
        let tried = probe(&server, &["smtp-send", "smtp-send", "imap-poll"]);
        assert_eq!(tried[0], (false, said.to_owned()), "{scenario}");
        assert_eq!(tried[1], (true, SENT.to_owned()), "{scenario}: the next connection");
        let read = if scenario == "smtp/lost-250" { "probe 1, probe 2" } else { "probe 2" };
        assert_eq!(tried[2], (true, read.to_owned()), "{scenario}: the mailbox");
        server.stop_with_code(0);
    });
}

#[test]
fn smtplib_takes_half_a_250_for_success_and_the_verdict_says_so() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/cut-250-then-close");
    assert_eq!(probe(&server, &["smtp-send", "imap-poll"]), [(true, SENT.to_owned()), (true, String::new())]);
    server.stop_with_code(1);
}

#[test]
fn imaplib_reports_the_core_faults_and_the_next_connection_reads() {
    const RESET: &str = "ConnectionResetError: [Errno 104] Connection reset by peer";
    let rows = [
        ("imap/reset-before-greeting", RESET),
        ("imap/reset-mid-greeting", RESET),
        ("imap/close-before-greeting", "imaplib.IMAP4.abort: socket error: EOF"),
        ("imap/stall-at-greeting", "TimeoutError: timed out"),
        ("imap/greeting-bye", "imaplib.IMAP4.error: b'* BYE [UNAVAILABLE] Temporary System Error'"),
        ("imap/reset-at-login", RESET),
        ("auth/imap-wrong-password-once", "imaplib.IMAP4.error: b'[AUTHENTICATIONFAILED] Invalid credentials (Failure)'"),
        ("imap/reset-mid-literal", RESET),
    ];
    if !is_installed() {
        return;
    }
    for_each_at_once(&rows, |&(scenario, said)| {
        let server = Server::start(scenario);
        let tried = probe(&server, &["imap-poll", "imap-poll"]);
        assert_eq!(tried[0], (false, said.to_owned()), "{scenario}");
        assert_eq!((tried[1].0, tried[1].1.split(", ").count()), (true, 2), "{scenario}: the next connection: {}", tried[1].1);
        server.stop_with_code(0);
    });
}

#[test]
fn imaplib_raises_nothing_when_fetch_is_answered_with_no() {
    if !is_installed() {
        return;
    }
    let server = Server::start("imap/fetch-no");
    let tried = probe(&server, &["imap-poll", "imap-poll"]);
    let no = "NO [UNAVAILABLE] Backend is not available";
    assert_eq!(tried[0], (true, format!("{no}, {no}")));
    assert_eq!((tried[1].0, tried[1].1.split(", ").count()), (true, 2), "{}", tried[1].1);
    server.stop_with_code(0);
}

#[test]
fn run_judges_a_client_by_whether_it_tries_again() {
    if !is_installed() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let journal = directory.path().join("journal.jsonl");
    let words = "smtp=$MAILFAULT_HOST:$MAILFAULT_SMTP_PORT imap=$MAILFAULT_HOST:$MAILFAULT_IMAP_PORT \
                 user=$MAILFAULT_USER password=$MAILFAULT_PASSWORD";
    for (verbs, code) in [("smtp-send", 1), ("smtp-send smtp-send", 0)] {
        let script = format!("exec python3 '{SCRIPT}' {words} {verbs}");
        let mut run = mailfault();
        run.args(["run", "smtp/reset-mid-greeting", "--journal"]).arg(&journal).args(["--", "sh", "-c", &script]);
        let ran = harness::run(&mut run);
        assert_eq!(ran.code, Some(code), "{verbs}\n{}{}", ran.stdout, ran.stderr);
        let judged = harness::run(mailfault().arg("judge").arg(&journal));
        assert_eq!(judged.code, Some(code), "{verbs}: judged again\n{}{}", judged.stdout, judged.stderr);
    }
}

/// (whether it succeeded, what it said) for each verb.
fn probe(server: &Server, verbs: &[&str]) -> Vec<(bool, String)> {
    let mut words = vec![format!("smtp={}", server.smtp), format!("imap={}", server.imap), "timeout=2".to_owned()];
    words.extend([format!("user={}", server.user), format!("password={}", server.password)]);
    words.extend(verbs.iter().map(|&verb| verb.to_owned()));
    run(&words)
}

/// What the probe made of its words: (whether it succeeded, what it said) for each verb.
pub fn run(words: &[String]) -> Vec<(bool, String)> {
    let mut command = Command::new("python3");
    let tried = |line: &Value| (line["ok"] == true, line["said"].as_str().unwrap_or_default().to_owned());
    harness::run_for_json(command.arg(SCRIPT).args(words)).iter().map(tried).collect()
}

/// Whether there is Python.
pub fn is_installed() -> bool {
    harness::is_installed("Python (python3)", harness::starts("python3", "--version"))
}
