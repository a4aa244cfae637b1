//! Everything that is tested from outside: the real binary, and clients that this project did not write.

mod cli;
mod clients;
mod faults;
mod harness;
mod hostile;
mod netns;
mod oracle;
mod replay;
mod scenarios;
mod selftest;
mod tls;
mod walls;
