//! What listens to the journal.

use std::any::Any;

use super::Event;

/// A listener. It is called on the journal's own thread, so it may take its time: what it cannot keep up with is dropped and counted.
pub trait Sink: Any + Send {
    /// One event, in the order of recording. `octets` is what was kept of a [`super::What::Received`] or [`super::What::Sent`], else empty.
    fn event(&mut self, event: &Event, octets: &[u8]);

    /// Nothing more is there now: make visible what has been taken. Called after every batch, so about every 20 ms at most.
    fn flush(&mut self) {}

    /// Nothing more will come.
    fn finish(&mut self) {}

    /// Whether it looks at octets. Where no sink does, they are not even copied.
    fn wants_octets(&self) -> bool {
        true
    }
}

/// Takes the first sink of this type out of what [`super::Journal::finish`] returned.
pub fn take<S: Sink>(sinks: &mut Vec<Box<dyn Sink>>) -> Option<S> {
    let place = sinks.iter().position(|sink| {
        let sink: &dyn Any = &**sink;
        sink.is::<S>()
    })?;
    let sink: Box<dyn Any> = sinks.remove(place);
    sink.downcast().ok().map(|sink| *sink)
}
