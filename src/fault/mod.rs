//! Faults: when they act (conditions, counters, seeds) and what they do (programs). No sockets, no clock of its own.

pub mod condition;
pub mod program;

pub use condition::{Conditions, Fault, Glob, On, Ranges, Scope, Test, Where, Window};
pub use program::{Op, PerProtocol, Program, Step};
