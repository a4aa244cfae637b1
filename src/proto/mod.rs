//! Sessions: what SMTP and IMAP are, without sockets, clocks or faults.
//!
//! A driver feeds octets to [`Session::next`], which returns the next [`Moment`]. The driver then asks for the normal [`Answer`], tells the session
//! with [`Session::resolve`] whether the change that goes with it happens, writes what is to be written, and reports with [`Session::sent`] how much of
//! the normal reply left. Nothing in here does I/O.

#[cfg(test)]
pub(crate) mod dialogue;
pub mod imap;
pub mod moment;
pub mod rope;
pub mod sasl;
pub mod script;
pub mod smtp;
pub mod words;

use std::sync::Arc;

pub use moment::{Ats, Moment, Protocol};

pub use rope::{Piece, Rope, Source};

use crate::mail::{Mutation, Store};
pub use crate::mail::{Note, Notes};

/// What kind of reply this is: only a reply of the other kind changes what a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// 2xx, `OK`, `PREAUTH`, untagged data.
    Ok,
    /// 3xx, `+`.
    More,
    /// 4xx and 5xx, `NO`, `BYE`.
    No,
    /// `BAD`.
    Bad,
}

impl Class {
    /// Whether a command that is answered so has taken effect.
    pub fn succeeds(self) -> bool {
        matches!(self, Class::Ok | Class::More)
    }
}

/// What happens to the connection when everything that is said at this moment has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The conversation goes on.
    Nothing,
    /// TLS starts (only if the normal reply, or one of its class, was written whole).
    Upgrade,
    /// The server closes: QUIT, LOGOUT, 421, BYE.
    Close,
}

/// How a listener does TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Not at all.
    None,
    /// After STARTTLS.
    Starttls,
    /// From the first octet.
    Implicit,
}

/// Capabilities that a scenario adds and takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// In place of all that the server would show by itself.
    pub only: Option<Vec<String>>,
    /// Added.
    pub offer: Vec<String>,
    /// Taken away.
    pub hide: Vec<String>,
}

/// Capabilities that depend on how far the connection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByState {
    /// While TLS is not up.
    pub before_tls: Shown,
    /// While it is.
    pub after_tls: Shown,
    /// While a user is logged in, beside one of the others.
    pub after_login: Shown,
}

impl ByState {
    /// Those of every state.
    pub fn all(&self) -> impl Iterator<Item = &Shown> {
        [&self.before_tls, &self.after_tls, &self.after_login].into_iter()
    }

    /// Every capability that is shown in some state beside the server's own.
    pub fn names(&self) -> impl Iterator<Item = &[String]> {
        self.all().flat_map(|shown| [&shown.offer[..], shown.only.as_deref().unwrap_or_default()])
    }

    /// What this state shows in place of the server's own.
    pub fn only(&self, secure: bool, logged_in: bool) -> Option<&[String]> {
        self.now(secure, logged_in).filter_map(|shown| shown.only.as_deref()).last()
    }

    /// Those of the state, in the order in which they act.
    pub fn now(&self, secure: bool, logged_in: bool) -> impl Iterator<Item = &Shown> {
        let tls = if secure { &self.after_tls } else { &self.before_tls };
        [Some(tls), logged_in.then_some(&self.after_login)].into_iter().flatten()
    }
}

/// The normal reply to a moment.
#[derive(Debug)]
pub struct Answer {
    /// What goes over the wire.
    pub reply: Rope,
    /// Its kind.
    pub class: Class,
    /// What follows.
    pub then: Then,
}

impl Answer {
    /// A reply after which the conversation goes on.
    pub fn new(class: Class, reply: Rope) -> Self {
        Answer { reply, class, then: Then::Nothing }
    }
}

/// How much of what was due has left, reported when all that a moment says has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent<'a> {
    /// Leading octets of the normal reply that were written, 0 if another reply took its place; [`u64::MAX`] may stand for all, which nobody has to
    /// measure then.
    pub octets: u64,
    /// Where a fault wrote other protocol text than the normal reply's, by the octets of that, ascending: from the first to before the second. Where
    /// both are the same, something was put in between.
    pub changed: &'a [(u64, u64)],
    /// The normal reply was written whole, or a `reply` of its class took its place whole: a state that it opens (content after 354, a SASL
    /// exchange after 334, a literal after `+`) is entered only then.
    pub whole: bool,
}

impl Sent<'_> {
    /// Whether nothing from this octet of the normal reply to before that one was changed.
    pub fn is_intact(&self, from: u64, to: u64) -> bool {
        let first = self.changed.partition_point(|&(_, end)| end <= from);
        self.changed.get(first).is_none_or(|&(start, _)| start >= to)
    }
}

/// What a fault's condition, or its `per`, can ask about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Who is logged in, or tries to.
    User,
    /// The reverse-path of the transaction.
    Sender,
    /// The forward-path at RCPT; each of them later.
    Recipient,
    /// The selected mailbox, or the one that the command names.
    Mailbox,
    /// The SASL mechanism, `LOGIN` for IMAP's command.
    Mechanism,
    /// All that follows the verb.
    Argument,
    /// What HELO or EHLO said.
    Ehlo,
    /// The identity of the message at `message`: its Message-ID, else a digest.
    Message,
    /// The server name of the TLS handshake (the driver knows).
    Sni,
    /// `true` or `false` (the driver knows).
    Tls,
    /// Faults that fired earlier on this connection (the engine knows).
    Fired,
    /// `true` or `false`: whether the credentials that wait for their verdict are wrong.
    Refused,
}

/// What a session is lent for a call: the mail, and a place for its notes.
pub struct Cx<'a> {
    /// Accounts and mailboxes.
    pub store: &'a Store,
    /// Facts for the journal.
    pub notes: &'a mut Notes,
}

/// One connection's conversation.
///
/// The order of calls is fixed: `next` or `push` returns a moment; then `hide`, `offer`, `mutate`, `misread`, `tell`, `prepare` (any number), `answer` once, `resolve` (or `postpone`)
/// once, `sent` once.
/// For a moment that owes no reply (`content`) there is no `answer`, `resolve` or `sent`. The greeting is `answer` to a `greeting` moment that the
/// driver makes. All input is hostile; nothing here panics or grows without bound.
pub trait Session: Send {
    /// Reads at most one unit from the front of `input` and advances it. `None`: more octets are needed; what is left in `input` will be offered
    /// again with more behind it, so at most 64 KiB may be left (a session takes content and literals as they come).
    fn next(&mut self, input: &mut &[u8], cx: &mut Cx<'_>) -> Option<Moment>;

    /// Something to say unasked, if the state allows it now (IDLE): called when the mailbox has changed and no moment is running.
    fn push(&mut self, cx: &mut Cx<'_>) -> Option<Moment>;

    /// The moment at which the server speaks first.
    fn greeting(&self) -> Moment {
        Moment::new(Ats::GREETING)
    }

    /// Whether `next` has a moment without any input: there is more to say at once.
    fn is_due(&self) -> bool {
        false
    }

    /// The connection is over, and no fault has ended it; `unread` are octets that `next` has left. The last call.
    fn left(&mut self, _unread: &[u8], _cx: &mut Cx<'_>) {}

    /// Does some milliseconds of the work that the normal reply takes; `false`: there is more. Other connections have their turn in between. `answer` does
    /// what has not been done.
    fn prepare(&mut self) -> bool {
        true
    }

    /// The normal reply to the moment that was returned last; the change that goes with it is parked.
    fn answer(&mut self, moment: Moment, cx: &mut Cx<'_>) -> Answer;

    /// The parked change happens (`keep`), or not. A refused command can be kept, too: a fault's success reply to a refused RCPT or login.
    fn resolve(&mut self, keep: bool, cx: &mut Cx<'_>);

    /// Instead of `resolve`, where a login gets a challenge in place of its verdict ([`Moment::is_postponed_by`]): nothing is decided. The client's next line is its
    /// answer, whatever stands in it, and then the same credentials come to their verdict again. A client can cancel it.
    fn postpone(&mut self, cx: &mut Cx<'_>);

    /// The moment is over: what of the normal reply was written.
    fn sent(&mut self, sent: Sent<'_>, cx: &mut Cx<'_>);

    /// A scenario's reply text as this protocol's well-formed reply at this moment. SMTP: a new line makes a continuation line. IMAP: lines that start
    /// with `* ` or `+ ` go as they are, others get the command's tag, or `* ` where there is no command.
    fn phrase(&self, text: &str, moment: Moment) -> (Rope, Class);

    /// Whether `test` holds for a value of this key; it is called for each value that is known now, until it returns `true`.
    fn fact(&self, key: Key, test: &mut dyn FnMut(&str) -> bool) -> bool;

    /// Capabilities not to be shown, for good (`lasting`) or in this reply. Any case; hidden is not refused.
    fn hide(&mut self, capabilities: &[String], lasting: bool);

    /// Capabilities to be shown beside the others, for good (`lasting`) or in this reply.
    fn offer(&mut self, capabilities: &[String], lasting: bool);

    /// A change of the mailbox under the client's feet; the selected mailbox, or INBOX, of the user of this session where it names none.
    fn mutate(&mut self, mutation: &Mutation, cx: &mut Cx<'_>);

    /// The command that was read is another one from here on: `edit` is given its line, without the line's end, and says what it is taken for. Whatever the
    /// moment, the tag of the reply is the one in that line. Nothing happens where no command was read, or where a message came with it (APPEND).
    fn misread(&mut self, edit: &dyn Fn(&[u8]) -> Option<Vec<u8>>);

    /// The normal reply tells all that there is to tell of the mailbox, also what RFC 3501 section 7.4.1 forbids it to.
    fn tell(&mut self);

    /// TLS is up: all that was learned in the clear is forgotten (RFC 3207 section 4.2, RFC 3501 section 6.2.1). `certificate`: the client has shown one.
    fn secured(&mut self, certificate: bool);

    /// Octet offsets of a message's content, ascending, at which `next` must stop and return a `content` moment, whatever the read sizes. 0 is: the
    /// first octet of content is there.
    fn watch_content(&mut self, offsets: Arc<[u64]>);

    /// Where the conversation stands, for the journal: `greeting`, `EHLO`, `DATA`, `content`, `authenticated`, `selected`, `idle`, `logout` and the like.
    fn phase(&self) -> &'static str;

    /// Called once with a way to be woken when the selected mailbox changes; the session passes it to mailboxes that it selects.
    fn set_waker(&mut self, signal: Arc<crate::mail::Signal>);
}
