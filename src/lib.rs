//! mailfault: a mail server that fails on purpose.
//!
//! ```text
//!  scenario.toml -> file -> lower -> Scenario (each fault's `do` is a Program, made once)
//!                                       |
//!                         Engine (armed faults, counters, seed)
//!                                       | decide(moment, facts) -> the programs to run
//!  octets -> wire -> Session::next -> Moment
//!    ^                  | Session::answer  the normal reply; the change that goes with it is parked
//!    |                  | Session::resolve the change happens, or not
//!    +-- driver: runs the programs, the only I/O, the only clock --> Event -> Journal -> transcript, JSON lines
//!                                                                                |
//!                                                                             Verdict (a fold) -> exit code, JUnit
//! ```
#![deny(unsafe_code)]

pub mod certs;
pub mod cli;
pub mod fault;
pub mod journal;
pub mod mail;
pub mod net;
pub mod proto;
pub mod scenario;
mod sys;
pub mod verdict;
