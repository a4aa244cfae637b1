//! Reads a command from left to right. A method that tries answers with `None` or `false` and leaves the cursor where it was; one that expects says what it
//! expected, where, and what stood there.

use std::borrow::Cow;

/// Most of what stood there is of no interest to the reader of an error.
const MOST_SHOWN: usize = 24;

/// What a command should have said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {what} at column {column}, got {got}")]
pub struct Expected {
    /// With its article: `an atom`.
    pub what: Cow<'static, str>,
    /// From 1, octets of the whole command, literals included.
    pub column: usize,
    /// In backticks, or `the end of the line`.
    pub got: String,
    /// The grammar has it, and no mailbox can have this name: no reason for BAD.
    pub no_name: bool,
}

impl Expected {
    /// It is about a name that the grammar has.
    #[must_use]
    pub fn of_a_name(self) -> Self {
        Expected { no_name: true, ..self }
    }
}

/// The result of a parser.
pub type Parsed<T> = Result<T, Expected>;

/// A place in a command. Literals stand in it as on the wire: `{3}`, CRLF, three octets.
#[derive(Clone)]
pub struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    utf8_names: bool,
}

impl<'a> Cursor<'a> {
    /// At the start of the text.
    pub fn new(text: &'a [u8]) -> Self {
        Cursor { text, at: 0, utf8_names: false }
    }

    /// Mailbox names are UTF-8 (RFC 6855, RFC 9051), and not modified UTF-7.
    #[must_use]
    pub fn with_utf8_names(self, utf8_names: bool) -> Self {
        Cursor { utf8_names, ..self }
    }

    /// Whether mailbox names are UTF-8.
    pub fn utf8_names(&self) -> bool {
        self.utf8_names
    }

    /// The tag of the command; empty where it has none.
    pub fn tag_of_command(&self) -> &'a str {
        Cursor::new(self.text).tag().unwrap_or("")
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How many octets have been read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next octet, not read.
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The error for this place.
    pub fn expected(&self, what: impl Into<Cow<'static, str>>) -> Expected {
        let rest = self.rest();
        let word = rest.split(|&b| matches!(b, b' ' | b'\r' | b'\n')).next().unwrap_or_default();
        // A space is worth naming, too.
        let word = if word.is_empty() { &rest[..rest.len().min(1)] } else { &word[..word.len().min(MOST_SHOWN)] };
        let got = match word {
            [] => "the end of the line".to_owned(),
            [b' '] => "a space".to_owned(),
            _ => format!("`{}`", word.escape_ascii()),
        };
        Expected { what: what.into(), column: self.at + 1, got, no_name: false }
    }

    /// Nothing is left.
    pub fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Nothing may be left.
    pub fn expect_end(&self) -> Parsed<()> {
        if self.at_end() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    /// Reads this octet, if it comes next.
    pub fn byte(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads this octet.
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Parsed<()> {
        if self.byte(byte) { Ok(()) } else { Err(self.expected(what)) }
    }

    /// Reads one space.
    pub fn expect_space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space")
    }

    /// Reads octets as long as they are of a kind; `None` where there is none.
    pub fn take_while(&mut self, kind: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let rest = self.rest();
        let length = rest.iter().position(|&b| !kind(b)).unwrap_or(rest.len());
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    /// Reads text of ASCII octets of a kind.
    fn word(&mut self, kind: impl Fn(u8) -> bool) -> Option<&'a str> {
        let before = self.at;
        let word = self.take_while(kind).and_then(|word| std::str::from_utf8(word).ok());
        if word.is_none() {
            self.at = before;
        }
        word
    }

    /// `atom`
    pub fn atom(&mut self) -> Option<&'a str> {
        self.word(is_atom_char)
    }

    /// `atom`
    pub fn expect_atom(&mut self, what: &'static str) -> Parsed<&'a str> {
        self.atom().ok_or_else(|| self.expected(what))
    }

    /// `tag`: ASTRING-CHARs without `+`.
    pub fn tag(&mut self) -> Option<&'a str> {
        self.word(|b| is_astring_char(b) && b != b'+')
    }

    /// Reads this word, in any case, if a word of exactly these letters comes next.
    pub fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = self.clone();
        let found = ahead.atom().is_some_and(|atom| atom.eq_ignore_ascii_case(keyword));
        if found {
            self.at = ahead.at;
        }
        found
    }

    /// `number`, 32 bits.
    pub fn number(&mut self) -> Option<u32> {
        let before = self.at;
        let number = self.word(|b| b.is_ascii_digit()).and_then(|digits| digits.parse().ok());
        if number.is_none() {
            self.at = before;
        }
        number
    }

    /// `number64`, which has 63 bits (RFC 9051 section 9).
    pub fn number64(&mut self) -> Option<u64> {
        let before = self.at;
        let number = self.word(|b| b.is_ascii_digit()).and_then(|digits| digits.parse().ok()).filter(|&number| number < 1 << 63);
        if number.is_none() {
            self.at = before;
        }
        number
    }

    /// `number`, 32 bits.
    pub fn expect_number(&mut self) -> Parsed<u32> {
        self.number().ok_or_else(|| self.expected("a number below 4294967296"))
    }

    /// `quoted` or `literal`, if one comes next.
    pub fn string(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Some),
            Some(b'{') => self.literal().map(|octets| Some(Cow::Borrowed(octets))),
            _ => Ok(None),
        }
    }

    /// `astring`
    pub fn astring(&mut self, what: &'static str) -> Parsed<Cow<'a, [u8]>> {
        if let Some(string) = self.string()? {
            return Ok(string);
        }
        self.take_while(is_astring_char).map(Cow::Borrowed).ok_or_else(|| self.expected(what))
    }

    /// `astring` as text; octets that are not UTF-8 are replaced.
    pub fn astring_text(&mut self, what: &'static str) -> Parsed<String> {
        self.astring(what).map(|octets| String::from_utf8_lossy(&octets).into_owned())
    }

    /// `(` a b c `)`, with one space between two; empty is allowed.
    pub fn list<T>(&mut self, what: &'static str, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect(b'(', what)?;
        let mut items = Vec::new();
        if self.byte(b')') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.byte(b')') {
                return Ok(items);
            }
            self.expect(b' ', "a space or `)`")?;
        }
    }

    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.expect(b'"', "`\"`")?;
        let rest = self.rest();
        let mut plain = true;
        let mut n = 0;
        loop {
            match rest.get(n) {
                Some(b'"') => break,
                Some(b'\\') if matches!(rest.get(n + 1), Some(b'"' | b'\\')) => {
                    plain = false;
                    n += 2;
                }
                Some(b'\\' | b'\r' | b'\n' | 0) | None => {
                    self.at += n;
                    return Err(self.expected("`\"` at the end of a quoted string"));
                }
                Some(_) => n += 1,
            }
        }
        self.at += n + 1;
        let text = &rest[..n];
        if plain {
            return Ok(Cow::Borrowed(text));
        }
        let mut unescaped = Vec::with_capacity(n);
        let mut octets = text.iter();
        while let Some(&octet) = octets.next() {
            unescaped.push(if octet == b'\\' { octets.next().copied().unwrap_or(octet) } else { octet });
        }
        Ok(Cow::Owned(unescaped))
    }

    fn literal(&mut self) -> Parsed<&'a [u8]> {
        let size = self.literal_head()?;
        let octets = usize::try_from(size).ok().and_then(|size| self.rest().get(..size));
        let octets = octets.ok_or_else(|| self.expected(format!("a literal of {size} octets")))?;
        // CHAR8 has no NUL, and what came in so might go out again, as the name of a header field in FETCH does.
        if let Some(place) = memchr::memchr(0, octets) {
            self.at += place;
            return Err(self.expected("a literal without NUL"));
        }
        self.at += octets.len();
        Ok(octets)
    }

    /// `{n}` or `{n+}` and CRLF, without the octets that follow.
    pub fn literal_head(&mut self) -> Parsed<u64> {
        self.expect(b'{', "a literal")?;
        let digits = self.word(|b| b.is_ascii_digit()).ok_or_else(|| self.expected("the size of a literal"))?;
        self.byte(b'+');
        self.expect(b'}', "`}`")?;
        if !(self.byte(b'\r') && self.byte(b'\n')) {
            return Err(self.expected("the end of the line after `{n}`"));
        }
        Ok(digits.parse().unwrap_or(u64::MAX))
    }
}

/// `ATOM-CHAR`
pub fn is_atom_char(b: u8) -> bool {
    b.is_ascii_graphic() && !matches!(b, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// `ASTRING-CHAR`
pub fn is_astring_char(b: u8) -> bool {
    is_atom_char(b) || b == b']'
}

/// `list-char`: what a pattern of LIST may hold without quotes.
pub fn is_list_char(b: u8) -> bool {
    is_astring_char(b) || matches!(b, b'%' | b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_every_form() {
        for (text, value) in [
            ("abc def", "abc"),
            ("a]b", "a]b"),
            (r#""a b" x"#, "a b"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("\"\"", ""),
            ("{3}\r\na\nb rest", "a\nb"),
            ("{3+}\r\na)b", "a)b"),
            ("{0}\r\n", ""),
        ] {
            assert_eq!(&*Cursor::new(text.as_bytes()).astring("x").unwrap(), value.as_bytes(), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_was_expected_where_and_what_stood_there() {
        for (text, error) in [
            ("(a", "expected an atom at column 1, got `(a`"),
            ("", "expected an atom at column 1, got the end of the line"),
            (" x", "expected an atom at column 1, got a space"),
            ("\"abc", "expected an atom at column 1, got `\\\"abc`"),
            ("\x01", "expected an atom at column 1, got `\\x01`"),
        ] {
            assert_eq!(Cursor::new(text.as_bytes()).expect_atom("an atom").unwrap_err().to_string(), error);
        }
        let long = Cursor::new(b"{9}\r\nabc").astring("x").unwrap_err().to_string();
        assert_eq!(long, "expected a literal of 9 octets at column 6, got `abc`");
        let nul = Cursor::new(b"{3}\r\na\0c").astring("x").unwrap_err().to_string();
        assert_eq!(nul, "expected a literal without NUL at column 7, got `\\x00c`");
        let open = Cursor::new(b"\"abc").astring("x").unwrap_err().to_string();
        assert_eq!(open, "expected `\"` at the end of a quoted string at column 5, got the end of the line");
    }

    #[test]
    fn what_was_tried_in_vain_is_not_read() {
        let mut cursor = Cursor::new(b"99999999999 FLAGS");
        assert_eq!(cursor.number(), None);
        assert_eq!(cursor.offset(), 0);
        let mut cursor = Cursor::new(b"FLAGSX");
        assert!(!cursor.keyword("FLAGS"));
        assert!(cursor.keyword("flagsx"));
    }

    #[test]
    fn lists_may_be_empty_but_not_sloppy() {
        let read = |text: &str| {
            Cursor::new(text.as_bytes())
                .list("a list", |c| c.expect_atom("an atom"))
                .map(|list| list.join(","))
                .map_err(|e| e.to_string())
        };
        assert_eq!(read("()"), Ok("".into()));
        assert_eq!(read("(a b)"), Ok("a,b".into()));
        assert_eq!(read("(a  b)"), Err("expected an atom at column 4, got a space".into()));
        assert_eq!(read("(a"), Err("expected a space or `)` at column 3, got the end of the line".into()));
    }
}
