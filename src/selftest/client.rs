//! A raw client: a blocking socket, perhaps with TLS on it, that says what came, when, and how it ended.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Socket, Type};

use crate::certs::alert;

/// How long anything may take that should come at once. Far more than a loaded machine needs.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// The most that is kept of what came and was not looked at yet.
const MOST_HELD: usize = 64 << 20;

/// How a server has ended its side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// FIN; in TLS, whether a close_notify stood before it.
    Fin {
        /// Without TLS it is `true`.
        notified: bool,
    },
    /// RST.
    Reset,
    /// Another error of the network.
    Error(String),
}

/// How TLS came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server's alert, by its name in RFC 8446.
    Alert(String),
    /// In the words of the TLS library.
    Error(String),
}

/// What waiting has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// Octets below TLS; perhaps some for the conversation.
    Octets,
    /// The end of the server's side.
    End,
    /// Nothing.
    Nothing,
}

/// A connection.
pub struct Client {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// Came and was not looked at.
    held: VecDeque<u8>,
    /// All of the conversation that came.
    #[cfg(test)]
    pub came: Vec<u8>,
    /// Octets of the conversation that came in all, and when: (all up to here, time).
    arrivals: VecDeque<(u64, Instant)>,
    /// Octets of the conversation that were looked at.
    pub heard: u64,
    /// Octets below TLS since the client last spoke.
    pub raw: u64,
    /// When the last octet below TLS came.
    pub raw_at: Instant,
    /// The server's end, and when it was seen.
    pub end: Option<(End, Instant)>,
    /// What is wrong with TLS.
    pub trouble: Option<Trouble>,
    /// A write has met RST; what came before it can still be read.
    broken: bool,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Those of `connect(2)`; `TimedOut` where nothing answers. RST behind the handshake of TCP is none: it is the end of a connection.
    pub fn connect(addr: SocketAddr, patience: Duration) -> io::Result<Client> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
        // RST may be there before the system has told of the connection.
        let end = match socket.connect_timeout(&addr.into(), patience) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Some((End::Reset, Instant::now())),
            connected => {
                connected?;
                // Octets leave when they are said. A connection that was reset by now refuses the option, and says so at the next read.
                let _ = socket.set_tcp_nodelay(true);
                None
            }
        };
        let stream = TcpStream::from(socket);
        Ok(Client {
            stream,
            tls: None,
            held: VecDeque::new(),
            #[cfg(test)]
            came: Vec::new(),
            arrivals: VecDeque::new(),
            heard: 0,
            raw: 0,
            raw_at: Instant::now(),
            end,
            trouble: None,
            broken: false,
        })
    }

    /// Says these octets, in one write.
    ///
    /// # Errors
    /// Those of `write(2)`; RST is none, it shows at the next read.
    pub fn say(&mut self, octets: &[u8]) -> io::Result<()> {
        self.raw = 0;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        let said = match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(octets)?;
                flush(tls, &mut self.stream)
            }
            None => self.stream.write_all(octets),
        };
        self.forgive(said)
    }

    /// Writes lines until nothing more is taken for so long, or `most` octets were. How many were.
    ///
    /// # Errors
    /// Those of `write(2)`.
    pub fn say_until_blocked(&mut self, patience: Duration, most: u64) -> io::Result<u64> {
        self.stream.set_write_timeout(Some(patience))?;
        let mut taken = 0;
        while taken < most {
            match self.stream.write(&lines(64 << 10)) {
                Ok(octets) => taken += octets as u64,
                Err(error) if is_time_out(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// FIN.
    pub fn leave(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _ = flush(tls, &mut self.stream);
        }
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// Sends a ClientHello and nothing more of TLS.
    ///
    /// # Errors
    /// Those of `write(2)` and of the TLS library.
    pub fn hello(&mut self, config: &Arc<ClientConfig>) -> io::Result<()> {
        let mut tls = connection(config)?;
        let said = flush(&mut tls, &mut self.stream);
        self.forgive(said)
    }

    /// The handshake, as far as it goes: afterwards it is done, or there is an end, or trouble, or nothing came in time. When the first octet of it came.
    ///
    /// # Errors
    /// Those of the sockets and of the TLS library.
    pub fn handshake(&mut self, config: &Arc<ClientConfig>, until: Instant) -> io::Result<Option<Instant>> {
        let mut tls = Box::new(connection(config)?);
        let said = flush(&mut tls, &mut self.stream);
        self.tls = Some(tls);
        self.forgive(said)?;
        let mut first = None;
        while self.is_handshaking() && self.trouble.is_none() {
            if self.wait(until)? != Came::Octets {
                break;
            }
            first.get_or_insert(self.raw_at);
        }
        Ok(first)
    }

    /// TLS was begun and is not there yet.
    pub fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// `1.2` or `1.3`.
    pub fn tls_version(&self) -> Option<&'static str> {
        match self.tls.as_ref()?.protocol_version()? {
            rustls::ProtocolVersion::TLSv1_2 => Some("1.2"),
            rustls::ProtocolVersion::TLSv1_3 => Some("1.3"),
            _ => None,
        }
    }

    /// TLS is or was spoken.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// What came and was not looked at yet.
    pub fn held(&mut self) -> &[u8] {
        self.held.make_contiguous()
    }

    /// Looks at so many octets. When the first and the last of them came.
    pub fn take(&mut self, octets: usize) -> (Vec<u8>, Instant, Instant) {
        let now = Instant::now();
        let first = self.arrivals.front().map_or(now, |(_, at)| *at);
        let taken: Vec<u8> = self.held.drain(..octets.min(self.held.len())).collect();
        self.heard += taken.len() as u64;
        let last = self.arrivals.iter().find(|(end, _)| *end >= self.heard).map_or(now, |(_, at)| *at);
        while self.arrivals.front().is_some_and(|(end, _)| *end <= self.heard) {
            self.arrivals.pop_front();
        }
        (taken, first, last)
    }

    /// Waits for something to come.
    ///
    /// # Errors
    /// Those of setting up a socket.
    pub fn wait(&mut self, until: Instant) -> io::Result<Came> {
        if self.end.is_some() {
            return Ok(Came::End);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || self.held.len() > MOST_HELD {
            return Ok(Came::Nothing);
        }
        self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        let mut octets = [0; 16 << 10];
        let read = self.stream.read(&mut octets);
        let now = Instant::now();
        let end = match read {
            Ok(0) if self.broken => End::Reset,
            Ok(0) => End::Fin { notified: self.is_notified() },
            Ok(length) => {
                self.raw += length as u64;
                self.raw_at = now;
                self.receive(octets.get(..length).unwrap_or_default(), now);
                return Ok(Came::Octets);
            }
            Err(error) if is_time_out(&error) => return Ok(Came::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Came::Octets),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
            Err(error) => End::Error(error.to_string()),
        };
        self.end = Some((end, now));
        Ok(Came::End)
    }

    fn receive(&mut self, octets: &[u8], now: Instant) {
        let before = self.held.len();
        match &mut self.tls {
            None => self.held.extend(octets),
            Some(_) if self.trouble.is_some() => {}
            Some(tls) => {
                let mut rest = octets;
                while !rest.is_empty() && self.trouble.is_none() {
                    let read = tls.read_tls(&mut rest);
                    match tls.process_new_packets() {
                        Ok(_) => {}
                        Err(rustls::Error::AlertReceived(alert)) => {
                            let number = u8::from(alert);
                            let name = alert::name(number).map_or_else(|| number.to_string(), str::to_owned);
                            self.trouble = Some(Trouble::Alert(name));
                        }
                        Err(error) => self.trouble = Some(Trouble::Error(error.to_string())),
                    }
                    let mut plain = Vec::new();
                    // `WouldBlock` when all was read; a missing close_notify shows at the end.
                    let _ = tls.reader().read_to_end(&mut plain);
                    self.held.extend(plain);
                    if read.is_err() {
                        break;
                    }
                }
                // Answers of the handshake, and the alert that says what was wrong. If they cannot be sent, the end shows at the next read.
                if flush(tls, &mut self.stream).is_err() {
                    self.broken = true;
                }
            }
        }
        #[cfg(test)]
        self.came.extend(self.held.range(before..));
        let came = self.held.len().saturating_sub(before) as u64;
        if came > 0 {
            let all = self.heard + self.held.len() as u64;
            self.arrivals.push_back((all, now));
        }
    }

    fn is_notified(&mut self) -> bool {
        match &mut self.tls {
            // Before and after TLS, nobody notifies.
            None => true,
            Some(tls) => {
                let _ = tls.read_tls(&mut io::empty());
                let _ = tls.process_new_packets();
                !matches!(tls.reader().read(&mut [0; 1]), Err(error) if error.kind() == ErrorKind::UnexpectedEof)
            }
        }
    }

    /// A write that meets RST has taken the error away from the next read.
    fn forgive(&mut self, said: io::Result<()>) -> io::Result<()> {
        match said {
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                self.broken |= error.kind() == ErrorKind::ConnectionReset;
                Ok(())
            }
            said => said,
        }
    }
}

/// Lines of text, so many octets in all, with CRLF at the end.
pub fn lines(octets: usize) -> Vec<u8> {
    const LINE: &[u8] = b"0123456789012345678901234567890123456789012345678901234567890123456789\r\n";
    let mut out: Vec<u8> = LINE.iter().copied().cycle().take(octets).collect();
    if let [.., cr, lf] = &mut out[..] {
        (*cr, *lf) = (b'\r', b'\n');
    }
    out
}

fn connection(config: &Arc<ClientConfig>) -> io::Result<ClientConnection> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    ClientConnection::new(config.clone(), name).map_err(io::Error::other)
}

fn flush(tls: &mut ClientConnection, stream: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(stream)?;
    }
    Ok(())
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
