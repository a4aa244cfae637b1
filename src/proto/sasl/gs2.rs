//! The header that SCRAM and OAUTHBEARER begin with (RFC 5801 section 4): channel binding, and the name to act as.

/// What a message without such a header is told.
pub(super) const BROKEN: &str = "the message has no header `n,,` or `y,,` (RFC 5801 section 4)";

/// `n,,` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// As it stood, with both commas.
    pub whole: &'a [u8],
    /// `a=`
    pub authzid: Option<String>,
}

/// The header, and what follows it.
pub(super) fn header(message: &[u8]) -> Result<(Header<'_>, &[u8]), &'static str> {
    let rest = match message {
        [b'n' | b'y', b',', rest @ ..] => rest,
        [b'p', b'=', ..] => return Err("there is no channel binding here (RFC 5802 section 6)"),
        _ => return Err(BROKEN),
    };
    let comma = rest.iter().position(|&octet| octet == b',').ok_or(BROKEN)?;
    let (authzid, rest) = rest.split_at(comma);
    let authzid = match authzid {
        b"" => None,
        text => Some(name(text.strip_prefix(b"a=").ok_or(BROKEN)?)?),
    };
    let rest = rest.get(1..).unwrap_or_default();
    let whole = message.get(..message.len() - rest.len()).unwrap_or_default();
    Ok((Header { whole, authzid }, rest))
}

/// A name in which `=2C` is a comma and `=3D` an equals sign (RFC 5802 section 5.1, saslname).
pub(super) fn name(text: &[u8]) -> Result<String, &'static str> {
    const ESCAPE: &str = "after `=` in a name comes `2C` or `3D` (RFC 5802 section 5.1)";
    let text = super::user_name(text)?;
    let mut parts = text.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).ok_or(ESCAPE)?;
        name.push(match code {
            "2C" => ',',
            "3D" => '=',
            _ => return Err(ESCAPE),
        });
        name.push_str(rest);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_at_its_second_comma() {
        let with = |whole: &'static [u8], authzid: Option<&str>| Header { whole, authzid: authzid.map(str::to_owned) };
        assert_eq!(header(b"n,,n=bob"), Ok((with(b"n,,", None), &b"n=bob"[..])));
        assert_eq!(header(b"y,a=b=2Cc=3Dd,"), Ok((with(b"y,a=b=2Cc=3Dd,", Some("b,c=d")), &b""[..])));
        for broken in [&b""[..], b"n", b"n,", b"n,b", b"x,,", b"n,b=c,"] {
            assert_eq!(header(broken), Err(BROKEN), "{broken:?}");
        }
        for (broken, why) in
            [(&b"p=tls-unique,,"[..], "there is no channel"), (b"n,a=b=2,", "after `=`"), (b"n,a=,", "the user name is empty")]
        {
            assert!(header(broken).is_err_and(|found| found.starts_with(why)), "{broken:?}");
        }
    }
}
