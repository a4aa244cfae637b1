//! The driver with a session that knows no mail, under a clock that stands still: what leaves, when, and how it ends.

mod records;
mod tls;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use super::driver::{Connection, Manner};
use super::memory::MemorySocket;
use super::server::Shared;
use super::socket::Socket;
use crate::fault::{Conditions, Cut, Fault, On, Op, PerProtocol, Program, Step};
use crate::journal::event::{Ending, Side};
use crate::journal::{Event, Journal, Keep, Kept, Limits, What};
use crate::mail::{Mutation, Note, Signal};
use crate::proto::{Answer, Ats, Class, Cx, Key, Moment, Protocol, Rope, Sent, Session, Then};

/// Answers each line `x` with `ok x`; `bye` closes; `long` is not ready before it is released. `kept` and `sent` show up as notes, for `count` with the octets.
#[derive(Default)]
struct Parrot {
    line: String,
    released: Arc<AtomicBool>,
}

impl Session for Parrot {
    fn next(&mut self, input: &mut &[u8], _: &mut Cx<'_>) -> Option<Moment> {
        let end = input.iter().position(|&octet| octet == b'\n')?;
        self.line = String::from_utf8_lossy(&input[..end]).into_owned();
        *input = &input[end + 1..];
        Some(Moment::new(Ats::NOOP | Ats::COMMAND))
    }
    fn push(&mut self, _: &mut Cx<'_>) -> Option<Moment> {
        None
    }
    fn prepare(&mut self) -> bool {
        self.line != "long" || self.released.load(Ordering::Acquire)
    }
    fn answer(&mut self, moment: Moment, _: &mut Cx<'_>) -> Answer {
        let reply = if moment.at.intersects(Ats::GREETING) { "hello\n".to_owned() } else { format!("ok {}\n", self.line) };
        let then = if self.line == "bye" { Then::Close } else { Then::Nothing };
        Answer { reply: Rope::text(reply), class: Class::Ok, then }
    }
    fn postpone(&mut self, cx: &mut Cx<'_>) {
        self.resolve(true, cx);
    }

    fn resolve(&mut self, keep: bool, cx: &mut Cx<'_>) {
        if !self.line.is_empty() {
            cx.notes.push(Note::Oddity { name: if keep { "kept" } else { "undone" }.into(), detail: self.line.clone().into() });
        }
    }
    fn sent(&mut self, sent: Sent<'_>, cx: &mut Cx<'_>) {
        if !self.line.is_empty() {
            let line = &self.line;
            let detail = if line == "count" { format!("{line} {}", sent.octets) } else { line.clone() };
            cx.notes.push(Note::Oddity { name: if sent.whole { "whole" } else { "part" }.into(), detail: detail.into() });
        }
    }
    fn phrase(&self, text: &str, _: Moment) -> (Rope, Class) {
        (Rope::text(format!("{text}\n")), if text.starts_with("no") { Class::No } else { Class::Ok })
    }
    fn fact(&self, _: Key, _: &mut dyn FnMut(&str) -> bool) -> bool {
        false
    }
    fn hide(&mut self, _: &[String], _: bool) {}
    fn offer(&mut self, _: &[String], _: bool) {}
    fn mutate(&mut self, _: &Mutation, _: &mut Cx<'_>) {}
    fn misread(&mut self, _: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {}
    fn tell(&mut self) {}
    fn secured(&mut self, _: bool) {}
    fn watch_content(&mut self, _: Arc<[u64]>) {}
    fn phase(&self) -> &'static str {
        "talking"
    }
    fn set_waker(&mut self, _: Arc<Signal>) {}
}

/// A client that talks to a driver.
struct Table {
    client: DuplexStream,
    was_reset: Arc<AtomicBool>,
    released: Arc<AtomicBool>,
    signal: Arc<Signal>,
    kept: Kept,
    journal: Journal,
    recorder: crate::journal::Recorder,
    started: Instant,
}

impl Table {
    fn new(faults: Vec<Fault>) -> Table {
        Table::with(faults, false)
    }

    fn with(faults: Vec<Fault>, implicit_tls: bool) -> Table {
        let (keep, kept) = Keep::new(10_000, 1 << 20);
        let (journal, recorder) = Journal::start(vec![Box::new(keep)], Limits::default());
        let shared = Arc::new(Shared::for_tests(&faults, recorder.clone()));
        let (socket, client, was_reset) = MemorySocket::pair(1 << 16);
        let (seat, watch) = shared.seat();
        let signal = Arc::new(Signal::default());
        let released = Arc::new(AtomicBool::new(false));
        let session = Box::new(Parrot { line: String::new(), released: released.clone() });
        let manner = Manner { protocol: Protocol::Smtp, implicit_tls };
        tokio::spawn(Connection::new(Socket::Memory(socket), session, shared, seat, manner, watch, signal.clone()));
        Table { client, was_reset, released, signal, kept, journal, recorder, started: Instant::now() }
    }

    async fn say(&mut self, text: &str) {
        self.client.write_all(text.as_bytes()).await.unwrap();
    }

    /// All octets until the connection ends.
    async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        self.client.read_to_end(&mut text).await.unwrap();
        String::from_utf8(text).unwrap()
    }

    /// So many octets, and how long after the start they were there.
    async fn hears(&mut self, text: &str) -> Duration {
        let mut buffer = vec![0; text.len()];
        self.client.read_exact(&mut buffer).await.unwrap();
        assert_eq!(String::from_utf8(buffer).unwrap(), text);
        self.started.elapsed()
    }

    fn was_reset(&self) -> bool {
        self.was_reset.load(Ordering::Acquire)
    }

    fn events(&self) -> Vec<Event> {
        self.recorder.sync();
        self.kept.events().into_iter().map(|(event, _)| event).collect()
    }

    fn notes(&self) -> Vec<String> {
        let note = |event: Event| match event.what {
            What::Note(Note::Oddity { name, detail }) => Some(format!("{name} {detail}")),
            _ => None,
        };
        self.events().into_iter().filter_map(note).collect()
    }

    fn end(self) -> (Side, Ending, u64) {
        let end = self.events().into_iter().rev().find_map(|event| match event.what {
            What::End { by, how, unsent, .. } => Some((by, how, unsent)),
            _ => None,
        });
        self.journal.finish();
        end.expect("the connection has not ended")
    }
}

fn fault(at: Ats, ops: Vec<Op>) -> Fault {
    timed_fault(at, None, ops)
}

fn timed_fault(at: Ats, after: Option<Duration>, ops: Vec<Op>) -> Fault {
    let steps = ops.into_iter().map(|op| Step { text: format!("{op:?}").into(), op }).collect();
    Fault {
        name: format!("at-{at}").into(),
        on: On::Any,
        at,
        offset: 0,
        after,
        every: None,
        conditions: Conditions::default(),
        optional: false,
        program: Arc::new(Program::new(steps)),
    }
}

fn reply(text: &str) -> Op {
    Op::Reply(PerProtocol { smtp: Some(text.into()), imap: None })
}

fn send(text: &'static str) -> Op {
    Op::Send { octets: text.into(), repeat: 1, every: Duration::ZERO, raw: false }
}

fn delay(time: Duration) -> Op {
    Op::Delay { min: time, max: time }
}

const SECOND: Duration = Duration::from_secs(1);
const RESET: Op = Op::Reset { settle: Duration::from_millis(50) };

#[tokio::test(start_paused = true)]
async fn without_faults_pipelined_commands_are_answered_in_order_and_the_goodbye_is_a_fin() {
    let mut table = Table::new(vec![]);
    table.say("a\nb\nbye\nunheard\n").await;
    assert_eq!(table.rest().await, "hello\nok a\nok b\nok bye\n");
    assert!(!table.was_reset());
    assert_eq!(table.notes(), ["kept a", "whole a", "kept b", "whole b", "kept bye", "whole bye"]);
    drop(std::mem::replace(&mut table.client, tokio::io::duplex(1).0));
    tokio::time::sleep(SECOND).await;
    assert_eq!(table.end(), (Side::Server, Ending::Fin, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cut_greeting_arrives_and_the_reset_follows_when_it_has_settled() {
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![Op::Cut(Cut::At(3)), RESET])]);
    assert_eq!(table.hears("hel").await, Duration::ZERO);
    assert!(!table.was_reset());
    assert_eq!(table.rest().await, "");
    assert_eq!(table.started.elapsed().as_millis(), 50);
    assert!(table.was_reset());
    assert_eq!(table.end(), (Side::Fault, Ending::Rst, 0));
}

#[tokio::test(start_paused = true)]
async fn a_bare_reset_obeys_the_command_and_says_nothing() {
    let mut table = Table::new(vec![fault(Ats::NOOP, vec![RESET])]);
    table.say("a\n").await;
    assert_eq!(table.rest().await, "hello\n");
    assert_eq!(table.notes(), ["kept a", "part a"]);
}

#[tokio::test(start_paused = true)]
async fn a_reply_of_the_other_class_undoes_the_command_unless_a_step_says_store() {
    for (ops, said, notes) in [
        (vec![reply("no way")], "no way\n", ["undone a", "part a"]),
        (vec![Op::Store, reply("no way")], "no way\n", ["kept a", "part a"]),
        (vec![reply("yes")], "yes\n", ["kept a", "whole a"]),
        (vec![Op::Lose, Op::Pass], "ok a\n", ["undone a", "whole a"]),
        (vec![Op::NoReply], "", ["kept a", "part a"]),
    ] {
        let mut table = Table::new(vec![fault(Ats::NOOP, ops)]);
        table.say("a\n").await;
        table.hears("hello\n").await;
        table.hears(said).await;
        table.client.shutdown().await.unwrap();
        assert_eq!(table.rest().await, "");
        assert_eq!(table.notes(), notes, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_followed_by_the_normal_reply_and_holds_up_what_is_pipelined_behind() {
    let mut table = Table::new(vec![fault(Ats::NOOP, vec![delay(SECOND)])]);
    table.say("a\nb\n").await;
    assert_eq!(table.hears("hello\n").await, Duration::ZERO);
    assert_eq!(table.hears("ok a\n").await.as_millis() / 10, 100);
    assert_eq!(table.hears("ok b\n").await.as_millis() / 10, 200);
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_continued_by_pass_where_it_stopped() {
    let ops = vec![Op::Cut(Cut::At(2)), delay(SECOND), Op::Cut(Cut::At(4)), delay(SECOND), Op::Pass, send("more\n")];
    let mut table = Table::new(vec![fault(Ats::GREETING, ops)]);
    table.hears("he").await;
    assert_eq!(table.hears("ll").await.as_secs(), 1);
    assert_eq!(table.hears("o\nmore\n").await.as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dribble_sends_piece_by_piece() {
    let dribble = Op::Dribble { octets: 4, every: SECOND };
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![dribble])]);
    assert_eq!(table.hears("hell").await.as_secs(), 0);
    assert_eq!(table.hears("o\n").await.as_secs(), 1);
    table.say("a\n").await;
    assert_eq!(table.hears("ok a\n").await.as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_send_keeps_its_pace() {
    let op = Op::Send { octets: "x".into(), repeat: 3, every: SECOND, raw: false };
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![op, RESET])]);
    for second in 0..3 {
        assert_eq!(table.hears("x").await.as_secs(), second);
    }
    assert_eq!(table.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn what_is_repeated_may_be_dribbled_and_is_whole_each_time() {
    let dribble = Op::Dribble { octets: 1, every: SECOND };
    let send = Op::Send { octets: "ab".into(), repeat: 2, every: 10 * SECOND, raw: false };
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![dribble, send, RESET])]);
    for (octet, second) in [("a", 0), ("b", 1), ("a", 11), ("b", 12)] {
        assert_eq!(table.hears(octet).await.as_secs(), second);
    }
    assert_eq!(table.rest().await, "");
}

#[tokio::test(start_paused = true)]
async fn a_stall_says_nothing_obeys_nothing_and_notes_when_the_client_gave_up() {
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![Op::Stall(None)])]);
    table.say("a\n").await;
    tokio::time::sleep(3 * SECOND).await;
    table.client.shutdown().await.unwrap();
    assert_eq!(table.rest().await, "");
    assert_eq!(table.notes(), Vec::<String>::new());
    let waited = table.events().into_iter().find_map(|event| match event.what {
        What::GaveUp { after, how: Ending::Fin, .. } => Some(after.as_secs()),
        _ => None,
    });
    assert_eq!(waited, Some(3));
    assert_eq!(table.end(), (Side::Client, Ending::Fin, 0));
}

#[tokio::test(start_paused = true)]
async fn silence_comes_once_per_silence_and_age_in_the_middle_of_a_stall() {
    let mut table = Table::new(vec![
        timed_fault(Ats::SILENCE, Some(2 * SECOND), vec![reply("still there?")]),
        timed_fault(Ats::AGE, Some(7 * SECOND), vec![reply("too old"), Op::Close { notify: true }]),
        fault(Ats::NOOP, vec![Op::Stall(None)]),
    ]);
    table.hears("hello\n").await;
    assert_eq!(table.hears("still there?\n").await.as_secs(), 2);
    tokio::time::sleep(SECOND).await;
    table.say("a\n").await;
    assert_eq!(table.hears("still there?\n").await.as_secs(), 5);
    assert_eq!(table.hears("too old\n").await.as_secs(), 7);
    assert_eq!(table.rest().await, "");
    assert!(!table.was_reset());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_killed_in_the_middle_of_a_stall() {
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![Op::Stall(None)])]);
    tokio::time::sleep(SECOND).await;
    table.signal.raise(Signal::KILL);
    assert_eq!(table.rest().await, "");
    assert!(table.was_reset());
    assert_eq!(table.end(), (Side::Server, Ending::Rst, 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_stops_the_obeying_of_commands_and_loses_nothing() {
    let mut table = Table::new(vec![]);
    // Far more replies than the pipe and the queue hold: the server must stop reading, and go on when the client reads.
    let lines = 200_000;
    let (mut reader, mut writer) = tokio::io::split(std::mem::replace(&mut table.client, tokio::io::duplex(1).0));
    let writing = tokio::spawn(async move {
        writer.write_all("x\n".repeat(lines).as_bytes()).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    tokio::time::sleep(SECOND).await;
    assert!(!writing.is_finished());
    let mut text = Vec::new();
    reader.read_to_end(&mut text).await.unwrap();
    assert_eq!(text.len(), "hello\n".len() + lines * "ok x\n".len());
}

#[tokio::test(start_paused = true)]
async fn what_is_said_to_a_client_that_is_gone_was_not_heard() {
    for last in [vec![Op::Pass, RESET], vec![Op::Cut(Cut::At(2)), Op::Stall(None)], vec![Op::Pass]] {
        let mut ops = vec![delay(SECOND), send("x"), delay(SECOND)];
        ops.extend(last);
        let mut table = Table::new(vec![fault(Ats::NOOP, ops)]);
        table.say("count\n").await;
        table.hears("hello\n").await;
        drop(std::mem::replace(&mut table.client, tokio::io::duplex(1).0));
        tokio::time::sleep(5 * SECOND).await;
        assert_eq!(table.notes(), ["kept count", "part count 0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_the_end_was_said_whatever_ends_the_connection() {
    let slow = || vec![Op::Pass, delay(10 * SECOND), send("x"), delay(10 * SECOND)];
    let dribble = || vec![Op::Dribble { octets: 2, every: 2 * SECOND }, Op::Pass];
    let age = |ops| timed_fault(Ats::AGE, Some(3 * SECOND), ops);
    for (name, faults, stops, notes) in [
        // The `x` finds the client gone.
        ("gone", vec![fault(Ats::NOOP, slow())], false, ["kept a", "whole a"]),
        ("age", vec![fault(Ats::NOOP, slow()), age(vec![RESET])], false, ["kept a", "whole a"]),
        (
            "age in a stall",
            vec![fault(Ats::NOOP, vec![Op::Pass, Op::Stall(None)]), age(vec![RESET])],
            false,
            ["kept a", "whole a"],
        ),
        ("age in a dribble", vec![fault(Ats::NOOP, dribble()), age(vec![RESET])], false, ["kept a", "part a"]),
        ("stop", vec![fault(Ats::NOOP, slow())], true, ["kept a", "whole a"]),
        ("stop in a dribble", vec![fault(Ats::NOOP, dribble())], true, ["kept a", "part a"]),
    ] {
        let mut table = Table::new(faults);
        table.say("a\n").await;
        table.hears("hello\nok").await;
        tokio::time::sleep(SECOND / 2).await;
        if stops {
            table.signal.raise(Signal::STOP);
        } else if name == "gone" {
            table.hears(" a\n").await;
            drop(std::mem::replace(&mut table.client, tokio::io::duplex(1).0));
        }
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(table.notes(), notes, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn silences_of_a_client_that_speaks_now_and_then_do_not_heap_up() {
    let mut table = Table::new(vec![timed_fault(Ats::SILENCE, Some(SECOND), vec![Op::Stall(None)])]);
    for _ in 0..100 {
        table.say("x").await;
        tokio::time::sleep(2 * SECOND).await;
    }
    let silences = table.events().iter().filter(|event| matches!(event.what, What::Fault { .. })).count();
    assert_eq!(silences, 16);
}

#[tokio::test(start_paused = true)]
async fn much_that_is_repeated_is_measured_without_making_it() {
    let op = Op::Send { octets: "abc".into(), repeat: 1 << 60, every: Duration::ZERO, raw: false };
    let mut table = Table::new(vec![fault(Ats::GREETING, vec![op, RESET])]);
    table.hears("abcabcabc").await;
    drop(std::mem::replace(&mut table.client, tokio::io::duplex(1).0));
    tokio::time::sleep(5 * SECOND).await;
    let (by, how, unsent) = table.end();
    assert_eq!((by, how), (Side::Client, Ending::Rst));
    assert!(unsent > 3 << 59, "{unsent}");
}

#[test]
fn a_connection_is_small() {
    assert!(size_of::<Connection>() < 512, "{}", size_of::<Connection>());
}
