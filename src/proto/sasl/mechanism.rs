//! The mechanisms by name, and sets of them.

/// A mechanism that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login: never a standard, in use everywhere.
    Login,
    /// RFC 2195.
    CramMd5,
    /// RFC 5802.
    ScramSha1,
    /// RFC 7677.
    ScramSha256,
    /// Google's and Microsoft's, before there was RFC 7628.
    Xoauth2,
    /// RFC 7628.
    OauthBearer,
    /// RFC 4422 appendix A.
    External,
    /// RFC 4505.
    Anonymous,
}

impl Mechanism {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Mechanism; 9] = [
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::CramMd5,
        Mechanism::ScramSha1,
        Mechanism::ScramSha256,
        Mechanism::Xoauth2,
        Mechanism::OauthBearer,
        Mechanism::External,
        Mechanism::Anonymous,
    ];

    /// By its name, in any case.
    pub fn parse(name: &str) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }

    /// Its registered name, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
            Mechanism::CramMd5 => "CRAM-MD5",
            Mechanism::ScramSha1 => "SCRAM-SHA-1",
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::Xoauth2 => "XOAUTH2",
            Mechanism::OauthBearer => "OAUTHBEARER",
            Mechanism::External => "EXTERNAL",
            Mechanism::Anonymous => "ANONYMOUS",
        }
    }

    /// Whether the server must know the password: where any name with any password logs in, there is none.
    pub fn needs_password(self) -> bool {
        matches!(self, Mechanism::CramMd5 | Mechanism::ScramSha1 | Mechanism::ScramSha256)
    }

    /// The client proves who it is with a token (RFC 6750).
    pub fn takes_token(self) -> bool {
        matches!(self, Mechanism::Xoauth2 | Mechanism::OauthBearer)
    }
}

/// A set of mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mechanisms(u16);

impl Default for Mechanisms {
    /// PLAIN and LOGIN: what a server offers that knows no passwords.
    fn default() -> Self {
        Mechanisms::of(&[Mechanism::Plain, Mechanism::Login])
    }
}

impl Mechanisms {
    /// None.
    pub const NONE: Mechanisms = Mechanisms(0);

    /// These.
    pub fn of(all: &[Mechanism]) -> Self {
        Mechanisms(all.iter().fold(0, |bits, &mechanism| bits | 1 << mechanism as u16))
    }

    /// What a server offers whose users are these: each stands for the mechanisms that it may use, and `None` for those that need nothing but a password.
    pub fn of_users<'a>(users: impl IntoIterator<Item = Option<&'a [String]>>) -> Self {
        let (mut set, mut users) = (Mechanisms::NONE, users.into_iter().peekable());
        if users.peek().is_none() {
            return Mechanisms::default();
        }
        for user in users {
            set.0 |= match user {
                None => {
                    let proofs = Mechanism::ALL.into_iter().filter(|mechanism| mechanism.needs_password());
                    Mechanisms::default().0 | Mechanisms::of(&proofs.collect::<Vec<_>>()).0
                }
                Some(names) => Mechanisms::of(&names.iter().filter_map(|name| Mechanism::parse(name)).collect::<Vec<_>>()).0,
            };
        }
        set
    }

    /// Adds those that these capabilities name: `AUTH=PLAIN` as IMAP has it, `AUTH PLAIN LOGIN` as SMTP does.
    pub fn add_named(&mut self, capabilities: &[String]) {
        for capability in capabilities {
            let mut words = capability.split([' ', '=']);
            if words.next().is_some_and(|word| word.eq_ignore_ascii_case("AUTH")) {
                self.0 |= Mechanisms::of(&words.filter_map(Mechanism::parse).collect::<Vec<_>>()).0;
            }
        }
    }

    /// Whether it is one of them.
    pub fn contains(self, mechanism: Mechanism) -> bool {
        self.0 & 1 << mechanism as u16 != 0
    }

    /// Their names, in the order of [`Mechanism::ALL`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Mechanism::ALL.into_iter().filter(move |&mechanism| self.contains(mechanism)).map(Mechanism::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mechanism_is_found_in_any_case() {
        assert_eq!(Mechanism::parse("plain"), Some(Mechanism::Plain));
        assert_eq!(Mechanism::parse("Scram-Sha-256"), Some(Mechanism::ScramSha256));
        assert_eq!(Mechanism::parse("PLAIN "), None);
        for (at, mechanism) in Mechanism::ALL.into_iter().enumerate() {
            assert_eq!((Mechanism::parse(mechanism.name()), mechanism as usize), (Some(mechanism), at));
        }
    }

    #[test]
    fn users_decide_what_is_offered() {
        let names = |users: &[Option<&[&str]>]| {
            let owned: Vec<Option<Vec<String>>> =
                users.iter().map(|user| user.map(|names| names.iter().map(|&name| name.to_owned()).collect())).collect();
            Mechanisms::of_users(owned.iter().map(|user| user.as_deref())).names().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&[]), "PLAIN LOGIN");
        assert_eq!(names(&[None]), "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256");
        assert_eq!(names(&[Some(&["XOAUTH2"]), Some(&["PLAIN", "XOAUTH2"])]), "PLAIN XOAUTH2");
        assert_eq!(names(&[Some(&[])]), "");
    }

    #[test]
    fn capabilities_name_mechanisms() {
        let mut set = Mechanisms::NONE;
        set.add_named(&["auth=anonymous".into(), "AUTH XOAUTH2 XYZ external".into(), "AUTHOR=PLAIN".into(), "IDLE".into()]);
        assert_eq!(set.names().collect::<Vec<_>>(), ["XOAUTH2", "EXTERNAL", "ANONYMOUS"]);
    }
}
