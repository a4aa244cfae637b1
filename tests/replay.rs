//! `mailfault replay` as it is typed: files that cannot be replayed, and clients that do not come or say something else.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::harness::{self, Server, mailfault};

const RECORDED: &str = "00:00.100  #1 smtp  connected from 127.0.0.1:2\n\
    00:00.100  #1 S: 220 hi\n\
    00:00.100  #1 C: EHLO me\n\
    00:00.100  #1 S: 250 hello\n\
    00:00.100  #1 C: QUIT\n\
    00:00.101  #1 S: 221 bye\n\
    00:00.101  #1 -- closed (FIN) by the server in QUIT\n";

#[test]
fn a_shortened_transcript_is_refused_with_the_line_where_octets_are_missing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("short.txt");
    for (line, said) in [
        ("00:00.200  #1 S  ... 12 more lines, 3 KiB\n", "octets are missing here: 12 more lines, 3 KiB"),
        ("00:00.200  #1 S: * CAPABILITY... [164 more octets]\n", "octets are missing here: 164 more"),
    ] {
        fs::write(&path, format!("{RECORDED}{line}")).expect("a file");
        let ran = harness::run(mailfault().arg("replay").arg(&path));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        for text in [said, "short.txt:8:", "--transcript-file"] {
            assert!(ran.stderr.contains(text), "{text} in\n{}", ran.stderr);
        }
    }
}

#[test]
fn what_differs_by_nature_may_differ_unless_all_is_to_be_exact() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("transcript.txt");
    fs::write(&path, RECORDED).expect("a file");
    for (options, code) in [(&[][..], 0), (&["--exact"], 1)] {
        // A listener without a connection would do, but the harness asks for both.
        let imap = "00:00.100  #2 imap  connected from 127.0.0.1:3\n00:00.100  #2 S: * BYE\n";
        fs::write(&path, format!("{RECORDED}{imap}")).expect("a file");
        let server = Server::replay(&path, &["smtp", "imap"], options);
        let mut other = String::new();
        let mut imap = TcpStream::connect(&server.imap).expect("a connection");
        imap.shutdown(std::net::Shutdown::Write).expect("a FIN");
        imap.read_to_string(&mut other).expect("a text");
        assert_eq!(other, "* BYE\r\n");
        let mut smtp = TcpStream::connect(&server.smtp).expect("a connection");
        smtp.write_all(b"ehlo another\r\nquit\r\n").expect("the server takes it");
        let mut lines = BufReader::new(smtp).lines().map_while(Result::ok);
        assert_eq!(lines.next().as_deref(), Some("220 hi"));
        let rest: Vec<String> = lines.collect();
        let expected: &[&str] = if code == 0 { &["250 hello", "221 bye"] } else { &["421 4.3.2 This was not expected; goodbye"] };
        assert_eq!(rest, expected);
        server.stop_with_code(code);
    }
}

#[test]
fn a_connection_that_does_not_come_is_inconclusive_and_one_too_many_is_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("transcript.txt");
    let imap = "00:00.100  #2 imap  connected from 127.0.0.1:3\n00:00.100  #2 S: * BYE\n";
    fs::write(&path, format!("{RECORDED}{imap}")).expect("a file");
    Server::replay(&path, &["smtp", "imap"], &[]).stop_with_code(3);
    let server = Server::replay(&path, &["smtp", "imap"], &[]);
    for said in ["* BYE\r\n", "* BYE This was not expected; goodbye\r\n"] {
        let mut heard = String::new();
        let mut imap = TcpStream::connect(&server.imap).expect("a connection");
        imap.shutdown(std::net::Shutdown::Write).expect("a FIN");
        imap.read_to_string(&mut heard).expect("a text");
        assert_eq!(heard, said);
    }
    let stopped = server.stop_with_code(1);
    assert!(stopped.output.contains("`imap-2` is not in the transcript, and a client came"), "{}", stopped.output);
}

#[test]
fn what_is_no_whole_transcript_is_told_with_its_line() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("odd.txt");
    let (first, _) = RECORDED.split_at(RECORDED.find("EHLO").expect("a command"));
    let long = format!("{RECORDED}00:00.200  #1 S: {}\n", "x".repeat(2 << 20));
    for (text, said) in [
        (format!("{RECORDED}{RECORDED}"), &["odd.txt:8:15", "begins a second time", "replay each of them alone"][..]),
        (long, &["odd.txt:8:18", "this line is longer than 1 MiB"]),
        ("mistake\n".repeat(1_000), &["odd.txt:1:1", "odd.txt:20:1", "odd.txt:21:1", "has more mistakes than are shown"]),
        (
            (1..=10_001).map(|n| format!("#{n} S: 220 hi\n")).collect(),
            &["odd.txt:10001:", "a transcript has 10000 connections at most"],
        ),
        (String::new(), &["there is no connection in this transcript"]),
        ("\0\0".to_owned() + RECORDED, &["odd.txt:1:1", "does not begin a line of a transcript"]),
    ] {
        fs::write(&path, text).expect("a file");
        let ran = harness::run(mailfault().arg("replay").arg(&path));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        let whole = ran.stderr;
        assert!(whole.len() < 20_000, "{} octets are said", whole.len());
        for text in said {
            assert!(whole.contains(text), "{text} in\n{whole}");
        }
    }
    // What is whole is served.
    fs::write(&path, first).expect("a file");
    let ran =
        harness::run(mailfault().arg("replay").arg(&path).args(["--listen", "smtp=127.0.0.1:0", "--exit-after", "time=1ms"]));
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("line 3 has no line feed at its end: it was cut off, and is left out"), "{}", ran.stderr);
}

#[test]
fn line_ends_of_other_systems_and_octets_that_are_no_text_are_taken() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("odd.txt");
    let text = RECORDED.replace("220 hi", "220 \0\\x00\\xff").replace('\n', "\r\n");
    fs::write(&path, text).expect("a file");
    let server = replayed(&path);
    let mut heard = Vec::new();
    let mut client = TcpStream::connect(&server.smtp).expect("a connection");
    client.write_all(b"EHLO me\r\nQUIT\r\n").expect("the server takes it");
    client.read_to_end(&mut heard).expect("the end");
    assert_eq!(heard, b"220 \0\0\xff\r\n250 hello\r\n221 bye\r\n");
    server.stop_with_code(0);
}

#[test]
fn whatever_the_pace_and_the_order_of_the_clients_each_gets_what_was_recorded() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("transcript.txt");
    fs::write(&path, [1, 2, 3].map(|n| RECORDED.replace("#1", &format!("#{n}")).replace("hi", &format!("hi {n}"))).concat())
        .expect("a file");
    let server = replayed(&path);
    let clients = [(); 3].map(|()| TcpStream::connect(&server.smtp).expect("a connection"));
    // The last one speaks first: all at once; another octet by octet.
    for (n, mut client) in clients.into_iter().enumerate().rev() {
        let said = b"EHLO me\r\nQUIT\r\n";
        client.set_nodelay(true).expect("an option");
        match n {
            1 => said.iter().for_each(|octet| client.write_all(&[*octet]).expect("the server takes it")),
            _ => client.write_all(said).expect("the server takes it"),
        }
        let mut heard = String::new();
        client.read_to_string(&mut heard).expect("the end");
        assert_eq!(heard, format!("220 hi {}\r\n250 hello\r\n221 bye\r\n", n + 1));
    }
    server.stop_with_code(0);
}

#[test]
fn a_client_that_leaves_in_the_middle_is_told_what_was_expected() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("transcript.txt");
    fs::write(&path, RECORDED).expect("a file");
    let server = replayed(&path);
    let mut client = TcpStream::connect(&server.smtp).expect("a connection");
    client.write_all(b"EHLO me\r\nQU").expect("the server takes it");
    client.shutdown(std::net::Shutdown::Write).expect("a FIN");
    client.read_to_string(&mut String::new()).expect("the end");
    let stopped = server.stop_with_code(1);
    let said = "line 5 of `smtp-1`: expected `C: QUIT`, received `C- QU` and nothing more";
    assert!(stopped.output.contains(said), "{}", stopped.output);
}

#[test]
fn the_terminal_the_file_and_the_journal_of_one_run_are_replayed_or_refused_with_advice() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str| directory.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (transcript, journal, terminal) = (file("transcript.txt"), file("journal.jsonl"), file("terminal.txt"));
    let server = Server::start_with("imap/reset-mid-body", &["--transcript-file", &transcript]);
    let talk = |address: &str| {
        let mut client = TcpStream::connect(address).expect("a connection");
        client.write_all(b"a LOGIN u p\r\nb SELECT INBOX\r\nc FETCH 1 BODY[]\r\n").expect("the server takes it");
        let mut heard = Vec::new();
        let end = client.read_to_end(&mut heard).map_err(|error| error.kind());
        (heard, end)
    };
    let recorded = talk(&server.imap);
    assert_eq!(recorded.1, Err(std::io::ErrorKind::ConnectionReset));
    let stopped = server.stop();
    fs::write(&terminal, stopped.output).expect("a file");
    fs::write(&journal, stopped.journal.iter().map(|event| format!("{event}\n")).collect::<String>()).expect("a file");
    for path in [&transcript, &journal] {
        let server = Server::replay(path.as_ref(), &["smtp", "imap", "smtps", "imaps"], &[]);
        assert_eq!(talk(&server.imap), recorded, "{path}");
        server.stop_with_code(0);
    }
    let ran = harness::run(mailfault().arg("replay").arg(&terminal));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--transcript-file"), "{}", ran.stderr);
}

/// The harness asks for both protocols, so that there is a listener for IMAP.
fn replayed(path: &std::path::Path) -> Server {
    let mut text = fs::read_to_string(path).expect("the transcript");
    text.push_str("00:00.000  -- imap listens on 127.0.0.1:3143\n");
    fs::write(path, text).expect("a file");
    Server::replay(path, &["smtp", "imap"], &[])
}
