//! JavaMail with the trust store that the server has made for it.

use std::path::Path;

use super::handshakes::{HANDSHAKES, Handshake};
use super::{Lab, Mode, alerts};
use crate::clients::javamail::{Tried, is_installed, run};
use crate::harness::Server;

/// One JVM for one client, and what it is to do.
pub struct Client {
    words: Vec<String>,
}

impl Client {
    pub fn new() -> Client {
        // The default of JavaMail 1.x is to take a certificate for any host.
        let words = ["mail.smtp.ssl.checkserveridentity=true", "mail.imap.ssl.checkserveridentity=true"];
        Client { words: words.map(str::to_owned).into() }
    }

    /// From here on this server is meant.
    pub fn visits(&mut self, server: &Server, mode: Mode) {
        self.words.extend([format!("user={}", server.user), format!("password={}", server.password)]);
        for protocol in ["smtp", "imap"] {
            let (implicit, starttls) = (mode == Mode::Implicit, mode == Mode::Starttls);
            self.words.extend([
                format!("{protocol}={}", mode.address(server, protocol)),
                format!("mail.{protocol}.ssl.enable={implicit}"),
                format!("mail.{protocol}.starttls.enable={starttls}"),
                format!("mail.{protocol}.starttls.required={starttls}"),
            ]);
        }
    }

    /// How long it waits for an octet.
    pub fn waits(&mut self, milliseconds: u32) {
        self.words.extend(["smtp", "imap"].map(|protocol| format!("mail.{protocol}.timeout={milliseconds}")));
    }

    /// Keys and verbs of the probe.
    pub fn does(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(|&word| word.to_owned()));
    }

    /// What came of each verb.
    pub fn run(self, truststore: &Path, password: &str) -> Vec<Tried> {
        let trust = [
            format!("-Djavax.net.ssl.trustStore={}", truststore.display()),
            format!("-Djavax.net.ssl.trustStorePassword={password}"),
        ];
        run(&trust, &self.words)
    }
}

/// Runs it with the trust store of one of the servers, which is that of all.
pub fn run_trusting(client: Client, server: &Server) -> Vec<Tried> {
    client.run(Path::new(server.ready("truststore")), server.ready("truststore_password"))
}

/// Far more than a healthy server needs; and too little for one that never answers.
const PATIENT: u32 = 60_000;
const IMPATIENT: u32 = 300;

#[test]
fn failed_handshakes_on_the_tls_ports() {
    check_handshakes(Mode::Implicit);
}

#[test]
fn failed_handshakes_after_starttls() {
    check_handshakes(Mode::Starttls);
}

fn check_handshakes(mode: Mode) {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let servers = lab.serve_all(HANDSHAKES.iter().map(|row| &row.scenario));
    let mut client = Client::new();
    for (row, server) in HANDSHAKES.iter().zip(&servers) {
        client.visits(server, mode);
        client.waits(if row.stalls() { IMPATIENT } else { PATIENT });
        client.does(&["smtp-send", "imap-poll"]);
        if row.recovers {
            client.waits(PATIENT);
            client.does(&["smtp-send", "imap-poll"]);
        }
    }
    let mut tried = run_trusting(client, &servers[0]).into_iter();
    for (row, server) in HANDSHAKES.iter().zip(servers) {
        let whose = format!("{} {}", row.scenario, mode.name());
        for protocol in ["smtp", "imap"] {
            let expected = texts(row, mode, protocol, &server);
            assert_texts(&tried.next().expect("a result"), &expected, &whose);
        }
        if row.recovers {
            for verb in ["smtp-send", "imap-poll"] {
                let next = tried.next().expect("a result");
                assert!(matches!(next, Tried::Said(_)), "{whose}: the next {verb}: {next:?}");
            }
        }
        let stopped = server.stop_with_code(0);
        let alert: Vec<&str> = row.alerts.0.into_iter().collect();
        assert_eq!(alerts(&stopped), alert.repeat(2), "{whose}: alerts");
    }
}

/// JavaMail's own exception, which says at which point it happened, and the causes of the table.
fn texts(row: &Handshake, mode: Mode, protocol: &str, server: &Server) -> Vec<String> {
    let address = mode.address(server, protocol);
    let (host, port) = address.rsplit_once(':').expect("an address");
    let cause = row.java[0].split_once(": ").map_or(row.java[0], |(_, message)| message);
    let mut texts = match (mode, protocol) {
        (Mode::Implicit, "smtp") => {
            vec![format!("javax.mail.MessagingException: Could not connect to SMTP host: {host}, port: {port}")]
        }
        (Mode::Implicit, _) => vec![format!("javax.mail.MessagingException: {cause}")],
        (Mode::Starttls, "smtp") => vec!["javax.mail.MessagingException: Could not convert socket to TLS".to_owned()],
        (Mode::Starttls, _) => vec![
            "javax.mail.MessagingException: STARTTLS failure".to_owned(),
            "com.sun.mail.iap.ProtocolException: STARTTLS failure".to_owned(),
        ],
    };
    texts.extend(row.java.iter().map(|&text| text.to_owned()));
    texts
}

/// Each text of the chain begins so; a date or the like may follow.
#[track_caller]
fn assert_texts<T: AsRef<str> + std::fmt::Debug>(tried: &Tried, expected: &[T], whose: &str) {
    let texts = tried.texts();
    let same = texts.len() == expected.len() && texts.iter().zip(expected).all(|(text, begin)| text.starts_with(begin.as_ref()));
    assert!(same, "{whose}: expected {expected:#?}, found {tried:?}");
}

const READING: &str = "javax.mail.MessagingException: Exception reading response";
const RESET: &str = "java.net.SocketException: Connection reset";
const TIMED_OUT: &str = "java.net.SocketTimeoutException: Read timed out";
const TAMPERED: &str = "javax.net.ssl.SSLException: Tag mismatch!";
const DROPPED: &str = "java.io.IOException: Connection dropped by server?";
const NO_CERTIFICATE: &str = "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required";
const NO_TLS: &str = "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message";
const NOT_CONVERTED: &str = "javax.mail.MessagingException: Could not convert socket to TLS";
const STARTTLS_FAILURE: [&str; 2] =
    ["javax.mail.MessagingException: STARTTLS failure", "com.sun.mail.iap.ProtocolException: STARTTLS failure"];
const NOT_OFFERED: &str = "javax.mail.MessagingException: STARTTLS is required but host does not support STARTTLS";
const IMAP_NOT_OFFERED: [&str; 2] = [
    "javax.mail.MessagingException: STARTTLS required but not supported by server",
    "com.sun.mail.iap.ProtocolException: STARTTLS required but not supported by server",
];

/// What IMAP reports.
#[derive(Clone, Copy)]
enum Imap {
    /// This chain.
    Chain(&'static [&'static str]),
    /// What went wrong once the greeting was there, in the shape of a BYE that JavaMail invents.
    Bye(&'static str),
    /// Nothing: it reads the mail.
    Works,
}
use Imap::{Bye, Chain, Works};

/// A scenario that fails outside the handshake: how JavaMail gets to TLS, and what it reports of SMTP (nothing: it sends) and IMAP.
type Row = (&'static str, Mode, &'static [&'static str], Imap);

#[test]
fn failures_once_tls_is_up() {
    use Mode::{Implicit, Starttls};
    check(&[
        (
            "tls/reset-after-handshake",
            Implicit,
            &[READING, RESET],
            Chain(&["javax.mail.MessagingException: Connection reset", RESET]),
        ),
        ("tls/reset-after-handshake", Starttls, &[READING, RESET], Bye(RESET)),
        (
            "tls/close-after-handshake",
            Implicit,
            &["javax.mail.MessagingException: Got bad greeting from SMTP host: localhost, port: "],
            Chain(&["javax.mail.MessagingException: Connection dropped by server?", DROPPED]),
        ),
        // What looks like a wrong password is a connection that ended.
        ("tls/close-after-handshake", Starttls, &["javax.mail.AuthenticationFailedException: [EOF]"], Bye(DROPPED)),
        (
            "tls/stall-after-handshake",
            Implicit,
            &[READING, TIMED_OUT],
            Chain(&["javax.mail.MessagingException: Read timed out", TIMED_OUT]),
        ),
        ("tls/stall-after-handshake", Starttls, &[READING, TIMED_OUT], Bye(TIMED_OUT)),
        (
            "tls/reset-mid-greeting",
            Implicit,
            &[READING, RESET],
            Chain(&["javax.mail.MessagingException: Connection reset", RESET]),
        ),
        ("tls/reset-mid-reply", Implicit, &[READING, RESET], Bye(RESET)),
        ("tls/reset-mid-reply", Starttls, &[READING, RESET], Bye(RESET)),
        ("tls/reset-mid-record", Implicit, &[READING, RESET], Bye(RESET)),
        ("tls/corrupt-record", Implicit, &[READING, TAMPERED, "javax.crypto.AEADBadTagException: Tag mismatch!"], Bye(TAMPERED)),
        ("tls/plain-text-in-session", Implicit, &[READING, TIMED_OUT], Bye(TIMED_OUT)),
        ("tls/truncated-session", Implicit, &["com.sun.mail.smtp.SMTPSendFailedException: [EOF]"], Bye(DROPPED)),
        (
            "tls/client-certificate-required",
            Implicit,
            &[READING, NO_CERTIFICATE],
            Chain(&["javax.mail.MessagingException: Received fatal alert: certificate_required", NO_CERTIFICATE]),
        ),
        ("tls/client-certificate-required", Starttls, &[READING, NO_CERTIFICATE], Bye(NO_CERTIFICATE)),
        ("tls/no-close-notify", Implicit, &[], Works),
        ("tls/only-tls-1.2", Implicit, &[], Works),
        ("tls/only-tls-1.3", Starttls, &[], Works),
        ("tls/drip-server-hello", Implicit, &[], Works),
    ]);
}

#[test]
fn failures_before_tls_is_up() {
    use Mode::Starttls;
    check(&[
        ("tls/starttls-not-offered", Starttls, &[NOT_OFFERED], Chain(&IMAP_NOT_OFFERED)),
        ("tls/starttls-hidden", Starttls, &[NOT_OFFERED], Chain(&IMAP_NOT_OFFERED)),
        (
            "tls/starttls-refused-for-now",
            Starttls,
            &["javax.mail.MessagingException: 454 4.7.0 TLS not available due to temporary reason"],
            Chain(&["javax.mail.AuthenticationFailedException: [UNAVAILABLE] TLS not available"]),
        ),
        (
            "tls/starttls-refused",
            Starttls,
            &["javax.mail.MessagingException: 554 5.7.3 Unable to initialize security subsystem"],
            Chain(&["javax.mail.AuthenticationFailedException: TLS is not available"]),
        ),
        ("tls/smtp-ehlo-refused", Starttls, &[NOT_OFFERED], Chain(&IMAP_NOT_OFFERED)),
        (
            "tls/starttls-goodbye",
            Starttls,
            &["javax.mail.MessagingException: 421 4.3.2 Service shutting down"],
            Chain(&[
                "javax.mail.MessagingException: * BYE Server shutting down",
                "com.sun.mail.iap.ConnectionException: * BYE Server shutting down",
            ]),
        ),
        ("tls/starttls-no-answer", Starttls, &[READING, TIMED_OUT], Bye(TIMED_OUT)),
        ("tls/starttls-reset", Starttls, &[READING, RESET], Bye(RESET)),
        (
            "tls/starttls-then-silence",
            Starttls,
            &[NOT_CONVERTED, TIMED_OUT],
            Chain(&[STARTTLS_FAILURE[0], STARTTLS_FAILURE[1], TIMED_OUT]),
        ),
        (
            "tls/starttls-then-garbage",
            Starttls,
            &[NOT_CONVERTED, NO_TLS],
            Chain(&[STARTTLS_FAILURE[0], STARTTLS_FAILURE[1], NO_TLS]),
        ),
        ("tls/starttls-offered-again", Starttls, &[], Works),
        ("tls/capabilities-change", Starttls, &[], Works),
        ("tls/login-only-inside-tls", Starttls, &[], Works),
        (
            "tls/imap-preauth",
            Starttls,
            &[NOT_OFFERED],
            Chain(&["javax.mail.MessagingException: ", "com.sun.mail.iap.BadCommandException: "]),
        ),
        ("tls/imap-preauth-without-starttls", Starttls, &[NOT_OFFERED], Chain(&IMAP_NOT_OFFERED)),
        // The port that speaks TLS at once, and a client that waits for a greeting.
        (
            "tls/tls-on-plain-port",
            Starttls,
            &[READING, TIMED_OUT],
            Chain(&["javax.mail.MessagingException: Read timed out", TIMED_OUT]),
        ),
    ]);
}

/// A client that starts TLS at once, on the port that does not.
#[test]
fn tls_on_the_plain_port_of_a_healthy_server() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/healthy");
    let mut client = Client::new();
    client.visits(&server, Mode::Implicit);
    let addresses = ["smtp", "imap"].map(|protocol| format!("{protocol}={}", Mode::Starttls.address(&server, protocol)));
    client.does(&[&addresses[0], &addresses[1], "smtp-send", "imap-poll"]);
    let tried = run_trusting(client, &server);
    let port = addresses[0].rsplit(':').next().expect("a port");
    let connecting = format!("javax.mail.MessagingException: Could not connect to SMTP host: localhost, port: {port}");
    assert_texts(&tried[0], &[&connecting, NO_TLS], "smtp");
    assert_texts(&tried[1], &["javax.mail.MessagingException: Unsupported or unrecognized SSL message", NO_TLS], "imap");
    server.stop_with_code(0);
}

/// JavaMail 1.x compares no names unless it is told to, and the verdict says so.
#[test]
fn a_certificate_for_another_host_is_taken_by_default() {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let server = lab.serve("tls/wrong-host-certificate");
    let mut client = Client::new();
    client.does(&["mail.smtp.ssl.checkserveridentity=false", "mail.imap.ssl.checkserveridentity=false"]);
    client.visits(&server, Mode::Implicit);
    client.does(&["smtp-send", "imap-poll"]);
    let tried = run_trusting(client, &server);
    assert_eq!(tried, [Tried::Said("sent 1".into()), Tried::Said("Message 1, Message 2, probe 1".into())]);
    let stopped = server.stop_with_code(1);
    for failed in ["failed `expect.smtp.messages`: expected 0, found 1", "failed `expect.imap.unread`: expected"] {
        assert!(stopped.output.contains(failed), "{failed} in\n{}", stopped.output);
    }
}

fn check(rows: &[Row]) {
    if !is_installed() {
        return;
    }
    let lab = Lab::new();
    let servers = lab.serve_all(rows.iter().map(|(scenario, ..)| scenario));
    let mut client = Client::new();
    for ((.., smtp, _), (server, mode)) in rows.iter().zip(servers.iter().zip(rows.iter().map(|(_, mode, ..)| *mode))) {
        client.visits(server, mode);
        client.waits(if smtp.contains(&TIMED_OUT) { IMPATIENT } else { PATIENT });
        client.does(&["smtp-send", "imap-poll"]);
        client.waits(PATIENT);
    }
    let mut tried = run_trusting(client, &servers[0]).into_iter();
    for (scenario, mode, smtp, imap) in rows {
        let whose = format!("{scenario} {}", mode.name());
        let [sent, read] = [(); 2].map(|()| tried.next().expect("a result"));
        match smtp {
            [] => assert_eq!(said(&sent), Some("sent"), "{whose}: {sent:?}"),
            chain => assert_texts(&sent, chain, &whose),
        }
        match imap {
            Works => assert!(matches!(read, Tried::Said(_)), "{whose}: {read:?}"),
            Chain(chain) => assert_texts(&read, chain, &whose),
            Bye(cause) => {
                // Debian's build says `Jakarta Mail Exception`, others `JavaMail Exception`.
                let texts = read.texts();
                let both = ["javax.mail.MessagingException: * BYE J", "com.sun.mail.iap.ConnectionException: * BYE J"];
                assert_texts(&read, &both, &whose);
                assert!(texts.iter().all(|text| text.ends_with(&format!("Mail Exception: {cause}"))), "{whose}: {texts:?}");
            }
        }
    }
    drop(servers);
}

/// The first word of what a verb said.
fn said(tried: &Tried) -> Option<&str> {
    match tried {
        Tried::Said(text) => text.split(' ').next(),
        Tried::Threw(_) => None,
    }
}
