use proptest::prelude::*;

use super::*;

const WORDS: &[&str] = &[
    "EHLO a\r\n",
    "HELO",
    "MAIL FROM:<a@b>\r\n",
    "RCPT TO:<c@d>\r\n",
    "DATA\r\n",
    "BDAT 7\r\n",
    "BDAT 3 LAST\r\n",
    "RSET\r\n",
    "AUTH PLAIN\r\n",
    "AUTH LOGIN =\r\n",
    "*\r\n",
    "AGJvYgBz\r\n",
    "STARTTLS\r\n",
    "\r\n.\r\n",
    ".",
    "\r",
    "\n",
    "<",
    "\"",
    "\\",
    " SIZE=",
    "ORCPT=;",
    "\x16\x03",
    "ä",
    "@",
    "[",
    "]",
    ":",
    "GET / \r\n",
    "999999999999999999",
    "+",
    "NOTIFY=",
    " ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_octets_in_any_pieces_do_no_harm(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..40),
            ],
            0..40,
        ),
        size in 1usize..300,
        offsets in prop::collection::btree_set(0u64..50, 0..4),
    ) {
        let mut dialogue = server(Spec { size_limit: 100, ..Spec::default() }, TlsMode::Starttls, StoreSpec::default());
        dialogue.session.watch_content(offsets.into_iter().collect::<Vec<u64>>().into());
        dialogue.greet();
        let wire = parts.concat();
        for piece in wire.chunks(size) {
            dialogue.feed(piece);
            prop_assert!(dialogue.closed || dialogue.left() < 12_288);
        }
        prop_assert!(dialogue.moments.len() <= 2 * wire.len() + 1);
        for name in dialogue.oddities() {
            prop_assert!(crate::proto::smtp::ODDITIES.iter().any(|oddity| oddity.name == name), "{name}");
        }
    }
}
