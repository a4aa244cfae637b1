use super::*;

fn mailbox() -> MailboxRef {
    MailboxRef::new("bob".into(), "INBOX".into(), 7)
}

fn fill(mailbox: &MailboxRef, count: u32) {
    let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
    let change = Change::Deliver { template, count, flags: vec![] };
    mailbox.with(|mailbox| mailbox.apply(&change, Timestamp::UNIX_EPOCH, &mut Vec::new()));
}

#[test]
fn uids_grow_and_are_never_given_twice() {
    let mailbox = mailbox();
    fill(&mailbox, 3);
    mailbox.with(|mailbox| {
        assert_eq!(mailbox.expunge(&[3, 9], &mut Vec::new()), 1);
        assert_eq!(mailbox.uid_next, 4);
    });
    fill(&mailbox, 1);
    mailbox.with(|mailbox| assert_eq!(mailbox.uids_at(&[(1, None)]), [1, 2, 4]));
}

#[test]
fn a_mailbox_made_anew_gives_uids_from_1_and_tells_which_was_which() {
    let mailbox = mailbox();
    fill(&mailbox, 4);
    let mut notes = Vec::new();
    mailbox.with(|mailbox| {
        mailbox.expunge(&[1, 3], &mut Vec::new());
        mailbox.apply(&Change::UidValidity(None), Timestamp::UNIX_EPOCH, &mut notes);
        assert_eq!((mailbox.uids_at(&[(1, None)]), mailbox.uid_next, mailbox.uid_validity), (vec![1, 2], 3, 8));
    });
    fill(&mailbox, 1);
    let id = mailbox.with(|mailbox| mailbox.entries.last().and_then(|entry| entry.message.message_id().map(|id| id.to_string())));
    assert_eq!(id.as_deref(), Some("<5.bob.at.mailfault.test@mailfault.test>"));
    let moves = notes.iter().filter_map(|note| match note {
        Note::Copied { uid, from_uid, moved: true, .. } => Some((*from_uid, *uid)),
        _ => None,
    });
    assert_eq!(moves.collect::<Vec<_>>(), [(2, 1), (4, 2)]);
}

#[test]
fn a_uidnext_that_goes_back_is_told_until_the_next_message_and_gives_no_uid_twice() {
    let mailbox = mailbox();
    fill(&mailbox, 3);
    mailbox.with(|mailbox| {
        mailbox.apply(&Change::UidNext(2), Timestamp::UNIX_EPOCH, &mut Vec::new());
        assert_eq!((mailbox.uid_next_told(), mailbox.uid_next), (2, 4));
    });
    fill(&mailbox, 1);
    mailbox.with(|mailbox| {
        assert_eq!(mailbox.uids_at(&[(1, None)]), [1, 2, 3, 4]);
        assert_eq!(mailbox.uid_next_told(), 5);
    });
}

#[test]
fn every_watcher_is_woken_by_a_change_and_by_nothing_else() {
    let mailbox = mailbox();
    let signal = Arc::new(Signal::default());
    mailbox.watch(&signal);
    mailbox.with(|_| ());
    assert_eq!(signal.take(std::task::Waker::noop()), 0);
    fill(&mailbox, 1);
    assert_eq!(signal.take(std::task::Waker::noop()), Signal::MAILBOX);
    mailbox.unwatch(&signal);
    fill(&mailbox, 1);
    assert_eq!(signal.take(std::task::Waker::noop()), 0);
}

#[test]
fn what_changed_is_known_as_far_back_as_it_is_remembered() {
    let mailbox = mailbox();
    fill(&mailbox, 4);
    mailbox.with(|mailbox| {
        let start = mailbox.highest_modseq;
        for name in ["a", "b"] {
            mailbox.update_flags(2, FlagUpdate::Add, [name], &mut Vec::new());
        }
        mailbox.expunge(&[4, 1], &mut Vec::new());
        assert_eq!(mailbox.changed_since(start), Some(vec![1, 2, 4]));
        assert_eq!(mailbox.changed_since(start + 3), Some(vec![4]));
        assert_eq!(mailbox.expunged_since(start), Some(vec![1, 4]));
        mailbox.remember(1);
        assert_eq!((mailbox.changed_since(start + 2), mailbox.expunged_since(start + 2)), (None, None));
        assert_eq!(mailbox.expunged_since(start + 3), Some(vec![4]));
    });
}

#[test]
fn notes_tell_what_happened() {
    let mailbox = mailbox();
    fill(&mailbox, 2);
    let mut notes = Vec::new();
    mailbox.with(|mailbox| {
        assert!(mailbox.update_flags(2, FlagUpdate::Add, ["\\Seen"], &mut notes));
        assert!(!mailbox.update_flags(2, FlagUpdate::Add, ["\\seen"], &mut notes));
        mailbox.expunge(&[1], &mut notes);
    });
    assert!(matches!(&notes[..], [Note::Flags { uid: 2, .. }, Note::Expunged { uid: 1, .. }]), "{notes:?}");
}
