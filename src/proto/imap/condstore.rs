//! CONDSTORE and QRESYNC (RFC 7162): what several commands share of them.

use super::parse::sequence::Numbers;
use super::state::State;
use super::view::View;
use super::write::Text;
use crate::mail::Mailbox;

/// What a command that switches CONDSTORE on says first (section 3.1): how far the client has been told, if a mailbox is selected and this is the first
/// such command. Nothing otherwise.
pub fn first_use(state: &State) -> Text {
    let mut out = Text::default();
    if let Some(selected) = state.selected.as_ref().filter(|_| !state.dialect.condstore) {
        out.add(format_args!("* OK [HIGHESTMODSEQ {}] CONDSTORE is on\r\n", selected.view.complete()));
    }
    out
}

/// `[HIGHESTMODSEQ n] ` for who enabled QRESYNC: the counter of the selected mailbox after a command that changes it so many times and tells all that went
/// before (sections 3.2.7 and 3.2.9).
pub fn highest_modseq(state: &State, changes: usize) -> String {
    match state.selected.as_ref().filter(|_| state.dialect.qresync && changes > 0) {
        Some(selected) => {
            let modseq = selected.mailbox.with(|mailbox| mailbox.highest_modseq) + changes as u64;
            format!("[HIGHESTMODSEQ {modseq}] ")
        }
        None => String::new(),
    }
}

/// `* VANISHED (EARLIER) ...` (section 3.2.10.1): UIDs among `known`, above `above`, that are not in the mailbox and went after the change `since`, or at any
/// time where that is not remembered any more. What the client still has a number for is left out: it is told otherwise. Nothing where there are none.
pub fn vanished_earlier(mailbox: &Mailbox, since: u64, known: &Numbers, above: u32, view: &View, out: &mut Text) {
    let mut ranges = Ranges::default();
    match mailbox.expunged_since(since) {
        Some(uids) => {
            for uid in uids.into_iter().filter(|&uid| uid > above && known.contains(uid) && !view.knows(uid)) {
                ranges.add(uid, uid);
            }
        }
        None => {
            let mut there: Vec<u32> = mailbox.entries.iter().map(|entry| entry.uid).collect();
            there.extend(view.numbered().map(|(_, told)| told.uid));
            there.sort_unstable();
            let last_given = mailbox.uid_next.saturating_sub(1);
            for &(first, last) in known.ranges() {
                let (mut first, last) = (first.max(above.saturating_add(1)), last.min(last_given));
                let place = there.partition_point(|&uid| uid < first);
                for &uid in there.get(place..).unwrap_or_default().iter().take_while(|&&uid| uid <= last) {
                    ranges.add(first, uid.saturating_sub(1));
                    first = uid.saturating_add(1);
                }
                ranges.add(first, last);
            }
        }
    }
    if !ranges.0.is_empty() {
        out.add("* VANISHED (EARLIER) ");
        for (n, &(first, last)) in ranges.0.iter().enumerate() {
            out.add(if n > 0 { "," } else { "" }).number(first.into());
            if last > first {
                out.add(":").number(last.into());
            }
        }
        out.add("\r\n");
    }
}

/// Ranges of numbers, ascending, apart from each other.
#[derive(Default)]
struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Numbers above all that are there; none where `last` is below `first`.
    fn add(&mut self, first: u32, last: u32) {
        match self.0.last_mut() {
            _ if last < first => {}
            Some(range) if range.1.checked_add(1) == Some(first) => range.1 = last,
            _ => self.0.push((first, last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::mail::{Flags, MailboxRef, Message};
    use crate::proto::imap::cursor::Cursor;
    use crate::proto::imap::parse::sequence::SequenceSet;
    use crate::proto::imap::view::Manner;

    #[test]
    fn who_went_is_known_exactly_or_by_comparing_every_uid() {
        let mailbox = MailboxRef::new("bob".into(), "INBOX".into(), 7);
        mailbox.with(|mailbox| {
            let message = Arc::new(Message::new("Subject: x\r\n\r\n".into()));
            for _ in 0..9 {
                mailbox.append(message.clone(), Flags::default(), jiff::Timestamp::UNIX_EPOCH, &mut Vec::new());
            }
            mailbox.expunge(&[2, 9], &mut Vec::new());
            let since = mailbox.highest_modseq;
            mailbox.expunge(&[3, 4, 6], &mut Vec::new());
            let view = View::open(mailbox, Manner::default());
            mailbox.expunge(&[7], &mut Vec::new());
            let vanished = |mailbox: &Mailbox, set: &str, above| {
                let known = SequenceSet::parse(&mut Cursor::new(set.as_bytes())).unwrap().numbers(9);
                let mut out = Text::default();
                vanished_earlier(mailbox, since, &known, above, &view, &mut out);
                String::from_utf8(out.0).unwrap().trim_start_matches("* VANISHED (EARLIER) ").trim_end().to_owned()
            };
            let questions = [("1:*", 0), ("1:4294967295", 3), ("4:5,7:9", 0), ("1,5,7:8,10:4294967295", 0), ("2", u32::MAX)];
            let all = |mailbox: &Mailbox| questions.map(|(set, above)| vanished(mailbox, set, above));
            assert_eq!(all(mailbox), ["3:4,6", "4,6", "4", "", ""]);
            mailbox.remember(0);
            assert_eq!(all(mailbox), ["2:4,6,9", "4,6,9", "4,9", "", ""]);
        });
    }
}
