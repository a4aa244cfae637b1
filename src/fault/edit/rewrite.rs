//! `rewrite`: a regex over what is written, its protocol text or the mail in it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use regex::bytes::Regex;

use super::{Changes, Flat};
use crate::fault::program::Within;
use crate::proto::sasl::with_challenge;
use crate::proto::{Piece, Source};

/// Texts that follow each other are joined up to this many octets; a match does not span more.
const JOINED: usize = 64 * 1024;

/// One `rewrite`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) find: Regex,
    pub(super) with: Bytes,
    pub(super) within: Within,
}

impl Rule {
    /// `None` where nothing matches.
    fn replaced(&self, octets: &[u8]) -> Option<Vec<u8>> {
        match self.find.replace_all(octets, &*self.with) {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(_) => None,
        }
    }
}

/// The pieces of a rope with all rules applied.
#[derive(Clone)]
pub(super) struct Rewriting {
    from: Flat,
    rules: Arc<Vec<Rule>>,
    /// Read while looking for more text, not yet used.
    peeked: Option<Piece>,
    /// How many octets were taken so far, and where changes are noted by that.
    noted: Option<(u64, Changes)>,
}

impl Rewriting {
    pub(super) fn new(from: Flat, rules: Arc<Vec<Rule>>, noted: Option<(u64, Changes)>) -> Self {
        Rewriting { from, rules, peeked: None, noted }
    }

    fn note(&mut self, before: &[u8], after: &[u8]) {
        let Some((start, changes)) = &mut self.noted else { return };
        changes.note(*start, before, after);
        *start += before.len() as u64;
    }

    /// The next piece, with the texts that follow a text joined to it.
    fn joined(&mut self) -> Option<Piece> {
        let first = match self.peeked.take().or_else(|| self.from.next())? {
            Piece::Text(text) => text,
            other => return Some(other),
        };
        let mut joined: Option<BytesMut> = None;
        let mut len = first.len();
        while len < JOINED {
            match self.from.next() {
                Some(Piece::Text(more)) if len + more.len() <= JOINED => {
                    len += more.len();
                    joined.get_or_insert_with(|| BytesMut::from(&*first)).extend_from_slice(&more);
                }
                other => {
                    self.peeked = other;
                    break;
                }
            }
        }
        Some(Piece::Text(joined.map_or(first, BytesMut::freeze)))
    }
}

impl Source for Rewriting {
    fn next(&mut self) -> Option<Piece> {
        loop {
            let (mut octets, place) = match self.joined()? {
                Piece::Text(text) => (text, Within::Text),
                Piece::Payload(mail) => (mail, Within::Mail),
                lazy @ Piece::Lazy(_) => return Some(lazy),
            };
            let before = octets.clone();
            for rule in self.rules.iter() {
                let changed = match rule.within {
                    Within::Challenge if place == Within::Text => with_challenge(&octets, |challenge| rule.replaced(challenge)),
                    within if within == place => rule.replaced(&octets),
                    _ => None,
                };
                if let Some(changed) = changed {
                    octets = changed.into();
                }
            }
            // Mail of the same length arrives as well as any other.
            let framed = place == Within::Mail && octets.len() == before.len();
            self.note(&before, if framed { &before } else { &octets });
            if !octets.is_empty() {
                return Some(if place == Within::Mail { Piece::Payload(octets) } else { Piece::Text(octets) });
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }
}
