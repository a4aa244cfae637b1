//! Numbers, ranges, lists and quotations in words.

use std::fmt::Write as _;
use std::time::Duration;

use crate::fault::{InUnits, Ranges};
use crate::mail::SequenceRange;
use crate::scenario::Expected;

/// A line of the text is not longer than this, unless a quotation in it is.
const WIDTH: usize = 100;
/// A quotation is cut after so many characters.
const LONGEST_QUOTE: usize = 240;

/// `1st`, `2nd`, `11th`.
pub(super) fn ordinal(n: u64) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// `1 byte`, `3 bytes`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `11 bytes`, `64 KiB`: the largest unit that leaves no fraction.
pub(super) fn octets(n: u64) -> String {
    const UNITS: [(u64, &str); 6] =
        [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.into_iter().find(|(unit, _)| n > 0 && n.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", n / unit),
        None => counted(n, "byte"),
    }
}

/// `30s`, `2m`.
pub(super) fn time(duration: Duration) -> String {
    InUnits(duration).to_string()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: AsRef<str>>(items: &[T], and: &str) -> String {
    let mut text = String::new();
    for (n, item) in items.iter().enumerate() {
        text.push_str(match n {
            0 => "",
            _ if n + 1 < items.len() => ", ",
            _ => and,
        });
        text.push_str(item.as_ref());
    }
    text
}

/// Words between backquotes, as a list.
pub(super) fn quoted_list<T: AsRef<str>>(items: &[T], and: &str) -> String {
    list(&items.iter().map(|item| quote(item.as_ref())).collect::<Vec<_>>(), and)
}

/// Text between backquotes, what cannot be printed as `\r`, `\n`, `\x00`; a long one is cut.
pub(super) fn quote(text: &str) -> String {
    quote_octets(text.as_bytes())
}

/// Octets between backquotes, likewise.
pub(super) fn quote_octets(octets: &[u8]) -> String {
    let mut text = String::from("`");
    let mut rest = octets;
    let mut count = 0;
    while !rest.is_empty() && count < LONGEST_QUOTE {
        let valid = match std::str::from_utf8(rest) {
            Ok(valid) => valid,
            Err(error) => rest.get(..error.valid_up_to()).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default(),
        };
        let taken = match valid.chars().next() {
            Some(c) => {
                match c {
                    '\r' => text.push_str("\\r"),
                    '\n' => text.push_str("\\n"),
                    '\t' => text.push_str("\\t"),
                    c if c.is_control() => drop(write!(text, "\\x{:02x}", c as u32)),
                    c => text.push(c),
                }
                c.len_utf8()
            }
            None => {
                let _ = write!(text, "\\x{:02x}", rest.first().copied().unwrap_or_default());
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
        count += 1;
    }
    if !rest.is_empty() {
        text.push_str("...");
    }
    text.push('`');
    text
}

/// What an expectation wants of a number: `at least 2`, `exactly 1 or at least 5`.
pub(super) fn expected(expected: &Expected, show: impl Fn(u64) -> String) -> String {
    let one = |&(from, to): &(u64, Option<u64>)| match to {
        None => format!("at least {}", show(from)),
        Some(to) if to == from => format!("exactly {}", show(from)),
        Some(to) if from == 0 => format!("at most {}", show(to)),
        Some(to) => format!("from {} to {}", show(from), show(to)),
    };
    list(&expected.ranges.iter().map(one).collect::<Vec<_>>(), " or ")
}

/// Which of a row of things: `the 1st`, `the 2nd to 4th`, `each from the 5th on`, `every 3rd`.
pub(super) fn which(ranges: &Ranges) -> String {
    let ranges = match ranges {
        Ranges::Every(1) => return "each".to_owned(),
        Ranges::Every(every) => return format!("every {}", ordinal(*every)),
        Ranges::List(ranges) => ranges,
    };
    let one = |&(from, to): &(u64, Option<u64>)| match to {
        None => format!("each from the {} on", ordinal(from)),
        Some(to) if to == from => format!("the {}", ordinal(from)),
        Some(to) => format!("the {} to {}", ordinal(from), ordinal(to)),
    };
    list(&ranges.iter().map(one).collect::<Vec<_>>(), " and ")
}

/// How many: `4 or more`, `2 to 3`, `2`.
pub(super) fn how_many(ranges: &Ranges) -> String {
    let ranges = match ranges {
        Ranges::Every(every) => return format!("a multiple of {every}"),
        Ranges::List(ranges) => ranges,
    };
    let one = |&(from, to): &(u64, Option<u64>)| match to {
        None => format!("{from} or more"),
        Some(to) if to == from => from.to_string(),
        Some(to) => format!("{from} to {to}"),
    };
    list(&ranges.iter().map(one).collect::<Vec<_>>(), " or ")
}

/// Messages by sequence number: `message 3`, `messages 1 to 3`, `all messages`.
pub(super) fn messages(ranges: &[SequenceRange]) -> String {
    match ranges {
        [(1, None)] => return "all messages".to_owned(),
        &[(from, Some(to))] if from == to => return format!("message {from}"),
        _ => {}
    }
    let one = |&(from, to): &SequenceRange| match to {
        None => format!("{from} to the last"),
        Some(to) if to == from => from.to_string(),
        Some(to) => format!("{from} to {to}"),
    };
    format!("messages {}", list(&ranges.iter().map(one).collect::<Vec<_>>(), " and "))
}

/// A sentence from a clause: a capital letter, and a full stop where none is.
pub(super) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let mut text: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    text.push_str(letters.as_str());
    if !text.ends_with(['.', ':']) {
        text.push('.');
    }
    text
}

/// A paragraph in lines that fit, the first behind `first`, the others behind as many spaces. Quotations stay in one piece.
pub(super) fn wrap(out: &mut String, first: &str, text: &str) {
    let indent = first.chars().count();
    let mut column = indent;
    out.push_str(first);
    for (n, word) in words(text).into_iter().enumerate() {
        let width = word.chars().count();
        if n > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if n > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

/// Split at spaces outside of backquotes.
fn words(text: &str) -> Vec<&str> {
    let mut quoted = false;
    let split = |c: char| {
        quoted ^= c == '`';
        c == '\n' || (c == ' ' && !quoted)
    };
    text.split(split).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        let ordinals: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112].into_iter().map(ordinal).collect();
        assert_eq!(ordinals, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
        assert_eq!(
            [octets(1), octets(0), octets(65_536), octets(5_000), octets(11)].join(" "),
            "1 byte 0 bytes 64 KiB 5 kB 11 bytes"
        );
        assert_eq!(list(&["a", "b", "c"], " and "), "a, b and c");
    }

    #[test]
    fn quotations_show_every_octet_and_end_somewhere() {
        assert_eq!(quote_octets(b"a\r\n\xff\0z"), "`a\\r\\n\\xff\\x00z`");
        assert_eq!(quote("Grüße"), "`Grüße`");
        assert!(quote(&"x".repeat(10_000)).ends_with("xxx...`"));
    }

    #[test]
    fn ranges_are_sentences() {
        let list = |ranges: &[(u64, Option<u64>)]| Ranges::List(ranges.to_vec());
        assert_eq!(which(&list(&[(1, Some(1)), (3, Some(4)), (9, None)])), "the 1st, the 3rd to 4th and each from the 9th on");
        assert_eq!(which(&Ranges::Every(3)), "every 3rd");
        assert_eq!(how_many(&list(&[(2, Some(3)), (9, None)])), "2 to 3 or 9 or more");
        assert_eq!(messages(&[(1, None)]), "all messages");
        assert_eq!(messages(&[(2, Some(2)), (5, None)]), "messages 2 and 5 to the last");
    }

    #[test]
    fn lines_end_between_words_and_not_in_quotations() {
        let mut out = String::new();
        wrap(&mut out, "- ", &format!("{} `{}` end", "word ".repeat(18), "in one piece ".repeat(3)));
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 2, "{out}");
        assert!(lines[1].starts_with("  `in one"), "{out}");
    }
}
