//! Several files as one tree: what `A+B` and `use` mean.
//!
//! Faults, users, mail and listeners are appended in order, tables are merged key by key, and two values for one key are a contradiction.

use super::problem::{Problem, Span};
use super::tree::{Entry, Node, Value};

/// Keys whose lists are appended.
const LISTS: [&str; 7] = ["fault", "user", "mailbox", "mail", "listen", "dialogue", "wire"];
/// Tables within tables that are merged, not compared.
const INNER: [&str; 7] = ["smtp", "imap", "quota", "ports", "before_tls", "after_tls", "after_login"];
/// Lists within tables that are appended.
const APPENDED: [&str; 2] = ["offer", "hide"];

/// The tree of one file.
pub(super) struct Part {
    pub(super) root: Node,
    /// Asked for by itself, not by another file's `use`: its title counts.
    pub(super) asked_for: bool,
}

/// All parts as one tree; the first part's values come first.
pub(super) fn merge(parts: Vec<Part>, problems: &mut Vec<Problem>) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    let alone = parts.len() == 1;
    if !alone {
        entries.extend(["title", "about"].into_iter().filter_map(|key| words(&parts, key, problems)));
    }
    let span = parts.first().map_or(Span::default(), |part| part.root.span);
    // What the wire shows of one scenario is not what it shows of several; those that a file uses are part of it.
    let asked_for = parts.iter().filter(|part| part.asked_for).count();
    for part in parts {
        if alone {
            return part.root;
        }
        let own_wire = asked_for == 1 && part.asked_for;
        let Value::Table(own) = part.root.value else { continue };
        for entry in own {
            if !matches!(entry.key.as_str(), "title" | "about" | "use") && (entry.key != "wire" || own_wire) {
                add(&mut entries, entry, problems);
            }
        }
    }
    Node { span, value: Value::Table(entries) }
}

/// `title` and `about`: of all files that were asked for; of the last that was used where those have none.
fn words(parts: &[Part], key: &str, problems: &mut Vec<Problem>) -> Option<Entry> {
    let mut found: Vec<(&Entry, bool)> = Vec::new();
    for part in parts {
        let Some(entry) = part.root.get(key) else { continue };
        match entry.node.value {
            Value::Text(_) => found.push((entry, part.asked_for)),
            _ => problems.push(Problem::new(entry.node.span, format!("`{key}` must be a string, not {}", entry.node.kind()))),
        }
    }
    let asked: Vec<&Entry> = found.iter().filter(|(_, asked_for)| *asked_for).map(|(entry, _)| *entry).collect();
    let mut entry = asked.first().copied().or(found.last().map(|(entry, _)| *entry))?.clone();
    if asked.len() > 1 {
        let texts: Vec<&str> = asked.iter().filter_map(|entry| entry.node.as_text()).map(str::trim).collect();
        entry.node.value = Value::Text(texts.join(if key == "title" { " + " } else { "\n" }));
    }
    Some(entry)
}

fn add(entries: &mut Vec<Entry>, entry: Entry, problems: &mut Vec<Problem>) {
    let key = entry.key.clone();
    let known = entries.iter_mut().find(|known| known.key == key);
    if LISTS.contains(&key.as_str()) && !matches!(entry.node.value, Value::List(_)) {
        let mut problem = Problem::new(entry.key_span, format!("`{key}` is a list of tables"));
        problem.help(format!("write `[[{key}]]`, in double brackets"));
        problems.push(problem);
        return;
    }
    match known {
        None => entries.push(entry),
        Some(known) if LISTS.contains(&key.as_str()) || key == "source" => append(known, entry),
        Some(known) => merge_entry(known, entry, &format!("[{key}]"), problems),
    }
}

fn append(known: &mut Entry, entry: Entry) {
    let mut items = known.node.items().to_vec();
    for item in entry.node.items() {
        if entry.key != "source" || !items.iter().any(|other| other.same(item)) {
            items.push(item.clone());
        }
    }
    known.node.value = Value::List(items);
}

/// Two tables of one name; where one of them is no table, that is for the reader to say.
fn merge_entry(known: &mut Entry, entry: Entry, name: &str, problems: &mut Vec<Problem>) {
    let Value::Table(entries) = &mut known.node.value else { return };
    let Value::Table(own) = entry.node.value else {
        known.node = entry.node;
        return;
    };
    for entry in own {
        let Some(known) = entries.iter_mut().find(|known| known.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        let tables = matches!((&known.node.value, &entry.node.value), (Value::Table(_), Value::Table(_)));
        if tables && INNER.contains(&entry.key.as_str()) {
            let name = format!("{}.{}]", name.trim_end_matches(']'), entry.key);
            merge_entry(known, entry, &name, problems);
        } else if APPENDED.contains(&entry.key.as_str()) {
            append(known, entry);
        } else if !known.node.same(&entry.node) {
            let message = format!("`{}` in {name} cannot be both `{}` and `{}`", entry.key, known.node, entry.node);
            let mut problem = Problem::new(entry.node.span, message);
            problem.label("one value").also(known.node.span, "the other").help("leave one of the two out");
            problems.push(problem);
        }
    }
}
