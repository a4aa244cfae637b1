//! The driver of a connection: one poll function, the only place with a socket and a clock. It knows ops and no protocol.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::clock::Timer;
use super::ending::{Closing, How};
use super::frame::Frame;
use super::out::Out;
use super::server::Shared;
use super::socket::Socket;
use super::tls::Tls;
use crate::fault::{Client, Facts, Watch};
use crate::journal::What;
use crate::journal::event::{Ending, Side};
use crate::mail::{Notes, Signal};
use crate::proto::{Ats, Cx, Key, Moment, Protocol, Sent, Session, Then};

/// Room for notes that a thread keeps from call to call.
const NOTES_KEPT: usize = 1_000;
/// A client that always has another command, or reads whatever it is sent, keeps the thread for so long before others have their turn.
const TURN: Duration = Duration::from_millis(1);

/// Where a connection's life stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The `connect` moment is next.
    Fresh,
    /// TLS has the wire, and is not up yet.
    Handshake,
    /// The `greeting` moment is next.
    Connected,
    /// Commands are obeyed.
    Talking,
}

/// How a listener talks.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What it speaks.
    pub protocol: Protocol,
    /// TLS from the first octet.
    pub implicit_tls: bool,
}

/// One connection, from accept to its end.
pub struct Connection {
    pub(super) socket: Socket,
    pub(super) session: Box<dyn Session>,
    pub(super) shared: Arc<Shared>,
    pub(super) client: Client,
    pub(super) protocol: Protocol,
    pub(super) watch: Arc<Watch>,
    pub(super) signal: Arc<Signal>,
    pub(super) stage: Stage,
    pub(super) tls: Option<Box<Tls>>,
    /// TLS comes first, before the greeting.
    implicit_tls: bool,
    /// The greeting was due already: after a handshake, commands are next.
    pub(super) greeted: bool,
    pub(super) handshake_until: Option<Instant>,
    /// STARTTLS was answered in the very call that reads commands: what stands behind it is dropped.
    pub(super) upgrading: bool,
    /// The client's FIN has been read.
    pub(super) finished: bool,
    /// The client's RST, or another error of the socket.
    pub(super) broken: Option<Ending>,
    mailbox_changed: bool,
    /// The server stops.
    pub(super) stopping: bool,
    /// The journal has been told that the client has left.
    pub(super) noted: bool,
    /// Commands that have arrived and wait.
    pub(super) input: Vec<u8>,
    pub(super) out: Out,
    /// The moment that is being answered, and on top of it those that came in between (`silence`, `age`).
    #[allow(clippy::vec_box)] // A stalled connection has one frame: room for four would be half of what it costs.
    pub(super) frames: Vec<Box<Frame>>,
    pub(super) closing: Option<Box<Closing>>,
    pub(super) timer: Timer,
    pub(super) opened: Instant,
    pub(super) heard: Instant,
    /// While the socket is not read: when to ask next whether the client has left.
    pub(super) look: Option<Instant>,
    /// Watched silences and ages before this have come, in nanoseconds.
    pub(super) silences: u64,
    pub(super) ages: u64,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) unsent: u64,
}

/// Buffers that all connections of a thread share, so that a resting connection owns none.
struct Scratch {
    read: Box<[u8]>,
    work: Work,
}

/// What a call of the driver borrows from the thread.
#[derive(Default)]
pub(super) struct Work {
    pub(super) gather: Vec<u8>,
    pub(super) notes: Notes,
    spare: Out,
    /// The end of the connection's turn.
    pub(super) until: TurnEnd,
}

/// When the turn of a connection ends: by the machine's own clock, which does not stand still in tests.
#[derive(Clone, Copy, Default)]
pub(super) struct TurnEnd(Option<std::time::Instant>);

impl TurnEnd {
    fn after(time: Duration) -> Self {
        TurnEnd(std::time::Instant::now().checked_add(time))
    }

    pub(super) fn has_come(self) -> bool {
        self.0.is_some_and(|end| std::time::Instant::now() >= end)
    }
}

impl Work {
    /// Whether others should have their turn now.
    pub(super) fn is_spent(&self) -> bool {
        self.until.has_come()
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch { read: vec![0; 64 << 10].into(), work: Work::default() });
}

/// What a step of the driver came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something moved: look again.
    Again,
    /// Nothing to do until a waker calls.
    Blocked,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(
        socket: Socket,
        mut session: Box<dyn Session>,
        shared: Arc<Shared>,
        client: Client,
        manner: Manner,
        watch: Arc<Watch>,
        signal: Arc<Signal>,
    ) -> Self {
        session.set_waker(signal.clone());
        if !watch.content.is_empty() {
            session.watch_content(watch.content.clone());
        }
        let now = Instant::now();
        Connection {
            socket,
            session,
            shared,
            client,
            protocol: manner.protocol,
            watch,
            signal,
            stage: Stage::Fresh,
            tls: None,
            implicit_tls: manner.implicit_tls,
            greeted: false,
            handshake_until: None,
            upgrading: false,
            finished: false,
            broken: None,
            mailbox_changed: false,
            stopping: false,
            noted: false,
            input: Vec::new(),
            out: Out::default(),
            frames: Vec::new(),
            closing: None,
            timer: Timer::default(),
            opened: now,
            heard: now,
            look: None,
            silences: 0,
            ages: 0,
            received: 0,
            sent: 0,
            unsent: 0,
        }
    }

    fn run(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<()> {
        let Scratch { read, work } = scratch;
        work.until = TurnEnd::after(TURN);
        if self.out.is_empty() {
            std::mem::swap(&mut self.out, &mut work.spare);
        }
        let over = self.turns(cx, read, work);
        if self.out.is_empty() {
            std::mem::swap(&mut self.out, &mut work.spare);
            self.out = Out::default();
        }
        over
    }

    /// The one loop: signals, program, session, wire, clock, until nothing moves.
    fn turns(&mut self, cx: &mut Context<'_>, read: &mut [u8], work: &mut Work) -> Poll<()> {
        self.take_signals(cx);
        loop {
            if self.closing.is_some() {
                if self.poll_closing(cx) {
                    return Poll::Ready(());
                }
            } else {
                // All that can be said before the next wait leaves in one write.
                while self.closing.is_none() && self.advance(work) == Turn::Again {}
                if self.closing.is_some() {
                    continue;
                }
            }
            let moved = self.poll_flush(cx, work) == Turn::Again || self.poll_read(cx, read, work) == Turn::Again;
            if work.is_spent() {
                // Not the waker itself: the runtime would come back here many times before it looks at sockets and timers.
                return std::pin::pin!(tokio::task::yield_now()).poll(cx);
            }
            if moved {
                continue;
            }
            self.look_for_leaving();
            if self.closing.is_none() && self.is_left() {
                self.end(Side::Client, self.broken.unwrap_or(Ending::Fin));
                return Poll::Ready(());
            }
            if self.stopping {
                // What had arrived by now has been obeyed: a command that has sent its mail and gone is judged by all that it sent. The journal must
                // be whole at once; what the client has not read, it will not get.
                self.settle_frames(false, work);
                self.forget_output();
                self.closing = Some(Box::new(Closing::at_once(Side::Server, self.phase())));
                continue;
            }
            match self.deadline() {
                Some(deadline) if self.timer.poll(cx, deadline) => {}
                _ => return Poll::Pending,
            }
        }
    }

    fn take_signals(&mut self, cx: &mut Context<'_>) {
        let bits = self.signal.take(cx.waker());
        if bits & Signal::MAILBOX != 0 {
            self.mailbox_changed = true;
        }
        if bits & Signal::KILL != 0 && self.closing.is_none() {
            let phase = self.phase();
            self.close(Side::Server, How::Reset { settle: Duration::ZERO }, phase);
        }
        self.stopping |= bits & Signal::STOP != 0;
    }

    /// One move of the conversation: a timed moment, the program that runs, or the next command.
    fn advance(&mut self, work: &mut Work) -> Turn {
        if self.timed_moment(work) {
            return Turn::Again;
        }
        if work.is_spent() {
            return Turn::Blocked;
        }
        if let Some(frame) = self.frames.pop() {
            return self.run_frame(frame, work);
        }
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Connected;
                if self.implicit_tls {
                    self.start_tls();
                }
                self.begin(Moment::new(Ats::CONNECT), work);
                Turn::Again
            }
            Stage::Handshake if self.input.is_empty() => {
                self.await_client();
                if self.handshake_times_out() { Turn::Again } else { Turn::Blocked }
            }
            Stage::Handshake => {
                let input = std::mem::take(&mut self.input);
                self.hear_wire(&input, work);
                Turn::Again
            }
            Stage::Connected => {
                self.greeted = true;
                self.stage = Stage::Talking;
                self.begin(self.session.greeting(), work);
                Turn::Again
            }
            Stage::Talking => self.obey_pending(work),
        }
    }

    /// Commands that waited, then what the session wants to say unasked.
    fn obey_pending(&mut self, work: &mut Work) -> Turn {
        if self.out.is_crowded() {
            return Turn::Blocked;
        }
        if !self.input.is_empty() || self.session.is_due() {
            let mut input = std::mem::take(&mut self.input);
            let taken = self.obey(&input, work);
            let moved = taken > 0 || !self.frames.is_empty();
            // What a moment's answer could have put into `input` meanwhile: nothing, only `poll_read` adds to it.
            if taken < input.len() {
                input.drain(..taken);
                self.input = input;
            }
            if moved {
                return Turn::Again;
            }
        }
        if std::mem::take(&mut self.mailbox_changed) {
            let pushed = self.with_session(work, |session, cx| session.push(cx));
            if let Some(moment) = pushed {
                // There may be more to say after this.
                self.mailbox_changed = true;
                self.begin(moment, work);
                return Turn::Again;
            }
        }
        Turn::Blocked
    }

    /// Lets the session read, as long as nothing holds it up; the answer is how many octets it took.
    pub(super) fn obey(&mut self, octets: &[u8], work: &mut Work) -> usize {
        let mut rest = octets;
        self.upgrading = false;
        while self.frames.is_empty()
            && self.closing.is_none()
            && self.stage == Stage::Talking
            && !self.out.is_crowded()
            && !work.is_spent()
        {
            match self.with_session(work, |session, cx| session.next(&mut rest, cx)) {
                Some(moment) => self.begin(moment, work),
                None => break,
            }
            if self.upgrading {
                self.drop_pipelined(rest.len());
                rest = &[];
            }
        }
        octets.len() - rest.len()
    }

    /// A moment has come: asks the engine, and starts what it decided, or the normal course.
    pub(super) fn begin(&mut self, moment: Moment, work: &mut Work) {
        let recorder = &self.shared.recorder;
        recorder.event(self.client.number, What::Moment { at: moment.at, offset: moment.offset });
        if self.watch.mask.intersects(moment.at) {
            let facts = ConnectionFacts { session: &*self.session, tls: self.tls.as_deref() };
            let decision = self.shared.engine.decide(&mut self.client, moment, &facts, std::time::Instant::now());
            for drawn in decision.draws {
                recorder.event(self.client.number, What::Draw { fault: drawn.name, chance: drawn.chance, draw: drawn.draw });
            }
            for fired in &decision.fired {
                let (fault, planned) = (fired.name.clone(), fired.program.text.clone());
                recorder.event(self.client.number, What::Fault { fault, at: moment.at, planned, shadowed: false });
            }
            for shadowed in decision.shadowed {
                let (fault, planned) = (shadowed.name, shadowed.program.text.clone());
                recorder.event(self.client.number, What::Fault { fault, at: moment.at, planned, shadowed: true });
            }
            if !decision.fired.is_empty() {
                self.frames.push(Box::new(Frame::new(moment, decision.fired)));
                return;
            }
        }
        if moment.at.intersects(Ats::TLS) {
            self.frames.push(Box::new(Frame::new(moment, smallvec::SmallVec::new())));
        } else if moment.owes_reply() {
            self.answer_normally(moment, work);
        }
    }

    /// The hot path: no fault, so no frame, unless the reply holds mail (then the session is told only when it has left).
    fn answer_normally(&mut self, moment: Moment, work: &mut Work) {
        if !self.session.prepare() {
            self.frames.push(Box::new(Frame::new(moment, smallvec::SmallVec::new())));
            return;
        }
        let (answer, kept) = self.with_session(work, |session, cx| {
            let answer = session.answer(moment, cx);
            let kept = answer.class.succeeds();
            session.resolve(kept, cx);
            (answer, kept)
        });
        if answer.then == Then::Upgrade || answer.reply.holds_mail() {
            let mut frame = Box::new(Frame::new(moment, smallvec::SmallVec::new()));
            self.prepare_upgrade(&answer);
            frame.answer = Some(super::frame::Pending::new(answer, kept));
            self.frames.push(frame);
            return;
        }
        let octets = answer.reply.len();
        self.out.push(answer.reply);
        self.with_session(work, |session, cx| session.sent(Sent { octets, changed: &[], whole: true }, cx));
        self.shared.recorder.event(self.client.number, What::Answered { at: moment.at, class: Some(answer.class), kept });
        if answer.then == Then::Close {
            let phase = self.session.phase();
            self.close(Side::Server, How::Finish { both: true, notify: true }, phase);
        }
    }

    /// The reply to STARTTLS is made: what the client has sent before it could have seen it is not TLS, and nobody's.
    pub(super) fn prepare_upgrade(&mut self, answer: &crate::proto::Answer) {
        if answer.then == Then::Upgrade {
            let waiting = std::mem::take(&mut self.input);
            self.drop_pipelined(waiting.len());
            self.upgrading = true;
        }
    }

    /// Lends the session what it may use, and takes its notes to the journal.
    pub(super) fn with_session<R>(&mut self, work: &mut Work, call: impl FnOnce(&mut dyn Session, &mut Cx<'_>) -> R) -> R {
        self.with_session_for(self.client.number, work, call)
    }

    /// The same for what the scenario does and no client: its notes are of no connection.
    pub(super) fn as_scenario<R>(&mut self, work: &mut Work, call: impl FnOnce(&mut dyn Session, &mut Cx<'_>) -> R) -> R {
        self.with_session_for(0, work, call)
    }

    fn with_session_for<R>(&mut self, conn: u32, work: &mut Work, call: impl FnOnce(&mut dyn Session, &mut Cx<'_>) -> R) -> R {
        let mut cx = Cx { store: &self.shared.store, notes: &mut work.notes };
        let result = call(&mut *self.session, &mut cx);
        self.shared.recorder.events(conn, work.notes.drain(..).map(What::Note));
        // One command may change every message there is; the thread does not keep the room for that.
        work.notes.shrink_to(NOTES_KEPT);
        result
    }

    /// The last event of the connection.
    pub(super) fn end(&mut self, by: Side, how: Ending) {
        self.forget_output();
        self.unsent += self.tls.as_ref().map_or(0, |tls| tls.swallowed());
        if by != Side::Fault {
            let mut notes = Notes::new();
            self.session.left(&self.input, &mut Cx { store: &self.shared.store, notes: &mut notes });
            self.shared.recorder.events(self.client.number, notes.into_iter().map(What::Note));
        }
        let what = What::End {
            by,
            how,
            phase: self.closing.as_ref().map_or_else(|| self.phase(), |closing| closing.phase).into(),
            received: self.received,
            sent: self.sent,
            unsent: self.unsent,
            unacknowledged: self.closing.as_ref().map_or(0, |closing| closing.unacknowledged),
        };
        self.shared.recorder.event(self.client.number, what);
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let connection = self.get_mut();
        SCRATCH.with_borrow_mut(|scratch| connection.run(cx, scratch))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.forget(&mut self.client);
    }
}

/// What the engine may ask: the session, and the driver's own facts.
struct ConnectionFacts<'a> {
    session: &'a dyn Session,
    tls: Option<&'a Tls>,
}

impl Facts for ConnectionFacts<'_> {
    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        match key {
            Key::Sni => self.tls.and_then(|tls| tls.facts.sni.as_deref()).is_some_and(test),
            Key::Tls => test(if self.tls.is_some_and(Tls::is_up) { "true" } else { "false" }),
            _ => self.session.fact(key, test),
        }
    }
}
