//! Dialogues: what is said arrives to the octet, what is heard is compared, and a client that leaves is told so.

use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, End, end_of, events};
use crate::harness::{Scenario, Server, Stopped};

fn serve(text: &str) -> Server {
    Server::start(Scenario::Text(text.to_owned()))
}

fn script(on: &str, script: &str) -> String {
    format!("[[dialogue]]\nname = \"talk\"\non = \"{on}\"\nscript = '''\n{script}'''\n")
}

/// What is noted of a client that left its dialogue.
fn left(stopped: &Stopped) -> Vec<String> {
    let notes = events(&stopped.journal, "oddity").filter(|note| note["name"] == "left-dialogue");
    notes.map(|note| note["detail"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn captures_pieces_waits_and_a_reset_come_as_they_are_written() {
    let talk = "S: * OK ready\nC: <t> LOGIN *\nS: <t> OK in\nC: <t> IDLE\nS: + idling\n! delay 200ms\nS- * 3 EXI\n! reset\n";
    let server = serve(&script("imap", talk));
    let mut client = Client::connect(&server.imap);
    assert_eq!(client.line(), "* OK ready");
    client.say("x7 login bob secret");
    assert_eq!(client.line(), "x7 OK in");
    client.say("x8 IDLE");
    assert_eq!(client.line(), "+ idling");
    let start = Instant::now();
    assert_eq!(client.rest_text(), ("* 3 EXI".to_owned(), End::Rst));
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    let stopped = server.stop_with_code(0);
    assert_eq!(left(&stopped), [""; 0]);
    let faults: Vec<_> = events(&stopped.journal, "fault").map(|fault| fault["fault"].as_str().unwrap_or_default()).collect();
    assert_eq!(faults, ["talk", "talk:5", "talk:7"]);
}

#[test]
fn lines_come_in_one_write_or_in_many_and_the_end_of_the_script_is_the_end_of_the_connection() {
    let talk = "S: 220-one\nS: 220 two\nC: EHLO *\nC: NOOP\nS: 250 ok\nS: 250 <x>*\\x00\\n\nC- ab?\nC: d\nS: 221 bye\n";
    let server = serve(&script("smtp", talk));
    for pieces in [&["EHLO a\r\nNOOP\r\nabcd\r\n"][..], &["EH", "LO a\r", "\nNOOP\r\na", "b", "cd\r", "\n"]] {
        let mut client = Client::connect(&server.smtp);
        for piece in pieces {
            client.write(piece);
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(client.rest_text(), ("220-one\r\n220 two\r\n250 ok\r\n250 <x>*\0\n\r\n221 bye\r\n".to_owned(), End::Fin));
    }
    assert_eq!(left(&server.stop_with_code(0)), [""; 0]);
}

#[test]
fn a_client_that_leaves_is_told_what_was_expected_and_what_came() {
    let talk = "S: 220 hi\nC: EHLO *\nS: 250 ok\nC: MAIL FROM:<*>*\nS: 250 ok\nC: QUIT\n";
    let server = serve(&script("smtp", talk));
    let mut other = Client::connect(&server.smtp);
    assert_eq!((other.line(), other.ask("EHLO x"), other.ask("RSET")).2, "421 4.3.2 This was not expected; goodbye");
    assert_eq!(other.rest().1, End::Fin);
    drop(other);
    let mut early = Client::connect(&server.smtp);
    assert_eq!((early.line(), early.ask("EHLO x")).1, "250 ok");
    early.write("MAIL");
    drop(early);
    server.await_events("end", 2);
    let mut silent = Client::connect(&server.smtp);
    assert_eq!(silent.line(), "220 hi");
    let stopped = server.stop_with_code(1);
    assert_eq!(
        left(&stopped),
        [
            "line 4 of `talk`: expected `C: MAIL FROM:<*>*`, received `C: RSET`",
            "line 4 of `talk`: expected `C: MAIL FROM:<*>*`, received `C- MAIL` and nothing more",
            "line 2 of `talk`: expected `C: EHLO *`, and nothing more came",
        ]
    );
    for text in ["failed `expect.left_dialogue`: expected 0, found 3", "?  left-dialogue: line 4 of `talk`: expected"] {
        assert!(stopped.output.contains(text), "{text} in\n{}", stopped.output);
    }
    drop(silent);
}

#[test]
fn each_connection_has_its_own_and_the_others_have_the_server() {
    let text = "[[dialogue]]\non = \"imap\"\nconnections = 2\nscript = '''\nS: * BYE two\n'''\n\
                [[dialogue]]\non = \"imap\"\nconnections = \"3-\"\nscript = '''\nS: * BYE three\n! half-close\n'''\n";
    let server = serve(text);
    assert!(Client::greeted(&server.imap).imap("NOOP").last().is_some_and(|line| line.starts_with("a OK")));
    assert_eq!(Client::connect(&server.imap).rest_text(), ("* BYE two\r\n".to_owned(), End::Fin));
    assert_eq!(Client::connect(&server.imap).rest_text(), ("* BYE three\r\n".to_owned(), End::Fin));
    server.stop_with_code(0);
}

#[test]
fn a_dialogue_that_nobody_comes_for_proves_nothing() {
    let server = serve(&script("smtp", "S: 220 hi\n"));
    let stopped = server.stop_with_code(3);
    assert!(stopped.output.contains("talk"), "{}", stopped.output);
}

#[test]
fn content_and_literals_are_read_whatever_they_are() {
    let talk = "S: 220 hi\nC: DATA\nS: 354 go\n! content\nS: 250 ok\nC: X {?*}\n! literal\nC: <rest>\nS: 250 <rest>\n! wait\n";
    let server = serve(&script("smtp", talk));
    let mut client = Client::connect(&server.smtp);
    assert_eq!((client.line(), client.ask("DATA")).1, "354 go");
    client.write("a\r\n..\r\n.\rb\r\n\r");
    client.write("\n.\r");
    client.write("\nX {12+}\r\n0123456\r\n.\r\nend\r\n");
    assert_eq!((client.line(), client.line()), ("250 ok".to_owned(), "250 end".to_owned()));
    drop(client);
    assert_eq!(left(&server.stop_with_code(0)), [""; 0]);
}

#[test]
fn who_waits_for_the_client_to_leave_hears_nothing_else() {
    let server = serve(&script("imap", "S: * OK hi\n! wait\n"));
    let mut client = Client::connect(&server.imap);
    client.say("a NOOP");
    assert_eq!(client.rest_text(), ("* OK hi\r\n* BYE This was not expected; goodbye\r\n".to_owned(), End::Fin));
    let stopped = server.stop_with_code(1);
    assert_eq!(left(&stopped), ["line 2 of `talk`: expected the client to leave, received `C: a NOOP`"]);
    assert_eq!(end_of(&stopped.journal, 1)["by"], "server");
}

#[test]
fn pieces_dribble_and_stalls_end() {
    let talk = "! dribble { bytes = 2, every = \"20ms\" }\nS: 220 hi\nC: X\n! stall 50ms\nS: 250 ok\n! send a\n! close\n";
    let server = serve(&script("smtp", talk));
    let mut client = Client::connect(&server.smtp);
    assert_eq!(client.recv(), b"22");
    assert_eq!(client.line(), "0 hi");
    let start = Instant::now();
    client.say("x");
    assert_eq!(client.rest_text(), ("250 ok\r\na".to_owned(), End::Fin));
    assert!(start.elapsed() >= Duration::from_millis(50));
    server.stop_with_code(0);
}
