//! The journal as a file: JSON lines, one event a line, to be read by people, by `jq`, and by [`read()`], which gives the same events back.
//!
//! Every line is an object that starts with `t` (seconds since the journal was opened, nine decimals; read back to the nanosecond for the first 52
//! days), `conn` (the connection's number, 0 for none) and `event`. What follows depends on the event; names and order are fixed:
//!
//! | `event` | fields |
//! |---|---|
//! | `start` | those of [`super::event::Start`] |
//! | `listening` | `listener`, `protocol`, `addr` |
//! | `gate` | `listener`, `fault`, `how`, `open` |
//! | `command-started` | `command`, `pid` |
//! | `command-ended` | `code`, `signal` (one of them `null`) |
//! | `accept` | `listener`, `protocol`, `ordinal`, `peer` |
//! | `received`, `sent` | `octets`; `total` where not all of them were kept |
//! | `moment` | `at`, `offset` |
//! | `draw` | `fault`, `chance`, `draw` |
//! | `fault` | `fault`, `at`, `planned`, `shadowed` |
//! | `unseen` | `fault` |
//! | `step` | `fault`, `step`, `offset`, `outcome` |
//! | `answered` | `at`, `class`, `kept` |
//! | `gave-up` | `fault`, `step`, `after` (seconds), `how` |
//! | `end` | `by`, `how`, `phase`, `received`, `sent`, `unsent`, `unacknowledged` |
//! | `oddity` | `name`, `detail` |
//! | `login` | `user`, `mechanism`, `accepted` |
//! | `secret` | `mechanism`, `protected`, `tls_possible` |
//! | `begun` | `sender` |
//! | `message` | `stored`, `sender`, `recipients`, `user`, `helo`, `body`, `utf8`, `size`, `raw`; `rest` where `raw` is cut |
//! | `delivered` | `user`, `mailbox`, `uid`, `seen` |
//! | `flags` | `user`, `mailbox`, `uid`, `flags` |
//! | `expunged`, `fetched` | `user`, `mailbox`, `uid` |
//! | `limit` | `name`, `dropped` |
//! | `goodbye`, `server-goodbye` | none |
//! | `unfired` | `fault`, `protocol`, `optional`, `nearest` |
//! | `dropped` | `events`, `octets` |
//! | `stop` | `why` |
//!
//! Octets (`octets`, `raw`) are written as the text that they are, so that a conversation can be read in the file. Only what is no text needs a sign
//! of its own: control characters other than tab, CR and LF, and octets that are not UTF-8, are `\xNN`, and a backslash is doubled. JSON then adds its
//! own escapes (CR LF reads `\r\n`, `\xNN` reads `\\xNN`).
//!
//! A message is kept up to [`MOST_RAW`] octets. Of a longer one, `raw` is the first part and `rest` a digest (FNV-1a, 64 bits) of all that follows.
//! [`read()`] then puts one line that names both in place of the rest: equal messages stay equal, different ones different, and the header, which
//! tells messages apart first, is there.

mod read;
mod text;
mod write;

pub use read::{Cause, Read, ReadError, open, read};
pub use write::JsonLines;

/// Octets of a message that its line holds.
pub const MOST_RAW: usize = 1 << 20;

#[cfg(test)]
mod tests;
