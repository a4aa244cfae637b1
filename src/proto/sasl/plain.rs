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
        let user = match super::user_name(authcid) {
            Ok(user) => user,
            Err(why) => return Step::Malformed(why),
        };
        let proof = Proof::Password(password.to_vec());
        let own = authzid.is_empty() || authzid.eq_ignore_ascii_case(authcid);
        Step::Credentials { user, proof: if own { proof } else { proof.for_another() } }
    }
}
