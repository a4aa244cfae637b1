//! `becomes` in a `[[user]]`: the client picks its account by its name.

use super::wire::{Client, fired};
use crate::harness::{Scenario, Server};

fn plain(user: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{password}"))
}

/// The last lines of a login over SMTP and over IMAP.
fn log_in(server: &Server, user: &str, password: &str) -> (String, Vec<String>) {
    let smtp = Client::ehlo(&server.smtp, "a.test").ask(&format!("AUTH PLAIN {}", plain(user, password)));
    let imap = Client::greeted(&server.imap).imap(&format!("LOGIN {user} {password}"));
    (smtp, imap)
}

#[test]
fn each_account_is_refused_in_its_own_words() {
    let server = Server::start("auth/accounts-by-name");
    for (name, smtp, imap) in [
        ("good", "235 2.7.0 ", "a OK "),
        ("wrong-password", "535 5.7.8 ", "a NO [AUTHENTICATIONFAILED] "),
        ("expired", "535 5.7.8 Authentication failed: the password has expired", "a NO [EXPIRED] "),
        ("locked", "535 5.7.8 Authentication failed: the account is locked", "a NO [CONTACTADMIN] The account is locked"),
        ("disabled", "525 5.7.13 ", "a NO [CONTACTADMIN] The account is disabled"),
        ("web-login", "534 5.7.14 ", "a NO [ALERT] Please log in with your web browser"),
        (
            "app-password",
            "534 5.7.9 Application-specific password required",
            "a NO [ALERT] Application-specific password required",
        ),
        ("basic-disabled", "535 5.7.3 ", "a NO [AUTHENTICATIONFAILED] Basic authentication is disabled"),
        ("unavailable", "454 4.7.0 Temporary authentication failure", "a NO [UNAVAILABLE] "),
        ("throttled", "454 4.7.0 Too many login attempts", "a NO [LIMIT] "),
        ("not-connected", "235 2.7.0 ", "a OK "),
    ] {
        let (said, lines) = log_in(&server, &format!("{}@Mailfault.test", name.to_uppercase()), "secret");
        let last = lines.last().unwrap();
        assert!(said.starts_with(smtp) && last.starts_with(imap), "{name}: {said} {lines:?}");
        if name == "web-login" {
            assert_eq!(lines[0], "* NO [WEBALERT https://mailfault.test/verify] Web login required.");
        }
    }
    let (said, lines) = log_in(&server, "nobody@mailfault.test", "secret");
    assert!(said.starts_with("535 ") && lines[0].starts_with("a NO [AUTHENTICATIONFAILED]"), "{said} {lines:?}");
    let mut client = Client::greeted(&server.imap);
    client.imap("LOGIN not-connected@mailfault.test secret");
    assert_eq!(client.imap("SELECT INBOX"), ["a BAD User is authenticated but not connected."]);
    let stopped = server.stop_with_code(0);
    assert_eq!(fired(&stopped.journal, "web-login@mailfault.test: web-login").len(), 2);
}

#[test]
fn a_password_expires_after_some_logins_and_works_again_later() {
    let server = Server::start("auth/accounts-by-name");
    let tries: Vec<(bool, bool)> = (0..8)
        .map(|_| {
            let (smtp, imap) = log_in(&server, "expires@mailfault.test", "secret");
            (smtp.starts_with("235 "), imap[0].starts_with("a OK "))
        })
        .collect();
    let good = [true, true, true, false, false, false, true, true];
    assert_eq!(tries, good.map(|good| (good, good)));
    server.stop_with_code(0);
}

#[test]
fn the_only_account_must_come_to_its_fate() {
    let user = |becomes: &str| Scenario::Text(format!("[[user]]\nname = \"bob\"\npassword = \"secret\"\nbecomes = {becomes}\n"));
    let server = Server::start(user("{ state = \"locked\", during = \"1h-\" }"));
    assert!(log_in(&server, "bob", "secret").0.starts_with("235 "));
    let stopped = server.stop_with_code(3);
    assert!(stopped.output.contains("`bob: locked` never fired"), "{}", stopped.output);
    let server = Server::start(user("{ state = \"locked\", logins = \"2\", says = { smtp = \"535 5.7.139 Locked.\" } }"));
    assert!(log_in(&server, "bob", "secret").0.starts_with("235 "));
    let (smtp, imap) = log_in(&server, "bob", "secret");
    assert_eq!((&*smtp, &*imap[0]), ("535 5.7.139 Locked.", "a NO [CONTACTADMIN] The account is locked after too many attempts"));
    server.stop_with_code(0);
}
