//! The healthy mailbox from end to end, by clients that read strictly: each logs in, makes folders, appends, fetches, searches, changes, waits for news and
//! leaves. A client's program and what it prints stand side by side in `healthy/`. What a client cannot read ends its program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{self, Server};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/healthy");

#[test]
fn imaplib_of_python_reads_the_whole_mailbox() {
    if harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        converse(Command::new("python3").env("PYTHONUTF8", "1").arg(in_folder("imaplib_probe.py")), "imaplib.txt");
    }
}

#[test]
fn net_imap_of_ruby_reads_the_whole_mailbox() {
    if harness::is_installed("net-imap (ruby)", harness::starts("ruby", "--version")) {
        converse(Command::new("ruby").args(["-E", "UTF-8"]).arg(in_folder("net_imap.rb")), "net_imap.txt");
    }
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
