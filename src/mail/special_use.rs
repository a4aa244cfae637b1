//! What a mailbox is for.

/// The attributes of RFC 6154 section 2 and RFC 8457 section 3.
pub const SPECIAL_USES: [&str; 8] = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash"];

/// The attribute of this name, in any case, as it is written.
pub fn special_use(name: &str) -> Option<&'static str> {
    SPECIAL_USES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}
