//! What smtplib and imaplib are told by a provider's scenarios, word for word, by `probe.py` with STARTTLS.

use std::collections::BTreeSet;

use super::python;
use crate::harness::{Server, built_in_names, for_each_at_once};

/// Scenario without its provider, words for the probe, and of what each verb said a piece: its code and its first words at least.
pub type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Said by a mail that was sent.
pub const SENT: &str = "sent, refused: {}";
/// Said by a poll that read the two messages of the scenario.
pub const READ: &str = "TWO MESSAGES";

/// Plays all rows; each scenario of the provider must have one.
pub fn check(provider: &str, rows: &[Row]) {
    let scenarios = |name: &String| name.strip_prefix(&format!("provider/{provider}-")).map(str::to_owned);
    let all: BTreeSet<String> = built_in_names().iter().filter_map(scenarios).collect();
    let seen: BTreeSet<String> = rows.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(all, seen, "a row for each scenario");
    if !python::is_installed() {
        return;
    }
    for_each_at_once(rows, |(name, words, said)| play(&format!("provider/{provider}-{name}"), words, said));
}

/// Plays one scenario of any name.
pub fn play(name: &str, words: &[&str], said: &[&str]) {
    // A quarter of a second for five minutes of rest, and for twenty-five of IDLE.
    let resting = words.iter().any(|word| word.ends_with("-rest"));
    let server = Server::start_with(name_of(name), &["--time-scale", if resting { "0.0008" } else { "0.05" }]);
    let settings = [("smtp", &*server.smtp), ("imap", &server.imap), ("user", &server.user), ("password", &server.password)];
    let mut all: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    all.extend([format!("ca={}", server.ready("ca_file")), "tls=starttls".to_owned()]);
    all.extend(words.iter().map(|&word| word.to_owned()));
    let tried = python::run(&all);
    assert_eq!(tried.len(), said.len(), "{name}: {tried:?}");
    for ((fine, found), said) in tried.iter().zip(said) {
        match *said {
            READ => assert!(*fine && found.split(", ").count() == 2, "{name}: {found}"),
            said => assert!(found.contains(said), "{name}: {found}\n  has no {said}"),
        }
    }
}

fn name_of(name: &str) -> &'static str {
    // Names live as long as the test.
    Box::leak(name.to_owned().into_boxed_str())
}
