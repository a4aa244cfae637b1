//! The self-test must notice a server that does anything else than its scenario says.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::{Checked, Settings, Verdict, check, text};
use crate::scenario::Source;

const SETTINGS: Settings = Settings { seed: 1, time_scale: None, draft: false };

/// A fault at the greeting of the first connection, `220 mx.mailfault.test ESMTP mailfault`, and scripts, a connection each.
fn checked(fault: &str, scripts: &[&str]) -> Checked {
    let mut toml = format!("[[fault]]\nname = \"f\"\non = \"smtp\"\nat = \"greeting\"\nconnections = \"1\"\ndo = {fault}\n");
    for script in scripts {
        let _ = write!(toml, "[[wire]]\non = \"smtp\"\nscript = '''\n{script}\n'''\n");
    }
    check(&Source::new("test", toml), SETTINGS).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn good(fault: &str, script: &str) -> String {
    let checked = checked(fault, &[script]);
    assert!(matches!(checked.verdict, Verdict::Good), "{}\n{}", text(std::slice::from_ref(&checked)), checked.talk);
    checked.seen
}

/// What the message says that was expected, that came, and at which octet.
#[track_caller]
fn bad(fault: &str, script: &str, expected: &str, came: &str, offset: u64) {
    let checked = checked(fault, &[script]);
    let Verdict::Failed(failure) = &checked.verdict else { panic!("{:?}\n{}", checked.verdict, checked.talk) };
    assert!(failure.expected.contains(expected), "{failure:?}");
    assert!(failure.came.contains(came), "{failure:?}");
    assert_eq!(failure.offset, offset, "{failure:?}");
    let table = text(std::slice::from_ref(&checked));
    assert!(table.contains(&failure.came) && table.contains("FAILED"), "{table}");
}

const RESET: &str = "[{ cut = 11 }, \"reset\"]";
const CLOSE: &str = "[{ cut = 11 }, \"close\"]";

#[test]
fn what_a_scenario_says_is_seen() {
    assert!(good(RESET, "S- 220 mx.mail\n! reset").starts_with("RST after 11 octets, "));
    assert!(good(CLOSE, "S- 220 mx.mail\n! close").starts_with("FIN after 11 octets"));
    assert_eq!(good("[{ cut = 3 }, \"stall\"]", "S- 220\n! silence 100ms"), "silence after 3 octets, 100ms");
    assert_eq!(good("\"pass\"", "S: 220 mx.*\nC: NOOP\nC: EHLO me\nS: 250 2.0.0 Ok\nS: ...\nS: 250 *"), "`250 AUTH PLAIN LOGIN`");
    good("[{ delay = \"200ms\" }, \"pass\"]", "! delay 200ms\nS: 220 *\n! leave\n! close");
    good("[{ cut = 5 }, { send_hex = \"ff2a0d0a\" }]", "S- 220 m\nS: \\xff\\x2a\n! silence 20ms");
}

#[test]
fn another_end_is_noticed() {
    bad(CLOSE, "S- 220 mx.mail\n! reset", "RST after 11 octets", "FIN after 11 octets", 11);
    bad(RESET, "S- 220 mx.mail\n! close", "FIN after 11 octets", "RST after 11 octets", 11);
    bad(RESET, "S- 220 mx.mail\n! silence 1s", "silence for 1s", "RST after 11 octets", 11);
    bad("\"stall\"", "! silence 20ms\nC: QUIT\n! no-answer 1s", "no answer", "it was accepted", 0);
    bad(RESET, "! refused", "refused", "it was accepted", 0);
}

#[test]
fn an_octet_more_or_less_or_another_is_noticed() {
    bad(RESET, "S- 220 mx.mai\n! reset", "RST after 10 octets", "1 octet: `l`, then RST", 10);
    bad(RESET, "S- 220 mx.mailf\n! reset", "`220 mx.mailf`", "11 octets: `220 mx.mail`, then RST", 11);
    bad(RESET, "S- 220 mx.mall\n! reset", "`220 mx.mall`", "`220 mx.mail`", 9);
    bad(RESET, "S: 220 mx.mail\n! reset", "a line", "11 octets: `220 mx.mail`, then RST", 11);
    bad(
        "\"pass\"",
        "S: 220 mx.mailfault.test SMTP *\n! close",
        "`220 mx.mailfault.test SMTP *`",
        "`220 mx.mailfault.test ESMTP mailfault`",
        22,
    );
    bad("\"pass\"", "! silence 1s", "silence for 1s", "39 octets: `220 mx", 0);
}

#[test]
fn too_early_is_noticed() {
    let (delay, early) = ("[{ delay = \"100ms\" }, \"pass\"]", "! delay 2s\nS: 220 *");
    bad(delay, early, "a delay of 2s", "ms it was there", 0);
    bad("\"pass\"", "S- 220\n! delay 200ms\nS: *", "a delay of 200ms", "after 0 ms it was there", 3);
    bad(RESET, "S- 220 mx.mail\n! delay 2s\n! reset", "a delay of 2s", "ms it was there", 11);
}

#[test]
fn pieces_that_a_busy_machine_shows_together_are_no_fault_of_the_server() {
    use super::play::Player;
    use crate::proto::script::Captures;
    use crate::scenario::load;
    use std::net::TcpListener;

    let played = |lenient: bool, second: &str| {
        let toml = format!("[[wire]]\non = \"smtp\"\nscript = \"! delay 60ms\\nS- 220\\n! delay {second}\\nS: *\"\n");
        let scenario = load(&Source::new("test", toml), 1.0).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            std::thread::sleep(Duration::from_millis(130));
            stream.write_all(b"220 x\r\n").unwrap();
            stream
        });
        let result = Player::new(addr, None, lenient).play(&scenario.wires[0], 1, &mut Captures::default());
        drop(server.join().unwrap());
        result
    };
    // Both pieces at once, when both can have been there: the first try asks for more, a later one does not.
    assert!(played(false, "60ms").unwrap_err().timing);
    assert!(played(true, "60ms").is_ok());
    // Both at once, and the second far too early: never.
    assert!(played(false, "10s").unwrap_err().timing);
    assert!(played(true, "10s").unwrap_err().timing);
}

#[test]
fn a_second_try_is_told_and_a_third_is_the_last() {
    // What comes at the wrong time is looked at again, and does not get better.
    let checked = checked("\"pass\"", &["S- 220\n! delay 2s\nS: *"]);
    assert_eq!(checked.before.len(), 2, "{checked:?}");
    assert!(checked.before.iter().all(|why| why.contains("a delay of 2s")), "{checked:?}");
    assert!(matches!(checked.verdict, Verdict::Failed(_)));
    let row = |before: usize| {
        let checked = Checked { verdict: Verdict::Good, before: vec![String::new(); before], ..checked.clone() };
        text(&[checked])
    };
    assert!(
        row(0).starts_with("test  ok     ")
            && row(1).starts_with("test  ok (second try)  ")
            && row(2).starts_with("test  ok (third try)  ")
    );
    // Other octets are other octets, however busy the machine is.
    let other = self::checked("\"pass\"", &["S- 221"]);
    assert!(other.before.is_empty() && matches!(other.verdict, Verdict::Failed(_)), "{other:?}");
}

#[test]
fn many_connections_that_are_the_same_are_said_once() {
    let toml = |refused: u32| {
        format!(
            "[[fault]]\nname = \"f\"\non = \"smtp\"\nat = \"greeting\"\nconnections = \"{refused}\"\ndo = [{{ reply = \"421 no\" }}, \"close\"]\n\
             [[wire]]\non = \"smtp\"\nrepeat = 20\nscript = \"S: 220 *\"\n[[wire]]\non = \"smtp\"\nscript = \"S: 421 no\"\n"
        )
    };
    let good = check(&Source::new("test", toml(21)), SETTINGS).unwrap();
    assert!(matches!(good.verdict, Verdict::Good) && good.seen.ends_with("(of 21 connections)"), "{good:?}");
    let bad = check(&Source::new("test", toml(7)), SETTINGS).unwrap();
    assert!(matches!(bad.verdict, Verdict::Failed(ref failure) if failure.connection == 7), "{bad:?}");
}

#[test]
fn too_fast_is_noticed() {
    let drip = "[{ dribble = { bytes = 1, every = \"5ms\" } }, \"pass\"]";
    good(drip, "! takes 100ms\nS: 220 *");
    bad("\"pass\"", "! takes 2s\nS: 220 *", "octets over 2s", "they came in", 39);
    bad(drip, "! takes 2s\nS- 220\nS: *", "octets over 2s", "they came in", 3);
}

#[test]
fn a_fault_that_never_fires_is_no_success() {
    let checked = checked("\"stall\"", &[]);
    assert!(matches!(checked.verdict, Verdict::NotSaid));
    let toml = "[[fault]]\nname = \"f\"\nat = \"QUIT\"\ndo = \"reset\"\n[[wire]]\non = \"smtp\"\nscript = \"S: 220 *\"\n";
    let checked = check(&Source::new("test", toml), SETTINGS).unwrap();
    let Verdict::Unfired(faults) = &checked.verdict else { panic!("{checked:?}") };
    assert_eq!(faults[0].0, "f");
    assert!(text(&[checked]).contains("test: its `[[wire]]` does not bring about\n  `f`: "));
}

#[test]
fn connections_stay_open_until_all_are_through() {
    let toml = "[[fault]]\nname = \"f\"\non = \"smtp\"\nat = \"greeting\"\nconcurrent = \"3-\"\ndo = [{ reply = \"421 no\" }, \"close\"]\n";
    let open = "[[wire]]\non = \"smtp\"\nscript = \"S: 220 *\"\n";
    let left = "[[wire]]\non = \"smtp\"\nscript = '''\nS: 220 *\n! leave\n! close\n'''\n";
    let last = "[[wire]]\non = \"smtp\"\nscript = '''\nS: 421 no\n! close\n'''\n";
    let check = |wires: &[&str]| check(&Source::new("test", [toml, &wires.concat()].concat()), SETTINGS).unwrap().verdict;
    assert!(matches!(check(&[open, open, last]), Verdict::Good));
    assert!(matches!(check(&[open, left, last]), Verdict::Failed(_)));
}

#[test]
fn long_waits_are_made_short() {
    let begun = Instant::now();
    good("[{ delay = \"30m\" }, \"pass\"]", "! delay 30m\nS: 220 *");
    assert!((Duration::from_secs(1)..Duration::from_secs(60)).contains(&begun.elapsed()));
}

#[test]
fn tls_is_spoken_and_looked_below() {
    let toml = |fault: &str, script: &str| {
        format!(
            "[[fault]]\nname = \"f\"\non = \"smtps\"\nat = \"tls\"\ndo = {fault}\n[[wire]]\non = \"smtps\"\nscript = '''\n{script}\n'''\n"
        )
    };
    for (fault, script) in [
        ("{ tls_versions = [\"1.2\"] }", "! tls 1.2\nS: 220 *\nC: QUIT\nS: 221 *\n! close"),
        ("{ certificate = \"expired\" }", "! tls fails *certificate expired*"),
        ("[{ cut = 20 }, \"reset\"]", "! hello\n! octets 20\n! reset"),
        ("{ alert = \"handshake_failure\" }", "! hello\nS- \\x15\\x03\\x03\\x00\\x02\\x02\\x28\n! close"),
        ("\"require-client-certificate\"", "! tls\n! alert certificate_required\n! close"),
    ] {
        let checked = check(&Source::new("test", toml(fault, script)), SETTINGS).unwrap();
        assert!(matches!(checked.verdict, Verdict::Good), "{}", text(&[checked]));
    }
    let checked = check(&Source::new("test", toml("{ tls_versions = [\"1.2\"] }", "! tls 1.3")), SETTINGS).unwrap();
    assert!(matches!(checked.verdict, Verdict::Failed(_)), "{checked:?}");
}
