//! The moments of a connection's life, the vocabulary that sessions and faults share.
//!
//! A session says which moment has come, a fault says at which moments it wants to act. Neither knows the other.

use std::fmt;

use super::Class;

/// The protocol that a listener speaks.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 3501 and RFC 9051.
    Imap,
}

impl Protocol {
    /// Every protocol, in the order in which reports show them.
    pub const ALL: [Protocol; 2] = [Protocol::Smtp, Protocol::Imap];

    /// `smtp` or `imap`.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Smtp => "smtp",
            Protocol::Imap => "imap",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of names for points in a connection's life: `AUTH PLAIN` with an initial response is `AUTH`, `command` and `credentials` at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ats(u128);

/// One thing that has come in a connection's life, about to be answered (or passed) by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// All names that this point has.
    pub at: Ats,
    /// For `content`: how many octets of the message have arrived. For `silence` and `age`: the fault's `after`, in nanoseconds. For `dialogue`: the number of what is said, in all dialogues
    /// of the scenario. Otherwise 0.
    pub offset: u64,
}

impl Moment {
    /// A moment with these names and no offset.
    pub const fn new(at: Ats) -> Self {
        Moment { at, offset: 0 }
    }

    /// Whether the client is asked for more (334, `+`) by a reply that takes the place of the verdict on its login: then nothing is decided yet.
    pub fn is_postponed_by(self, said: Class) -> bool {
        said == Class::More && self.at.intersects(Ats::CREDENTIALS | Ats::AUTH | Ats::AUTHENTICATE)
    }

    /// Whether a reply is due here, so that `pass`, `cut` and `rewrite` mean something.
    pub fn owes_reply(self) -> bool {
        !self.at.intersects(Ats::WITHOUT_REPLY)
    }
}

/// Which protocols a name belongs to, and its text in a scenario file.
struct Name {
    text: &'static str,
    smtp: bool,
    imap: bool,
}

macro_rules! names {
    ($( $konst:ident $text:literal $smtp:literal $imap:literal; )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u8)]
        enum Bit { $( $konst ),* }
        impl Ats {
            $( #[doc = concat!("`", $text, "`")] pub const $konst: Ats = Ats(1 << Bit::$konst as u32); )*
        }
        const NAMES: &[Name] = &[ $( Name { text: $text, smtp: $smtp, imap: $imap } ),* ];
    };
}

names! {
    CONNECT "connect" true true;
    TLS "tls" true true;
    SECURE "secure" true true;
    GREETING "greeting" true true;
    COMMAND "command" true true;
    CREDENTIALS "credentials" true true;
    CONTINUATION "continuation" true true;
    CONTENT "content" true true;
    MESSAGE "message" true true;
    UNSOLICITED "unsolicited" false true;
    SILENCE "silence" true true;
    AGE "age" true true;
    TURN "dialogue" true true;
    HELO "HELO" true false;
    EHLO "EHLO" true false;
    MAIL "MAIL" true false;
    RCPT "RCPT" true false;
    DATA "DATA" true false;
    BDAT "BDAT" true false;
    RSET "RSET" true false;
    VRFY "VRFY" true false;
    EXPN "EXPN" true false;
    HELP "HELP" true false;
    QUIT "QUIT" true false;
    AUTH "AUTH" true false;
    NOOP "NOOP" true true;
    STARTTLS "STARTTLS" true true;
    CAPABILITY "CAPABILITY" false true;
    LOGOUT "LOGOUT" false true;
    AUTHENTICATE "AUTHENTICATE" false true;
    LOGIN "LOGIN" false true;
    ENABLE "ENABLE" false true;
    SELECT "SELECT" false true;
    EXAMINE "EXAMINE" false true;
    CREATE "CREATE" false true;
    DELETE "DELETE" false true;
    RENAME "RENAME" false true;
    SUBSCRIBE "SUBSCRIBE" false true;
    UNSUBSCRIBE "UNSUBSCRIBE" false true;
    LIST "LIST" false true;
    LSUB "LSUB" false true;
    NAMESPACE "NAMESPACE" false true;
    STATUS "STATUS" false true;
    APPEND "APPEND" false true;
    IDLE "IDLE" false true;
    DONE "DONE" false true;
    CHECK "CHECK" false true;
    CLOSE "CLOSE" false true;
    UNSELECT "UNSELECT" false true;
    EXPUNGE "EXPUNGE" false true;
    SEARCH "SEARCH" false true;
    FETCH "FETCH" false true;
    STORE "STORE" false true;
    COPY "COPY" false true;
    MOVE "MOVE" false true;
    SORT "SORT" false true;
    THREAD "THREAD" false true;
    ID "ID" false true;
    GETQUOTA "GETQUOTA" false true;
    GETQUOTAROOT "GETQUOTAROOT" false true;
    SETQUOTA "SETQUOTA" false true;
}

impl Ats {
    /// No name at all.
    pub const NONE: Ats = Ats(0);
    /// The points at which the server owes the client nothing. (At `tls` it owes its first flight.)
    pub const WITHOUT_REPLY: Ats = Ats(Ats::CONNECT.0 | Ats::SECURE.0 | Ats::CONTENT.0 | Ats::SILENCE.0 | Ats::AGE.0);

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Ats) -> Ats {
        Ats(self.0 | other.0)
    }

    /// Whether they share a name.
    pub const fn intersects(self, other: Ats) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no name in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with one name, whatever the case of its letters; `UID FETCH` is `FETCH`.
    pub fn parse(text: &str) -> Option<Ats> {
        let text = match text.split_once(' ') {
            Some((uid, rest)) if uid.eq_ignore_ascii_case("UID") => rest,
            _ => text,
        };
        NAMES.iter().position(|name| name.text.eq_ignore_ascii_case(text)).map(|bit| Ats(1 << bit))
    }

    /// Every name that a scenario file may use, in a fixed order.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|name| name.text).filter(|name| *name != "dialogue")
    }

    /// The names in this set, in a fixed order: verbs in capitals, other points in small letters.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().enumerate().filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, name)| name.text)
    }

    /// Those of its names that can come up on a connection of this protocol.
    #[must_use]
    pub fn of(self, protocol: Protocol) -> Ats {
        let bits = NAMES.iter().enumerate().filter(|(_, name)| match protocol {
            Protocol::Smtp => name.smtp,
            Protocol::Imap => name.imap,
        });
        Ats(bits.fold(0, |set, (bit, _)| set | 1 << bit) & self.0)
    }

    /// The most telling name: the verb where there is one, otherwise the point.
    pub fn headline(self) -> &'static str {
        let verbs = Ats(!0 << Bit::HELO as u32);
        let only = if self.intersects(verbs) { Ats(self.0 & verbs.0) } else { self };
        only.names().next().unwrap_or("nothing")
    }
}

impl std::ops::BitOr for Ats {
    type Output = Ats;
    fn bitor(self, other: Ats) -> Ats {
        self.union(other)
    }
}

impl std::ops::BitOrAssign for Ats {
    fn bitor_assign(&mut self, other: Ats) {
        *self = self.union(other);
    }
}

impl fmt::Display for Ats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, name) in self.names().enumerate() {
            if n > 0 {
                f.write_str("+")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Ats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl serde::Serialize for Ats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Ats {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let mut set = Ats::NONE;
        for name in text.split('+').filter(|name| !name.is_empty()) {
            set |= Ats::parse(name).ok_or_else(|| serde::de::Error::custom(format!("unknown moment `{name}`")))?;
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_uid_forms_are_the_plain_verb() {
        assert_eq!(Ats::parse("ehlo"), Some(Ats::EHLO));
        assert_eq!(Ats::parse("Greeting"), Some(Ats::GREETING));
        assert_eq!(Ats::parse("uid fetch"), Some(Ats::FETCH));
        assert_eq!(Ats::parse("FETCHES"), None);
    }

    #[test]
    fn a_set_prints_its_names_and_reads_them_back() {
        let set = Ats::CREDENTIALS | Ats::COMMAND | Ats::AUTH;
        assert_eq!(set.to_string(), "command+credentials+AUTH");
        assert_eq!(set.headline(), "AUTH");
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<Ats>(&json).unwrap(), set);
    }

    #[test]
    fn a_name_belongs_to_the_protocols_that_know_it() {
        let set = Ats::EHLO | Ats::SELECT | Ats::GREETING;
        assert_eq!(set.of(Protocol::Smtp), Ats::EHLO | Ats::GREETING);
        assert_eq!(set.of(Protocol::Imap), Ats::SELECT | Ats::GREETING);
    }
}
