//! Every key and step of the language has its words, and every built-in scenario reads well.

use std::collections::BTreeSet;

use super::*;
use crate::scenario::{Source, builtin, load, schema};

fn explained(toml: &str) -> String {
    let scenario = load(&Source::new("test", toml), 1.0).unwrap_or_else(|problems| panic!("{toml}\n{problems}"));
    text(&scenario)
}

/// As one line, so that a test does not depend on where lines end.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of a table's keys in the JSON Schema: all that a scenario file may say.
fn keys(definition: &str) -> BTreeSet<String> {
    let schema = schema();
    let table = if definition.is_empty() { &schema } else { &schema["$defs"][definition] };
    table["properties"].as_object().unwrap_or_else(|| panic!("{definition} in {schema:#}")).keys().cloned().collect()
}

fn covered(rows: &[(&str, &str, &str)]) -> BTreeSet<String> {
    rows.iter().map(|(name, ..)| (*name).to_owned()).collect()
}

#[test]
fn a_reset_in_the_greeting() {
    let text = text(&scenario::resolve("smtp/reset-mid-greeting", 1.0).unwrap());
    assert_eq!(
        text,
        "\
smtp/reset-mid-greeting
Connection reset in the middle of the SMTP greeting

The server
  smtp    SMTP without TLS, on port 3025
  imap    IMAP without TLS, on port 3143
  smtps   SMTP with TLS from the first byte, on port 3465
  imaps   IMAP with TLS from the first byte, on port 3993
  Any name with any password logs in, and has a mailbox of its own.

SMTP, connection by connection
  1st connection:
    - At the greeting, the server sends the first 11 bytes of the greeting, then resets the
      connection (RST). (`mid-greeting`)
  2nd connection and later:
    - Nothing goes wrong.

IMAP
  Nothing goes wrong in IMAP.

What the client must do
  - SMTP: the number of connections is at least 2.
  - SMTP: the number of messages stored is exactly 1.
  - SMTP: no message is stored twice for a recipient.
  - Under `mailfault run`, the command ends with exit code 0.
  - `mid-greeting` must act at least once; otherwise nothing was tested, and the verdict is
    inconclusive.

How to run it
  mailfault serve smtp/reset-mid-greeting
  mailfault run smtp/reset-mid-greeting -- COMMAND
"
    );
}

#[test]
fn two_scenarios_at_once() {
    let text = flat(&text(&scenario::resolve("smtp/greylisting+network/outage+network/slow-link", 1.0).unwrap()));
    for words in [
        "SMTP, connection by connection From 10s to 40s after the start, the port is closed, and connections are refused. (`outage`)",
        "Where `greylist` and `slow-link` meet at one moment, they act in this order as one list, up to the first that sends",
        "Every connection: - At `RCPT`, the server replies `451 4.7.1 Greylisted, please try again in a minute`. Only in the first 1m \
         after it first came up for each client address, sender and recipient. (`greylist`)",
        "mailfault run smtp/greylisting+network/outage+network/slow-link -- COMMAND",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn connections_are_told_in_their_order_and_each_fault_once_in_full() {
    let fault = |name: &str, connections: &str| {
        format!("[[fault]]\nname = \"{name}\"\non = \"smtp\"\nat = \"EHLO\"\ndo = \"close\"\n{connections}\n")
    };
    let text = [
        fault("first", "connections = \"1,4-\""),
        fault("middle", "connections = \"2-4\""),
        fault("third", "connections = \"every 3\""),
        fault("all", "times = 2"),
    ]
    .concat();
    let text = flat(&explained(&text));
    let smtp = text.split("SMTP, connection by connection ").nth(1).unwrap().split(" IMAP ").next().unwrap();
    let close = |name: &str| format!("- At `EHLO`, the server closes the connection (FIN). (`{name}`)");
    let (first, middle, third) = (close("first"), close("middle"), close("third"));
    assert_eq!(
        smtp,
        format!(
            "Where `first`, `middle`, `third` and `all` meet at one moment, they act in this order as one list, up to the first that sends \
             something or ends the connection. Every connection: - At `EHLO`, the server closes the connection (FIN). Twice at most. (`all`) \
             1st connection: {first} 2nd and 3rd connection: {middle} 4th connection: - `first` again, as above. - `middle` again, as above. \
             5th connection and later: - `first` again, as above. Every 3rd connection (3rd, 6th, ...): {third}"
        )
    );
}

/// (step, a fault's keys, what must be said)
const STEPS: &[(&str, &str, &str)] = &[
    ("pass", "at = 'EHLO'\ndo = 'pass'", "the server sends the normal reply."),
    (
        "cut",
        "at = 'EHLO'\ndo = [{ cut = 5 }, { delay = '1s' }, 'pass']",
        "sends the first 5 bytes of the normal reply, then waits 1s, then sends what is left of the normal reply.",
    ),
    ("cut", "at = 'EHLO'\ndo = { cut = -2 }", "sends the normal reply without its last 2 bytes."),
    (
        "cut",
        "at = 'tls'\ndo = [{ cut = '50%' }, 'reset']",
        "When the client has begun the TLS handshake, the server sends the first 50 % of its first handshake messages, then resets the connection (RST).",
    ),
    (
        "cut",
        "at = 'EHLO'\ndo = [{ cut = 9, raw = true }, 'close']",
        "sends the first 9 bytes of the TLS records of the normal reply, then closes",
    ),
    ("reply", "at = 'MAIL'\ndo = { reply = '450 Later' }", "At `MAIL`, the server replies `450 Later`."),
    ("reply", "at = 'MAIL'\ndo = { reply = \"450 Later\\nor never\" }", "replies with the lines `450 Later` and `or never`."),
    ("send", "at = 'EHLO'\ndo = { send = \"250 x\\r\\n\" }", "sends the bytes `250 x\\r\\n`."),
    ("send", "at = 'EHLO'\ndo = { send = 'x', repeat = 3, every = '1s' }", "sends the bytes `x`, 3 times, 1s apart."),
    ("send", "at = 'EHLO'\ndo = { send = 'x', repeat = 3, raw = true }", "sends the bytes `x`, 3 times in a row, below TLS."),
    ("send_hex", "at = 'EHLO'\ndo = { send_hex = 'ff00' }", "sends the bytes `\\xff\\x00`."),
    ("garbage", "at = 'EHLO'\ndo = { garbage = 512 }", "sends 512 bytes of noise, drawn from the seed."),
    ("no-reply", "at = 'NOOP'\ndo = 'no-reply'", "the server says nothing, while the conversation goes on."),
    (
        "rewrite",
        "at = 'EHLO'\ndo = { rewrite = { find = '250', with = '251' } }",
        "puts `251` for every match of the pattern `250` in what it says next, then sends the normal reply.",
    ),
    (
        "rewrite",
        "at = 'FETCH'\ndo = { rewrite = { find = 'a', with = '', in = 'mail' } }",
        "leaves out every match of the pattern `a` in the mail that it sends next",
    ),
    (
        "misread",
        "at = 'FETCH'\ndo = { misread = { find = 'BODY', with = 'RFC822' } }",
        "takes the command for another one: it puts `RFC822` for every match of the pattern `BODY` in its line",
    ),
    ("tell", "at = 'FETCH'\ndo = 'tell'", "tells all news of the mailbox in this reply, also those that may not stand there"),
    (
        "corrupt",
        "at = 'EHLO'\ndo = { corrupt = { at = 20 } }",
        "flips a bit in byte 20 (counted from 0) of what it says next, then sends the normal reply.",
    ),
    ("corrupt", "at = 'EHLO'\ndo = { corrupt = { at = 20, raw = true } }", "of the TLS records that it sends next"),
    (
        "dribble",
        "at = 'greeting'\ndo = { dribble = { every = '100ms' } }",
        "sends what follows in pieces of 1 byte, 100ms apart, then sends the greeting.",
    ),
    ("delay", "at = 'EHLO'\ndo = { delay = '2s' }", "waits 2s, then sends the normal reply as usual."),
    ("delay", "at = 'EHLO'\ndo = { delay = { min = '1s', max = '3s' } }", "waits from 1s to 3s, drawn from the seed"),
    (
        "reset",
        "at = 'message'\ndo = 'reset'",
        "When a whole message has arrived, the server resets the connection (RST). By then the message is stored.",
    ),
    ("reset", "at = 'EHLO'\ndo = { reset = '0ms' }", "resets the connection (RST) as soon as all bytes have arrived."),
    ("reset", "at = 'EHLO'\ndo = { reset = '2s' }", "resets the connection (RST) 2s after all bytes have arrived."),
    ("close", "at = 'QUIT'\ndo = { close = 'no-notify' }", "closes the connection (FIN) without the close_notify of TLS."),
    (
        "half-close",
        "at = 'EHLO'\ndo = 'half-close'",
        "closes its side of the connection (FIN) and still reads what the client sends.",
    ),
    ("stall", "at = 'EHLO'\ndo = 'stall'", "says nothing more and reads all that comes, until the client gives up."),
    ("stall", "at = 'EHLO'\ndo = { stall = '9s' }", "says nothing for 9s while it reads all that comes"),
    (
        "stop-reading",
        "at = 'content'\nafter_bytes = '64 KiB'\ndo = 'stop-reading'",
        "When 64 KiB of a message have arrived, the server neither says nor reads anything more, until the client gives up.",
    ),
    (
        "stop-reading",
        "at = 'content'\ndo = { stop-reading = '9s' }",
        "When the first byte of a message has arrived, the server neither says nor reads anything for 9s, then goes on as usual.",
    ),
    (
        "store",
        "on = 'smtp'\nat = 'message'\ndo = ['store', { reply = '451 x' }]",
        "keeps the message, whatever it says, then replies `451 x`.",
    ),
    ("lose", "at = 'message'\ndo = ['lose', 'pass']", "loses the message, whatever it says, then sends the normal reply."),
    ("lose", "at = 'STORE'\ndo = ['lose', 'pass']", "does nothing of what the command wants, whatever it says"),
    (
        "refuse",
        "at = 'connect'\nduring = '10s-40s'\ndo = 'refuse'",
        "From 10s to 40s after the start, the port is closed, and connections are refused.",
    ),
    (
        "blackhole",
        "at = 'connect'\nduring = '10s-'\ndo = 'blackhole'",
        "From 10s after the start on, the port does not answer, as behind a firewall that drops.",
    ),
    (
        "hide",
        "at = 'EHLO'\ndo = { hide = ['SIZE', 'AUTH'] }",
        "hides the capability `SIZE` and `AUTH` in this reply, then sends the normal reply as usual.",
    ),
    (
        "offer",
        "at = 'connect'\ndo = { offer = 'XYZ' }",
        "As soon as a client has connected, the server offers the capability `XYZ` for the whole connection, then goes on as usual.",
    ),
    (
        "deliver",
        "at = 'IDLE'\ndo = { deliver = { count = 2, subject = 'Hi', from = 'a@b.test', size = '1 MiB', flags = ['\\Seen'] } }",
        "puts 2 new messages `Hi` from `a@b.test`, padded to 1 MiB, with the flag `\\Seen` into the selected mailbox (or INBOX)",
    ),
    ("expunge", "at = 'IDLE'\ndo = { expunge = '1-3', mailbox = 'Sent' }", "removes messages 1 to 3 from `Sent`"),
    (
        "flags",
        "at = 'IDLE'\ndo = { flags = { messages = 2, add = ['\\Seen'], remove = ['\\Deleted'] } }",
        "sets `\\Seen` and clears `\\Deleted` on message 2 of the selected mailbox (or INBOX)",
    ),
    (
        "uidvalidity",
        "at = 'SELECT'\ndo = { uidvalidity = 'new' }",
        "gives the selected mailbox (or INBOX) a new UIDVALIDITY and its messages new UIDs",
    ),
    (
        "uidnext",
        "at = 'SELECT'\ndo = { uidnext = 3 }",
        "tells the UIDNEXT 3 for the selected mailbox (or INBOX) until the next message comes",
    ),
    (
        "certificate",
        "at = 'tls'\ndo = { certificate = 'expired' }",
        "shows a certificate that expired a year ago, then goes on with the handshake.",
    ),
    ("tls_versions", "at = 'tls'\ndo = { tls_versions = '1.2' }", "speaks only TLS 1.2, then goes on with the handshake."),
    ("require-client-certificate", "at = 'tls'\ndo = 'require-client-certificate'", "demands a certificate of the client"),
    (
        "alert",
        "at = 'tls'\ndo = { alert = 'handshake_failure' }",
        "sends the TLS alert `handshake_failure` and closes the connection (FIN).",
    ),
];

#[test]
fn every_step_has_its_words() {
    let schema = schema();
    let forms = schema["$defs"]["step"]["oneOf"].as_array().expect("the steps");
    let name = |form: &serde_json::Value| form["const"].as_str().or(form["required"][0].as_str()).map(str::to_owned);
    let known: BTreeSet<String> = forms.iter().filter_map(name).collect();
    assert_eq!(covered(STEPS), known);
    for (_, fault, words) in STEPS {
        let text = flat(&explained(&format!("[[fault]]\nname = 'x'\n{fault}\n")));
        assert!(text.contains(words), "{words}\n{text}");
    }
}

/// (key, a fault's keys, what must be said)
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "since",
        "name = 'first'\nat = 'EHLO'\ndo = { delay = '1s' }\n[[fault]]\nat = 'MAIL'\nduring = '0s-30s'\nsince = 'first'\ndo = 'close'",
        "Only in the first 30s after `first` has acted.",
    ),
    ("name", "name = 'one'\nat = 'EHLO'\ndo = 'close'", "(`one`)"),
    (
        "on",
        "on = 'imaps'\nat = 'LOGIN'\ndo = 'close'",
        "IMAP with TLS from the first byte, connection by connection (these are counted on their own)",
    ),
    ("at", "at = ['EHLO', 'HELO', 'greeting']\ndo = 'close'", "At `HELO` or `EHLO` or at the greeting, the server closes"),
    ("after_bytes", "at = 'content'\nafter_bytes = '1 KiB'\ndo = 'close'", "When 1 KiB of a message have arrived"),
    ("after", "at = 'silence'\nafter = '30s'\ndo = 'close'", "When the client has been silent for 30s, the server closes"),
    (
        "every",
        "at = 'age'\nafter = '2m'\nevery = '10s'\ndo = { reply = { smtp = '250 x', imap = 'OK x' } }",
        "When the connection has been open for 2m, and every 10s from then on, the server replies",
    ),
    (
        "where",
        "at = 'MAIL'\nwhere = { sender = ['*@a.test', 'b'] }\ndo = 'close'",
        "Only where the sender fits `*@a.test` or `b`.",
    ),
    ("connections", "at = 'EHLO'\nconnections = '2-3'\ndo = 'close'", "2nd and 3rd connection:"),
    ("during", "at = 'EHLO'\nduring = '10s-'\ndo = 'close'", "Only from 10s after the start."),
    ("during", "at = 'EHLO'\nduring = '10s-20s'\ndo = 'close'", "Only from 10s to 20s after the start."),
    ("nth", "at = 'EHLO'\nnth = 'every 3'\ndo = 'close'", "Only every 3rd time that this comes up."),
    (
        "within",
        "at = 'MAIL'\nnth = '4-'\nwithin = '1m'\ndo = 'close'",
        "Only each from the 4th on time that this comes up within 1m.",
    ),
    ("concurrent", "at = 'EHLO'\nconcurrent = '4-'\ndo = 'close'", "Only while 4 or more connections are open."),
    ("chance", "at = 'EHLO'\nchance = 0.1\ndo = 'close'", "With a chance of 10 %, drawn from the seed."),
    ("times", "at = 'EHLO'\ntimes = 3\ndo = 'close'", "At most 3 times."),
    (
        "per",
        "at = 'MAIL'\ntimes = 1\nper = ['peer', 'sender']\ndo = 'close'",
        "Once at most, counted for each client address and sender.",
    ),
    ("optional", "at = 'EHLO'\noptional = true\ndo = 'close'", "It need not happen for the test to pass."),
    ("do", "at = 'EHLO'\ndo = 'close'", "closes the connection (FIN)."),
];

#[test]
fn every_condition_has_its_words() {
    assert_eq!(covered(FAULTS), keys("fault"));
    for (key, fault, words) in FAULTS {
        let text = flat(&explained(&format!("[[fault]]\n{fault}\n")));
        assert!(text.contains(words), "{key}: {words}\n{text}");
    }
}

/// (key, its value and moment, what must be said)
const WHERES: &[(&str, &str, &str)] = &[
    ("refused", "true\nat = 'credentials'", "Only for credentials that are wrong."),
    ("refused", "false\nat = 'credentials'", "Only for credentials that are right."),
    ("user", "'bob'\nat = 'SELECT'", "Only where the user is `bob`."),
    ("sender", "'a*'\nat = 'MAIL'", "Only where the sender fits `a*`."),
    ("recipient", "'a'\nat = 'RCPT'", "Only where a recipient is `a`."),
    ("mailbox", "'Sent'\nat = 'SELECT'", "Only where the mailbox is `Sent`."),
    ("mechanism", "'PLAIN'\nat = 'AUTH'", "Only where the mechanism of the login is `PLAIN`."),
    ("argument", "'*BODY*'\nat = 'FETCH'", "Only where what follows the command's name fits `*BODY*`."),
    ("ehlo", "'x'\nat = 'EHLO'", "Only where the name that the client gave itself in EHLO is `x`."),
    ("sni", "'x'\nat = 'tls'", "Only where the server name that the client asked for in the TLS handshake is `x`."),
    ("tls", "true\nat = 'EHLO'", "Only with TLS."),
    ("tls", "false\nat = 'EHLO'", "Only without TLS."),
    ("fired", "'other'\nat = 'QUIT'", "Only after `other` has acted on this connection."),
];

#[test]
fn every_key_of_where_has_its_words() {
    assert_eq!(covered(WHERES), keys("where"));
    for (key, value, words) in WHERES {
        let other = "[[fault]]\nname = 'other'\nat = 'EHLO'\ndo = { delay = '1s' }\n";
        let text = flat(&explained(&format!("{other}[[fault]]\ndo = 'close'\nwhere.{key} = {value}\n")));
        assert!(text.contains(words), "{key}: {words}\n{text}");
    }
}

/// (key, its value, what must be said)
const EXPECTATIONS: &[(&str, &str, &str)] = &[
    ("connections", "'2-3'", "The number of connections is from 2 to 3."),
    ("messages", "{ min = 1 }", "The number of messages stored is at least 1."),
    ("duplicates", "0", "No message is stored twice for a recipient, or handled on two IMAP connections."),
    ("lost", "1", "The number of messages acknowledged and never stored is exactly 1."),
    ("attempts", "{ max = 3 }", "The number of attempts for each message is at most 3."),
    ("recovers", "{ max = '30s' }", "The time from the first fault to the first success after it is at most 30s."),
    ("gap", "'9m-11m'", "The time from the end of each broken connection to the next connection is from 9m to 11m."),
    (
        "gaps",
        "{ are = ['10m', '15m'], within = '5%' }",
        "The times from the end of a broken connection to the next are 10m and then 15m, each give or take 5 %.",
    ),
    ("backoff", "'growing'", "The client waits at least twice between connections, and never shorter than the time before."),
    ("gives_up", "{ min = '5s' }", "The client gives up waiting after at least 5s."),
    ("quiet", "{ max = '1m' }", "The longest time without a completed command is at most 1m."),
    ("unread", "0", "No message is left unread."),
    ("seen_without_body", "0", "No message is marked as seen, or removed, whose body the client never had whole."),
    ("secrets_in_clear", "0", "No password is sent without TLS."),
    ("after_goodbye", "'1,3'", "The number of commands after the server's goodbye is exactly 1 or exactly 3."),
    ("abandoned", "0", "No connection is left silent for 30s or more."),
    ("unclean_ends", "0", "The client ends no connection without QUIT or LOGOUT."),
    ("left_dialogue", "0", "The client never says anything else than its dialogue, nor less."),
    ("oddities", "0", "The client makes no mistake in the protocol."),
    ("client_exit", "1", "Under `mailfault run`, the exit code of the command is exactly 1."),
    ("smtp", "{ messages = 1 }", "SMTP: the number of messages stored is exactly 1."),
    ("imap", "{ duplicates = 0 }", "IMAP: no message is handled on two connections."),
];

#[test]
fn every_expectation_has_its_words() {
    assert_eq!(covered(EXPECTATIONS), keys("expect"));
    for (key, value, words) in EXPECTATIONS {
        let text = flat(&explained(&format!("[expect]\n{key} = {value}\n")));
        assert!(text.contains(words), "{key}: {words}\n{text}");
    }
}

#[test]
fn a_dialogue_is_told_with_its_steps() {
    let script = "S: * OK ready\nC: <t> LOGIN *\n! delay 200ms\nS: <t> OK in\nC: <t> IDLE\nS- * 3 EXI\n! reset\n";
    let text = flat(&explained(&format!("[[dialogue]]\non = \"imap\"\nconnections = \"1\"\nscript = '''\n{script}'''\n")));
    for words in [
        "1st connection: - As soon as a client has connected, the server follows a script, word for word, that waits for 2 lines of the client. \
         In line 3, it waits 200ms (`dialogue-1:3`). Behind what it says in line 6, it resets the connection (RST) (`dialogue-1:6`). (`dialogue-1`)",
        "2nd connection and later: - Nothing goes wrong.",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let many = "! delay 1s\nS: *\nC: x\n".repeat(20);
    let text = flat(&explained(&format!("[[dialogue]]\non = \"imap\"\nscript = '''\n{many}'''\n")));
    assert!(text.contains("There are 8 more such steps."), "{text}");
}

#[test]
fn the_server_is_told_with_all_that_is_unusual() {
    let text = flat(&explained(
        r#"
[[listen]]
name = "submission"
protocol = "smtp"
port = 0
tls = "starttls"
[[listen]]
name = "imap"
[[user]]
name = "bob"
password = "secret"
mechanisms = ["PLAIN", "LOGIN"]
quota = { storage = "10 MiB", messages = 5 }
[[mailbox]]
name = "Sent"
special_use = '\Sent'
subscribed = false
uidvalidity = 7
[[mail]]
user = "bob"
mailbox = "Sent"
subject = "Old"
[[mail]]
count = 3
every = "10s"
[smtp]
hostname = "mail.test"
greeting = "hello"
offer = "XYZ"
before_tls = { hide = "AUTH" }
size_limit = "1 MiB"
recipients_limit = 1
require_auth = true
[imap]
greeting = "there"
after_tls = { offer = "ABC" }
after_login = { hide = "IDLE" }
preauth = "bob"
size_limit = "2 MiB"
quota = { messages = 1 }
[announce]
host = "wrong.test"
ports = { submission = 26 }
[[fault]]
on = "submission"
at = "EHLO"
do = "close"
"#,
    ));
    for words in [
        "submission SMTP with STARTTLS, on any free port",
        "The user `bob` logs in with the password `secret`, by PLAIN or LOGIN only, and has room for 10 MiB and 5 messages.",
        "Every account holds at most 1 message.",
        "Every user has a mailbox `Sent` for `\\Sent` with the UIDVALIDITY 7, not subscribed.",
        "1 message `Old` from `sender@mailfault.test` is in Sent of `bob`.",
        "from `sender@mailfault.test` arrive one by one, 10s apart, in INBOX of every user.",
        "The SMTP server calls itself `mail.test`.",
        "The SMTP server greets with `hello`.",
        "The SMTP server also offers `XYZ`.",
        "The SMTP server does not show `AUTH` while TLS is not up.",
        "The SMTP server takes messages of at most 1 MiB.",
        "The SMTP server takes at most 1 recipient for a message.",
        "The SMTP server takes mail only after a login.",
        "The IMAP server greets with `there`.",
        "The IMAP server greets with PREAUTH: `bob` is logged in from the start.",
        "The IMAP server also offers `ABC` while TLS is up.",
        "The IMAP server does not show `IDLE` while a user is logged in.",
        "The IMAP server takes messages of at most 2 MiB in APPEND.",
        "Clients are told to connect to the host `wrong.test`.",
        "Clients are told that `submission` is on port 26.",
        "The port `submission`, connection by connection (these are counted on their own)",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn every_built_in_scenario_reads_well() {
    for name in builtin::names() {
        let scenario = scenario::resolve(name, 1.0).unwrap();
        let text = text(&scenario);
        for fault in &scenario.faults {
            assert!(text.contains(&format!("(`{}`)", fault.name)), "{name}: {} is left out\n{text}", fault.name);
        }
        // What stands in quotations is the scenario's own.
        let own: String = flat(&text).split('`').step_by(2).collect::<Vec<_>>().join("quoted");
        for odd in ["Some(", "None", "{", "}", "[", "]", "..", " .", " ,", "  ", "\"", "::", "??"] {
            assert!(!own.replace(", ...)", ")").contains(odd), "{name}: {odd:?} in\n{text}");
        }
        for bullet in text.split("\n    - ").skip(1) {
            let bullet = flat(bullet.split("\n  ").next().unwrap_or_default());
            assert!(bullet.starts_with(|c: char| c.is_uppercase() || c == '`'), "{name}: {bullet}");
        }
        for line in text.lines().filter(|line| !line.contains('`')) {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    }
}
