//! mailfault: a mail server that fails on purpose.
//!
//! ```text
//!  scenario.toml -> file -> lower -> Scenario (each fault's `do` is a Program, made once)
//!                                       |
//!                         Engine (armed faults, counters, seed)
//!                                       | decide(moment, facts) -> the programs to run
//!  octets -> TLS -> Session::next -> Moment
//!    ^                  | misread, mutate, tell, hide, offer: what a program changes before the answer
//!    |                  | Session::prepare  a long answer is made ready, some milliseconds at a time
//!    |                  | Session::answer   the normal reply; the change that goes with it is parked
//!    |                  | Session::resolve  the change happens, or not
//!    |                  | Session::sent     how much of it left, and where a fault had changed it
//!    +-- driver: runs the programs, the only I/O, the only clock --> Event -> Journal -> transcript, JSON lines
//!                                                                                |
//!                                                                             Verdict (a fold) -> exit code, JUnit
//! ```
//!
//! # Rooms, from the ground up
//!
//! - [`mail`]: accounts, mailboxes, messages, MIME. No protocol. What all of it holds, and each account's quota, is counted in its `room`; what happened to which UID, for QRESYNC,
//!   is in each mailbox's `log`.
//! - [`proto`]: what SMTP and IMAP are, as sessions without sockets or clocks. They know no faults. A conversation that is given word for word (`[[dialogue]]`, `replay`) is a session,
//!   too: `script`.
//! - [`certs`]: the certificate authority, good certificates and bad ones.
//! - [`fault`]: which faults act at a moment (the engine) and what they do (programs, edits of replies). No sockets.
//! - [`scenario`]: the file language, its errors, the built-in files.
//! - [`journal`]: events, and who listens to them: JSON lines, the live transcript.
//! - [`verdict`]: what the events say about the client.
//! - [`net`]: ports, the driver of connections, TLS on the wire, how connections end. It knows steps, and no protocol.
//! - [`selftest`]: a raw client that plays what a scenario's `[[wire]]` says, and compares.
//! - [`cli`]: the commands.
//!
//! Each imports only what stands before it; a test holds that.
//!
//! # How to add
//!
//! - a fault: a step in `scenario/language/steps.rs` and `scenario/lower/steps.rs`, its [`fault::Op`], and its line in `net/program.rs`. Start from `"no-reply"`, which does nothing.
//! - a moment: a name in `proto/moment.rs`, and the session (or the driver) that says when it has come.
//! - a protocol: a [`proto::Session`].
//! - a command of IMAP: a file in `proto/imap/cmd/`, its line in `VERBS` there, its name among the moments. See below.
//! - a scenario: a file in `scenarios/`, which says in `[[wire]]` what the wire shows, for [`selftest`].
//! - a provider: a file in `scenarios/provider/` that is healthy, and one that `use`s it for each of its refusals; what it says in place of the server's own words is in `words`.
//! - an expectation: a key in `scenario/language.rs`, a fold in [`verdict`].
//!
//! # Inside IMAP
//!
//! A command's file has its grammar, its reply, and its change. `read` says where it ends and takes its literals, `cursor` reads it (an error names what was expected, the column, and what
//! stood there), and the value that comes of it is asked in this order: `at` (further names of the moment), `read`, `answer` (it renders and changes nothing), `resolve` (it changes, or not),
//! `sent` (what the client has seen by now). So every fault works with every command, and a command knows of none.
//!
//! - `mailbox` (in [`mail`]) is the truth. `view` is what this client has been told of it; its `roll` of numbers is shared with other clients that know the same.
//! - `capabilities` is the list that is offered in each state, with what a scenario hides and offers; `dialect` is what the client has switched on with ENABLE.
//! - `condstore` is what several commands share of CONDSTORE and QRESYNC, `gmail` of X-GM-EXT-1.
//!
//! An extension begins with its name in `capabilities` (or with `State::offers`, where only a scenario offers it), goes on in the grammar of the commands that it adds arguments to, and ends in
//! a dialogue test in `proto/imap/session/tests/` and its row in the README; a test compares that with what the server offers.
//!
//! # Choices that are not obvious
//!
//! - Mail runs on one thread (a second one makes the first wait for locks), the journal's listeners on another.
//! - The running program of a connection is data, a stack of frames, and not a future: so a connection can be killed while it stalls, and a fault at `age` can strike in the middle
//!   of another one's delay.
//! - TLS is rustls' own state machine, between the queue of replies and the socket, without an asynchronous stream: records are octets like any others, so they can be cut, spoilt and
//!   replaced by the same steps as replies.
//! - A port that refuses is closed while a second socket, bound and never listening, keeps its number; a port that goes dark has a socket filter that drops every packet. Neither needs root.
//! - Draws are hashes of (seed, fault, connection, match), so nothing depends on timing ([`fault::draw`]).
//! - PKCS#12 trust stores are written by hand (a hundred lines): the crates that can would bring forty others along.
//! - IMAP's and SMTP's grammars are our own, since a test server must say at which column a client went wrong, and must be able to say things that no grammar allows.
#![deny(unsafe_code)]

pub mod certs;
pub mod cli;
pub mod fault;
pub mod journal;
pub mod mail;
pub mod net;
pub mod proto;
pub mod scenario;
pub mod selftest;
mod sys;
pub mod verdict;
