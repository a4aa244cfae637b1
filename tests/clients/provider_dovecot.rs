//! Dovecot's refusals, as Python reports them.

use super::provider_words::{READ, Row, SENT, check, play};

const EXPOSED: &str =
    "imaplib.IMAP4.error: b'[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.'";

const ROWS: &[Row] = &[
    (
        "too-many-connections",
        &["count=10", "imap-hold", "imap-poll"],
        &[
            "held",
            "imaplib.IMAP4.error: b'[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)'",
        ],
    ),
    (
        "too-many-connections-older",
        &["imap-poll", "imap-poll"],
        &["b'[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)'", READ],
    ),
    (
        "dropped-connections",
        &["imap-poll", "imap-poll", "imap-poll"],
        &["imaplib.IMAP4.abort: socket error: EOF", "imaplib.IMAP4.abort", READ],
    ),
    ("inactivity", &["imap-rest", "imap-poll"], &["* BYE Disconnected for inactivity.", READ]),
    ("wrong-password", &["imap-poll"], &["imaplib.IMAP4.error: b'[AUTHENTICATIONFAILED] Authentication failed.'"]),
    (
        "authentication-unavailable",
        &["imap-poll", "imap-poll"],
        &["b'[UNAVAILABLE] Temporary authentication failure. [mailfault:2026-03-02 09:00:00]'", READ],
    ),
    ("over-quota", &["imap-append"], &["NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"]),
    (
        "internal-error",
        &["imap-select", "imap-poll"],
        &["NO [SERVERBUG] Internal error occurred. Refer to server log for more information. [2026-03-02 09:00:00]", READ],
    ),
    ("tls-required", &["imap-poll", "tls=none", "imap-poll"], &[READ, EXPOSED]),
    ("shutting-down", &["imap-poll", "imap-poll"], &["Server shutting down.", "Message 2"]),
    ("too-many-invalid-commands", &["imap-poll", "imap-poll"], &["Too many invalid IMAP commands.", READ]),
];

#[test]
fn python_is_told_so_by_dovecot_word_for_word() {
    check("dovecot", ROWS);
}

#[test]
fn a_healthy_dovecot_serves_python() {
    play("provider/dovecot", &["smtp-send", "imap-poll", "tls=none", "imap-poll"], &[SENT, "probe 1", EXPOSED]);
}
