//! SEARCH (RFC 3501 section 6.4.4).

mod key;

use super::Command;
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::view::Show;
use crate::proto::imap::write::Text;
use key::{Candidate, Key, Largest};

struct Search {
    uid: bool,
    key: Key,
    /// The text of the keys is in a charset that this server does not know.
    bad_charset: bool,
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let mut bad_charset = false;
    if cursor.keyword("CHARSET") {
        cursor.expect_space()?;
        let charset = cursor.astring_text("the name of a charset")?;
        bad_charset = !["UTF-8", "US-ASCII"].iter().any(|known| known.eq_ignore_ascii_case(&charset));
        cursor.expect_space()?;
    }
    let key = key::parse(cursor)?;
    cursor.expect_end()?;
    Ok(Box::new(Search { uid, key, bad_charset }))
}

impl Command for Search {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let Some(selected) = &state.selected else { return Reply::bad("no mailbox is selected") };
        let show = if self.uid { Show::All } else { Show::Numbered };
        if self.bad_charset {
            return Reply::no("[BADCHARSET (US-ASCII UTF-8)] unknown charset").show(show);
        }
        self.key.bind(Largest { number: selected.view.len(), uid: selected.view.largest_uid() });
        let mut candidates = Vec::new();
        selected.mailbox.with(|mailbox| {
            if selected.view.is_stale(mailbox) {
                return;
            }
            let mut entries = mailbox.entries.iter().peekable();
            for (number, told) in selected.view.numbered() {
                while entries.next_if(|entry| entry.uid < told.uid).is_some() {}
                if let Some(entry) = entries.next_if(|entry| entry.uid == told.uid) {
                    candidates.push(Candidate {
                        number,
                        uid: entry.uid,
                        recent: told.recent,
                        flags: entry.flags.clone(),
                        date: entry.internal_date,
                        message: entry.message.clone(),
                    });
                }
            }
        });
        let mut out = Text::default();
        out.add("* SEARCH");
        for candidate in candidates.iter().filter(|candidate| self.key.fits(candidate)) {
            out.add(format_args!(" {}", if self.uid { candidate.uid } else { candidate.number }));
        }
        out.add("\r\n");
        Reply::ok("SEARCH completed").data(out).show(show)
    }
}
