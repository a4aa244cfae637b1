//! The client's protocol mistakes: every name that the journal may hold stands here.

use std::borrow::Cow;

use crate::proto::{Note, Notes};

/// A verb that this server does not know.
pub const UNKNOWN_COMMAND: &str = "unknown-command";
/// A mailbox name in another encoding than that of the wire (RFC 3501 section 5.1.3, RFC 6855 section 3), or one that is too long.
pub const BAD_NAME: &str = "bad-mailbox-name";
/// The arguments do not follow the grammar (RFC 3501 section 9).
pub const SYNTAX: &str = "syntax";
/// A line that ends in LF without CR (RFC 3501 section 2.2).
pub const BARE_LF: &str = "bare-lf";
/// Blanks before the end of a line: no grammar has them, some clients send them, and other servers look past them.
pub const TRAILING_BLANK: &str = "trailing-blank";
/// More blanks than one where the grammar has one, of the same kind.
pub const EXTRA_BLANK: &str = "extra-blank";
/// A command that the state does not allow (RFC 3501 section 3).
pub const OUT_OF_ORDER: &str = "command-out-of-order";
/// What stands first in the line is no tag (RFC 3501 section 2.2.1).
pub const BAD_TAG: &str = "bad-tag";
/// A literal beyond what the server takes.
pub const LITERAL_TOO_LARGE: &str = "literal-too-large";
/// A literal that does not wait for `+`, where that is not offered (RFC 7888).
pub const NOT_WAITED: &str = "literal-not-waited";
/// NUL in a literal that may have none (RFC 3501 section 9, `CHAR8`).
pub const NUL: &str = "nul";
/// A command beyond what the server takes.
pub const LINE_TOO_LONG: &str = "line-too-long";
/// Something else than `DONE` while IDLE was on (RFC 2177).
pub const TALKED_DURING_IDLE: &str = "talked-during-idle";
/// An answer to a SASL challenge that cannot be read (RFC 4422 section 3).
pub const BAD_SASL: &str = "malformed-sasl";
/// A message number above the number of messages (RFC 3501 section 9, `seq-number`).
pub const NO_SUCH_MESSAGE: &str = "no-such-message";

/// Writes a mistake into the notes.
pub fn note(notes: &mut Notes, name: &'static str, detail: impl Into<Cow<'static, str>>) {
    notes.push(Note::Oddity { name: name.into(), detail: detail.into() });
}
