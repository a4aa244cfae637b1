use std::sync::Arc;
use std::time::Duration;

use super::super::Span;
use super::super::event::{Ending, Outcome, Side};
use super::*;
use crate::mail::{Message, Note, Transaction};
use crate::proto::{Ats, Class, Protocol};

/// A transcript, fed event by event, a millisecond apart.
struct Talking {
    transcript: Transcript<Vec<u8>>,
    ms: u64,
}

impl Talking {
    fn new(style: Style) -> Self {
        Talking { transcript: Transcript::new(Vec::new(), style), ms: 0 }
    }

    fn event(&mut self, conn: u32, what: What) -> &mut Self {
        self.feed(conn, what, b"")
    }

    fn accept(&mut self, conn: u32) -> &mut Self {
        let peer = "127.0.0.1:51234".parse().unwrap();
        self.event(conn, What::Accept { listener: "smtp".into(), protocol: Protocol::Smtp, ordinal: conn, peer })
    }

    fn c(&mut self, octets: &[u8]) -> &mut Self {
        self.feed(1, What::Received(span(octets)), octets)
    }

    fn s(&mut self, octets: &[u8]) -> &mut Self {
        self.feed(1, What::Sent(span(octets)), octets)
    }

    fn note(&mut self, note: Note) -> &mut Self {
        self.event(1, What::Note(note))
    }

    fn end(&mut self, by: Side, how: Ending) -> &mut Self {
        let end = What::End { by, how, phase: "greeting".into(), received: 0, sent: 0, unsent: 0, unacknowledged: 0 };
        self.event(1, end)
    }

    fn feed(&mut self, conn: u32, what: What, octets: &[u8]) -> &mut Self {
        self.transcript.event(&Event { ns: self.ms * 1_000_000, conn, what }, octets);
        self.ms += 1;
        self
    }

    /// What has been written by now, which is what a person sees.
    fn seen(&mut self) -> String {
        self.transcript.flush();
        String::from_utf8(std::mem::take(&mut self.transcript.page.writer)).unwrap()
    }

    fn shows(&mut self, text: &str) -> &mut Self {
        assert_eq!(self.seen(), text);
        self
    }
}

fn span(octets: &[u8]) -> Span {
    Span { start: 0, kept: octets.len() as u32, total: octets.len() as u64 }
}

fn fault(planned: &str, shadowed: bool) -> What {
    What::Fault { fault: "mid-greeting".into(), at: Ats::GREETING, planned: planned.into(), shadowed }
}

fn talking() -> Talking {
    Talking::new(Style::default())
}

#[test]
fn a_reset_in_the_middle_of_the_greeting() {
    let mut talk = talking();
    talk.accept(1).event(1, fault(r#"[{ cut = 11 }, "reset"]"#, false)).s(b"220 mx.exam");
    talk.ms = 61_054;
    talk.end(Side::Fault, Ending::Rst).accept(2).shows(concat!(
        "00:00.000  #1 smtp  connected from 127.0.0.1:51234\n",
        "00:00.001  #1 !  fault mid-greeting: { cut = 11 }, \"reset\"\n",
        "01:01.054  #1 S- 220 mx.exam\n",
        "01:01.054  #1 !  reset (RST) by the fault in greeting\n",
        "01:01.055  #2 smtp  connected from 127.0.0.1:51234\n",
    ));
}

#[test]
fn a_conversation_reads_like_an_rfc_and_pieces_become_lines() {
    talking()
        .s(b"220 mx.")
        .s(b"example ESMTP\r")
        .s(b"\n")
        .c(b"EHLO localhost\r\nMAIL FR")
        .shows("00:00.002  #1 S: 220 mx.example ESMTP\n00:00.003  #1 C: EHLO localhost\n")
        .c(b"OM:<a@b>\r\n")
        .s(b"250-mx\r\n250 SIZE\r\n250 ok\r\n")
        .shows("00:00.004  #1 C: MAIL FROM:<a@b>\n00:00.005  #1 S: 250-mx\n00:00.005  #1 S: 250 SIZE\n00:00.005  #1 S: 250 ok\n");
}

#[test]
fn octets_without_crlf_are_told_from_lines() {
    talking().c(b"bare\nNOOP \r\n\r\nhalf").s(b"500 what\r\n").c(b"left open").end(Side::Client, Ending::Fin).shows(concat!(
        "00:00.000  #1 C- bare\\n\n",
        "00:00.000  #1 C: NOOP \n",
        "00:00.000  #1 C:\n",
        "00:00.001  #1 C- half\n",
        "00:00.001  #1 S: 500 what\n",
        "00:00.003  #1 C- left open\n",
        "00:00.003  #1 -- closed (FIN) by the client in greeting\n",
    ));
}

#[test]
fn no_octet_of_a_client_reaches_the_terminal_as_it_is() {
    talking()
        .c(b"\0\x1b[2J\x7f\xff\t* FLAGS (\\Seen \\noted) \\\xe9 \\\\ a\rb\\\r\n")
        .note(Note::Oddity { name: "bare-cr".into(), detail: "\u{1b}[31m\u{9b}1m\n".into() })
        .shows(concat!(
            "00:00.000  #1 C: \\x00\\x1b[2J\\x7f\\xff\\t* FLAGS (\\Seen \\\\noted) \\\\\\xe9 \\\\\\ a\\rb\\\n",
            "00:00.001  #1 ?  bare-cr: \\u{1b}[31m\\u{9b}1m\\n\n",
        ));
}

#[test]
fn a_long_message_is_counted_but_for_its_first_and_last_lines() {
    let mut talk = Talking::new(Style { lines: 2, ..Style::default() });
    talk.c(b"Subject: x\r\n").c("0123456789\r\n".repeat(300).as_bytes()).c(b"last\r\n.\r\n");
    talk.shows("00:00.000  #1 C: Subject: x\n00:00.001  #1 C: 0123456789\n");
    talk.event(1, What::Moment { at: Ats::MESSAGE, offset: 0 }).shows(concat!(
        "00:00.001  #1 C  ... 299 more lines, 4 KiB\n",
        "00:00.002  #1 C: last\n",
        "00:00.002  #1 C: .\n",
    ));
    talk.s(b"250 ok\r\n").shows("00:00.004  #1 S: 250 ok\n");
    // The tagged reply behind a long literal is seen as soon as it was sent.
    talk.s(b"1\r\n2\r\n3\r\n4\r\na OK\r\n").event(1, What::Answered { at: Ats::FETCH, class: Some(Class::Ok), kept: true });
    talk.shows(concat!(
        "00:00.005  #1 S: 1\n",
        "00:00.005  #1 S  ... 2 more lines, 6 octets\n",
        "00:00.005  #1 S: 4\n",
        "00:00.005  #1 S: a OK\n",
    ));
}

#[test]
fn a_long_line_is_cut_and_a_line_without_end_takes_little_memory() {
    let mut talk = Talking::new(Style { width: 4, ..Style::default() });
    talk.c(b"123456\r\n").shows("00:00.000  #1 C: 1234... [2 more octets]\n");
    for _ in 0..100 {
        talk.c(&[b'x'; 1_000]);
    }
    assert!(talk.transcript.talks.values().all(|talk| format!("{talk:?}").len() < 100_000));
    talk.c(b"\r\n").shows("00:00.101  #1 C: xxxx... [99996 more octets]\n");
}

#[test]
fn what_the_journal_did_not_keep_is_counted() {
    let mut talk = talking();
    talk.feed(1, What::Sent(Span { start: 0, kept: 5, total: 70_005 }), b"250 o").c(b"x\r\n").shows(concat!(
        "00:00.000  #1 S- 250 o\n",
        "00:00.000  #1 S  ... 68 KiB not kept\n",
        "00:00.001  #1 C: x\n",
    ));
}

#[test]
fn memory_of_a_connection_goes_with_it() {
    let mut talk = talking();
    talk.accept(1).c(b"half").end(Side::Client, Ending::Rst).note(Note::Goodbye);
    assert!(talk.transcript.talks.is_empty());
}

#[test]
fn what_is_left_open_at_the_end_is_shown() {
    let mut talk = talking();
    talk.s(b"220 mx").transcript.finish();
    talk.shows("00:00.000  #1 S- 220 mx\n");
}

#[test]
fn colours_are_for_terminals() {
    Talking::new(Style { colour: true, ..Style::default() })
        .c(b"NOOP\r\n")
        .s(b"250 ok\r\n")
        .event(1, fault("[\"reset\"]", false))
        .note(Note::Oddity { name: "bare-lf".into(), detail: "x".into() })
        .shows(concat!(
            "00:00.000  #1 \x1b[36mC: NOOP\x1b[0m\n",
            "00:00.001  #1 \x1b[32mS: 250 ok\x1b[0m\n",
            "00:00.002  #1 \x1b[31m!  fault mid-greeting: \"reset\"\x1b[0m\n",
            "00:00.003  #1 \x1b[33m?  bare-lf: x\x1b[0m\n",
        ));
}

#[test]
fn every_other_event_has_its_sentence_or_none() {
    let (f, step): (Arc<str>, Arc<str>) = ("f".into(), "\"stall\"".into());
    let (user, mailbox): (Arc<str>, Arc<str>) = ("bob".into(), "INBOX".into());
    let transaction = Arc::new(Transaction {
        sender: "a@b.test".into(),
        recipients: vec!["c@d.test".into(), "e@f.test".into()],
        user: None,
        helo: "x".into(),
        body: Default::default(),
        utf8: false,
        message: Arc::new(Message::new(vec![b'x'; 1_600].into())),
    });
    let login = |accepted| Note::Login { user: "bob".into(), mechanism: "PLAIN".into(), accepted };
    let secret = |tls_possible| Note::Secret { mechanism: "PLAIN".into(), protected: false, tls_possible };
    let flags = |flags: &str| Note::Flags { user: "bob".into(), mailbox: "INBOX".into(), uid: 3, flags: flags.into() };
    let gate = |open, how| What::Gate { listener: "smtp".into(), fault: "f".into(), how, open };
    let end = |by, how| {
        let phase = "QUIT".into();
        What::End { by, how, phase, received: 1, sent: 2, unsent: 2_048, unacknowledged: 1 }
    };
    let table = [
        (
            What::Listening { listener: "smtp".into(), protocol: Protocol::Smtp, addr: "127.0.0.1:25".parse().unwrap() },
            "-- smtp listens on 127.0.0.1:25",
        ),
        (gate(false, "refuse"), "!  fault f: smtp refuses connections"),
        (gate(false, "blackhole"), "!  fault f: smtp no longer answers"),
        (gate(true, "refuse"), "!  fault f: smtp takes connections again"),
        (What::CommandStarted { command: "mvn test".into(), pid: 7 }, "-- started `mvn test` (process 7)"),
        (What::CommandEnded { code: Some(1), signal: None }, "-- the command has ended with exit code 1"),
        (What::CommandEnded { code: None, signal: Some(9) }, "-- the command was ended by signal 9"),
        (fault("[\"pass\"]", true), "!  fault mid-greeting matched too, but another has spoken or ended before it"),
        (What::Unseen { fault: f.clone() }, "!  fault f: its window was open"),
        (
            What::Step { fault: f.clone(), step: step.clone(), offset: 0, outcome: Outcome::ClientGone },
            "!  fault f: `stall` came to nothing, the client had gone",
        ),
        (What::Step { fault: f.clone(), step: step.clone(), offset: 0, outcome: Outcome::Done }, ""),
        (
            What::GaveUp { fault: f.clone(), step, after: Duration::from_millis(3_020), how: Ending::Fin },
            "!  client gave up after 3.0 s in `stall` (FIN)",
        ),
        (end(Side::Server, Ending::Fin), "-- closed (FIN) by the server in QUIT, 2 KiB unsent, 1 octet unacknowledged"),
        (
            end(Side::Client, Ending::Error),
            "-- broken (network error) by the client in QUIT, 2 KiB unsent, 1 octet unacknowledged",
        ),
        (
            What::Unfired { fault: f.clone(), protocol: None, optional: false, nearest: "no connection".into() },
            "!  fault f never fired: no connection",
        ),
        (What::Dropped { events: 2, octets: 9 }, "?  the journal was full: 2 events and 9 octets are missing here"),
        (What::Stop { why: "SIGINT".into() }, "-- stopped: SIGINT"),
        (What::Draw { fault: f, chance: 0.1, draw: 0.2 }, ""),
        (What::Note(login(true)), "-- bob logged in (PLAIN)"),
        (What::Note(login(false)), "-- login of bob refused (PLAIN)"),
        (What::Note(secret(true)), "?  secret in clear (PLAIN), where TLS was possible"),
        (What::Note(secret(false)), ""),
        (What::Note(Note::Begun { sender: "a@b.test".into() }), ""),
        (
            What::Note(Note::Message { transaction: transaction.clone(), stored: true }),
            "-- message from a@b.test to c@d.test and 1 more, 2 KiB",
        ),
        (
            What::Note(Note::Message { transaction, stored: false }),
            "-- message not stored from a@b.test to c@d.test and 1 more, 2 KiB",
        ),
        (
            What::Note(Note::Delivered { user: user.clone(), mailbox: mailbox.clone(), uid: 3, seen: false }),
            "-- message stored for bob (INBOX uid 3)",
        ),
        (What::Note(flags("\\Seen")), "-- flags \\Seen for bob (INBOX uid 3)"),
        (What::Note(flags("")), "-- no flags any more for bob (INBOX uid 3)"),
        (
            What::Note(Note::Expunged { user: user.clone(), mailbox: mailbox.clone(), uid: 3 }),
            "-- message gone for bob (INBOX uid 3)",
        ),
        (What::Note(Note::Fetched { user, mailbox, uid: 3 }), ""),
        (What::Note(Note::Limit { name: "literal".into(), dropped: 5 }), "?  limit `literal` reached: 5 dropped"),
        (What::Note(Note::Goodbye), ""),
    ];
    for (what, text) in table {
        let mut talk = talking();
        talk.accept(2).seen();
        talk.ms = 0;
        let expected = if text.is_empty() { String::new() } else { format!("00:00.000  {text}\n") };
        talk.event(0, what).shows(&expected);
    }
}

#[test]
fn mail_that_was_there_before_the_first_client_is_no_news() {
    let delivered = || What::Note(Note::Delivered { user: "bob".into(), mailbox: "INBOX".into(), uid: 1, seen: false });
    let mut talk = talking();
    talk.event(0, delivered()).accept(1).seen();
    talk.event(0, delivered()).shows("00:00.002  -- message stored for bob (INBOX uid 1)\n");
}

proptest::proptest! {
    #[test]
    fn however_octets_are_cut_the_same_lines_are_shown_in_printable_ascii(
        octets in proptest::collection::vec(proptest::sample::select(b"ab\\nx \r\r\n\n\n\0\xff".to_vec()), 0..60),
        cuts in proptest::collection::vec(0_usize..60, 0..8),
    ) {
        let show = |cuts: &[usize]| {
            let mut talk = Talking::new(Style { lines: 5, width: 6, ..Style::default() });
            let mut from = 0;
            for &cut in cuts.iter().chain(&[octets.len()]) {
                let cut = cut.clamp(from, octets.len());
                talk.ms = 0;
                talk.c(&octets[from..cut]);
                from = cut;
            }
            talk.transcript.finish();
            talk.seen()
        };
        let mut sorted = cuts.clone();
        sorted.sort_unstable();
        let whole = show(&[]);
        proptest::prop_assert!(whole.bytes().all(|octet| octet == b'\n' || (b' '..=b'~').contains(&octet)));
        proptest::prop_assert_eq!(show(&sorted), whole);
    }
}
