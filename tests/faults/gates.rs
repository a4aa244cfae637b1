//! Ports that are closed, or answer no SYN, for a while.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Client, End, events};
use crate::harness::{Scenario, Server};

fn serve(text: &str) -> Server {
    Server::start(Scenario::Text(text.to_owned()))
}

/// How a try to connect ends: `None` is a connection.
fn try_connect(address: &str, patience: Duration) -> Option<ErrorKind> {
    let address: SocketAddr = address.parse().expect("an address");
    TcpStream::connect_timeout(&address, patience).err().map(|error| error.kind())
}

/// Tries again and again until it is answered so.
fn until(address: &str, wanted: Option<ErrorKind>, patience: Duration) {
    let start = Instant::now();
    loop {
        let got = try_connect(address, patience);
        if got == wanted {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{got:?} and never {wanted:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_port_that_refuses_from_the_start_refuses_the_first_client() {
    let fault = "[[fault]]\nname = \"closed\"\non = \"smtp\"\nat = \"connect\"\nduring = \"0s-400ms\"\ndo = \"refuse\"\n";
    for _ in 0..5 {
        let server = serve(fault);
        assert_eq!(try_connect(&server.smtp, Duration::from_secs(1)), Some(ErrorKind::ConnectionRefused));
        assert!(Client::connect(&server.imap).reply().starts_with("* OK"), "the other listener is open");
        until(&server.smtp, None, Duration::from_secs(1));
        assert!(Client::connect(&server.smtp).reply().starts_with("220 "), "the same port");
        let stopped = server.stop_with_code(0);
        let gates: Vec<_> = events(&stopped.journal, "gate").map(|gate| (gate["how"].as_str(), gate["open"] == true)).collect();
        // `smtp` and `smtps`: both are listeners of SMTP.
        assert_eq!(gates, [false, false, true, true].map(|open| (Some("refuse"), open)));
        assert_eq!(events(&stopped.journal, "unseen").count(), 1);
    }
}

#[test]
fn a_port_refuses_in_a_later_window_and_keeps_the_connections_it_has() {
    let server = serve("[[fault]]\non = \"smtp\"\nat = \"connect\"\nduring = \"300ms-600ms\"\ndo = \"refuse\"\n");
    let mut before = Client::ehlo(&server.smtp, "before");
    until(&server.smtp, Some(ErrorKind::ConnectionRefused), Duration::from_secs(1));
    assert!(before.ask("NOOP").starts_with("250 "), "what is open stays open");
    until(&server.smtp, None, Duration::from_secs(1));
    assert!(Client::connect(&server.smtp).reply().starts_with("220 "));
    server.stop_with_code(0);
}

#[test]
fn a_black_hole_answers_no_syn_and_serves_afterwards() {
    for during in ["0s-500ms", "200ms-700ms"] {
        let server = serve(&format!("[[fault]]\nat = \"connect\"\nduring = \"{during}\"\ndo = \"blackhole\"\n"));
        for address in [&server.smtp, &server.imap] {
            until(address, Some(ErrorKind::TimedOut), Duration::from_millis(60));
        }
        // A client that waits is served by its second SYN, a second later: nothing was refused.
        let mut client = Client::connect(&server.smtp);
        assert!(client.reply().starts_with("220 "), "{during}");
        assert_eq!((client.ask("QUIT").as_str(), client.rest().1), ("221 2.0.0 Bye", End::Fin));
        assert!(Client::connect(&server.imap).reply().starts_with("* OK"));
        let stopped = server.stop_with_code(0);
        let gates = events(&stopped.journal, "gate").filter(|gate| gate["how"] == "blackhole");
        assert_eq!(gates.count(), 8, "closed and opened, four listeners");
        assert_eq!(events(&stopped.journal, "unseen").count(), 1);
    }
}

#[test]
fn one_window_after_the_other() {
    let server = serve(
        "[[fault]]\non = \"smtp\"\nat = \"connect\"\nduring = \"0s-300ms\"\ndo = \"refuse\"\n\
         [[fault]]\non = \"smtp\"\nat = \"connect\"\nduring = \"300ms-600ms\"\ndo = \"blackhole\"\n",
    );
    assert_eq!(try_connect(&server.smtp, Duration::from_secs(1)), Some(ErrorKind::ConnectionRefused));
    until(&server.smtp, Some(ErrorKind::TimedOut), Duration::from_millis(60));
    until(&server.smtp, None, Duration::from_millis(200));
    server.stop_with_code(0);
}
