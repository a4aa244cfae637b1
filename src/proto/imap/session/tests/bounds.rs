//! Commands that ask for as much work as a line has room for. Without the bounds, each would take minutes or hours here.

use super::*;

#[test]
fn a_store_of_as_many_flags_as_a_line_holds_is_refused() {
    let mut d = selected(1);
    let names = |count: usize| (0..count).map(|n| format!("k{n}")).collect::<Vec<_>>().join(" ");
    for form in ["(*)", "*"] {
        let said = |count: usize| format!("A1 STORE 1 +FLAGS.SILENT {}\r\n", form.replace('*', &names(count)));
        assert!(text(&d.feed(said(100).as_bytes())).ends_with("A1 OK STORE completed\r\n"));
        let refused = text(&d.feed(said(101).as_bytes()));
        assert!(refused.starts_with("A1 BAD expected at most 100 flags at column "), "{refused}");
    }
    // What a message has no room for is not kept.
    assert_eq!(flags(&d)[0].1.split(' ').count(), crate::mail::Flags::MOST_KEYWORDS);
}

#[test]
fn ten_thousand_names_in_header_fields_are_looked_up_and_not_compared() {
    let header = "a: b\n".repeat(50_000);
    let mut d = with_mail(&[&format!("{header}To: x\n\nhello\n")]);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    let names = (0..8_000).map(|n| format!("n{n}")).collect::<Vec<_>>().join(" ");
    let said = text(&d.feed(format!("A FETCH 1 BODY.PEEK[HEADER.FIELDS ({names} tO)]\r\n").as_bytes()));
    assert!(said.contains(" tO)] {9}\r\nTo: x\r\n\r\n)\r\nA OK "), "{}", &said[said.len() - 100..]);
}

#[test]
fn patterns_that_would_take_hours_are_refused() {
    let mut d = authenticated(0);
    let below = "/x".repeat(120);
    let names: String = (0..1_000).map(|n| format!("A SUBSCRIBE s{n}{below}\r\n")).collect();
    d.feed(names.as_bytes());
    let (reference, pattern) = ("*s".repeat(127), "*x".repeat(127));
    let patterns = vec![pattern.as_str(); 100].join(" ");
    for command in [
        format!("LIST (SUBSCRIBED RECURSIVEMATCH) \"{reference}\" ({patterns})"),
        format!("LIST \"{reference}\" {pattern}"),
        format!("LSUB \"{reference}\" {pattern}"),
    ] {
        let said = text(&d.feed(format!("A {command}\r\n").as_bytes()));
        assert_eq!(said, "A NO [LIMIT] such patterns take too long with so many names\r\n", "{}", &command[..20]);
    }
    let said = text(&d.feed(b"A LIST (SUBSCRIBED) \"\" (s1/* s2/%)\r\n"));
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_use_that_is_named_twice_is_had_once() {
    let mut d = authenticated(0);
    d.play(
        r#"C: A1 CREATE x (USE (\Sent \Drafts \sent))
         S: A1 OK [MAILBOXID (m004d4419134a0a54-1)] CREATE completed
         C: A2 LIST (SPECIAL-USE) "" *
         S: * LIST (\Drafts \Sent) "/" x
         S: A2 OK LIST completed"#,
    );
}
