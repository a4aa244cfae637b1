//! `mailfault man`: the manual, made from the arguments. With a folder, a page for each command.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::{Man, roff};

use super::args::{Cli, EXIT_CODES};
use super::exit::{Code, Failure};
use super::say;

/// Prints the page of the program, or writes all pages.
///
/// # Errors
/// The output, the folder or a file in it cannot be written.
pub fn man(dir: Option<&Path>) -> Result<Code, Failure> {
    match dir {
        None => {
            let (_, page) = pages().into_iter().next().unwrap_or_default();
            say::out(&page)?;
        }
        Some(dir) => write(dir)
            .map_err(|error| Failure::server(format!("the manual cannot be written to `{}`: {error}", dir.display())))?,
    }
    Ok(Code::Held)
}

fn write(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    pages().into_iter().try_for_each(|(name, page)| std::fs::write(dir.join(name), page))
}

/// File names and pages: `mailfault.1` first, then `mailfault-serve.1` and the others.
fn pages() -> Vec<(String, String)> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let names = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect::<Vec<_>>();
    let mut pages = vec![("mailfault.1".to_owned(), page(&command))];
    for name in names {
        let Some(sub) = command.find_subcommand(&name) else { continue };
        pages.push((format!("mailfault-{name}.1"), page(sub)));
    }
    pages
}

fn page(command: &Command) -> String {
    // What help has at its end stands here in sections.
    let command = command.clone().after_help(None).after_long_help(None);
    let variables: Vec<(String, String)> = command
        .get_arguments()
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_string_lossy().into_owned();
            let option = match argument.get_long() {
                Some(long) => format!("--{long}"),
                None => argument.get_id().as_str().to_uppercase(),
            };
            Some((variable, option))
        })
        .collect();
    let mut out = Vec::new();
    let man = Man::new(command);
    // Writing to memory does not fail.
    let _ = man.render(&mut out);
    let mut more = roff::Roff::default();
    if !variables.is_empty() {
        more.control("SH", ["ENVIRONMENT"]);
        for (variable, option) in variables {
            more.control("TP", []);
            more.text([roff::bold(variable)]);
            more.text([roff::roman(format!("stands for {option} where that is not given."))]);
        }
    }
    more.control("SH", ["EXIT STATUS"]);
    for line in EXIT_CODES.lines() {
        match line.trim().split_once("  ") {
            Some((code, means)) => {
                more.control("TP", []);
                more.text([roff::bold(code)]);
                more.text([roff::roman(format!("{means}."))]);
            }
            None if line.ends_with(':') => {}
            None => {
                more.control("PP", []);
                more.text([roff::roman(line)]);
            }
        }
    }
    let _ = more.to_writer(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_variables_and_exit_codes() {
        let pages = pages();
        let commands = Cli::command().get_subcommands().count();
        assert_eq!(pages.len(), commands + 1);
        for (name, page) in &pages {
            assert!(name.ends_with(".1") && page.contains(".SH NAME"), "{name}\n{page}");
            assert!(page.contains("EXIT STATUS") && page.contains("a fault of the scenario never fired"), "{name}\n{page}");
        }
        let serve = pages.iter().find(|(name, _)| name == "mailfault-serve.1").map(|(_, page)| page.as_str()).unwrap();
        assert!(serve.contains("ENVIRONMENT") && serve.contains("MAILFAULT_READY_FILE"), "{serve}");
    }
}
