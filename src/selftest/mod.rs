//! The self-test: every scenario over loopback, checked on the wire by a client that knows nothing of the server. It uses the system's blocking sockets
//! on a thread of its own, so that what it sees and when is the kernel's doing: which octets came, whether RST or FIN or nothing stands behind them.
//!
//! A scenario's `[[wire]]` says what must be seen; each is one connection, played in the order of the file; `repeat = 100` is a hundred of them. What is said there, line by line:
//!
//! | line | meaning |
//! |---|---|
//! | `C: TEXT`, `C- TEXT` | the client says this line, or these octets without CRLF; lines that follow each other leave in one write |
//! | `S: TEXT` | this line must come; `*` and `?` are globs, but a `*` with a space at the beginning is IMAP's own; `<name>` keeps a word for later lines |
//! | `S: ...` | any number of lines, up to the one that the next `S:` says |
//! | `S- TEXT` | exactly these octets must come |
//! | `! octets 20` | so many octets, whatever they are; inside TLS: octets of records since the client last spoke |
//! | `! reset`, `! close` | RST or FIN, and no octet before; `! close no-notify` is without TLS's close_notify |
//! | `! perhaps reset` | RST, and the script is over, or something else, and it goes on: for faults that are drawn |
//! | `! silence 1s` | nothing comes for so long, and the connection stays |
//! | `! delay 200ms` | what follows comes so long after what stands before: no sooner, and not much later |
//! | `! takes 300ms` | from the first octet of the line or the octets that follow to the last, so long or longer |
//! | `! wait 1s` | the client pauses |
//! | `! refused`, `! no-answer 1s` | connecting is refused, or not answered for so long; the next line connects again |
//! | `! send 70000`, `! blocked` | so many octets of text lines are sent; lines are sent until nothing more is taken |
//! | `! tls`, `! tls 1.3` | a handshake with the server's root trusted; then all lines are inside TLS |
//! | `! tls fails TEXT`, `! alert NAME` | TLS ends so: the words of the client's library (globs), or the server's alert inside TLS |
//! | `! hello` | a ClientHello is sent; what comes back is octets |
//! | `! leave` | the client closes with FIN |
//!
//! What comes at the wrong time is looked at again: pieces that were sent one after the other are seen together by a client that is kept waiting for its processor. The first try takes that for wrong;
//! the next ones take what stands before for late as far as it was late, so that no piece may come sooner after the client's own act than all delays together.
//!
//! A connection whose script does not end stays open until all are through, so that limits of concurrency can be met. What comes behind the last line of a script is not looked at: end it with
//! `! silence 300ms` where nothing may come. `selftest --draft FILE` plays only what the client says and does, and prints the script with what came: to be read and compared with what the
//! scenario says it does, not to be believed.

mod check;
mod client;
mod play;
#[cfg(test)]
mod replayed;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod words;

pub use check::{Settings, Verdict, check};
pub use play::Failure;
pub use table::text;

use std::time::Duration;

/// What came of one scenario.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario.
    pub name: String,
    /// What the wire showed, in a few words.
    pub seen: String,
    /// How it came out.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// Every conversation of the last try, as the client saw it.
    pub talk: String,
    /// Why it was tried again, once for each try that came to nothing.
    pub before: Vec<String>,
}

impl Checked {
    /// There is no `[[wire]]`: nothing was checked.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        matches!(self.verdict, Verdict::NotSaid)
    }
}
