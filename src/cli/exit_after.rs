//! `--exit-after`: a listener at the journal that says when it is time to stop.

use std::sync::Arc;

use tokio::sync::Notify;

use super::args::ExitAfter;
use crate::journal::{Event, Sink, What};
use crate::mail::Note;

/// Counts what the option counts, and tells when there is enough.
pub struct Countdown {
    what: ExitAfter,
    seen: u64,
    enough: Arc<Notify>,
}

impl Countdown {
    /// The sink, and what it notifies. For `time` it never does: that is a timer's work.
    pub fn new(what: ExitAfter) -> (Self, Arc<Notify>) {
        let enough = Arc::new(Notify::new());
        (Countdown { what, seen: 0, enough: enough.clone() }, enough)
    }
}

impl Sink for Countdown {
    fn event(&mut self, event: &Event, _: &[u8]) {
        let wanted = match (self.what, &event.what) {
            (ExitAfter::Connections(count), What::End { .. })
            | (ExitAfter::Messages(count), What::Note(Note::Message { stored: true, .. })) => count,
            _ => return,
        };
        self.seen += 1;
        if self.seen == wanted {
            self.enough.notify_one();
        }
    }

    fn wants_octets(&self) -> bool {
        false
    }
}
