//! `mailfault list`, `show`, `check` and `schema`: scenarios, without a server.

use serde_json::json;

use super::args::{Colour, ListArgs};
use super::exit::{Code, Failure};
use super::say;
use crate::fault::Glob;
use crate::scenario::builtin::Head;
use crate::scenario::{self, ResolveError, builtin};

/// A glob on both sides of a `+` stands for every pair.
const MOST_NAMES: usize = 10_000;

/// A line for each built-in scenario, or all as JSON. The pattern is a glob, a name, a group, or a source.
pub fn list(args: &ListArgs) -> Result<Code, Failure> {
    let group = args.pattern.as_deref().filter(|pattern| builtin::is_group(pattern));
    let glob = match (group, &args.pattern) {
        (Some(group), _) => format!("{}/*", group.trim_end_matches('/')),
        (None, Some(pattern)) => pattern.clone(),
        (None, None) => "*".to_owned(),
    };
    let named = builtin::matching(&glob);
    let mut scenarios = Vec::new();
    for name in builtin::names() {
        // A group is meant as such, not as a source.
        if group.is_some() && !named.contains(&name) {
            continue;
        }
        let Some(scenario) = builtin::head(name) else { continue };
        if named.contains(&name) || scenario.source.iter().any(|source| is_source(source, &glob)) {
            scenarios.push(scenario);
        }
    }
    if scenarios.is_empty() {
        return Err(unknown(&glob));
    }
    if args.json {
        let list: Vec<_> = scenarios
            .iter()
            .map(|scenario| {
                let group = scenario.name.split_once('/').map(|(group, _)| group);
                json!({ "name": scenario.name, "group": group, "title": scenario.title, "about": scenario.about, "source": scenario.source })
            })
            .collect();
        say::out(&format!("{:#}", json!(list)))?;
        return Ok(Code::Held);
    }
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    let line = |scenario: &Head| format!("{:width$}  {}  [{}]", scenario.name, scenario.title, scenario.source.join(", "));
    say::out(&scenarios.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(Code::Held)
}

/// Whether somebody who asks for `RFC 5530` or `smtp0002` means this source; `RFC 5530` is `RFC 5530 section 3`, too.
fn is_source(source: &str, asked: &str) -> bool {
    let (source, asked) = (source.to_lowercase(), asked.to_lowercase());
    Glob::new(&asked).matches(&source) || Glob::new(&format!("{asked} *")).matches(&source)
}

/// The text of a built-in scenario.
pub fn show(name: &str) -> Result<Code, Failure> {
    match builtin::get(name) {
        Some(source) => {
            say::out(&source.text)?;
            Ok(Code::Held)
        }
        None => Err(unknown(name)),
    }
}

/// Every error of every file.
pub fn check(files: &[String], colour: Colour) -> Result<Code, Failure> {
    let mut code = Code::Held;
    for file in &expand(files)? {
        match scenario::resolve(file, 1.0) {
            Ok(scenario) => {
                let count = scenario.faults.len();
                say::out(&format!("{file}: good, {count} {}", if count == 1 { "fault" } else { "faults" }))?;
            }
            Err(error) => {
                say::error(&failure(&error, colour).message);
                code = Code::Usage;
            }
        }
    }
    Ok(code)
}

/// The JSON Schema.
pub fn schema() -> Result<Code, Failure> {
    say::out(&format!("{:#}", scenario::schema()))?;
    Ok(Code::Held)
}

/// Names and files as they are; a glob becomes the built-in names that fit it, also beside a `+`.
pub fn expand(words: &[String]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for word in words {
        if !word.contains(['*', '?']) || std::path::Path::new(word).exists() {
            names.push(word.clone());
            continue;
        }
        let mut all = vec![String::new()];
        for (n, part) in word.split('+').map(str::trim).enumerate() {
            let fitting = if part.contains(['*', '?']) { matching(part)? } else { vec![part.to_owned()] };
            if all.len().saturating_mul(fitting.len()) > MOST_NAMES {
                return Err(Failure::usage(format!(
                    "`{word}` stands for more than {MOST_NAMES} scenarios\n  help: write fewer `*`"
                )));
            }
            let joined = |front: &String| {
                let plus = if n == 0 { "" } else { "+" };
                fitting.iter().map(|name| format!("{front}{plus}{name}")).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(joined).collect();
        }
        names.extend(all);
    }
    Ok(names)
}

fn matching(pattern: &str) -> Result<Vec<String>, Failure> {
    let names: Vec<String> = builtin::matching(pattern).into_iter().map(str::to_owned).collect();
    if names.is_empty() { Err(unknown(pattern)) } else { Ok(names) }
}

fn unknown(name: &str) -> Failure {
    let help = match builtin::alike(name) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`mailfault list` shows all names, and the sources in brackets".to_owned(),
    };
    Failure::usage(format!("there is no built-in scenario `{name}`\n  help: {help}"))
}

/// Exit code 2, with every error of the scenario.
pub fn failure(error: &ResolveError, colour: Colour) -> Failure {
    match error {
        ResolveError::Wrong(problems) => Failure::usage(problems.render(colour.on(&std::io::stderr()))),
        other => Failure::usage(other.to_string()),
    }
}
