//! The MIME structure of a message, with the place of every part in its octets.

use std::ops::Range;

use super::header::{fields, is_empty_line, unfold};
use super::parameters;

/// `Content-Disposition` (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// `attachment`, `inline`, ...
    pub kind: String,
    /// Parameters in their order, names as they stand.
    pub parameters: Vec<(String, String)>,
}

/// What is inside a part.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Nothing that has a structure.
    Leaf,
    /// The parts of a multipart.
    Multipart(Vec<Part>),
    /// The message inside `message/rfc822`, with its own header.
    Message(Box<Part>),
}

/// One part; ranges are octets of the whole message.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its header, with the empty line that ends it.
    pub header: Range<usize>,
    /// Its body: all after the header, up to the delimiter (the line end before a delimiter belongs to the delimiter, RFC 2046 section 5.1.1).
    pub body: Range<usize>,
    /// Type, `text` where the header does not say.
    pub kind: String,
    /// Subtype, `plain` where the header does not say.
    pub subtype: String,
    /// Parameters of Content-Type in their order; `charset=us-ascii` where a text has no Content-Type at all.
    pub parameters: Vec<(String, String)>,
    /// `Content-ID`
    pub id: Option<String>,
    /// `Content-Description`
    pub description: Option<String>,
    /// `Content-Transfer-Encoding`, `7BIT` where the header does not say.
    pub encoding: String,
    /// `Content-MD5`
    pub md5: Option<String>,
    /// `Content-Disposition`
    pub disposition: Option<Disposition>,
    /// `Content-Language`
    pub language: Vec<String>,
    /// `Content-Location`
    pub location: Option<String>,
    /// Lines of the body.
    pub lines: u32,
    /// What is inside.
    pub content: Content,
}

/// Parts nested deeper than this are leaves.
const DEEPEST: usize = 64;
/// The part with this number, counted over the whole message, holds all the rest of it as a leaf.
const MOST_PARTS: usize = 1_000;
/// More languages than this are not kept.
const MOST_LANGUAGES: usize = 100;

impl Part {
    /// Finds the structure in one pass over the lines; whatever the octets are, there is one.
    ///
    /// A delimiter line is `--`, the whole boundary, `--` for the last one, and blanks. The delimiter of an outer part ends the inner ones, which is
    /// how a multipart without its last delimiter ends. A multipart in which no part was found is a leaf. What lies beyond the limits on depth and
    /// number is a leaf of type application/octet-stream.
    pub fn parse(raw: &[u8]) -> Part {
        let mut scanner = Scanner { raw, at: 0, lines: 0, boundaries: Vec::new(), depth: 0, parts: 0 };
        scanner.part(false).0
    }

    /// A parameter of Content-Type by its name, in any case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the type is this one, in any case; `*` is any subtype.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && (subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype))
    }
}

/// Goes over the lines once, with the boundaries that are open.
struct Scanner<'a> {
    raw: &'a [u8],
    /// The start of the next line.
    at: usize,
    /// Line feeds before `at`.
    lines: u32,
    boundaries: Vec<String>,
    depth: usize,
    parts: usize,
}

/// Where a part ends, and why.
#[derive(Clone, Copy)]
struct Stop {
    /// End of the body: before the line end that belongs to the delimiter.
    body_end: usize,
    /// Line feeds before `body_end`.
    lines: u32,
    /// Which of the open boundaries ends it; `None` at the end of the message.
    level: Option<usize>,
    /// It was a last delimiter.
    last: bool,
}

impl<'a> Scanner<'a> {
    /// Reads the part that starts here, and the delimiter that ends it.
    fn part(&mut self, in_digest: bool) -> (Part, Stop) {
        self.parts += 1;
        let start = self.at;
        let mut early = None;
        let mut header_end = start;
        while let Some((line_start, line)) = self.line() {
            if let Some((level, last)) = self.delimiter(line) {
                let lines = self.lines.saturating_sub(u32::from(line.ends_with(b"\n")));
                early = Some(Stop { body_end: line_start, lines, level: Some(level), last });
                break;
            }
            header_end = self.at;
            if is_empty_line(line) {
                break;
            }
        }
        let mut part = read_header(self.raw, start..header_end, in_digest);
        if let Some(stop) = early {
            part.body = header_end..header_end;
            return (part, stop);
        }
        let lines_before = self.lines;
        let mut stop = self.body(&mut part);
        // The line end before the delimiter may be the header's.
        stop.body_end = stop.body_end.max(header_end);
        stop.lines = stop.lines.max(lines_before);
        part.body = header_end..stop.body_end;
        part.lines = stop.lines - lines_before;
        if self.raw[part.body.clone()].last().is_some_and(|&octet| octet != b'\n') {
            part.lines += 1;
        }
        (part, stop)
    }

    fn body(&mut self, part: &mut Part) -> Stop {
        let multipart = part.is("multipart", "*");
        let message = part.is("message", "rfc822") || part.is("message", "global");
        if !multipart && !message {
            return self.skip();
        }
        if self.depth >= DEEPEST || self.parts + 1 >= MOST_PARTS {
            // BODYSTRUCTURE cannot show a message/rfc822 without what is inside.
            (part.kind, part.subtype) = ("application".to_owned(), "octet-stream".to_owned());
            return self.skip();
        }
        self.depth += 1;
        let stop = if message {
            let (inner, stop) = self.part(false);
            part.content = Content::Message(Box::new(inner));
            stop
        } else {
            self.multipart(part)
        };
        self.depth -= 1;
        stop
    }

    fn multipart(&mut self, part: &mut Part) -> Stop {
        let Some(boundary) = part.parameter("boundary").map(str::trim_end).filter(|text| !text.is_empty()) else {
            return self.skip();
        };
        let level = self.boundaries.len();
        self.boundaries.push(boundary.to_owned());
        let in_digest = part.is("multipart", "digest");
        let mut children = Vec::new();
        let mut stop = self.skip();
        while stop.level == Some(level) && !stop.last {
            if self.parts + 1 >= MOST_PARTS {
                self.boundaries.clear();
            }
            let (child, end) = self.part(in_digest);
            children.push(child);
            stop = end;
        }
        self.boundaries.truncate(level);
        if !children.is_empty() {
            part.content = Content::Multipart(children);
        }
        // The epilogue is part of the body.
        if stop.level == Some(level) { self.skip() } else { stop }
    }

    /// Goes to the next delimiter of an open boundary, or to the end.
    fn skip(&mut self) -> Stop {
        if self.boundaries.is_empty() {
            let rest = self.raw.get(self.at..).unwrap_or_default();
            let lines = u32::try_from(memchr::memchr_iter(b'\n', rest).count()).unwrap_or(u32::MAX);
            (self.at, self.lines) = (self.raw.len(), self.lines.saturating_add(lines));
        }
        while let Some((start, line)) = self.line() {
            if let Some((level, last)) = self.delimiter(line) {
                let before = &self.raw[..start];
                let ending = if before.ends_with(b"\r\n") { 2 } else { usize::from(before.ends_with(b"\n")) };
                let terminated = u32::from(line.ends_with(b"\n"));
                let lines = self.lines.saturating_sub(terminated).saturating_sub(u32::from(ending > 0));
                return Stop { body_end: start - ending, lines, level: Some(level), last };
            }
        }
        Stop { body_end: self.raw.len(), lines: self.lines, level: None, last: true }
    }

    /// The next line with its line end, and where it starts.
    fn line(&mut self) -> Option<(usize, &'a [u8])> {
        let start = self.at;
        let rest = self.raw.get(start..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest);
        self.at = end.map_or(self.raw.len(), |end| start + end + 1);
        self.lines = self.lines.saturating_add(u32::from(end.is_some()));
        Some((start, &self.raw[start..self.at]))
    }

    /// Which open boundary this line is a delimiter of (the innermost first), and whether it is a last one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--")?.trim_ascii_end();
        let shorter = text.strip_suffix(b"--");
        let fits = |boundary: &String| {
            if text == boundary.as_bytes() { Some(false) } else { (shorter == Some(boundary.as_bytes())).then_some(true) }
        };
        self.boundaries.iter().enumerate().rev().find_map(|(level, boundary)| Some((level, fits(boundary)?)))
    }
}

/// What a header says of its part; the body is to be found.
fn read_header(raw: &[u8], header: Range<usize>, in_digest: bool) -> Part {
    let mut part = Part {
        body: header.end..header.end,
        header: header.clone(),
        kind: String::new(),
        subtype: String::new(),
        parameters: Vec::new(),
        id: None,
        description: None,
        encoding: String::new(),
        md5: None,
        disposition: None,
        language: Vec::new(),
        location: None,
        lines: 0,
        content: Content::Leaf,
    };
    let mut typed = false;
    for field in fields(raw, header) {
        let Some((prefix, name)) = raw[field.name].split_at_checked(8) else { continue };
        if !prefix.eq_ignore_ascii_case(b"content-") {
            continue;
        }
        let name = name.to_ascii_lowercase();
        let value = || Some(unfold(&raw[field.value.clone()])).filter(|value| !value.is_empty());
        // Where a field is there twice, the first one counts.
        match name.as_slice() {
            b"type" if !typed => typed = value().is_some_and(|value| read_type(&mut part, &value)),
            b"id" if part.id.is_none() => part.id = value(),
            b"description" if part.description.is_none() => part.description = value(),
            b"transfer-encoding" if part.encoding.is_empty() => {
                part.encoding = value().map(|value| parameters::split(&value).0).unwrap_or_default();
            }
            b"md5" if part.md5.is_none() => part.md5 = value(),
            b"disposition" if part.disposition.is_none() => {
                let read = value().map(|value| parameters::split(&value));
                part.disposition = read.map(|(kind, parameters)| Disposition { kind, parameters });
            }
            b"language" if part.language.is_empty() => {
                let tags = value().unwrap_or_default();
                let tags = tags.split(',').map(|tag| parameters::split(tag).0).filter(|tag| !tag.is_empty());
                part.language = tags.take(MOST_LANGUAGES).collect();
            }
            b"location" if part.location.is_none() => part.location = value(),
            _ => {}
        }
    }
    if part.encoding.is_empty() {
        part.encoding = "7BIT".to_owned();
    }
    if !typed {
        default_type(&mut part, in_digest);
    }
    part
}

/// RFC 2045 section 5.2: what cannot be read is text/plain.
fn read_type(part: &mut Part, value: &str) -> bool {
    let (head, parameters) = parameters::split(value);
    if head.is_empty() {
        return false;
    }
    let (kind, subtype) = head.split_once('/').unwrap_or(("", ""));
    let kind = kind.trim();
    // Some forget the semicolon: `text/plain charset=utf-8`.
    let subtype = subtype.split_ascii_whitespace().next().unwrap_or_default();
    let whole = !kind.is_empty() && !subtype.is_empty() && !kind.contains([' ', '\t']);
    (part.kind, part.subtype) = if whole { (kind.into(), subtype.into()) } else { ("text".into(), "plain".into()) };
    part.parameters = parameters;
    true
}

/// RFC 2045 section 5.2, RFC 2046 section 5.1.5.
fn default_type(part: &mut Part, in_digest: bool) {
    if in_digest {
        (part.kind, part.subtype) = ("message".into(), "rfc822".into());
    } else {
        (part.kind, part.subtype) = ("text".into(), "plain".into());
        part.parameters = vec![("charset".into(), "us-ascii".into())];
    }
}

#[cfg(test)]
mod tests;
