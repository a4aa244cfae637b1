//! CREATE (RFC 3501 section 6.3.3), with CREATE-SPECIAL-USE (RFC 6154 section 3) and MAILBOXID (RFC 8474 section 4.1).

use super::Command;
use crate::mail::{Account, is_mailbox_name, special_use};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::{self, flags};
use crate::proto::imap::state::{Reply, State};
use crate::proto::{Cx, Key};

/// What only a server can fill: mailboxes that show messages of others.
const VIRTUAL: [&str; 3] = ["\\All", "\\Flagged", "\\Important"];

struct Create {
    name: Box<str>,
    uses: Vec<String>,
    /// The number that the new mailbox will have; none is given to one that cannot be made, whatever a fault says of it.
    number: Option<u32>,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    let mut uses = Vec::new();
    if !cursor.at_end() {
        cursor.expect_space()?;
        // RFC 4466 section 2.2: parameters stand in parentheses.
        let parameters = cursor.list("`(USE (...))`", |c| {
            if !c.keyword("USE") {
                return Err(c.expected("`USE`"));
            }
            c.expect_space()?;
            uses.extend(c.list("a list of attributes such as `\\Drafts`", flags::flag)?);
            Ok(())
        })?;
        if parameters.is_empty() {
            return Err(cursor.expected("`USE`"));
        }
    }
    cursor.expect_end()?;
    Ok(Box::new(Create { name: without_separator(name), uses, number: None }))
}

/// RFC 3501: a separator at the end says that names below it will follow; it is no part of the name.
pub fn without_separator(name: Box<str>) -> Box<str> {
    name.strip_suffix('/').map_or(name.clone(), Into::into)
}

impl Create {
    /// Attributes as they are written; `None` where one of them cannot be given.
    fn special_uses(&self, account: &Account) -> Option<Vec<&'static str>> {
        let free = |name: &&'static str| !VIRTUAL.contains(name) && !has_special_use(account, name);
        self.uses.iter().map(|name| special_use(name).filter(free)).collect()
    }
}

impl Command for Create {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        if !is_mailbox_name(&self.name) {
            return Reply::no("[CANNOT] a mailbox cannot have this name");
        }
        if state.mailbox(&self.name).is_some() {
            return Reply::no("[ALREADYEXISTS] there is a mailbox of this name");
        }
        if !has_room(account, &self.name, 1) {
            return Reply::no("[LIMIT] there are too many mailboxes");
        }
        if self.special_uses(account).is_none() {
            return Reply::no("[USEATTR] no mailbox can be made for that, or there is one");
        }
        let number = account.next_number();
        self.number = Some(number);
        match state.offers("OBJECTID") {
            true => Reply::ok(format!("[MAILBOXID ({})] CREATE completed", account.mailbox_id(number))),
            false => Reply::ok("CREATE completed"),
        }
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        let (Some(account), Some(number)) = (state.account.as_ref().filter(|_| keep), self.number) else { return };
        superiors(account, &self.name);
        let mut uses = self.special_uses(account).unwrap_or_default();
        uses.sort_unstable();
        uses.dedup();
        if let Some(mailbox) = account.create_numbered(&self.name, number) {
            mailbox.with(|mailbox| mailbox.special_use = uses);
        }
    }
}

fn has_special_use(account: &Account, name: &str) -> bool {
    account.mailboxes().iter().any(|(_, mailbox)| mailbox.with(|mailbox| mailbox.special_use.contains(&name)))
}

/// Whether those above this mailbox, and so many more, can be made: RFC 5530 section 3.
pub fn has_room(account: &Account, name: &str, more: usize) -> bool {
    let above = name.match_indices('/').filter(|&(end, _)| account.mailbox(&name[..end]).is_none());
    account.has_room(more + above.count())
}

/// RFC 3501: with a mailbox, those above it are made, too.
pub fn superiors(account: &Account, name: &str) {
    for (end, _) in name.match_indices('/') {
        account.create(&name[..end]);
    }
}
