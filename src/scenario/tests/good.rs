//! Good files, and what they become.

use std::time::Duration;

use crate::fault::{Glob, On, Op, Ranges, Scope, Test, Window, Within};
use crate::mail::{Change, Quota, Store, Template};
use crate::proto::{Ats, Key, Protocol};
use crate::scenario::language::{STEPS, StepDef};
use crate::scenario::{Expected, Scenario, Source, builtin, load, schema};

fn read(text: &str) -> Scenario {
    load(&Source::new("test.toml", text), 1.0).unwrap_or_else(|problems| panic!("{problems}"))
}

type Fits = fn(&[Op]) -> bool;

/// The ops of the only fault, which is on this protocol at this moment.
fn ops(on: &str, at: &str, steps: &str) -> Vec<Op> {
    let scenario = read(&format!("[[fault]]\non = \"{on}\"\nat = \"{at}\"\ndo = {steps}\n"));
    scenario.faults[0].program.steps.iter().map(|step| step.op.clone()).collect()
}

#[test]
fn an_empty_file_is_a_healthy_server() {
    let scenario = read("");
    assert_eq!(scenario.title, "test.toml");
    assert_eq!(scenario.listen, Scenario::healthy().listen);
    assert!(scenario.faults.is_empty());
    assert_eq!(scenario.expect.abandoned_after, 30_000_000_000);
}

#[test]
fn every_condition_finds_its_place() {
    let scenario = read(
        r#"
[[fault]]
name = "slow"
on = "smtp"
at = ["RCPT", "data"]
where = { recipient = ["*@a.test", "*@b.test"], fired = "fault-2" }
connections = "1,3-4"
during = "10s-40s"
nth = "every 2"
within = "1m"
concurrent = "4-"
chance = 0.25
times = 3
per = ["peer", "recipient"]
optional = true
do = { delay = { min = "1s", max = "3s" } }

[[fault]]
at = ["silence", "content"]
after = "30s"
after_bytes = "64 KiB"
do = "reset"
"#,
    );
    let [slow, second] = &scenario.faults[..] else { panic!("two faults") };
    assert_eq!((&*slow.name, &slow.on, slow.at), ("slow", &On::Protocol(Protocol::Smtp), Ats::RCPT | Ats::DATA));
    assert!(slow.optional);
    let conditions = &slow.conditions;
    let wheres: Vec<(Key, Vec<&str>)> = conditions
        .wheres
        .iter()
        .map(|line| match &line.test {
            Test::Globs(globs) => (line.key, globs.iter().map(Glob::as_str).collect()),
            Test::Bool(_) => (line.key, vec!["bool"]),
        })
        .collect();
    assert_eq!(wheres, [(Key::Recipient, vec!["*@a.test", "*@b.test"]), (Key::Fired, vec!["fault-2"])]);
    assert_eq!(conditions.connections, Some(Ranges::List(vec![(1, Some(1)), (3, Some(4))])));
    assert_eq!(conditions.during, Some(Window { from: Duration::from_secs(10), to: Some(Duration::from_secs(40)) }));
    assert_eq!(conditions.nth, Some(Ranges::Every(2)));
    assert_eq!(conditions.within, Some(Duration::from_secs(60)));
    assert_eq!(conditions.concurrent, Some(Ranges::List(vec![(4, None)])));
    assert_eq!((conditions.chance, conditions.times), (Some(0.25), Some(3)));
    assert_eq!(conditions.per, [Scope::Peer, Scope::Key(Key::Recipient)]);
    assert_eq!((&*second.name, &second.on), ("fault-2", &On::Any));
    assert_eq!((second.after, second.offset), (Some(Duration::from_secs(30)), 65_536));
    assert!(!second.optional);
}

#[test]
fn steps_become_ops() {
    use Op::*;
    let table: [(&str, &str, &str, Fits); 24] = [
        (
            "smtp",
            "greeting",
            r#"[{ cut = 11 }, "reset"]"#,
            |ops| matches!(ops, [Cut(crate::fault::program::Cut::At(11)), Reset { settle }] if settle.as_millis() == 50),
        ),
        ("smtp", "greeting", "{ cut = -2 }", |ops| matches!(ops, [Cut(crate::fault::program::Cut::Before(2))])),
        ("smtp", "greeting", "{ cut = \"50%\" }", |ops| matches!(ops, [Cut(crate::fault::program::Cut::Percent(50.0))])),
        ("smtp", "greeting", r#"{ reset = "0ms" }"#, |ops| matches!(ops, [Reset { settle }] if settle.is_zero())),
        (
            "smtp",
            "MAIL",
            r#"{ reply = "550-a\r\n550 b" }"#,
            |ops| matches!(ops, [Reply(reply)] if reply.smtp.as_deref() == Some("550 a\nb") && reply.imap.is_none()),
        ),
        (
            "smtp",
            "MAIL",
            r#"{ reply = "550 a\nb" }"#,
            |ops| matches!(ops, [Reply(reply)] if reply.smtp.as_deref() == Some("550 a\nb")),
        ),
        (
            "imap",
            "LOGIN",
            r#"{ reply = "* BYE\nNO [EXPIRED] no" }"#,
            |ops| matches!(ops, [Reply(reply)] if reply.imap.as_deref() == Some("* BYE\nNO [EXPIRED] no") && reply.smtp.is_none()),
        ),
        (
            "smtp",
            "greeting",
            r#"{ send = "22", repeat = 1000, every = "10ms" }"#,
            |ops| matches!(ops, [Send { octets, repeat: 1000, every, raw: false }] if octets == "22" && every.as_millis() == 10),
        ),
        (
            "smtp",
            "greeting",
            r#"{ send_hex = "ff 00" }"#,
            |ops| matches!(ops, [Send { octets, repeat: 1, .. }] if octets[..] == [0xff, 0]),
        ),
        ("smtp", "greeting", "{ garbage = 512 }", |ops| matches!(ops, [Garbage { octets: 512, raw: false }])),
        (
            "smtp",
            "greeting",
            r#"[{ rewrite = { find = '\d+', with = "9" } }, "pass"]"#,
            |ops| matches!(ops, [Rewrite { find, with, within: Within::Text }, Pass] if find.as_str() == r"\d+" && with == "9"),
        ),
        (
            "imap",
            "FETCH",
            r#"{ rewrite = { find = "a", with = "\u0000", in = "mail" } }"#,
            |ops| matches!(ops, [Rewrite { with, within: Within::Mail, .. }] if with == "\0"),
        ),
        ("imap", "AUTHENTICATE", r#"{ rewrite = { find = "i=[0-9]+", with = "i=1", in = "challenge" } }"#, |ops| {
            matches!(ops, [Rewrite { within: Within::Challenge, .. }])
        }),
        (
            "imap",
            "FETCH",
            r#"["tell", { misread = { find = 'FETCH 1 ', with = "FETCH 2 " } }, "pass"]"#,
            |ops| matches!(ops, [Tell, Misread { find, with }, Pass] if find.as_str() == "FETCH 1 " && with == "FETCH 2 "),
        ),
        ("smtp", "greeting", "{ corrupt = { at = 20 } }", |ops| matches!(ops, [Corrupt { at: 20, raw: false }])),
        (
            "smtp",
            "greeting",
            r#"{ dribble = { bytes = 2, every = "100ms" } }"#,
            |ops| matches!(ops, [Dribble { octets: 2, every }] if every.as_millis() == 100),
        ),
        ("smtp", "message", r#"["lose", { stall = "2s" }, "pass", "half-close"]"#, |ops| {
            matches!(ops, [Lose, Stall(Some(_)), Pass, HalfClose])
        }),
        ("smtp", "message", r#"["store", "stop-reading"]"#, |ops| matches!(ops, [Store, StopReading(None)])),
        (
            "smtp",
            "connect",
            r#"[{ hide = "SIZE" }, { offer = ["X", "Y"] }]"#,
            |ops| matches!(ops, [Hide(hide), Offer(offer)] if hide == &["SIZE"] && offer.len() == 2),
        ),
        (
            "imap",
            "IDLE",
            r#"{ expunge = "1-3", mailbox = "Junk" }"#,
            |ops| matches!(ops, [Mutate(m)] if m.change == Change::Expunge(vec![(1, Some(3))]) && m.mailbox.as_deref() == Some("Junk")),
        ),
        ("imap", "IDLE", r#"{ uidvalidity = "new" }"#, |ops| matches!(ops, [Mutate(m)] if m.change == Change::UidValidity(None))),
        ("imap", "IDLE", "{ uidnext = 3 }", |ops| matches!(ops, [Mutate(m)] if m.change == Change::UidNext(3))),
        (
            "imap",
            "IDLE",
            r#"{ flags = { messages = "2-", add = ['\seen', "$Junk"] } }"#,
            |ops| matches!(ops, [Mutate(m)] if matches!(&m.change, Change::Flags(f) if f.messages == [(2, None)] && f.add == ["\\Seen", "$Junk"])),
        ),
        ("imap", "IDLE", r#"{ deliver = { count = 2, subject = "Hi" } }"#, |ops| {
            matches!(ops, [Mutate(m)] if matches!(&m.change,
                Change::Deliver { count: 2, template: Template::Parts { subject, .. }, .. } if subject == "Hi"))
        }),
    ];
    for (on, at, steps, fits) in table {
        let ops = ops(on, at, steps);
        assert!(fits(&ops), "{steps} became {ops:?}");
    }
}

#[test]
fn a_closed_port_needs_a_window_only() {
    let scenario = read("[[fault]]\nat = \"connect\"\nduring = \"10s-\"\ndo = \"refuse\"\n");
    assert!(matches!(scenario.faults[0].program.gate(), Some(Op::Refuse)));
}

#[test]
fn the_journal_reads_like_the_file() {
    for (steps, text) in [
        ("[{cut=11},{delay='2s'},'reset']", r#"[{ cut = 11 }, { delay = "2s" }, "reset"]"#),
        (r#"{rewrite={find='\d',with="\""}}"#, r#"[{ rewrite = { find = '\d', with = "\"" } }]"#),
        ("{send=\"a\\r\\n\"}", r#"[{ send = "a\r\n" }]"#),
    ] {
        let scenario = read(&format!("[[fault]]\nat = \"greeting\"\ndo = {steps}\n"));
        assert_eq!(&*scenario.faults[0].program.text, text);
    }
    let scenario = read(&format!("[[fault]]\nat = \"greeting\"\ndo = {{ send = \"{}\" }}\n", "x".repeat(1000)));
    assert_eq!(&*scenario.faults[0].program.text, format!("[{{ send = \"{}...\" }}]", "x".repeat(120)));
}

#[test]
fn server_tables_find_their_place() {
    let scenario = read(
        r#"
title = "T"
source = "SMTP0002"
[[user]]
name = "bob"
password = "p"
mechanisms = ["plain"]
[[mail]]
user = "Bob"
count = 3
size = "1 KiB"
flags = '\Seen'
[[mail]]
every = "10s"
count = 2
[[listen]]
name = "smtp"
port = 0
[[listen]]
name = "mx2"
protocol = "smtp"
port = 2525
[smtp]
hostname = "mx.a.test"
size_limit = "10 MB"
offer = ["XYZ"]
[imap]
greeting = "ready"
[announce]
host = "mail.a.test"
ports = { mx2 = 25 }
[[fault]]
on = "mx2"
at = "EHLO"
do = { reply = "502 no" }
"#,
    );
    assert_eq!((scenario.title.as_str(), &scenario.source[..]), ("T", &["SMTP0002".to_owned()][..]));
    assert_eq!(scenario.store.accounts[0].mechanisms, Some(vec!["PLAIN".to_owned()]));
    assert_eq!(scenario.store.mail.len(), 1);
    assert_eq!((scenario.store.mail[0].count, &scenario.store.mail[0].flags[..]), (3, &["\\Seen".to_owned()][..]));
    assert_eq!((scenario.arrivals[0].count, scenario.arrivals[0].every), (2, Duration::from_secs(10)));
    let listen: Vec<_> = scenario.listen.iter().map(|listen| (&*listen.name, listen.protocol, listen.port)).collect();
    assert_eq!(listen, [("smtp", Protocol::Smtp, Some(0)), ("mx2", Protocol::Smtp, Some(2525))]);
    assert_eq!((scenario.smtp.greeting.as_str(), scenario.smtp.size_limit), ("mx.a.test ESMTP mailfault", 10_000_000));
    assert_eq!(scenario.imap.greeting, "ready");
    assert_eq!(scenario.announce.ports, [("mx2".to_owned(), 25)]);
    assert_eq!(scenario.faults[0].on, On::Listener("mx2".into()));
}

#[test]
fn mailboxes_and_quotas_are_laid_out() {
    let scenario = read(
        r#"
[[user]]
name = "bob"
password = "p"
quota = { storage = "1 MiB" }
[[mailbox]]
name = "[Gmail]/Drafts"
special_use = '\drafts'
[[mailbox]]
user = "BOB"
name = "inbox"
uidvalidity = 7
[[mailbox]]
name = "Bin"
special_use = ['\Junk', '\Trash']
subscribed = false
[imap]
quota = { messages = 0 }
"#,
    );
    let [drafts, inbox, bin] = &scenario.store.mailboxes[..] else { panic!("{:?}", scenario.store.mailboxes) };
    assert_eq!((drafts.name.as_str(), &drafts.special_use[..], drafts.subscribed), ("[Gmail]/Drafts", &["\\Drafts"][..], true));
    assert_eq!((inbox.user.as_deref(), inbox.name.as_str(), inbox.uid_validity), (Some("BOB"), "INBOX", Some(7)));
    assert_eq!((&bin.special_use[..], bin.subscribed), (&["\\Junk", "\\Trash"][..], false));
    assert_eq!(scenario.store.quota, Quota { octets: None, messages: Some(0) });
    assert_eq!(scenario.store.accounts[0].quota, Some(Quota { octets: Some(1 << 20), messages: None }));
    let store = Store::new(scenario.store, &mut Vec::new());
    let bob = store.account("bob").unwrap();
    assert_eq!(bob.mailbox_names().iter().map(|name| name.to_string()).collect::<Vec<_>>(), ["Bin", "INBOX", "[Gmail]/Drafts"]);
    assert_eq!(bob.subscriptions().iter().map(|name| name.to_string()).collect::<Vec<_>>(), ["INBOX", "[Gmail]/Drafts"]);
    assert_eq!(bob.mailbox("INBOX").unwrap().with(|mailbox| mailbox.uid_validity), 7);
    assert_eq!(bob.quota(), Quota { octets: Some(1 << 20), messages: None });
}

const EXPECTATIONS: &str = r#"
[expect]
connections = { min = 2 }
recovers = { max = "30s" }
gap = "9m-11m"
gaps = { are = ["10m", "15m"], within = "5%" }
backoff = "growing"
client_exit = "0,3"
[expect.smtp]
messages = 1
"#;

#[test]
fn expectations_are_ranges() {
    let expect = read(EXPECTATIONS).expect;
    let expected = |text: &str, ranges: &[(u64, Option<u64>)]| Some(Expected { text: text.into(), ranges: ranges.to_vec() });
    assert_eq!(expect.all.connections, expected("{ min = 2 }", &[(2, None)]));
    assert_eq!(expect.all.recovers, expected("{ max = \"30s\" }", &[(0, Some(30_000_000_000))]));
    assert_eq!(expect.all.gap, expected("\"9m-11m\"", &[(540_000_000_000, Some(660_000_000_000))]));
    assert_eq!(expect.all.client_exit, expected("\"0,3\"", &[(0, Some(0)), (3, Some(3))]));
    assert_eq!(expect.smtp.messages, expected("1", &[(1, Some(1))]));
    let gaps = expect.all.gaps.unwrap();
    assert_eq!((gaps.are, gaps.within), (vec![600_000_000_000, 900_000_000_000], 0.05));
    assert!(expect.all.backoff_growing);
}

#[test]
fn the_time_scale_multiplies_all_but_the_settle_time() {
    let faults = r#"
[[fault]]
at = "age"
after = "2m"
every = "10s"
during = "10s-40s"
do = [{ delay = "1s" }, { reset = "80ms" }]
"#;
    let scenario = load(&Source::new("t", format!("{faults}{EXPECTATIONS}")), 0.01).unwrap();
    let fault = &scenario.faults[0];
    assert_eq!((fault.after, fault.every), (Some(Duration::from_millis(1200)), Some(Duration::from_millis(100))));
    assert_eq!(fault.conditions.during.unwrap().to, Some(Duration::from_millis(400)));
    let ops: Vec<&Op> = fault.program.steps.iter().map(|step| &step.op).collect();
    let [Op::Delay { min, .. }, Op::Reset { settle }] = ops[..] else { panic!("{ops:?}") };
    assert_eq!((min.as_millis(), settle.as_millis()), (10, 80));
    assert_eq!(scenario.expect.abandoned_after, 300_000_000);
    assert_eq!(scenario.expect.all.recovers.unwrap().ranges, [(0, Some(300_000_000))]);
    assert_eq!(scenario.expect.all.gaps.unwrap().are, [6_000_000_000, 9_000_000_000]);
}

#[test]
fn every_built_in_scenario_is_good_and_says_what_it_is() {
    assert!(builtin::names().any(|name| name == "smtp/reset-mid-greeting"));
    for name in builtin::names() {
        let scenario = load(&builtin::get(name).unwrap(), 1.0).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(scenario.title != name && !scenario.about.is_empty(), "{name}");
        let builtin::Head { title, about, source, .. } = builtin::head(name).unwrap();
        assert_eq!((title, about, source), (scenario.title, scenario.about, scenario.source), "{name}");
    }
    assert!(builtin::names().is_sorted());
    assert!(builtin::matching("smtp/*").contains(&"smtp/reset-mid-greeting"));
    assert!(!builtin::matching("smtp/*").contains(&"imap/reset-before-greeting"));
}

/// A moment at which the step makes sense.
fn moment_of(step: &StepDef) -> &'static str {
    match step.name {
        _ if step.at_tls => "at = \"tls\"",
        "store" | "lose" => "at = \"message\"",
        "refuse" | "blackhole" => "at = \"connect\"\nduring = \"1s-\"",
        "deliver" | "expunge" | "flags" | "uidvalidity" | "uidnext" => "on = \"imap\"\nat = \"IDLE\"",
        "misread" | "tell" => "on = \"imap\"\nat = \"FETCH\"",
        _ => "on = \"smtp\"\nat = \"EHLO\"",
    }
}

#[test]
fn every_step_has_an_example_that_works_and_stands_in_the_schema() {
    let schema = schema();
    let forms = schema["$defs"]["step"]["oneOf"].as_array().unwrap();
    for step in &STEPS {
        let text = format!("[[fault]]\n{}\ndo = {}\n", moment_of(step), step.example);
        assert_eq!(read(&text).faults[0].program.steps.len(), 1);
        let form = |form: &serde_json::Value| form["const"] == step.name || form["required"][0] == step.name;
        let wanted = usize::from(step.alone) + usize::from(step.value.is_some());
        assert_eq!(forms.iter().filter(|one| form(one)).count(), wanted, "{}", step.name);
    }
}

#[test]
fn every_key_stands_in_the_schema_with_a_description() {
    let schema = schema();
    let fault = &schema["$defs"]["fault"]["properties"];
    for key in crate::scenario::language::FAULT.keys {
        assert_eq!(fault[key.name]["description"], key.about);
    }
    assert_eq!(schema["properties"]["fault"]["items"]["$ref"], "#/$defs/fault");
    assert_eq!(schema["$defs"]["expect"]["properties"]["smtp"]["$ref"], "#/$defs/expect.smtp");
    assert_eq!(schema["$defs"]["fault"]["required"], serde_json::json!(["at", "do"]));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
