//! What a client has switched on with ENABLE (RFC 5161): from then on commands and responses look otherwise.

/// The switches of a connection; all are off at its start, and none goes off again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// RFC 9051: no RECENT, ESEARCH for SEARCH, mailbox names in UTF-8.
    pub rev2: bool,
    /// RFC 6855: UTF-8 in quoted strings and mailbox names.
    pub utf8: bool,
    /// RFC 7162 section 3.1: MODSEQ in FETCH responses. Other commands than ENABLE switch it on, too.
    pub condstore: bool,
    /// RFC 7162 section 3.2: VANISHED for EXPUNGE.
    pub qresync: bool,
}

impl Dialect {
    /// What ENABLE can switch on, by the name that the capability list shows.
    pub const NAMES: [&'static str; 4] = ["IMAP4rev2", "UTF8=ACCEPT", "CONDSTORE", "QRESYNC"];

    /// Switches on what has this name, in any case, and says how the name is written; `None` for any other.
    pub fn enable(&mut self, name: &str) -> Option<&'static str> {
        let name = Dialect::NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        match name {
            "IMAP4rev2" => self.rev2 = true,
            "UTF8=ACCEPT" => self.utf8 = true,
            "CONDSTORE" => self.condstore = true,
            // RFC 7162 section 3.2.3: QRESYNC brings CONDSTORE with it.
            _ => (self.qresync, self.condstore) = (true, true),
        }
        Some(name)
    }

    /// Mailbox names go over the wire as UTF-8, and not in modified UTF-7.
    pub fn utf8_names(self) -> bool {
        self.rev2 || self.utf8
    }
}
