//! `mod-sequence-valzer` (RFC 7162 section 7).

use crate::proto::imap::cursor::{Cursor, Parsed};

/// Larger numbers are none.
const MOST: u64 = i64::MAX as u64;

/// A mod-sequence, or 0.
pub fn modseq(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    let start = cursor.clone();
    let digits = cursor.take_while(|b| b.is_ascii_digit()).and_then(|digits| std::str::from_utf8(digits).ok());
    let number = digits.and_then(|digits| digits.parse().ok()).filter(|&number| number <= MOST);
    number.ok_or_else(|| start.expected("a mod-sequence, a number below 9223372036854775808"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mod_sequences_have_63_bits() {
        let read = |text: &str| modseq(&mut Cursor::new(text.as_bytes())).ok();
        assert_eq!(read("0)"), Some(0));
        assert_eq!(read("9223372036854775807"), Some(MOST));
        for text in ["9223372036854775808", "99999999999999999999999", "", "-1", "a"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
