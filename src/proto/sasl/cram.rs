//! CRAM-MD5 (RFC 2195): the password, keyed with a challenge, never leaves the client.

use super::{Proof, Step};
use crate::mail::Store;

/// RFC 2195 section 2 wants a challenge that never comes twice, so that nobody can replay an answer. Here it is always the same one: this is a test server, and
/// the same client is to see the same octets.
const CHALLENGE: &str = "<4711.1000000000@mailfault.test>";

/// The challenge that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cram {
    challenge: &'static str,
}

impl Default for Cram {
    fn default() -> Self {
        Cram { challenge: CHALLENGE }
    }
}

impl Cram {
    /// The server speaks first.
    pub(super) fn challenge(&self) -> Step {
        Step::Challenge(self.challenge.into())
    }

    /// `user SP digest`, the digest as 32 hexadecimal digits.
    pub(super) fn respond(&self, response: &[u8], store: &Store) -> Step {
        let Some(space) = response.iter().rposition(|&octet| octet == b' ') else {
            return Step::Malformed("CRAM-MD5 needs a space before the digest (RFC 2195 section 2)");
        };
        let (user, digest) = response.split_at(space);
        let digest = digest.get(1..).unwrap_or_default();
        if digest.len() != 32 || !digest.iter().all(u8::is_ascii_hexdigit) {
            return Step::Malformed("the digest has not 32 hexadecimal digits (RFC 2195 section 2)");
        }
        let user = match super::user_name(user) {
            Ok(user) => user,
            Err(why) => return Step::Malformed(why),
        };
        let expected = store.password(&user).map(|password| keyed(password.as_bytes(), self.challenge.as_bytes()));
        let shown = expected.is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(digest));
        Step::Credentials { user, proof: Proof::Shown(shown) }
    }
}

/// HMAC-MD5 (RFC 2104) in hexadecimal digits.
fn keyed(key: &[u8], text: &[u8]) -> String {
    let mut block = [0; 64];
    let long = md5::compute(key).0;
    let key = if key.len() > block.len() { &long } else { key };
    for (place, &octet) in block.iter_mut().zip(key) {
        *place = octet;
    }
    let inner = md5::compute([block.map(|octet| octet ^ 0x36).as_slice(), text].concat()).0;
    let outer = md5::compute([block.map(|octet| octet ^ 0x5c).as_slice(), inner.as_slice()].concat());
    format!("{outer:x}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_users;
    use super::*;

    /// RFC 2195 section 2.
    #[test]
    fn the_example_of_rfc_2195() {
        let store = with_users(&[("tim", "tanstaaftanstaaf")]);
        let cram = Cram { challenge: "<1896.697170952@postoffice.reston.mci.net>" };
        let step = |response: &[u8]| cram.respond(response, &store);
        let verdict = |shown| Step::Credentials { user: "tim".into(), proof: Proof::Shown(shown) };
        assert_eq!(step(b"tim b913a602c7eda7a495b4e6e7334d3890"), verdict(true));
        assert_eq!(step(b"tim B913A602C7EDA7A495B4E6E7334D3890"), verdict(true));
        assert_eq!(step(b"tim b913a602c7eda7a495b4e6e7334d3891"), verdict(false));
    }

    /// RFC 2202 section 2, cases 2 and 6: a key that is longer than a block is hashed.
    #[test]
    fn hmac_md5_of_rfc_2202() {
        assert_eq!(keyed(b"Jefe", b"what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(keyed(&[0xaa; 80], text), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }

    #[test]
    fn a_name_may_have_spaces_and_must_be_known() {
        let store = with_users(&[("bob b", "")]);
        let digest = keyed(b"", CHALLENGE.as_bytes());
        let step = |user: &str| Cram::default().respond(format!("{user} {digest}").as_bytes(), &store);
        assert_eq!(step("bob b"), Step::Credentials { user: "bob b".into(), proof: Proof::Shown(true) });
        assert_eq!(step("eve"), Step::Credentials { user: "eve".into(), proof: Proof::Shown(false) });
    }

    #[test]
    fn what_is_wrong_is_named() {
        let store = with_users(&[]);
        let cases: [(&[u8], &str); 5] = [
            (b"", "CRAM-MD5 needs a space before the digest (RFC 2195 section 2)"),
            (b"bob b913", "the digest has not 32 hexadecimal digits (RFC 2195 section 2)"),
            (b"bob b913a602c7eda7a495b4e6e7334d389z", "the digest has not 32 hexadecimal digits (RFC 2195 section 2)"),
            (b" b913a602c7eda7a495b4e6e7334d3890", "the user name is empty"),
            (b"b\0b b913a602c7eda7a495b4e6e7334d3890", "the user name has a NUL octet"),
        ];
        for (response, why) in cases {
            assert_eq!(Cram::default().respond(response, &store), Step::Malformed(why), "{response:?}");
        }
    }
}
