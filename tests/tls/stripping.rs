//! A client that is not offered STARTTLS, or is refused it, and logs in all the same.

use std::io::Write;

use super::wire::{connect, read_until};
use super::{Lab, Mode, assert_contains, events, javamail};
use crate::clients;
use crate::clients::javamail::Tried;
use crate::harness::{Server, Stopped};

#[test]
fn a_password_in_clear_fails_the_verdict_with_its_line() {
    for scenario in ["tls/starttls-not-offered", "tls/starttls-hidden", "tls/starttls-refused", "tls/login-only-inside-tls"] {
        let lab = Lab::new();
        let server = lab.serve(scenario);
        logs_in_without_tls(&server, scenario == "tls/starttls-not-offered" || scenario == "tls/starttls-refused");
        check_verdict(&server.stop(), scenario, 2);
    }
}

/// With STARTTLS enabled and not required, JavaMail goes on in clear without a word.
#[test]
fn javamail_goes_on_in_clear_where_starttls_is_stripped() {
    if !clients::javamail::is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/starttls-not-offered");
    let mut client = javamail::Client::new();
    client.visits(&server, Mode::Starttls);
    client.does(&["mail.smtp.starttls.required=false", "mail.imap.starttls.required=false", "smtp-send", "imap-poll"]);
    let said = |text: &str| Tried::Said(text.to_owned());
    assert_eq!(javamail::run_trusting(client, &server), [said("sent 1"), said("Message 1, Message 2, probe 1")]);
    check_verdict(&server.stop(), "JavaMail", 2);
}

#[test]
fn a_client_that_ends_here_passes() {
    if !clients::javamail::is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/starttls-not-offered");
    let mut client = javamail::Client::new();
    client.visits(&server, Mode::Starttls);
    client.does(&["smtp-send", "imap-poll"]);
    assert!(javamail::run_trusting(client, &server).iter().all(|tried| matches!(tried, Tried::Threw(_))));
    server.stop_with_code(0);
}

/// What stands behind STARTTLS in the same segment is read by nobody, and journalled.
#[test]
fn commands_pipelined_behind_starttls_are_dropped_and_counted() {
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    let mut smtp = connect(&server.smtp);
    read_until(&mut smtp, "\r\n");
    smtp.write_all(b"EHLO client.test\r\n").expect("EHLO");
    read_until(&mut smtp, "250 STARTTLS\r\n");
    smtp.write_all(b"STARTTLS\r\nMAIL FROM:<eve@client.test>\r\n").expect("two commands");
    read_until(&mut smtp, "\r\n");
    drop(smtp);
    server.await_events("end", 1);
    let stopped = server.stop();
    assert_contains(&stopped.output, "`pipelined-behind-starttls` reached: 29 dropped", "the transcript");
    assert!(events(&stopped, "moment").all(|event| event["at"] != "MAIL command"), "{}", stopped.output);
}

fn logs_in_without_tls(server: &Server, tries_starttls: bool) {
    let mut smtp = connect(&server.smtp);
    read_until(&mut smtp, "\r\n");
    if tries_starttls {
        smtp.write_all(b"STARTTLS\r\n").expect("STARTTLS");
        read_until(&mut smtp, "\r\n");
    }
    smtp.write_all(b"EHLO client.test\r\n").expect("EHLO");
    // user@mailfault.test and its password, in Base64.
    smtp.write_all(b"AUTH PLAIN AHVzZXJAbWFpbGZhdWx0LnRlc3QAcmlnaHQtcGFzc3dvcmQ=\r\nQUIT\r\n").expect("AUTH");
    read_until(&mut smtp, "221 ");
    let mut imap = connect(&server.imap);
    imap.write_all(b"a LOGIN user@mailfault.test right-password\r\nb LOGOUT\r\n").expect("LOGIN");
    read_until(&mut imap, "b OK");
}

/// The expectation that failed, and a line for each password.
#[track_caller]
fn check_verdict(stopped: &Stopped, whose: &str, secrets: usize) {
    assert_eq!(stopped.code, Some(1), "{whose}: {}", stopped.output);
    let (_, verdict) = stopped.output.split_once("failed `expect.secrets_in_clear`: expected 0, found ").unwrap_or_default();
    assert!(verdict.starts_with(&secrets.to_string()), "{whose}: {}", stopped.output);
    assert_eq!(verdict.matches(", in the clear, though the listener has TLS\n").count(), secrets, "{whose}: {verdict}");
}
