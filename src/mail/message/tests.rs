use super::*;
use crate::mail::Identity;

fn message(text: &str) -> Message {
    Message::new(text.replace('\n', "\r\n").into())
}

fn parts() -> Message {
    message(
        "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMessage-ID:\n <1@b.test>\nDate: Thu, 1 Jan 2026 23:59:00 -0800\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nK=E4se\n\
         --b\nContent-Type: message/rfc822\n\nSubject: inside\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c\n\ntwo\n--c--\n\
         --b\nContent-Type: message/rfc822\n\nSubject: plain\n\nthree\n\
         --b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n--b--\n",
    )
}

#[test]
fn section_numbers_lead_to_parts() {
    let message = parts();
    for (numbers, body) in [
        (&[1][..], Some("K=E4se")),
        (&[2, 1], Some("one")),
        (&[2, 2], Some("two")),
        (&[3], Some("Subject: plain\r\n\r\nthree")),
        (&[3, 1], Some("three")),
        (&[4], Some("SGVsbG8=")),
        (&[5], None),
        (&[0], None),
        (&[1, 1], None),
        (&[2, 3], None),
        (&[3, 2], None),
        (&[3, 1, 1], None),
    ] {
        let found = message.part_at(numbers).map(|part| std::str::from_utf8(&message.raw[part.body.clone()]).unwrap());
        assert_eq!(found, body, "{numbers:?}");
    }
    assert_eq!(message.part_at(&[]), Some(message.structure()));
}

#[test]
fn part_1_of_a_message_that_is_no_multipart_is_its_body() {
    let plain = message("Subject: x\n\nbody\n");
    assert_eq!(plain.part_at(&[1]), Some(plain.structure()));
    assert_eq!((plain.part_at(&[2]), plain.part_at(&[1, 1])), (None, None));
    let wrapped = message("Content-Type: message/rfc822\n\nSubject: x\n\nbody\n");
    assert_eq!(wrapped.part_at(&[1]), Some(wrapped.structure()));
    assert_eq!(wrapped.part_at(&[1, 1]).map(|part| &wrapped.raw[part.body.clone()]), Some(&b"body\r\n"[..]));
}

#[test]
fn chosen_header_fields_come_as_they_stand_with_an_empty_line() {
    let message = message("To: a\nSubject: x\n y\nTO: b\nX: z\n\nbody");
    let root = message.structure();
    for (names, not, expected) in [
        (&["to"][..], false, "To: a\r\nTO: b\r\n\r\n"),
        (&["SUBJECT", "x"], false, "Subject: x\r\n y\r\nX: z\r\n\r\n"),
        (&["to"], true, "Subject: x\r\n y\r\nX: z\r\n\r\n"),
        (&["nothing"], false, "\r\n"),
    ] {
        let names = names.iter().copied().collect();
        assert_eq!(message.header_fields_only(root, &names, not), expected, "{names:?} {not}");
    }
    let fields: Vec<&str> = message.header_fields(root).map(|(name, _)| name).collect();
    assert_eq!(fields, ["To", "Subject", "TO", "X"]);
    let (_, value) = message.header_fields(root).nth(1).unwrap();
    assert_eq!(&message.raw[value], b" x\r\n y\r\n");
}

#[test]
fn bodies_are_decoded() {
    let message = parts();
    assert_eq!(message.decoded_text(message.part_at(&[1]).unwrap()), "Käse");
    assert_eq!(&*message.decoded_body(message.part_at(&[4]).unwrap()), b"Hello");
}

#[test]
fn the_simple_questions() {
    let message = parts();
    assert_eq!(message.message_id(), Some("<1@b.test>"));
    assert_eq!(message.subject().as_deref(), Some("Grüße"));
    assert_eq!(message.sent_date(), Some(jiff::civil::Date::constant(2026, 1, 1)));
    assert_eq!(Message::new(Bytes::new()).message_id(), None);
}

#[test]
fn a_message_sent_again_is_the_same_under_another_id_and_boundary() {
    let first = parts();
    let text = std::str::from_utf8(&first.raw).unwrap();
    let again =
        Message::new(text.replace("<1@b.test>", "<2@b.test>").replace("--b", "--zz").replace("boundary=b", "boundary=zz").into());
    let other = Message::new(text.replace("K=E4se", "K=E4ses").into());
    assert_ne!(first.message_id(), again.message_id());
    assert_eq!(first.content_digest(), again.content_digest());
    assert!(first.identity().same(&again.identity(), true) && !first.identity().same(&again.identity(), false));
    // The same Message-ID is enough.
    assert_ne!(first.content_digest(), other.content_digest());
    assert!(first.identity().same(&other.identity(), false));
    let nameless = Identity { message_id: None, content: 1 };
    assert!(!nameless.same(&Identity { message_id: None, content: 2 }, true));
}

#[test]
fn the_digest_never_changes() {
    let message = message("Subject: x\n\nhello\n");
    let base64 = Message::new("Subject: x\nContent-Transfer-Encoding: base64\n\naGVsbG8K\n".into());
    assert_eq!(message.content_digest(), base64.content_digest());
    // FNV-1a of `x`, 0xff, 0, `hello`.
    assert_eq!(message.content_digest(), 3_555_461_515_180_793_888);
}
