//! The one owner of a connection's socket, from accept to drop: with a split socket, dropping the write half would send FIN before an RST.

use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::sys::{self, PeerState};

/// A connection's octets. In memory for tests under a clock that stands still; over TCP, virtual time misleads.
#[derive(Debug)]
pub enum Socket {
    /// The real thing.
    Tcp(TcpStream),
    /// A pipe inside the process.
    #[cfg(test)]
    Memory(super::memory::MemorySocket),
}

impl Socket {
    /// Reads what is there into `buffer`; 0 octets is the client's FIN.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let read = match self {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            #[cfg(test)]
            Socket::Memory(socket) => Pin::new(&mut socket.pipe).poll_read(cx, &mut buffer),
        };
        read.map_ok(|()| buffer.filled().len())
    }

    /// Hands octets to the kernel; the answer is how many it took.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Socket::Tcp(stream) => Pin::new(stream).poll_write(cx, octets),
            #[cfg(test)]
            Socket::Memory(socket) => Pin::new(&mut socket.pipe).poll_write(cx, octets),
        }
    }

    /// FIN to the client; reading goes on.
    pub fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(test)]
            Socket::Memory(socket) => Pin::new(&mut socket.pipe).poll_shutdown(cx),
        }
    }

    /// From now on, dropping the socket sends RST and not FIN.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    pub fn reset_on_drop(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_zero_linger(),
            #[cfg(test)]
            Socket::Memory(socket) => {
                socket.reset();
                Ok(())
            }
        }
    }

    /// Octets that the client's kernel has not acknowledged yet.
    pub fn unacknowledged(&self) -> u64 {
        match self {
            // A socket that cannot answer has nothing left to wait for.
            Socket::Tcp(stream) => sys::unacknowledged(stream.as_fd()).unwrap_or(0),
            #[cfg(test)]
            Socket::Memory(_) => 0,
        }
    }

    /// Whether the client has left, seen without reading.
    pub fn peer_state(&self) -> PeerState {
        match self {
            Socket::Tcp(stream) => sys::peer_state(stream.as_fd()),
            #[cfg(test)]
            Socket::Memory(_) => PeerState::Here,
        }
    }
}
