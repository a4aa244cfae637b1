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
