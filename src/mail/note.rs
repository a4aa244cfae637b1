//! What sessions and the store have to tell the journal: facts about the client and the mail, never about faults.

use std::borrow::Cow;
use std::sync::Arc;

use super::Transaction;

/// One fact.
#[derive(Clone, Debug)]
pub enum Note {
    /// The client broke a rule of the protocol. `name` is a fixed kebab-case word that `oddities` can be judged by; `detail` is for people:
    /// which rule, and at which column what was expected.
    Oddity {
        /// Such as `bare-lf`, `unknown-command`, `command-out-of-order`, `line-too-long`.
        name: Cow<'static, str>,
        /// A sentence, with the rule's source (RFC section).
        detail: Cow<'static, str>,
    },
    /// Credentials were checked. Emitted when the verdict is final (after a fault has had its say).
    Login {
        /// The name that was given.
        user: Arc<str>,
        /// `LOGIN` for IMAP's command, otherwise the SASL mechanism.
        mechanism: Cow<'static, str>,
        /// Whether the client is logged in now.
        accepted: bool,
    },
    /// A reusable secret arrived. Emitted as soon as it was read.
    Secret {
        /// `LOGIN` or the SASL mechanism.
        mechanism: Cow<'static, str>,
        /// Whether TLS protected it.
        protected: bool,
        /// Whether the listener has TLS (STARTTLS, shown or hidden): a client that could have known better.
        tls_possible: bool,
    },
    /// MAIL was accepted: a transaction has begun.
    Begun {
        /// The reverse-path, without angle brackets.
        sender: Arc<str>,
    },
    /// A whole message arrived over SMTP and its fate is decided.
    Message {
        /// The message and its envelope.
        transaction: Arc<Transaction>,
        /// Whether it was stored; `false` for `lose`, a refusal, a full store.
        stored: bool,
    },
    /// A message is new in a mailbox: delivered, appended, copied, or put there by the scenario.
    Delivered {
        /// Account.
        user: Arc<str>,
        /// Mailbox name, `INBOX` in capitals.
        mailbox: Arc<str>,
        /// Its UID.
        uid: u32,
        /// Whether it has \Seen from the start.
        seen: bool,
    },
    /// Flags changed, by a client or by the scenario.
    Flags {
        /// Account.
        user: Arc<str>,
        /// Mailbox.
        mailbox: Arc<str>,
        /// Its UID.
        uid: u32,
        /// All flags it has now, separated by spaces.
        flags: Box<str>,
    },
    /// A message is gone.
    Expunged {
        /// Account.
        user: Arc<str>,
        /// Mailbox.
        mailbox: Arc<str>,
        /// Its UID.
        uid: u32,
    },
    /// A message that has just been delivered is another one's copy (COPY, MOVE), or has another UID now: what became of the one became of the other.
    Copied {
        /// Account.
        user: Arc<str>,
        /// Where the copy is.
        mailbox: Arc<str>,
        /// Its UID there.
        uid: u32,
        /// Where the other one is, or was.
        from: Arc<str>,
        /// Its UID there.
        from_uid: u32,
        /// The other one goes.
        moved: bool,
    },
    /// A client asked to mark a message with \Seen or \Deleted, or to move it, and that changed nothing: the command failed, or the message was so already.
    InVain {
        /// Account.
        user: Arc<str>,
        /// Mailbox.
        mailbox: Arc<str>,
        /// Its UID.
        uid: u32,
        /// `STORE` or `MOVE`.
        command: Cow<'static, str>,
    },
    /// The whole body of a message (`BODY[]`, `BODY[TEXT]`, `RFC822`, `RFC822.TEXT`, or partials up to the end) was written to the client, in a response whose number,
    /// name and size of the literal no fault had changed.
    Fetched {
        /// Account.
        user: Arc<str>,
        /// Mailbox.
        mailbox: Arc<str>,
        /// Its UID.
        uid: u32,
    },
    /// A limit of the server was reached and something was refused, cut or dropped: what, and how much.
    Limit {
        /// Such as `command-line`, `literal`, `message`, `store`, `pipeline`.
        name: Cow<'static, str>,
        /// Octets or items that were dropped.
        dropped: u64,
    },
    /// The client said QUIT or LOGOUT.
    Goodbye,
    /// The server said 421 or BYE of its own accord or by a fault's `reply`; later commands are `after_goodbye`.
    ServerGoodbye,
}

/// Where sessions and the store put their notes; the driver carries them to the journal in order.
pub type Notes = Vec<Note>;
