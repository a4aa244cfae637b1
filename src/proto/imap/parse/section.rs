//! `section` of FETCH BODY (RFC 3501 section 6.4.5), and what it picks from a message.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::mail::{Content, FieldNames, Message, Part};
use crate::proto::imap::cursor::{Cursor, Parsed};
use crate::proto::imap::write::Text;

/// Deeper part numbers pick nothing in any real message.
const MOST_DEPTH: usize = 100;

/// What of the part is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// `BODY[]`, `BODY[1.2]`
    All,
    /// `HEADER`
    Header,
    /// `HEADER.FIELDS (a b)`, `HEADER.FIELDS.NOT (a b)`
    Fields {
        /// The names, as the client spelt them.
        names: FieldNames,
        /// All but these.
        not: bool,
    },
    /// `TEXT`
    Text,
    /// `MIME`
    Mime,
    /// What `BINARY[1.2]` is of: all of it, the transfer encoding undone (RFC 3516, RFC 9051 section 6.4.5).
    Decoded,
}

/// What stands in the brackets and behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `1.2`
    pub part: Vec<u32>,
    /// What of it.
    pub of: Of,
    /// `<o.n>`: from octet o, at most n octets.
    pub partial: Option<(u32, u32)>,
}

impl Section {
    /// The whole of something.
    pub fn whole(of: Of) -> Self {
        Section { part: Vec::new(), of, partial: None }
    }

    /// From `[` to the end of the partial.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        cursor.expect(b'[', "`[`")?;
        let (part, of) = if cursor.peek() == Some(b']') { (Vec::new(), Of::All) } else { spec(cursor)? };
        cursor.expect(b']', "`]`")?;
        Ok(Section { part, of, partial: partial(cursor)? })
    }

    /// `section-binary` and a partial: part numbers and nothing else.
    pub fn parse_binary(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let part = parse_part(cursor)?;
        Ok(Section { part, of: Of::Decoded, partial: partial(cursor)? })
    }

    /// As FETCH's response names it: `[1.2.HEADER.FIELDS (To)]<0>`.
    pub fn write(&self, out: &mut Text) {
        out.add("[");
        let mut dot = "";
        for number in &self.part {
            out.add(format_args!("{dot}{number}"));
            dot = ".";
        }
        match &self.of {
            Of::All | Of::Decoded => {}
            Of::Header => drop(out.add(dot).add("HEADER")),
            Of::Text => drop(out.add(dot).add("TEXT")),
            Of::Mime => drop(out.add(dot).add("MIME")),
            Of::Fields { names, not } => {
                out.add(dot).add(if *not { "HEADER.FIELDS.NOT (" } else { "HEADER.FIELDS (" });
                for (n, name) in names.spelt().iter().enumerate() {
                    out.add(if n > 0 { " " } else { "" }).astring(name.as_bytes());
                }
                out.add(")");
            }
        }
        out.add("]");
        if let Some((from, _)) = self.partial {
            out.add(format_args!("<{from}>"));
        }
    }

    /// The octets that are meant, a slice of the message where they stand in one; `None` where the message has no such part.
    pub fn pick(&self, message: &Message) -> Option<Bytes> {
        let all = self.pick_all(message)?;
        // RFC 3516 section 4.3: a partial of BINARY counts decoded octets.
        let Some((from, most)) = self.partial else { return Some(all) };
        // RFC 3501: an offset beyond the end gives an empty string.
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(all.len());
        let to = from.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)).min(all.len());
        Some(all.slice(from..to))
    }

    /// Whether the message has what is meant: [`Section::pick`] gives it.
    pub fn is_in(&self, message: &Message) -> bool {
        match (&self.part[..], &self.of) {
            ([], _) => true,
            (_, Of::All | Of::Mime | Of::Decoded) => message.part_at(&self.part).is_some(),
            _ => message.part_at(&self.part).is_some_and(|part| matches!(part.content, Content::Message(_))),
        }
    }

    /// Whether this, once written, gives a client the body of the message up to its end.
    pub fn reaches_the_end(&self, message: &Message) -> bool {
        match (&self.part[..], &self.of) {
            ([], Of::All | Of::Decoded) => self.reaches(message.raw.len()),
            ([], Of::Text) => self.reaches(message.raw.len() - message.header_length()),
            _ => false,
        }
    }

    /// The part whose body this, once written, gives a client up to its end.
    pub fn part_read(&self, message: &Message) -> Option<&[u32]> {
        if self.part.is_empty() {
            return None;
        }
        let part = message.part_at(&self.part)?;
        let whole = match self.of {
            Of::All => self.reaches(part.body.len()),
            Of::Decoded if self.partial.is_some() => self.reaches(message.decoded_body(part).len()),
            Of::Decoded => true,
            _ => false,
        };
        whole.then_some(&self.part)
    }

    fn reaches(&self, size: usize) -> bool {
        self.partial.is_none_or(|(from, most)| u64::from(from) + u64::from(most) >= size as u64)
    }

    /// This part has a transfer encoding that nobody knows how to undo.
    pub fn is_undecodable(&self, message: &Message) -> bool {
        let part = if self.part.is_empty() { None } else { message.part_at(&self.part) };
        self.of == Of::Decoded && part.is_some_and(|part| matches!(part.content, Content::Leaf) && !message.can_decode(part))
    }

    fn pick_all(&self, message: &Message) -> Option<Bytes> {
        let slice = |range: &std::ops::Range<usize>| message.raw.get(range.clone()).map(|octets| message.raw.slice_ref(octets));
        if self.part.is_empty() {
            // The header is found without the structure.
            let header = message.header_length();
            return match &self.of {
                Of::All | Of::Decoded => Some(message.raw.clone()),
                Of::Header => slice(&(0..header)),
                Of::Text => slice(&(header..message.raw.len())),
                Of::Fields { names, not } => Some(message.fields_only(0..header, names, *not)),
                Of::Mime => None,
            };
        }
        let part = message.part_at(&self.part)?;
        // RFC 3501: HEADER and TEXT of a part are those of the message inside it.
        let inside = || match &part.content {
            Content::Message(inner) => Some(&**inner),
            Content::Leaf | Content::Multipart(_) => None::<&Part>,
        };
        match &self.of {
            Of::All => slice(&part.body),
            Of::Mime => slice(&part.header),
            Of::Header => slice(&inside()?.header),
            Of::Text => slice(&inside()?.body),
            Of::Fields { names, not } => Some(message.fields_only(inside()?.header.clone(), names, *not)),
            Of::Decoded => match (&part.content, message.decoded_body(part)) {
                (Content::Leaf, std::borrow::Cow::Owned(octets)) => Some(octets.into()),
                // Of what has parts, only the parts have encodings.
                _ => slice(&part.body),
            },
        }
    }
}

/// Whether these parts together are all that the message has.
pub fn all_read(message: &Message, parts: &BTreeSet<Vec<u32>>) -> bool {
    inside(message.structure(), &mut Vec::new(), parts)
}

/// `part` is a message: its parts are numbered below `path`, and 1 is its only part where it is no multipart.
fn inside(part: &Part, path: &mut Vec<u32>, read: &BTreeSet<Vec<u32>>) -> bool {
    let children = match &part.content {
        Content::Multipart(parts) => parts.as_slice(),
        Content::Leaf | Content::Message(_) => std::slice::from_ref(part),
    };
    (1..).zip(children).all(|(number, child)| {
        path.push(number);
        let whole = read.contains(path)
            || match &child.content {
                Content::Leaf if child.is("multipart", "*") => {
                    path.push(1);
                    let whole = read.contains(path);
                    path.pop();
                    whole
                }
                Content::Leaf => false,
                Content::Multipart(_) => inside(child, path, read),
                Content::Message(inner) => inside(inner, path, read),
            };
        path.pop();
        whole
    })
}

/// `[1.2]`, `[]`: part numbers only.
pub fn parse_part(cursor: &mut Cursor<'_>) -> Parsed<Vec<u32>> {
    cursor.expect(b'[', "`[`")?;
    let start = cursor.clone();
    let (part, of) = if cursor.peek() == Some(b']') { (Vec::new(), Of::All) } else { spec(cursor)? };
    if of != Of::All {
        return Err(start.expected("part numbers and no more"));
    }
    cursor.expect(b']', "`]`")?;
    Ok(part)
}

/// `<o.n>`
fn partial(cursor: &mut Cursor<'_>) -> Parsed<Option<(u32, u32)>> {
    if !cursor.byte(b'<') {
        return Ok(None);
    }
    let from = cursor.expect_number()?;
    cursor.expect(b'.', "`.`")?;
    let start = cursor.clone();
    let most = cursor.number().filter(|&most| most > 0).ok_or_else(|| start.expected("a number from 1 to 4294967295"))?;
    cursor.expect(b'>', "`>`")?;
    Ok(Some((from, most)))
}

fn spec(cursor: &mut Cursor<'_>) -> Parsed<(Vec<u32>, Of)> {
    let mut part = Vec::new();
    while matches!(cursor.peek(), Some(b'0'..=b'9')) {
        let start = cursor.clone();
        let number = cursor.number().filter(|&number| number > 0).ok_or_else(|| start.expected("a part number from 1"))?;
        if part.len() >= MOST_DEPTH {
            return Err(start.expected(format!("at most {MOST_DEPTH} part numbers")));
        }
        part.push(number);
        if cursor.peek() == Some(b']') {
            return Ok((part, Of::All));
        }
        cursor.expect(b'.', "`.` or `]`")?;
    }
    let wrong = cursor.expected("`HEADER`, `HEADER.FIELDS`, `HEADER.FIELDS.NOT`, `TEXT`, `MIME` or a part number");
    let Some(word) = cursor.take_while(|b| b.is_ascii_alphabetic() || b == b'.') else { return Err(wrong) };
    let of = match word.to_ascii_uppercase().as_slice() {
        b"HEADER" => Of::Header,
        b"TEXT" => Of::Text,
        // MIME is the header of a part: the whole message has none.
        b"MIME" if !part.is_empty() => Of::Mime,
        fields @ (b"HEADER.FIELDS" | b"HEADER.FIELDS.NOT") => {
            cursor.expect_space()?;
            let start = cursor.clone();
            let names = cursor.list("a list of header field names", |c| c.astring_text("a header field name"))?;
            if names.is_empty() {
                return Err(start.expected("a header field name"));
            }
            let names = names.into_iter().collect();
            Of::Fields { names, not: fields.ends_with(b"NOT") }
        }
        _ => return Err(wrong),
    };
    Ok((part, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_and_written() {
        for (text, written) in [
            ("[]", "[]"),
            ("[1.2.3]", "[1.2.3]"),
            ("[header]", "[HEADER]"),
            ("[2.TEXT]<10.20>", "[2.TEXT]<10>"),
            ("[3.1.MIME]", "[3.1.MIME]"),
            ("[HEADER.FIELDS (From \"X Y\")]<0.1>", "[HEADER.FIELDS (From \"X Y\")]<0>"),
            ("[4.HEADER.FIELDS.NOT (to)]", "[4.HEADER.FIELDS.NOT (to)]"),
        ] {
            let section = Section::parse(&mut Cursor::new(text.as_bytes())).unwrap();
            let mut out = Text::default();
            section.write(&mut out);
            assert_eq!(String::from_utf8(out.0).unwrap(), written);
        }
    }

    #[test]
    fn what_is_no_section() {
        for text in ["[MIME]", "[0]", "[1.]", "[1", "[HEADER.FIELDS ()]", "[HEADER.FIELDS]", "[X]", "[]<1>", "[]<1.0>", "[1TEXT]"]
        {
            assert!(Section::parse(&mut Cursor::new(text.as_bytes())).is_err(), "{text}");
        }
    }
}
