//! OAUTHBEARER (RFC 7628): gs2-header ^A (key `=` value ^A)* ^A

use super::bearer;
use super::gs2;

/// RFC 7628 section 3.2.2.
pub(super) const ERROR: &str = r#"{"status":"invalid_token","schemes":"bearer","scope":"mail"}"#;

/// The user's name and the token.
pub(super) fn read(message: &[u8]) -> Result<(String, &[u8]), &'static str> {
    let (header, pairs) = gs2::header(message)?;
    // RFC 7628 section 3.1 lets a client leave the name out where the token tells it; tokens here are words without a meaning.
    let user = header
        .authzid
        .ok_or("the user name (`a=`) is missing, and the tokens of this server do not tell it (RFC 7628 section 3.1)")?;
    let pairs = pairs.strip_prefix(b"\x01").ok_or("OAUTHBEARER has ^A after the header (RFC 7628 section 3.1)")?;
    let pairs = pairs.strip_suffix(b"\x01\x01").ok_or("OAUTHBEARER ends with two ^A (RFC 7628 section 3.1)")?;
    let mut auth = None;
    for pair in pairs.split(|&octet| octet == 1) {
        let equals = pair.iter().position(|&octet| octet == b'=');
        let (key, value) = pair.split_at(equals.ok_or("a pair has no `=` (RFC 7628 section 3.1)")?);
        if key.is_empty() || !key.iter().all(u8::is_ascii_alphabetic) {
            return Err("a key has other octets than letters (RFC 7628 section 3.1)");
        }
        if key == b"auth" && auth.replace(value.get(1..).unwrap_or_default()).is_some() {
            return Err("`auth=` comes twice (RFC 7628 section 3.1)");
        }
    }
    match auth {
        None => Err("`auth=` is missing (RFC 7628 section 3.1)"),
        // RFC 7628 section 4.3: an empty one asks for the error.
        Some(b"") => Ok((user, b"")),
        Some(value) => Ok((user, bearer::token(value)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bearer::Bearer;
    use super::super::tests::with_users;
    use super::super::{Mechanism, Proof, Step};
    use super::*;

    const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

    fn verdict(token: &str) -> Step {
        Step::Credentials { user: "user@example.com".into(), proof: Proof::Password(token.into()) }
    }

    /// RFC 7628 sections 4.1 (the token is good) and 4.2 (it is not).
    #[test]
    fn the_examples_of_rfc_7628() {
        let message = super::super::decode(
            b"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
        )
        .unwrap();
        let store = with_users(&[("user@example.com", TOKEN)]);
        assert_eq!(Bearer::new(Mechanism::OauthBearer).respond(&message, &store), verdict(TOKEN));
        let store = with_users(&[("user@example.com", "another")]);
        let mut exchange = Bearer::new(Mechanism::OauthBearer);
        assert_eq!(exchange.respond(&message, &store), Step::Challenge(ERROR.into()));
        assert_eq!(exchange.respond(b"\x01", &store), verdict(TOKEN));
        assert_eq!(exchange.respond(b"\x01", &store), Step::Malformed(gs2::BROKEN));
    }

    /// RFC 7628 section 4.3.
    #[test]
    fn an_empty_token_asks_for_the_error() {
        let store = with_users(&[("user@example.com", TOKEN)]);
        let mut exchange = Bearer::new(Mechanism::OauthBearer);
        assert_eq!(exchange.respond(b"n,a=user@example.com,\x01auth=\x01\x01", &store), Step::Challenge(ERROR.into()));
        assert_eq!(exchange.respond(b"", &store), verdict(""));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let store = with_users(&[]);
        let cases: [(&[u8], &str); 9] = [
            (b"", gs2::BROKEN),
            (b"n,,\x01auth=Bearer x\x01\x01", "the user name (`a=`) is missing, and the tokens of this server do not tell it"),
            (b"n,a=bob,auth=Bearer x\x01\x01", "OAUTHBEARER has ^A after the header"),
            (b"n,a=bob,\x01auth=Bearer x\x01", "OAUTHBEARER ends with two ^A"),
            (b"n,a=bob,\x01auth\x01\x01", "a pair has no `=`"),
            (b"n,a=bob,\x01=x\x01\x01", "a key has other octets than letters"),
            (b"n,a=bob,\x01host=x\x01\x01", "`auth=` is missing"),
            (b"n,a=bob,\x01auth=Bearer x\x01auth=Bearer y\x01\x01", "`auth=` comes twice"),
            (b"n,a=bob,\x01auth=MAC x\x01\x01", "`auth=` has no `Bearer `"),
        ];
        for (message, why) in cases {
            let step = Bearer::new(Mechanism::OauthBearer).respond(message, &store);
            assert!(matches!(step, Step::Malformed(found) if found.starts_with(why)), "{message:?} {step:?}");
        }
    }
}
