//! What happened to which UID, in the order of the mailbox's counter, as far back as it is remembered.

use std::collections::VecDeque;

/// The latest changes of one kind, bounded.
#[derive(Debug)]
pub struct Log {
    /// Modseq and UID, oldest first.
    kept: VecDeque<(u64, u32)>,
    /// The highest modseq among those that were forgotten.
    forgotten: u64,
    most: usize,
}

impl Log {
    /// An empty one that remembers so many changes.
    pub fn new(most: usize) -> Self {
        Log { kept: VecDeque::new(), forgotten: 0, most }
    }

    /// This change comes after all that are there.
    pub fn push(&mut self, modseq: u64, uid: u32) {
        self.kept.push_back((modseq, uid));
        self.limit(self.most);
    }

    /// UIDs of the changes after this one, oldest first; `None` where some of them are forgotten.
    pub fn since(&self, modseq: u64) -> Option<impl Iterator<Item = u32> + '_> {
        let first = self.kept.partition_point(|&(at, _)| at <= modseq);
        (modseq >= self.forgotten).then(|| self.kept.range(first..).map(|&(_, uid)| uid))
    }

    /// Whatever happened up to this change is forgotten.
    pub fn forget(&mut self, modseq: u64) {
        self.kept.clear();
        self.forgotten = modseq;
    }

    /// From now on it remembers so many.
    pub fn limit(&mut self, most: usize) {
        self.most = most;
        while self.kept.len() > most {
            if let Some((modseq, _)) = self.kept.pop_front() {
                self.forgotten = modseq;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_knows_what_it_has_forgotten() {
        let mut log = Log::new(2);
        for (modseq, uid) in [(3, 10), (5, 11), (6, 10)] {
            log.push(modseq, uid);
        }
        let since = |modseq| log.since(modseq).map(Iterator::collect::<Vec<_>>);
        assert_eq!(since(2), None);
        assert_eq!(since(3), Some(vec![11, 10]));
        assert_eq!(since(5), Some(vec![10]));
        assert_eq!(since(9), Some(vec![]));
    }
}
