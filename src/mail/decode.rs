//! From what travels to what is meant: transfer encodings, charsets, encoded words.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// RFC 2045 section 6.1.
pub(super) fn is_known(encoding: &str) -> bool {
    ["7bit", "8bit", "binary", "base64", "quoted-printable"].iter().any(|known| known.eq_ignore_ascii_case(encoding))
}

/// Undoes a Content-Transfer-Encoding; an unknown one is taken as none (RFC 2045 section 6).
pub(super) fn transfer<'a>(octets: &'a [u8], encoding: &str) -> Cow<'a, [u8]> {
    if encoding.eq_ignore_ascii_case("base64") {
        Cow::Owned(base64(octets))
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        Cow::Owned(quoted_printable(octets))
    } else {
        Cow::Borrowed(octets)
    }
}

/// The same into a buffer, if there is anything to be undone; the answer says whether there was.
pub(super) fn transfer_into(octets: &[u8], encoding: &str, into: &mut Vec<u8>) -> bool {
    into.clear();
    if encoding.eq_ignore_ascii_case("base64") {
        base64_into(octets, into);
        return true;
    }
    let quoted = encoding.eq_ignore_ascii_case("quoted-printable") && memchr::memchr(b'=', octets).is_some();
    if quoted {
        quoted_printable_into(octets, into);
    }
    quoted
}

/// Text in this charset needs no decoding. An unknown one is taken as UTF-8.
pub(super) fn is_utf8(name: &str) -> bool {
    ["", "utf-8", "utf8", "us-ascii"].iter().any(|same| name.eq_ignore_ascii_case(same))
        || charset_decoder(name.as_bytes()).is_none()
}

/// In this charset ASCII stands for itself.
pub(super) fn keeps_ascii(name: &str) -> bool {
    const FAMILIES: [&str; 7] = ["iso-8859-", "windows-", "koi8-", "gb", "big5", "euc-", "shift_jis"];
    FAMILIES.iter().any(|family| name.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family)))
}

/// Text in this charset; `None` where it is unknown. Octets that mean nothing become U+FFFD.
pub fn from_charset(octets: &[u8], name: &str) -> Option<String> {
    let known = !name.is_empty() && (!is_utf8(name) || ["utf-8", "us-ascii"].iter().any(|same| name.eq_ignore_ascii_case(same)));
    known.then(|| charset(octets, name).into_owned())
}

/// Text in this charset; an unknown charset is taken as UTF-8, and octets that mean nothing become U+FFFD.
pub(super) fn charset<'a>(octets: &'a [u8], name: &str) -> Cow<'a, str> {
    match charset_decoder(name.as_bytes()) {
        Some(decode) if !is_utf8(name) => Cow::Owned(decode(octets)),
        _ => String::from_utf8_lossy(octets),
    }
}

/// An unfolded header value with its encoded words (RFC 2047) decoded; blanks between two of them go (section 6.2).
pub(super) fn encoded_words(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, after)) = encoded_word(from) else {
            text.push_str(before);
            text.push_str("=?");
            rest = &from[2..];
            after_word = false;
            continue;
        };
        if !after_word || !before.trim().is_empty() {
            text.push_str(before);
        }
        text.push_str(&word);
        (rest, after_word) = (after, true);
    }
    text.push_str(rest);
    text
}

/// RFC 2047 allows 75 octets; the world writes longer ones.
const LONGEST_WORD: usize = 1_000;

/// The encoded word at the front, and what follows it.
fn encoded_word(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix("=?")?;
    let (name, inner) = inner.split_once('?').filter(|(name, _)| name.len() <= 64 && !name.contains(' '))?;
    let mut near = inner.len().min(LONGEST_WORD);
    while !inner.is_char_boundary(near) {
        near -= 1;
    }
    let (encoding, data) = inner[..near].split_once('?')?;
    let (data, _) = data.split_once("?=")?;
    let octets = match encoding {
        "B" | "b" => base64(data.as_bytes()),
        "Q" | "q" => quoted_printable(data.replace('_', "=20").as_bytes()),
        _ => return None,
    };
    // RFC 2231 section 5: a language may follow the charset.
    let name = name.split('*').next().unwrap_or(name);
    let after = inner.get(encoding.len() + 1 + data.len() + 2..)?;
    Some((charset(&octets, name).into_owned(), after))
}

fn base64(octets: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    base64_into(octets, &mut decoded);
    decoded
}

/// RFC 2045 section 6.8: octets outside the alphabet are passed over; padding ends a group, not the data.
fn base64_into(octets: &[u8], decoded: &mut Vec<u8>) {
    decoded.reserve(octets.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut rest = octets;
    loop {
        // Whole groups are nearly all there is.
        while let (0, Some((group, after))) = (held, rest.split_first_chunk::<4>()) {
            let [a, b, c, d] = group.map(|octet| u32::from(SEXTETS[usize::from(octet)]));
            if (a | b | c | d) & u32::from(NO_SEXTET) != 0 {
                break;
            }
            let [_, group @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            decoded.extend_from_slice(&group);
            rest = after;
        }
        let Some((&octet, after)) = rest.split_first() else { return };
        rest = after;
        let value = SEXTETS[usize::from(octet)];
        if octet == b'=' {
            (bits, held) = (0, 0);
        }
        if value == NO_SEXTET {
            continue;
        }
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
        }
    }
}

const NO_SEXTET: u8 = 0x40;

/// What each octet stands for.
static SEXTETS: [u8; 256] = {
    let mut values = [NO_SEXTET; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
};

fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    quoted_printable_into(octets, &mut decoded);
    decoded
}

/// RFC 2045 section 6.7; a `=` that introduces nothing stands for itself.
fn quoted_printable_into(octets: &[u8], decoded: &mut Vec<u8>) {
    decoded.reserve(octets.len());
    let mut rest = octets;
    while let Some(at) = memchr::memchr(b'=', rest) {
        without_padding(&rest[..at], false, decoded);
        rest = &rest[at + 1..];
        match rest {
            [high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex(*high) << 4 | hex(*low));
                rest = after;
            }
            _ => match soft_break(rest) {
                Some(length) => rest = &rest[length..],
                None => decoded.push(b'='),
            },
        }
    }
    without_padding(rest, true, decoded);
}

/// Literal text without the blanks at the ends of its lines: they are padding of the transport (RFC 2045 section 6.7, rule 3). `ends`: the last line does.
fn without_padding(text: &[u8], ends: bool, decoded: &mut Vec<u8>) {
    let mut from = 0;
    for end in memchr::memchr_iter(b'\n', text).chain(ends.then_some(text.len())) {
        let (line, line_end) = match &text[from..end] {
            [line @ .., b'\r'] if end < text.len() => (line, end - 1),
            line => (line, end),
        };
        let kept = line.iter().rposition(|octet| !matches!(octet, b' ' | b'\t')).map_or(0, |last| last + 1);
        decoded.extend_from_slice(&line[..kept]);
        from = line_end;
        if end < text.len() {
            decoded.extend_from_slice(&text[line_end..=end]);
            from = end + 1;
        }
    }
    decoded.extend_from_slice(&text[from..]);
}

/// The length of blanks and a line end, if that is all that follows on the line.
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take(1_000).position(|octet| !matches!(octet, b' ' | b'\t')).unwrap_or(rest.len());
    match rest.get(blanks..)? {
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        [] => Some(blanks),
        _ => None,
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).map_or(0, |value| value as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn transfer_encodings_are_undone_and_broken_ones_survive() {
        for (octets, encoding, decoded) in [
            ("SGVs\r\nbG8=\r\n", "BASE64", "Hello"),
            ("SGVsbG8=IQ==", "base64", "Hello!"),
            ("S*G", "base64", "H"),
            ("a=3Db=\r\nc= \t\n=4", "quoted-printable", "a=bc=4"),
            ("=", "quoted-printable", ""),
            ("a \t\r\n b=20 \r\n \n=41 ", "quoted-printable", "a\r\n b \r\n\nA"),
            ("a=3Db", "7bit", "a=3Db"),
        ] {
            assert_eq!(String::from_utf8_lossy(&transfer(octets.as_bytes(), encoding)), decoded, "{octets}");
        }
    }

    #[test]
    fn charsets_become_text() {
        assert_eq!(charset(b"gr\xfc\xdfe", "ISO-8859-1"), "grüße");
        assert_eq!(charset("grüße".as_bytes(), "utf-8"), "grüße");
        assert_eq!(charset(b"\xa4", "iso-8859-15"), "€");
        assert_eq!(charset(b"x", &"no-such-charset".repeat(10)), "x");
    }

    #[test]
    fn encoded_words_are_decoded_and_joined() {
        for (value, text) in [
            ("=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
            ("Re: =?iso-8859-1?q?gr=FC=DFe_an?= =?utf-8*de?Q?_alle?= !", "Re: grüße an alle !"),
            ("=?utf-8?x?abc?= =?utf-8?q?abc", "=?utf-8?x?abc?= =?utf-8?q?abc"),
            ("a =? b", "a =? b"),
        ] {
            assert_eq!(encoded_words(value), text);
        }
    }

    proptest! {
        #[test]
        fn no_charset_and_no_encoding_panics(octets in prop::collection::vec(any::<u8>(), 0..80), n in 0..12_usize) {
            let names = ["utf-7", "utf-16", "utf-16le", "utf-16be", "iso-2022-jp", "shift_jis", "euc-kr", "gb18030", "big5", "koi8-r", "cp850", ""];
            charset(&octets, names[n]);
            transfer(&octets, "base64");
            transfer(&octets, "quoted-printable");
            encoded_words(&format!("=?{}?q?{}?=", names[n], String::from_utf8_lossy(&octets)));
        }
    }
}
