//! STATUS (RFC 3501 section 6.3.10).

use super::Command;
use crate::mail::{Flags, Mailbox};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key};

struct Status {
    name: Box<str>,
    items: Vec<Item>,
}

#[derive(Clone, Copy)]
enum Item {
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
}

const ITEMS: [(&str, Item); 5] = [
    ("MESSAGES", Item::Messages),
    ("RECENT", Item::Recent),
    ("UIDNEXT", Item::UidNext),
    ("UIDVALIDITY", Item::UidValidity),
    ("UNSEEN", Item::Unseen),
];

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let start = cursor.clone();
    let items = cursor.list("a list of status items", |c| {
        let found = ITEMS.iter().find(|(name, _)| c.keyword(name));
        found.map(|(_, item)| *item).ok_or_else(|| c.expected("`MESSAGES`, `RECENT`, `UIDNEXT`, `UIDVALIDITY` or `UNSEEN`"))
    })?;
    if items.is_empty() {
        return Err(start.expected("a status item"));
    }
    cursor.expect_end()?;
    Ok(Box::new(Status { name, items }))
}

impl Command for Status {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(mailbox) = state.mailbox(&self.name) else { return Reply::no_mailbox("NONEXISTENT") };
        let mut out = Text::default();
        out.add("* STATUS ").mailbox(&self.name, state.dialect.utf8_names()).add(" (");
        mailbox.with(|mailbox| {
            for (n, item) in self.items.iter().enumerate() {
                out.add(if n > 0 { " " } else { "" });
                write(*item, mailbox, &mut out);
            }
        });
        out.add(")\r\n");
        Reply::ok("STATUS completed").data(out)
    }
}

fn write(item: Item, mailbox: &Mailbox, out: &mut Text) {
    let count = |kind: fn(&crate::mail::Entry) -> bool| mailbox.entries.iter().filter(|entry| kind(entry)).count();
    match item {
        Item::Messages => out.add(format_args!("MESSAGES {}", mailbox.entries.len())),
        Item::Recent => out.add(format_args!("RECENT {}", count(|entry| entry.recent))),
        Item::UidNext => out.add(format_args!("UIDNEXT {}", mailbox.uid_next_told())),
        Item::UidValidity => out.add(format_args!("UIDVALIDITY {}", mailbox.uid_validity)),
        Item::Unseen => out.add(format_args!("UNSEEN {}", count(|entry| entry.flags.system & Flags::SEEN == 0))),
    };
}
