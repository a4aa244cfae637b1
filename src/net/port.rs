//! A listener's port: open, refusing as if nothing listened, or dark as behind a firewall that drops. All in user space, none of it needs root.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, SockFilter, SockRef, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::server::{Bound, Shared};
use crate::fault::{Gate, GateState};
use crate::journal::What;
use crate::mail::Note;

/// Connections that may wait for accept.
const BACKLOG: i32 = 4096;
/// After a failed accept (too many open files, say): how long until the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// `BPF_RET | BPF_K` of linux/bpf_common.h: the program ends, and so many octets of the packet pass. None does, where that is 0.
const BPF_RETURN: u16 = 0x06;

/// A port that is ours.
///
/// While the port refuses, its listening socket is closed, so that the kernel answers a SYN with RST as for any port where nothing listens. A second
/// socket, bound and never listening, keeps the number from being given to somebody else meanwhile.
pub struct Port {
    addr: SocketAddr,
    listening: Socket,
    _reservation: Socket,
}

/// What a port does now.
enum State {
    Open(TcpListener),
    /// Nothing listens.
    Refusing {
        fault: Arc<str>,
    },
    /// A filter on the listening socket drops every packet before TCP has seen it, and so every SYN.
    Dark {
        fault: Arc<str>,
        listener: TcpListener,
    },
}

impl Port {
    /// Takes the port; nothing is accepted yet.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)`; a port where somebody listens is `AddrInUse`.
    pub fn bind(addr: SocketAddr) -> io::Result<Port> {
        let listening = bound_socket(addr)?;
        let addr = listening.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let reservation = bound_socket(addr)?;
        listening.listen(BACKLOG)?;
        Ok(Port { addr, listening, _reservation: reservation })
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Accepts until the server stops, opening and closing as the faults say.
    pub async fn serve(self, place: usize, bound: Bound, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
        let Port { addr, listening, _reservation } = self;
        let mut state = match TcpListener::from_std(listening.into()) {
            Ok(listener) => State::Open(listener),
            Err(error) => return tracing::error!(%addr, %error, "the listener could not be started"),
        };
        let has_gates = shared.engine.has_gates(place);
        let mut settled = false;
        loop {
            let mut until = None;
            if has_gates {
                let gate = shared.engine.gate(place, Instant::now());
                until = gate.until;
                state = match turn(state, &gate, addr, &bound, &shared).await {
                    Ok(state) => state,
                    Err((state, error)) => {
                        tracing::error!(%addr, %error, "the port could not be opened or closed as a fault wants it; trying again");
                        until = Some(Instant::now() + ACCEPT_PAUSE);
                        state
                    }
                };
            }
            if !std::mem::replace(&mut settled, true) {
                shared.settled.add_permits(1);
            }
            let gate_changes = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            let accepted = async {
                match &state {
                    State::Open(listener) => listener.accept().await,
                    _ => std::future::pending().await,
                }
            };
            let stopped = async { drop(stopping.wait_for(|stop| *stop).await) };
            let accepted = tokio::select! {
                biased;
                accepted = accepted => accepted,
                () = gate_changes => continue,
                () = stopped => return,
            };
            match accepted {
                Ok((stream, peer)) => shared.welcome(place, &bound, stream, peer),
                Err(error) => {
                    tracing::warn!(%addr, %error, "a connection could not be accepted");
                    shared.recorder.event(0, What::Note(Note::Limit { name: "connections".into(), dropped: 1 }));
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Brings a port into the state that the engine wants.
async fn turn(state: State, gate: &Gate, addr: SocketAddr, bound: &Bound, shared: &Shared) -> Result<State, (State, io::Error)> {
    let journal = |fault: &Arc<str>, how: &'static str, open: bool| {
        shared.recorder.event(0, What::Gate { listener: bound.name.clone(), fault: fault.clone(), how, open });
    };
    match (state, &gate.state) {
        (state @ State::Open(_), GateState::Open) => Ok(state),
        (State::Refusing { fault }, GateState::Refuse(wanted)) if fault == *wanted => Ok(State::Refusing { fault }),
        (State::Dark { fault, listener }, GateState::Blackhole(wanted)) if fault == *wanted => {
            Ok(State::Dark { fault, listener })
        }
        (State::Open(listener), GateState::Refuse(fault)) => {
            drop(listener);
            journal(fault, "refuse", false);
            Ok(State::Refusing { fault: fault.clone() })
        }
        (State::Open(listener), GateState::Blackhole(fault)) => match darken(&listener) {
            Ok(()) => {
                journal(fault, "blackhole", false);
                Ok(State::Dark { fault: fault.clone(), listener })
            }
            Err(error) => Err((State::Open(listener), error)),
        },
        // From one closed state to another: through the open one, in the same turn of the loop.
        (State::Refusing { fault }, _) => match reopen(addr) {
            Ok(listener) => {
                journal(&fault, "refuse", true);
                Box::pin(turn(State::Open(listener), gate, addr, bound, shared)).await
            }
            Err(error) => Err((State::Refusing { fault }, error)),
        },
        (State::Dark { fault, listener }, _) => match lighten(&listener) {
            Ok(()) => {
                journal(&fault, "blackhole", true);
                Box::pin(turn(State::Open(listener), gate, addr, bound, shared)).await
            }
            Err(error) => Err((State::Dark { fault, listener }, error)),
        },
    }
}

/// Drops all that comes for the listening socket. Connections that are there already have sockets of their own, which the filter does not touch.
fn darken(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).attach_filter(&[SockFilter::new(BPF_RETURN, 0, 0, 0)])
}

/// Lets connections in again; a client that still repeats its SYN is one of them.
fn lighten(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(listener).detach_filter()
}

fn reopen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = bound_socket(addr)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// A socket bound to the address, not listening; accepted connections will have TCP_NODELAY from it.
fn bound_socket(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    // Linux lets two sockets have one port while neither listens; and a port in TIME_WAIT can be had again.
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    if addr.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&addr.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpStream;

    use super::*;

    fn loopback() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    }

    #[tokio::test]
    async fn a_port_that_refuses_stays_ours_and_opens_again() {
        let Port { addr, listening, _reservation } = Port::bind(loopback()).unwrap();
        drop(listening);
        assert_eq!(TcpStream::connect(addr).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let listener = reopen(addr).unwrap();
        let (client, server) = tokio::join!(TcpStream::connect(addr), listener.accept());
        assert!(client.is_ok() && server.unwrap().0.nodelay().unwrap());
    }

    #[tokio::test]
    async fn a_dark_port_answers_no_syn_and_serves_again_afterwards() {
        let port = Port::bind(loopback()).unwrap();
        let listener = TcpListener::from_std(port.listening.into()).unwrap();
        let (mut before, accepted) = tokio::join!(TcpStream::connect(port.addr), listener.accept());
        darken(&listener).unwrap();
        let attempt = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(port.addr)).await;
        assert!(attempt.is_err(), "the SYN was answered: {attempt:?}");
        // Whoever is in stays in.
        accepted.unwrap().0.try_write(b"x").unwrap();
        assert_eq!(before.as_mut().unwrap().read_u8().await.unwrap(), b'x');
        lighten(&listener).unwrap();
        let (client, server) = tokio::join!(TcpStream::connect(port.addr), listener.accept());
        assert_eq!(client.unwrap().local_addr().unwrap(), server.unwrap().1);
    }

    #[test]
    fn a_port_where_somebody_listens_is_in_use() {
        let port = Port::bind(loopback()).unwrap();
        assert_eq!(Port::bind(port.addr).map(drop).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
