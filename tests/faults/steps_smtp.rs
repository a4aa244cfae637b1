//! What a fault does, over SMTP.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, End, MAIL, end_of, events, send_mail};
use crate::harness::{Scenario, Server};

fn serve(text: &str) -> Server {
    Server::start(Scenario::Text(text.to_owned()))
}

/// One server for many steps: the client's EHLO says which one it wants at NOOP.
fn serve_noops(steps: &[(&str, &str, &str, End)]) -> Server {
    let fault = |&(name, steps, ..): &(&str, &str, &str, End)| {
        format!("[[fault]]\nname = \"{name}\"\non = \"smtp\"\nat = \"NOOP\"\nwhere = {{ ehlo = \"{name}\" }}\ndo = {steps}\n")
    };
    serve(&steps.iter().map(fault).collect::<String>())
}

#[test]
fn what_the_steps_write_is_what_arrives() {
    use End::{Fin, Rst};
    const OK: &str = "250 2.0.0 Ok\r\n";
    let steps = [
        ("pass", "\"pass\"", OK, Fin),
        ("pass-after-cut", "[{ cut = 3 }, { delay = \"5ms\" }, \"pass\"]", OK, Fin),
        ("cut-after-cut", "[{ cut = 3 }, { cut = 5 }, \"close\"]", "250 2", Fin),
        ("cut-then-from-the-end", "[{ cut = 3 }, { cut = -2 }, \"reset\"]", "250 2.0.0 Ok", Rst),
        ("nothing-more", "[{ cut = 3 }, \"no-reply\"]", "250", Fin),
        ("no-reply", "\"no-reply\"", "", Fin),
        ("reply", "{ reply = \"451 4.3.0 no\" }", "451 4.3.0 no\r\n", Fin),
        ("reply-of-lines", "{ reply = \"550 one\\ntwo\\n550-three\" }", "550-one\r\n550-two\r\n550 three\r\n", Fin),
        ("two-replies", "[{ reply = \"250 one\" }, { reply = \"250 two\" }]", "250 one\r\n250 two\r\n", Fin),
        ("reply-and-pass", "[{ reply = \"250 one\" }, \"pass\"]", "250 one\r\n250 2.0.0 Ok\r\n", Fin),
        ("reply-221-does-not-close", "[{ reply = \"221 bye\" }, { send = \"still here\" }]", "221 bye\r\nstill here", Fin),
        ("send", "{ send = \"25\" }", "25", Fin),
        ("send-hex", "{ send_hex = \"0d 0a 7f\" }", "\r\n\x7f", Fin),
        ("send-repeat", "{ send = \"ab\", repeat = 4 }", "abababab", Fin),
        ("send-repeat-every", "{ send = \"ab\", repeat = 3, every = \"5ms\" }", "ababab", Fin),
        ("rewrite", "{ rewrite = { find = '(\\d)\\.(\\d)', with = \"${2}_$1\" } }", "250 0_2.0 Ok\r\n", Fin),
        ("rewrite-line-ends", "[{ rewrite = { find = \"\\r\\n\", with = \"\\n\" } }, \"pass\"]", "250 2.0.0 Ok\n", Fin),
        ("rewrite-a-reply", "[{ rewrite = { find = \"one\", with = \"two\" } }, { reply = \"250 one\" }]", "250 two\r\n", Fin),
        (
            "rewrite-what-follows-only",
            "[{ send = \"Ok \" }, { rewrite = { find = \"Ok\", with = \"Ko\" } }, \"pass\"]",
            "Ok 250 2.0.0 Ko\r\n",
            Fin,
        ),
        ("rewrite-then-cut", "[{ rewrite = { find = \"250\", with = \"9\" } }, { cut = 3 }, \"close\"]", "9 2", Fin),
        ("corrupt", "{ corrupt = { at = 0 } }", "", Fin),
        ("dribble", "[{ dribble = { bytes = 4, every = \"5ms\" } }, \"pass\"]", OK, Fin),
        ("delay", "{ delay = { min = \"20ms\", max = \"40ms\" } }", OK, Fin),
        ("stall-for-a-while", "[{ stall = \"20ms\" }, \"pass\"]", OK, Fin),
        ("stop-reading-for-a-while", "[{ stop-reading = \"20ms\" }, \"pass\"]", OK, Fin),
        ("reset", "[\"pass\", \"reset\"]", OK, Rst),
    ];
    let server = serve_noops(&steps);
    for (name, _, said, end) in steps {
        let mut client = Client::ehlo(&server.smtp, name);
        let start = Instant::now();
        client.say("NOOP");
        let waits = matches!(name, "delay" | "stall-for-a-while" | "stop-reading-for-a-while" | "dribble");
        if end == End::Fin {
            // Whatever was said, the conversation goes on: the next command is answered, and QUIT ends it.
            client.say("RSET");
            client.say("QUIT");
        }
        let (got, ended) = client.rest_text();
        let after = "250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n";
        let closes = got == said && end == End::Fin;
        let expected = if end == End::Fin && !closes { format!("{said}{after}") } else { said.to_owned() };
        if name == "corrupt" {
            let octet = got.as_bytes()[0] ^ b'2';
            assert!(octet.is_power_of_two() && got[1..] == format!("{OK}{after}")[1..], "one bit of the first octet: {got:?}");
        } else {
            assert_eq!((got.as_str(), ended), (expected.as_str(), end), "{name}");
        }
        assert!(!waits || start.elapsed() >= Duration::from_millis(15), "{name}: {:?}", start.elapsed());
    }
    server.stop_with_code(0);
}

#[test]
fn injected_octets_leave_in_the_segment_of_the_reply() {
    let server = serve("[[fault]]\non = \"smtp\"\nat = \"NOOP\"\ndo = [\"pass\", { send = \"250 injected\\r\\n\" }]\n");
    for _ in 0..50 {
        let mut client = Client::ehlo(&server.smtp, "a");
        client.say("NOOP");
        assert_eq!(String::from_utf8_lossy(&client.recv()), "250 2.0.0 Ok\r\n250 injected\r\n");
    }
    server.stop_with_code(0);
}

#[test]
fn pipelined_replies_leave_together_also_around_a_faulted_one() {
    let server = serve("[[fault]]\non = \"smtp\"\nat = \"RCPT\"\nnth = 2\nper = \"connection\"\ndo = { reply = \"550 no\" }\n");
    let mut client = Client::ehlo(&server.smtp, "a");
    client.write("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@mailfault.test>\r\nRCPT TO:<d@mailfault.test>\r\nRCPT TO:<e@mailfault.test>\r\nDATA\r\n");
    let replies = String::from_utf8_lossy(&client.recv()).into_owned();
    let codes: Vec<&str> = replies.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "550", "250", "354"], "in one segment");
    client.write(MAIL);
    assert!(client.reply().starts_with("250 "));
    let stopped = server.stop_with_code(0);
    let message = events(&stopped.journal, "message").next().expect("a message");
    assert_eq!(message["recipients"], serde_json::json!(["c@mailfault.test", "e@mailfault.test"]));
}

#[test]
fn the_same_seed_makes_the_same_noise() {
    let noise = |seed: &str| {
        let faults = "[[fault]]\non = \"smtp\"\nat = \"greeting\"\ndo = [{ garbage = 512 }, { garbage = 512 }, \"close\"]\n";
        let server = Server::start_with(Scenario::Text(faults.to_owned()), &["--seed", seed]);
        let noise = [(); 2].map(|()| Client::connect(&server.smtp).rest().0);
        server.stop_with_code(0);
        noise
    };
    let first = noise("1");
    assert_eq!(first.each_ref().map(Vec::len), [1024, 1024]);
    assert_ne!(first[0][..512], first[0][512..]);
    assert_ne!(first[0], first[1]);
    assert_eq!(first, noise("1"));
    assert_ne!(first, noise("2"));
}

#[test]
fn dribble_and_repeat_keep_their_pauses_and_their_pieces() {
    let server = serve(
        "[[fault]]\non = \"smtp\"\nat = \"greeting\"\nconnections = 1\ndo = { dribble = { bytes = 8, every = \"25ms\" } }\n\
         [[fault]]\non = \"smtp\"\nat = \"greeting\"\nconnections = 2\ndo = [{ send = \"12345678\", repeat = 5, every = \"25ms\" }, \"close\"]\n",
    );
    for whole in [39, 40] {
        let mut client = Client::connect(&server.smtp);
        let start = Instant::now();
        assert_eq!(client.exactly(8).len(), 8);
        client.exactly(whole - 8);
        assert!(start.elapsed() >= Duration::from_millis(95), "four pauses, not {:?}", start.elapsed());
    }
    server.stop_with_code(0);
}

#[test]
fn a_client_that_gives_up_is_journalled_with_the_time_and_the_way() {
    let steps = [
        ("fin-stall", "\"stall\"", true),
        ("rst-stall", "\"stall\"", false),
        ("fin-delay", "{ delay = \"1500ms\" }", true),
        ("rst-delay", "{ delay = \"5s\" }", false),
        ("fin-for-a-while", "{ stall = \"1500ms\" }", true),
        ("fin-deaf", "\"stop-reading\"", true),
        ("rst-deaf", "\"stop-reading\"", false),
    ];
    let fault = |(name, step, _): &(&str, &str, bool)| {
        format!("[[fault]]\nname = \"{name}\"\non = \"smtp\"\nat = \"NOOP\"\nwhere = {{ ehlo = \"{name}\" }}\ndo = {step}\n")
    };
    let server = serve(&steps.iter().map(fault).collect::<String>());
    thread::scope(|scope| {
        for (name, _, fin) in steps {
            let server = &server;
            scope.spawn(move || {
                let mut client = Client::ehlo(&server.smtp, name);
                client.say("NOOP");
                thread::sleep(Duration::from_millis(150));
                if !fin {
                    socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).expect("an RST");
                }
            });
        }
    });
    server.await_events("end", steps.len());
    let stopped = server.stop_with_code(0);
    let gave_up = |name: &str| events(&stopped.journal, "gave-up").find(|event| event["fault"] == name).expect("it gave up");
    for (name, step, fin) in steps {
        let event = gave_up(name);
        assert_eq!(event["how"], if fin { "fin" } else { "rst" }, "{event}");
        assert_eq!(event["step"].as_str(), Some(step), "{event}");
        let after = event["after"].as_f64().unwrap_or_default();
        // A socket that is not read is looked at every 100 ms.
        assert!((0.14..1.0).contains(&after), "{event}");
        let end = end_of(&stopped.journal, event["conn"].as_u64().unwrap_or_default());
        assert_eq!((&end["by"], &end["how"]), (&"client".into(), &event["how"]), "{end}");
    }
    assert_eq!(events(&stopped.journal, "gave-up").count(), steps.len(), "once each");
}

#[test]
fn stop_reading_blocks_the_clients_writes() {
    let server =
        serve("[[fault]]\nname = \"deaf\"\non = \"smtp\"\nat = \"content\"\nafter_bytes = \"64 KiB\"\ndo = \"stop-reading\"\n");
    let mut client = Client::ehlo(&server.smtp, "a");
    client.ask("MAIL FROM:<a@b.test>");
    client.ask("RCPT TO:<c@mailfault.test>");
    client.ask("DATA");
    client.stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a time-out");
    let (line, mut written) = ("x".repeat(998) + "\r\n", 0);
    let blocked = loop {
        match client.stream.write(line.repeat(64).as_bytes()) {
            Ok(octets) => written += octets,
            Err(error) => break error.kind(),
        }
        assert!(written < 64 << 20, "the writes never block");
    };
    assert_eq!(blocked, ErrorKind::WouldBlock);
    assert!(written > 65_536);
    // A FIN would wait behind what cannot be sent, and nobody could see it.
    socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).expect("an RST");
    drop(client);
    server.await_events("end", 1);
    let stopped = server.stop_with_code(0);
    let event = events(&stopped.journal, "gave-up").next().expect("it gave up");
    assert!(event["after"].as_f64().is_some_and(|after| after >= 0.3), "{event}");
    assert!(end_of(&stopped.journal, 1)["received"].as_u64().is_some_and(|received| received < 1 << 20), "the rest was not read");
}

#[test]
fn a_reply_of_another_class_undoes_or_does_the_command() {
    let server = serve(
        "[smtp]\nrecipients_limit = 1\n[[user]]\nname = \"alice\"\npassword = \"secret\"\n\
         [[fault]]\nname = \"550\"\non = \"smtp\"\nat = \"RCPT\"\nwhere = { recipient = \"alice+no@*\" }\ndo = { reply = \"550 no\" }\n\
         [[fault]]\nname = \"251\"\non = \"smtp\"\nat = \"RCPT\"\nwhere = { recipient = \"alice+yes@*\" }\ndo = { reply = \"251 yes\" }\n\
         [[fault]]\nname = \"250\"\non = \"smtp\"\nat = \"RCPT\"\nwhere = { recipient = \"nobody@*\" }\ndo = { reply = \"250 yes\" }\n\
         [[fault]]\nname = \"mail\"\non = \"smtp\"\nat = \"MAIL\"\nwhere = { sender = \"no@*\" }\ndo = { reply = \"451 no\" }\n\
         [[fault]]\nname = \"235\"\non = \"smtp\"\nat = \"AUTH\"\nwhere = { ehlo = \"in\" }\ntimes = 1\ndo = { reply = \"235 yes\" }\n\
         [[fault]]\nname = \"354\"\non = \"smtp\"\nat = \"DATA\"\nwhere = { ehlo = \"no-data\" }\ndo = { reply = \"452 no\" }\n",
    );
    let mut client = Client::ehlo(&server.smtp, "a");
    assert!(client.ask("AUTH PLAIN AGFsaWNlAHdyb25n").starts_with("535"));
    assert_eq!(client.ask("MAIL FROM:<no@x.test>"), "451 no");
    assert!(client.ask("RCPT TO:<alice@mailfault.test>").starts_with("503"), "MAIL was undone");
    client.ask("MAIL FROM:<a@x.test>");
    assert_eq!(client.ask("RCPT TO:<alice+no@mailfault.test>"), "550 no");
    assert!(client.ask("DATA").starts_with(['4', '5']), "there is no recipient");
    assert_eq!(client.ask("RCPT TO:<alice+yes@mailfault.test>"), "251 yes");
    assert!(client.ask("RCPT TO:<somebody@mailfault.test>").starts_with("452"), "the healthy server takes one recipient");
    assert_eq!(client.ask("RCPT TO:<nobody@mailfault.test>"), "250 yes");
    assert!(client.ask("DATA").starts_with("354"));
    client.write(MAIL);
    assert!(client.reply().starts_with("250"));

    let mut client = Client::ehlo(&server.smtp, "in");
    assert_eq!(client.ask("AUTH PLAIN AGFsaWNlAHdyb25n"), "235 yes");
    assert!(client.ask("AUTH PLAIN AGFsaWNlAHNlY3JldA==").starts_with("503"), "is logged in");

    let mut client = Client::ehlo(&server.smtp, "no-data");
    assert_eq!(send_mail(&mut client, "a@x.test", "alice@mailfault.test"), "452 no");
    assert!(client.ask("NOOP").starts_with("250"), "a command, not content");
    let stopped = server.stop_with_code(0);
    let message = events(&stopped.journal, "message").next().expect("a message");
    assert_eq!(message["recipients"], serde_json::json!(["alice+yes@mailfault.test", "nobody@mailfault.test"]));
}

#[test]
fn what_becomes_of_a_message_and_what_is_said_of_it_are_two_things() {
    // The steps, the reply, and whether the message is stored.
    let cases = [
        ("lost-250", "\"reset\"", "", true),
        ("cut-250", "[{ cut = 3 }, \"close\"]", "250", true),
        ("silent", "\"no-reply\"", "", true),
        ("lying-250", "[\"lose\", \"pass\"]", "250 2.0.0 Ok: queued\r\n", false),
        ("refused", "{ reply = \"451 no\" }", "451 no\r\n", false),
        ("stored-451", "[\"store\", { reply = \"451 x\" }]", "451 x\r\n", true),
        ("late-store", "[{ reply = \"451 x\" }, \"store\"]", "451 x\r\n", true),
        ("lost-reset", "[\"lose\", \"reset\"]", "", false),
        ("stalled", "\"stall\"", "", true),
        ("other-250", "{ reply = \"250 fine\" }", "250 fine\r\n", true),
        ("send-451", "{ send = \"451 raw\\r\\n\" }", "451 raw\r\n", true),
    ];
    let fault = |(name, steps, ..): &(&str, &str, &str, bool)| {
        format!("[[fault]]\nname = \"{name}\"\non = \"smtp\"\nat = \"message\"\nwhere = {{ ehlo = \"{name}\" }}\ndo = {steps}\n")
    };
    let server = serve(&cases.iter().map(fault).collect::<String>());
    for (name, _, said, _) in cases {
        let mut client = Client::ehlo(&server.smtp, name);
        client.ask(&format!("MAIL FROM:<{name}@x.test>"));
        client.ask("RCPT TO:<alice@mailfault.test>");
        client.ask("DATA");
        client.write(MAIL);
        client.stream.shutdown(Shutdown::Write).expect("a FIN");
        assert_eq!(client.rest_text().0, said, "{name}");
    }
    server.await_events("end", cases.len());
    // What was stored can be read.
    let mut reader = Client::selected(&server.imap, "alice");
    let there = reader.imap("UID SEARCH ALL")[0].split(' ').skip(2).count();
    assert_eq!(there, cases.iter().filter(|case| case.3).count());
    let stopped = server.stop_with_code(0);
    for (name, _, _, stored) in cases {
        let sender = format!("{name}@x.test");
        let message = events(&stopped.journal, "message").find(|message| message["sender"] == sender.as_str()).expect("an event");
        assert_eq!(message["stored"], stored, "{name}: {message}");
    }
}

#[test]
fn hidden_and_offered_capabilities_are_shown_so_and_nothing_more() {
    let server = serve(
        "[[fault]]\non = \"smtp\"\nat = \"connect\"\nconnections = 1\ndo = [{ hide = [\"auth\"] }, { offer = [\"XYZ\"] }]\n\
         [[fault]]\non = \"smtp\"\nat = \"EHLO\"\nconnections = 2\ntimes = 1\ndo = { hide = [\"PIPELINING\", \"SIZE\"] }\n",
    );
    let ehlo = |client: &mut Client| {
        client.say("EHLO a");
        client
            .until("250 ")
            .iter()
            .skip(1)
            .map(|line| line[4..].split(' ').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let mut client = Client::greeted(&server.smtp);
    for _ in 0..2 {
        let shown = ehlo(&mut client);
        assert!(shown.contains(&"XYZ".to_owned()) && !shown.contains(&"AUTH".to_owned()), "for the connection: {shown:?}");
    }
    assert!(client.ask("AUTH PLAIN AGEAYg==").starts_with("235"), "hidden is not refused");
    let mut client = Client::greeted(&server.smtp);
    let (first, second) = (ehlo(&mut client), ehlo(&mut client));
    assert!(!first.contains(&"PIPELINING".to_owned()) && !first.contains(&"SIZE".to_owned()), "{first:?}");
    assert!(second.contains(&"PIPELINING".to_owned()) && second.contains(&"SIZE".to_owned()), "for one reply: {second:?}");
    server.stop_with_code(0);
}
