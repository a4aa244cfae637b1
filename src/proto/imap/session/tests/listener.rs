//! What the journal is told of a listener: which bodies arrived, what was tried, where messages went.

use super::*;
use crate::proto::Note;
use crate::proto::dialogue::Meddling;

/// The notes, a word or two each.
fn told(d: &Dialogue) -> Vec<String> {
    let told = d.notes.iter().filter_map(|note| {
        Some(match note {
            Note::Fetched { uid, .. } => format!("fetched {uid}"),
            Note::Flags { uid, flags, .. } => format!("flags {uid} {flags}"),
            Note::InVain { uid, command, mailbox, .. } => format!("{command} in vain {uid} {mailbox}"),
            Note::Copied { uid, mailbox, from, from_uid, moved, .. } => {
                format!("copied {from} {from_uid} {mailbox} {uid} {moved}")
            }
            Note::Delivered { uid, mailbox, .. } => format!("delivered {mailbox} {uid}"),
            Note::Expunged { uid, mailbox, .. } => format!("expunged {mailbox} {uid}"),
            _ => return None,
        })
    });
    told.collect()
}

#[test]
fn a_body_whose_number_name_or_size_was_changed_has_not_arrived() {
    // `* 1 FETCH (BODY[] {45}`
    for (changed, fetched) in [
        (&[][..], true),
        (&[(20, 20)], false),
        (&[(18, 21)], false),
        (&[(2, 2)], false),
        (&[(12, 16)], false),
        (&[(0, 10_000)], false),
        // Behind the literal, and between the number and the name.
        (&[(69, 75)], true),
        (&[(11, 11), (69, 69)], true),
    ] {
        let mut d = selected(1);
        d.meddle(Ats::FETCH, Meddling { changed, ..Meddling::default() });
        d.feed(b"A FETCH 1 BODY[]\r\n");
        let expected = if fetched { vec!["fetched 1", "flags 1 \\Seen"] } else { vec!["flags 1 \\Seen"] };
        assert_eq!(told(&d), expected, "{changed:?}");
    }
}

#[test]
fn of_many_bodies_those_arrive_that_were_not_changed() {
    let mut d = selected(20);
    let size = text(&d.feed(b"A0 FETCH 1 BODY.PEEK[]\r\n")).find("A0 OK").unwrap() as u64;
    d.notes.clear();
    let second: &'static [(u64, u64)] = Box::leak(Box::new([(size + 18, size + 20)]));
    d.meddle(Ats::FETCH, Meddling { changed: second, ..Meddling::default() });
    d.feed(b"A1 FETCH 1:3 BODY.PEEK[]\r\n");
    assert_eq!(told(&d), ["fetched 1", "fetched 3"]);
}

#[test]
fn a_mark_that_changed_nothing_is_told() {
    for (command, expected) in [
        (r"+FLAGS (\Seen)", "STORE in vain 1 INBOX"),
        (r"FLAGS.SILENT (\Deleted \Flagged)", "STORE in vain 1 INBOX"),
        (r"-FLAGS (\Seen)", ""),
        (r"+FLAGS (\Flagged $Work)", ""),
    ] {
        let mut d = selected(1);
        d.meddle(Ats::STORE, Meddling { reply: Some("NO not now"), ..Meddling::default() });
        d.feed(format!("A STORE 1 {command}\r\n").as_bytes());
        assert_eq!(told(&d).join(";"), expected, "{command}");
    }
    let mut d = selected(2);
    d.feed(b"A STORE 1 +FLAGS (\\Seen)\r\nB STORE 1:2 +FLAGS.SILENT (\\Seen \\Flagged)\r\n");
    d.feed(b"C UID STORE 1 FLAGS (\\Seen)\r\nD UID STORE 9 +FLAGS (\\Seen)\r\n");
    assert_eq!(
        told(&d),
        [
            "flags 1 \\Seen",
            "STORE in vain 1 INBOX",
            "flags 1 \\Flagged \\Seen",
            "flags 2 \\Flagged \\Seen",
            "STORE in vain 1 INBOX",
            "flags 1 \\Seen"
        ]
    );
}

#[test]
fn copies_and_moves_tell_which_message_is_which() {
    let mut d = selected(3);
    d.feed(b"A CREATE Done\r\nB COPY 3 Done\r\nC UID MOVE 2:3 Done\r\n");
    assert_eq!(
        told(&d),
        [
            "delivered Done 1",
            "copied INBOX 3 Done 1 false",
            "delivered Done 2",
            "copied INBOX 2 Done 2 true",
            "delivered Done 3",
            "copied INBOX 3 Done 3 true",
            "expunged INBOX 2",
            "expunged INBOX 3"
        ]
    );
    let mut d = selected(2);
    d.meddle(Ats::MOVE | Ats::COPY, Meddling { keep: Some(false), ..Meddling::default() });
    d.feed(b"A CREATE Done\r\nB COPY 1 Done\r\nC MOVE 1:2 Done\r\n");
    assert_eq!(told(&d), ["MOVE in vain 1 INBOX", "MOVE in vain 2 INBOX"]);
}
