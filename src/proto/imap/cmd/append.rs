//! APPEND (RFC 3501 section 6.3.11), with APPENDUID (RFC 4315 section 3).

use std::sync::Arc;

use bytes::Bytes;

use super::Command;
use crate::mail::{Flags, InternalDate, MailboxRef, Message};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::{self, date, flags};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Plan;
use crate::proto::{Ats, Cx, Key, Note};

struct Append {
    name: Box<str>,
    flags: Vec<String>,
    date: Option<InternalDate>,
    message: Option<Arc<Message>>,
    identity: String,
    target: Option<MailboxRef>,
}

/// Behind the verb, up to the announcement of the message, which is not read.
fn arguments(cursor: &mut Cursor<'_>) -> Parsed<Append> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let mut append = Append { name, flags: Vec::new(), date: None, message: None, identity: String::new(), target: None };
    if cursor.peek() == Some(b'(') {
        append.flags = flags::flag_list(cursor)?;
        cursor.expect_space()?;
    }
    if cursor.peek() == Some(b'"') {
        append.date = Some(date::date_time(cursor)?);
        cursor.expect_space()?;
    }
    Ok(append)
}

/// The mailbox that an APPEND names, before it is whole.
pub fn target_of(text: &[u8]) -> Option<Box<str>> {
    let mut cursor = Cursor::new(text);
    cursor.tag()?;
    let named = cursor.byte(b' ') && cursor.keyword("APPEND") && cursor.byte(b' ');
    named.then(|| parse::mailbox(&mut cursor).ok())?
}

/// Whether the literal that this text ends by announcing is the message of an APPEND.
pub fn announces_message(text: &[u8]) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.tag().is_some()
        && cursor.byte(b' ')
        && cursor.keyword("APPEND")
        && arguments(&mut cursor).is_ok()
        && cursor.literal_head().is_ok()
        && cursor.at_end()
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    let append = arguments(cursor)?;
    cursor.literal_head()?;
    cursor.expect_end()?;
    Ok(Box::new(append))
}

impl Command for Append {
    fn at(&self) -> Ats {
        Ats::MESSAGE
    }

    fn take_message(&mut self, message: Option<Bytes>) {
        let message = Message::new(message.unwrap_or_default());
        self.identity = match message.message_id() {
            Some(id) => id.to_owned(),
            None => format!("{:016x}", message.content_digest()),
        };
        self.message = Some(Arc::new(message));
    }

    fn fact(&self, key: Key) -> Option<&str> {
        match key {
            Key::Mailbox => Some(&self.name),
            Key::Message => Some(&self.identity),
            _ => None,
        }
    }

    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(target) = state.mailbox(&self.name) else { return Reply::no_mailbox("TRYCREATE") };
        let Some(message) = &self.message else { return Reply::bad("there is no message") };
        if message.raw.is_empty() {
            return Reply::no("[CANNOT] a message is not empty");
        }
        if cx.store.reserve(message.raw.len() as u64, 1).is_err() {
            cx.notes.push(Note::Limit { name: "store".into(), dropped: message.raw.len() as u64 });
            return Reply::no("[OVERQUOTA] the store is full");
        }
        let (validity, uid) = target.with(|mailbox| (mailbox.uid_validity, mailbox.uid_next));
        let mut plan = Plan::default();
        if state.selected.as_ref().is_some_and(|selected| selected.mailbox.same(&target)) {
            plan.arrive.push(uid);
        }
        self.target = Some(target);
        Reply::ok(format!("[APPENDUID {validity} {uid}] APPEND completed")).plan(plan)
    }

    fn resolve(&mut self, keep: bool, _state: &mut State, cx: &mut Cx<'_>) {
        let (Some(target), Some(message)) = (&self.target, self.message.take()) else { return };
        if keep {
            let flags = Flags::from_names(self.flags.iter().map(String::as_str));
            let date = self.date.unwrap_or_else(InternalDate::now);
            target.with(|mailbox| mailbox.append(message, flags, date, cx.notes));
        } else {
            cx.store.release(message.raw.len() as u64, 1);
        }
    }
}
