//! A healthy server, whose authority a client is made to trust in one step.

use super::{Lab, Mode, curl, events, javamail, python};
use crate::clients;
use crate::clients::javamail::Tried;

#[test]
fn javamail_sends_and_reads() {
    if !clients::javamail::is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    let mut client = javamail::Client::new();
    for mode in Mode::BOTH {
        client.visits(&server, mode);
        client.does(&["smtp-send", "imap-poll"]);
    }
    let said = |text: &str| Tried::Said(text.to_owned());
    let tried = javamail::run_trusting(client, &server);
    assert_eq!(tried, [said("sent 1"), said("Message 1, Message 2, probe 1"), said("sent 1"), said("probe 2")]);
    check_connections(server.stop_with_code(0), None);
}

#[test]
fn python_sends_and_reads() {
    if !clients::python::is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    let mut client = python::Client::default();
    for mode in Mode::BOTH {
        client.visits(&server, mode);
        client.does(&["smtp-send", "imap-poll"]);
    }
    let said = |text: &str| (true, text.to_owned());
    let sent = said("sent, refused: {}");
    assert_eq!(client.run(), [sent.clone(), said("Message 1, Message 2, probe 1"), sent, said("probe 3")]);
    check_connections(server.stop_with_code(0), Some("localhost"));
}

#[test]
fn curl_sends_and_reads() {
    if !clients::curl::is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    for mode in Mode::BOTH {
        let (sent, read) = (curl::send(&server, mode, "60"), curl::fetch(&server, mode, "60"));
        assert_eq!((sent.code, read.code), (Some(0), Some(0)), "{}{}", sent.stderr, read.stderr);
        assert!(read.stdout.contains("Subject: Message 1\r\n"), "{}", read.stdout);
    }
    // It sends the same message twice: that is for the verdict to say.
    check_connections(server.stop_with_code(1), Some("localhost"));
}

/// Four connections, each in TLS 1.3. Java sends no server name for `localhost`.
fn check_connections(stopped: crate::harness::Stopped, sni: Option<&str>) {
    let hellos: Vec<_> = events(&stopped, "hello").map(|event| event["sni"].as_str()).collect();
    assert_eq!(hellos, [sni; 4], "{}", stopped.output);
    let offered: Vec<_> = events(&stopped, "hello").map(|event| event["versions"][0].as_str()).collect();
    assert_eq!(offered, [Some("1.3"); 4], "{}", stopped.output);
    let versions: Vec<_> = events(&stopped, "secured").map(|event| event["version"].as_str()).collect();
    assert_eq!(versions, [Some("1.3"); 4], "{}", stopped.output);
}
