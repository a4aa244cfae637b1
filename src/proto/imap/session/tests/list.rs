//! Extended LIST, by the examples of RFC 9051 section 6.3.9.8, and what goes with it.

use super::*;
use crate::mail::InitialMailbox;

/// Bob with these mailboxes, and subscribed to those.
fn with_mailboxes(mailboxes: &[&str], subscribed: &[&str]) -> Dialogue {
    let d = authenticated(0);
    let account = d.store.account("bob").unwrap();
    mailboxes.iter().for_each(|name| assert!(account.create(name).is_some()));
    subscribed.iter().for_each(|name| assert!(account.subscribe(name, true)));
    d
}

#[test]
fn fruit_and_vegetables() {
    let names = ["Fruit", "Fruit/Apple", "Fruit/Banana", "Tofu", "Vegetable", "Vegetable/Broccoli", "Vegetable/Corn"];
    let mut d = with_mailboxes(&names, &["inbox", "Fruit/Banana", "Fruit/Peach", "Vegetable", "Vegetable/Broccoli"]);
    d.play(
        r#"C: A02 LIST (SUBSCRIBED) "" "*"
         S: * LIST (\Subscribed) "/" Fruit/Banana
         S: * LIST (\NonExistent \Subscribed) "/" Fruit/Peach
         S: * LIST (\Subscribed) "/" INBOX
         S: * LIST (\Subscribed) "/" Vegetable
         S: * LIST (\Subscribed) "/" Vegetable/Broccoli
         S: A02 OK LIST completed
         C: A03 LIST () "" "%" RETURN (CHILDREN)
         S: * LIST (\HasChildren) "/" Fruit
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\HasNoChildren) "/" Tofu
         S: * LIST (\HasChildren) "/" Vegetable
         S: A03 OK LIST completed
         C: A05 LIST (remote SUBSCRIBED) "" "V*" return (CHILDREN)
         S: * LIST (\HasChildren \Subscribed) "/" Vegetable
         S: * LIST (\HasNoChildren \Subscribed) "/" Vegetable/Broccoli
         S: A05 OK LIST completed
         C: A06 LIST (REMOTE) "Fru" "it*" RETURN (SUBSCRIBED SUBSCRIBED)
         S: * LIST () "/" Fruit
         S: * LIST () "/" Fruit/Apple
         S: * LIST (\Subscribed) "/" Fruit/Banana
         S: A06 OK LIST completed
         C: A07 LIST "" ("INBOX" Tofu "" "Fruit/A%") RETURN ()
         S: * LIST () "/" Fruit/Apple
         S: * LIST () "/" INBOX
         S: * LIST () "/" Tofu
         S: A07 OK LIST completed
         C: A08 LIST "" "" RETURN ()
         S: A08 OK LIST completed"#,
    );
}

#[test]
fn child_info_is_not_the_same_as_having_children() {
    let mut d = with_mailboxes(&["Foo", "Foo/Bar", "Foo/Baz", "Moo"], &["Foo/Baz"]);
    d.play(
        r#"C: C02 LIST (SUBSCRIBED) "" "%"
         S: C02 OK LIST completed
         C: C04 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
         S: * LIST () "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
         S: C04 OK LIST completed
         C: C05 SUBSCRIBE Foo
         S: C05 OK SUBSCRIBE completed
         C: C06 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
         S: * LIST (\Subscribed) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
         S: C06 OK LIST completed
         C: C07 UNSUBSCRIBE Foo
         S: C07 OK UNSUBSCRIBE completed
         C: C08 DELETE Foo
         S: C08 OK DELETE completed
         C: C09 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
         S: * LIST (\NonExistent \HasChildren) "/" Foo ("CHILDINFO" ("SUBSCRIBED"))
         S: C09 OK LIST completed
         C: C10 UNSUBSCRIBE Foo/Baz
         S: C10 OK UNSUBSCRIBE completed
         C: C11 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"
         S: C11 OK LIST completed
         C: C12 SUBSCRIBE Moo
         S: C12 OK SUBSCRIBE completed
         C: C13 LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)
         S: * LIST (\HasNoChildren \Subscribed) "/" Moo
         S: C13 OK LIST completed
         C: C14 SUBSCRIBE Moo/Cow
         S: C14 OK SUBSCRIBE completed
         C: C15 LIST (SUBSCRIBED RECURSIVEMATCH) "" Moo RETURN (CHILDREN)
         S: * LIST (\HasNoChildren \Subscribed) "/" Moo ("CHILDINFO" ("SUBSCRIBED"))
         S: C15 OK LIST completed"#,
    );
}

#[test]
fn what_is_listed_for_others_is_listed_only_if_they_are_not() {
    let names = ["foo2", "foo2/bar1", "foo2/bar2", "baz2", "baz2/bar2", "baz2/bar22", "eps2", "eps2/mamba", "qux2/bar2"];
    let subscribed = ["foo2/bar1", "foo2/bar2", "baz2/bar2", "baz2/bar22", "eps2", "eps2/mamba", "qux2/bar2"];
    let mut d = with_mailboxes(&names, &subscribed);
    d.play(
        r#"C: D03 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"
         S: * LIST (\Subscribed) "/" baz2/bar2
         S: * LIST (\Subscribed) "/" baz2/bar22
         S: * LIST (\Subscribed) "/" eps2 ("CHILDINFO" ("SUBSCRIBED"))
         S: * LIST () "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
         S: * LIST (\Subscribed) "/" foo2/bar2
         S: * LIST (\Subscribed) "/" qux2/bar2
         S: D03 OK LIST completed
         C: D04 LIST () "" %
         S: * LIST () "/" INBOX
         S: * LIST () "/" baz2
         S: * LIST () "/" eps2
         S: * LIST () "/" foo2
         S: * LIST (\NonExistent \HasChildren) "/" qux2
         S: D04 OK LIST completed
         C: D05 LIST "" (% qux2/bar2)
         S: * LIST () "/" INBOX
         S: * LIST () "/" baz2
         S: * LIST () "/" eps2
         S: * LIST () "/" foo2
         S: * LIST () "/" qux2/bar2
         S: D05 OK LIST completed
         C: D06 LIST "" q*
         S: * LIST (\Noselect \HasChildren) "/" qux2
         S: * LIST (\HasNoChildren) "/" qux2/bar2
         S: D06 OK LIST completed
         C: D07 ENABLE IMAP4rev2
         S: * ENABLED IMAP4rev2
         S: D07 OK ENABLE completed
         C: D08 LIST "" q*
         S: * LIST (\NonExistent \HasChildren) "/" qux2
         S: * LIST (\HasNoChildren) "/" qux2/bar2
         S: D08 OK LIST completed"#,
    );
}

#[test]
fn status_follows_the_line_of_its_mailbox() {
    let mut d = with_mailboxes(&["bar/a", "foo", "foo/b"], &["INBOX", "foo/b", "gone"]);
    d.play(
        r#"C: A01 LIST "" % RETURN (STATUS (MESSAGES UNSEEN) SPECIAL-USE)
         S: * LIST () "/" INBOX
         S: * STATUS INBOX (MESSAGES 0 UNSEEN 0)
         S: * LIST (\NonExistent \HasChildren) "/" bar
         S: * LIST () "/" foo
         S: * STATUS foo (MESSAGES 0 UNSEEN 0)
         S: A01 OK LIST completed
         C: A02 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))
         S: * LIST (\Subscribed) "/" INBOX
         S: * STATUS INBOX (MESSAGES 0)
         S: * LIST () "/" foo ("CHILDINFO" ("SUBSCRIBED"))
         S: * LIST (\NonExistent \Subscribed) "/" gone
         S: A02 OK LIST completed"#,
    );
}

#[test]
fn special_use_is_told_and_can_be_asked_for() {
    let mailbox = |name: &str, uses: &[&'static str]| InitialMailbox {
        name: name.into(),
        special_use: uses.to_vec(),
        subscribed: true,
        ..InitialMailbox::default()
    };
    let mailboxes = vec![
        mailbox("[Gmail]/All Mail", &["\\All"]),
        mailbox("[Gmail]/Sent Mail", &["\\Sent"]),
        mailbox("Todo", &[]),
        InitialMailbox { user: Some("eve".into()), ..mailbox("Eve's", &[]) },
    ];
    let mut d = Dialogue::with_store(session(TlsMode::None), StoreSpec { mailboxes, ..StoreSpec::default() });
    d.feed(b"L LOGIN bob secret\r\n");
    d.play(
        r#"C: A1 LIST "" *
         S: * LIST (\HasNoChildren) "/" INBOX
         S: * LIST (\HasNoChildren) "/" Todo
         S: * LIST (\Noselect \HasChildren) "/" [Gmail]
         S: * LIST (\HasNoChildren \All) "/" "[Gmail]/All Mail"
         S: * LIST (\HasNoChildren \Sent) "/" "[Gmail]/Sent Mail"
         S: A1 OK LIST completed
         C: A2 LIST "" * RETURN (SPECIAL-USE SUBSCRIBED)
         S: * LIST () "/" INBOX
         S: * LIST (\Subscribed) "/" Todo
         S: * LIST (\Subscribed \All) "/" "[Gmail]/All Mail"
         S: * LIST (\Subscribed \Sent) "/" "[Gmail]/Sent Mail"
         S: A2 OK LIST completed
         C: A3 LIST (SPECIAL-USE) "" *
         S: * LIST (\All) "/" "[Gmail]/All Mail"
         S: * LIST (\Sent) "/" "[Gmail]/Sent Mail"
         S: A3 OK LIST completed
         C: A4 LIST (SPECIAL-USE RECURSIVEMATCH) "" %
         S: * LIST (\NonExistent \HasChildren) "/" [Gmail] ("CHILDINFO" ("SPECIAL-USE"))
         S: A4 OK LIST completed
         C: A5 UNSUBSCRIBE "[Gmail]/All Mail"
         S: A5 OK UNSUBSCRIBE completed
         C: A6 LIST (SUBSCRIBED SPECIAL-USE) "" *
         S: * LIST (\Subscribed \Sent) "/" "[Gmail]/Sent Mail"
         S: A6 OK LIST completed
         C: A7 RENAME "[Gmail]/Sent Mail" Sent
         S: A7 OK RENAME completed
         C: A8 LIST (SPECIAL-USE) "" Sent
         S: * LIST (\Sent) "/" Sent
         S: A8 OK LIST completed"#,
    );
}

#[test]
fn a_mailbox_is_made_for_a_use() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 CREATE Drafts (USE (\drafts))
         S: A1 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A2 CREATE Other (USE (\Drafts))
         S: A2 NO [USEATTR] no mailbox can be made for that, or there is one
         C: A3 CREATE Other (USE (\Odd))
         S: A3 NO [USEATTR] no mailbox can be made for that, or there is one
         C: A4 CREATE Everything (USE (\All))
         S: A4 NO [USEATTR] no mailbox can be made for that, or there is one
         C: A5 CREATE Bin (USE (\Junk \Trash))
         S: A5 OK [MAILBOXID (m004d4419134a0a54-2)] CREATE completed
         C: A6 CREATE Plain (USE ())
         S: A6 OK [MAILBOXID (m004d4419134a0a54-3)] CREATE completed
         C: A7 LIST (SPECIAL-USE) "" *
         S: * LIST (\Junk \Trash) "/" Bin
         S: * LIST (\Drafts) "/" Drafts
         S: A7 OK LIST completed
         C: A8 CREATE x (FOR (\Sent))
         S: A8 BAD expected `USE` at column 14, got `FOR`
         C: A9 CREATE x ()
         S: A9 BAD expected `USE` at column 15, got the end of the line"#,
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 LIST (RECURSIVEMATCH) "" *
         S: A1 BAD expected `SUBSCRIBED` or `SPECIAL-USE` beside `RECURSIVEMATCH` at column 9, got `(RECURSIVEMATCH)`
         C: A2 LIST (REMOTE RECURSIVEMATCH) "" *
         S: A2 BAD expected `SUBSCRIBED` or `SPECIAL-USE` beside `RECURSIVEMATCH` at column 9, got `(REMOTE`
         C: A3 LIST (UNREAD) "" *
         S: A3 BAD expected `SUBSCRIBED`, `SPECIAL-USE`, `RECURSIVEMATCH` or `REMOTE` at column 10, got `UNREAD)`
         C: A4 LIST "" * RETURN (MYRIGHTS)
         S: A4 BAD expected `SUBSCRIBED`, `CHILDREN`, `SPECIAL-USE` or `STATUS` at column 22, got `MYRIGHTS)`
         C: A5 LIST "" * CHILDREN
         S: A5 BAD expected `RETURN` or the end of the line at column 14, got `CHILDREN`
         C: A6 LIST "" ()
         S: A6 BAD expected 1 to 100 patterns at column 12, got `()`
         C: A7 LIST "" * RETURN (STATUS ())
         S: A7 BAD expected a status item at column 29, got `())`
         C: A8 LSUB "" (a b)
         S: A8 BAD expected a mailbox name or a pattern at column 12, got `(a`"#,
    );
    let many = vec!["*"; 101].join(" ");
    assert!(
        text(&d.feed(format!("A LIST \"\" ({many})\r\n").as_bytes())).starts_with("A BAD expected 1 to 100 patterns at column")
    );
}
