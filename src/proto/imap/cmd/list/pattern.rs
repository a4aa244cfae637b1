//! Which names a pattern means (RFC 3501 section 6.3.8).

/// `*` is anything, `%` is anything without `/`. Time is the product of the lengths, whatever the pattern.
pub fn matches(pattern: &str, name: &str) -> bool {
    // RFC 3501 section 5.1: INBOX in any case.
    let name: Vec<char> = name.chars().collect();
    let inbox = name.iter().collect::<String>() == "INBOX";
    // reached[i]: the pattern so far fits the first i letters.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for letter in pattern.chars() {
        let mut next = vec![false; name.len() + 1];
        for (i, slot) in next.iter_mut().enumerate() {
            *slot = reached.get(i).copied().unwrap_or(false);
            let before = i.checked_sub(1);
            let here = before.and_then(|i| name.get(i).copied());
            *slot = match letter {
                '*' | '%' => *slot,
                _ => {
                    let same = here.is_some_and(|here| here == letter || inbox && here.eq_ignore_ascii_case(&letter));
                    same && before.and_then(|i| reached.get(i).copied()).unwrap_or(false)
                }
            };
        }
        if matches!(letter, '*' | '%') {
            for i in 1..next.len() {
                let passes = letter == '*' || name.get(i - 1) != Some(&'/');
                if passes
                    && next.get(i - 1).copied().unwrap_or(false)
                    && let Some(slot) = next.get_mut(i)
                {
                    *slot = true;
                }
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
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
