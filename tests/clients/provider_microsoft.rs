//! Microsoft 365 and Exchange: what Python's smtplib and imaplib are told by the healthy ones, and by each refusal, word for word (`provider_microsoft.py`); what
//! JavaMail makes of some; and how they join with other scenarios.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::process::Command;

use super::{javamail, python};
use crate::harness::{self, Server, built_in_names, for_each_at_once, mailfault};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/provider_microsoft.py");

/// Scenario, the client's verbs, and a piece of what each said; `sent` where it succeeded in sending.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const M365: &[Row] = &[
    (
        "provider/microsoft-365-concurrent-connections",
        &["smtp", "hold-smtp:3", "smtp"],
        &[
            "sent",
            "",
            "SMTPDataError: (432, b'4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. [Hostname=AM0PR",
        ],
    ),
    (
        "provider/microsoft-365-sender-thread-limit",
        &["smtp", "smtp"],
        &["SMTPDataError: (432, b'4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded [Hostname=", "sent"],
    ),
    (
        "provider/microsoft-365-recipient-thread-limit",
        &["smtp", "smtp"],
        &["SMTPDataError: (432, b'4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", "sent"],
    ),
    ("provider/microsoft-365-rate-limit", &["smtp:31"], &["sent"]),
    (
        "provider/microsoft-365-daily-limit",
        &["smtp"],
        &["SMTPDataError: (554, b\"5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException;"],
    ),
    (
        "provider/microsoft-365-server-busy",
        &["smtp", "smtp"],
        &["SMTPSenderRefused: (451, b'4.7.500 Server busy. Please try again later from [127.0.0.1].", "sent"],
    ),
    (
        "provider/microsoft-365-temporary-server-error",
        &["smtp", "smtp", "smtp", "smtp"],
        &[
            "SMTPAuthenticationError: (451, b'4.7.0 Temporary server error. Please try again later. PRX4 [",
            "SMTPSenderRefused: (451, b'4.7.0 Temporary server error. Please try again later. PRX5 [",
            "SMTPDataError: (451, b'4.7.0 Temporary server error. Please try again later. PRX5 [",
            "sent",
        ],
    ),
    (
        "provider/microsoft-365-wrong-password",
        &["smtp", "imap"],
        &[
            "SMTPAuthenticationError: (535, b'5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
            "error: b'LOGIN failed.'",
        ],
    ),
    (
        "provider/microsoft-365-basic-auth-disabled",
        &["smtp", "imap", "token"],
        &[
            "SMTPAuthenticationError: (535, b'5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "error: b'LOGIN failed.'",
            "(235, b'2.7.0 Authentication successful') ('OK', [b'AUTHENTICATE completed.'])",
        ],
    ),
    (
        "provider/microsoft-365-smtp-auth-disabled",
        &["smtp"],
        &["(535, b'5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."],
    ),
    (
        "provider/microsoft-365-smtp-auth-disabled-for-mailbox",
        &["smtp"],
        &["(535, b'5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."],
    ),
    (
        "provider/microsoft-365-security-defaults",
        &["smtp", "imap"],
        &[
            "(535, b\"5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
            "LOGIN failed.",
        ],
    ),
    (
        "provider/microsoft-365-authentication-unsuccessful",
        &["smtp", "imap"],
        &["(535, b'5.7.3 Authentication unsuccessful [AM0PR", "LOGIN failed."],
    ),
    ("provider/microsoft-365-token-refused", &["token"], &["(535, b'5.7.3 Authentication unsuccessful [AM0PR"]),
    (
        "provider/microsoft-365-not-authenticated",
        &["smtp"],
        &[
            "SMTPSenderRefused: (530, b'5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM [HK2PR06CA0009",
        ],
    ),
    (
        "provider/microsoft-365-send-as-denied",
        &["smtp"],
        &[
            "SMTPDataError: (554, b'5.2.252 SendAsDenied; user@mailfault.test not allowed to send as other@mailfault.test; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied;",
        ],
    ),
    (
        "provider/microsoft-365-send-as-denied-older",
        &["smtp"],
        &["SMTPDataError: (554, b'5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"],
    ),
    (
        "provider/microsoft-365-send-as-denied-at-mail",
        &["smtp"],
        &["SMTPSenderRefused: (550, b'5.7.60 SMTP; Client does not have permissions to send as this sender"],
    ),
    (
        "provider/microsoft-365-verify-account",
        &["smtp"],
        &[
            "SMTPDataError: (554, b'5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception with message WASCL UserAction verdict is not None. Actual verdict is RefuseQuota, ShowTierUpgrade.",
        ],
    ),
    ("provider/microsoft-365-outbound-spam", &["smtp"], &["Actual verdict is HipNotify, ShowTierUpgrade."]),
    (
        "provider/microsoft-365-bad-outbound-sender",
        &["smtp"],
        &["SMTPDataError: (550, b'5.1.8 Access denied, bad outbound sender"],
    ),
    (
        "provider/microsoft-365-spam-abuse",
        &["smtp"],
        &["SMTPRecipientsRefused: {'test@mailfault.test': (550, b'5.7.501 Access denied, spam abuse detected"],
    ),
    (
        "provider/microsoft-365-sender-authentication",
        &["smtp"],
        &[
            "SMTPDataError: (550, b\"5.7.515 Access denied, sending domain mailfault.test doesn't meet the required authentication level.",
        ],
    ),
    (
        "provider/microsoft-365-blocked",
        &["smtp"],
        &["SMTPSenderRefused: (550, b\"5.7.1 Unfortunately, messages from [127.0.0.1] weren't sent."],
    ),
    ("provider/microsoft-365-banned", &["smtp"], &["(550, b'5.7.606 Access denied, banned sending IP [127.0.0.1]."]),
    (
        "provider/microsoft-365-tls-required",
        &["smtp", "clear"],
        &["sent", "SMTPSenderRefused: (451, b'5.7.3 STARTTLS is required to send mail ["],
    ),
    (
        "provider/microsoft-365-message-too-large",
        &["smtp"],
        &["SMTPSenderRefused: (552, b'5.3.4 Message size exceeds fixed maximum message size'"],
    ),
    ("provider/microsoft-365-message-too-large-at-the-end", &["smtp"], &["SMTPDataError: (552, b'5.2.3 Message size exceeds"]),
    (
        "provider/microsoft-365-header-too-large",
        &["smtp"],
        &["SMTPDataError: (552, b'5.3.4 Header size exceeds fixed maximum size'"],
    ),
    ("provider/microsoft-365-too-many-recipients", &["rcpt:3"], &["{'r2@mailfault.test': (452, b'4.5.3 Too many recipients')}"]),
    (
        "provider/microsoft-365-unknown-mailbox",
        &["smtp"],
        &["(550, b'5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"],
    ),
    (
        "provider/microsoft-365-mailbox-full",
        &["smtp"],
        &["SMTPDataError: (554, b'5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException"],
    ),
    (
        "provider/microsoft-365-idle-timeout",
        &["idle", "smtp"],
        &[
            "451 4.7.0 Timeout waiting for client input [AM0PR08CA0010.eurprd08.prod.outlook.com 2026-03-02T09:00:00.000Z 08DE783F2A5C1B0D], then closed",
            "sent",
        ],
    ),
    ("provider/microsoft-365-session-too-long", &["idle", "smtp"], &["421 4.4.1 Connection timed out.", "sent"]),
    ("provider/microsoft-365-connection-dropped", &["idle", "smtp"], &["421 4.4.2 Connection dropped", "sent"]),
    (
        "provider/microsoft-365-imap-token-expires",
        &["imap", "imap"],
        &["abort: command: FETCH => Session invalidated - AccessTokenExpired", ", "],
    ),
    ("provider/microsoft-365-imap-not-connected", &["imap", "imap"], &["User is authenticated but not connected.", ", "]),
    (
        "provider/microsoft-365-imap-too-many-connections",
        &["imap", "hold-imap:20", "imap"],
        &[", ", "", "User is authenticated but not connected."],
    ),
    (
        "provider/microsoft-365-imap-throttled",
        &["imap", "imap", "imap"],
        &[
            "NO Request is throttled. Suggested Backoff Time: 299961 milliseconds",
            "Request is throttled. Suggested Backoff Time: 89117 milliseconds",
            ", ",
        ],
    ),
];

const EXCHANGE: &[Row] = &[
    (
        "provider/exchange-concurrent-connections",
        &["smtp", "hold-smtp:20", "smtp"],
        &[
            "sent",
            "",
            "SMTPConnectError: (421, b'4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel')",
        ],
    ),
    (
        "provider/exchange-rate-limit",
        &["smtp:6", "smtp"],
        &["(421, b'4.4.2 Message submission rate for this client has exceeded the configured limit'", "(421, b'4.4.2 "],
    ),
    (
        "provider/exchange-back-pressure",
        &["smtp", "smtp"],
        &["SMTPSenderRefused: (452, b'4.3.1 Insufficient system resources", "sent"],
    ),
    (
        "provider/exchange-server-busy",
        &["smtp", "smtp", "smtp"],
        &[
            "(451, b'4.7.0 Temporary server error. Please try again later. PRX5')",
            "(451, b'4.7.0 Temporary server error. Please try again later. PRX4'",
            "sent",
        ],
    ),
    (
        "provider/exchange-wrong-password",
        &["smtp", "imap"],
        &["SMTPAuthenticationError: (535, b'5.7.3 Authentication unsuccessful')", "LOGIN failed."],
    ),
    ("provider/exchange-not-authenticated", &["smtp"], &["SMTPSenderRefused: (530, b'5.7.1 Client was not authenticated'"]),
    ("provider/exchange-relay-denied", &["smtp"], &["(550, b'5.7.54 SMTP; Unable to relay recipient in non-accepted domain')"]),
    (
        "provider/exchange-send-as-denied",
        &["smtp"],
        &["SMTPSenderRefused: (550, b'5.7.60 SMTP; Client does not have permissions to send as this sender'"],
    ),
    ("provider/exchange-tls-required", &["smtp", "clear"], &["sent", "(530, b'5.7.0 Must issue a STARTTLS command first'"]),
    ("provider/exchange-message-too-large", &["smtp"], &["(552, b'5.3.4 Message size exceeds fixed maximum message size'"]),
    (
        "provider/exchange-unknown-mailbox",
        &["smtp"],
        &["(550, b'5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup')"],
    ),
    (
        "provider/exchange-too-many-errors",
        &["rcpt:2", "smtp"],
        &["(421, b'4.7.0 Too many errors on this connection, closing transmission channel')", "sent"],
    ),
    ("provider/exchange-idle-timeout", &["idle", "smtp"], &["451 4.7.0 Timeout waiting for client input, then closed", "sent"]),
    ("provider/exchange-session-too-long", &["idle", "smtp"], &["421 4.4.1 Connection timed out", "sent"]),
    (
        "provider/exchange-imap-too-many-connections",
        &["imap", "hold-imap:16", "imap"],
        &[", ", "", "User is authenticated but not connected."],
    ),
];

#[test]
fn microsoft_365_refuses_in_its_own_words() {
    refuses("microsoft-365", M365);
}

#[test]
fn exchange_refuses_in_its_own_words() {
    refuses("exchange", EXCHANGE);
}

fn refuses(provider: &str, rows: &[Row]) {
    let prefix = format!("provider/{provider}-");
    let names = built_in_names().into_iter().filter(|name| name.starts_with(&prefix));
    let untested: Vec<String> = names.filter(|name| !rows.iter().any(|(row, ..)| row == name)).collect();
    assert!(untested.is_empty(), "{untested:?}");
    if !python::is_installed() {
        return;
    }
    for_each_at_once(rows, |&(scenario, verbs, said)| {
        let server = Server::start_with(scenario, &["--time-scale", time_scale(scenario)]);
        let tried = probe(&server, verbs);
        assert_eq!(tried.len(), said.len(), "{scenario}: {tried:?}");
        for ((ok, found), said) in tried.iter().zip(said) {
            assert!(found.contains(said) && (*ok || *said != "sent"), "{scenario}: {said}\n{tried:#?}");
        }
        let stopped = server.stop();
        assert!(
            stopped.journal.iter().any(|line| line["event"] == "fault" || line["event"] == "limit"),
            "{scenario}: no fault\n{}",
            stopped.output
        );
    });
}

#[test]
fn the_healthy_ones_speak_as_the_real_ones_do() {
    if !python::is_installed() {
        return;
    }
    for provider in ["provider/microsoft-365", "provider/exchange"] {
        let server = Server::start(provider);
        let tried = probe(&server, &["hello", "imap", "folders"]);
        let [(true, smtp), (true, read), (true, imap)] = &tried[..] else { panic!("{provider}: {tried:#?}") };
        assert_eq!((smtp.as_str(), imap.as_str()), expected(provider), "{provider}");
        assert_eq!(read, "0", "{provider}");
        server.stop_with_code(0);
    }
}

/// Waits of minutes become waits of a second or two; the others stay long enough that no client meets them by chance.
fn time_scale(scenario: &str) -> &'static str {
    match scenario {
        "provider/microsoft-365-idle-timeout" => "0.02",
        "provider/exchange-idle-timeout" => "0.005",
        _ if scenario.ends_with("-session-too-long") => "0.003",
        _ if scenario.ends_with("-connection-dropped") => "0.5",
        _ => "0.1",
    }
}

/// What the client saw of SMTP, without 220 and codes of continuation lines, and of IMAP.
fn expected(provider: &str) -> (&'static str, &'static str) {
    match provider {
        "provider/exchange" => (EXCHANGE_SMTP, EXCHANGE_IMAP),
        _ => (M365_SMTP, M365_IMAP),
    }
}

const M365_SMTP: &str = "220 AM0PR08CA0010.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 09:00:00 +0000 [08DE783F2A5C1B0D]
250 AM0PR08CA0010.outlook.office365.com Hello [127.0.0.1]
SIZE 157286400
PIPELINING
DSN
ENHANCEDSTATUSCODES
STARTTLS
8BITMIME
BINARYMIME
CHUNKING
SMTPUTF8
530 5.7.57 Client not authenticated to send mail. [AM0PR08CA0010.eurprd08.prod.outlook.com 2026-03-02T09:00:00.000Z 08DE783F2A5C1B0D]
220 2.0.0 SMTP server ready
250 AM0PR08CA0010.outlook.office365.com Hello [127.0.0.1]
SIZE 157286400
PIPELINING
DSN
ENHANCEDSTATUSCODES
AUTH LOGIN XOAUTH2
8BITMIME
BINARYMIME
CHUNKING
SMTPUTF8
235 2.7.0 Authentication successful
250 2.0.0 OK
250 2.0.0 Resetting
250 2.1.0 Sender OK
250 2.1.5 Recipient OK
250 2.0.0 OK <0@probe.test> [Hostname=AM0PR08MB3010.eurprd08.prod.outlook.com]
221 2.0.0 Service closing transmission channel";
const M365_IMAP: &str = r#"* OK The Microsoft Exchange IMAP4 service is ready. [QQBNADAAUABSADAAOABDAEEAMAAwADEAMAA=]
IMAP4 IMAP4REV1 LOGINDISABLED STARTTLS SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+
IMAP4 IMAP4REV1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+
LOGIN completed.
IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+
(\HasNoChildren) "/" Archive
(\HasNoChildren) "/" Calendar
(\HasNoChildren) "/" Contacts
(\HasNoChildren) "/" "Conversation History"
(\HasNoChildren \Trash) "/" "Deleted Items"
(\HasNoChildren \Drafts) "/" Drafts
(\HasNoChildren) "/" INBOX
(\HasNoChildren) "/" Journal
(\HasNoChildren \Junk) "/" "Junk Email"
(\HasNoChildren) "/" Notes
(\HasNoChildren) "/" Outbox
(\HasNoChildren \Sent) "/" "Sent Items"
(\HasNoChildren) "/" Tasks
Microsoft Exchange Server IMAP4 server signing off."#;
const EXCHANGE_SMTP: &str = "220 EX01.corp.mailfault.test Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 10:00:00 +0100
250 EX01.corp.mailfault.test Hello [127.0.0.1]
SIZE 36700160
PIPELINING
DSN
ENHANCEDSTATUSCODES
STARTTLS
8BITMIME
BINARYMIME
CHUNKING
SMTPUTF8
530 5.7.57 Client was not authenticated to send anonymous mail during MAIL FROM
220 2.0.0 SMTP server ready
250 EX01.corp.mailfault.test Hello [127.0.0.1]
SIZE 36700160
PIPELINING
DSN
ENHANCEDSTATUSCODES
AUTH LOGIN
8BITMIME
BINARYMIME
CHUNKING
SMTPUTF8
235 2.7.0 Authentication successful
250 2.0.0 OK
250 2.0.0 Resetting
250 2.1.0 Sender OK
250 2.1.5 Recipient OK
250 2.6.0 <0@probe.test> [InternalId=4964982194178, Hostname=EX01.corp.mailfault.test] 102 bytes in 0.140, 9.6 KB/sec Queued mail for delivery
221 2.0.0 Service closing transmission channel";
const EXCHANGE_IMAP: &str = r#"* OK The Microsoft Exchange IMAP4 service is ready.
IMAP4 IMAP4REV1 LOGINDISABLED STARTTLS UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+
IMAP4 IMAP4REV1 AUTH=PLAIN UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+
LOGIN completed.
IMAP4 IMAP4rev1 AUTH=PLAIN UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+
(\HasNoChildren) "/" Calendar
(\HasNoChildren) "/" Contacts
(\HasNoChildren \Trash) "/" "Deleted Items"
(\HasNoChildren \Drafts) "/" Drafts
(\HasNoChildren) "/" INBOX
(\HasNoChildren) "/" Journal
(\HasNoChildren \Junk) "/" "Junk Email"
(\HasNoChildren) "/" Notes
(\HasNoChildren) "/" Outbox
(\HasNoChildren \Sent) "/" "Sent Items"
(\HasNoChildren) "/" Tasks
Microsoft Exchange Server IMAP4 server signing off."#;

#[test]
fn a_client_that_does_not_try_again_or_hides_a_refusal_is_found_out() {
    if !python::is_installed() {
        return;
    }
    let rows = [
        ("provider/microsoft-365-server-busy", "smtp", "failed `expect.smtp.connections`: expected { min = 2 }, found 1"),
        // This client always ends with 0.
        ("provider/microsoft-365-send-as-denied", "smtp", "failed `expect.client_exit`: expected { min = 1 }, found 0"),
        (
            "provider/microsoft-365-wrong-password",
            "smtp smtp imap imap",
            "failed `expect.connections`: expected { min = 1, max = 3 }, found 4",
        ),
        ("provider/microsoft-365-imap-not-connected", "imap", "failed `expect.imap.unread`: expected 0, found 2"),
        ("provider/exchange-tls-required", "clear smtp", "all "),
    ];
    for_each_at_once(&rows, |&(scenario, verbs, said)| {
        let script = format!(
            "exec python3 '{SCRIPT}' $MAILFAULT_HOST:$MAILFAULT_SMTP_PORT $MAILFAULT_HOST:$MAILFAULT_IMAP_PORT $MAILFAULT_CA_FILE \
             $MAILFAULT_USER $MAILFAULT_PASSWORD {verbs}"
        );
        let ran = harness::run(mailfault().args(["run", scenario, "--", "sh", "-c", &script]));
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(i32::from(said != "all ")), "{scenario}\n{all}");
        assert!(all.contains(said), "{scenario}: {said}\n{all}");
    });
}

#[test]
fn javamail_reports_refusals_in_their_words() {
    if !javamail::is_installed() {
        return;
    }
    let rows = [
        (
            "provider/microsoft-365-send-as-denied",
            "com.sun.mail.smtp.SMTPSendFailedException: 554 5.2.252 SendAsDenied; user@mailfault.test not allowed to send as other@mailfault.test; STOREDRV.",
        ),
        (
            "provider/microsoft-365-not-authenticated",
            "com.sun.mail.smtp.SMTPSendFailedException: 530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM [HK2PR06CA0009",
        ),
        (
            "provider/microsoft-365-smtp-auth-disabled",
            "javax.mail.AuthenticationFailedException: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        ),
        (
            "provider/exchange-concurrent-connections+provider/exchange-back-pressure",
            "com.sun.mail.smtp.SMTPSendFailedException: 452 4.3.1 Insufficient system resources (UsedDiskSpace)",
        ),
    ];
    for_each_at_once(&rows, |&(scenario, said)| {
        let server = Server::start(scenario);
        let trust = [
            format!("-Djavax.net.ssl.trustStore={}", server.ready("truststore")),
            format!("-Djavax.net.ssl.trustStorePassword={}", server.ready("truststore_password")),
        ];
        let mut words =
            vec![format!("smtp={}", server.smtp), format!("user={}", server.user), format!("password={}", server.password)];
        words.extend(["mail.smtp.starttls.enable=true", "mail.smtp.starttls.required=true", "smtp-send"].map(str::to_owned));
        let tried = javamail::run(&trust, &words);
        let first = tried.first().and_then(|tried| tried.texts().first().map(|text| (*text).to_owned())).unwrap_or_default();
        assert!(first.starts_with(said), "{scenario}: {tried:?}");
    });
}

#[test]
fn a_profile_joins_with_any_fault_and_not_with_another_profile() {
    let server = Server::start("provider/microsoft-365+smtp/reset-mid-greeting");
    let mut stream = TcpStream::connect(&server.smtp).expect("a connection");
    let mut greeting = Vec::new();
    let error = stream.read_to_end(&mut greeting).expect_err("a reset");
    assert_eq!((String::from_utf8_lossy(&greeting).as_ref(), error.kind()), ("220 AM0PR08", ErrorKind::ConnectionReset));
    drop(server);

    let good = harness::run(mailfault().args([
        "check",
        "provider/microsoft-365+smtp/reset-mid-greeting",
        "provider/exchange+network/*",
    ]));
    assert_eq!(good.code, Some(0), "{}{}", good.stdout, good.stderr);
    assert!(good.stdout.starts_with("provider/microsoft-365+smtp/reset-mid-greeting: good, 3 faults\n"), "{}", good.stdout);
    assert!(good.stdout.contains("provider/exchange+network/outage: good"), "{}", good.stdout);
    for command in ["check", "serve"] {
        let bad = harness::run(mailfault().args([command, "provider/exchange+provider/microsoft-365"]));
        assert_eq!(bad.code, Some(2), "{}{}", bad.stdout, bad.stderr);
        let said = "`provider/exchange` and `provider/microsoft-365` contradict each other";
        assert!(bad.stderr.contains(said) && bad.stderr.matches("error").count() == 1, "{}", bad.stderr);
    }
}

/// (whether it succeeded, what it said) for each verb.
fn probe(server: &Server, verbs: &[&str]) -> Vec<(bool, String)> {
    let mut command = Command::new("python3");
    command.args([SCRIPT, &server.smtp, &server.imap, server.ready("ca_file"), &server.user, &server.password]).args(verbs);
    let tried = harness::run_for_json(&mut command);
    tried.iter().map(|line| (line["ok"] == true, line["said"].as_str().unwrap_or_default().to_owned())).collect()
}
