//! What JavaMail is asked to do with each scenario, so that the failure shows.

use crate::harness::built_in_text;

/// Words for the probe, and how the scenario is served.
pub struct Plan {
    /// Keys and verbs; `smtp=@smtps` is the address of that listener.
    pub words: Vec<String>,
    /// `--time-scale`
    pub scale: &'static str,
    /// Resets leave the client a second to act in: it writes after what came before the reset.
    pub late: bool,
    /// What happens to the first connection happens to every one: where it is a race, it takes many to see each end of it.
    pub always: bool,
}

/// Scenario, `--time-scale`, and the verbs, where the rule for its group will not do.
const SPECIAL: &[(&str, &str, &str)] = &[
    ("auth/imap-refused-with-every-code", "1", "9*imap-poll"),
    ("auth/imap-expired-password", "1", "3*imap-poll"),
    ("auth/smtp-too-many-logins", "1", "4*smtp-send"),
    ("auth/smtp-refused-with-every-code", "1", "14*smtp-send"),
    ("auth/accounts-by-name", "1", EVERY_ACCOUNT),
    ("auth/account-locked-for-a-while", "0.4", "smtp-connect pause=6000 wait smtp-connect imap-connect until-ok:smtp-connect"),
    ("auth/password-expires-and-is-renewed", "1", "12*imap-connect"),
    ("auth/xoauth2-token-expired", "1", XOAUTH2),
    ("auth/xoauth2-reason-not-json", "1", XOAUTH2),
    ("auth/xoauth2-reason-then-silence", "1", XOAUTH2),
    ("auth/close-inside-exchange", "1", CRAM_MD5),
    ("auth/goodbye-inside-exchange", "1", CRAM_MD5),
    ("auth/reset-inside-exchange", "1", CRAM_MD5),
    ("auth/stall-inside-exchange", "1", CRAM_MD5),
    ("smtp/greeting-of-every-code", "1", "10*smtp-send"),
    ("smtp/421-between-messages", "1.5", "pause=fault smtp-send-two smtp-send"),
    ("smtp/221-between-messages", "1.5", "pause=fault smtp-send-two smtp-send"),
    ("smtp/close-between-messages", "1.5", "pause=fault smtp-send-two smtp-send"),
    ("smtp/reset-between-messages", "1.5", "pause=fault smtp-send-two smtp-send"),
    ("smtp/421-at-the-end-of-a-session", "0.5", "pause=fault smtp-send-two smtp-send"),
    ("smtp/octet-by-octet", "0.05", "2*smtp-send"),
    ("smtp/endless-ehlo", "1", "patience=3000 patiently:smtp-send smtp-send"),
    ("smtp/test-ok-run-fails", "1", TEST_AND_RUN_SMTP),
    ("smtp/sporadic-reset-at-mail", "1", "smtp-connect smtp-send smtp-connect smtp-send"),
    ("smtp/not-safe-listed-at-mail", "1", "smtp-connect smtp-send"),
    ("smtp/not-safe-listed-at-rcpt", "1", "smtp-connect 2*smtp-send"),
    ("smtp/send-as-denied-at-mail", "1", "smtp-connect smtp-send"),
    ("smtp/send-as-denied-at-rcpt", "1", "smtp-connect smtp-send"),
    ("smtp/verify-account", "1", "smtp-connect smtp-send"),
    ("smtp/reputation-421-at-greeting", "1", "4*smtp-send"),
    ("smtp/reputation-550-at-message", "1", "smtp-connect smtp-send"),
    ("smtp/error-queue", "1", "smtp-connect smtp-send"),
    ("smtp/queue-stuck", "0.002", "smtp-connect until-ok:smtp-send"),
    ("imap/test-ok-run-fails", "1", "imap-connect imap-poll imap-connect 3*imap-poll"),
    ("smtp/reset-at-second-message", "1", "smtp-send-two smtp-send"),
    ("smtp/reset-mid-large-content", "1", "size=8000000 2*smtp-send"),
    ("smtp/stop-reading-content", "1", "size=8000000 mail.smtp.writetimeout=2000 2*smtp-send"),
    ("smtp/too-many-connections", "1", "count=5 smtp-many smtp-send"),
    ("smtp/rate-limit", "1", "12*smtp-send"),
    ("smtp/greylisting", "0.02", "until-ok:smtp-send"),
    ("smtp/slow-250", "0.05", "2*smtp-send"),
    ("smtp/slow-replies", "0.1", "2*smtp-send"),
    ("smtp/drip-greeting", "0.2", "2*smtp-send"),
    ("imap/slow-replies", "0.1", "2*imap-poll"),
    ("imap/drip-greeting", "0.2", "2*imap-poll"),
    ("imap/drip-body", "0.1", "2*imap-poll"),
    ("imap/endless-responses", "1", "patience=3000 patiently:imap-poll imap-poll"),
    ("imap/fetch-no-with-every-code", "1", "8*imap-poll"),
    ("imap/store-no-with-every-code", "1", "imap-poll 6*imap-store"),
    ("imap/select-no-with-every-code", "1", "10*imap-poll"),
    ("imap/bye-at-every-stage", "1", "7*imap-poll"),
    ("imap/bye-at-every-stage-without-close", "1", "7*imap-poll"),
    ("imap/stall-at-append", "1", "2*imap-append"),
    ("imap/stall-at-literal", "1", "2*imap-append"),
    ("imap/append-lost-ok", "1", "2*imap-append"),
    ("imap/too-many-connections", "1", "count=5 imap-many imap-poll"),
    ("imap/too-many-connections-of-a-user", "1", "count=17 imap-many imap-poll"),
    ("imap/too-many-connections-of-a-user-bye", "1", "count=12 imap-many imap-poll"),
    ("imap/too-many-connections-of-an-address", "1", "count=12 imap-many imap-poll"),
    ("network/firewall-drops", "0.1", "mail.smtp.connectiontimeout=500 until-ok:smtp-send"),
    ("network/firewall-rejects", "0.1", "until-ok:smtp-send"),
    ("network/outage", "0.4", "smtp-send imap-poll pause=6000 wait smtp-send imap-poll until-ok:smtp-send imap-poll"),
    ("network/well-for-a-minute", "0.1", "smtp-connect imap-connect pause=7000 wait smtp-send imap-poll"),
    ("network/nothing-listens", "1", "smtp-send imap-poll"),
    ("network/wrong-host", "1", "smtp-send imap-poll"),
    ("network/not-on-the-safe-list", "1", "mail.smtp.connectiontimeout=500 mail.imap.connectiontimeout=500 smtp-send imap-poll"),
    ("provider/dovecot-dropped-connections", "1", "3*imap-poll"),
    ("provider/dovecot-inactivity", "0.002", "pause=fault imap-late-poll imap-poll"),
    ("provider/dovecot-over-quota", "1", "imap-append imap-poll"),
    ("provider/dovecot-tls-required", "1", "2*imap-poll"),
    ("provider/dovecot-too-many-connections", "1", "count=12 imap-many imap-poll"),
    ("provider/dovecot-wrong-password", "0.1", "2*imap-poll"),
    ("provider/exchange-concurrent-connections", "1", "count=22 smtp-many smtp-send"),
    ("provider/exchange-idle-timeout", "0.01", "pause=fault smtp-send-two smtp-send"),
    ("provider/exchange-imap-too-many-connections", "1", "count=16 imap-crowd imap-poll"),
    ("provider/exchange-rate-limit", "1", "7*smtp-send"),
    ("provider/exchange-server-busy", "1", "3*smtp-send"),
    ("provider/exchange-session-too-long", "0.01", "pause=fault smtp-send-two smtp-send"),
    ("provider/exchange-wrong-password", "0.1", "2*smtp-send 2*imap-poll"),
    ("provider/gmail-daily-limit-reached", "1", "count=500 smtp-send-all smtp-send"),
    ("provider/gmail-imap-bandwidth-exceeded", "1", "3*imap-poll"),
    ("provider/gmail-imap-session-expired", "0.0015", "pause=fault imap-late-poll imap-poll"),
    ("provider/gmail-imap-temporary-system-error", "1", "3*imap-poll"),
    ("provider/gmail-imap-too-many-connections", "1", "count=16 imap-many imap-poll"),
    ("provider/gmail-receiving-too-quickly", "1", "3*smtp-send"),
    ("provider/gmail-server-busy", "1", "3*smtp-send"),
    ("provider/gmail-temporary-system-problem", "1", "5*smtp-send"),
    ("provider/gmail-timeout", "0.01", "pause=fault smtp-send-two smtp-send"),
    ("provider/gmail-token-refused", "1", TOKEN_REFUSED),
    ("provider/gmail-too-many-login-attempts", "1", "3*smtp-send"),
    ("provider/gmail-try-again-later", "1", "4*smtp-send"),
    ("provider/microsoft-365-concurrent-connections", "1", "count=3 smtp-crowd smtp-send"),
    ("provider/microsoft-365-connection-dropped", "1.5", "pause=fault smtp-send-two smtp-send"),
    ("provider/microsoft-365-idle-timeout", "0.05", "pause=fault smtp-send-two smtp-send"),
    ("provider/microsoft-365-imap-throttled", "1", "3*imap-poll"),
    ("provider/microsoft-365-imap-too-many-connections", "1", "count=20 imap-crowd imap-poll"),
    ("provider/microsoft-365-rate-limit", "0.4", "mail.smtp.timeout=30000 32*smtp-send"),
    ("provider/microsoft-365-session-too-long", "0.01", "pause=fault smtp-send-two smtp-send"),
    ("provider/microsoft-365-temporary-server-error", "1", "4*smtp-send"),
    ("provider/microsoft-365-token-refused", "1", TOKEN_REFUSED),
    ("provider/microsoft-365-too-many-recipients", "1", "recipients=4 smtp-send"),
    ("provider/postfix-client-rejected", "1", "3*smtp-send"),
    ("provider/postfix-connection-rate", "1", "31*smtp-send"),
    ("provider/postfix-greylisted", "0.01", "until-ok:smtp-send"),
    ("provider/postfix-login-rate", "1", "11*smtp-send"),
    ("provider/postfix-message-rate", "1", "11*smtp-send"),
    ("provider/postfix-recipient-rate", "1", "21*smtp-send"),
    ("provider/postfix-timeout", "0.01", "pause=fault smtp-send-two smtp-send"),
    ("provider/postfix-too-many-connections", "1", "count=51 smtp-many smtp-send"),
    ("provider/postfix-too-many-recipients", "1", "recipients=51 smtp-send"),
    ("smtp/daily-messages", "1", "count=100 smtp-send-all smtp-send"),
    ("smtp/daily-recipients", "1", "recipients=100 5*smtp-send recipients=1 smtp-send"),
    ("smtp/reset-while-connecting", "1", "mail.smtp.connectiontimeout=3000 kinds=2 kinds:smtp-send"),
    ("auth/locked-after-failed-logins", "0.05", LOCKED),
    ("auth/address-locked-after-failed-logins", "0.02", LOCKED),
    ("tls/plain-on-tls-port", "1", "smtp-send imap-poll"),
    ("tls/starttls-refused-with-every-code", "1", "7*smtp-send 7*imap-poll"),
    ("tls/starttls-not-offered-by-chance", "1", "8*smtp-send 8*imap-poll"),
    ("network/slow-link", "0.1", "smtp-send imap-poll"),
    ("network/sporadic-chance", "1", "6*smtp-send 6*imap-poll"),
    ("network/sporadic-every-third", "1", "4*smtp-send 4*imap-poll"),
    ("network/sporadic-burst", "1", "4*smtp-send 4*imap-poll"),
    ("listener/refused", "0.05", "until-ok:imap-poll"),
    ("listener/reset-six-times", "1", "7*imap-poll"),
    ("listener/every-stage", "1", "5*imap-poll"),
    ("listener/too-busy", "1", "4*imap-poll"),
    ("imap/session-expired-after-an-hour", "0.0015", "pause=fault imap-late-poll imap-poll"),
    ("listener/burst", "1", "2*imap-poll"),
    ("listener/password-expires", "1", "4*imap-connect"),
    ("listener/sporadic", "1", "8*imap-connect"),
    ("listener/expunge-lost", "1", "2*imap-expunge"),
    ("listener/move-lost", "1", "2*imap-move"),
    ("listener/autologout", "1", "patience=8000 patiently:imap-idle-on"),
    ("listener/idle-refused", "1", "patience=8000 patiently:imap-idle-on"),
    ("listener/idle-dies-while-mail-arrives", "1", "patience=3000 patiently:imap-idle-on"),
    ("listener/session-expires", "0.0015", "pause=fault imap-late-poll"),
];

const XOAUTH2: &str = "mail.smtp.auth.mechanisms=XOAUTH2 mail.imap.auth.mechanisms=XOAUTH2 4*smtp-send 4*imap-poll";

const TOKEN_REFUSED: &str = "mail.smtp.auth.mechanisms=XOAUTH2 mail.imap.auth.mechanisms=XOAUTH2 smtp-send imap-poll";

/// Five wrong passwords lock whatever there is to be locked, for a while.
const LOCKED: &str = "password=wrong 5*smtp-connect password=test smtp-connect imap-connect until-ok:smtp-connect imap-poll";

/// The only mechanism with a challenge that JavaMail (with Java's own SASL) and these scenarios have in common.
const CRAM_MD5: &str = "mail.smtp.sasl.enable=true mail.smtp.sasl.mechanisms=CRAM-MD5 mail.imap.sasl.enable=true \
                        mail.imap.sasl.mechanisms=CRAM-MD5 4*smtp-send 4*imap-poll";

const EVERY_ACCOUNT: &str = "user=expired@mailfault.test smtp-send imap-poll \
    user=locked@mailfault.test smtp-send imap-poll \
    user=disabled@mailfault.test smtp-send imap-poll \
    user=web-login@mailfault.test smtp-send imap-poll \
    user=app-password@mailfault.test smtp-send imap-poll \
    user=basic-disabled@mailfault.test smtp-send imap-poll \
    user=unavailable@mailfault.test smtp-send imap-poll \
    user=throttled@mailfault.test smtp-send imap-poll \
    user=not-connected@mailfault.test smtp-send imap-poll";

/// A test of the settings before each attempt.
const TEST_AND_RUN_SMTP: &str =
    "smtp-connect smtp-send smtp-connect smtp-send smtp-connect smtp-send smtp-connect smtp-send smtp-send";

/// Scenarios in which JavaMail writes while a reset may be on its way.
const LATE: &[&str] = &[
    "smtp/550-at-data-then-reset",
    "smtp/550-then-reset",
    "smtp/reset-after-354",
    "smtp/reset-after-greeting",
    "smtp/reset-mid-content",
    "imap/reset-after-greeting",
];

/// The plan for a built-in scenario.
pub fn plan(name: &str) -> Plan {
    let text = built_in_text(name);
    // Not what its self-test says on the wire.
    let text = text.split("\n[[wire]]").next().unwrap_or_default();
    let special = SPECIAL.iter().find(|(special, ..)| *special == name);
    let (scale, verbs) = special.map_or_else(|| ("1", usual(name, text)), |&(_, scale, verbs)| (scale, verbs));
    let mut words = vec!["mail.smtp.timeout=2000".to_owned(), "mail.imap.timeout=2000".to_owned()];
    words.extend(channel(name, text).iter().map(|&word| word.to_owned()));
    for word in verbs.split(' ') {
        let (count, verb) = word.split_once('*').unwrap_or(("1", word));
        words.extend(vec![verb.to_owned(); count.parse().expect("a number of times")]);
    }
    Plan { words, scale, late: LATE.contains(&name), always: name == "smtp/reset-while-connecting" }
}

/// By the group, and by what the scenario has faults for.
fn usual(name: &str, text: &str) -> &'static str {
    let only = |protocol: &str, other: &str| {
        let named = name.split('/').any(|part| part == protocol || part.starts_with(&format!("{protocol}-")));
        named || text.contains(&format!("on = \"{protocol}\"")) && !text.contains(&format!("on = \"{other}\""))
    };
    if name.starts_with("listener/") {
        "3*imap-poll"
    } else if name.starts_with("imap/idle-") || name == "imap/stall-at-idle" {
        "patience=3000 imap-idle-patiently imap-poll"
    } else if only("smtp", "imap") {
        "2*smtp-send"
    } else if only("imap", "smtp") {
        "2*imap-poll"
    } else {
        "2*smtp-send 2*imap-poll"
    }
}

/// To which listeners, and how TLS is begun. JavaMail 1.x compares no names unless it is told to.
fn channel(name: &str, text: &str) -> &'static [&'static str] {
    const PLAIN: &[&str] = &["smtp=@smtp", "imap=@imap"];
    const IMPLICIT: &[&str] = &[
        "smtp=@smtps",
        "imap=@imaps",
        "mail.smtp.ssl.enable=true",
        "mail.imap.ssl.enable=true",
        "mail.smtp.ssl.checkserveridentity=true",
        "mail.imap.ssl.checkserveridentity=true",
    ];
    const STARTTLS: &[&str] = &[
        "smtp=@smtp",
        "imap=@imap",
        "mail.smtp.starttls.enable=true",
        "mail.imap.starttls.enable=true",
        "mail.smtp.starttls.required=true",
        "mail.imap.starttls.required=true",
    ];
    let at_starttls = text.contains("at = \"STARTTLS\"")
        || name.contains("starttls")
        || name.contains("before-tls")
        || text.contains("preauth");
    // Providers take no login in clear. Where Gmail wants TLS, it wants it of the recipient's server.
    if name.starts_with("provider/") && (!name.ends_with("-tls-required") || name == "provider/gmail-tls-required") {
        return STARTTLS;
    }
    if !name.starts_with("tls/") || text.contains("[[listen]]") && !at_starttls {
        PLAIN
    } else if at_starttls || ["tls/capabilities-change", "tls/login-only-inside-tls", "tls/smtp-ehlo-refused"].contains(&name) {
        STARTTLS
    } else {
        IMPLICIT
    }
}
