//! Names of header fields that somebody asks for.

/// Names as they were spelt, and in an order in which each of a message's fields is looked up at once: both lists may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNames {
    spelt: Box<[String]>,
    /// In small letters, ascending, each once.
    sorted: Box<[Box<[u8]>]>,
}

impl FieldNames {
    /// As they were spelt.
    pub fn spelt(&self) -> &[String] {
        &self.spelt
    }

    /// Whether this name is among them, in any case.
    pub fn contains(&self, name: &[u8]) -> bool {
        let place = self.sorted.binary_search_by(|known| known.iter().copied().cmp(name.iter().map(u8::to_ascii_lowercase)));
        place.is_ok()
    }
}

impl<T: Into<String>> FromIterator<T> for FieldNames {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let spelt: Box<[String]> = names.into_iter().map(Into::into).collect();
        let mut sorted: Vec<Box<[u8]>> = spelt.iter().map(|name| name.to_ascii_lowercase().into_bytes().into()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        FieldNames { spelt, sorted: sorted.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_shown_as_spelt() {
        let names: FieldNames = ["To", "x-B", "From", "TO"].into_iter().collect();
        assert!([&b"to"[..], b"X-b", b"FROM"].iter().all(|name| names.contains(name)));
        assert!([&b""[..], b"T", b"Too", b"x_B"].iter().all(|name| !names.contains(name)));
        assert_eq!(names.spelt(), ["To", "x-B", "From", "TO"]);
    }
}
