//! How a connection is woken from outside: one set of bits and one waker.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use atomic_waker::AtomicWaker;

/// Shared by a connection's driver and everything that may want its attention.
#[derive(Debug, Default)]
pub struct Signal {
    bits: AtomicU32,
    waker: AtomicWaker,
}

impl Signal {
    /// A mailbox that the session watches has changed.
    pub const MAILBOX: u32 = 1;
    /// Reset the connection now.
    pub const KILL: u32 = 2;
    /// The server is stopping: end the connection, keep the journal whole.
    pub const STOP: u32 = 4;
    /// Faults were armed or disarmed.
    pub const FAULTS: u32 = 8;

    /// Sets bits and wakes the connection. Call it after every lock has been released.
    pub fn raise(&self, bits: u32) {
        self.bits.fetch_or(bits, Ordering::AcqRel);
        self.waker.wake();
    }

    /// Registers the task and takes all bits that are set, in that order, so that no wake is lost.
    pub fn take(&self, waker: &Waker) -> u32 {
        self.waker.register(waker);
        self.bits.swap(0, Ordering::AcqRel)
    }
}
