//! The key log: with it, a capture of the loopback port opens decrypted.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::wire::{Session, connect};
use super::{Mode, assert_contains};
use crate::harness::{self, Server};

const LAST: &[u8] = b"NOOP the end\r\n";

#[test]
fn tshark_reads_what_was_said_inside_tls() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name);
    let (keys, capture) = (file("keys.log"), file("capture.pcapng"));
    let server = Server::start_with("tls/healthy", &["--key-log", &keys.display().to_string()]);
    let Some(dumpcap) = Capture::start(&capture, &file("dumpcap.log")) else { return };
    for (mode, name) in [(Mode::Implicit, "inside"), (Mode::Starttls, "upgraded")] {
        let mut session = Session::start(&server, mode);
        session.says(&format!("EHLO {name}.test\r\n"));
        session.hears_until("250 AUTH PLAIN LOGIN\r\n");
        session.says(&format!("MAIL FROM:<{name}@client.test>\r\n"));
        session.hears_until("\r\n");
        session.says("QUIT\r\n");
        session.rest();
    }
    let [smtps, smtp] = Mode::BOTH.map(|mode| mode.address(&server, "smtp").rsplit(':').next().unwrap_or_default().to_owned());
    // When its last octets are in the file, all others are.
    connect(&server.smtp).write_all(LAST).expect("a command");
    dumpcap.stop_after(&capture, LAST);
    server.stop_with_code(0);

    assert_contains(&fs::read_to_string(&keys).expect("the key log"), "CLIENT_TRAFFIC_SECRET_0 ", "the key log");
    assert_eq!(fs::metadata(&keys).expect("the key log").permissions().mode() & 0o777, 0o600);
    let smtps = commands(&capture, &keys, &smtps, &[&format!("tcp.port=={smtps},tls"), &format!("tls.port=={smtps},smtp")]);
    assert_eq!(smtps, "EHLO inside.test\nMAIL FROM:<inside@client.test>\nQUIT \n");
    let smtp = commands(&capture, &keys, &smtp, &[&format!("tcp.port=={smtp},smtp")]);
    let upgraded = "EHLO upgraded.test\nMAIL FROM:<upgraded@client.test>\nQUIT \n";
    // Wireshark takes STARTTLS for a command of four letters and its argument.
    assert_eq!(smtp, format!("EHLO client.test\nSTAR TLS\n{upgraded}NOOP the end\n"));
}

/// The SMTP commands on this port, as Wireshark shows them.
fn commands(capture: &Path, keys: &Path, port: &str, decode_as: &[&str]) -> String {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(capture).arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    for rule in decode_as {
        tshark.args(["-d", rule]);
    }
    tshark.args(["-Y", &format!("smtp.req && tcp.port == {port}"), "-T", "fields", "-E", "separator=/s"]);
    let ran = harness::run(tshark.args(["-e", "smtp.req.command", "-e", "smtp.req.parameter"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// A capture of the loopback interface.
struct Capture {
    dumpcap: Child,
}

impl Capture {
    /// Captures from here on; nothing where this user may not.
    fn start(capture: &Path, log: &Path) -> Option<Capture> {
        let mut command = Command::new("dumpcap");
        command.args(["-q", "-i", "lo", "-f", "tcp", "-w"]).arg(capture);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log).expect("a file"));
        let mut capture = Capture { dumpcap: command.spawn().expect("dumpcap starts") };
        let start = Instant::now();
        // It names its file when it captures.
        while !fs::read_to_string(log).unwrap_or_default().contains("File: ") {
            let ended = capture.dumpcap.try_wait().expect("the state of dumpcap").is_some();
            assert!(ended || start.elapsed() < Duration::from_secs(60), "dumpcap does not start");
            if ended {
                harness::is_installed("dumpcap that may capture the loopback interface", false);
                return None;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
        Some(capture)
    }

    /// Waits until these octets are in the file, and ends.
    fn stop_after(mut self, capture: &Path, last: &[u8]) {
        let start = Instant::now();
        while !fs::read(capture).is_ok_and(|octets| octets.windows(last.len()).any(|window| window == last)) {
            assert!(start.elapsed() < Duration::from_secs(60), "the capture is not written");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", self.dumpcap.id())]).status().expect("a shell");
        assert!(sent.success());
        self.dumpcap.wait().expect("dumpcap ends");
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.dumpcap.kill();
        let _ = self.dumpcap.wait();
    }
}

fn is_installed() -> bool {
    harness::is_installed("tshark", harness::starts("tshark", "--version") && harness::starts("dumpcap", "--version"))
}
