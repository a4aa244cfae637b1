//! Edits of what a list writes: rewriting, flipped bits, cuts, noise. Pure functions on ropes; what is lazy stays lazy.

mod changes;
mod corrupt;
mod cut;
mod flat;
mod garbage;
mod rewrite;

use std::sync::Arc;

use bytes::Bytes;
use regex::bytes::Regex;

use super::program::Within;
use crate::proto::{Piece, Rope};

pub use changes::Changes;
pub use cut::{cut, percent_of};
pub use garbage::garbage;

use corrupt::Flips;
use flat::Flat;
use rewrite::{Rewriting, Rule};

/// The `rewrite`s and `corrupt`s that a list has met so far.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    rules: Arc<Vec<Rule>>,
    flips: Flips,
}

impl Edits {
    /// From here on, every match of `find` becomes `with`, in which `$1` stands for a group.
    pub fn rewrite(&mut self, find: Regex, with: Bytes, within: Within) {
        Arc::make_mut(&mut self.rules).push(Rule { find, with, within });
    }

    /// The octet that is written `at` octets after this call will have its lowest bit flipped.
    pub fn corrupt(&mut self, at: u64) {
        self.flips.add(at);
    }

    /// Applies all rewrites, in the order in which they were met. Texts that follow each other are one text to the regex, up to 64 KiB; each section of a
    /// message is one. Lazy pieces are rewritten as they are made.
    pub fn rewritten(&self, rope: Rope) -> Rope {
        if self.rules.is_empty() {
            return rope;
        }
        let lazy = is_lazy(&rope);
        collect_unless(lazy, Rewriting::new(Flat::new(rope), self.rules.clone(), None))
    }

    /// The same, and notes what is changed; the rope starts at octet `start` of what the changes are counted in. In lazy pieces they are noted as these
    /// are made.
    pub fn rewritten_noting(&self, rope: Rope, start: u64, changes: &Changes) -> Rope {
        if self.rules.is_empty() {
            return rope;
        }
        let lazy = is_lazy(&rope);
        collect_unless(lazy, Rewriting::new(Flat::new(rope), self.rules.clone(), Some((start, changes.clone()))))
    }

    /// Flips the bits that `corrupt` asked for. To be called once for each rope that is written, in order.
    pub fn corrupted(&mut self, rope: Rope) -> Rope {
        if self.flips.is_empty() {
            return rope;
        }
        let lazy = is_lazy(&rope);
        collect_unless(lazy, self.flips.take_over(Flat::new(rope)))
    }
}

fn is_lazy(rope: &Rope) -> bool {
    rope.pieces.iter().any(|piece| matches!(piece, Piece::Lazy(_)))
}

/// A rope of one lazy piece, or of all that the source makes.
fn collect_unless(lazy: bool, mut source: impl crate::proto::Source + 'static) -> Rope {
    let mut rope = Rope::new();
    if lazy {
        rope.push_lazy(source);
    } else {
        rope.pieces.extend(std::iter::from_fn(|| source.next()));
    }
    rope
}

#[cfg(test)]
mod tests;
