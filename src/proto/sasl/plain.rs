//! PLAIN (RFC 4616).

use super::{Proof, Step};

/// Nothing has to be remembered: all comes in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plain;

impl Plain {
    /// RFC 4616 section 2: the client speaks first, so the challenge is empty.
    pub(super) fn challenge(&self) -> Step {
        Step::Challenge(Vec::new())
    }

    /// `[authzid] NUL authcid NUL passwd`
    pub(super) fn respond(&self, message: &[u8]) -> Step {
        let mut fields = message.split(|&octet| octet == 0);
        let (Some(authzid), Some(authcid), Some(password)) = (fields.next(), fields.next(), fields.next()) else {
            return Step::Malformed("PLAIN needs two NUL octets (RFC 4616 section 2)");
        };
        if fields.next().is_some() {
            return Step::Malformed("PLAIN has a third NUL octet (RFC 4616 section 2)");
        }
        if authcid.is_empty() {
            return Step::Malformed("the user name is empty (RFC 4616 section 2)");
        }
        if !authzid.is_empty() && authzid != authcid {
            return Step::Malformed("acting as another user is not supported (RFC 4616 section 2, authzid)");
        }
        match std::str::from_utf8(authcid) {
            Ok(user) => Step::Credentials { user: user.to_owned(), proof: Proof::Password(password.to_vec()) },
            Err(_) => Step::Malformed("the user name is not UTF-8 (RFC 4616 section 2)"),
        }
    }
}
