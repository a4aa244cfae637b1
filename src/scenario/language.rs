//! The language of scenario files as data: every table and its keys, every step. The reader, its error messages and the JSON Schema all go by it.

use crate::mail::SPECIAL_USES;

mod steps;

pub(super) use steps::{CORRUPT, DRIBBLE, FLAGS, MISREAD, REWRITE, REWRITTEN, STEPS, step_named};

/// A table and the keys it may have.
pub(super) struct TableDef {
    /// What messages call it.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) keys: &'static [KeyDef],
    /// Those that must be there.
    pub(super) needed: &'static [&'static str],
}

/// A key.
pub(super) struct KeyDef {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
}

/// What a value looks like.
pub(super) enum Shape {
    Text,
    /// A string or a list of strings.
    Texts,
    Bool,
    /// A whole number between the two.
    Count(i64, i64),
    /// Above 0, at most 1.
    Chance,
    Duration,
    Durations,
    Percent,
    Size,
    /// Octets: a whole number, or a size with its unit.
    Octets,
    /// Ordinals for faults, `every` included.
    Ordinals,
    /// A kind of certificate.
    Certificate,
    /// The name of a TLS alert.
    Alert,
    /// `1-3`: sequence numbers of messages.
    Messages,
    /// `10s-40s`.
    Window,
    /// A range of counts, or `{ min, max }`.
    Expected,
    /// The same of durations.
    ExpectedDuration,
    OneOf(&'static [&'static str]),
    /// One of them or a list.
    SomeOf(&'static [&'static str]),
    Moments,
    Steps,
    Cut,
    Reply,
    /// A duration or `{ min, max }`.
    Delay,
    UidValidity,
    /// Port numbers by listener.
    Ports,
    Table(&'static TableDef),
    /// One of the words, the table, or a list of these.
    WordOrTable(&'static [&'static str], &'static TableDef),
    Tables(&'static TableDef),
}

/// A step of a fault.
pub(super) struct StepDef {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// As messages show it.
    pub(super) example: &'static str,
    /// It may stand alone, as a string.
    pub(super) alone: bool,
    /// The value it has as a key.
    pub(super) value: Option<Shape>,
    /// Keys that may stand beside it.
    pub(super) more: &'static [KeyDef],
    /// It is for `at = "tls"` only.
    pub(super) at_tls: bool,
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> KeyDef {
    KeyDef { name, about, shape }
}

const ANY: i64 = i64::MAX;

pub(super) static SCENARIO: TableDef = TableDef {
    needed: &[],
    name: "a scenario",
    about: "A scenario of mailfault: how a mail server differs from a healthy one, and what its client must do.",
    keys: &[
        key("title", Shape::Text, "One line: what goes wrong."),
        key("about", Shape::Text, "A few sentences: what happens, and what a good client does."),
        key("source", Shape::Texts, "Where it comes from: documents, bug reports, ids."),
        key("use", Shape::Texts, "Scenarios that this one builds on: built-in names, or paths from this file's folder."),
        key("fault", Shape::Tables(&FAULT), "What goes wrong, where and when; in the order in which they act at one moment."),
        key("user", Shape::Tables(&USER), "Accounts. Without any, every name with any password logs in."),
        key("mailbox", Shape::Tables(&MAILBOX), "Mailboxes that are there from the start, beside INBOX."),
        key("mail", Shape::Tables(&MAIL), "Mail that is in a mailbox from the start, or arrives over time."),
        key(
            "listen",
            Shape::Tables(&LISTEN),
            "Ports. Without any: `smtp` and `imap` without TLS, `smtps` and `imaps` with TLS from the first byte.",
        ),
        key("smtp", Shape::Table(&SMTP), "The SMTP server."),
        key("imap", Shape::Table(&IMAP), "The IMAP server."),
        key("announce", Shape::Table(&ANNOUNCE), "Where clients are told to connect, if not to the true address."),
        key("expect", Shape::Table(&EXPECT), "What the client must do, over all protocols together."),
        key("wire", Shape::Tables(&WIRE), "What `selftest` must see on the wire, a connection each, in this order."),
        key(
            "dialogue",
            Shape::Tables(&DIALOGUE),
            "Conversations, byte for byte, that take the server's place on some connections.",
        ),
    ],
};

pub(super) static WIRE: TableDef = TableDef {
    needed: &["on", "script"],
    name: "[[wire]]",
    about: "A connection of `selftest`'s client, and what the wire must show.",
    keys: &[
        key("on", Shape::Text, "The listener to connect to, such as `smtp`."),
        key("repeat", Shape::Count(1, 1000), "So many connections that are all the same, one after the other."),
        key("script", Shape::Text, "`C:` lines that the client says, `S:` lines that must come, and steps such as `! reset`."),
    ],
};

pub(super) static FAULT: TableDef = TableDef {
    needed: &["at", "do"],
    name: "[[fault]]",
    about: "What goes wrong, where and when. All faults whose conditions hold at a moment act as one list, up to the first that speaks or ends.",
    keys: &[
        key("name", Shape::Text, "For the journal, for `fired`. Unique."),
        key(
            "on",
            Shape::Text,
            "`smtp`, `imap`, `smtps`, `imaps`, or the name of a [[listen]]. Without it, each protocol on its own.",
        ),
        key("at", Shape::Moments, "The moment, or a list of them: a point such as `greeting`, or a command such as `MAIL`."),
        key("after_bytes", Shape::Size, "At `content`: how much of the message has arrived."),
        key("after", Shape::Duration, "At `silence` and `age`: how long."),
        key("every", Shape::Duration, "At `silence` and `age`: then again and again, this far apart."),
        key(
            "where",
            Shape::Table(&WHERE),
            "Patterns in which only `*` and `?` are special; each key must fit, and where it has a list, one pattern of it.",
        ),
        key("connections", Shape::Ordinals, "The connection's number, in the order of accepting, from 1."),
        key("during", Shape::Window, "Since the scenario was loaded; with `per`, since that scope's first match."),
        key(
            "since",
            Shape::Text,
            "The name of another fault: `during` counts from the last time that it fired, for the values that `per` has here.",
        ),
        key("nth", Shape::Ordinals, "The number among the moments that matched so far, from 1."),
        key("within", Shape::Duration, "`nth` counts in a window of this length that slides."),
        key("concurrent", Shape::Ordinals, "Connections open now, this one included."),
        key("chance", Shape::Chance, "How likely it is, above 0, at most 1; drawn from the seed."),
        key("times", Shape::Count(1, ANY), "At most so many firings."),
        key("per", Shape::SomeOf(&SCOPES), "What `nth`, `concurrent`, `times` and `during` are counted by."),
        key("optional", Shape::Bool, "It need not fire for a verdict to pass."),
        key("do", Shape::Steps, "A step, or a list of steps."),
    ],
};

pub(super) static DIALOGUE: TableDef = TableDef {
    needed: &["on", "script"],
    name: "[[dialogue]]",
    about: "A conversation, byte for byte, in the notation of the RFCs' examples. The server says the `S` lines and waits for the `C` lines.",
    keys: &[
        key("name", Shape::Text, "For the journal, for `fired`. Unique."),
        key("on", Shape::Text, "`smtp`, `imap`, `smtps`, `imaps`, or the name of a [[listen]]."),
        key("connections", Shape::Ordinals, "The connection's number, in the order of accepting, from 1; all unless given."),
        key(
            "script",
            Shape::Text,
            "A line each: `S: said with CRLF`, `S- octets`, `C: heard`, `! step`. In `C` lines `*` and `?` are special, and `<name>` captures what is put into later lines.",
        ),
    ],
};

pub(super) const SCOPES: [&str; 7] = ["server", "connection", "peer", "user", "sender", "recipient", "message"];

pub(super) static WHERE: TableDef = TableDef {
    needed: &[],
    name: "`where`",
    about: "What must fit; only `*` and `?` are special, and the case of letters does not matter.",
    keys: &[
        key("user", Shape::Texts, "Who is logged in, or tries to."),
        key("sender", Shape::Texts, "The address in MAIL FROM."),
        key("recipient", Shape::Texts, "An address in RCPT TO."),
        key("mailbox", Shape::Texts, "The selected mailbox, or the one that the command names."),
        key("mechanism", Shape::Texts, "The SASL mechanism; `LOGIN` for IMAP's command."),
        key("argument", Shape::Texts, "All that follows the verb."),
        key("ehlo", Shape::Texts, "What HELO or EHLO said."),
        key("sni", Shape::Texts, "The server name in the TLS handshake."),
        key("tls", Shape::Bool, "Whether TLS is up."),
        key("fired", Shape::Texts, "The name of a fault that fired earlier on this connection."),
        key("refused", Shape::Bool, "At `credentials`: whether they are wrong, so that the normal reply refuses them."),
    ],
};

/// Keys of a table, and those that say what a message is made from.
macro_rules! with_message {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            key("size", Shape::Size, "The message is padded to this size."),
            key("flags", Shape::Texts, "Flags from the start, such as `\\Seen`."),
            key("file", Shape::Text, "A whole message, read from this path, from this file's folder."),
            key("from", Shape::Text, "From; `{n}` stands for the message's number."),
            key("subject", Shape::Text, "Subject; `{n}` stands for the message's number."),
            key("body", Shape::Text, "Plain text; `{n}` stands for the message's number."),
        ]
    };
}

pub(super) static DELIVER: TableDef = TableDef {
    needed: &[],
    name: "`deliver`",
    about: "New mail.",
    keys: with_message![
        key("user", Shape::Text, "Whose mailbox; without it, the session's own user's."),
        key("mailbox", Shape::Text, "Without it, the selected mailbox, else INBOX."),
        key("count", Shape::Count(1, 100_000), "How many; 1 unless given."),
    ],
};

pub(super) static MAIL: TableDef = TableDef {
    needed: &[],
    name: "[[mail]]",
    about: "Mail that is in a mailbox from the start, or arrives over time.",
    keys: with_message![
        key("user", Shape::Text, "Whose mailbox; without it, every user's."),
        key("mailbox", Shape::Text, "INBOX unless given."),
        key("count", Shape::Count(1, 100_000), "How many; 1 unless given."),
        key("every", Shape::Duration, "They arrive one by one, this far apart."),
    ],
};

pub(super) static MAILBOX: TableDef = TableDef {
    needed: &["name"],
    name: "[[mailbox]]",
    about: "A mailbox that is there from the start.",
    keys: &[
        key("user", Shape::Text, "Whose mailbox; without it, every user has one."),
        key(
            "name",
            Shape::Text,
            "Its name, `/` between the levels. Those above it are not made: they can only be walked through.",
        ),
        key("special_use", Shape::SomeOf(&SPECIAL_USES), "What it is for, such as `\\Drafts`."),
        key("subscribed", Shape::Bool, "Whether the user is subscribed to it; `true` unless given."),
        key("uidvalidity", Shape::Count(1, 4_294_967_295), "Its UIDVALIDITY, if it matters."),
    ],
};

pub(super) static QUOTA: TableDef = TableDef {
    needed: &[],
    name: "`quota`",
    about: "Limits of an account. Mail of the scenario may be more.",
    keys: &[
        key("storage", Shape::Size, "The most octets in all mailboxes together; a copy counts like any other."),
        key("messages", Shape::Count(0, ANY), "The most messages in all mailboxes together."),
    ],
};

pub(super) static USER: TableDef = TableDef {
    needed: &["name", "password"],
    name: "[[user]]",
    about: "An account.",
    keys: &[
        key("name", Shape::Text, "The login name."),
        key("password", Shape::Text, "The password; for XOAUTH2 and OAUTHBEARER the token."),
        key(
            "mechanisms",
            Shape::SomeOf(&MECHANISMS),
            "The only mechanisms that this user may log in with. Offered is what any user may use; a user without this key may use what needs a password: PLAIN, LOGIN, CRAM-MD5, SCRAM.",
        ),
        key("quota", Shape::Table(&QUOTA), "This user's limits, instead of those in [imap]."),
        key(
            "becomes",
            Shape::WordOrTable(&STATES, &BECOMES),
            "What becomes of the account: a state, or a table with `state`, or a list of these; the first that holds counts.",
        ),
    ],
};

pub(super) static BECOMES: TableDef = TableDef {
    needed: &["state"],
    name: "`becomes`",
    about: "What becomes of an account, and when; the login is refused in the words of that state.",
    keys: &[
        key("state", Shape::OneOf(&STATES), "What has become of it."),
        key("during", Shape::Window, "Since the scenario was loaded; always unless given."),
        key(
            "logins",
            Shape::Ordinals,
            "Which of the user's attempts to log in, from 1, in SMTP and in IMAP apart; all unless given.",
        ),
        key("says", Shape::Reply, "The words of the refusal, instead of the usual ones of this state."),
        key(
            "optional",
            Shape::Bool,
            "It need not come about for a verdict to pass; `true` unless given, where there are several users.",
        ),
    ],
};

/// What can become of an account.
pub(super) const STATES: [&str; 9] = [
    "wrong-password",
    "expired",
    "locked",
    "disabled",
    "web-login",
    "app-password",
    "basic-disabled",
    "unavailable",
    "throttled",
];

pub(super) const MECHANISMS: [&str; 8] =
    ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"];

pub(super) static LISTEN: TableDef = TableDef {
    needed: &[],
    name: "[[listen]]",
    about: "A port.",
    keys: &[
        key("name", Shape::Text, "For `on`; the protocol's name unless given."),
        key(
            "protocol",
            Shape::OneOf(&["smtp", "imap"]),
            "What it speaks; the name says so for `smtp`, `imap`, `smtps` and `imaps`.",
        ),
        key("port", Shape::Count(0, 65_535), "0 is any free port."),
        key("tls", Shape::OneOf(&TLS_MODES), "`none` unless given; `smtps` and `imaps` have `implicit`."),
    ],
};

pub(super) const TLS_MODES: [&str; 3] = ["none", "starttls", "implicit"];

pub(super) static BY_STATE: TableDef = TableDef {
    needed: &[],
    name: "a state",
    about: "Capabilities in one state of the connection.",
    keys: &[
        key("only", Shape::Texts, "Exactly these, in this order, in place of those that the server would show by itself."),
        key("offer", Shape::Texts, "Capabilities added."),
        key("hide", Shape::Texts, "Capabilities taken away."),
    ],
};

pub(super) static SMTP: TableDef = TableDef {
    needed: &[],
    name: "[smtp]",
    about: "The SMTP server.",
    keys: &[
        key("tls", Shape::OneOf(&TLS_MODES), "How the port `smtp` does TLS, where there is no [[listen]]; `none` unless given."),
        key("hostname", Shape::Text, "The name that the server gives itself."),
        key("greeting", Shape::Text, "The greeting without its code; several lines make a multi-line greeting."),
        key("hello", Shape::Text, "What follows the code in the reply to HELO, and in the first line of that to EHLO."),
        key("words", Shape::Table(&SMTP_WORDS), "Replies in a provider's own words."),
        key("offer", Shape::Texts, "Lines added to the reply to EHLO."),
        key("hide", Shape::Texts, "Capabilities taken from the reply to EHLO."),
        key("before_tls", Shape::Table(&BY_STATE), "The same while TLS is not up."),
        key("after_tls", Shape::Table(&BY_STATE), "The same while TLS is up."),
        key("after_login", Shape::Table(&BY_STATE), "The same while a user is logged in."),
        key("size_limit", Shape::Size, "The largest message."),
        key("recipients_limit", Shape::Count(1, 1_000_000), "The most recipients of a message."),
        key("require_auth", Shape::Bool, "MAIL without a login is refused."),
    ],
};

pub(super) static IMAP: TableDef = TableDef {
    needed: &[],
    name: "[imap]",
    about: "The IMAP server.",
    keys: &[
        key("tls", Shape::OneOf(&TLS_MODES), "How the port `imap` does TLS, where there is no [[listen]]; `none` unless given."),
        key("greeting", Shape::Text, "The greeting, all that follows `* OK `."),
        key("greeting_capability", Shape::Bool, "Whether the greeting holds the capabilities; `true` unless given."),
        key(
            "login_capability",
            Shape::OneOf(&LOGIN_CAPABILITY),
            "How they are told after a login: in a `code` of the OK, in a `line` of their own, or not at all (`none`).",
        ),
        key("words", Shape::Table(&IMAP_WORDS), "Replies in a provider's own words."),
        key("id", Shape::Text, "What stands between the parentheses of the reply to ID."),
        key("offer", Shape::Texts, "Capabilities added."),
        key("hide", Shape::Texts, "Capabilities taken away."),
        key("before_tls", Shape::Table(&BY_STATE), "The same while TLS is not up."),
        key("after_tls", Shape::Table(&BY_STATE), "The same while TLS is up."),
        key("after_login", Shape::Table(&BY_STATE), "The same while a user is logged in."),
        key("preauth", Shape::Text, "The greeting is PREAUTH: this user is logged in from the start."),
        key("size_limit", Shape::Size, "The largest message that APPEND takes."),
        key("quota", Shape::Table(&QUOTA), "Limits of every account; SMTP obeys them, too."),
    ],
};

pub(super) const LOGIN_CAPABILITY: [&str; 3] = ["code", "line", "none"];

/// Its keys are those of `smtp::WORDS`, which a test holds.
pub(super) static SMTP_WORDS: TableDef = TableDef {
    needed: &[],
    name: "[smtp.words]",
    about: "Whole replies with their codes, in a provider's own words; a new line makes a continuation line.",
    keys: &[
        key("mail", Shape::Text, "MAIL is accepted; `{sender}` stands for the address."),
        key("rcpt", Shape::Text, "RCPT is accepted; `{recipient}` stands for the address."),
        key("data", Shape::Text, "The message may come."),
        key(
            "message",
            Shape::Text,
            "A message is stored; `{message_id}` stands for its Message-ID, `{id}` for 16 digits of its own, `{size}` for its octets.",
        ),
        key("chunk", Shape::Text, "A chunk of BDAT that is not the last."),
        key("rset", Shape::Text, "RSET."),
        key("noop", Shape::Text, "NOOP."),
        key("quit", Shape::Text, "QUIT."),
        key("starttls", Shape::Text, "TLS may start."),
        key("login", Shape::Text, "Credentials are accepted."),
        key("wrong_password", Shape::Text, "Credentials are refused."),
        key("wrong_token", Shape::Text, "The same with XOAUTH2 and OAUTHBEARER."),
        key("login_first", Shape::Text, "MAIL without a login, where one is required."),
        key("size_too_large", Shape::Text, "MAIL with a SIZE beyond the limit."),
        key("message_too_large", Shape::Text, "A message beyond the limit."),
        key("too_many_recipients", Shape::Text, "RCPT beyond the limit."),
        key("over_quota", Shape::Text, "There is no room in the mailbox."),
    ],
};

/// Its keys are those of `imap::WORDS`, which a test holds.
pub(super) static IMAP_WORDS: TableDef = TableDef {
    needed: &[],
    name: "[imap.words]",
    about: "Texts of replies, in a provider's own words.",
    keys: &[
        key("completed", Shape::Text, "After `OK ` and its code: `{command} completed` unless given."),
        key("login", Shape::Text, "The same after a login; `{user}` stands for the name."),
        key("wrong_password", Shape::Text, "After `NO `: credentials are refused; `{command}` is LOGIN or AUTHENTICATE."),
        key("bye", Shape::Text, "After `* BYE `, at LOGOUT."),
        key("idle", Shape::Text, "After `+ `, at IDLE."),
        key("literal", Shape::Text, "After `+ `: a literal may come."),
    ],
};

pub(super) static ANNOUNCE: TableDef = TableDef {
    needed: &[],
    name: "[announce]",
    about: "Where clients are told to connect, if not to the true address.",
    keys: &[
        key("host", Shape::Text, "A host name or an address."),
        key("ports", Shape::Ports, "Port numbers, by the listener's name."),
    ],
};

/// The keys that `[expect]` shares with `[expect.smtp]` and `[expect.imap]`, then its own.
macro_rules! expectations {
    ($($own:expr),* $(,)?) => {
        &[
            key("connections", Shape::Expected, "Connections accepted."),
            key("messages", Shape::Expected, "SMTP transactions stored."),
            key("duplicates", Shape::Expected, "SMTP: the same message stored again for a recipient. IMAP: a message handled (its body fetched whole, and marked \\Seen or \\Deleted or moved) on another connection again."),
            key("lost", Shape::Expected, "Messages that were acknowledged whole and never stored."),
            key("attempts", Shape::Expected, "Transactions begun per message."),
            key("recovers", Shape::ExpectedDuration, "Time from the first fault to the first success after it, in a reply that no fault spoke in or changed."),
            key("gap", Shape::ExpectedDuration, "From the end of a faulted connection to the start of the next: every one."),
            key("gaps", Shape::Table(&GAPS), "The same, one by one."),
            key("backoff", Shape::OneOf(&["growing"]), "At least two gaps, none shorter than the one before."),
            key("gives_up", Shape::ExpectedDuration, "The longest wait in a `delay` or `stall` before the client left."),
            key("quiet", Shape::ExpectedDuration, "The longest time without a completed command."),
            key("unread", Shape::Expected, "Messages left without \\Seen, in whatever mailbox; what is expunged is not left."),
            key("seen_without_body", Shape::Expected, "Messages that the client marked \\Seen, or expunged, and whose body never arrived whole."),
            key("secrets_in_clear", Shape::Expected, "Reusable secrets sent without TLS on a listener that has TLS."),
            key("after_goodbye", Shape::Expected, "Commands read after 421 or BYE, QUIT and LOGOUT excepted."),
            key("abandoned", Shape::Expected, "Connections silent for the last 30 s or more without QUIT or LOGOUT."),
            key("unclean_ends", Shape::Expected, "Connections ended by the client without QUIT or LOGOUT."),
            key("left_dialogue", Shape::Expected, "Connections whose client said something else than its dialogue, or less; 0 unless given, where there is a dialogue."),
            key("oddities", Shape::Expected, "The client's protocol mistakes."),
            $($own,)*
        ]
    };
}

pub(super) static EXPECT: TableDef = TableDef {
    needed: &[],
    name: "[expect]",
    about: "What the client must do, over all protocols together.",
    keys: expectations![
        key("client_exit", Shape::Expected, "The exit code of the command under `run`; 0 unless given."),
        key("smtp", Shape::Table(&EXPECT_SMTP), "The same for SMTP alone."),
        key("imap", Shape::Table(&EXPECT_IMAP), "The same for IMAP alone."),
    ],
};
pub(super) static EXPECT_SMTP: TableDef =
    TableDef { needed: &[], name: "[expect.smtp]", about: "What the client must do over SMTP.", keys: expectations![] };
pub(super) static EXPECT_IMAP: TableDef =
    TableDef { needed: &[], name: "[expect.imap]", about: "What the client must do over IMAP.", keys: expectations![] };

pub(super) static GAPS: TableDef = TableDef {
    needed: &["are"],
    name: "`gaps`",
    about: "Gaps between faulted connections and the next, one by one; more may follow.",
    keys: &[
        key("are", Shape::Durations, "The gaps, first to last."),
        key("within", Shape::Percent, "How far off each may be; 10 % unless given."),
    ],
};
