//! How connections end: RST is an RST after exactly the octets before it, FIN is a FIN, a cut is where it was asked for.

use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, End, assert_ok, end_of, events};
use crate::harness::{Scenario, Server};

const GREETING: &str = "220 mx.mailfault.test ESMTP mailfault\r\n";

fn scenario(text: &str) -> Scenario {
    Scenario::Text(text.to_owned())
}

#[test]
fn two_hundred_resets_of_two_hundred_come_behind_exactly_the_octets_before_them() {
    let server = Server::start(scenario("[[fault]]\non = \"smtp\"\nat = \"greeting\"\ndo = [{ cut = 11 }, \"reset\"]\n"));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let start = Instant::now();
                    let seen = Client::connect(&server.smtp).rest_text();
                    assert_eq!(seen, ("220 mx.mail".to_owned(), End::Rst));
                    assert!(start.elapsed() >= Duration::from_millis(50), "the settle time: {:?}", start.elapsed());
                }
            });
        }
    });
    let stopped = server.stop_with_code(0);
    let resets = events(&stopped.journal, "end").filter(|end| end["by"] == "fault" && end["how"] == "rst" && end["sent"] == 11);
    assert_eq!(resets.count(), 200);
}

#[test]
fn a_settle_time_of_nothing_is_kept_too() {
    let server = Server::start(scenario("[[fault]]\non = \"smtp\"\nat = \"greeting\"\ndo = [\"pass\", { reset = \"0ms\" }]\n"));
    let took = (0..20).map(|_| {
        let mut client = Client::connect(&server.smtp);
        let start = Instant::now();
        assert_eq!(client.rest_text(), (GREETING.to_owned(), End::Rst));
        start.elapsed()
    });
    let fastest = took.min().expect("twenty");
    assert!(fastest < Duration::from_millis(40), "{fastest:?}");
    server.stop_with_code(0);
}

#[test]
fn a_reply_can_be_cut_at_every_octet() {
    let mut cuts: Vec<(String, usize)> = (0..=GREETING.len()).map(|at| (at.to_string(), at)).collect();
    cuts.extend((1..=GREETING.len()).map(|before| (format!("-{before}"), GREETING.len() - before)));
    let half = GREETING.len() / 2;
    let others =
        [("\"0%\"", 0), ("\"50%\"", half), ("\"100%\"", GREETING.len()), ("\"4B\"", 4), ("1000", GREETING.len()), ("-1000", 0)];
    cuts.extend(others.map(|(cut, octets)| (cut.to_owned(), octets)));
    let fault = |(n, (cut, _)): (usize, &(String, usize))| {
        format!("[[fault]]\non = \"smtp\"\nat = \"greeting\"\nconnections = {}\ndo = [{{ cut = {cut} }}, \"close\"]\n", n + 1)
    };
    let server = Server::start(Scenario::Text(cuts.iter().enumerate().map(fault).collect()));
    for (cut, octets) in &cuts {
        assert_eq!(Client::connect(&server.smtp).rest_text(), (GREETING[..*octets].to_owned(), End::Fin), "cut = {cut}");
    }
    server.stop_with_code(0);
}

#[test]
fn close_is_a_fin_even_with_a_megabyte_unread() {
    let places = [("greeting", "close"), ("EHLO", "close"), ("EHLO", "half-close"), ("NOOP", "[\"pass\", \"close\"]")];
    let fault = |(n, (at, step)): (usize, &(&str, &str))| {
        let step = if step.starts_with('[') { (*step).to_owned() } else { format!("\"{step}\"") };
        format!("[[fault]]\non = \"smtp\"\nat = \"{at}\"\nconnections = {}\ndo = {step}\n", n + 1)
    };
    let server = Server::start(Scenario::Text(places.iter().enumerate().map(fault).collect()));
    let pipelined = format!("EHLO a\r\n{}", "NOOP\r\n".repeat((1 << 20) / 6));
    for (at, step) in places {
        let mut client = Client::connect(&server.smtp);
        client.write(&pipelined);
        assert_eq!(client.rest().1, End::Fin, "{step} at {at}");
    }
    // The fifth meets no fault: QUIT before the rest.
    let mut client = Client::connect(&server.smtp);
    client.write("QUIT\r\n");
    client.write(&pipelined);
    let (said, end) = client.rest_text();
    assert_eq!((said.lines().last(), end), (Some("221 2.0.0 Bye"), End::Fin));
    drop(client);
    server.await_events("end", 5);
    let stopped = server.stop_with_code(0);
    for connection in 1..=4 {
        let end = end_of(&stopped.journal, connection);
        assert_eq!((&end["by"], &end["how"]), (&"fault".into(), &"fin".into()), "{end}");
        assert_eq!(end["received"], pipelined.len(), "all was read: {end}");
    }
}

#[test]
fn after_a_half_close_the_server_still_reads_and_obeys_nothing() {
    let server = Server::start(scenario("[[fault]]\non = \"smtp\"\nat = \"EHLO\"\ndo = [{ cut = 4 }, \"half-close\"]\n"));
    let mut client = Client::greeted(&server.smtp);
    client.say("EHLO a");
    assert_eq!(client.rest_text(), ("250-".to_owned(), End::Fin));
    client.say("NOOP");
    client.stream.shutdown(std::net::Shutdown::Write).expect("a FIN of our own");
    drop(client);
    server.await_events("end", 1);
    let stopped = server.stop_with_code(0);
    let end = end_of(&stopped.journal, 1);
    assert_eq!((&end["how"], &end["received"]), (&"fin".into(), &14.into()), "{end}");
    assert!(!events(&stopped.journal, "moment").any(|event| event["at"].as_str().is_some_and(|at| at.contains("NOOP"))));
}

fn half_a_fetch(size: &str) -> Scenario {
    Scenario::Text(format!(
        "[[mail]]\nsize = \"{size}\"\n[[fault]]\nat = \"FETCH\"\nconnections = \"2-\"\ndo = [{{ cut = \"50%\" }}, \"reset\"]\n"
    ))
}

#[test]
fn half_of_five_megabytes_arrives_at_a_slow_client_before_the_reset() {
    let server = Server::start(half_a_fetch("5 MiB"));
    let whole = fetch(&mut Client::selected(&server.imap, "healthy"));
    assert!(whole.ends_with(b"a OK FETCH completed\r\n"));

    let mut client = Client::with_receive_buffer(&server.imap, 16 << 10);
    client.reply();
    assert_ok(&client.imap("LOGIN healthy secret"));
    assert_ok(&client.imap("SELECT INBOX"));
    client.say("a FETCH 1 BODY.PEEK[]");
    let mut got = Vec::new();
    let half = whole.len() / 2;
    while got.len() < half {
        // Slow, but well within the second that the server waits.
        thread::sleep(Duration::from_millis(3));
        got.extend(client.exactly(65_536.min(half - got.len())));
    }
    let (more, end) = client.rest();
    assert_eq!((more.len(), end), (0, End::Rst));
    assert!(whole.starts_with(&got), "it is the first half of the same reply");
    let stopped = server.stop_with_code(0);
    let end = end_of(&stopped.journal, 2);
    assert_eq!((&end["how"], &end["unsent"], &end["unacknowledged"]), (&"rst".into(), &0.into(), &0.into()), "{end}");
}

#[test]
fn a_client_that_reads_for_longer_than_that_still_gets_all_that_was_said_before_the_reset() {
    let server = Server::start(half_a_fetch("30 MiB"));
    let half = fetch(&mut Client::selected(&server.imap, "healthy")).len() / 2;
    let mut client = Client::selected(&server.imap, "healthy");
    client.say("a FETCH 1 BODY.PEEK[]");
    let (mut got, start) = (0, Instant::now());
    while start.elapsed() < Duration::from_millis(1500) {
        thread::sleep(Duration::from_millis(200));
        got += client.exactly(1 << 20).len();
    }
    let (more, end) = client.rest();
    assert_eq!((got + more.len(), end), (half, End::Rst));
    server.stop_with_code(0);
}

#[test]
fn commands_before_a_fin_are_obeyed_also_when_the_replies_were_not_read_for_a_while() {
    let server = Server::start_with(scenario("[[mail]]\nsize = \"8 MiB\"\n"), &["--quiet"]);
    let mut client = Client::selected(&server.imap, "alice");
    client.write(format!("a FETCH 1 BODY[]\r\n{}b LOGOUT\r\n", "a NOOP\r\n".repeat(10_000)));
    client.stream.shutdown(std::net::Shutdown::Write).expect("a FIN");
    // Long enough for the server to look whether somebody is still there.
    thread::sleep(Duration::from_millis(300));
    let (got, end) = client.rest();
    assert_eq!((got.ends_with(b"b OK LOGOUT completed\r\n"), end), (true, End::Fin), "{} octets", got.len());
}

#[test]
fn what_a_client_never_reads_is_counted_at_the_end() {
    let server = Server::start(half_a_fetch("30 MiB"));
    let half = fetch(&mut Client::selected(&server.imap, "healthy")).len() as u64 / 2;
    let mut client = Client::with_receive_buffer(&server.imap, 16 << 10);
    client.reply();
    assert_ok(&client.imap("LOGIN healthy secret"));
    let said = client.imap("SELECT INBOX");
    assert_ok(&said);
    client.say("a FETCH 1 BODY.PEEK[]");
    // A socket that is not read: the RST shows as an error.
    let start = Instant::now();
    while client.stream.take_error().expect("an answer").is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "no reset");
        thread::sleep(Duration::from_millis(10));
    }
    let took = start.elapsed();
    let bounds = Duration::from_millis(1900)..Duration::from_millis(6000);
    assert!(bounds.contains(&took), "a second for the unwritten, a second for the unacknowledged, not {took:?}");
    let stopped = server.stop_with_code(0);
    let end = end_of(&stopped.journal, 2);
    let number = |key: &str| end[key].as_u64().unwrap_or_default();
    assert!(number("unsent") > 0 && number("unacknowledged") > 0, "{end}");
    let before: u64 = events(&stopped.journal, "step")
        .filter(|step| step["conn"] == 2)
        .filter_map(|step| step["offset"].as_u64())
        .next()
        .expect("a step");
    assert_eq!(number("sent") - before + number("unsent"), half, "{end}");
}

fn fetch(client: &mut Client) -> Vec<u8> {
    client.say("a FETCH 1 BODY.PEEK[]");
    let mut got = Vec::new();
    while !got.ends_with(b"a OK FETCH completed\r\n") {
        got.extend(client.recv());
    }
    got
}
