//! What may stand behind the name in SELECT and EXAMINE (RFC 4466 section 2.1): `(CONDSTORE)` and `(QRESYNC (...))` (RFC 7162 sections 3.1.8 and 3.2.5).

use crate::mail::Entry;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::modseq::modseq;
use crate::proto::imap::parse::sequence::Numbers;

/// First and last number, both included.
type Range = (u32, u32);

#[derive(Default)]
pub struct Parameters {
    pub condstore: bool,
    pub qresync: Option<Qresync>,
}

/// What a client knew of the mailbox when it left.
pub struct Qresync {
    pub uid_validity: u32,
    pub modseq: u64,
    /// `None`: every UID that was given.
    pub known: Option<Numbers>,
    /// Message numbers, and the UIDs that they had: two lists of the same length, ascending.
    numbers: Vec<Range>,
    uids: Vec<Range>,
}

impl Parameters {
    /// Up to the end of the command.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let mut parameters = Parameters::default();
        if !cursor.byte(b' ') {
            return Ok(parameters);
        }
        let start = cursor.clone();
        let names = cursor.list("`(`", |cursor| {
            match () {
                () if cursor.keyword("CONDSTORE") => parameters.condstore = true,
                () if parameters.qresync.is_none() && cursor.keyword("QRESYNC") => {
                    cursor.expect_space()?;
                    parameters.qresync = Some(Qresync::parse(cursor)?);
                }
                () => return Err(cursor.expected("`CONDSTORE` or `QRESYNC`")),
            }
            Ok(())
        })?;
        if names.is_empty() {
            return Err(start.expected("a list of parameters"));
        }
        Ok(parameters)
    }
}

impl Qresync {
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        cursor.expect(b'(', "`(`")?;
        let start = cursor.clone();
        let uid_validity = cursor.number().filter(|&n| n > 0).ok_or_else(|| start.expected("a UIDVALIDITY from 1"))?;
        cursor.expect_space()?;
        let modseq = modseq(cursor)?;
        let mut qresync = Qresync { uid_validity, modseq, known: None, numbers: Vec::new(), uids: Vec::new() };
        let mut more = cursor.byte(b' ');
        if more && cursor.peek() != Some(b'(') {
            qresync.known = Some(Numbers::of(set(cursor)?));
            more = cursor.byte(b' ');
        }
        if more {
            cursor.expect(b'(', "`(`")?;
            qresync.numbers = ascending_set(cursor)?;
            cursor.expect_space()?;
            let start = cursor.clone();
            qresync.uids = ascending_set(cursor)?;
            if size(&qresync.numbers) != size(&qresync.uids) {
                return Err(start.expected("as many UIDs as message numbers"));
            }
            cursor.expect(b')', "`)`")?;
        }
        cursor.expect(b')', "`)`")?;
        Ok(qresync)
    }

    /// The largest UID up to which the client knows of every expunge, since the number that it had is still right (section 3.2.5.2); 0 where there is none.
    pub fn matched(&self, entries: &[Entry]) -> u32 {
        // Once a number is wrong, so are all that follow: what went before them is still gone.
        each(&self.numbers)
            .zip(each(&self.uids))
            .take_while(|&(number, uid)| {
                let place = usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
                entries.get(place).is_some_and(|entry| entry.uid == uid)
            })
            .last()
            .map_or(0, |(_, uid)| uid)
    }
}

fn each(ranges: &[Range]) -> impl Iterator<Item = u32> + '_ {
    ranges.iter().flat_map(|&(first, last)| first..=last)
}

fn size(ranges: &[Range]) -> u64 {
    ranges.iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
}

/// `known-uids` and its like: a `sequence-set` without `*`.
fn set(cursor: &mut Cursor<'_>) -> Parsed<Vec<Range>> {
    let number = |cursor: &mut Cursor<'_>| {
        let start = cursor.clone();
        cursor.number().filter(|&n| n > 0).ok_or_else(|| start.expected("a number from 1"))
    };
    let mut ranges = Vec::new();
    loop {
        let first = number(cursor)?;
        let last = if cursor.byte(b':') { number(cursor)? } else { first };
        ranges.push((first.min(last), first.max(last)));
        if !cursor.byte(b',') {
            return Ok(ranges);
        }
    }
}

fn ascending_set(cursor: &mut Cursor<'_>) -> Parsed<Vec<Range>> {
    let start = cursor.clone();
    let ranges = set(cursor)?;
    let ascends = ranges.windows(2).all(|pair| matches!(pair, [(_, last), (first, _)] if last < first));
    if ascends { Ok(ranges) } else { Err(start.expected("ascending numbers")) }
}
