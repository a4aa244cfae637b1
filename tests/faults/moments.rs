//! Every moment of a connection's life: a fault there strikes there, and once.

use serde_json::Value;

use super::wire::{Client, End, events, fired};
use crate::harness::{Scenario, Server};

/// A command (with what has to follow before a reply is due), and its normal reply's code.
const SMTP: [(&str, &str, &str); 13] = [
    ("EHLO", "EHLO a", "250"),
    ("HELO", "HELO a", "250"),
    ("NOOP", "NOOP", "250"),
    ("RSET", "RSET", "250"),
    ("VRFY", "VRFY a", "252"),
    ("EXPN", "EXPN a", "502"),
    ("HELP", "HELP", "214"),
    ("AUTH", "AUTH PLAIN AGEAYg==", "235"),
    ("MAIL", "MAIL FROM:<a@b.test>", "250"),
    ("RCPT", "RCPT TO:<c@mailfault.test>", "250"),
    ("DATA", "DATA", "354"),
    ("message", "Subject: x\r\n\r\nx\r\n.", "250"),
    ("QUIT", "QUIT", "221"),
];

#[test]
fn a_fault_at_an_smtp_command_strikes_at_that_command_alone_and_once() {
    let fault = |(n, (at, _, code)): (usize, &(&str, &str, &str))| {
        format!(
            "[[fault]]\nname = \"at-{at}\"\non = \"smtp\"\nat = \"{at}\"\nconnections = {}\ndo = {{ reply = \"{code} struck\" }}\n",
            n + 1
        )
    };
    let server = Server::start(Scenario::Text(SMTP.iter().enumerate().map(fault).collect()));
    for (faulted, _, _) in SMTP {
        let mut client = Client::greeted(&server.smtp);
        for (at, command, code) in SMTP {
            let reply = client.ask(command);
            assert!(reply.starts_with(code), "{at} in {faulted}: {reply}");
            assert_eq!(reply == format!("{code} struck"), at == faulted, "{at} in {faulted}: {reply}");
        }
        assert_eq!(client.rest_text(), (String::new(), End::Fin), "{faulted}");
    }
    let stopped = server.stop_with_code(0);
    for (n, (at, _, _)) in SMTP.iter().enumerate() {
        assert_eq!(fired(&stopped.journal, &format!("at-{at}")), [n as u64 + 1], "{at}");
    }
}

#[test]
fn bdat_is_a_moment_and_its_last_chunk_is_the_message_too() {
    let faults = "[[fault]]\nname = \"chunk\"\non = \"smtp\"\nat = \"BDAT\"\nconnections = 1\nnth = 1\ndo = { reply = \"250 chunk\" }\n\
                  [[fault]]\nname = \"last\"\non = \"smtp\"\nat = [\"BDAT\", \"message\", \"command\"]\nconnections = 1\nnth = 5\ndo = { reply = \"250 last\" }\n";
    let server = Server::start(Scenario::Text(faults.to_owned()));
    let mut client = Client::ehlo(&server.smtp, "a");
    client.ask("MAIL FROM:<a@b.test>");
    client.ask("RCPT TO:<c@mailfault.test>");
    client.write("BDAT 6\r\na: b\r\n");
    assert_eq!(client.reply(), "250 chunk");
    client.write("BDAT 4 LAST\r\n\r\nx\n");
    // EHLO, MAIL, RCPT, BDAT, BDAT+message: the last is one moment, not two.
    assert_eq!(client.reply(), "250 last");
    let stopped = server.stop_with_code(0);
    assert_eq!((fired(&stopped.journal, "chunk"), fired(&stopped.journal, "last")), (vec![1], vec![1]));
    assert_eq!(events(&stopped.journal, "message").filter(|message| message["stored"] == true).count(), 1);
}

/// An IMAP command, and whether the healthy server obeys it.
const IMAP: [(&str, &str, bool); 34] = [
    ("CAPABILITY", "CAPABILITY", true),
    ("NOOP", "NOOP", true),
    ("ID", "ID NIL", true),
    ("AUTHENTICATE", "AUTHENTICATE NONE", false),
    ("LOGIN", "LOGIN alice secret", true),
    ("ENABLE", "ENABLE X", true),
    ("NAMESPACE", "NAMESPACE", true),
    ("CREATE", "CREATE x", true),
    ("SUBSCRIBE", "SUBSCRIBE x", true),
    ("UNSUBSCRIBE", "UNSUBSCRIBE x", true),
    ("LIST", "LIST \"\" *", true),
    ("LSUB", "LSUB \"\" *", true),
    ("STATUS", "STATUS INBOX (MESSAGES)", true),
    ("RENAME", "RENAME x y", true),
    ("DELETE", "DELETE y", true),
    ("APPEND", "APPEND INBOX {3+}\r\nx\r\n", true),
    ("EXAMINE", "EXAMINE INBOX", true),
    ("UNSELECT", "UNSELECT", true),
    ("SELECT", "SELECT INBOX", true),
    ("CHECK", "CHECK", true),
    ("SEARCH", "SEARCH ALL", true),
    ("FETCH", "UID FETCH 1 BODY[]", true),
    ("STORE", "STORE 1 +FLAGS (\\Flagged)", true),
    ("COPY", "COPY 1 INBOX", true),
    ("MOVE", "MOVE 1 INBOX", true),
    ("EXPUNGE", "EXPUNGE", true),
    ("SORT", "SORT (DATE) UTF-8 ALL", true),
    ("THREAD", "THREAD REFERENCES UTF-8 ALL", true),
    ("GETQUOTA", "GETQUOTA \"User quota\"", true),
    ("GETQUOTAROOT", "GETQUOTAROOT INBOX", true),
    ("SETQUOTA", "SETQUOTA \"User quota\" (MESSAGE 1000)", true),
    ("DONE", "IDLE\r\nDONE", true),
    ("CLOSE", "CLOSE", true),
    ("LOGOUT", "LOGOUT", true),
];

#[test]
fn a_fault_at_an_imap_command_strikes_at_that_command_alone_and_once() {
    let fault = |(n, (at, _, ok)): (usize, &(&str, &str, bool))| {
        let reply = if *ok { "OK struck" } else { "BAD struck" };
        format!(
            "[[fault]]\nname = \"at-{at}\"\non = \"imap\"\nat = \"{at}\"\nconnections = {}\ndo = {{ reply = \"{reply}\" }}\n",
            n + 1
        )
    };
    let mail = "[[mail]]\ncount = 2\n";
    let faults: String = IMAP.iter().enumerate().map(fault).collect();
    let server = Server::start(Scenario::Text(format!("{mail}{faults}")));
    for (faulted, _, _) in IMAP {
        let mut client = Client::greeted(&server.imap);
        for (at, command, ok) in IMAP {
            let lines = client.imap(command);
            let last = lines.last().map(String::as_str).unwrap_or_default();
            assert_eq!(last.starts_with("a OK"), ok, "{at} in {faulted}: {lines:?}");
            assert_eq!(last.ends_with(" struck"), at == faulted, "{at} in {faulted}: {lines:?}");
        }
        assert_eq!(client.rest_text(), (String::new(), End::Fin), "{faulted}");
    }
    let stopped = server.stop_with_code(0);
    for (n, (at, _, _)) in IMAP.iter().enumerate() {
        assert_eq!(fired(&stopped.journal, &format!("at-{at}")), [n as u64 + 1], "{at}");
    }
}

#[test]
fn connect_and_greeting_come_once_each_and_in_this_order() {
    let faults = "[[fault]]\nname = \"connect\"\nat = \"connect\"\ndo = { send = \"first \" }\n\
                  [[fault]]\nname = \"greeting\"\nat = \"greeting\"\ndo = [{ send = \"second \" }, \"pass\"]\n";
    let server = Server::start(Scenario::Text(faults.to_owned()));
    assert!(Client::connect(&server.smtp).line().starts_with("first second 220 "));
    assert!(Client::connect(&server.imap).line().starts_with("first second * OK "));
    let stopped = server.stop_with_code(0);
    assert_eq!((fired(&stopped.journal, "connect"), fired(&stopped.journal, "greeting")), (vec![1, 2], vec![1, 2]));
}

#[test]
fn names_of_one_point_are_one_moment() {
    let fault = |n: usize, at: &str| {
        format!(
            "[[fault]]\nname = \"f{n}\"\non = \"smtp\"\nat = {at}\nconnections = {n}\nwhere = {{ mechanism = \"PLAIN\" }}\ndo = {{ reply = \"235 struck\" }}\n"
        )
    };
    let ats = ["\"AUTH\"", "\"credentials\"", "[\"AUTH\", \"command\", \"credentials\"]"];
    let server = Server::start(Scenario::Text(ats.iter().enumerate().map(|(n, at)| fault(n + 1, at)).collect()));
    for _ in ats {
        let mut client = Client::ehlo(&server.smtp, "a");
        assert_eq!(client.ask("AUTH PLAIN AGEAYg=="), "235 struck");
    }
    let stopped = server.stop_with_code(0);
    for n in 1..=3 {
        assert_eq!(fired(&stopped.journal, &format!("f{n}")), [n]);
    }
}

#[test]
fn the_verdict_on_credentials_is_one_moment_whatever_the_mechanism() {
    let faults = "[[fault]]\nname = \"credentials\"\nat = \"credentials\"\ndo = { reply = { smtp = \"535 struck\", imap = \"NO struck\" } }\n\
                  [[fault]]\nname = \"continuation\"\nat = \"continuation\"\ndo = { hide = [\"X\"] }\n";
    let server = Server::start(Scenario::Text(faults.to_owned()));
    // Each: the lines of the client in turn, and how many continuations come before the verdict.
    let smtp: [&[&str]; 4] =
        [&["AUTH PLAIN AGEAYg=="], &["AUTH PLAIN", "AGEAYg=="], &["AUTH LOGIN", "YQ==", "Yg=="], &["AUTH LOGIN YQ==", "Yg=="]];
    let imap: [&[&str]; 5] = [
        &["a LOGIN a b"],
        &["a AUTHENTICATE PLAIN AGEAYg=="],
        &["a AUTHENTICATE PLAIN", "AGEAYg=="],
        &["a AUTHENTICATE LOGIN", "YQ==", "Yg=="],
        &["a LOGIN {1}", "a {1}", "b"],
    ];
    for lines in smtp {
        let mut client = Client::ehlo(&server.smtp, "a");
        let replies: Vec<String> = lines.iter().map(|line| client.ask(line)).collect();
        assert_eq!(replies.last().map(String::as_str), Some("535 struck"), "{lines:?}");
        assert!(replies[..lines.len() - 1].iter().all(|reply| reply.starts_with("334 ")), "{replies:?}");
        // Undone: nobody is logged in, so another try is welcome.
        assert!(client.ask("AUTH LOGIN").starts_with("334 "));
    }
    for lines in imap {
        let mut client = Client::greeted(&server.imap);
        let replies: Vec<String> = lines.iter().map(|line| client.ask(line)).collect();
        assert_eq!(replies.last().map(String::as_str), Some("a NO struck"), "{lines:?}");
        assert!(replies[..lines.len() - 1].iter().all(|reply| reply.starts_with('+')), "{replies:?}");
        assert!(client.imap("SELECT INBOX").last().is_some_and(|line| !line.starts_with("a OK")));
    }
    let stopped = server.stop_with_code(0);
    assert_eq!(fired(&stopped.journal, "credentials"), (1..=9).collect::<Vec<_>>());
    let continuations = |conn: u64| fired(&stopped.journal, "continuation").iter().filter(|&&on| on == conn).count();
    // The last of each SMTP connection is the second try's.
    assert_eq!((1..=9).map(continuations).collect::<Vec<_>>(), [1, 2, 3, 2, 0, 0, 1, 2, 2]);
}

#[test]
fn a_cancelled_login_has_no_verdict() {
    let server = Server::start(Scenario::Text(
        "[[fault]]\nname = \"never\"\nat = \"credentials\"\noptional = true\ndo = \"reset\"\n".to_owned(),
    ));
    let mut client = Client::ehlo(&server.smtp, "a");
    client.ask("AUTH LOGIN");
    assert!(client.ask("*").starts_with("501 "));
    let mut client = Client::greeted(&server.imap);
    client.ask("a AUTHENTICATE PLAIN");
    assert!(client.ask("*").starts_with("a BAD "));
    assert!(fired(&server.stop_with_code(0).journal, "never").is_empty());
}

#[test]
fn command_is_every_command_and_no_answer_to_a_challenge() {
    let server =
        Server::start(Scenario::Text("[[fault]]\nname = \"command\"\nat = \"command\"\ndo = { delay = \"0ms\" }\n".to_owned()));
    let mut client = Client::ehlo(&server.smtp, "a");
    for line in
        ["NOOP", "AUTH LOGIN", "YQ==", "Yg==", "MAIL FROM:<a@b.test>", "RCPT TO:<c@mailfault.test>", "DATA", "x: y\r\n.", "QUIT"]
    {
        client.ask(line);
    }
    let mut client = Client::login(&server.imap, "a");
    for command in ["NOOP", "SELECT INBOX", "IDLE\r\nDONE", "APPEND INBOX {3+}\r\nx\r\n", "UID FETCH 1 FLAGS", "LOGOUT"] {
        client.imap(command);
    }
    let stopped = server.stop_with_code(0);
    let at = |conn: u64| -> Vec<&str> {
        let faults = events(&stopped.journal, "fault").filter(|event| event["conn"] == conn);
        faults
            .filter_map(|event| event["at"].as_str()?.split('+').find(|name| name.chars().all(|c| c.is_ascii_uppercase())))
            .collect()
    };
    assert_eq!(at(1), ["EHLO", "NOOP", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(at(2), ["LOGIN", "NOOP", "SELECT", "IDLE", "DONE", "APPEND", "FETCH", "LOGOUT"]);
}

#[test]
fn content_faults_strike_at_the_exact_octet_whatever_the_segments() {
    const OFFSETS: [usize; 6] = [0, 1, 2, 1000, 65_536, 100_000];
    let fault = |octets| {
        format!(
            "[[fault]]\nname = \"after-{octets}\"\nat = \"content\"\nafter_bytes = \"{octets}B\"\ndo = {{ send = \"<{octets}>\" }}\n"
        )
    };
    let server = Server::start(Scenario::Text(OFFSETS.map(fault).concat()));
    let body = "0123456789".repeat(10_000);
    let marks: String = OFFSETS.iter().map(|octets| format!("<{octets}>")).collect();
    for segment in [200_000, 4096, 1000, 333] {
        let mut client = Client::ehlo(&server.smtp, "a");
        client.ask("MAIL FROM:<a@b.test>");
        client.ask("RCPT TO:<c@mailfault.test>");
        client.ask("DATA");
        for part in format!("{body}\r\n.\r\n").as_bytes().chunks(segment) {
            client.write(part);
        }
        assert_eq!(client.reply(), format!("{marks}250 2.0.0 Ok: queued"), "DATA in segments of {segment}");

        let mut client = Client::login(&server.imap, "a");
        client.say(&format!("a APPEND INBOX {{{}+}}", body.len()));
        for part in format!("{body}\r\n").as_bytes().chunks(segment) {
            client.write(part);
        }
        assert!(client.line().starts_with(&format!("{marks}a OK ")), "APPEND in segments of {segment}");
    }
    let stopped = server.stop_with_code(0);
    for octets in OFFSETS {
        assert_eq!(fired(&stopped.journal, &format!("after-{octets}")).len(), 8, "{octets}");
    }
    let moments = events(&stopped.journal, "moment").filter(|event| event["at"] == "content");
    let offsets: Vec<&Value> = moments.take(6).map(|event| &event["offset"]).collect();
    assert_eq!(offsets, OFFSETS);
}

#[test]
fn a_content_fault_does_not_wait_for_the_octet_behind_its_own() {
    let server = Server::start(Scenario::Text(
        "[[fault]]\nat = \"content\"\nafter_bytes = \"500B\"\ndo = { send = \"500 of 1000\" }\n".to_owned(),
    ));
    let part = "x".repeat(500);
    let mut data = Client::ehlo(&server.smtp, "a");
    let mut bdat = Client::ehlo(&server.smtp, "a");
    for client in [&mut data, &mut bdat] {
        client.ask("MAIL FROM:<a@b.test>");
        client.ask("RCPT TO:<c@mailfault.test>");
    }
    data.ask("DATA");
    bdat.say("BDAT 1000");
    let mut append = Client::login(&server.imap, "a");
    append.say("a APPEND INBOX {1000+}");
    for mut client in [data, bdat, append] {
        client.write(&part);
        assert_eq!(client.exactly(11), b"500 of 1000");
    }
    server.stop_with_code(0);
}

#[test]
fn silence_comes_once_per_silence_and_age_whatever_the_connection_is_doing() {
    let faults = "[[fault]]\nname = \"silence\"\nat = \"silence\"\nafter = \"250ms\"\ndo = { send = \"quiet\\r\\n\" }\n\
                  [[fault]]\nname = \"age\"\nat = \"age\"\nafter = \"2s\"\ndo = [{ reply = { smtp = \"421 old\", imap = \"BYE old\" } }, \"close\"]\n\
                  [[fault]]\nname = \"wait\"\nat = \"NOOP\"\ndo = \"stall\"\n";
    let server = Server::start(Scenario::Text(faults.to_owned()));
    let start = std::time::Instant::now();
    let mut client = Client::ehlo(&server.smtp, "a");
    assert_eq!(client.reply(), "quiet");
    assert!(client.ask("RSET").starts_with("250"));
    assert_eq!(client.reply(), "quiet", "a second silence");
    client.say("NOOP");
    // During the stall, a third silence and the age.
    assert_eq!(client.rest_text(), ("quiet\r\n421 old\r\n".to_owned(), End::Fin));
    assert!(start.elapsed().as_millis() >= 2000, "{:?}", start.elapsed());

    let mut client = Client::greeted(&server.imap);
    client.say("a NOOP");
    assert_eq!(client.rest_text(), ("quiet\r\n* BYE old\r\n".to_owned(), End::Fin));
    let stopped = server.stop_with_code(0);
    assert_eq!(fired(&stopped.journal, "silence"), [1, 1, 1, 2]);
    assert_eq!(fired(&stopped.journal, "age"), [1, 2]);
}
