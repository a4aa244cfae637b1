//! A client that behaves well (`steady.py`) against every built-in scenario: each fault comes up, and each set of expectations can be met.

use crate::harness::{self, built_in_names, for_each_at_once, mailfault};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/steady.py");

/// What the client is to do where that is not one message or one poll, by scenario.
const WORDS: &[(&str, &[&str])] = &[
    ("smtp/reset-at-second-message", &["keep"]),
    ("smtp/421-between-messages", &["keep"]),
    ("smtp/221-between-messages", &["keep"]),
    ("smtp/close-between-messages", &["keep"]),
    ("smtp/reset-between-messages", &["keep"]),
    ("smtp/421-at-the-end-of-a-session", &["keep"]),
    ("network/well-for-a-minute", &["read=3", "idle", "tries=1"]),
    ("network/outage", &["read=4", "idle"]),
    ("tls/plain-on-tls-port", &["send", "read", "tries=2"]),
    ("listener/seen-lost", &["read", "remember"]),
    ("listener/move-lost", &["read", "remember", "move"]),
    ("listener/expunge-lost", &["read", "remember", "remove"]),
    ("provider/microsoft-365-token-refused", &["send", "sasl", "starttls"]),
    ("smtp/sporadic-reset-at-mail", &["send=2"]),
    ("smtp/reset-mid-large-content", &["send", "size=600000"]),
    ("smtp/stop-reading-content", &["send", "size=12000000"]),
    ("network/sporadic-every-third", &["send=4"]),
    ("network/sporadic-chance", &["send=10"]),
    ("auth/smtp-wrong-password-once", &["send", "stubborn"]),
    ("auth/imap-wrong-password-once", &["read", "stubborn"]),
    ("imap/mailbox-made-anew", &["read=2"]),
    ("imap/stall-at-idle", &["read", "idle"]),
    ("imap/idle-dies-silently", &["read", "idle"]),
    ("imap/idle-reset", &["read", "idle"]),
    ("imap/idle-reset-at-new-mail", &["read", "idle"]),
    ("imap/idle-close", &["read", "idle"]),
    ("imap/idle-bye", &["read", "idle"]),
    ("imap/bodystructure-unparsable", &["read", "structure"]),
    ("imap/envelope-with-8-bit", &["read", "envelope"]),
    ("imap/uidnext-goes-back", &["read=2"]),
    ("imap/highestmodseq-goes-back", &["read=2"]),
    ("imap/whole-message-for-a-part", &["read", "partial"]),
    ("auth/imap-refused-with-every-code", &["read", "stubborn"]),
    ("auth/smtp-refused-with-every-code", &["send", "stubborn"]),
    ("auth/accounts-by-name", &["send", "read"]),
    ("auth/account-locked-for-a-while", &["read=8", "idle", "stubborn"]),
    ("auth/password-expires-and-is-renewed", &["send=2", "read=2", "stubborn"]),
    ("auth/challenge-without-end", &["send", "read", "authenticate"]),
    ("auth/challenge-not-base64", &["send", "read", "authenticate"]),
    ("auth/challenge-of-endless-length", &["send", "read", "authenticate", "stubborn"]),
    ("auth/smtp-success-then-refused", &["send", "stubborn"]),
    ("auth/challenge-twice", &["send", "read", "sasl", "stubborn"]),
    ("auth/close-inside-exchange", &["send", "read", "sasl"]),
    ("auth/goodbye-inside-exchange", &["send", "read", "sasl"]),
    ("auth/reset-inside-exchange", &["send", "read", "sasl"]),
    ("auth/stall-inside-exchange", &["send", "read", "sasl"]),
    ("auth/scram-absurd-iterations", &["send", "read", "sasl"]),
    ("auth/scram-altered-nonce", &["send", "read", "sasl"]),
    ("auth/scram-one-iteration", &["send", "read", "sasl"]),
    ("auth/scram-wrong-signature", &["send", "read", "sasl"]),
    ("auth/xoauth2-token-expired", &["send", "read", "sasl", "stubborn"]),
    ("auth/oauthbearer-token-expired", &["send", "read", "sasl", "stubborn"]),
    ("auth/xoauth2-reason-not-json", &["send", "read", "sasl", "stubborn"]),
    ("auth/xoauth2-reason-then-silence", &["send", "read", "sasl"]),
    ("imap/append-lost-ok", &["append"]),
    ("imap/append-no-with-every-code", &["append"]),
    ("imap/append-refused-at-literal", &["append"]),
    ("imap/bye-at-every-stage", &["read", "idle"]),
    ("imap/bye-at-every-stage-without-close", &["read", "idle"]),
    ("imap/capabilities-change-at-login", &["read", "idle"]),
    ("imap/copy-no-with-every-code", &["read", "copy"]),
    ("imap/create-no-with-every-code", &["append"]),
    ("imap/idle-autologout", &["read", "idle"]),
    ("imap/idle-busy-mailbox", &["read", "idle"]),
    ("imap/idle-bye-without-close", &["read", "idle"]),
    ("imap/idle-never-announces", &["read", "idle"]),
    ("imap/idle-refused", &["read", "idle"]),
    ("imap/idle-shutting-down", &["read", "idle"]),
    ("imap/idle-still-here", &["read", "idle"]),
    ("imap/list-broken-names", &["read", "polite"]),
    ("imap/list-separator-dot", &["read", "polite"]),
    ("imap/list-separator-nil", &["read", "polite"]),
    ("imap/list-with-literals", &["read", "polite"]),
    ("imap/list-without-data", &["read", "polite"]),
    ("imap/offered-and-refused", &["read", "polite"]),
    ("imap/session-expired-after-an-hour", &["read", "idle"]),
    ("imap/stall-at-append", &["append"]),
    ("imap/stall-at-authenticate", &["read", "authenticate"]),
    ("imap/stall-at-literal", &["read", "literal"]),
    ("imap/mailbox-seems-empty", &["read=2"]),
    ("imap/store-that-lied", &["read=2"]),
    ("imap/idle-announced-mail-is-gone", &["read", "idle"]),
    ("imap/highestmodseq-goes-back", &["read=2", "qresync"]),
    ("imap/vanished-earlier-of-all", &["read=2", "qresync"]),
    ("imap/enable-refused", &["read", "qresync"]),
    ("imap/enabled-nothing", &["read", "qresync"]),
    ("imap/modified-without-reason", &["read", "conditional"]),
    ("imap/appenduid-of-another-mailbox", &["append"]),
    ("imap/copyuid-that-does-not-fit", &["read", "copy"]),
    ("imap/idle-ended-by-ok", &["read", "idle"]),
    ("listener/sporadic", &["read=8", "idle"]),
    ("listener/autologout", &["read=8", "idle"]),
    ("listener/idle-dies-while-mail-arrives", &["read=3", "idle"]),
    ("listener/mail-between-search-and-idle", &["read=2"]),
    ("listener/mailbox-made-anew", &["read=2"]),
    ("listener/idle-refused", &["read=8", "idle"]),
    ("listener/password-expires", &["read=8", "idle"]),
    ("smtp/rate-limit", &["send=12"]),
    ("smtp/lying-250", &["send=2"]),
    ("network/stall-at-connect", &["send", "read"]),
    ("network/firewall-rejects", &["send", "read"]),
    ("network/firewall-drops", &["send", "read"]),
    ("smtp/greeting-of-every-code", &["send", "stubborn"]),
    ("tls/starttls-refused-with-every-code", &["send", "read", "stubborn"]),
    ("tls/certificate-renewed", &["send", "read", "stubborn"]),
    ("tls/starttls-unknown", &["send", "read", "stubborn"]),
    ("tls/starttls-sometimes-not-offered", &["send=2", "read=2", "stubborn"]),
    ("tls/starttls-not-offered-by-chance", &["send=10", "stubborn"]),
    ("provider/dovecot-over-quota", &["append", "read", "starttls"]),
    ("provider/gmail-imap-session-expired", &["read", "idle", "starttls"]),
    ("provider/gmail-timeout", &["keep", "starttls"]),
    ("provider/gmail-token-refused", &["send", "read", "sasl", "starttls"]),
    ("provider/postfix-timeout", &["keep", "starttls"]),
    ("provider/microsoft-365-idle-timeout", &["keep", "starttls"]),
    ("provider/microsoft-365-session-too-long", &["keep", "starttls"]),
    ("provider/microsoft-365-connection-dropped", &["keep", "starttls"]),
    ("provider/exchange-idle-timeout", &["keep", "starttls"]),
    ("provider/exchange-session-too-long", &["keep", "starttls"]),
];

/// Where minutes have to pass: the time scale.
const SCALES: &[(&str, &str)] = &[
    ("network/outage", "0.08"),
    ("network/well-for-a-minute", "0.03"),
    ("smtp/421-at-the-end-of-a-session", "0.02"),
    ("smtp/221-between-messages", "0.1"),
    ("smtp/421-between-messages", "0.1"),
    ("smtp/close-between-messages", "0.1"),
    ("smtp/reset-between-messages", "0.1"),
    ("smtp/queue-stuck", "0.0015"),
    ("imap/idle-autologout", "0.0002"),
    ("imap/idle-still-here", "0.0005"),
    ("imap/session-expired-after-an-hour", "0.0001"),
    ("provider/gmail-imap-session-expired", "0.0001"),
    ("provider/gmail-timeout", "0.0005"),
    ("provider/postfix-timeout", "0.0005"),
    ("provider/postfix-greylisted", "0.005"),
    ("provider/microsoft-365-idle-timeout", "0.002"),
    ("provider/microsoft-365-session-too-long", "0.0003"),
    ("provider/exchange-idle-timeout", "0.0005"),
    ("provider/exchange-session-too-long", "0.0003"),
];

/// Where even this client does not pass, or not always: the exit codes, and why. A `*` at the end stands for the rest of the name.
const OTHERWISE: &[(&str, &[i32], &str)] = &[
    ("listener/blackout-*", &[1], "its pauses are its own; `blackout.rs` has listeners with the right ones"),
    ("listener/session-expires", &[3], "it stays for no hour; the one of `listener.rs` does"),
];

#[test]
fn a_good_client_meets_every_fault_and_passes() {
    if !harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        return;
    }
    let names: Vec<String> = built_in_names().into_iter().collect();
    for name in OTHERWISE.iter().map(|row| row.0).chain(WORDS.iter().map(|row| row.0)).chain(SCALES.iter().map(|row| row.0)) {
        assert!(names.iter().any(|other| fits(name, other)), "there is no scenario {name}");
    }
    let runs: Vec<(&String, Vec<&str>)> =
        names.iter().flat_map(|name| runs(name).into_iter().map(move |words| (name, words))).collect();
    for_each_at_once(&runs, |(name, words)| {
        let expected = OTHERWISE.iter().find(|row| fits(row.0, name)).map_or(&[0][..], |row| row.1);
        // Thirty seconds take one and a half; the client's time-out is two.
        let scale = SCALES.iter().find(|row| row.0 == *name).map_or("0.05", |row| row.1);
        let mut run = mailfault();
        run.args(["run", name, "--seed", "3", "--time-scale", scale, "--timeout", "90s", "--", "python3", SCRIPT]).args(words);
        let ran = harness::run(&mut run);
        assert!(
            ran.code.is_some_and(|code| expected.contains(&code)),
            "{name} {words:?}: {:?}\n{}{}",
            ran.code,
            ran.stdout,
            ran.stderr
        );
    });
}

fn fits(row: &str, name: &str) -> bool {
    row == name || row.strip_suffix('*').is_some_and(|start| name.starts_with(start))
}

/// The words of each run: a scenario of TLS is met on both ways to TLS, where it can be.
fn runs(name: &str) -> Vec<Vec<&'static str>> {
    let words = WORDS.iter().find(|row| row.0 == name).map_or_else(|| default_words(name), |row| row.1);
    let Some(name) = name.strip_prefix("tls/") else { return vec![words.to_vec()] };
    let modes: &[&str] = match name {
        "plain-on-tls-port" | "silent-tls-port" | "reset-mid-greeting" | "tls-on-plain-port" => &["implicit"],
        _ if name.starts_with("starttls") || name.starts_with("imap-") || name.starts_with("smtp-") => &["starttls"],
        _ => &["starttls", "implicit"],
    };
    modes.iter().map(|mode| [words, &[mode]].concat()).collect()
}

#[test]
fn a_client_that_does_not_ask_the_server_for_its_signature_is_found_out() {
    if !harness::is_installed("Python (python3)", harness::starts("python3", "--version")) {
        return;
    }
    let mut run = mailfault();
    run.args([
        "run",
        "auth/scram-wrong-signature",
        "--timeout",
        "60s",
        "--",
        "python3",
        SCRIPT,
        "send",
        "read",
        "sasl",
        "gullible",
    ]);
    let ran = harness::run(&mut run);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(1), "{said}");
    for key in ["expect.client_exit", "expect.messages", "expect.unread"] {
        assert!(said.contains(&format!("failed `{key}`")), "{key}: {said}");
    }
}

fn default_words(name: &str) -> &'static [&'static str] {
    match name.split_once('/') {
        Some(("smtp", _)) => &["send"],
        Some(("auth", rest)) if rest.starts_with("smtp") => &["send"],
        Some(("network", _)) => &["send"],
        Some(("provider", rest)) if rest.contains("-imap-") || rest.starts_with("dovecot") => &["read", "starttls"],
        Some(("provider", _)) => &["send", "starttls"],
        Some(("tls", rest)) if rest.starts_with("smtp-") => &["send"],
        Some(("tls", rest)) if !rest.starts_with("imap-") => &["send", "read"],
        _ => &["read"],
    }
}
