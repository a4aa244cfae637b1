//! Faults across a network: the server is in a network namespace of its own, behind a pair of `veth` devices, and packets take time.
//!
//! Loopback hands every octet over at once. Here octets are still on their way when the server wants to reset the connection, and they must arrive all the same.
//! Needs root (or `sudo` without a password) and iproute2. Where the kernel forbids namespaces it is skipped, and says so; otherwise, in CI, it is not.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness;

/// The most that a reply may take on its way before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// With `sudo` where the test is not root.
fn root(words: &[&str]) -> Command {
    let is_root = harness::run(Command::new("id").arg("-u")).stdout.trim() == "0";
    let words = if is_root { words.to_vec() } else { [&["sudo", "-n"], words].concat() };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn succeeds(words: &[&str]) -> bool {
    root(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether the test can run; if not, it says why, and where that is nobody's fault but the installation's, CI fails.
fn possible() -> bool {
    let say = |why: &str| drop(writeln!(std::io::stderr(), "skipped: faults across a network namespace: {why}"));
    let allowed = succeeds(&["true"]);
    if allowed && !succeeds(&["unshare", "--net", "true"]) {
        say("the kernel, or the sandbox around it, forbids namespaces");
        return false;
    }
    let why = match (allowed, harness::starts("ip", "-V")) {
        (false, _) => "this needs root, or sudo without a password",
        (_, false) => "ip (iproute2) is not installed",
        _ => return true,
    };
    let required = std::env::var("MAILFAULT_REQUIRE_CLIENTS").is_ok_and(|value| value == "1");
    assert!(!required, "{why}, and MAILFAULT_REQUIRE_CLIENTS=1");
    say(why);
    false
}

/// A namespace, and the link to it. Removed when dropped; the link goes with it.
struct Network {
    name: String,
    /// The server's address.
    there: String,
}

impl Network {
    /// In one process, each has another number.
    fn new(number: u32) -> Network {
        // 198.18.0.0/15 is for tests of networks (RFC 2544); two networks a process, four addresses each.
        let id = std::process::id().wrapping_mul(2).wrapping_add(number) & 0x7fff;
        let address = |last: u32| format!("198.{}.{}.{}", 18 + (id >> 14), id >> 6 & 255, (id << 2 & 252) | last);
        let network = Network { name: format!("mailfault-{id}"), there: address(2) };
        let here = format!("{}/30", address(1));
        let (near, far) = (format!("mfa{id}"), format!("mfb{id}"));
        for words in [
            &["ip", "netns", "add", &network.name][..],
            &["ip", "link", "add", &near, "type", "veth", "peer", "name", &far, "netns", &network.name],
            &["ip", "addr", "add", &here, "dev", &near],
            &["ip", "link", "set", &near, "up"],
            &["ip", "-n", &network.name, "addr", "add", &format!("{}/30", network.there), "dev", &far],
            &["ip", "-n", &network.name, "link", "set", &far, "up"],
        ] {
            let ran = harness::run(&mut root(words));
            assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        }
        // What the server sends takes time: a delay where the kernel has one, otherwise a slow link.
        let qdisc =
            |words: &[&str]| succeeds(&[&["tc", "-n", &network.name, "qdisc", "add", "dev", &far, "root"], words].concat());
        if !qdisc(&["netem", "delay", "60ms"]) {
            assert!(qdisc(&["tbf", "rate", "2mbit", "burst", "4kb", "latency", "2s"]), "neither netem nor tbf");
            let _ = writeln!(std::io::stderr(), "the kernel has no netem: packets are delayed by a slow link (tbf) instead");
        }
        network
    }

    fn serve(&self, scenario: &str) -> Server {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str| directory.path().join(name).display().to_string();
        std::fs::write(file("scenario.toml"), scenario).expect("a scenario");
        let binary = env!("CARGO_BIN_EXE_mailfault");
        let (ready, journal) = (file("ready.json"), file("journal.jsonl"));
        let mut command =
            root(&["ip", "netns", "exec", &self.name, binary, "serve", &file("scenario.toml"), "--bind", &self.there]);
        command.args(["--ready-file", &ready, "--journal", &journal]).stdin(Stdio::null()).stdout(Stdio::null());
        let output = std::fs::File::create(file("output")).expect("a file");
        let mut child = command.stderr(output).spawn().expect("the server starts");
        let told = harness::wait_for_ready(&PathBuf::from(&ready), &mut child, &PathBuf::from(file("output")));
        let address = |name: &str| told[name].as_str().and_then(|address| address.parse().ok()).expect("an address");
        Server { smtp: address("smtp"), imap: address("imap"), pid: told["pid"].to_string(), child, directory }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        succeeds(&["ip", "netns", "del", &self.name]);
    }
}

struct Server {
    smtp: SocketAddr,
    imap: SocketAddr,
    pid: String,
    child: Child,
    directory: tempfile::TempDir,
}

impl Server {
    /// What the client gets, and how the connection ends for it.
    fn read(&self, address: SocketAddr) -> (Vec<u8>, Result<usize, ErrorKind>) {
        self.converse(address, &[])
    }

    /// The same after these lines, each sent when a line has come that starts with its tag (or `* OK`).
    fn converse(&self, address: SocketAddr, lines: &[(&str, &str)]) -> (Vec<u8>, Result<usize, ErrorKind>) {
        // With a time-out it would be the connecting that reports a reset which comes at once.
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let mut got = Vec::new();
        for (after, line) in lines {
            let (mut text, mut octet) = (String::new(), [0]);
            while !(text.starts_with(after) && text.ends_with('\n')) {
                if text.ends_with('\n') {
                    text.clear();
                }
                stream.read_exact(&mut octet).unwrap_or_else(|error| panic!("{error} after {text:?}"));
                text.push(octet[0].into());
            }
            stream.write_all(line.as_bytes()).expect("the line is sent");
        }
        let end = stream.read_to_end(&mut got).map_err(|error| error.kind());
        (got, end)
    }

    /// Ends it; its journal.
    fn stop(mut self) -> Vec<Value> {
        assert!(succeeds(&["kill", "-TERM", &self.pid]), "the server is there");
        self.child.wait().expect("it ends");
        let journal = std::fs::read_to_string(self.directory.path().join("journal.jsonl")).expect("the journal");
        journal.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            succeeds(&["kill", "-KILL", &self.pid]);
            let _ = self.child.wait();
        }
    }
}

const ENDINGS: &str = r#"
[[mail]]
size = "300 kB"

[[fault]]
name = "reset"
on = "smtp"
at = "greeting"
connections = "1"
do = [{ cut = 11 }, "reset"]

[[fault]]
name = "reset-at-once"
on = "smtp"
at = "greeting"
connections = "2"
do = [{ cut = 11 }, { reset = "0ms" }]

[[fault]]
name = "close"
on = "smtp"
at = "greeting"
connections = "3"
do = [{ cut = 11 }, "close"]

[[fault]]
name = "stall"
on = "smtp"
at = "greeting"
connections = "4"
do = [{ cut = 11 }, { stall = "300ms" }, "close"]

[[fault]]
name = "mid-body"
on = "imap"
at = "FETCH"
do = [{ cut = 100000 }, { reset = "0ms" }]
"#;

#[test]
fn endings_arrive_behind_every_octet_that_was_sent_before_them() {
    if !possible() {
        return;
    }
    let network = Network::new(0);
    let server = network.serve(ENDINGS);
    let reset = Err(ErrorKind::ConnectionReset);
    for name in ["reset", "reset-at-once"] {
        let (got, end) = server.read(server.smtp);
        assert_eq!((got.as_slice(), end), (&b"220 mx.mail"[..], reset), "{name}");
    }
    let (got, end) = server.read(server.smtp);
    assert_eq!((got.as_slice(), end), (&b"220 mx.mail"[..], Ok(11)), "FIN is no RST");
    let begun = Instant::now();
    let (got, end) = server.read(server.smtp);
    assert_eq!((got.as_slice(), end), (&b"220 mx.mail"[..], Ok(11)));
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());

    // More than the first window of TCP: most of it is in the server's kernel when the reset is due.
    let (got, end) = server.converse(
        server.imap,
        &[("* OK", "a LOGIN test test\r\n"), ("a OK", "b SELECT INBOX\r\n"), ("b OK", "c FETCH 1 BODY[]\r\n")],
    );
    assert_eq!((got.len(), end), (100_000, reset));

    let journal = server.stop();
    let peers: Vec<&str> = journal.iter().filter_map(|event| event["peer"].as_str()).collect();
    assert!(peers.len() == 5 && peers.iter().all(|peer| peer.starts_with("198.1")), "{peers:?}");
}

#[test]
fn a_closed_port_refuses_and_a_dark_one_does_not_answer() {
    if !possible() {
        return;
    }
    let network = Network::new(1);
    let fault = |name: &str, on: &str, what: &str| {
        format!("[[fault]]\nname = \"{name}\"\non = \"{on}\"\nat = \"connect\"\nduring = \"0s-\"\ndo = \"{what}\"\n")
    };
    let server = network.serve(&(fault("closed", "smtp", "refuse") + &fault("dark", "imap", "blackhole")));
    let refused = TcpStream::connect_timeout(&server.smtp, PATIENCE).expect_err("a closed port").kind();
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    let dark = TcpStream::connect_timeout(&server.imap, Duration::from_millis(1_500)).expect_err("a dark port").kind();
    assert_eq!(dark, ErrorKind::TimedOut);
    server.stop();
}
