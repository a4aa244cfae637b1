//! What is on the wire, octet by octet, seen through a plain socket and a TLS client without a socket.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::{Lab, Mode};
use crate::harness::Server;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Rst,
}

#[test]
fn in_place_of_the_server_hello() {
    const TLS_1_0: &[u8] = &[22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    const ALERT_40: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
    const ALERT_70: &[u8] = &[21, 3, 3, 0, 2, 2, 70];
    const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // The ServerHello is a handshake record, and its first message.
    const SERVER_HELLO: &[u8] = &[22, 3, 3];
    let rows: [(&str, &[u8], usize, End); 10] = [
        ("tls/alert-handshake-failure", ALERT_40, 7, End::Fin),
        ("tls/alert-protocol-version", ALERT_70, 7, End::Fin),
        ("tls/reset-at-client-hello", b"", 0, End::Rst),
        ("tls/close-at-client-hello", b"", 0, End::Fin),
        ("tls/reset-mid-server-hello", SERVER_HELLO, 20, End::Rst),
        ("tls/close-mid-server-hello", SERVER_HELLO, 20, End::Fin),
        ("tls/plain-text-for-server-hello", b"220 mx.mailfault.test ESMTP\r\n", 29, End::Fin),
        ("tls/garbage-for-server-hello", b"", 512, End::Fin),
        ("tls/http-for-server-hello", HTTP, HTTP.len(), End::Fin),
        ("tls/tls-1.0-server-hello", TLS_1_0, 47, End::Fin),
    ];
    let lab = Lab::new();
    for (scenario, begin, length, end) in rows {
        for mode in Mode::BOTH {
            let server = lab.serve(scenario);
            let mut stream = reach_tls(&server, mode);
            stream.write_all(&client_hello()).expect("a ClientHello");
            stream.shutdown(Shutdown::Write).expect("FIN");
            let (octets, how) = rest(&mut stream);
            assert!(octets.starts_with(begin), "{scenario} {mode:?}: {octets:?}");
            assert_eq!((octets.len(), how), (length, end), "{scenario} {mode:?}");
        }
    }
}

#[test]
fn the_clear_part_of_starttls() {
    const READY: &str = "220 2.0.0 Ready to start TLS\r\n";
    let injected = format!("{READY}250-mx.mailfault.test\r\n250 AUTH PLAIN LOGIN X-INJECTED\r\n235 2.7.0 Injected\r\n");
    for (scenario, reply, end) in [
        ("tls/smtp-injection", injected.as_str(), None),
        ("tls/starttls-then-reset", READY, Some(End::Rst)),
        ("tls/starttls-then-close", READY, Some(End::Fin)),
        ("tls/starttls-reset", "", Some(End::Rst)),
        ("tls/starttls-refused", "554 5.7.3 Unable to initialize security subsystem\r\n", None),
    ] {
        let server = Lab::new().serve(scenario);
        let mut stream = connect(&server.smtp);
        read_until(&mut stream, "\r\n");
        stream.write_all(b"EHLO client.test\r\n").expect("EHLO");
        read_until(&mut stream, "250 STARTTLS\r\n");
        stream.write_all(b"STARTTLS\r\n").expect("STARTTLS");
        // One write, so one segment, so one read has all of it.
        let mut buffer = [0; 4096];
        let first = stream.read(&mut buffer).map_or(&b""[..], |octets| &buffer[..octets]);
        assert_eq!(String::from_utf8_lossy(first), reply, "{scenario}");
        if let Some(end) = end.filter(|_| !reply.is_empty()) {
            assert_eq!(rest(&mut stream), (Vec::new(), end), "{scenario}");
        }
    }
}

#[test]
fn inside_tls() {
    // Octets on the wire after MAIL, the text in them, whether close_notify came, and the end.
    let rows = [
        ("tls/reset-mid-record", 12, "", false, End::Rst),
        ("tls/reset-mid-reply", 26, "250 ", false, End::Rst),
        ("tls/truncated-session", 0, "", false, End::Fin),
    ];
    for (scenario, octets, text, has_notify, end) in rows {
        let lab = Lab::new();
        let server = lab.serve(scenario);
        let mut session = Session::start(&server, Mode::Implicit);
        session.says("EHLO client.test\r\n");
        session.hears_until("250 AUTH PLAIN LOGIN\r\n");
        session.says("MAIL FROM:<a@client.test>\r\n");
        let found = session.rest();
        assert_eq!(
            (found.octets, found.text.as_str(), found.has_notify, found.end),
            (octets, text, has_notify, end),
            "{scenario}"
        );
    }
    for (scenario, has_notify) in [("tls/healthy", true), ("tls/no-close-notify", false)] {
        let lab = Lab::new();
        let server = lab.serve(scenario);
        let mut session = Session::start(&server, Mode::Implicit);
        session.says("QUIT\r\n");
        let found = session.rest();
        assert!(found.text.starts_with("221 "), "{scenario}: {}", found.text);
        assert_eq!((found.has_notify, found.end), (has_notify, End::Fin), "{scenario}");
    }
}

#[test]
fn one_bit_of_a_record_makes_all_of_it_unreadable() {
    let lab = Lab::new();
    let server = lab.serve("tls/corrupt-record");
    let mut session = Session::start(&server, Mode::Implicit);
    session.says("MAIL FROM:<a@client.test>\r\n");
    let error = session.hear().expect_err("a record that cannot be decrypted");
    assert_eq!(error, rustls::Error::DecryptError);
}

pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    stream
}

/// Connected, and after STARTTLS where that comes first.
fn reach_tls(server: &Server, mode: Mode) -> TcpStream {
    let mut stream = connect(&mode.address(server, "smtp"));
    if mode == Mode::Starttls {
        read_until(&mut stream, "\r\n");
        stream.write_all(b"EHLO client.test\r\n").expect("EHLO");
        read_until(&mut stream, "250 STARTTLS\r\n");
        stream.write_all(b"STARTTLS\r\n").expect("STARTTLS");
        read_until(&mut stream, "\r\n");
    }
    stream
}

pub fn read_until(stream: &mut TcpStream, end: &str) {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut octet = [0];
        stream.read_exact(&mut octet).expect("more");
        text.push(octet[0]);
    }
}

/// All octets to the end, and the end.
pub fn rest(stream: &mut TcpStream) -> (Vec<u8>, End) {
    let mut octets = Vec::new();
    match stream.read_to_end(&mut octets) {
        Ok(_) => (octets, End::Fin),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => (octets, End::Rst),
        Err(error) => panic!("{error}: {octets:?}"),
    }
}

fn client(roots: RootCertStore) -> ClientConnection {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3");
    let config = config.with_root_certificates(roots).with_no_client_auth();
    ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").expect("a name")).expect("a client")
}

/// A ClientHello as it goes over the wire.
pub fn client_hello() -> Vec<u8> {
    let mut octets = Vec::new();
    client(RootCertStore::empty()).write_tls(&mut octets).expect("memory");
    octets
}

/// An SMTP session inside TLS.
pub struct Session {
    stream: TcpStream,
    tls: ClientConnection,
    text: String,
}

/// What came until the end.
pub struct Found {
    octets: usize,
    pub text: String,
    has_notify: bool,
    end: End,
}

impl Session {
    /// TLS is up, and the greeting has been read.
    pub fn start(server: &Server, mode: Mode) -> Session {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_file(server.ready("ca_file")).expect("the root");
        roots.add(root).expect("a root");
        let mut session = Session { stream: reach_tls(server, mode), tls: client(roots), text: String::new() };
        if mode == Mode::Implicit {
            session.hears_until("\r\n");
        }
        session
    }

    pub fn says(&mut self, text: &str) {
        self.tls.writer().write_all(text.as_bytes()).expect("memory");
        self.flush();
    }

    fn flush(&mut self) {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.stream).expect("a connection");
        }
    }

    /// Reads on until what was said ends so, and forgets it.
    pub fn hears_until(&mut self, end: &str) {
        while !self.text.ends_with(end) {
            self.hear().expect("TLS");
        }
        self.text.clear();
    }

    /// One read from the wire.
    fn hear(&mut self) -> Result<(), rustls::Error> {
        self.flush();
        self.tls.read_tls(&mut self.stream).expect("a connection");
        self.take_in()
    }

    fn take_in(&mut self) -> Result<(), rustls::Error> {
        let state = self.tls.process_new_packets()?;
        let mut plain = vec![0; state.plaintext_bytes_to_read()];
        if !plain.is_empty() {
            self.tls.reader().read_exact(&mut plain).expect("plain text");
        }
        self.text.push_str(&String::from_utf8_lossy(&plain));
        Ok(())
    }

    /// All to the end.
    pub fn rest(mut self) -> Found {
        let (octets, end) = rest(&mut self.stream);
        let mut wire = octets.as_slice();
        while !wire.is_empty() {
            self.tls.read_tls(&mut wire).expect("memory");
            self.take_in().expect("TLS");
        }
        let has_notify = self.tls.process_new_packets().expect("TLS").peer_has_closed();
        Found { octets: octets.len(), text: self.text, has_notify, end }
    }
}
