//! Flags of messages.

use std::sync::Arc;

/// The flags of one message: system flags as bits, keywords as names (RFC 3501 section 2.3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// [`Flags::SEEN`] and its like.
    pub system: u8,
    /// Keywords as first spelt, compared without regard to case, in the order of setting.
    pub keywords: Vec<Arc<str>>,
}

impl Flags {
    /// `\Seen`
    pub const SEEN: u8 = 1;
    /// `\Answered`
    pub const ANSWERED: u8 = 2;
    /// `\Flagged`
    pub const FLAGGED: u8 = 4;
    /// `\Deleted`
    pub const DELETED: u8 = 8;
    /// `\Draft`
    pub const DRAFT: u8 = 16;
    /// The system flags by name.
    pub const SYSTEM: [(&'static str, u8); 5] = [
        ("\\Answered", Flags::ANSWERED),
        ("\\Flagged", Flags::FLAGGED),
        ("\\Deleted", Flags::DELETED),
        ("\\Seen", Flags::SEEN),
        ("\\Draft", Flags::DRAFT),
    ];
    /// More keywords than this on one message are not kept.
    pub const MOST_KEYWORDS: usize = 64;
    /// Longer keywords, in octets, are not kept: each message has its own copy.
    pub const LONGEST_KEYWORD: usize = 100;

    /// From names in any case; an unknown `\` flag is ignored, as is a keyword too many or too long.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Flags {
        let mut flags = Flags::default();
        for name in names {
            flags.set(name, true);
        }
        flags
    }

    /// Sets or clears one flag; the answer says whether that changed anything.
    pub fn set(&mut self, name: &str, on: bool) -> bool {
        if let Some(&(_, bit)) = Flags::SYSTEM.iter().find(|(system, _)| system.eq_ignore_ascii_case(name)) {
            let before = self.system;
            self.system = if on { before | bit } else { before & !bit };
            return self.system != before;
        }
        if name.starts_with('\\') || name.len() > Flags::LONGEST_KEYWORD {
            return false;
        }
        let place = self.keywords.iter().position(|keyword| keyword.eq_ignore_ascii_case(name));
        match (place, on) {
            (None, true) if self.keywords.len() < Flags::MOST_KEYWORDS => self.keywords.push(name.into()),
            (Some(place), false) => drop(self.keywords.remove(place)),
            _ => return false,
        }
        true
    }

    /// Whether the flag or keyword is set.
    pub fn has(&self, name: &str) -> bool {
        match Flags::SYSTEM.iter().find(|(system, _)| system.eq_ignore_ascii_case(name)) {
            Some((_, bit)) => self.system & bit != 0,
            None => self.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(name)),
        }
    }

    /// All names, in a fixed order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let system = Flags::SYSTEM.iter().filter(|(_, bit)| self.system & bit != 0).map(|(name, _)| *name);
        system.chain(self.keywords.iter().map(|keyword| &**keyword))
    }

    /// All names with a space between.
    pub fn joined(&self) -> String {
        let mut names = self.names();
        let mut joined = String::from(names.next().unwrap_or_default());
        for name in names {
            joined.push(' ');
            joined.push_str(name);
        }
        joined
    }
}

/// How STORE changes flags (RFC 3501 section 6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagUpdate {
    /// `FLAGS`
    Replace,
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_know_system_names_in_any_case_and_keep_a_keywords_first_spelling() {
        let mut flags = Flags::from_names(["\\SEEN", "$Work"]);
        assert!(flags.has("\\Seen") && flags.has("$work"));
        assert!(!flags.set("$WORK", true));
        assert_eq!(flags.joined(), "\\Seen $Work");
        assert!(!flags.set("\\Unknown", true));
    }
}
