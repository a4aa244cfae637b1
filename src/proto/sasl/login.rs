//! LOGIN: two challenges, two responses.

use super::{Proof, Step};

/// The user name, once it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Login {
    user: Option<String>,
}

impl Login {
    /// What is asked next.
    pub(super) fn challenge(&self) -> Step {
        // Clients compare these words; `Username:` and `Password:` are what all of them know.
        Step::Challenge(if self.user.is_none() { b"Username:".to_vec() } else { b"Password:".to_vec() })
    }

    pub(super) fn respond(&mut self, response: &[u8]) -> Step {
        if let Some(user) = self.user.take() {
            return Step::Credentials { user, proof: Proof::Password(response.to_vec()) };
        }
        match super::user_name(response) {
            Ok(user) => {
                self.user = Some(user);
                self.challenge()
            }
            Err(why) => Step::Malformed(why),
        }
    }
}
