use super::*;
use crate::mail::Message;

fn user(name: &str) -> AccountSpec {
    AccountSpec { name: name.into(), password: "secret".into(), ..AccountSpec::default() }
}

fn transaction(recipients: &[&str]) -> Transaction {
    Transaction {
        sender: "a@b.test".into(),
        recipients: recipients.iter().map(|&address| address.into()).collect(),
        user: None,
        helo: "client.test".into(),
        body: Default::default(),
        utf8: false,
        message: Arc::new(Message::new("Subject: x\r\n\r\nhello\r\n".into())),
    }
}

fn count(store: &Store, user: &str) -> Option<usize> {
    Some(store.account(user)?.mailbox("inbox")?.with(|mailbox| mailbox.entries.len()))
}

#[test]
fn an_open_store_makes_an_account_for_whoever_comes() {
    let store = Store::new(StoreSpec::default(), &mut Vec::new());
    store.receive(&transaction(&["Bob+tag@a.test"]), &mut Vec::new()).unwrap();
    assert_eq!(count(&store, "bob@a.test"), Some(1));
    assert!(store.login("anyone", b"anything", "PLAIN", &mut Vec::new()).is_ok());
    let bob = store.login("Bob", b"anything", "PLAIN", &mut Vec::new()).unwrap();
    assert_eq!(bob.name().as_ref(), "bob@a.test", "whom the mail came for before");
    store.login("eve", b"anything", "PLAIN", &mut Vec::new()).unwrap();
    store.receive(&transaction(&["eve@a.test"]), &mut Vec::new()).unwrap();
    assert_eq!(count(&store, "eve"), Some(1));
    let eve = store.login("Eve@a.test", b"anything", "PLAIN", &mut Vec::new()).unwrap();
    assert_eq!(eve.name().as_ref(), "eve", "who took the mail for that address");
}

#[test]
fn mail_finds_the_user_by_address_or_by_local_part_once() {
    let spec = StoreSpec { accounts: vec![user("bob"), user("eve@a.test")], ..StoreSpec::default() };
    let store = Store::new(spec, &mut Vec::new());
    store.receive(&transaction(&["bob+x@a.test", "BOB@b.test", "eve@a.test", "nobody@c.test"]), &mut Vec::new()).unwrap();
    assert_eq!((count(&store, "bob"), count(&store, "eve@a.test"), count(&store, "nobody")), (Some(1), Some(1), None));
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_alike() {
    let store = Store::new(StoreSpec { accounts: vec![user("bob")], ..StoreSpec::default() }, &mut Vec::new());
    assert!(store.login("BOB", b"secret", "LOGIN", &mut Vec::new()).is_ok());
    assert_eq!(store.login("bob", b"Secret", "LOGIN", &mut Vec::new()).unwrap_err(), Denied::Credentials);
    assert_eq!(store.login("eve", b"secret", "LOGIN", &mut Vec::new()).unwrap_err(), Denied::Credentials);
}

#[test]
fn a_full_store_says_so_and_stores_nothing() {
    let store = Store::new(StoreSpec { most_octets: 30, ..StoreSpec::default() }, &mut Vec::new());
    assert!(store.has_room(30) && !store.has_room(31));
    store.receive(&transaction(&["bob"]), &mut Vec::new()).unwrap();
    assert_eq!(store.receive(&transaction(&["bob"]), &mut Vec::new()), Err(Full::Store));
    assert_eq!(count(&store, "bob"), Some(1));
}

#[test]
fn messages_are_counted_though_they_are_empty() {
    let store = Store::new(StoreSpec::default(), &mut Vec::new());
    let empty = Transaction { message: Arc::new(Message::new("".into())), ..transaction(&["bob", "eve"]) };
    let room = store.room(0, MOST_MESSAGES - 1).unwrap();
    assert_eq!(store.receive(&empty, &mut Vec::new()), Err(Full::Store));
    drop(room);
    let _room = store.room(0, MOST_MESSAGES - 2).unwrap();
    assert_eq!(store.receive(&empty, &mut Vec::new()), Ok(()));
    assert!(!store.has_room(0));
}

#[test]
fn mail_of_the_scenario_finds_the_store_full_like_any_other() {
    let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: Some(1000) };
    let mail = InitialMail { user: None, mailbox: "INBOX".into(), template: template.clone(), count: 2, flags: vec![] };
    let store = Store::new(StoreSpec { mail: vec![mail], most_octets: 5_000, ..StoreSpec::default() }, &mut Vec::new());
    let mut notes = Vec::new();
    for user in ["bob", "eve", "joe"] {
        store.login(user, b"", "PLAIN", &mut notes).unwrap();
    }
    assert_eq!([count(&store, "bob"), count(&store, "eve"), count(&store, "joe")], [Some(2), Some(2), Some(0)]);
    let limits = |notes: &Notes| notes.iter().filter(|note| matches!(note, Note::Limit { .. })).count();
    assert_eq!(limits(&notes), 1);
    let change = Change::Deliver { template, count: 1, flags: vec![] };
    for _ in 0..3 {
        store.mutate(&Mutation { user: Some("bob".into()), mailbox: None, change: change.clone() }, None, None, &mut notes);
    }
    assert_eq!((count(&store, "bob"), limits(&notes)), (Some(3), 3));
}

#[test]
fn a_mailbox_takes_those_below_it_along_when_it_is_renamed() {
    let store = Store::new(StoreSpec::default(), &mut Vec::new());
    let account = store.login("bob", b"", "PLAIN", &mut Vec::new()).unwrap();
    for name in ["a", "a/b", "ab", "c"] {
        account.create(name);
    }
    let validity = |name: &str| account.mailbox(name).map(|mailbox| mailbox.with(|mailbox| mailbox.uid_validity));
    let before = validity("a/b");
    assert!(account.rename("a", "x", &mut Vec::new()));
    assert_eq!(validity("x/b"), before);
    assert_eq!(account.mailbox("x").unwrap().with(|mailbox| mailbox.name.clone()), "x".into());
    for (from, to) in [("a", "y"), ("x", "c"), ("x", "x/y"), ("inbox", "y")] {
        assert!(!account.rename(from, to, &mut Vec::new()), "{from} {to}");
    }
    let names: Vec<String> = account.mailbox_names().iter().map(|name| name.to_string()).collect();
    assert_eq!(names, ["INBOX", "ab", "c", "x", "x/b"]);
}

#[test]
fn initial_mail_is_there_for_its_user_or_for_everyone() {
    let template = Template::Parts { from: "a".into(), subject: "s".into(), body: "b".into(), size: None };
    let mail = |user: Option<&str>| InitialMail {
        user: user.map(str::to_owned),
        mailbox: "INBOX".into(),
        template: template.clone(),
        count: 2,
        flags: vec![],
    };
    let spec = StoreSpec { mail: vec![mail(None), mail(Some("eve"))], ..StoreSpec::default() };
    let store = Store::new(spec, &mut Vec::new());
    store.login("bob", b"", "PLAIN", &mut Vec::new()).unwrap();
    assert_eq!((count(&store, "bob"), count(&store, "eve")), (Some(2), Some(4)));
}
