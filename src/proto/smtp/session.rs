//! The session's state, and its face to the driver.

use std::sync::Arc;

use super::content::Content;
use super::input::Input;
use super::parse::{Addressed, Body};
use super::{Config, reply};
use crate::mail::{Account, Denied, Message, Mutation, Signal, Transaction};
use crate::proto::sasl::{Exchange, Mechanism, Mechanisms, Proof};
use crate::proto::{Answer, Ats, Class, Cx, Key, Moment, Note, Rope, Sent, Session};

/// A buffer for commands that is larger than this is not kept while the connection rests.
const ARGUMENT_KEPT: usize = 512;

/// One SMTP connection.
///
/// MAIL or RCPT whose path cannot be read has no address, so it cannot be kept; every other refused MAIL, RCPT or login can. A message beyond the
/// size limit, or one for which there is no room, is never stored.
pub struct SmtpSession {
    pub(super) config: Arc<Config>,
    /// What the next octets are.
    pub(super) input: Input,
    /// What was read and waits for its answer, then for its fate.
    pub(super) unit: Unit,
    /// What begins once the reply is out.
    pub(super) opening: Option<Input>,
    /// What HELO or EHLO said.
    pub(super) helo: Option<Arc<str>>,
    pub(super) user: Option<Arc<str>>,
    pub(super) mail: Option<Box<Mail>>,
    /// Parameters of the command that was read last, for `where` and nothing else.
    pub(super) argument: String,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) phase: &'static str,
    pub(super) mechanism: Option<Mechanism>,
    /// All mechanisms that were offered in any state.
    pub(super) offered: Mechanisms,
    pub(super) flags: Flags,
}

/// One bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// EHLO, not HELO.
    pub esmtp: bool,
    /// TLS is up.
    pub secure: bool,
    /// The client has shown a certificate.
    pub certificate: bool,
    /// MAIL was refused: RCPT and DATA that were pipelined behind it are no mistakes (RFC 2920 section 3.1).
    pub mail_refused: bool,
}

/// A transaction.
#[derive(Debug)]
pub(super) struct Mail {
    pub sender: Arc<str>,
    pub recipients: Vec<Arc<str>>,
    pub body: Body,
    pub utf8: bool,
    /// RCPT was tried, with whatever success.
    pub rcpt_tried: bool,
    /// SIZE=
    pub declared: u64,
    /// A BDAT was taken: DATA may not come any more.
    pub chunked: bool,
    pub content: Content,
}

/// State that few connections have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub exchange: Option<Exchange>,
    /// What got a challenge in place of its verdict, and comes to it again after the client's answer.
    pub postponed: Option<Unit>,
    pub hide: Vec<String>,
    pub offer: Vec<String>,
    pub hide_once: Vec<String>,
    pub offer_once: Vec<String>,
    pub watched: Option<Arc<[u64]>>,
    /// The offset that was reported last in this message.
    pub reported: Option<u64>,
}

/// A unit of input, parked until it is resolved.
#[derive(Debug, Default)]
pub(super) enum Unit {
    #[default]
    Nothing,
    /// It has its reply already and changes nothing.
    Fixed(bytes::Bytes),
    Hello {
        esmtp: bool,
        name: Arc<str>,
    },
    Mail(Addressed),
    Rcpt(Addressed),
    Data,
    Rset,
    Quit,
    Starttls,
    /// 421 of our own: the client speaks another protocol.
    Wrong(&'static str),
    /// A chunk that is not the last.
    Chunk,
    /// A whole message; `last` of BDAT is one too.
    Message,
    /// 334 with this in base64.
    Challenge(Vec<u8>),
    Login(Box<Login>),
}

/// Credentials that wait for the verdict.
#[derive(Debug)]
pub(super) struct Login {
    pub user: String,
    pub proof: Proof,
    pub mechanism: Mechanism,
    /// For `where`: the verdict will be a refusal.
    pub wrong: bool,
    pub verdict: Option<Result<Account, Denied>>,
}

impl SmtpSession {
    /// A connection that has just been accepted.
    pub fn new(config: Arc<Config>) -> Self {
        let secure = config.tls == crate::proto::TlsMode::Implicit;
        SmtpSession {
            offered: config.offered,
            config,
            input: Input::Command,
            unit: Unit::Nothing,
            opening: None,
            helo: None,
            user: None,
            mail: None,
            argument: String::new(),
            rare: None,
            phase: "greeting",
            mechanism: None,
            flags: Flags { secure, ..Flags::default() },
        }
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// RSET, EHLO, the end of a message: no transaction is open.
    pub(super) fn reset(&mut self) {
        self.mail = None;
        self.flags.mail_refused = false;
    }

    /// Ends the transaction with its message: stored, or told to have been lost.
    pub(super) fn finish_message(&mut self, keep: bool, cx: &mut Cx<'_>) {
        let Some(mail) = self.mail.take() else { return };
        self.flags.mail_refused = false;
        let mut raw = mail.content.raw;
        // A buffer that grew by doubling would keep up to half of itself for nothing as long as the message lives.
        if raw.capacity() - raw.len() > 1024 + raw.len() / 4 {
            raw.shrink_to_fit();
        }
        let transaction = Arc::new(Transaction {
            sender: mail.sender,
            recipients: mail.recipients,
            user: self.user.clone(),
            helo: self.helo.clone().unwrap_or_default(),
            body: mail.body,
            utf8: mail.utf8,
            message: Arc::new(Message::new(raw.into())),
        });
        let whole = mail.content.dropped == 0;
        let stored = keep && whole && cx.store.receive(&transaction, cx.notes).is_ok();
        cx.notes.push(Note::Message { transaction, stored });
    }

    fn login(&mut self, mut login: Login, keep: bool, cx: &mut Cx<'_>) {
        let account = match login.verdict.take() {
            Some(Ok(account)) if keep => Some(account),
            // A fault's 235 for wrong credentials.
            _ if keep => cx.store.login_as(&login.user, cx.notes),
            _ => None,
        };
        let mechanism = login.mechanism.name();
        cx.notes.push(Note::Login { user: login.user.into(), mechanism: mechanism.into(), accepted: account.is_some() });
        if let Some(account) = account {
            self.user = Some(account.name().clone());
        }
    }
}

impl Session for SmtpSession {
    fn next(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        self.read(input, cx)
    }

    fn push(&mut self, _cx: &mut Cx<'_>) -> Option<Moment> {
        None
    }

    fn answer(&mut self, moment: Moment, cx: &mut Cx<'_>) -> Answer {
        self.opening = None;
        if moment.at.intersects(Ats::GREETING) { reply::said(self.config.greeting.clone()) } else { self.decide(cx) }
    }

    fn resolve(&mut self, keep: bool, cx: &mut Cx<'_>) {
        match std::mem::take(&mut self.unit) {
            Unit::Hello { esmtp, name } if keep => {
                self.reset();
                self.helo = Some(name);
                self.flags.esmtp = esmtp;
            }
            Unit::Mail(mail) if keep && mail.path.is_some() => self.begin(mail, cx),
            Unit::Mail(_) => self.flags.mail_refused = true,
            Unit::Rcpt(Addressed { path: Some(recipient), .. }) if keep => self.add_recipient(recipient, cx),
            Unit::Rset if keep => self.reset(),
            // RFC 3030 section 4.2: after a chunk was refused, only RSET makes sense.
            Unit::Chunk if !keep => {
                self.mail = None;
                self.flags.mail_refused = true;
            }
            Unit::Message => self.finish_message(keep, cx),
            Unit::Login(login) => self.login(*login, keep, cx),
            _ => {}
        }
    }

    fn postpone(&mut self, _cx: &mut Cx<'_>) {
        let unit = std::mem::take(&mut self.unit);
        self.rare().postponed = Some(unit);
        self.input = Input::Response;
    }

    fn sent(&mut self, sent: Sent<'_>, _cx: &mut Cx<'_>) {
        match self.opening.take() {
            Some(input) if sent.whole => {
                if matches!(input, Input::Lines) {
                    self.open_content();
                }
                self.input = input;
            }
            _ => {}
        }
        if self.phase == "greeting" {
            self.phase = "connected";
        }
        if self.argument.capacity() > ARGUMENT_KEPT {
            self.argument = String::new();
        }
        if let Some(rare) = &mut self.rare {
            rare.hide_once.clear();
            rare.offer_once.clear();
            if !matches!(self.input, Input::Response | Input::LongResponse { .. }) {
                (rare.exchange, rare.postponed) = (None, None);
            }
            if rare.exchange.is_none() && rare.postponed.is_none() && rare.watched.is_none() && !rare.changes_capabilities() {
                self.rare = None;
            }
        }
    }

    fn phrase(&self, text: &str, _moment: Moment) -> (Rope, Class) {
        reply::phrase(text)
    }

    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool {
        match (key, &self.unit) {
            (Key::User, Unit::Login(login)) => test(&login.user),
            (Key::User, _) => self.user.as_deref().is_some_and(test),
            (Key::Sender, Unit::Mail(mail)) => mail.path.as_deref().is_some_and(test),
            (Key::Sender, _) => self.mail.as_ref().is_some_and(|mail| test(&mail.sender)),
            (Key::Recipient, Unit::Rcpt(rcpt)) => rcpt.path.as_deref().is_some_and(test),
            (Key::Recipient, _) => self.mail.as_ref().is_some_and(|mail| mail.recipients.iter().any(|address| test(address))),
            (Key::Mechanism, _) => match self.mechanism {
                Some(mechanism) => test(mechanism.name()),
                // One that this server does not know still has a name.
                None => self.phase == "AUTH" && self.argument.split(' ').next().is_some_and(test),
            },
            (Key::Argument, _) => test(&self.argument),
            (Key::Ehlo, Unit::Hello { name, .. }) => test(name),
            (Key::Ehlo, _) => self.helo.as_deref().is_some_and(test),
            (Key::Message, Unit::Message) => self.mail.as_ref().is_some_and(|mail| test(&mail.identity())),
            (Key::Refused, Unit::Login(login)) => test(if login.wrong { "true" } else { "false" }),
            (Key::Message | Key::Mailbox | Key::Sni | Key::Tls | Key::Fired | Key::Refused, _) => false,
        }
    }

    fn hide(&mut self, capabilities: &[String], lasting: bool) {
        let rare = self.rare();
        if lasting { &mut rare.hide } else { &mut rare.hide_once }.extend_from_slice(capabilities);
    }

    fn offer(&mut self, capabilities: &[String], lasting: bool) {
        self.offered.add_named(capabilities);
        let rare = self.rare();
        if lasting { &mut rare.offer } else { &mut rare.offer_once }.extend_from_slice(capabilities);
    }

    fn mutate(&mut self, mutation: &Mutation, cx: &mut Cx<'_>) {
        cx.store.mutate(mutation, self.user.as_deref(), None, cx.notes);
    }

    /// In IMAP only; a scenario that asks for it here is told so.
    fn misread(&mut self, _edit: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {}

    /// Likewise.
    fn tell(&mut self) {}

    fn secured(&mut self, certificate: bool) {
        self.reset();
        self.helo = None;
        self.user = None;
        self.mechanism = None;
        self.argument.clear();
        self.input = Input::Command;
        self.flags = Flags { secure: true, certificate, ..Flags::default() };
        // With implicit TLS the greeting is still to come.
        if self.phase != "greeting" {
            self.phase = "secure";
        }
    }

    fn watch_content(&mut self, offsets: Arc<[u64]>) {
        self.rare().watched = Some(offsets);
    }

    fn phase(&self) -> &'static str {
        self.phase
    }

    fn set_waker(&mut self, _signal: Arc<Signal>) {}
}

impl Rare {
    /// Whether the EHLO reply differs from the listener's.
    pub(super) fn changes_capabilities(&self) -> bool {
        [&self.hide, &self.offer, &self.hide_once, &self.offer_once].into_iter().any(|list| !list.is_empty())
    }
}

impl<T: Into<Arc<str>>> From<T> for Mail {
    /// A transaction that has a sender and nothing else.
    fn from(sender: T) -> Self {
        Mail {
            sender: sender.into(),
            recipients: Vec::new(),
            body: Body::SevenBit,
            utf8: false,
            rcpt_tried: false,
            declared: 0,
            chunked: false,
            content: Content::default(),
        }
    }
}

impl Mail {
    /// The Message-ID, or else a digest of what makes two sendings the same mail.
    pub(super) fn identity(&self) -> String {
        self.own_message_id().unwrap_or_else(|| self.digest())
    }

    /// The Message-ID with its angle brackets; one of this host where there is none.
    pub(super) fn message_id(&self, hostname: &str) -> String {
        self.own_message_id().unwrap_or_else(|| format!("<{}@{hostname}>", self.digest()))
    }

    fn own_message_id(&self) -> Option<String> {
        field(self.header_and_body().0, b"Message-ID:").filter(|id| !id.is_empty())
    }

    fn header_and_body(&self) -> (&[u8], &[u8]) {
        let raw = self.content.raw.as_slice();
        let end = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw.len(), |at| at + 2);
        raw.split_at_checked(end).unwrap_or((raw, &[]))
    }

    /// Sender, subject and body: 16 hexadecimal digits (FNV-1a, 64 bits).
    pub(super) fn digest(&self) -> String {
        let (header, body) = self.header_and_body();
        let subject = field(header, b"Subject:").unwrap_or_default();
        let pieces = [self.sender.as_bytes(), b"\0", subject.as_bytes(), b"\0", body];
        let hash = pieces
            .into_iter()
            .flatten()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

/// The first header field of this name (with its colon, in any case), unfolded and trimmed.
fn field(header: &[u8], name: &[u8]) -> Option<String> {
    let mut value: Option<String> = None;
    for line in header.split(|&octet| octet == b'\n') {
        match &mut value {
            Some(value) if line.starts_with(b" ") || line.starts_with(b"\t") => value.push_str(&String::from_utf8_lossy(line)),
            Some(_) => break,
            None if line.get(..name.len()).is_some_and(|front| front.eq_ignore_ascii_case(name)) => {
                value = Some(String::from_utf8_lossy(line.get(name.len()..).unwrap_or_default()).into_owned());
            }
            None => {}
        }
    }
    value.map(|value| value.replace('\r', "").trim().to_owned())
}
