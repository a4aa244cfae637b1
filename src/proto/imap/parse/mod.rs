//! Parts of the grammar that several commands share.

pub mod date;
pub mod flags;
pub mod modseq;
pub mod section;
pub mod sequence;

use super::cursor::{Cursor, Parsed};
use super::utf7;

/// Longer mailbox names, and patterns of them, are refused.
pub use crate::mail::MOST_NAME;

/// How names are written: RFC 3501 section 5.1.3, or RFC 6855 section 3.
pub const NAMES: [&str; 2] = ["a mailbox name in modified UTF-7", "a mailbox name in UTF-8"];

/// A mailbox name, or a pattern of them, from the wire.
pub fn name(cursor: &Cursor<'_>, wire: &[u8]) -> Option<String> {
    match cursor.utf8_names() {
        true => String::from_utf8(wire.to_vec()).ok(),
        false => utf7::decode(wire),
    }
}

/// `mailbox`, as its name in UTF-8; INBOX in capitals.
pub fn mailbox(cursor: &mut Cursor<'_>) -> Parsed<Box<str>> {
    mailbox_and_spelling(cursor).map(|(name, _)| name)
}

/// [`mailbox`], and how the client spelt INBOX, if that was otherwise (RFC 9051 section 6.3.9.7).
pub fn mailbox_and_spelling(cursor: &mut Cursor<'_>) -> Parsed<(Box<str>, Option<Box<str>>)> {
    let start = cursor.clone();
    let wire = cursor.astring("a mailbox name")?;
    let name = name(cursor, &wire).ok_or_else(|| start.expected(NAMES[usize::from(cursor.utf8_names())]).of_a_name())?;
    if name.len() > MOST_NAME {
        return Err(start.expected(format!("a mailbox name of at most {MOST_NAME} octets")).of_a_name());
    }
    let inbox = name.eq_ignore_ascii_case("INBOX");
    let spelling = (inbox && name != "INBOX").then(|| name.as_str().into());
    Ok((if inbox { "INBOX".into() } else { name.into() }, spelling))
}
