//! Which of the moments: every condition, met and not met.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, events, fired, send_mail};
use crate::harness::{Scenario, Server};

fn serve(text: &str) -> Server {
    Server::start(Scenario::Text(text.to_owned()))
}

#[test]
fn every_key_of_where_lets_the_client_pick_its_fault() {
    const EHLO: &str = "EHLO me";
    const MAIL: &str = "MAIL FROM:<s@x.test>";
    // A condition, its moment, what goes before, and the same command with a value that does not fit and with one that does.
    let cases: [(&str, &str, &[&str], &str, &str); 8] = [
        ("ehlo = \"vic*\"", "EHLO", &[], "EHLO bystander", "EHLO victim"),
        ("ehlo = \"me\"", "NOOP", &["EHLO you", "NOOP"], "HELO you", "EHLO me\r\nNOOP"),
        ("tls = false", "NOOP", &[EHLO], "RSET", "NOOP"),
        ("user = \"alice\"", "AUTH", &[EHLO], "AUTH PLAIN x", "AUTH PLAIN AGFsaWNlAGI="),
        ("mechanism = \"login\"", "credentials", &[EHLO], "AUTH PLAIN x", "AUTH LOGIN YQ==\r\nYg=="),
        ("sender = \"*@slow.test\"", "MAIL", &[EHLO], "MAIL FROM:<a@fast.test>\r\nRSET", "MAIL FROM:<a@SLOW.test>"),
        ("recipient = \"b?b@*\"", "RCPT", &[EHLO, MAIL], "RCPT TO:<boob@x.test>", "RCPT TO:<bob@x.test>"),
        ("argument = \"hello *\"", "NOOP", &[EHLO], "NOOP world", "NOOP hello world"),
    ];
    let fault = |(n, (condition, at, ..)): (usize, &(&str, &str, &[&str], &str, &str))| {
        let place = format!("on = \"smtp\"\nat = \"{at}\"\nconnections = {}\nwhere = {{ {condition} }}", n + 1);
        format!("[[fault]]\n{place}\ndo = {{ reply = \"250 struck\" }}\n")
    };
    let server = serve(&cases.iter().enumerate().map(fault).collect::<String>());
    for (condition, _, before, other, fits) in cases {
        let mut client = Client::greeted(&server.smtp);
        let mut last = |commands: &str| commands.split("\r\n").map(|line| client.ask(line)).last().unwrap_or_default();
        for line in before {
            assert_ne!(last(line), "250 struck", "{condition}: {line}");
        }
        assert_ne!(last(other), "250 struck", "{condition}: {other}");
        assert_eq!(last(fits), "250 struck", "{condition}: {fits}");
    }
    server.stop_with_code(0);
}

#[test]
fn imap_conditions_know_user_mailbox_and_mechanism() {
    let server = serve(
        "[[fault]]\nname = \"user\"\non = \"imap\"\nat = \"NOOP\"\nwhere = { user = \"alice\" }\ndo = { reply = \"NO user\" }\n\
         [[fault]]\nname = \"mailbox\"\non = \"imap\"\nat = [\"SELECT\", \"CHECK\"]\nwhere = { mailbox = \"Archive*\" }\ndo = { reply = \"OK mailbox\" }\n\
         [[fault]]\nname = \"mechanism\"\non = \"imap\"\nat = \"credentials\"\nwhere = { mechanism = \"PLAIN\" }\ndo = { reply = \"OK mechanism\" }\n",
    );
    let mut bob = Client::login(&server.imap, "bob");
    assert_eq!(bob.imap("NOOP"), ["a OK NOOP completed"]);
    bob.imap("CREATE Archive-1");
    assert_eq!(bob.imap("SELECT INBOX").last().map(String::as_str), Some("a OK [READ-WRITE] SELECT completed"));
    assert_eq!(bob.imap("CHECK"), ["a OK CHECK completed"]);
    assert_eq!(bob.imap("SELECT Archive-1"), ["a OK mailbox"]);
    assert_eq!(bob.imap("CHECK"), ["a OK mailbox"], "the one that is selected");
    let mut alice = Client::login(&server.imap, "alice");
    assert_eq!(alice.imap("NOOP"), ["a NO user"]);
    assert_eq!(Client::greeted(&server.imap).imap("AUTHENTICATE PLAIN AGEAYg=="), ["a OK mechanism"]);
    server.stop_with_code(0);
}

#[test]
fn fired_is_about_earlier_on_this_connection() {
    let server = serve(
        "[[fault]]\nname = \"mark\"\non = \"smtp\"\nat = \"EHLO\"\nwhere = { ehlo = \"marked\" }\ndo = { delay = \"0ms\" }\n\
         [[fault]]\nname = \"then\"\non = \"smtp\"\nat = [\"EHLO\", \"NOOP\"]\nwhere = { fired = \"mark\" }\ndo = { reply = \"451 then\" }\n",
    );
    let mut marked = Client::ehlo(&server.smtp, "marked");
    let mut other = Client::ehlo(&server.smtp, "other");
    assert_eq!(marked.ask("NOOP"), "451 then");
    assert_eq!(other.ask("NOOP"), "250 2.0.0 Ok");
    server.stop_with_code(0);
}

#[test]
fn connections_are_counted_by_protocol_or_by_listener() {
    let server = serve(
        "[[listen]]\nname = \"smtp\"\n[[listen]]\nname = \"imap\"\n[[listen]]\nname = \"relay\"\nprotocol = \"smtp\"\n\
         [[fault]]\nname = \"second of smtp\"\non = \"smtp\"\nat = \"greeting\"\nconnections = 2\ndo = { reply = \"220 second\" }\n\
         [[fault]]\nname = \"second of relay\"\non = \"relay\"\nat = \"greeting\"\nconnections = \"2-3\"\ndo = { reply = \"220 relay\" }\n\
         [[fault]]\nname = \"every third of each\"\nat = \"greeting\"\nconnections = \"every 3\"\ndo = { reply = { smtp = \"220 third\", imap = \"OK third\" } }\n",
    );
    let relay = server.listener("relay");
    let greetings: Vec<String> = [&server.smtp, &relay, &server.imap, &relay, &relay, &server.imap, &server.imap, &relay]
        .into_iter()
        .map(|address| {
            Client::connect(address).reply().split_once(' ').map_or(String::new(), |(_, text)| text.chars().take(8).collect())
        })
        .collect();
    assert_eq!(greetings, ["mx.mailf", "second", "OK [CAPA", "relay", "relay", "OK [CAPA", "OK third", "mx.mailf"]);
    let stopped = server.stop_with_code(0);
    // The third of smtp was also the second of relay, which came first in the file.
    let shadowed: Vec<_> =
        events(&stopped.journal, "fault").filter(|event| event["shadowed"] == true).map(|event| &event["conn"]).collect();
    assert_eq!(shadowed, [4]);
}

#[test]
fn nth_counts_matches_also_in_a_window_that_slides() {
    let server = serve(
        "[[fault]]\nname = \"odd\"\non = \"smtp\"\nat = \"NOOP\"\nnth = \"every 5\"\ndo = { reply = \"250 struck\" }\n\
         [[fault]]\nname = \"own\"\non = \"smtp\"\nat = \"RSET\"\nnth = 2\nper = \"connection\"\ndo = { reply = \"250 struck\" }\n\
         [[fault]]\nname = \"rate\"\non = \"smtp\"\nat = \"VRFY\"\nnth = \"3-\"\nwithin = \"600ms\"\ndo = { reply = \"450 slow down\" }\n",
    );
    let mut one = Client::ehlo(&server.smtp, "one");
    let mut two = Client::ehlo(&server.smtp, "two");
    let struck = |reply: String| reply == "250 struck";
    let noops: Vec<bool> = (1..=10).map(|n| struck(if n % 2 == 0 { one.ask("NOOP") } else { two.ask("NOOP") })).collect();
    assert_eq!(noops, [false, false, false, false, true, false, false, false, false, true], "over all connections");
    for client in [&mut one, &mut two] {
        assert_eq!([(); 3].map(|()| struck(client.ask("RSET"))), [false, true, false], "on each");
    }
    let mut vrfy = |n: usize| (0..n).map(|_| one.ask("VRFY x").starts_with("450")).collect::<Vec<_>>();
    assert_eq!(vrfy(4), [false, false, true, true]);
    thread::sleep(Duration::from_millis(650));
    assert_eq!(vrfy(3), [false, false, true], "the window has gone on");
    server.stop_with_code(0);
}

#[test]
fn concurrent_counts_what_is_open_now() {
    let server = serve(
        "[[fault]]\nname = \"full\"\non = \"smtp\"\nat = \"greeting\"\nconcurrent = \"3-\"\ndo = [{ reply = \"421 full\" }, \"close\"]\n",
    );
    let (one, two) = (Client::greeted(&server.smtp), Client::greeted(&server.smtp));
    assert_eq!(Client::connect(&server.smtp).reply(), "421 full");
    server.await_events("end", 1);
    drop(one);
    server.await_events("end", 2);
    assert!(Client::connect(&server.smtp).reply().starts_with("220 "), "there is room again");
    drop(two);
    assert_eq!(fired(&server.stop_with_code(0).journal, "full"), [3]);
}

#[test]
fn the_same_seed_breaks_the_same_connections_also_twenty_at_once() {
    let broken = |seed: &str| -> BTreeSet<u64> {
        let fault = "[[fault]]\nname = \"sporadic\"\non = \"smtp\"\nat = \"NOOP\"\nchance = 0.3\ndo = { reset = \"0ms\" }\n";
        let server = Server::start_with(Scenario::Text(fault.to_owned()), &["--seed", seed]);
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    for _ in 0..3 {
                        let mut client = Client::ehlo(&server.smtp, "a");
                        client.say("NOOP");
                        // The reset may have come before it.
                        let _ = client.stream.shutdown(std::net::Shutdown::Write);
                        client.rest();
                    }
                });
            }
        });
        let stopped = server.stop_with_code(0);
        assert_eq!(events(&stopped.journal, "draw").count(), 60);
        fired(&stopped.journal, "sporadic").into_iter().collect()
    };
    let first = broken("11");
    assert!((6..=30).contains(&first.len()), "about 18 of 60: {first:?}");
    assert_eq!(first, broken("11"));
    assert_ne!(first, broken("12"));
}

#[test]
fn times_is_the_most_in_all_or_in_each_scope() {
    let server = serve(
        "[[fault]]\nname = \"in all\"\non = \"smtp\"\nat = \"NOOP\"\ntimes = 2\ndo = { reply = \"250 struck\" }\n\
         [[fault]]\nname = \"each\"\non = \"smtp\"\nat = \"RCPT\"\ntimes = 1\nper = \"recipient\"\ndo = { reply = \"450 struck\" }\n",
    );
    let mut struck = Vec::new();
    for _ in 0..2 {
        let mut client = Client::ehlo(&server.smtp, "a");
        struck.extend([client.ask("NOOP"), client.ask("NOOP")].map(|reply| reply == "250 struck"));
        client.ask("MAIL FROM:<s@x.test>");
        for recipient in ["a", "b", "a"] {
            struck.push(client.ask(&format!("RCPT TO:<{recipient}@mailfault.test>")) == "450 struck");
        }
    }
    assert_eq!(struck, [true, true, true, true, false, false, false, false, false, false]);
    server.stop_with_code(0);
}

#[test]
fn during_is_a_window_since_the_start() {
    let server = serve(
        "[[fault]]\nname = \"window\"\non = \"smtp\"\nat = \"NOOP\"\nduring = \"200ms-500ms\"\ndo = { reply = \"450 struck\" }\n",
    );
    let mut client = Client::ehlo(&server.smtp, "a");
    let start = Instant::now();
    let mut changes = vec![client.ask("NOOP").starts_with('4')];
    while changes.len() < 3 {
        let struck = client.ask("NOOP").starts_with('4');
        if changes.last() != Some(&struck) {
            changes.push(struck);
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{changes:?}");
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(changes, [false, true, false]);
    let stopped = server.stop_with_code(0);
    let times: Vec<f64> = events(&stopped.journal, "fault").filter_map(|event| event["t"].as_f64()).collect();
    assert!(times.iter().all(|time| (0.2..0.8).contains(time)), "{times:?}");
}

#[test]
fn greylisting_is_for_each_triple_from_its_first_try() {
    // A minute is 300 ms.
    let server = Server::start_with("smtp/greylisting", &["--time-scale", "0.005"]);
    let mut client = Client::ehlo(&server.smtp, "a");
    let send = |client: &mut Client, sender: &str| {
        let reply = send_mail(client, sender, "alice@mailfault.test");
        client.ask("RSET");
        reply
    };
    assert!(send(&mut client, "one@x.test").starts_with("451 4.7.1 "));
    thread::sleep(Duration::from_millis(320));
    assert!(send(&mut client, "one@x.test").starts_with("250 "), "its minute is over");
    assert!(send(&mut client, "two@x.test").starts_with("451 4.7.1 "), "another triple, a minute of its own");
    server.stop_with_code(0);
}

#[test]
fn faults_of_one_moment_run_in_file_order_up_to_the_first_that_speaks() {
    let server = serve(
        "[[fault]]\nname = \"hide\"\non = \"smtp\"\nat = \"EHLO\"\ndo = { hide = [\"PIPELINING\"] }\n\
         [[fault]]\nname = \"wait\"\non = \"smtp\"\nat = \"command\"\ntimes = 1\ndo = { delay = \"100ms\" }\n\
         [[fault]]\nname = \"first\"\non = \"smtp\"\nat = \"EHLO\"\ndo = [\"pass\", { send = \"first\\r\\n\" }]\n\
         [[fault]]\nname = \"second\"\non = \"smtp\"\nat = \"EHLO\"\ndo = { reply = \"250 second\" }\n\
         [[fault]]\nname = \"third\"\non = \"smtp\"\nat = \"EHLO\"\ndo = { offer = [\"THIRD\"] }\n",
    );
    let mut client = Client::greeted(&server.smtp);
    let start = Instant::now();
    client.say("EHLO a");
    let lines = client.until("first");
    assert!(start.elapsed() >= Duration::from_millis(100));
    assert!(!lines.iter().any(|line| line.contains("PIPELINING") || line.contains("THIRD")), "{lines:?}");
    assert!(client.ask("NOOP").starts_with("250 2.0.0"), "`second` said nothing");
    // `second` and `third` matched and never fired: nothing was tested with them.
    let stopped = server.stop_with_code(3);
    let faults: Vec<_> = events(&stopped.journal, "fault")
        .map(|event| (event["fault"].as_str().unwrap_or_default(), event["shadowed"] == true))
        .collect();
    assert_eq!(faults, [("hide", false), ("wait", false), ("first", false), ("second", true), ("third", true)]);
    let nearest = events(&stopped.journal, "unfired").map(|event| event["nearest"].as_str().unwrap_or_default());
    assert!(nearest.clone().count() == 2 && nearest.into_iter().all(|nearest| nearest.contains("`first`")), "{}", stopped.output);
}
