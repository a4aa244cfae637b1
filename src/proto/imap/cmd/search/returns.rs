//! RETURN and the ESEARCH response (RFC 4731, RFC 5182, RFC 7162 section 3.1.10, RFC 9051 section 7.3.4).

use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::parse::sequence::SequenceSet;
use crate::proto::imap::write::{Text, number_set};

/// What a client wants to be told of the messages that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    pub min: bool,
    pub max: bool,
    pub all: bool,
    pub count: bool,
    /// Nothing is told, but `$` stands for them from now on.
    pub save: bool,
}

/// A message that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub number: u32,
    pub uid: u32,
    pub modseq: u64,
}

impl Returns {
    /// What a plain SEARCH wants, and `RETURN ()`.
    pub const ALL: Returns = Returns { min: false, max: false, all: true, count: false, save: false };

    /// `RETURN (...)` and the space behind it, if that comes next.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Option<Self>> {
        if !cursor.keyword("RETURN") {
            return Ok(None);
        }
        cursor.expect_space()?;
        let mut returns = Returns::default();
        cursor.list("a list of `MIN`, `MAX`, `ALL`, `COUNT` and `SAVE`", |cursor| {
            let start = cursor.clone();
            let switch = match cursor.atom().unwrap_or_default().to_ascii_uppercase().as_str() {
                "MIN" => &mut returns.min,
                "MAX" => &mut returns.max,
                "ALL" => &mut returns.all,
                "COUNT" => &mut returns.count,
                "SAVE" => &mut returns.save,
                _ => return Err(start.expected("`MIN`, `MAX`, `ALL`, `COUNT` or `SAVE`")),
            };
            *switch = true;
            Ok(())
        })?;
        cursor.expect_space()?;
        Ok(Some(if returns == Returns::default() { Returns::ALL } else { returns }))
    }

    /// Something is to be told.
    fn tells(self) -> bool {
        self.min || self.max || self.all || self.count
    }

    /// What `$` stands for after this (RFC 5182 section 2.4): with MIN or MAX alone it is what these told.
    pub fn saved(self, found: &[Found]) -> SequenceSet {
        if !(self.min || self.max) || self.all || self.count {
            return SequenceSet::of(found.iter().map(|found| found.uid));
        }
        let (min, max) = self.ends(found);
        SequenceSet::of(min.into_iter().chain(max.filter(|max| Some(*max) != min)).map(|found| found.uid))
    }

    /// The response; none where nothing is to be told.
    pub fn write(self, tag: &str, uid: bool, found: &[Found], modseq: bool, out: &mut Text) {
        if !self.tells() {
            return;
        }
        let number = |found: &Found| if uid { found.uid } else { found.number };
        out.add(format_args!("* ESEARCH (TAG \"{tag}\"){}", if uid { " UID" } else { "" }));
        let (min, max) = self.ends(found);
        if let Some(min) = min {
            out.add(format_args!(" MIN {}", number(min)));
        }
        if let Some(max) = max {
            out.add(format_args!(" MAX {}", number(max)));
        }
        if self.all && !found.is_empty() {
            out.add(format_args!(" ALL {}", number_set(&found.iter().map(number).collect::<Vec<_>>())));
        }
        if self.count {
            out.add(format_args!(" COUNT {}", found.len()));
        }
        let highest = match self.all || self.count {
            true => highest(found),
            false => min.into_iter().chain(max).map(|found| found.modseq).max(),
        };
        if let Some(highest) = highest.filter(|_| modseq) {
            out.add(format_args!(" MODSEQ {highest}"));
        }
        out.add("\r\n");
    }

    fn ends(self, found: &[Found]) -> (Option<&Found>, Option<&Found>) {
        (found.first().filter(|_| self.min), found.last().filter(|_| self.max))
    }
}

/// The response of RFC 3501, and its kin of SORT: numbers in the order in which they come.
pub fn write_plain(name: &str, uid: bool, found: &[Found], modseq: bool, out: &mut Text) {
    out.add("* ").add(name);
    for found in found {
        out.add(" ").add(if uid { found.uid } else { found.number });
    }
    if let Some(highest) = highest(found).filter(|_| modseq) {
        out.add(format_args!(" (MODSEQ {highest})"));
    }
    out.add("\r\n");
}

fn highest(found: &[Found]) -> Option<u64> {
    found.iter().map(|found| found.modseq).max()
}
