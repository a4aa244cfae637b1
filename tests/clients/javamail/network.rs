//! Ports that do not open, and passwords that are wrong.

use super::{Tried, check_first, is_installed, probe, probe_as};
use crate::harness::Server;

#[test]
fn a_password_that_is_wrong_is_refused_and_the_right_one_is_not() {
    if !is_installed() {
        return;
    }
    let server = Server::start("auth/one-user");
    let wrong = probe_as(&server, "wrong-password", &["smtp-send", "imap-poll"]);
    assert!(wrong[0].texts()[0].starts_with("javax.mail.AuthenticationFailedException: 535 5.7.8 "), "{:?}", wrong[0]);
    assert!(
        wrong[1].texts()[0].starts_with("javax.mail.AuthenticationFailedException: [AUTHENTICATIONFAILED] "),
        "{:?}",
        wrong[1]
    );
    let right = probe(&server, &["smtp-send", "imap-poll"]);
    assert_eq!(right[0], Tried::said("sent 1"));
    let Tried::Said(read) = &right[1] else { panic!("{:?}", right[1]) };
    assert!(read.ends_with("probe 1"), "{read}");
    server.stop_with_code(0);
}

#[test]
fn a_closed_port_is_refused_until_it_opens() {
    if !is_installed() {
        return;
    }
    let server = Server::start_with("network/firewall-rejects", &["--time-scale", "0.3"]);
    let tried = probe(&server, &["until-ok:smtp-send", "imap-poll"]);
    let texts = [
        "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: HOST, PORT; timeout -1",
        "java.net.ConnectException: Connection refused",
    ];
    check_first(&tried[0], "network/firewall-rejects", &texts, &["com.sun.mail.smtp.SMTPTransport.openServer"], &server.smtp);
    assert_eq!(tried[1..], [Tried::said("sent 1"), Tried::said("probe 1")]);
    server.stop_with_code(0);
}

#[test]
fn a_port_that_never_answers_times_out_until_it_does() {
    if !is_installed() {
        return;
    }
    let server = Server::start_with("network/firewall-drops", &["--time-scale", "0.3"]);
    let tried = probe(&server, &["mail.smtp.connectiontimeout=500", "until-ok:smtp-send", "imap-poll"]);
    let texts = [
        "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: HOST, PORT; timeout 500",
        "java.net.SocketTimeoutException: Connect timed out",
    ];
    check_first(&tried[0], "network/firewall-drops", &texts, &["com.sun.mail.smtp.SMTPTransport.openServer"], &server.smtp);
    assert_eq!(tried[1..], [Tried::said("sent 1"), Tried::said("probe 1")]);
    server.stop_with_code(0);
}
