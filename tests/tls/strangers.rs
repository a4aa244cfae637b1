//! What is no ClientHello, sent to a port where one is due: a bounded time, little memory, and a name in the journal.

use std::io::Write;
use std::net::Shutdown;

use super::wire::{client_hello, connect, rest};
use super::{Lab, Mode, events};

#[test]
fn each_is_named_in_the_journal() {
    let hello = client_hello();
    let half = &hello[..hello.len() / 2];
    let huge = [&[22, 3, 1, 0xff, 0xff][..], &[1; 70_000]].concat();
    let rows: [(&str, &[u8], &str); 8] = [
        ("nothing", b"", "no-hello"),
        ("one octet", &hello[..1], "partial-hello"),
        ("half a ClientHello", half, "partial-hello"),
        ("plain SMTP", b"EHLO client.test\r\n", "plain-text"),
        ("plain IMAP", b"a LOGIN user password\r\n", "plain-text"),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "plain-text"),
        ("noise", &[0xff; 512], "garbage"),
        ("a record that is too long", &huge, "hello-too-long"),
    ];
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    for (what, octets, _) in rows {
        for protocol in ["smtp", "imap"] {
            let mut stream = connect(&Mode::Implicit.address(&server, protocol));
            // The server may be gone before all of it is written.
            let _ = stream.write_all(octets);
            let _ = stream.shutdown(Shutdown::Write);
            let (heard, _) = rest(&mut stream);
            assert!(heard.is_empty() || matches!(heard[..], [21, 3, _, 0, 2, 2, _]), "{what}: {heard:?}");
        }
    }
    server.await_events("end", 16);
    let stopped = server.stop_with_code(0);
    for (connection, (what, _, name)) in rows.iter().flat_map(|row| [row, row]).enumerate() {
        let own = events(&stopped, "tls-failed").find(|event| event["conn"] == connection + 1);
        let why = own.and_then(|event| event["why"].as_str()).unwrap_or_default();
        assert!(why.starts_with(&format!("{name}: ")), "{what}: {why:?}");
    }
}
