//! The healthy mailbox from end to end, by clients that read strictly: each logs in, makes folders, appends, fetches, searches, changes, waits for news and
//! leaves. A client's program and what it prints stand side by side in `healthy/`. What a client cannot read ends its program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::packages;
use crate::harness::{self, Server};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/healthy");

#[test]
fn imapclient_of_python_reads_the_whole_mailbox() {
    // Its multiappend writes two blanks between messages.
    with_python("imap_client.py", "imap_client.txt", &["extra-blank"]);
}

#[test]
fn aioimaplib_reads_the_whole_mailbox() {
    with_python("aioimaplib_probe.py", "aioimaplib.txt", &[]);
}

#[test]
fn imap_tools_reads_the_whole_mailbox() {
    with_python("imap_tools_probe.py", "imap_tools.txt", &[]);
}

fn with_python(program: &str, expected: &str, mistakes: &[&str]) {
    let Some(packages) = packages::for_python() else {
        harness::is_installed("IMAPClient, aioimaplib, imap-tools (python3, and pip to install them)", false);
        return;
    };
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).env("PYTHONUTF8", "1").arg(in_folder(program));
    converse_oddly(&mut python, expected, mistakes);
}

#[test]
fn imaplib_of_python_reads_the_whole_mailbox() {
    if harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        converse(Command::new("python3").env("PYTHONUTF8", "1").arg(in_folder("imaplib_probe.py")), "imaplib.txt");
    }
}

#[test]
fn horde_of_php_reads_the_whole_mailbox() {
    let there = harness::starts("php", "--version") && Path::new("/usr/share/php/Horde/Imap/Client.php").exists();
    if harness::is_installed("Horde's IMAP client (php-cli, php-horde-imap-client)", there) {
        converse(Command::new("php").arg(in_folder("horde.php")), "horde.txt");
    }
}

#[test]
fn net_imap_of_ruby_reads_the_whole_mailbox() {
    if harness::is_installed("net-imap (ruby)", harness::starts("ruby", "--version")) {
        converse(Command::new("ruby").args(["-E", "UTF-8"]).arg(in_folder("net_imap.rb")), "net_imap.txt");
    }
}

#[test]
fn libetpan_reads_the_whole_mailbox() {
    let there = Path::new("/usr/include/libetpan/libetpan.h").exists() && harness::starts("cc", "--version");
    if !harness::is_installed("libetpan (libetpan-dev, and cc)", there) {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let program = folder.path().join("etpan");
    let built = harness::run(Command::new("cc").arg("-o").arg(&program).arg(in_folder("etpan.c")).arg("-letpan"));
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    // Whatever command its user gives it ends with a blank.
    converse_oddly(&mut Command::new(program), "etpan.txt", &["trailing-blank"]);
}

#[test]
fn imapflow_reads_the_whole_mailbox() {
    with_node("imapflow.js", "imapflow.txt");
}

#[test]
fn node_imap_reads_the_whole_mailbox() {
    with_node("node_imap.js", "node_imap.txt");
}

#[track_caller]
fn with_node(program: &str, expected: &str) {
    let Some(packages) = packages::for_node() else {
        harness::is_installed("imapflow and node-imap (node, and npm to install them)", false);
        return;
    };
    converse(Command::new("node").env("NODE_PATH", packages).arg(in_folder(program)), expected);
}

fn in_folder(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Runs a client's program against a healthy server. It must print what is expected, and the server must find nothing wrong with what it said.
#[track_caller]
fn converse(program: &mut Command, expected: &str) {
    converse_oddly(program, expected, &[]);
}

/// The same with a client that makes these mistakes.
#[track_caller]
fn converse_oddly(program: &mut Command, expected: &str, mistakes: &[&str]) {
    let server = Server::start("healthy");
    let ran = harness::run(program.arg(&server.imap).arg(in_folder("mail")));
    let expected = fs::read_to_string(in_folder(expected)).unwrap_or_else(|error| panic!("{expected}: {error}"));
    for (number, (said, expected)) in (1..).zip(ran.stdout.lines().zip(expected.lines())) {
        assert_eq!(said, expected, "line {number}\n{}", ran.stderr);
    }
    assert_eq!(ran.stdout.lines().count(), expected.lines().count(), "lines\n{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let stopped = server.stop_with_code(0);
    let odd = stopped.journal.iter().filter(|event| event["event"] == "oddity" || event["event"] == "limit");
    let names: BTreeSet<&str> = odd.clone().filter_map(|event| event["name"].as_str()).collect();
    assert_eq!(names, mistakes.iter().copied().collect(), "{:?}", odd.collect::<Vec<_>>());
}
