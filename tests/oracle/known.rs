//! Where the two are known to differ, and why. An entry that is no longer needed makes a test fail.

use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::extensions::quota::Resource;
use imap_codec::imap_types::extensions::thread::ThreadingAlgorithm;
use imap_codec::imap_types::fetch::MacroOrMessageDataItemNames;

/// A command that `imap-codec` writes and the session refuses with `BAD`.
pub struct Refused {
    /// What the session says to it.
    pub says: &'static str,
    pub why: &'static str,
    pub when: fn(&CommandBody<'_>) -> bool,
}

pub const REFUSED: &[Refused] = &[
    Refused {
        says: "the user name has a control character",
        why: "no name has one (RFC 4013 section 2.3), so LOGIN says what AUTHENTICATE does; the grammar of LOGIN has literals with any",
        when: |body| matches!(body, CommandBody::Login { .. }),
    },
    Refused {
        says: "below 9223372036854775808",
        why: "a mod-sequence has 63 bits (RFC 7162 section 7), imap-codec writes 64",
        when: |_| true,
    },
    Refused {
        says: "QRESYNC before ENABLE QRESYNC",
        why: "RFC 7162 section 3.2.5 wants BAD",
        when: |body| matches!(body, CommandBody::Select { .. } | CommandBody::Examine { .. }),
    },
    Refused {
        says: "expected a number from 1",
        why: "`known-uids` has no `*` (RFC 7162 section 7), imap-codec writes one",
        when: |body| matches!(body, CommandBody::Select { .. } | CommandBody::Examine { .. }),
    },
    Refused {
        says: "expected `CHANGEDSINCE`",
        why: "VANISHED is only for UID FETCH with CHANGEDSINCE (RFC 7162 section 3.2.6), and each modifier stands once (RFC 4466 section 2.4)",
        when: |body| matches!(body, CommandBody::Fetch { .. }),
    },
    Refused {
        says: "expected one `UNCHANGEDSINCE`",
        why: "a modifier stands once (RFC 4466 section 2.5), imap-codec repeats it",
        when: |body| matches!(body, CommandBody::Store { .. }),
    },
    Refused {
        says: "expected a fetch item at column",
        why: "the grammar has at least one item between the parentheses, imap-codec writes none, too",
        when: |body| match body {
            CommandBody::Fetch { macro_or_item_names: MacroOrMessageDataItemNames::MessageDataItemNames(items), .. } => {
                items.is_empty()
            }
            _ => false,
        },
    },
    Refused {
        says: "expected `ORDEREDSUBJECT` or `REFERENCES`",
        why: "imap-codec makes algorithms up; RFC 5256 section 5 has these two, and no other is offered",
        when: |body| matches!(body, CommandBody::Thread { algorithm: ThreadingAlgorithm::Other(_), .. }),
    },
    Refused {
        says: "expected a status item at column",
        why: "the grammar has at least one item between the parentheses, imap-codec writes none, too",
        when: |body| matches!(body, CommandBody::Status { item_names, .. } if item_names.is_empty()),
    },
    Refused {
        says: "expected `STORAGE` or `MESSAGE`",
        why: "MAILBOX and ANNOTATION-STORAGE (RFC 9208) are resources that the capability list does not name, and imap-codec makes names up",
        when: |body| match body {
            CommandBody::SetQuota { quotas, .. } => {
                quotas.iter().any(|quota| !matches!(quota.resource, Resource::Storage | Resource::Message))
            }
            _ => false,
        },
    },
];

/// Mail whose responses `imap-codec` does not read, by its name in `odd_mail`.
pub const UNREAD: &[(&str, &str)] = &[(
    "messages inside each other, deep",
    "imap-codec reads 8 levels of BODYSTRUCTURE, and the session shows 64: the grammar has no limit",
)];

/// Parts of responses that `imap-codec` does not read, as regular expressions; only their first group is read.
pub const UNREAD_FORMS: &[(&str, &str)] = &[(
    r"(?-u)(BINARY\[[0-9.]*\])<[0-9]+>",
    "the grammars of RFC 3516 and RFC 9051 forgot the `<origin>` of a partial, which their texts have (RFC 9051 section 7.5.2), as have other servers",
)];

/// Response codes that `imap-codec` has no name for.
pub const CODES: &[(&str, &str)] = &[
    ("ALREADYEXISTS", "RFC 5530 is not in imap-codec"),
    ("CANNOT", "RFC 5530 is not in imap-codec"),
    ("MAILBOXID", "RFC 8474 is not in imap-codec"),
    ("NONEXISTENT", "RFC 5530 is not in imap-codec"),
];

/// Mail of which Python's `email` package thinks otherwise, by its name in `odd_mail`.
pub const PYTHON: &[(&str, &str)] = &[
    (
        "no header",
        "Python starts the body at the first line that is no field; the session, like other servers, at the empty line",
    ),
    ("message/rfc822 in base64", "the same for the message inside"),
    ("a dot and a delimiter in the header", "the same"),
    ("a field name with blanks", "RFC 5322 section 4.5 has blanks before the colon, Python has not"),
    ("bare CR and bare LF", "Python ends lines at a bare CR, too"),
    ("odd addresses", "Python takes source routes and a second `@` apart, and joins comments"),
    ("a multipart without its end", "Python takes away the last line end, too, as if a delimiter came"),
    ("multiparts inside each other", "the same"),
    ("a multipart with an empty boundary", "RFC 2046 section 5.1.1 has at least one octet: the session sees no parts"),
    ("only the last delimiter", "no parts: Python has the text as preamble and the body empty"),
    (
        "no boundary",
        "RFC 3501's grammar has at least one body in a multipart: the session shows all of it as one, Python has text",
    ),
    ("a boundary that never comes", "the same"),
    ("quotes and backslashes", "RFC 3501 section 9 has a local part without its quotes (`addr-mailbox`)"),
    ("an empty part", "Python skips delimiters that follow each other, RFC 2046 has an empty part there"),
    (
        "message/partial, message/external-body, message/global",
        "Python looks into every message/*, IMAP4rev1 into message/rfc822 only",
    ),
    ("broken content types", "Python keeps `/` and blanks around it, and has no slash in a subtype"),
    ("NUL in the header", "IMAP cannot carry NUL: the session leaves it out"),
];
