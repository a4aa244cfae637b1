//! The journal: it only listens. Events come in batches from the threads that run connections; one thread makes of them JSON lines, the live
//! transcript and the fold of the verdict.

pub mod event;

pub use event::{Event, Span, What};
