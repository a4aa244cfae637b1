//! Tables of lists that have a name: faults, users, mailboxes, listeners.

use super::{Merger, Part};
use crate::scenario::problem::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// What two tables of this list have in common if they mean the same thing, and where the name stands.
fn identity(list: &str, item: &Node) -> Option<(String, Span)> {
    let text = |key: &str| item.get(key).and_then(|entry| Some((entry.node.as_text()?, entry.node.span)));
    let (name, span) = match list {
        "listen" => text("name").or_else(|| text("protocol"))?,
        _ => text("name")?,
    };
    match list {
        "fault" | "listen" => Some((name.to_owned(), span)),
        "user" => Some((name.to_lowercase(), span)),
        "mailbox" => {
            let user = text("user").map_or_else(String::new, |(user, _)| user.to_lowercase());
            Some((format!("{user}\0{name}"), span))
        }
        _ => None,
    }
}

impl Merger<'_> {
    /// The tables of a list that other files have, too.
    pub(super) fn append_tables(&mut self, known: &mut Entry, entry: Entry, uses: &[usize]) {
        let list = entry.key.clone();
        let mut items = known.node.items().to_vec();
        // What stands twice in one file is for the reader to say.
        let others = items.len();
        for item in entry.node.items() {
            let found = identity(&list, item).and_then(|(own, span)| {
                let same = |other: &Node| identity(&list, other).filter(|(name, _)| *name == own);
                let (at, first) = items.iter().take(others).enumerate().find_map(|(at, other)| Some((at, same(other)?.1)))?;
                Some((at, first, span))
            });
            match found.and_then(|(at, first, span)| Some((items.get_mut(at)?, first, span))) {
                None => items.push(item.clone()),
                Some((other, ..)) if other.same(item) => {}
                Some((other, first, _)) if uses.contains(&first.file) => *other = item.clone(),
                Some((_, first, span)) => {
                    let name = item.get("name").and_then(|entry| entry.node.as_text()).unwrap_or(&list);
                    let kind = if list == "listen" { "listener" } else { &list };
                    self.contradictions.of_tables(kind, name, span, first);
                }
            }
        }
        known.node.value = Value::List(items);
    }

    /// Gives faults of this part another name where a file that it does not use has a different fault of that name: the part's own name stands before it. What the
    /// part says of such a fault in `fired` and `since` is about its own.
    pub(super) fn name_apart(&self, part: &mut Part) {
        let Some(known) = self.entries.iter().find(|entry| entry.key == "fault") else { return };
        let Value::Table(entries) = &mut part.root.value else { return };
        let Some(Value::List(faults)) = entries.iter_mut().find(|entry| entry.key == "fault").map(|entry| &mut entry.node.value)
        else {
            return;
        };
        let source = self.sources.get(part.root.span.file).map_or("", |source| &*source.name);
        let mut changed: Vec<(String, String)> = Vec::new();
        for fault in &*faults {
            let Some((name, _)) = identity("fault", fault) else { continue };
            let taken = known.node.items().iter().any(|other| {
                let same = identity("fault", other).is_some_and(|(other, _)| other == name);
                same && !part.uses.contains(&other.span.file) && !other.same(fault)
            });
            if taken {
                changed.push((name.clone(), format!("{source}:{name}")));
            }
        }
        for fault in faults {
            for (old, new) in &changed {
                rename(fault, old, new);
            }
        }
    }
}

fn rename(fault: &mut Node, old: &str, new: &str) {
    let Value::Table(entries) = &mut fault.value else { return };
    for entry in entries {
        match (entry.key.as_str(), &mut entry.node.value) {
            ("name" | "since", _) => replace(&mut entry.node, old, new),
            ("where", Value::Table(conditions)) => {
                for fired in conditions.iter_mut().filter(|condition| condition.key == "fired") {
                    match &mut fired.node.value {
                        Value::List(items) => items.iter_mut().for_each(|item| replace(item, old, new)),
                        _ => replace(&mut fired.node, old, new),
                    }
                }
            }
            _ => {}
        }
    }
}

fn replace(node: &mut Node, old: &str, new: &str) {
    if node.as_text() == Some(old) {
        node.value = Value::Text(new.to_owned());
    }
}
