//! Parts of the grammar that several commands share.

pub mod date;
pub mod flags;
pub mod section;
pub mod sequence;

use super::cursor::{Cursor, Parsed};
use super::utf7;

/// Longer mailbox names, and patterns of them, are refused: matching them costs the product of both.
pub const MOST_NAME: usize = 255;

/// `mailbox`, as its name in UTF-8; INBOX in capitals.
pub fn mailbox(cursor: &mut Cursor<'_>) -> Parsed<Box<str>> {
    let start = cursor.clone();
    let wire = cursor.astring("a mailbox name")?;
    let name = utf7::decode(&wire).ok_or_else(|| start.expected("a mailbox name in modified UTF-7"))?;
    if name.len() > MOST_NAME {
        return Err(start.expected(format!("a mailbox name of at most {MOST_NAME} octets")));
    }
    Ok(if name.eq_ignore_ascii_case("INBOX") { "INBOX".into() } else { name.into() })
}
