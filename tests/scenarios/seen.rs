//! What servers were seen to do beyond the documents, and what an attacker can do: a row each, and the scenarios that do it.

/// A table of rows.
pub struct Group {
    pub title: &'static str,
    pub rows: &'static [Row],
}

/// What is on the wire, or the family, in few words; and each scenario with words that stand in its faults.
pub type Row = (&'static str, &'static [(&'static str, &'static str)]);

/// All of them.
pub const GROUPS: &[Group] = &[
    Group { title: "SMTP: replies", rows: REPLIES },
    Group { title: "Microsoft 365 and Exchange", rows: MICROSOFT },
    Group { title: "Gmail", rows: GMAIL },
    Group { title: "Postfix", rows: POSTFIX },
    Group { title: "Dovecot", rows: DOVECOT },
    Group { title: "SMTP: octets", rows: OCTETS },
    Group { title: "IMAP", rows: IMAP },
    Group { title: "TLS", rows: TLS },
    Group { title: "STARTTLS, and who breaks it", rows: STARTTLS },
];

const REPLIES: &[Row] = &[
    (
        "`421` between two messages, then FIN",
        &[
            ("smtp/421-between-messages", "421 4.4.2"),
            ("smtp/421-at-the-end-of-a-session", "421 SMTP session maximum lifetime has been reached"),
        ],
    ),
    ("`221 Idle timeout` between two messages", &[("smtp/221-between-messages", "221 2.0.0 Idle timeout")]),
    (
        "FIN or RST between two messages, without a word",
        &[("smtp/close-between-messages", "\"close\""), ("smtp/reset-between-messages", "\"reset\"")],
    ),
    (
        "`552 5.3.4` at MAIL, or `552 5.2.3` at the dot",
        &[("smtp/too-large-at-mail", "552 5.3.4"), ("smtp/too-large-at-message", "552 5.2.3")],
    ),
    (
        "`421` at EHLO, MAIL, the dot or as greeting, then FIN",
        &[
            ("smtp/421-at-ehlo", "421 4.7.0"),
            ("smtp/greeting-421", "421 4.3.2"),
            ("smtp/reputation-421-at-message", "421 4.7.0"),
            ("smtp/421-mid-session-then-silence", "421 4.3.0"),
        ],
    ),
    ("`450 4.2.1` for more than so many messages", &[("smtp/rate-limit", "450 4.2.1")]),
    ("`421 4.3.2` for more than so many connections", &[("smtp/too-many-connections", "421 4.3.2")]),
    (
        "`454 4.7.0` at AUTH: wait, or too many logins",
        &[
            ("auth/smtp-temporary-failure", "454 4.7.0 Temporary authentication failure"),
            ("auth/smtp-too-many-logins", "454 4.7.0 Too many login attempts"),
        ],
    ),
    ("`454 4.7.0` at STARTTLS", &[("tls/starttls-refused-for-now", "454 4.7.0 TLS not available")]),
    ("`550 5.4.5` at DATA", &[("smtp/550-at-data-then-reset", "5.4.5")]),
    (
        "`535 5.7.8` at AUTH, and every other refusal",
        &[("auth/smtp-wrong-password", "535 5.7.8"), ("auth/smtp-refused-with-every-code", "534 5.7.9")],
    ),
    (
        "`334` with a reason, then `535`, at AUTH XOAUTH2",
        &[
            ("auth/xoauth2-token-expired", "XOAUTH2"),
            ("auth/xoauth2-reason-not-json", "XOAUTH2"),
            ("auth/xoauth2-reason-then-silence", "XOAUTH2"),
        ],
    ),
];

const MICROSOFT: &[Row] = &[
    (
        "`421 4.3.2 The maximum number of concurrent connections ...` as greeting (Exchange)",
        &[(
            "provider/exchange-concurrent-connections",
            "421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel",
        )],
    ),
    (
        "`432 4.3.2 Concurrent connections limit exceeded` at the dot",
        &[(
            "provider/microsoft-365-concurrent-connections",
            "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname=",
        )],
    ),
    (
        "`432 4.3.2 STOREDRV...; thread limit exceeded` at the dot",
        &[
            ("provider/microsoft-365-sender-thread-limit", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
            ("provider/microsoft-365-recipient-thread-limit", "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded"),
        ],
    ),
    (
        "`451 4.7.0 ... PRX4`, `PRX5`, `451 4.7.500 Server busy`",
        &[
            ("provider/microsoft-365-temporary-server-error", "451 4.7.0 Temporary server error. Please try again later. PRX4"),
            ("provider/exchange-server-busy", "451 4.7.0 Temporary server error. Please try again later. PRX5"),
            ("provider/microsoft-365-server-busy", "451 4.7.500 Server busy"),
        ],
    ),
    (
        "`530 5.7.57` at MAIL",
        &[(
            "provider/microsoft-365-not-authenticated",
            "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM [HK2PR06CA0009",
        )],
    ),
    (
        "`535 5.7.3` at AUTH",
        &[
            ("provider/microsoft-365-authentication-unsuccessful", "535 5.7.3 Authentication unsuccessful ["),
            ("provider/exchange-wrong-password", "535 5.7.3 Authentication unsuccessful"),
        ],
    ),
    (
        "`535 5.7.139` at AUTH",
        &[
            (
                "provider/microsoft-365-smtp-auth-disabled",
                "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            ),
            (
                "provider/microsoft-365-basic-auth-disabled",
                "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            ),
            (
                "provider/microsoft-365-wrong-password",
                "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect",
            ),
            (
                "provider/microsoft-365-security-defaults",
                "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
            ),
        ],
    ),
    (
        "a token that is refused: `535 5.7.3`, `NO AUTHENTICATE failed.`",
        &[
            ("provider/microsoft-365-token-refused", "535 5.7.3 Authentication unsuccessful"),
            ("provider/microsoft-365-token-refused", "NO AUTHENTICATE failed."),
        ],
    ),
    (
        "Send As: `550 5.7.60` at MAIL, `554 5.2.252` and `554 5.2.0` at the dot",
        &[
            ("provider/exchange-send-as-denied", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
            ("provider/microsoft-365-send-as-denied-at-mail", "550 5.7.60"),
            ("provider/microsoft-365-send-as-denied", "554 5.2.252 SendAsDenied; "),
            ("provider/microsoft-365-send-as-denied-older", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"),
        ],
    ),
    (
        "`554 5.2.0 ...OutboundSpamException` at the dot: verify the account",
        &[
            ("provider/microsoft-365-verify-account", "Actual verdict is RefuseQuota, ShowTierUpgrade"),
            ("provider/microsoft-365-outbound-spam", "Actual verdict is HipNotify, ShowTierUpgrade"),
        ],
    ),
    (
        "`554 5.2.0 ...SubmissionQuotaExceededException` at the dot",
        &[("provider/microsoft-365-daily-limit", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException")],
    ),
    (
        "`550 5.7.515`, `550 5.7.501`: reputation",
        &[
            ("provider/microsoft-365-sender-authentication", "550 5.7.515 Access denied"),
            ("provider/microsoft-365-spam-abuse", "550 5.7.501 Access denied, spam abuse detected"),
        ],
    ),
    (
        "`552 5.3.4` at MAIL, `552 5.2.3` at the dot",
        &[
            ("provider/microsoft-365-message-too-large", "552 5.3.4 Message size exceeds fixed maximum"),
            ("provider/microsoft-365-message-too-large-at-the-end", "552 5.2.3 "),
            ("provider/exchange-message-too-large", "552 5.3.4 Message size exceeds fixed maximum"),
        ],
    ),
    (
        "`421 4.4.2`, `421 4.4.1` or `451 4.7.0 Timeout waiting for client input` between messages, then FIN",
        &[
            ("provider/microsoft-365-connection-dropped", "421 4.4.2"),
            ("provider/microsoft-365-session-too-long", "421 4.4.1"),
            ("provider/microsoft-365-idle-timeout", "451 4.7.0 Timeout waiting for client input"),
            ("provider/exchange-idle-timeout", "451 4.7.0 Timeout waiting for client input"),
        ],
    ),
    (
        "`BAD User is authenticated but not connected.`, then `* BYE Connection closed. 14`",
        &[(
            "provider/microsoft-365-imap-not-connected",
            "BAD User is authenticated but not connected.\\n* BYE Connection closed. 14",
        )],
    ),
    (
        "`* BYE Session invalidated - AccessTokenExpired`",
        &[("provider/microsoft-365-imap-token-expires", "* BYE Session invalidated - AccessTokenExpired")],
    ),
    (
        "`Request is throttled. Suggested Backoff Time: ...`",
        &[("provider/microsoft-365-imap-throttled", "NO Request is throttled. Suggested Backoff Time: 299961 milliseconds")],
    ),
];

const GMAIL: &[Row] = &[
    (
        "`421 4.3.0`, `421 4.4.5`, `421 4.7.0` as greeting, at EHLO, MAIL or the dot, then FIN",
        &[
            ("provider/gmail-temporary-system-problem", "421 4.3.0 Temporary System Problem. Try again later"),
            ("provider/gmail-server-busy", "421 4.4.5 Server busy, try again later."),
            ("provider/gmail-try-again-later", "421 4.7.0 Try again later, closing connection."),
            ("provider/gmail-unusual-rate", "421-4.7.0 Our system has detected an unusual rate of unsolicited mail"),
        ],
    ),
    (
        "`421 4.7.0` at RCPT: TLS, or the domain's list of addresses",
        &[
            ("provider/gmail-tls-required", "421 4.7.0 TLS required for RCPT domain, closing connection."),
            ("provider/gmail-not-on-the-list", "421 4.7.0 IP not in whitelist for RCPT domain, closing connection."),
        ],
    ),
    (
        "`450 4.2.1`, `452 4.2.2`, `452 4.5.3` at RCPT",
        &[
            (
                "provider/gmail-receiving-too-quickly",
                "450-4.2.1 The user you are trying to contact is receiving mail too quickly.",
            ),
            ("provider/gmail-peak-relay-limit", "450-4.2.1 Peak SMTP relay limit exceeded"),
            ("provider/gmail-over-quota", "452-4.2.2 The email account that you tried to reach is over quota."),
            ("provider/gmail-domain-policy", "452-4.5.3"),
        ],
    ),
    (
        "`451 4.3.0`, `451 4.5.0` at the dot, `451 4.4.2` between messages",
        &[
            ("provider/gmail-temporarily-rejected", "451 4.3.0"),
            ("provider/gmail-protocol-violation", "451 4.5.0 SMTP protocol violation"),
            ("provider/gmail-timeout", "451 4.4.2 Timeout - closing connection."),
        ],
    ),
    (
        "`454 4.5.0` after STARTTLS",
        &[(
            "provider/gmail-pipelining-behind-starttls",
            "454 4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS, see RFC 3207.",
        )],
    ),
    (
        "`454 4.7.0` at AUTH: too many logins, or a problem of its own",
        &[
            ("provider/gmail-too-many-login-attempts", "454 4.7.0 Too many login attempts, please try again later."),
            ("provider/gmail-cannot-authenticate", "454 4.7.0 Cannot authenticate due to temporary system problem."),
        ],
    ),
    (
        "`534 5.7.9`, `534 5.7.14`, `535 5.7.8` at AUTH",
        &[
            ("provider/gmail-app-password-required", "534-5.7.9 Application-specific password required."),
            ("provider/gmail-web-login-required", "534-5.7.14 Please log in via your web browser"),
            ("provider/gmail-wrong-password", "535-5.7.8 Username and Password not accepted."),
            ("provider/gmail-token-refused", "535-5.7.8 Username and Password not accepted."),
        ],
    ),
    (
        "`550 5.4.5` at DATA, and after 500 messages",
        &[
            ("provider/gmail-daily-limit", "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail"),
            ("provider/gmail-daily-limit-reached", "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail"),
        ],
    ),
    (
        "IMAP: `* NO [WEBALERT ...]`, then `NO [ALERT]`",
        &[(
            "provider/gmail-imap-web-login-required",
            "Web login required.\\nNO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
        )],
    ),
    (
        "IMAP: `* BYE Session expired, please login again.` after an hour",
        &[("provider/gmail-imap-session-expired", "* BYE Session expired, please login again.")],
    ),
    (
        "IMAP: `* BYE [UNAVAILABLE] Temporary System Error`",
        &[("provider/gmail-imap-temporary-system-error", "* BYE [UNAVAILABLE] Temporary System Error")],
    ),
    (
        "IMAP: too many connections, too much bandwidth",
        &[
            ("provider/gmail-imap-too-many-connections", "NO [ALERT] Too many simultaneous connections. (Failure)"),
            ("provider/gmail-imap-bandwidth-exceeded", "NO [ALERT] Account exceeded command or bandwidth limits. (Failure)"),
        ],
    ),
];

const POSTFIX: &[Row] = &[
    (
        "`454 4.7.0` at AUTH and STARTTLS",
        &[
            (
                "provider/postfix-authentication-unavailable",
                "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
            ),
            ("provider/postfix-tls-unavailable", "454 4.7.0 TLS not available due to local problem"),
        ],
    ),
    (
        "`421 4.4.2 ... Error: timeout exceeded` between messages",
        &[("provider/postfix-timeout", "421 4.4.2 mail.mailfault.test Error: timeout exceeded")],
    ),
    (
        "`421 4.7.0`, `421 4.3.2`, `421 4.3.0`: connections, errors, ports, the server itself",
        &[
            ("provider/postfix-too-many-connections", "421 4.7.0"),
            ("provider/postfix-connection-rate", "421 4.7.0"),
            ("provider/postfix-too-many-errors", "421 4.7.0"),
            ("provider/postfix-all-ports-busy", "421 4.3.2 All server ports are busy"),
            ("provider/postfix-server-local-error", "421 4.3.0"),
        ],
    ),
    (
        "`450 4.7.1` for more than so many messages, recipients or logins, `452 4.5.3` for recipients of one message",
        &[
            ("provider/postfix-message-rate", "450 4.7.1 Error: too much mail from"),
            ("provider/postfix-recipient-rate", "450 4.7.1 Error: too many recipients from"),
            ("provider/postfix-login-rate", "450 4.7.1 Error: too many AUTH commands from"),
            ("provider/postfix-too-many-recipients", "recipients_limit = 50"),
        ],
    ),
    ("`450 4.2.0 ... Greylisted`", &[("provider/postfix-greylisted", "Greylisted")]),
    (
        "`554 5.7.1`, `553 5.7.1`, `550 5.1.1` at RCPT",
        &[
            ("provider/postfix-client-rejected", "Client host rejected: Access denied"),
            ("provider/postfix-blocked-by-list", "blocked using zen.spamhaus.org"),
            ("provider/postfix-relay-denied", "Relay access denied"),
            ("provider/postfix-sender-login-mismatch", "Sender address rejected: not owned by user"),
            ("provider/postfix-unknown-mailbox", "User unknown in virtual mailbox table"),
        ],
    ),
    (
        "`552 5.3.4` at MAIL or at the dot, `452 4.3.1`, `451 4.3.0`",
        &[
            ("provider/postfix-too-large", "552 5.3.4 Message size exceeds fixed limit"),
            ("provider/postfix-too-large-at-the-end", "552 5.3.4 Error: message file too big"),
            ("provider/postfix-insufficient-storage", "452 4.3.1 Insufficient system storage"),
            ("provider/postfix-queue-file-error", "451 4.3.0 Error: queue file write error"),
        ],
    ),
    (
        "`530 5.7.0` before STARTTLS, `535 5.7.8` at AUTH",
        &[
            ("provider/postfix-tls-required", "530 5.7.0 Must issue a STARTTLS command first"),
            ("provider/postfix-wrong-password", "535 5.7.8 Error: authentication failed"),
        ],
    ),
];

const DOVECOT: &[Row] = &[
    (
        "too many connections of a user and address: a word, an older word, or none",
        &[
            ("provider/dovecot-too-many-connections", "NO [LIMIT] Maximum number of connections from user+IP exceeded"),
            (
                "provider/dovecot-too-many-connections-older",
                "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
            ),
            ("provider/dovecot-dropped-connections", "\"close\""),
        ],
    ),
    (
        "`NO [UNAVAILABLE]`, `NO [AUTHENTICATIONFAILED]` at login, the latter late",
        &[
            ("provider/dovecot-authentication-unavailable", "NO [UNAVAILABLE] Temporary authentication failure."),
            ("provider/dovecot-wrong-password", "NO [AUTHENTICATIONFAILED] Authentication failed."),
        ],
    ),
    (
        "`* BYE`: inactivity, shutdown, too many invalid commands",
        &[
            ("provider/dovecot-inactivity", "* BYE Disconnected for inactivity."),
            ("provider/dovecot-shutting-down", "* BYE Server shutting down."),
            ("provider/dovecot-too-many-invalid-commands", "* BYE Too many invalid IMAP commands."),
        ],
    ),
    (
        "`NO [SERVERBUG]`, `NO [OVERQUOTA]`",
        &[
            ("provider/dovecot-internal-error", "NO [SERVERBUG] Internal error occurred."),
            ("provider/dovecot-over-quota", "NO [OVERQUOTA] Quota exceeded"),
        ],
    ),
];

const OCTETS: &[Row] = &[
    (
        "half a line, then FIN",
        &[
            ("smtp/cut-250-then-close", "cut = "),
            ("smtp/close-mid-greeting", "cut = "),
            ("smtp/close-mid-multiline-greeting", "\"close\""),
        ],
    ),
    ("`421` and FIN at EHLO", &[("smtp/421-at-ehlo", "\"close\"")]),
    ("several codes in one reply", &[("smtp/mixed-codes", "220-8BITMIME")]),
    ("greeting without text", &[("smtp/greeting-without-text", "220\\r\\n")]),
    ("bare LF", &[("smtp/bare-lf", "with = \"\\n\"")]),
    ("bare CR", &[("smtp/bare-cr", "cut = -1")]),
    ("empty first line", &[("smtp/empty-line-before-greeting", "send = \"\\r\\n\"")]),
    ("`250-` without end", &[("smtp/endless-ehlo", "repeat = 1000000000")]),
    ("one octet each 150 ms", &[("smtp/octet-by-octet", "every = \"150ms\""), ("smtp/drip-greeting", "200ms")]),
    ("RST after the dot, before its reply", &[("smtp/reset-after-dot", "\"reset\""), ("smtp/lost-250", "\"reset\"")]),
    ("RST after a refusal", &[("smtp/550-then-reset", "\"reset\""), ("smtp/550-at-data-then-reset", "\"reset\"")]),
    (
        "QUIT answered by RST, FIN or silence",
        &[("smtp/reset-at-quit", "\"reset\""), ("smtp/close-at-quit", "\"close\""), ("smtp/stall-at-quit", "\"stall\"")],
    ),
    (
        "RST inside the message, small or large",
        &[("smtp/reset-mid-content", "\"reset\""), ("smtp/reset-mid-large-content", "256 KiB")],
    ),
];

const IMAP: &[Row] = &[
    (
        "greeting `* BYE`",
        &[("listener/too-busy", "* BYE Server too busy"), ("imap/greeting-bye", "* BYE [UNAVAILABLE] Temporary System Error")],
    ),
    ("greeting `* PREAUTH`", &[("imap/greeting-preauth", "preauth = ")]),
    (
        "a login refused with each code",
        &[
            ("auth/imap-wrong-password", "NO [AUTHENTICATIONFAILED]"),
            ("auth/imap-unavailable", "NO [UNAVAILABLE]"),
            ("auth/imap-expired-password", "NO [EXPIRED]"),
            ("auth/imap-refused-with-every-code", "NO [INUSE]"),
            ("auth/imap-refused-with-every-code", "NO [LIMIT]"),
            ("auth/imap-refused-with-every-code", "NO [CONTACTADMIN]"),
            ("auth/imap-refused-with-every-code", "NO [ALERT]"),
        ],
    ),
    ("`BAD` at login", &[("auth/imap-login-bad", "\"BAD ")]),
    (
        "untagged `* NO [WEBALERT ...]`, then tagged `NO`",
        &[("auth/imap-web-login-required", "* NO [WEBALERT https://mailfault.test/verify] Web login required.")],
    ),
    (
        "`BAD User is authenticated but not connected.`, then `* BYE Connection closed. 14`",
        &[
            ("imap/not-connected", "BAD User is authenticated but not connected."),
            ("imap/not-connected", "* BYE Connection closed. 14"),
        ],
    ),
    (
        "`* BYE Session invalidated - AccessTokenExpired`",
        &[("imap/access-token-expired", "* BYE Session invalidated - AccessTokenExpired")],
    ),
    (
        "`* BYE Session expired, please login again.`",
        &[("imap/session-expired-after-an-hour", "* BYE Session expired, please login again.")],
    ),
    ("`* BYE Autologout` again and again", &[("imap/bye-again-and-again", "* BYE Autologout; idle for too long")]),
    ("`* BYE Server shutting down.` right after `+`", &[("imap/idle-shutting-down", "* BYE Server shutting down.")]),
    ("IDLE that is half open", &[("imap/idle-dies-silently", "\"stall\"")]),
    ("`BAD` to IDLE", &[("imap/idle-refused", "\"BAD ")]),
    ("RST during IDLE", &[("imap/idle-reset", "\"reset\"")]),
    ("RST between STORE and the body", &[("listener/reset-between-flag-and-body", "\"reset\"")]),
    ("BODYSTRUCTURE with `-1` octets", &[("imap/bodystructure-unparsable", "NIL NIL \"7BIT\" -1")]),
    ("the whole message for a part of it", &[("imap/whole-message-for-a-part", "misread")]),
    (
        "`EXPUNGE` inside FETCH, or of nothing; SEARCH out of range",
        &[
            ("imap/expunge-inside-fetch", "\"tell\""),
            ("imap/expunge-of-unknown-number", "* 4711 EXPUNGE"),
            ("imap/search-out-of-range", "4294967295"),
        ],
    ),
    (
        "UIDVALIDITY changes",
        &[("imap/mailbox-made-anew", "uidvalidity = \"new\""), ("imap/uidvalidity-changes-in-session", "uidvalidity = 4711")],
    ),
    (
        "literals: cut, too short, too long, of an impossible size",
        &[
            ("imap/reset-mid-literal", "\"reset\""),
            ("imap/close-mid-body", "\"close\""),
            ("imap/literal-shorter-than-announced", "{${1}0}"),
            ("imap/literal-longer-than-announced", "{$1}"),
            ("imap/literal-of-4-gib", "{4294967296}"),
            ("imap/literal-of-2-gib", "{2147483646}"),
            ("imap/literal-of-negative-size", "{-1}"),
        ],
    ),
    ("a tagged `OK` without text", &[("imap/ok-without-text", "with = \"$1\"")]),
    (
        "too many connections of an address: closed without a word",
        &[("imap/too-many-connections-of-an-address", "per = \"peer\"")],
    ),
    (
        "FIN before or inside the greeting",
        &[("imap/close-before-greeting", "\"close\""), ("imap/close-mid-greeting", "cut = 10")],
    ),
];

const TLS: &[Row] = &[
    ("STARTTLS not offered", &[("tls/starttls-not-offered", "STARTTLS"), ("tls/starttls-sometimes-not-offered", "STARTTLS")]),
    ("STARTTLS answered with `454` or `NO`", &[("tls/starttls-refused-for-now", "454"), ("tls/starttls-refused", "NO ")]),
    ("`220`, then RST", &[("tls/starttls-then-reset", "\"reset\"")]),
    (
        "RST or FIN after the ClientHello",
        &[("tls/reset-at-client-hello", "\"reset\""), ("tls/close-at-client-hello", "\"close\"")],
    ),
    (
        "plain text after `220`, or for the ServerHello",
        &[("tls/starttls-then-garbage", "garbage"), ("tls/plain-text-for-server-hello", "220 mx.mailfault.test")],
    ),
    ("fatal alerts", &[("tls/alert-handshake-failure", "handshake_failure"), ("tls/alert-protocol-version", "protocol_version")]),
    ("TLS 1.0 and nothing else", &[("tls/tls-1.0-server-hello", "0301")]),
    (
        "certificates: expired, of an unknown authority, self-signed, for another host",
        &[
            ("tls/expired-certificate", "\"expired\""),
            ("tls/untrusted-root-certificate", "\"untrusted-root\""),
            ("tls/self-signed-certificate", "\"self-signed\""),
            ("tls/wrong-host-certificate", "\"wrong-host\""),
        ],
    ),
    ("close_notify is missing", &[("tls/no-close-notify", "no-notify"), ("tls/truncated-session", "no-notify")]),
    ("the handshake is silent", &[("tls/stall-at-client-hello", "\"stall\""), ("tls/silent-tls-port", "\"stall\"")]),
    (
        "TLS to the plain port, and the reverse",
        &[("tls/plain-on-tls-port", "in-clear"), ("tls/tls-on-plain-port", "tls = \"implicit\"")],
    ),
    ("replies injected behind the reply to STARTTLS", &[("tls/smtp-injection", "STARTTLS"), ("tls/imap-injection", "STARTTLS")]),
];

const STARTTLS: &[Row] = &[
    (
        "stripping: not offered, not known, refused with each code; EHLO or CAPABILITY refused or empty",
        &[
            ("tls/starttls-not-offered", "STARTTLS"),
            ("tls/starttls-hidden", "STARTTLS"),
            ("tls/starttls-unknown", "STARTTLS"),
            ("tls/starttls-refused-with-every-code", "STARTTLS"),
            ("tls/starttls-goodbye", "421"),
            ("tls/smtp-ehlo-refused", "EHLO"),
            ("imap/capability-no", "CAPABILITY"),
            ("imap/capabilities-empty", "CAPABILITY"),
        ],
    ),
    (
        "order: logins are offered beside STARTTLS",
        &[("tls/starttls-refused", "starttls"), ("tls/login-only-inside-tls", "starttls")],
    ),
    (
        "PREAUTH before TLS",
        &[
            ("tls/imap-preauth", "preauth"),
            ("tls/imap-preauth-without-starttls", "preauth"),
            ("tls/capabilities-change", "X-BEFORE-TLS"),
        ],
    ),
    ("referrals before TLS", &[("tls/imap-referral-before-tls", "REFERRAL")]),
    (
        "replies in the same write as that to STARTTLS, or a moment later",
        &[
            ("tls/smtp-injection", "STARTTLS"),
            ("tls/imap-injection", "STARTTLS"),
            ("tls/smtp-late-injection", "200ms"),
            ("tls/imap-late-injection", "200ms"),
        ],
    ),
    ("untagged data before TLS", &[("tls/imap-data-before-tls", "EXISTS"), ("tls/capabilities-change", "X-BEFORE-TLS")]),
    (
        "the state of the session in clear is kept",
        &[("tls/starttls-offered-again", "STARTTLS"), ("tls/capabilities-change", "X-BEFORE-TLS")],
    ),
    ("texts for the user before TLS", &[("tls/imap-alert-before-tls", "[ALERT]")]),
    (
        "greetings: tagged, behind noise, twice, of every code; replies out of order",
        &[
            ("imap/greeting-tagged", "OK"),
            ("imap/greeting-behind-noise", "send"),
            ("imap/two-greetings", "OK"),
            ("imap/reply-before-data", "rewrite"),
            ("smtp/greeting-of-every-code", "554 5.3.2"),
            ("smtp/greeting-noise", "garbage"),
        ],
    ),
    (
        "certificates, over STARTTLS and on the TLS ports",
        &[
            ("tls/expired-certificate", "starttls"),
            ("tls/not-yet-valid-certificate", "starttls"),
            ("tls/wrong-host-certificate", "starttls"),
            ("tls/self-signed-certificate", "starttls"),
            ("tls/untrusted-root-certificate", "starttls"),
            ("tls/incomplete-chain-certificate", "starttls"),
            ("tls/wrong-key-certificate", "starttls"),
            ("tls/wrong-usage-certificate", "starttls"),
        ],
    ),
];
