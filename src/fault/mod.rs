//! Faults: when they act (conditions, counters, seeds) and what they do (programs). No sockets, no clock of its own.

pub mod condition;
mod counters;
pub mod draw;
pub mod edit;
pub mod engine;
mod miss;
pub mod program;

pub use condition::{Conditions, Fault, Glob, InUnits, On, Ranges, Scope, Test, Where, Window};
pub use edit::{Changes, Edits, cut, garbage};
pub use engine::{
    Client, Decision, Drawn, Engine, Facts, Fired, FiredCount, Forgotten, Gate, GateState, Listener, Shadowed, Timed, Unfired,
    Watch,
};
pub use program::{Cut, Op, PerProtocol, Program, Step, Within};
