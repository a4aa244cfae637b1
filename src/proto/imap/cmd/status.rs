//! STATUS (RFC 3501 section 6.3.10, RFC 9051 section 6.3.11), with the items of RFC 7162, RFC 7889, RFC 8474 and RFC 9208.

use super::Command;
use crate::mail::{Flags, Mailbox, MailboxRef};
use crate::proto::imap::condstore::first_use;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse;
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Key};

struct Status {
    name: Box<str>,
    items: Items,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
    Deleted,
    Size,
    DeletedStorage,
    HighestModSeq,
    MailboxId,
    AppendLimit,
}

const ITEMS: [(&str, Item); 11] = [
    ("MESSAGES", Item::Messages),
    ("RECENT", Item::Recent),
    ("UIDNEXT", Item::UidNext),
    ("UIDVALIDITY", Item::UidValidity),
    ("UNSEEN", Item::Unseen),
    ("DELETED", Item::Deleted),
    ("SIZE", Item::Size),
    ("DELETED-STORAGE", Item::DeletedStorage),
    ("HIGHESTMODSEQ", Item::HighestModSeq),
    ("MAILBOXID", Item::MailboxId),
    ("APPENDLIMIT", Item::AppendLimit),
];

/// What is asked of a mailbox, each once.
pub struct Items(Vec<Item>);

/// `(MESSAGES UNSEEN)`
pub fn items(cursor: &mut Cursor<'_>) -> Parsed<Items> {
    let start = cursor.clone();
    let mut items = Vec::new();
    cursor.list("a list of status items", |c| {
        let Some((_, item)) = ITEMS.iter().find(|(name, _)| c.keyword(name)) else {
            let names: Vec<String> = ITEMS.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(c.expected(format!("one of {}", names.join(", "))));
        };
        if !items.contains(item) {
            items.push(*item);
        }
        Ok(())
    })?;
    if items.is_empty() {
        return Err(start.expected("a status item"));
    }
    Ok(Items(items))
}

pub fn parse(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let name = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let items = items(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Status { name, items }))
}

impl Items {
    /// What is said before the first answer that has HIGHESTMODSEQ in it.
    pub fn first_use(&self, state: &State) -> Text {
        if self.0.contains(&Item::HighestModSeq) { first_use(state) } else { Text::default() }
    }

    /// RFC 7162 section 3.1: whoever asks for HIGHESTMODSEQ has CONDSTORE on from then on.
    pub fn switch_on(&self, state: &mut State) {
        state.dialect.condstore |= self.0.contains(&Item::HighestModSeq);
    }
}

impl Command for Status {
    fn fact(&self, key: Key) -> Option<&str> {
        (key == Key::Mailbox).then_some(&self.name)
    }

    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(mailbox) = state.mailbox(&self.name) else { return Reply::no_mailbox("NONEXISTENT") };
        let mut out = self.items.first_use(state);
        line(&self.name, &mailbox, &self.items, state, &mut out);
        Reply::ok("STATUS completed").data(out)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if keep {
            self.items.switch_on(state);
        }
    }
}

/// `* STATUS`
pub fn line(name: &str, mailbox: &MailboxRef, items: &Items, state: &State, out: &mut Text) {
    out.add("* STATUS ").mailbox(name, state.dialect.utf8_names());
    mailbox.with(|mailbox| {
        let counts = Counts::of(mailbox, items);
        for (n, item) in items.0.iter().enumerate() {
            out.add(if n > 0 { " " } else { " (" });
            let name = ITEMS.iter().find(|(_, other)| other == item).map_or("", |(name, _)| *name);
            match item {
                Item::MailboxId => out.add(format_args!("{name} ({})", mailbox.id())),
                _ => out.add(format_args!("{name} {}", number(*item, mailbox, &counts, state))),
            };
        }
    });
    out.add(")\r\n");
}

fn number(item: Item, mailbox: &Mailbox, counts: &Counts, state: &State) -> u64 {
    match item {
        Item::Messages => mailbox.entries.len() as u64,
        Item::Recent => counts.recent,
        Item::UidNext => u64::from(mailbox.uid_next_told()),
        Item::UidValidity => u64::from(mailbox.uid_validity),
        Item::Unseen => counts.unseen,
        Item::Deleted => counts.deleted,
        Item::Size => counts.size,
        // In octets, like SIZE.
        Item::DeletedStorage => counts.deleted_size,
        Item::HighestModSeq => mailbox.highest_modseq,
        Item::AppendLimit => state.config.spec.size_limit,
        Item::MailboxId => 0,
    }
}

/// What takes a look at every message, all in one go.
#[derive(Default)]
struct Counts {
    recent: u64,
    unseen: u64,
    deleted: u64,
    size: u64,
    deleted_size: u64,
}

impl Counts {
    fn of(mailbox: &Mailbox, items: &Items) -> Self {
        let mut counts = Counts::default();
        let asks = |wanted: &[Item]| items.0.iter().any(|item| wanted.contains(item));
        // The size of a message stands elsewhere in memory than its flags.
        let sizes = asks(&[Item::Size, Item::DeletedStorage]);
        if !sizes && !asks(&[Item::Recent, Item::Unseen, Item::Deleted]) {
            return counts;
        }
        for entry in &mailbox.entries {
            let deleted = entry.flags.system & Flags::DELETED != 0;
            counts.recent += u64::from(entry.recent);
            counts.unseen += u64::from(entry.flags.system & Flags::SEEN == 0);
            counts.deleted += u64::from(deleted);
            if sizes {
                let size = entry.message.raw.len() as u64;
                counts.size += size;
                counts.deleted_size += if deleted { size } else { 0 };
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::proto::TlsMode;
    use crate::proto::imap::{Config, Spec};

    #[test]
    fn only_who_asks_for_highestmodseq_switches_condstore_on() {
        let mut state = State::new(Arc::new(Config { spec: Spec::default(), tls: TlsMode::None }));
        for (asked, on) in [("(MESSAGES)", false), ("(HIGHESTMODSEQ UIDNEXT)", true), ("(MESSAGES)", true)] {
            items(&mut Cursor::new(asked.as_bytes())).ok().unwrap().switch_on(&mut state);
            assert_eq!(state.dialect.condstore, on, "{asked}");
        }
    }
}
