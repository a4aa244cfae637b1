//! What can be known at a moment, in a conversation that goes as the RFCs have it: a condition on anything else would never hold.

use crate::proto::{Ats, Key, Protocol};

const fn all(list: &[Ats]) -> Ats {
    let mut set = Ats::NONE;
    let mut n = 0;
    while n < list.len() {
        set = set.union(list[n]);
        n += 1;
    }
    set
}

/// Before the first command.
const OPENING: Ats = all(&[Ats::CONNECT, Ats::TLS, Ats::SECURE, Ats::GREETING]);
/// Moments that go with a login, or come before it.
const BEFORE_LOGIN: Ats = all(&[OPENING, Ats::HELO, Ats::EHLO, Ats::STARTTLS]);
const LOGIN: Ats = all(&[Ats::AUTH, Ats::AUTHENTICATE, Ats::LOGIN, Ats::CREDENTIALS]);

/// Whether the value of this key can be known at this moment (one name) on a connection of this protocol.
pub(super) fn can_be_known(key: Key, at: Ats, protocol: Protocol) -> bool {
    let smtp = protocol == Protocol::Smtp;
    match key {
        Key::User => !at.intersects(BEFORE_LOGIN),
        Key::Ehlo => smtp && !at.intersects(OPENING),
        Key::Sender => smtp && !at.intersects(BEFORE_LOGIN | LOGIN),
        Key::Recipient => smtp && !at.intersects(BEFORE_LOGIN | LOGIN | Ats::MAIL),
        Key::Mailbox => !smtp && !at.intersects(BEFORE_LOGIN | LOGIN),
        Key::Mechanism => at.intersects(LOGIN | Ats::CONTINUATION | Ats::COMMAND | Ats::SILENCE | Ats::AGE),
        Key::Argument => !at.intersects(OPENING | Ats::CONTENT | Ats::UNSOLICITED | Ats::SILENCE | Ats::AGE),
        Key::Message => at.intersects(Ats::MESSAGE),
        Key::Sni | Key::Fired => !at.intersects(Ats::CONNECT),
        Key::Tls => true,
        Key::Refused => at.intersects(Ats::CREDENTIALS),
    }
}

/// From when on it is known, as help.
pub(super) fn since(key: Key) -> &'static str {
    match key {
        Key::User => "a user is known from the login on (`AUTH`, `LOGIN`, `AUTHENTICATE`, `credentials`)",
        Key::Ehlo => "the client's name is known from `EHLO` or `HELO` on, in SMTP only",
        Key::Sender => "a sender is known from `MAIL` on, in SMTP only",
        Key::Recipient => "a recipient is known from `RCPT` on, in SMTP only",
        Key::Mailbox => "a mailbox is known after the login, in IMAP only",
        Key::Mechanism => {
            "the mechanism is known during the login (`AUTH`, `LOGIN`, `AUTHENTICATE`, `credentials`, `continuation`)"
        }
        Key::Argument => "only commands have an argument",
        Key::Message => "the message is known at `message`",
        Key::Sni => "the server name is known from `tls` on",
        Key::Tls => "whether TLS is up is always known",
        Key::Refused => "whether credentials are refused is known at `credentials`",
        Key::Fired => "no fault can have fired before `connect`",
    }
}

/// Moments at which no command has come, or one that cannot be taken for another.
pub(super) const NOTHING_READ: Ats = all(&[
    OPENING,
    Ats::CONTENT,
    Ats::CONTINUATION,
    Ats::UNSOLICITED,
    Ats::SILENCE,
    Ats::AGE,
    Ats::APPEND,
    Ats::MESSAGE,
    Ats::DONE,
]);

/// Moments whose reply has no place for news of a mailbox.
pub(super) const NOTHING_TOLD: Ats =
    all(&[BEFORE_LOGIN, LOGIN, Ats::CONTENT, Ats::CONTINUATION, Ats::SILENCE, Ats::AGE, Ats::IDLE, Ats::LOGOUT]);

/// Moments whose command changes nothing that `store` or `lose` could decide.
pub(super) const NOTHING_KEPT: Ats = all(&[
    OPENING,
    Ats::CONTENT,
    Ats::CONTINUATION,
    Ats::UNSOLICITED,
    Ats::SILENCE,
    Ats::AGE,
    Ats::DATA,
    Ats::VRFY,
    Ats::EXPN,
    Ats::HELP,
    Ats::QUIT,
    Ats::NOOP,
    Ats::CAPABILITY,
    Ats::LOGOUT,
    Ats::LIST,
    Ats::LSUB,
    Ats::NAMESPACE,
    Ats::STATUS,
    Ats::IDLE,
    Ats::DONE,
    Ats::CHECK,
    Ats::SEARCH,
    Ats::FETCH,
    Ats::SORT,
    Ats::THREAD,
    Ats::ID,
    Ats::GETQUOTA,
    Ats::GETQUOTAROOT,
]);
