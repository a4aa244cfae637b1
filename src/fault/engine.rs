//! The armed faults of a server: asked at every moment which of them act, it weighs their conditions, counts, draws, and says what it decided.
//!
//! It does no I/O, reads no clock (the time is passed in) and writes no journal: whoever asks does that. One engine serves all connections, from any
//! thread. A fault without `on` stands once for each protocol; each of these is a `Track`, the unit that counts.
//!
//! A moment that no fault of its listener wants costs one test of a bit mask. Otherwise all faults of the listener are looked at, one mask test each;
//! should scenarios with very many faults need better, `Lane::slots` is the place for an index by connection ranges and by the literal parts of globs.

mod client;
mod lane;
mod track;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

pub use client::Client;
use lane::Lane;
pub use lane::{Gate, GateState, Listener, Timed, Watch};
use track::Track;

use super::counters::ScopeKey;
use super::miss::{Miss, Stage};
use super::{Fault, Program, Scope, Test, Where, draw};
use crate::proto::{Ats, Key, Moment, Protocol};

/// The armed faults with their counters.
pub struct Engine {
    seed: u64,
    /// When the scenario was loaded.
    loaded: Instant,
    /// When `during` began to count, in nanoseconds after `loaded`.
    started: AtomicU64,
    /// In file order, those of one fault side by side.
    tracks: Box<[Track]>,
    lanes: Box<[Lane]>,
    connections: AtomicU32,
    /// Connections of each protocol, and of its listeners with implicit TLS.
    ordinals: [(AtomicU32, AtomicU32); Protocol::ALL.len()],
    hashing: RandomState,
}

/// What is known of a connection when a condition asks: the session's facts and those of TLS.
pub trait Facts {
    /// Whether `test` holds for a value of this key; it is called for each value that is known now, until it returns `true`.
    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// Nothing is known.
impl Facts for () {
    fn fact(&self, _: Key, _: &mut dyn FnMut(&str) -> bool) -> bool {
        false
    }
}

/// What happens at a moment; all lists in file order.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The faults whose programs run, as one list.
    pub fired: SmallVec<[Fired; 1]>,
    /// Faults whose conditions held behind one that speaks or ends.
    pub shadowed: SmallVec<[Shadowed; 1]>,
    /// What was drawn for `chance`.
    pub draws: SmallVec<[Drawn; 1]>,
}

/// A fault that acts.
#[derive(Clone, Debug)]
pub struct Fired {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub program: Arc<Program>,
    /// Where this firing's own draws start (a `delay` between two times, noise): see [`draw::derive`].
    pub draw: u64,
}

/// A fault that matched and does not act, since another one before it has already spoken or ended.
#[derive(Clone, Debug)]
pub struct Shadowed {
    /// Its name.
    pub name: Arc<str>,
    /// What it would have done.
    pub program: Arc<Program>,
}

/// A draw for `chance`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The fault.
    pub name: Arc<str>,
    /// Its chance, 0 to 1.
    pub chance: f64,
    /// From 0 up to, not including, 1; below `chance` is a hit.
    pub draw: f64,
}

/// A fault that never fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfired {
    /// Its name.
    pub name: Arc<str>,
    /// The protocol that it is for or, without `on`, where it came nearest; `None` where it came near in none.
    pub protocol: Option<Protocol>,
    /// Whether the scenario says `optional`.
    pub optional: bool,
    /// What came nearest, a sentence without a full stop.
    pub nearest: String,
}

/// How often a fault has fired, in all protocols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiredCount {
    /// Its name.
    pub name: Arc<str>,
    /// Firings; 1 for `refuse` and `blackhole` whose window was open.
    pub fired: u64,
    /// It is `refuse` or `blackhole`: no connection saw it.
    pub unseen: bool,
}

/// What was let go to keep memory bounded: where it is not 0, counts of `per` or `within` may be too low.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Values of `per`.
    pub scopes: u64,
    /// Times of matches, for `within`.
    pub times: u64,
}

impl Engine {
    /// Arms these faults for these listeners (which are known by their index from here on); `during` counts from `now`.
    pub fn new(faults: &[Fault], seed: u64, listeners: &[Listener], now: Instant) -> Engine {
        let mut tracks: Box<[Track]> =
            faults.iter().enumerate().flat_map(|(index, fault)| Track::of_fault(index, fault, listeners)).collect();
        watch_each_other(&mut tracks);
        let lanes = listeners.iter().enumerate().map(|(index, listener)| Lane::new(index, listener, &tracks)).collect();
        Engine {
            seed,
            loaded: now,
            started: AtomicU64::new(0),
            tracks,
            lanes,
            connections: AtomicU32::new(0),
            ordinals: Default::default(),
            hashing: RandomState::new(),
        }
    }

    /// `during` counts from here (under `run`: when the command starts). A closed port counts as fired only if its window opens after this.
    pub fn start_clock(&self, now: Instant) {
        let since = u64::try_from(now.saturating_duration_since(self.loaded).as_nanos()).unwrap_or(u64::MAX);
        self.started.store(since, Relaxed);
        self.tracks.iter().filter(|track| track.gate).for_each(|track| track.fired.store(0, Relaxed));
    }

    /// A connection was accepted on the listener with this index: it takes its ordinals and counts as open until [`Engine::disconnect`].
    pub fn connect(&self, listener: usize, peer: IpAddr) -> Client {
        let next = |ordinal: &AtomicU32| ordinal.fetch_add(1, Relaxed).wrapping_add(1);
        let mut client = Client::new(next(&self.connections), listener, peer);
        let Some(lane) = self.lanes.get(listener) else { return client };
        let (all, implicit) = &self.ordinals[lane.protocol as usize];
        client.ordinal = next(all);
        client.ordinal_implicit = if lane.implicit_tls { next(implicit) } else { 0 };
        client.ordinal_listener = next(&lane.accepted);
        lane.open.fetch_add(1, Relaxed);
        for &index in &lane.early {
            self.enter(index, &mut client, &());
        }
        client
    }

    /// The connection is over. A second call does nothing.
    pub fn disconnect(&self, client: &mut Client) {
        if !client.close() {
            return;
        }
        if let Some(lane) = self.lanes.get(client.listener()) {
            lane.open.fetch_sub(1, Relaxed);
        }
        for (index, key) in client.take_visited() {
            let Some(track) = self.tracks.get(index as usize) else { continue };
            let scopes = &mut track.state().scopes;
            if track.per.contains(&Scope::Connection) {
                scopes.remove(Some(key));
            } else {
                scopes.leave(Some(key), client.number);
            }
        }
    }

    /// What may come up on this listener, so that nobody has to look out for the rest.
    pub fn watch(&self, listener: usize) -> Arc<Watch> {
        self.lanes.get(listener).map(|lane| lane.watch.clone()).unwrap_or_default()
    }

    /// Which faults act at this moment of this connection.
    pub fn decide(&self, client: &mut Client, moment: Moment, facts: &dyn Facts, now: Instant) -> Decision {
        let mut decision = Decision::default();
        let Some(lane) = self.lanes.get(client.listener()) else { return decision };
        if !lane.watch.mask.intersects(moment.at) {
            return decision;
        }
        if moment.at.intersects(Ats::CREDENTIALS) && !facts.fact(Key::Refused, &mut |refused| refused == "true") {
            for &index in &lane.by_user {
                self.enter(index, client, facts);
            }
        }
        let asked = Asked { moment, facts, now };
        let mut spoken: Option<&Arc<str>> = None;
        let mut fired: SmallVec<[u32; 4]> = SmallVec::new();
        for slot in &lane.slots {
            if !slot.at.intersects(moment.at) {
                continue;
            }
            let Some(track) = self.tracks.get(slot.track as usize).filter(|track| track.wants(moment)) else { continue };
            if self.weigh(slot.track, track, client, &asked, spoken, &mut decision) {
                fired.push(slot.track);
                if track.speaks_or_ends {
                    spoken = Some(&track.fault.name);
                }
            }
        }
        // Only now: `fired = "x"` is about earlier moments.
        client.remember_fired(&fired);
        self.tell_watchers(&fired, client, &asked);
        decision
    }

    /// The state of a listener's port, and when it may change next. A fault whose window is open now counts as fired, unseen.
    pub fn gate(&self, listener: usize, now: Instant) -> Gate {
        let start = self.start();
        let age = now.saturating_duration_since(start);
        let mut gate = Gate { state: GateState::Open, until: None };
        let gates = self.lanes.get(listener).map(|lane| &*lane.gates).unwrap_or_default();
        for track in gates.iter().filter_map(|&index| self.tracks.get(index as usize)) {
            let Some(window) = track.fault.conditions.during else { continue };
            if window.contains(age) {
                track.fired.store(1, Relaxed);
                if gate.state == GateState::Open {
                    gate.state = GateState::of(track);
                }
            }
            let changes = [Some(window.from), window.to].into_iter().flatten().filter(|&change| change > age);
            let next = changes.filter_map(|change| start.checked_add(change)).min();
            gate.until = gate.until.into_iter().chain(next).min();
        }
        gate
    }

    /// Whether this listener's port is ever closed or silent.
    pub fn has_gates(&self, listener: usize) -> bool {
        self.lanes.get(listener).is_some_and(|lane| !lane.gates.is_empty())
    }

    /// At the end: the faults that never fired, in file order. Without `on`, one firing in any protocol is enough.
    pub fn unfired(&self) -> Vec<Unfired> {
        self.by_fault()
            .filter(|tracks| tracks.iter().all(|track| track.fired.load(Relaxed) == 0))
            .filter_map(|t| self.unfired_one(t))
            .collect()
    }

    /// How often each fault has fired, in file order.
    pub fn fired_counts(&self) -> Vec<FiredCount> {
        let count = |tracks: &[Track]| {
            let fired: u64 = tracks.iter().map(|track| track.fired.load(Relaxed)).sum();
            tracks.first().map(|track| FiredCount { name: track.fault.name.clone(), fired, unseen: track.gate })
        };
        self.by_fault().filter_map(count).collect()
    }

    /// What was let go to keep memory bounded, over all faults.
    pub fn forgotten(&self) -> Forgotten {
        self.tracks.iter().fold(Forgotten::default(), |sum, track| {
            let scopes = &track.state().scopes;
            Forgotten { scopes: sum.scopes + scopes.forgotten_scopes, times: sum.times + scopes.forgotten_times }
        })
    }

    /// Weighs one fault's conditions, in the order of the contract; whether it acts.
    fn weigh(
        &self,
        index: u32,
        track: &Track,
        client: &mut Client,
        asked: &Asked<'_>,
        spoken: Option<&Arc<str>>,
        decision: &mut Decision,
    ) -> bool {
        let conditions = &track.fault.conditions;
        let ordinal = track.ordinal(client);
        let miss = |stage| Miss { stage, ordinal, at: asked.moment.at, ..Miss::default() };
        if conditions.concurrent.is_some() && !track.per.is_empty() {
            self.enter(index, client, asked.facts);
        }
        if let Some(n) = conditions.wheres.iter().position(|line| !self.holds(line, client, asked.facts)) {
            track.missed(Miss { number: n as u64, ..miss(Stage::Where) });
            return false;
        }
        if conditions.connections.as_ref().is_some_and(|ranges| !ranges.contains(ordinal.into())) {
            track.missed(miss(Stage::Connections));
            return false;
        }
        let matched = client.matched(index);
        let key = self.scope(track, client, asked.facts);
        if track.per.contains(&Scope::Connection)
            && let Some(key) = key
        {
            client.visit(index, key);
        }
        let mut state = track.state();
        let state = &mut *state;

        if let Some(window) = conditions.during {
            let first = if conditions.since.is_some() {
                let Some(first) = state.scopes.counts(key).first else {
                    track.note(&mut state.miss, miss(Stage::Since));
                    return false;
                };
                first
            } else if track.per.is_empty() {
                self.start()
            } else {
                *state.scopes.counts(key).first.get_or_insert(asked.now)
            };
            let age = asked.now.saturating_duration_since(first);
            if !window.contains(age) {
                track.note(&mut state.miss, Miss { age, ..miss(Stage::During) });
                return false;
            }
        }
        if let Some(nth) = &conditions.nth {
            let number = state.scopes.matched(key, conditions.within, asked.now);
            if !nth.contains(number) {
                track.note(&mut state.miss, Miss { number, ..miss(Stage::Nth) });
                return false;
            }
        }
        if let Some(concurrent) = &conditions.concurrent {
            let number = if track.per.is_empty() { self.open(track) } else { state.scopes.open(key) }.max(1);
            if !concurrent.contains(number) {
                track.note(&mut state.miss, Miss { number, ..miss(Stage::Concurrent) });
                return false;
            }
        }
        let drawn = draw::hash(self.seed, &track.fault.name, ordinal.into(), matched);
        if let Some(chance) = conditions.chance {
            let draw = draw::unit(drawn);
            decision.draws.push(Drawn { name: track.fault.name.clone(), chance, draw });
            if draw >= chance {
                track.note(&mut state.miss, Miss { number: 1, ..miss(Stage::Chance) });
                return false;
            }
        }
        if let Some(times) = conditions.times
            && state.scopes.counts(key).fired >= times
        {
            track.note(&mut state.miss, miss(Stage::Times));
            return false;
        }
        let (name, program) = (track.fault.name.clone(), track.fault.program.clone());
        if let Some(by) = spoken {
            track.note(&mut state.miss, Miss { by: Some(by.clone()), ..miss(Stage::Shadowed) });
            decision.shadowed.push(Shadowed { name, program });
            return false;
        }
        if conditions.times.is_some() {
            state.scopes.counts(key).fired += 1;
        }
        track.fired.fetch_add(1, Relaxed);
        decision.fired.push(Fired { name, program, draw: draw::derive(drawn, 0) });
        true
    }

    /// Whether a line of `where` holds.
    fn holds(&self, line: &Where, client: &Client, facts: &dyn Facts) -> bool {
        let mut test = |value: &str| match &line.test {
            Test::Globs(globs) => globs.iter().any(|glob| glob.matches(value)),
            Test::Bool(wanted) => value == if *wanted { "true" } else { "false" },
        };
        match line.key {
            Key::Fired => {
                let names = client.fired().iter().filter_map(|&index| self.tracks.get(index as usize));
                names.map(|track| &track.fault.name).any(|name| test(name))
            }
            key => facts.fact(key, &mut test),
        }
    }

    /// The value of a fault's `per`; what is not known yet is a value of its own, several values (recipients) are one together.
    fn scope(&self, track: &Track, client: &Client, facts: &dyn Facts) -> ScopeKey {
        if track.per.is_empty() {
            return None;
        }
        // 0xFF is never in UTF-8, so values cannot run into each other.
        let mut hasher = self.hashing.build_hasher();
        for scope in &track.per {
            match scope {
                Scope::Server => {}
                Scope::Connection => hasher.write_u32(client.number),
                Scope::Peer => std::hash::Hash::hash(&client.peer(), &mut hasher),
                Scope::Key(key) => {
                    facts.fact(*key, &mut |value| {
                        hasher.write(value.as_bytes());
                        hasher.write_u8(0xff);
                        false
                    });
                }
            }
            hasher.write_u8(0xff);
        }
        Some(hasher.finish())
    }

    /// Faults with `since`: their `during` begins now, for the values that their `per` has at this moment.
    fn tell_watchers(&self, fired: &[u32], client: &mut Client, asked: &Asked<'_>) {
        let fired = fired.iter().filter_map(|&index| self.tracks.get(index as usize));
        for &index in fired.flat_map(|track| &track.watchers) {
            let Some(watcher) = self.tracks.get(index as usize) else { continue };
            let key = self.scope(watcher, client, asked.facts);
            // What belongs to a connection goes with it; one that shows no end of values is not followed.
            if let Some(key) = key.filter(|_| watcher.per.contains(&Scope::Connection))
                && !client.visit(index, key)
            {
                continue;
            }
            watcher.state().scopes.counts(key).first = Some(asked.now);
        }
    }

    /// For `concurrent` with `per`: the connection is seen with the value that `per` has now.
    fn enter(&self, index: u32, client: &mut Client, facts: &dyn Facts) {
        let Some(track) = self.tracks.get(index as usize) else { return };
        // A connection that shows no end of values is remembered for the first of them only.
        if let Some(key) = self.scope(track, client, facts)
            && client.visit(index, key)
        {
            track.state().scopes.enter(Some(key), client.number);
        }
    }

    /// Connections open now on the listeners of this fault.
    fn open(&self, track: &Track) -> u64 {
        track.lanes.iter().filter_map(|&lane| self.lanes.get(lane)).map(|lane| lane.open.load(Relaxed)).sum()
    }

    fn start(&self) -> Instant {
        let since = Duration::from_nanos(self.started.load(Relaxed));
        self.loaded.checked_add(since).unwrap_or(self.loaded)
    }

    fn by_fault(&self) -> impl Iterator<Item = &[Track]> {
        self.tracks.chunk_by(|one, other| one.index == other.index)
    }

    fn unfired_one(&self, tracks: &[Track]) -> Option<Unfired> {
        let stage = |track: &&Track| track.state().miss.stage;
        let furthest = tracks.iter().map(|track| stage(&track)).max()?;
        let track = tracks.iter().find(|track| stage(track) == furthest)?;
        let protocol = if furthest > Stage::Nothing || tracks.len() == 1 { track.protocol } else { None };
        let mut lanes = tracks.iter().flat_map(|track| &track.lanes).filter_map(|&lane| self.lanes.get(lane)).peekable();
        let listens = lanes.peek().is_some();
        let accepted = lanes.any(|lane| lane.accepted.load(Relaxed) > 0);
        let nearest = track.state().miss.sentence(&track.fault, protocol, listens, accepted);
        Some(Unfired { name: track.fault.name.clone(), protocol, optional: track.fault.optional, nearest })
    }
}

/// Finds the faults that each `since` names.
fn watch_each_other(tracks: &mut [Track]) {
    let mut watchers: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
    for (index, track) in (0u32..).zip(tracks.iter()) {
        if let Some(since) = &track.fault.conditions.since {
            watchers.entry(since.clone()).or_default().push(index);
        }
    }
    for track in tracks {
        track.watchers = watchers.get(&track.fault.name).cloned().unwrap_or_default().into();
    }
}

/// What [`Engine::decide`] was asked about.
struct Asked<'a> {
    moment: Moment,
    facts: &'a dyn Facts,
    now: Instant,
}

#[cfg(test)]
mod tests;
