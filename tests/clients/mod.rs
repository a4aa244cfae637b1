//! Clients that this project did not write, each with the texts in which it reports the core faults.

mod curl;
mod javamail;
mod keytool;
mod node;
mod python;
mod rust;
mod steady;
