//! LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9), with the attributes of RFC 3348.

use std::collections::BTreeMap;

use super::Command;
use crate::mail::Account;
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed, is_list_char};
use crate::proto::imap::parse::{self, MOST_NAME};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;

struct List {
    verb: &'static str,
    pattern: String,
}

pub fn parse_list(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, "LIST")
}

pub fn parse_lsub(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    parse_as(cursor, "LSUB")
}

fn parse_as(cursor: &mut Cursor<'_>, verb: &'static str) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let reference = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let start = cursor.clone();
    let wire = match cursor.string()? {
        Some(string) => string,
        None => cursor.take_while(is_list_char).ok_or_else(|| start.expected("a mailbox name or a pattern"))?.into(),
    };
    cursor.expect_end()?;
    // Wildcards are plain letters of modified UTF-7.
    let pattern = parse::name(cursor, &wire).ok_or_else(|| start.expected(parse::NAMES[usize::from(cursor.utf8_names())]))?;
    if pattern.len() > MOST_NAME {
        return Err(start.expected(format!("a pattern of at most {MOST_NAME} octets")));
    }
    // RFC 3501: the empty pattern asks for the separator, whatever the reference.
    let pattern = if pattern.is_empty() { pattern } else { format!("{reference}{pattern}") };
    Ok(Box::new(List { verb, pattern }))
}

impl Command for List {
    fn answer(&mut self, state: &mut State, _cx: &mut Cx<'_>) -> Reply {
        let verb = self.verb;
        let done = if verb == "LIST" { "LIST completed" } else { "LSUB completed" };
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        let mut out = Text::default();
        if self.pattern.is_empty() {
            out.add(format_args!("* {verb} (\\Noselect) \"/\" \"\"\r\n"));
            return Reply::ok(done).data(out);
        }
        for (name, attributes) in names(account, verb == "LSUB") {
            if matches(&self.pattern, &name) {
                out.add(format_args!("* {verb} ({attributes}) \"/\" ")).mailbox(&name, state.dialect.utf8_names()).add("\r\n");
            }
        }
        Reply::ok(done).data(out)
    }
}

/// Names with their attributes. Names above others that are no mailboxes themselves can only be walked through.
fn names(account: &Account, subscribed: bool) -> BTreeMap<String, &'static str> {
    let listed = if subscribed { account.subscriptions() } else { account.mailbox_names() };
    let mut names: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for name in &listed {
        names.entry(name.to_string()).or_default().0 = true;
        for (end, _) in name.match_indices('/') {
            names.entry(name[..end].to_owned()).or_default().1 = true;
        }
    }
    let attributes = |(itself, children): (bool, bool)| match (itself, children) {
        // LSUB has no word for children; a name only above subscribed ones is \Noselect (RFC 3501 section 6.3.9).
        (true, _) if subscribed => "",
        (false, _) if subscribed => "\\Noselect",
        (true, true) => "\\HasChildren",
        (true, false) => "\\HasNoChildren",
        (false, _) => "\\Noselect \\HasChildren",
    };
    names.into_iter().map(|(name, found)| (name, attributes(found))).collect()
}

/// `*` is anything, `%` is anything without `/`. Time is the product of the lengths, whatever the pattern.
fn matches(pattern: &str, name: &str) -> bool {
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
