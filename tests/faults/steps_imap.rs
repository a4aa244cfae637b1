//! What a fault does, over IMAP: literals, IDLE, mailboxes that change under the client's feet.

use super::wire::{Client, End, assert_ok, end_of, events, fired};
use crate::harness::{Scenario, Server};

fn serve(text: &str) -> Server {
    Server::start(Scenario::Text(text.to_owned()))
}

/// Three messages for everyone.
const MAIL: &str = "[[mail]]\ncount = 3\n";

/// A fault for the user of this name.
fn for_user(user: &str, at: &str, steps: &str) -> String {
    format!("[[fault]]\nname = \"{user}\"\non = \"imap\"\nat = \"{at}\"\nwhere = {{ user = \"{user}\" }}\ndo = {steps}\n")
}

#[test]
fn replies_are_tagged_where_a_command_has_come() {
    let cases = [
        ("tagged", "{ reply = \"NO [UNAVAILABLE] later\" }", "b NO [UNAVAILABLE] later\r\n"),
        ("untagged", "{ reply = \"* BYE gone\" }", "* BYE gone\r\n"),
        ("both", "{ reply = \"* 7 EXISTS\\nOK done\" }", "* 7 EXISTS\r\nb OK done\r\n"),
        ("wrong-tag", "{ rewrite = { find = '^b ', with = \"x \" } }", "x OK NOOP completed\r\n"),
        ("mixed", "[{ send = \"* 1 RECENT\\r\\n\" }, \"pass\"]", "* 1 RECENT\r\nb OK NOOP completed\r\n"),
        ("lf", "{ rewrite = { find = \"\\r\\n\", with = \"\\n\" } }", "b OK NOOP completed\n"),
    ];
    let server = serve(&cases.map(|(user, steps, _)| for_user(user, "NOOP", steps)).concat());
    for (user, _, said) in cases {
        let mut client = Client::login(&server.imap, user);
        client.say("b NOOP");
        client.say("c LOGOUT");
        assert_eq!(client.rest_text(), (format!("{said}* BYE logging out\r\nc OK LOGOUT completed\r\n"), End::Fin), "{user}");
    }
    server.stop_with_code(0);
}

#[test]
fn a_reply_of_another_class_undoes_or_does_the_command() {
    let faults = [
        for_user("store", "STORE", "{ reply = \"NO not now\" }"),
        for_user("lost-store", "STORE", "\"reset\""),
        for_user("append", "APPEND", "{ reply = \"NO [OVERQUOTA] full\" }"),
        for_user("copy", "COPY", "[\"lose\", \"pass\"]"),
        for_user("select", "SELECT", "{ reply = \"NO not now\" }"),
        for_user("expunge", "EXPUNGE", "{ reply = \"NO not now\" }"),
        for_user("create", "CREATE", "[\"store\", { reply = \"NO not now\" }]"),
        for_user("delete", "DELETE", "{ reply = \"OK gone\" }"),
    ];
    let server = serve(&format!("{MAIL}{}", faults.concat()));
    let flags = |user: &str| Client::selected(&server.imap, user).imap("FETCH 1 FLAGS").remove(0);

    assert_eq!(Client::selected(&server.imap, "store").imap("STORE 1 +FLAGS (\\Flagged)"), ["a NO not now"]);
    assert!(!flags("store").contains("Flagged"));
    let mut client = Client::selected(&server.imap, "lost-store");
    client.say("a STORE 1 +FLAGS (\\Flagged)");
    assert_eq!(client.rest(), (vec![], End::Rst));
    assert!(flags("lost-store").contains("Flagged"), "the reset took the reply, not the change");

    assert_eq!(Client::login(&server.imap, "append").imap("APPEND INBOX {3+}\r\nx\r\n"), ["a NO [OVERQUOTA] full"]);
    assert!(Client::login(&server.imap, "append").imap("STATUS INBOX (MESSAGES)")[0].ends_with("(MESSAGES 3)"));
    assert_ok(&Client::selected(&server.imap, "copy").imap("COPY 1 INBOX"));
    assert!(Client::login(&server.imap, "copy").imap("STATUS INBOX (MESSAGES)")[0].ends_with("(MESSAGES 3)"));

    let mut client = Client::login(&server.imap, "select");
    assert_eq!(client.imap("SELECT INBOX"), ["a NO not now"]);
    assert!(client.imap("FETCH 1 FLAGS")[0].starts_with("a BAD"), "nothing is selected");

    let mut client = Client::selected(&server.imap, "expunge");
    client.imap("STORE 1 +FLAGS (\\Deleted)");
    assert_eq!(client.imap("EXPUNGE"), ["a NO not now"]);
    assert_eq!(client.imap("SEARCH ALL")[0], "* SEARCH 1 2 3");

    let mut client = Client::login(&server.imap, "create");
    assert_eq!(client.imap("CREATE x"), ["a NO not now"]);
    assert_ok(&client.imap("SELECT x"));
    assert_eq!(Client::login(&server.imap, "delete").imap("DELETE nothing"), ["a OK gone"]);
    server.stop_with_code(0);
}

#[test]
fn ok_to_a_refused_login_logs_in() {
    let user = "[[user]]\nname = \"alice\"\npassword = \"right\"\n";
    let server = serve(&format!(
        "{user}[[fault]]\nat = \"credentials\"\nconnections = 2\ndo = {{ reply = {{ smtp = \"235 in\", imap = \"OK in\" }} }}\n"
    ));
    let mut client = Client::greeted(&server.imap);
    assert!(client.imap("LOGIN alice wrong")[0].starts_with("a NO"));
    let mut client = Client::greeted(&server.imap);
    assert_eq!(client.imap("LOGIN alice wrong"), ["a OK in"]);
    assert_ok(&client.imap("SELECT INBOX"));
    server.stop_with_code(0);
}

#[test]
fn literals_can_lie_and_be_cut() {
    let faults = [
        for_user("lie", "FETCH", "{ rewrite = { find = '\\{\\d+\\}', with = \"{900000000}\" } }"),
        for_user("cut", "FETCH", "[{ cut = -2 }, \"close\"]"),
        for_user("mid", "FETCH", "[{ cut = 40 }, \"reset\"]"),
        for_user("numbers", "FETCH", "{ rewrite = { find = '^\\* 1 ', with = \"* 99 \" } }"),
    ];
    let server = serve(&format!("{MAIL}{}", faults.concat()));
    let fetch = |user: &str| {
        let mut client = Client::selected(&server.imap, user);
        client.say("a FETCH 1 BODY.PEEK[]");
        client.say("b LOGOUT");
        client.rest_text()
    };
    let (lie, end) = fetch("lie");
    assert!(lie.starts_with("* 1 FETCH (BODY[] {900000000}\r\nDate: ") && end == End::Fin, "{lie}");
    assert!(lie.contains("\r\na OK FETCH completed\r\n"), "all that is really there: {lie}");
    let (cut, end) = fetch("cut");
    assert!(cut.ends_with("\r\na OK FETCH completed") && end == End::Fin, "{cut}");
    let (mid, end) = fetch("mid");
    assert!(mid.starts_with("* 1 FETCH (BODY[] {") && mid.len() == 40 && end == End::Rst, "{mid}");
    assert!(fetch("numbers").0.starts_with("* 99 FETCH "));
    server.stop_with_code(0);
}

#[test]
fn seen_is_set_only_if_the_literal_was_written_whole() {
    // The fault, and whether the message is seen afterwards.
    let cases = [
        ("whole", "\"pass\"", true),
        ("tail-cut", "[{ cut = -4 }, \"reset\"]", true),
        ("body-cut", "[{ cut = \"50%\" }, \"reset\"]", false),
        ("last-octet", "[{ cut = 300 }, \"close\"]", false),
        ("nothing", "\"reset\"", false),
        ("stalled", "\"no-reply\"", false),
        ("refused", "{ reply = \"NO not now\" }", false),
        ("cut-and-passed", "[{ cut = 30 }, { delay = \"20ms\" }, \"pass\"]", true),
        ("dribbled", "[{ dribble = { bytes = 500, every = \"1ms\" } }, \"pass\"]", true),
    ];
    let faults = cases.map(|(user, steps, _)| for_user(user, "FETCH", steps)).concat();
    let server = serve(&format!("[[mail]]\nsize = \"2 KiB\"\n{faults}"));
    for (user, _, seen) in cases {
        let mut client = Client::selected(&server.imap, user);
        client.say("a FETCH 1 BODY[]");
        client.say("b LOGOUT");
        client.rest();
        let mut other = Client::selected(&server.imap, user);
        let unseen = other.imap("SEARCH UNSEEN").remove(0);
        assert_eq!(unseen == "* SEARCH", seen, "{user}: {unseen}");
    }
    let stopped = server.stop_with_code(0);
    assert_eq!(events(&stopped.journal, "fetched").count(), cases.iter().filter(|case| case.2).count());
}

#[test]
fn an_append_has_content_too() {
    let server = serve(
        "[[fault]]\nname = \"literal\"\non = \"imap\"\nat = \"continuation\"\nconnections = 1\ndo = { reply = \"NO [TOOBIG] no\" }\n\
         [[fault]]\nname = \"middle\"\non = \"imap\"\nat = \"content\"\nafter_bytes = \"500B\"\nconnections = 2\ndo = \"reset\"\n\
         [[fault]]\nname = \"end\"\non = \"imap\"\nat = \"message\"\nconnections = 3\ndo = \"reset\"\n",
    );
    let mail = format!("Subject: x\r\n\r\n{}", "y".repeat(986));
    let mut client = Client::login(&server.imap, "alice");
    assert_eq!(client.imap("APPEND INBOX {1000}"), ["a NO [TOOBIG] no"]);
    assert_eq!(client.imap("NOOP"), ["a OK NOOP completed"], "a command, not content");
    for connection in 2..=3 {
        let mut client = Client::login(&server.imap, "alice");
        client.say("a APPEND INBOX {1000}");
        assert!(client.line().starts_with('+'), "connection {connection}");
        client.write(&mail[..500]);
        if connection == 3 {
            client.write(&mail[500..]);
            client.write("\r\n");
        }
        assert_eq!(client.rest(), (vec![], End::Rst), "connection {connection}");
    }
    let status = Client::login(&server.imap, "alice").imap("STATUS INBOX (MESSAGES)");
    assert!(status[0].ends_with("(MESSAGES 1)"), "the third was stored, and its OK lost: {status:?}");
    let stopped = server.stop_with_code(0);
    assert_eq!(end_of(&stopped.journal, 2)["phase"], "content");
}

#[test]
fn an_idle_client_is_told_what_happens_and_meets_its_faults() {
    let server = serve(&format!(
        "{MAIL}{}{}{}{}{}",
        "[[fault]]\nname = \"news\"\non = \"imap\"\nat = \"silence\"\nafter = \"250ms\"\nconnections = 1\ntimes = 1\n\
         do = [{ deliver = { count = 1 } }, { flags = { messages = 1, add = ['\\Flagged'] } }, { expunge = \"2\" }]\n",
        "[[fault]]\nname = \"push\"\non = \"imap\"\nat = \"unsolicited\"\nconnections = 2\ndo = [{ cut = 4 }, \"reset\"]\n",
        "[[fault]]\nname = \"new\"\non = \"imap\"\nat = \"age\"\nafter = \"300ms\"\nconnections = 2\ndo = { deliver = { count = 1 } }\n",
        "[[fault]]\nname = \"autologout\"\non = \"imap\"\nat = \"silence\"\nafter = \"250ms\"\nconnections = 3\ndo = [{ reply = \"BYE autologout\" }, \"close\"]\n",
        "[[fault]]\nname = \"refused\"\non = \"imap\"\nat = \"IDLE\"\nconnections = 4\ndo = { reply = \"NO not now\" }\n",
    ));
    let idle = |user: &str| {
        let mut client = Client::selected(&server.imap, user);
        client.say("a IDLE");
        client
    };
    let mut client = idle("one");
    assert_eq!(client.line(), "+ idling");
    let told = [client.line(), client.line(), client.line(), client.line()];
    assert_eq!(told[..3], ["* 2 EXPUNGE", "* 3 EXISTS", "* 3 RECENT"]);
    assert!(told[3].starts_with("* 1 FETCH (FLAGS (\\Flagged"), "{told:?}");
    client.say("DONE");
    assert_eq!(client.line(), "a OK IDLE completed");

    let mut client = idle("two");
    assert_eq!(client.rest_text(), ("+ idling\r\n* 4 ".to_owned(), End::Rst), "half of the push");
    let mut client = idle("three");
    assert_eq!(client.rest_text(), ("+ idling\r\n* BYE autologout\r\n".to_owned(), End::Fin));
    let mut client = idle("four");
    assert_eq!(client.line(), "a NO not now");
    assert_eq!(client.imap("NOOP"), ["a OK NOOP completed"], "not idle");
    let stopped = server.stop_with_code(0);
    assert_eq!(fired(&stopped.journal, "push"), [2]);
}

#[test]
fn a_mailbox_changes_between_commands_and_is_told_as_the_rfc_allows() {
    let server = serve(&format!(
        "{MAIL}{}{}{}",
        for_user("search", "SEARCH", "[{ expunge = \"1\" }, { deliver = { count = 2 } }]"),
        for_user("noop", "NOOP", "{ expunge = \"1-2\" }"),
        for_user("validity", "NOOP", "{ uidvalidity = \"new\" }"),
    ));
    let mut client = Client::selected(&server.imap, "search");
    // RFC 3501 section 7.4.1: no EXPUNGE while FETCH, STORE or SEARCH is answered.
    let said = client.imap("SEARCH ALL");
    assert!(!said.iter().any(|line| line.ends_with("EXPUNGE")), "{said:?}");
    assert_eq!(said[..3], ["* SEARCH 2 3", "* 5 EXISTS", "* 5 RECENT"]);
    assert_eq!(client.imap("NOOP"), ["* 1 EXPUNGE", "a OK NOOP completed"]);
    assert!(client.imap("UID FETCH 1:* FLAGS")[0].starts_with("* 1 FETCH (UID 2 "));

    let mut client = Client::selected(&server.imap, "noop");
    assert_eq!(client.imap("NOOP"), ["* 1 EXPUNGE", "* 1 EXPUNGE", "a OK NOOP completed"]);

    let validity = |client: &mut Client| {
        let said = client.imap("SELECT INBOX");
        said.iter().find(|line| line.contains("UIDVALIDITY")).cloned().unwrap_or_default()
    };
    let mut client = Client::login(&server.imap, "validity");
    let before = validity(&mut client);
    client.imap("NOOP");
    let after = validity(&mut Client::login(&server.imap, "validity"));
    assert!(!before.is_empty() && !after.is_empty() && before != after, "{before} {after}");
    server.stop_with_code(0);
}

#[test]
fn the_number_of_recent_messages_never_exceeds_that_of_all() {
    let server = serve(MAIL);
    let mut client = Client::selected(&server.imap, "alice");
    let said = client.imap("MOVE 2 INBOX");
    assert_eq!(said[1..], ["* 2 EXPUNGE", "* 3 EXISTS", "* 3 RECENT", "a OK MOVE completed"]);
    server.stop_with_code(0);
}

#[test]
fn capabilities_are_hidden_in_every_place_that_shows_them() {
    let server = serve(
        "[[fault]]\non = \"imap\"\nat = \"connect\"\ndo = [{ hide = [\"IDLE\", \"auth=plain\"] }, { offer = [\"XYZ\"] }]\n",
    );
    let mut client = Client::connect(&server.imap);
    let greeting = client.line();
    let shown = [greeting, client.imap("CAPABILITY").remove(0), client.imap("LOGIN a b").remove(0)];
    for line in shown {
        assert!(line.contains(" XYZ") && !line.contains(" IDLE") && !line.contains("AUTH=PLAIN"), "{line}");
    }
    assert_ok(&client.imap("SELECT INBOX"));
    client.say("a IDLE");
    assert_eq!(client.line(), "+ idling", "hidden is not refused");
    server.stop_with_code(0);
}
