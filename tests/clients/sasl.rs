//! Every mechanism, as clients have it that this project did not write: Python's libraries and hashes (`sasl.py`), curl, and JavaMail.

use std::fs;
use std::process::Command;

use super::{curl, javamail, python};
use crate::harness::{self, Scenario, Server, for_each_at_once};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/sasl.py");
const USERS: &str = "[[user]]\nname = \"bob,=b\"\npassword = \"secret\"\n\
     [[user]]\nname = \"token\"\npassword = \"ya29.good\"\nmechanisms = [\"XOAUTH2\", \"OAUTHBEARER\"]\n";

fn serve() -> Server {
    Server::start(Scenario::Text(USERS.into()))
}

fn log_in(server: &Server, protocol: &str, mechanism: &str, user: &str, password: &str) -> String {
    let address = if protocol == "smtp" { &server.smtp } else { &server.imap };
    let ran = harness::run(Command::new("python3").args([SCRIPT, protocol, address, mechanism, user, password]));
    assert_eq!(ran.code, Some(0), "{protocol} {mechanism}: {}", ran.stderr);
    ran.stdout.trim_end().to_owned()
}

#[test]
fn python_logs_in_with_every_mechanism_and_reports_refusals() {
    if !python::is_installed() {
        return;
    }
    let server = serve();
    let rows = [
        ("CRAM-MD5", "bob,=b", "secret"),
        ("SCRAM-SHA-1", "bob,=b", "secret"),
        ("SCRAM-SHA-256", "bob,=b", "secret"),
        ("XOAUTH2", "token", "ya29.good"),
        ("OAUTHBEARER", "token", "ya29.good"),
    ];
    for (mechanism, user, password) in rows {
        for protocol in ["smtp", "imap"] {
            assert_eq!(log_in(&server, protocol, mechanism, user, password), "in", "{protocol} {mechanism}");
        }
        let code = if user == "token" { "535, b'5.7.3 " } else { "535, b'5.7.8 " };
        let refused = log_in(&server, "smtp", mechanism, user, "wrong");
        assert!(refused.starts_with(&format!("SMTPAuthenticationError: ({code}")), "{mechanism}: {refused}");
        let refused = log_in(&server, "imap", mechanism, user, "wrong");
        assert!(refused.starts_with("error: ") && refused.contains("[AUTHENTICATIONFAILED]"), "{mechanism}: {refused}");
    }
    let stopped = server.stop();
    let secrets: Vec<&str> =
        stopped.journal.iter().filter(|line| line["event"] == "secret").filter_map(|line| line["mechanism"].as_str()).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|name| matches!(*name, "XOAUTH2" | "OAUTHBEARER")), "{secrets:?}");
}

/// RFC 4422 appendix A: a certificate says who the client is. Without one there is nothing to say it.
#[test]
fn python_logs_in_with_a_certificate() {
    if !python::is_installed() {
        return;
    }
    const SERVER: &str = "[[user]]\nname = \"bob\"\npassword = \"secret\"\nmechanisms = [\"EXTERNAL\"]\n";
    const ASKED: &str = "[[fault]]\nname = \"asked\"\nat = \"tls\"\ndo = \"require-client-certificate\"\n";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
    let file = directory.path().join("client.pem");
    fs::write(&file, certificate.pem() + &key.serialize_pem()).expect("a file");
    for (text, certificate, user, said) in [
        (format!("{SERVER}{ASKED}"), file.to_str().expect("a path"), "bob", ["in"; 2]),
        (format!("{SERVER}{ASKED}"), file.to_str().expect("a path"), "", ["in"; 2]),
        (SERVER.to_owned(), "", "bob", ["504, b'5.5.4 Refused: EXTERNAL needs a client certificate'", "[CANNOT] EXTERNAL needs"]),
    ] {
        let server = Server::start(Scenario::Text(text));
        for (protocol, said) in ["smtps", "imaps"].into_iter().zip(said) {
            let mut command = Command::new("python3");
            command.args([SCRIPT, protocol, &server.listener(protocol), user, server.ready("ca_file"), certificate]);
            let ran = harness::run(&mut command);
            let fits = if said == "in" { ran.stdout.trim_end() == said } else { ran.stdout.contains(said) };
            assert!(ran.code == Some(0) && fits, "{protocol} {user}: {} {}", ran.stdout, ran.stderr);
        }
        server.stop();
    }
}

#[test]
fn curl_logs_in_with_a_challenge_and_with_tokens() {
    if !curl::is_installed() {
        return;
    }
    let server = serve();
    let urls = [format!("smtp://{}", server.smtp), format!("imap://{}", server.imap)];
    for url in &urls {
        for (options, code) in [
            (vec!["-u", "bob,=b:secret", "--login-options", "AUTH=CRAM-MD5"], 0),
            (vec!["-u", "bob,=b:wrong", "--login-options", "AUTH=CRAM-MD5"], 67),
            (vec!["-u", "token", "--oauth2-bearer", "ya29.good"], 0),
            (vec!["-u", "token", "--oauth2-bearer", "ya29.good", "--login-options", "AUTH=XOAUTH2"], 0),
            (vec!["-u", "token", "--oauth2-bearer", "old"], 67),
            (vec!["-u", "token", "--oauth2-bearer", "old", "--login-options", "AUTH=XOAUTH2"], 67),
        ] {
            let mut command = Command::new("curl");
            command.args(["--silent", "--show-error", "--max-time", "10", "--url", url]).args(&options);
            command.args(["--request", "NOOP"]);
            let ran = harness::run(&mut command);
            assert_eq!(ran.code, Some(code), "{url} {options:?}: {}", ran.stderr);
        }
    }
    let stopped = server.stop();
    let accepted = stopped.journal.iter().filter(|line| line["event"] == "login" && line["accepted"] == true).count();
    let refused = stopped.journal.iter().filter(|line| line["event"] == "login" && line["accepted"] == false).count();
    assert_eq!((accepted, refused), (6, 6));
}

#[test]
fn javamail_logs_in_with_tokens_and_challenges() {
    if !javamail::is_installed() {
        return;
    }
    let server = serve();
    let probe = |user: &str, password: &str, words: &[&str]| {
        let mut all = vec![format!("smtp={}", server.smtp), format!("imap={}", server.imap)];
        all.extend([format!("user={user}"), format!("password={password}")]);
        all.extend(words.iter().map(|&word| word.to_owned()));
        all.extend(["smtp-connect", "imap-connect"].map(str::to_owned));
        javamail::run(&[], &all)
    };
    let xoauth2 = ["mail.smtp.auth.mechanisms=XOAUTH2", "mail.imap.auth.mechanisms=XOAUTH2"];
    let cram = [
        "mail.smtp.sasl.enable=true",
        "mail.smtp.sasl.mechanisms=CRAM-MD5",
        "mail.imap.sasl.enable=true",
        "mail.imap.sasl.mechanisms=CRAM-MD5",
    ];
    for (user, password, words) in [("token", "ya29.good", &xoauth2[..]), ("bob,=b", "secret", &cram)] {
        let tried = probe(user, password, words);
        assert!(tried.len() == 2 && tried.iter().all(|tried| tried.texts().is_empty()), "{words:?}: {tried:?}");
        let refused = probe(user, "wrong", words);
        for tried in &refused {
            let first = tried.texts().first().copied().unwrap_or_default().to_owned();
            assert!(first.starts_with("javax.mail.AuthenticationFailedException: "), "{words:?}: {tried:?}");
        }
        assert_eq!(refused.len(), 2);
    }
    server.stop();
}

/// What JavaMail makes of a login that goes wrong: first over SMTP, then over IMAP. It takes whatever is no good verdict for a wrong password.
#[test]
fn javamail_reports_logins_that_go_wrong() {
    if !javamail::is_installed() {
        return;
    }
    let token = ["mail.smtp.auth.mechanisms=XOAUTH2", "mail.imap.auth.mechanisms=XOAUTH2"];
    let cram = ["mail.smtp.sasl.mechanisms=CRAM-MD5", "mail.imap.sasl.mechanisms=CRAM-MD5"];
    let cram = [&["mail.smtp.sasl.enable=true", "mail.imap.sasl.enable=true"], &cram[..]].concat();
    let rows: &[(&'static str, &[&str], &str, &str)] = &[
        // It does not answer the challenge over SMTP, so it never hears the refusal.
        (
            "auth/xoauth2-token-expired",
            &token,
            "AuthenticationFailedException: 334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0=\n \
             / AuthenticationFailedException: OAUTH2 asked for more",
            "AuthenticationFailedException: AUTHENTICATE failed.",
        ),
        (
            "auth/xoauth2-reason-then-silence",
            &token,
            "AuthenticationFailedException: 334 eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=\n \
             / AuthenticationFailedException: OAUTH2 asked for more",
            "MessagingException: * BYE Jakarta Mail Exception: java.net.SocketTimeoutException: Read timed out",
        ),
        // Over IMAP it answers whatever comes, as often as it comes, until it is let in.
        ("auth/challenge-without-end", &[], "AuthenticationFailedException: 334 bW9yZQ==\n", ""),
        ("auth/challenge-not-base64", &[], "AuthenticationFailedException: 334 this is not base64!\n", ""),
        (
            "auth/smtp-refused-with-every-code",
            &[],
            "AuthenticationFailedException: 535 5.7.8 Authentication credentials invalid\n",
            "",
        ),
        // Whatever ends a SASL login over SMTP, nothing of it is told.
        (
            "auth/reset-inside-exchange",
            &cram,
            "AuthenticationFailedException: failed to connect",
            "MessagingException: * BYE Jakarta Mail Exception: java.net.SocketException: Connection reset",
        ),
    ];
    for_each_at_once(rows, |(scenario, words, smtp, imap)| {
        let server = Server::start(*scenario);
        let mut all = vec![format!("smtp={}", server.smtp), format!("imap={}", server.imap)];
        all.extend([format!("user={}", server.user), format!("password={}", server.password)]);
        all.extend(["mail.smtp.timeout=2000", "mail.imap.timeout=2000", "mail.smtp.auth=true"].map(str::to_owned));
        all.extend(words.iter().map(|&word| word.to_owned()));
        all.extend(["smtp-connect", "imap-connect"].map(str::to_owned));
        let tried = javamail::run(&[], &all);
        for (tried, wanted) in tried.iter().zip([smtp, imap]) {
            let chain = tried.texts().join(" / ").replace("javax.mail.", "");
            let text = chain.split(" / com.sun.mail.iap.ConnectionException").next().unwrap_or_default();
            assert_eq!(text, *wanted, "{scenario}");
        }
        server.stop();
    });
}
