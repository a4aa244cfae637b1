//! The journal: it only listens. Events come in batches from the threads that run connections; one thread makes of them JSON lines, the live
//! transcript and the fold of the verdict.
//!
//! ```text
//!  connections --Recorder--> Batch (one lock, about 20 ns) ==swap, every 20 ms or when large==> the journal's thread --> each Sink, in order
//! ```

pub mod event;
pub mod json;
mod keep;
mod recorder;
mod sink;
pub mod transcript;

pub use event::{Event, Span, What};
pub use json::{Cause, JsonLines, ReadError, open, read};
pub use keep::{Keep, Kept};
pub use recorder::{Journal, Limits, Recorder};
pub use sink::{Sink, take};
pub use transcript::{Style, Transcript, describe_tls};
