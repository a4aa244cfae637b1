//! A client of `imap-codec` on one side, a session on the other.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::known;
use imap_codec::decode::{Decoder, ResponseDecodeError};
use imap_codec::encode::{Encoder, Fragment};
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{LiteralMode, Tag};
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::{Code, Data, Greeting, Response, Status, StatusBody, StatusKind, Tagged};
use imap_codec::{CommandCodec, GreetingCodec, ResponseCodec};
use regex::bytes::Regex;

use mailfault::mail::{Flags, Message, Note, Notes, Store, StoreSpec};
use mailfault::proto::imap::{Config, ImapSession, Spec};
use mailfault::proto::{Ats, Cx, Moment, Sent, Session, Then, TlsMode};

/// Who is logged in.
pub const USER: &str = "alice";

/// One connection, and what was said.
pub struct Peer {
    session: ImapSession,
    pub store: Arc<Store>,
    notes: Notes,
    input: Vec<u8>,
    pub closed: bool,
}

/// What a command led to.
pub struct Outcome {
    pub kind: StatusKind,
    /// Names and details of the mistakes that the session saw.
    pub oddities: Vec<(String, String)>,
    /// What the server said.
    pub responses: Vec<Response<'static>>,
    /// Response codes that `imap-codec` has no name for.
    pub odd_codes: Vec<String>,
}

impl Peer {
    /// An open store, STARTTLS at will; the greeting is read.
    pub fn greeted(preauth: bool) -> Self {
        let mut notes = Notes::new();
        let store = Arc::new(Store::new(StoreSpec::default(), &mut notes));
        Peer::beside(store, preauth)
    }

    /// Another connection to the same store.
    pub fn beside(store: Arc<Store>, preauth: bool) -> Self {
        let spec = Spec { preauth: preauth.then(|| USER.to_owned()), ..Spec::default() };
        let session = ImapSession::new(Arc::new(Config { spec, tls: TlsMode::Starttls }));
        let mut peer = Peer { session, store, notes: Notes::new(), input: Vec::new(), closed: false };
        let mut output = Vec::new();
        peer.moment(Moment::new(Ats::GREETING), &mut output);
        let decoded: Result<(&[u8], Greeting<'_>), _> = GreetingCodec::default().decode(&output);
        let (rest, _) = decoded.unwrap_or_else(|error| panic!("{error:?}: {}", output.escape_ascii()));
        assert!(rest.is_empty(), "after the greeting: {}", rest.escape_ascii());
        peer
    }

    pub fn phase(&self) -> &'static str {
        self.session.phase()
    }

    /// Puts a message into a mailbox that is there.
    pub fn deliver(&mut self, mailbox: &str, raw: &[u8]) {
        let account = self.store.account(USER).expect("the account");
        let message = Arc::new(Message::new(bytes::Bytes::copy_from_slice(raw)));
        let date = jiff::Timestamp::from_second(1_767_225_600).expect("a time");
        let flags = Flags::from_names(["\\Flagged", "$Work"]);
        account.mailbox(mailbox).expect("the mailbox").with(|mailbox| mailbox.append(message, flags, date, &mut self.notes));
    }

    /// Says a command and, where it asks for more, what ends it.
    pub fn run(&mut self, command: &Command<'_>) -> Result<Outcome, String> {
        self.notes.clear();
        let mut output = Vec::new();
        for fragment in CommandCodec::default().encode(command) {
            match fragment {
                Fragment::Line { data } => self.feed(&data, &mut output),
                Fragment::Literal { data, mode } => {
                    if mode == LiteralMode::Sync && !is_continued(&output) {
                        break;
                    }
                    self.feed(&data, &mut output);
                }
            }
        }
        if is_continued(&output) {
            let mut end: &[u8] = b"*\r\n";
            if matches!(command.body, CommandBody::Idle) {
                self.push(&mut output);
                end = b"DONE\r\n";
            }
            self.feed(end, &mut output);
        }
        let said = || CommandCodec::default().encode(command).dump().escape_ascii().to_string();
        assert!(self.input.is_empty(), "the session waits for more after {}", said());
        self.outcome(&output, &command.tag, &said)
    }

    /// What FETCH says of one message.
    pub fn items(&mut self, number: usize, items: &str) -> Vec<MessageDataItem<'static>> {
        let outcome = self.say(&format!("FETCH {number} {items}")).expect("good responses");
        let found = outcome.responses.into_iter().find_map(|response| match response {
            Response::Data(Data::Fetch { items, .. }) => Some(items.as_ref().to_vec()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Says anything at all, and reads what comes back; more may be wanted.
    pub fn babble(&mut self, octets: &[u8]) -> Result<Vec<Response<'static>>, String> {
        self.notes.clear();
        let mut output = Vec::new();
        self.feed(octets, &mut output);
        read_all(&output, &|| octets.escape_ascii().to_string())
    }

    /// Names and details of the client's mistakes in what was said last.
    pub fn oddities(&self) -> Vec<(String, String)> {
        let oddities = self.notes.iter().filter_map(|note| match note {
            Note::Oddity { name, detail } => Some((name.to_string(), detail.to_string())),
            _ => None,
        });
        oddities.collect()
    }

    /// The session is at the start of a command.
    pub fn is_idle(&self) -> bool {
        self.input.is_empty() && self.phase() == "selected" && !self.closed
    }

    /// Says a line that `imap-codec` would not write.
    pub fn say(&mut self, line: &str) -> Result<Outcome, String> {
        self.notes.clear();
        let mut output = Vec::new();
        self.feed(format!("a1 {line}\r\n").as_bytes(), &mut output);
        self.outcome(&output, &Tag::try_from("a1").expect("a tag"), &|| line.to_owned())
    }

    fn outcome(&self, output: &[u8], tag: &Tag<'_>, said: &dyn Fn() -> String) -> Result<Outcome, String> {
        let responses = read_all(output, said)?;
        let Some((last, before)) = responses.split_last() else { panic!("no answer to {}", said()) };
        let kind = match last {
            Response::Status(Status::Tagged(Tagged { tag: theirs, body: StatusBody { kind, .. } })) if theirs == tag => *kind,
            _ => panic!("no tagged end in {} to {}", output.escape_ascii(), said()),
        };
        let early = before.iter().any(|response| matches!(response, Response::Status(Status::Tagged(_))));
        assert!(!early, "two tagged answers in {} to {}", output.escape_ascii(), said());
        let odd_codes = responses.iter().filter_map(odd_code).collect();
        Ok(Outcome { kind, oddities: self.oddities(), responses, odd_codes })
    }

    fn feed(&mut self, octets: &[u8], output: &mut Vec<u8>) {
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(octets);
        let mut rest = input.as_slice();
        while !self.closed {
            let mut cx = Cx { store: &self.store, notes: &mut self.notes };
            let Some(moment) = self.session.next(&mut rest, &mut cx) else { break };
            self.moment(moment, output);
        }
        self.input = if self.closed { Vec::new() } else { rest.to_vec() };
    }

    /// What the session says unasked.
    fn push(&mut self, output: &mut Vec<u8>) {
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        if let Some(moment) = self.session.push(&mut cx) {
            self.moment(moment, output);
        }
    }

    fn moment(&mut self, moment: Moment, output: &mut Vec<u8>) {
        if !moment.owes_reply() {
            return;
        }
        let mut cx = Cx { store: &self.store, notes: &mut self.notes };
        let answer = self.session.answer(moment, &mut cx);
        self.session.resolve(answer.class.succeeds(), &mut cx);
        let octets = answer.reply.to_vec();
        output.extend_from_slice(&octets);
        self.session.sent(Sent { octets: octets.len() as u64, changed: &[], whole: true }, &mut cx);
        self.closed = answer.then == Then::Close;
        if answer.then == Then::Upgrade {
            self.session.secured(false);
        }
    }
}

impl Outcome {
    /// The data of all `FETCH` responses.
    pub fn fetched(&self) -> usize {
        self.responses.iter().filter(|response| matches!(response, Response::Data(Data::Fetch { .. }))).count()
    }
}

fn odd_code(response: &Response<'_>) -> Option<String> {
    let Response::Status(status) = response else { return None };
    match status.code() {
        // Without its arguments.
        Some(Code::Other(code)) => code.inner().split(|&b| b == b' ').next().map(|name| name.escape_ascii().to_string()),
        _ => None,
    }
}

/// The last line asks for more.
fn is_continued(output: &[u8]) -> bool {
    let last = output.strip_suffix(b"\r\n").and_then(|lines| lines.rsplit(|&b| b == b'\n').next());
    last.is_some_and(|line| line.starts_with(b"+ "))
}

/// All responses; each octet belongs to one.
fn read_all(output: &[u8], said: &dyn Fn() -> String) -> Result<Vec<Response<'static>>, String> {
    static FORMS: LazyLock<Vec<Regex>> =
        LazyLock::new(|| known::UNREAD_FORMS.iter().map(|(form, _)| Regex::new(form).expect("a good pattern")).collect());
    let mut readable = Cow::Borrowed(output);
    for form in FORMS.iter() {
        if let Cow::Owned(shorter) = form.replace_all(&readable, b"$1") {
            readable = Cow::Owned(shorter);
        }
    }
    let mut rest = &*readable;
    let mut responses = Vec::new();
    while !rest.is_empty() {
        match ResponseCodec::default().decode(rest) {
            Ok((after, response)) => {
                responses.push(response.into_static());
                rest = after;
            }
            Err(
                error
                @ (ResponseDecodeError::Incomplete | ResponseDecodeError::LiteralFound { .. } | ResponseDecodeError::Failed),
            ) => {
                return Err(format!("{error:?}: {}\nto {}", rest.escape_ascii(), said()));
            }
        }
    }
    Ok(responses)
}
