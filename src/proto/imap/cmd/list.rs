//! LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9), with the attributes of RFC 3348 and RFC 6154; extended LIST (RFC 5258, RFC 9051 section 6.3.9) with
//! STATUS (RFC 5819).

mod names;
mod options;
mod pattern;

use super::{Command, status};
use crate::mail::Account;
use crate::proto::imap::cursor::{Cursor, Expected, Parsed, is_list_char};
use crate::proto::imap::parse::{self, MOST_NAME};
use crate::proto::imap::state::{Reply, State};
use crate::proto::imap::write::Text;
use crate::proto::{Cx, Note};
use names::Name;
use options::{Returns, Selection};
use pattern::{cost, matches};

/// Patterns in one command: each is matched with each name.
const MOST_PATTERNS: usize = 100;
/// Steps of matching that one command may take. A thousand mailboxes with names of 60 letters and 100 patterns of 30 are well below.
const MOST_STEPS: u64 = 400_000_000;

struct Plain {
    pattern: String,
    subscribed: bool,
}

struct Extended {
    patterns: Vec<String>,
    selection: Selection,
    returns: Returns,
}

pub fn parse_list(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let selection = if cursor.peek() == Some(b'(') { Some(options::selection(cursor)?) } else { None };
    if selection.is_some() {
        cursor.expect_space()?;
    }
    let reference = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let start = cursor.clone();
    let several = cursor.peek() == Some(b'(');
    let mut patterns = match several {
        true => cursor.list("a list of patterns", |c| one_pattern(c, &reference))?,
        false => vec![one_pattern(cursor, &reference)?],
    };
    if patterns.is_empty() || patterns.len() > MOST_PATTERNS {
        return Err(start.expected(format!("1 to {MOST_PATTERNS} patterns")));
    }
    let returns = match cursor.at_end() {
        true => None,
        false => {
            cursor.expect_space()?;
            Some(options::returns(cursor)?)
        }
    };
    cursor.expect_end()?;
    if selection.is_none() && returns.is_none() && !several {
        let pattern = patterns.pop().unwrap_or_default();
        return Ok(Box::new(Plain { pattern, subscribed: false }));
    }
    // RFC 9051 section 6.3.9: here the empty pattern means nothing.
    patterns.retain(|pattern| !pattern.is_empty());
    let (selection, returns) = (selection.unwrap_or_default(), returns.unwrap_or_default());
    Ok(Box::new(Extended { patterns, selection, returns }))
}

pub fn parse_lsub(cursor: &mut Cursor<'_>, _uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let reference = parse::mailbox(cursor)?;
    cursor.expect_space()?;
    let pattern = one_pattern(cursor, &reference)?;
    cursor.expect_end()?;
    Ok(Box::new(Plain { pattern, subscribed: true }))
}

/// `list-mailbox`, behind the reference.
fn one_pattern(cursor: &mut Cursor<'_>, reference: &str) -> Parsed<String> {
    let start = cursor.clone();
    let nothing = |start: &Cursor<'_>| -> Expected { start.expected("a mailbox name or a pattern") };
    let wire = match cursor.string()? {
        Some(string) => string,
        None => cursor.take_while(is_list_char).ok_or_else(|| nothing(&start))?.into(),
    };
    // Wildcards are plain letters of modified UTF-7. What is none fits no name, which is no error.
    let pattern = parse::name(cursor, &wire).unwrap_or_else(|| String::from_utf8_lossy(&wire).into_owned());
    if pattern.len() > MOST_NAME {
        return Err(start.expected(format!("a pattern of at most {MOST_NAME} octets")).of_a_name());
    }
    // RFC 3501: the empty pattern asks for the separator, whatever the reference.
    Ok(if pattern.is_empty() { pattern } else { format!("{reference}{pattern}") })
}

impl Plain {
    fn list(&self, account: &Account, state: &State, cx: &mut Cx<'_>, out: &mut Text) -> Option<Reply> {
        // RFC 9051 section 7.3.1 has a word for names that are only above others.
        let missing = if state.dialect.rev2 { "\\NonExistent" } else { "\\Noselect" };
        let all = names::all(account);
        let refusal = too_long(std::slice::from_ref(&self.pattern), all.keys(), cx);
        for (name, found) in all.into_iter().filter(|_| refusal.is_none()) {
            let there = found.mailbox.is_some();
            if (there || found.children) && matches(&self.pattern, &name) {
                let mut attributes = vec![missing; usize::from(!there)];
                attributes.push(children(&found));
                attributes.extend(&found.special_use);
                line("LIST", &attributes, &name, state, out);
            }
        }
        refusal
    }

    /// LSUB has no word for children; a name only above subscribed ones is \Noselect, and there for `%` only, which would not come to them (RFC 3501
    /// section 6.3.9).
    fn list_subscribed(&self, account: &Account, state: &State, cx: &mut Cx<'_>, out: &mut Text) -> Option<Reply> {
        let steps = self.pattern.contains('%');
        let all = names::subscriptions(account);
        let refusal = too_long(std::slice::from_ref(&self.pattern), all.keys(), cx);
        for (name, itself) in all.into_iter().filter(|_| refusal.is_none()) {
            if (itself || steps) && matches(&self.pattern, &name) {
                line("LSUB", if itself { &[] } else { &["\\Noselect"] }, &name, state, out);
            }
        }
        refusal
    }
}

/// The refusal to match these patterns with so many names.
fn too_long<'a>(patterns: &[String], names: impl Iterator<Item = &'a String>, cx: &mut Cx<'_>) -> Option<Reply> {
    let steps = cost(patterns, names.map(String::as_str));
    (steps > MOST_STEPS).then(|| {
        cx.notes.push(Note::Limit { name: "list".into(), dropped: steps });
        Reply::no("[LIMIT] such patterns take too long with so many names")
    })
}

impl Command for Plain {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let (verb, done) = if self.subscribed { ("LSUB", "LSUB completed") } else { ("LIST", "LIST completed") };
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        let mut out = Text::default();
        let refusal = match () {
            () if self.pattern.is_empty() => {
                out.add(format_args!("* {verb} (\\Noselect) \"/\" \"\"\r\n"));
                None
            }
            () if self.subscribed => self.list_subscribed(account, state, cx, &mut out),
            () => self.list(account, state, cx, &mut out),
        };
        refusal.unwrap_or_else(|| Reply::ok(done).data(out))
    }
}

impl Extended {
    /// Whether the selection options mean this name.
    fn selects(&self, name: &Name) -> bool {
        let Selection { subscribed, special_use, .. } = self.selection;
        let there = name.mailbox.is_some();
        (name.subscribed || !subscribed) && (there && !name.special_use.is_empty() || !special_use) && (there || subscribed)
    }

    /// Attributes and extended data of a name that is listed. `below`: the selection options mean a name below it.
    fn describe(&self, found: &Name, below: bool) -> (Vec<&'static str>, String) {
        let Extended { selection, returns, .. } = self;
        let mut attributes = Vec::new();
        if found.mailbox.is_none() {
            attributes.push("\\NonExistent");
        }
        if returns.children || found.mailbox.is_none() && found.children {
            attributes.push(children(found));
        }
        if found.subscribed && (selection.subscribed || returns.subscribed) {
            attributes.push("\\Subscribed");
        }
        if selection.special_use || returns.special_use {
            attributes.extend(&found.special_use);
        }
        let mut data = String::new();
        if selection.recursive && below {
            let criteria = [(selection.subscribed, "\"SUBSCRIBED\""), (selection.special_use, "\"SPECIAL-USE\"")];
            let criteria: Vec<&str> = criteria.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name).collect();
            data = format!(" (\"CHILDINFO\" ({}))", criteria.join(" "));
        }
        (attributes, data)
    }
}

impl Command for Extended {
    fn answer(&mut self, state: &mut State, cx: &mut Cx<'_>) -> Reply {
        let Some(account) = &state.account else { return Reply::bad("not logged in") };
        let names = names::all(account);
        if let Some(refusal) = too_long(&self.patterns, names.keys(), cx) {
            return refusal;
        }
        let Selection { subscribed, special_use, recursive } = self.selection;
        let all: Vec<(String, Name, bool, bool)> = names
            .into_iter()
            .map(|(name, found)| {
                let listed = self.patterns.iter().any(|pattern| matches(pattern, &name));
                let selected = self.selects(&found);
                (name, found, listed, selected)
            })
            .collect();
        let above = |also_listed: bool| {
            let wanted = all.iter().filter(move |(_, _, listed, selected)| *selected && (also_listed || !listed));
            names::above_all(wanted.map(|(name, ..)| name.as_str()))
        };
        // Names above one that is selected; names above one that is selected and will not be listed itself.
        let (above_any, above_unlisted) = (above(true), above(false));
        let mut out = self.returns.status.as_ref().map(|items| items.first_use(state)).unwrap_or_default();
        for (name, found, listed, selected) in &all {
            // RFC 9051 section 6.3.9.3: what is not selected is listed for the sake of what cannot be seen below it.
            let stands_for_others =
                (recursive || found.mailbox.is_none() && !subscribed && !special_use) && above_unlisted.contains(name.as_str());
            if !listed || !selected && !stands_for_others {
                continue;
            }
            let (attributes, data) = self.describe(found, above_any.contains(name.as_str()));
            line_with("LIST", &attributes, name, &data, state, &mut out);
            if let (Some(items), Some(mailbox), true) = (&self.returns.status, &found.mailbox, *selected) {
                status::line(name, mailbox, items, state, &mut out);
            }
        }
        Reply::ok("LIST completed").data(out)
    }

    fn resolve(&mut self, keep: bool, state: &mut State, _cx: &mut Cx<'_>) {
        if let Some(items) = self.returns.status.as_ref().filter(|_| keep) {
            items.switch_on(state);
        }
    }
}

/// What SELECT and EXAMINE tell of the mailbox in IMAP4rev2 (RFC 9051 section 6.3.2): `spelling` is how the client wrote its name, if that was otherwise.
pub fn selected(account: &Account, name: &str, spelling: Option<&str>, state: &State, out: &mut Text) {
    let found = names::one(account, name);
    let mut attributes = vec![children(&found)];
    attributes.extend(found.subscribed.then_some("\\Subscribed"));
    attributes.extend(&found.special_use);
    line_with("LIST", &attributes, name, &spelling.map(old_name).unwrap_or_default(), state, out);
}

/// ` ("OLDNAME" ("inbox"))`: another spelling of INBOX that the client gave (RFC 9051 section 6.3.9.7).
fn old_name(spelling: &str) -> String {
    format!(" (\"OLDNAME\" (\"{spelling}\"))")
}

/// What RENAME tells of the name that was given, once it is clear which one it was.
pub fn renamed(name: &str, spelling: &str, state: &State, out: &mut Text) {
    line_with("LIST", &[], name, &old_name(spelling), state, out);
}

fn children(name: &Name) -> &'static str {
    if name.children { "\\HasChildren" } else { "\\HasNoChildren" }
}

fn line(verb: &str, attributes: &[&str], name: &str, state: &State, out: &mut Text) {
    line_with(verb, attributes, name, "", state, out);
}

fn line_with(verb: &str, attributes: &[&str], name: &str, data: &str, state: &State, out: &mut Text) {
    out.add(format_args!("* {verb} ({}) \"/\" ", attributes.join(" ")));
    out.mailbox(name, state.dialect.utf8_names()).add(data).add("\r\n");
}
