//! The language of scenario files as data: every table and its keys, every step. The reader, its error messages and the JSON Schema all go by it.

use crate::mail::SPECIAL_USES;

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
    Tables(&'static TableDef),
    /// Not read in this version, whatever it holds.
    Later,
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
        key("wire", Shape::Later, "What `selftest` must see on the wire. Not there yet."),
        key("dialogue", Shape::Later, "A conversation, byte for byte. Not there yet."),
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
        key("where", Shape::Table(&WHERE), "Patterns in which only `*` and `?` are special; all must fit."),
        key("connections", Shape::Ordinals, "The connection's number, in the order of accepting, from 1."),
        key("during", Shape::Window, "Since the scenario was loaded; with `per`, since that scope's first match."),
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

pub(super) const SCOPES: [&str; 7] = ["server", "connection", "peer", "user", "sender", "recipient", "message"];

pub(super) static WHERE: TableDef = TableDef {
    needed: &[],
    name: "`where`",
    about: "What must fit; only `*` and `?` are special, and the case of letters does not matter.",
    keys: &[
        key("user", Shape::Text, "Who is logged in, or tries to."),
        key("sender", Shape::Text, "The address in MAIL FROM."),
        key("recipient", Shape::Text, "An address in RCPT TO."),
        key("mailbox", Shape::Text, "The selected mailbox, or the one that the command names."),
        key("mechanism", Shape::Text, "The SASL mechanism; `LOGIN` for IMAP's command."),
        key("argument", Shape::Text, "All that follows the verb."),
        key("ehlo", Shape::Text, "What HELO or EHLO said."),
        key("sni", Shape::Text, "The server name in the TLS handshake."),
        key("tls", Shape::Bool, "Whether TLS is up."),
        key("fired", Shape::Text, "The name of a fault that fired earlier on this connection."),
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
        key("password", Shape::Text, "The password."),
        key("mechanisms", Shape::SomeOf(&MECHANISMS), "The only mechanisms that this user may log in with."),
        key("quota", Shape::Table(&QUOTA), "This user's limits, instead of those in [imap]."),
    ],
};

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
    keys: &[key("offer", Shape::Texts, "Capabilities added."), key("hide", Shape::Texts, "Capabilities taken away.")],
};

pub(super) static SMTP: TableDef = TableDef {
    needed: &[],
    name: "[smtp]",
    about: "The SMTP server.",
    keys: &[
        key("tls", Shape::OneOf(&TLS_MODES), "How the port `smtp` does TLS, where there is no [[listen]]; `none` unless given."),
        key("hostname", Shape::Text, "The name that the server gives itself."),
        key("greeting", Shape::Text, "The greeting without its code; several lines make a multi-line greeting."),
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
            key("recovers", Shape::ExpectedDuration, "Time from the first fault to the first success after it."),
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

pub(super) static REWRITE: TableDef = TableDef {
    needed: &["find", "with"],
    name: "`rewrite`",
    about: "Edits what the list writes after it.",
    keys: &[
        key("find", Shape::Text, "A regular expression over bytes; every match is replaced."),
        key("with", Shape::Text, "What to put there; `$1` stands for a group."),
        key("in", Shape::OneOf(&REWRITTEN), "`text`, the protocol's own, unless given; `mail` is what stands in literals."),
    ],
};

pub(super) const REWRITTEN: [&str; 2] = ["text", "mail"];

pub(super) static MISREAD: TableDef = TableDef {
    needed: &["find", "with"],
    name: "`misread`",
    about: "The command is taken for another.",
    keys: &[
        key("find", Shape::Text, "A regular expression over the command's line, its tag included; every match is replaced."),
        key("with", Shape::Text, "What to put there; `$1` stands for a group."),
    ],
};

pub(super) static CORRUPT: TableDef = TableDef {
    needed: &["at"],
    name: "`corrupt`",
    about: "Flips a bit in what the list writes after it.",
    keys: &[
        key("at", Shape::Octets, "Which octet, from 0."),
        key("raw", Shape::Bool, "It is an octet of the TLS records, not of the text in them."),
    ],
};

pub(super) static DRIBBLE: TableDef = TableDef {
    needed: &["every"],
    name: "`dribble`",
    about: "What the list writes after it leaves in pieces.",
    keys: &[
        key("bytes", Shape::Octets, "Octets in a piece; 1 unless given."),
        key("every", Shape::Duration, "The wait between two pieces."),
    ],
};

pub(super) static FLAGS: TableDef = TableDef {
    needed: &[],
    name: "`flags`",
    about: "Flags change under the client's feet.",
    keys: &[
        key("messages", Shape::Messages, "Which messages, by sequence number; all unless given."),
        key("add", Shape::Texts, "Flags to set."),
        key("remove", Shape::Texts, "Flags to clear."),
    ],
};

const RAW: KeyDef = key("raw", Shape::Bool, "Below TLS.");
const IN_MAILBOX: &[KeyDef] = &[
    key("user", Shape::Text, "Whose mailbox; without it, the session's own user's."),
    key("mailbox", Shape::Text, "Without it, the selected mailbox, else INBOX."),
];
const AGAIN: &[KeyDef] = &[
    key("repeat", Shape::Count(1, ANY), "How often; 1 unless given."),
    key("every", Shape::Duration, "The wait between two."),
    RAW,
];

const fn word(name: &'static str, about: &'static str, example: &'static str) -> StepDef {
    StepDef { name, about, example, alone: true, value: None, more: &[], at_tls: false }
}

const fn step(name: &'static str, value: Shape, about: &'static str, example: &'static str) -> StepDef {
    StepDef { name, about, example, alone: false, value: Some(value), more: &[], at_tls: false }
}

pub(super) static STEPS: [StepDef; 33] = [
    word("pass", "The normal reply, or what is left of it after a cut.", "\"pass\""),
    StepDef { more: &[RAW], ..step("cut", Shape::Cut, "The normal reply up to that byte.", "{ cut = 11 }") },
    step("reply", Shape::Reply, "Another well-formed reply.", "{ reply = \"451 4.3.0 Try again later\" }"),
    StepDef { more: AGAIN, ..step("send", Shape::Text, "These bytes, as they are.", "{ send = \"220 mail.exa\" }") },
    StepDef { more: AGAIN, ..step("send_hex", Shape::Text, "The same in hexadecimal digits.", "{ send_hex = \"ff00\" }") },
    StepDef { more: &[RAW], ..step("garbage", Shape::Octets, "So many bytes of seeded noise.", "{ garbage = 512 }") },
    word("no-reply", "Nothing is said to this command; the conversation goes on.", "\"no-reply\""),
    step(
        "rewrite",
        Shape::Table(&REWRITE),
        "Edits what the list writes after it.",
        "{ rewrite = { find = '\\d+', with = \"900000000\" } }",
    ),
    step(
        "misread",
        Shape::Table(&MISREAD),
        "The command is taken for another.",
        "{ misread = { find = '<\\d+\\.\\d+>', with = \"\" } }",
    ),
    word("tell", "All news of the mailbox stand in this reply, also an EXPUNGE where none may.", "\"tell\""),
    step("corrupt", Shape::Table(&CORRUPT), "Flips a bit.", "{ corrupt = { at = 20 } }"),
    step("dribble", Shape::Table(&DRIBBLE), "Byte by byte.", "{ dribble = { bytes = 1, every = \"100ms\" } }"),
    step("delay", Shape::Delay, "Waits, then goes on.", "{ delay = \"2s\" }"),
    StepDef {
        alone: true,
        ..step("reset", Shape::Duration, "RST, when all is acknowledged and this time has passed (50 ms).", "{ reset = \"0ms\" }")
    },
    StepDef {
        alone: true,
        ..step("close", Shape::OneOf(&["no-notify"]), "FIN; `no-notify` is without TLS's close_notify.", "\"close\"")
    },
    word("half-close", "FIN one way; what the client still sends is read.", "\"half-close\""),
    StepDef {
        alone: true,
        ..step("stall", Shape::Duration, "Says nothing, reads all: until the client gives up, or so long.", "\"stall\"")
    },
    StepDef {
        alone: true,
        ..step("stop-reading", Shape::Duration, "Does not even read: until the client gives up, or so long.", "\"stop-reading\"")
    },
    word("store", "The message is kept, whatever is said.", "\"store\""),
    word("lose", "The message is not kept, whatever is said.", "\"lose\""),
    word("refuse", "The port is closed.", "\"refuse\""),
    word("blackhole", "Connections are not answered, as by a firewall that drops.", "\"blackhole\""),
    step("hide", Shape::Texts, "Capabilities that are not shown.", "{ hide = [\"STARTTLS\"] }"),
    step("offer", Shape::Texts, "Capabilities that are shown.", "{ offer = [\"XYZ\"] }"),
    step("deliver", Shape::Table(&DELIVER), "New mail.", "{ deliver = { count = 1 } }"),
    StepDef { more: IN_MAILBOX, ..step("expunge", Shape::Messages, "Messages vanish.", "{ expunge = \"1-3\" }") },
    StepDef {
        more: IN_MAILBOX,
        ..step("flags", Shape::Table(&FLAGS), "Flags change.", "{ flags = { messages = \"1-3\", add = ['\\Seen'] } }")
    },
    StepDef {
        more: IN_MAILBOX,
        ..step("uidvalidity", Shape::UidValidity, "A new UIDVALIDITY, and UIDs from 1 again.", "{ uidvalidity = \"new\" }")
    },
    StepDef {
        more: IN_MAILBOX,
        ..step(
            "uidnext",
            Shape::Count(1, u32::MAX as i64),
            "Another UIDNEXT is told, until the next message arrives.",
            "{ uidnext = 3 }",
        )
    },
    StepDef {
        at_tls: true,
        ..step("certificate", Shape::Certificate, "The handshake goes on with this certificate.", "{ certificate = \"expired\" }")
    },
    StepDef {
        at_tls: true,
        ..step(
            "tls_versions",
            Shape::SomeOf(&["1.2", "1.3"]),
            "The handshake goes on with these versions only.",
            "{ tls_versions = [\"1.3\"] }",
        )
    },
    StepDef {
        at_tls: true,
        ..word(
            "require-client-certificate",
            "The handshake goes on only if the client shows a certificate.",
            "\"require-client-certificate\"",
        )
    },
    StepDef { at_tls: true, ..step("alert", Shape::Alert, "This alert, then FIN.", "{ alert = \"handshake_failure\" }") },
];

/// The step of this name.
pub(super) fn step_named(name: &str) -> Option<&'static StepDef> {
    STEPS.iter().find(|step| step.name == name)
}
