//! Text to search for, in any case.

use regex::bytes::{Regex, RegexBuilder};

/// Longer texts, in octets, are searched for in a copy in small letters: their automaton would outgrow its cache.
const LONGEST_COMPILED: usize = 1_000;

/// A text that is searched for in many others. Letters match in any case, those of Unicode, too (simple case folding). The time grows with what is
/// searched, whatever that is.
#[derive(Debug)]
pub struct Pattern {
    lower: Box<str>,
    compiled: Option<Regex>,
}

impl Pattern {
    /// For this text as it stands; nothing in it has a special meaning.
    pub fn new(text: &str) -> Self {
        let compiled = (text.len() <= LONGEST_COMPILED)
            .then(|| RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build().ok())
            .flatten();
        Pattern { lower: text.to_lowercase().into(), compiled }
    }

    /// The empty text is in every other.
    pub fn is_empty(&self) -> bool {
        self.lower.is_empty()
    }

    /// Whether it is in this text. What is not UTF-8 in it matches nothing.
    pub fn is_in(&self, text: &[u8]) -> bool {
        match &self.compiled {
            Some(compiled) => compiled.is_match(text),
            None => String::from_utf8_lossy(text).to_lowercase().contains(&*self.lower),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_match_in_any_case_and_nothing_has_a_special_meaning() {
        for (pattern, text, found) in [
            ("hello", "say HeLLo", true),
            ("GRÜSSE", "grüsse", true),
            ("κόσμε", "ΚΌΣΜΕ", true),
            ("a.c", "abc", false),
            ("(a*", "x(A*", true),
            ("", "", true),
            ("x", "", false),
        ] {
            assert_eq!(Pattern::new(pattern).is_in(text.as_bytes()), found, "{pattern} in {text}");
        }
        assert!(Pattern::new("b").is_in(b"\xff\xfeB") && !Pattern::new("\u{fffd}").is_in(b"\xff"));
    }

    #[test]
    fn a_long_text_is_found_like_a_short_one() {
        let long = "aB".repeat(LONGEST_COMPILED);
        assert!(Pattern::new(&long).is_in(format!("b{}", long.to_uppercase()).as_bytes()));
        assert!(!Pattern::new(&long).is_in(&long.as_bytes()[1..]));
    }
}
