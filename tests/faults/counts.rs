//! Limits that count: how many logins, messages and recipients, by whom, and for how long.

use std::thread;
use std::time::Duration;

use super::wire::{Client, events, fired, send_mail};
use crate::harness::{Scenario, Server};

const LOCK: &str = "auth/locked-after-failed-logins";

fn credentials(user: &str, password: &str) -> String {
    // Base64 of what is short enough to be written down here.
    let plain = match (user, password) {
        ("test", "test") => "AHRlc3QAdGVzdA==",
        ("test", _) => "AHRlc3QAd3Jvbmc=",
        _ => "AGJvYgB3cm9uZw==",
    };
    format!("AUTH PLAIN {plain}")
}

/// The code and the words after it.
fn said(reply: &str) -> &str {
    reply.split_once(' ').map_or("", |(_, text)| text)
}

#[test]
fn three_failed_logins_lock_the_user_everywhere_and_nobody_else() {
    let server = Server::start(LOCK);
    let mut client = Client::ehlo(&server.smtp, "guesser");
    let guesses: Vec<String> = (0..4).map(|_| client.ask(&credentials("test", "wrong"))).collect();
    assert!(guesses[..3].iter().all(|reply| reply.starts_with("535 5.7.8")), "{guesses:?}");
    assert_eq!(guesses[3], "454 4.7.0 Too many failed logins, try again in five minutes");
    // The right password, another connection and the other protocol do not help; another user is not concerned.
    let mut other = Client::ehlo(&server.smtp, "owner");
    assert!(other.ask(&credentials("test", "test")).starts_with("454 4.7.0"));
    assert!(other.ask(&credentials("bob", "wrong")).starts_with("535 5.7.8"));
    let refused = Client::greeted(&server.imap).imap("LOGIN test test");
    assert_eq!(refused, ["a NO [LIMIT] Too many failed logins, try again in five minutes"]);
    let stopped = server.stop();
    assert_eq!(fired(&stopped.journal, "failed"), [1]);
}

#[test]
fn a_lock_holds_for_commands_in_one_write() {
    let server = Server::start(LOCK);
    let mut client = Client::ehlo(&server.smtp, "guesser");
    let wrong = format!("{}\r\n", credentials("test", "wrong"));
    client.write(format!("{}{}\r\n", wrong.repeat(3), credentials("test", "test")));
    let codes: Vec<String> = (0..4).map(|_| client.reply().chars().take(3).collect()).collect();
    assert_eq!(codes, ["535", "535", "535", "454"]);
}

#[test]
fn a_lock_holds_for_connections_at_once_and_no_guess_slips_through() {
    let server = Server::start(LOCK);
    let refused: usize = thread::scope(|scope| {
        let guess = || {
            (0..10).filter(|_| Client::greeted(&server.imap).imap("LOGIN test wrong")[0].contains("AUTHENTICATIONFAILED")).count()
        };
        let all: Vec<_> = (0..8).map(|_| scope.spawn(guess)).collect();
        all.into_iter().map(|one| one.join().expect("a client")).sum()
    });
    assert_eq!(refused, 3, "all further ones are locked out");
}

#[test]
fn a_lock_ends_and_the_time_scale_shortens_it() {
    // A minute and five minutes, a thousandth of each.
    let server = Server::start_with(LOCK, &["--time-scale", "0.001"]);
    let mut client = Client::greeted(&server.imap);
    let mut login = |password: &str| client.imap(&format!("LOGIN test {password}"))[0].clone();
    // Whether three failures fall into sixty milliseconds is for the machine to say.
    let locked = (0..200).find(|_| login("wrong").contains("[LIMIT]"));
    assert!(locked.is_some());
    thread::sleep(Duration::from_millis(320));
    assert!(login("test").starts_with("a OK"));
    server.stop();
}

#[test]
fn failed_logins_of_an_address_close_the_door_to_it() {
    let server = Server::start("auth/address-locked-after-failed-logins");
    for user in ["a", "b", "c", "d", "e"] {
        let refused = Client::greeted(&server.imap).imap(&format!("LOGIN {user} x"));
        assert!(refused[0].starts_with("a NO [AUTHENTICATIONFAILED]"), "{refused:?}");
    }
    assert_eq!(Client::connect(&server.imap).rest_text().0, "* BYE Too many failed logins from your address\r\n");
    assert_eq!(Client::connect(&server.smtp).rest_text().0, "421 4.7.0 Too many failed logins from your address\r\n");
    server.stop();
}

#[test]
fn recipients_and_messages_of_a_day_are_counted_over_connections() {
    let server = Server::start("smtp/daily-recipients");
    let mut refused = Vec::new();
    for connection in 0..3 {
        let mut client = Client::ehlo(&server.smtp, "sender");
        client.ask(&credentials("test", "test"));
        client.ask("MAIL FROM:<test@mailfault.test>");
        // In one write, as a client does that sends commands without waiting.
        client.write((0..200).map(|n| format!("RCPT TO:<r{n}@x.test>\r\n")).collect::<String>());
        let no = (0..200).filter(|_| client.reply().starts_with("550 5.7.1 ")).count();
        refused.push((connection, no));
    }
    assert_eq!(refused, [(0, 0), (1, 0), (2, 100)], "five hundred are allowed");
    server.stop();
    let server = Server::start("smtp/daily-messages");
    let mut client = Client::ehlo(&server.smtp, "sender");
    let replies: Vec<String> = (0..102).map(|_| send_mail(&mut client, "a@b.test", "test@mailfault.test")).collect();
    assert!(replies[..100].iter().all(|reply| reply.starts_with("250 ")), "{replies:?}");
    assert!(replies[100..].iter().all(|reply| said(reply).starts_with("5.4.5 ")), "{replies:?}");
    server.stop();
}

#[test]
fn a_limit_that_lost_count_is_told() {
    let rate = "[[fault]]\nname = \"rate\"\non = \"smtp\"\nat = \"NOOP\"\nnth = 200000\nwithin = \"1h\"\noptional = true\ndo = \"reset\"\n";
    let server = Server::start_with(Scenario::Text(rate.to_owned()), &["--quiet"]);
    let mut client = Client::ehlo(&server.smtp, "a");
    let mut writer = client.stream.try_clone().expect("the same socket");
    thread::scope(|scope| {
        scope.spawn(move || {
            std::io::Write::write_all(&mut writer, "NOOP\r\n".repeat(100_003).as_bytes()).expect("the server takes it")
        });
        for _ in 0..100_003 {
            client.line();
        }
    });
    let stopped = server.stop();
    let told: Vec<_> =
        events(&stopped.journal, "limit").map(|event| (event["name"].as_str(), event["dropped"].as_u64())).collect();
    assert_eq!(told, [(Some("times of `within`"), Some(3))]);
}
