//! Clients that ask for too much: the server keeps its memory and goes on.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, End, assert_ok, events};
use crate::harness::{Scenario, Server};

fn healthy() -> Server {
    Server::start_with(Scenario::Text("[[mail]]\nsize = \"4 MiB\"\n".to_owned()), &["--quiet"])
}

/// Resident memory of a process, in KiB.
fn memory(server: &Server) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The server still serves both protocols.
#[track_caller]
fn assert_alive(server: &Server) {
    assert!(Client::ehlo(&server.smtp, "alive").ask("NOOP").starts_with("250 "));
    assert_ok(&Client::login(&server.imap, "alive").imap("NOOP"));
}

#[test]
fn ten_thousand_connections_come_and_go() {
    let server = healthy();
    thread::scope(|scope| {
        for worker in 0..4 {
            let address = if worker % 2 == 0 { &server.smtp } else { &server.imap };
            scope.spawn(move || {
                for _ in 0..2500 {
                    let stream = TcpStream::connect(address).expect("a connection");
                    // RST: ten thousand in TIME_WAIT would take the machine's ports.
                    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("an RST");
                }
            });
        }
    });
    assert_alive(&server);
    let stopped = server.stop_with_code(0);
    let count = |kind| events(&stopped.journal, kind).count();
    // A connection that is reset before it is accepted may never be seen.
    assert_eq!(count("accept"), count("end"));
    assert!(count("accept") > 9_000, "{}", count("accept"));
}

#[test]
fn a_line_of_a_megabyte_is_refused_and_the_next_command_obeyed() {
    let server = healthy();
    let line = "x".repeat(1 << 20);
    let mut client = Client::ehlo(&server.smtp, "a");
    client.write(&line);
    client.write("\r\nNOOP\r\n");
    assert!(client.reply().starts_with("500 "), "one reply");
    assert!(client.reply().starts_with("250 "));
    let mut client = Client::login(&server.imap, "a");
    client.say(&format!("a {line}"));
    let said = client.reply();
    assert!(said.contains("BAD") || said.contains("BYE"), "{said}");
    assert_alive(&server);
    server.stop_with_code(0);
}

#[test]
fn a_hundred_thousand_pipelined_commands_are_answered_in_their_order() {
    let server = healthy();
    for (address, command, reply) in
        [(&server.smtp, "NOOP\r\n", "250 2.0.0 Ok\r\n"), (&server.imap, "a NOOP\r\n", "a OK NOOP completed\r\n")]
    {
        let mut client = Client::greeted(address);
        let mut writer = client.stream.try_clone().expect("the same socket");
        let got = thread::scope(|scope| {
            scope.spawn(move || {
                writer.write_all(command.repeat(100_000).as_bytes()).expect("the server takes it");
                writer.shutdown(Shutdown::Write).expect("a FIN");
            });
            client.rest()
        });
        assert_eq!(got.1, End::Fin);
        assert!(got.0 == reply.repeat(100_000).as_bytes(), "{} octets", got.0.len());
    }
    assert_alive(&server);
}

#[test]
fn a_client_that_never_reads_costs_no_more_than_a_little_memory() {
    let server = healthy();
    let mut clients: Vec<Client> = (0..4).map(|_| Client::selected(&server.imap, "alice")).collect();
    let Some(before) = memory(&server) else { return };
    for client in &mut clients {
        // 4 MiB each, a thousand times.
        client.stream.set_write_timeout(Some(Duration::from_millis(100))).expect("a time-out");
        let _ = client.stream.write_all("a FETCH 1 (BODY[] BODY.PEEK[TEXT] ENVELOPE BODYSTRUCTURE)\r\n".repeat(1000).as_bytes());
    }
    // And one that sends commands for as long as the server takes any.
    let mut noops = Client::ehlo(&server.smtp, "a");
    noops.stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a time-out");
    let mut written = 0;
    while let Ok(octets) = noops.stream.write("NOOP\r\n".repeat(10_000).as_bytes()) {
        written += octets;
        assert!(written < 256 << 20, "the server takes commands without end");
    }
    assert_alive(&server);
    let after = memory(&server).expect("as before");
    // What was asked for is 50 GB. Most of what it takes is the journal's backlog, whose bounds are a million events and 64 MiB, twice.
    assert!(after < before + (400 << 10), "from {before} KiB to {after} KiB");
}

#[test]
fn noise_kills_nothing() {
    let server = healthy();
    let start = Instant::now();
    for seed in 1..=60_u64 {
        for (address, opening) in [
            (&server.smtp, ""),
            (&server.smtp, "EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@mailfault.test>\r\nDATA\r\n"),
            (&server.smtp, "EHLO a\r\nAUTH LOGIN\r\n"),
            (&server.imap, ""),
            (&server.imap, "a LOGIN b c\r\na SELECT INBOX\r\n"),
            (&server.imap, "a LOGIN b c\r\na APPEND INBOX {100}\r\n"),
        ] {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
            let noise = noise(seed, 2000);
            // The server may have said goodbye before all is written.
            let _ = stream.write_all(opening.as_bytes()).and_then(|()| stream.write_all(&noise));
            let _ = stream.shutdown(Shutdown::Write);
            match stream.read_to_end(&mut Vec::new()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("seed {seed} after {opening:?} is never answered"),
                _ => {}
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_alive(&server);
    let stopped = server.stop_with_code(0);
    assert!(!stopped.output.contains("panicked"), "{}", stopped.output);
}

/// Octets that look a little like a protocol, the same for the same seed.
fn noise(seed: u64, octets: usize) -> Vec<u8> {
    const WORDS: [&[u8]; 16] = [
        b"\r\n",
        b"\n",
        b"a FETCH 1:* (BODY[",
        b"{10}\r\n",
        b"{99999999999}\r\n",
        b"\"",
        b"(",
        b")",
        b"MAIL FROM:<",
        b"BDAT 5\r\n",
        b".\r\n",
        b"a UID SEARCH OR NOT ",
        b"\0\xff\xfe",
        b"*",
        b"AUTH ",
        b"a STORE 4294967295 +FLAGS (",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut out = Vec::new();
    while out.len() < octets {
        match next() % 3 {
            0 => out.extend_from_slice(WORDS[usize::try_from(next() % 16).unwrap_or(0)]),
            1 => out.extend_from_slice(&next().to_le_bytes()),
            _ => out.push(b' ' + u8::try_from(next() % 95).unwrap_or(0)),
        }
    }
    out
}
