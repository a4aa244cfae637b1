//! What the server says in a provider's own words, and what it shows in place of its own capabilities.

use std::sync::Arc;

use crate::proto::TlsMode;
use crate::proto::dialogue::Dialogue;
use crate::proto::imap::{self, ImapSession};
use crate::proto::smtp::{self, SmtpSession};
use crate::scenario::language::{IMAP_WORDS, SMTP_WORDS, TableDef};
use crate::scenario::{Scenario, Source, load};

fn read(text: &str) -> Scenario {
    load(&Source::new("test.toml", text), 1.0).unwrap_or_else(|problems| panic!("{problems}"))
}

fn on_smtp(text: &str, tls: TlsMode) -> Dialogue {
    let Scenario { smtp, store, .. } = read(text);
    Dialogue::with_store(SmtpSession::new(Arc::new(smtp::Config::new(smtp, tls))), store)
}

fn on_imap(text: &str, tls: TlsMode) -> Dialogue {
    let Scenario { imap, store, .. } = read(text);
    Dialogue::with_store(ImapSession::new(Arc::new(imap::Config { spec: imap, tls })), store)
}

#[test]
fn the_language_has_every_word_that_the_servers_have() {
    let keys = |table: &TableDef| table.keys.iter().map(|key| key.name).collect::<Vec<_>>();
    assert_eq!(keys(&SMTP_WORDS), smtp::WORDS.iter().map(|word| word.key).collect::<Vec<_>>());
    assert_eq!(keys(&IMAP_WORDS), imap::WORDS.iter().map(|word| word.key).collect::<Vec<_>>());
}

#[test]
fn smtp_speaks_in_other_words() {
    let mut d = on_smtp(
        r#"
[smtp]
hostname = "mx.test"
hello = "mx.test at your service"
size_limit = "100 B"
recipients_limit = 1
require_auth = true
[smtp.words]
login_first = "530 5.7.57 who are you?"
wrong_password = "535 5.7.3 no"
login = "235 2.7.0 yes"
mail = "250 2.1.0 from {sender}"
rcpt = "250 2.1.5 to {recipient}"
data = "354 go"
message = "250-2.6.0 {message_id}\n2.6.0 {size} octets, {id}"
rset = "250 2.0.0 resetting"
noop = "250 2.0.0 fine"
size_too_large = "552 5.3.4 announced too much"
message_too_large = "552 5.2.3 too much"
too_many_recipients = "452 4.5.3 one"
quit = "221 2.0.0 gone"
[[user]]
name = "bob"
password = "secret"
"#,
        TlsMode::None,
    );
    d.play(
        "C: HELO c
         S: 250 mx.test at your service
         C: NOOP
         S: 250 2.0.0 fine
         C: MAIL FROM:<a@b>
         S: 530 5.7.57 who are you?
         C: AUTH PLAIN AGJvYgB3cm9uZw==
         S: 535 5.7.3 no
         C: AUTH PLAIN AGJvYgBzZWNyZXQ=
         S: 235 2.7.0 yes
         C: MAIL FROM:<a@b> SIZE=101
         S: 552 5.3.4 announced too much
         C: MAIL FROM:<a@b>
         S: 250 2.1.0 from a@b
         C: RCPT TO:<bob@d>
         S: 250 2.1.5 to bob@d
         C: RCPT TO:<e@f>
         S: 452 4.5.3 one
         C: DATA
         S: 354 go
         C: Message-ID: <1@b>
         C:
         C: x
         C: .
         S: 250-2.6.0 <1@b>
         S: 250 2.6.0 24 octets, bde77ec5fbbf922c
         C: RSET
         S: 250 2.0.0 resetting
         C: QUIT
         S: 221 2.0.0 gone",
    );
}

#[test]
fn smtp_shows_exactly_what_it_is_told_to() {
    const TEXT: &str = r#"
[smtp]
hostname = "mx.test"
size_limit = "7 B"
offer = ["XYZ"]
before_tls = { only = ["SIZE", "STARTTLS", "8BITMIME"] }
after_tls = { only = ["AUTH XOAUTH2", "SIZE 8", "STARTTLS"], hide = ["XYZ"] }
"#;
    let mut d = on_smtp(TEXT, TlsMode::Starttls);
    d.play(
        "C: EHLO c
         S: 250-mx.test
         S: 250-SIZE 7
         S: 250-STARTTLS
         S: 250-8BITMIME
         S: 250 XYZ
         C: STARTTLS
         S: 220 2.0.0 Ready to start TLS
         C: EHLO c
         S: 250-mx.test
         S: 250-AUTH XOAUTH2
         S: 250 SIZE 8
         C: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgdG9rZW4BAQ==
         S: 235 2.7.0 Authentication succeeded",
    );
    on_smtp(TEXT, TlsMode::None).play(
        "C: EHLO c
         S: 250-mx.test
         S: 250-SIZE 7
         S: 250-8BITMIME
         S: 250 XYZ",
    );
}

#[test]
fn imap_speaks_in_other_words() {
    const TEXT: &str = r#"
[imap]
greeting = "ready"
greeting_capability = false
login_capability = "line"
id = '"name" "Other"'
before_tls = { only = ["IMAP4rev1", "AUTH=PLAIN", "STARTTLS"] }
after_login = { only = ["IMAP4rev1", "IDLE", "X"] }
[imap.words]
completed = "{command} completed."
wrong_password = "{command} failed."
login = "{user} authenticated"
bye = "signing off."
idle = "IDLE accepted"
literal = "Ready"
[[user]]
name = "bob"
password = "secret"
"#;
    let mut d = on_imap(TEXT, TlsMode::Starttls);
    d.play(
        "S: * OK ready
         C: a CAPABILITY
         S: * CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS
         S: a OK CAPABILITY completed.
         C: b LOGIN bob x
         S: b NO LOGIN failed.
         C: c LOGIN bob {6}
         S: + Ready
         C: secret
         S: * CAPABILITY IMAP4rev1 IDLE X
         S: c OK bob authenticated
         C: d ID NIL
         S: * ID (\"name\" \"Other\")
         S: d OK ID completed.
         C: e CREATE x
         S: e OK CREATE completed.
         C: f IDLE
         S: + IDLE accepted
         C: DONE
         S: f OK IDLE completed.
         C: g LOGOUT
         S: * BYE signing off.
         S: g OK LOGOUT completed.",
    );
    let mut d = on_imap(&TEXT.replace("line", "none").replace("login = \"{user} authenticated\"\n", ""), TlsMode::None);
    d.play(
        "C: a CAPABILITY
         S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
         S: a OK CAPABILITY completed.
         C: b AUTHENTICATE PLAIN
         S: +
         C: AGJvYgB3cm9uZw==
         S: b NO AUTHENTICATE failed.
         C: c LOGIN bob secret
         S: c OK LOGIN completed.",
    );
}
