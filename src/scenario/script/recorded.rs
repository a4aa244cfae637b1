//! One recorded connection as the lines of a dialogue.

use std::collections::HashMap;
use std::time::Duration;

use super::replay::SHORTEST_WAIT;
use crate::proto::script::{Line, Part, Speaker, Step, Text, What};
use crate::proto::{Ats, Protocol};

/// Beside octets, what a connection is made a dialogue by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    pub(super) exact: bool,
    pub(super) protocol: Protocol,
    /// TLS begins where the record has it, and not before the first line.
    pub(super) upgrades: bool,
    /// When the server stopped.
    pub(super) stopped: Option<Duration>,
}

/// An end that comes so soon before the server's is the server's.
const AT_THE_END: Duration = Duration::from_millis(250);

/// Of a line that the server says, to know a goodbye by.
const LONGEST_HEAD: usize = 8;

/// What comes of a connection.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) lines: Vec<Line>,
    pub(super) left_out: Vec<String>,
}

/// What the client's octets are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Lines,
    /// A message, up to the dot.
    Content,
    /// So many octets; whether the client waits for the server's leave.
    Literal {
        left: usize,
        waits: bool,
    },
    /// A response to a SASL challenge.
    Response,
}

struct Reader<'a> {
    mode: Mode,
    out: Recorded,
    /// The line that is being read.
    line: &'a Line,
    reading: Reading,
    /// Octets of content or of a literal so far, and the line that they began in.
    pending: Option<(usize, &'a Line)>,
    /// The names that tags have been given.
    tags: HashMap<Vec<u8>, String>,
    /// An AUTHENTICATE is not answered yet.
    logging_in: bool,
    /// The server stands at the beginning of a line, and so does the client.
    fresh: [bool; 2],
    /// When something was last said.
    last: Option<Duration>,
    /// A fault has ended the connection: when, and by which step. What the client said after that was not heard.
    struck: Option<(Option<Duration>, &'a str)>,
    /// The last step of a fault that stays silent for ever.
    fate: Option<&'static str>,
    /// How the line begins that the server says: it may have come in pieces.
    head: Vec<u8>,
    said_goodbye: bool,
    over: bool,
}

impl Recorded {
    pub(super) fn of(lines: &[&Line], mode: Mode) -> Recorded {
        let Some(first) = lines.first() else { return Recorded::default() };
        let mut reader = Reader {
            mode,
            out: Recorded::default(),
            line: first,
            reading: Reading::Lines,
            pending: None,
            tags: HashMap::new(),
            logging_in: false,
            fresh: [true; 2],
            last: None,
            struck: None,
            fate: None,
            head: Vec::new(),
            said_goodbye: false,
            over: false,
        };
        for line in lines {
            reader.line = line;
            reader.read();
        }
        if !reader.over {
            // Where the record breaks off, nobody knows what would have come.
            reader.end("wait", None);
        }
        reader.out
    }
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let line = self.line;
        match &line.what {
            What::Said { who: Speaker::Server, text, crlf } => self.server(&octets(text, *crlf), *crlf),
            // Nobody listens any more.
            What::Said { who: Speaker::Client, .. } if self.struck.is_some() || self.fate.is_some() => {}
            What::Said { who: Speaker::Client, text, crlf } => {
                self.last = line.time.or(self.last);
                match self.mode.exact {
                    true => self.out.lines.push(line.clone()),
                    false => self.client(octets(text, *crlf)),
                }
            }
            What::Connected { .. } => self.last = line.time,
            What::Step(step) => self.step(step),
            What::Fact(text) => self.fact(text),
            What::Oddity(_) | What::Left { .. } => {}
        }
    }

    fn server(&mut self, octets: &[u8], crlf: bool) {
        self.flush();
        self.wait_until(self.line.time);
        let words = octets.strip_suffix(b"\r\n").filter(|_| crlf).unwrap_or(octets);
        let at_start = std::mem::replace(&mut self.fresh[0], octets.ends_with(b"\n"));
        let mut text = Text::literal(words);
        if at_start && !self.mode.exact {
            text = self.with_tags(words);
            self.heed(words);
        }
        if at_start {
            self.head.clear();
        }
        let room = LONGEST_HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(words.get(..room).unwrap_or(words));
        self.said_goodbye = match self.mode.protocol {
            Protocol::Smtp => self.head.starts_with(b"221") || self.head.starts_with(b"421"),
            Protocol::Imap => self.said_goodbye || self.head.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"* BYE")),
        };
        let what = What::Said { who: Speaker::Server, text, crlf };
        self.out.lines.push(Line { what, ..self.line.clone() });
        self.last = self.line.time.or(self.last);
    }

    /// What a reply means for what the client says next.
    fn heed(&mut self, words: &[u8]) {
        let asks = match self.mode.protocol {
            Protocol::Smtp => words.starts_with(b"334"),
            Protocol::Imap => self.logging_in && words.starts_with(b"+"),
        };
        if self.mode.protocol == Protocol::Smtp && words.starts_with(b"354") {
            self.reading = Reading::Content;
        } else if asks {
            self.reading = Reading::Response;
        } else if matches!(self.reading, Reading::Literal { waits: true, .. })
            && !words.starts_with(b"+")
            && !words.starts_with(b"*")
        {
            self.reading = Reading::Lines;
        }
        if !words.starts_with(b"*") && !words.starts_with(b"+") {
            self.logging_in = false;
        }
    }

    /// The tags of commands stand in their replies, and in `(TAG "a1")` (RFC 4731 section 3.1).
    fn with_tags(&self, words: &[u8]) -> Text {
        let first = words.split(|&octet| octet == b' ').next().unwrap_or_default();
        if let Some(name) = self.tags.get(first) {
            let rest = Text::literal(words.get(first.len()..).unwrap_or_default());
            return Text { parts: [Part::Name(name.as_str().into())].into_iter().chain(rest.parts).collect() };
        }
        const BEFORE: &[u8] = b"(TAG \"";
        let found = memchr::memmem::find(words, BEFORE).and_then(|at| {
            let (before, rest) = words.split_at_checked(at + BEFORE.len())?;
            let tag = rest.split(|&octet| octet == b'"').next()?;
            Some((before, self.tags.get(tag)?, rest.get(tag.len()..)?))
        });
        match found {
            Some((before, name, after)) => {
                let name = Part::Name(name.as_str().into());
                Text { parts: [Part::Octets(before.to_vec()), name, Part::Octets(after.to_vec())].into() }
            }
            None => Text::literal(words),
        }
    }

    fn client(&mut self, octets: Vec<u8>) {
        let at_start = std::mem::replace(&mut self.fresh[1], octets.ends_with(b"\n"));
        match self.reading {
            Reading::Content => {
                self.pend(octets.len());
                if octets == b".\r\n" && at_start {
                    self.pending = None;
                    self.reading = Reading::Lines;
                    self.command("content", None);
                }
            }
            Reading::Literal { left, waits } => {
                let own = left.min(octets.len());
                self.pend(own);
                self.reading = Reading::Literal { left: left - own, waits };
                if own == left {
                    self.pending = None;
                    self.reading = Reading::Lines;
                    self.command("literal", None);
                    let rest = octets.get(own..).unwrap_or_default().to_vec();
                    if !rest.is_empty() {
                        self.client(rest);
                    }
                }
            }
            Reading::Response | Reading::Lines => self.client_line(&octets),
        }
    }

    fn client_line(&mut self, octets: &[u8]) {
        let Some(words) = octets.strip_suffix(b"\r\n") else {
            let what = What::Said { who: Speaker::Client, text: Text::literal(octets), crlf: false };
            self.out.lines.push(Line { what, ..self.line.clone() });
            return;
        };
        let response = self.reading == Reading::Response;
        self.reading = Reading::Lines;
        let text = match self.mode.protocol {
            _ if response => Text { parts: vec![Part::Star] },
            Protocol::Smtp => self.smtp(words),
            Protocol::Imap => self.imap(words),
        };
        let what = What::Said { who: Speaker::Client, text, crlf: true };
        self.out.lines.push(Line { what, ..self.line.clone() });
    }

    fn smtp(&mut self, words: &[u8]) -> Text {
        let mut parts = words.splitn(3, |&octet| octet == b' ');
        let (verb, first, second) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let is = |name: &[u8]| verb.eq_ignore_ascii_case(name);
        let any_after =
            |octets: usize| Text { parts: vec![Part::Octets(words.get(..octets).unwrap_or(words).to_vec()), Part::Star] };
        match (first, second) {
            (Some(_), _) if is(b"EHLO") || is(b"HELO") => any_after(verb.len() + 1),
            (Some(mechanism), Some(_)) if is(b"AUTH") => any_after(verb.len() + mechanism.len() + 2),
            (Some(size), _) if is(b"BDAT") => {
                let left = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()).unwrap_or(0);
                self.reading = if left > 0 { Reading::Literal { left, waits: false } } else { Reading::Lines };
                any_after(verb.len() + 1)
            }
            (Some(_), _) if is(b"MAIL") => with_any_number(words, b" SIZE="),
            _ => Text::literal(words),
        }
    }

    fn imap(&mut self, words: &[u8]) -> Text {
        let mut parts = words.splitn(3, |&octet| octet == b' ');
        let (tag, verb, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
        let known = std::str::from_utf8(verb).ok().filter(|verb| verb.eq_ignore_ascii_case("UID") || is_verb(verb));
        let announced = words.strip_suffix(b"}").and_then(|open| {
            let digits = open.get(open.iter().rposition(|&octet| octet == b'{')? + 1..)?;
            let waits = !digits.ends_with(b"+") && !digits.ends_with(b"-");
            let digits = digits.strip_suffix(b"+").or(digits.strip_suffix(b"-")).unwrap_or(digits);
            Some((std::str::from_utf8(digits).ok()?.parse::<usize>().ok()?, waits))
        });
        if let Some((left, waits)) = announced {
            self.reading = if left > 0 { Reading::Literal { left, waits } } else { Reading::Lines };
        }
        let mut text = if announced.is_some() { with_any_last_number(words) } else { Text::literal(words) };
        let Some(verb) = known.filter(|_| !tag.is_empty()) else { return text };
        let name = format!("t{}", self.tags.len() + 1);
        // A tag that comes again is another one from here on.
        let name = self.tags.entry(tag.to_vec()).or_insert(name).clone();
        let is = |name: &str| verb.eq_ignore_ascii_case(name);
        let mechanism = rest.map(|rest| rest.split(|&octet| octet == b' ').next().unwrap_or_default().len());
        let any_after = match mechanism {
            Some(mechanism) if is("AUTHENTICATE") && rest.is_some_and(|rest| rest.len() > mechanism) => {
                Some(verb.len() + mechanism + 2)
            }
            Some(_) if is("ID") => Some(verb.len() + 1),
            _ => None,
        };
        self.logging_in = is("AUTHENTICATE");
        let rest = words.get(tag.len() + 1..).unwrap_or_default();
        if let Some(after) = any_after.filter(|_| announced.is_none()) {
            text = Text { parts: vec![Part::Octets(rest.get(..after).unwrap_or(rest).to_vec()), Part::Star] };
        } else if let Some(Part::Octets(first)) = text.parts.first_mut() {
            first.drain(..(tag.len() + 1).min(first.len()));
        }
        let space = Part::Octets(b" ".to_vec());
        Text { parts: [Part::Name(name.into()), space].into_iter().chain(text.parts).collect() }
    }

    fn pend(&mut self, octets: usize) {
        let line = self.line;
        self.pending.get_or_insert((0, line)).0 += octets;
    }

    /// Content or a literal that did not come to its end.
    fn flush(&mut self) {
        if let Some((octets, _)) = self.pending.take() {
            self.command("content", Some(octets.to_string()));
            self.reading = Reading::Lines;
        }
    }

    fn step(&mut self, step: &Step) {
        let text = format!("{} {}", step.name, step.value.as_deref().unwrap_or_default());
        let text = text.trim_end();
        if step.name == "fault" {
            let stalls = [("\"stall\"", "stall"), ("\"stop-reading\"", "stop-reading")];
            if let Some((_, name)) = stalls.into_iter().find(|(end, _)| text.ends_with(end)) {
                self.fate = Some(name);
            }
        } else if text.starts_with("reset (RST) by the ") || text.starts_with("closed (FIN) by the ") {
            self.ended(text);
        } else if !text.starts_with("client gave up") {
            // A step that somebody has written in.
            self.out.lines.push(self.line.clone());
        }
    }

    fn fact(&mut self, text: &'a str) {
        if text.starts_with("TLS ") && text.contains(" is up") {
            if self.mode.upgrades {
                self.flush();
                self.command("tls", None);
            }
        } else if text.starts_with("TLS failed") || text.contains("of TLS records or beneath them") {
            self.out.left_out.push(format!("octets below TLS are in no transcript ({text})"));
        } else if let Some((_, step)) = text.strip_prefix("fault ").and_then(|text| text.rsplit_once(" does ")) {
            self.struck = Some((self.line.time, step));
        } else if [" by the client in ", " by the server in ", " by the fault in "].into_iter().any(|by| text.contains(by))
            && ["closed (FIN)", "reset (RST)", "broken "].into_iter().any(|how| text.starts_with(how))
        {
            self.ended(text);
        }
    }

    /// How the connection ended, in the words of a transcript.
    fn ended(&mut self, text: &str) {
        self.flush();
        let at_the_end = match (self.line.time, self.mode.stopped) {
            (Some(time), Some(stopped)) => stopped.saturating_sub(time) < AT_THE_END,
            _ => false,
        };
        let by_fault = text.contains(" by the fault in ");
        if let Some(name) = self.fate.filter(|_| !by_fault) {
            return self.end(name, None);
        }
        match self.struck {
            Some((time, step)) => {
                self.wait_until(time);
                // As it stands there, which is as `do` has it.
                self.end("", Some(step.to_owned()));
            }
            None if by_fault => self.end(if text.starts_with("reset") { "reset" } else { "close" }, None),
            None if text.contains(" by the client in ") => self.end("wait", None),
            // The client was there when the server stopped.
            None if at_the_end && !self.said_goodbye => self.end("wait", None),
            // A dialogue that has nothing more to say is closed.
            None => self.over = true,
        }
    }

    fn end(&mut self, name: &str, value: Option<String>) {
        self.flush();
        if !self.over {
            self.over = true;
            self.command(name, value);
        }
    }

    /// The server has said nothing for so long.
    fn wait_until(&mut self, time: Option<Duration>) {
        let (Some(time), Some(last)) = (time, self.last) else { return };
        let wait = time.saturating_sub(last);
        if wait >= SHORTEST_WAIT {
            self.command("delay", Some(format!("{}ms", wait.as_millis())));
        }
    }

    fn command(&mut self, name: &str, value: Option<String>) {
        let range = self.line.range.clone();
        let step = Step { name: name.to_owned(), name_range: range.clone(), value, value_range: range };
        self.out.lines.push(Line { what: What::Step(step), ..self.line.clone() });
    }
}

fn octets(text: &Text, crlf: bool) -> Vec<u8> {
    let mut octets = text.fill(&crate::proto::script::Captures::default());
    octets.extend_from_slice(if crlf { b"\r\n" } else { b"" });
    octets
}

fn is_verb(word: &str) -> bool {
    Ats::parse(word).is_some_and(|at| !at.of(Protocol::Imap).is_empty() && at.headline() == word.to_ascii_uppercase())
}

/// The number behind these words may be another one.
fn with_any_number(words: &[u8], before: &[u8]) -> Text {
    let upper = words.to_ascii_uppercase();
    let Some(start) = memchr::memmem::find(&upper, before).map(|at| at + before.len()) else { return Text::literal(words) };
    let digits = words.get(start..).unwrap_or_default().iter().take_while(|octet| octet.is_ascii_digit()).count();
    split(words, start, start + digits)
}

/// The number in the last braces may be another one.
fn with_any_last_number(words: &[u8]) -> Text {
    let Some(start) = words.iter().rposition(|&octet| octet == b'{').map(|at| at + 1) else { return Text::literal(words) };
    let digits = words.get(start..).unwrap_or_default().iter().take_while(|octet| octet.is_ascii_digit()).count();
    split(words, start, start + digits)
}

fn split(words: &[u8], start: usize, end: usize) -> Text {
    let part = |octets: Option<&[u8]>| octets.filter(|octets| !octets.is_empty()).map(|octets| Part::Octets(octets.to_vec()));
    let parts = [part(words.get(..start)), Some(Part::Star), part(words.get(end..))];
    Text { parts: parts.into_iter().flatten().collect() }
}
