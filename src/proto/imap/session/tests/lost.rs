//! Commands whose change does not happen, or whose reply does not come.

use super::*;
use crate::proto::dialogue::Meddling;

/// What a store and a session are left with.
#[derive(Debug, PartialEq)]
struct Left {
    taken: (u64, u64),
    account: (u64, u64),
    quota: crate::mail::Quota,
    subscriptions: Vec<Arc<str>>,
    /// Name, special uses, UIDVALIDITY, UIDNEXT, counter.
    mailboxes: Vec<String>,
    messages: Vec<(u32, String)>,
    phase: &'static str,
    /// What FETCH and NOOP say, in the words that ENABLE chose.
    said: String,
}

fn left(d: &mut Dialogue) -> Left {
    let account = d.store.account("bob").unwrap();
    let mailboxes = account.mailboxes().into_iter().map(|(name, mailbox)| {
        let what = mailbox.with(|m| (m.special_use.clone(), m.uid_validity, m.uid_next, m.highest_modseq));
        format!("{name} {what:?}")
    });
    Left {
        taken: d.store.taken(),
        account: account.taken(),
        quota: account.quota(),
        subscriptions: account.subscriptions(),
        mailboxes: mailboxes.collect(),
        messages: flags(d),
        phase: d.session.phase(),
        said: text(&d.feed(b"Q SEARCH $\r\nQ STORE 1 FLAGS \\Flagged\r\nQ NOOP\r\n")),
    }
}

const MESSAGE: &str = "{11+}\r\nTo: x\r\n\r\n\r\n";

/// Every command that changes something, with INBOX selected; but SEARCH RETURN (SAVE), after which, if it was refused, `$` is empty (RFC 5182 section 2.1).
fn commands() -> Vec<String> {
    let append = format!("APPEND INBOX (\\Seen) {MESSAGE} (\\Deleted) {MESSAGE}");
    let plain = [
        "ENABLE IMAP4rev2 QRESYNC UTF8=ACCEPT",
        "CREATE a/b (USE (\\Archive))",
        "DELETE work",
        "RENAME work play",
        "RENAME INBOX old",
        "SUBSCRIBE work",
        "UNSUBSCRIBE gone",
        "SETQUOTA \"User quota\" (STORAGE 1 MESSAGE 1)",
        "STATUS INBOX (HIGHESTMODSEQ)",
        "LIST \"\" * RETURN (STATUS (HIGHESTMODSEQ))",
        "FETCH 1:* (MODSEQ)",
        "FETCH 1:* (BODY[] BINARY[1])",
        "FETCH 1:* (FLAGS) (CHANGEDSINCE 1)",
        "STORE 1:* +FLAGS (\\Answered new)",
        "UID STORE 1:* (UNCHANGEDSINCE 9) FLAGS.SILENT (\\Seen)",
        "COPY 1:2 work",
        "COPY 1:2 INBOX",
        "MOVE 1:2 work",
        "UID MOVE 1:2 INBOX",
        "EXPUNGE",
        "UID EXPUNGE 1:*",
        "SEARCH MODSEQ 1",
        "SORT (SUBJECT) UTF-8 MODSEQ 1",
        "CLOSE",
        "UNSELECT",
    ];
    plain.into_iter().map(str::to_owned).chain([append]).collect()
}

fn start() -> Dialogue {
    let mut d = selected(3);
    d.feed(b"A CREATE work\r\nA SUBSCRIBE gone\r\nA STORE 2 +FLAGS (\\Deleted)\r\nA SEARCH RETURN (SAVE) 1,3\r\n");
    d
}

#[test]
fn what_is_lost_changes_nothing_whatever_is_said() {
    let before = left(&mut start());
    for command in commands() {
        let said = text(&start().feed(format!("A {command}\r\n").as_bytes()));
        assert!(said.contains("A OK"), "{command}: {said}");
        for meddling in [
            Meddling { keep: Some(false), cut: Some(0), ..Meddling::default() },
            Meddling { keep: Some(false), cut: Some(7), ..Meddling::default() },
            Meddling { reply: Some("NO not now"), ..Meddling::default() },
            Meddling { reply: Some("BAD what?"), ..Meddling::default() },
        ] {
            let mut d = start();
            d.meddle(Ats::COMMAND, meddling);
            d.feed(format!("A {command}\r\n").as_bytes());
            d.stop_meddling();
            assert_eq!(left(&mut d), before, "{command}");
        }
    }
}

#[test]
fn what_cannot_be_done_is_not_done_where_a_fault_says_it_was() {
    let mut d = selected(1);
    d.feed(b"A CREATE work\r\nA CREATE a\r\nA CREATE work/sub\r\n");
    let (before, names) = (flags(&d), |d: &Dialogue| d.store.account("bob").unwrap().mailbox_names());
    let all = names(&d);
    d.meddle(Ats::COMMAND, Meddling { reply: Some("OK done"), ..Meddling::default() });
    for command in [
        "CREATE a//b",
        "CREATE \"\"",
        "CREATE x (USE (\\All))",
        "CREATE {3+}\r\na\r\n",
        "RENAME a b//c",
        "RENAME nothing new/one",
        "RENAME work work/sub/deeper",
        "RENAME INBOX a//b",
        "DELETE INBOX",
        "DELETE nothing",
        "SUBSCRIBE a//b",
        "SUBSCRIBE \"\"",
        "SETQUOTA other (STORAGE 0)",
        "COPY 1 nothing",
        "MOVE 1 nothing",
        "APPEND nothing {1+}\r\nx",
        "APPEND INBOX {0+}\r\n",
    ] {
        assert_eq!(text(&d.feed(format!("A {command}\r\n").as_bytes())), "A OK done\r\n", "{command}");
        assert_eq!(names(&d), all, "{command}");
    }
    assert_eq!((flags(&d), d.session.phase()), (before, "selected"));
    assert!(d.store.account("bob").unwrap().subscriptions().is_empty());
}
