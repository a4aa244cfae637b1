//! Scenario files: from TOML to a checked [`Scenario`], with every error of a file in one run.

pub mod expect;
pub mod model;

pub use expect::{Expect, Expectations, Expected, Gaps};
pub use model::{Announce, ListenSpec, MailArrival, Scenario};
