//! Object identifiers (RFC 8474): pure functions of a message's octets, the same after a restart, a copy or a move.

use aws_lc_rs::digest::{SHA256, digest};

use super::header::{fields, header_end};
use super::message_ids::message_ids;
use super::{Fnv, Message};

impl Message {
    /// EMAILID (RFC 8474 section 5.1): `M` and 16 hexadecimal digits, the first 64 bits but one of the octets' SHA-256. Messages have the same one only if all their octets are the same.
    pub fn email_id(&self) -> String {
        format!("M{:016x}", self.email_number())
    }

    /// THREADID (RFC 8474 section 5.2): `T` and 16 hexadecimal digits. Messages have the same one if they go back to the same message: the first in
    /// References, else the first in In-Reply-To, else the message itself.
    pub fn thread_id(&self) -> String {
        format!("T{:016x}", self.thread_number())
    }

    /// What [`Message::email_id`] says, as a number: X-GM-MSGID. Below 2^63, since some clients keep it with a sign.
    pub fn email_number(&self) -> u64 {
        *self.email.get_or_init(|| {
            let digest = digest(&SHA256, &self.raw);
            digest.as_ref().first_chunk().map_or(0, |first| u64::from_be_bytes(*first)) & WITHOUT_SIGN
        })
    }

    /// What [`Message::thread_id`] says, as a number: X-GM-THRID.
    pub fn thread_number(&self) -> u64 {
        let mut roots: [Option<_>; 3] = [None, None, None];
        for field in fields(&self.raw, 0..header_end(&self.raw)) {
            let name = &self.raw[field.name];
            let place =
                ["references", "in-reply-to", "message-id"].iter().position(|known| name.eq_ignore_ascii_case(known.as_bytes()));
            if let Some(root) = place.and_then(|place| roots.get_mut(place)).filter(|root| root.is_none()) {
                *root = message_ids(&self.raw[field.value]).next();
            }
        }
        let Some(root) = roots.into_iter().flatten().next() else { return self.email_number() };
        let mut digest = Fnv::new();
        digest.write(&root);
        digest.0 & WITHOUT_SIGN
    }
}

const WITHOUT_SIGN: u64 = u64::MAX >> 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &'static str) -> Message {
        Message::new(text.into())
    }

    #[test]
    fn the_ids_never_change() {
        let plain = message("Subject: x\r\n\r\nhello\r\n");
        assert_eq!(plain.email_id(), "M090bcbd4edc487bc");
        assert_eq!(plain.thread_id(), format!("T{}", &plain.email_id()[1..]));
        assert_ne!(plain.email_id(), message("Subject: x\r\n\r\nhello\r\n\r\n").email_id());
    }

    #[test]
    fn a_thread_is_named_after_its_first_message() {
        let root = message("Message-ID: <1@a.test>\r\n\r\n").thread_id();
        for reply in [
            "Message-ID: <2@a.test>\r\nIn-Reply-To: <1@a.test>\r\n\r\n",
            "In-Reply-To: <2@a.test>\r\nReferences: <1@a.test>\r\n <2@a.test>\r\n\r\n",
            "references: (so) <\"1\"@a.test>\r\nMessage-ID: <3@a.test>\r\n\r\n",
        ] {
            assert_eq!(message(reply).thread_id(), root, "{reply}");
        }
        assert_ne!(message("Message-ID: <2@a.test>\r\n\r\n").thread_id(), root);
    }
}
