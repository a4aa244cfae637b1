//! The table at the end of a `run` over several scenarios: the report card of a client.

use crate::verdict::report::{Outcome, Report};

/// A line for each scenario: its name, how it came out, and the first reason where it is not good; then a line that counts, also those of `all` that were
/// not run.
pub fn text(reports: &[(String, Report)], all: usize) -> String {
    let width = reports.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (name, report) in reports {
        let line = format!("{name:width$}  {:<12}  {}", word(report.outcome), reason(report));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let count = |outcome| reports.iter().filter(|(_, report)| report.outcome == outcome).count();
    let [passed, failed, inconclusive] = [Outcome::Passed, Outcome::Failed, Outcome::Inconclusive].map(count);
    text.push_str(&format!("{all} scenarios: {passed} passed, {failed} failed, {inconclusive} inconclusive"));
    match all.saturating_sub(reports.len()) {
        0 => text.push('\n'),
        not_run => text.push_str(&format!(", {not_run} not run\n")),
    }
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
        // That the scenario could not be run, say.
        (None, None) => {
            report.notices.iter().find(|notice| notice.inconclusive).map(|notice| notice.text.clone()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;

    #[test]
    fn scenarios_that_were_not_run_are_counted() {
        let reports = [("a".to_owned(), Verdict::new().finish())];
        let last = |all| text(&reports, all).lines().last().unwrap_or_default().to_owned();
        assert_eq!(last(1), "1 scenarios: 0 passed, 0 failed, 1 inconclusive");
        assert_eq!(last(3), "3 scenarios: 0 passed, 0 failed, 1 inconclusive, 2 not run");
    }
}
