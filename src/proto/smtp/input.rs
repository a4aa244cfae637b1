//! From octets to units: command lines, SASL responses, content.

use memchr::memchr;

use super::content::{Content, Taken};
use super::oddity;
use super::parse::{self, Verb};
use super::session::{SmtpSession, Unit};
use crate::proto::{Ats, Cx, Moment, Note, Notes};

/// Longest command line with its CRLF. RFC 5321 section 4.5.3.1.4 has 512 and extensions add to it; this holds all of them.
const MOST_LINE: usize = 4_096;
/// RFC 4954 section 4: the line length that AUTH and its responses need.
const MOST_AUTH_LINE: usize = 12_288;

/// What the next octets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Command,
    /// The rest of a command line that is too long; `dropped` octets of it so far.
    LongCommand {
        dropped: u64,
        at: Ats,
    },
    /// A SASL response.
    Response,
    LongResponse {
        dropped: u64,
    },
    /// Content of DATA.
    Lines,
    /// Content of BDAT, kept or (after a refusal) dropped.
    Chunk {
        left: u64,
        last: bool,
        refusal: Option<&'static str>,
    },
}

impl SmtpSession {
    pub(super) fn read(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        match self.input {
            Input::Command => self.read_command(input, cx),
            Input::Response => self.read_response(input, cx),
            Input::LongCommand { dropped, at } => {
                let (dropped, over) = skip_line(input, dropped);
                self.input = if over { Input::Command } else { Input::LongCommand { dropped, at } };
                over.then(|| self.too_long(dropped, at | Ats::COMMAND, cx.notes))
            }
            Input::LongResponse { dropped } => {
                let (dropped, over) = skip_line(input, dropped);
                self.input = if over { Input::Command } else { Input::LongResponse { dropped } };
                over.then(|| self.too_long(dropped, Ats::NONE, cx.notes))
            }
            Input::Lines => self.read_lines(input, cx),
            Input::Chunk { left, last, refusal } => self.read_chunk(input, left, last, refusal, cx),
        }
    }

    /// Content begins: nothing of it is there yet.
    pub(super) fn open_content(&mut self) {
        let limit = self.config.spec.size_limit;
        if let Some(mail) = &mut self.mail {
            mail.content = Content::new(limit, mail.declared);
        }
        if let Some(rare) = &mut self.rare {
            rare.reported = None;
        }
    }

    fn read_command(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        if input.starts_with(&[0x16, 0x03]) {
            // A TLS record (RFC 8446 section 5.1) may have no line feed for long, so it is not waited for.
            *input = &[];
            oddity::TLS_HANDSHAKE.note(cx.notes);
            self.unit = Unit::Wrong("421 4.7.0 Not TLS: this port starts with plain SMTP\r\n");
            return Some(Moment::new(Ats::COMMAND));
        }
        let (verb, at) = parse::verb(input.get(..input.len().min(9)).map_or(input, until_line_end));
        let limit = if verb == Verb::Auth { MOST_AUTH_LINE } else { MOST_LINE };
        let Some(line) = take_line(input, limit, cx.notes) else {
            if input.len() >= limit {
                self.input = Input::LongCommand { dropped: 0, at };
                return self.read(input, cx);
            }
            return None;
        };
        let (verb, at) = parse::verb(line);
        check_octets(line, verb, cx.notes);
        self.check_group(verb, !input.is_empty(), cx.notes);
        self.set_argument(line);
        self.phase = if at.is_empty() { "command" } else { at.headline() };
        match self.command(verb, line, cx) {
            Some(more) => Some(Moment::new(at | Ats::COMMAND | more)),
            None => self.read(input, cx),
        }
    }

    fn read_response(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        let Some(line) = take_line(input, MOST_AUTH_LINE, cx.notes) else {
            if input.len() >= MOST_AUTH_LINE {
                self.input = Input::LongResponse { dropped: 0 };
                return self.read(input, cx);
            }
            return None;
        };
        self.input = Input::Command;
        Some(Moment::new(self.response(line, cx)))
    }

    fn read_lines(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment> {
        let stop = self.next_stop();
        if !input.is_empty() {
            self.phase = "content";
        }
        let Some(mail) = &mut self.mail else {
            self.input = Input::Command;
            return None;
        };
        match mail.content.take_lines(input, stop) {
            Taken::More => None,
            Taken::Offset => Some(self.content_moment(stop)),
            Taken::End => {
                self.input = Input::Command;
                self.end_of_content(cx);
                Some(Moment::new(Ats::MESSAGE))
            }
        }
    }

    fn read_chunk(
        &mut self,
        input: &mut &[u8],
        mut left: u64,
        last: bool,
        refusal: Option<&'static str>,
        cx: &mut Cx<'_>,
    ) -> Option<Moment> {
        let command = Ats::BDAT | Ats::COMMAND;
        let stop = self.next_stop();
        let (Some(mail), None) = (&mut self.mail, refusal) else {
            // RFC 3030 section 2: the octets of a refused chunk come all the same.
            let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
            *input = input.get(skipped..).unwrap_or_default();
            left -= skipped as u64;
            self.input = if left == 0 { Input::Command } else { Input::Chunk { left, last, refusal } };
            let reply = refusal.unwrap_or("503 5.5.1 BDAT without MAIL\r\n");
            self.unit = Unit::Fixed(bytes::Bytes::from_static(reply.as_bytes()));
            return (left == 0).then(|| Moment::new(command));
        };
        let taken = mail.content.take_chunk(input, &mut left, stop);
        self.input = Input::Chunk { left, last, refusal };
        match taken {
            Taken::More => None,
            Taken::Offset => Some(self.content_moment(stop)),
            Taken::End => {
                self.input = Input::Command;
                self.phase = "BDAT";
                if last {
                    self.end_of_content(cx);
                    return Some(Moment::new(command | Ats::MESSAGE));
                }
                self.unit = Unit::Chunk;
                Some(Moment::new(command))
            }
        }
    }

    /// The whole message is here: names what is odd about it.
    fn end_of_content(&mut self, cx: &mut Cx<'_>) {
        self.unit = Unit::Message;
        self.phase = "message";
        let Some(mail) = &mut self.mail else { return };
        mail.content.finish();
        let content = &mail.content;
        if mail.body != parse::Body::Binary {
            if let Some(at) = content.bare_lf {
                oddity::BARE_LF.note_with(&format!("first at octet {at} of the content"), cx.notes);
            }
            if let Some(at) = content.bare_cr {
                oddity::BARE_CR.note_with(&format!("first at octet {at} of the content"), cx.notes);
            }
        }
        if content.eight_bit && mail.body == parse::Body::SevenBit {
            oddity::EIGHT_BIT_CONTENT.note(cx.notes);
        }
        if content.dropped > 0 {
            cx.notes.push(Note::Limit { name: "message".into(), dropped: content.dropped });
        }
    }

    /// The next offset that somebody wants to know of.
    fn next_stop(&self) -> Option<u64> {
        let rare = self.rare.as_ref()?;
        let wire = self.mail.as_ref()?.content.wire;
        let offsets = rare.watched.as_ref()?;
        offsets.iter().copied().find(|&offset| offset >= wire && rare.reported.is_none_or(|last| offset > last))
    }

    fn content_moment(&mut self, offset: Option<u64>) -> Moment {
        self.phase = "content";
        self.rare().reported = offset;
        Moment { at: Ats::CONTENT, offset: offset.unwrap_or_default() }
    }

    fn too_long(&mut self, dropped: u64, at: Ats, notes: &mut Notes) -> Moment {
        oddity::LINE_TOO_LONG.note_with(&format!("{dropped} octets"), notes);
        notes.push(Note::Limit { name: "command-line".into(), dropped });
        let auth = at.is_empty() || at.intersects(Ats::AUTH);
        // RFC 4954 section 4 has a code of its own for it.
        let reply = if auth { "500 5.5.6 Authentication exchange line is too long\r\n" } else { "500 5.5.2 Line too long\r\n" };
        self.unit = Unit::Fixed(bytes::Bytes::from_static(reply.as_bytes()));
        self.argument.clear();
        Moment::new(at)
    }

    fn set_argument(&mut self, line: &[u8]) {
        let rest = memchr(b' ', line).and_then(|at| line.get(at..)).unwrap_or_default();
        self.argument.clear();
        match std::str::from_utf8(rest) {
            Ok(text) => self.argument.push_str(text.trim_matches(' ')),
            Err(_) => self.argument.push_str(String::from_utf8_lossy(rest).trim_matches(' ')),
        }
    }

    /// RFC 2920 section 3.1, RFC 3207 section 4, RFC 4954 section 4: the reply to these may change what is to be sent.
    fn check_group(&self, verb: Verb, more: bool, notes: &mut Notes) {
        if !more {
            return;
        }
        match verb {
            Verb::Ehlo
            | Verb::Helo
            | Verb::Data
            | Verb::Vrfy
            | Verb::Expn
            | Verb::Quit
            | Verb::Noop
            | Verb::Starttls
            | Verb::Auth => {
                oddity::PIPELINING.note_with(&format!("`{verb:?}`").to_uppercase(), notes);
            }
            Verb::Mail | Verb::Rcpt | Verb::Rset if self.helo.is_some() && !self.flags.esmtp => {
                oddity::PIPELINING_UNANNOUNCED.note(notes);
            }
            _ => {}
        }
    }
}

/// The line at the front, without its end; `None`: it is not whole within the limit.
fn take_line<'a>(input: &mut &'a [u8], limit: usize, notes: &mut Notes) -> Option<&'a [u8]> {
    let at = memchr(b'\n', input.get(..limit).unwrap_or(input))?;
    let (line, rest) = (input.get(..at)?, input.get(at + 1..)?);
    *input = rest;
    if line.last() != Some(&b'\r') {
        oddity::BARE_LF.note_with(&format!("at column {} of a command", at + 1), notes);
    }
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

/// Drops up to the end of the line; how much in all, and whether the line is over.
fn skip_line(input: &mut &[u8], dropped: u64) -> (u64, bool) {
    let end = memchr(b'\n', input);
    let len = end.map_or(input.len(), |at| at + 1);
    *input = input.get(len..).unwrap_or_default();
    (dropped + len as u64, end.is_some())
}

fn until_line_end(front: &[u8]) -> &[u8] {
    let end = front.iter().position(|&octet| octet == b'\r' || octet == b'\n').unwrap_or(front.len());
    front.get(..end).unwrap_or(front)
}

/// Octets that have no place in a command; the first of each kind.
fn check_octets(line: &[u8], verb: Verb, notes: &mut Notes) {
    if line.iter().all(|octet| (32..127).contains(octet)) {
        return;
    }
    let mut note = |oddity: oddity::Oddity, test: fn(u8) -> bool| {
        if let Some(at) = line.iter().position(|&octet| test(octet)) {
            oddity.note_with(&format!("column {}", at + 1), notes);
        }
    };
    note(oddity::NUL, |octet| octet == 0);
    note(oddity::BARE_CR, |octet| octet == b'\r');
    note(oddity::CONTROL, |octet| matches!(octet, 1..=12 | 14..=31 | 127));
    // RFC 6531 allows UTF-8 in these; whether it was asked for is checked with the address.
    let takes_utf8 = matches!(verb, Verb::Mail | Verb::Rcpt | Verb::Vrfy | Verb::Expn);
    if !takes_utf8 || std::str::from_utf8(line).is_err() {
        note(oddity::EIGHT_BIT_COMMAND, |octet| octet >= 128);
    }
}
