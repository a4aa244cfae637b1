//! The message ids in a header field (RFC 5322 section 3.6.4), in one spelling each.

use std::borrow::Cow;

/// Quotes in an id that have not closed by then are none.
const LONGEST_QUOTED: usize = 1_000;

/// The ids in a raw value, folds and comments included, in their order, without their angle brackets. Quotes and escapes are undone: RFC 5256 section 3
/// has `<"a"@b>` and `<a@b>` as the same. What has no `@` is none.
pub(super) fn message_ids(value: &[u8]) -> MessageIds<'_> {
    MessageIds { rest: value }
}

/// See [`message_ids`].
pub(super) struct MessageIds<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for MessageIds<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        loop {
            let start = memchr::memchr(b'<', self.rest)?;
            self.rest = self.rest.get(start + 1..)?;
            let end = end_of_id(self.rest)?;
            let (id, rest) = self.rest.split_at(end);
            // A bracket that opens before this one closes starts another id.
            if rest.first() == Some(&b'>') {
                self.rest = rest.get(1..)?;
            } else {
                self.rest = rest;
                continue;
            }
            let id = normal(id);
            if memchr::memchr(b'@', &id).is_some() {
                return Some(id);
            }
        }
    }
}

/// Where `>` or a new `<` stands outside quotes; quotes that never close are none.
fn end_of_id(text: &[u8]) -> Option<usize> {
    let plain = memchr::memchr3(b'<', b'>', b'"', text)?;
    if text.get(plain) != Some(&b'"') {
        return Some(plain);
    }
    let (mut quoted, mut escaped) = (false, false);
    for (place, &octet) in text.iter().enumerate().take(LONGEST_QUOTED) {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' | b'>' if !quoted => return Some(place),
            _ => {}
        }
    }
    memchr::memchr2(b'<', b'>', text)
}

fn normal(id: &[u8]) -> Cow<'_, [u8]> {
    if !id.iter().any(|octet| octet.is_ascii_whitespace() || matches!(octet, b'"' | b'\\')) {
        return Cow::Borrowed(id);
    }
    let mut octets = id.iter().copied();
    let mut normal = Vec::with_capacity(id.len());
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => normal.extend(octets.next()),
            b'"' => {}
            _ if octet.is_ascii_whitespace() => {}
            _ => normal.push(octet),
        }
    }
    Cow::Owned(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_whatever_stands_around_them() {
        let found = |value: &str| -> Vec<String> {
            message_ids(value.as_bytes()).map(|id| String::from_utf8_lossy(&id).into_owned()).collect()
        };
        for (value, ids) in [
            (" <1@a.test>\r\n <2@a.test>\t<3@a.test>\r\n", &["1@a.test", "2@a.test", "3@a.test"][..]),
            ("<1@a.test><2@a.test>", &["1@a.test", "2@a.test"]),
            ("Your message of \"Monday\" <1@a.test> (thanks)", &["1@a.test"]),
            (r#"<"a b>\"c"@a.test>"#, &["ab>\"c@a.test"]),
            ("<1@a.\r\n test>", &["1@a.test"]),
            ("<no id> <<1@a.test> <2@a.test", &["1@a.test"]),
            ("<\"1@a.test> <2@a.test>", &["1@a.test", "2@a.test"]),
            ("", &[]),
        ] {
            assert_eq!(found(value), ids, "{value}");
        }
    }
}
