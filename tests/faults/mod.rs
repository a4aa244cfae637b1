//! Every fault as a client's socket sees it: raw TCP against the real server, small scenarios written where they are used.

mod conditions;
mod endings;
mod moments;
mod steps_smtp;
mod wire;
