//! What the clock does to a connection: `silence` and `age`, and when the task must be woken.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::driver::{Connection, Stage, Work};
use crate::fault::Timed;
use crate::proto::{Ats, Moment};

/// Moments that may be under way at once; `silence` and `age` wait while there are more.
const MOST_FRAMES: usize = 16;

/// One timer, made when it is first needed.
#[derive(Default)]
pub(super) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Whether the deadline has come; if not, the task is woken then.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> bool {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx).is_ready()
    }
}

impl Connection {
    /// `silence` and `age`, when their time has come.
    pub(super) fn timed_moment(&mut self, work: &mut Work) -> bool {
        let Some((due, at, offset)) = self.next_timed() else { return false };
        if Instant::now() < due {
            return false;
        }
        let from = if at == Ats::AGE { &mut self.ages } else { &mut self.silences };
        *from = offset.saturating_add(1);
        self.begin(Moment { at, offset }, work);
        true
    }

    /// When the next `silence` or `age` comes, which it is, and how many nanoseconds it is then.
    pub(super) fn next_timed(&self) -> Option<(Instant, Ats, u64)> {
        // Each silence may come on top of one that is still being answered: a client that speaks now and then must not heap them up.
        if self.stage == Stage::Fresh || self.closing.is_some() || self.frames.len() >= MOST_FRAMES {
            return None;
        }
        let due = |since: Instant, at, offset| since.checked_add(Duration::from_nanos(offset)).map(|due| (due, at, offset));
        let silence = Timed::first(&self.watch.silence, self.silences).and_then(|offset| due(self.heard, Ats::SILENCE, offset));
        let age = Timed::first(&self.watch.age, self.ages).and_then(|offset| due(self.opened, Ats::AGE, offset));
        silence.into_iter().chain(age).min_by_key(|&(due, ..)| due)
    }

    /// When the clock must wake the task, if nothing else does.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if let Some(closing) = &self.closing {
            return closing.deadline();
        }
        let wait = self.frames.last().and_then(|frame| frame.wait.as_ref());
        let until = wait.and_then(|wait| wait.until);
        let timed = self.next_timed().map(|(due, ..)| due);
        // A deadline that nobody acts on would wake the task again and again.
        let handshake = self.handshake_until.filter(|_| self.frames.is_empty());
        [until, timed, self.look, handshake].into_iter().flatten().min()
    }
}
