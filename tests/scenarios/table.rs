//! `scenarios/README.md`: from each document's phrase to the scenarios that bring the failure about, and what JavaMail makes of them.
//!
//! The table is made from `documents`, `seen`, the scenarios' own `source`, and the reports of JavaMail in `tests/clients/javamail/expected/`. The test fails where the file says something
//! else; `MAILFAULT_BLESS=1 cargo test --test main table` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{documents, seen, sources};
use crate::clients::javamail::expected;
use crate::harness::{self, built_in_names, built_in_text};

const HEAD: &str = "# The built-in scenarios, by what goes wrong

Which failure does a support document speak of, which scenario brings it about, and what does a client report of it?
`mailfault list SMTP0002` lists the scenarios of a failure, `mailfault show NAME` prints one, `mailfault run NAME -- CMD` tests a program with it.

*JavaMail reports* is what JavaMail 1.6.5 (Debian's `libmail-java`, on Java 17) was seen to report of the very scenario: its exceptions, the outermost first, without their packages, and shortened. The
whole traces are in [`tests/clients/javamail/expected`](../tests/clients/javamail/expected), where a test compares them. `TAG` and `PORT` stand for what changes from run to run.
\"No exception\" means that JavaMail said nothing, whether it could know better or not: `(empty)` is a message that came to nothing.

A test holds this file; do not edit it by hand. After a change to a scenario:

```sh
MAILFAULT_BLESS=1 cargo test --test main javamail_reports   # runs JavaMail, and writes down what it reports
MAILFAULT_BLESS=1 cargo test --test main table              # then writes this file
```

";

#[test]
fn the_table_of_the_scenarios_says_what_is_so() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md");
    let table = table();
    let written = fs::read_to_string(&path).unwrap_or_default();
    if written == table {
        return;
    }
    if harness::is_blessed() {
        fs::write(&path, table).expect("the table is written");
        return;
    }
    let same = written.lines().zip(table.lines()).take_while(|(written, now)| written == now).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(nothing)").to_owned();
    panic!(
        "scenarios/README.md, line {}\n  written: {}\n  is so:   {}\nMAILFAULT_BLESS=1 cargo test --test main table writes it anew",
        same + 1,
        line(&written),
        line(&table)
    );
}

#[test]
fn every_phrase_of_the_table_has_scenarios_of_that_source_and_every_id_a_phrase() {
    for phrase in documents::PHRASES {
        assert!(!phrase.scenarios.is_empty(), "{}", phrase.words);
        for scenario in phrase.scenarios {
            let sources = sources(scenario);
            assert!(sources.iter().any(|source| source == phrase.id), "{scenario} is no scenario of {}: {sources:?}", phrase.id);
        }
    }
    for id in documents::IDS {
        assert!(documents::PHRASES.iter().any(|phrase| phrase.id == id), "{id} has no phrase");
    }
    assert!(documents::PHRASES.iter().all(|phrase| documents::is_id(phrase.id)));
}

#[test]
fn what_servers_were_seen_to_do_has_a_scenario_with_those_words() {
    let mut wrong = Vec::new();
    for (row, scenarios) in seen::GROUPS.iter().flat_map(|group| group.rows) {
        assert!(!scenarios.is_empty(), "{row}");
        for (name, words) in *scenarios {
            let text = built_in_text(name);
            let faults = text.split_once("source = ").map_or("", |(_, faults)| faults);
            let faults = faults.split("\n[[wire]]").next().unwrap_or_default();
            if words.is_empty() || !faults.contains(words) {
                wrong.push(format!("{row}: {name} does not say {words}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

fn table() -> String {
    let mut table = HEAD.to_owned();
    let names = built_in_names();
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in &names {
        for source in sources(name) {
            if let Some(id) = documents::IDS.iter().find(|id| **id == source) {
                by_id.entry(id).or_default().push(name);
            }
        }
    }
    table.push_str("## What the documents say\n");
    let mut document = "";
    for phrase in documents::PHRASES {
        if phrase.document != document {
            document = phrase.document;
            let _ = write!(
                table,
                "\n### {document}\n\n| it says | failure | scenarios | JavaMail reports of the first |\n|---|---|---|---|\n"
            );
        }
        let count = by_id.get(phrase.id).map_or(0, Vec::len);
        let more = count.saturating_sub(phrase.scenarios.len());
        let more = if more == 0 { String::new() } else { format!(" and [{more} more](#{})", phrase.id.to_lowercase()) };
        let reports = phrase.scenarios.first().map(|name| reported(name)).unwrap_or_default();
        let _ = writeln!(
            table,
            "| \"{}\" | [{}](#{}) | {}{more} | {reports} |",
            phrase.words,
            phrase.id,
            phrase.id.to_lowercase(),
            links(phrase.scenarios)
        );
    }
    table.push_str("\n## Every scenario of each of these failures\n\nThose of which JavaMail reports the same stand together.\n");
    for id in documents::IDS {
        let _ = writeln!(table, "\n### {id}\n\n| JavaMail reports | of |\n|---|---|");
        let of_id = by_id.get(id).map(Vec::as_slice).unwrap_or_default();
        for (report, names) in alike(of_id) {
            let _ = writeln!(table, "| {report} | {} |", links(&names));
        }
    }
    table.push_str("\n## What servers were seen to do\n\nBeyond the documents: from bug reports, other programs' logs, and published attacks.\n");
    for group in seen::GROUPS {
        let _ = writeln!(table, "\n### {}\n\n| on the wire | scenarios | JavaMail reports |\n|---|---|---|", group.title);
        for (row, scenarios) in group.rows {
            let mut names: Vec<&str> = scenarios.iter().map(|(name, _)| *name).collect();
            // A scenario may stand for several words of the row.
            names.dedup();
            for (number, (report, names)) in alike(&names).iter().enumerate() {
                let _ = writeln!(table, "| {} | {} | {report} |", if number == 0 { row } else { "" }, links(names));
            }
        }
    }
    table.push('\n');
    for name in names.iter().filter(|name| table.contains(&format!("[`{name}`]"))).cloned().collect::<Vec<_>>() {
        let _ = writeln!(table, "[`{name}`]: {name}.toml");
    }
    table
}

/// The scenarios with the same report together, in the order in which these come.
fn alike<'a>(names: &[&'a str]) -> Vec<(String, Vec<&'a str>)> {
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        let report = reported(name);
        match all.iter_mut().find(|(known, _)| *known == report) {
            Some((_, names)) => names.push(name),
            None => all.push((report, vec![name])),
        }
    }
    all
}

/// Where they lead stands at the end of the file.
fn links(names: &[&str]) -> String {
    names.iter().map(|name| format!("[`{name}`]")).collect::<Vec<_>>().join(", ")
}

/// What JavaMail reported, in short: the first kind of failure of each protocol, and how many more there are, or what it said instead.
fn reported(name: &str) -> String {
    let report = fs::read_to_string(expected::path(name)).unwrap_or_default();
    let mut told: Vec<String> = Vec::new();
    for (protocol, start) in [("SMTP", "smtp"), ("IMAP", "imap")] {
        let (mut failures, mut said) = (Vec::<String>::new(), Vec::<&str>::new());
        for (verb, outcome) in outcomes(&report) {
            if !verb.rsplit([':', '*']).next().unwrap_or(verb).starts_with(start) {
                continue;
            }
            match outcome {
                Outcome::Threw(chain) if failures.contains(&chain) => {}
                Outcome::Threw(chain) => failures.push(chain),
                Outcome::Said(text) => said.push(text),
            }
        }
        let more = failures.len().saturating_sub(1);
        let mut text = match (failures.is_empty(), said.first()) {
            (true, None) => continue,
            (true, Some(said)) => format!("no exception{}", if said.is_empty() { String::new() } else { format!(": `{said}`") }),
            (false, _) => failures.first().map_or_else(String::new, |chain| format!("`{chain}`")),
        };
        if more > 0 {
            let _ = write!(text, "; and {more} more");
        }
        told.push(format!("{protocol}: {text}"));
    }
    if let [one] = told.as_slice() {
        return one.split_once(": ").map_or_else(String::new, |(_, text)| text.to_owned());
    }
    told.join("<br>")
}

enum Outcome<'a> {
    Threw(String),
    Said(&'a str),
}

/// Each verb of a report, and what came of it.
fn outcomes(report: &str) -> Vec<(&str, Outcome<'_>)> {
    let mut outcomes: Vec<(&str, Outcome<'_>)> = Vec::new();
    let mut verb = "";
    for line in report.lines().skip(4) {
        if line.starts_with("      ") {
            continue;
        }
        let Some(text) = line.strip_prefix("  ") else {
            verb = line;
            continue;
        };
        if let (Some(cause), Some((_, Outcome::Threw(chain)))) = (text.strip_prefix("caused by "), outcomes.last_mut()) {
            let cause = short(cause);
            // A cause with the same words adds nothing, and much where they are many.
            let again = |words: &str| words.len() > 30 && chain.ends_with(words);
            if !cause.split_once(": ").is_some_and(|(_, words)| again(words)) {
                let _ = write!(chain, " / {cause}");
            }
        } else if is_exception(text) {
            outcomes.push((verb, Outcome::Threw(short(text))));
        } else {
            outcomes.push((verb, Outcome::Said(text)));
        }
    }
    outcomes
}

fn is_exception(text: &str) -> bool {
    let class = text.split(": ").next().unwrap_or_default();
    class.contains('.') && !class.contains(' ') && (class.ends_with("Exception") || class.ends_with("Error"))
}

/// Without the package, in one cell of a table, and not endless.
fn short(text: &str) -> String {
    const LONGEST: usize = 90;
    let (class, message) = text.split_once(": ").unwrap_or((text, ""));
    let class = class.rsplit('.').next().unwrap_or(class);
    let message = message.trim_end_matches("\\n").replace('|', "\\|").replace('`', "'");
    let message = match message.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", message.split_at(at).0),
        None => message,
    };
    if message.is_empty() || message == "null" { class.to_owned() } else { format!("{class}: {message}") }
}
