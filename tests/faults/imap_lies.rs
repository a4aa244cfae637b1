//! The built-in scenarios in which an IMAP server says what is not so, octet by octet: what the first connection gets, against what the second one gets.

use super::wire::{Client, End, assert_ok, events};
use crate::harness::{Scenario, Server};

const USER: &str = "test";

/// All that comes after a command, up to the end of the connection: on the first connection, and on the second, which meets no fault.
fn both(name: &'static str, command: &str) -> (String, String) {
    let server = Server::start(name);
    let said = || {
        let mut client = Client::selected(&server.imap, USER);
        client.say(&format!("a {command}"));
        client.say("z LOGOUT");
        client.rest_text().0
    };
    let both = (said(), said());
    server.stop();
    both
}

/// The number in the first `{...}`.
fn announced(reply: &str) -> &str {
    reply.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(number, _)| number)
}

/// What the reply without a fault becomes, given the size of its literal.
type Lie = fn(&str, &str) -> String;

fn assert_lies(command: &str, table: &[(&'static str, Lie)]) {
    for &(name, lie) in table {
        let (said, honest) = both(name, command);
        assert_ne!(said, honest, "{name}");
        assert_eq!(said, lie(&honest, announced(&honest)), "{name}");
    }
}

/// Another size in the same reply.
fn with_size(reply: &str, size: &str, other: &str) -> String {
    reply.replacen(&format!("{{{size}}}"), &format!("{{{other}}}"), 1)
}

#[test]
fn literals_are_announced_with_another_size_and_come_as_they_are() {
    assert_lies(
        "FETCH 1 BODY.PEEK[]",
        &[
            ("imap/literal-longer-than-announced", |reply, size| with_size(reply, size, &size[..size.len() - 1])),
            ("imap/literal-shorter-than-announced", |reply, size| with_size(reply, size, &format!("{size}0"))),
            ("imap/literal-a-little-longer-than-announced", |reply, size| {
                assert_eq!(size, "1009");
                with_size(reply, size, "1000")
            }),
            ("imap/literal-a-little-shorter-than-announced", |reply, size| {
                assert_eq!(size, "1001");
                with_size(reply, size, "1009")
            }),
            ("imap/literal-of-4-gib", |reply, size| with_size(reply, size, "4294967296")),
            ("imap/literal-of-2-gib", |reply, size| with_size(reply, size, "2147483646")),
            ("imap/literal-of-900-mb", |reply, size| with_size(reply, size, "900000000")),
            ("imap/literal-beyond-64-bits", |reply, size| with_size(reply, size, "18446744073709551617")),
            ("imap/literal-of-negative-size", |reply, size| with_size(reply, size, "-1")),
        ],
    );
}

#[test]
fn a_fetch_returns_what_was_not_asked_for() {
    assert_lies(
        "UID FETCH 1 (RFC822.SIZE BODY.PEEK[])",
        &[
            ("imap/fetch-without-data", |_, _| {
                "a OK FETCH completed\r\n* BYE logging out\r\nz OK LOGOUT completed\r\n".to_owned()
            }),
            ("imap/fetch-unparsable", |reply, _| reply.replacen("FETCH (", "FETCH ", 1)),
            ("imap/fetch-of-unknown-message", |reply, _| {
                reply.replacen("* 1 FETCH", "* 91 FETCH", 1).replacen("UID 1 ", "UID 91 ", 1)
            }),
            ("imap/fetch-nil", |reply, size| {
                let (before, after) = reply.split_once(&format!(" {{{size}}}\r\n")).unwrap();
                format!("{before} NIL{}", &after[size.parse().unwrap()..])
            }),
            ("imap/fetch-of-another-section", |reply, size| {
                let (before, after) = reply.split_once(&format!("] {{{size}}}\r\n")).unwrap();
                let (body, after) = after.split_at(size.parse().unwrap());
                let header = &body[..body.find("\r\n\r\n").unwrap() + 4];
                format!("{before}HEADER] {{{}}}\r\n{header}{after}", header.len())
            }),
            ("imap/wrong-tag", |reply, _| reply.replacen("\r\na OK", "\r\na9 OK", 1)),
            ("imap/bye-mid-fetch", |reply, _| {
                let end = reply.find("\r\na OK").unwrap();
                format!("{}\r\n* BYE Too much data was downloaded, try again later\r\n", &reply[..end])
            }),
        ],
    );
    let server = Server::start("imap/fetch-of-another-message");
    let mut client = Client::selected(&server.imap, USER);
    let other = client.imap("FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (Subject)])");
    assert!(other[0].starts_with("* 2 FETCH (UID 2 BODY[HEADER.FIELDS"), "{other:?}");
    server.stop();
}

#[test]
fn sizes_lie_for_every_connection() {
    for (name, factor) in [("imap/size-too-large", 10.0), ("imap/size-too-small", 0.1)] {
        let server = Server::start(name);
        let fetched = Client::selected(&server.imap, USER).imap("FETCH 1 (RFC822.SIZE BODY.PEEK[])");
        let told: f64 = fetched[0].split(' ').nth(4).and_then(|size| size.parse().ok()).unwrap_or_default();
        let size: f64 = announced(&fetched[0]).parse().unwrap();
        assert_eq!(told, (size * factor).floor(), "{name}: {}", fetched[0]);
        server.stop();
    }
}

#[test]
fn a_piece_of_a_message_is_the_whole_of_it() {
    let server = Server::start("imap/whole-message-for-a-part");
    let mut client = Client::selected(&server.imap, USER);
    for origin in [0, 16384] {
        let reply = client.imap(&format!("FETCH 1 BODY.PEEK[]<{origin}.16384>"));
        assert_eq!(reply[0], "* 1 FETCH (BODY[] {40960}");
        assert_eq!(reply.last().map(String::as_str), Some("a OK FETCH completed"));
    }
    server.stop();
}

#[test]
fn an_expunge_inside_fetch_changes_the_numbers_for_good() {
    let server = Server::start("imap/expunge-inside-fetch");
    let mut client = Client::selected(&server.imap, USER);
    assert_eq!(client.imap("FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)])").last().unwrap(), "a OK FETCH completed");
    let said = client.imap("FETCH 2 (BODY.PEEK[HEADER.FIELDS (Subject)])");
    assert!(said[0].starts_with("* 2 FETCH "), "{said:?}");
    assert_eq!(said[said.len() - 2..], ["* 1 EXPUNGE", "a OK FETCH completed"], "{said:?}");
    assert_eq!(client.imap("FETCH 1:3 UID")[..3], ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 3)", "* 3 FETCH (UID 4)"]);
    assert_eq!(client.imap("NOOP"), ["a OK NOOP completed"], "nothing is told twice");
    server.stop();
}

#[test]
fn numbers_that_no_message_has() {
    assert_lies(
        "SEARCH ALL",
        &[
            ("imap/expunge-of-unknown-number", |reply, _| format!("* 4711 EXPUNGE\r\n{reply}")),
            ("imap/vanished-of-unknown-uids", |reply, _| format!("* VANISHED 4711:4999\r\n{reply}")),
            ("imap/search-out-of-range", |reply, _| reply.replacen("* SEARCH 1 2", "* SEARCH 1 2 4711 4294967295", 1)),
            ("imap/exists-goes-down", |reply, _| format!("* 1 EXISTS\r\n{reply}")),
            ("imap/unknown-tag", |reply, _| format!("NEVER1 OK Completed\r\n{reply}")),
            ("imap/tagged-reply-twice", |reply, _| reply.replacen("* BYE", "a OK Once more\r\n* BYE", 1)),
            ("imap/empty-lines", |reply, _| reply.replace("* ", "\r\n* ")),
            ("imap/ok-without-text", |reply, _| reply.replace("OK SEARCH completed", "OK").replace("OK LOGOUT completed", "OK")),
        ],
    );
}

#[test]
fn uidnext_goes_back_and_uidvalidity_changes_at_any_time() {
    let told = |client: &mut Client, what: &str| {
        let said = client.imap("SELECT INBOX");
        said.iter().find_map(|line| line.strip_prefix(&format!("* OK [{what} "))?.split(']').next().map(str::to_owned))
    };
    let server = Server::start("imap/uidnext-goes-back");
    let mut first = Client::login(&server.imap, USER);
    assert_eq!(told(&mut first, "UIDNEXT").as_deref(), Some("3"));
    let mut second = Client::login(&server.imap, USER);
    assert_eq!(told(&mut second, "UIDNEXT").as_deref(), Some("1"));
    assert_eq!(second.imap("UID SEARCH ALL")[0], "* SEARCH 1 2 3", "the new one has a UID of its own");
    server.stop();

    let server = Server::start("imap/uidvalidity-changes-in-session");
    let mut client = Client::login(&server.imap, USER);
    let before = told(&mut client, "UIDVALIDITY");
    assert_eq!(
        client.imap("FETCH 1 UID")[..2],
        ["* 1 FETCH (UID 1)", "* OK [UIDVALIDITY 4711] UIDs have a new validity"],
        "once, behind the data"
    );
    let after = told(&mut client, "UIDVALIDITY");
    assert_eq!(after.as_deref(), Some("4711"));
    assert_ne!(before, after);
    server.stop();

    let server = Server::start("imap/uidvalidity-missing");
    let said = Client::login(&server.imap, USER).imap("SELECT INBOX");
    assert!(!said.iter().any(|line| line.contains("UIDVALIDITY") || line.contains("UIDNEXT")), "{said:?}");
    assert!(said.iter().any(|line| line == "* 2 EXISTS"), "{said:?}");
    server.stop();
}

#[test]
fn bye_is_said_again_and_again_and_nothing_closes() {
    let server = Server::start_with("imap/bye-again-and-again", &["--time-scale", "0.01"]);
    let mut client = Client::greeted(&server.imap);
    client.say("a CAPABILITY");
    for n in 0..20 {
        assert_eq!(client.line(), "* BYE Autologout; idle for too long", "{n}");
    }
    server.stop();

    let server = Server::start("imap/bye-at-every-stage");
    let mut client = Client::connect(&server.imap);
    assert_eq!(client.rest_text(), ("* BYE [UNAVAILABLE] Server too busy\r\n".to_owned(), End::Fin));
    let mut client = Client::greeted(&server.imap);
    client.say("a LOGIN test test");
    let (said, end) = client.rest_text();
    assert!(said.starts_with("a OK ") && said.ends_with("\r\n* BYE Server too busy\r\n"), "{said}");
    assert_eq!(end, End::Fin);
    server.stop();

    let server = Server::start("imap/idle-shutting-down");
    let mut client = Client::selected(&server.imap, USER);
    client.say("a IDLE");
    assert_eq!(client.rest_text(), ("+ idling\r\n* BYE Server shutting down.\r\n".to_owned(), End::Fin));
    server.stop();
}

#[test]
fn continuations_never_come() {
    for (name, command) in [
        ("imap/stall-at-literal", "a LOGIN test {4}"),
        ("imap/stall-at-authenticate", "a AUTHENTICATE PLAIN"),
        ("imap/stall-at-append", "a APPEND INBOX {4}"),
        ("imap/stall-at-append", "a APPEND \"INBOX\" (\\Seen) {4}"),
    ] {
        let server = Server::start(name);
        let ask = || {
            let mut client = match name {
                "imap/stall-at-append" => Client::login(&server.imap, USER),
                _ => Client::greeted(&server.imap),
            };
            client.say(command);
            client
        };
        let mut first = ask();
        assert!(ask().line().starts_with('+'), "{name}: the second connection");
        first.stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(first.rest().0, b"", "{name}");
        let stopped = server.stop();
        assert_eq!(events(&stopped.journal, "fault").count(), 1, "{name}");
    }
}

#[test]
fn a_user_has_so_many_connections_and_no_more() {
    let server = Server::start("imap/too-many-connections-of-a-user");
    let login = |user: &str| {
        let mut client = Client::greeted(&server.imap);
        let said = client.imap(&format!("LOGIN {user} x")).pop().unwrap_or_default();
        (client, said)
    };
    let mut open: Vec<Client> = Vec::new();
    for n in 1..=15 {
        let (client, said) = login("test");
        assert!(said.starts_with("a OK "), "{n}: {said}");
        open.push(client);
    }
    for _ in 0..2 {
        let (mut client, said) = login("test");
        assert_eq!(said, "a NO [LIMIT] too many connections");
        client.imap("LOGOUT");
        client.rest();
    }
    assert!(login("somebody-else").1.starts_with("a OK "), "each user apart");
    let mut first = open.remove(0);
    first.imap("LOGOUT");
    first.rest();
    drop(first);
    // The server counts a connection until it is over, which these are a moment later.
    assert!((0..100).any(|_| login("test").1.starts_with("a OK ")), "one less is open");
    server.stop();

    let server = Server::start("imap/too-many-connections-of-an-address");
    let open: Vec<Client> = (0..10).map(|_| Client::greeted(&server.imap)).collect();
    assert_eq!(Client::connect(&server.imap).rest(), (vec![], End::Fin));
    drop(open);
    server.stop();
}

#[test]
fn news_come_after_the_reply_and_for_nobody() {
    let server = Server::start("imap/data-after-the-reply");
    let mut client = Client::selected(&server.imap, USER);
    client.say("a SEARCH ALL");
    client.say("b NOOP");
    let said = client.until("b ");
    assert_eq!(said[1..], ["a OK SEARCH completed", "* 2 EXISTS", "* 1 FETCH (FLAGS (\\Flagged))", "b OK NOOP completed"]);
    server.stop();

    let server = Server::start("imap/nul-in-literal");
    let mut client = Client::selected(&server.imap, USER);
    client.say("a FETCH 1 BODY.PEEK[]");
    client.say("z LOGOUT");
    let (octets, _) = client.rest();
    let text = String::from_utf8_lossy(&octets);
    let (_, body) = text.split_once("}\r\n").unwrap();
    let size: usize = announced(&text).parse().unwrap();
    assert!(body[..size].contains("Subj\0ct: ") && !body[..size].contains('e'), "{body:?}");
    assert!(body[size..].starts_with(")\r\na OK FETCH completed\r\n"), "the size is right: {body:?}");
    server.stop();
}

#[test]
fn a_server_that_is_still_here_says_so_and_obeys() {
    let server = Server::start_with("imap/idle-still-here", &["--time-scale", "0.001"]);
    let mut client = Client::selected(&server.imap, USER);
    client.say("a IDLE");
    let (mut here, mut exists) = (0, 0);
    while here < 5 || exists < 2 {
        let line = client.line();
        here += u32::from(line == "* OK Still here");
        exists += u32::from(line.ends_with(" EXISTS"));
    }
    client.say("DONE");
    assert!(client.until("a ").last().unwrap().starts_with("a OK "), "DONE is heard in between");
    assert_ok(&client.imap("NOOP"));
    server.stop();
}

#[test]
fn a_command_can_be_misread() {
    let fault = |at: &str, steps: &str| format!("[[fault]]\non = \"imap\"\nat = \"{at}\"\ndo = {steps}\n");
    let text = format!(
        "[[mail]]\ncount = 2\n{}{}{}",
        fault("STORE", "{ misread = { find = 'STORE 1', with = \"STORE 2\" } }"),
        fault("SELECT", "[{ misread = { find = 'SELECT', with = \"EXAMINE\" } }, \"pass\"]"),
        fault("NOOP", "{ misread = { find = '^b NOOP', with = \"c FROBNICATE\" } }"),
    );
    let server = Server::start(Scenario::Text(text));
    let mut client = Client::login(&server.imap, USER);
    assert_eq!(client.imap("SELECT INBOX").last().unwrap(), "a OK [READ-ONLY] EXAMINE completed");
    assert!(client.imap("STORE 1 +FLAGS (\\Seen)").last().unwrap().starts_with("a NO"), "it is read-only");
    client.say("b NOOP");
    assert_eq!(client.line(), "c BAD unknown command `FROBNICATE`");
    let stopped = server.stop();
    assert_eq!(events(&stopped.journal, "oddity").count(), 0, "that was no mistake of the client");
}
