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
    let items = item::parse(&mut Cursor::new(items.as_bytes())).unwrap();
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
    let seen = |items: &str| item::parse(&mut Cursor::new(items.as_bytes())).unwrap().iter().any(Item::sets_seen);
    assert!(seen("RFC822") && seen("RFC822.TEXT") && seen("BODY[1]"));
    assert!(!seen("RFC822.HEADER") && !seen("BODY.PEEK[]") && !seen("(BODY BODYSTRUCTURE)"));
}
