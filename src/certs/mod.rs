//! Certificates, good and faulty, and the TLS configurations made of them.
//!
//! ```text
//!  root (given to clients)  -> issuer        -> good, expired, not yet valid, wrong host, wrong usage; with another key: wrong key
//!                           -> issuer, unsent -> incomplete chain
//!  another root             -> untrusted root
//!  no issuer at all         -> self-signed
//! ```
//!
//! [`Authority`] makes a [`rustls::ServerConfig`] for a [`Choice`], at first use. [`alert`] names what the two sides say when they part, [`client_hello`]
//! reads what a client offers. Nothing in here does network I/O.

pub mod alert;
mod authority;
mod choice;
pub mod client_hello;
mod directory;
mod key_log;
mod make;
mod server;
#[cfg(test)]
mod tests;
mod truststore;

pub use authority::{Authority, AuthorityError, PublicFiles};
pub use choice::{Choice, Kind, VersionError, Versions};
pub use key_log::KeyLogFile;
