//! A challenge as it stands on the wire, for whoever wants to change it: SMTP's `334 ` (RFC 4954 section 4) and IMAP's `+ ` (RFC 3501 section 7.5), then base64.

/// The text with the first challenge in it changed: `edit` is given its octets, decoded, and its answer is encoded again. `None`: there is no challenge in it, or
/// nothing was changed.
pub fn with_challenge(text: &[u8], edit: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let (before, challenge, after) = find(text)?;
    let changed = edit(&super::decode(challenge).ok()?)?;
    Some([before, super::encode(&changed).as_bytes(), after].concat())
}

/// What stands before the base64 of a challenge, the base64, and what follows.
fn find(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut start = 0;
    for line in text.split_inclusive(|&octet| octet == b'\n') {
        if let Some(front) = [&b"334 "[..], b"+ "].into_iter().find(|front| line.starts_with(front)) {
            let (before, rest) = text.split_at_checked(start + front.len())?;
            let len = line.get(front.len()..)?.trim_ascii_end().len();
            let (challenge, after) = rest.split_at_checked(len)?;
            return Some((before, challenge, after));
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_changed_where_it_stands() {
        let edit = |octets: &[u8]| Some([octets, b"!"].concat());
        for (text, changed) in [
            ("334 VXNlcm5hbWU6\r\n", Some("334 VXNlcm5hbWU6IQ==\r\n")),
            ("+ VXNlcm5hbWU6\r\n", Some("+ VXNlcm5hbWU6IQ==\r\n")),
            ("* OK\r\n+ VXNlcm5hbWU6\r\n* OK\r\n", Some("* OK\r\n+ VXNlcm5hbWU6IQ==\r\n* OK\r\n")),
            ("334 \r\n", Some("334 IQ==\r\n")),
            ("334 \r\n334 VXNl\r\n", Some("334 IQ==\r\n334 VXNl\r\n")),
            ("+ OK\r\n", None),
            ("354 VXNl\r\n", None),
            ("334", None),
            ("", None),
        ] {
            let found = with_challenge(text.as_bytes(), edit).map(|text| String::from_utf8(text).unwrap());
            assert_eq!(found.as_deref(), changed, "{text:?}");
        }
        assert_eq!(with_challenge(b"334 VXNl\r\n", |_| None), None);
    }
}
