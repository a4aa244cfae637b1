use std::fmt::Write as _;

use super::*;
use crate::scenario::problem::{Problems, Source};
use crate::scenario::tree::parse_toml;

/// The lines as the notation has them, with their columns.
fn again(text: &str, kind: Kind) -> String {
    let (lines, slips) = parse(text, kind);
    assert_eq!(slips, [], "{text}");
    let mut out = String::new();
    for Line { number, time, connection, what, .. } in lines {
        let _ = write!(out, "{number}");
        let _ = time.map(|time| write!(out, " {}ms", time.as_millis()));
        let _ = connection.map(|connection| write!(out, " #{connection}"));
        let _ = match what {
            What::Said { who, text, crlf } => {
                let who = if who == Speaker::Server { 'S' } else { 'C' };
                writeln!(out, " {who}{} {}", if crlf { ':' } else { '-' }, text.write())
            }
            What::Step(step) => writeln!(out, " ! {} = {:?}", step.name, step.value),
            other => writeln!(out, " {other:?}"),
        };
    }
    out
}

#[test]
fn a_script_is_read_line_by_line() {
    let script = "S: * OK ready\n\n  C: <t> LOGIN *\nS: <t> OK in\r\nC:\n! delay 200ms\n!reset\nS- * 3 EXI\nS:  two blanks \n-- a comment\n";
    let lines = "1 S: * OK ready\n3 C: <t> LOGIN *\n4 S: <t> OK in\n5 C: \n6 ! delay = Some(\"200ms\")\n7 ! reset = None\n\
                 8 S- * 3 EXI\n9 S:  two blanks \n10 Fact(\"a comment\")\n";
    assert_eq!(again(script, Kind::Script), lines);
}

#[test]
fn a_transcript_is_read_with_its_columns_and_nothing_in_it_is_special() {
    let transcript = r#"00:00.000  -- scenario smtp/x, seed 1
00:01.166  #1 smtp  connected from 127.0.0.1:46770
00:01.166  #2 imap (secret)  connected from 127.0.0.1:46771
00:01.166  #1 !  fault mid-greeting: { cut = 11 }, "reset"
61:01.217  #1 S- 220 <mx>*\n
00:01.218  #1 C: a\\rb \Seen \x00?
00:01.218  #1 C  ... 12 more lines, 3 KiB
00:01.218  #1 ?  bare-lf: a line feed
"#;
    let (lines, slips) = parse(transcript, Kind::Transcript);
    assert_eq!(slips, []);
    assert_eq!(lines[4].time, Some(Duration::from_millis(61 * 60_000 + 1_217)));
    let said = |octets: &[u8], who, crlf| What::Said { who, text: Text::literal(octets), crlf };
    assert_eq!(lines[4].what, said(b"220 <mx>*\n", Speaker::Server, false));
    assert_eq!(lines[5].what, said(b"a\\rb \\Seen \0?", Speaker::Client, true));
    assert_eq!(lines[6].what, What::Left { who: Speaker::Client, text: "... 12 more lines, 3 KiB".into() });
    assert_eq!(lines[1].what, What::Connected { protocol: "smtp".into(), listener: None });
    assert_eq!(lines[2].what, What::Connected { protocol: "imap".into(), listener: Some("secret".into()) });
    assert_eq!(lines[7].what, What::Oddity("bare-lf: a line feed".into()));
    assert_eq!((lines[0].connection, lines[3].connection), (None, Some(1)));
}

#[test]
fn names_begin_with_a_small_letter_and_octets_in_escapes_are_never_special() {
    let (lines, _) = parse(r"C: <a-1> <A> <1> <> <a\x3cb> \x3ca> \x2a <a b>", Kind::Script);
    let What::Said { text, .. } = &lines[0].what else { panic!() };
    assert_eq!(text.parts, [Part::Name("a-1".into()), Part::Octets(b" <A> <1> <> <a<b> <a> * <a b>".to_vec())]);
}

fn complaint(toml: &str) -> String {
    let source = Source::new("test.toml", toml);
    let root = parse_toml(0, toml).root;
    let node = root.get("script").unwrap().node.clone();
    let text = node.as_text().unwrap().to_owned();
    let origin = Origin::string(&node, &text, std::slice::from_ref(&source));
    let (_, slips) = parse(&text, Kind::Script);
    Problems::new(vec![source], slips.into_iter().map(|slip| slip.problem(&origin)).collect()).render(false)
}

#[test]
fn errors_point_at_the_very_character_of_the_file() {
    for toml in [
        "title = \"x\"\nscript = '''\nS: 220 hi\nC: a\\xg\n'''\n",
        "title = \"x\"\nscript = '''S: 220 hi\nC: a\\xg'''\n",
        "title = \"x\"\nscript = \"\"\"\nS: 2\\u00e90 \\\n   h\nC: a\\\\xg\n\"\"\"\n",
        "title = \"x\"\r\nscript = '''\r\nS: 220 hi\r\nC: a\\xg\r\n'''\r\n",
        "script = \"S: é\\t\\nC: a\\\\xg\"\n",
    ] {
        let said = complaint(toml);
        let line = toml.split('\n').position(|line| line.contains("xg")).unwrap();
        let column = toml.split('\n').nth(line).unwrap().find('\\').map(|at| at + 1).unwrap();
        let text = toml.split('\n').nth(line).unwrap();
        let column = if text.starts_with("script") { text.chars().position(|c| c == 'C').unwrap() + 5 } else { column };
        assert!(said.contains(&format!("test.toml:{}:{column}", line + 1)), "{toml}\n{said}");
        assert!(said.contains("`\\x` needs two hexadecimal digits"), "{said}");
    }
}

#[test]
fn what_begins_no_line_is_told_with_what_does() {
    let said = complaint("script = '''\nS: 220\nHello\n c: x\n!\n00:01.000 #3\nC  more\n'''\n");
    for text in [
        "error: `Hello` does not begin a line of a script\n --> test.toml:3:1\n  |\n3 | Hello\n  | ^^^^^\n",
        "`c:` has a small letter\n --> test.toml:4:2",
        "`!` without a step\n --> test.toml:5:1",
        "this line says nothing\n --> test.toml:6:1",
        "`C` does not begin a line of a script\n --> test.toml:7:1",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
}

#[test]
fn a_step_is_read_as_do_has_it() {
    for (step, node) in [
        ("reset", r#""reset""#),
        ("delay 200ms", r#"{ delay = "200ms" }"#),
        ("cut 11", "{ cut = 11 }"),
        ("cut 50%", r#"{ cut = "50%" }"#),
        ("dribble { bytes = 2, every = \"1s\" }", r#"{ dribble = { bytes = 2, every = "1s" } }"#),
        ("{ cut = 20, raw = true }", "{ cut = 20, raw = true }"),
        ("reply 451 4.3.0 later", r#"{ reply = "451 4.3.0 later" }"#),
        ("silence 1s", r#"{ silence = "1s" }"#),
        ("send 1 = 2", r#"{ send = "1 = 2" }"#),
        ("expunge 1-3", r#"{ expunge = "1-3" }"#),
    ] {
        let text = format!("! {step}");
        let (lines, slips) = parse(&text, Kind::Script);
        let What::Step(step) = &lines[0].what else { panic!("{slips:?}") };
        assert_eq!(step_node(&lines[0], step, &Origin::file(0, &text)).to_string(), node);
    }
}

proptest::proptest! {
    #[test]
    fn whatever_it_is_given_it_says_something(text in "[SC:!? #\\-<>*a-z0-9.\\\\x\u{e9}\r\n]{0,60}") {
        for kind in [Kind::Script, Kind::Transcript] {
            let (lines, slips) = parse(&text, kind);
            let origin = Origin::file(0, &text);
            for line in &lines {
                proptest::prop_assert!(text.get(line.range.clone()).is_some());
                if let What::Step(step) = &line.what {
                    step_node(line, step, &origin);
                }
            }
            let all = text.split('\n').filter(|line| !line.trim().is_empty()).count();
            proptest::prop_assert!(lines.len() + slips.len() >= all.min(1) && lines.len() <= all);
        }
    }
}
