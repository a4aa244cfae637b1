//! A listener, as the engine sees it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

use super::track::Track;
use crate::fault::{Fault, Op, Scope};
use crate::proto::{Ats, Key, Protocol};

/// A listener that faults can be for.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name.
    pub name: Arc<str>,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether TLS starts with the first octet.
    pub implicit_tls: bool,
}

/// What may come up on a listener.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Moments that any fault wants.
    pub mask: Ats,
    /// Offsets of `content` moments that are wanted, ascending and distinct.
    pub content: Arc<[u64]>,
    /// When a `silence` is wanted, likewise.
    pub silence: Arc<[Timed]>,
    /// When an `age` is wanted, likewise.
    pub age: Arc<[Timed]>,
}

/// The times at which a fault wants a `silence` or an `age`, in nanoseconds since it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timed {
    after: u64,
    /// 0 is once only.
    every: u64,
}

impl Timed {
    pub(super) fn of(fault: &Fault) -> Option<Self> {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Some(Timed { after: nanoseconds(fault.after?), every: fault.every.map_or(0, nanoseconds) })
    }

    /// The first time that is not before `from`.
    pub fn next(self, from: u64) -> Option<u64> {
        match from.checked_sub(self.after) {
            None | Some(0) => Some(self.after),
            Some(_) if self.every == 0 => None,
            Some(late) => self.after.checked_add(late.div_ceil(self.every).checked_mul(self.every)?),
        }
    }

    /// The first time of any of these.
    pub fn first(all: &[Timed], from: u64) -> Option<u64> {
        all.iter().filter_map(|timed| timed.next(from)).min()
    }
}

impl Default for Watch {
    fn default() -> Self {
        Watch { mask: Ats::NONE, content: Arc::new([]), silence: Arc::new([]), age: Arc::new([]) }
    }
}

/// A listener's port for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Now.
    pub state: GateState,
    /// When to ask again; `None`: it stays so.
    pub until: Option<Instant>,
}

/// What a client meets at the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateState {
    /// Connections are welcome.
    Open,
    /// The port is closed, by the fault of this name.
    Refuse(Arc<str>),
    /// The SYN is not answered, by the fault of this name.
    Blackhole(Arc<str>),
}

impl GateState {
    pub(super) fn of(track: &Track) -> Self {
        let name = track.fault.name.clone();
        match track.fault.program.gate() {
            Some(Op::Blackhole) => GateState::Blackhole(name),
            _ => GateState::Refuse(name),
        }
    }
}

/// A listener with the faults that are for it.
pub(super) struct Lane {
    pub(super) protocol: Protocol,
    pub(super) implicit_tls: bool,
    /// In file order.
    pub(super) slots: Box<[Slot]>,
    /// Tracks that close the port, in file order.
    pub(super) gates: Box<[u32]>,
    /// Tracks whose `concurrent` counts by what is known of a connection from its start.
    pub(super) early: Box<[u32]>,
    /// The same by its user, who is known from the login on.
    pub(super) by_user: Box<[u32]>,
    pub(super) watch: Arc<Watch>,
    /// Connections in all.
    pub(super) accepted: AtomicU32,
    /// Connections that are not over.
    pub(super) open: AtomicU64,
}

/// A fault's moments, apart from the rest of it so that looking through many stays in the cache.
pub(super) struct Slot {
    pub(super) at: Ats,
    pub(super) track: u32,
}

impl Lane {
    pub(super) fn new(index: usize, listener: &Listener, tracks: &[Track]) -> Self {
        let own = || (0u32..).zip(tracks).filter(|(_, track)| track.lanes.contains(&index));
        let numbers =
            |wanted: &dyn Fn(&Track) -> bool| own().filter(|(_, track)| wanted(track)).map(|(number, _)| number).collect();
        let at = |track: &Track| track.fault.at.of(listener.protocol);
        let concurrent = |track: &Track, user: bool| {
            let known =
                |scope: &Scope| matches!(scope, Scope::Peer | Scope::Connection) || user && *scope == Scope::Key(Key::User);
            !track.per.is_empty() && track.fault.conditions.concurrent.is_some() && track.per.iter().all(known)
        };
        let early: Box<[u32]> = numbers(&|track| concurrent(track, false));
        let by_user: Box<[u32]> = numbers(&|track| concurrent(track, true) && !concurrent(track, false));
        Lane {
            protocol: listener.protocol,
            implicit_tls: listener.implicit_tls,
            slots: own().filter(|(_, track)| !track.gate).map(|(number, track)| Slot { at: at(track), track: number }).collect(),
            gates: numbers(&|track| track.gate),
            watch: Arc::new(Watch::new(own().map(|(_, track)| track).filter(|track| !track.gate), at, !by_user.is_empty())),
            early,
            by_user,
            accepted: AtomicU32::new(0),
            open: AtomicU64::new(0),
        }
    }
}

impl Watch {
    fn new<'a>(tracks: impl Iterator<Item = &'a Track>, at: impl Fn(&Track) -> Ats, logins: bool) -> Self {
        let mut mask = if logins { Ats::CREDENTIALS } else { Ats::NONE };
        let (mut content, mut silence, mut age) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for track in tracks {
            let at = at(track);
            mask |= at;
            if at.intersects(Ats::CONTENT) {
                content.insert(track.fault.offset);
            }
            if at.intersects(Ats::SILENCE) {
                silence.extend(Timed::of(&track.fault));
            }
            if at.intersects(Ats::AGE) {
                age.extend(Timed::of(&track.fault));
            }
        }
        Watch {
            mask,
            content: content.into_iter().collect(),
            silence: silence.into_iter().collect(),
            age: age.into_iter().collect(),
        }
    }
}
