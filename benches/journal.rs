//! What an event costs the thread that runs the connections, and what it costs the journal's thread.
//!
//! `record/*` is the figure that counts against a connection: the aim is below 0.2 us an event, the journal's own thread running beside it.

// The function that `criterion_group!` makes has no doc comment.
#![allow(missing_docs)]

use std::hint::black_box;
use std::io;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mailfault::journal::{Event, Journal, JsonLines, Limits, Recorder, Sink, Span, Style, Transcript, What, take};
use mailfault::proto::Ats;

const LINE: &[u8] = b"RCPT TO:<bob@example.test> NOTIFY=NEVER\r\n";

/// Takes everything, keeps nothing but a count of what it did not get: dropping is cheaper than recording, and must not be what is measured.
#[derive(Default)]
struct Nowhere(u64);

impl Sink for Nowhere {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        if let What::Dropped { events, octets } = event.what {
            self.0 += events + octets;
        }
        black_box((event, octets));
    }
}

fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(1));
    let (journal, recorder) = Journal::start(vec![Box::new(Nowhere::default())], Limits::default());
    for (name, recorder) in [("no-sink", Recorder::to_nowhere()), ("one-sink", recorder)] {
        group.bench_function(format!("{name}/moment"), |bencher| {
            bencher.iter(|| recorder.event(1, What::Moment { at: black_box(Ats::RCPT), offset: 0 }));
        });
        group.bench_function(format!("{name}/line"), |bencher| bencher.iter(|| recorder.received(1, black_box(LINE))));
        group.bench_function(format!("{name}/16KiB"), |bencher| {
            bencher.iter(|| recorder.received(1, black_box(&[b'x'; 16 << 10])))
        });
    }
    group.finish();
    let dropped = take::<Nowhere>(&mut journal.finish()).map(|sink| sink.0);
    eprintln!("dropped while recording (events and octets): {}", dropped.unwrap_or_default());
}

fn sinks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sink");
    group.throughput(Throughput::Elements(2));
    let span = Span { start: 0, kept: LINE.len() as u32, total: LINE.len() as u64 };
    let events =
        [What::Received(span), What::Moment { at: Ats::RCPT, offset: 0 }].map(|what| Event { ns: 123_456_789, conn: 1, what });
    let mut json = JsonLines::new(io::sink(), "nowhere");
    let mut transcript = Transcript::new(io::sink(), Style::default());
    let mut bench = |name: &str, sink: &mut dyn Sink| {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (),
                |()| {
                    events
                        .iter()
                        .for_each(|event| sink.event(event, if matches!(event.what, What::Received(_)) { LINE } else { b"" }))
                },
                BatchSize::SmallInput,
            );
        });
    };
    bench("json", &mut json);
    bench("transcript", &mut transcript);
    group.finish();
}

criterion_group!(benches, record, sinks);
criterion_main!(benches);
