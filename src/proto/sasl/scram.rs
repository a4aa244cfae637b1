//! SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677), without channel binding.
//!
//! Names and passwords are taken as they are: a client's SASLprep (RFC 4013) changes nothing in ASCII.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};

use super::{Mechanism, Proof, Step, gs2};
use crate::mail::Store;

/// RFC 5802 section 5.1 wants a nonce that never comes twice. This is a test server: the same client is to see the same octets.
const NONCE: &str = "mailfault1xQ9Tz0Vd2Jr7Lk";
/// RFC 7677 section 4 wants 4096 at least.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// Where an exchange is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    First,
    /// The server's first message was sent.
    Final {
        user: String,
        /// `n,,` and the like.
        header: Vec<u8>,
        /// client-first-message-bare `,` server-first-message `,`
        transcript: Vec<u8>,
        nonce: Vec<u8>,
        salt: Vec<u8>,
    },
    /// The client's proof was right, and the server has shown its own.
    Shown(String),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scram {
    sha256: bool,
    stage: Stage,
    nonce: &'static str,
    /// Instead of the user's own.
    salt: Option<Vec<u8>>,
    /// The client wants to act as another user (RFC 5802 section 5.1, `a=`).
    for_another: bool,
}

impl Scram {
    pub(super) fn new(sha256: bool) -> Self {
        Scram { sha256, stage: Stage::First, nonce: NONCE, salt: None, for_another: false }
    }

    pub(super) fn mechanism(&self) -> Mechanism {
        if self.sha256 { Mechanism::ScramSha256 } else { Mechanism::ScramSha1 }
    }

    /// The client speaks first.
    pub(super) fn challenge(&self) -> Step {
        Step::Challenge(Vec::new())
    }

    pub(super) fn respond(&mut self, message: &[u8], store: &Store) -> Step {
        let step = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::First => self.first(message),
            Stage::Final { user, header, transcript, nonce, salt } => {
                self.last(message, &header, transcript, &nonce, &salt, store.password(&user)).map(|signature| match signature {
                    None => Step::Credentials { user, proof: Proof::Shown(false) },
                    Some(signature) => {
                        self.stage = Stage::Shown(user);
                        Step::Challenge(format!("v={}", super::encode(&signature)).into())
                    }
                })
            }
            Stage::Shown(user) if message.is_empty() => Ok(Step::Credentials { user, proof: Proof::Shown(true) }),
            Stage::Shown(_) => Err("after the server's signature only an empty response can come (RFC 5802 section 5)"),
            Stage::Over => Err("the exchange is over"),
        };
        match step {
            Ok(Step::Credentials { user, proof }) if self.for_another => Step::Credentials { user, proof: proof.for_another() },
            step => step.unwrap_or_else(Step::Malformed),
        }
    }

    /// gs2-header `n=` name `,r=` nonce (`,` extension)*
    fn first(&mut self, message: &[u8]) -> Result<Step, &'static str> {
        let (header, bare) = gs2::header(message)?;
        let mut parts = bare.split(|&octet| octet == b',');
        let name = match parts.next() {
            Some([b'n', b'=', name @ ..]) => gs2::name(name)?,
            // RFC 5802 section 5.1: `m=` is an extension that whoever does not know it must refuse.
            Some([b'm', b'=', ..]) => return Err("there is no extension `m=` (RFC 5802 section 5.1)"),
            _ => return Err("`n=` comes after the header (RFC 5802 section 7)"),
        };
        self.for_another = header.authzid.is_some_and(|other| !other.eq_ignore_ascii_case(&name));
        let nonce = match parts.next() {
            Some([b'r', b'=', nonce @ ..]) if !nonce.is_empty() && nonce.iter().all(u8::is_ascii_graphic) => nonce,
            _ => return Err("`r=` with a nonce comes after the name (RFC 5802 section 7)"),
        };
        extensions(parts)?;
        let nonce = [nonce, self.nonce.as_bytes()].concat();
        // A name that nobody has gets a salt, too: whoever asks does not learn that.
        let salt = self.salt.take().unwrap_or_else(|| {
            let hash = digest::digest(&digest::SHA256, format!("mailfault {}", name.to_lowercase()).as_bytes());
            hash.as_ref().iter().copied().take(16).collect()
        });
        let reply = [b"r=", nonce.as_slice(), format!(",s={},i={ITERATIONS}", super::encode(&salt)).as_bytes()].concat();
        let transcript = [bare, b",", reply.as_slice(), b","].concat();
        self.stage = Stage::Final { user: name, header: header.whole.into(), transcript, nonce, salt };
        Ok(Step::Challenge(reply))
    }

    /// `c=` header `,r=` nonce (`,` extension)* `,p=` proof; the server's signature, if the proof is right.
    fn last(
        &self,
        message: &[u8],
        header: &[u8],
        mut transcript: Vec<u8>,
        nonce: &[u8],
        salt: &[u8],
        password: Option<String>,
    ) -> Result<Option<Vec<u8>>, &'static str> {
        let at = memchr::memmem::rfind(message, b",p=").ok_or("`,p=` is missing (RFC 5802 section 7)")?;
        let (without_proof, proof) = message.split_at(at);
        let proof =
            super::decode(proof.get(3..).unwrap_or_default()).map_err(|_| "the proof is not base64 (RFC 5802 section 7)")?;
        let mut parts = without_proof.split(|&octet| octet == b',');
        let binding = parts.next().and_then(|part| part.strip_prefix(b"c=")).ok_or("`c=` comes first (RFC 5802 section 7)")?;
        if super::decode(binding).ok().as_deref() != Some(header) {
            return Err("`c=` is not the header of the first message (RFC 5802 section 5.1)");
        }
        if parts.next().and_then(|part| part.strip_prefix(b"r=")) != Some(nonce) {
            return Err("`r=` is not the nonce of this exchange (RFC 5802 section 5.1)");
        }
        extensions(parts)?;
        transcript.extend_from_slice(without_proof);
        let (hash, mac, derive) = if self.sha256 {
            (&digest::SHA256, hmac::HMAC_SHA256, pbkdf2::PBKDF2_HMAC_SHA256)
        } else {
            (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pbkdf2::PBKDF2_HMAC_SHA1)
        };
        if proof.len() != hash.output_len() {
            return Err("the proof has another length than the hash (RFC 5802 section 3)");
        }
        let keyed = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(mac, key), text);
        // The names are those of RFC 5802 section 3. A name that nobody has costs the same time.
        let mut salted = vec![0; hash.output_len()];
        pbkdf2::derive(derive, ITERATIONS, salt, password.as_deref().unwrap_or_default().as_bytes(), &mut salted);
        let stored_key = digest::digest(hash, keyed(&salted, b"Client Key").as_ref());
        let client_signature = keyed(stored_key.as_ref(), &transcript);
        let client_key: Vec<u8> = proof.iter().zip(client_signature.as_ref()).map(|(one, other)| one ^ other).collect();
        if password.is_none() || digest::digest(hash, &client_key).as_ref() != stored_key.as_ref() {
            return Ok(None);
        }
        Ok(Some(keyed(keyed(&salted, b"Server Key").as_ref(), &transcript).as_ref().to_vec()))
    }
}

/// RFC 5802 section 5.1: those that are optional are passed over, but they must look like attributes.
fn extensions<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Result<(), &'static str> {
    for part in parts {
        match part {
            [b'm', b'=', ..] => return Err("there is no extension `m=` (RFC 5802 section 5.1)"),
            [letter, b'=', _, ..] if letter.is_ascii_alphabetic() && !part.contains(&0) => {}
            _ => return Err("an attribute is a letter, `=` and a value (RFC 5802 section 5.1)"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_users;
    use super::*;

    /// What a server says that has this nonce and this salt; the last line is the empty response.
    fn play(sha256: bool, nonce: &'static str, salt: &str, client: [&str; 2]) -> (Vec<String>, Step) {
        let store = with_users(&[("user", "pencil")]);
        let mut scram = Scram { nonce, salt: Some(super::super::decode(salt.as_bytes()).unwrap()), ..Scram::new(sha256) };
        let mut said = Vec::new();
        for message in client {
            match scram.respond(message.as_bytes(), &store) {
                Step::Challenge(text) => said.push(String::from_utf8(text).unwrap()),
                other => return (said, other),
            }
        }
        (said, scram.respond(b"", &store))
    }

    fn verdict(shown: bool) -> Step {
        Step::Credentials { user: "user".into(), proof: Proof::Shown(shown) }
    }

    const SHA_1: [&str; 2] = [
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    ];

    #[test]
    fn the_example_of_rfc_5802_section_5() {
        let (said, step) = play(false, "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", SHA_1);
        let first = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
        assert_eq!(said, [first, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="]);
        assert_eq!(step, verdict(true));
    }

    #[test]
    fn the_example_of_rfc_7677_section_3() {
        let client = [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        ];
        let (said, step) = play(true, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "W22ZaJ0SNY7soEsUEjb6gQ==", client);
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        assert_eq!(said, [first, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="]);
        assert_eq!(step, verdict(true));
    }

    #[test]
    fn a_wrong_proof_gets_no_signature_and_a_stranger_gets_a_salt() {
        let wrong = SHA_1[1].replace("p=v0X8", "p=v0X9");
        let (said, step) = play(false, "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", [SHA_1[0], &wrong]);
        assert_eq!((said.len(), step), (1, verdict(false)));
        let salt =
            |name: &str| Scram::new(true).respond(format!("n,,n={name},r=x").as_bytes(), &with_users(&[("user", "pencil")]));
        assert!(matches!(salt("eve"), Step::Challenge(_)));
        assert_eq!(salt("user"), salt("USER"));
        assert_ne!(salt("user"), salt("eve"));
    }

    #[test]
    fn what_is_wrong_in_the_first_message_is_named() {
        let cases = [
            ("", gs2::BROKEN),
            ("p=tls-unique,,n=user,r=x", "there is no channel binding"),
            ("n,,m=x,n=user,r=x", "there is no extension `m=`"),
            ("n,,r=x", "`n=` comes after the header"),
            ("n,,n=,r=x", "the user name is empty"),
            ("n,,n=us\0er,r=x", "the user name has a NUL octet"),
            ("n,,n=us=2er,r=x", "after `=` in a name"),
            ("n,a=e=ve,n=user,r=x", "after `=` in a name"),
            ("n,,n=user,r=", "`r=` with a nonce"),
            ("n,,n=user,r=a b", "`r=` with a nonce"),
            ("n,,n=user", "`r=` with a nonce"),
            ("n,,n=user,r=x,m=y", "there is no extension `m=`"),
            ("n,,n=user,r=x,y", "an attribute is a letter"),
        ];
        for (message, why) in cases {
            let step = Scram::new(false).respond(message.as_bytes(), &with_users(&[("user", "pencil")]));
            assert!(matches!(step, Step::Malformed(found) if found.starts_with(why)), "{message:?} {step:?}");
        }
    }

    #[test]
    fn what_is_wrong_in_the_last_message_is_named() {
        let cases = [
            ("", "`,p=` is missing"),
            ("c=biws,r=xmailfault1xQ9Tz0Vd2Jr7Lk", "`,p=` is missing"),
            ("c=biws,r=xmailfault1xQ9Tz0Vd2Jr7Lk,p=?", "the proof is not base64"),
            ("r=xmailfault1xQ9Tz0Vd2Jr7Lk,p=AAAA", "`c=` comes first"),
            ("c=eSws,r=xmailfault1xQ9Tz0Vd2Jr7Lk,p=AAAA", "`c=` is not the header"),
            ("c=biws,r=x,p=AAAA", "`r=` is not the nonce"),
            ("c=biws,r=xmailfault1xQ9Tz0Vd2Jr7Lk,=,p=AAAA", "an attribute is a letter"),
            ("c=biws,r=xmailfault1xQ9Tz0Vd2Jr7Lk,p=AAAA", "the proof has another length"),
        ];
        let store = with_users(&[("user", "pencil")]);
        for (message, why) in cases {
            let mut scram = Scram::new(false);
            scram.respond(b"n,,n=user,r=x", &store);
            let step = scram.respond(message.as_bytes(), &store);
            assert!(matches!(step, Step::Malformed(found) if found.starts_with(why)), "{message:?} {step:?}");
            assert_eq!(scram.respond(b"", &store), Step::Malformed("the exchange is over"));
        }
    }

    #[test]
    fn who_acts_as_another_is_found_out_at_the_verdict() {
        let store = with_users(&[("user", "pencil")]);
        for (header, proof) in [("n,a=eve,", Proof::Shown(true).for_another()), ("n,a=User,", Proof::Shown(true))] {
            let mut scram = Scram::new(true);
            let first = scram.respond(format!("{header}n=user,r=x").as_bytes(), &store);
            assert!(matches!(first, Step::Challenge(_)), "{first:?}");
            scram.stage = Stage::Shown("user".into());
            assert_eq!(scram.respond(b"", &store), Step::Credentials { user: "user".into(), proof });
        }
    }

    #[test]
    fn nothing_comes_after_the_signature() {
        let store = with_users(&[("user", "pencil")]);
        let mut scram = Scram { stage: Stage::Shown("user".into()), ..Scram::new(true) };
        assert!(matches!(scram.respond(b"x", &store), Step::Malformed(why) if why.starts_with("after the server's signature")));
    }
}
