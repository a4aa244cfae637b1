//! What kills a listener, or has it lose mail in silence: answers that JavaMail takes for something else than they are.

use super::{SHORT, Tried, is_installed, run};
use crate::harness::{Scenario, Server, built_in_text};

/// A heap in which a literal of 900 MB has no room.
const SMALL_HEAP: &str = "-Xmx64m";

/// A scenario, what the first two polls come to, and the exit code of the verdict.
type Row<'a> = (&'static str, &'a [&'a str], &'a [&'a str], i32);

/// One JVM polls each scenario twice.
fn poll_twice(rows: &[Row<'_>], properties: &[&str]) {
    if !is_installed() {
        return;
    }
    let servers: Vec<Server> = rows.iter().map(|row| Server::start(row.0)).collect();
    let mut words: Vec<String> = SHORT.iter().chain(properties).map(|&word| word.to_owned()).collect();
    for server in &servers {
        words.extend([format!("imap={}", server.imap), format!("user={}", server.user), format!("password={}", server.password)]);
        words.extend(["imap-poll".to_owned(), "imap-poll".to_owned()]);
    }
    let tried = run(&[SMALL_HEAP.to_owned()], &words);
    assert_eq!(tried.len(), 2 * rows.len());
    for (((scenario, first, second, code), server), tried) in rows.iter().zip(servers).zip(tried.chunks(2)) {
        for (tried, expected) in tried.iter().zip([first, second]) {
            let found = match tried {
                Tried::Said(said) => vec![said.as_str()],
                Tried::Threw(_) => tried.texts(),
            };
            assert_eq!(found, **expected, "{scenario}: {tried:?}");
        }
        let stopped = server.stop_with_code(*code);
        let failed = stopped.output.contains("failed `expect.imap.seen_without_body`");
        assert_eq!(failed, *code == 1, "{scenario}: {}", stopped.output);
        // The evidence names the message.
        let evidence = stopped.output.contains("in INBOX of test has flags (\\Seen)");
        assert_eq!(evidence, *code == 1, "{scenario}: {}", stopped.output);
    }
}

const BOTH_EMPTY: &[&str] = &["Message 1 (empty), Message 2 (empty)"];
const NOTHING_LEFT: &[&str] = &[""];

/// No exception, an empty message, and it is marked as seen: the mail is lost.
const SILENT_LOSS: [Row<'_>; 9] = [
    ("imap/body-no", BOTH_EMPTY, NOTHING_LEFT, 1),
    ("imap/fetch-without-data", BOTH_EMPTY, NOTHING_LEFT, 1),
    ("imap/fetch-nil", BOTH_EMPTY, NOTHING_LEFT, 1),
    ("imap/fetch-unparsable", BOTH_EMPTY, NOTHING_LEFT, 1),
    ("imap/fetch-of-another-message", &["Message 1 (empty), Message 2"], NOTHING_LEFT, 1),
    ("imap/fetch-of-unknown-message", BOTH_EMPTY, NOTHING_LEFT, 1),
    // Whose it is, JavaMail does not look.
    ("imap/fetch-of-another-section", &["Message 1, Message 2"], NOTHING_LEFT, 1),
    ("imap/literal-of-negative-size", BOTH_EMPTY, NOTHING_LEFT, 1),
    ("listener/body-without-data", &["Unread 1 (empty), Unread 2 (empty), Unread 3 (empty)"], NOTHING_LEFT, 1),
];

#[test]
fn mail_is_lost_in_silence_and_the_verdict_shows_which() {
    poll_twice(&SILENT_LOSS, &[]);
}

#[test]
fn mail_is_lost_in_silence_when_it_is_fetched_in_one_piece_too() {
    poll_twice(&SILENT_LOSS, &["mail.imap.partialfetch=false"]);
}

#[test]
fn literals_of_the_wrong_size_kill_the_listener_or_lose_mail() {
    const CLOSED: &[&str] = &["com.sun.mail.util.FolderClosedIOException: null"];
    const CLOSED_RESET: &[&str] =
        &["javax.mail.FolderClosedException: * BYE Jakarta Mail Exception: java.net.SocketException: Connection reset"];
    poll_twice(
        &[
            // Neither is a MessagingException, which is what listeners catch. The server has marked the message, as BODY[] has it.
            ("imap/literal-of-2-gib", &["java.lang.IndexOutOfBoundsException: null"], &["Message 2"], 1),
            ("imap/literal-of-900-mb", &["java.lang.OutOfMemoryError: Java heap space"], &["Message 2"], 1),
            ("imap/literal-of-4-gib", BOTH_EMPTY, NOTHING_LEFT, 1),
            ("imap/literal-beyond-64-bits", BOTH_EMPTY, NOTHING_LEFT, 1),
            // The rest is waited for, until the time-out.
            ("imap/literal-shorter-than-announced", CLOSED, &["Message 2"], 1),
            ("imap/literal-longer-than-announced", BOTH_EMPTY, NOTHING_LEFT, 1),
            ("imap/literal-a-little-longer-than-announced", BOTH_EMPTY, NOTHING_LEFT, 1),
            ("imap/reset-mid-literal", CLOSED_RESET, &["Message 1, Message 2"], 0),
            ("imap/close-mid-body", CLOSED, &["Message 1, Message 2"], 0),
        ],
        &[],
    );
}

#[test]
fn other_answers_have_their_exceptions_or_are_passed_over() {
    const UNAVAILABLE: &str = "* BYE [UNAVAILABLE] Temporary System Error";
    const BOTH: &[&str] = &["Message 1, Message 2"];
    let bye =
        [format!("javax.mail.MessagingException: {UNAVAILABLE}"), format!("com.sun.mail.iap.ConnectionException: {UNAVAILABLE}")];
    let texts = |texts: &'_ [String; 2]| texts.clone().map(|text| &*text.leak());
    poll_twice(
        &[
            ("imap/greeting-bye", &texts(&bye), BOTH, 0),
            ("imap/greeting-preauth", BOTH, NOTHING_LEFT, 0),
            (
                "imap/mail-expunged-before-fetch",
                &["com.sun.mail.util.MessageRemovedIOException: null"],
                &["Message 2, Message 3"],
                0,
            ),
            ("imap/search-out-of-range", BOTH, NOTHING_LEFT, 0),
            ("imap/whole-message-for-a-part", BOTH, NOTHING_LEFT, 0),
            (
                "imap/access-token-expired",
                &["com.sun.mail.util.FolderClosedIOException: null"],
                &["Message 1, Message 2, Message 3"],
                0,
            ),
        ],
        &[],
    );
}

#[test]
fn every_refusal_of_a_login_looks_like_a_wrong_password() {
    if !is_installed() {
        return;
    }
    let server = Server::start("auth/imap-refused-with-every-code");
    let tried = super::probe(&server, &["repeat=9", "imap-poll"]);
    let (last, refused) = tried.split_last().expect("nine polls");
    assert_eq!(last, &Tried::said("Message 1, Message 2"));
    let code = "INUSE LIMIT CONTACTADMIN PRIVACYREQUIRED AUTHORIZATIONFAILED SERVERBUG ALERT".split(' ');
    for (tried, code) in refused.iter().zip(code) {
        let expected = format!("javax.mail.AuthenticationFailedException: [{code}] ");
        assert!(tried.texts()[0].starts_with(&expected), "{code}: {tried:?}");
    }
    assert!(
        refused.iter().all(|tried| tried.texts()[0].starts_with("javax.mail.AuthenticationFailedException: ")),
        "{refused:?}"
    );
    server.stop_with_code(0);
}

#[test]
fn a_structure_that_cannot_be_read_is_an_exception_each_time() {
    if !is_installed() {
        return;
    }
    let server = Server::start("imap/bodystructure-unparsable");
    for tried in super::probe(&server, &["imap-poll", "imap-poll"]) {
        assert_eq!(tried.texts(), ["javax.mail.MessagingException: Unable to load BODYSTRUCTURE"]);
    }
    assert!(server.stop_with_code(1).output.contains("failed `expect.imap.unread`: expected 0, found 2"));
}

#[test]
fn a_provider_that_throttles_closes_the_folder_and_a_listener_that_goes_on_reads_all() {
    const DROPPED: &str =
        "javax.mail.FolderClosedException: * BYE Jakarta Mail Exception: java.io.IOException: Connection dropped by server?";
    if !is_installed() {
        return;
    }
    let server = Server::start("imap/throttled-after-five-fetches");
    let tried = super::probe(&server, &["imap-poll", "until-ok:imap-poll"]);
    assert_eq!(tried[0].texts().first(), Some(&DROPPED), "{tried:?}");
    assert!(matches!(tried.last(), Some(Tried::Said(_))), "{tried:?}");
    server.stop_with_code(0);
    let server = Server::start("listener/throttled");
    let tried = super::probe(&server, &["until-ok:imap-poll"]);
    assert_eq!(tried[0].texts(), ["com.sun.mail.util.FolderClosedIOException: null"], "{tried:?}");
    assert_eq!(tried.last(), Some(&Tried::said("Unread 1, Unread 2, Unread 3")));
    server.stop_with_code(0);
}

#[test]
fn idle_has_no_time_out_and_the_verdict_shows_the_silence() {
    if !is_installed() {
        return;
    }
    // Ten time-outs.
    let patience = ["mail.imap.timeout=200", "patience=2000", "imap-idle-patiently"];
    let text =
        built_in_text("listener/idle-dies-while-mail-arrives").replace("[expect.imap]\n", "[expect.imap]\nabandoned = 0\n");
    let server = Server::start_with(Scenario::Text(text), &["--time-scale", "0.001"]);
    assert_eq!(super::probe(&server, &patience), [Tried::said("still waiting")]);
    // The JVM is gone, and its connection with it: the server must have seen that before it is asked.
    server.await_events("end", 1);
    let stopped = server.stop_with_code(1);
    for key in ["quiet", "unread", "abandoned", "connections"] {
        assert!(stopped.output.contains(&format!("failed `expect.imap.{key}`")), "{key}: {}", stopped.output);
    }
}

#[test]
fn bad_to_idle_is_waited_on_until_the_time_out_or_until_the_peer_closes() {
    if !is_installed() {
        return;
    }
    let server = Server::start("imap/idle-refused");
    let tried = super::probe(
        &server,
        &["patience=1000", "imap-idle-patiently", "mail.imap.timeout=200", "patience=60000", "imap-idle-patiently"],
    );
    assert_eq!(tried[0], Tried::said("still waiting"));
    let timed_out =
        "javax.mail.FolderClosedException: * BYE Jakarta Mail Exception: java.net.SocketTimeoutException: Read timed out";
    assert_eq!(tried[1].texts().first(), Some(&timed_out), "{tried:?}");
    drop(server);
    let closes =
        "[[fault]]\non = \"imap\"\nat = \"IDLE\"\ndo = [{ reply = \"BAD Unknown command\" }, { delay = \"300ms\" }, \"close\"]\n";
    let server = Server::start(Scenario::Text(closes.to_owned()));
    let closed =
        "javax.mail.FolderClosedException: * BYE Jakarta Mail Exception: java.io.IOException: Connection dropped by server?";
    assert_eq!(super::probe(&server, &["imap-idle"])[0].texts().first(), Some(&closed));
    server.stop_with_code(0);
}
