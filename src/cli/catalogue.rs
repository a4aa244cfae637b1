//! `mailfault list`, `show`, `check` and `schema`: scenarios, without a server.

use serde_json::json;

use super::args::{Colour, ListArgs};
use super::exit::{Code, Failure};
use super::say;
use crate::scenario::{self, ResolveError, builtin};

/// A line for each built-in scenario, or all as JSON. The pattern is a glob, a name or a group.
pub fn list(args: &ListArgs) -> Result<Code, Failure> {
    let names = match &args.pattern {
        Some(group) if builtin::is_group(group) => matching(&format!("{}/*", group.trim_end_matches('/')))?,
        Some(pattern) => matching(pattern)?,
        None => builtin::names().map(str::to_owned).collect(),
    };
    let mut scenarios = Vec::new();
    for name in &names {
        scenarios.push(scenario::resolve(name, 1.0).map_err(|error| failure(&error, Colour::Never))?);
    }
    if args.json {
        let list: Vec<_> = scenarios
            .iter()
            .map(|scenario| json!({ "name": scenario.name, "title": scenario.title, "about": scenario.about, "source": scenario.source }))
            .collect();
        say::out(&format!("{:#}", json!(list)))?;
        return Ok(Code::Held);
    }
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let lines: Vec<String> = scenarios.iter().map(|scenario| format!("{:width$}  {}", scenario.name, scenario.title)).collect();
    say::out(&lines.join("\n"))?;
    Ok(Code::Held)
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

/// Names and files as they are; a glob becomes the built-in names that fit it.
pub fn expand(words: &[String]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for word in words {
        if word.contains(['*', '?']) && !std::path::Path::new(word).exists() {
            names.extend(matching(word)?);
        } else {
            names.push(word.clone());
        }
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
        None => "`mailfault list` shows all names".to_owned(),
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
