//! The table at the end.

use super::{Checked, Verdict};

/// As much of what was seen as a line has room for.
const SEEN: usize = 90;

/// A line for each scenario: its name, how it came out, what was seen; below what went wrong in what scenario; then a line that counts.
pub fn text(all: &[Checked]) -> String {
    let width = all.iter().map(|checked| checked.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for Checked { name, verdict, seen, .. } in all.iter().filter(|checked| !matches!(checked.verdict, Verdict::NotSaid)) {
        let word = match verdict {
            Verdict::Good => "ok",
            Verdict::Failed(_) | Verdict::Broken(_) => "FAILED",
            Verdict::Unfired(_) | Verdict::NotSaid => "inconclusive",
        };
        let cut: String = seen.chars().take(SEEN).collect();
        let more = if cut.len() < seen.len() { "..." } else { "" };
        text.push_str(&format!("{name:width$}  {word:<12}  {cut}{more}\n"));
    }
    for checked in all {
        text.push_str(&explanation(checked));
    }
    let count = |which: fn(&Verdict) -> bool| all.iter().filter(|checked| which(&checked.verdict)).count();
    let good = count(|verdict| matches!(verdict, Verdict::Good));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_) | Verdict::Broken(_)));
    let unfired = count(|verdict| matches!(verdict, Verdict::Unfired(_)));
    let scenarios = if all.len() == 1 { "scenario" } else { "scenarios" };
    text.push_str(&format!("{} {scenarios}: {good} ok, {failed} failed, {unfired} inconclusive", all.len()));
    match count(|verdict| matches!(verdict, Verdict::NotSaid)) {
        0 => text.push('\n'),
        others => text.push_str(&format!(", {others} without `[[wire]]`\n")),
    }
    text
}

/// What went wrong; empty where nothing did.
fn explanation(checked: &Checked) -> String {
    let name = &checked.name;
    match &checked.verdict {
        Verdict::Good | Verdict::NotSaid => String::new(),
        Verdict::Broken(why) => format!("\n{name}: {why}\n"),
        Verdict::Unfired(faults) => {
            let mut text = format!("\n{name}: its `[[wire]]` does not bring about\n");
            for (fault, nearest) in faults {
                text.push_str(&format!("  `{fault}`: {nearest}\n"));
            }
            text
        }
        Verdict::Failed(failure) => format!(
            "\n{name}: connection {}, line {}: `{}`\n  expected  {}\n  came      {}, at octet {}, after {:.3} s\n",
            failure.connection,
            failure.line,
            failure.step,
            failure.expected,
            failure.came,
            failure.offset,
            failure.after.as_secs_f64(),
        ),
    }
}
