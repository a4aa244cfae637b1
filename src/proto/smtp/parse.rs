//! The grammar of commands (RFC 5321 section 4.1), lenient where clients are known to err, and then it names the mistake.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::oddity::{self, Oddity};
use crate::proto::{Ats, Notes};

/// What a command is, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Helo,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    Auth,
    Starttls,
    /// A method of HTTP.
    Http,
    Unknown,
}

const VERBS: [(&str, Verb, Ats); 14] = [
    ("MAIL", Verb::Mail, Ats::MAIL),
    ("RCPT", Verb::Rcpt, Ats::RCPT),
    ("DATA", Verb::Data, Ats::DATA),
    ("BDAT", Verb::Bdat, Ats::BDAT),
    ("EHLO", Verb::Ehlo, Ats::EHLO),
    ("HELO", Verb::Helo, Ats::HELO),
    ("QUIT", Verb::Quit, Ats::QUIT),
    ("RSET", Verb::Rset, Ats::RSET),
    ("NOOP", Verb::Noop, Ats::NOOP),
    ("AUTH", Verb::Auth, Ats::AUTH),
    ("VRFY", Verb::Vrfy, Ats::VRFY),
    ("EXPN", Verb::Expn, Ats::EXPN),
    ("HELP", Verb::Help, Ats::HELP),
    ("STARTTLS", Verb::Starttls, Ats::STARTTLS),
];

const HTTP: [&[u8]; 8] = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"DELETE", b"CONNECT", b"PATCH"];

/// The verb, and its name among the moments (`NONE` for one that is not SMTP).
pub(super) fn verb(line: &[u8]) -> (Verb, Ats) {
    let end = line.iter().position(|&octet| octet == b' ').unwrap_or(line.len());
    let word = line.get(..end).unwrap_or_default();
    match VERBS.iter().find(|(name, ..)| word.eq_ignore_ascii_case(name.as_bytes())) {
        Some(&(_, verb, at)) => (verb, at),
        None if HTTP.contains(&word) => (Verb::Http, Ats::NONE),
        None => (Verb::Unknown, Ats::NONE),
    }
}

/// Where a command broke the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("501 5.5.4 Syntax error at column {column}: expected {expected}")]
    Syntax { column: usize, expected: &'static str },
    #[error("555 5.5.4 Unknown parameter at column {column}")]
    UnknownParameter { column: usize },
    #[error("501 5.5.4 Parameter given twice at column {column}")]
    Duplicate { column: usize },
    #[error("553 5.6.7 The address at column {column} is UTF-8: SMTPUTF8 is needed")]
    Utf8 { column: usize },
}

impl Fault {
    pub fn oddity(self) -> Oddity {
        match self {
            Fault::Syntax { .. } => oddity::SYNTAX_ERROR,
            Fault::UnknownParameter { .. } => oddity::UNKNOWN_PARAMETER,
            Fault::Duplicate { .. } => oddity::DUPLICATE_PARAMETER,
            Fault::Utf8 { .. } => oddity::UTF8_WITHOUT_SMTPUTF8,
        }
    }
}

/// A path, and the first reason to refuse the command; the path is there although a parameter is wrong.
#[derive(Debug, Default)]
pub(super) struct Addressed {
    pub path: Option<Arc<str>>,
    pub fault: Option<Fault>,
    /// Any parameter at all.
    pub parameters: bool,
    /// SIZE=, RFC 1870.
    pub size: u64,
    pub body: Body,
    pub utf8: bool,
}

pub(super) use crate::mail::Body;

/// `MAIL FROM:<reverse-path> [parameters]`
pub(super) fn mail(line: &[u8], notes: &mut Notes) -> Addressed {
    addressed(line, b"FROM:", "`FROM:`", true, false, notes)
}

/// `RCPT TO:<forward-path> [parameters]`; `utf8`: MAIL had SMTPUTF8.
pub(super) fn rcpt(line: &[u8], utf8: bool, notes: &mut Notes) -> Addressed {
    addressed(line, b"TO:", "`TO:`", false, utf8, notes)
}

fn addressed(line: &[u8], word: &[u8], expected: &'static str, mail: bool, utf8: bool, notes: &mut Notes) -> Addressed {
    let mut found = Addressed { utf8, ..Addressed::default() };
    let mut cursor = Cursor { line, at: 4 };
    found.fault = cursor.addressed(word, expected, mail, &mut found, notes).err();
    found
}

/// `BDAT chunk-size [LAST]` (RFC 3030 section 2).
pub(super) fn bdat(line: &[u8]) -> Result<(u64, bool), Fault> {
    let mut cursor = Cursor { line, at: 4 };
    cursor.space()?;
    let size = cursor.number("a chunk size of 1 to 18 digits")?;
    if cursor.rest().is_empty() {
        return Ok((size, false));
    }
    cursor.space()?;
    if !cursor.eat_word(b"LAST") {
        return Err(cursor.expected("`LAST` or the end of the line"));
    }
    cursor.end().map(|()| (size, true))
}

/// `AUTH mechanism [initial-response]` (RFC 4954 section 4): the mechanism's name as it stands, and the base64 text.
pub(super) fn auth(line: &[u8]) -> Result<(&str, Option<&[u8]>), Fault> {
    let mut cursor = Cursor { line, at: 4 };
    cursor.space()?;
    let name = cursor.take_while(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_');
    let name = std::str::from_utf8(name).unwrap_or_default();
    if name.is_empty() {
        return Err(cursor.expected("the name of a SASL mechanism"));
    }
    if cursor.rest().is_empty() {
        return Ok((name, None));
    }
    cursor.space()?;
    let response = cursor.take_while(|octet| octet.is_ascii_graphic());
    cursor.end()?;
    Ok((name, Some(response).filter(|response| !response.is_empty())))
}

/// The name after HELO or EHLO; a strange one is noted and taken.
pub(super) fn hello(line: &[u8], notes: &mut Notes) -> Result<Arc<str>, Fault> {
    let mut cursor = Cursor { line, at: 4 };
    cursor.space()?;
    let start = cursor.at;
    let name = cursor.take_while(|octet| octet > b' ' && octet != 127);
    if name.is_empty() {
        return Err(cursor.expected("a domain or an address literal"));
    }
    let text = String::from_utf8_lossy(name);
    match name {
        [b'[', literal @ .., b']'] => check_literal(literal, start, notes),
        // RFC 5321 section 4.1.3: an address is no domain unless it stands in brackets.
        _ if text.parse::<Ipv4Addr>().is_ok() || !is_domain(name) => {
            oddity::DOMAIN.note_with(&format!("`{text}` at column {}", start + 1), notes);
        }
        _ => {}
    }
    Ok(text.into())
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn addressed(
        &mut self,
        word: &[u8],
        expected: &'static str,
        mail: bool,
        found: &mut Addressed,
        notes: &mut Notes,
    ) -> Result<(), Fault> {
        self.space()?;
        if !self.eat_word(word) {
            return Err(self.expected(expected));
        }
        if self.peek() == Some(b' ') {
            oddity::SPACE_AFTER_COLON.note_with(&format!("column {}", self.at + 1), notes);
            self.skip_spaces();
        }
        let start = self.at;
        let path = self.path(mail, notes)?;
        found.path = Some(path.into());
        self.parameters(mail, found)?;
        if !path.is_ascii() && !found.utf8 {
            return Err(Fault::Utf8 { column: start + 1 });
        }
        Ok(())
    }

    /// Reverse-path or Forward-path; the address in it, as it stands.
    fn path(&mut self, mail: bool, notes: &mut Notes) -> Result<&'a str, Fault> {
        let bracket = self.eat(b'<');
        if !bracket {
            if self.rest().is_empty() {
                return Err(self.expected("`<`"));
            }
            oddity::ANGLE_BRACKETS.note_with(&format!("column {}", self.at + 1), notes);
        }
        if bracket && mail && self.eat(b'>') {
            return self.after_path().map(|()| "");
        }
        if bracket && self.peek() == Some(b'@') {
            self.source_route(notes)?;
        }
        let (address, has_domain) = self.address(notes)?;
        if bracket && !self.eat(b'>') {
            return Err(self.expected("`>`"));
        }
        // RFC 5321 section 4.1.1.3 excepts `<Postmaster>` only; accounts of a test are often bare names.
        if !has_domain && (mail || !address.eq_ignore_ascii_case("postmaster")) {
            oddity::WITHOUT_DOMAIN.note_with(&format!("column {}", self.at), notes);
        }
        self.after_path()?;
        Ok(address)
    }

    fn after_path(&mut self) -> Result<(), Fault> {
        if self.rest().is_empty() || self.peek() == Some(b' ') {
            Ok(())
        } else {
            Err(self.expected("a space or the end of the line"))
        }
    }

    /// `@a,@b:`: RFC 5321 section 4.1.1.3 has servers ignore it.
    fn source_route(&mut self, notes: &mut Notes) -> Result<(), Fault> {
        oddity::SOURCE_ROUTE.note_with(&format!("column {}", self.at + 1), notes);
        loop {
            if !self.eat(b'@') {
                return Err(self.expected("`@`"));
            }
            self.domain(notes)?;
            if self.eat(b':') {
                return Ok(());
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `:` after a domain of the source route"));
            }
        }
    }

    /// An address as it stands, and whether it has a domain.
    fn address(&mut self, notes: &mut Notes) -> Result<(&'a str, bool), Fault> {
        let start = self.at;
        if self.peek() == Some(b'"') {
            self.quoted_string()?;
        } else {
            self.dot_string(notes)?;
        }
        let has_domain = self.eat(b'@');
        if has_domain {
            self.domain(notes)?;
        }
        let address = self.line.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(address);
        let text = text.map_err(|error| Fault::Syntax { column: start + error.valid_up_to() + 1, expected: "UTF-8" })?;
        Ok((text, has_domain))
    }

    fn quoted_string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') if self.line.get(self.at + 1).is_some_and(|&octet| (32..127).contains(&octet)) => self.at += 2,
                Some(octet) if octet != b'\\' && (octet >= 128 || (32..127).contains(&octet)) => self.at += 1,
                _ => return Err(self.expected("a printable character or the closing quote")),
            }
        }
    }

    fn dot_string(&mut self, notes: &mut Notes) -> Result<(), Fault> {
        let start = self.at;
        let text = self.take_while(|octet| octet == b'.' || octet >= 128 || is_atext(octet));
        if text.is_empty() {
            return Err(self.expected("an address"));
        }
        if text.split(|&octet| octet == b'.').any(<[u8]>::is_empty) {
            oddity::LOCAL_PART.note_with(&format!("column {}", start + 1), notes);
        }
        Ok(())
    }

    fn domain(&mut self, notes: &mut Notes) -> Result<(), Fault> {
        let start = self.at;
        if self.eat(b'[') {
            let literal = self.take_while(|octet| (33..=90).contains(&octet) || (94..=126).contains(&octet));
            if !self.eat(b']') {
                return Err(self.expected("`]`"));
            }
            check_literal(literal, start, notes);
            return Ok(());
        }
        let text = self.take_while(|octet| octet >= 128 || octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_'));
        if text.is_empty() {
            return Err(self.expected("a domain or `[`"));
        }
        if !is_domain(text) {
            oddity::DOMAIN.note_with(&format!("column {}", start + 1), notes);
        }
        Ok(())
    }

    fn parameters(&mut self, mail: bool, found: &mut Addressed) -> Result<(), Fault> {
        let mut seen = 0u8;
        loop {
            self.skip_spaces();
            if self.rest().is_empty() {
                return Ok(());
            }
            found.parameters = true;
            let start = self.at;
            let keyword = self.take_while(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
            if keyword.is_empty() {
                return Err(self.expected("a parameter"));
            }
            let value_at = self.at + 1;
            let value = self.eat(b'=').then(|| self.take_while(|octet| octet > 32 && octet != b'=' && octet != 127));
            if !matches!(self.peek(), None | Some(b' ')) {
                return Err(self.expected("a space or the end of the line"));
            }
            let table = if mail { MAIL_PARAMETERS } else { RCPT_PARAMETERS };
            let Some(index) = table.iter().position(|name| keyword.eq_ignore_ascii_case(name.as_bytes())) else {
                return Err(Fault::UnknownParameter { column: start + 1 });
            };
            if seen & (1 << index) != 0 {
                return Err(Fault::Duplicate { column: start + 1 });
            }
            seen |= 1 << index;
            let wrong = |expected| Fault::Syntax { column: value_at + 1, expected };
            parameter(table.get(index).copied().unwrap_or_default(), value, found).map_err(wrong)?;
        }
    }

    fn number(&mut self, expected: &'static str) -> Result<u64, Fault> {
        let start = self.at;
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        number(digits).ok_or(Fault::Syntax { column: start + 1, expected })
    }

    /// One space or more; RFC 5321 has exactly one, servers take more.
    fn space(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b' ') {
            return Err(self.expected("a space"));
        }
        self.skip_spaces();
        Ok(())
    }

    fn skip_spaces(&mut self) {
        self.take_while(|octet| octet == b' ');
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.skip_spaces();
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    fn expected(&self, expected: &'static str) -> Fault {
        Fault::Syntax { column: self.at + 1, expected }
    }

    fn eat_word(&mut self, word: &[u8]) -> bool {
        let found = self.rest().get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    fn take_while(&mut self, test: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|&octet| !test(octet)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }
}

const MAIL_PARAMETERS: &[&str] = &["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"];
const RCPT_PARAMETERS: &[&str] = &["NOTIFY", "ORCPT"];

/// Checks a parameter's value; the error says what was expected.
fn parameter(name: &str, value: Option<&[u8]>, found: &mut Addressed) -> Result<(), &'static str> {
    let is = |word: &str| value.is_some_and(|value| value.eq_ignore_ascii_case(word.as_bytes()));
    match name {
        "SIZE" => found.size = value.and_then(number).ok_or("a size in octets, 1 to 18 digits (RFC 1870)")?,
        "BODY" if is("7BIT") => found.body = Body::SevenBit,
        "BODY" if is("8BITMIME") => found.body = Body::EightBit,
        "BODY" if is("BINARYMIME") => found.body = Body::Binary,
        "BODY" => return Err("`7BIT` or `8BITMIME` (RFC 6152)"),
        "SMTPUTF8" if value.is_none() => found.utf8 = true,
        "SMTPUTF8" => return Err("no value for SMTPUTF8 (RFC 6531)"),
        "RET" if is("FULL") || is("HDRS") => {}
        "RET" => return Err("`FULL` or `HDRS` (RFC 3461)"),
        "ENVID" if value.is_some_and(|id| (1..=100).contains(&id.len()) && is_xtext(id)) => {}
        "ENVID" => return Err("1 to 100 characters of xtext (RFC 3461)"),
        "AUTH" if value.is_some_and(|who| who == b"<>" || (!who.is_empty() && is_xtext(who))) => {}
        "AUTH" => return Err("`<>` or an address in xtext (RFC 4954)"),
        "NOTIFY" if is("NEVER") => {}
        "NOTIFY" => {
            let known =
                |one: &[u8]| [b"SUCCESS".as_slice(), b"FAILURE", b"DELAY"].iter().any(|word| one.eq_ignore_ascii_case(word));
            if !value.is_some_and(|list| list.split(|&octet| octet == b',').all(known)) {
                return Err("`NEVER`, or a list of `SUCCESS`, `FAILURE`, `DELAY` (RFC 3461)");
            }
        }
        _ => {
            let good = value.and_then(|value| {
                let at = value.iter().position(|&octet| octet == b';')?;
                Some(at > 0 && at + 1 < value.len() && (is_xtext(value.get(at + 1..)?) || !value.is_ascii()))
            });
            if good != Some(true) {
                return Err("an address type, `;` and an address in xtext (RFC 3461)");
            }
        }
    }
    Ok(())
}

/// Up to 18 digits, so that sums cannot overflow.
fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    ((1..=18).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())).then(|| text.parse().ok())?
}

/// RFC 3461 section 4: `+` and two capital hexadecimal digits stand for an octet.
fn is_xtext(text: &[u8]) -> bool {
    let is_hex = |octet: &u8| octet.is_ascii_digit() || (b'A'..=b'F').contains(octet);
    let mut pieces = text.split(|&octet| octet == b'+');
    pieces.next().is_some_and(|first| first.iter().all(u8::is_ascii_graphic))
        && pieces.all(|piece| piece.get(..2).is_some_and(|hex| hex.iter().all(is_hex)) && piece.iter().all(u8::is_ascii_graphic))
}

fn is_atext(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet)
}

/// RFC 5321 section 4.1.2: letters, digits and inner hyphens, at most 63 a label and 255 in all.
fn is_domain(text: &[u8]) -> bool {
    let label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.first() != Some(&b'-')
            && label.last() != Some(&b'-')
            && label.iter().all(|&octet| octet >= 128 || octet.is_ascii_alphanumeric() || octet == b'-')
    };
    text.len() <= 255 && text.split(|&octet| octet == b'.').all(label)
}

fn check_literal(literal: &[u8], start: usize, notes: &mut Notes) {
    let text = std::str::from_utf8(literal).unwrap_or_default();
    let good = match text.split_once(':') {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => address.parse::<Ipv6Addr>().is_ok(),
        Some((tag, content)) => !tag.is_empty() && !content.is_empty(),
        None => text.parse::<Ipv4Addr>().is_ok(),
    };
    if !good {
        oddity::ADDRESS_LITERAL.note_with(&format!("column {}", start + 1), notes);
    }
}
