//! XOAUTH2: Google's protocol, which Microsoft took over. `user=` name ^A `auth=Bearer ` token ^A ^A

use super::bearer;

/// As Google says it.
pub(super) const ERROR: &str = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;

/// The user's name and the token.
pub(super) fn read(message: &[u8]) -> Result<(String, &[u8]), &'static str> {
    let pairs = message.strip_suffix(b"\x01\x01").ok_or("XOAUTH2 ends with two ^A")?;
    let mut pairs = pairs.split(|&octet| octet == 1);
    let user = pairs.next().and_then(|pair| pair.strip_prefix(b"user=")).ok_or("XOAUTH2 begins with `user=`")?;
    let auth = pairs.next().and_then(|pair| pair.strip_prefix(b"auth=")).ok_or("XOAUTH2 has `auth=` after the user")?;
    if pairs.next().is_some() {
        return Err("XOAUTH2 has nothing but `user=` and `auth=`");
    }
    Ok((super::user_name(user)?, bearer::token(auth)?))
}

#[cfg(test)]
mod tests {
    use super::super::bearer::Bearer;
    use super::super::tests::with_users;
    use super::super::{Mechanism, Proof, Step};
    use super::*;

    #[test]
    fn a_good_token_at_once_and_a_bad_one_after_the_error() {
        let store = with_users(&[("bob@a.test", "ya29.good")]);
        let verdict = |token: &[u8]| Step::Credentials { user: "bob@a.test".into(), proof: Proof::Password(token.into()) };
        let mut exchange = Bearer::new(Mechanism::Xoauth2);
        assert_eq!(exchange.respond(b"user=bob@a.test\x01auth=Bearer ya29.good\x01\x01", &store), verdict(b"ya29.good"));
        for answer in [&b""[..], b"\x01", b"user=bob@a.test\x01auth=bearer old\x01\x01"] {
            let mut exchange = Bearer::new(Mechanism::Xoauth2);
            let step = exchange.respond(b"user=bob@a.test\x01auth=bearer old\x01\x01", &store);
            assert_eq!(step, Step::Challenge(ERROR.into()));
            assert_eq!(exchange.respond(answer, &store), verdict(b"old"));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let store = with_users(&[]);
        let cases: [(&[u8], &str); 8] = [
            (b"", "XOAUTH2 ends with two ^A"),
            (b"user=bob\x01auth=Bearer x\x01", "XOAUTH2 ends with two ^A"),
            (b"auth=Bearer x\x01\x01", "XOAUTH2 begins with `user=`"),
            (b"user=bob\x01\x01", "XOAUTH2 has `auth=` after the user"),
            (b"user=bob\x01auth=Basic abc\x01\x01", "`auth=` has no `Bearer ` (RFC 6750 section 2.1)"),
            (b"user=bob\x01auth=Bearer a b\x01\x01", "the token has octets that no token has (RFC 6750 section 2.1)"),
            (b"user=\x01auth=Bearer x\x01\x01", "the user name is empty"),
            (b"user=bob\x01auth=Bearer x\x01more=y\x01\x01", "XOAUTH2 has nothing but `user=` and `auth=`"),
        ];
        for (message, why) in cases {
            assert_eq!(Bearer::new(Mechanism::Xoauth2).respond(message, &store), Step::Malformed(why), "{message:?}");
        }
    }
}
