//! JSON lines as events again.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::{Event, Span, What};
use super::text;
use crate::mail::{Body, Message, Note, Transaction};

/// No line that we write is longer: a message of [`super::MOST_RAW`] octets with five characters each, and its envelope.
const MOST_LINE: u64 = 16 << 20;

/// What is wrong with a journal, and where.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {cause}")]
pub struct ReadError {
    /// From 1.
    pub line: u64,
    /// From 1, in octets; 1 where it is the whole line.
    pub column: usize,
    /// What.
    #[source]
    pub cause: Cause,
}

/// The ways in which a line of a journal can be wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// It could not be read at all.
    #[error("the journal cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The last line has no end: the process was killed while it wrote.
    #[error("the journal ends in the middle of a line")]
    Cut,
    /// A line longer than any that `mailfault` writes.
    #[error("the line is longer than {MOST_LINE} octets, so `mailfault` did not write it")]
    TooLong,
    /// It is not a JSON object.
    #[error("not a JSON object: {0}")]
    Syntax(String),
    /// A field is not there.
    #[error("there is no field `{0}`")]
    Missing(&'static str),
    /// A field holds what it cannot hold.
    #[error("field `{field}`: {problem}")]
    Value {
        /// Its name.
        field: &'static str,
        /// What was found, and what was expected.
        problem: String,
    },
    /// A kind of event that this version does not know.
    #[error("unknown event `{0}`")]
    UnknownEvent(String),
}

/// Reads a journal's file.
///
/// # Errors
/// The file cannot be opened.
pub fn open(path: impl AsRef<Path>) -> io::Result<Read<BufReader<File>>> {
    File::open(path).map(|file| read(BufReader::new(file)))
}

/// Reads a journal: its events in order, each with its octets (empty where the event has none). A wrong line is an error and the next is read; after an
/// error of reading itself nothing follows.
pub fn read<R: BufRead>(source: R) -> Read<R> {
    Read { source, line: 0, over: false, text: Vec::new() }
}

/// An iterator over a journal's events.
#[derive(Debug)]
pub struct Read<R> {
    source: R,
    line: u64,
    over: bool,
    text: Vec<u8>,
}

impl<R: BufRead> Iterator for Read<R> {
    type Item = Result<(Event, Vec<u8>), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            self.line += 1;
            self.text.clear();
            let got = io::Read::take(&mut self.source, MOST_LINE + 1).read_until(b'\n', &mut self.text);
            let cause = match got {
                Ok(0) => break,
                Ok(_) if self.text.ends_with(b"\n") => {
                    if self.text.trim_ascii().is_empty() {
                        continue;
                    }
                    return Some(parse(&self.text).map_err(|(column, cause)| ReadError { line: self.line, column, cause }));
                }
                Ok(count) if count as u64 > MOST_LINE => Cause::TooLong,
                Ok(_) => Cause::Cut,
                Err(error) => Cause::Io(error),
            };
            self.over = true;
            return Some(Err(ReadError { line: self.line, column: self.text.len().max(1), cause }));
        }
        self.over = true;
        None
    }
}

/// A column and what is wrong there.
type Wrong = (usize, Cause);

fn parse(line: &[u8]) -> Result<(Event, Vec<u8>), Wrong> {
    let values: Map<String, Value> = serde_json::from_slice(line).map_err(|error| syntax(&error))?;
    let mut fields = Fields { line, values };
    let ns = fields.seconds("t")?;
    let conn = fields.get("conn")?;
    let kind: String = fields.get("event")?;
    let (what, octets) = match &*kind {
        "received" => fields.payload(What::Received)?,
        "sent" => fields.payload(What::Sent)?,
        "sent-raw" => fields.payload(What::SentRaw)?,
        _ => (fields.what(&kind)?, Vec::new()),
    };
    Ok((Event { ns, conn, what }, octets))
}

/// `serde_json` ends its messages with a place; it is told apart from the message here.
fn syntax(error: &serde_json::Error) -> Wrong {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(&*text, |(message, _)| message);
    (error.column().max(1), Cause::Syntax(message.to_owned()))
}

struct Fields<'a> {
    line: &'a [u8],
    values: Map<String, Value>,
}

impl Fields<'_> {
    fn get<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, Wrong> {
        let value = self.values.get_mut(name).map(Value::take).ok_or((1, Cause::Missing(name)))?;
        serde_json::from_value(value).map_err(|error| self.wrong(name, error.to_string()))
    }

    fn text(&mut self, name: &'static str) -> Result<Arc<str>, Wrong> {
        self.get::<String>(name).map(Arc::from)
    }

    fn octets(&mut self, name: &'static str) -> Result<Vec<u8>, Wrong> {
        let text: String = self.get(name)?;
        text::octets(&text)
            .ok_or_else(|| self.wrong(name, r"a backslash stands for nothing but `\xNN` or, doubled, itself".to_owned()))
    }

    /// Nanoseconds from seconds.
    fn seconds(&mut self, name: &'static str) -> Result<u64, Wrong> {
        let seconds: f64 = self.get(name)?;
        let time = Duration::try_from_secs_f64(seconds).map_err(|error| self.wrong(name, error.to_string()))?;
        Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    fn payload(&mut self, what: fn(Span) -> What) -> Result<(What, Vec<u8>), Wrong> {
        let octets = self.octets("octets")?;
        let total = if self.values.contains_key("total") { self.get("total")? } else { octets.len() as u64 };
        let kept = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        Ok((what(Span { start: 0, kept, total }), octets))
    }

    fn wrong(&self, field: &'static str, problem: String) -> Wrong {
        let quoted = format!("\"{field}\":");
        let column = memchr::memmem::find(self.line, quoted.as_bytes()).map_or(1, |at| at + quoted.len() + 1);
        (column, Cause::Value { field, problem })
    }

    fn what(&mut self, kind: &str) -> Result<What, Wrong> {
        Ok(match kind {
            "start" => What::Start(serde_json::from_slice(self.line).map_err(|error| syntax(&error))?),
            "listening" => {
                What::Listening { listener: self.text("listener")?, protocol: self.get("protocol")?, addr: self.get("addr")? }
            }
            "gate" => What::Gate {
                listener: self.text("listener")?,
                fault: self.text("fault")?,
                how: self.gate()?,
                open: self.get("open")?,
            },
            "command-started" => What::CommandStarted { command: self.text("command")?, pid: self.get("pid")? },
            "command-ended" => What::CommandEnded { code: self.get("code")?, signal: self.get("signal")? },
            "accept" => What::Accept {
                listener: self.text("listener")?,
                protocol: self.get("protocol")?,
                ordinal: self.get("ordinal")?,
                peer: self.get("peer")?,
            },
            "hello" => What::Hello { sni: self.get("sni")?, alpn: self.get("alpn")?, versions: self.get("versions")? },
            "secured" => What::Secured {
                version: self.get::<String>("version")?.into(),
                suite: self.get("suite")?,
                resumed: self.get("resumed")?,
            },
            "tls-failed" => What::TlsFailed { why: self.get("why")?, alert: self.get("alert")? },
            "moment" => What::Moment { at: self.get("at")?, offset: self.get("offset")? },
            "draw" => What::Draw { fault: self.text("fault")?, chance: self.get("chance")?, draw: self.get("draw")? },
            "fault" => What::Fault {
                fault: self.text("fault")?,
                at: self.get("at")?,
                planned: self.text("planned")?,
                shadowed: self.get("shadowed")?,
            },
            "unseen" => What::Unseen { fault: self.text("fault")? },
            "step" => What::Step {
                fault: self.text("fault")?,
                step: self.text("step")?,
                offset: self.get("offset")?,
                outcome: self.get("outcome")?,
            },
            "answered" => What::Answered { at: self.get("at")?, class: self.get("class")?, kept: self.get("kept")? },
            "gave-up" => What::GaveUp {
                fault: self.text("fault")?,
                step: self.text("step")?,
                after: Duration::from_nanos(self.seconds("after")?),
                how: self.get("how")?,
            },
            "end" => What::End {
                by: self.get("by")?,
                how: self.get("how")?,
                phase: self.get("phase")?,
                received: self.get("received")?,
                sent: self.get("sent")?,
                unsent: self.get("unsent")?,
                unacknowledged: self.get("unacknowledged")?,
            },
            "unfired" => What::Unfired {
                fault: self.text("fault")?,
                protocol: self.get("protocol")?,
                optional: self.get("optional")?,
                nearest: self.text("nearest")?,
            },
            "dropped" => What::Dropped { events: self.get("events")?, octets: self.get("octets")? },
            "stop" => What::Stop { why: self.text("why")? },
            _ => What::Note(self.note(kind)?),
        })
    }

    fn note(&mut self, kind: &str) -> Result<Note, Wrong> {
        Ok(match kind {
            "oddity" => Note::Oddity { name: self.get("name")?, detail: self.get("detail")? },
            "login" => {
                Note::Login { user: self.text("user")?, mechanism: self.get("mechanism")?, accepted: self.get("accepted")? }
            }
            "secret" => Note::Secret {
                mechanism: self.get("mechanism")?,
                protected: self.get("protected")?,
                tls_possible: self.get("tls_possible")?,
            },
            "begun" => Note::Begun { sender: self.text("sender")? },
            "message" => Note::Message { stored: self.get("stored")?, transaction: Arc::new(self.transaction()?) },
            "delivered" => Note::Delivered {
                user: self.text("user")?,
                mailbox: self.text("mailbox")?,
                uid: self.get("uid")?,
                seen: self.get("seen")?,
            },
            "flags" => Note::Flags {
                user: self.text("user")?,
                mailbox: self.text("mailbox")?,
                uid: self.get("uid")?,
                flags: self.get("flags")?,
            },
            "expunged" => Note::Expunged { user: self.text("user")?, mailbox: self.text("mailbox")?, uid: self.get("uid")? },
            "copied" => Note::Copied {
                user: self.text("user")?,
                mailbox: self.text("mailbox")?,
                uid: self.get("uid")?,
                from: self.text("from")?,
                from_uid: self.get("from_uid")?,
                moved: self.get("moved")?,
            },
            "in-vain" => Note::InVain {
                user: self.text("user")?,
                mailbox: self.text("mailbox")?,
                uid: self.get("uid")?,
                command: self.get("command")?,
            },
            "fetched" => Note::Fetched { user: self.text("user")?, mailbox: self.text("mailbox")?, uid: self.get("uid")? },
            "limit" => Note::Limit { name: self.get("name")?, dropped: self.get("dropped")? },
            "goodbye" => Note::Goodbye,
            "server-goodbye" => Note::ServerGoodbye,
            unknown => {
                let (column, _) = self.wrong("event", String::new());
                return Err((column, Cause::UnknownEvent(unknown.to_owned())));
            }
        })
    }

    fn gate(&mut self) -> Result<&'static str, Wrong> {
        match &*self.get::<String>("how")? {
            "refuse" => Ok("refuse"),
            "blackhole" => Ok("blackhole"),
            other => Err(self.wrong("how", format!("`{other}` is neither `refuse` nor `blackhole`"))),
        }
    }

    fn transaction(&mut self) -> Result<Transaction, Wrong> {
        let mut raw = self.octets("raw")?;
        if self.values.contains_key("rest") {
            let (size, rest): (usize, String) = (self.get("size")?, self.get("rest")?);
            let more = size.saturating_sub(raw.len());
            raw.extend_from_slice(format!("\r\n[{more} more octets, digest {rest}]\r\n").as_bytes());
        }
        let body = match &*self.get::<String>("body")? {
            "7BIT" => Body::SevenBit,
            "8BITMIME" => Body::EightBit,
            "BINARYMIME" => Body::Binary,
            other => return Err(self.wrong("body", format!("`{other}` is none of `7BIT`, `8BITMIME`, `BINARYMIME`"))),
        };
        Ok(Transaction {
            sender: self.text("sender")?,
            recipients: self.get::<Vec<String>>("recipients")?.into_iter().map(Arc::from).collect(),
            user: self.get::<Option<String>>("user")?.map(Arc::from),
            helo: self.text("helo")?,
            body,
            utf8: self.get("utf8")?,
            message: Arc::new(Message::new(raw.into())),
        })
    }
}
