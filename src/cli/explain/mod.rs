//! `mailfault explain`: what a scenario will do, in plain words, connection by connection.
//!
//! It is told from the compiled scenario, never from the file's own words, so it is true for merged files, too. Structs are taken apart field by field and enums
//! variant by variant: what is added to the language does not compile before it has its words here.

mod connections;
mod expect;
mod moments;
mod server;
mod steps;
#[cfg(test)]
mod tests;
mod words;

use super::args::Colour;
use super::exit::{Code, Failure};
use super::{catalogue, say};
use crate::scenario::{self, Scenario};

/// Says what the scenario of this name will do.
///
/// # Errors
/// The scenario is unknown or wrong.
pub fn explain(name: &str, colour: Colour) -> Result<Code, Failure> {
    let scenario = scenario::resolve(name, 1.0).map_err(|error| catalogue::failure(&error, colour))?;
    say::out(&text(&scenario))?;
    Ok(Code::Held)
}

/// The whole text, lines of about a hundred columns.
fn text(scenario: &Scenario) -> String {
    let mut out = format!("{}\n{}\n", scenario.name, scenario.title);
    heading(&mut out, "The server");
    let listeners = server::listeners(scenario);
    let width = listeners.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(6);
    for (name, about) in &listeners {
        words::wrap(&mut out, &format!("  {name:<width$}  "), about);
    }
    for sentence in server::sentences(scenario) {
        words::wrap(&mut out, "  ", &words::sentence(&sentence));
    }
    for section in connections::sections(scenario) {
        heading(&mut out, &section.title);
        for paragraph in section.before {
            words::wrap(&mut out, "  ", &paragraph);
        }
        for row in section.rows {
            out.push_str(&format!("  {}:\n", row.connections));
            for bullet in row.bullets {
                words::wrap(&mut out, "    - ", &bullet);
            }
        }
    }
    heading(&mut out, "What the client must do");
    for sentence in must_do(scenario) {
        words::wrap(&mut out, "  - ", &sentence);
    }
    heading(&mut out, "How to run it");
    let name = shell_word(&scenario.name);
    out.push_str(&format!("  mailfault serve {name}\n  mailfault run {name} -- COMMAND\n"));
    out
}

fn must_do(scenario: &Scenario) -> Vec<String> {
    let mut out = expect::sentences(scenario);
    if scenario.expect.all.client_exit.is_none() {
        out.push("Under `mailfault run`, the command ends with exit code 0.".to_owned());
    }
    let (optional, needed): (Vec<_>, Vec<_>) = scenario.faults.iter().partition(|fault| fault.optional);
    if !needed.is_empty() {
        let which = match (&needed[..], optional.is_empty()) {
            ([fault], _) => format!("{} must act at least once", words::quote(&fault.name)),
            (_, true) => "Each fault must act at least once".to_owned(),
            (_, false) => "Each fault that is not optional must act at least once".to_owned(),
        };
        out.push(format!("{which}; otherwise nothing was tested, and the verdict is inconclusive."));
    }
    out
}

fn heading(out: &mut String, title: &str) {
    out.push_str(&format!("\n{title}\n"));
}

/// A name that a shell takes for one word.
fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
