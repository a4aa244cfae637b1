//! The parser of scripts: `[[dialogue]]`, `[[wire]]`, and whole transcripts.
//!
//! ```text
//! script     = *( [columns] line LF )      a blank line is nothing
//! columns    = [ "00:01.166" ] [ "#1" ]     blanks between them; the second begins a line of a connection
//! line       = ("S" / "C") (":" / "-") [ " " words ]
//!            / "!" step / "?" text / "--" text
//!            / ("S" / "C") " " text         in a transcript: octets that it does not have
//!            / protocol ["(" name ")"] "connected from" text       in a transcript
//! words      = *( octet / "\r" / "\n" / "\t" / "\\" / "\x" 2HEXDIG / "*" / "?" / "<" name ">" )
//! ```

mod origin;
mod recorded;
mod replay;
mod step;

use std::ops::Range;
use std::time::Duration;

pub(super) use origin::Origin;
pub use replay::{Replay, replay};
pub(super) use step::step_node;

use super::problem::Problem;
use crate::proto::Protocol;
use crate::proto::script::{Line, Part, Speaker, Step, Text, What, read_escape};

/// More lines than this are no script.
const MOST_LINES: usize = 200_000;
/// A transcript may have more: each line of a message is one.
const MOST_RECORDED: usize = 1_000_000;
/// So many mistakes are told; whoever has more has given something else than a script.
const MOST_SLIPS: usize = 20;
/// Octets of a line's words.
const MOST_OCTETS: usize = 1 << 20;
/// Captures in a line.
const MOST_NAMES: usize = 100;

/// Which kind of script it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Written by hand: `*`, `?` and `<name>` are special in words.
    Script,
    /// What was recorded: all words are themselves.
    Transcript,
}

/// Something wrong in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Where, in octets of the script.
    pub range: Range<usize>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Slip {
    /// As a problem of the file that the script stands in.
    pub(super) fn problem(self, origin: &Origin) -> Problem {
        let mut problem = Problem::new(origin.span(&self.range), self.message);
        problem.help(self.help);
        problem
    }
}

/// The lines of a script, and all that is wrong in it.
pub fn parse(text: &str, kind: Kind) -> (Vec<Line>, Vec<Slip>) {
    let mut parser = Parser { kind, lines: Vec::new(), slips: Vec::new() };
    let mut start = 0;
    for (at, raw) in text.split_inclusive('\n').enumerate() {
        let (what, most) = match kind {
            Kind::Script => ("script", MOST_LINES),
            Kind::Transcript => ("transcript", MOST_RECORDED),
        };
        if at >= most {
            let message = format!("a {what} has {most} lines at most");
            parser.slip(start..start + raw.trim_end().len(), message, "make it shorter");
            break;
        }
        if parser.slips.len() >= MOST_SLIPS {
            let message = format!("this {what} has more mistakes than are shown");
            parser.slip(start..start + raw.trim_end().len(), message, "mend those before this line");
            break;
        }
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        parser.line(at + 1, start, line.strip_suffix('\r').unwrap_or(line));
        start += raw.len();
    }
    (parser.lines, parser.slips)
}

struct Parser {
    kind: Kind,
    lines: Vec<Line>,
    slips: Vec<Slip>,
}

impl Parser {
    fn slip(&mut self, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.slips.push(Slip { range, message: message.into(), help: help.into() });
    }

    /// A line that begins at this octet of the script.
    fn line(&mut self, number: usize, start: usize, line: &str) {
        let mut rest = line.trim_start();
        let time = column(&mut rest, time);
        let connection = column(&mut rest, |word| word.strip_prefix('#')?.parse().ok());
        if rest.is_empty() {
            if time.is_some() || connection.is_some() {
                self.slip(start..start + line.len(), "this line says nothing", FORMS);
            }
            return;
        }
        let from = start + line.len() - rest.len();
        if let Some(what) = self.what(from, rest) {
            let range = from..from + rest.trim_end().len();
            self.lines.push(Line { number, range, time, connection, what });
        }
    }

    fn what(&mut self, start: usize, line: &str) -> Option<What> {
        if let (Some(letter @ ("S" | "C")), Some(mark), Some(words)) = (line.get(..1), line.get(1..2), line.get(2..)) {
            let who = if letter == "S" { Speaker::Server } else { Speaker::Client };
            match mark {
                ":" | "-" => {
                    let blank = usize::from(words.starts_with(' '));
                    let text = self.words(start + 2 + blank, words.get(blank..).unwrap_or_default())?;
                    return Some(What::Said { who, text, crlf: mark == ":" });
                }
                " " if self.kind == Kind::Transcript => return Some(What::Left { who, text: words.trim().to_owned() }),
                _ => {}
            }
        }
        if let Some(text) = line.strip_prefix("--") {
            return Some(What::Fact(text.trim().to_owned()));
        }
        if let Some(text) = line.strip_prefix('?') {
            return Some(What::Oddity(text.trim().to_owned()));
        }
        if let Some(text) = line.strip_prefix('!') {
            return self.step(start + 1, text).map(What::Step);
        }
        if let (Kind::Transcript, Some(connected)) = (self.kind, connected(line)) {
            return Some(connected);
        }
        let word = line.split_whitespace().next().unwrap_or(line);
        let (message, help) = match word {
            _ if line.contains('\x1b') => {
                ("this transcript was recorded in colours".to_owned(), "record it with `--colour never`")
            }
            "s:" | "c:" | "s-" | "c-" => (format!("`{word}` has a small letter"), "write `S:` and `C:`"),
            _ if self.kind == Kind::Transcript => (format!("`{word}` does not begin a line of a transcript"), RECORD),
            _ => (format!("`{word}` does not begin a line of a script"), FORMS),
        };
        self.slip(start..start + word.len(), message, help);
        None
    }

    fn step(&mut self, start: usize, text: &str) -> Option<Step> {
        let start = start + text.len() - text.trim_start().len();
        let text = text.trim();
        if text.is_empty() {
            self.slip(start.saturating_sub(1)..start, "`!` without a step", "write one, such as `! reset` or `! delay 200ms`");
            return None;
        }
        // `! { cut = 11, raw = true }` is a step as `do` has it.
        let name = if text.starts_with(['{', '"']) { "" } else { text.split_whitespace().next().unwrap_or(text) };
        let value = text.get(name.len()..).unwrap_or_default();
        let from = start + text.len() - value.trim_start().len();
        let value = Some(value.trim()).filter(|value| !value.is_empty()).map(str::to_owned);
        let value_range = if value.is_some() { from..start + text.len() } else { start + name.len()..start + name.len() };
        Some(Step { name: name.to_owned(), name_range: start..start + name.len(), value, value_range })
    }

    fn words(&mut self, start: usize, words: &str) -> Option<Text> {
        let octets = words.as_bytes();
        if octets.len() > MOST_OCTETS {
            self.slip(
                start..start + octets.len(),
                "this line is longer than 1 MiB",
                "make it shorter, or take several with `S-`",
            );
            return None;
        }
        let mut text = Text::default();
        let (mut at, mut names) = (0, 0);
        while let Some(&octet) = octets.get(at) {
            let rest = octets.get(at..).unwrap_or_default();
            let special = self.kind == Kind::Script;
            match octet {
                b'\\' => match read_escape(rest) {
                    Ok(Some((octet, length))) => {
                        text.push(octet);
                        at += length;
                        continue;
                    }
                    Ok(None) => text.push(octet),
                    Err(length) => {
                        let message = r"`\x` needs two hexadecimal digits";
                        self.slip(
                            start + at..start + at + length,
                            message,
                            r"write an octet as `\xff`, and a backslash before an x as `\\x`",
                        );
                        return None;
                    }
                },
                b'*' if special => text.parts.push(Part::Star),
                b'?' if special => text.parts.push(Part::Mark),
                b'<' if special => match name(rest) {
                    Some(name) => {
                        text.parts.push(Part::Name(name.into()));
                        names += 1;
                        at += name.len() + 1;
                    }
                    None => text.push(octet),
                },
                octet => text.push(octet),
            }
            at += 1;
        }
        if names > MOST_NAMES {
            let message = format!("this line captures more than {MOST_NAMES} values");
            self.slip(start..start + octets.len(), message, r"write `\x3c` for a `<` that captures nothing");
            return None;
        }
        Some(text)
    }
}

const FORMS: &str =
    "a line begins with `S:` or `C:` (what server or client says), `S-` or `C-` (the same without CRLF), or `!` (a step)";

const RECORD: &str = "record one with `--transcript-file FILE`, or replay the file of `--journal`";

/// Takes the first word off, if it is what is wanted.
fn column<T>(rest: &mut &str, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
    let word = rest.split_whitespace().next()?;
    let value = wanted(word)?;
    *rest = rest.get(word.len()..).unwrap_or_default().trim_start();
    Some(value)
}

/// `01:02.345`: minutes, seconds, and parts of them.
fn time(word: &str) -> Option<Duration> {
    let (minutes, seconds) = word.split_once(':')?;
    let (whole, part) = seconds.split_once('.')?;
    let number = |digits: &str, lengths: Range<usize>| -> Option<u64> {
        let fits = lengths.contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        fits.then(|| digits.parse().ok())?
    };
    let nanoseconds = number(part, 1..10)?.checked_mul(10_u64.pow(9 - u32::try_from(part.len()).ok()?))?;
    let seconds = number(minutes, 1..9)?.checked_mul(60)?.checked_add(number(whole, 2..3)?)?;
    Some(Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds))
}

/// The name of `<name>` at the start of these octets.
fn name(text: &[u8]) -> Option<&str> {
    let end = text.iter().position(|&octet| octet == b'>')?;
    let name = text.get(1..end).and_then(|name| std::str::from_utf8(name).ok())?;
    let fits = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    (name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(fits)).then_some(name)
}

/// `smtp (name)  connected from 127.0.0.1:2`.
fn connected(line: &str) -> Option<What> {
    let (before, _) = line.split_once(" connected from ")?;
    let (protocol, name) = match before.trim().split_once(" (") {
        Some((protocol, name)) => (protocol, Some(name.strip_suffix(')')?)),
        None => (before.trim(), None),
    };
    if Protocol::ALL.into_iter().all(|known| known.name() != protocol) {
        return None;
    }
    Some(What::Connected { protocol: protocol.to_owned(), listener: name.map(str::to_owned) })
}

#[cfg(test)]
mod tests;
