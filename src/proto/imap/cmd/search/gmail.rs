//! What Gmail's search language has in common with SEARCH: words, phrases, `-`, and some operators. All else is text to search for.

use super::key::Key;
use super::read::not;
use crate::mail::{Flags, Pattern};
use crate::proto::imap::gmail;

/// X-GM-RAW: all must hold. `None` where more keys would come out than are `left`.
pub fn query(text: &str, left: &mut usize) -> Option<Key> {
    let mut keys = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        *left = left.checked_sub(1)?;
        let (word, after) = word(rest);
        keys.push(term(&word));
        rest = after.trim_start();
    }
    Some(Key::And(keys))
}

/// X-GM-LABELS
pub fn label(name: String) -> Key {
    match gmail::flag(&name) {
        Some(bit) => Key::System(bit),
        None => Key::Keyword(name),
    }
}

/// Up to the next blank outside quotes; the quotes go.
fn word(text: &str) -> (String, &str) {
    let mut quoted = false;
    let mut word = String::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return (word, text.get(at..).unwrap_or_default()),
            c => word.push(c),
        }
    }
    (word, "")
}

fn term(word: &str) -> Key {
    if let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        return not(term_without_sign(rest));
    }
    term_without_sign(word)
}

fn term_without_sign(word: &str) -> Key {
    let Some((operator, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) else {
        return Key::Text(Pattern::new(word));
    };
    let (operator, lower) = (operator.to_ascii_lowercase(), value.to_ascii_lowercase());
    match (operator.as_str(), lower.as_str()) {
        ("from" | "to" | "cc" | "bcc" | "subject", _) => Key::Header(operator, Pattern::new(value)),
        ("rfc822msgid", _) => Key::Header("message-id".to_owned(), Pattern::new(value)),
        ("is", "read") => Key::System(Flags::SEEN),
        ("is", "unread") => not(Key::System(Flags::SEEN)),
        ("is", "starred") => Key::System(Flags::FLAGGED),
        ("has", "attachment") => Key::Attachment,
        _ => Key::Text(Pattern::new(word)),
    }
}
