//! A connection that starts with TLS, as long as no handshake comes about.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;

/// Longer than a client has for its part of a handshake.
const LONG: Duration = Duration::from_secs(3600);
const STALL: Op = Op::Stall(None);

#[tokio::test(start_paused = true)]
async fn a_fault_before_or_in_the_handshake_may_take_longer_than_a_client() {
    for at in [Ats::CONNECT, Ats::TLS] {
        let mut table = Table::with(vec![fault(at, vec![STALL])], true);
        table.client.write_all(&client_hello()).await.unwrap();
        tokio::time::sleep(LONG).await;
        table.client.shutdown().await.unwrap();
        assert_eq!(table.octets().await, b"", "{at}");
        let waited = table.events().into_iter().find_map(|event| match event.what {
            What::GaveUp { after, how: Ending::Fin, .. } => Some(after.as_secs()),
            _ => None,
        });
        assert_eq!(waited, Some(LONG.as_secs()), "{at}");
        assert_eq!(table.end(), (Side::Client, Ending::Fin, 0), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_finishes_its_hello_is_left_after_a_minute() {
    let hello = client_hello();
    for (octets, name) in [(&[][..], "no-hello"), (&hello[..1], "partial-hello"), (&hello[..hello.len() - 1], "partial-hello")] {
        let mut table = Table::with(vec![], true);
        table.client.write_all(octets).await.unwrap();
        assert_eq!(table.octets().await, b"");
        assert_eq!(table.started.elapsed().as_secs(), 60);
        assert_eq!(table.failures(), [format!("{name}: the client took longer than 60 s")]);
        assert_eq!(table.phase_at_the_end().await, "tls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_in_its_hello_is_journalled_with_how_far_it_came() {
    let hello = client_hello();
    for (octets, name) in [(&[][..], "no-hello"), (&hello[..hello.len() / 2], "partial-hello")] {
        let mut table = Table::with(vec![], true);
        table.client.write_all(octets).await.unwrap();
        table.client.shutdown().await.unwrap();
        assert_eq!(table.octets().await, b"");
        assert_eq!(table.failures(), [format!("{name}: the client left")]);
        assert_eq!(table.end(), (Side::Client, Ending::Fin, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_fault_takes_is_not_the_clients_time() {
    let mut table = Table::with(vec![fault(Ats::CONNECT, vec![delay(LONG)])], true);
    assert_eq!(table.octets().await, b"");
    assert_eq!(table.started.elapsed(), LONG + Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_place_of_a_hello_is_named_and_the_connection_ends() {
    const DECODE_ERROR: &[u8] = &[21, 3, 3, 0, 2, 2, 50];
    for (octets, alert, why) in [
        (&b"EHLO client.test\r\n"[..], DECODE_ERROR, "plain-text: "),
        (b"\xff\xfe\xfd\xfc\xfb\xfa", DECODE_ERROR, "garbage: "),
        (&[23, 3, 3, 0, 1, 0], &[], "unexpected-record: "),
    ] {
        let mut table = Table::with(vec![], true);
        table.client.write_all(octets).await.unwrap();
        assert_eq!(table.octets().await, alert, "{why}");
        let failures = table.failures();
        assert!(failures.len() == 1 && failures[0].starts_with(why), "{failures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_alert_of_a_client_that_got_no_handshake_is_journalled_by_name() {
    let not_tls = vec![send("220 no TLS here\r\n"), STALL];
    let mut table = Table::with(vec![fault(Ats::TLS, not_tls)], true);
    table.client.write_all(&client_hello()).await.unwrap();
    table.hears("220 no TLS here\r\n").await;
    table.client.write_all(&[21, 3, 1, 0, 2, 2, 70]).await.unwrap();
    table.client.shutdown().await.unwrap();
    assert_eq!(table.octets().await, b"");
    assert_eq!(table.alerts(), ["protocol_version"]);
}

#[tokio::test(start_paused = true)]
async fn a_flood_against_a_silent_tls_port_is_not_kept() {
    let mut table = Table::with(vec![fault(Ats::CONNECT, vec![STALL])], true);
    // More than a connection holds back, through a pipe that is smaller: it arrives only because it is read and dropped.
    table.client.write_all(&vec![22; 1 << 20]).await.unwrap();
    table.client.shutdown().await.unwrap();
    assert_eq!(table.octets().await, b"");
}

impl Table {
    /// All octets until the connection ends.
    async fn octets(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        self.client.read_to_end(&mut octets).await.unwrap();
        octets
    }

    fn failures(&self) -> Vec<String> {
        let why = |event: Event| match event.what {
            What::TlsFailed { why, .. } => Some(why.into()),
            _ => None,
        };
        self.events().into_iter().filter_map(why).collect()
    }

    fn alerts(&self) -> Vec<String> {
        let alert = |event: Event| match event.what {
            What::TlsFailed { alert, .. } => alert.map(String::from),
            _ => None,
        };
        self.events().into_iter().filter_map(alert).collect()
    }

    async fn phase_at_the_end(&mut self) -> String {
        drop(std::mem::replace(&mut self.client, tokio::io::duplex(1).0));
        tokio::time::sleep(SECOND).await;
        let phase = |event: Event| match event.what {
            What::End { phase, .. } => Some(phase.into()),
            _ => None,
        };
        self.events().into_iter().find_map(phase).expect("the connection has not ended")
    }
}

fn client_hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}
