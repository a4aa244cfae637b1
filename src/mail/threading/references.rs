//! REFERENCES: the algorithm of RFC 5256 section 3. The steps have the RFC's numbers. Nothing here calls itself: mail decides how deep threads are.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;

use super::{Forest, Node, Threadable, sent};
use crate::mail::header::{fields, header_end};
use crate::mail::message_ids::message_ids;
use crate::mail::subject::BaseSubject;

/// Ids that are kept; links from and to others are left out.
const MOST_IDS: usize = 1_000_000;
/// Steps from a message to the one that it answers, in search of a loop. Mail that is no attack takes next to none: what has no answers yet can close no
/// loop.
const MOST_STEPS: usize = 20_000_000;

/// Finds out which message answers which by their References and In-Reply-To, then by their subjects.
pub fn by_references(messages: &[Threadable<'_>]) -> Forest {
    let mut links = Links {
        ids: HashMap::new(),
        parents: Vec::new(),
        messages: Vec::new(),
        answered: Vec::new(),
        steps: MOST_STEPS,
        dropped: 0,
    };
    for (place, given) in messages.iter().enumerate() {
        links.take(place, &given.message.raw);
    }
    let mut threads = Threads { forest: links.grow(), sent: sent(messages), subjects: Vec::new() };
    threads.prune();
    threads.sort_siblings();
    threads.subjects = messages.iter().map(|given| given.message.base_subject()).collect();
    threads.gather_subjects();
    threads.sort_siblings();
    threads.forest
}

/// Containers by id while they are linked (step 1): of messages that were given, and of such as were only named.
struct Links<'a> {
    ids: HashMap<Cow<'a, [u8]>, usize>,
    parents: Vec<Option<usize>>,
    messages: Vec<Option<usize>>,
    /// Something has been an answer to it.
    answered: Vec<bool>,
    steps: usize,
    dropped: u64,
}

impl<'a> Links<'a> {
    /// Links one message with those that it names.
    fn take(&mut self, place: usize, raw: &'a [u8]) {
        let (mut own, mut references, mut reply_to) = (None, None, None);
        for field in fields(raw, 0..header_end(raw)) {
            let name = raw.get(field.name).unwrap_or_default();
            let slot = match name.len() {
                10 if name.eq_ignore_ascii_case(b"message-id") => &mut own,
                10 if name.eq_ignore_ascii_case(b"references") => &mut references,
                11 if name.eq_ignore_ascii_case(b"in-reply-to") => &mut reply_to,
                _ => continue,
            };
            slot.get_or_insert(raw.get(field.value).unwrap_or_default());
        }
        let node = self.message(place, own.and_then(|value| message_ids(value).next()));
        // (1)(A)
        let mut last = None;
        for id in message_ids(references.unwrap_or_default()) {
            last = self.reference(last, id);
        }
        // Only the first id of In-Reply-To, and only where References has none.
        if last.is_none()
            && let Some(id) = message_ids(reply_to.unwrap_or_default()).next()
        {
            last = self.reference(None, id);
        }
        // (1)(B): what a message says of itself counts more than what others said of it.
        self.set_parent(node, None);
        if let Some(parent) = last {
            self.link(parent, node);
        }
    }

    /// The container of a message. If its id is another's, it is as if it had none.
    fn message(&mut self, place: usize, id: Option<Cow<'a, [u8]>>) -> usize {
        if let Some(node) = id.and_then(|id| self.container(id))
            && let Some(message @ None) = self.messages.get_mut(node)
        {
            *message = Some(place);
            return node;
        }
        self.messages.push(Some(place));
        self.parents.push(None);
        self.answered.push(false);
        self.messages.len() - 1
    }

    /// The container of an id; `None` where there are too many.
    fn container(&mut self, id: Cow<'a, [u8]>) -> Option<usize> {
        if let Some(&node) = self.ids.get(&id) {
            return Some(node);
        }
        if self.ids.len() >= MOST_IDS {
            self.dropped += 1;
            return None;
        }
        self.messages.push(None);
        self.parents.push(None);
        self.answered.push(false);
        self.ids.insert(id, self.messages.len() - 1);
        Some(self.messages.len() - 1)
    }

    /// The next id of References answers the one before, unless it is known to answer another. The answer is the last one that is known now.
    fn reference(&mut self, before: Option<usize>, id: Cow<'a, [u8]>) -> Option<usize> {
        let Some(node) = self.container(id) else { return before };
        if let (Some(before), Some(None)) = (before, self.parents.get(node)) {
            self.link(before, node);
        }
        Some(node)
    }

    /// Makes `child` an answer to `parent`, unless that would be a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if parent == child {
            return;
        }
        let mut above = Some(parent).filter(|_| self.answered.get(child) == Some(&true));
        while let Some(node) = above {
            let Some(steps) = self.steps.checked_sub(1) else {
                self.dropped += 1;
                return;
            };
            self.steps = steps;
            if node == child {
                return;
            }
            above = self.parents.get(node).copied().flatten();
        }
        self.set_parent(child, Some(parent));
        if let Some(answered) = self.answered.get_mut(parent) {
            *answered = true;
        }
    }

    fn set_parent(&mut self, child: usize, parent: Option<usize>) {
        if let Some(place) = self.parents.get_mut(child) {
            *place = parent;
        }
    }

    /// (2): trees from links.
    fn grow(self) -> Forest {
        let mut nodes: Vec<Node> = self.messages.into_iter().map(|message| Node { message, children: Vec::new() }).collect();
        let mut roots = Vec::new();
        for (node, parent) in self.parents.iter().enumerate() {
            match parent.and_then(|parent| nodes.get_mut(parent)) {
                Some(parent) => parent.children.push(node),
                None => roots.push(node),
            }
        }
        Forest { nodes, roots, dropped: self.dropped }
    }
}

/// Trees and what is known of their messages.
struct Threads {
    forest: Forest,
    sent: Vec<Timestamp>,
    subjects: Vec<BaseSubject>,
}

impl Threads {
    fn children(&mut self, node: usize) -> Vec<usize> {
        self.forest.nodes.get_mut(node).map(|node| std::mem::take(&mut node.children)).unwrap_or_default()
    }

    fn set_children(&mut self, node: usize, children: Vec<usize>) {
        if let Some(node) = self.forest.nodes.get_mut(node) {
            node.children = children;
        }
    }

    fn add_children(&mut self, node: usize, children: impl IntoIterator<Item = usize>) {
        if let Some(node) = self.forest.nodes.get_mut(node) {
            node.children.extend(children);
        }
    }

    fn is_dummy(&self, node: usize) -> bool {
        self.forest.nodes.get(node).is_none_or(|node| node.message.is_none())
    }

    /// Its message, or that of the first answer to a dummy.
    fn message(&self, node: usize) -> Option<usize> {
        let node = self.forest.nodes.get(node)?;
        node.message.or_else(|| self.forest.nodes.get(*node.children.first()?)?.message)
    }

    /// (3): dummies go; what answers them moves up to their place. A dummy stays at the root if it holds several together.
    fn prune(&mut self) {
        let mut order = Vec::new();
        let mut open = self.forest.roots.clone();
        while let Some(node) = open.pop() {
            order.push(node);
            open.extend(self.forest.nodes.get(node).map(|node| &*node.children).unwrap_or_default());
        }
        for node in order.into_iter().rev() {
            let mut kept = Vec::new();
            for child in self.children(node) {
                if !self.is_dummy(child) {
                    kept.push(child);
                    continue;
                }
                let mut moved = self.children(child);
                // The shorter list is copied: the longer one may move up a long way. They are sorted later.
                if moved.len() > kept.len() {
                    std::mem::swap(&mut moved, &mut kept);
                }
                kept.append(&mut moved);
            }
            self.set_children(node, kept);
        }
        let roots = std::mem::take(&mut self.forest.roots);
        for root in roots {
            let children = self.forest.nodes.get(root).map(|node| &*node.children).unwrap_or_default();
            match (self.is_dummy(root), children) {
                (true, []) => {}
                (true, [only]) => self.forest.roots.push(*only),
                _ => self.forest.roots.push(root),
            }
        }
    }

    /// (4) and (6): by when they were sent, then by their numbers; a dummy counts as its first answer.
    fn sort_siblings(&mut self) {
        let key = |message: Option<usize>| (message.and_then(|message| self.sent.get(message).copied()), message);
        let keys: Vec<_> = self.forest.nodes.iter().map(|node| key(node.message)).collect();
        let key = |node: &usize| keys.get(*node).copied();
        for node in &mut self.forest.nodes {
            node.children.sort_by_key(key);
        }
        // After (3), dummies are only at the root.
        let mut roots = std::mem::take(&mut self.forest.roots);
        roots.sort_by_cached_key(|&root| {
            let message = self.message(root);
            (message.and_then(|message| self.sent.get(message).copied()), message)
        });
        self.forest.roots = roots;
    }

    /// (5): threads of one subject become one.
    fn gather_subjects(&mut self) {
        let subjects = std::mem::take(&mut self.subjects);
        let subject = |message: Option<usize>| message.and_then(|message| subjects.get(message));
        let roots = std::mem::take(&mut self.forest.roots);
        // (B)
        let mut table: HashMap<&str, usize> = HashMap::new();
        for &root in &roots {
            let Some(BaseSubject { text, .. }) = subject(self.message(root)).filter(|subject| !subject.text.is_empty()) else {
                continue;
            };
            let held = table.entry(text).or_insert(root);
            let answers =
                |node: usize| subject(self.forest.nodes.get(node).and_then(|node| node.message)).is_some_and(|s| s.answer);
            if !self.is_dummy(*held) && (self.is_dummy(root) || (answers(*held) && !answers(root))) {
                *held = root;
            }
        }
        // (C)
        let mut stands_for: HashMap<usize, Option<usize>> = HashMap::new();
        for &root in &roots {
            let Some(BaseSubject { text, answer }) = subject(self.message(root)) else { continue };
            let Some(&held) = table.get(text.as_str()).filter(|&&held| held != root) else { continue };
            let held_answers = subject(self.forest.nodes.get(held).and_then(|node| node.message)).is_some_and(|held| held.answer);
            match (self.is_dummy(held), self.is_dummy(root)) {
                (true, true) => {
                    let children = self.children(root);
                    self.add_children(held, children);
                }
                (true, false) => self.add_children(held, [root]),
                _ if *answer && !held_answers => self.add_children(held, [root]),
                _ => {
                    let dummy = self.forest.nodes.len();
                    self.forest.nodes.push(Node { message: None, children: vec![held, root] });
                    table.insert(text, dummy);
                    stands_for.insert(held, Some(dummy));
                }
            }
            stands_for.insert(root, None);
        }
        self.forest.roots = roots.into_iter().filter_map(|root| stands_for.get(&root).copied().unwrap_or(Some(root))).collect();
    }
}
