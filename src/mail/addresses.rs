//! Address lists of header fields, from the raw value (RFC 5322 sections 3.4 and 4.4), as ENVELOPE shows them.

use super::Address;

/// More addresses of one field than this are not kept.
const MOST_ADDRESSES: usize = 10_000;
/// A domain literal is not looked for any further than this.
const LONGEST_LITERAL: usize = 256;

/// The addresses in an unfolded value, in whatever charset. Broken input gives what can be made out.
pub(super) fn addresses(value: &[u8]) -> Vec<Address> {
    let mut list = List::default();
    let mut tokens = Tokens { rest: value };
    while let Some(token) = tokens.next_token() {
        if list.found.len() >= MOST_ADDRESSES {
            break;
        }
        list.take(token);
    }
    list.flush();
    list.end_group();
    list.found
}

enum Token<'a> {
    /// Atoms, dots, `@` and domain literals, as they stand.
    Word(&'a [u8]),
    /// As it stands, with its quotes, and what it says.
    Quoted(&'a [u8], Vec<u8>),
    /// What it says.
    Comment(Vec<u8>),
    Blank,
    /// One of `,` `:` `;` `<` `>`.
    Special(u8),
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next_token(&mut self) -> Option<Token<'a>> {
        let first = *self.rest.first()?;
        Some(match first {
            b',' | b':' | b';' | b'<' | b'>' => {
                self.take(1);
                Token::Special(first)
            }
            b' ' | b'\t' => {
                self.take_up_to(|octet| !matches!(octet, b' ' | b'\t'));
                Token::Blank
            }
            b'"' => self.quoted(),
            b'(' => self.comment(),
            b'[' => {
                let near = self.rest.get(..LONGEST_LITERAL).unwrap_or(self.rest);
                let end = memchr::memchr(b']', near).map_or(1, |end| end + 1);
                Token::Word(self.take(end))
            }
            _ => {
                let special = |octet| matches!(octet, b',' | b':' | b';' | b'<' | b'>' | b' ' | b'\t' | b'"' | b'(' | b'[');
                Token::Word(self.take_up_to(special))
            }
        })
    }

    fn take(&mut self, octets: usize) -> &'a [u8] {
        let (token, rest) = self.rest.split_at(octets.min(self.rest.len()));
        self.rest = rest;
        token
    }

    fn take_up_to(&mut self, end: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&octet| end(octet)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn quoted(&mut self) -> Token<'a> {
        let mut text = Vec::new();
        let mut octets = self.rest.iter().copied().enumerate().skip(1);
        let mut end = self.rest.len();
        while let Some((at, octet)) = octets.next() {
            match octet {
                b'"' => {
                    end = at + 1;
                    break;
                }
                b'\\' => text.extend(octets.next().map(|(_, octet)| octet)),
                octet => text.push(octet),
            }
        }
        Token::Quoted(self.take(end), text)
    }

    fn comment(&mut self) -> Token<'a> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        let mut octets = self.rest.iter().copied().enumerate();
        let mut end = self.rest.len();
        while let Some((at, octet)) = octets.next() {
            match octet {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    text.extend(octets.next().map(|(_, octet)| octet));
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                end = at + 1;
                break;
            }
            // The outermost parentheses are not part of what it says.
            if at > 0 {
                text.push(octet);
            }
        }
        self.take(end);
        Token::Comment(text.trim_ascii().to_vec())
    }
}

#[derive(Default)]
struct List {
    found: Vec<Address>,
    in_group: bool,
    in_angle: bool,
    /// The colon of a source route was there.
    route_over: bool,
    /// A blank came since the last word of the phrase.
    blank: bool,
    /// The words outside angle brackets, quotes undone.
    phrase: Vec<u8>,
    /// The same as an address: as they stand, without blanks.
    bare: Vec<u8>,
    comment: Option<Vec<u8>>,
    angle: Option<Vec<u8>>,
}

impl List {
    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Blank => self.blank = true,
            Token::Comment(text) => {
                self.blank = true;
                self.comment = Some(text);
            }
            Token::Word(word) => self.word(word, word),
            Token::Quoted(raw, text) => self.word(raw, &text),
            // The comma between the hosts of a source route.
            Token::Special(b',') if self.in_angle && self.is_route() => self.word(b",", b","),
            Token::Special(b',') => self.flush(),
            Token::Special(b':') if self.in_angle || self.in_group => {
                self.route_over = true;
                self.word(b":", b":");
            }
            Token::Special(b':') => self.start_group(),
            Token::Special(b';') => {
                self.flush();
                self.end_group();
            }
            Token::Special(b'<') => {
                self.angle = Some(Vec::new());
                (self.in_angle, self.route_over) = (true, false);
            }
            Token::Special(_) => self.in_angle = false,
        }
    }

    fn word(&mut self, raw: &[u8], text: &[u8]) {
        if self.in_angle {
            self.angle.get_or_insert_default().extend_from_slice(raw);
            return;
        }
        if self.blank && !self.phrase.is_empty() {
            self.phrase.push(b' ');
        }
        self.blank = false;
        self.phrase.extend_from_slice(text);
        self.bare.extend_from_slice(raw);
    }

    fn is_route(&self) -> bool {
        !self.route_over && self.angle.as_ref().is_some_and(|angle| angle.starts_with(b"@"))
    }

    /// Makes an address of what was read, if anything was.
    fn flush(&mut self) {
        let (phrase, bare) = (std::mem::take(&mut self.phrase), std::mem::take(&mut self.bare));
        let (comment, angle) = (self.comment.take(), self.angle.take());
        (self.in_angle, self.blank) = (false, false);
        let named = Some(phrase).filter(|phrase| !phrase.is_empty());
        let comment = comment.filter(|comment| !comment.is_empty());
        let (name, spec) = match angle {
            Some(angle) => (named.or(comment), angle),
            None if bare.is_empty() => return,
            None => (comment, bare),
        };
        let colon = if spec.starts_with(b"@") { memchr::memchr(b':', &spec) } else { None };
        let (route, spec) = match colon {
            Some(colon) => (Some(spec[..colon].to_vec()), &spec[colon + 1..]),
            None => (None, &*spec),
        };
        // A quoted local part may hold an `@`, a domain may not. No domain is not `None`: that would be a group.
        let at = memchr::memrchr(b'@', spec).filter(|&at| !spec[at..].contains(&b'"'));
        let (mailbox, host) = at.map_or((spec, &[][..]), |at| (&spec[..at], &spec[at + 1..]));
        self.found.push(Address { name, route, mailbox: Some(unquoted(mailbox)), host: Some(host.to_vec()) });
    }

    fn start_group(&mut self) {
        let name = std::mem::take(&mut self.phrase);
        self.bare.clear();
        self.comment = None;
        self.blank = false;
        self.in_group = true;
        self.found.push(Address { name: None, route: None, mailbox: Some(name), host: None });
    }

    fn end_group(&mut self) {
        if std::mem::take(&mut self.in_group) {
            self.found.push(Address { name: None, route: None, mailbox: None, host: None });
        }
    }
}

/// A local part without its quotes (RFC 3501 section 9, `addr-mailbox`).
fn unquoted(local: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(local.len());
    let (mut quoted, mut escaped) = (false, false);
    for &octet in local {
        match octet {
            b'\\' if quoted && !escaped => {
                escaped = true;
                continue;
            }
            b'"' if !escaped => {
                quoted = !quoted;
                continue;
            }
            _ => plain.push(octet),
        }
        escaped = false;
    }
    plain
}
