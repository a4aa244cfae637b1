//! What XOAUTH2 and OAUTHBEARER have in common: a token, and an error that the client has to acknowledge before the exchange fails.

use super::{Mechanism, Proof, Step, oauthbearer, xoauth2};
use crate::mail::Store;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    mechanism: Mechanism,
    /// A token that was refused, and whose it was to be.
    refused: Option<(String, Vec<u8>)>,
}

impl Bearer {
    /// XOAUTH2 or OAUTHBEARER.
    pub(super) fn new(mechanism: Mechanism) -> Self {
        Bearer { mechanism, refused: None }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The client speaks first.
    pub(super) fn challenge(&self) -> Step {
        Step::Challenge(Vec::new())
    }

    pub(super) fn respond(&mut self, response: &[u8], store: &Store) -> Step {
        if let Some(step) = self.acknowledged() {
            return step;
        }
        let (read, error) = match self.mechanism {
            Mechanism::OauthBearer => (oauthbearer::read(response), oauthbearer::ERROR),
            _ => (xoauth2::read(response), xoauth2::ERROR),
        };
        match read {
            Ok((user, token)) => self.check(user, token, error, store),
            Err(why) => Step::Malformed(why),
        }
    }

    /// The verdict on a token at once if it is good, otherwise after the client has read why it is not (RFC 7628 section 3.2.3).
    fn check(&mut self, user: String, token: &[u8], error: &str, store: &Store) -> Step {
        let good = store.is_open() || store.password(&user).is_some_and(|password| password.as_bytes() == token);
        if good {
            return Step::Credentials { user, proof: Proof::Password(token.into()) };
        }
        self.refused = Some((user, token.into()));
        Step::Challenge(error.into())
    }

    /// What follows the answer to the error, if there was one. It should be empty in XOAUTH2 and a lone ^A in OAUTHBEARER; but JavaMail sends the token again over
    /// IMAP, and servers look at none of it: the login is refused in any case.
    fn acknowledged(&mut self) -> Option<Step> {
        let (user, token) = self.refused.take()?;
        Some(Step::Credentials { user, proof: Proof::Password(token) })
    }
}

/// The token of `Bearer token`, the scheme in any case (RFC 6750 section 2.1).
pub(super) fn token(value: &[u8]) -> Result<&[u8], &'static str> {
    let (scheme, rest) = value.split_at_checked(7).ok_or("`auth=` has no `Bearer ` (RFC 6750 section 2.1)")?;
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Err("`auth=` has no `Bearer ` (RFC 6750 section 2.1)");
    }
    if rest.iter().all(u8::is_ascii_graphic) {
        Ok(rest)
    } else {
        Err("the token has octets that no token has (RFC 6750 section 2.1)")
    }
}
