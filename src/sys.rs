//! What safe Rust does not offer: how much of what was sent is not yet acknowledged, how a peer's side of a socket stands, the limit of open files,
//! signals to processes. The one corner of the crate where unsafe code is allowed.
#![allow(unsafe_code)]

use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd};

/// How a peer has left, seen without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// It has not.
    Here,
    /// Its FIN came, perhaps behind octets that nobody has read.
    Finished,
    /// Its RST came, or the connection is gone otherwise.
    Gone,
}

/// Octets in the kernel's send queue that the peer has not acknowledged (Linux: SIOCOUTQ; elsewhere 0, so that nothing waits for it).
///
/// # Errors
/// Those of `ioctl(2)`.
pub fn unacknowledged(socket: BorrowedFd<'_>) -> io::Result<u64> {
    if !cfg!(target_os = "linux") {
        return Ok(0);
    }
    let mut octets: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (the same number as SIOCOUTQ) writes one int through the pointer, which lives until the call returns.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut octets) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(u64::try_from(octets).unwrap_or(0)) }
}

/// Whether the peer has left, by the TCP state machine (Linux; elsewhere always `Here`).
#[cfg(target_os = "linux")]
pub fn peer_state(socket: BorrowedFd<'_>) -> PeerState {
    // States of include/net/tcp_states.h.
    const ESTABLISHED: u8 = 1;
    const FIN_WAIT1: u8 = 4;
    const FIN_WAIT2: u8 = 5;
    const CLOSE_WAIT: u8 = 8;
    const LAST_ACK: u8 = 9;
    let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
    let mut length = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` octets into `info`, which has that size and is zeroed, so every bit pattern in it is valid.
    let (result, state) = unsafe {
        let result =
            libc::getsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut length);
        (result, info.assume_init().tcpi_state)
    };
    match state {
        _ if result < 0 => PeerState::Gone,
        ESTABLISHED | FIN_WAIT1 | FIN_WAIT2 => PeerState::Here,
        CLOSE_WAIT | LAST_ACK => PeerState::Finished,
        _ => PeerState::Gone,
    }
}

/// Whether the peer has left, by the TCP state machine (Linux; elsewhere always `Here`).
#[cfg(not(target_os = "linux"))]
pub fn peer_state(_socket: BorrowedFd<'_>) -> PeerState {
    PeerState::Here
}

/// Raises the limit of open files to what the system allows, so that ten thousand stalled connections fit. The answer is the limit now.
pub fn raise_open_files() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls read or write the one struct that lives here.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            let before = limit.rlim_cur;
            limit.rlim_cur = limit.rlim_max;
            if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) != 0 {
                limit.rlim_cur = before;
            }
        }
    }
    limit.rlim_cur
}

/// SIGTERM.
pub const TERMINATE: i32 = libc::SIGTERM;
/// SIGKILL.
pub const KILL: i32 = libc::SIGKILL;

/// No signal at all: only the question whether anybody is there.
pub const NO_SIGNAL: i32 = 0;

/// Sends a signal to a process group. Whether there was anybody to take it.
pub fn signal_group(pid: u32, signal: i32) -> bool {
    match libc::pid_t::try_from(pid) {
        // SAFETY: kill(2) takes two numbers and touches no memory. A negative one names a group; 0 and -1, which name others, were ruled out.
        Ok(pid @ 2..) => unsafe { libc::kill(-pid, signal) == 0 },
        _ => false,
    }
}

/// Sends a signal to one process. Whether it was there to take it.
pub fn signal_process(pid: u32, signal: i32) -> bool {
    match libc::pid_t::try_from(pid) {
        // SAFETY: as above; a positive number names one process.
        Ok(pid @ 2..) => unsafe { libc::kill(pid, signal) == 0 },
        _ => false,
    }
}
