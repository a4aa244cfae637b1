use super::super::{Keep, Kept, take};
use super::*;
use crate::mail::{Message, Note, Transaction};

fn keeping(limits: Limits) -> (Journal, Recorder, Kept) {
    let (keep, kept) = Keep::new(100_000, 1 << 30);
    let (journal, recorder) = Journal::start(vec![Box::new(keep)], limits);
    (journal, recorder, kept)
}

/// `received 5/5 hello`: connection's number, kind, octets kept and there were, and the octets.
fn lines(kept: &Kept) -> Vec<String> {
    let line = |(event, octets): (Event, Box<[u8]>)| match event.what {
        What::Received(span) => format!("#{} received {}/{} {}", event.conn, span.kept, span.total, octets.escape_ascii()),
        What::Sent(span) => format!("#{} sent {}/{} {}", event.conn, span.kept, span.total, octets.escape_ascii()),
        What::Dropped { events, octets } => format!("#{} dropped {events} {octets}", event.conn),
        other => format!("#{} {other:?}", event.conn),
    };
    kept.events().into_iter().map(line).collect()
}

/// Never wakes by itself within a test: only `sync` and `finish` move events.
fn slow() -> Limits {
    Limits { interval: Duration::from_secs(3600), ..Limits::default() }
}

#[test]
fn events_arrive_in_order_with_their_octets_and_rising_times() {
    let (journal, recorder, kept) = keeping(slow());
    recorder.received(1, b"EHLO x\r\n");
    recorder.event(1, What::Note(Note::Goodbye));
    recorder.sent(2, b"250 ok\r\n");
    recorder.sync();
    assert_eq!(lines(&kept), ["#1 received 8/8 EHLO x\\r\\n", "#1 Note(Goodbye)", "#2 sent 8/8 250 ok\\r\\n"]);
    recorder.received(1, b"again");
    journal.finish();
    assert_eq!(lines(&kept)[3..], ["#1 received 5/5 again"]);
    assert!(kept.events().is_sorted_by_key(|(event, _)| event.ns));
}

#[test]
fn an_operation_is_kept_up_to_its_limit_and_says_how_much_there_was() {
    let (journal, recorder, kept) = keeping(Limits { payload: 3, ..slow() });
    recorder.sent(1, b"abcdef");
    journal.finish();
    assert_eq!(lines(&kept), ["#1 sent 3/6 abc"]);
}

#[test]
fn a_full_batch_drops_payload_then_events_and_says_so_in_their_place() {
    let (journal, recorder, kept) = keeping(Limits { events: 3, octets: 4, wake_octets: 1 << 20, ..slow() });
    for _ in 0..5 {
        recorder.sent(1, b"abc");
    }
    recorder.sync();
    recorder.sent(1, b"xyz");
    journal.finish();
    assert_eq!(lines(&kept), ["#1 sent 3/3 abc", "#1 sent 1/3 a", "#1 sent 0/3 ", "#0 dropped 2 11", "#1 sent 3/3 xyz"]);
}

#[test]
fn messages_that_wait_are_bounded_too() {
    let message = |octets: usize| {
        let transaction = Transaction {
            sender: "".into(),
            recipients: Vec::new(),
            user: None,
            helo: "x".into(),
            body: Default::default(),
            utf8: false,
            message: Arc::new(Message::new(vec![b'x'; octets].into())),
        };
        What::Note(Note::Message { transaction: Arc::new(transaction), stored: false })
    };
    let (journal, recorder, kept) = keeping(Limits { octets: 4, wake_octets: 1 << 20, ..slow() });
    for octets in [10, 7, 6] {
        recorder.event(1, message(octets));
    }
    journal.finish();
    let octets = |(event, _): (Event, _)| match event.what {
        What::Dropped { events, octets } => (events, octets),
        what => (0, what.message_octets() as u64),
    };
    assert_eq!(kept.events().into_iter().map(octets).collect::<Vec<_>>(), [(0, 10), (0, 6), (1, 7)]);
}

#[test]
fn a_large_batch_wakes_the_thread_without_waiting() {
    let (keep, kept) = Keep::new(10, 1 << 20);
    let (told, tell) = (std::sync::mpsc::channel(), keep);
    struct Tell(Keep, std::sync::mpsc::Sender<()>);
    impl Sink for Tell {
        fn event(&mut self, event: &Event, octets: &[u8]) {
            self.0.event(event, octets);
        }
        fn flush(&mut self) {
            let _ = self.1.send(());
        }
    }
    let (journal, recorder) = Journal::start(vec![Box::new(Tell(tell, told.0))], Limits { wake_events: 2, ..slow() });
    recorder.sent(1, b"a");
    recorder.sent(1, b"b");
    told.1.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(kept.events().len(), 2);
    journal.finish();
}

#[test]
fn octets_that_no_sink_wants_are_not_copied() {
    struct Count(u64);
    impl Sink for Count {
        fn event(&mut self, event: &Event, octets: &[u8]) {
            assert!(octets.is_empty());
            if let What::Sent(span) = event.what {
                self.0 += span.total;
            }
        }
        fn wants_octets(&self) -> bool {
            false
        }
    }
    let (journal, recorder) = Journal::start(vec![Box::new(Count(0))], slow());
    recorder.sent(1, b"abc");
    assert_eq!(recorder.0.lock().arena.capacity(), 0);
    let mut sinks = journal.finish();
    assert_eq!(take::<Count>(&mut sinks).map(|count| count.0), Some(3));
    assert!(take::<Count>(&mut sinks).is_none());
}

#[test]
fn nothing_hangs_without_sinks_or_after_the_end() {
    let recorder = Recorder::to_nowhere();
    recorder.sent(1, b"abc");
    recorder.sync();
    let (journal, recorder, kept) = keeping(slow());
    journal.finish();
    recorder.sent(1, b"late");
    recorder.sync();
    assert_eq!(lines(&kept), [""; 0]);
}

#[test]
fn a_sink_that_panics_takes_nobody_with_it() {
    struct Bad;
    impl Sink for Bad {
        fn event(&mut self, _: &Event, _: &[u8]) {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    let (journal, recorder) = Journal::start(vec![Box::new(Bad)], slow());
    recorder.sent(1, b"abc");
    recorder.sync();
    assert!(journal.finish().is_empty());
}

#[test]
fn a_burst_leaves_little_memory_behind() {
    let (journal, recorder, _kept) = keeping(Limits { interval: Duration::from_millis(1), ..Limits::default() });
    for _ in 0..10_000 {
        recorder.sent(1, &[b'x'; 100]);
    }
    recorder.sync();
    let capacity = || {
        let batch = recorder.0.lock();
        batch.resting.then(|| batch.events.capacity() * size_of::<Event>() + batch.arena.capacity())
    };
    // The thread goes to rest after an interval without events; its own buffers shrink at the same time.
    let at_rest = loop {
        match capacity() {
            Some(capacity) => break capacity,
            None => std::thread::yield_now(),
        }
    };
    assert!(at_rest * 2 < 200_000, "{at_rest}");
    journal.finish();
}
