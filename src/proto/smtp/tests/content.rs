use proptest::prelude::*;

use super::*;
use crate::proto::Ats;
use crate::proto::dialogue::Meddling;

#[test]
fn a_lone_dot_between_bare_line_feeds_does_not_end_the_message() {
    let mut dialogue = in_data();
    let output = dialogue.feed(b"a\n.\nMAIL FROM:<x@y.test>\r\n.\r\n");
    assert_eq!(output, b"250 2.0.0 Ok: queued\r\n");
    assert_eq!(messages(&dialogue), [("a\n.\nMAIL FROM:<x@y.test>\r\n".to_owned(), true)]);
    assert!(
        matches!(dialogue.notes.first(), Some(Note::Oddity { name, detail }) if name == "bare-lf" && detail.contains("octet 1 of"))
    );
}

#[test]
fn an_empty_message_is_a_message() {
    let mut dialogue = in_data();
    assert_eq!(dialogue.feed(b".\r\n"), b"250 2.0.0 Ok: queued\r\n");
    assert_eq!(messages(&dialogue), [(String::new(), true)]);
}

#[test]
fn undeclared_8bit_is_named() {
    let mut dialogue = in_data();
    dialogue.feed("ä\r\n.\r\n".as_bytes());
    assert_eq!(dialogue.oddities(), ["undeclared-8bit"]);
}

#[test]
fn a_message_beyond_the_limit_is_dropped_and_refused() {
    let mut dialogue = ready_with(Spec { size_limit: 10, ..Spec::default() }, StoreSpec::default());
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n");
    dialogue.feed(b"DATA\r\n");
    assert_eq!(dialogue.feed(b"0123456789abc\r\n.\r\nRSET\r\n"), b"552 5.3.4 Message too big for system\r\n250 2.0.0 Ok\r\n");
    assert!(dialogue.notes.iter().any(|note| matches!(note, Note::Limit { name, dropped: 5 } if name == "message")));
    assert_eq!(messages(&dialogue), [("0123456789".to_owned(), false)]);
}

#[test]
fn a_full_store_says_so() {
    let mut dialogue = ready_with(Spec::default(), StoreSpec { most_octets: 3, ..StoreSpec::default() });
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n");
    dialogue.feed(b"DATA\r\n");
    assert_eq!(dialogue.feed(b"hello\r\n.\r\n"), b"452 4.3.1 Insufficient system storage\r\n");
    assert_eq!(messages(&dialogue), [("hello\r\n".to_owned(), false)]);
}

#[test]
fn a_fault_loses_a_message_or_keeps_it() {
    let lie = Meddling { keep: Some(false), ..Meddling::default() };
    let refusal = Meddling { reply: Some("451 4.3.0 later"), ..Meddling::default() };
    let lost = Meddling { keep: Some(true), cut: Some(0), ..Meddling::default() };
    let table = [(lie, "250 2.0.0 Ok: queued\r\n", false), (refusal, "451 4.3.0 later\r\n", false), (lost, "", true)];
    for (meddling, reply, stored) in table {
        let mut dialogue = in_data();
        dialogue.meddle(Ats::MESSAGE, meddling);
        assert_eq!(dialogue.feed(b"x\r\n.\r\n"), reply.as_bytes());
        assert_eq!(messages(&dialogue), [("x\r\n".to_owned(), stored)]);
        assert_eq!(dialogue.feed(b"DATA\r\n"), b"503 5.5.1 MAIL first\r\n");
    }
}

#[test]
fn content_begins_only_when_354_has_left_whole() {
    let table = [
        (Meddling { cut: Some(10), ..Meddling::default() }, "500 5.5.2"),
        (Meddling { reply: Some("550 5.7.1 no"), ..Meddling::default() }, "500 5.5.2"),
        (Meddling { reply: Some("354 go on"), ..Meddling::default() }, "250 2.0.0 Ok: queued"),
    ];
    for (meddling, reply) in table {
        let mut dialogue = ready();
        dialogue.meddle(Ats::DATA, meddling);
        dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n");
        dialogue.feed(b"DATA\r\n");
        assert!(dialogue.feed(b"x\r\n.\r\n").starts_with(reply.as_bytes()), "{reply}");
    }
}

#[test]
fn chunks_make_a_message() {
    let mut dialogue = ready();
    let envelope = "MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n";
    let output = dialogue.feed(format!("{envelope}BDAT 4\r\n.\r\nxBDAT 0\r\nBDAT 3 LAST\r\n.\r\nNOOP\r\n").as_bytes());
    let expected = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok: queued\r\n250 2.0.0 Ok\r\n";
    assert_eq!(String::from_utf8(output).unwrap(), expected);
    assert_eq!(messages(&dialogue), [(".\r\nx.\r\n".to_owned(), true)]);
    assert_eq!(dialogue.moments[2..5], ["command+BDAT", "command+BDAT", "command+message+BDAT"]);
    let output = dialogue.feed(format!("{envelope}BDAT 1\r\nxDATA\r\nRCPT TO:<c@b.test>\r\nRSET\r\nBDAT 2\r\nab").as_bytes());
    let expected = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok\r\n503 5.5.1 This transaction uses BDAT\r\n\
                    503 5.5.1 This transaction uses BDAT\r\n250 2.0.0 Ok\r\n503 5.5.1 MAIL first\r\n";
    assert_eq!(String::from_utf8(output).unwrap(), expected);
    let output = dialogue.feed(format!("{envelope}BDAT 0 LAST\r\n").as_bytes());
    assert!(output.ends_with(b"250 2.0.0 Ok: queued\r\n"));
    assert_eq!(messages(&dialogue).last(), Some(&(String::new(), true)));
}

#[test]
fn a_chunk_that_is_refused_is_read_and_the_transaction_is_over() {
    let mut dialogue = ready_with(Spec { size_limit: 3, ..Spec::default() }, StoreSpec::default());
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\n");
    let output = dialogue.feed(b"BDAT 5\r\nabcdeBDAT 1 LAST\r\nxNOOP\r\n");
    let expected = "552 5.3.4 Message too big for system\r\n503 5.5.1 MAIL first\r\n250 2.0.0 Ok\r\n";
    assert_eq!(String::from_utf8(output).unwrap(), expected);
    assert_eq!(dialogue.oddities(), [""; 0]);
}

#[test]
fn watched_offsets_come_between_the_moments() {
    let mut dialogue = in_data();
    dialogue.session.watch_content([0, 2, 5, 9].into());
    dialogue.feed(b"..\r\nx\r\n.\r\n");
    assert_eq!(dialogue.moments, ["content@0", "content@2", "content@5", "message"]);
    dialogue.moments.clear();
    dialogue.feed(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@b.test>\r\nBDAT 2\r\nabBDAT 4 LAST\r\ncdef");
    let expected = ["content@0", "content@2", "command+BDAT", "content@5", "command+message+BDAT"];
    assert_eq!(dialogue.moments[2..], expected);
    let mut dialogue = in_data();
    dialogue.session.watch_content([0].into());
    dialogue.feed(b".\r\n");
    assert_eq!(dialogue.moments, ["message"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn reads_of_any_size_give_the_same_moments_and_message(
        body in prop::collection::vec(prop::sample::select(b".\r\nab".to_vec()), 0..80),
        offsets in prop::collection::btree_set(0u64..90, 0..6),
        cuts in prop::collection::vec(1usize..9, 1..6),
    ) {
        let offsets: Vec<u64> = offsets.into_iter().collect();
        let wire = [body.as_slice(), b"\r\n.\r\nNOOP\r\n"].concat();
        let run = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let mut dialogue = in_data();
            dialogue.session.watch_content(offsets.clone().into());
            let output: Vec<u8> = pieces.flat_map(|piece| dialogue.feed(piece)).collect();
            (output, dialogue.moments.clone(), messages(&dialogue), dialogue.oddities())
        };
        let whole = run(&mut std::iter::once(wire.as_slice()));
        let mut rest = wire.as_slice();
        let mut sizes = cuts.iter().cycle();
        let pieces: Vec<&[u8]> = std::iter::from_fn(|| {
            let at = (*sizes.next()?).min(rest.len());
            let (piece, left) = rest.split_at(at);
            rest = left;
            (!piece.is_empty()).then_some(piece)
        }).collect();
        let parted = run(&mut pieces.into_iter());
        let single = run(&mut wire.chunks(1));
        prop_assert_eq!(&parted.0, &whole.0);
        // Whether NOOP was there too early is a matter of reads; all else is not.
        prop_assert_eq!((&parted.1, &parted.2), (&whole.1, &whole.2));
        prop_assert_eq!((&single.0, &single.1, &single.2), (&whole.0, &whole.1, &whole.2));
    }
}
