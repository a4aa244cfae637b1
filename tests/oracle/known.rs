//! Where the two are known to differ, and why. An entry that is no longer needed makes a test fail.

use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::fetch::MacroOrMessageDataItemNames;
use imap_codec::imap_types::status::StatusDataItemName;

/// A command that `imap-codec` writes and the session refuses with `BAD`.
pub struct Refused {
    /// What the session says to it.
    pub says: &'static str,
    pub why: &'static str,
    pub when: fn(&CommandBody<'_>) -> bool,
}

pub const REFUSED: &[Refused] = &[
    Refused {
        says: "in modified UTF-7",
        why: "an `astring` by the grammar, but no name by RFC 3501 section 5.1.3; a client that does not encode its names is to hear of it",
        when: |_| true,
    },
    Refused {
        says: "expected a literal at column",
        why: "`~{n}` (RFC 3516) is only for servers with BINARY, which is not offered",
        when: |body| matches!(body, CommandBody::Append { message: LiteralOrLiteral8::Literal8(_), .. }),
    },
    Refused {
        says: "expected a fetch item such as",
        why: "BINARY[...] (RFC 3516) is not offered",
        when: |body| matches!(body, CommandBody::Fetch { .. }),
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
        says: "expected a status item at column",
        why: "the grammar has at least one item between the parentheses, imap-codec writes none, too",
        when: |body| matches!(body, CommandBody::Status { item_names, .. } if item_names.is_empty()),
    },
    Refused {
        says: "expected `MESSAGES`, `RECENT`, `UIDNEXT`, `UIDVALIDITY` or `UNSEEN`",
        why: "DELETED and DELETED-STORAGE (RFC 9208) are only for servers with QUOTA, which is not offered",
        when: |body| match body {
            CommandBody::Status { item_names, .. } => {
                item_names.iter().any(|item| matches!(item, StatusDataItemName::Deleted | StatusDataItemName::DeletedStorage))
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

/// Response codes that `imap-codec` has no name for.
pub const CODES: &[(&str, &str)] = &[
    ("ALREADYEXISTS", "RFC 5530 is not in imap-codec"),
    ("CANNOT", "RFC 5530 is not in imap-codec"),
    ("NONEXISTENT", "RFC 5530 is not in imap-codec"),
];
