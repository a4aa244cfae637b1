//! Gmail's refusals, as Python reports them.

use super::provider_words::{READ, Row, SENT, check, play};

const BUSY: &str = "4.4.5 Server busy, try again later. mailfault.1 - gsmtp";
const CLOSED: &str = "SMTPServerDisconnected";

const ROWS: &[Row] = &[
    (
        "temporary-system-problem",
        &["smtp-send", "smtp-send", "smtp-send", "smtp-send", "smtp-send"],
        // After a 421 to EHLO smtplib says HELO, which nobody hears.
        &[
            "SMTPConnectError: (421, b'4.3.0 Temporary System Problem. Try again later mailfault.1 - gsmtp')",
            CLOSED,
            "SMTPSenderRefused: (421, b'4.3.0 Temporary System Problem. Try again later",
            "SMTPDataError: (421, b'4.3.0 Temporary System Problem. Try again later",
            SENT,
        ],
    ),
    ("server-busy", &["smtp-send", "smtp-send", "smtp-send"], &[BUSY, BUSY, SENT]),
    (
        "try-again-later",
        &["smtp-send", "smtp-send", "smtp-send", "smtp-send"],
        &[
            "SMTPConnectError: (421, b'4.7.0 Try again later, closing connection. mailfault.1 - gsmtp')",
            CLOSED,
            "SMTPSenderRefused: (421, b'4.7.0 Try again later, closing connection.",
            SENT,
        ],
    ),
    (
        "tls-required",
        &["smtp-send", "smtp-send"],
        &["SMTPRecipientsRefused: {'test@mailfault.test': (421, b'4.7.0 TLS required for RCPT domain, closing connection.", SENT],
    ),
    (
        "not-on-the-list",
        &["smtp-send", "smtp-send"],
        &["(421, b'4.7.0 IP not in whitelist for RCPT domain, closing connection.", SENT],
    ),
    (
        "unusual-rate",
        &["smtp-send", "smtp-send"],
        &[
            "SMTPDataError: (421, b'4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address.\\n4.7.0 To protect",
            SENT,
        ],
    ),
    (
        "receiving-too-quickly",
        &["smtp-send", "smtp-send", "smtp-send"],
        &[
            "(450, b'4.2.1 The user you are trying to contact is receiving mail too quickly.\\n",
            "(450, b'4.2.1 The user you are trying to contact is receiving mail at a rate that\\n",
            SENT,
        ],
    ),
    ("peak-relay-limit", &["smtp-send", "smtp-send"], &["(450, b'4.2.1 Peak SMTP relay limit exceeded for customer.", SENT]),
    (
        "temporarily-rejected",
        &["smtp-send", "smtp-send"],
        &["SMTPDataError: (451, b'4.3.0 Mail server temporarily rejected message.", SENT],
    ),
    ("timeout", &["smtp-rest"], &["451 4.4.2 Timeout - closing connection. mailfault.1 - gsmtp"]),
    (
        "protocol-violation",
        &["smtp-send", "smtp-send"],
        &["SMTPDataError: (451, b'4.5.0 SMTP protocol violation, see RFC 2821.", SENT],
    ),
    (
        "over-quota",
        &["smtp-send", "smtp-send"],
        &[
            "(452, b'4.2.2 The email account that you tried to reach is over quota. Please direct\\n4.2.2 the recipient to\\n4.2.2  https://support.google.com/mail/?p=OverQuotaTemp",
            SENT,
        ],
    ),
    (
        "domain-policy",
        &["smtp-send", "smtp-send"],
        &[
            "(452, b'4.5.3 Domain policy size per transaction exceeded, please try this recipient\\n4.5.3 in a separate transaction.",
            SENT,
        ],
    ),
    (
        "pipelining-behind-starttls",
        &["smtp-send", "smtp-send"],
        &["(454, b'4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS, see RFC 3207.", SENT],
    ),
    (
        "cannot-authenticate",
        &["smtp-send", "smtp-send"],
        &["SMTPAuthenticationError: (454, b'4.7.0 Cannot authenticate due to temporary system problem. Try again later.", SENT],
    ),
    (
        "too-many-login-attempts",
        &["smtp-send", "smtp-send", "smtp-send"],
        &[
            "SMTPAuthenticationError: (454, b'4.7.0 Too many login attempts, please try again later. mailfault.1 - gsmtp')",
            "SMTPAuthenticationError: (454, b'4.7.0 Too many login attempts",
            SENT,
        ],
    ),
    (
        "app-password-required",
        &["smtp-send", "imap-poll", "smtp-token", "imap-token"],
        &[
            "SMTPAuthenticationError: (534, b'5.7.9 Application-specific password required. For more information, go to\\n5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor mailfault.1 - gsmtp')",
            "b'[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)'",
            "235 2.7.0 Accepted",
            "('OK', ",
        ],
    ),
    (
        "web-login-required",
        &["smtp-send", "smtp-send"],
        &[
            "(534, b'5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsbu\\n5.7.14 y-qCoX8DmSUHvX3iXgNWq3EOGEgP_tMMVRft9N8DmZxZadY0WWbiI53PRc6gnP1fEKQCW\\n5.7.14 wp46_xiVgK_GAYsx7yQM9EfEoWH7AluHR6YjOAOZJ8RtIIzgEq-Agtw68gbEWVd7>\\n5.7.14 Please log in via your web browser and then try again.\\n5.7.14  Learn more at\\n5.7.14  https://support.google.com/mail/answer/78754 mailfault.1 - gsmtp')",
            SENT,
        ],
    ),
    (
        "wrong-password",
        &["smtp-send", "imap-poll"],
        &[
            "SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted. For more information, go to\\n5.7.8  https://support.google.com/mail/?p=BadCredentials mailfault.1 - gsmtp')",
            "imaplib.IMAP4.error: b'[AUTHENTICATIONFAILED] Invalid credentials (Failure)'",
        ],
    ),
    (
        "token-refused",
        &["smtp-token", "imap-token"],
        &[
            "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"} 535 5.7.8 Username and Password not accepted.",
            "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"} [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        ],
    ),
    (
        "daily-limit",
        &["smtp-send"],
        &[
            "SMTPDataError: (550, b'5.4.5 Daily user sending limit exceeded. For more information on Gmail\\n5.4.5 sending limits go to\\n5.4.5  https://support.google.com/a/answer/166852 mailfault.1 - gsmtp')",
        ],
    ),
    ("daily-limit-reached", &["count=501", "smtp-many"], &["message 501: (550, b'5.4.5 Daily user sending limit exceeded."]),
    (
        "imap-web-login-required",
        &["imap-poll", "imap-poll"],
        &["b'[ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)'", READ],
    ),
    ("imap-session-expired", &["imap-rest", "imap-poll"], &["* BYE Session expired, please login again.", READ]),
    (
        "imap-too-many-connections",
        &["count=15", "imap-hold", "imap-poll"],
        &["held", "imaplib.IMAP4.error: b'[ALERT] Too many simultaneous connections. (Failure)'"],
    ),
    (
        "imap-bandwidth-exceeded",
        &["imap-poll", "imap-poll", "imap-poll"],
        &[
            "NO [ALERT] Account exceeded command or bandwidth limits. (Failure)",
            "[OVERQUOTA] Account exceeded command or bandwidth limits.",
            "Message 2",
        ],
    ),
    (
        "imap-temporary-system-error",
        &["imap-poll", "imap-poll", "imap-poll"],
        &["b'* BYE [UNAVAILABLE] Temporary System Error'", "[UNAVAILABLE] Temporary System Error", READ],
    ),
];

#[test]
fn python_is_told_so_by_gmail_word_for_word() {
    check("gmail", ROWS);
}

#[test]
fn a_healthy_gmail_serves_python_and_refuses_only_what_the_real_one_does() {
    play(
        "provider/gmail",
        &[
            "smtp-send",
            "imap-poll",
            "smtp-token",
            "imap-token",
            "count=101",
            "smtp-recipients",
            "tls=none",
            "smtp-send",
            "imap-poll",
        ],
        &[
            SENT,
            "probe 1",
            "235 2.7.0 Accepted",
            "('OK', [b'test authenticated (Success)'])",
            "'r101@mailfault.test': (452, b\"4.5.3 Your message has too many recipients. For more information\\n4.5.3 regarding Google's sending limits, go to\\n",
            "SMTPNotSupportedError: SMTP AUTH extension not supported by server.",
            "[PRIVACYREQUIRED]",
        ],
    );
}
