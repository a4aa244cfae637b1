//! Every fault as a client's socket sees it: raw TCP against the real server, small scenarios written where they are used.

mod accounts;
mod conditions;
mod counts;
mod dialogue;
mod endings;
mod gates;
mod imap_lies;
mod limits;
mod mailboxes;
mod moments;
mod process;
mod steps_imap;
mod steps_smtp;
pub mod wire;
