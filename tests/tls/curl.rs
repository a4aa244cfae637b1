//! curl with the root in PEM.

use std::fs;
use std::process::Command;

use super::handshakes::HANDSHAKES;
use super::{Lab, Mode, assert_contains};
use crate::clients::curl::is_installed;
use crate::harness::{self, Ran, Server, for_each_at_once};

#[test]
fn failed_handshakes() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    // The first server makes the authority that the others find.
    drop(lab.serve("tls/healthy"));
    let rows: Vec<_> = Mode::BOTH.iter().flat_map(|mode| HANDSHAKES.iter().map(move |row| (row, *mode))).collect();
    for_each_at_once(&rows, |(row, mode)| {
        let whose = format!("{} {}", row.scenario, mode.name());
        let server = lab.serve(row.scenario);
        let seconds = if row.stalls() { "0.5" } else { "60" };
        for ran in [send(&server, *mode, seconds), fetch(&server, *mode, seconds)] {
            assert_eq!(ran.code, Some(row.curl.0), "{whose}: {}", ran.stderr);
            assert_contains(&ran.stderr, row.curl.1, &whose);
        }
        if row.recovers {
            for ran in [send(&server, *mode, "60"), fetch(&server, *mode, "60")] {
                assert_eq!(ran.code, Some(0), "{whose}: the next connection: {}", ran.stderr);
            }
        }
        server.stop_with_code(0);
    });
}

/// A scenario, and exit code and words of curl's complaint on SMTP and on IMAP.
type Row = (&'static str, Mode, (i32, &'static str), (i32, &'static str));

#[test]
fn failures_before_and_after_the_handshake() {
    use Mode::{Implicit, Starttls};
    const NOT_SUPPORTED: (i32, &str) = (64, "STARTTLS not supported");
    const NOT_AVAILABLE: (i32, &str) = (64, "STARTTLS not available");
    const RESET: (i32, &str) = (56, "Recv failure: Connection reset by peer");
    const CLOSED: (i32, &str) = (56, "response reading failed");
    const WORKS: (i32, &str) = (0, "");
    let rows: [Row; 17] = [
        ("tls/reset-after-handshake", Implicit, RESET, RESET),
        ("tls/close-after-handshake", Starttls, CLOSED, CLOSED),
        ("tls/reset-mid-record", Implicit, RESET, RESET),
        ("tls/reset-mid-reply", Starttls, RESET, RESET),
        ("tls/truncated-session", Implicit, CLOSED, CLOSED),
        ("tls/corrupt-record", Starttls, (56, "bad record mac"), (56, "bad record mac")),
        ("tls/client-certificate-required", Starttls, (56, "certificate required"), (56, "certificate required")),
        ("tls/starttls-not-offered", Starttls, NOT_SUPPORTED, NOT_AVAILABLE),
        ("tls/starttls-refused", Starttls, (64, "STARTTLS denied, code 554"), (64, "STARTTLS denied")),
        ("tls/starttls-unknown", Starttls, (64, "STARTTLS denied, code 502"), (64, "STARTTLS denied")),
        ("tls/starttls-then-reset", Starttls, (35, "Connection reset by peer"), (35, "Connection reset by peer")),
        // Of the injected replies, curl takes none.
        ("tls/smtp-injection", Starttls, (8, "Weird server reply"), NOT_AVAILABLE),
        ("tls/imap-injection", Starttls, NOT_SUPPORTED, (8, "Weird server reply")),
        ("tls/imap-preauth", Starttls, NOT_SUPPORTED, NOT_AVAILABLE),
        ("tls/no-close-notify", Implicit, WORKS, WORKS),
        ("tls/capabilities-change", Starttls, WORKS, WORKS),
        ("tls/only-tls-1.2", Implicit, WORKS, WORKS),
    ];
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    drop(lab.serve("tls/healthy"));
    for_each_at_once(&rows, |(scenario, mode, smtp, imap)| {
        let server = lab.serve(*scenario);
        for (ran, (code, words)) in [(send(&server, *mode, "60"), smtp), (fetch(&server, *mode, "60"), imap)] {
            assert_eq!(ran.code, Some(*code), "{scenario}: {}", ran.stderr);
            assert_contains(&ran.stderr, words, scenario);
        }
    });
}

/// Sends one message to the user.
pub fn send(server: &Server, mode: Mode, seconds: &str) -> Ran {
    let message = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(message.path(), "Subject: from curl\r\n\r\nHello from curl.\r\n").expect("a message");
    let address = server.address();
    let mut curl = curl(server, mode, "smtp", "", seconds);
    harness::run(curl.args(["--mail-from", &address, "--mail-rcpt", &address, "--upload-file"]).arg(message.path()))
}

/// Fetches the first message of the INBOX.
pub fn fetch(server: &Server, mode: Mode, seconds: &str) -> Ran {
    harness::run(&mut curl(server, mode, "imap", "/INBOX;MAILINDEX=1", seconds))
}

fn curl(server: &Server, mode: Mode, protocol: &str, path: &str, seconds: &str) -> Command {
    let scheme = if mode == Mode::Implicit { format!("{protocol}s") } else { protocol.to_owned() };
    let mut curl = Command::new("curl");
    curl.args(["-q", "--silent", "--show-error", "--max-time", seconds, "--cacert", server.ready("ca_file"), "--ssl-reqd"]);
    curl.args(["--user", &format!("{}:{}", server.user, server.password)]);
    curl.args(["--url", &format!("{scheme}://{}{path}", mode.address(server, protocol))]);
    curl
}
