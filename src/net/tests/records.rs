//! TLS below the driver, with both sides in memory: what a client's records may not do.

use std::io::{Read, Write};
use std::task::{Context, Poll, Waker};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;
use crate::certs::{Authority, Choice};
use crate::net::driver::Stage;
use crate::net::out::Out;
use crate::net::tls::{BATCH, Progress, Tls};

#[test]
fn what_comes_behind_close_notify_is_not_waited_for() {
    let (mut tls, mut client) = shaken();
    client.writer().write_all(b"QUIT\r\n").unwrap();
    client.send_close_notify();
    let mut wire = said(&mut client);
    // More than the TLS library takes in one read.
    wire.extend_from_slice(&[0; 100_000]);
    let mut plain = Vec::new();
    let progress = tls.feed(&wire, &mut plain).unwrap();
    assert_eq!((progress, plain.as_slice()), (Progress { closed: true, ..Progress::default() }, &b"QUIT\r\n"[..]));
    assert!(tls.feed(b"more", &mut plain).unwrap().closed);
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_one_batch_of_records() {
    let (mut tls, _client) = shaken();
    let (socket, _peer, _) = MemorySocket::pair(1000);
    let mut out = Out::default();
    out.push(Rope::text(vec![b'x'; 1 << 20]));
    let mut told = 0;
    let mut cx = Context::from_waker(Waker::noop());
    let flushed = out.poll_flush(
        &mut cx,
        &mut Socket::Memory(socket),
        Some(&mut tls),
        &mut Vec::new(),
        || false,
        |octets, _| told += octets.len(),
    );
    assert!(matches!(flushed, Poll::Pending));
    assert_eq!(told, BATCH);
    assert_eq!(out.len(), (1 << 20) - BATCH as u64);
    assert!(tls.output().len() < BATCH + 4096, "{}", tls.output().len());
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_gets_all_that_was_said_before_an_ending() {
    let (tls, mut client) = shaken();
    let reset = Op::Reset { settle: Duration::ZERO };
    let (_journal, recorder) = Journal::start(Vec::new(), Limits::default());
    let shared = Arc::new(Shared::for_tests(&[fault(Ats::NOOP, vec![Op::Pass, reset])], recorder));
    let (socket, mut wire, _) = MemorySocket::pair(1000);
    let (seat, watch) = shared.seat();
    let manner = Manner { protocol: Protocol::Smtp, implicit_tls: false };
    let session = Box::new(Parrot::default());
    let mut connection = Connection::new(Socket::Memory(socket), session, shared, seat, manner, watch, Arc::default());
    connection.tls = Some(Box::new(tls));
    connection.stage = Stage::Talking;
    tokio::spawn(connection);
    let line = "x".repeat(10_000);
    client.writer().write_all(format!("{line}\n").as_bytes()).unwrap();
    let (mut reader, mut writer) = tokio::io::split(&mut wire);
    let octets = said(&mut client);
    let writing = async { writer.write_all(&octets).await.unwrap() };
    let mut heard = String::new();
    let reading = async {
        let mut piece = [0; 500];
        // Half a second for each: ten seconds in all.
        while let Ok(count @ 1..) = reader.read(&mut piece).await {
            hears(&mut client, &piece[..count]);
            let _ = client.reader().read_to_string(&mut heard);
            tokio::time::sleep(SECOND / 2).await;
        }
    };
    tokio::join!(writing, reading);
    assert_eq!(heard, format!("ok {line}\n"));
}

/// Both sides after the handshake.
fn shaken() -> (Tls, ClientConnection) {
    let authority = Authority::in_memory(&["localhost".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut tls = Tls::new();
    assert!(tls.feed(&said(&mut client), &mut Vec::new()).unwrap().hello);
    let flight = tls.first_flight(authority.server_config(&Choice::default()).unwrap()).unwrap_or_else(|_| panic!()).to_vec();
    hears(&mut client, &flight);
    assert!(tls.feed(&said(&mut client), &mut Vec::new()).unwrap().secured);
    let tickets = tls.output().to_vec();
    tls.wrote(tickets.len());
    hears(&mut client, &tickets);
    (tls, client)
}

fn said(client: &mut ClientConnection) -> Vec<u8> {
    let mut wire = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut wire).unwrap();
    }
    wire
}

fn hears(client: &mut ClientConnection, mut wire: &[u8]) {
    while !wire.is_empty() {
        client.read_tls(&mut wire).unwrap();
        client.process_new_packets().unwrap();
    }
}
