//! Threads: which message answers which (RFC 5256 section 3).

mod references;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Message;
use super::subject::BaseSubject;

pub use references::by_references;

/// A message to be put into a thread.
pub struct Threadable<'a> {
    /// Its octets.
    pub message: &'a Message,
    /// When it came: where its Date cannot be read, that counts as when it was sent (RFC 5256 section 2.2).
    pub arrived: Timestamp,
}

/// Messages as trees. Nodes name each other by their places in `nodes`.
#[derive(Debug, Default)]
pub struct Forest {
    /// All that was made; what is in no tree is no longer used.
    pub nodes: Vec<Node>,
    /// The trees, in their order.
    pub roots: Vec<usize>,
    /// Links between messages that were left out, since there are too many.
    pub dropped: u64,
}

/// One message in a tree, or the place of one that is not there.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its place among the messages that were given.
    pub message: Option<usize>,
    /// The answers to it, in their order.
    pub children: Vec<usize>,
}

/// When each message was sent.
fn sent(messages: &[Threadable<'_>]) -> Vec<Timestamp> {
    messages.iter().map(|given| given.message.sent_instant().unwrap_or(given.arrived)).collect()
}

/// ORDEREDSUBJECT: messages of one base subject are a thread, the first is its root, all others answer that one; in the order in which they were sent.
pub fn by_subject(messages: &[Threadable<'_>]) -> Forest {
    let sent = sent(messages);
    let mut order: Vec<usize> = (0..messages.len()).collect();
    order.sort_by_key(|&place| (sent.get(place).copied(), place));
    let mut forest = Forest { nodes: vec![Node::default(); messages.len()], ..Forest::default() };
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for place in order {
        let (Some(given), Some(node)) = (messages.get(place), forest.nodes.get_mut(place)) else { continue };
        node.message = Some(place);
        let BaseSubject { text, .. } = given.message.base_subject();
        let root = *first.entry(text).or_insert(place);
        match forest.nodes.get_mut(root).filter(|_| root != place) {
            Some(root) => root.children.push(place),
            // Roots come in the order in which the first messages were sent.
            None => forest.roots.push(place),
        }
    }
    forest
}

#[cfg(test)]
mod tests;
