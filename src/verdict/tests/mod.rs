use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::journal::event::{Ending, Side};
use crate::scenario::{Expect, Gaps};
use story::{Story, mail, range, within};

mod forms;
mod listener;
mod story;

use Protocol::{Imap, Smtp};

/// What a check found, and whether it held.
fn found(check: &Check) -> (&str, bool) {
    (&check.found, check.held)
}

#[test]
fn connections_are_counted_by_protocol_and_together() {
    let story = |min| {
        Story::new(|expect| {
            expect.all.connections = range(3, Some(3));
            expect.smtp.connections = range(min, None);
        })
        .polite(1, Smtp)
        .later(1_500)
        .polite(2, Imap)
        .polite(3, Imap)
    };
    let report = story(1).judge();
    assert_eq!(report.checks.iter().map(found).collect::<Vec<_>>(), [("3", true), ("1", true)]);
    assert_eq!((report.outcome, report.exit_code()), (Outcome::Passed, 0));

    let report = story(2).judge();
    assert_eq!((report.outcome, report.exit_code()), (Outcome::Failed, 1));
    let check = &report.checks[1];
    assert_eq!((check.name(), &*check.expected, found(check)), ("expect.smtp.connections".into(), "{ min = 2 }", ("1", false)));
    assert_eq!(
        check.evidence,
        [
            "00:00.000 #1 smtp  connected to smtp from 127.0.0.1:5000, connection 1 of smtp",
            "00:00.000 #1 smtp  ended by the server with FIN at EHLO: 0 octets received, 11 sent"
        ]
    );
    assert_eq!(report.checks[0].evidence[2], "00:01.500 #3 imap  connected to imap from 127.0.0.1:5000, connection 2 of imap");
}

#[test]
fn evidence_is_at_most_twenty_lines_and_a_count() {
    let mut story = Story::new(|expect| expect.all.connections = range(0, Some(1)));
    for conn in 1..=30 {
        story = story.polite(conn, Smtp);
    }
    let check = story.check("connections");
    assert_eq!((check.evidence.len(), &*check.evidence[20]), (21, "... and 10 more"));
}

#[test]
fn messages_are_transactions_that_were_stored() {
    let one = mail("1@b", "hello", &["bob", "eve"]);
    let check = Story::new(|expect| expect.smtp.messages = range(1, Some(1)))
        .connects(1, Smtp)
        .message(1, &one, false, Some(Class::No))
        .message(1, &one, true, None)
        .check("messages");
    assert_eq!(found(&check), ("1", true));
    assert_eq!(
        check.evidence,
        ["00:00.000 #1 smtp  message from <a@b.test> to <bob>, <eve> stored: 40 octets, Message-ID <1@b>"]
    );
}

#[test]
fn where_no_message_was_stored_the_ends_of_connections_are_quoted() {
    let check = Story::new(|expect| expect.smtp.messages = range(1, None))
        .connects(1, Smtp)
        .later(70)
        .ends(1, Side::Fault)
        .check("messages");
    assert_eq!(found(&check), ("0", false));
    assert_eq!(check.evidence, ["00:00.070 #1 smtp  ended by a fault with RST at EHLO: 0 octets received, 11 sent"]);
}

#[test]
fn a_message_stored_again_is_a_duplicate_for_each_recipient_that_had_it() {
    let first = mail("1@b", "hello", &["Bob@a.test"]);
    for (name, second, duplicates) in [
        ("the same Message-ID", mail("1@b", "other", &["bob@A.test", "bob@a.test"]), "1"),
        ("a new Message-ID, the same content", mail("2@b", "hello", &["bob@a.test"]), "1"),
        ("another recipient", mail("1@b", "hello", &["eve@a.test"]), "0"),
        ("another message", mail("2@b", "other", &["bob@a.test"]), "0"),
        ("no Message-ID, the same content", mail("", "hello\r\n", &["bob@a.test", "eve@a.test"]), "1"),
    ] {
        let check = Story::new(|expect| expect.smtp.duplicates = range(0, Some(0)))
            .connects(1, Smtp)
            .message(1, &first, true, None)
            .later(61_000)
            .connects(2, Smtp)
            .message(2, &second, true, Some(Class::Ok))
            .check("duplicates");
        assert_eq!(found(&check), (duplicates, duplicates == "0"), "{name}");
        if duplicates == "1" {
            assert!(check.evidence[0].ends_with("(again for <bob@a.test>: first at 00:00.000 #1)"), "{:?}", check.evidence);
        }
    }
}

#[test]
fn lost_is_acknowledged_and_stored_neither_then_nor_later() {
    let one = mail("1@b", "hello", &["bob"]);
    let story =
        || Story::new(|expect| expect.smtp.lost = range(0, Some(0))).connects(1, Smtp).message(1, &one, false, Some(Class::Ok));
    let lost = story().check("lost");
    assert_eq!(found(&lost), ("1", false));
    assert_eq!(lost.evidence, ["00:00.000 #1 smtp  message answered: yes; nothing happened"]);
    assert_eq!(found(&story().message(1, &mail("9@b", "hello", &["bob"]), true, None).check("lost")), ("0", true));
    assert_eq!(found(&story().message(1, &mail("9@b", "other", &["bob"]), true, None).check("lost")), ("1", false));
    let earlier = Story::new(|expect| expect.smtp.lost = range(0, Some(0)))
        .connects(1, Smtp)
        .message(1, &one, true, None)
        .message(1, &one, false, Some(Class::Ok));
    assert_eq!(found(&earlier.check("lost")), ("0", true));
    // Refused, or its 250 cut: the client knows.
    for class in [Some(Class::No), None] {
        let story = Story::new(|expect| expect.smtp.lost = range(0, Some(0))).connects(1, Smtp);
        assert_eq!(found(&story.message(1, &one, false, class).check("lost")), ("0", true));
    }
}

#[test]
fn attempts_are_transactions_for_each_message() {
    let story = |max, second: &Arc<crate::mail::Transaction>| {
        let begun = || Note::Begun { sender: "a@b.test".into() };
        Story::new(|expect| expect.smtp.attempts = range(1, Some(max)))
            .connects(1, Smtp)
            .note(1, begun())
            .note(1, begun())
            .message(1, &mail("1@b", "hello", &["bob"]), false, None)
            .note(1, begun())
            .message(1, second, true, Some(Class::Ok))
            .check("attempts")
    };
    assert_eq!(found(&story(2, &mail("1@b", "hello", &["bob"]))), ("3", false));
    assert_eq!(found(&story(2, &mail("2@b", "other", &["bob"]))), ("1.5 (3 transactions for 2 messages)", true));
    assert_eq!(found(&story(1, &mail("2@b", "other", &["bob"]))), ("1.5 (3 transactions for 2 messages)", false));
}

#[test]
fn recovery_is_from_the_first_fault_to_the_first_success_after_it() {
    let faulted = || {
        Story::new(|expect| expect.all.recovers = within(5_000))
            .connects(1, Smtp)
            .message(1, &mail("0@b", "before", &["bob"]), true, Some(Class::Ok))
            .later(1_000)
            .fires(1, "f", Ats::GREETING, "[\"reset\"]")
            .ends(1, Side::Fault)
            .later(2_500)
            .connects(2, Smtp)
    };
    let recovered = faulted().message(2, &mail("1@b", "x", &["bob"]), true, Some(Class::Ok)).check("recovers");
    assert_eq!(found(&recovered), ("2.5s", true));
    assert_eq!(
        recovered.evidence,
        ["00:01.000 #1 smtp  fault f fired at greeting: [\"reset\"]", "00:03.500 #2 smtp  message answered: yes; it happened"]
    );
    // A stored message whose 250 never came, and a lost one, are no success.
    let unheard = faulted().message(2, &mail("1@b", "x", &["bob"]), true, None);
    assert_eq!(
        found(&unheard.message(2, &mail("2@b", "y", &["bob"]), false, Some(Class::Ok)).check("recovers")),
        ("never", false)
    );
    let late = faulted().later(10_000).message(2, &mail("1@b", "x", &["bob"]), true, Some(Class::Ok));
    assert_eq!(found(&late.check("recovers")), ("12.5s", false));
    let imap = Story::new(|expect| expect.imap.recovers = within(5_000))
        .connects(1, Imap)
        .fires(1, "f", Ats::GREETING, "[\"reset\"]")
        .later(100)
        .answers(1, Ats::LOGIN, Some(Class::Ok))
        .answers(1, Ats::SELECT, Some(Class::No))
        .later(100)
        .answers(1, Ats::SELECT, Some(Class::Ok));
    assert_eq!(found(&imap.check("recovers")), ("200ms", true));
}

#[test]
fn a_reply_that_a_fault_had_a_say_in_is_no_recovery() {
    let fetches = |steps: &[&str]| {
        let story = Story::new(|expect| expect.imap.recovers = within(5_000)).connects(1, Imap).command(1, Ats::FETCH);
        let story = story.fires(1, "f", Ats::FETCH, steps[0]);
        let story = steps[1..].iter().fold(story, |story, step| story.step(1, step)).later(100);
        let check = story.answers(1, Ats::FETCH, Some(Class::Ok)).later(100).command(1, Ats::FETCH);
        check.answers(1, Ats::FETCH, Some(Class::Ok)).check("recovers").found
    };
    for steps in [
        &["{ reply = \"OK FETCH completed\" }"][..],
        &["{ send = \"* 4711 EXPUNGE\\r\\n\", repeat = 2 }", "\"pass\""],
        &["{ rewrite = { find = '\\d+', with = \"1\" } }"],
        &["{ delay = \"10ms\" }", "\"tell\""],
        &["\"no-reply\""],
        &["\"lose\"", "\"pass\""],
    ] {
        assert_eq!(fetches(steps), "200ms", "{steps:?}");
    }
    for steps in [
        &["{ delay = \"1s\" }"][..],
        &["{ deliver = { subject = \"reply\" } }", "\"pass\""],
        &["{ dribble = { bytes = 1, every = \"1ms\" } }"],
        &["{ stall = \"50ms\" }", "\"pass\""],
    ] {
        assert_eq!(fetches(steps), "100ms", "{steps:?}");
    }
    // What is said between two commands is not said in the next reply.
    let between = Story::new(|expect| expect.imap.recovers = within(5_000))
        .connects(1, Imap)
        .fires(1, "f", Ats::SILENCE, "{ send = \"* OK Still here\\r\\n\" }")
        .later(30)
        .command(1, Ats::FETCH)
        .answers(1, Ats::FETCH, Some(Class::Ok));
    assert_eq!(found(&between.check("recovers")), ("30ms", true));
    let smtp = Story::new(|expect| expect.smtp.recovers = within(5_000))
        .connects(1, Smtp)
        .what(1, What::Moment { at: Ats::MESSAGE, offset: 0 })
        .fires(1, "f", Ats::MESSAGE, "{ reply = \"250 OK\" }")
        .message(1, &mail("1@b", "x", &["bob"]), true, Some(Class::Ok));
    assert_eq!(found(&smtp.check("recovers")), ("never", false));
}

/// Faulted connections, each this many milliseconds before the next one.
fn gaps(expect: impl FnOnce(&mut crate::scenario::Expect), lengths: &[u64]) -> Story {
    let mut story = Story::new(|all| expect(&mut all.smtp));
    let mut conn = 1;
    for &length in lengths {
        story = story.connects(conn, Smtp).fires(conn, "f", Ats::GREETING, "[\"reset\"]").ends(conn, Side::Fault).later(length);
        conn += 1;
    }
    story.polite(conn, Smtp).later(50).polite(conn + 1, Smtp)
}

#[test]
fn every_gap_must_fit_and_those_that_do_not_are_quoted() {
    let check = gaps(|expect| expect.gap = within(1_000), &[500, 2_000, 700]).check("gap");
    assert_eq!(found(&check), ("500ms, 2s, 700ms", false));
    assert_eq!(
        check.evidence,
        [
            "00:00.500 #2 smtp  ended by a fault with RST at EHLO: 0 octets received, 11 sent",
            "00:02.500 #3 smtp  connected to smtp from 127.0.0.1:5000, connection 3 of smtp"
        ]
    );
    assert_eq!(found(&gaps(|expect| expect.gap = within(2_000), &[500, 2_000]).check("gap")), ("500ms, 2s", true));
    let never = Story::new(|expect| expect.smtp.gap = within(2_000))
        .connects(1, Smtp)
        .fires(1, "f", Ats::GREETING, "[\"reset\"]")
        .ends(1, Side::Fault)
        .check("gap");
    assert_eq!(found(&never), ("no connection came after a faulted one", false));
    assert_eq!(never.evidence, ["00:00.000 #1 smtp  ended by a fault with RST at EHLO: 0 octets received, 11 sent"]);
}

#[test]
fn gaps_are_compared_one_by_one_as_a_prefix() {
    let wanted = |are: &[u64]| {
        let are = are.iter().map(|ms| ms * 1_000_000).collect();
        move |expect: &mut crate::scenario::Expect| expect.gaps = Some(Gaps { text: "g".into(), are, within: 0.1 })
    };
    assert_eq!(found(&gaps(wanted(&[1_000, 2_000]), &[1_100, 1_800, 9_000]).check("gaps")), ("1.1s, 1.8s, 9s", true));
    assert!(!gaps(wanted(&[1_000, 2_000]), &[1_101, 2_000]).check("gaps").held);
    assert!(!gaps(wanted(&[1_000, 2_000]), &[1_000]).check("gaps").held);
}

#[test]
fn a_growing_backoff_has_two_gaps_and_none_shorter_than_the_one_before() {
    for (lengths, text, held) in [
        (&[1_000, 1_000, 2_000][..], "1s, 1s, 2s", true),
        (&[1_000, 999], "1s, 999ms", false),
        (&[1_000], "only one: 1s", false),
        (&[], "no connection came after a faulted one", false),
    ] {
        assert_eq!(found(&gaps(|expect| expect.backoff_growing = true, lengths).check("backoff")), (text, held));
    }
}

/// What is found is to be held against the words of the scenario, whatever the time scale.
#[test]
fn durations_are_those_of_the_scenario_under_a_time_scale() {
    let scaled = |expect: fn(&mut crate::scenario::Expect), lengths: &[u64]| gaps(expect, lengths).scaled(0.01);
    let are = |expect: &mut crate::scenario::Expect| {
        expect.gaps = Some(Gaps { text: "g".into(), are: vec![6_000_000_000, 9_000_000_000], within: 0.1 });
    };
    assert_eq!(found(&scaled(are, &[6_010, 9_000]).check("gaps")), ("10m 1s, 15m", true));
    let check = scaled(|expect| expect.gap = within(6_000), &[7_000]).check("gap");
    assert_eq!((&*check.expected, found(&check)), ("{ max = \"6000ms\" }", ("11m 40s", false)));
    // The lines are those of the journal.
    assert!(check.evidence[1].starts_with("00:07.000 #2 smtp"), "{:?}", check.evidence);
    assert_eq!(scaled(|expect| expect.backoff_growing = true, &[1_200]).check("backoff").found, "only one: 2m");
    let story = || Story::new(|expect| expect.all.gives_up = within(20_000)).connects(1, Smtp).gives_up(1, 3_000);
    assert_eq!(found(&story().scaled(0.05).check("gives_up")), ("1m", true));
    let quiet = Story::new(|expect| expect.all.quiet = within(20_000)).connects(1, Imap).later(15_000).scaled(0.01);
    assert_eq!(found(&quiet.check("quiet")), ("25m", true));
    let recovers = Story::new(|expect| expect.all.recovers = within(20_000))
        .connects(1, Imap)
        .fires(1, "f", Ats::GREETING, "[\"reset\"]")
        .later(1_500)
        .connects(2, Imap)
        .answers(2, Ats::SELECT, Some(Class::Ok))
        .scaled(0.001);
    assert_eq!(found(&recovers.check("recovers")), ("25m", true));
}

#[test]
fn gaps_say_for_how_long_nothing_came_after_the_last_one() {
    let check = gaps(
        |expect| expect.gaps = Some(Gaps { text: "g".into(), are: vec![1_000_000_000, 2_000_000_000], within: 0.1 }),
        &[1_000],
    )
    .connects(9, Smtp)
    .fires(9, "f", Ats::GREETING, "[\"reset\"]")
    .ends(9, Side::Fault)
    .later(90_000)
    .check("gaps");
    assert_eq!(found(&check), ("1s, then no connection for 1m 30s", false));
}

#[test]
fn gives_up_is_the_longest_wait_before_the_client_left() {
    let story = || Story::new(|expect| expect.all.gives_up = within(20_000)).connects(1, Smtp).connects(2, Imap);
    assert_eq!(found(&story().check("gives_up")), ("the client never left during a wait", false));
    assert_eq!(found(&story().gives_up(1, 10_000).gives_up(2, 20_000).check("gives_up")), ("20s", true));
    let late = story().gives_up(1, 10_000).gives_up(2, 20_001).check("gives_up");
    assert_eq!(found(&late), ("20.001s", false));
    assert_eq!(late.evidence[1], "00:00.000 #2 imap  client gave up after 20.001s in \"stall\" of fault f, by FIN");
}

#[test]
fn quiet_is_the_longest_time_without_a_completed_command() {
    let story = || {
        Story::new(|expect| expect.imap.quiet = within(10_000))
            .later(60_000)
            .connects(1, Imap)
            .later(3_000)
            .answers(1, Ats::LOGIN, Some(Class::Ok))
            .later(6_000)
            .answers(1, Ats::IDLE, Some(Class::More))
            .answers(1, Ats::FETCH, None)
    };
    assert_eq!(found(&story().later(4_000).answers(1, Ats::DONE, Some(Class::Ok)).check("quiet")), ("10s", true));
    // What is pushed during IDLE completes no command.
    let pushed = What::Answered { at: Ats::UNSOLICITED, class: Some(Class::Ok), kept: true };
    assert_eq!(found(&story().later(3_000).what(1, pushed).later(2_000).check("quiet")), ("11s", false));
    let dead = story().later(5_000).check("quiet");
    assert_eq!(found(&dead), ("11s", false));
    assert_eq!(dead.evidence, ["01:03.000 #1 imap  LOGIN answered: yes; it happened", "01:14.000  the end"]);
    assert_eq!(found(&Story::new(|expect| expect.imap.quiet = within(1)).check("quiet")), ("no connection", false));
}

#[test]
fn secrets_in_clear_count_where_tls_was_possible() {
    let secret = |protected, tls_possible| Note::Secret { mechanism: "PLAIN".into(), protected, tls_possible };
    let check = Story::new(|expect| expect.all.secrets_in_clear = range(0, Some(0)))
        .connects(1, Smtp)
        .note(1, secret(true, true))
        .note(1, secret(false, false))
        .note(1, secret(false, true))
        .check("secrets_in_clear");
    assert_eq!(found(&check), ("1", false));
    assert_eq!(check.evidence, ["00:00.000 #1 smtp  a password came with PLAIN, in the clear, though the listener has TLS"]);
}

#[test]
fn commands_after_a_goodbye_count_but_for_quit_and_logout() {
    let story = || Story::new(|expect| expect.all.after_goodbye = range(0, Some(0))).connects(1, Smtp);
    let said = || story().command(1, Ats::MAIL).server(1, "421 4.3.2 going\r\n");
    assert_eq!(found(&said().command(1, Ats::QUIT).check("after_goodbye")), ("0", true));
    let late = said().command(1, Ats::RCPT).check("after_goodbye");
    assert_eq!(found(&late), ("1", false));
    assert_eq!(late.evidence, ["00:00.000 #1 smtp  at RCPT"]);
    // As a note only, since the reply was a fault's.
    assert_eq!(found(&story().note(1, Note::ServerGoodbye).command(1, Ats::NOOP).check("after_goodbye")), ("1", false));
    // Deaf after `close`: the commands are octets only.
    let deaf = story()
        .fires(1, "f", Ats::MAIL, "[{ reply = \"421 x\" }, \"half-close\"]")
        .step(1, "\"half-close\"")
        .server(1, "421 x\r\n")
        .client(1, "RCPT TO:<a>\r\nDA")
        .client(1, "TA\r\nQUIT\r\n");
    assert_eq!(found(&deaf.check("after_goodbye")), ("2", false));
    // One that only speaks of closing, or stalls for a while, obeys them still.
    for step in ["{ reply = \"421 I close now\" }", "{ stall = \"5s\" }"] {
        let heard = story().step(1, step).server(1, "421 x\r\n").client(1, "RSET\r\nNOOP\r\n").command(1, Ats::RSET);
        assert_eq!(found(&heard.check("after_goodbye")), ("1", false), "{step}");
    }
    let imap = Story::new(|expect| expect.imap.after_goodbye = range(0, Some(0)))
        .connects(1, Imap)
        .server(1, "* BYE out\r\n")
        .command(1, Ats::LOGOUT)
        .command(1, Ats::NOOP);
    assert_eq!(found(&imap.check("after_goodbye")), ("1", false));
}

#[test]
fn abandoned_is_silent_to_the_end_without_a_goodbye() {
    let story = || Story::new(|expect| expect.all.abandoned = range(0, Some(0))).connects(1, Imap).later(1_000);
    let open = story().client(1, "a NOOP\r\n").later(30_000).check("abandoned");
    assert_eq!(found(&open), ("1", false));
    assert_eq!(open.evidence, ["00:31.000 #1 imap  still open, silent since 00:01.000"]);
    assert_eq!(found(&story().client(1, "a NOOP\r\n").later(29_999).check("abandoned")), ("0", true));
    assert_eq!(found(&story().later(60_000).ends(1, Side::Client).check("abandoned")), ("1", false));
    assert_eq!(found(&story().command(1, Ats::LOGOUT).later(60_000).check("abandoned")), ("0", true));
    let scaled = Story::new(|expect| {
        expect.all.abandoned = range(0, Some(0));
        expect.abandoned_after = 300_000_000;
    });
    assert_eq!(found(&scaled.connects(1, Smtp).later(300).check("abandoned")), ("1", false));
}

#[test]
fn an_unclean_end_is_the_clients_without_a_goodbye() {
    let story = || Story::new(|expect| expect.smtp.unclean_ends = range(0, Some(0))).connects(1, Smtp);
    assert_eq!(found(&story().ends(1, Side::Client).check("unclean_ends")), ("1", false));
    assert_eq!(found(&story().note(1, Note::Goodbye).ends(1, Side::Client).check("unclean_ends")), ("0", true));
    assert_eq!(found(&story().ends(1, Side::Fault).check("unclean_ends")), ("0", true));
}

#[test]
fn oddities_are_counted_and_named() {
    let odd = |name| Note::Oddity { name, detail: "RFC 5321 section 2.3.8".into() };
    let check = Story::new(|expect| expect.all.oddities = range(0, Some(0)))
        .connects(1, Smtp)
        .note(1, odd("bare-lf".into()))
        .note(1, odd("bare-lf".into()))
        .connects(2, Imap)
        .note(2, odd("unknown-command".into()))
        .check("oddities");
    assert_eq!(found(&check), ("3 (2 `bare-lf`, 1 `unknown-command`)", false));
    assert_eq!(check.evidence[0], "00:00.000 #1 smtp  client's mistake bare-lf: RFC 5321 section 2.3.8");
}

#[test]
fn the_exit_code_is_0_unless_given_and_judged_only_under_run() {
    let ended = |story: Story, code: Option<i32>, signal: Option<i32>| story.what(0, What::CommandEnded { code, signal });
    let plain = || Story::new(|_| ()).with_command();
    assert_eq!(found(&ended(plain(), Some(0), None).check("client_exit")), ("0", true));
    let wrong = ended(plain(), Some(7), None).check("client_exit");
    assert_eq!((found(&wrong), &*wrong.evidence[0]), (("7", false), "00:00.000  command ended with exit code 7"));
    let given = || Story::new(|expect| expect.smtp.client_exit = range(1, None)).with_command();
    assert_eq!(found(&ended(given(), Some(7), None).check("client_exit")), ("7", true));
    let killed = ended(plain(), None, Some(9)).judge();
    assert_eq!((killed.command, found(&killed.checks[0])), (Some(CommandFate::Killed(Some(9))), ("ended by signal 9", false)));
    let never = plain().judge();
    assert_eq!((never.command, never.outcome), (Some(CommandFate::Unknown), Outcome::Failed));
    let serve = ended(Story::new(|expect| expect.all.client_exit = range(0, Some(0))), Some(7), None).judge();
    assert_eq!((serve.checks.len(), serve.command), (0, None));
}

#[test]
fn a_fault_that_never_fired_makes_the_verdict_inconclusive() {
    let unfired = |optional| What::Unfired {
        fault: "f".into(),
        protocol: None,
        optional,
        nearest: "connection 2 reached EHLO, but `connections = \"1\"`".into(),
    };
    let story = |optional| Story::new(|expect| expect.all.connections = range(1, None)).with_fault("f", optional).polite(1, Smtp);
    let report = story(false).what(0, unfired(false)).judge();
    assert_eq!((report.outcome, report.exit_code()), (Outcome::Inconclusive, 3));
    assert_eq!(report.faults[0].nearest, ["connection 2 reached EHLO, but `connections = \"1\"`"]);
    assert_eq!(story(true).what(0, unfired(true)).judge().outcome, Outcome::Passed);
    assert_eq!(story(false).what(0, What::Unseen { fault: "f".into() }).judge().outcome, Outcome::Passed);
    let fired = story(false).connects(2, Smtp).fires(2, "f", Ats::EHLO, "[\"close\"]").what(0, unfired(false)).judge();
    assert_eq!((fired.outcome, fired.faults[0].fired, fired.faults[0].nearest.len()), (Outcome::Passed, 1, 0));
    let shadowed = What::Fault { fault: "f".into(), at: Ats::EHLO, planned: "[]".into(), shadowed: true };
    let report = story(false).connects(2, Smtp).what(2, shadowed).judge();
    assert_eq!((report.outcome, report.faults[0].shadowed), (Outcome::Inconclusive, 1));
    // A failed expectation weighs more.
    let failed = Story::new(|expect| expect.all.connections = range(1, None)).with_fault("f", false).judge();
    assert_eq!(failed.outcome, Outcome::Failed);
}

#[test]
fn dropped_events_leave_nothing_held_and_only_too_many_failed() {
    let story = |max| {
        Story::new(|expect| expect.all.connections = range(1, Some(max)))
            .polite(1, Smtp)
            .polite(2, Smtp)
            .what(0, What::Dropped { events: 5, octets: 0 })
    };
    let report = story(2).judge();
    assert_eq!(report.outcome, Outcome::Inconclusive);
    assert!(report.checks[0].uncertain);
    assert_eq!(report.notices[0].text, "The journal was full: 5 events were dropped, so the figures may be too low.");
    // Octets alone change only what is found in octets.
    let octets = |expect: fn(&mut crate::scenario::Expectations)| {
        Story::new(expect).polite(1, Smtp).what(0, What::Dropped { events: 0, octets: 9 }).judge().outcome
    };
    assert_eq!(octets(|expect| expect.all.connections = range(1, Some(1))), Outcome::Passed);
    assert_eq!(octets(|expect| expect.all.after_goodbye = range(0, Some(0))), Outcome::Inconclusive);
    // Two are too many, whatever was dropped.
    assert_eq!(story(1).judge().outcome, Outcome::Failed);
}

#[test]
fn a_journal_that_is_not_whole_is_inconclusive() {
    assert_eq!(Story::new(|_| ()).without_end().judge().outcome, Outcome::Inconclusive);
    assert_eq!(Story::new(|_| ()).judge().outcome, Outcome::Passed);
    assert_eq!(Verdict::new().finish().outcome, Outcome::Inconclusive);
}

#[test]
fn asking_for_the_report_does_not_end_the_fold() {
    let mut verdict = Verdict::new();
    let first = verdict.finish();
    let gave_up = What::GaveUp { fault: "f".into(), step: "x".into(), after: std::time::Duration::ZERO, how: Ending::Fin };
    // Events of connections that are not known are passed over.
    verdict.event(&Event { ns: 1, conn: 9, what: gave_up }, b"");
    assert_eq!(verdict.finish(), first);
}

proptest! {
    /// Whatever the order of events, a verdict comes out: 18 checks a table.
    #[test]
    fn any_order_of_events_has_a_verdict(steps in prop::collection::vec((0..12u8, 0..4u32), 0..60)) {
        let all = |expect: &mut Expect| {
            let any = || range(0, None);
            *expect = Expect {
                connections: any(), messages: any(), duplicates: any(), lost: any(), attempts: any(), recovers: any(), gap: any(),
                gaps: None, backoff_growing: true, gives_up: any(), quiet: any(), unread: any(), seen_without_body: any(),
                secrets_in_clear: any(), after_goodbye: any(), abandoned: any(), unclean_ends: any(), left_dialogue: any(), oddities: any(), client_exit: any(),
            };
        };
        let mut story = Story::new(|expect| {
            all(&mut expect.all);
            all(&mut expect.imap);
        });
        for (step, conn) in steps {
            story = match step {
                0 => story.connects(conn, Smtp),
                1 => story.connects(conn, Imap),
                2 => story.ends(conn, Side::Client),
                3 => story.fires(conn, "f", Ats::EHLO, "[\"close\"]"),
                4 => story.message(conn, &mail("1@b", "x", &["bob"]), conn > 2, Some(Class::Ok)),
                5 => story.server(conn, "421 x\r\n* BYE {3}\r\n"),
                6 => story.client(conn, "a b c\r\nQU"),
                7 => story.command(conn, Ats::NOOP),
                8 => story.answers(conn, Ats::FETCH, Some(Class::Ok)),
                9 => story.note(conn, listener::flags(conn, "\\Seen")),
                10 => story.gives_up(conn, 5),
                _ => story.later(20_000),
            };
        }
        let report = story.judge();
        prop_assert_eq!(report.checks.len(), 36);
    }
}
