//! The table at the end of a `run` over several scenarios: the report card of a client.

use crate::verdict::report::{Outcome, Report};

/// A line for each scenario: its name, how it came out, and the first reason where it is not good; then a line that counts.
pub fn text(reports: &[(String, Report)]) -> String {
    let width = reports.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (name, report) in reports {
        let line = format!("{name:width$}  {:<12}  {}", word(report.outcome), reason(report));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let count = |outcome| reports.iter().filter(|(_, report)| report.outcome == outcome).count();
    let [passed, failed, inconclusive] = [Outcome::Passed, Outcome::Failed, Outcome::Inconclusive].map(count);
    text.push_str(&format!("{} scenarios: {passed} passed, {failed} failed, {inconclusive} inconclusive\n", reports.len()));
    text
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::Inconclusive => "inconclusive",
    }
}

fn reason(report: &Report) -> String {
    let failed = report.checks.iter().find(|check| check.failed());
    let unfired = report.faults.iter().find(|fault| !fault.satisfied());
    match (failed, unfired) {
        (Some(check), _) => format!("{}: expected {}, found {}", check.name(), check.expected, check.found),
        (None, Some(fault)) => format!("`{}` never fired", fault.name),
        (None, None) => String::new(),
    }
}
