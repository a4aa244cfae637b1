//! The conditions one by one and together, as tables of what a few connections do and what then fires.

mod conditions;
mod counting;
mod determinism;
mod gates;
mod misses;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::*;
use crate::fault::{Conditions, Glob, On, Op, Ranges, Step, Window};
use crate::proto::Ats;

const SMTP: usize = 0;
const IMAP: usize = 1;
const SMTPS: usize = 2;
const OTHER: usize = 3;

/// A fault that resets, at these moments; the rest is changed by what follows.
fn fault(name: &str, at: Ats) -> Fault {
    Fault {
        name: name.into(),
        on: On::Protocol(Protocol::Smtp),
        at,
        offset: 0,
        after: None,
        every: None,
        conditions: Conditions::default(),
        optional: false,
        program: program(&[Op::Reset { settle: Duration::from_millis(50) }]),
    }
}

fn with(name: &str, at: Ats, conditions: Conditions) -> Fault {
    Fault { conditions, ..fault(name, at) }
}

fn program(ops: &[Op]) -> Arc<Program> {
    Arc::new(Program::new(ops.iter().map(|op| Step { op: op.clone(), text: "step".into() }).collect()))
}

fn ranges(from: u64, to: impl Into<Option<u64>>) -> Option<Ranges> {
    Some(Ranges::List(vec![(from, to.into())]))
}

fn is(key: Key, pattern: &str) -> Where {
    Where { key, test: Test::Globs([Glob::new(pattern)].into()) }
}

fn window(from: u64, to: impl Into<Option<u64>>) -> Option<Window> {
    Some(Window { from: Duration::from_secs(from), to: to.into().map(Duration::from_secs) })
}

/// What a client has said: one or several values of a key.
#[derive(Default)]
struct Known(BTreeMap<Key, Vec<&'static str>>);

impl Known {
    fn new(facts: &[(Key, &'static str)]) -> Self {
        let mut known = Known::default();
        for (key, value) in facts {
            known.0.entry(*key).or_default().push(value);
        }
        known
    }
}

impl Facts for Known {
    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.get(&key).is_some_and(|values| values.iter().any(|value| test(value)))
    }
}

/// An engine with four listeners and a clock that is set by hand, in seconds.
struct House {
    engine: Engine,
    start: Instant,
}

impl House {
    fn new(faults: &[Fault]) -> Self {
        House::seeded(faults, 7)
    }

    fn seeded(faults: &[Fault], seed: u64) -> Self {
        let listener = |name: &str, protocol, implicit_tls| Listener { name: name.into(), protocol, implicit_tls };
        let listeners = [
            listener("smtp", Protocol::Smtp, false),
            listener("imap", Protocol::Imap, false),
            listener("smtps", Protocol::Smtp, true),
            listener("other", Protocol::Smtp, false),
        ];
        let start = Instant::now();
        House { engine: Engine::new(faults, seed, &listeners, start), start }
    }

    fn connect(&self, listener: usize) -> Client {
        self.connect_from(listener, 1)
    }

    fn connect_from(&self, listener: usize, peer: u8) -> Client {
        self.engine.connect(listener, IpAddr::V4(Ipv4Addr::new(10, 0, 0, peer)))
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    fn decide(&self, client: &mut Client, at: Ats, facts: &[(Key, &'static str)], seconds: u64) -> Decision {
        self.engine.decide(client, Moment::new(at), &Known::new(facts), self.at(seconds))
    }

    /// Names of those that fire.
    fn fires(&self, client: &mut Client, at: Ats) -> String {
        self.fires_with(client, at, &[], 0)
    }

    fn fires_with(&self, client: &mut Client, at: Ats, facts: &[(Key, &'static str)], seconds: u64) -> String {
        names(&self.decide(client, at, facts, seconds))
    }

    fn nearest(&self) -> Vec<String> {
        self.engine.unfired().into_iter().map(|unfired| unfired.nearest).collect()
    }
}

fn names(decision: &Decision) -> String {
    decision.fired.iter().map(|fired| &*fired.name).collect::<Vec<_>>().join(" ")
}

fn shadowed(decision: &Decision) -> String {
    decision.shadowed.iter().map(|shadowed| &*shadowed.name).collect::<Vec<_>>().join(" ")
}
