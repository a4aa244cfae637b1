//! Sockets: ports, the driver of connections, and how connections end. Nothing in here knows a protocol.

mod driver;
mod ending;
mod frame;
#[cfg(test)]
mod memory;
mod out;
mod port;
mod program;
mod secure;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod tls;

pub use server::{BindError, Bound, Options, Running, Server, Wanted};
