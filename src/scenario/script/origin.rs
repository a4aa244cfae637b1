//! Where the octets of a string of a TOML file stand in the file: an error in a script points at the very character.

use std::ops::Range;

use crate::scenario::problem::{Source, Span};
use crate::scenario::tree::Node;

/// From octets of a script to octets of its file.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The whole string in the file, or the whole file.
    whole: Span,
    /// Where each octet of the script starts in the file, and where the last one ends; `None` where that is not known.
    places: Option<Places>,
}

#[derive(Clone, Debug)]
enum Places {
    /// As many octets further.
    Shifted(usize),
    Each(Vec<usize>),
}

impl Origin {
    /// The script is the whole file.
    pub(in crate::scenario) fn file(file: usize, text: &str) -> Self {
        Origin { whole: Span::new(file, 0..text.len()), places: Some(Places::Shifted(0)) }
    }

    /// The script is this string, whose value is `text`.
    pub(in crate::scenario) fn string(node: &Node, text: &str, sources: &[Source]) -> Self {
        let raw = sources.get(node.span.file).and_then(|source| source.text.get(node.span.start..node.span.end));
        Origin { whole: node.span, places: raw.and_then(|raw| places(raw, node.span.start, text)) }
    }

    /// Where this part of the script stands in the file; the whole string where that is not known.
    pub(in crate::scenario) fn span(&self, range: &Range<usize>) -> Span {
        let at = |octet: usize| match &self.places {
            Some(Places::Shifted(by)) => Some(octet.saturating_add(*by)),
            Some(Places::Each(places)) => places.get(octet).copied(),
            None => None,
        };
        match (at(range.start), at(range.end)) {
            (Some(start), Some(end)) => Span { start, end: end.max(start), ..self.whole },
            _ => self.whole,
        }
    }
}

/// `raw` is the string as it stands in the file, from its first quote to its last, at this place.
fn places(raw: &str, start: usize, text: &str) -> Option<Places> {
    let long = raw.starts_with("'''") || raw.starts_with("\"\"\"");
    let quotes = if long { 3 } else { 1 };
    let inner = raw.get(quotes..raw.len().checked_sub(quotes)?)?;
    // The line break behind the opening quotes is none of the string's.
    let first = if long {
        inner.find('\n').filter(|&at| inner[..at].trim_end_matches('\r').is_empty()).map_or(0, |at| at + 1)
    } else {
        0
    };
    let inner = inner.get(first..)?;
    let start = start + quotes + first;
    if inner == text {
        return Some(Places::Shifted(start));
    }
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut rest = inner;
    let basic = raw.starts_with('"');
    while let Some(next) = rest.chars().next() {
        let at = start + inner.len() - rest.len();
        // How much of the file it is, and the octets that it becomes.
        let (taken, made) = match next {
            '\\' if basic => escape(rest)?,
            // A parser may make one line feed of it.
            '\r' if rest.starts_with("\r\n") && text.as_bytes().get(places.len()) == Some(&b'\n') => (2, 1),
            other => (other.len_utf8(), other.len_utf8()),
        };
        places.extend(std::iter::repeat_n(at, made));
        rest = rest.get(taken..)?;
    }
    places.push(start + inner.len());
    (places.len() == text.len() + 1).then_some(Places::Each(places))
}

/// The length of the escape that `rest` starts with, and of what it stands for in UTF-8.
fn escape(rest: &str) -> Option<(usize, usize)> {
    let kind = rest.chars().nth(1)?;
    let number = |digits: usize| {
        let value = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(value)?.len_utf8()))
    };
    match kind {
        'x' => number(2),
        'u' => number(4),
        'U' => number(8),
        // Behind a backslash at the end of a line, all white space is nothing.
        kind if kind.is_whitespace() => {
            let after = rest.get(1..)?;
            Some((1 + after.len() - after.trim_start_matches([' ', '\t', '\r', '\n']).len(), 0))
        }
        kind => Some((1 + kind.len_utf8(), 1)),
    }
}
