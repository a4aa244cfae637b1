//! A socket for tests under a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::DuplexStream;

/// The server's end of a pipe, which remembers whether it was reset.
#[derive(Debug)]
pub struct MemorySocket {
    /// The octets.
    pub pipe: DuplexStream,
    was_reset: Arc<AtomicBool>,
}

impl MemorySocket {
    /// Both ends, and whether the server has reset the connection.
    pub fn pair(capacity: usize) -> (MemorySocket, DuplexStream, Arc<AtomicBool>) {
        let (server, client) = tokio::io::duplex(capacity);
        let was_reset = Arc::new(AtomicBool::new(false));
        (MemorySocket { pipe: server, was_reset: was_reset.clone() }, client, was_reset)
    }

    /// What an RST is to a real socket.
    pub fn reset(&self) {
        self.was_reset.store(true, Ordering::Release);
    }
}
