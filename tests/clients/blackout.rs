//! The listener of the support article with each way to read its formula (`blackout/Listener.java`), against the scenarios that ask for their pauses: each passes its own, and fails the others.

use std::sync::Mutex;

use super::javamail;
use crate::harness::{Scenario, Server, Stopped, built_in_text, for_each_at_once};

/// How many seconds a schedule takes that has to be right. A tenth of its shortest pause is 0.3 s then: a machine may be that late, and was never seen to be.
const EXACT: f64 = 20.0;
/// How many seconds the longer of two schedules takes that differ, the listener's or the scenario's.
const DIFFERENT: f64 = 10.0;
/// How many seconds a pause may be off that really passed, where it only has to be shown.
const SLACK: f64 = 2.0;

/// A way to read the article: its name in the failure catalogue, the settings of the listener, its pauses in seconds.
struct Reading {
    name: &'static str,
    settings: &'static str,
    pauses: fn(u32) -> u32,
}

const READINGS: [Reading; 9] = [
    Reading { name: "A1", settings: "", pauses: |failure| 300 + 300 * failure },
    Reading { name: "A0", settings: "retriesFrom=0", pauses: |failure| 300 * failure },
    Reading { name: "B", settings: "exceptionLatency=1", pauses: |_| 120 },
    Reading { name: "B6", settings: "exceptionLatency=1 blackout=own", pauses: |_| 360 },
    Reading { name: "B*", settings: "exceptionLatency=1 latency=multiplied", pauses: |failure| 60 + 60 * failure },
    Reading { name: "B6*", settings: "exceptionLatency=1 latency=multiplied blackout=own", pauses: |failure| 300 + 60 * failure },
    Reading { name: "C", settings: "exceptionLatency=5", pauses: |_| 600 },
    Reading { name: "D", settings: "initialLatencyTime=60", pauses: |failure| 300 + 60 * failure },
    Reading { name: "F", settings: "units=seconds", pauses: |failure| 5 + 5 * failure },
];

/// A scenario, how many connections it resets, and the readings that pass it. B6* and D are the same to the second.
const SCENARIOS: [(&str, u32, &[&str]); 9] = [
    ("listener/blackout-25-minutes", 2, &["A1"]),
    ("listener/blackout-10-15-20-25-minutes", 4, &["A1"]),
    ("listener/blackout-5-10-15-minutes", 3, &["A0"]),
    ("listener/blackout-2-minutes", 3, &["B"]),
    ("listener/blackout-6-minutes", 3, &["B6"]),
    ("listener/blackout-2-3-4-minutes", 3, &["B*"]),
    ("listener/blackout-6-7-8-minutes", 3, &["B6*", "D"]),
    ("listener/blackout-10-minutes", 3, &["C"]),
    ("listener/blackout-10-15-20-seconds", 3, &["F"]),
];

impl Reading {
    fn all(&self, failures: u32) -> Vec<f64> {
        (1..=failures).map(|failure| f64::from((self.pauses)(failure))).collect()
    }
}

/// One listener against one scenario.
struct Cell {
    scenario: &'static str,
    failures: u32,
    reading: &'static Reading,
    passes: bool,
    scale: f64,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (scenario, failures, passing) in SCENARIOS {
        let total = |reading: &Reading| reading.all(failures).iter().sum::<f64>();
        let wanted = READINGS.iter().find(|reading| reading.name == passing[0]).expect("a reading");
        for reading in &READINGS {
            let passes = passing.contains(&reading.name);
            let span = if passes { EXACT } else { DIFFERENT };
            cells.push(Cell { scenario, failures, reading, passes, scale: span / total(wanted).max(total(reading)) });
        }
    }
    cells
}

#[test]
fn each_reading_of_the_article_passes_its_own_scenario_and_no_other() {
    if !javamail::is_installed() {
        return;
    }
    let cells = cells();
    let servers = Mutex::new(Vec::new());
    let numbers: Vec<usize> = (0..cells.len()).collect();
    for_each_at_once(&numbers, |&number| {
        let cell = &cells[number];
        let server = Server::start_with(cell.scenario, &["--time-scale", &cell.scale.to_string()]);
        servers.lock().expect("no panic").push((number, server));
    });
    let servers = servers.into_inner().expect("no panic");
    let warm_up = Server::start("listener/blackout-25-minutes");
    let mut listeners = vec![listener(&warm_up, 0.0001, "")];
    listeners
        .extend(servers.iter().map(|(number, server)| listener(server, cells[*number].scale, cells[*number].reading.settings)));
    javamail::run_listeners(&listeners);
    for (number, server) in servers {
        check(&cells[number], &server.stop());
    }
}

/// A pause is from the end of an attempt to the start of the next one. How long the attempts took is part of `quiet` and `recovers` only.
#[test]
fn what_an_attempt_takes_is_no_part_of_the_pause_after_it() {
    const TIME_OUT: f64 = 1.0;
    if !javamail::is_installed() {
        return;
    }
    let text = built_in_text("listener/blackout-25-minutes");
    let serve = |does: &str| {
        assert!(text.contains("do = \"reset\"\n"), "{text}");
        let text = text.replace("do = \"reset\"\n", &format!("do = {does}\n"));
        Server::start_with(Scenario::Text(text), &["--time-scale", "0.008"])
    };
    // The server takes two minutes to fail; the client waits until its own time is out.
    let servers = [serve("[{ delay = \"2m\" }, \"reset\"]"), serve("\"stall\"")];
    let warm_up = Server::start("listener/blackout-25-minutes");
    let mut listeners = vec![listener(&warm_up, 0.0001, "")];
    listeners.extend(servers.iter().map(|server| listener(server, 0.008, &format!("timeout={}", TIME_OUT * 1000.0))));
    javamail::run_listeners(&listeners);
    for (server, attempt) in servers.into_iter().zip([120.0, TIME_OUT / 0.008]) {
        let output = server.stop().output;
        assert!(output.contains("held `expect.imap.gaps`: "), "{output}");
        for key in ["quiet", "recovers"] {
            let found = shown(key, &output);
            let wanted = 25.0 * 60.0 + 2.0 * attempt;
            // A second and a half that really passes, settle times included.
            assert!(
                found.len() == 1 && (wanted - 5.0..wanted + 190.0).contains(&found[0]),
                "{key} {found:?} for {wanted}\n{output}"
            );
        }
    }
}

fn listener(server: &Server, scale: f64, settings: &str) -> String {
    let (imap, user, password) = (&server.imap, &server.user, &server.password);
    format!("imap={imap} user={user} password={password} scale={scale} {settings}").trim_end().to_owned()
}

fn check(cell: &Cell, stopped: &Stopped) {
    let Cell { scenario, reading: Reading { name, .. }, .. } = cell;
    let context = format!("{name}, {scenario}\n{}", stopped.output);
    assert_eq!(stopped.code, Some(i32::from(!cell.passes)), "{context}");
    // Whether they are right or not, the pauses are shown, and in the time of the scenario.
    let shown = shown("gaps", &stopped.output);
    let wanted = cell.reading.all(cell.failures);
    assert_eq!(shown.len(), wanted.len(), "{context}");
    for (shown, wanted) in shown.iter().zip(wanted) {
        let slack = if cell.passes { wanted / 10.0 } else { SLACK / cell.scale };
        assert!((shown - wanted).abs() <= slack, "{shown} for {wanted}: {context}");
    }
}

/// What a check of time found, in seconds.
fn shown(key: &str, output: &str) -> Vec<f64> {
    let (held, failed) = (format!("held `expect.imap.{key}`: "), format!("failed `expect.imap.{key}`: "));
    let found = output.lines().find_map(|line| match line.trim_start().strip_prefix(&held) {
        Some(found) => Some(found),
        None => line.trim_start().strip_prefix(&failed)?.split_once(", found ").map(|halves| halves.1),
    });
    found.and_then(|found| found.split(", ").map(seconds).collect()).unwrap_or_else(|| panic!("no {key} in\n{output}"))
}

/// `25m`, `2m 5s`, `10.5s`, `350ms`
fn seconds(text: &str) -> Option<f64> {
    text.split(' ')
        .map(|part| {
            let digits = part.trim_end_matches(char::is_alphabetic);
            let unit = match &part[digits.len()..] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
            digits.parse::<f64>().ok().map(|number| number * unit)
        })
        .sum()
}
