//! What the client must do, in words: a sentence for each key of `[expect]`.

use std::time::Duration;

use super::words::{self, expected, time};
use crate::proto::Protocol;
use crate::scenario::{Expect, Expectations, Expected, Gaps, Scenario};

/// A sentence for each expectation, in the order of the keys.
pub(super) fn sentences(scenario: &Scenario) -> Vec<String> {
    let Expectations { all, smtp, imap, abandoned_after } = &scenario.expect;
    let abandoned = Duration::from_nanos(*abandoned_after);
    let mut out = Vec::new();
    for (expect, protocol) in [(all, None), (smtp, Some(Protocol::Smtp)), (imap, Some(Protocol::Imap))] {
        let start = match protocol {
            Some(protocol) => format!("{}: ", protocol.name().to_uppercase()),
            None => String::new(),
        };
        out.extend(
            of_one(expect, protocol, abandoned)
                .into_iter()
                .map(|text| if protocol.is_none() { words::sentence(&text) } else { words::sentence(&format!("{start}{text}")) }),
        );
    }
    out
}

fn of_one(expect: &Expect, protocol: Option<Protocol>, abandoned: Duration) -> Vec<String> {
    let Expect {
        connections,
        messages,
        duplicates,
        lost,
        attempts,
        recovers,
        gap,
        gaps,
        backoff_growing,
        gives_up,
        quiet,
        unread,
        seen_without_body,
        secrets_in_clear,
        after_goodbye,
        abandoned: left,
        unclean_ends,
        left_dialogue,
        oddities,
        client_exit,
    } = expect;
    let twice = match protocol {
        Some(Protocol::Smtp) => "stored twice for a recipient",
        Some(Protocol::Imap) => "handled on two connections",
        None => "stored twice for a recipient, or handled on two IMAP connections",
    };
    let silent = format!("left silent for {} or more", time(abandoned));
    let mut out = Vec::new();
    let mut count = |value: &Option<Expected>, none: &str, some: &str| {
        let Some(value) = value else { return };
        out.push(match value.ranges[..] {
            [(0, Some(0))] => none.to_owned(),
            _ => format!("{some} {}", expected(value, |n| n.to_string())),
        });
    };
    count(connections, "the client never connects", "the number of connections is");
    count(messages, "no message is stored", "the number of messages stored is");
    count(duplicates, &format!("no message is {twice}"), &format!("the number of messages {twice} is"));
    count(lost, "no message is acknowledged and never stored", "the number of messages acknowledged and never stored is");
    count(attempts, "no message is even attempted", "the number of attempts for each message is");
    count(unread, "no message is left unread", "the number of messages left unread is");
    count(
        seen_without_body,
        "no message is marked as seen, or removed, whose body the client never had whole",
        "the number of messages that were marked as seen, or removed, and whose body the client never had whole is",
    );
    count(secrets_in_clear, "no password is sent without TLS", "the number of passwords sent without TLS is");
    count(after_goodbye, "no command follows the server's goodbye", "the number of commands after the server's goodbye is");
    count(left, &format!("no connection is {silent}"), &format!("the number of connections {silent} is"));
    count(
        unclean_ends,
        "the client ends no connection without QUIT or LOGOUT",
        "the number of connections that the client ends without QUIT or LOGOUT is",
    );
    count(
        left_dialogue,
        "the client never says anything else than its dialogue, nor less",
        "the number of connections on which the client says something else than its dialogue, or less, is",
    );
    count(oddities, "the client makes no mistake in the protocol", "the number of the client's mistakes in the protocol is");
    let mut duration = |value: &Option<Expected>, text: &str| {
        let Some(value) = value else { return };
        out.push(format!("{text} {}", expected(value, |ns| time(Duration::from_nanos(ns)))));
    };
    duration(recovers, "the time from the first fault to the first success after it is");
    duration(gap, "the time from the end of each broken connection to the next connection is");
    duration(gives_up, "the client gives up waiting after");
    duration(quiet, "the longest time without a completed command is");
    if let Some(Gaps { text: _, are, within }) = gaps {
        let are: Vec<String> = are.iter().map(|&ns| time(Duration::from_nanos(ns))).collect();
        out.push(format!(
            "the times from the end of a broken connection to the next are {}, each give or take {} %",
            words::list(&are, " and then "),
            within * 100.0
        ));
    }
    if *backoff_growing {
        out.push("the client waits at least twice between connections, and never shorter than the time before".to_owned());
    }
    if let Some(code) = client_exit {
        out.push(match code.ranges[..] {
            [(0, None)] => "under `mailfault run`, the command may end with any exit code".to_owned(),
            _ => format!("under `mailfault run`, the exit code of the command is {}", expected(code, |n| n.to_string())),
        });
    }
    out
}
