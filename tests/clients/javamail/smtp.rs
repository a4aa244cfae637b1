//! Sending: SMTP.

use super::{CONNECTION_TIMEOUT, READING, RESET, SHORT, TIMED_OUT, Tried, check_first, is_installed, probe};
use crate::harness::{Server, every_second_connection, for_each_at_once, with_late_resets};

const SMTP_GREETING_FRAMES: [&str; 5] = [
    "com.sun.mail.smtp.SMTPTransport.readServerResponse",
    "com.sun.mail.smtp.SMTPTransport.openServer",
    "com.sun.mail.smtp.SMTPTransport.protocolConnect",
    "javax.mail.Service.connect",
    "javax.mail.Service.connect",
];
const IN_EHLO: [&str; 2] = ["com.sun.mail.smtp.SMTPTransport.readServerResponse", "com.sun.mail.smtp.SMTPTransport.ehlo"];
const IN_MAIL: [&str; 3] = [
    "com.sun.mail.smtp.SMTPTransport.readServerResponse",
    "com.sun.mail.smtp.SMTPTransport.issueSendCommand",
    "com.sun.mail.smtp.SMTPTransport.mailFrom",
];
const IN_FINISH_DATA: [&str; 3] = [
    "com.sun.mail.smtp.SMTPTransport.readServerResponse",
    "com.sun.mail.smtp.SMTPTransport.issueSendCommand",
    "com.sun.mail.smtp.SMTPTransport.finishData",
];

#[test]
fn a_reset_inside_the_smtp_greeting_gives_the_trace_of_smtp0002_every_time() {
    smtp_greeting_reset_a_hundred_times(&[]);
}

#[test]
fn a_reset_inside_the_smtp_greeting_gives_the_trace_of_smtp0002_every_time_with_a_connection_timeout() {
    smtp_greeting_reset_a_hundred_times(&CONNECTION_TIMEOUT);
}

fn smtp_greeting_reset_a_hundred_times(properties: &[&str]) {
    if !is_installed() {
        return;
    }
    let server = Server::start(every_second_connection("smtp/reset-mid-greeting"));
    server.spend_connection(&server.smtp);
    let tried = probe(&server, &[properties, &["repeat=100", "smtp-send", "smtp-send", "imap-poll"]].concat());
    assert_eq!(tried.len(), 300);
    for (n, three) in tried.chunks(3).enumerate() {
        assert_eq!(
            three[0].texts(),
            ["javax.mail.MessagingException: Exception reading response", "java.net.SocketException: Connection reset"],
            "try {n}"
        );
        assert_eq!(three[0].frames(5), SMTP_GREETING_FRAMES, "try {n}");
        assert_eq!(three[1], Tried::said("sent 1"), "the connection after try {n}");
        assert_eq!(three[2], Tried::Said(format!("probe {}", n + 1)), "the mailbox after try {n}");
    }
    server.stop_with_code(0);
}

/// (scenario; what the first try throws, `HOST`, `PORT` for its address; the innermost frames).
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

#[test]
fn smtp_faults_are_reported_and_the_next_connection_sends() {
    const BAD_GREETING: &[&str] = &["com.sun.mail.smtp.SMTPTransport.openServer"];
    const AUTHENTICATOR: &[&str] = &["com.sun.mail.smtp.SMTPTransport$Authenticator.authenticate"];
    let rows: &[Row] = &[
        ("smtp/reset-before-greeting", &[READING, RESET], &SMTP_GREETING_FRAMES),
        ("smtp/reset-mid-multiline-greeting", &[READING, RESET], &SMTP_GREETING_FRAMES),
        ("smtp/reset-at-ehlo", &[READING, RESET], &IN_EHLO),
        ("smtp/reset-mid-ehlo", &[READING, RESET], &IN_EHLO),
        ("smtp/stall-at-greeting", &[READING, TIMED_OUT], &SMTP_GREETING_FRAMES),
        ("smtp/stall-mid-greeting", &[READING, TIMED_OUT], &SMTP_GREETING_FRAMES),
        ("smtp/stall-at-ehlo", &[READING, TIMED_OUT], &IN_EHLO),
        ("smtp/stall-at-mail", &[READING, TIMED_OUT], &IN_MAIL),
        ("smtp/stall-at-message", &[READING, TIMED_OUT], &IN_FINISH_DATA),
        (
            "smtp/close-before-greeting",
            &["javax.mail.MessagingException: Got bad greeting from SMTP host: HOST, port: PORT, response: [EOF]"],
            BAD_GREETING,
        ),
        (
            "smtp/greeting-421",
            &[
                "javax.mail.MessagingException: Got bad greeting from SMTP host: HOST, port: PORT, response: 421 4.3.2 Service not available, \
               closing transmission channel\n",
            ],
            BAD_GREETING,
        ),
        (
            "smtp/greeting-554",
            &[
                "javax.mail.MessagingException: Got bad greeting from SMTP host: HOST, port: PORT, response: 554 5.7.1 Service unavailable; \
               client host blocked\n",
            ],
            BAD_GREETING,
        ),
        (
            "smtp/greeting-of-imap",
            &[
                "javax.mail.MessagingException: Got bad greeting from SMTP host: HOST, port: PORT, response: * OK IMAP4rev1 ready\n",
            ],
            BAD_GREETING,
        ),
        // The half line is taken for a whole greeting, and the failure comes later.
        ("smtp/close-mid-greeting", &["javax.mail.MessagingException: [EOF]"], &[]),
        (
            "auth/smtp-wrong-password-once",
            &["javax.mail.AuthenticationFailedException: 535 5.7.8 Username and Password not accepted.\n"],
            AUTHENTICATOR,
        ),
        // A server that cannot check the password now looks like a wrong password, and so does a reset.
        (
            "auth/smtp-temporary-failure",
            &[
                "javax.mail.AuthenticationFailedException: 454 4.7.0 Temporary authentication failure: Connection lost to authentication server\n",
            ],
            AUTHENTICATOR,
        ),
        ("smtp/reset-at-auth", &["javax.mail.AuthenticationFailedException: ", READING, RESET], AUTHENTICATOR),
        ("smtp/reset-at-mail", &[READING, RESET], &IN_MAIL),
        ("smtp/reset-mid-content", &[READING, RESET], &IN_FINISH_DATA),
        ("smtp/reset-after-dot", &[READING, RESET], &IN_FINISH_DATA),
        ("smtp/lost-250", &[READING, RESET], &IN_FINISH_DATA),
        ("smtp/550-then-close", &["com.sun.mail.smtp.SMTPSendFailedException: 550 5.7.1 Message refused by policy\n"], &[]),
        // The same refusal with a reset behind it: the RSET that JavaMail sends finds the connection gone, and the reason is lost.
        ("smtp/550-then-reset", &[READING, RESET], &[]),
        ("smtp/550-at-data-then-reset", &[READING, RESET], &[]),
        // The message was sent; it is close() that throws.
        (
            "smtp/reset-at-quit",
            &[READING, RESET],
            &["com.sun.mail.smtp.SMTPTransport.readServerResponse", "com.sun.mail.smtp.SMTPTransport.close"],
        ),
    ];
    if !is_installed() {
        return;
    }
    for_each_at_once(rows, |&(scenario, texts, frames)| {
        // JavaMail says RSET after the refusal, and on a busy machine it needs its time for that.
        let refused = scenario.starts_with("smtp/550-");
        let server = if refused { Server::start(with_late_resets(scenario)) } else { Server::start(scenario) };
        let tried = probe(&server, &[&SHORT[..], &["smtp-send", "smtp-send", "imap-poll"]].concat());
        check_first(&tried[0], scenario, texts, frames, &server.smtp);
        assert_eq!(tried[1], Tried::said("sent 1"), "{scenario}: the next connection");
        let Tried::Said(read) = &tried[2] else { panic!("{scenario}: the mailbox: {:?}", tried[2]) };
        assert_eq!(read.split(", ").last(), Some(if reaches_sending(&tried[0]) { "probe 2" } else { "probe 1" }), "{scenario}");
        server.stop_with_code(0);
    });
}

/// The probe numbers its messages as it makes them, which it does once it is connected.
fn reaches_sending(tried: &Tried) -> bool {
    !tried.frames(20).contains(&"javax.mail.Service.connect")
}

#[test]
fn half_a_250_is_taken_for_success_and_the_verdict_says_so() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/cut-250-then-close");
    let tried = probe(&server, &["smtp-send", "imap-poll"]);
    assert_eq!(tried, [Tried::said("sent 1"), Tried::said("")]);
    server.stop_with_code(1);
}

/// A reset without a settle time races with the client's connect(): JavaMail then reports the other of the two fragments in the document, or the reset
/// while it reads. Which one it is, nobody can promise.
#[test]
fn a_reset_at_once_is_reported_while_connecting_or_while_reading() {
    if !is_installed() {
        return;
    }
    let server = Server::start(every_second_connection("smtp/reset-while-connecting"));
    server.spend_connection(&server.smtp);
    let tried = probe(&server, &[&CONNECTION_TIMEOUT[..], &["repeat=20", "smtp-send", "smtp-connect"]].concat());
    let connecting = "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: HOST, PORT; timeout 10000";
    let (host, port) = server.smtp.rsplit_once(':').expect("an address");
    let connecting = connecting.replace("HOST", host).replace("PORT", port);
    for pair in tried.chunks(2) {
        let texts = pair[0].texts();
        let known = [[READING, RESET], [connecting.as_str(), "java.net.SocketException: Connection reset by peer"]];
        assert!(known.iter().any(|known| texts == known), "{texts:?}");
        assert_eq!(pair[1], Tried::said("connected"));
    }
    server.stop_with_code(0);
}

#[test]
fn a_test_of_the_settings_succeeds_where_sending_fails() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/sporadic-reset-at-mail");
    let tried = probe(&server, &["smtp-connect", "smtp-send", "smtp-connect", "smtp-send", "smtp-send", "imap-poll"]);
    assert_eq!(tried[..3], [Tried::said("connected"), Tried::said("sent 1"), Tried::said("connected")]);
    check_first(&tried[3], "the second MAIL", &[READING, RESET], &IN_MAIL, &server.smtp);
    assert_eq!(tried[4..], [Tried::said("sent 1"), Tried::said("probe 1, probe 3")]);
    server.stop_with_code(0);
}

#[test]
fn a_connection_that_goes_stale_between_two_messages_fails_at_the_second() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/reset-at-second-message");
    let tried = probe(&server, &["smtp-send-two", "smtp-send", "imap-poll"]);
    check_first(&tried[0], "the second message", &[READING, RESET], &IN_MAIL, &server.smtp);
    assert_eq!(tried[1..], [Tried::said("sent 1"), Tried::said("probe 1, probe 3")]);
    server.stop_with_code(0);
}

#[test]
fn a_reset_inside_a_large_message_is_met_while_writing() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/reset-mid-large-content");
    let tried = probe(&server, &["size=8000000", "smtp-send", "smtp-send", "imap-poll"]);
    assert_eq!(
        tried[0].texts(),
        [
            "javax.mail.MessagingException: IOException while sending message",
            "java.net.SocketException: Connection reset by peer"
        ]
    );
    assert_eq!(tried[1..], [Tried::said("sent 1"), Tried::said("probe 2")]);
    server.stop_with_code(0);
}
