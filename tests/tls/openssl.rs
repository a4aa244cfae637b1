//! `openssl s_client`, which says what it finds on the wire.

use std::process::Command;

use super::handshakes::HANDSHAKES;
use super::{Lab, Mode, alerts, assert_contains, events};
use crate::harness::{self, Ran, Server, for_each_at_once};

#[test]
fn failed_handshakes() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    drop(lab.serve("tls/healthy"));
    let rows: Vec<_> = HANDSHAKES.iter().filter(|row| !row.openssl.is_empty()).collect();
    for_each_at_once(&rows, |row| {
        let server = lab.serve(row.scenario);
        // The first connection of each protocol.
        for (mode, protocol) in [(Mode::Implicit, "smtp"), (Mode::Starttls, "imap")] {
            let whose = format!("{} {protocol} {}", row.scenario, mode.name());
            let ran = s_client(&server, mode, protocol, &[]);
            assert_ne!(ran.code, Some(0), "{whose}: {}", ran.stderr);
            assert_contains(&format!("{}{}", ran.stdout, ran.stderr), row.openssl, &whose);
        }
        let stopped = server.stop();
        let alert: Vec<&str> = row.alerts.1.into_iter().collect();
        // It offers more versions than Python does, so it meets noise and TLS 1.0 with alerts of its own.
        if row.openssl != "error:" {
            assert_eq!(alerts(&stopped), alert.repeat(2), "{}: alerts", row.scenario);
        }
    });
}

#[test]
fn the_journal_has_the_name_that_is_asked_for_and_the_versions() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    for (scenario, option, version) in
        [("tls/only-tls-1.2", "-tls1_2", "1.2"), ("tls/only-tls-1.3", "-tls1_3", "1.3"), ("tls/healthy", "-tls1_2", "1.2")]
    {
        let server = lab.serve(scenario);
        let ran = s_client(&server, Mode::Starttls, "smtp", &[option]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let stopped = server.stop();
        let hello = events(&stopped, "hello").next().expect("a ClientHello");
        assert_eq!((hello["sni"].as_str(), hello["versions"][0].as_str()), (Some("localhost"), Some(version)), "{hello}");
        let secured = events(&stopped, "secured").next().expect("TLS");
        assert_eq!(secured["version"], version, "{secured}");
    }
}

#[test]
fn a_client_with_the_wrong_version_is_told_so() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    for (scenario, option) in [("tls/only-tls-1.2", "-tls1_3"), ("tls/only-tls-1.3", "-tls1_2")] {
        let server = lab.serve(scenario);
        let ran = s_client(&server, Mode::Implicit, "imap", &[option]);
        assert_contains(&ran.stderr, "SSL alert number 70", scenario);
        server.stop_with_code(0);
    }
}

fn s_client(server: &Server, mode: Mode, protocol: &str, options: &[&str]) -> Ran {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &mode.address(server, protocol), "-CAfile", server.ready("ca_file")]);
    command.args(["-servername", "localhost", "-verify_hostname", "localhost", "-verify_return_error", "-brief"]);
    if mode == Mode::Starttls {
        command.args(["-starttls", protocol]);
    }
    harness::run(command.args(options))
}

fn is_installed() -> bool {
    harness::is_installed("openssl", harness::starts("openssl", "version"))
}
