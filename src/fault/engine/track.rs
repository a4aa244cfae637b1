//! A fault with its counters; without `on`, one for each protocol.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lane::Timed;
use super::{Client, Listener};
use crate::fault::counters::Scopes;
use crate::fault::miss::{Miss, Stage};
use crate::fault::{Fault, On, Scope};
use crate::proto::{Ats, Moment, Protocol};

/// The unit that counts.
pub(super) struct Track {
    /// The fault's place in the file.
    pub(super) index: usize,
    pub(super) fault: Arc<Fault>,
    /// `None` where a listener is named that does not exist.
    pub(super) protocol: Option<Protocol>,
    /// Indexes of the listeners that it is for.
    pub(super) lanes: Box<[usize]>,
    /// Its `per` without `server`, which is the same as none.
    pub(super) per: Box<[Scope]>,
    /// It is `refuse` or `blackhole`.
    pub(super) gate: bool,
    pub(super) speaks_or_ends: bool,
    /// Tracks whose `during` counts from a firing of this one.
    pub(super) watchers: Box<[u32]>,
    pub(super) fired: AtomicU64,
    /// How far the nearest miss came, to be read without the lock: with thousands of faults, most of them miss at `where`.
    stage: AtomicU8,
    state: Mutex<State>,
}

/// What changes.
#[derive(Default)]
pub(super) struct State {
    pub(super) scopes: Scopes,
    pub(super) miss: Miss,
}

impl Track {
    /// All tracks of a fault, at least one.
    pub(super) fn of_fault(index: usize, fault: &Fault, listeners: &[Listener]) -> Vec<Track> {
        let fault = Arc::new(fault.clone());
        let track = |protocol: Option<Protocol>, wanted: &dyn Fn(&Listener) -> bool| Track {
            index,
            protocol,
            lanes: listeners.iter().enumerate().filter(|(_, listener)| wanted(listener)).map(|(lane, _)| lane).collect(),
            per: fault.conditions.per.iter().copied().filter(|scope| *scope != Scope::Server).collect(),
            gate: fault.program.gate().is_some(),
            speaks_or_ends: fault.program.speaks_or_ends(),
            watchers: Box::default(),
            fired: AtomicU64::new(0),
            stage: AtomicU8::new(Stage::Nothing as u8),
            state: Mutex::default(),
            fault: fault.clone(),
        };
        match &fault.on {
            On::Any => {
                let known = Protocol::ALL.into_iter().filter(|&protocol| !fault.at.of(protocol).is_empty());
                known.map(|protocol| track(Some(protocol), &|listener| listener.protocol == protocol)).collect()
            }
            On::Protocol(protocol) => vec![track(Some(*protocol), &|listener| listener.protocol == *protocol)],
            On::Implicit(protocol) => {
                vec![track(Some(*protocol), &|listener| listener.implicit_tls && listener.protocol == *protocol)]
            }
            On::Listener(name) => {
                let protocol = listeners.iter().find(|listener| listener.name == *name).map(|listener| listener.protocol);
                vec![track(protocol, &|listener| listener.name == *name)]
            }
        }
    }

    /// Whether its own `after` or `offset` is the moment's.
    pub(super) fn wants(&self, moment: Moment) -> bool {
        if moment.at.intersects(Ats::CONTENT) {
            return moment.offset == self.fault.offset;
        }
        if moment.at.intersects(Ats::TURN) && self.fault.at.intersects(Ats::TURN) {
            return moment.offset == self.fault.offset;
        }
        if moment.at.intersects(Ats::SILENCE | Ats::AGE) {
            return Timed::of(&self.fault).is_some_and(|timed| timed.next(moment.offset) == Some(moment.offset));
        }
        true
    }

    /// The connection's ordinal, as this fault's `on` counts.
    pub(super) fn ordinal(&self, client: &Client) -> u32 {
        match self.fault.on {
            On::Any | On::Protocol(_) => client.ordinal,
            On::Implicit(_) => client.ordinal_implicit,
            On::Listener(_) => client.ordinal_listener,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a miss of those stages at which only the first one is kept.
    pub(super) fn missed(&self, miss: Miss) {
        if self.stage.load(Relaxed) < miss.stage as u8 {
            self.note(&mut self.state().miss, miss);
        }
    }

    /// Notes a miss, with the lock in hand.
    pub(super) fn note(&self, nearest: &mut Miss, miss: Miss) {
        nearest.note(miss);
        self.stage.store(nearest.stage as u8, Relaxed);
    }
}
