//! What Gmail's X-GM-EXT-1 calls labels. Those of its own that stand for flags are these flags here, other labels are keywords.

use super::cursor::{Cursor, Parsed, is_atom_char};
use super::parse::flags::bounded;
use super::write::Text;
use crate::mail::Flags;

/// The labels that are flags.
const FLAGS: [(&str, &str, u8); 2] = [("\\Starred", "\\Flagged", Flags::FLAGGED), ("\\Draft", "\\Draft", Flags::DRAFT)];
/// All flags that are labels.
pub const LABELS: u8 = Flags::FLAGGED | Flags::DRAFT;

/// The flag that this label is, as a bit of [`Flags::system`].
pub fn flag(label: &str) -> Option<u8> {
    FLAGS.iter().find(|(name, ..)| *name == label).map(|&(.., bit)| bit)
}

/// The name of the flag or keyword that this label is.
pub fn flag_name(label: &str) -> &str {
    FLAGS.iter().find(|(name, ..)| *name == label).map_or(label, |&(_, flag, _)| flag)
}

/// Whether it can be kept. Labels with a `\` that are no flags, such as `\Inbox`, are taken and mean nothing.
pub fn can_be_kept(label: &str) -> bool {
    let name = label.strip_prefix('\\').unwrap_or(label);
    !name.is_empty() && name.bytes().all(is_atom_char)
}

/// A label with a `\` and without quotes, if one comes next.
pub fn own_label(cursor: &mut Cursor<'_>) -> Parsed<Option<String>> {
    match cursor.byte(b'\\') {
        true => Ok(Some(format!("\\{}", cursor.expect_atom("a label after `\\`")?))),
        false => Ok(None),
    }
}

/// Labels in parentheses, or one without.
pub fn label_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let label = |cursor: &mut Cursor<'_>| match own_label(cursor)? {
        Some(label) => Ok(label),
        None => cursor.astring_text("a label"),
    };
    let start = cursor.clone();
    match cursor.peek() {
        Some(b'(') => bounded(&start, cursor.list("a list of labels", label)?),
        _ => Ok(vec![label(cursor)?]),
    }
}

/// `X-GM-LABELS (...)`; the label of the selected mailbox is left out there, too.
pub fn write_labels(flags: &Flags, out: &mut Text) {
    out.add("X-GM-LABELS (");
    let system = FLAGS.iter().filter(|(.., bit)| flags.system & bit != 0).map(|(name, ..)| *name);
    for (n, name) in system.chain(flags.keywords.iter().map(|keyword| &**keyword)).enumerate() {
        // `\Starred` is no atom.
        out.add(if n > 0 { " " } else { "" }).astring(name.as_bytes());
    }
    out.add(")");
}
