//! FETCH beyond RFC 3501's items: BINARY (RFC 3516, RFC 9051), and how much of a reply counts as read.

use super::*;
use crate::mail::Note;
use crate::proto::Piece;
use crate::proto::dialogue::Meddling;

const ENCODED: &str = "Content-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: text/plain\nContent-Transfer-Encoding: \
quoted-printable\n\na=3Db=\nc\n--X\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: BASE64\n\nAGEA\n--X\n\
Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nbegin\n--X--\n";

fn with_encoded() -> Dialogue {
    let mut d = with_mail(&[ENCODED, "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n"]);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    d.moments.clear();
    d.notes.clear();
    d
}

fn fetched(d: &Dialogue) -> Vec<u32> {
    let fetched = d.notes.iter().filter_map(|note| if let Note::Fetched { uid, .. } = note { Some(*uid) } else { None });
    fetched.collect()
}

#[test]
fn binary_has_the_encoding_undone() {
    let mut d = with_encoded();
    d.play(
        r"C: A1 FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1] BINARY.SIZE[2] BINARY.SIZE[9])
          S: * 1 FETCH (BINARY[1] {4}
          S: a=bc BINARY.SIZE[1] 4 BINARY.SIZE[2] 3 BINARY.SIZE[9] 0)
          S: A1 OK FETCH completed
          C: A2 FETCH 1 (BINARY.PEEK[1]<1.2> BINARY.PEEK[1]<4.1> BINARY.PEEK[1]<4294967295.4294967295> BINARY.PEEK[9])
          S: * 1 FETCH (BINARY[1]<1> {2}
          S: =b BINARY[1]<4> {0}
          S:  BINARY[1]<4294967295> {0}
          S:  BINARY[9] NIL)
          S: A2 OK FETCH completed
          C: A3 UID FETCH 2 BINARY[1]
          S: * 2 FETCH (UID 2 BINARY[1] {5}
          S: Hello FLAGS (\Seen \Recent))
          S: A3 OK FETCH completed",
    );
    assert_eq!(flags(&d), [(1, "".into()), (2, "\\Seen".into())]);
    assert_eq!(fetched(&d), [2]);
}

#[test]
fn nul_goes_out_in_a_literal8() {
    let mut d = with_encoded();
    assert_eq!(
        text(&d.feed(b"A1 FETCH 1 BINARY.PEEK[2]\r\n")),
        "* 1 FETCH (BINARY[2] ~{3}\r\n\0a\0)\r\nA1 OK FETCH completed\r\n"
    );
    assert_eq!(
        text(&d.feed(b"A2 FETCH 1 BINARY.PEEK[2]<1.1>\r\n")),
        "* 1 FETCH (BINARY[2]<1> {1}\r\na)\r\nA2 OK FETCH completed\r\n"
    );
    d.feed(b"A3 APPEND INBOX ~{5+}\r\n\r\n\0\0\0\r\n");
    let whole = "* 3 FETCH (BINARY[] ~{5}\r\n\r\n\0\0\0 BODY[] {5}\r\n\r\n";
    let reply = d.feed(b"A4 FETCH 3 (BINARY.PEEK[] BODY.PEEK[])\r\n");
    assert_eq!(reply, [whole.as_bytes(), b"\x80\x80\x80)\r\nA4 OK FETCH completed\r\n"].concat());
}

#[test]
fn an_encoding_that_nobody_knows_fails_the_fetch() {
    let mut d = with_encoded();
    d.play(
        "C: A1 FETCH 1:2 BINARY[3]
         S: A1 NO [UNKNOWN-CTE] message 1 has a transfer encoding that cannot be undone
         C: A2 FETCH 1:2 (FLAGS BINARY.SIZE[3])
         S: A2 NO [UNKNOWN-CTE] message 1 has a transfer encoding that cannot be undone
         C: A3 FETCH 2 BINARY.SIZE[3]
         S: * 2 FETCH (BINARY.SIZE[3] 0)
         S: A3 OK FETCH completed",
    );
    assert!(d.oddities().is_empty() && flags(&d).iter().all(|(_, flags)| flags.is_empty()));
}

#[test]
fn a_message_counts_as_read_when_all_its_parts_were_in_whichever_form() {
    let mut d = with_encoded();
    d.feed(b"A FETCH 1 (BINARY.PEEK[1]<0.2> BODY.PEEK[2] BODY.PEEK[3])\r\n");
    assert!(fetched(&d).is_empty());
    d.feed(b"A FETCH 1 BINARY.PEEK[1]<2.2>\r\n");
    assert_eq!(fetched(&d), [1]);
    d.notes.clear();
    d.feed(b"A FETCH 2 BINARY.SIZE[1]\r\n");
    assert!(fetched(&d).is_empty());
}

#[test]
fn what_is_no_binary_section() {
    let mut d = with_encoded();
    d.play(
        "C: A1 FETCH 1 BINARY
         S: A1 BAD expected `[` at column 18, got the end of the line
         C: A2 FETCH 1 BINARY[1.MIME]
         S: A2 BAD expected part numbers and no more at column 19, got `1.MIME]`
         C: A3 FETCH 1 BINARY.SIZE[1]<0.1>
         S: A3 BAD expected the end of the line at column 26, got `<0.1>`
         C: A4 FETCH 1 BINARY.PEEK[1]<0.0>
         S: A4 BAD expected a number from 1 to 4294967295 at column 29, got `0>`
         C: A5 FETCH 1 BODY[]<4294967296.1>
         S: A5 BAD expected a number below 4294967296 at column 19, got `4294967296.1>`
         C: A6 FETCH 1 BINARY[0]
         S: A6 BAD expected a part number from 1 at column 19, got `0]`",
    );
    assert_eq!(d.oddities(), ["syntax"; 6]);
}

#[test]
fn only_what_left_counts_as_read() {
    let mut d = selected(12);
    let one = text(&d.feed(b"A FETCH 1 BODY.PEEK[]\r\n")).find("A OK").unwrap();
    d.notes.clear();
    // Numbers of two digits make the later responses longer; \Seen is told with each.
    let whole = text(&d.feed(b"A FETCH 10:12 BODY.PEEK[]\r\n")).find("A OK").unwrap() / 3;
    assert_eq!(whole, one + 1);
    assert_eq!(fetched(&d), [10, 11, 12]);
    d.notes.clear();
    let all = text(&d.feed(b"A FETCH 1:9 BODY[]\r\n")).find("A OK").unwrap() / 9;
    d.feed(b"A STORE 1:9 -FLAGS.SILENT (\\Seen)\r\n");
    d.notes.clear();
    // The third response ends just before its closing parenthesis.
    d.meddle(Ats::FETCH, Meddling { cut: Some(all * 3 - 3), ..Meddling::default() });
    d.feed(b"A FETCH 1:9 BODY[]\r\n");
    assert_eq!(fetched(&d), [1, 2, 3]);
    let seen: Vec<u32> = flags(&d).iter().filter(|(_, flags)| flags.contains("Seen")).map(|(uid, _)| *uid).collect();
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn in_imap4rev2_a_global_message_is_open_and_nothing_is_recent() {
    let mut d = with_mail(&["Content-Type: message/global\n\nSubject: a\n\nx\n"]);
    d.feed(b"L LOGIN bob secret\r\nE ENABLE IMAP4rev2\r\nS SELECT INBOX\r\n");
    d.play(
        "C: A1 FETCH 1 (FLAGS BODY)
         S: * 1 FETCH (FLAGS () BODY (\"message\" \"global\" NIL NIL NIL \"7BIT\" 17 (NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" \
         \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 3 1) 3))
         S: A1 OK FETCH completed",
    );
}

#[test]
fn a_hundred_copies_of_a_large_header_are_never_there_at_once() {
    let header: String = (0..20_000).map(|n| format!("X-{n}: {}\n", "y".repeat(50))).collect();
    let mut d = with_mail(&[&format!("{header}\nx\n")]);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    let items: Vec<String> = (0..100).map(|n| format!("BODY.PEEK[HEADER.FIELDS.NOT (a{n})]")).collect();
    let command = format!("A FETCH 1 ({})\r\n", items.join(" "));
    let mut cx = Cx { store: &d.store, notes: &mut d.notes };
    let moment = d.session.next(&mut command.as_bytes(), &mut cx).unwrap();
    let answer = d.session.answer(moment, &mut cx);
    assert!(answer.reply.pieces.iter().any(|piece| matches!(piece, Piece::Lazy(_))));
    assert!(answer.reply.pieces.len() <= 3);
}

#[test]
fn gmails_items_are_known_where_they_are_offered() {
    let mut d = selected(1);
    d.play("C: A1 FETCH 1 (UID X-GM-MSGID)\nS: A1 BAD expected a fetch item such as `FLAGS`, `UID` or `BODY.PEEK[]` at column 17, got `X-GM-MSGID)`");
    assert_eq!(d.oddities(), ["syntax"]);
    let spec = Spec { offer: vec!["X-GM-EXT-1".into()], ..Spec::default() };
    let mut d = Dialogue::new(ImapSession::new(Arc::new(Config { spec, tls: TlsMode::None })));
    d.feed(b"L LOGIN bob secret\r\nB APPEND INBOX (\\Flagged \\Draft Work) {4+}\r\na: b\r\nS SELECT INBOX\r\n");
    d.play(
        "C: A1 FETCH 1 X-GM-LABELS\nS: * 1 FETCH (X-GM-LABELS (\"\\\\Starred\" \"\\\\Draft\" Work))\nS: A1 OK FETCH completed",
    );
}

#[test]
fn labels_are_stored_as_flags_and_keywords() {
    let mut d = selected(2);
    d.play(
        "C: A1 STORE 1 +X-GM-LABELS x
         S: A1 BAD expected `FLAGS`, `+FLAGS` or `-FLAGS`, with or without `.SILENT` at column 12, got `+X-GM-LABELS`",
    );
    assert_eq!(d.oddities(), ["syntax"]);
    d.session.offer(&["X-GM-EXT-1".into()], true);
    d.play(
        r#"C: A2 STORE 1 FLAGS (\Seen \Flagged old)
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft old)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft old \*)] flags are kept
         S: * 1 FETCH (FLAGS (\Flagged \Seen old \Recent))
         S: A2 OK STORE completed
         C: A3 STORE 1 X-GM-LABELS (\Draft "\\Inbox" new)
         S: * 1 FETCH (X-GM-LABELS ("\\Draft" new))
         S: A3 OK STORE completed
         C: A4 UID STORE 1 +X-GM-LABELS \Starred
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft old new)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft old new \*)] flags are kept
         S: * 1 FETCH (UID 1 X-GM-LABELS ("\\Starred" "\\Draft" new))
         S: * 1 FETCH (FLAGS (\Seen \Draft new \Recent))
         S: A4 OK STORE completed
         C: A5 STORE 1 -X-GM-LABELS.SILENT (NEW \Draft)
         S: * 1 FETCH (FLAGS (\Flagged \Seen \Draft new \Recent))
         S: A5 OK STORE completed
         C: A6 STORE 1 +X-GM-LABELS ("not an atom")
         S: * 1 FETCH (FLAGS (\Flagged \Seen \Recent))
         S: A6 NO [CANNOT] labels are keywords here, so they have to be atoms
         C: A7 STORE 1 +FLAGS.SILENT x
         S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft old new x)
         S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft old new x \*)] flags are kept
         S: A7 OK STORE completed
         C: A8 NOOP
         S: A8 OK NOOP completed"#,
    );
    assert_eq!(flags(&d), [(1, "\\Flagged \\Seen x".into()), (2, String::new())]);
}

#[test]
fn everything_of_the_deepest_mail_a_hundred_times() {
    let mut mail = String::new();
    for n in 0..2_000 {
        mail.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"));
    }
    let rfc822 = "Content-Type: message/rfc822\n\n".repeat(2_000);
    let mut d = with_mail(&[&mail, &rfc822]);
    d.feed(b"L LOGIN bob secret\r\nS SELECT INBOX\r\n");
    let sections: Vec<String> = (0..96).map(|n| format!("BODY.PEEK[{}1]", "1.".repeat(n))).collect();
    let command = format!("A FETCH 1:* (ENVELOPE BODY BODYSTRUCTURE BINARY.SIZE[1] {})\r\n", sections.join(" "));
    assert!(text(&d.feed(command.as_bytes())).ends_with("A OK FETCH completed\r\n"));
    let deeper = format!("B FETCH 1 BODY.PEEK[{}1]\r\n", "1.".repeat(100));
    assert_eq!(text(&d.feed(deeper.as_bytes())), "B BAD expected at most 100 part numbers at column 221, got `1]`\r\n");
}
