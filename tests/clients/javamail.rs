//! JavaMail 1.6.5, Debian's `libmail-java`, driven by `java/Probe.java`.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::{self, Server, every_second_connection};

const JARS: [&str; 2] = ["/usr/share/java/javax.mail.jar", "/usr/share/java/javax.activation.jar"];
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/java/Probe.java");
/// A client that has to wait for its time-out waits for this long.
const SHORT: [&str; 2] = ["mail.smtp.timeout=2000", "mail.imap.timeout=2000"];
const CONNECTION_TIMEOUT: [&str; 2] = ["mail.smtp.connectiontimeout=10000", "mail.imap.connectiontimeout=10000"];

const SMTP_GREETING_FRAMES: [&str; 5] = [
    "com.sun.mail.smtp.SMTPTransport.readServerResponse",
    "com.sun.mail.smtp.SMTPTransport.openServer",
    "com.sun.mail.smtp.SMTPTransport.protocolConnect",
    "javax.mail.Service.connect",
    "javax.mail.Service.connect",
];
const IMAP_CONNECT_FRAMES: [&str; 2] = ["com.sun.mail.imap.IMAPStore.protocolConnect", "javax.mail.Service.connect"];

/// What became of one verb.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// It succeeded, and said this.
    Said(String),
    /// It threw: the exception and its causes.
    Threw(Vec<Thrown>),
}

/// One exception of a chain.
#[derive(Debug, PartialEq, Eq)]
struct Thrown {
    /// `class: message`
    text: String,
    /// `class.method`, the innermost first.
    frames: Vec<String>,
}

impl Tried {
    fn said(text: &str) -> Tried {
        Tried::Said(text.to_owned())
    }

    /// `class: message` of the exception and its causes.
    fn texts(&self) -> Vec<&str> {
        match self {
            Tried::Said(_) => Vec::new(),
            Tried::Threw(chain) => chain.iter().map(|thrown| thrown.text.as_str()).collect(),
        }
    }

    /// The innermost frames of the exception itself.
    fn frames(&self, count: usize) -> Vec<&str> {
        match self {
            Tried::Said(_) => Vec::new(),
            Tried::Threw(chain) => {
                chain.iter().take(1).flat_map(|thrown| &thrown.frames).take(count).map(String::as_str).collect()
            }
        }
    }
}

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

/// (scenario; what the first try throws, `HOST`, `PORT` for its address; the innermost frames).
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const READING: &str = "javax.mail.MessagingException: Exception reading response";
const RESET: &str = "java.net.SocketException: Connection reset";
const TIMED_OUT: &str = "java.net.SocketTimeoutException: Read timed out";
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
    for &(scenario, texts, frames) in rows {
        let server = Server::start(scenario);
        let tried = probe(&server, &[&SHORT[..], &["smtp-send", "smtp-send", "imap-poll"]].concat());
        check_first(&tried[0], scenario, texts, frames, &server.smtp);
        assert_eq!(tried[1], Tried::said("sent 1"), "{scenario}: the next connection");
        let Tried::Said(read) = &tried[2] else { panic!("{scenario}: the mailbox: {:?}", tried[2]) };
        assert_eq!(read.split(", ").last(), Some(if reaches_sending(&tried[0]) { "probe 2" } else { "probe 1" }), "{scenario}");
        server.stop_with_code(0);
    }
}

/// The probe numbers its messages as it makes them, which it does once it is connected.
fn reaches_sending(tried: &Tried) -> bool {
    !tried.frames(20).contains(&"javax.mail.Service.connect")
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
    for &(scenario, texts, frames) in rows {
        let server = Server::start(scenario);
        let tried = probe(&server, &[&SHORT[..], &["imap-poll", "imap-poll", "smtp-send", "imap-poll"]].concat());
        check_first(&tried[0], scenario, texts, frames, &server.imap);
        let Tried::Said(read) = &tried[1] else { panic!("{scenario}: the next connection: {:?}", tried[1]) };
        assert_eq!(read.split(", ").count(), 2, "{scenario}: the next connection read {read}");
        assert_eq!(tried[3], Tried::said("probe 1"), "{scenario}: mail that arrived later");
        server.stop_with_code(0);
    }
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
fn half_a_250_is_taken_for_success_and_the_verdict_says_so() {
    if !is_installed() {
        return;
    }
    let server = Server::start("smtp/cut-250-then-close");
    let tried = probe(&server, &["smtp-send", "imap-poll"]);
    assert_eq!(tried, [Tried::said("sent 1"), Tried::said("")]);
    server.stop_with_code(1);
}

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

#[test]
fn idle_wakes_at_new_mail_and_tells_how_it_was_broken() {
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
    for (scenario, text) in rows {
        let server = Server::start(scenario);
        let tried = probe(&server, &["imap-idle", "imap-idle"]);
        assert_eq!(tried[0].texts().first(), Some(&text.as_str()), "{scenario}: {:?}", tried[0]);
        assert_eq!(tried[1], Tried::said("new mail"), "{scenario}: the next connection");
        server.stop();
    }
}

#[track_caller]
fn check_first(tried: &Tried, scenario: &str, texts: &[&str], frames: &[&str], address: &str) {
    let (host, port) = address.rsplit_once(':').expect("an address");
    let texts: Vec<String> = texts.iter().map(|text| text.replace("HOST", host).replace("PORT", port)).collect();
    assert_eq!(tried.texts(), texts, "{scenario}: {tried:?}");
    assert_eq!(tried.frames(frames.len()), frames, "{scenario}");
}

fn probe(server: &Server, words: &[&str]) -> Vec<Tried> {
    probe_as(server, &server.password, words)
}

fn probe_as(server: &Server, password: &str, words: &[&str]) -> Vec<Tried> {
    let mut command = Command::new("java");
    // A small JVM that starts fast: most of these runs take less time than its start.
    command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", &classpath(), "Probe"]);
    command.args([format!("smtp={}", server.smtp), format!("imap={}", server.imap)]);
    command.args([format!("user={}", server.user), format!("password={password}")]).args(words);
    harness::run_for_json(&mut command).iter().map(tried).collect()
}

fn tried(line: &Value) -> Tried {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if line["ok"] == true {
        return Tried::Said(text(&line["said"]));
    }
    let thrown = |exception: &Value| Thrown {
        text: format!("{}: {}", text(&exception["class"]), text(&exception["message"])),
        frames: exception["frames"].as_array().into_iter().flatten().map(text).collect(),
    };
    Tried::Threw(line["chain"].as_array().into_iter().flatten().map(thrown).collect())
}

fn is_installed() -> bool {
    let jars = JARS.iter().all(|jar| Path::new(jar).exists());
    harness::is_installed(
        "JavaMail (java, javac, libmail-java)",
        jars && harness::starts("javac", "-version") && harness::starts("java", "-version"),
    )
}

fn classpath() -> String {
    static CLASSES: OnceLock<PathBuf> = OnceLock::new();
    let classes = CLASSES.get_or_init(compiled).display().to_string();
    [&classes, JARS[0], JARS[1]].join(":")
}

/// The folder with the compiled probe. It is compiled once for each state of its source; two test runs at a time do not meet, since the folder is
/// renamed into place when it is whole.
fn compiled() -> PathBuf {
    let source = fs::read_to_string(SOURCE).expect("the probe's source");
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("java-{:016x}", hasher.finish()));
    if !place.exists() {
        let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        let mut javac = Command::new("javac");
        let ran = harness::run(javac.args(["-encoding", "UTF-8", "-cp", &JARS.join(":"), "-d"]).arg(fresh.path()).arg(SOURCE));
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        if fs::rename(fresh.path(), &place).is_err() {
            assert!(place.exists(), "{} cannot be made", place.display());
        }
    }
    place
}
