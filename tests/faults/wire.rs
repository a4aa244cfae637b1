//! A client that sees everything: what arrived to the octet, and whether FIN or RST came behind it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// How long a test waits for octets that must come. Nothing takes that long.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub struct Client {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

/// How the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Rst,
}

impl Client {
    /// Connects and says nothing.
    #[track_caller]
    pub fn connect(address: &str) -> Client {
        Client::over(TcpStream::connect(address).expect("a connection"))
    }

    /// The same with a receive buffer of this size, so that little fits in between.
    pub fn with_receive_buffer(address: &str, octets: usize) -> Client {
        let address: SocketAddr = address.parse().expect("an address");
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(octets).expect("a buffer");
        socket.connect(&address.into()).expect("a connection");
        Client::over(socket.into())
    }

    fn over(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        Client { stream, buffer: Vec::new() }
    }

    /// Has read the greeting.
    #[track_caller]
    pub fn greeted(address: &str) -> Client {
        let mut client = Client::connect(address);
        client.reply();
        client
    }

    /// Has said EHLO.
    #[track_caller]
    pub fn ehlo(address: &str, name: &str) -> Client {
        let mut client = Client::greeted(address);
        assert!(client.ask(&format!("EHLO {name}")).starts_with("250 "));
        client
    }

    /// Has logged in to IMAP.
    #[track_caller]
    pub fn login(address: &str, user: &str) -> Client {
        let mut client = Client::greeted(address);
        assert_ok(&client.imap(&format!("LOGIN {user} secret")));
        client
    }

    /// Has selected INBOX.
    #[track_caller]
    pub fn selected(address: &str, user: &str) -> Client {
        let mut client = Client::login(address, user);
        assert_ok(&client.imap("SELECT INBOX"));
        client
    }

    /// Octets as they are.
    #[track_caller]
    pub fn write(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).expect("the server takes it");
    }

    /// A line.
    #[track_caller]
    pub fn say(&mut self, line: &str) {
        self.write(format!("{line}\r\n"));
    }

    /// The next line, CRLF taken off.
    #[track_caller]
    pub fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return String::from_utf8_lossy(&line[..end]).into_owned();
            }
            let got = self.read().unwrap_or_else(|end| panic!("{end:?} after {:?}", String::from_utf8_lossy(&self.buffer)));
            self.buffer.extend(got);
        }
    }

    /// The last line of an SMTP reply; a line of IMAP.
    #[track_caller]
    pub fn reply(&mut self) -> String {
        loop {
            let line = self.line();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    /// An SMTP command, and the last line of its reply.
    #[track_caller]
    pub fn ask(&mut self, command: &str) -> String {
        self.say(command);
        self.reply()
    }

    /// An IMAP command with the tag `a`, and all lines up to the tagged one.
    #[track_caller]
    pub fn imap(&mut self, command: &str) -> Vec<String> {
        self.say(&format!("a {command}"));
        self.until("a ")
    }

    /// All lines up to the first that starts so.
    #[track_caller]
    pub fn until(&mut self, start: &str) -> Vec<String> {
        let mut lines = vec![self.line()];
        while !lines.last().is_some_and(|line| line.starts_with(start)) {
            lines.push(self.line());
        }
        lines
    }

    /// What one `recv` gives.
    #[track_caller]
    pub fn recv(&mut self) -> Vec<u8> {
        assert!(self.buffer.is_empty(), "nothing was read ahead");
        self.read().expect("octets")
    }

    /// Exactly so many octets.
    #[track_caller]
    pub fn exactly(&mut self, octets: usize) -> Vec<u8> {
        while self.buffer.len() < octets {
            let got = self.read().unwrap_or_else(|end| panic!("{end:?} after {} octets", self.buffer.len()));
            self.buffer.extend(got);
        }
        self.buffer.drain(..octets).collect()
    }

    /// All that still comes, and what comes behind it.
    #[track_caller]
    pub fn rest(&mut self) -> (Vec<u8>, End) {
        loop {
            match self.read() {
                Ok(got) => self.buffer.extend(got),
                Err(end) => return (std::mem::take(&mut self.buffer), end),
            }
        }
    }

    /// The same as text.
    #[track_caller]
    pub fn rest_text(&mut self) -> (String, End) {
        let (octets, end) = self.rest();
        (String::from_utf8_lossy(&octets).into_owned(), end)
    }

    #[track_caller]
    fn read(&mut self) -> Result<Vec<u8>, End> {
        let mut octets = vec![0; 64 << 10];
        match self.stream.read(&mut octets) {
            Ok(0) => Err(End::Fin),
            Ok(read) => {
                octets.truncate(read);
                Ok(octets)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Rst),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&self.buffer)),
        }
    }
}

/// The tagged line says OK.
#[track_caller]
pub fn assert_ok(lines: &[String]) {
    assert!(lines.last().is_some_and(|line| line.starts_with("a OK")), "{lines:?}");
}

/// Events of this kind, in their order.
pub fn events<'a>(journal: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> + Clone {
    journal.iter().filter(move |event| event["event"] == kind)
}

/// The `end` of the connection with this number in the whole server.
#[track_caller]
pub fn end_of(journal: &[Value], connection: u64) -> &Value {
    events(journal, "end").find(|event| event["conn"] == connection).expect("the connection's end")
}

/// The connections on which a fault fired, in the order of firing.
pub fn fired(journal: &[Value], fault: &str) -> Vec<u64> {
    let fired = events(journal, "fault").filter(|event| event["fault"] == fault && event["shadowed"] == false);
    fired.filter_map(|event| event["conn"].as_u64()).collect()
}

/// Mail for the DATA phase, dot included.
pub const MAIL: &str = "Subject: hello\r\n\r\nbody\r\n.\r\n";

/// Sends a message on a connection that has said EHLO; the last reply is that to the message, or the first that is no success.
#[track_caller]
pub fn send_mail(client: &mut Client, sender: &str, recipient: &str) -> String {
    for command in [format!("MAIL FROM:<{sender}>"), format!("RCPT TO:<{recipient}>"), "DATA".to_owned()] {
        let reply = client.ask(&command);
        if !reply.starts_with(['2', '3']) {
            return reply;
        }
    }
    client.write(MAIL);
    client.reply()
}
