//! A session without a socket, fed octets as they come, and what it says sorted into lines.

use std::sync::Arc;

use bytes::Bytes;
use mailfault::mail::{InitialMail, Note, Notes, Store, StoreSpec, Template};
use mailfault::proto::imap::{Config, ImapSession, Spec};
use mailfault::proto::{Ats, Cx, Moment, Sent, Session, Then, TlsMode};

/// The session may leave so many octets for later, and no more.
const MOST_LEFT: usize = 64 << 10;
/// All limits of a mailbox and of a session by name (`net` has others).
const LIMITS: [&str; 7] = ["command-line", "list", "literal", "message", "quota", "store", "thread"];

/// One connection.
pub struct Talk {
    session: ImapSession,
    store: Arc<Store>,
    notes: Notes,
    left: Vec<u8>,
    pub closed: bool,
}

impl Talk {
    /// Nobody is logged in; every INBOX starts with three messages.
    pub fn new() -> Talk {
        let mut notes = Notes::new();
        let mail = [NOTE, PARTS, "\r\n"].map(|raw| InitialMail {
            user: None,
            mailbox: "INBOX".into(),
            template: Template::Raw(Bytes::from(raw)),
            count: 1,
            flags: vec!["\\Flagged".to_owned()],
        });
        let store = Arc::new(Store::new(StoreSpec { mail: mail.into(), ..StoreSpec::default() }, &mut notes));
        let config = Config { spec: Spec::default(), tls: TlsMode::Starttls };
        let mut talk = Talk { session: ImapSession::new(Arc::new(config)), store, notes, left: Vec::new(), closed: false };
        talk.moment(Moment::new(Ats::GREETING), &mut Vec::new());
        talk
    }

    /// The same, with these commands said before.
    pub fn after(commands: &str) -> Talk {
        let mut talk = Talk::new();
        talk.say(commands.as_bytes());
        talk
    }

    /// One read: what the session makes of it.
    pub fn say(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut said = Vec::new();
        let mut input = std::mem::take(&mut self.left);
        input.extend_from_slice(octets);
        let mut rest = input.as_slice();
        while !self.closed {
            let mut cx = Cx { store: &self.store, notes: &mut self.notes };
            let Some(moment) = self.session.next(&mut rest, &mut cx) else { break };
            self.moment(moment, &mut said);
        }
        self.left = rest.to_vec();
        assert!(self.closed || self.left.len() <= MOST_LEFT, "{} octets are left for later", self.left.len());
        for note in std::mem::take(&mut self.notes) {
            if let Note::Limit { name, .. } = note {
                assert!(LIMITS.contains(&name.as_ref()), "a limit without a name: {name}");
            }
        }
        said
    }

    /// What the session says unasked.
    pub fn push(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        if let Some(moment) = self.session.push(&mut cx) {
            self.moment(moment, &mut said);
        }
        said
    }

    fn moment(&mut self, moment: Moment, said: &mut Vec<u8>) {
        if !moment.owes_reply() {
            return;
        }
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        let answer = self.session.answer(moment, &mut cx);
        self.session.resolve(answer.class.succeeds(), &mut cx);
        let octets = answer.reply.to_vec();
        self.session.sent(Sent { octets: octets.len() as u64, whole: true, changed: &[] }, &mut cx);
        said.extend_from_slice(&octets);
        self.closed = answer.then == Then::Close;
        if answer.then == Then::Upgrade {
            self.session.secured(false);
        }
    }
}

/// The lines of responses, without their literals; each must end as a line does.
pub fn lines(said: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut rest = said;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap_or_else(|| panic!("no line: {}", rest.escape_ascii()));
        let (text, after) = (&rest[..end], &rest[end + 2..]);
        assert!(
            !text.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')),
            "an octet that no line has: {}",
            text.escape_ascii()
        );
        line.push_str(&String::from_utf8_lossy(text));
        rest = after;
        match literal(text) {
            Some(size) => rest = rest.get(size..).unwrap_or_else(|| panic!("a literal is cut: {line}")),
            None => lines.push(std::mem::take(&mut line)),
        }
    }
    assert!(line.is_empty(), "a literal without a line after it: {line}");
    lines
}

fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}")?;
    let open = inside.iter().rposition(|&octet| octet == b'{')?;
    std::str::from_utf8(&inside[open + 1..]).ok()?.parse().ok()
}

/// Numbers from a fixed seed: SplitMix64.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below this.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

const NOTE: &str = "From: Ann <ann@example.test>\r\nTo: team: bob@example.test;\r\nSubject: =?utf-8?q?a=C3=9F?=\r\n\
                    Date: Mon, 02 Feb 2026 10:00:00 +0000\r\nMessage-ID: <note@example.test>\r\n\r\nWhere shall we eat?\r\n";
const PARTS: &str = "Subject: Re: parts\r\nIn-Reply-To: <note@example.test>\r\nMIME-Version: 1.0\r\n\
                     Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\
                     Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b\r\n\
                     Content-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\ntwo\r\n--b--\r\n";
