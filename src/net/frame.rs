//! A moment that is being answered: its programs, how far they have come, and what has been said.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;
use tokio::time::Instant;

use crate::fault::{Changes, Edits, Fired, Op, Step};
use crate::proto::{Answer, Ats, Class, Moment, Rope, Then};

/// The programs of one moment, run one after the other as one list. It is data, not a future: it can be looked into, cut short, and put below another
/// one (a fault at `silence` or `age` runs on top of it).
pub struct Frame {
    pub moment: Moment,
    fired: SmallVec<[Fired; 1]>,
    program: usize,
    step: usize,
    /// Draws of its own that the firing has made: garbage, and delays between two durations.
    pub draws: u64,
    /// The normal reply, once it was asked for.
    pub answer: Option<Pending>,
    pub edits: Edits,
    pub dribble: Option<(u64, Duration)>,
    /// What is left of things that leave in pieces, the one that goes on now last: a `repeat` may be dribbled.
    pub trickle: Vec<Trickle>,
    pub wait: Option<Wait>,
    pub said: Said,
    /// What is being said goes below TLS.
    pub raw: bool,
    /// A step has spoken: the normal reply does not follow by itself.
    pub spoke: bool,
}

/// What is left of the normal reply.
pub struct Pending {
    pub rest: Rope,
    pub class: Class,
    pub then: Then,
    pub kept: bool,
    /// It holds mail: the session is told only when the kernel has taken it.
    pub has_mail: bool,
    pub rewritten: bool,
    /// What that changed.
    pub changes: Changes,
    /// Octets of it that a `cut` has said.
    pub cut: u64,
}

impl Pending {
    pub fn new(answer: Answer, kept: bool) -> Self {
        let has_mail = answer.reply.holds_mail();
        Pending {
            rest: answer.reply,
            class: answer.class,
            then: answer.then,
            kept,
            has_mail,
            rewritten: false,
            changes: Changes::default(),
            cut: 0,
        }
    }
}

/// What has been said at this moment.
#[derive(Default)]
pub struct Said {
    /// Where the normal reply starts among all octets of the connection; `None` if nothing of it was said.
    pub start: Option<u64>,
    /// The normal reply was said whole.
    pub whole: bool,
    /// A `reply` took its place.
    pub reply: Option<Class>,
    /// What had been told whole when the frame last waited, or when the client went: all that counts once it is gone.
    pub heard: Option<Class>,
}

/// Something that leaves in pieces.
pub enum Trickle {
    /// `dribble`.
    Dribble { rest: Rope, octets: u64, every: Duration },
    /// `send` with `repeat` and `every`.
    Repeat { octets: bytes::Bytes, left: u64, every: Duration },
    /// The wait before the next of a `repeat`.
    Pause(Duration),
}

/// A pause in the program.
pub struct Wait {
    pub since: Instant,
    /// `None`: until the client gives up.
    pub until: Option<Instant>,
    /// The kernel's buffers are left to fill.
    pub deaf: bool,
    /// Whose step it is, for the journal.
    pub whose: Option<Whose>,
}

/// A fault and one of its steps.
#[derive(Clone)]
pub struct Whose {
    pub fault: Arc<str>,
    pub step: Arc<str>,
}

impl Wait {
    pub fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}

impl Frame {
    pub fn new(moment: Moment, fired: SmallVec<[Fired; 1]>) -> Self {
        Frame {
            moment,
            fired,
            program: 0,
            step: 0,
            draws: 0,
            answer: None,
            edits: Edits::default(),
            dribble: None,
            trickle: Vec::new(),
            wait: None,
            said: Said::default(),
            raw: false,
            spoke: false,
        }
    }

    /// The next step, of whichever program; the place moves on.
    pub fn next_step(&mut self) -> Option<(Fired, Step)> {
        loop {
            let fired = self.fired.get(self.program)?;
            if let Some(step) = fired.program.steps.get(self.step) {
                self.step += 1;
                return Some((fired.clone(), step.clone()));
            }
            self.program += 1;
            self.step = 0;
            // The edits of one fault shape what that fault and those after it write; nothing else is carried over.
        }
    }

    /// The step that `next_step` has just returned is to come again.
    pub fn step_back(&mut self) {
        self.step = self.step.saturating_sub(1);
    }

    /// Whether this is the moment at which the server chooses its part in a TLS handshake, and not a matter of the session.
    pub fn is_handshake(&self) -> bool {
        self.moment.at.intersects(Ats::TLS)
    }

    /// Whether the normal reply follows by itself when the programs are done.
    pub fn owes_normal_reply(&self) -> bool {
        self.moment.owes_reply() && !self.spoke
    }

    /// All ops of all its programs, those that ran included.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        self.fired.iter().flat_map(|fired| fired.program.steps.iter().map(|step| &step.op))
    }

    /// All that was said so far has left.
    pub fn was_heard(&mut self) {
        if self.trickle.is_empty() {
            self.said.heard = self.class_said();
        }
    }

    /// What was said whole: the class of the normal reply, or of the `reply` in its place.
    pub fn class_said(&self) -> Option<Class> {
        match (&self.answer, self.said.reply) {
            (_, Some(class)) => Some(class),
            (Some(answer), None) if self.said.whole => Some(answer.class),
            _ => None,
        }
    }
}
