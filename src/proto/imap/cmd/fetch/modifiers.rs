//! What may stand behind the items of FETCH: `(CHANGEDSINCE n)`, `(CHANGEDSINCE n VANISHED)` (RFC 7162 sections 3.1.4.1 and 3.2.6).

use super::item::Item;
use crate::proto::imap::condstore::vanished_earlier;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::modseq::modseq;
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::state::Selected;
use crate::proto::imap::write::Text;

#[derive(Clone, Copy, Default)]
pub struct Modifiers {
    pub changed_since: Option<u64>,
    pub vanished: bool,
}

impl Modifiers {
    /// Up to the end of the command. CHANGEDSINCE asks for MODSEQ, too.
    pub fn parse(cursor: &mut Cursor<'_>, uid: bool, items: &mut Vec<Item>) -> Parsed<Self> {
        let mut modifiers = Modifiers::default();
        if !cursor.byte(b' ') {
            return Ok(modifiers);
        }
        let start = cursor.clone();
        cursor.list("`(`", |cursor| {
            match () {
                () if modifiers.changed_since.is_none() && cursor.keyword("CHANGEDSINCE") => {
                    cursor.expect_space()?;
                    modifiers.changed_since = Some(modseq(cursor)?);
                }
                () if uid && cursor.keyword("VANISHED") => modifiers.vanished = true,
                () => return Err(cursor.expected(if uid { "`CHANGEDSINCE` or `VANISHED`" } else { "`CHANGEDSINCE`" })),
            }
            Ok(())
        })?;
        if modifiers.changed_since.is_none() {
            return Err(start.expected("`CHANGEDSINCE` among the modifiers"));
        }
        if !items.contains(&Item::ModSeq) {
            items.push(Item::ModSeq);
        }
        Ok(modifiers)
    }

    /// The message is among those that are wanted.
    pub fn want(self, modseq: u64) -> bool {
        self.changed_since.is_none_or(|since| modseq > since)
    }

    /// What VANISHED asks for.
    pub fn vanished(self, set: &SequenceSet, selected: &Selected, out: &mut Text) {
        let Some(since) = self.changed_since.filter(|_| self.vanished) else { return };
        selected.mailbox.with(|mailbox| {
            // `*` is the largest UID ever given: the client asks for those that are gone.
            let known = set.numbers(mailbox.uid_next.saturating_sub(1));
            vanished_earlier(mailbox, since, &known, 0, &selected.view, out);
        });
    }
}
