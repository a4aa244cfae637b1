//! Lines that are heard.

use regex::bytes::{Regex, RegexBuilder};

use super::{Captures, Part, Text};

/// Whether upper and lower case letters of ASCII are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are not.
    Exact,
    /// They are: verbs are written in either.
    Ignored,
}

/// What a line must be like. The time that matching takes is linear in the line.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Text,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// Nothing is special.
    Literal(Vec<u8>, Case),
    /// Group n is the n-th of the names.
    Regex(Regex, Vec<Box<str>>),
}

impl Pattern {
    /// From the words of a line.
    ///
    /// # Errors
    /// So much is special in it that it would take too much memory.
    pub fn new(text: &Text, case: Case) -> Result<Pattern, TooLarge> {
        let how = match &text.parts[..] {
            [] => How::Literal(Vec::new(), case),
            [Part::Octets(octets)] => How::Literal(octets.clone(), case),
            parts => {
                let mut names = Vec::new();
                let mut regex = String::from(r"\A");
                for part in parts {
                    match part {
                        Part::Octets(octets) => octets.iter().for_each(|&octet| push_literal(&mut regex, octet)),
                        Part::Star => regex.push_str(".*"),
                        Part::Mark => regex.push('.'),
                        Part::Name(name) => {
                            regex.push_str("([^ ]+)");
                            names.push(name.clone());
                        }
                    }
                }
                regex.push_str(r"\z");
                let case = case == Case::Ignored;
                let regex = RegexBuilder::new(&regex).unicode(false).dot_matches_new_line(true).case_insensitive(case).build();
                How::Regex(regex.map_err(|_| TooLarge)?, names)
            }
        };
        Ok(Pattern { text: text.clone(), how })
    }

    /// The words that it was made from.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The octets that it stands for, where nothing in it is special.
    pub fn octets(&self) -> Option<&[u8]> {
        match &self.how {
            How::Literal(octets, _) => Some(octets),
            How::Regex(..) => None,
        }
    }

    /// How many octets fit, where that is one number.
    pub fn length(&self) -> Option<usize> {
        self.text.parts.iter().try_fold(0_usize, |sum, part| match part {
            Part::Octets(octets) => sum.checked_add(octets.len()),
            Part::Mark => sum.checked_add(1),
            Part::Star | Part::Name(_) => None,
        })
    }

    /// Whether the whole of these octets fits. If so, what it captures is in `captures`; a name that is there twice must have captured the same twice.
    pub fn hear(&self, octets: &[u8], captures: &mut Captures) -> bool {
        match &self.how {
            How::Literal(own, Case::Exact) => own == octets,
            How::Literal(own, Case::Ignored) => own.eq_ignore_ascii_case(octets),
            How::Regex(regex, names) => {
                let Some(groups) = regex.captures(octets) else { return false };
                let values = || names.iter().zip(groups.iter().skip(1).flatten().map(|group| group.as_bytes()));
                let first = |name: &str| values().find(|(other, _)| ***other == *name).map(|(_, value)| value);
                if values().any(|(name, value)| first(name) != Some(value)) {
                    return false;
                }
                values().for_each(|(name, value)| captures.set(name, value));
                true
            }
        }
    }
}

/// A pattern that takes too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this pattern takes too much memory")]
pub struct TooLarge;

fn push_literal(regex: &mut String, octet: u8) {
    match octet {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => regex.push(char::from(octet)),
        other => regex.push_str(&format!(r"\x{other:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[Part]) -> Text {
        Text { parts: parts.to_vec() }
    }

    fn octets(text: &str) -> Part {
        Part::Octets(text.into())
    }

    fn name(name: &str) -> Part {
        Part::Name(name.into())
    }

    #[test]
    fn what_a_line_has_captured_is_put_into_later_lines() {
        let heard = Pattern::new(&text(&[name("t"), octets(" LOGIN "), Part::Star]), Case::Ignored).unwrap();
        let mut captures = Captures::default();
        assert!(heard.hear(b"a.1 login bob \xff\n", &mut captures));
        assert_eq!(text(&[name("t"), octets(" OK "), Part::Star, name("u")]).fill(&captures), b"a.1 OK *<u>");
        assert!(heard.hear(b"a2 LOGIN ", &mut captures));
        assert_eq!(captures.get("t"), Some(&b"a2"[..]));
        for other in [&b"a 1 LOGIN x"[..], b" LOGIN x", b"a1 LOGIN", b""] {
            assert!(!heard.hear(other, &mut captures), "{other:?}");
        }
        assert_eq!(captures.get("t"), Some(&b"a2"[..]), "a line that does not fit captures nothing");
    }

    #[test]
    fn octets_that_are_special_elsewhere_are_themselves() {
        let own = b"(a|b)+ .\\ [x] ^$ {2} \x00\xff \xc3\xa9 #";
        let pattern = Pattern::new(&text(&[Part::Octets(own.to_vec()), Part::Mark]), Case::Exact).unwrap();
        let line = [&own[..], b"!"].concat();
        assert!(pattern.hear(&line, &mut Captures::default()));
        assert!(!pattern.hear(own, &mut Captures::default()));
        assert_eq!(pattern.length(), Some(line.len()));
        assert_eq!(Pattern::new(&Text::literal(own), Case::Exact).unwrap().octets(), Some(&own[..]));
    }

    #[test]
    fn the_case_of_letters_matters_where_it_is_to() {
        let words = text(&[octets("NOOP"), Part::Star]);
        assert!(Pattern::new(&words, Case::Ignored).unwrap().hear(b"noop", &mut Captures::default()));
        assert!(!Pattern::new(&words, Case::Exact).unwrap().hear(b"noop", &mut Captures::default()));
        let words = Text::literal(b"NOOP");
        assert!(Pattern::new(&words, Case::Ignored).unwrap().hear(b"noop", &mut Captures::default()));
        assert!(!Pattern::new(&words, Case::Exact).unwrap().hear(b"noop", &mut Captures::default()));
    }

    #[test]
    fn a_name_twice_in_a_line_is_the_same_twice() {
        let twice = Pattern::new(&text(&[name("a"), octets(" "), name("a")]), Case::Exact).unwrap();
        assert!(twice.hear(b"x x", &mut Captures::default()));
        assert!(!twice.hear(b"x y", &mut Captures::default()));
    }

    #[test]
    fn too_much_is_refused() {
        let parts: Vec<Part> = (0..200_000).flat_map(|_| [Part::Star, octets("a")]).collect();
        assert_eq!(Pattern::new(&text(&parts), Case::Exact).map(|_| ()), Err(TooLarge));
    }
}
