//! Octets as printable ASCII, without loss, and back.

/// Tab, CR and LF become `\t`, `\r`, `\n`, other octets that are not printable ASCII `\xNN`. A backslash stands for itself (IMAP's flags have many) and is doubled only where it would be
/// read as one of these.
pub fn write_octets(out: &mut Vec<u8>, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or(b'0');
    for (at, &octet) in octets.iter().enumerate() {
        match octet {
            b'\r' => out.extend_from_slice(br"\r"),
            b'\n' => out.extend_from_slice(br"\n"),
            b'\t' => out.extend_from_slice(br"\t"),
            b'\\' if octets.get(at + 1).is_some_and(|&next| !matches!(next, b' '..=b'~') || b"rntx\\".contains(&next)) => {
                out.extend_from_slice(br"\\");
            }
            b' '..=b'~' => out.push(octet),
            other => out.extend([b'\\', b'x', digit(other >> 4), digit(other)]),
        }
    }
}

/// The octet that an escape at the start of `text` stands for, and the escape's length; `None` where the backslash (or whatever stands there) is itself.
///
/// # Errors
/// The length of a `\x` without two hexadecimal digits.
pub fn read_escape(text: &[u8]) -> Result<Option<(u8, usize)>, usize> {
    let [b'\\', kind, rest @ ..] = text else { return Ok(None) };
    Ok(match kind {
        b'\\' => Some((b'\\', 2)),
        b'r' => Some((b'\r', 2)),
        b'n' => Some((b'\n', 2)),
        b't' => Some((b'\t', 2)),
        b'x' => {
            let hex = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let octet = hex.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
            Some((octet.and_then(|hex| u8::from_str_radix(hex, 16).ok()).ok_or(2_usize)?, 4))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn written_octets_stand_for_one_sequence(octets in proptest::collection::vec(
            proptest::sample::select(b"\\\\\\rntx41S\r\n\t\0\xff".to_vec()), 0..12)
        ) {
            let mut text = Vec::new();
            write_octets(&mut text, &octets);
            proptest::prop_assert!(text.iter().all(|octet| matches!(octet, b' '..=b'~')));
            let (mut rest, mut read) = (text.as_slice(), Vec::new());
            while let Some(&first) = rest.first() {
                let (octet, length) = read_escape(rest).unwrap().unwrap_or((first, 1));
                read.push(octet);
                rest = &rest[length..];
            }
            proptest::prop_assert_eq!(read, octets);
        }
    }

    #[test]
    fn a_backslash_elsewhere_is_itself() {
        assert_eq!(read_escape(br"\Seen"), Ok(None));
        assert_eq!(read_escape(br"\"), Ok(None));
        assert_eq!(read_escape(br"\xfF"), Ok(Some((255, 4))));
        assert_eq!(read_escape(br"\xf"), Err(2));
        assert_eq!(read_escape(br"\x+f"), Err(2));
    }
}
