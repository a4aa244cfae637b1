//! What a moment costs when faults are armed: none, a few, very many.

#![allow(missing_docs)] // `criterion_group!` makes a public function.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use mailfault::fault::{Conditions, Engine, Facts, Fault, Glob, Listener, On, Op, Program, Ranges, Step, Test, Where};
use mailfault::proto::{Ats, Key, Moment, Protocol};

/// A session that knows a recipient.
struct Recipient(&'static str);

impl Facts for Recipient {
    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        key == Key::Recipient && test(self.0)
    }
}

fn engine(faults: usize, conditions: impl Fn(usize) -> Conditions) -> Engine {
    let program = Arc::new(Program::new(vec![Step { op: Op::Pass, text: "\"pass\"".into() }]));
    let fault = |n| Fault {
        name: format!("fault-{n}").into(),
        on: On::Protocol(Protocol::Smtp),
        at: Ats::RCPT,
        offset: 0,
        after: None,
        every: None,
        conditions: conditions(n),
        optional: false,
        program: program.clone(),
    };
    let listener = Listener { name: "smtp".into(), protocol: Protocol::Smtp, implicit_tls: false };
    Engine::new(&(1..=faults).map(fault).collect::<Vec<_>>(), 1, &[listener], Instant::now())
}

fn decide(c: &mut Criterion) {
    let now = Instant::now();
    let picked_by_client = |n| Conditions {
        wheres: vec![Where { key: Key::Recipient, test: Test::Globs([Glob::new(&format!("*+test{n}@example.test"))].into()) }],
        ..Conditions::default()
    };
    let other_connection = |_| Conditions { connections: Some(Ranges::List(vec![(0, Some(0))])), ..Conditions::default() };
    for faults in [0, 1, 100, 10_000] {
        let mut bench = |what: &str, engine: Engine, at: Ats| {
            let mut client = engine.connect(0, IpAddr::V4(Ipv4Addr::LOCALHOST));
            let facts = Recipient("somebody@example.test");
            c.bench_function(&format!("{faults} faults, {what}"), |b| {
                b.iter(|| black_box(engine.decide(&mut client, black_box(Moment::new(at)), &facts, now)));
            });
        };
        bench("none wants the moment", engine(faults, picked_by_client), Ats::MAIL | Ats::COMMAND);
        bench("each misses at `connections`", engine(faults, other_connection), Ats::RCPT | Ats::COMMAND);
        bench("each misses at `where`", engine(faults, picked_by_client), Ats::RCPT | Ats::COMMAND);
    }
    let firing = engine(1, |_| Conditions::default());
    let mut client = firing.connect(0, IpAddr::V4(Ipv4Addr::LOCALHOST));
    c.bench_function("1 fault, it fires", |b| {
        b.iter(|| black_box(firing.decide(&mut client, black_box(Moment::new(Ats::RCPT)), &(), now)));
    });
}

criterion_group!(benches, decide);
criterion_main!(benches);
