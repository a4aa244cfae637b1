//! `flag-list` (RFC 3501 section 9).

use crate::proto::imap::cursor::{Cursor, Parsed};

/// Flags in one command: STORE compares each of them with those of each message, of which none has more than 69.
const MOST_FLAGS: usize = 100;

/// One flag: `\Seen`, or a keyword.
pub fn flag(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.byte(b'\\') {
        return cursor.expect_atom("a flag after `\\`").map(|name| format!("\\{name}"));
    }
    cursor.expect_atom("a flag").map(str::to_owned)
}

/// Flags in parentheses.
pub fn flag_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let start = cursor.clone();
    bounded(&start, cursor.list("a flag list", flag)?)
}

/// Flags, or what counts like them, that were read from `start` on: not too many.
pub fn bounded(start: &Cursor<'_>, flags: Vec<String>) -> Parsed<Vec<String>> {
    if flags.len() > MOST_FLAGS { Err(start.expected(format!("at most {MOST_FLAGS} flags"))) } else { Ok(flags) }
}

/// Flags with or without parentheses, as STORE takes them.
pub fn store_flags(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    if cursor.peek() == Some(b'(') {
        return flag_list(cursor);
    }
    if cursor.at_end() {
        return Err(cursor.expected("a flag list"));
    }
    let start = cursor.clone();
    let mut flags = vec![flag(cursor)?];
    while cursor.byte(b' ') {
        flags.push(flag(cursor)?);
    }
    bounded(&start, flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_with_and_without_parentheses() {
        let read =
            |text: &str| store_flags(&mut Cursor::new(text.as_bytes())).map(|flags| flags.join(" ")).map_err(|e| e.to_string());
        assert_eq!(read("(\\Seen $Work)"), Ok("\\Seen $Work".into()));
        assert_eq!(read("()"), Ok(String::new()));
        assert_eq!(read("\\Seen \\Deleted"), Ok("\\Seen \\Deleted".into()));
        assert_eq!(read("\\"), Err("expected a flag after `\\` at column 2, got the end of the line".into()));
        assert_eq!(read(""), Err("expected a flag list at column 1, got the end of the line".into()));
    }
}
