//! Header fields as they stand in the octets of a message (RFC 5322 section 2.2).

use std::ops::Range;

/// Where one field stands in the octets that were searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The name, without blanks before the colon; empty for a line that is no field at all.
    pub name: Range<usize>,
    /// All after the colon, folds and final line end included.
    pub value: Range<usize>,
    /// The whole field with its final line end.
    pub whole: Range<usize>,
}

/// The fields in `raw[header]`, in their order; stops at the empty line. Ranges are those of `raw`.
pub(super) fn fields(raw: &[u8], header: Range<usize>) -> Fields<'_> {
    let end = header.end.min(raw.len());
    Fields { raw, at: header.start.min(end), end }
}

/// See [`fields`].
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    raw: &'a [u8],
    at: usize,
    end: usize,
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let start = self.at;
        let first = self.line(start)?;
        if is_empty_line(&self.raw[first.clone()]) {
            self.at = self.end;
            return None;
        }
        self.at = first.end;
        while self.at < self.end
            && matches!(self.raw.get(self.at), Some(b' ' | b'\t'))
            && let Some(more) = self.line(self.at)
        {
            self.at = more.end;
        }
        let whole = start..self.at;
        let name = field_name(&self.raw[first]).map_or(start..start, |length| start..start + length);
        // Nothing but blanks is before the colon.
        let colon = if name.is_empty() { None } else { self.raw[name.end..whole.end].iter().position(|&octet| octet == b':') };
        let value = colon.map_or(whole.clone(), |colon| name.end + colon + 1..whole.end);
        Some(Field { name, value, whole })
    }
}

impl Fields<'_> {
    /// The line that starts there, with its line end; never empty.
    fn line(&self, start: usize) -> Option<Range<usize>> {
        let rest = self.raw.get(start..self.end).filter(|rest| !rest.is_empty())?;
        Some(start..memchr::memchr(b'\n', rest).map_or(self.end, |end| start + end + 1))
    }
}

/// The values of the fields of this name (any case) in the message's header, as they stand. What has another name is passed over without a closer look.
pub(super) fn values<'a>(raw: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = raw.get(at..).filter(|rest| !is_empty_line(rest.get(..2).unwrap_or(rest)) && !rest.starts_with(b"\n"))?;
            let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
            if line.is_empty() {
                return None;
            }
            at += line.len();
            let Some(colon) = colon_after(line, name) else { continue };
            let start = at - line.len() + colon + 1;
            while matches!(raw.get(at), Some(b' ' | b'\t')) {
                at = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end + 1);
            }
            return raw.get(start..at);
        }
    })
}

/// Where the colon is, if the line is a field of this name.
fn colon_after(line: &[u8], name: &[u8]) -> Option<usize> {
    let (start, rest) = line.split_at_checked(name.len())?;
    if name.is_empty() || !start.eq_ignore_ascii_case(name) || field_name(line) != Some(name.len()) {
        return None;
    }
    memchr::memchr(b':', rest).map(|colon| name.len() + colon)
}

/// The value of the first field of this name in `raw[header]`, unfolded and trimmed.
pub(super) fn first_value(raw: &[u8], header: Range<usize>, name: &str) -> Option<String> {
    let field = fields(raw, header).find(|field| raw[field.name.clone()].eq_ignore_ascii_case(name.as_bytes()))?;
    Some(unfold(&raw[field.value]))
}

/// A field's value as text: line ends gone (RFC 5322 section 2.2.3: the blanks after them stay), trimmed, NUL gone (IMAP cannot carry it).
pub(super) fn unfold(value: &[u8]) -> String {
    let value = value.trim_ascii();
    if value.iter().fold(true, |plain, octet| plain & !matches!(octet, b'\r' | b'\n' | 0)) {
        return String::from_utf8_lossy(value).into_owned();
    }
    let kept: Vec<u8> = value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n' | 0)).collect();
    String::from_utf8_lossy(kept.trim_ascii()).into_owned()
}

/// The length of a message's header, the empty line included; without an empty line all of it is header.
pub(super) fn header_end(raw: &[u8]) -> usize {
    let mut at = 0;
    while at < raw.len() {
        let end = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |end| at + end + 1);
        if is_empty_line(&raw[at..end]) {
            return end;
        }
        at = end;
    }
    raw.len()
}

/// Whether it ends a header.
pub(super) fn is_empty_line(line: &[u8]) -> bool {
    matches!(line, b"\r\n" | b"\n")
}

/// RFC 5322 section 2.2: printable US-ASCII but the colon; section 4.5 allows blanks before the colon.
fn field_name(line: &[u8]) -> Option<usize> {
    let length = line.iter().position(|&octet| !(33..=126).contains(&octet) || octet == b':')?;
    let blanks = line[length..].iter().position(|&octet| octet != b' ' && octet != b'\t')?;
    (length > 0 && line[length + blanks] == b':').then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_folds_blanks_and_junk_between() {
        let raw = b"Subject: one\r\n two\r\nX-Odd \t: a:b\nno field here\r\n more\r\nTo:\r\n\r\nFrom: body\r\n";
        let text = |range: Range<usize>| std::str::from_utf8(&raw[range]).unwrap();
        let found: Vec<(&str, &str)> =
            fields(raw, 0..raw.len()).map(|field| (text(field.name.clone()), text(field.value.clone()))).collect();
        assert_eq!(
            found,
            [("Subject", " one\r\n two\r\n"), ("X-Odd", " a:b\n"), ("", "no field here\r\n more\r\n"), ("To", "\r\n")]
        );
        for name in ["subject", "X-ODD", "to", "no field here", "", "from"] {
            let by_name: Vec<&[u8]> = values(raw, name.as_bytes()).collect();
            let all: Vec<&[u8]> = fields(raw, 0..raw.len())
                .filter(|field| !name.is_empty() && raw[field.name.clone()].eq_ignore_ascii_case(name.as_bytes()))
                .map(|field| &raw[field.value])
                .collect();
            assert_eq!(by_name, all, "{name}");
        }
        assert_eq!(first_value(raw, 0..raw.len(), "SUBJECT").as_deref(), Some("one two"));
        assert_eq!(&raw[header_end(raw)..], b"From: body\r\n");
    }
}
