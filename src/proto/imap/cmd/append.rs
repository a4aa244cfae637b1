//! APPEND (RFC 3501 section 6.3.11) of one message or several (RFC 3502), with APPENDUID (RFC 4315 section 3), of 8-bit mail (RFC 3516 section 4.4, RFC
//! 6855 section 4) and with a limit (RFC 7889).

use std::sync::Arc;

use bytes::Bytes;

use super::Command;
use crate::mail::{Flags, InternalDate, MailboxRef, Message, Room};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::oddity;
use crate::proto::imap::parse::{self, date, flags};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Plan;
use crate::proto::imap::write::number_set;
use crate::proto::{Ats, Cx, Key, Note};

struct Append {
    name: Box<str>,
    messages: Vec<Appended>,
    /// The last message's.
    identity: String,
    target: Option<MailboxRef>,
    room: Room,
}

/// One message, as far as it is known.
struct Appended {
    flags: Vec<String>,
    date: Option<InternalDate>,
    /// In the form `UTF8 (~{n} ...)`.
    utf8: bool,
    /// In a literal that may hold NUL.
    binary: bool,
    /// With more than one blank before it: IMAPClient's multiappend has two, and other servers look past them.
    blanks: bool,
    message: Option<Arc<Message>>,
}

/// Up to the announcement of the message, and with it.
fn announcement(cursor: &mut Cursor<'_>) -> Parsed<Appended> {
    cursor.expect_space()?;
    let mut appended = Appended { flags: Vec::new(), date: None, utf8: false, binary: false, blanks: false, message: None };
    while cursor.byte(b' ') {
        appended.blanks = true;
    }
    let mut what = "a flag list, a date or a literal";
    if cursor.peek() == Some(b'(') {
        appended.flags = flags::flag_list(cursor)?;
        cursor.expect_space()?;
        what = "a date or a literal";
    }
    if cursor.peek() == Some(b'"') {
        appended.date = Some(date::date_time(cursor)?);
        cursor.expect_space()?;
        what = "a literal";
    }
    let start = cursor.clone();
    if cursor.keyword("UTF8") {
        cursor.expect_space()?;
        cursor.expect(b'(', "`(`")?;
        appended.utf8 = true;
        if cursor.peek() != Some(b'~') {
            return Err(cursor.expected("a literal `~{n}`"));
        }
    }
    appended.binary = cursor.byte(b'~');
    if cursor.peek() != Some(b'{') {
        return Err(if appended.binary { cursor } else { &start }.expected(what));
    }
    cursor.literal_head()?;
    Ok(appended)
}

/// What follows a message before the next one, or the end.
fn after(appended: &Appended, cursor: &mut Cursor<'_>) -> Parsed<()> {
    if appended.utf8 { cursor.expect(b')', "`)` after the message") } else { Ok(()) }
}

/// The mailbox that an APPEND names, before it is whole.
pub fn target_of(text: &[u8], utf8_names: bool) -> Option<Box<str>> {
    let mut cursor = Cursor::new(text).with_utf8_names(utf8_names);
    cursor.tag()?;
    let named = cursor.byte(b' ') && cursor.keyword("APPEND") && cursor.byte(b' ');
    named.then(|| parse::mailbox(&mut cursor).ok())?
}

/// Where this text ends, if it ends by announcing a message of an APPEND. `from`: where it ended when it announced the one before, or 0.
pub fn announces_message(text: &[u8], from: usize, utf8_names: bool) -> Option<usize> {
    let mut cursor = Cursor::new(text.get(from..)?).with_utf8_names(utf8_names);
    if from == 0 {
        cursor.tag()?;
        let named = cursor.byte(b' ') && cursor.keyword("APPEND") && cursor.byte(b' ');
        named.then(|| parse::mailbox(&mut cursor).ok())??;
    } else {
        // The end of `UTF8 (...)`; whether it is due is seen when all is read.
        cursor.byte(b')');
    }
    announcement(&mut cursor).ok()?;
    cursor.at_end().then_some(text.len())
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    let mut messages = Vec::new();
    while messages.is_empty() || !cursor.at_end() {
        let appended = announcement(cursor)?;
        after(&appended, cursor)?;
        messages.push(appended);
    }
    Ok(Box::new(Append { name, messages, identity: String::new(), target: None, room: Room::default() }))
}

impl Command for Append {
    fn at(&self) -> Ats {
        Ats::MESSAGE
    }

    fn take_messages(&mut self, messages: Vec<Bytes>) {
        for (appended, octets) in self.messages.iter_mut().zip(messages) {
            appended.message = Some(Arc::new(Message::new(octets)));
        }
        if let Some(message) = self.messages.last().and_then(|last| last.message.as_ref()) {
            self.identity = match message.message_id() {
                Some(id) => id.to_owned(),
                None => format!("{:016x}", message.content_digest()),
            };
        }
    }

    fn read(&mut self, _state: &State, cx: &mut Cx<'_>) {
        if self.messages.iter().any(|appended| appended.blanks) {
            oddity::note(
                cx.notes,
                oddity::EXTRA_BLANK,
                "one blank stands before each message of an APPEND (RFC 3502 section 6.3.11)",
            );
        }
        let has_nul = |message: &Arc<Message>| memchr::memchr(0, &message.raw).is_some();
        if self.messages.iter().any(|appended| !appended.binary && appended.message.as_ref().is_some_and(has_nul)) {
            oddity::note(cx.notes, oddity::NUL, "a message with NUL in a literal other than `~{n}` (RFC 3516 section 4.4)");
        }
    }

    fn fact(&self, key: Key) -> Option<&str> {
        match key {
            Key::Mailbox => Some(&self.name),
            Key::Message => Some(&self.identity),
            _ => None,
        }
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        if self.messages.iter().any(|appended| appended.utf8) && !state.dialect.utf8 {
            oddity::note(cx.notes, oddity::OUT_OF_ORDER, "`UTF8 (...)` before ENABLE UTF8=ACCEPT (RFC 6855 section 4)");
            return Reply::bad("`UTF8 (...)` needs ENABLE UTF8=ACCEPT first");
        }
        let Some(target) = state.mailbox(&self.name) else { return Reply::no_mailbox("TRYCREATE") };
        if self.messages.iter().any(|appended| appended.message.as_ref().is_none_or(|message| message.raw.is_empty())) {
            return Reply::no("[CANNOT] a message is not empty");
        }
        match target.room(self.messages.iter().filter_map(|appended| appended.message.as_ref())) {
            Ok(room) => self.room = room,
            Err(full) => {
                cx.notes.push(Note::Limit { name: full.name().into(), dropped: self.octets() });
                return Reply::over_quota(full);
            }
        }
        let (validity, first) = target.with(|mailbox| (mailbox.uid_validity, mailbox.uid_next));
        let uids: Vec<u32> = (first..=u32::MAX).take(self.messages.len()).collect();
        let set = number_set(&uids);
        let mut plan = Plan::default();
        if state.selected.as_ref().is_some_and(|selected| selected.mailbox.same(&target)) {
            plan.arrive = uids;
        }
        self.target = Some(target);
        Reply::ok(format!("[APPENDUID {validity} {set}] APPEND completed")).plan(plan)
    }

    fn resolve(&mut self, keep: bool, _state: &mut State, cx: &mut Cx<'_>) {
        // Messages that come take their own room.
        let _room = std::mem::take(&mut self.room);
        let Some(target) = self.target.as_ref().filter(|_| keep) else { return };
        // All of them under one lock: nobody sees a part.
        target.with(|mailbox| {
            for appended in std::mem::take(&mut self.messages) {
                let Some(message) = appended.message else { continue };
                let flags = Flags::from_names(appended.flags.iter().map(String::as_str));
                mailbox.append(message, flags, appended.date.unwrap_or_else(InternalDate::now), cx.notes);
            }
        });
    }
}

impl Append {
    /// Octets of all messages.
    fn octets(&self) -> u64 {
        self.messages.iter().filter_map(|appended| appended.message.as_ref()).map(|message| message.raw.len() as u64).sum()
    }
}
