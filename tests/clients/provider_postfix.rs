//! Postfix's refusals, as Python reports them.

use super::provider_words::{Row, SENT, check, play};

const ROWS: &[Row] = &[
    (
        "greylisted",
        &["smtp-send"],
        &[
            "SMTPRecipientsRefused: {'test@mailfault.test': (450, b'4.2.0 <test@mailfault.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/mailfault.test.html')}",
        ],
    ),
    (
        "authentication-unavailable",
        &["smtp-send", "smtp-send"],
        &[
            "SMTPAuthenticationError: (454, b'4.7.0 Temporary authentication failure: Connection lost to authentication server')",
            SENT,
        ],
    ),
    ("tls-unavailable", &["smtp-send", "smtp-send"], &["(454, b'4.7.0 TLS not available due to local problem')", SENT]),
    (
        "tls-required",
        &["smtp-send", "tls=none", "smtp-clear"],
        &[SENT, "SMTPSenderRefused: (530, b'5.7.0 Must issue a STARTTLS command first'"],
    ),
    (
        "wrong-password",
        &["smtp-send"],
        &["SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed: (reason unavailable)')"],
    ),
    (
        "unknown-mailbox",
        &["smtp-send"],
        &["(550, b'5.1.1 <test@mailfault.test>: Recipient address rejected: User unknown in virtual mailbox table')"],
    ),
    ("too-large", &["smtp-send"], &["SMTPSenderRefused: (552, b'5.3.4 Message size exceeds fixed limit'"]),
    ("too-large-at-the-end", &["smtp-send"], &["SMTPDataError: (552, b'5.3.4 Error: message file too big')"]),
    (
        "too-many-recipients",
        &["count=51", "smtp-recipients"],
        &["sent, refused: {'r51@mailfault.test': (452, b'4.5.3 Error: too many recipients')}"],
    ),
    ("timeout", &["smtp-rest"], &["421 4.4.2 mail.mailfault.test Error: timeout exceeded"]),
    (
        "too-many-errors",
        &["smtp-send", "smtp-send"],
        &["SMTPSenderRefused: (421, b'4.7.0 mail.mailfault.test Error: too many errors'", SENT],
    ),
    (
        "too-many-connections",
        &["count=50", "smtp-hold", "smtp-send"],
        &["held", "SMTPConnectError: (421, b'4.7.0 mail.mailfault.test Error: too many connections from 127.0.0.1')"],
    ),
    (
        "connection-rate",
        &["count=30", "smtp-hold", "smtp-send"],
        &["held", "SMTPConnectError: (421, b'4.7.0 mail.mailfault.test Error: too many connections from 127.0.0.1')"],
    ),
    ("message-rate", &["count=11", "smtp-many"], &["message 11: (450, b'4.7.1 Error: too much mail from 127.0.0.1'"]),
    (
        "recipient-rate",
        &["count=21", "smtp-recipients"],
        &["sent, refused: {'r21@mailfault.test': (450, b'4.7.1 Error: too many recipients from 127.0.0.1')}"],
    ),
    (
        "login-rate",
        &["count=10", "smtp-hold", "smtp-send"],
        &["held", "SMTPAuthenticationError: (450, b'4.7.1 Error: too many AUTH commands from 127.0.0.1')"],
    ),
    (
        "client-rejected",
        &["smtp-send", "smtp-send", "smtp-send"],
        &[
            "SMTPConnectError: (554, b'5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied')",
            "SMTPRecipientsRefused: {'test@mailfault.test': (554, b'5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied')}",
            SENT,
        ],
    ),
    (
        "blocked-by-list",
        &["smtp-send"],
        &[
            "(554, b'5.7.1 Service unavailable; Client host [127.0.0.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/127.0.0.1')",
        ],
    ),
    ("relay-denied", &["smtp-send"], &["(554, b'5.7.1 <test@mailfault.test>: Relay access denied')"]),
    ("server-local-error", &["smtp-send", "smtp-send"], &["(421, b'4.3.0 mail.mailfault.test Server local error'", SENT]),
    ("queue-file-error", &["smtp-send", "smtp-send"], &["SMTPDataError: (451, b'4.3.0 Error: queue file write error')", SENT]),
    ("all-ports-busy", &["smtp-send", "smtp-send"], &["SMTPConnectError: (421, b'4.3.2 All server ports are busy')", SENT]),
    (
        "insufficient-storage",
        &["smtp-send", "smtp-send"],
        &["SMTPSenderRefused: (452, b'4.3.1 Insufficient system storage'", SENT],
    ),
    (
        "sender-login-mismatch",
        &["smtp-send"],
        &["(553, b'5.7.1 <test@mailfault.test>: Sender address rejected: not owned by user test')"],
    ),
];

#[test]
fn python_is_told_so_by_postfix_word_for_word() {
    check("postfix", ROWS);
}

#[test]
fn a_healthy_postfix_serves_python() {
    play(
        "provider/postfix",
        &["smtp-send", "imap-poll", "tls=none", "smtp-send"],
        &[SENT, "probe 1", "SMTPNotSupportedError: SMTP AUTH extension not supported by server."],
    );
}
