//! Running a frame: op by op, each at most once, until something has to be waited for.

use std::time::Duration;

use tokio::time::Instant;

use super::driver::{Connection, Turn, Work};
use super::ending::How;
use super::frame::{Frame, Pending, Trickle, Wait, Whose};
use crate::certs::{Choice, alert};
use crate::fault::{Cut, Fired, Op, Step, draw, edit};
use crate::journal::What;
use crate::journal::event::{Outcome, Side};
use crate::proto::script::ScriptSession;
use crate::proto::{Ats, Class, Piece, Rope, Sent, Source, Then};

/// Octets that `repeat` without `every` makes at a time, at least.
const REPEATED: usize = 4096;

/// What a step leaves of its frame.
enum Left {
    /// Go on with it at once.
    Again,
    /// It waits.
    Blocked,
    /// It is over.
    Done,
}

impl Connection {
    /// Runs the topmost frame, which the caller has taken off the stack.
    pub(super) fn run_frame(&mut self, mut frame: Box<Frame>, work: &mut Work) -> Turn {
        match self.step(&mut frame, work) {
            Left::Again => {
                self.frames.push(frame);
                Turn::Again
            }
            Left::Blocked => {
                self.frames.push(frame);
                Turn::Blocked
            }
            Left::Done => Turn::Again,
        }
    }

    fn step(&mut self, frame: &mut Frame, work: &mut Work) -> Left {
        if let Some(wait) = &frame.wait {
            // Nobody waits for a client that is gone, except to say that it went (the driver ends the connection then).
            let cut_short = self.broken.is_some() && wait.until.is_some();
            if !cut_short && !wait.is_over(Instant::now()) {
                return Left::Blocked;
            }
            frame.wait = None;
            if self.is_flushed() && self.broken.is_none() {
                frame.was_heard();
            }
        }
        if let Some(trickle) = frame.trickle.pop() {
            self.trickle(frame, trickle);
            return Left::Again;
        }
        match frame.next_step() {
            Some((fired, step)) => self.execute(frame, &fired, &step, work),
            None if frame.owes_normal_reply() => {
                if !self.prepare(frame, work) {
                    return Left::Blocked;
                }
                self.pass(frame, work);
                Left::Again
            }
            None => self.finish(frame, work),
        }
    }

    fn execute(&mut self, frame: &mut Frame, fired: &Fired, step: &Step, work: &mut Work) -> Left {
        if spoils_records(&step.op) && !self.is_flushed() && self.broken.is_none() {
            // What was said before it has to be in records of its own, which it does not touch.
            frame.step_back();
            return Left::Blocked;
        }
        let wire = step.op.speaks() || step.op.ends();
        let obeys = wire && frame.moment.owes_reply() && !frame.is_handshake();
        if obeys && !self.prepare(frame, work) {
            frame.step_back();
            return Left::Blocked;
        }
        let outcome = if wire && self.broken.is_some() { Outcome::ClientGone } else { Outcome::Done };
        let (fault, text) = (fired.name.clone(), step.text.clone());
        self.shared.recorder.event(self.client.number, What::Step { fault, step: text, offset: self.sent, outcome });
        if obeys {
            self.obey_command(frame, work);
        }
        frame.spoke |= wire;
        frame.raw = false;
        let whose = Whose { fault: fired.name.clone(), step: step.text.clone() };
        match &step.op {
            Op::Pass => self.pass(frame, work),
            Op::Cut(cut) => self.cut(frame, *cut, work),
            Op::CutRaw(octets) => match &mut self.tls {
                Some(tls) if tls.is_up() => {
                    tls.stop_after(*octets);
                    self.pass(frame, work);
                    frame.said.whole = false;
                }
                _ => self.cut(frame, Cut::At(*octets), work),
            },
            Op::Reply(texts) => {
                if let Some(text) = texts.get(self.protocol) {
                    let (rope, class) = self.session.phrase(text, frame.moment);
                    frame.said.reply.get_or_insert(class);
                    self.speak_edited(frame, rope);
                }
            }
            Op::Send { octets, repeat, every, raw } => {
                frame.raw = *raw;
                frame.trickle.push(Trickle::Repeat { octets: octets.clone(), left: *repeat, every: *every });
            }
            Op::Garbage { octets, raw } => {
                frame.raw = *raw;
                frame.draws += 1;
                self.speak_edited(frame, edit::garbage(*octets, draw::derive(fired.draw, frame.draws)));
            }
            Op::Rewrite { find, with, within } => frame.edits.rewrite(find.clone(), with.clone(), *within),
            Op::Misread { find, with } => self.session.misread(&|command| match find.replace_all(command, &**with) {
                std::borrow::Cow::Owned(other) => Some(other),
                std::borrow::Cow::Borrowed(_) => None,
            }),
            Op::Tell => self.session.tell(),
            Op::Corrupt { at, raw } => match &mut self.tls {
                Some(tls) if *raw && tls.is_up() => tls.flip_at(*at),
                _ => frame.edits.corrupt(*at),
            },
            Op::Dribble { octets, every } => frame.dribble = Some((*octets, *every)),
            Op::Delay { min, max } => {
                frame.draws += 1;
                let [min, max] = [min, max].map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
                let delay = draw::between(draw::derive(fired.draw, frame.draws), min, max);
                self.wait(frame, Some(Duration::from_nanos(delay)), false, whose);
            }
            Op::Stall(None) | Op::StopReading(None) => {
                self.account(frame, true, work);
                self.wait(frame, None, matches!(step.op, Op::StopReading(_)), whose);
            }
            Op::Stall(time) => self.wait(frame, *time, false, whose),
            Op::StopReading(time) => self.wait(frame, *time, true, whose),
            Op::Reset { settle } => return self.end_with(frame, How::Reset { settle: *settle }, work),
            Op::Close { notify } => return self.end_with(frame, How::Finish { both: true, notify: *notify }, work),
            Op::HalfClose => return self.end_with(frame, How::Finish { both: false, notify: true }, work),
            Op::Converse(script) => {
                self.session = Box::new(ScriptSession::new(script.clone()));
                self.session.set_waker(self.signal.clone());
            }
            Op::Hide(names) => self.session.hide(names, is_lasting(frame)),
            Op::Offer(names) => self.session.offer(names, is_lasting(frame)),
            Op::Mutate(mutation) => self.as_scenario(work, |session, cx| session.mutate(mutation, cx)),
            Op::Certificate(kind) => self.choose(|choice| choice.certificate = *kind),
            Op::TlsVersions(versions) => self.choose(|choice| choice.versions = *versions),
            Op::RequireClientCertificate => self.choose(|choice| choice.client_certificate = true),
            Op::Alert(number) => {
                self.out.push_raw(Rope::text(alert::alert_record(alert::TLS12, alert::Level::Fatal, *number).to_vec()));
                return self.end_with(frame, How::Finish { both: true, notify: false }, work);
            }
            // `store` and `lose` were weighed when the command was obeyed; the listener sees to the other two.
            Op::NoReply | Op::Store | Op::Lose | Op::Refuse | Op::Blackhole => {}
        }
        Left::Again
    }

    fn wait(&mut self, frame: &mut Frame, time: Option<Duration>, deaf: bool, whose: Whose) {
        let since = Instant::now();
        frame.wait = Some(Wait { since, until: time.map(|time| since + time), deaf, whose: Some(whose) });
    }

    /// Whether all is done that the normal reply needs. Where that takes long, it goes on at the connection's next turn; once the server stops, it does not.
    fn prepare(&mut self, frame: &Frame, work: &Work) -> bool {
        let mut prepared = frame.answer.is_some() || frame.is_handshake() || self.session.prepare();
        while !prepared && !self.stopping && !work.is_spent() {
            prepared = self.session.prepare();
        }
        prepared
    }

    /// The normal reply is made and the change that goes with it happens, or not. Once.
    fn obey_command(&mut self, frame: &mut Frame, work: &mut Work) {
        if frame.answer.is_some() {
            return;
        }
        if frame.is_handshake() {
            let answer = self.first_flight();
            let kept = answer.class.succeeds();
            frame.answer = Some(Pending::new(answer, kept));
            return;
        }
        let moment = frame.moment;
        let forced = frame.ops().fold(None, |forced, op| match op {
            Op::Store => Some(true),
            Op::Lose => Some(false),
            _ => forced,
        });
        let protocol = self.protocol;
        let replied = frame.ops().find_map(|op| match op {
            Op::Reply(texts) => texts.get(protocol).map(|text| self.session.phrase(text, moment).1),
            _ => None,
        });
        let (answer, kept) = self.with_session(work, |session, cx| {
            let answer = session.answer(moment, cx);
            let said = replied.unwrap_or(answer.class);
            if forced.is_none() && answer.class != Class::More && moment.is_postponed_by(said) {
                session.postpone(cx);
                return (answer, false);
            }
            let kept = forced.unwrap_or(said.succeeds());
            session.resolve(kept, cx);
            (answer, kept)
        });
        self.prepare_upgrade(&answer);
        frame.answer = Some(Pending::new(answer, kept));
    }

    fn choose(&mut self, change: impl FnOnce(&mut Choice)) {
        if let Some(tls) = &mut self.tls {
            change(&mut tls.choice);
        }
    }

    /// What is left of the normal reply.
    fn pass(&mut self, frame: &mut Frame, work: &mut Work) {
        self.obey_command(frame, work);
        frame.spoke = true;
        let rest = self.rest_of_reply(frame);
        self.mark_start(frame);
        frame.said.whole = true;
        self.speak(frame, rest);
    }

    fn cut(&mut self, frame: &mut Frame, cut: Cut, work: &mut Work) {
        self.obey_command(frame, work);
        let rest = self.rest_of_reply(frame);
        self.mark_start(frame);
        let Some(answer) = &mut frame.answer else { return };
        // `cut` counts from the start of the reply, also where another `cut` has said a part of it.
        let cut = match cut {
            Cut::At(octets) => Cut::At(octets.saturating_sub(answer.cut)),
            Cut::Before(octets) => Cut::Before(octets),
            Cut::Percent(percent) => {
                let total = answer.cut + rest.len();
                Cut::At(edit::percent_of(total, percent).saturating_sub(answer.cut))
            }
        };
        let (head, rest) = edit::cut(rest, cut);
        answer.cut += head.len();
        frame.said.whole = rest.is_empty();
        answer.rest = rest;
        self.speak(frame, head);
    }

    /// Takes what is left of the normal reply, with the `rewrite`s of the list done to it.
    fn rest_of_reply(&mut self, frame: &mut Frame) -> Rope {
        let Some(answer) = &mut frame.answer else { return Rope::new() };
        let rest = std::mem::take(&mut answer.rest);
        if answer.rewritten {
            return rest;
        }
        answer.rewritten = true;
        frame.edits.rewritten_noting(rest, answer.cut, &answer.changes)
    }

    /// Where the normal reply starts among all octets of the connection.
    fn mark_start(&mut self, frame: &mut Frame) {
        if frame.said.start.is_none() {
            frame.said.start = Some(self.sent + self.out.len());
        }
    }

    /// Something other than the normal reply.
    fn speak_edited(&mut self, frame: &mut Frame, rope: Rope) {
        let rope = frame.edits.rewritten(rope);
        self.speak(frame, rope);
    }

    fn speak(&mut self, frame: &mut Frame, rope: Rope) {
        let rope = frame.edits.corrupted(rope);
        match frame.dribble {
            Some((octets, every)) => frame.trickle.push(Trickle::Dribble { rest: rope, octets, every }),
            None => self.send(frame, rope),
        }
    }

    /// At `tls` all octets are raw.
    fn send(&mut self, frame: &Frame, rope: Rope) {
        if frame.raw || frame.is_handshake() { self.out.push_raw(rope) } else { self.out.push(rope) }
    }

    /// The next piece of something that leaves in pieces, and the wait after it.
    fn trickle(&mut self, frame: &mut Frame, trickle: Trickle) {
        if self.broken.is_some() {
            return;
        }
        match trickle {
            Trickle::Dribble { rest, octets, every } => {
                let (head, rest) = edit::cut(rest, Cut::At(octets));
                self.send(frame, head);
                if !rest.is_empty() {
                    frame.trickle.push(Trickle::Dribble { rest, octets, every });
                    frame.wait = Some(pause(every));
                }
            }
            Trickle::Repeat { octets, left, every } if every.is_zero() => self.speak_edited(frame, repeated(&octets, left)),
            Trickle::Repeat { octets, left, every } => {
                // The pause comes when these octets have left, which takes a while where they are dribbled.
                if left > 1 {
                    frame.trickle.push(Trickle::Repeat { octets: octets.clone(), left: left - 1, every });
                    frame.trickle.push(Trickle::Pause(every));
                }
                self.speak_edited(frame, Rope::text(octets));
            }
            Trickle::Pause(time) => frame.wait = Some(pause(time)),
        }
    }

    fn end_with(&mut self, frame: &mut Frame, how: How, work: &mut Work) -> Left {
        // Where the fault struck: a session that has answered its greeting is already one step further.
        let named = frame.moment.owes_reply() || frame.moment.at.intersects(Ats::CONNECT);
        let phase = if named { frame.moment.at.headline() } else { self.session.phase() };
        self.account(frame, true, work);
        self.settle_frames(true, work);
        self.close(Side::Fault, how, phase);
        Left::Done
    }

    /// Everything that this moment says has been said.
    fn finish(&mut self, frame: &mut Frame, work: &mut Work) -> Left {
        if !frame.moment.owes_reply() {
            return Left::Done;
        }
        if !frame.is_handshake() {
            self.obey_command(frame, work);
        }
        let has_mail = frame.answer.as_ref().is_some_and(|answer| answer.has_mail);
        if has_mail && !self.is_flushed() && self.broken.is_none() {
            return Left::Blocked;
        }
        let whole = self.account(frame, false, work);
        match frame.answer.as_ref().map(|answer| (answer.then, answer.kept)) {
            Some((Then::Close, kept)) if kept || frame.said.whole => {
                let phase = if frame.is_handshake() { "tls" } else { self.session.phase() };
                self.close(Side::Server, How::Finish { both: true, notify: true }, phase);
            }
            // The reply goes out in clear still: TLS is not up before the handshake is done.
            Some((Then::Upgrade, _)) if whole => self.start_tls(),
            _ => {}
        }
        Left::Done
    }

    /// The end of the connection comes over moments that are still being answered: what they have said was said. `queued` as for `account`.
    pub(super) fn settle_frames(&mut self, queued: bool, work: &mut Work) {
        let flushed = queued || self.is_flushed();
        for mut frame in std::mem::take(&mut self.frames) {
            // A step that waits for ever has done it already.
            if frame.is_handshake() || frame.wait.as_ref().is_some_and(|wait| wait.until.is_none()) {
                continue;
            }
            if !flushed || !frame.trickle.is_empty() {
                (frame.said.whole, frame.said.reply) = (false, None);
            }
            self.account(&mut frame, queued, work);
        }
    }

    /// Tells the session how much of the normal reply has left, and the journal what was said. With `queued`, what waits to be written counts as
    /// written: an ending comes next, and it writes that first.
    /// The answer is whether the normal reply, or one of its class, was said whole.
    fn account(&mut self, frame: &mut Frame, queued: bool, work: &mut Work) -> bool {
        if frame.is_handshake() {
            if let Some(tls) = self.tls.as_mut().filter(|_| !frame.said.whole) {
                tls.give_up();
            }
            return frame.said.whole;
        }
        let Some(answer) = &frame.answer else { return false };
        // What is queued for a client that is gone will never leave.
        let gone = self.broken.is_some();
        let upto = self.sent + if queued && !gone { self.out.len() } else { 0 };
        let said = if frame.said.whole { u64::MAX } else { answer.cut };
        let octets = match frame.said.start {
            Some(start) if gone || (answer.has_mail && !frame.said.whole) => upto.saturating_sub(start).min(said),
            Some(_) => said,
            None => 0,
        };
        let class = if gone { frame.said.heard } else { frame.class_said() };
        let changed = answer.changes.so_far();
        let sent = Sent { octets, changed: &changed, whole: class == Some(answer.class) };
        let (kept, whole) = (answer.kept, sent.whole);
        self.with_session(work, |session, cx| session.sent(sent, cx));
        let what = What::Answered { at: frame.moment.at, class, kept };
        self.shared.recorder.event(self.client.number, what);
        whole
    }
}

/// A wait between two pieces, which is no step of its own.
fn pause(time: Duration) -> Wait {
    let since = Instant::now();
    Wait { since, until: Some(since + time), deaf: false, whose: None }
}

/// Ops that work on TLS records, and must not touch those of what was said before.
fn spoils_records(op: &Op) -> bool {
    matches!(op, Op::CutRaw(_) | Op::Corrupt { raw: true, .. })
}

/// `hide` and `offer` last for the connection where it has only begun.
fn is_lasting(frame: &Frame) -> bool {
    frame.moment.at.intersects(Ats::CONNECT | Ats::TLS)
}

/// The same octets again and again, in pieces that are worth their while.
fn repeated(octets: &bytes::Bytes, times: u64) -> Rope {
    let left = times.saturating_mul(octets.len() as u64);
    let mut rope = Rope::new();
    if left > 0 {
        rope.push_lazy(Repeated { block: octets.repeat(REPEATED.div_ceil(octets.len())).into(), left });
    }
    rope
}

#[derive(Clone)]
struct Repeated {
    /// A whole number of repetitions.
    block: bytes::Bytes,
    /// Octets to come.
    left: u64,
}

impl Source for Repeated {
    fn next(&mut self) -> Option<Piece> {
        let octets = self.block.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= octets as u64;
        (octets > 0).then(|| Piece::Text(self.block.slice(..octets)))
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }

    fn known_len(&self) -> Option<u64> {
        Some(self.left)
    }
}
