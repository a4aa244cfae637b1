//! Odd mail in every form that FETCH has.

use std::collections::BTreeSet;

use imap_codec::imap_types::response::StatusKind;

use super::known;
use super::odd_mail::{messages, mutilated};
use super::peer::Peer;

const ITEMS: [&str; 8] = [
    "FULL",
    "(UID BODYSTRUCTURE)",
    "(RFC822.SIZE RFC822 RFC822.HEADER RFC822.TEXT)",
    "(BODY[] BODY.PEEK[HEADER] BODY[TEXT]<3.20>)",
    "(BODY.PEEK[HEADER.FIELDS (Subject \"X y\" {3+}\r\nNIL)] BODY.PEEK[HEADER.FIELDS.NOT (To)]<0.5>)",
    "(BODY[1] BODY[1.MIME] BODY[1.HEADER] BODY[1.TEXT])",
    "(BODY[2] BODY[2.MIME] BODY[2.HEADER] BODY[2.1.TEXT])",
    "(BODY[1.1] BODY[1.1.MIME] BODY[1.2.HEADER.FIELDS (From)])",
];

#[test]
fn odd_mail_is_told_in_good_responses() {
    let odd = messages();
    let mutilated = mutilated(odd.iter().filter(|(name, _)| !is_unread(name)).map(|(_, raw)| raw), 400);
    let named = odd.iter().map(|(name, raw)| (name, raw)).chain(mutilated.iter().map(|raw| (&"mutilated", raw)));
    let mut peer = Peer::greeted(true);
    for (_, raw) in named.clone() {
        peer.deliver("INBOX", raw);
    }
    assert_eq!(peer.say("EXAMINE INBOX").expect("good responses").kind, StatusKind::Ok);
    let mut failures = Vec::new();
    let mut needed = BTreeSet::new();
    for (number, (name, raw)) in (1..).zip(named) {
        for item in ITEMS {
            match peer.say(&format!("FETCH {number} {item}")) {
                Ok(outcome) => assert_eq!((&outcome.kind, outcome.fetched()), (&StatusKind::Ok, 1), "{name}: {item}"),
                Err(_) if is_unread(name) => {
                    needed.insert(*name);
                }
                Err(unread) => {
                    failures.push(format!(
                        "{name}: {}\nfrom {}",
                        unread.get(..3_000).unwrap_or(&unread),
                        raw[..raw.len().min(1_000)].escape_ascii()
                    ));
                    break;
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} messages:\n{}", failures.len(), failures.join("\n\n"));
    for (name, why) in known::UNREAD {
        assert!(needed.contains(name), "no longer needed: {name} ({why})");
    }
}

fn is_unread(name: &str) -> bool {
    known::UNREAD.iter().any(|(known, _)| *known == name)
}
