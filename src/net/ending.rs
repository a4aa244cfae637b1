//! How a connection ends from this side: RST once everything arrived, or FIN that never turns into an RST.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::driver::Connection;
use crate::journal::event::{Ending, Side};

/// How long an ending waits for the client's kernel to take, and then to acknowledge, any more of what was said. A slow client gets it all.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the send queue is looked at.
const LOOK_AFTER: Duration = Duration::from_millis(1);
/// After a FIN: how long the client has to send its own.
const DRAIN: Duration = Duration::from_secs(2);

/// The kinds of ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// RST, so long after everything was acknowledged.
    Reset { settle: Duration },
    /// FIN; with `both` the connection is over when the client's FIN comes or it has had its time, else it stays open to read. Under TLS, `notify` is
    /// close_notify first.
    Finish { both: bool, notify: bool },
}

/// An ending under way.
pub struct Closing {
    by: Side,
    how: How,
    state: State,
    /// Where the conversation stood when the end began.
    pub phase: &'static str,
    /// Octets that the client's kernel had not acknowledged when the RST went out.
    pub unacknowledged: u64,
}

enum State {
    /// What is queued goes out first.
    Flush { until: Instant },
    /// Over a network, octets that are not acknowledged die with the RST.
    Acknowledge { until: Instant },
    /// The client has time to read: too early, and it reports the reset from its connect() and not from its read.
    Settle { until: Instant },
    /// close() with unread input would make the kernel send RST: all is read until the client's FIN.
    Drain { until: Option<Instant> },
    /// The server stops: nothing is waited for.
    Now,
}

impl Closing {
    /// An ending that waits for nothing.
    pub fn at_once(by: Side, phase: &'static str) -> Self {
        Closing { by, how: How::Finish { both: true, notify: false }, state: State::Now, phase, unacknowledged: 0 }
    }

    /// The client's kernel has taken some more of what is to go out first.
    pub fn has_moved(&mut self) {
        if let State::Flush { until } = &mut self.state {
            *until = Instant::now() + PATIENCE;
        }
    }

    /// When its next step is due, whatever the socket does.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Flush { until } | State::Settle { until } => Some(until),
            State::Acknowledge { .. } => Some(Instant::now() + LOOK_AFTER),
            State::Drain { until } => until,
            State::Now => None,
        }
    }
}

impl Connection {
    /// Starts the end, at this phase of the conversation; a connection ends once.
    pub(super) fn close(&mut self, by: Side, how: How, phase: &'static str) {
        if self.closing.is_none() {
            self.frames.clear();
            let state = State::Flush { until: Instant::now() + PATIENCE };
            self.closing = Some(Box::new(Closing { by, how, state, phase, unacknowledged: 0 }));
        }
    }

    /// Takes the end as far as it goes now; `true` when the socket can be dropped.
    pub(super) fn poll_closing(&mut self, cx: &mut Context<'_>) -> bool {
        while let Some(mut closing) = self.closing.take() {
            let now = Instant::now();
            let next = match (&closing.state, closing.how) {
                (State::Now, _) => {
                    let by = closing.by;
                    self.closing = Some(closing);
                    self.end(by, Ending::Fin);
                    return true;
                }
                _ if self.broken.is_some() => {
                    let how = self.broken.unwrap_or(Ending::Error);
                    // A client that sends RST behind its QUIT has still heard all that was due.
                    let by = if matches!(closing.state, State::Drain { .. }) { closing.by } else { Side::Client };
                    let how = if by == Side::Client { how } else { Ending::Fin };
                    self.closing = Some(closing);
                    self.end(by, how);
                    return true;
                }
                (State::Flush { .. }, How::Finish { both, notify: true }) if self.is_flushed() => {
                    // One record more to be written; not flushed any longer, unless there is no TLS.
                    if let Some(tls) = &mut self.tls {
                        tls.close_notify();
                    }
                    closing.how = How::Finish { both, notify: false };
                    Some(State::Flush { until: now + PATIENCE })
                }
                (State::Flush { until }, how) if self.is_flushed() || now >= *until => {
                    self.forget_output();
                    match how {
                        How::Reset { .. } => Some(State::Acknowledge { until: now + PATIENCE }),
                        How::Finish { both, .. } => match self.socket.poll_finish(cx) {
                            Poll::Pending => None,
                            Poll::Ready(_) => Some(State::Drain { until: both.then(|| now + DRAIN) }),
                        },
                    }
                }
                (State::Acknowledge { until }, How::Reset { settle }) => {
                    let left = self.socket.unacknowledged();
                    let moved = std::mem::replace(&mut closing.unacknowledged, left) > left;
                    match left {
                        0 => Some(State::Settle { until: now + settle }),
                        _ if moved => Some(State::Acknowledge { until: now + PATIENCE }),
                        _ => (now >= *until).then(|| State::Settle { until: now + settle }),
                    }
                }
                (State::Settle { until }, _) if now >= *until => {
                    // Nothing can be done about a socket that refuses the option: the drop ends it all the same.
                    let how = if self.socket.reset_on_drop().is_ok() { Ending::Rst } else { Ending::Error };
                    let by = closing.by;
                    self.closing = Some(closing);
                    self.end(by, how);
                    return true;
                }
                (State::Drain { until }, _) if self.is_finished() || until.is_some_and(|until| now >= until) => {
                    let by = closing.by;
                    self.closing = Some(closing);
                    self.end(by, Ending::Fin);
                    return true;
                }
                _ => None,
            };
            let moved = next.is_some();
            if let Some(next) = next {
                closing.state = next;
            }
            self.closing = Some(closing);
            if !moved {
                return false;
            }
        }
        false
    }
}
