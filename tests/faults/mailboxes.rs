//! Mailboxes and quotas of a scenario, and what a client hears whose mailbox is deleted.

use super::wire::{Client, End, send_mail};
use crate::harness::{Scenario, Server};

const FOLDERS: &str = r#"
[[mailbox]]
name = "[Gmail]/Sent Mail"
special_use = '\Sent'
[[mailbox]]
user = "bob"
name = "Bob's"
subscribed = false
[imap]
quota = { messages = 2 }
[[mail]]
"#;

#[test]
fn a_scenario_lays_out_folders_and_a_quota_that_both_protocols_obey() {
    let server = Server::start(Scenario::Text(FOLDERS.into()));
    let mut client = Client::login(&server.imap, "bob");
    assert_eq!(
        client.imap("LIST \"\" * RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES))"),
        [
            "* LIST () \"/\" Bob's",
            "* STATUS Bob's (MESSAGES 0)",
            "* LIST () \"/\" INBOX",
            "* STATUS INBOX (MESSAGES 1)",
            "* LIST (\\Subscribed \\Sent) \"/\" \"[Gmail]/Sent Mail\"",
            "* STATUS \"[Gmail]/Sent Mail\" (MESSAGES 0)",
            "a OK LIST completed",
        ]
    );
    assert_eq!(send_mail(&mut Client::ehlo(&server.smtp, "a.test"), "a@b.test", "bob@b.test"), "250 2.0.0 Ok: queued");
    let mut sender = Client::ehlo(&server.smtp, "a.test");
    sender.ask("MAIL FROM:<a@b.test>");
    assert_eq!(sender.ask("RCPT TO:<bob@b.test>"), "552 5.2.2 Mailbox full");
    assert_eq!(client.imap("APPEND Bob's {1+}\r\nx"), ["a NO [OVERQUOTA] the account is over its quota"]);
    client.imap("SELECT INBOX");
    client.imap("STORE 1 +FLAGS.SILENT (\\Deleted)");
    client.imap("EXPUNGE");
    assert!(client.imap("APPEND Bob's {1+}\r\nx").last().is_some_and(|line| line.starts_with("a OK")));
    assert!(client.imap("GETQUOTAROOT Bob's").contains(&"* QUOTA \"User quota\" (MESSAGE 2 2)".to_owned()));
    server.stop_with_code(0);
}

#[test]
fn whose_mailbox_is_deleted_is_told_at_once_during_idle_and_the_connection_ends() {
    let server = Server::start(Scenario::Text(String::new()));
    let mut idle = Client::login(&server.imap, "bob");
    idle.imap("CREATE x");
    idle.imap("SELECT x");
    idle.say("a IDLE");
    assert_eq!(idle.line(), "+ idling");
    let mut other = Client::login(&server.imap, "bob");
    other.imap("DELETE x");
    assert_eq!(idle.rest_text(), ("* BYE the selected mailbox was deleted\r\n".to_owned(), End::Fin));
    server.stop_with_code(0);
}
