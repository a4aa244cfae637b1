//! Odd mail in every form that FETCH has.

use std::collections::BTreeSet;

use imap_codec::imap_types::body::{BodyStructure, SpecificFields};
use imap_codec::imap_types::core::NString;
use imap_codec::imap_types::fetch::MessageDataItem;
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
    let mutilated = mutilated(odd.iter().filter(|(name, _)| !is_unread(name)).map(|(_, raw)| raw), 300);
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

#[test]
fn every_part_of_a_structure_can_be_fetched_and_has_its_size() {
    let odd = messages();
    let mutilated = mutilated(odd.iter().filter(|(name, _)| !is_unread(name)).map(|(_, raw)| raw), 300);
    let all: Vec<&Vec<u8>> = odd.iter().filter(|(name, _)| !is_unread(name)).map(|(_, raw)| raw).chain(&mutilated).collect();
    let mut peer = Peer::greeted(true);
    all.iter().for_each(|raw| peer.deliver("INBOX", raw));
    peer.say("EXAMINE INBOX").expect("good responses");
    for (number, raw) in (1..).zip(all) {
        let mut leaves = Vec::new();
        for item in peer.items(number, "(BODYSTRUCTURE RFC822.SIZE)") {
            match item {
                MessageDataItem::BodyStructure(body) => parts(&body, "", &mut leaves),
                MessageDataItem::Rfc822Size(size) => assert_eq!(size as usize, raw.len()),
                other => panic!("{other:?}"),
            }
        }
        assert!(!leaves.is_empty());
        for chunk in leaves.chunks(20) {
            let asked: Vec<String> = chunk.iter().map(|leaf| format!("BODY.PEEK[{}]", leaf.path)).collect();
            let items = peer.items(number, &format!("({})", asked.join(" ")));
            assert_eq!(items.len(), chunk.len());
            for (leaf, item) in chunk.iter().zip(items) {
                let MessageDataItem::BodyExt { data: NString(Some(data)), .. } = item else { panic!("no {leaf:?}: {item:?}") };
                let data = data.as_ref();
                let lines = data.iter().filter(|&&b| b == b'\n').count() + usize::from(data.last().is_some_and(|&b| b != b'\n'));
                let found = Leaf { path: leaf.path.clone(), size: data.len(), lines: leaf.lines.map(|_| lines) };
                assert_eq!(*leaf, found, "{}", raw.escape_ascii());
            }
        }
    }
}

/// A part with a size.
#[derive(Debug, PartialEq)]
struct Leaf {
    path: String,
    size: usize,
    lines: Option<usize>,
}

/// The parts of a message, numbered below `above` (RFC 3501 section 6.4.5).
fn parts(body: &BodyStructure<'_>, above: &str, leaves: &mut Vec<Leaf>) {
    let bodies = match body {
        BodyStructure::Multi { bodies, .. } => bodies.as_ref(),
        BodyStructure::Single { .. } => std::slice::from_ref(body),
    };
    for (number, body) in (1..).zip(bodies) {
        let path = if above.is_empty() { format!("{number}") } else { format!("{above}.{number}") };
        let BodyStructure::Single { body, .. } = body else {
            parts(body, &path, leaves);
            continue;
        };
        let (lines, inside) = match &body.specific {
            SpecificFields::Basic { .. } => (None, None),
            SpecificFields::Text { number_of_lines, .. } => (Some(*number_of_lines as usize), None),
            SpecificFields::Message { number_of_lines, body_structure, .. } => {
                (Some(*number_of_lines as usize), Some(body_structure))
            }
        };
        if let Some(inside) = inside {
            parts(inside, &path, leaves);
        }
        leaves.push(Leaf { path, size: body.basic.size as usize, lines });
    }
}

fn is_unread(name: &str) -> bool {
    known::UNREAD.iter().any(|(known, _)| *known == name)
}
