//! The failures that three support documents name or imply, the phrase of each, and the scenarios that bring it about first of all.

/// The documents, and what they are called in the table.
const SMTP0002: &str = "SMTP0002: Connection reset while sending mail";
const LISTENER: &str = "Email Listener connection timeout behavior";
const SENDING: &str = "Emails fail to send";

/// A document's phrase, the failure's id, and scenarios that name this id as their source.
pub struct Phrase {
    pub document: &'static str,
    pub words: &'static str,
    pub id: &'static str,
    pub scenarios: &'static [&'static str],
}

const fn phrase(document: &'static str, words: &'static str, id: &'static str, scenarios: &'static [&'static str]) -> Phrase {
    Phrase { document, words, id, scenarios }
}

/// In the order of the documents.
pub const PHRASES: &[Phrase] = &[
    phrase(
        SMTP0002,
        "Connection reset while sending mail",
        "SMTP0002",
        &["smtp/reset-mid-greeting", "smtp/reset-at-mail", "smtp/reset-mid-large-content", "smtp/lost-250", "smtp/reset-at-quit"],
    ),
    phrase(
        SMTP0002,
        "Exception reading response; nested exception is: Connection reset",
        "SMTP-GREET-RST",
        &["smtp/reset-before-greeting", "smtp/reset-mid-greeting", "smtp/reset-mid-multiline-greeting"],
    ),
    phrase(
        SMTP0002,
        "SocketFetcher.createSocket(",
        "SMTP-CONNECT-RST",
        &["smtp/reset-while-connecting", "tls/reset-at-client-hello"],
    ),
    phrase(SMTP0002, "the connection is reset", "SMTP-TLS-GREET-RST", &["tls/reset-after-handshake", "tls/reset-mid-greeting"]),
    phrase(
        LISTENER,
        "MessagingException: Connection reset; nested exception is: Connection reset",
        "IMAP-GREET-RST",
        &["imap/reset-before-greeting", "imap/reset-mid-greeting"],
    ),
    phrase(
        LISTENER,
        "connection gets timed out",
        "CONN-TIMEOUT",
        &["network/firewall-drops", "network/stall-at-connect", "network/black-hole-in-session"],
    ),
    phrase(LISTENER, "starts functioning after 25 minutes of inactivity", "BLACKOUT", &["listener/blackout-25-minutes"]),
    phrase(
        LISTENER,
        "stagnation of unread emails",
        "STAGNATION",
        &["listener/idle-dies-while-mail-arrives", "listener/throttled", "imap/fetch-no", "imap/body-no"],
    ),
    phrase(
        LISTENER,
        "a sporadic issue which can occur at any time",
        "SPORADIC",
        &["network/sporadic-chance", "listener/every-stage"],
    ),
    phrase(
        LISTENER,
        "a retry or a connection from the next run will work",
        "SPORADIC",
        &["network/sporadic-every-third", "network/sporadic-burst"],
    ),
    phrase(LISTENER, "multiple consecutive failures", "BLACKOUT", &["listener/reset-twice", "listener/reset-six-times"]),
    phrase(
        LISTENER,
        "(implied by what its product says of listeners)",
        "THROTTLE",
        &["imap/throttled-after-five-fetches", "imap/too-many-connections-of-a-user", "smtp/rate-limit"],
    ),
    phrase(SENDING, "the firewall blocking data entry", "FW-REJECT", &["network/firewall-rejects"]),
    phrase(SENDING, "the firewall blocking data entry", "FW-DROP", &["network/firewall-drops", "network/black-hole-in-session"]),
    phrase(
        SENDING,
        "SSL/STARTTLS configuration issues",
        "TLS-MISCONFIG",
        &["tls/starttls-not-offered", "tls/starttls-refused", "tls/expired-certificate", "tls/wrong-host-certificate"],
    ),
    phrase(
        SENDING,
        "Successful connectivity tests do not guarantee proper behavior",
        "TEST-OK-RUN-FAIL",
        &["smtp/test-ok-run-fails", "imap/test-ok-run-fails", "network/well-for-a-minute"],
    ),
    phrase(
        SENDING,
        "the correct settings for host name and port",
        "WRONG-PORT",
        &[
            "network/nothing-listens",
            "smtp/greeting-of-imap",
            "imap/greeting-of-smtp",
            "smtp/greeting-of-ssh",
            "smtp/greeting-of-http",
            "tls/tls-on-plain-port",
            "tls/plain-on-tls-port",
        ],
    ),
    phrase(SENDING, "the correct settings for host name and port", "WRONG-HOST", &["network/wrong-host"]),
    phrase(
        SENDING,
        "on the safe recipients list",
        "NOT-SAFE-LISTED",
        &[
            "smtp/not-safe-listed-554",
            "smtp/not-safe-listed-421",
            "smtp/not-safe-listed-at-mail",
            "smtp/not-safe-listed-at-rcpt",
            "network/not-on-the-safe-list",
        ],
    ),
    phrase(
        SENDING,
        "incorrectly spelled or expired passwords",
        "BAD-PASSWORD",
        &["auth/smtp-wrong-password", "auth/imap-wrong-password"],
    ),
    phrase(SENDING, "incorrectly spelled or expired passwords", "EXPIRED-PASSWORD", &["auth/imap-expired-password"]),
    phrase(
        SENDING,
        "new or has not been used for some time and requires verification",
        "VERIFY-ACCOUNT",
        &["smtp/verify-account", "auth/imap-web-login-required"],
    ),
    phrase(
        SENDING,
        "has not been used on the SMTP server before and must be registered",
        "SEND-AS",
        &["smtp/send-as-denied-at-mail", "smtp/send-as-denied-at-rcpt", "smtp/send-as-denied"],
    ),
    phrase(
        SENDING,
        "does not trust the sender's email reputation",
        "REPUTATION",
        &[
            "smtp/reputation-421-at-greeting",
            "smtp/reputation-550-at-rcpt",
            "smtp/reputation-550-at-message",
            "smtp/reputation-421-at-message",
            "smtp/greylisting",
        ],
    ),
    phrase(
        SENDING,
        "Queued emails are not processed",
        "QUEUE-STUCK",
        &["smtp/queue-stuck", "smtp/queue-not-processed", "smtp/lying-250", "network/outage"],
    ),
    phrase(SENDING, "check the error queue for failed messages", "ERROR-QUEUE", &["smtp/error-queue", "smtp/queue-stuck"]),
];

/// Every id that a scenario's `source` can name for these documents.
pub const IDS: [&str; 24] = [
    "SMTP0002",
    "SMTP-GREET-RST",
    "SMTP-CONNECT-RST",
    "SMTP-TLS-GREET-RST",
    "IMAP-GREET-RST",
    "SPORADIC",
    "BLACKOUT",
    "CONN-TIMEOUT",
    "STAGNATION",
    "FW-REJECT",
    "FW-DROP",
    "WRONG-PORT",
    "WRONG-HOST",
    "BAD-PASSWORD",
    "EXPIRED-PASSWORD",
    "TLS-MISCONFIG",
    "TEST-OK-RUN-FAIL",
    "NOT-SAFE-LISTED",
    "VERIFY-ACCOUNT",
    "SEND-AS",
    "REPUTATION",
    "QUEUE-STUCK",
    "ERROR-QUEUE",
    "THROTTLE",
];

/// Whether a source is one of them.
pub fn is_id(source: &str) -> bool {
    IDS.contains(&source)
}
