use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::*;
use crate::fault::Cut;
use crate::proto::Source;

/// What a piece is, and its octets: `T` text, `P` mail, `L` lazy.
fn shape(rope: &Rope) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) => format!("T({})", text.escape_ascii()),
        Piece::Payload(mail) => format!("P({})", mail.escape_ascii()),
        Piece::Lazy(_) => format!("L({})", Rope { pieces: [piece.clone()].into_iter().collect() }.to_vec().escape_ascii()),
    };
    rope.pieces.iter().map(show).collect()
}

/// Makes its pieces one by one, and counts the octets made by all of its clones.
#[derive(Clone)]
struct Counted {
    pieces: Vec<Piece>,
    times: u64,
    next: usize,
    made: Arc<AtomicU64>,
}

impl Source for Counted {
    fn next(&mut self) -> Option<Piece> {
        if self.next == self.pieces.len() {
            self.times -= 1;
            self.next = 0;
        }
        if self.times == 0 {
            return None;
        }
        let piece = self.pieces[self.next].clone();
        self.next += 1;
        self.made.fetch_add(piece.len(), Relaxed);
        Some(piece)
    }

    fn boxed_clone(&self) -> Box<dyn Source> {
        Box::new(self.clone())
    }
}

fn text(octets: &'static str) -> Piece {
    Piece::Text(octets.into())
}

fn mail(octets: &'static str) -> Piece {
    Piece::Payload(octets.into())
}

fn counted(pieces: &[Piece], times: u64) -> (Piece, Arc<AtomicU64>) {
    let made = Arc::new(AtomicU64::new(0));
    (Piece::Lazy(Box::new(Counted { pieces: pieces.to_vec(), times, next: 0, made: made.clone() })), made)
}

fn lazy(pieces: &[Piece]) -> Piece {
    counted(pieces, 1).0
}

fn rope(pieces: &[Piece]) -> Rope {
    Rope { pieces: pieces.iter().cloned().collect() }
}

#[test]
fn noise_is_measured_without_making_it() {
    let mut edits = Edits::default();
    edits.corrupt(5);
    assert_eq!(garbage(1 << 60, 7).len(), 1 << 60);
    assert_eq!(edits.corrupted(garbage(1 << 60, 7)).len(), 1 << 60);
}

#[test]
fn a_cut_parts_a_reply() {
    let fetch = [text("* 1 FETCH {4}\r\n"), mail("mail"), text(")\r\n")];
    let live = [text("ab"), lazy(&[text("cd"), mail("ef"), text("gh")]), text("ij")];
    for (pieces, at, head, tail) in [
        (&[text("220 mail.example ready\r\n")][..], Cut::At(11), "T(220 mail.ex)", "T(ample ready\\r\\n)"),
        (&[text("250 OK\r\n")], Cut::Before(2), "T(250 OK)", "T(\\r\\n)"),
        (&[text("250 OK\r\n")], Cut::Before(9), "", "T(250 OK\\r\\n)"),
        (&[text("250 OK\r\n")], Cut::At(8), "T(250 OK\\r\\n)", ""),
        (&[text("250 OK\r\n")], Cut::At(9), "T(250 OK\\r\\n)", ""),
        (&[text("250 OK\r\n")], Cut::At(0), "", "T(250 OK\\r\\n)"),
        (&[text("1234567")], Cut::Percent(50.0), "T(123)", "T(4567)"),
        (&[text("1234567")], Cut::Percent(100.0), "T(1234567)", ""),
        (&[text("1234567")], Cut::Percent(900.0), "T(1234567)", ""),
        (&[text("1234567")], Cut::Percent(f64::NAN), "", "T(1234567)"),
        (&[], Cut::Percent(50.0), "", ""),
        (&fetch, Cut::At(17), "T(* 1 FETCH {4}\\r\\n)P(ma)", "P(il)T()\\r\\n)"),
        (&fetch, Cut::At(15), "T(* 1 FETCH {4}\\r\\n)", "P(mail)T()\\r\\n)"),
        (&live, Cut::At(2), "T(ab)", "L(cdefgh)T(ij)"),
        (&live, Cut::At(3), "T(ab)L(c)", "T(d)L(efgh)T(ij)"),
        (&live, Cut::At(4), "T(ab)L(cd)", "P(ef)L(gh)T(ij)"),
        (&live, Cut::Percent(50.0), "T(ab)L(cde)", "P(f)L(gh)T(ij)"),
        (&live, Cut::At(8), "T(ab)L(cdefgh)", "T(ij)"),
        (&live, Cut::Before(1), "T(ab)L(cdefgh)T(i)", "T(j)"),
    ] {
        let (left, right) = cut(rope(pieces), at);
        assert_eq!((&*shape(&left), &*shape(&right)), (head, tail), "{at:?} of {:?}", rope(pieces));
    }
}

#[test]
fn a_reply_of_50_mb_is_cut_at_half_without_being_held() {
    static LINE: [u8; 1000] = [b'x'; 1000];
    let (piece, made) = counted(&[Piece::Payload(Bytes::from_static(&LINE))], 50_000);
    let (head, tail) = cut(rope(&[piece]), Cut::Percent(50.0));
    // Once for its length, once to find the place: nothing of it is kept but the piece behind the cut.
    assert_eq!(made.load(Relaxed), 75_001_000);
    assert_eq!((head.pieces.len(), tail.pieces.len()), (1, 2));
    assert_eq!((head.len(), tail.len()), (25_000_000, 25_000_000));
}

#[test]
fn a_cut_after_some_octets_makes_no_more_than_those() {
    let (piece, made) = counted(&[mail("0123456789")], 1_000_000);
    let (head, _) = cut(rope(&[piece]), Cut::At(25));
    assert_eq!(made.load(Relaxed), 30);
    assert_eq!(head, "0123456789012345678901234");
}

#[test]
fn a_rewrite_changes_protocol_text_only() {
    let fetch = [text("* 1 FETCH (BODY[] {11}\r\n"), mail("say {11}\r\n."), text(")\r\n"), text("A1 OK FETCH {11}\r\n")];
    for (pieces, find, with, expected) in [
        (&fetch[..], r"\{\d+\}", "{9}", "T(* 1 FETCH (BODY[] {9}\\r\\n)P(say {11}\\r\\n.)T()\\r\\nA1 OK FETCH {9}\\r\\n)"),
        (&fetch, "nothing", "x", "T(* 1 FETCH (BODY[] {11}\\r\\n)P(say {11}\\r\\n.)T()\\r\\nA1 OK FETCH {11}\\r\\n)"),
        (&[text("250-one\r\n250 two\r\n")], "\r\n", "\n", "T(250-one\\n250 two\\n)"),
        (&[text("250-one\r\n250 two\r\n")], "(?m)^250 ", "354 ", "T(250-one\\r\\n354 two\\r\\n)"),
        (&[text("A1 OK done\r\n")], r"^(\w+) (\w+)", "$2 $1", "T(OK A1 done\\r\\n)"),
        (&[text("A1 O"), text("K done\r\n")], "OK", "NO", "T(A1 NO done\\r\\n)"),
        (&[text("ab"), mail("a"), text("b")], "ab", "x", "T(x)P(a)T(b)"),
        (&[text("ab"), mail("m"), text("ab")], "ab", "", "P(m)"),
        (&[lazy(&[text("one t"), text("wo"), mail("two"), text("two")]), text(" two")], "two", "2", "L(one 2two2 2)"),
        (&[text("a\u{fffd}b")], r"(?-u:\xef)", "?", "T(a?\\xbf\\xbdb)"),
    ] {
        let mut edits = Edits::default();
        edits.rewrite(Regex::new(find).unwrap(), with.into(), Within::Text);
        assert_eq!(shape(&edits.rewritten(rope(pieces))), expected, "{find} {with}");
    }
}

#[test]
fn a_rewrite_of_mail_leaves_the_protocol_alone() {
    let fetch = [text("* 1 FETCH (BODY[] {4}\r\n"), mail("mail"), text(")\r\nA1 OK mail\r\n")];
    for (find, with, expected) in [
        ("mail", "\0\0\0\0", "T(* 1 FETCH (BODY[] {4}\\r\\n)P(\\x00\\x00\\x00\\x00)T()\\r\\nA1 OK mail\\r\\n)"),
        ("(?s).+", "", "T(* 1 FETCH (BODY[] {4}\\r\\n)T()\\r\\nA1 OK mail\\r\\n)"),
    ] {
        let mut edits = Edits::default();
        edits.rewrite(Regex::new(find).unwrap(), with.into(), Within::Mail);
        assert_eq!(shape(&edits.rewritten(rope(&fetch))), expected, "{find}");
    }
}

#[test]
fn rewrites_follow_each_other_in_order() {
    let mut edits = Edits::default();
    edits.rewrite(Regex::new("a").unwrap(), "b".into(), Within::Text);
    edits.rewrite(Regex::new("b").unwrap(), "c".into(), Within::Text);
    assert_eq!(edits.rewritten(Rope::fixed("ab")), "cc");
}

#[test]
fn without_edits_nothing_is_touched() {
    let (piece, made) = counted(&[text("abc")], 3);
    let mut edits = Edits::default();
    let rewritten = edits.rewritten(rope(&[piece]));
    let corrupted = edits.corrupted(rewritten);
    assert_eq!(made.load(Relaxed), 0);
    assert_eq!(corrupted, "abcabcabc");
}

#[test]
fn a_rewrite_of_a_lazy_reply_makes_it_only_while_it_is_sent() {
    let (piece, made) = counted(&[text("* 1 FETCH\r\n"), mail("mail")], 1_000_000);
    let mut edits = Edits::default();
    edits.rewrite(Regex::new("FETCH").unwrap(), "FLETCH".into(), Within::Text);
    let rewritten = edits.rewritten(rope(&[piece]));
    assert_eq!(made.load(Relaxed), 0);
    let (head, _) = cut(rewritten, Cut::At(20));
    assert_eq!(head, "* 1 FLETCH\r\nmail* 1 ");
    assert!(made.load(Relaxed) < 200, "{}", made.load(Relaxed));
}

#[test]
fn what_a_rewrite_changes_is_noted_by_the_octets_before_it() {
    let mut edits = Edits::default();
    edits.rewrite(Regex::new(r"\{\d+\}").unwrap(), "{9}".into(), Within::Text);
    let message = [text("* 1 FETCH"), text(" {42}\r\n"), mail("{42}"), text(" {9})\r\n")];
    for (name, pieces) in [("at once", rope(&message)), ("while it is sent", rope(&[lazy(&message), lazy(&message)]))] {
        let changes = Changes::default();
        let rewritten = edits.rewritten_noting(pieces, 100, &changes);
        // To be measured it is made once before it is sent.
        assert_eq!(rewritten.len(), rewritten.to_vec().len() as u64, "{name}");
        let expected = if name == "at once" { &[(111, 113)][..] } else { &[(111, 113), (138, 140)] };
        assert_eq!(changes.so_far(), expected, "{name}");
    }
}

#[test]
fn joined_text_is_bounded() {
    let (piece, made) = counted(&[text("0123456789")], 1_000_000);
    let mut edits = Edits::default();
    edits.rewrite(Regex::new("x").unwrap(), "y".into(), Within::Text);
    let mut rewritten = edits.rewritten(rope(&[piece]));
    let Some(Piece::Lazy(source)) = rewritten.pieces.first_mut() else { panic!("it was lazy") };
    assert_eq!(source.next().map(|piece| piece.len()), Some(65_530));
    assert_eq!(made.load(Relaxed), 65_540);
}

#[test]
fn corruption_flips_one_bit_by_the_offset_of_what_is_written() {
    let written = |flips: &[u64], ropes: &[Rope]| {
        let mut edits = Edits::default();
        flips.iter().for_each(|&at| edits.corrupt(at));
        ropes.iter().map(|rope| shape(&edits.corrupted(rope.clone()))).collect::<Vec<_>>()
    };
    let ropes = [rope(&[text("0000"), mail("00")]), rope(&[lazy(&[mail("00"), text("00")])]), rope(&[text("00")])];
    for (flips, expected) in [
        (&[0][..], ["T(1000)P(00)", "L(0000)", "T(00)"]),
        (&[5], ["T(0000)P(01)", "L(0000)", "T(00)"]),
        (&[6], ["T(0000)P(00)", "L(1000)", "T(00)"]),
        (&[9, 2], ["T(0010)P(00)", "L(0001)", "T(00)"]),
        (&[10, 11], ["T(0000)P(00)", "L(0000)", "T(11)"]),
        (&[12], ["T(0000)P(00)", "L(0000)", "T(00)"]),
    ] {
        assert_eq!(written(flips, &ropes), expected, "{flips:?}");
    }
}

#[test]
fn an_offset_counts_from_where_the_list_met_it() {
    let mut edits = Edits::default();
    edits.corrupt(3);
    assert_eq!(edits.corrupted(Rope::fixed("00")), "00");
    edits.corrupt(3);
    assert_eq!(edits.corrupted(Rope::fixed("0000")), "0101");
    assert_eq!(edits.corrupted(Rope::fixed("0000")), "0000");
}

#[test]
fn noise_is_the_same_for_the_same_draw_and_as_long_as_asked() {
    for octets in [0, 1, 8, 4095, 4096, 4097, 10_000] {
        assert_eq!(garbage(octets, 1).len(), octets);
    }
    let noise = garbage(10_000, 1);
    assert_eq!(noise.to_vec(), garbage(10_000, 1).to_vec());
    assert_ne!(noise.to_vec(), garbage(10_000, 2).to_vec());
    assert_eq!(noise.to_vec()[..100], garbage(100, 1).to_vec());
    let mut seen = [false; 256];
    noise.to_vec().into_iter().for_each(|octet| seen[usize::from(octet)] = true);
    assert!(seen.iter().all(|&seen| seen));
}

#[test]
fn noise_is_not_rewritten() {
    let mut edits = Edits::default();
    edits.rewrite(Regex::new("(?s-u:.)").unwrap(), "x".into(), Within::Text);
    assert_eq!(edits.rewritten(garbage(500, 3)).to_vec(), garbage(500, 3).to_vec());
}

#[test]
fn a_challenge_is_rewritten_under_its_base64() {
    let mut edits = Edits::default();
    edits.rewrite(Regex::new("i=[0-9]+").unwrap(), "i=1".into(), Within::Challenge);
    // `i=4096` and `i=1`; what is no challenge stays.
    assert_eq!(shape(&edits.rewritten(Rope::fixed("334 aT00MDk2\r\n"))), "T(334 aT0x\\r\\n)");
    assert_eq!(shape(&edits.rewritten(Rope::fixed("+ aT00MDk2\r\n"))), "T(+ aT0x\\r\\n)");
    assert_eq!(shape(&edits.rewritten(Rope::fixed("250 i=4096\r\n"))), "T(250 i=4096\\r\\n)");
    let mut rope = Rope::new();
    rope.push_payload("334 aT00MDk2\r\n");
    assert_eq!(shape(&edits.rewritten(rope)), "P(334 aT00MDk2\\r\\n)");
}
