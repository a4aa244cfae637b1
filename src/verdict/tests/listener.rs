//! What becomes of mail in mailboxes.

use super::story::{Story, range};
use super::{Check, Imap, Note, found};

fn delivered(uid: u32, seen: bool) -> Note {
    Note::Delivered { user: "bob".into(), mailbox: "INBOX".into(), uid, seen }
}

pub fn flags(uid: u32, flags: &str) -> Note {
    Note::Flags { user: "bob".into(), mailbox: "INBOX".into(), uid, flags: flags.into() }
}

fn fetched(uid: u32) -> Note {
    Note::Fetched { user: "bob".into(), mailbox: "INBOX".into(), uid }
}

fn expunged(uid: u32) -> Note {
    Note::Expunged { user: "bob".into(), mailbox: "INBOX".into(), uid }
}

fn in_vain(uid: u32) -> Note {
    Note::InVain { user: "bob".into(), mailbox: "INBOX".into(), uid, command: "STORE".into() }
}

#[test]
fn unread_is_what_is_left_without_seen() {
    let story = || {
        Story::new(|expect| expect.imap.unread = range(0, Some(0)))
            .note(0, delivered(1, false))
            .note(0, delivered(2, true))
            .note(0, delivered(3, false))
            .connects(1, Imap)
            .note(1, flags(1, "\\Answered \\Seen"))
    };
    let unread = story().check("unread");
    assert_eq!(found(&unread), ("1", false));
    assert_eq!(unread.evidence, ["00:00.000  message 3 in INBOX of bob was never marked \\Seen"]);
    assert_eq!(found(&story().note(1, expunged(3)).check("unread")), ("0", true));
    assert_eq!(found(&story().note(1, flags(3, "\\Seen")).note(1, flags(1, "")).check("unread")), ("1", false));
}

#[test]
fn seen_without_body_is_marked_by_a_client_that_never_got_the_body() {
    let story = || {
        Story::new(|expect| expect.imap.seen_without_body = range(0, Some(0)))
            .note(0, delivered(1, false))
            .note(0, delivered(2, true))
            .note(0, flags(2, "\\Seen"))
            .connects(1, Imap)
            .note(1, flags(1, "\\Seen"))
    };
    let check = story().check("seen_without_body");
    assert_eq!(found(&check), ("1", false));
    assert_eq!(check.evidence, ["00:00.000 #1 imap  message 1 in INBOX of bob has flags (\\Seen)"]);
    assert_eq!(found(&story().note(1, fetched(1)).check("seen_without_body")), ("0", true));
    assert_eq!(found(&story().note(1, expunged(1)).check("seen_without_body")), ("1", false));
}

/// Message `from` of INBOX is now message `uid` of Done, too, or only there.
fn copied(conn: u32, from: u32, uid: u32, seen: bool, moved: bool) -> impl FnOnce(Story) -> Story {
    move |story| {
        let (user, mailbox) = ("bob".into(), "Done".into());
        let story = story.note(conn, Note::Delivered { user, mailbox, uid, seen });
        let (user, mailbox) = ("bob".into(), "Done".into());
        let story = story.note(conn, Note::Copied { user, mailbox, uid, from: "INBOX".into(), from_uid: from, moved });
        if moved { story.note(conn, expunged(from)) } else { story }
    }
}

fn in_done(uid: u32, note: impl Fn(std::sync::Arc<str>, u32) -> Note) -> Note {
    note("Done".into(), uid)
}

impl Story {
    fn with(self, more: impl FnOnce(Story) -> Story) -> Story {
        more(self)
    }
}

/// One message, and two connections.
fn one() -> Story {
    let story = Story::new(|expect| {
        expect.imap.unread = range(0, Some(0));
        expect.imap.seen_without_body = range(0, Some(0));
        expect.imap.duplicates = range(0, Some(0));
    });
    story.note(0, delivered(1, false)).connects(1, Imap).connects(2, Imap)
}

/// `unread`, `seen_without_body`, `duplicates`.
fn figures(story: Story) -> [String; 3] {
    let report = story.judge();
    ["unread", "seen_without_body", "duplicates"]
        .map(|key| report.checks.iter().find(|check| check.key == key).map(|check| check.found.clone()).unwrap_or_default())
}

#[test]
fn a_message_is_handled_again_when_it_is_read_and_done_with_on_another_connection() {
    let check = |story: Story| -> Check { story.check("duplicates") };
    let handled = |conn| move |story: Story| story.note(conn, fetched(1)).note(conn, flags(1, "\\Seen"));
    let again = |conn| move |story: Story| story.later(500).note(conn, fetched(1)).note(conn, in_vain(1));
    let twice = check(one().with(handled(1)).with(again(2)));
    assert_eq!(found(&twice), ("1", false));
    let line =
        "00:00.500 #2 imap  STORE asked for message 1 in INBOX of bob and changed nothing (handled again: first at 00:00.000 #1)";
    assert_eq!(twice.evidence, [line]);
    let deleted = |story: Story| story.note(1, flags(1, "\\Deleted"));
    for (name, story, duplicates) in [
        ("once", one().with(handled(1)), "0"),
        ("again on the same connection", one().with(handled(1)).with(again(1)), "0"),
        ("only read again, as a mail program does", one().with(handled(1)).note(2, fetched(1)), "0"),
        ("only marked again", one().with(handled(1)).note(2, in_vain(1)), "0"),
        ("read, and not done with before the connection went", one().note(1, fetched(1)).with(again(2)), "0"),
        ("a mark that was lost", one().note(1, fetched(1)).note(1, in_vain(1)).with(again(2)), "1"),
        ("an EXPUNGE that was lost", one().note(1, fetched(1)).with(deleted).with(again(2)), "1"),
        ("marked before it was read", one().note(1, flags(1, "\\Seen")).note(1, fetched(1)).with(again(2)), "1"),
        ("by two at a time", one().note(1, fetched(1)).note(2, fetched(1)).note(1, in_vain(1)).note(2, in_vain(1)), "1"),
        ("three times", one().with(handled(1)).with(again(2)).connects(3, Imap).with(again(3)), "2"),
        ("marked by the scenario", one().note(1, fetched(1)).note(0, flags(1, "\\Seen")).with(again(2)), "0"),
        ("a new message with the same UID", one().with(handled(1)).note(0, delivered(1, false)).with(again(2)), "0"),
        ("only the keyword changed", one().note(1, fetched(1)).note(1, flags(1, "$Work")).with(again(2)), "0"),
    ] {
        assert_eq!(check(story).found, duplicates, "{name}");
    }
}

#[test]
fn duplicates_are_of_their_protocol_and_summed_without_one() {
    let mail = super::mail("1@b", "hello", &["bob"]);
    let twice = |expect: fn(&mut crate::scenario::Expectations)| {
        Story::new(expect)
            .note(0, delivered(1, false))
            .connects(1, super::Smtp)
            .message(1, &mail, true, None)
            .message(1, &mail, true, None)
            .connects(2, Imap)
            .note(2, fetched(1))
            .note(2, flags(1, "\\Seen"))
            .connects(3, Imap)
            .note(3, fetched(1))
            .note(3, in_vain(1))
    };
    assert_eq!(twice(|expect| expect.all.duplicates = range(0, Some(1))).check("duplicates").found, "2");
    assert_eq!(twice(|expect| expect.smtp.duplicates = range(0, Some(1))).check("duplicates").found, "1");
    assert_eq!(twice(|expect| expect.imap.duplicates = range(0, Some(1))).check("duplicates").found, "1");
}

#[test]
fn what_became_of_a_message_goes_where_it_goes() {
    let done_seen = in_done(7, |mailbox, uid| Note::Flags { user: "bob".into(), mailbox, uid, flags: "\\Seen".into() });
    let done_fetched = in_done(7, |mailbox, uid| Note::Fetched { user: "bob".into(), mailbox, uid });
    for (name, story, expected) in [
        ("moved and never read", one().with(copied(1, 1, 7, false, true)), ["1", "0", "0"]),
        ("moved unread, marked there", one().with(copied(1, 1, 7, false, true)).note(1, done_seen.clone()), ["0", "1", "0"]),
        (
            "moved unread, read there",
            one().with(copied(1, 1, 7, false, true)).note(1, done_fetched.clone()).note(1, done_seen.clone()),
            ["0", "0", "0"],
        ),
        (
            "read, then moved and marked there",
            one().note(1, fetched(1)).with(copied(1, 1, 7, false, true)).note(1, done_seen.clone()),
            ["0", "0", "0"],
        ),
        (
            "marked, moved, read there",
            one().note(1, flags(1, "\\Seen")).with(copied(1, 1, 7, true, true)).note(1, done_fetched.clone()),
            ["0", "0", "0"],
        ),
        (
            "a copy is left unread",
            one().note(1, fetched(1)).note(1, flags(1, "\\Seen")).with(copied(1, 1, 7, false, false)),
            ["1", "0", "0"],
        ),
        ("copied, then expunged", one().with(copied(1, 1, 7, true, false)).note(1, expunged(1)), ["0", "0", "0"]),
        ("expunged unread", one().note(1, expunged(1)), ["0", "1", "0"]),
        ("expunged unread by the scenario", one().note(0, expunged(1)), ["0", "0", "0"]),
        ("marked by the scenario", one().note(0, flags(1, "\\Seen")), ["0", "0", "0"]),
        (
            "handled, moved, handled there",
            one().note(1, fetched(1)).with(copied(1, 1, 7, false, true)).note(2, done_fetched).note(2, done_seen),
            ["0", "0", "1"],
        ),
    ] {
        assert_eq!(figures(story), expected.map(str::to_owned), "{name}");
    }
}
