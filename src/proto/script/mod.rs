//! Scripts: a conversation in the notation of the RFCs' examples, as plain lines. Their parser is in `scenario::script`.
//!
//! ```text
//! S: * OK ready
//! C: <t> LOGIN *
//! S: <t> OK in
//! ! delay 200ms
//! S- * 3 EXI
//! ! reset
//! ```
//!
//! Who plays one side of a script *says* that side's lines ([`Text::fill`]) and *hears* the other's ([`Pattern`]). A dialogue is played by the server, which hears the `C` lines; a raw
//! client that tests a server hears the `S` lines. Only in lines that are heard are `*` and `?` special, and only there does `<name>` capture; in lines that are said it is replaced by what was
//! captured last, and stands for itself where nothing was.

mod octets;
mod pattern;
mod session;
mod text;

use std::ops::Range;
use std::time::Duration;

pub use octets::{read_escape, write_octets};
pub use pattern::{Case, Pattern, TooLarge};
pub use session::{Heard, LEFT, Script, ScriptSession, Turn};
pub use text::{Captures, Part, Text};

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// `C`.
    Client,
    /// `S`.
    Server,
}

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the script, from 1.
    pub number: usize,
    /// What it says, without the columns before it and without blanks around it, in octets of the script.
    pub range: Range<usize>,
    /// The column with the time since the start, if it is there.
    pub time: Option<Duration>,
    /// The column with the connection (`#1`), if it is there.
    pub connection: Option<u32>,
    /// What kind of line.
    pub what: What,
}

/// The kinds of line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `S:`, `C:`, `S-`, `C-`.
    Said {
        /// Which side.
        who: Speaker,
        /// The words, without the line's end.
        text: Text,
        /// CRLF follows: `S:` and `C:`.
        crlf: bool,
    },
    /// `! delay 200ms`; in a transcript also what a fault did, and how the connection ended.
    Step(Step),
    /// `? bare-lf: ...`: what the client did wrong, in a transcript.
    Oddity(String),
    /// `-- ...`: a fact, in a transcript. In a script written by hand it is a comment.
    Fact(String),
    /// `S  ... 12 more lines`: a transcript that was shortened. Octets are missing here.
    Left {
        /// Whose octets.
        who: Speaker,
        /// How many, in words.
        text: String,
    },
    /// `smtp  connected from 127.0.0.1:2`: a connection begins, in a transcript.
    Connected {
        /// The protocol's name.
        protocol: String,
        /// The listener's, where it has another one.
        listener: Option<String>,
    },
}

/// A step of a script: its first word, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `delay`.
    pub name: String,
    /// Where it stands in the script, in octets.
    pub name_range: Range<usize>,
    /// `200ms`, as it stands.
    pub value: Option<String>,
    /// Where the value stands in the script, in octets; where there is none, the end of the name.
    pub value_range: Range<usize>,
}
