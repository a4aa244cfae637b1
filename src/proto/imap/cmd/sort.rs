//! SORT (RFC 5256 section 3, RFC 5957).

use std::cmp::Ordering;

use super::Command;
use super::arranged::{self, Arrange};
use super::search::returns::{Found, write_plain};
use super::search::run::Match;
use crate::mail::{InternalDate, Message};
use crate::proto::Cx;
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::write::Text;

struct Sort {
    criteria: Vec<(By, bool)>,
}

/// What messages are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Arrival,
    Cc,
    Date,
    DisplayFrom,
    DisplayTo,
    From,
    Size,
    Subject,
    To,
}

/// What a message has for one criterion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// Seconds: IMAP knows no parts of them.
    Instant(i64),
    Size(usize),
    /// In capitals: letters are compared in any case.
    Text(String),
}

pub fn parse(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Box<dyn Command>> {
    cursor.expect_space()?;
    let start = cursor.clone();
    let mut criteria: Vec<(By, bool)> = Vec::new();
    for (by, reverse) in cursor.list("a list of criteria such as `(REVERSE DATE)`", criterion)? {
        // Once more the same decides nothing, and every criterion keeps a text of every message.
        if !criteria.iter().any(|(known, _)| *known == by) {
            criteria.push((by, reverse));
        }
    }
    if criteria.is_empty() {
        return Err(start.expected(CRITERIA));
    }
    arranged::parse(cursor, uid, Sort { criteria })
}

const CRITERIA: &str =
    "`ARRIVAL`, `CC`, `DATE`, `DISPLAYFROM`, `DISPLAYTO`, `FROM`, `SIZE`, `SUBJECT` or `TO`, with or without `REVERSE`";

fn criterion(cursor: &mut Cursor<'_>) -> Parsed<(By, bool)> {
    let mut start = cursor.clone();
    let reverse = cursor.keyword("REVERSE");
    if reverse {
        cursor.expect_space()?;
        start = cursor.clone();
    }
    let by = match cursor.atom().unwrap_or_default().to_ascii_uppercase().as_str() {
        "ARRIVAL" => By::Arrival,
        "CC" => By::Cc,
        "DATE" => By::Date,
        "DISPLAYFROM" => By::DisplayFrom,
        "DISPLAYTO" => By::DisplayTo,
        "FROM" => By::From,
        "SIZE" => By::Size,
        "SUBJECT" => By::Subject,
        "TO" => By::To,
        _ => return Err(start.expected(CRITERIA)),
    };
    Ok((by, reverse))
}

impl By {
    fn value(self, message: &Message, arrived: InternalDate) -> Value {
        match self {
            By::Arrival => Value::Instant(arrived.instant().as_second()),
            By::Date => Value::Instant(message.sent_instant().unwrap_or(arrived.instant()).as_second()),
            By::Size => Value::Size(message.raw.len()),
            By::Subject => Value::Text(message.base_subject().text),
            // RFC 5256: `addr-mailbox` of the first address.
            By::Cc => text(message.first_address("cc").and_then(|address| address.local_part())),
            By::From => text(message.first_address("from").and_then(|address| address.local_part())),
            By::To => text(message.first_address("to").and_then(|address| address.local_part())),
            By::DisplayFrom => text(message.first_address("from").map(|address| address.display())),
            By::DisplayTo => text(message.first_address("to").map(|address| address.display())),
        }
    }
}

fn text(text: Option<String>) -> Value {
    Value::Text(text.unwrap_or_default().to_uppercase())
}

impl Sort {
    fn compare(&self, a: &[Value], b: &[Value]) -> Ordering {
        let pairs = self.criteria.iter().zip(a.iter().zip(b));
        let mut orders = pairs.map(|(&(_, reverse), (a, b))| if reverse { b.cmp(a) } else { a.cmp(b) });
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl Arrange for Sort {
    const COMPLETED: &'static str = "SORT completed";

    fn write(&self, found: &[Match], uid: bool, modseq: bool, _cx: &mut Cx<'_>, out: &mut Text) {
        let values = |message: &Message, arrived| self.criteria.iter().map(|(by, _)| by.value(message, arrived)).collect();
        let mut sorted: Vec<(Found, Vec<Value>)> =
            found.iter().map(|(found, arrived, message)| (*found, values(message, *arrived))).collect();
        // RFC 5256 section 3: what is the same for all criteria stays in the order of its numbers.
        sorted.sort_by(|(_, a), (_, b)| self.compare(a, b));
        let sorted: Vec<Found> = sorted.into_iter().map(|(found, _)| found).collect();
        write_plain("SORT", uid, &sorted, modseq, out);
    }
}
