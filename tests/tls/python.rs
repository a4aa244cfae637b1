//! Python's ssl under smtplib and imaplib, with the root in PEM.

use super::handshakes::HANDSHAKES;
use super::{Lab, Mode, alerts, assert_contains};
use crate::clients::python::{is_installed, run};
use crate::harness::Server;

/// What the probe is told to do.
#[derive(Default)]
pub struct Client {
    words: Vec<String>,
}

impl Client {
    pub fn visits(&mut self, server: &Server, mode: Mode) {
        self.words.extend([
            format!("user={}", server.user),
            format!("password={}", server.password),
            format!("ca={}", server.ready("ca_file")),
            format!("tls={}", mode.name()),
            format!("smtp={}", mode.address(server, "smtp")),
            format!("imap={}", mode.address(server, "imap")),
        ]);
    }

    /// Keys and verbs of the probe.
    pub fn does(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(|&word| word.to_owned()));
    }

    /// (whether it succeeded, what it said) for each verb.
    pub fn run(&self) -> Vec<(bool, String)> {
        run(&self.words)
    }
}

const PATIENT: &str = "timeout=60";
const IMPATIENT: &str = "timeout=0.3";

#[test]
fn failed_handshakes_on_the_tls_ports() {
    check_handshakes(Mode::Implicit);
}

#[test]
fn failed_handshakes_after_starttls() {
    check_handshakes(Mode::Starttls);
}

fn check_handshakes(mode: Mode) {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let servers = lab.serve_all(HANDSHAKES.iter().map(|row| &row.scenario));
    let mut client = Client::default();
    for (row, server) in HANDSHAKES.iter().zip(&servers) {
        client.visits(server, mode);
        client.does(&[if row.stalls() { IMPATIENT } else { PATIENT }, "smtp-send", "imap-poll", PATIENT]);
        if row.recovers {
            client.does(&["smtp-send", "imap-poll"]);
        }
    }
    let mut tried = client.run().into_iter();
    for (row, server) in HANDSHAKES.iter().zip(servers) {
        let whose = format!("{} {}", row.scenario, mode.name());
        for _protocol in ["smtp", "imap"] {
            let (worked, said) = tried.next().expect("a result");
            assert!(!worked, "{whose}: {said}");
            assert_contains(&said, row.python, &whose);
        }
        if row.recovers {
            for verb in ["smtp-send", "imap-poll"] {
                let (worked, said) = tried.next().expect("a result");
                assert!(worked, "{whose}: the next {verb}: {said}");
            }
        }
        let stopped = server.stop_with_code(0);
        let alert: Vec<&str> = row.alerts.1.into_iter().collect();
        assert_eq!(alerts(&stopped), alert.repeat(2), "{whose}: alerts");
    }
}

/// What is reported of a scenario that fails outside the handshake: words of what SMTP and IMAP say; none: it works.
type Row = (&'static str, Mode, &'static str, &'static str);

/// `ssl` makes the end of the stream of an RST inside TLS: nothing tells it from a FIN.
#[test]
fn failures_before_and_after_the_handshake() {
    use Mode::{Implicit, Starttls};
    const CLOSED: &str = "smtplib.SMTPServerDisconnected: Connection unexpectedly closed";
    const NOT_SUPPORTED: &str = "smtplib.SMTPNotSupportedError: STARTTLS extension not supported by server.";
    let rows: &[Row] = &[
        ("tls/reset-after-handshake", Implicit, CLOSED, "imaplib.IMAP4.abort: socket error: EOF"),
        ("tls/reset-after-handshake", Starttls, CLOSED, "imaplib.IMAP4.abort: command: CAPABILITY => socket error: EOF"),
        ("tls/close-after-handshake", Implicit, CLOSED, "imaplib.IMAP4.abort: socket error: EOF"),
        ("tls/stall-after-handshake", Implicit, "The read operation timed out", "TimeoutError: The read operation timed out"),
        ("tls/reset-mid-record", Starttls, CLOSED, "imaplib.IMAP4.abort: command: SELECT => socket error: EOF"),
        ("tls/truncated-session", Starttls, CLOSED, "imaplib.IMAP4.abort: command: SELECT => socket error: EOF"),
        ("tls/corrupt-record", Starttls, "BAD_RECORD_MAC", "BAD_RECORD_MAC"),
        ("tls/plain-text-in-session", Implicit, "WRONG_VERSION_NUMBER", "WRONG_VERSION_NUMBER"),
        ("tls/client-certificate-required", Implicit, "ALERT_CERTIFICATE_REQUIRED", "ALERT_CERTIFICATE_REQUIRED"),
        ("tls/starttls-not-offered", Starttls, NOT_SUPPORTED, "imaplib.IMAP4.abort: TLS not supported by server"),
        (
            "tls/starttls-refused-for-now",
            Starttls,
            "smtplib.SMTPResponseException: (454, b'4.7.0 TLS not available due to temporary reason')",
            "imaplib.IMAP4.error: Couldn't establish TLS session",
        ),
        (
            "tls/starttls-unknown",
            Starttls,
            "smtplib.SMTPResponseException: (502, ",
            "imaplib.IMAP4.error: STARTTLS command error: BAD [b'Unknown command']",
        ),
        ("tls/starttls-then-close", Starttls, "ssl.SSLEOFError", "ssl.SSLEOFError"),
        ("tls/starttls-then-reset", Starttls, "ConnectionResetError: [Errno 104]", "ConnectionResetError: [Errno 104]"),
        ("tls/starttls-then-silence", Starttls, "The handshake operation timed out", "The handshake operation timed out"),
        ("tls/smtp-late-injection", Starttls, "WRONG_VERSION_NUMBER", "imaplib.IMAP4.abort: TLS not supported by server"),
        ("tls/imap-late-injection", Starttls, NOT_SUPPORTED, "WRONG_VERSION_NUMBER"),
        ("tls/imap-preauth", Starttls, NOT_SUPPORTED, "STARTTLS illegal in state AUTH"),
        ("tls/capabilities-change", Starttls, "", ""),
        ("tls/no-close-notify", Implicit, "", ""),
        ("tls/only-tls-1.2", Starttls, "", ""),
        ("tls/only-tls-1.3", Implicit, "", ""),
    ];
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let servers = lab.serve_all(rows.iter().map(|(scenario, ..)| scenario));
    let mut client = Client::default();
    for ((_, mode, smtp, _), server) in rows.iter().zip(&servers) {
        client.visits(server, *mode);
        client.does(&[if smtp.contains("timed out") { IMPATIENT } else { PATIENT }, "smtp-send", "imap-poll"]);
    }
    let mut tried = client.run().into_iter();
    for (scenario, mode, smtp, imap) in rows {
        for words in [smtp, imap] {
            let whose = format!("{scenario} {}", mode.name());
            let (worked, said) = tried.next().expect("a result");
            assert_eq!(worked, words.is_empty(), "{whose}: {said}");
            assert_contains(&said, words, &whose);
        }
    }
}
