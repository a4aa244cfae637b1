//! Octets as text that people can read, and back without loss.

use std::fmt::Write;

/// Appends octets as a JSON string, quotes included: see the module's description for the escapes.
pub fn push_json(out: &mut Vec<u8>, octets: &[u8]) {
    out.push(b'"');
    for chunk in octets.utf8_chunks() {
        push_valid(out, chunk.valid());
        for &octet in chunk.invalid() {
            push_hex(out, octet);
        }
    }
    out.push(b'"');
}

/// Runs of plain characters go out in one piece.
fn push_valid(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&octet| is_special(octet)) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = match tail {
            // U+0080 to U+009F: control characters, too. Other characters may start with the same octet.
            [first @ 0xc2, second @ 0x80..=0x9f, tail @ ..] => {
                push_hex(out, *first);
                push_hex(out, *second);
                tail
            }
            [0xc2, tail @ ..] => {
                out.push(0xc2);
                tail
            }
            [octet, tail @ ..] => {
                push_special(out, *octet);
                tail
            }
            [] => break,
        };
    }
    out.extend_from_slice(rest);
}

fn is_special(octet: u8) -> bool {
    octet < b' ' || matches!(octet, b'"' | b'\\' | 0x7f | 0xc2)
}

fn push_special(out: &mut Vec<u8>, octet: u8) {
    match octet {
        b'\r' => out.extend_from_slice(br"\r"),
        b'\n' => out.extend_from_slice(br"\n"),
        b'\t' => out.extend_from_slice(br"\t"),
        b'"' => out.extend_from_slice(br#"\""#),
        // A backslash is doubled by our rule, and each of the two by JSON's.
        b'\\' => out.extend_from_slice(br"\\\\"),
        other => push_hex(out, other),
    }
}

fn push_hex(out: &mut Vec<u8>, octet: u8) {
    out.extend_from_slice(br"\\x");
    push_hex_digits(out, octet);
}

/// Two small hexadecimal digits.
fn push_hex_digits(out: &mut Vec<u8>, octet: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend([octet >> 4, octet & 15].map(|digit| DIGITS[usize::from(digit)]));
}

/// The octets that a string (JSON's own escapes undone) stands for; `None` where a backslash starts nothing that is known.
pub fn octets(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        match tail {
            [b'\\', b'\\', tail @ ..] => {
                out.push(b'\\');
                rest = tail;
            }
            [b'\\', b'x', high, low, tail @ ..] => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16);
                out.push(u8::try_from(digit(high)? << 4 | digit(low)?).ok()?);
                rest = tail;
            }
            _ => return None,
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// FNV-1a, 64 bits (draft-eastlake-fnv), in hexadecimal: enough to tell test messages apart, not meant to resist forgery.
pub fn digest(octets: &[u8]) -> String {
    let hash =
        octets.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3));
    let mut text = String::with_capacity(16);
    let _ = write!(text, "{hash:016x}");
    text
}
