//! RENAME (RFC 3501 section 6.3.5).

use super::{Command, create, list};
use crate::mail::{Account, is_mailbox_name};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key, Note};

struct Rename {
    from: Box<str>,
    /// How the client spelt it, if that was otherwise.
    spelling: Option<Box<str>>,
    to: Box<str>,
    /// It can be done: what cannot is not done either where a fault says so.
    possible: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let (from, spelling) = parse::mailbox_and_spelling(cursor)?;
    cursor.expect_space()?;
    let to = create::without_separator(parse::mailbox(cursor)?);
    cursor.expect_end()?;
    Ok(Box::new(Rename { from, spelling, to, possible: false }))
}

impl Rename {
    /// Why it cannot be done.
    fn refusal(&self, account: &Account) -> Option<Reply> {
        let inbox = &*self.from == "INBOX";
        let below = format!("{}/", self.from);
        let names = account.mailbox_names();
        // What goes along, by what follows the name. INBOX goes alone: RFC 3501 section 6.3.5.
        let along: Vec<&str> = names.iter().filter(|_| !inbox).filter_map(|name| name.strip_prefix(&below)).collect();
        let impossible = !is_mailbox_name(&self.to)
            || !inbox && self.to.starts_with(&below)
            || along.iter().any(|rest| self.to.len() + 1 + rest.len() > parse::MOST_NAME);
        match () {
            // A name that is only above others can be renamed, too.
            () if account.mailbox(&self.from).is_none() && along.is_empty() => Some(Reply::no_mailbox("NONEXISTENT")),
            () if account.mailbox(&self.to).is_some() => Some(Reply::no("[ALREADYEXISTS] there is a mailbox of this name")),
            () if impossible => Some(Reply::no("[CANNOT] a mailbox cannot have this name")),
            () if !create::has_room(account, &self.to, usize::from(inbox)) => {
                Some(Reply::no("[LIMIT] there are too many mailboxes"))
            }
            () if along.iter().any(|rest| account.mailbox(&format!("{}/{rest}", self.to)).is_some()) => {
                Some(Reply::no("[ALREADYEXISTS] there is a mailbox of this name below it"))
            }
            () => None,
        }
    }
}

impl Command for Rename {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.from)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        if let Some(refusal) = self.refusal(account) {
            return refusal;
        }
        self.possible = true;
        let mut out = Text::default();
        if let Some(spelling) = self.spelling.as_ref().filter(|_| state.dialect.rev2) {
            // RFC 9051 section 6.3.6: the client is told which name it meant.
            list::renamed(&self.to, spelling, state, &mut out);
        }
        Reply::ok("RENAME completed").data(out)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, cx: &mut Cx<'_>) {
        let Some(account) = state.account.as_ref().filter(|_| keep && self.possible) else { return };
        create::superiors(account, &self.to);
        if &*self.from != "INBOX" {
            account.rename(&self.from, &self.to, cx.notes);
            return;
        }
        // RFC 3501: INBOX stays, its messages go.
        let (Some(inbox), Some(target)) = (account.mailbox("INBOX"), account.create(&self.to)) else { return };
        let entries = inbox.with(|mailbox| mailbox.entries.clone());
        let uids: Vec<u32> = entries.iter().map(|entry| entry.uid).collect();
        target.with(|mailbox| {
            for entry in entries {
                let uid = mailbox.append(entry.message, entry.flags, entry.internal_date, cx.notes);
                let (user, name, from) = (mailbox.user.clone(), mailbox.name.clone(), "INBOX".into());
                cx.notes.push(Note::Copied { user, mailbox: name, uid, from, from_uid: entry.uid, moved: false });
            }
        });
        inbox.with(|mailbox| mailbox.expunge(&uids, cx.notes));
    }
}
