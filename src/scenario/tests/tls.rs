//! What scenario files say of TLS.

use std::time::Duration;

use crate::certs::{Kind, Versions, alert};
use crate::fault::{Glob, On, Op, Test, Where};
use crate::proto::{Ats, ByState, Key, Protocol, Shown, TlsMode};
use crate::scenario::{Scenario, Source, load, load_all, schema};

fn read(text: &str) -> Scenario {
    load(&Source::new("test.toml", text), 1.0).unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

/// The messages of all problems, a line each.
fn said(text: &str) -> String {
    let found = load(&Source::new("test.toml", text), 1.0).map_or_else(|problems| problems.list, |_| Vec::new());
    found.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n")
}

fn listeners(scenario: &Scenario) -> Vec<(&str, Protocol, TlsMode)> {
    scenario.listen.iter().map(|listen| (&*listen.name, listen.protocol, listen.tls)).collect()
}

const DEFAULTS: [(&str, Protocol, TlsMode); 4] = [
    ("smtp", Protocol::Smtp, TlsMode::None),
    ("imap", Protocol::Imap, TlsMode::None),
    ("smtps", Protocol::Smtp, TlsMode::Implicit),
    ("imaps", Protocol::Imap, TlsMode::Implicit),
];

#[test]
fn listeners_have_the_tls_that_their_names_or_tables_say() {
    assert_eq!(listeners(&read("")), DEFAULTS);
    let mut wanted = DEFAULTS;
    wanted[0].2 = TlsMode::Starttls;
    assert_eq!(listeners(&read("[smtp]\ntls = 'starttls'\n")), wanted);
    wanted[1].2 = TlsMode::Starttls;
    assert_eq!(listeners(&read("[smtp]\ntls = 'starttls'\n[imap]\ntls = 'starttls'\n")), wanted);
    let own = "[[listen]]\nname = 'imaps'\n[[listen]]\nname = 'smtps'\ntls = 'implicit'\n[[listen]]\nname = 'smtp'\n\
        [[listen]]\nname = 'mx'\nprotocol = 'smtp'\ntls = 'starttls'\n";
    assert_eq!(
        listeners(&read(own)),
        [
            ("imaps", Protocol::Imap, TlsMode::Implicit),
            ("smtps", Protocol::Smtp, TlsMode::Implicit),
            ("smtp", Protocol::Smtp, TlsMode::None),
            ("mx", Protocol::Smtp, TlsMode::Starttls),
        ]
    );
}

#[test]
fn merged_files_agree_on_tls() {
    let merged = |a: &str, b: &str| load_all("a+b", vec![Source::new("a", a), Source::new("b", b)], 1.0);
    let (smtp, imap) = ("[smtp]\ntls = 'starttls'\n", "[imap]\ntls = 'starttls'\n");
    let modes = |scenario: &Scenario| scenario.listen.iter().map(|listen| listen.tls).collect::<Vec<_>>();
    let both = [TlsMode::Starttls, TlsMode::Starttls, TlsMode::Implicit, TlsMode::Implicit];
    assert_eq!(modes(&merged(smtp, imap).unwrap()), both);
    assert_eq!(merged(smtp, smtp).unwrap().listen[0].tls, TlsMode::Starttls);
    let problems = merged(smtp, "[smtp]\ntls = 'none'\n").unwrap_err();
    assert_eq!(problems.list[0].message, "`tls` in [smtp] cannot be both `\"starttls\"` and `\"none\"`");
}

#[test]
fn capabilities_by_state_and_preauth_find_their_place() {
    let a = "[smtp]\nbefore_tls = { offer = 'X', hide = ['AUTH'] }\nafter_login = { hide = 'SIZE' }\n[imap]\npreauth = 'bob'\n";
    let b = "[smtp]\nbefore_tls = { hide = 'DSN' }\n[imap]\nafter_tls = { offer = 'STARTTLS' }\n";
    let scenario = load_all("a+b", vec![Source::new("a", a), Source::new("b", b)], 1.0).unwrap();
    let shown = |offer: &[&str], hide: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Shown { only: None, offer: owned(offer), hide: owned(hide) }
    };
    assert_eq!(
        scenario.smtp.by_state,
        ByState { before_tls: shown(&["X"], &["AUTH", "DSN"]), after_login: shown(&[], &["SIZE"]), ..ByState::default() }
    );
    assert_eq!(scenario.imap.by_state, ByState { after_tls: shown(&["STARTTLS"], &[]), ..ByState::default() });
    assert_eq!(scenario.imap.preauth.as_deref(), Some("bob"));
}

#[test]
fn faults_find_the_listeners_and_moments_of_tls() {
    for (fault, on, at) in [
        ("on = 'smtps'\nat = 'tls'", On::Implicit(Protocol::Smtp), Ats::TLS),
        ("on = 'imaps'\nat = ['secure', 'greeting']", On::Implicit(Protocol::Imap), Ats::SECURE | Ats::GREETING),
        ("on = 'smtp'\nat = 'tls'", On::Protocol(Protocol::Smtp), Ats::TLS),
        ("at = 'tls'", On::Any, Ats::TLS),
        ("at = 'STARTTLS'\n[imap]\ntls = 'starttls'", On::Protocol(Protocol::Imap), Ats::STARTTLS),
        ("on = 'smtp'\nat = 'starttls'\n[smtp]\ntls = 'starttls'", On::Protocol(Protocol::Smtp), Ats::STARTTLS),
        (
            "on = 'mx'\nat = 'secure'\n[[listen]]\nname = 'mx'\nprotocol = 'smtp'\ntls = 'starttls'",
            On::Listener("mx".into()),
            Ats::SECURE,
        ),
    ] {
        let scenario = read(&format!("[[fault]]\ndo = 'reset'\n{fault}\n"));
        assert_eq!((&scenario.faults[0].on, scenario.faults[0].at), (&on, at), "{fault}");
    }
    // One protocol alone offers STARTTLS, so one reply is enough.
    let scenario = read("[smtp]\ntls = 'starttls'\n[[fault]]\nat = 'STARTTLS'\ndo = { reply = '454 4.7.0 not now' }\n");
    assert!(matches!(&scenario.faults[0].program.steps[0].op, Op::Reply(reply) if reply.imap.is_none()));
}

#[test]
fn conditions_on_tls_are_kept() {
    let scenario = read("[[fault]]\nat = 'tls'\nwhere = { sni = '*.a.test', tls = false }\ndo = 'reset'\n");
    let wanted = [
        Where { key: Key::Sni, test: Test::Globs([Glob::new("*.a.test")].into()) },
        Where { key: Key::Tls, test: Test::Bool(false) },
    ];
    assert_eq!(scenario.faults[0].conditions.wheres, wanted);
    let scenario = read("[[fault]]\nat = 'LOGIN'\nwhere = { tls = true }\ndo = 'reset'\n");
    assert_eq!(scenario.faults[0].conditions.wheres, [Where { key: Key::Tls, test: Test::Bool(true) }]);
}

type Fits = fn(&[Op]) -> bool;

#[test]
fn steps_of_tls_become_ops() {
    use Op::*;
    let table: [(&str, &str, Fits); 21] = [
        ("tls", "{ certificate = 'wrong-host' }", |ops| matches!(ops, [Certificate(Kind::WrongHost)])),
        ("tls", "{ tls_versions = ['1.3'] }", |ops| matches!(ops, [TlsVersions(Versions { tls12: false, tls13: true })])),
        ("tls", "{ tls_versions = '1.2' }", |ops| matches!(ops, [TlsVersions(Versions { tls12: true, tls13: false })])),
        ("tls", "'require-client-certificate'", |ops| matches!(ops, [RequireClientCertificate])),
        ("tls", "{ alert = 'handshake_failure' }", |ops| matches!(ops, [Alert(40)])),
        (
            "tls",
            "[{ delay = '1s' }, { certificate = 'expired' }, { tls_versions = '1.2' }, 'pass']",
            |ops| matches!(ops, [Delay { min, .. }, Certificate(Kind::Expired), TlsVersions(_), Pass] if *min == Duration::from_secs(1)),
        ),
        ("tls", "[{ certificate = 'expired' }, { cut = '50%' }, 'reset']", |ops| {
            matches!(ops, [Certificate(_), Cut(crate::fault::Cut::Percent(50.0)), Reset { .. }])
        }),
        ("tls", "[{ corrupt = { at = 20 } }, { dribble = { every = '1ms' } }, 'pass']", |ops| {
            matches!(ops, [Corrupt { at: 20, raw: false }, Dribble { octets: 1, .. }, Pass])
        }),
        ("tls", "'stall'", |ops| matches!(ops, [Stall(None)])),
        ("tls", "'stop-reading'", |ops| matches!(ops, [StopReading(None)])),
        ("tls", "'half-close'", |ops| matches!(ops, [HalfClose])),
        ("tls", "[{ send = \"220 x\\r\\n\", raw = true }, 'close']", |ops| {
            matches!(ops, [Send { raw: true, .. }, Close { notify: true }])
        }),
        ("tls", "[{ hide = 'SIZE' }, { offer = 'X' }]", |ops| matches!(ops, [Hide(_), Offer(_)])),
        ("tls", "[{ cut = -3, raw = true }, 'reset']", |ops| matches!(ops, [Cut(crate::fault::Cut::Before(3)), Reset { .. }])),
        ("EHLO", "{ close = 'no-notify' }", |ops| matches!(ops, [Close { notify: false }])),
        ("EHLO", "{ send = 'x', raw = true }", |ops| matches!(ops, [Send { raw: true, .. }])),
        ("EHLO", "{ send_hex = '1503', raw = true, repeat = 2 }", |ops| matches!(ops, [Send { raw: true, repeat: 2, .. }])),
        ("EHLO", "{ garbage = 9, raw = true }", |ops| matches!(ops, [Garbage { octets: 9, raw: true }])),
        ("EHLO", "[{ corrupt = { at = 20, raw = true } }, 'pass']", |ops| matches!(ops, [Corrupt { at: 20, raw: true }, Pass])),
        ("EHLO", "[{ cut = 20, raw = true }, 'reset']", |ops| matches!(ops, [CutRaw(20), Reset { .. }])),
        ("EHLO", "{ cut = '1 KiB', raw = false }", |ops| matches!(ops, [Cut(crate::fault::Cut::At(1024))])),
    ];
    for (at, steps, fits) in table {
        let scenario = read(&format!("[[fault]]\non = 'smtps'\nat = '{at}'\ndo = {steps}\n"));
        let ops: Vec<Op> = scenario.faults[0].program.steps.iter().map(|step| step.op.clone()).collect();
        assert!(fits(&ops), "{steps} became {ops:?}");
    }
    let text = "[[fault]]\nat='tls'\ndo=[{certificate='expired'},{tls_versions=['1.3']},{cut=20},{alert='unknown_ca'}]\n";
    assert_eq!(
        &*read(text).faults[0].program.text,
        r#"[{ certificate = "expired" }, { tls_versions = ["1.3"] }, { cut = 20 }, { alert = "unknown_ca" }]"#
    );
}

#[test]
fn every_certificate_and_alert_is_in_the_schema() {
    let schema = schema();
    let forms = schema["$defs"]["step"]["oneOf"].as_array().unwrap();
    let names = |step: &str| {
        let form = forms.iter().find(|form| form["required"][0] == step).unwrap();
        form["properties"][step]["enum"].as_array().unwrap().clone()
    };
    assert_eq!(names("certificate"), Kind::ALL.map(Kind::name));
    assert_eq!(names("alert"), alert::names().collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_is_said() {
    for (text, wanted) in BAD {
        let wanted: Vec<&str> = wanted.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(said(text), wanted.join("\n"), "{text}");
    }
}

const BAD: &[(&str, &str)] = &[
    // Listeners.
    ("[[fault]]\nat = ['STARTTLS', 'EHLO']\ndo = 'reset'\n", "`STARTTLS` never comes: no listener of this fault offers STARTTLS"),
    (
        "[smtp]\ntls = 'starttls'\n[[fault]]\non = 'imap'\nat = 'STARTTLS'\ndo = 'reset'\n",
        "`STARTTLS` never comes: no listener of this fault offers STARTTLS",
    ),
    (
        "[[fault]]\non = 'smtps'\nat = 'STARTTLS'\ndo = 'reset'\n",
        "`STARTTLS` never comes: no listener of this fault offers STARTTLS",
    ),
    (
        "[[listen]]\nname = 'smtp'\n[[fault]]\nat = ['tls', 'secure']\ndo = 'reset'\n",
        "`tls` never comes: no listener of this fault has TLS\n`secure` never comes: no listener of this fault has TLS",
    ),
    (
        "[[listen]]\nname = 'mx'\nprotocol = 'smtp'\ntls = 'starttls'\n[[fault]]\non = 'smtps'\nat = 'tls'\ndo = 'reset'\n",
        "no [[listen]] speaks `smtp` with TLS from the first byte",
    ),
    ("[[listen]]\nname = 'imaps'\nprotocol = 'smtp'\n", "a listener `imaps` must speak imap"),
    ("[[listen]]\nname = 'smtp'\n[smtp]\ntls = 'starttls'\n", "`tls` in [smtp] is for files without [[listen]]"),
    ("[[listen]]\nname = 'smtp'\n[imap]\ntls = 'starttls'\n", "`tls` in [imap] is for files without [[listen]]"),
    ("[imap]\ntls = true\n", "`tls` must be a string, not true or false"),
    ("[smtp]\nbefore_tls = ['X']\n", "a state must be a table, not a list"),
    ("[smtp]\nafter_tls = { ofer = 'X' }\n", "a state has no key `ofer`"),
    ("[[user]]\nname = 'bob'\npassword = 'x'\n[imap]\npreauth = 'bib'\n", "there is no [[user]] `bib`"),
    // Conditions.
    ("[[fault]]\nat = 'connect'\nwhere = { sni = 'a' }\ndo = 'reset'\n", "`sni` can never be known at `connect`"),
    ("[[fault]]\nat = 'connect'\nwhere = { tls = true }\ndo = 'reset'\n", "`tls = true` never holds at `connect`"),
    ("[[fault]]\nat = 'tls'\nwhere = { tls = true }\ndo = 'reset'\n", "`tls = true` never holds at `tls`"),
    ("[[fault]]\nat = 'secure'\nwhere = { tls = false }\ndo = 'reset'\n", "`tls = false` never holds at `secure`"),
    (
        "[[listen]]\nname = 'smtp'\n[[fault]]\nat = 'MAIL'\nwhere = { sni = 'a', tls = true }\ndo = 'reset'\n",
        "`sni` needs TLS, and no listener of this fault has it\n`tls = true` needs TLS, and no listener of this fault has it",
    ),
    (
        "[[listen]]\nname = 'smtp'\ntls = 'starttls'\n[[fault]]\nat = 'greeting'\nwhere = { sni = 'a', tls = true }\ndo = 'reset'\n",
        "`sni` can never be known at `greeting`: this fault is for STARTTLS only\n`tls = true` never holds at `greeting`",
    ),
    // Steps where they cannot be.
    (
        "[[fault]]\nat = 'MAIL'\ndo = [{ certificate = 'expired' }, { tls_versions = '1.2' }]\n",
        "`certificate` acts at `tls`, not at `MAIL`\n`tls_versions` acts at `tls`, not at `MAIL`",
    ),
    (
        "[[fault]]\nat = ['tls', 'greeting']\ndo = 'require-client-certificate'\n",
        "`require-client-certificate` acts at `tls`, not at `greeting`",
    ),
    ("[[fault]]\nat = 'secure'\ndo = { alert = 'internal_error' }\n", "`alert` acts at `tls`, not at `secure`"),
    ("[[fault]]\nat = 'tls'\ndo = { reply = '250 ok' }\n", "`reply` is for conversations, and at `tls` there is none yet"),
    (
        "[[fault]]\nat = 'tls'\ndo = [{ rewrite = { find = 'a', with = 'b' } }, 'no-reply']\n",
        "`rewrite` is for conversations, and at `tls` there is none yet\n\
         `no-reply` is for conversations, and at `tls` there is none yet",
    ),
    (
        "[[fault]]\nat = 'tls'\ndo = ['store', 'lose']\n",
        "`store` is for conversations, and at `tls` there is none yet\n\
         `lose` is for conversations, and at `tls` there is none yet",
    ),
    (
        "[[fault]]\non = 'imaps'\nat = 'tls'\ndo = { expunge = 1 }\n",
        "`expunge` is for conversations, and at `tls` there is none yet",
    ),
    ("[[fault]]\nat = 'secure'\ndo = 'pass'\n", "`pass` needs a reply, and none is due at `secure`"),
    ("[[fault]]\nat = 'secure'\ndo = { cut = 3, raw = true }\n", "`cut` needs a reply, and none is due at `secure`"),
    (
        "[[listen]]\nname = 'smtp'\n[[fault]]\nat = 'MAIL'\ndo = { send = 'x', raw = true }\n",
        "`raw = true` needs TLS, and no listener of this fault has it",
    ),
    (
        "[[listen]]\nname = 'smtp'\n[[fault]]\nat = 'MAIL'\ndo = { close = 'no-notify' }\n",
        "`close = \"no-notify\"` needs TLS, and no listener of this fault has it",
    ),
    // Lists.
    (
        "[[fault]]\nat = 'tls'\ndo = [{ certificate = 'expired' }, { certificate = 'wrong-key' }]\n",
        "`certificate` is chosen once",
    ),
    ("[[fault]]\nat = 'tls'\ndo = [{ tls_versions = '1.2' }, { tls_versions = '1.3' }]\n", "`tls_versions` is chosen once"),
    (
        "[[fault]]\nat = 'tls'\ndo = ['pass', { certificate = 'expired' }]\n",
        "it is too late for `certificate`: the ClientHello has been answered",
    ),
    (
        "[[fault]]\nat = 'tls'\ndo = [{ send = 'x' }, 'require-client-certificate', 'pass']\n",
        "it is too late for `require-client-certificate`: the ClientHello has been answered",
    ),
    (
        "[[fault]]\nat = 'tls'\ndo = [{ certificate = 'expired' }, 'stall']\n",
        "`certificate` changes nothing: the handshake does not go on in this list",
    ),
    ("[[fault]]\nat = 'tls'\ndo = [{ alert = 'unknown_ca' }, 'reset']\n", "this step is never reached"),
    ("[[fault]]\nat = 'EHLO'\ndo = [{ cut = 3, raw = true }, { send = 'x' }]\n", "after a raw `cut` nothing leaves any more"),
    ("[[fault]]\nat = 'EHLO'\ndo = ['pass', { cut = 3, raw = true }]\n", "the normal reply has been said whole"),
    // Values.
    (
        "[[fault]]\nat = 'tls'\ndo = { tls_versions = ['1.2', '1.1'] }\n",
        "`1.1` is no TLS version that can be spoken here: wanted is `\"1.2\"`, `\"1.3\"` or both",
    ),
    ("[[fault]]\nat = 'tls'\ndo = { tls_versions = [] }\n", "at least one TLS version is needed: `\"1.2\"`, `\"1.3\"` or both"),
    ("[[fault]]\nat = 'tls'\ndo = { tls_versions = 1.3 }\n", "`tls_versions` must be a string, not a number"),
    ("[[fault]]\nat = 'tls'\ndo = { alert = 40 }\n", "`alert` must be a name, not a whole number"),
    ("[[fault]]\nat = 'tls'\ndo = 'certificate'\n", "`certificate` needs a value"),
    ("[[fault]]\nat = 'EHLO'\ndo = { cut = -1, raw = true }\n", "a raw `cut` takes a number of bytes from the start"),
    ("[[fault]]\nat = 'EHLO'\ndo = [{ corrupt = { at = 1 }, raw = true }, 'pass']\n", "`corrupt` has no key `raw` beside it"),
    ("[[fault]]\nat = 'EHLO'\ndo = { close = 'no-notfy' }\n", "`close` cannot be `no-notfy`"),
    ("[[fault]]\nat = 'EHLO'\ndo = { garbage = 3, raw = 'true' }\n", "`raw` must be `true` or `false`, not a string"),
];
