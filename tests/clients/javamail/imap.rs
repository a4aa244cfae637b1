//! Reading: IMAP, as an e-mail listener does.

use super::{CONNECTION_TIMEOUT, RESET, SHORT, TIMED_OUT, Tried, check_first, is_installed, probe};
use crate::harness::{Scenario, Server, every_second_connection, for_each_at_once, with_late_resets};

const IMAP_CONNECT_FRAMES: [&str; 2] = ["com.sun.mail.imap.IMAPStore.protocolConnect", "javax.mail.Service.connect"];

#[test]
fn javamail_reads_the_whole_mailbox() {
    if !is_installed() {
        return;
    }
    const MAIL: &str = concat!("folder=", env!("CARGO_MANIFEST_DIR"), "/tests/clients/healthy/mail");
    let server = Server::start("healthy");
    let tried = probe(&server, &["mail.imap.timeout=10000", MAIL, "imap-walk"]);
    let [Tried::Said(told)] = tried.as_slice() else { panic!("{tried:?}") };
    for (number, (said, expected)) in (1..).zip(told.lines().zip(include_str!("../healthy/javamail.txt").lines())) {
        assert_eq!(said, expected, "line {number}");
    }
    assert_eq!(told.lines().count(), include_str!("../healthy/javamail.txt").lines().count(), "{told}");
    let stopped = server.stop_with_code(0);
    let odd: Vec<_> = stopped.journal.iter().filter(|event| event["event"] == "oddity" || event["event"] == "limit").collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn a_reset_before_the_imap_greeting_gives_the_trace_of_the_listener_every_time() {
    imap_greeting_reset_a_hundred_times(&[]);
}

#[test]
fn a_reset_before_the_imap_greeting_gives_the_trace_of_the_listener_every_time_with_a_connection_timeout() {
    imap_greeting_reset_a_hundred_times(&CONNECTION_TIMEOUT);
}

fn imap_greeting_reset_a_hundred_times(properties: &[&str]) {
    if !is_installed() {
        return;
    }
    let server = Server::start(every_second_connection("imap/reset-before-greeting"));
    server.spend_connection(&server.imap);
    let tried = probe(&server, &[properties, &["repeat=100", "smtp-send", "imap-poll", "imap-poll"]].concat());
    assert_eq!(tried.len(), 300);
    for (n, three) in tried.chunks(3).enumerate() {
        assert_eq!(three[0], Tried::said("sent 1"), "try {n}");
        assert_eq!(
            three[1].texts(),
            ["javax.mail.MessagingException: Connection reset", "java.net.SocketException: Connection reset"],
            "try {n}"
        );
        assert_eq!(three[1].frames(2), IMAP_CONNECT_FRAMES, "try {n}");
        let Tried::Said(read) = &three[2] else { panic!("the connection after try {n}: {:?}", three[2]) };
        assert!(read.ends_with(&format!("probe {}", 1 + n)), "the connection after try {n} read {read}");
    }
    server.stop_with_code(0);
}

#[test]
fn imap_faults_are_reported_and_the_next_connection_reads() {
    const BYE_RESET: &str = "* BYE Jakarta Mail Exception: java.net.SocketException: Connection reset";
    const BYE_TIMED_OUT: &str =
        "javax.mail.FolderClosedException: * BYE Jakarta Mail Exception: java.net.SocketTimeoutException: Read timed out";
    let bye_reset =
        [format!("javax.mail.MessagingException: {BYE_RESET}"), format!("com.sun.mail.iap.ConnectionException: {BYE_RESET}")];
    let bye_reset = &[bye_reset[0].as_str(), bye_reset[1].as_str()][..];
    let closed_reset = format!("javax.mail.FolderClosedException: {BYE_RESET}");
    const DROPPED: &[&str] =
        &["javax.mail.MessagingException: Connection dropped by server?", "java.io.IOException: Connection dropped by server?"];
    const TIMED_OUT_CONNECTING: &[&str] = &["javax.mail.MessagingException: Read timed out", TIMED_OUT];
    const RESET_CONNECTING: &[&str] = &["javax.mail.MessagingException: Connection reset", RESET];
    let rows: &[(&'static str, &[&str], &[&str])] = &[
        ("imap/reset-mid-greeting", RESET_CONNECTING, &IMAP_CONNECT_FRAMES),
        // After the greeting the same reset has another text: it tells the phase.
        ("imap/reset-after-greeting", bye_reset, &IMAP_CONNECT_FRAMES),
        ("imap/close-before-greeting", DROPPED, &IMAP_CONNECT_FRAMES),
        ("imap/close-mid-greeting", DROPPED, &IMAP_CONNECT_FRAMES),
        ("imap/stall-at-greeting", TIMED_OUT_CONNECTING, &IMAP_CONNECT_FRAMES),
        ("imap/stall-mid-greeting", TIMED_OUT_CONNECTING, &IMAP_CONNECT_FRAMES),
        (
            "imap/greeting-bye",
            &[
                "javax.mail.MessagingException: * BYE [UNAVAILABLE] Temporary System Error",
                "com.sun.mail.iap.ConnectionException: * BYE [UNAVAILABLE] Temporary System Error",
            ],
            &IMAP_CONNECT_FRAMES,
        ),
        (
            "imap/greeting-of-smtp",
            &[
                "javax.mail.MessagingException: 220 mx.mailfault.test ESMTP",
                "com.sun.mail.iap.ConnectionException: 220 mx.mailfault.test ESMTP",
            ],
            &IMAP_CONNECT_FRAMES,
        ),
        (
            "auth/imap-wrong-password-once",
            &["javax.mail.AuthenticationFailedException: [AUTHENTICATIONFAILED] Invalid credentials (Failure)"],
            &IMAP_CONNECT_FRAMES,
        ),
        (
            "auth/imap-unavailable",
            &["javax.mail.AuthenticationFailedException: [UNAVAILABLE] Temporary authentication failure."],
            &IMAP_CONNECT_FRAMES,
        ),
        (
            "imap/not-connected",
            &[
                "javax.mail.MessagingException: A2 BAD User is authenticated but not connected.",
                "com.sun.mail.iap.BadCommandException: A2 BAD User is authenticated but not connected.",
            ],
            &[],
        ),
        ("imap/reset-at-login", bye_reset, &IMAP_CONNECT_FRAMES),
        ("imap/reset-at-select", bye_reset, &[]),
        ("imap/reset-at-fetch", &[closed_reset.as_str()], &[]),
        ("imap/stall-at-fetch", &[BYE_TIMED_OUT], &[]),
        ("imap/reset-mid-body", &["com.sun.mail.util.FolderClosedIOException: null"], &[]),
        ("imap/fetch-no", &["javax.mail.MessagingException: Unable to load BODYSTRUCTURE"], &[]),
    ];
    if !is_installed() {
        return;
    }
    for_each_at_once(rows, |&(scenario, texts, frames)| {
        // JavaMail says CAPABILITY after the greeting, and on a busy machine it needs its time for that.
        let greeted = scenario == "imap/reset-after-greeting";
        let server = if greeted { Server::start(with_late_resets(scenario)) } else { Server::start(scenario) };
        let tried = probe(&server, &[&SHORT[..], &["imap-poll", "imap-poll", "smtp-send", "imap-poll"]].concat());
        check_first(&tried[0], scenario, texts, frames, &server.imap);
        let Tried::Said(read) = &tried[1] else { panic!("{scenario}: the next connection: {:?}", tried[1]) };
        assert_eq!(read.split(", ").count(), 2, "{scenario}: the next connection read {read}");
        assert_eq!(tried[3], Tried::said("probe 1"), "{scenario}: mail that arrived later");
        server.stop_with_code(0);
    });
}

#[test]
fn mail_that_cannot_be_read_is_taken_for_empty_mail_and_the_verdict_says_so() {
    if !is_installed() {
        return;
    }
    let server = Server::start("imap/body-no");
    let tried = probe(&server, &["imap-poll", "imap-poll"]);
    let Tried::Said(read) = &tried[0] else { panic!("{:?}", tried[0]) };
    assert_eq!(read.matches("(empty)").count(), 2, "{read}");
    assert_eq!(tried[1], Tried::said(""), "both are marked as seen");
    server.stop_with_code(1);
}

#[test]
fn a_listener_that_polls_until_it_succeeds_leaves_nothing_unread() {
    if !is_installed() {
        return;
    }
    for scenario in ["listener/reset-twice", "listener/every-stage", "listener/too-busy", "listener/password-renewed"] {
        let server = Server::start(scenario);
        let tried = probe(&server, &["until-ok:imap-poll"]);
        assert_eq!(tried.last(), Some(&Tried::said("Unread 1, Unread 2, Unread 3")), "{scenario}");
        server.stop_with_code(0);
    }
}

#[test]
fn idle_tells_how_it_was_broken_and_the_next_connection_reads_what_arrived() {
    const CLOSED: &str = "javax.mail.FolderClosedException: * BYE ";
    let rows = [
        ("imap/idle-reset", format!("{CLOSED}Jakarta Mail Exception: java.net.SocketException: Connection reset")),
        ("imap/idle-reset-at-new-mail", format!("{CLOSED}Jakarta Mail Exception: java.net.SocketException: Connection reset")),
        ("imap/idle-close", format!("{CLOSED}Jakarta Mail Exception: java.io.IOException: Connection dropped by server?")),
        ("imap/idle-bye", format!("{CLOSED}Session expired, please login again.")),
    ];
    if !is_installed() {
        return;
    }
    for_each_at_once(&rows, |(scenario, text)| {
        let server = Server::start(*scenario);
        let tried = probe(&server, &["imap-idle", "imap-poll"]);
        assert_eq!(tried[0].texts().first(), Some(&text.as_str()), "{scenario}: {:?}", tried[0]);
        assert_eq!(tried[1], Tried::said("Arrived during IDLE"), "{scenario}: the next connection");
        server.stop_with_code(0);
    });
}

#[test]
fn idle_wakes_at_new_mail() {
    if !is_installed() {
        return;
    }
    let arrives = "[[fault]]\non = \"imap\"\nat = \"IDLE\"\ndo = [\"pass\", { delay = \"100ms\" }, { deliver = {} }]\n";
    let server = Server::start(Scenario::Text(arrives.to_owned()));
    assert_eq!(probe(&server, &["imap-idle", "imap-poll"]), [Tried::said("new mail"), Tried::said("Message 1")]);
    server.stop_with_code(0);
}
