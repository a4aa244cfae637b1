//! What FETCH says of a message, to the letter.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::mail::Message;
use crate::proto::rope::Piece;

const PLAIN: &str = "Date: Thu, 1 Jan 2026 10:00:00 +0100\nFrom: Ann \"A\" Lee <ann@a.test>\nTo: bob@b.test, Eve <eve@e.test>\n\
Subject: Hello \"you\"\nMessage-ID: <1@a.test>\nIn-Reply-To: <0@a.test>\n\nline one\nline two\n";

const MIXED: &str = "From: a@a.test\nSubject: m\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"X\"\n\npreamble\n--X\n\
Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\none\n--X\n\
Content-Type: application/pdf; name=\"a.pdf\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"a.pdf\"\n\
Content-ID: <p@x>\n\nAAAA\n--X\nContent-Type: message/rfc822\n\nFrom: c@c.test\nSubject: inner\n\ninside\n--X--\n";

/// The response for one message, number 1, UID 7.
fn fetch(message: &str, items: &str) -> String {
    String::from_utf8(fetch_octets(message, items)).unwrap().replace("\r\n", "\n")
}

fn fetch_octets(message: &str, items: &str) -> Vec<u8> {
    let items = item::parse(&mut Cursor::new(items.as_bytes())).unwrap().0;
    let row = Row {
        number: 1,
        uid: 7,
        flags: Flags::from_names(["\\Seen", "$x"]),
        recent: true,
        newly_seen: false,
        modseq: 1,
        next_modseq: 1,
        date: Timestamp::from_second(1_767_225_600).unwrap().into(),
        message: Arc::new(Message::new(message.replace('\n', "\r\n").into())),
    };
    let mut generator = Generator::new(items.into(), vec![row].into(), false, 0);
    let mut out = Vec::new();
    while let Some(Piece::Text(octets) | Piece::Payload(octets)) = crate::proto::Source::next(&mut generator) {
        out.extend_from_slice(&octets);
    }
    out
}

#[test]
fn simple_items_and_macros() {
    let fast = "FLAGS (\\Seen $x \\Recent) INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" RFC822.SIZE 197";
    assert_eq!(fetch(PLAIN, "FAST"), format!("* 1 FETCH ({fast})\n"));
    assert_eq!(fetch(PLAIN, "(UID FLAGS UID)"), "* 1 FETCH (UID 7 FLAGS (\\Seen $x \\Recent))\n");
    assert!(fetch(PLAIN, "all").starts_with(&format!("* 1 FETCH ({fast} ENVELOPE (")));
    assert!(fetch(PLAIN, "FULL").ends_with(" BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 20 2))\n"));
}

#[test]
fn an_envelope() {
    assert_eq!(
        fetch(PLAIN, "ENVELOPE"),
        "* 1 FETCH (ENVELOPE (\"Thu, 1 Jan 2026 10:00:00 +0100\" \"Hello \\\"you\\\"\" ((\"Ann A Lee\" NIL \"ann\" \"a.test\")) \
         ((\"Ann A Lee\" NIL \"ann\" \"a.test\")) ((\"Ann A Lee\" NIL \"ann\" \"a.test\")) \
         ((NIL NIL \"bob\" \"b.test\")(\"Eve\" NIL \"eve\" \"e.test\")) NIL NIL \"<0@a.test>\" \"<1@a.test>\"))\n"
    );
    let empty = "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\n";
    assert_eq!(fetch("\nx", "ENVELOPE"), empty);
}

#[test]
fn structures() {
    assert_eq!(
        fetch(MIXED, "BODYSTRUCTURE"),
        "* 1 FETCH (BODYSTRUCTURE ((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 3 1 NIL NIL NIL NIL)\
         (\"application\" \"pdf\" (\"name\" \"a.pdf\") \"<p@x>\" NIL \"base64\" 4 NIL (\"attachment\" (\"filename\" \"a.pdf\")) NIL NIL)\
         (\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 40 (NIL \"inner\" ((NIL NIL \"c\" \"c.test\")) ((NIL NIL \"c\" \"c.test\")) \
         ((NIL NIL \"c\" \"c.test\")) NIL NIL NIL NIL NIL) \
         (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 6 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL) \
         \"mixed\" (\"boundary\" \"X\") NIL NIL NIL))\n"
    );
    assert_eq!(
        fetch(
            "Content-Type: text/html; charset=x\nContent-Language: de, en\nContent-MD5: q\nContent-Location: l\n\n<p>\n",
            "BODYSTRUCTURE"
        ),
        "* 1 FETCH (BODYSTRUCTURE (\"text\" \"html\" (\"charset\" \"x\") NIL NIL \"7BIT\" 5 1 \"q\" NIL (\"de\" \"en\") \"l\"))\n"
    );
}

#[test]
fn a_global_message_is_shown_closed_but_its_parts_can_be_fetched() {
    let message = "Content-Type: message/global\n\nSubject: inner\n\ninside\n";
    for item in ["BODY", "BODYSTRUCTURE"] {
        let extension = if item == "BODY" { "" } else { " NIL NIL NIL NIL" };
        let structure = format!("(\"message\" \"global\" NIL NIL NIL \"7BIT\" 26{extension})");
        assert_eq!(fetch(message, item), format!("* 1 FETCH ({item} {structure})\n"));
    }
    assert_eq!(fetch(message, "BODY[1.TEXT]"), "* 1 FETCH (BODY[1.TEXT] {8}\ninside\n)\n");
}

#[test]
fn every_form_of_section() {
    let plain_header = PLAIN.split("\n\n").next().unwrap();
    for (message, item, value) in [
        (PLAIN, "BODY[]", PLAIN),
        (PLAIN, "BODY[HEADER]", &*format!("{plain_header}\n\n")),
        (PLAIN, "BODY[TEXT]", "line one\nline two\n"),
        (PLAIN, "BODY[1]", "line one\nline two\n"),
        (PLAIN, "BODY[HEADER.FIELDS (message-id X)]", "Message-ID: <1@a.test>\n\n"),
        (PLAIN, "BODY[HEADER.FIELDS.NOT (DATE FROM TO SUBJECT)]", "Message-ID: <1@a.test>\nIn-Reply-To: <0@a.test>\n\n"),
        (PLAIN, "BODY[TEXT]<5>", "one"),
        (MIXED, "BODY[1]", "one"),
        (MIXED, "BODY[1.MIME]", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"),
        (MIXED, "BODY[2]", "AAAA"),
        (MIXED, "BODY[3]", "From: c@c.test\nSubject: inner\n\ninside"),
        (MIXED, "BODY[3.HEADER]", "From: c@c.test\nSubject: inner\n\n"),
        (MIXED, "BODY[3.HEADER.FIELDS (Subject)]", "Subject: inner\n\n"),
        (MIXED, "BODY[3.TEXT]", "inside"),
        (MIXED, "BODY[3.1]", "inside"),
    ] {
        let asked = item.replace("<5>", "<5.3>");
        let size = value.replace('\n', "\r\n").len();
        for peek in ["BODY[", "BODY.PEEK["] {
            let asked = asked.replace("BODY[", peek);
            assert_eq!(fetch(message, &asked), format!("* 1 FETCH ({item} {{{size}}}\n{value})\n"), "{asked}");
        }
    }
}

#[test]
fn nul_octets_give_way_to_others_and_sizes_hold() {
    let message = "Subject: a\0b\n\nc\0\0d\n";
    for (item, response) in [
        ("BODY[]", &b"* 1 FETCH (BODY[] {22}\r\nSubject: a\x80b\r\n\r\nc\x80\x80d\r\n)\r\n"[..]),
        ("RFC822.TEXT", b"* 1 FETCH (RFC822.TEXT {6}\r\nc\x80\x80d\r\n)\r\n"),
        ("BODY[TEXT]<1.2>", b"* 1 FETCH (BODY[TEXT]<1> {2}\r\n\x80\x80)\r\n"),
        ("BODY[HEADER.FIELDS (Subject)]", b"* 1 FETCH (BODY[HEADER.FIELDS (Subject)] {16}\r\nSubject: a\x80b\r\n\r\n)\r\n"),
        ("RFC822.SIZE", b"* 1 FETCH (RFC822.SIZE 22)\r\n"),
    ] {
        let got = fetch_octets(message, item);
        assert_eq!(got.escape_ascii().to_string(), response.escape_ascii().to_string());
    }
}

#[test]
fn sections_that_are_not_there() {
    for item in ["BODY[4]", "BODY[1.HEADER]", "BODY[1.1]", "BODY[2.TEXT]", "BODY[3.2]"] {
        assert_eq!(fetch(MIXED, item), format!("* 1 FETCH ({item} NIL)\n"));
    }
    assert_eq!(fetch(PLAIN, "BODY[]<9999.1>"), "* 1 FETCH (BODY[]<9999> {0}\n)\n");
}

#[test]
fn the_older_names() {
    let header = format!("{}\n\n", PLAIN.split("\n\n").next().unwrap());
    let size = |text: &str| text.replace('\n', "\r\n").len();
    assert_eq!(fetch(PLAIN, "RFC822"), format!("* 1 FETCH (RFC822 {{{}}}\n{PLAIN})\n", size(PLAIN)));
    assert_eq!(fetch(PLAIN, "RFC822.HEADER"), format!("* 1 FETCH (RFC822.HEADER {{{}}}\n{header})\n", size(&header)));
    assert_eq!(fetch(PLAIN, "RFC822.TEXT"), "* 1 FETCH (RFC822.TEXT {20}\nline one\nline two\n)\n");
    let seen = |items: &str| item::parse(&mut Cursor::new(items.as_bytes())).unwrap().0.iter().any(Item::sets_seen);
    assert!(seen("RFC822") && seen("RFC822.TEXT") && seen("BODY[1]"));
    assert!(!seen("RFC822.HEADER") && !seen("BODY.PEEK[]") && !seen("(BODY BODYSTRUCTURE)"));
}

/// Mail as the world writes it, and what other servers answer or the RFC wants.
#[test]
fn odd_mail_has_a_structure() {
    let plain = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\"";
    for (message, structure) in [
        // A multipart has at least one part for who reads its structure, RFC 3501 section 9.
        ("Content-Type: multipart/mixed\n\n--A\n\nx\n", format!("({plain} 10 3) \"mixed\")")),
        ("Content-Type: multipart/mixed; boundary=A\n\nnothing\n", format!("({plain} 9 1) \"mixed\")")),
        ("Content-Type: multipart/mixed; boundary=A\n\n", format!("({plain} 0 0) \"mixed\")")),
        ("Content-Type: multipart/mixed; boundary=A\n\n--A--\n", format!("({plain} 7 1) \"mixed\")")),
        (
            "Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: multipart/related\n\nx\n--A--\n",
            format!("(({plain} 1 1) \"related\") \"mixed\")"),
        ),
        // A delimiter ends a part that has no empty line.
        (
            "Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: text/html\n--A--\n",
            "((\"text\" \"html\" NIL NIL NIL \"7BIT\" 0 0) \"mixed\")".into(),
        ),
        // RFC 2046 section 5.1.5.
        (
            "Content-Type: multipart/digest; boundary=A\n\n--A\n\nSubject: d\n\nx\n--A--\n",
            format!(
                "((\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 15 (NIL \"d\" NIL NIL NIL NIL NIL NIL NIL NIL) {plain} 1 1) 3) \"digest\")"
            ),
        ),
        // A boundary is whole, and blanks may follow it, RFC 2046 section 5.1.1.
        (
            "Content-Type: multipart/mixed; boundary=A\n\n--A\n\nx\n--AB\n--A --\n--A  \n\nw\n--A--\n",
            format!("({plain} 15 3){plain} 1 1) \"mixed\")"),
        ),
        // Comments, RFC 2045 section 5.1.
        (
            "Content-Type: text/plain (one); (two (three)) charset=utf-8 (four); format=flowed\nContent-Transfer-Encoding: (five) 8bit\n\n",
            "(\"text\" \"plain\" (\"charset\" \"utf-8\" \"format\" \"flowed\") NIL NIL \"8bit\" 0 0)".into(),
        ),
        // What cannot be read is text/plain, RFC 2045 section 5.2.
        ("Content-Type: text/plain charset=utf-8\n\n", "(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 0 0)".into()),
        ("Content-Type: te xt/plain\n\n", "(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 0 0)".into()),
        ("Content-Type: text\n\n", "(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 0 0)".into()),
        ("Content-Type: ;\n\n", format!("{plain} 0 0)")),
        // Parameters as they stand.
        (
            "Content-Type: a/b; t*0*=us-ascii'en'%20x; t*1=\"isn't\"; e=; q=\"\\\\\\\"\"\n\n",
            "(\"a\" \"b\" (\"t*0*\" \"us-ascii'en'%20x\" \"t*1\" \"isn't\" \"e\" \"\" \"q\" \"\\\\\\\"\") NIL NIL \"7BIT\" 0)"
                .into(),
        ),
    ] {
        assert_eq!(fetch(message, "BODY"), format!("* 1 FETCH (BODY {structure})\n"), "{message}");
    }
    assert_eq!(
        fetch("Content-Language: en, de (German) ,fr\n\n", "BODYSTRUCTURE"),
        format!("* 1 FETCH (BODYSTRUCTURE {plain} 0 0 NIL NIL (\"en\" \"de\" \"fr\") NIL))\n")
    );
}

#[test]
fn a_multipart_without_parts_is_its_own_first_part() {
    let nested = "Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: multipart/related\n\nxy\n--A--\n";
    for (message, item, value) in [
        ("Content-Type: multipart/mixed\n\nxy\n", "BODY[1]", "{4}\nxy\n"),
        ("Content-Type: multipart/mixed\n\nxy\n", "BODY[1.1]", "NIL"),
        (nested, "BODY[1.1]", "{2}\nxy"),
        (nested, "BODY[1.1.1]", "NIL"),
        (nested, "BODY[1.2]", "NIL"),
    ] {
        assert_eq!(fetch(message, item), format!("* 1 FETCH ({item} {value})\n"), "{message}");
    }
}

#[test]
fn odd_headers_have_an_envelope() {
    for (header, envelope) in [
        // Fields that are there and empty.
        ("From:\nTo:\nSubject:\nDate:\nMessage-ID:\n", "\"\" \"\" NIL NIL NIL NIL NIL NIL NIL \"\""),
        // RFC 3501 section 9: quotes are no part of a local part; a group without members; a route.
        (
            "To: \"a b\"@c.test, <@r.test:u@h.test>\n",
            "NIL NIL NIL NIL NIL ((NIL NIL \"a b\" \"c.test\")(NIL \"@r.test\" \"u\" \"h.test\")) NIL NIL NIL NIL",
        ),
        ("Bcc: A Group: ;\n", "NIL NIL NIL NIL NIL NIL NIL ((NIL NIL \"A Group\" NIL)(NIL NIL NIL NIL)) NIL NIL"),
        ("Cc: \"unclosed <a@b.test>\n", "NIL NIL NIL NIL NIL NIL ((NIL NIL \"unclosed <a\" \"b.test>\")) NIL NIL NIL"),
        // Folded, and not otherwise changed.
        (
            "Subject: a\n  =?utf-8?q?x?=\n\tb\nDate: yesterday\n",
            "\"yesterday\" \"a  =?utf-8?q?x?=\tb\" NIL NIL NIL NIL NIL NIL NIL NIL",
        ),
    ] {
        assert_eq!(fetch(&format!("{header}\n"), "ENVELOPE"), format!("* 1 FETCH (ENVELOPE ({envelope}))\n"), "{header}");
    }
    let latin1 = b"Subject: gr\xfc\xdfe\r\nTo: J\xfc <j@a.test>\r\n\r\n";
    let message = Message::new(bytes::Bytes::from_static(latin1));
    let mut text = crate::proto::imap::write::Text::default();
    structure::envelope(&message.envelope(), &mut text);
    let expected = &b"(NIL {5}\r\ngr\xfc\xdfe NIL NIL NIL (({2}\r\nJ\xfc NIL \"j\" \"a.test\")) NIL NIL NIL NIL)"[..];
    assert_eq!(text.0.escape_ascii().to_string(), expected.escape_ascii().to_string(), "octets as they stand");
}

#[test]
fn ids_of_the_objects_and_what_gmail_calls_them() {
    let ids = fetch(PLAIN, "(EMAILID THREADID X-GM-MSGID X-GM-THRID X-GM-LABELS)");
    let message = Message::new(PLAIN.replace('\n', "\r\n").into());
    let (email, thread) = (message.email_number(), message.thread_number());
    let expected =
        format!("EMAILID (M{email:016x}) THREADID (T{thread:016x}) X-GM-MSGID {email} X-GM-THRID {thread} X-GM-LABELS ($x)");
    assert_eq!(ids, format!("* 1 FETCH ({expected})\n"));
}
