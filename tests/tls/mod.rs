//! TLS from outside: what real clients report of each scenario, what is on the wire, and what the journal makes of it.

mod curl;
mod handshakes;
mod healthy;
mod javamail;
mod key_log;
mod openssl;
mod python;
mod strangers;
mod stripping;
mod wire;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Scenario, Server, Stopped};

/// How a client gets to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// On `smtps` and `imaps`.
    Implicit,
    /// On `smtp` and `imap`.
    Starttls,
}

impl Mode {
    const BOTH: [Mode; 2] = [Mode::Implicit, Mode::Starttls];

    /// As the probes have it.
    fn name(self) -> &'static str {
        match self {
            Mode::Implicit => "implicit",
            Mode::Starttls => "starttls",
        }
    }

    /// `localhost:PORT`: the name that is in the certificate, and that clients send as SNI.
    fn address(self, server: &Server, protocol: &str) -> String {
        let listener = match self {
            Mode::Implicit => format!("{protocol}s"),
            Mode::Starttls => protocol.to_owned(),
        };
        let address = server.listener(&listener);
        format!("localhost:{}", address.rsplit(':').next().expect("a port"))
    }
}

/// Servers with one certificate authority, so that one client can trust all of them.
struct Lab {
    folder: TempDir,
}

impl Lab {
    fn new() -> Lab {
        Lab { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn serve(&self, scenario: impl Into<Scenario>) -> Server {
        Server::start_with(scenario, &["--seed", "1", "--tls-dir", &self.folder.path().display().to_string()])
    }

    /// A server for each of these scenarios, in their order.
    fn serve_all<'a>(&self, scenarios: impl Iterator<Item = &'a &'static str>) -> Vec<Server> {
        scenarios.map(|name| self.serve(*name)).collect()
    }
}

/// The alerts that clients have sent, by name.
fn alerts(stopped: &Stopped) -> Vec<&str> {
    events(stopped, "tls-failed").filter_map(|event| event["alert"].as_str()).collect()
}

fn events<'a>(stopped: &'a Stopped, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    stopped.journal.iter().filter(move |event| event["event"] == kind)
}

/// Numbers differ between versions of OpenSSL; words stay.
#[track_caller]
fn assert_contains(text: &str, words: &str, whose: &str) {
    assert!(text.contains(words), "{whose}: `{words}` in\n{text}");
}
