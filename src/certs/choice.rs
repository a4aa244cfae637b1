//! What a scenario can ask of TLS, as plain data.

/// What TLS a connection gets: what the steps at `tls` choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// The certificate that the server shows.
    pub certificate: Kind,
    /// The versions that the server speaks.
    pub versions: Versions,
    /// The handshake fails unless the client shows a certificate; any will do whose key it has.
    pub client_certificate: bool,
}

/// A certificate: what is wrong with it, if anything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    #[default]
    Good,
    /// It was valid until a year ago.
    Expired,
    /// It will be valid in a year.
    NotYetValid,
    /// It is for `wrong.host.invalid`.
    WrongHost,
    /// It is signed with its own key.
    SelfSigned,
    /// Its root is one that no client has.
    UntrustedRoot,
    /// The certificate between it and the root is not sent.
    IncompleteChain,
    /// The server signs the handshake with another key than the certificate's.
    WrongKey,
    /// It is for clients: its extended key usage (RFC 5280 section 4.2.1.12) lacks serverAuth.
    WrongUsage,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 9] = [
        Kind::Good,
        Kind::Expired,
        Kind::NotYetValid,
        Kind::WrongHost,
        Kind::SelfSigned,
        Kind::UntrustedRoot,
        Kind::IncompleteChain,
        Kind::WrongKey,
        Kind::WrongUsage,
    ];

    /// As scenario files write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Good => "good",
            Kind::Expired => "expired",
            Kind::NotYetValid => "not-yet-valid",
            Kind::WrongHost => "wrong-host",
            Kind::SelfSigned => "self-signed",
            Kind::UntrustedRoot => "untrusted-root",
            Kind::IncompleteChain => "incomplete-chain",
            Kind::WrongKey => "wrong-key",
            Kind::WrongUsage => "wrong-usage",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// TLS versions that the server speaks. Older ones than these cannot be spoken by a current TLS library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    /// TLS 1.2.
    pub tls12: bool,
    /// TLS 1.3.
    pub tls13: bool,
}

impl Default for Versions {
    fn default() -> Self {
        Versions { tls12: true, tls13: true }
    }
}

/// Why a list of versions is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No version is in it.
    #[error("at least one TLS version is needed: `\"1.2\"`, `\"1.3\"` or both")]
    Empty,
    /// This one is unknown, or too old.
    #[error("`{0}` is no TLS version that can be spoken here: wanted is `\"1.2\"`, `\"1.3\"` or both")]
    Unknown(String),
}

impl Versions {
    /// From `["1.2", "1.3"]`, in any order.
    ///
    /// # Errors
    /// An empty list, or another word.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Versions, VersionError> {
        let mut versions = Versions { tls12: false, tls13: false };
        for word in words {
            match word.as_ref() {
                "1.2" => versions.tls12 = true,
                "1.3" => versions.tls13 = true,
                other => return Err(VersionError::Unknown(other.to_owned())),
            }
        }
        if words.is_empty() { Err(VersionError::Empty) } else { Ok(versions) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
        }
        assert_eq!(Kind::parse("Expired"), None);
        assert_eq!(Kind::default(), Kind::Good);
    }

    #[test]
    fn versions_are_read_in_any_order() {
        let both = Versions { tls12: true, tls13: true };
        assert_eq!(Versions::parse(&["1.3", "1.2"]), Ok(both));
        assert_eq!(Choice::default().versions, both);
        assert_eq!(Versions::parse(&["1.2"]), Ok(Versions { tls12: true, tls13: false }));
        assert_eq!(Versions::parse::<&str>(&[]), Err(VersionError::Empty));
        assert_eq!(Versions::parse(&["1.2", "1.1"]), Err(VersionError::Unknown("1.1".into())));
    }
}
