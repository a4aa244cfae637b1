//! SEARCH in one message: what a reader sees is searched, so encodings and charsets are undone, but only where there are any.

use std::borrow::Cow;
use std::ops::Range;

use super::addresses::addresses;
use super::header::{fields, header_end, unfolded, values};
use super::{Content, Message, Part, Pattern, decode};

/// Buffers that searches use again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    /// SEARCH HEADER: a field of this name (any case) whose decoded value has the pattern in it; the empty pattern asks whether there is such a field.
    pub fn header_contains(&self, name: &str, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        values(&self.raw, name.as_bytes()).any(|value| pattern.is_empty() || value_contains(value, pattern, &mut scratch.header))
    }

    /// SEARCH FROM, TO, CC, BCC: like [`Message::header_contains`], or the pattern is in `name <mailbox@host>` of an address without its comments and folds.
    pub fn addresses_contain(&self, name: &str, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        if self.header_contains(name, pattern, scratch) {
            return true;
        }
        // Only these can hide something from the search of the raw text.
        let hides = |value: &&[u8]| memchr::memchr3(b'(', b'\n', b'\\', value.trim_ascii()).is_some();
        values(&self.raw, name.as_bytes()).filter(hides).any(|value| {
            addresses(&unfolded(value)).iter().any(|address| {
                let text = |octets: &Option<Vec<u8>>| String::from_utf8_lossy(octets.as_deref().unwrap_or_default()).into_owned();
                let name = decode::encoded_words(&text(&address.name));
                let text = format!("{name} <{}@{}>", text(&address.mailbox), text(&address.host));
                pattern.is_in(text.as_bytes())
            })
        })
    }

    /// SEARCH BODY: a text part, decoded, or the header of a message inside, has the pattern in it. Parts that are no text are not searched.
    pub fn body_contains(&self, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        pattern.is_empty() || self.part_contains(self.structure(), pattern, scratch)
    }

    /// SEARCH TEXT: the decoded header or the body has the pattern in it.
    pub fn text_contains(&self, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        self.header_text_contains(0..header_end(&self.raw), pattern, scratch) || self.body_contains(pattern, scratch)
    }

    /// Whether a part says that it is an attachment, or has the name of a file.
    pub fn has_attachment(&self) -> bool {
        fn attached(part: &Part) -> bool {
            let disposition = part.disposition.as_ref();
            let named = |list: &[(String, String)], name: &str| {
                list.iter().any(|(key, _)| key.split('*').next().is_some_and(|key| key.eq_ignore_ascii_case(name)))
            };
            match &part.content {
                Content::Multipart(parts) => parts.iter().any(attached),
                _ => {
                    disposition.is_some_and(|disposition| {
                        disposition.kind.eq_ignore_ascii_case("attachment") || named(&disposition.parameters, "filename")
                    }) || named(&part.parameters, "name")
                }
            }
        }
        attached(self.structure())
    }

    /// Parts lie inside each other only so deep ([`Part::parse`]).
    fn part_contains(&self, part: &Part, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        match &part.content {
            Content::Leaf => part.is("text", "*") && self.leaf_contains(part, pattern, &mut scratch.body),
            Content::Multipart(parts) => parts.iter().any(|part| self.part_contains(part, pattern, scratch)),
            Content::Message(inner) => {
                self.header_text_contains(inner.header.clone(), pattern, scratch) || self.part_contains(inner, pattern, scratch)
            }
        }
    }

    fn leaf_contains(&self, part: &Part, pattern: &Pattern, buffer: &mut Vec<u8>) -> bool {
        let octets = self.raw.get(part.body.clone()).unwrap_or_default();
        let octets = match decode::transfer_into(octets, &part.encoding, buffer) {
            true => buffer.as_slice(),
            false => octets,
        };
        let charset = part.parameter("charset").unwrap_or("");
        if decode::is_utf8(charset) || (decode::keeps_ascii(charset) && octets.is_ascii()) {
            return pattern.is_in(octets);
        }
        pattern.is_in(decode::charset(octets, charset).as_bytes())
    }

    /// All fields as a reader sees them, one after the other, are searched at once: `Name: value`.
    fn header_text_contains(&self, header: Range<usize>, pattern: &Pattern, scratch: &mut Scratch) -> bool {
        let text = &mut scratch.header;
        text.clear();
        for field in fields(&self.raw, header) {
            text.extend_from_slice(self.raw.get(field.name).unwrap_or_default());
            text.extend_from_slice(b": ");
            let value = self.raw.get(field.value).unwrap_or_default();
            if has_words(value) {
                text.extend_from_slice(decoded(value).as_bytes());
            } else {
                unfold_into(value.trim_ascii(), text);
            }
            // No text to search for has NUL in it: nothing is found across two fields.
            text.push(0);
        }
        pattern.is_in(text)
    }
}

fn value_contains(value: &[u8], pattern: &Pattern, buffer: &mut Vec<u8>) -> bool {
    if has_words(value) {
        return pattern.is_in(decoded(value).as_bytes());
    }
    let value = value.trim_ascii();
    if memchr::memchr3(b'\r', b'\n', 0, value).is_none() {
        return pattern.is_in(value);
    }
    buffer.clear();
    unfold_into(value, buffer);
    pattern.is_in(buffer)
}

/// There may be encoded words (RFC 2047).
fn has_words(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"=?").is_some()
}

fn decoded(value: &[u8]) -> Cow<'_, str> {
    Cow::Owned(decode::encoded_words(&super::header::unfold(value)))
}

fn unfold_into(value: &[u8], text: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(place) = memchr::memchr3(b'\r', b'\n', 0, rest) {
        let (kept, after) = rest.split_at(place);
        text.extend_from_slice(kept);
        rest = after.get(1..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(raw: &[u8], text: &str) -> (bool, bool) {
        let message = Message::new(bytes::Bytes::copy_from_slice(raw));
        let (pattern, scratch) = (Pattern::new(text), &mut Scratch::default());
        (message.body_contains(&pattern, scratch), message.text_contains(&pattern, scratch))
    }

    fn in_header(raw: &str, name: &str, text: &str) -> bool {
        let message = Message::new(raw.replace('\n', "\r\n").into());
        message.header_contains(name, &Pattern::new(text), &mut Scratch::default())
    }

    #[test]
    fn headers_are_searched_as_a_reader_sees_them() {
        let raw = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nTo: a@b.test,\n c@d.test\nTO: E@f.test\nX-Empty:\n\nCc: body\n";
        for (name, text, found) in [
            ("subject", "GRÜßE", true),
            ("subject", "=?utf-8", false),
            ("to", "test, c@", true),
            ("to", "test,c@", false),
            ("tO", "e@F", true),
            ("to", "", true),
            ("x-empty", "", true),
            ("x-empty", "x", false),
            ("x-none", "", false),
            ("cc", "body", false),
            ("", "", false),
        ] {
            assert_eq!(in_header(raw, name, text), found, "{name} {text}");
        }
    }

    #[test]
    fn addresses_are_searched_without_their_comments_too() {
        let raw = "From: <ann (home)@ (old) a.test>\nTo: \"Bo \\\"the\\\" B\" <bo@\n b.test>\nCc: eve@c.test\n\nx\n"
            .replace('\n', "\r\n");
        let message = Message::new(raw.into());
        for (name, text, found) in [
            ("from", "ann@a.test", true),
            ("from", "<ANN@", true),
            ("from", "(home)", true),
            ("from", "bo@b.test", false),
            ("to", "bo@b.test", true),
            ("to", "bo \"the\" b <", true),
            ("cc", "eve@c.test", true),
            ("cc", "<eve@c.test>", false),
            ("bcc", "", false),
        ] {
            let found_now = message.addresses_contain(name, &Pattern::new(text), &mut Scratch::default());
            assert_eq!(found_now, found, "{name} {text}");
        }
    }

    #[test]
    fn search_sees_what_a_reader_sees() {
        let raw = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nX: folded\n line\nContent-Type: multipart/mixed; boundary=b\n\n\
            --b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nK=E4se\n\
            --b\nContent-Type: message/rfc822\n\nSubject: inside\n\nthree\n\
            --b\nContent-Type: text/plain; charset=utf-16be\nContent-Transfer-Encoding: base64\n\nAHcAaQBkAGU=\n\
            --b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n--b--\n"
            .replace('\n', "\r\n");
        for (text, in_body, in_text) in [
            ("käse", true, true),
            ("KÄSE", true, true),
            ("K=E4se", false, false),
            ("grüße", false, true),
            ("x: folded line", false, true),
            ("Subject: inside", true, true),
            ("three", true, true),
            ("wide", true, true),
            ("Hello", false, false),
            ("line\r\nContent-Type", false, false),
            ("", true, true),
        ] {
            assert_eq!(found(raw.as_bytes(), text), (in_body, in_text), "{text}");
        }
    }

    #[test]
    fn charsets_that_are_not_ascii_are_not_searched_as_if_they_were() {
        let part = |charset: &str| format!("Content-Type: text/plain; charset={charset}\r\n\r\n");
        let found = |charset: &str, body: &[u8], text: &str| found(&[part(charset).as_bytes(), body].concat(), text).0;
        assert!(found("iso-2022-jp", b"\x1b$B8@8l\x1b(B", "言語") && !found("iso-2022-jp", b"\x1b$B8@8l\x1b(B", "8@8l"));
        assert!(found("utf-7", b"K+AOQ-se", "käse"));
        assert!(found("x-unknown", "Käse".as_bytes(), "KÄSE"));
        assert!(found("us-ascii", b"\xff plain", "PLAIN"));
        assert!(found("windows-1252", b"\x80 5", "€ 5"));
    }

    #[test]
    fn an_attachment_is_what_says_so() {
        let attached = |raw: &str| Message::new(raw.replace('\n', "\r\n").into()).has_attachment();
        assert!(attached("Content-Disposition: ATTACHMENT\n\nx"));
        assert!(attached(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: image/png; name*0=a\n\ny\n--b--\n"
        ));
        assert!(!attached("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: inline\n\nx\n--b--\n"));
    }
}
