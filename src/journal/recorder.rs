//! The way of an event from a connection's thread to the sinks.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Event, Sink, Span, What};

/// How much a journal holds back before it wakes its thread, and before it drops. Events, octets of payload, a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most events that wait; more are dropped and counted.
    pub events: usize,
    /// Most octets of payload that wait; more are dropped and counted. Messages that wait may have four times as many.
    pub octets: usize,
    /// Most octets kept of one read or write.
    pub payload: usize,
    /// The journal's thread is woken when so many events wait,
    pub wake_events: usize,
    /// or so many octets,
    pub wake_octets: usize,
    /// or after this time.
    pub interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            events: 1_000_000,
            octets: 64 << 20,
            payload: 64 << 10,
            wake_events: 4_096,
            wake_octets: 512 << 10,
            interval: Duration::from_millis(20),
        }
    }
}

impl Limits {
    /// For a listener that needs every octet, also of what leaves in one write.
    pub fn whole() -> Self {
        let limits = Limits::default();
        Limits { payload: limits.octets / 2, ..limits }
    }
}

/// Owns the journal's thread. Dropped without [`Journal::finish`], it drains and ends as well.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Vec<Box<dyn Sink>>>>,
}

/// Records events; cheap to clone and to call, from any thread. After the journal has ended it does nothing.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    opened: Instant,
    limits: Limits,
    /// Some sink looks at octets.
    octets: bool,
    /// There is no sink at all.
    nowhere: bool,
    batch: Mutex<Batch>,
    /// Wakes the journal's thread.
    due: Condvar,
    /// Wakes whoever waits in [`Recorder::sync`].
    consumed: Condvar,
}

/// Events that wait for the journal's thread.
#[derive(Debug, Default)]
struct Batch {
    events: Vec<Event>,
    arena: Vec<u8>,
    /// Octets of messages in `events`.
    messages: usize,
    lost_events: u64,
    lost_octets: u64,
    /// The thread sleeps until the first event.
    resting: bool,
    /// The thread has been told that the batch is large.
    called: bool,
    closed: bool,
    /// Numbers of the last [`Recorder::sync`] that was asked for, and of the last that was served.
    asked: u64,
    served: u64,
}

impl Journal {
    /// Starts the thread. Sinks get every event in order, on that thread.
    pub fn start(sinks: Vec<Box<dyn Sink>>, limits: Limits) -> (Journal, Recorder) {
        let shared = Arc::new(Shared {
            opened: Instant::now(),
            limits,
            octets: sinks.iter().any(|sink| sink.wants_octets()),
            nowhere: sinks.is_empty(),
            batch: Mutex::default(),
            due: Condvar::new(),
            consumed: Condvar::new(),
        });
        let consumer = Consumer { shared: shared.clone(), sinks, spare: Batch::default() };
        let thread = if shared.nowhere { None } else { consumer.start() };
        (Journal { shared: shared.clone(), thread }, Recorder(shared))
    }

    /// Drains, ends every sink, joins the thread, and returns the sinks in the order of [`Journal::start`], so that [`super::take`] can get
    /// results out of them.
    pub fn finish(mut self) -> Vec<Box<dyn Sink>> {
        self.end()
    }

    fn end(&mut self) -> Vec<Box<dyn Sink>> {
        self.shared.lock().closed = true;
        self.shared.due.notify_one();
        // A sink that panicked has said so on stderr already; the server's own end must not depend on it.
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.end();
    }
}

impl Recorder {
    /// For tests, and for servers that nobody listens to.
    pub fn to_nowhere() -> Recorder {
        Journal::start(Vec::new(), Limits::default()).1
    }

    /// Records an event of this connection, 0 for none.
    pub fn event(&self, conn: u32, what: What) {
        if !self.0.nowhere {
            self.0.push(conn, 0, |batch, limits| batch.admit(&what, limits).then_some(what));
        }
    }

    /// Records several events of this connection that came at once.
    pub fn events(&self, conn: u32, all: impl ExactSizeIterator<Item = What>) {
        // Most commands have nothing to note.
        if self.0.nowhere || all.len() == 0 {
            return;
        }
        let mut batch = self.0.lock();
        let ns = self.0.elapsed();
        for what in all {
            self.0.add(&mut batch, ns, conn, 0, |batch, limits| batch.admit(&what, limits).then_some(what));
        }
        self.0.wake(batch);
    }

    /// Records octets that came from the client.
    pub fn received(&self, conn: u32, octets: &[u8]) {
        self.octets(conn, octets, What::Received);
    }

    /// Records octets that were handed to the kernel for the client.
    pub fn sent(&self, conn: u32, octets: &[u8]) {
        self.octets(conn, octets, What::Sent);
    }

    /// Records octets that were handed to the kernel below TLS.
    pub fn sent_raw(&self, conn: u32, octets: &[u8]) {
        self.octets(conn, octets, What::SentRaw);
    }

    /// Nanoseconds since the journal was opened, from a monotonic clock.
    pub fn elapsed(&self) -> u64 {
        self.0.elapsed()
    }

    /// Blocks until every sink has taken and flushed all that was recorded before this call, or the journal has ended. Never to be called by a sink.
    pub fn sync(&self) {
        let shared = &*self.0;
        if shared.nowhere {
            return;
        }
        let mut batch = shared.lock();
        batch.asked += 1;
        let number = batch.asked;
        shared.due.notify_one();
        while batch.served < number && !batch.closed {
            batch = shared.consumed.wait(batch).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn octets(&self, conn: u32, octets: &[u8], what: fn(Span) -> What) {
        if self.0.nowhere {
            return;
        }
        let wanted = self.0.octets;
        self.0.push(conn, octets.len(), |batch, limits| {
            let keep = if wanted { octets.get(..limits.payload).unwrap_or(octets) } else { &[] };
            Some(what(batch.keep(keep, octets.len() as u64, limits)))
        });
    }
}

impl Shared {
    /// Appends what `make` returns, stamped, and wakes the journal's thread if it is time.
    #[inline]
    fn push(&self, conn: u32, octets: usize, make: impl FnOnce(&mut Batch, &Limits) -> Option<What>) {
        let mut batch = self.lock();
        // Stamped under the lock, so that times never step back in the order of events.
        let ns = self.elapsed();
        self.add(&mut batch, ns, conn, octets, make);
        self.wake(batch);
    }

    #[inline]
    fn add(&self, batch: &mut Batch, ns: u64, conn: u32, octets: usize, make: impl FnOnce(&mut Batch, &Limits) -> Option<What>) {
        if batch.closed {
            return;
        }
        if batch.events.len() >= self.limits.events {
            batch.lost_events += 1;
            batch.lost_octets += octets as u64;
            return;
        }
        if let Some(what) = make(batch, &self.limits) {
            batch.events.push(Event { ns, conn, what });
        }
    }

    /// Wakes the journal's thread if it is time.
    #[inline]
    fn wake(&self, mut batch: MutexGuard<'_, Batch>) {
        if batch.closed {
            return;
        }
        let large =
            batch.events.len() >= self.limits.wake_events || batch.arena.len() + batch.messages >= self.limits.wake_octets;
        if batch.resting || (large && !batch.called) {
            batch.resting = false;
            batch.called |= large;
            drop(batch);
            self.due.notify_one();
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        // Every change of a batch is whole before anything that could panic.
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    /// Copies octets into the arena as far as there is room.
    fn keep(&mut self, octets: &[u8], total: u64, limits: &Limits) -> Span {
        let room = limits.octets.saturating_sub(self.arena.len());
        let kept = octets.get(..room).unwrap_or(octets);
        self.lost_octets += (octets.len() - kept.len()) as u64;
        let start = u32::try_from(self.arena.len()).unwrap_or(u32::MAX);
        self.arena.extend_from_slice(kept);
        Span { start, kept: u32::try_from(kept.len()).unwrap_or(u32::MAX), total }
    }

    /// Whether there is room for the message that goes with this event: its octets stay in memory as long as the event waits.
    fn admit(&mut self, what: &What, limits: &Limits) -> bool {
        let octets = what.message_octets();
        if octets == 0 {
            return true;
        }
        if self.messages.saturating_add(octets) > limits.octets.saturating_mul(4) {
            self.lost_events += 1;
            self.lost_octets += octets as u64;
            return false;
        }
        self.messages += octets;
        true
    }

    fn octets_of(&self, what: &What) -> &[u8] {
        let (What::Received(span) | What::Sent(span) | What::SentRaw(span)) = what else { return &[] };
        let start = span.start as usize;
        self.arena.get(start..start + span.kept as usize).unwrap_or_default()
    }

    /// Empties it for use again.
    fn clear(&mut self) {
        self.events.clear();
        self.arena.clear();
        (self.messages, self.lost_events, self.lost_octets) = (0, 0, 0);
    }

    /// Gives memory back that a burst has left behind.
    fn shrink(&mut self) {
        self.events.shrink_to(Batch::EVENTS_AT_REST);
        self.arena.shrink_to(Batch::OCTETS_AT_REST);
    }

    const EVENTS_AT_REST: usize = 128;
    const OCTETS_AT_REST: usize = 16 << 10;
}

/// The journal's thread.
struct Consumer {
    shared: Arc<Shared>,
    sinks: Vec<Box<dyn Sink>>,
    /// The buffers that are filled next: the two take turns.
    spare: Batch,
}

impl Consumer {
    /// `None`: the system has no thread left; then the server runs on without a journal, and says so.
    fn start(self) -> Option<JoinHandle<Vec<Box<dyn Sink>>>> {
        let shared = self.shared.clone();
        match std::thread::Builder::new().name("journal".into()).spawn(move || self.run()) {
            Ok(thread) => Some(thread),
            Err(error) => {
                tracing::error!("nothing is recorded, the journal's thread could not be started: {error}");
                shared.lock().closed = true;
                None
            }
        }
    }

    fn run(mut self) -> Vec<Box<dyn Sink>> {
        let _gone = Gone(self.shared.clone());
        loop {
            let (number, closed) = self.swap();
            self.hand_out();
            if number > 0 {
                self.shared.lock().served = number;
                self.shared.consumed.notify_all();
            }
            if closed {
                break;
            }
        }
        for sink in &mut self.sinks {
            sink.finish();
        }
        std::mem::take(&mut self.sinks)
    }

    /// Waits until there is something to do and takes the batch. Returns the number of the last `sync` that it serves, and whether it is the last.
    fn swap(&mut self) -> (u64, bool) {
        let Shared { limits, due, .. } = &*self.shared;
        let mut batch = self.shared.lock();
        loop {
            let urgent = |batch: &mut Batch| batch.closed || batch.called || batch.asked > batch.served;
            let waited = due.wait_timeout_while(batch, limits.interval, |batch| !urgent(batch));
            batch = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !batch.events.is_empty() || batch.lost_events > 0 || urgent(&mut batch) {
                break;
            }
            // Nothing for a whole interval: give memory back, sleep until the first event. So a server at rest costs no time.
            batch.shrink();
            self.spare.shrink();
            batch.resting = true;
            let rested = due.wait_while(batch, |batch| batch.resting && !urgent(batch));
            batch = rested.unwrap_or_else(PoisonError::into_inner);
            batch.resting = false;
        }
        batch.called = false;
        let Batch { events, arena, lost_events, lost_octets, messages, .. } = &mut *batch;
        std::mem::swap(events, &mut self.spare.events);
        std::mem::swap(arena, &mut self.spare.arena);
        self.spare.lost_events = std::mem::take(lost_events);
        self.spare.lost_octets = std::mem::take(lost_octets);
        *messages = 0;
        (batch.asked, batch.closed)
    }

    fn hand_out(&mut self) {
        let batch = &mut self.spare;
        if batch.lost_events > 0 || batch.lost_octets > 0 {
            // All that was dropped came after the batch had filled up, so this is its place.
            let what = What::Dropped { events: batch.lost_events, octets: batch.lost_octets };
            let ns = batch.events.last().map_or_else(|| self.shared.elapsed(), |event| event.ns);
            batch.events.push(Event { ns, conn: 0, what });
        }
        for event in &batch.events {
            let octets = batch.octets_of(&event.what);
            for sink in &mut self.sinks {
                sink.event(event, octets);
            }
        }
        batch.clear();
        for sink in &mut self.sinks {
            sink.flush();
        }
    }
}

/// Lets go of everybody who waits, also when a sink panics.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.consumed.notify_all();
    }
}

#[cfg(test)]
mod tests;
