//! EXTERNAL (RFC 4422 appendix A): the certificate that the client showed in the TLS handshake says who it is.

use super::{Proof, Step};
use crate::mail::Store;

/// The client speaks first.
pub(super) fn challenge() -> Step {
    Step::Challenge(Vec::new())
}

/// The name to act as, or nothing: then it is the certificate's. Names in certificates are not read here, so the one user of the scenario is meant.
pub(super) fn respond(authzid: &[u8], store: &Store) -> Step {
    let user = match authzid {
        b"" => store.only_user().ok_or("no user is named, and the scenario has not just one (RFC 4422 section A.2)"),
        name => super::user_name(name),
    };
    match user {
        Ok(user) => Step::Credentials { user, proof: Proof::Shown(true) },
        Err(why) => Step::Malformed(why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_users;
    use super::*;

    #[test]
    fn a_name_or_the_only_user() {
        let bob = Step::Credentials { user: "bob".into(), proof: Proof::Shown(true) };
        let (one, two) = (with_users(&[("bob", "x")]), with_users(&[("bob", "x"), ("eve", "x")]));
        assert_eq!(respond(b"", &one), bob);
        assert_eq!(respond(b"bob", &two), bob);
        assert!(matches!(respond(b"", &two), Step::Malformed(why) if why.starts_with("no user is named")));
        assert_eq!(respond(b"b\0b", &two), Step::Malformed("the user name has a NUL octet"));
    }
}
