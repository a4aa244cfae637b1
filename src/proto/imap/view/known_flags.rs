//! Which flags a mailbox has. A client hears of a keyword before it hears of a message that has it (RFC 3501 section 7.2.6).

use std::sync::Arc;

use super::{Manner, View};
use crate::mail::{Flags, Keywords, Mailbox};
use crate::proto::imap::write::Text;

impl View {
    /// FLAGS, if the mailbox has keywords that the client does not know of, or will have when the command that is being answered has done its work.
    /// The answer is how many the client knows then.
    pub fn new_keywords(&self, mailbox: &Mailbox, manner: Manner, planned: &[Arc<str>], out: &mut Text) -> usize {
        let known = mailbox.keywords();
        if planned.is_empty() && known.names().len() == self.keywords {
            return self.keywords;
        }
        let fresh = |name: &&Arc<str>| !known.names().iter().any(|known| known.eq_ignore_ascii_case(name));
        let room = Keywords::MOST.saturating_sub(known.names().len());
        let names: Vec<&str> = known.names().iter().chain(planned.iter().filter(fresh).take(room)).map(|name| &**name).collect();
        if names.len() > self.keywords {
            write_known_flags(&names, manner, out);
        }
        names.len()
    }

    /// The client has read FLAGS with so many keywords.
    pub fn keywords_told(&mut self, keywords: usize, mailbox: &Mailbox) {
        // The command may have been refused in the end.
        self.keywords = keywords.min(mailbox.keywords().names().len());
    }
}

/// `* FLAGS`, and which of them stay.
pub fn write_known_flags(keywords: &[&str], manner: Manner, out: &mut Text) {
    let system = Flags::SYSTEM.iter().map(|(name, _)| *name);
    let names = system.chain(keywords.iter().copied()).collect::<Vec<_>>().join(" ");
    out.add(format_args!("* FLAGS ({names})\r\n"));
    match manner.read_only {
        true => out.add("* OK [PERMANENTFLAGS ()] no changes here\r\n"),
        false => out.add(format_args!("* OK [PERMANENTFLAGS ({names} \\*)] flags are kept\r\n")),
    };
}
