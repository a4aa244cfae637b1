use proptest::prelude::*;

use super::*;

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// The structure as an outline: type, encoding, lines, and the body of each leaf.
fn outline(raw: &[u8], part: &Part, depth: usize, into: &mut String) {
    let indent = "  ".repeat(depth);
    into.push_str(&format!("{indent}{}/{} {}", part.kind, part.subtype, part.lines));
    match &part.content {
        Content::Leaf => into.push_str(&format!(" {:?}\n", String::from_utf8_lossy(&raw[part.body.clone()]))),
        Content::Multipart(parts) => {
            into.push('\n');
            parts.iter().for_each(|part| outline(raw, part, depth + 1, into));
        }
        Content::Message(inner) => {
            into.push('\n');
            outline(raw, inner, depth + 1, into);
        }
    }
}

fn outlined(raw: &[u8]) -> String {
    let mut text = String::new();
    outline(raw, &Part::parse(raw), 0, &mut text);
    text
}

const NESTED: &str = "From: a@b.test
Content-Type: multipart/mixed; boundary=\"outer\"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner

plain
--inner
Content-Type: text/html

<p>html</p>

--inner--
inner epilogue
--outer  \t
Content-Type: message/rfc822

Subject: within
Content-Type: text/plain; charset=utf-8

first
second
--outer
Content-Type: application/pdf; name=\"a b.pdf\"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''a%20b.pdf
Content-ID: <1@b.test>
Content-Language: en, de
Content-MD5: abc==
Content-Location: http://b.test/
Content-Description: a
 paper

SGVsbG8=
--outer--
epilogue
";

#[test]
fn a_nested_message_has_every_part_at_its_place() {
    let raw = crlf(NESTED);
    assert_eq!(
        outlined(&raw),
        r#"multipart/mixed 36
  multipart/alternative 10
    text/plain 1 "plain"
    text/html 1 "<p>html</p>\r\n"
  message/rfc822 5
    text/plain 2 "first\r\nsecond"
  application/pdf 1 "SGVsbG8="
"#
    );
    // Bare line feeds make no difference.
    assert_eq!(outlined(NESTED.as_bytes()), outlined(&raw).replace("\\r", ""));
}

#[test]
fn headers_are_whole_with_their_empty_line() {
    let raw = crlf(NESTED);
    let root = Part::parse(&raw);
    let text = |range: &Range<usize>| String::from_utf8_lossy(&raw[range.clone()]).into_owned();
    let Content::Multipart(parts) = &root.content else { panic!("{root:?}") };
    assert_eq!(text(&root.header), "From: a@b.test\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n");
    assert_eq!(text(&parts[0].header), "Content-Type: multipart/alternative; boundary=inner\r\n\r\n");
    let Content::Message(inner) = &parts[1].content else { panic!("{:?}", parts[1]) };
    assert_eq!(text(&inner.header), "Subject: within\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    assert_eq!(parts[1].body, inner.header.start..inner.body.end);
    let Content::Multipart(leaves) = &parts[0].content else { panic!("{:?}", parts[0]) };
    assert_eq!(text(&leaves[0].header), "\r\n");
}

#[test]
fn the_fields_of_a_part_are_read() {
    let raw = crlf(NESTED);
    let root = Part::parse(&raw);
    let Content::Multipart(parts) = &root.content else { panic!("{root:?}") };
    let pdf = &parts[2];
    assert_eq!(pdf.parameter("NAME"), Some("a b.pdf"));
    assert_eq!(pdf.encoding, "base64");
    let disposition =
        Disposition { kind: "attachment".into(), parameters: vec![("filename*".into(), "utf-8''a%20b.pdf".into())] };
    assert_eq!(pdf.disposition, Some(disposition));
    assert_eq!(pdf.language, ["en", "de"]);
    assert_eq!((pdf.id.as_deref(), pdf.md5.as_deref()), (Some("<1@b.test>"), Some("abc==")));
    assert_eq!((pdf.location.as_deref(), pdf.description.as_deref()), (Some("http://b.test/"), Some("a paper")));
}

#[test]
fn what_is_missing_or_malformed_has_a_default() {
    for (header, kind, charset, encoding) in [
        ("Subject: x", "text/plain", Some("us-ascii"), "7BIT"),
        ("Content-Type:", "text/plain", Some("us-ascii"), "7BIT"),
        ("Content-Type: text", "text/plain", None, "7BIT"),
        ("Content-Type: text; charset=x", "text/plain", Some("x"), "7BIT"),
        ("Content-Type: /; =", "text/plain", None, "7BIT"),
        ("Content-Type: Text/HTML\nContent-Transfer-Encoding: 8bit (so)", "Text/HTML", None, "8bit"),
        ("Content-Type: a/b\nContent-Type: c/d", "a/b", None, "7BIT"),
        ("Content-Type: a/\n b; charset=\n \"y\"", "a/b", Some("y"), "7BIT"),
    ] {
        let part = Part::parse(format!("{header}\n\nbody").as_bytes());
        let read = (format!("{}/{}", part.kind, part.subtype), part.parameter("charset"), &*part.encoding);
        assert_eq!(read, (kind.to_owned(), charset, encoding), "{header}");
    }
}

#[test]
fn broken_multiparts_have_a_structure_all_the_same() {
    for (name, raw, expected) in [
        ("empty", "", "text/plain 0 \"\"\n"),
        ("no empty line", "Subject: x\n", "text/plain 0 \"\"\n"),
        (
            "no boundary parameter",
            "Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n",
            "multipart/mixed 4 \"--b\\n\\nx\\n--b--\\n\"\n",
        ),
        ("boundary that never comes", "Content-Type: multipart/mixed; boundary=b\n\nx\n", "multipart/mixed 1 \"x\\n\"\n"),
        (
            "never ending",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n",
            "multipart/mixed 3\n  text/plain 1 \"x\\n\"\n",
        ),
        (
            "the outer delimiter ends the inner part",
            "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--o\n\ny\n--o--",
            "multipart/mixed 10\n  multipart/mixed 3\n    text/plain 1 \"x\"\n  text/plain 1 \"y\"\n",
        ),
        (
            "a delimiter inside a header",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\n--b\n\ny\n--b--\n",
            "multipart/mixed 6\n  a/b 0 \"\"\n  text/plain 1 \"y\"\n",
        ),
        (
            "nothing between delimiters",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b--",
            "multipart/mixed 4\n  text/plain 0 \"\"\n  text/plain 0 \"\"\n",
        ),
        (
            "a longer boundary is another one",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bc\nx--b\n--b--",
            "multipart/mixed 5\n  text/plain 2 \"--bc\\nx--b\"\n",
        ),
        (
            "a digest's parts are messages",
            "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nbody\n--b\nContent-Type: text/plain\n\ny\n--b--\n",
            "multipart/digest 10\n  message/rfc822 3\n    text/plain 1 \"body\"\n  text/plain 1 \"y\"\n",
        ),
    ] {
        assert_eq!(outlined(raw.as_bytes()), expected, "{name}");
    }
}

#[test]
fn too_deep_is_a_leaf() {
    let mut raw = String::new();
    for n in 0..100 {
        raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    }
    let mut part = &Part::parse(raw.as_bytes());
    let mut depth = 0;
    while let Content::Multipart(parts) = &part.content {
        part = &parts[0];
        depth += 1;
    }
    assert_eq!((depth, &*part.kind, part.body.end), (DEEPEST, "application", raw.len()));
}

#[test]
fn too_many_parts_are_one_leaf_at_the_end() {
    let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(3_000));
    let root = Part::parse(raw.as_bytes());
    let Content::Multipart(parts) = &root.content else { panic!("{root:?}") };
    assert_eq!(parts.len(), MOST_PARTS - 1);
    assert_eq!(parts[MOST_PARTS - 2].body.end, raw.len());
    assert_eq!(&raw[parts[MOST_PARTS - 3].body.clone()], "x");
}

fn check_nesting(part: &Part, within: &Range<usize>) -> Result<(), TestCaseError> {
    prop_assert!(within.start <= part.header.start && part.header.end == part.body.start, "{:?} {:?}", part, within);
    prop_assert!(part.header.start <= part.header.end && part.body.start <= part.body.end && part.body.end <= within.end);
    let mut at = part.body.start;
    let children: &[Part] = match &part.content {
        Content::Leaf => &[],
        Content::Multipart(parts) => parts,
        Content::Message(inner) => std::slice::from_ref(inner),
    };
    for child in children {
        check_nesting(child, &(at..part.body.end))?;
        at = child.body.end;
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_comes_ranges_nest_and_lie_inside(pieces in prop::collection::vec(prop::sample::select(vec![
        "Content-Type: multipart/mixed; boundary=a\r\n", "Content-Type: multipart/digest; boundary=\"b\"\n", "Content-Type: message/rfc822\n",
        "\r\n", "\n", "--a\r\n", "--b\n", "--a--\r\n", "--b--", "x", "\r", "Content-Type:", " folded\n", "\u{fc}",
    ]), 0..60)) {
        let raw = pieces.concat().into_bytes();
        check_nesting(&Part::parse(&raw), &(0..raw.len()))?;
    }

    #[test]
    fn arbitrary_octets_never_panic(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let message = crate::mail::Message::new(raw.into());
        check_nesting(message.structure(), &(0..message.raw.len()))?;
        message.envelope();
        message.identity();
        message.text_contains(&crate::mail::Pattern::new("x"), &mut crate::mail::Scratch::default());
        message.sent_date();
        message.header_fields_only(message.structure(), &["to"].into_iter().collect(), true);
    }
}
