//! What became of messages: stored, stored twice, lost.

use std::collections::{HashMap, HashSet};

use super::evidence::{Count, Line};
use super::line::clock;
use crate::mail::{Fnv, Transaction};

/// More messages (times recipients) than this are not remembered.
const MOST_REMEMBERED: usize = 1_000_000;
/// More messages that may be lost than this are only counted as lost.
const MOST_CANDIDATES: usize = 10_000;

/// How a message is known again for one recipient: by either.
#[derive(Clone, Copy, Debug)]
struct Keys {
    id: Option<u64>,
    content: u64,
}

#[derive(Clone, Debug)]
struct Candidate {
    missing: Vec<Keys>,
    line: Line,
}

/// The fold over messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    pub stored: Count,
    pub duplicates: Count,
    /// Different messages that arrived, whatever became of them.
    pub distinct: u64,
    /// Something could not be remembered: `duplicates`, `lost` and `attempts` may be wrong.
    pub forgot: bool,
    known: HashMap<u64, (u64, u32)>,
    arrived: HashSet<u64>,
    candidates: Vec<Candidate>,
}

impl Messages {
    /// A message arrived whole; `identify` where anything needs to know it again.
    pub fn arrived(&mut self, transaction: &Transaction) {
        let keys = keys(transaction, "");
        let again = self.arrived.contains(&keys.content) || keys.id.is_some_and(|id| self.arrived.contains(&id));
        if !again {
            self.distinct += 1;
        }
        if self.arrived.len() >= MOST_REMEMBERED {
            self.forgot = true;
            return;
        }
        self.arrived.insert(keys.content);
        self.arrived.extend(keys.id);
    }

    /// A message was stored.
    pub fn store(&mut self, ns: u64, conn: u32, transaction: &Transaction, wanted: bool, line: &dyn Fn() -> String) {
        for (recipient, keys) in per_recipient(transaction) {
            let first = self.find(keys);
            if let Some((first_ns, first_conn)) = first {
                let line = || format!("{} (again for <{recipient}>: first at {} #{first_conn})", line(), clock(first_ns));
                self.duplicates.add(ns, wanted, line);
            }
            self.remember(keys, ns, conn);
            for candidate in &mut self.candidates {
                candidate
                    .missing
                    .retain(|missing| missing.content != keys.content && (missing.id.is_none() || missing.id != keys.id));
            }
        }
        self.candidates.retain(|candidate| !candidate.missing.is_empty());
    }

    /// A message was acknowledged and not stored. Whoever got it before has not lost it.
    pub fn acknowledged_unstored(&mut self, ns: u64, transaction: &Transaction, line: String) {
        let missing: Vec<Keys> =
            per_recipient(transaction).map(|(_, keys)| keys).filter(|&keys| self.find(keys).is_none()).collect();
        if missing.is_empty() {
            return;
        }
        if self.candidates.len() >= MOST_CANDIDATES {
            self.forgot = true;
            return;
        }
        self.candidates.push(Candidate { missing, line: (ns, line) });
    }

    /// Messages that are lost as things stand.
    pub fn lost(&self) -> Count {
        let mut count = Count::default();
        for candidate in &self.candidates {
            count.add(candidate.line.0, true, || candidate.line.1.clone());
        }
        count
    }

    fn find(&self, keys: Keys) -> Option<(u64, u32)> {
        keys.id.and_then(|id| self.known.get(&id)).or_else(|| self.known.get(&keys.content)).copied()
    }

    fn remember(&mut self, keys: Keys, ns: u64, conn: u32) {
        if self.known.len() >= MOST_REMEMBERED {
            self.forgot = true;
            return;
        }
        for key in keys.id.into_iter().chain([keys.content]) {
            self.known.entry(key).or_insert((ns, conn));
        }
    }
}

/// Each recipient once, in small letters.
fn per_recipient(transaction: &Transaction) -> impl Iterator<Item = (String, Keys)> {
    let mut seen = HashSet::new();
    let recipients = transaction.recipients.iter().map(|recipient| recipient.to_lowercase());
    recipients.filter(move |recipient| seen.insert(recipient.clone())).map(|recipient| {
        let keys = keys(transaction, &recipient);
        (recipient, keys)
    })
}

fn keys(transaction: &Transaction, recipient: &str) -> Keys {
    let message = &transaction.message;
    let hash = |pieces: &[&[u8]]| {
        let mut digest = Fnv::new();
        for piece in pieces {
            digest.write(piece);
            digest.separate();
        }
        digest.0
    };
    let sender = transaction.sender.to_lowercase();
    Keys {
        id: message.message_id().map(|id| hash(&[b"id", recipient.as_bytes(), id.as_bytes()])),
        content: hash(&[b"content", recipient.as_bytes(), sender.as_bytes(), &message.content_digest().to_be_bytes()]),
    }
}
