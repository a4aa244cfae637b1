//! Which names a pattern means (RFC 3501 section 6.3.8).

/// `*` is anything, `%` is anything without `/`. Time is the product of the lengths at most, see [`cost`].
pub fn matches(pattern: &str, name: &str) -> bool {
    // RFC 3501 section 5.1: INBOX in any case.
    let inbox = name == "INBOX";
    let name = name.as_bytes();
    // reached[i]: the pattern so far fits the first i octets.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for letter in pattern.bytes() {
        // `before`: what the slot before this one was, or is where anything may stand between.
        let (mut before, mut any) = (false, false);
        let octets = std::iter::once(None).chain(name.iter().copied().map(Some));
        for (slot, octet) in reached.iter_mut().zip(octets) {
            let was = *slot;
            match letter {
                b'*' => (*slot, before) = (was || before, was || before),
                b'%' => {
                    *slot = was || before && octet != Some(b'/');
                    before = *slot;
                }
                _ => {
                    let same = octet.is_some_and(|octet| octet == letter || inbox && octet.eq_ignore_ascii_case(&letter));
                    *slot = same && before;
                    before = was;
                }
            }
            any |= *slot;
        }
        if !any {
            return false;
        }
    }
    reached.last().copied().unwrap_or(false)
}

/// Steps that it takes at most to match each of these patterns with each name.
pub fn cost<'a>(patterns: &[String], names: impl Iterator<Item = &'a str>) -> u64 {
    let length = |text: &str| text.len() as u64 + 1;
    let patterns: u64 = patterns.iter().map(|pattern| length(pattern)).sum();
    names.map(length).sum::<u64>().saturating_mul(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("*", "a/b/c", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a*c", "a/b/c", true),
            ("inbox", "INBOX", true),
            ("inb%", "INBOX", true),
            ("work", "Work", false),
            ("Work%", "Work", true),
            ("**%*", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(200), &"a".repeat(150)));
    }
}
