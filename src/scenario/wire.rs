//! What `[[wire]]` says: conversations that `selftest` plays as a client, and what the wire must show. Plain data; [`crate::selftest`] plays it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regex::bytes::Regex;

/// A `[[wire]]`: one connection.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The listener that the client connects to.
    pub on: Arc<str>,
    /// Line in the file, from 1, where it begins.
    pub line: usize,
    /// What happens, in order.
    pub steps: Vec<WireStep>,
}

/// A line of a script.
#[derive(Clone, Debug)]
pub struct WireStep {
    /// Line in the file, from 1.
    pub line: usize,
    /// As it is written.
    pub text: Box<str>,
    /// What it means.
    pub act: Act,
}

/// What the client does, or what it must see.
#[derive(Clone, Debug)]
pub enum Act {
    /// `C: TEXT`, `C- TEXT`: the client says it, a line with its CRLF.
    Say(Text),
    /// `! send 70000`: it says so many octets of lines, as the content of a message.
    Send(u64),
    /// `S: TEXT`: a line that fits comes.
    Line(Text),
    /// `S: ...`: any number of lines, up to one that fits the next `S:`.
    Lines,
    /// `S- TEXT`: exactly these octets come.
    Octets(Box<[u8]>),
    /// `! octets 20`: so many octets come, whatever they are; in TLS, octets of its records since the client last spoke.
    AnyOctets(u64),
    /// `! reset`: RST, and no octet before it.
    Reset,
    /// `! close`: FIN, and no octet before it.
    Close(Notify),
    /// `! silence 1s`: nothing comes for so long.
    Silence(Duration),
    /// `! delay 200ms`: what follows comes no sooner than so long after what stands before, and not much later.
    Delay(Duration),
    /// `! wait 10s`: the client does nothing for so long; what comes meanwhile is read later.
    Wait(Duration),
    /// `! refused`: connecting is refused.
    Refused,
    /// `! no-answer 1s`: connecting is not answered for so long.
    NoAnswer(Duration),
    /// `! blocked`: the client writes and writes, until the server's side takes nothing more.
    Blocked,
    /// `! leave`: the client closes its side, with FIN.
    Leave,
    /// `! hello`: the client sends a ClientHello; what comes back is octets, not TLS.
    Hello,
    /// `! tls`, `! tls 1.3`: a handshake, by a client that trusts the server's root; what follows is inside TLS.
    Tls(Option<Box<str>>),
    /// `! tls fails TEXT`: handshake or session come to nothing, and the client's TLS library says why in these words.
    TlsFails(Text),
    /// `! alert NAME`: the server sends this alert inside TLS.
    Alert(Box<str>),
}

/// Whether FIN follows a close_notify, inside TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// It does; without TLS there is none.
    AsUsual,
    /// `! close no-notify`.
    Missing,
}

impl Act {
    /// How long the script waits here.
    pub fn waits(&self) -> Duration {
        match self {
            Act::Silence(time) | Act::Delay(time) | Act::Wait(time) | Act::NoAnswer(time) => *time,
            _ => Duration::ZERO,
        }
    }
}

/// What the names in a script stand for, so far.
pub type Captured = BTreeMap<Box<str>, Box<[u8]>>;

/// A text with globs and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Octet(u8),
    /// `?`
    One,
    /// `*`
    Many,
    /// `<name>`
    Name(Box<str>),
}

impl Text {
    /// Of a line in a script. `globs`: `*` and `?` are special. A `*` that begins the line and has a space behind it is the mark of IMAP's untagged
    /// responses, and no glob.
    pub fn parse(text: &str, globs: bool) -> Text {
        let mut tokens = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&octet, tail)) = rest.split_first() {
            if octet == b'<'
                && let Some((name, after)) = name(tail)
            {
                tokens.push(Token::Name(name.into()));
                rest = after;
                continue;
            }
            let first = tokens.is_empty();
            match octet {
                b'*' if globs && !(first && tail.first() == Some(&b' ')) => tokens.push(Token::Many),
                b'?' if globs => tokens.push(Token::One),
                _ => {
                    let (octet, length) = unescape(rest);
                    tokens.push(Token::Octet(octet));
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
            }
            rest = tail;
        }
        Text(tokens)
    }

    /// The same with a CRLF behind it.
    #[must_use]
    pub fn line(mut self) -> Text {
        self.0.extend([Token::Octet(b'\r'), Token::Octet(b'\n')]);
        self
    }

    /// The octets, with the names put in; an unknown name stands for itself.
    pub fn octets(&self, known: &Captured) -> Vec<u8> {
        let mut out = Vec::new();
        for token in &self.0 {
            match token {
                Token::Octet(octet) => out.push(*octet),
                Token::One => out.push(b'?'),
                Token::Many => out.push(b'*'),
                Token::Name(name) => match known.get(name) {
                    Some(octets) => out.extend_from_slice(octets),
                    None => out.extend_from_slice(format!("<{name}>").as_bytes()),
                },
            }
        }
        out
    }

    /// Whether all of `octets` fits; a name that is not known yet is captured.
    pub fn fits(&self, octets: &[u8], known: &mut Captured) -> bool {
        let mut pattern = String::from("(?s-u)^");
        let mut names: Vec<&str> = Vec::new();
        for token in &self.0 {
            match token {
                Token::Octet(octet) => pattern.push_str(&format!("\\x{octet:02x}")),
                Token::One => pattern.push('.'),
                Token::Many => pattern.push_str(".*"),
                Token::Name(name) => match known.get(name) {
                    Some(octets) => octets.iter().for_each(|octet| pattern.push_str(&format!("\\x{octet:02x}"))),
                    None => {
                        names.push(name);
                        pattern.push_str("([^ ]+?)");
                    }
                },
            }
        }
        pattern.push('$');
        // A pattern that is too large for the library fits nothing.
        let Some(found) = Regex::new(&pattern).ok().and_then(|regex| regex.captures(octets)) else { return false };
        for (at, name) in names.iter().enumerate() {
            if let Some(group) = found.get(at + 1) {
                known.insert((*name).into(), group.as_bytes().into());
            }
        }
        true
    }
}

/// The name in `name>...`, and what stands behind it.
fn name(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr::memchr(b'>', text)?;
    let (name, rest) = (text.get(..end)?, text.get(end + 1..)?);
    let good = name.first().is_some_and(u8::is_ascii_lowercase)
        && name.iter().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || *octet == b'-');
    Some((std::str::from_utf8(name).ok().filter(|_| good)?, rest))
}

/// The first octet, and how much of the text it takes: `\r`, `\n`, `\t` and `\xNN` are octets, and a backslash elsewhere is itself.
pub fn unescape(text: &[u8]) -> (u8, usize) {
    let hex = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match text {
        [b'\\', b'r', ..] => (b'\r', 2),
        [b'\\', b'n', ..] => (b'\n', 2),
        [b'\\', b't', ..] => (b'\t', 2),
        [b'\\', b'x', high, low, ..] => match (hex(*high), hex(*low)) {
            (Some(high), Some(low)) => (high << 4 | low, 4),
            _ => (b'\\', 1),
        },
        // A doubled one stands where a single one would be read as one of these.
        [b'\\', b'\\', b'r' | b'n' | b't' | b'x', ..] => (b'\\', 2),
        [octet, ..] => (*octet, 1),
        [] => (0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, line: &str) -> bool {
        Text::parse(pattern, true).fits(line.as_bytes(), &mut Captured::new())
    }

    #[test]
    fn globs_fit_whole_lines() {
        assert!(fits("220 *", "220 mx.mailfault.test") && !fits("220 *", "221 220 x") && !fits("220", "220 "));
        assert!(fits("a?c", "abc") && !fits("a?c", "ac"));
        // The mark of an untagged response is no glob.
        assert!(fits("* OK *", "* OK ready") && !fits("* OK *", "a OK ready"));
        assert!(fits(r"* FLAGS (\Seen \Answered)", r"* FLAGS (\Seen \Answered)"));
        assert!(fits(r"\x41\r", "A\r"));
    }

    #[test]
    fn a_name_is_captured_once_and_then_stands_for_what_it_was() {
        let mut known = Captured::new();
        assert!(Text::parse("* OK [UIDVALIDITY <v>] *", true).fits(b"* OK [UIDVALIDITY 17] x", &mut known));
        assert_eq!(Text::parse("C <v> <other> <A@b>", false).octets(&known), b"C 17 <other> <A@b>");
        assert!(Text::parse("is <v>", true).fits(b"is 17", &mut known) && !Text::parse("is <v>", true).fits(b"is 18", &mut known));
    }
}
