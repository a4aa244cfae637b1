use super::*;
use crate::mail::{Change, Mutation};
use crate::proto::dialogue::Meddling;

fn deliver(dialogue: &Dialogue) {
    let template = Template::Raw(Bytes::from_static(b"Subject: new\r\n\r\nx\r\n"));
    let change = Change::Deliver { template, count: 1, flags: vec![] };
    let mutation = Mutation { user: Some("bob".into()), mailbox: None, change };
    dialogue.store.mutate(&mutation, None, None, &mut Vec::new());
}

#[test]
fn news_come_at_the_next_noop_and_only_once() {
    let mut one = selected(3);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 1 +FLAGS (\\Deleted)\r\nA2 STORE 3 +FLAGS (\\Flagged)\r\nA3 EXPUNGE\r\n");
    deliver(&one);
    one.play(
        r"C: A1 NOOP
         S: * 1 EXPUNGE
         S: * 3 EXISTS
         S: * 3 RECENT
         S: * 2 FETCH (FLAGS (\Flagged \Recent))
         S: A1 OK NOOP completed
         C: A2 NOOP
         S: A2 OK NOOP completed",
    );
    two.play("C: B1 CHECK\nS: * 3 EXISTS\nS: * 0 RECENT\nS: B1 OK CHECK completed");
}

#[test]
fn numbers_stay_during_fetch_store_and_search() {
    let mut one = selected(3);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 1 +FLAGS (\\Deleted)\r\nA2 EXPUNGE\r\n");
    deliver(&one);
    one.play(
        r"C: A1 FETCH 2:3 UID
         S: * 2 FETCH (UID 2)
         S: * 3 FETCH (UID 3)
         S: * 4 EXISTS
         S: * 4 RECENT
         S: A1 OK FETCH completed
         C: A2 FETCH 1:2 UID
         S: * 2 FETCH (UID 2)
         S: A2 OK [EXPUNGEISSUED] FETCH completed
         C: A3 STORE 1:2 +FLAGS (\Seen)
         S: * 2 FETCH (FLAGS (\Seen \Recent))
         S: A3 OK [EXPUNGEISSUED] STORE completed
         C: A4 SEARCH SEEN
         S: * SEARCH 2
         S: A4 OK SEARCH completed
         C: A5 COPY 1:2 INBOX
         S: * 1 EXPUNGE
         S: A5 NO [EXPUNGEISSUED] some of these messages are gone
         C: A6 SEARCH SEEN
         S: * SEARCH 1
         S: A6 OK SEARCH completed",
    );
    assert_eq!(flags(&one).iter().filter(|(_, flags)| flags == "\\Seen").map(|(uid, _)| *uid).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_uid_command_may_tell_of_expunges() {
    let mut one = selected(2);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 1 +FLAGS (\\Deleted)\r\nA2 EXPUNGE\r\n");
    one.play(
        r"C: A1 UID FETCH 1:* FLAGS
         S: * 2 FETCH (UID 2 FLAGS (\Recent))
         S: * 1 EXPUNGE
         S: A1 OK FETCH completed
         C: A2 FETCH 1 UID
         S: * 1 FETCH (UID 2)
         S: A2 OK FETCH completed",
    );
}

#[test]
fn both_delete_and_both_expunge() {
    let mut one = selected(4);
    let mut two = beside(&one);
    one.feed(b"A1 STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\n");
    two.feed(b"A1 STORE 2:3 +FLAGS.SILENT (\\Deleted)\r\n");
    one.play(
        r"C: A2 EXPUNGE
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: A2 OK EXPUNGE completed",
    );
    two.play(
        "C: A2 EXPUNGE
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: A2 OK EXPUNGE completed
         C: A3 FETCH 1:* UID
         S: * 1 FETCH (UID 4)
         S: A3 OK FETCH completed",
    );
}

#[test]
fn a_silent_store_does_not_hide_what_somebody_else_changed() {
    let mut one = selected(1);
    let mut two = beside(&one);
    two.feed(b"A1 STORE 1 +FLAGS (\\Flagged)\r\n");
    one.play(
        r"C: A1 STORE 1 +FLAGS.SILENT (\Seen)
         S: * 1 FETCH (FLAGS (\Flagged \Seen \Recent))
         S: A1 OK STORE completed
         C: A2 NOOP
         S: A2 OK NOOP completed",
    );
    two.play("C: A2 NOOP\nS: * 1 FETCH (FLAGS (\\Flagged \\Seen))\nS: A2 OK NOOP completed");
}

#[test]
fn idle_tells_at_once_and_ends_with_done() {
    let mut one = authenticated(2);
    let signal = Arc::new(Signal::default());
    let raised = || signal.take(std::task::Waker::noop());
    one.session.set_waker(signal.clone());
    one.feed(b"S SELECT INBOX\r\n");
    one.moments.clear();
    let mut two = beside(&one);
    two.feed(b"A0 STORE 2 +FLAGS (\\Seen)\r\n");
    assert_eq!(raised(), Signal::MAILBOX);
    assert_eq!(one.push(), b"");
    one.play("C: A1 IDLE\nS: + idling");
    // What happened before IDLE wakes the driver, too.
    assert_eq!(raised(), Signal::MAILBOX);
    assert_eq!(text(&one.push()), "* 2 FETCH (FLAGS (\\Seen \\Recent))\r\n");
    assert_eq!(one.push(), b"");
    deliver(&two);
    assert_eq!(raised(), Signal::MAILBOX);
    assert_eq!(text(&one.push()), "* 3 EXISTS\r\n* 3 RECENT\r\n");
    two.feed(b"A1 STORE 1 +FLAGS (\\Deleted)\r\nA2 EXPUNGE\r\n");
    assert_eq!(text(&one.push()), "* 1 EXPUNGE\r\n");
    deliver(&two);
    one.play("C: DONE\nS: * 3 EXISTS\nS: * 3 RECENT\nS: A1 OK IDLE completed");
    assert_eq!(one.moments, ["command+continuation+IDLE", "unsolicited", "unsolicited", "unsolicited", "command+DONE"]);
    assert!(one.oddities().is_empty());
}

#[test]
fn idle_is_on_when_its_plus_was_written() {
    let mut d = selected(1);
    d.meddle(Ats::IDLE, Meddling { reply: Some("BAD no IDLE today"), ..Meddling::default() });
    d.play("C: A1 IDLE\nS: A1 BAD no IDLE today\nC: A2 NOOP\nS: A2 OK NOOP completed");
}

#[test]
fn news_that_were_not_written_are_told_again() {
    let mut d = selected(1);
    d.meddle(Ats::UNSOLICITED, Meddling { cut: Some(5), ..Meddling::default() });
    d.play("C: A1 IDLE\nS: + idling");
    deliver(&d);
    assert_eq!(d.push(), b"* 2 E");
    // Once for each change, or a driver would be asked for ever.
    assert_eq!(d.push(), b"");
    d.play("C: DONE\nS: * 2 EXISTS\nS: * 2 RECENT\nS: A1 OK IDLE completed");
}

#[test]
fn a_noop_that_was_cut_or_replaced_has_told_nothing() {
    for meddling in [Meddling { cut: Some(11), ..Meddling::default() }, Meddling { reply: Some("OK x"), ..Meddling::default() }] {
        let mut d = selected(1);
        d.meddle(Ats::NOOP, meddling);
        deliver(&d);
        d.feed(b"A1 NOOP\r\n");
        d.play("C: A2 CHECK\nS: * 2 EXISTS\nS: * 2 RECENT\nS: A2 OK CHECK completed");
    }
}

#[test]
fn reading_a_message_is_news_for_others_only() {
    let mut one = selected(1);
    let mut two = beside(&one);
    two.feed(b"A1 FETCH 1 BODY[]\r\n");
    one.play(
        r"C: A1 NOOP
         S: * 1 FETCH (FLAGS (\Seen \Recent))
         S: A1 OK NOOP completed",
    );
    two.play("C: A2 NOOP\nS: A2 OK NOOP completed");
}

#[test]
fn talk_during_idle_ends_it() {
    let mut d = selected(1);
    d.play(
        "C: A1 IDLE
         S: + idling
         C: A2 NOOP
         S: A1 BAD expected `DONE`, and IDLE is over
         C: A3 NOOP
         S: A3 OK NOOP completed
         C: DONE
         S: DONE BAD expected a command at column 5, got the end of the line",
    );
    assert_eq!(d.oddities(), ["talked-during-idle", "unknown-command"]);
}

#[test]
fn a_scenario_changes_the_selected_mailbox_under_the_clients_feet() {
    let mut d = selected(2);
    let mutation = Mutation { user: None, mailbox: None, change: Change::Expunge(vec![(1, None)]) };
    d.session.mutate(&mutation, &mut Cx { store: &d.store, notes: &mut d.notes });
    d.play("C: A1 NOOP\nS: * 1 EXPUNGE\nS: * 1 EXPUNGE\nS: A1 OK NOOP completed");
}

#[test]
fn append_into_the_selected_mailbox_is_told_to_both() {
    let mut one = selected(1);
    let mut two = beside(&one);
    deliver(&one);
    one.play(
        r#"C: A1 APPEND INBOX (\Seen) "17-Jul-1996 02:44:25 -0700" {4+}
         C: x: y
         S: * 3 EXISTS
         S: * 3 RECENT
         S: A1 OK [APPENDUID 1700000000 3] APPEND completed
         C: A2 FETCH 3 (FLAGS INTERNALDATE RFC822.SIZE)
         S: * 3 FETCH (FLAGS (\Seen \Recent) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4)
         S: A2 OK FETCH completed"#,
    );
    two.play("C: B1 NOOP\nS: * 3 EXISTS\nS: * 0 RECENT\nS: B1 OK NOOP completed");
}

#[test]
fn a_new_uidvalidity_is_told_with_the_next_news() {
    let mut one = selected(2);
    let change = |change| {
        let mutation = Mutation { user: Some("bob".into()), mailbox: None, change };
        one.store.mutate(&mutation, None, None, &mut Vec::new());
    };
    change(Change::UidValidity(None));
    change(Change::Expunge(vec![(1, Some(1))]));
    let mut two = beside(&one);
    one.play(
        r"C: A1 FETCH 2 UID
         S: * 2 FETCH (UID 2)
         S: * OK [UIDVALIDITY 1700000001] UIDs have a new validity
         S: A1 OK FETCH completed
         C: A2 NOOP
         S: * 1 EXPUNGE
         S: A2 OK NOOP completed
         C: A3 COPY 1 INBOX
         S: * 2 EXISTS
         S: * 2 RECENT
         S: A3 OK [COPYUID 1700000001 2 3] COPY completed
         C: A4 IDLE
         S: + idling",
    );
    two.play("C: B1 NOOP\nS: * 2 EXISTS\nS: * 0 RECENT\nS: B1 OK NOOP completed");
    let mutation = Mutation { user: Some("bob".into()), mailbox: None, change: Change::UidValidity(Some(7)) };
    one.store.mutate(&mutation, None, None, &mut Vec::new());
    // UIDs start from 1 again, so these are other messages to whoever goes by them.
    let anew = "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* OK [UIDVALIDITY 7] UIDs have a new validity\r\n* 2 EXISTS\r\n* 0 RECENT\r\n";
    assert_eq!(text(&one.push()), anew);
    one.play("C: DONE\nS: A4 OK IDLE completed\nC: A5 FETCH 1:2 UID\nS: * 1 FETCH (UID 1)\nS: * 2 FETCH (UID 2)\nS: A5 OK FETCH completed");
    two.play(
        r"C: B2 FETCH 1:2 FLAGS
         S: B2 OK [EXPUNGEISSUED] FETCH completed
         C: B3 STORE 2 +FLAGS (\Deleted)
         S: B3 OK [EXPUNGEISSUED] STORE completed
         C: B4 SEARCH ALL
         S: * SEARCH
         S: B4 OK SEARCH completed
         C: B5 EXPUNGE
         S: * 1 EXPUNGE
         S: * 1 EXPUNGE
         S: * OK [UIDVALIDITY 7] UIDs have a new validity
         S: * 2 EXISTS
         S: * 0 RECENT
         S: B5 OK EXPUNGE completed",
    );
}

#[test]
fn a_uidnext_that_goes_back_is_told_and_not_given() {
    let mut d = authenticated(3);
    let change = Change::UidNext(2);
    d.store.mutate(&Mutation { user: Some("bob".into()), mailbox: None, change }, None, None, &mut Vec::new());
    assert!(text(&d.feed(b"A SELECT INBOX\r\n")).contains("* OK [UIDNEXT 2] the next UID\r\n"));
    d.play(
        "C: A1 STATUS INBOX (UIDNEXT)
         S: * STATUS INBOX (UIDNEXT 2)
         S: A1 OK STATUS completed
         C: A2 COPY 1 INBOX
         S: * 4 EXISTS
         S: * 4 RECENT
         S: A2 OK [COPYUID 1700000000 1 4] COPY completed
         C: A3 STATUS INBOX (UIDNEXT)
         S: * STATUS INBOX (UIDNEXT 5)
         S: A3 OK STATUS completed",
    );
}

#[test]
fn idle_needs_no_mailbox() {
    let mut d = authenticated(1);
    d.play("C: A1 IDLE\nS: + idling");
    deliver(&d);
    assert_eq!(d.push(), b"");
    d.play("C: DONE\nS: A1 OK IDLE completed");
}

/// RFC 7162 section 3.2.10.2, and RFC 3501 section 7.4.1.
#[test]
fn message_numbers_among_the_keys_hold_expunges_back_even_after_uid() {
    let mut one = selected(4);
    let mut two = beside(&one);
    two.feed(b"A STORE 1 +FLAGS.SILENT (\\Deleted)\r\nA EXPUNGE\r\n");
    one.play(
        r"C: A1 UID SEARCH NOT (UID 4 OR DELETED 2)
         S: * SEARCH 2 3 4
         S: A1 OK SEARCH completed
         C: A2 UID SORT (ARRIVAL) UTF-8 1:2
         S: * SORT 2
         S: A2 OK SORT completed
         C: A3 UID THREAD REFERENCES UTF-8 *
         S: * THREAD (4)
         S: A3 OK THREAD completed
         C: A4 UID SEARCH $
         S: * SEARCH
         S: * 1 EXPUNGE
         S: A4 OK SEARCH completed",
    );
}
