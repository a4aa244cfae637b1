//! A raw client that can do again what it has done: it sends the same octets when it has received as many as then.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A server that is silent for so long has nothing to say; whatever the machine does, only the first conversation goes by it.
const SILENCE: Duration = Duration::from_millis(150);
/// What must come, comes within this time.
const PATIENCE: Duration = Duration::from_secs(20);
/// More is not read: some servers never stop.
const MOST_OCTETS: usize = 256 << 10;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Fin,
    Rst,
    /// The client did not read on.
    Left,
}

/// One connection, and all that was said on it.
pub struct Talk {
    stream: TcpStream,
    octets: Vec<u8>,
    /// What was sent, and how much had been received by then.
    sent: Vec<(usize, Vec<u8>)>,
    /// The client had waited in vain, when it had received so much: it sent its FIN and read on.
    hung_up: Option<usize>,
    pub end: Option<End>,
}

/// One connection over SMTP, with a message of so many lines; `None` if the port is closed.
pub fn talk_smtp(address: &str, lines: usize) -> Option<Talk> {
    let mut talk = Talk::connect(address)?;
    let is_last = |line: &str| line.as_bytes().get(3) == Some(&b' ');
    talk.until(is_last);
    let login = ["AUTH PLAIN AGJvYgBzZWNyZXQ=", "MAIL FROM:<a@sender.test>", "RCPT TO:<b@mailfault.test>", "DATA"];
    for command in ["EHLO me"].into_iter().chain(login) {
        talk.say(command.as_bytes(), b"\r\n");
        talk.until(is_last);
    }
    if talk.last_line().starts_with("354") {
        let mut content = b"Subject: hello\r\n\r\n".to_vec();
        content.extend(b"This is a line of some length, of which there are many.\r\n".repeat(lines));
        talk.say(&content, b".\r\n");
        talk.until(is_last);
    }
    talk.say(b"QUIT", b"\r\n");
    talk.until(|_| false);
    Some(talk)
}

/// One connection over IMAP.
pub fn talk_imap(address: &str) -> Option<Talk> {
    let mut talk = Talk::connect(address)?;
    talk.until(|_| true);
    for (tag, command) in [
        ("a1", "LOGIN b@mailfault.test test"),
        ("a2", "SELECT INBOX"),
        ("a3", "APPEND INBOX {19}"),
        ("+", "Subject: x\r\n\r\nwhat"),
        ("a4", "FETCH 1 (FLAGS BODY[])"),
        ("a5", "IDLE"),
        ("+", "DONE"),
        ("a6", "STORE 1 +FLAGS (\\Seen)"),
    ] {
        let tag = if tag == "+" && talk.last_line().starts_with('+') { "" } else { tag };
        if tag == "+" {
            continue;
        }
        talk.say(format!("{tag}{}{command}", if tag.is_empty() { "" } else { " " }).as_bytes(), b"\r\n");
        talk.until(|line| line.starts_with('+') || line.starts_with('a'));
    }
    talk.say(b"a9 LOGOUT", b"\r\n");
    talk.until(|_| false);
    Some(talk)
}

/// The same conversation with another server.
pub fn again(talk: &Talk, address: &str) -> Talk {
    let mut other = Talk::connect(address).expect("a connection");
    for (received, octets) in &talk.sent {
        other.read_to(*received);
        other.say(octets, b"");
    }
    if let Some(received) = talk.hung_up {
        other.read_to(received);
        other.hang_up();
    }
    other.read_to(if talk.is_cut() { talk.octets.len() } else { usize::MAX });
    other
}

impl Talk {
    fn connect(address: &str) -> Option<Talk> {
        // Some scenarios announce a host that does not exist.
        let address: SocketAddr = address.parse().ok()?;
        let stream = TcpStream::connect_timeout(&address, SILENCE).ok()?;
        stream.set_write_timeout(Some(SILENCE)).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        Some(Talk { stream, octets: Vec::new(), sent: Vec::new(), hung_up: None, end: None })
    }

    /// What was received.
    pub fn received(&self) -> String {
        String::from_utf8_lossy(&self.octets).into_owned()
    }

    fn say(&mut self, octets: &[u8], end: &[u8]) {
        if self.end.is_none() && self.hung_up.is_none() {
            let all = [octets, end].concat();
            // Where the server does not read any more, what it does next says so.
            let _ = self.stream.write_all(&all);
            self.sent.push((self.octets.len(), all));
        }
    }

    fn last_line(&self) -> String {
        let text = self.received();
        text.lines().last().unwrap_or_default().to_owned()
    }

    /// Reads until a line that has come since is such a one. If nothing comes, the client hangs up and reads to the end.
    fn until(&mut self, is_last: impl Fn(&str) -> bool) {
        let from = self.octets.len();
        while self.end.is_none() {
            let new = String::from_utf8_lossy(self.octets.get(from..).unwrap_or_default()).into_owned();
            if self.hung_up.is_none() && new.ends_with("\r\n") && new.lines().any(&is_last) {
                return;
            }
            if self.is_cut() || (self.hung_up.is_some() && !self.read(PATIENCE)) {
                self.end = Some(End::Left);
            } else if self.hung_up.is_none() && !self.read(SILENCE) {
                self.hang_up();
            }
        }
    }

    /// The client sends its FIN; all that is said is still read.
    fn hang_up(&mut self) {
        self.hung_up = Some(self.octets.len());
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// So much came that the rest was not read.
    pub fn is_cut(&self) -> bool {
        self.octets.len() >= MOST_OCTETS
    }

    /// Reads until so much has come, or the end.
    fn read_to(&mut self, octets: usize) {
        while self.end.is_none() && self.octets.len() < octets {
            assert!(self.read(PATIENCE), "{octets} octets do not come, but only {}", self.octets.len());
        }
    }

    /// Whether something came, be it the end.
    fn read(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).expect("a time-out");
        let mut octets = [0; 4096];
        match self.stream.read(&mut octets) {
            Ok(0) => {
                self.end = Some(End::Fin);
                let _ = self.stream.shutdown(Shutdown::Both);
            }
            Ok(read) => {
                self.octets.extend_from_slice(&octets[..read]);
                self.octets.truncate(MOST_OCTETS);
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.end = Some(End::Rst),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("{error}"),
        }
        true
    }
}
