//! `mod-sequence-valzer` (RFC 7162 section 7).

use crate::proto::imap::cursor::{Cursor, Parsed};

/// A mod-sequence, or 0.
pub fn modseq(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.number64().ok_or_else(|| cursor.expected("a mod-sequence, a number below 9223372036854775808"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mod_sequences_have_63_bits() {
        let read = |text: &str| modseq(&mut Cursor::new(text.as_bytes())).ok();
        assert_eq!(read("0)"), Some(0));
        assert_eq!(read("9223372036854775807"), Some(i64::MAX as u64));
        for text in ["9223372036854775808", "99999999999999999999999", "", "-1", "a"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
