//! What a live transcript prints is a valid dialogue: it is served again, and the client gets the same octets.

mod client;
mod command;

use std::fs;
use std::thread;

use client::{Talk, again, talk_imap, talk_smtp};

use crate::harness::{Server, built_in_names, built_in_text, for_each_at_once};

/// Connections to each listener, one after the other.
const CONNECTIONS: usize = 2;
/// 25 minutes are 1.5 seconds.
const TIME_SCALE: &str = "0.001";

/// The conversations with one server, over SMTP and over IMAP.
type Talks = [Vec<Talk>; 2];

#[test]
fn the_transcript_of_every_built_in_scenario_replays_to_the_same_octets() {
    let names: Vec<String> = built_in_names().into_iter().collect();
    for_each_at_once(&names, |name| {
        let _named = Named(name);
        let started = std::time::Instant::now();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let transcript = directory.path().join("transcript.txt");
        let file = transcript.to_str().expect("a path in UTF-8");
        let server = Server::start_with(
            Box::leak(name.clone().into_boxed_str()) as &'static str,
            &["--time-scale", TIME_SCALE, "--seed", "1", "--transcript-file", file, "--quiet"],
        );
        let recorded = both(
            || {
                (0..CONNECTIONS)
                    .filter_map(|_| talk_smtp(&server.smtp, if name.contains("content") { 1_300 } else { 3 }))
                    .collect()
            },
            || (0..CONNECTIONS).filter_map(|_| talk_imap(&server.imap)).collect(),
        );
        server.stop();
        if recorded.iter().all(Vec::is_empty) {
            // Nobody came through.
            return;
        }
        let text = fs::read_to_string(&transcript).expect("the transcript");

        let own = built_in_text(name).contains("[[listen]]");
        let listeners: &[&str] = if own { &["smtp", "imap"] } else { &["smtp", "imap", "smtps", "imaps"] };
        let server = Server::replay(&transcript, listeners, &["--quiet"]);
        let replayed = both(
            || recorded[0].iter().map(|talk| again(talk, &server.smtp)).collect(),
            || recorded[1].iter().map(|talk| again(talk, &server.imap)).collect(),
        );
        let stopped = server.stop();
        for (before, after) in recorded.iter().flatten().zip(replayed.iter().flatten()) {
            assert_eq!(before.received(), after.received(), "{name}\n{text}\n{}", stopped.output);
            if before.is_cut() {
                continue;
            }
            assert_eq!(before.end, after.end, "{name}\n{text}\n{}", stopped.output);
        }
        // Who does not hear a server out that never stops may not hear the recorded one out, either.
        if !recorded.iter().flatten().any(Talk::is_cut) {
            assert_eq!(stopped.code, Some(0), "{name}\n{text}\n{}", stopped.output);
        }
        let took = started.elapsed();
        if took.as_secs() >= 4 {
            eprintln!("slow: {name} {took:?}");
        }
    });
}

/// Says which scenario it was, wherever a check has failed.
struct Named<'a>(&'a str);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("... in {}", self.0);
        }
    }
}

/// Both protocols at a time.
fn both(smtp: impl FnOnce() -> Vec<Talk> + Send, imap: impl FnOnce() -> Vec<Talk> + Send) -> Talks {
    thread::scope(|scope| {
        let smtp = scope.spawn(smtp);
        let imap = imap();
        [smtp.join().expect("SMTP"), imap]
    })
}
