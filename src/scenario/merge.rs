//! Several files as one tree: what `A+B` and `use` mean.
//!
//! - Lists of tables are appended in order, and tables are merged key by key.
//! - What a file says takes the place of what the files say that it uses: values, and faults, users, mailboxes and listeners of the same name.
//! - Between other files, expectations must all hold, faults of one name get names of their own, and what is said twice in the same words counts once.
//!   All else is a contradiction.

use super::problem::{Problem, Source, Span};
use super::tree::{Entry, Node, Value};
use contradiction::Contradictions;

mod contradiction;
mod expect;
mod named;

/// Keys whose lists are appended.
const LISTS: [&str; 7] = ["fault", "user", "mailbox", "mail", "listen", "dialogue", "wire"];
/// Tables within tables that are merged, not compared.
const INNER: [&str; 8] = ["smtp", "imap", "quota", "ports", "words", "before_tls", "after_tls", "after_login"];
/// Lists within tables that are appended.
const APPENDED: [&str; 2] = ["offer", "hide"];

/// The tree of one file.
pub(super) struct Part {
    pub(super) root: Node,
    /// Asked for by itself, not by another file's `use`: its title counts.
    pub(super) asked_for: bool,
    /// The files that it uses, and those that these use.
    pub(super) uses: Vec<usize>,
}

/// All parts as one tree; the first part's values come first. `sources` are the files, in the order of their numbers.
pub(super) fn merge(mut parts: Vec<Part>, sources: &[Source], problems: &mut Vec<Problem>) -> Node {
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part.root;
    }
    let entries = ["title", "about"].into_iter().filter_map(|key| words(&parts, key, problems)).collect();
    let span = parts.first().map_or(Span::default(), |part| part.root.span);
    // What the wire shows of one scenario is not what it shows of several; those that a file uses are part of it.
    let alone = parts.iter().filter(|part| part.asked_for).count() == 1;
    let mut merger = Merger { entries, sources, problems, contradictions: Contradictions::default() };
    for mut part in parts {
        let own_wire = alone && part.asked_for;
        merger.name_apart(&mut part);
        let Value::Table(own) = part.root.value else { continue };
        for entry in own {
            if !matches!(entry.key.as_str(), "title" | "about" | "use") && (entry.key != "wire" || own_wire) {
                merger.add(entry, &part.uses);
            }
        }
    }
    let Merger { entries, problems, contradictions, .. } = merger;
    problems.extend(contradictions.problems(sources));
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

struct Merger<'a> {
    entries: Vec<Entry>,
    sources: &'a [Source],
    problems: &'a mut Vec<Problem>,
    contradictions: Contradictions,
}

impl Merger<'_> {
    /// An entry of the top level, from a file that uses those.
    fn add(&mut self, entry: Entry, uses: &[usize]) {
        let key = entry.key.clone();
        if LISTS.contains(&key.as_str()) && !matches!(entry.node.value, Value::List(_)) {
            let mut problem = Problem::new(entry.key_span, format!("`{key}` is a list of tables"));
            problem.help(format!("write `[[{key}]]`, in double brackets"));
            self.problems.push(problem);
            return;
        }
        let Some(at) = self.entries.iter().position(|known| known.key == key) else {
            self.entries.push(entry);
            return;
        };
        // Put back at its place below.
        let mut known = self.entries.remove(at);
        match key.as_str() {
            "source" => append(&mut known, entry),
            key if LISTS.contains(&key) => self.append_tables(&mut known, entry, uses),
            _ => self.merge_entry(&mut known, entry, &format!("[{key}]"), uses),
        }
        self.entries.insert(at, known);
    }

    /// Two tables of one name; where one of them is no table, that is for the reader to say.
    fn merge_entry(&mut self, known: &mut Entry, entry: Entry, name: &str, uses: &[usize]) {
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
                self.merge_entry(known, entry, &name, uses);
            } else if APPENDED.contains(&entry.key.as_str()) {
                append(known, entry);
            } else if uses.contains(&known.node.span.file) {
                *known = entry;
            } else if !known.node.same(&entry.node) {
                match expect::both(name, known, &entry) {
                    Some(both) => known.node = both,
                    None => self.contradictions.of_values(known, &entry, name),
                }
            }
        }
    }
}

/// What stands in both lists counts once.
fn append(known: &mut Entry, entry: Entry) {
    let mut items = known.node.items().to_vec();
    for item in entry.node.items() {
        if !items.iter().any(|other| other.same(item)) {
            items.push(item.clone());
        }
    }
    known.node.value = Value::List(items);
}
