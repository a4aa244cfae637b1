//! Clients that this project did not write, each with the texts in which it reports the core faults.

pub mod curl;
pub mod javamail;
mod keytool;
<<<<<<< HEAD
pub mod python;
=======
mod node;
mod python;
>>>>>>> node
mod rust;
mod steady;
