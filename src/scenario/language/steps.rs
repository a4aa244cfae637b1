//! The steps, and the tables that some of them have for a value.

use super::{ANY, DELIVER, KeyDef, Shape, StepDef, TableDef, key};

pub(in crate::scenario) static REWRITE: TableDef = TableDef {
    needed: &["find", "with"],
    name: "`rewrite`",
    about: "Edits what the list writes after it.",
    keys: &[
        key("find", Shape::Text, "A regular expression over bytes; every match is replaced."),
        key("with", Shape::Text, "What to put there; `$1` stands for a group."),
        key(
            "in",
            Shape::OneOf(&REWRITTEN),
            "`text`, the protocol's own, unless given; `mail` is what stands in literals, `challenge` what a SASL challenge says under its base64.",
        ),
    ],
};

pub(in crate::scenario) const REWRITTEN: [&str; 3] = ["text", "mail", "challenge"];

pub(in crate::scenario) static MISREAD: TableDef = TableDef {
    needed: &["find", "with"],
    name: "`misread`",
    about: "The command is taken for another.",
    keys: &[
        key("find", Shape::Text, "A regular expression over the command's line, its tag included; every match is replaced."),
        key("with", Shape::Text, "What to put there; `$1` stands for a group."),
    ],
};

pub(in crate::scenario) static CORRUPT: TableDef = TableDef {
    needed: &["at"],
    name: "`corrupt`",
    about: "Flips a bit in what the list writes after it.",
    keys: &[
        key("at", Shape::Octets, "Which octet, from 0."),
        key("raw", Shape::Bool, "It is an octet of the TLS records, not of the text in them."),
    ],
};

pub(in crate::scenario) static DRIBBLE: TableDef = TableDef {
    needed: &["every"],
    name: "`dribble`",
    about: "What the list writes after it leaves in pieces.",
    keys: &[
        key("bytes", Shape::Octets, "Octets in a piece; 1 unless given."),
        key("every", Shape::Duration, "The wait between two pieces."),
    ],
};

pub(in crate::scenario) static FLAGS: TableDef = TableDef {
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

pub(in crate::scenario) static STEPS: [StepDef; 33] = [
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
pub(in crate::scenario) fn step_named(name: &str) -> Option<&'static StepDef> {
    STEPS.iter().find(|step| step.name == name)
}
