//! Address lists of header fields, from the raw value (RFC 5322 sections 3.4 and 4.4), as ENVELOPE shows them.

use super::Address;

/// More addresses of one field than this are not kept.
const MOST_ADDRESSES: usize = 10_000;
/// A domain literal is not looked for any further than this.
const LONGEST_LITERAL: usize = 256;

/// The addresses in an unfolded value. Broken input gives what can be made out.
pub(super) fn addresses(value: &str) -> Vec<Address> {
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
    Word(&'a str),
    /// As it stands, with its quotes, and what it says.
    Quoted(&'a str, String),
    /// What it says.
    Comment(String),
    Blank,
    /// One of `,` `:` `;` `<` `>`.
    Special(char),
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn next_token(&mut self) -> Option<Token<'a>> {
        let first = self.rest.chars().next()?;
        Some(match first {
            ',' | ':' | ';' | '<' | '>' => {
                self.take(1);
                Token::Special(first)
            }
            ' ' | '\t' => {
                let end = self.rest.find(|c| !matches!(c, ' ' | '\t')).unwrap_or(self.rest.len());
                self.take(end);
                Token::Blank
            }
            '"' => self.quoted(),
            '(' => self.comment(),
            '[' => {
                let octets = self.rest.as_bytes();
                let near = &octets[..octets.len().min(LONGEST_LITERAL)];
                let end = memchr::memchr(b']', near).map_or(1, |end| end + 1);
                Token::Word(self.take(end))
            }
            c => {
                let rest = &self.rest[c.len_utf8()..];
                let end = rest.find([',', ':', ';', '<', '>', ' ', '\t', '"', '(', '[']).unwrap_or(rest.len());
                Token::Word(self.take(c.len_utf8() + end))
            }
        })
    }

    fn take(&mut self, octets: usize) -> &'a str {
        let (token, rest) = self.rest.split_at(octets);
        self.rest = rest;
        token
    }

    fn quoted(&mut self) -> Token<'a> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Token::Quoted(self.take(end), text)
    }

    fn comment(&mut self) -> Token<'a> {
        let mut text = String::new();
        let mut depth = 0_usize;
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                '\\' => {
                    text.extend(chars.next().map(|(_, c)| c));
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
                text.push(c);
            }
        }
        self.take(end);
        Token::Comment(text.trim().to_owned())
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
    phrase: String,
    /// The same as an address: as they stand, without blanks.
    bare: String,
    comment: Option<String>,
    angle: Option<String>,
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
            Token::Special(',') if self.in_angle && self.is_route() => self.word(",", ","),
            Token::Special(',') => self.flush(),
            Token::Special(':') if self.in_angle || self.in_group => {
                self.route_over = true;
                self.word(":", ":");
            }
            Token::Special(':') => self.start_group(),
            Token::Special(';') => {
                self.flush();
                self.end_group();
            }
            Token::Special('<') => {
                self.angle = Some(String::new());
                (self.in_angle, self.route_over) = (true, false);
            }
            Token::Special(_) => self.in_angle = false,
        }
    }

    fn word(&mut self, raw: &str, text: &str) {
        if self.in_angle {
            self.angle.get_or_insert_default().push_str(raw);
            return;
        }
        if self.blank && !self.phrase.is_empty() {
            self.phrase.push(' ');
        }
        self.blank = false;
        self.phrase.push_str(text);
        self.bare.push_str(raw);
    }

    fn is_route(&self) -> bool {
        !self.route_over && self.angle.as_ref().is_some_and(|angle| angle.starts_with('@'))
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
        let (route, spec) = match spec.split_once(':') {
            Some((route, spec)) if route.starts_with('@') => (Some(route.to_owned()), spec),
            _ => (None, &*spec),
        };
        // A quoted local part may hold an `@`, a domain may not. No domain is not `None`: that would be a group.
        let (mailbox, host) = spec.rsplit_once('@').unwrap_or((spec, ""));
        self.found.push(Address { name, route, mailbox: Some(mailbox.to_owned()), host: Some(host.to_owned()) });
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
