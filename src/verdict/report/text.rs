//! For a terminal.

use std::fmt::Write as _;

use super::{Check, Outcome, Report};

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// One line when all held, and one for each check that measures time; otherwise what failed with the journal lines that decide it, and what was not tested with what to do. Ends with a line end.
/// `colour` with ANSI escapes; the words say all without.
pub fn text(report: &Report, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("{code}{text}{PLAIN}") } else { text.to_owned() };
    let mut text = String::new();
    let word = match report.outcome {
        Outcome::Passed => paint(GREEN, "passed"),
        Outcome::Failed => paint(RED, "failed"),
        Outcome::Inconclusive => paint(YELLOW, "inconclusive"),
    };
    let scale = if report.time_scale == 1.0 { String::new() } else { format!(", time scale {}", report.time_scale) };
    let _ = writeln!(text, "{word}: {} (seed {}{scale}): {}", report.scenario, report.seed, report.summary());
    for check in report.checks.iter().filter(|check| check.is_time() || !check.held || check.uncertain) {
        if check.held && !check.uncertain {
            let _ = writeln!(text, "  {} `{}`: {}", paint(GREEN, "held"), check.name(), check.found);
            continue;
        }
        let mark = match (check.uncertain, check.held) {
            (true, _) => paint(YELLOW, "uncertain"),
            (false, _) => paint(RED, "failed"),
        };
        let _ = writeln!(text, "  {mark} `{}`: expected {}, found {}", check.name(), check.expected, check.found);
        for line in &check.evidence {
            let _ = writeln!(text, "      {}", paint(DIM, line));
        }
    }
    if report.checks.iter().any(|check| check.is_time() && !check.held && !check.evidence.is_empty()) && !scale.is_empty() {
        let _ = writeln!(
            text,
            "  {} Durations above are the scenario's, as without `--time-scale`; the lines that are quoted have the time of the clock.",
            paint(YELLOW, "note")
        );
    }
    for fault in report.faults.iter().filter(|fault| !fault.satisfied()) {
        let _ = writeln!(text, "  {} fault `{}` never fired", paint(YELLOW, "not tested"), fault.name);
        for nearest in &fault.nearest {
            let _ = writeln!(text, "      nearest: {nearest}");
        }
        if fault.shadowed > 0 {
            let _ = writeln!(text, "      it matched {} after another fault had spoken or ended", times(fault.shadowed));
        }
        let _ = writeln!(
            text,
            "      let the client get that far, widen the fault's conditions, or write `optional = true` if it need not fire"
        );
    }
    for notice in &report.notices {
        let _ = writeln!(text, "  {} {}", paint(YELLOW, "note"), notice.text);
    }
    text
}

impl Report {
    /// How many expectations held and how many faults fired, in a few words for one line.
    pub fn summary(&self) -> String {
        let held = self.checks.iter().filter(|check| check.held && !check.uncertain).count();
        let checks = match (self.checks.len(), held) {
            (0, _) => "nothing was expected".to_owned(),
            (1, 1) => "the expectation held".to_owned(),
            (all, held) if all == held => format!("all {all} expectations held"),
            (all, held) => format!("{held} of {all} expectations held"),
        };
        let failed = self.checks.iter().filter(|check| Check::failed(check)).count();
        let checks = if failed > 0 { format!("{checks}, {failed} failed") } else { checks };
        let fired = self.faults.iter().filter(|fault| fault.fired > 0 || fault.unseen).count();
        match self.faults.len() {
            0 => checks,
            1 if fired == 1 => format!("{checks}, the fault fired"),
            all => format!("{checks}, {fired} of {all} faults fired"),
        }
    }
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}
