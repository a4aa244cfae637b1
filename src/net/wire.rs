//! A connection's octets, in and out, and how its client leaves.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::driver::{Connection, Turn, Work};
use super::frame::Wait;
use crate::journal::What;
use crate::journal::event::Ending;
use crate::sys::PeerState;

/// Octets of commands that may wait while a moment is being answered; beyond that the client's writes are left to the kernel's buffers.
const MOST_PENDING_INPUT: usize = 64 << 10;
/// How often a socket that is not read is asked whether its client has left.
const LOOK_AFTER: Duration = Duration::from_millis(100);

impl Connection {
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>, work: &mut Work) -> Turn {
        if self.is_flushed() {
            return Turn::Blocked;
        }
        if self.broken.is_some() {
            self.forget_output();
            return Turn::Again;
        }
        let before = (self.sent, self.ciphertext_left());
        let (recorder, number, sent) = (&self.shared.recorder, self.client.number, &mut self.sent);
        let has_tls = self.tls.is_some();
        let written = |octets: &[u8], raw: bool| {
            if raw && has_tls {
                recorder.sent_raw(number, octets);
            } else {
                *sent += octets.len() as u64;
                recorder.sent(number, octets);
            }
        };
        let until = work.until;
        let spent = || until.has_come();
        let flushed = self.out.poll_flush(cx, &mut self.socket, self.tls.as_deref_mut(), &mut work.gather, spent, written);
        if (self.sent, self.ciphertext_left()) != before
            && let Some(closing) = &mut self.closing
        {
            closing.has_moved();
        }
        match flushed {
            Poll::Ready(Ok(())) => Turn::Again,
            Poll::Ready(Err(error)) => {
                self.break_off(&error);
                Turn::Again
            }
            Poll::Pending => Turn::Blocked,
        }
    }

    /// Octets that have left below TLS: what TLS has taken is not on its way yet.
    fn ciphertext_left(&self) -> u64 {
        self.tls.as_ref().map_or(0, |tls| tls.left())
    }

    /// Whether nothing waits to be written, above TLS or below.
    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_empty() && self.tls.as_ref().is_none_or(|tls| tls.output().is_empty())
    }

    /// What waits to be written will not be.
    pub(super) fn forget_output(&mut self) {
        self.unsent += self.out.clear();
        if let Some(tls) = &mut self.tls {
            let records = tls.output().len();
            tls.wrote(records);
            self.unsent += records as u64;
        }
    }

    /// Whether octets of the client are wanted now.
    pub(super) fn reads(&self) -> bool {
        let deaf = self.frames.iter().any(|frame| frame.wait.as_ref().is_some_and(|wait| wait.deaf));
        !deaf && (self.discards() || (self.input.len() < MOST_PENDING_INPUT && !self.out.is_crowded()))
    }

    /// Whether what the client sends is journalled and not obeyed any more.
    pub(super) fn discards(&self) -> bool {
        self.closing.is_some() || self.waits_for_ever()
    }

    /// Whether a step runs that only the client can end.
    pub(super) fn waits_for_ever(&self) -> bool {
        self.frames.iter().any(|frame| frame.wait.as_ref().is_some_and(|wait| wait.until.is_none()))
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, read: &mut [u8], work: &mut Work) -> Turn {
        if self.finished || self.broken.is_some() || !self.reads() {
            return Turn::Blocked;
        }
        match self.socket.poll_read(cx, read) {
            Poll::Pending => Turn::Blocked,
            Poll::Ready(Ok(0)) => {
                self.client_finished();
                Turn::Again
            }
            Poll::Ready(Ok(octets)) => {
                self.hear(&read[..octets], work);
                Turn::Again
            }
            Poll::Ready(Err(error)) => {
                self.break_off(&error);
                Turn::Again
            }
        }
    }

    pub(super) fn hear(&mut self, octets: &[u8], work: &mut Work) {
        if !self.watch.silence.is_empty() {
            self.heard = Instant::now();
            self.silences = 0;
        }
        if self.tls.is_some() { self.hear_wire(octets, work) } else { self.hear_plain(octets, work) }
    }

    /// Octets of the conversation itself.
    pub(super) fn hear_plain(&mut self, octets: &[u8], work: &mut Work) {
        self.received += octets.len() as u64;
        self.shared.recorder.received(self.client.number, octets);
        if self.discards() {
            return;
        }
        // Only what cannot be obeyed at once is copied.
        let taken = if self.input.is_empty() { self.obey(octets, work) } else { 0 };
        self.input.extend_from_slice(&octets[taken..]);
    }

    /// The client has said that it will send nothing more: FIN, or close_notify.
    pub(super) fn client_finished(&mut self) {
        if !self.finished {
            self.finished = true;
            self.note_leaving(Ending::Fin);
        }
    }

    pub(super) fn break_off(&mut self, error: &io::Error) {
        let how = match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Ending::Rst,
            _ => Ending::Error,
        };
        self.lose_client(how);
    }

    fn lose_client(&mut self, how: Ending) {
        if self.is_flushed() {
            self.frames.iter_mut().for_each(|frame| frame.was_heard());
        }
        self.broken = Some(how);
        self.note_leaving(how);
    }

    /// A socket that is not read cannot tell by itself that its client has left: it is asked now and then.
    pub(super) fn look_for_leaving(&mut self) {
        if self.closing.is_some() || self.reads() || self.finished || self.broken.is_some() {
            self.look = None;
            return;
        }
        let now = Instant::now();
        if now < *self.look.get_or_insert(now + LOOK_AFTER) {
            return;
        }
        self.look = Some(now + LOOK_AFTER);
        match self.socket.peer_state() {
            PeerState::Here => {}
            // Before its FIN there may be commands that are still to be read, unless nothing will ever be read again.
            PeerState::Finished => {
                self.finished = self.waits_for_ever();
                self.note_leaving(Ending::Fin);
            }
            PeerState::Gone => self.lose_client(Ending::Rst),
        }
    }

    /// The client has left: if the server was waiting in a fault's step, how long the client bore it is the most telling thing there is.
    pub(super) fn note_leaving(&mut self, how: Ending) {
        if std::mem::replace(&mut self.noted, true) {
            return;
        }
        for Wait { since, whose, .. } in self.frames.iter().filter_map(|frame| frame.wait.as_ref()) {
            if let Some(whose) = whose.clone() {
                let after = since.elapsed();
                let what = What::GaveUp { fault: whose.fault, step: whose.step, after, how };
                self.shared.recorder.event(self.client.number, what);
            }
        }
        self.note_unfinished_handshake();
    }

    /// Whether the client's FIN has come.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the client has left and nothing is left to do for it.
    pub(super) fn is_left(&self) -> bool {
        (self.finished || self.broken.is_some()) && (self.waits_for_ever() || (self.frames.is_empty() && self.is_flushed()))
    }
}
