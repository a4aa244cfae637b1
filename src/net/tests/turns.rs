//! One thread serves everybody: who keeps it busy does not keep it.

use std::task::{Context, Waker};

use tokio::io::AsyncRead;

use super::*;
use crate::net::out::Out;

#[tokio::test]
async fn others_are_served_while_an_answer_is_prepared() {
    let (mut long, mut other) = (Table::new(vec![]), Table::new(vec![]));
    long.say("long\nx\n").await;
    long.hears("hello\n").await;
    other.say("y\n").await;
    other.hears("hello\nok y\n").await;
    assert!(!long.says_something());
    long.released.store(true, Ordering::Release);
    long.hears("ok long\nok x\n").await;
}

#[tokio::test]
async fn a_fault_at_age_comes_in_time_while_an_answer_is_prepared() {
    let age = Some(Duration::from_millis(20));
    for ops in [vec![Op::Cut(Cut::At(3))], vec![]] {
        let mut table = Table::new(vec![fault(Ats::NOOP, ops), timed_fault(Ats::AGE, age, vec![RESET])]);
        table.say("long\n").await;
        table.hears("hello\n").await;
        assert_eq!(table.rest().await, "");
        assert!(table.was_reset());
    }
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_an_answer_that_is_prepared() {
    let mut table = Table::new(vec![]);
    table.say("long\n").await;
    table.hears("hello\n").await;
    table.signal.raise(Signal::STOP);
    assert_eq!(table.rest().await, "");
}

#[tokio::test]
async fn a_client_that_reads_whatever_comes_has_its_turn_like_others() {
    let (socket, _peer, _) = MemorySocket::pair(1 << 20);
    let mut out = Out::default();
    for _ in 0..3 {
        out.push(Rope::text(vec![b'x'; 100_000]));
    }
    let (mut cx, mut told) = (Context::from_waker(Waker::noop()), 0);
    let written = |octets: &[u8], _| told += octets.len();
    let flushed = out.poll_flush(&mut cx, &mut Socket::Memory(socket), None, &mut Vec::new(), || true, written);
    assert!(flushed.is_pending());
    assert_eq!((told, out.len()), (100_000, 200_000));
}

impl Table {
    /// Whether there is something to read.
    fn says_something(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let mut octets = [0];
        let mut octets = tokio::io::ReadBuf::new(&mut octets);
        std::pin::Pin::new(&mut self.client).poll_read(&mut cx, &mut octets).is_ready()
    }
}
