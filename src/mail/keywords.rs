//! The keywords of a mailbox, as its clients are told of them (RFC 3501 sections 2.3.2, 7.2.6).

use std::sync::Arc;

use super::Flags;

/// Each keyword that a message of the mailbox has or had, as first spelt, in the order of their coming. None goes, so whoever knows how many there were knows which are new.
#[derive(Clone, Debug, Default)]
pub struct Keywords(Vec<Arc<str>>);

impl Keywords {
    /// Keywords beyond these are set like others, but nobody is told before they are shown.
    pub const MOST: usize = 64;

    /// In the order of their coming.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    /// A message has these now.
    pub fn note(&mut self, flags: &Flags) {
        for name in &flags.keywords {
            if self.0.len() >= Keywords::MOST {
                return;
            }
            if !self.0.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                self.0.push(name.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_noted_once_and_up_to_a_bound() {
        let mut keywords = Keywords::default();
        keywords.note(&Flags::from_names(["$A", "\\Seen", "b"]));
        keywords.note(&Flags::from_names(["B", "c", "$a"]));
        assert_eq!(keywords.names().iter().map(|name| &**name).collect::<Vec<_>>(), ["$A", "b", "c"]);
        for n in 0..100 {
            keywords.note(&Flags::from_names([format!("k{n}").as_str()]));
        }
        assert_eq!(keywords.names().len(), Keywords::MOST);
    }
}
