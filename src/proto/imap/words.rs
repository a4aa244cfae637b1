//! What a healthy server says: its own words, or those that a scenario puts in their place, as each provider has its own.

use std::borrow::Cow;

use crate::proto::words::fill;

/// Words that a scenario can choose.
#[derive(Debug)]
pub struct Word {
    /// Its key in `[imap.words]`.
    pub key: &'static str,
    /// What stands before it on the wire.
    pub after: &'static str,
    /// What may stand in braces.
    pub holes: &'static [&'static str],
}

const fn word(key: &'static str, after: &'static str, holes: &'static [&'static str]) -> Word {
    Word { key, after, holes }
}

/// All of them.
pub const WORDS: [Word; 6] = [
    word("completed", "OK ", &["command"]),
    word("login", "OK ", &["command", "user"]),
    word("wrong_password", "NO ", &["command", "user"]),
    word("bye", "* BYE ", &[]),
    word("idle", "+ ", &[]),
    word("literal", "+ ", &[]),
];

/// How every OK of this server ends.
const COMPLETED: &str = " completed";

/// What a scenario has chosen, by key.
fn chosen<'w>(words: &'w [(String, String)], key: &str) -> Option<&'w str> {
    words.iter().find(|(own, _)| own == key).map(|(_, text)| text.as_str())
}

/// These words, or the normal ones.
pub(super) fn or<'w>(words: &'w [(String, String)], key: &str, normal: &'static str) -> Cow<'w, str> {
    chosen(words, key).unwrap_or(normal).into()
}

/// `login` and `wrong_password`, if they are chosen.
pub(super) fn of_login(words: &[(String, String)], key: &str, command: &str, user: &str) -> Option<String> {
    chosen(words, key).map(|text| fill(text, &[("command", &|| command.to_owned()), ("user", &|| user.to_owned())]))
}

/// `[READ-WRITE] SELECT completed` in the words that are chosen: the code stays.
pub(super) fn completed<'t>(words: &[(String, String)], text: Cow<'t, str>) -> Cow<'t, str> {
    let (Some(own), Some(rest)) = (chosen(words, "completed"), text.strip_suffix(COMPLETED)) else { return text };
    let (code, command) = match rest.rsplit_once("] ") {
        Some((code, command)) => (format!("{code}] "), command),
        None => (String::new(), rest),
    };
    format!("{code}{}", fill(own, &[("command", &|| command.to_owned())])).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_ok_stays_before_other_words() {
        let words = [("completed".to_owned(), "{command} done.".to_owned())];
        for (normal, said) in [
            ("NOOP completed", "NOOP done."),
            ("[READ-WRITE] SELECT completed", "[READ-WRITE] SELECT done."),
            ("something else", "something else"),
        ] {
            assert_eq!(completed(&words, normal.into()), said);
            assert_eq!(completed(&[], normal.into()), normal);
        }
    }
}
