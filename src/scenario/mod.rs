//! Scenario files: from TOML to a checked [`Scenario`], with every error of a file in one run.
//!
//! ```text
//!  TOML -> tree (values with their places) -> merge (`A+B`, `use`) -> lower (by the tables of `language`) -> Scenario, or Problems
//! ```

pub mod builtin;
pub mod expect;
mod language;
mod load;
mod lower;
mod merge;
pub mod model;
mod problem;
mod schema;
pub mod script;
#[cfg(test)]
mod tests;
mod tree;
mod units;
pub mod wire;

pub use expect::{Expect, Expectations, Expected, Gaps};
pub use load::{ResolveError, find, load, load_all, read, resolve};
pub use model::{Announce, ListenSpec, MailArrival, Scenario};
pub use problem::{Problem, Problems, Source, Span};
pub use schema::schema;
pub use units::parse_duration;
