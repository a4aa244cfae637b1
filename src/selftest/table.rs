//! The table at the end.

use super::{Checked, Verdict};

/// As much of what was seen as a line has room for.
const SEEN: usize = 90;
/// So many scenarios without `[[wire]]` are named.
const NAMED: usize = 8;

/// A line for each scenario: its name, how it came out, what was seen; below what went wrong in what scenario; then a line that counts.
pub fn text(all: &[Checked]) -> String {
    let width = all.iter().map(|checked| checked.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for Checked { name, verdict, seen, before, .. } in all.iter().filter(|checked| !checked.is_silent()) {
        // Only what is well in the end needs to say that it was not at once.
        let word = match (verdict, before.len()) {
            (Verdict::Good, 0) => "ok",
            (Verdict::Good, 1) => "ok (second try)",
            (Verdict::Good, _) => "ok (third try)",
            (Verdict::Failed(_) | Verdict::Broken(_) | Verdict::Portless(_), _) => "FAILED",
            (Verdict::Unfired(_) | Verdict::NotSaid, _) => "inconclusive",
        };
        let cut: String = seen.chars().take(SEEN).collect();
        let more = if cut.len() < seen.len() { "..." } else { "" };
        text.push_str(&format!("{name:width$}  {word:<12}  {cut}{more}\n"));
    }
    for checked in all {
        text.push_str(&explanation(checked));
    }
    text.push_str(&silent(all));
    let count = |which: fn(&Verdict) -> bool| all.iter().filter(|checked| which(&checked.verdict)).count();
    let good = count(|verdict| matches!(verdict, Verdict::Good));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_) | Verdict::Broken(_) | Verdict::Portless(_)));
    let unfired = count(|verdict| matches!(verdict, Verdict::Unfired(_)));
    let scenarios = if all.len() == 1 { "scenario" } else { "scenarios" };
    text.push_str(&format!("{} {scenarios}: {good} ok, {failed} failed, {unfired} inconclusive", all.len()));
    match all.iter().filter(|checked| checked.is_silent()).count() {
        0 => text.push('\n'),
        others => text.push_str(&format!(", {others} without `[[wire]]`\n")),
    }
    text
}

/// Those for which nothing can be checked, by name where they are few.
fn silent(all: &[Checked]) -> String {
    let names: Vec<&str> = all.iter().filter(|checked| checked.is_silent()).map(|checked| checked.name.as_str()).collect();
    let Some(first) = names.first() else { return String::new() };
    let listed = names.iter().take(NAMED).map(|name| format!("\n  {name}")).collect::<String>();
    let others = names.len().saturating_sub(NAMED);
    let more = if others > 0 { format!("\n  and {others} others") } else { String::new() };
    format!(
        "\nnothing was checked, since there is no `[[wire]]` that says what must be seen:{listed}{more}\n  \
         help: write the client's lines into a `[[wire]]`, as in `mailfault show smtp/reset-mid-greeting`; `mailfault selftest --draft {first}` adds what came\n",
    )
}

/// What went wrong; empty where nothing did.
pub(super) fn explanation(checked: &Checked) -> String {
    let name = &checked.name;
    match &checked.verdict {
        Verdict::Good | Verdict::NotSaid => String::new(),
        Verdict::Broken(why) | Verdict::Portless(why) => format!("\n{name}: {why}\n"),
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
