//! `mailfault completions SHELL`: a script that completes commands, options and the names of the built-in scenarios.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};
use clap_complete::{Shell, generate};

use super::args::Cli;
use super::exit::{Code, Failure};
use super::say;
use crate::scenario::builtin;

/// Arguments that take the name of a scenario.
const SCENARIOS: [(&str, &str); 5] =
    [("serve", "scenario"), ("run", "scenarios"), ("explain", "scenario"), ("show", "name"), ("check", "files")];

/// Prints the script.
///
/// # Errors
/// It cannot be written.
pub fn completions(shell: Shell) -> Result<Code, Failure> {
    say::out(&script(shell))?;
    Ok(Code::Held)
}

fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    for (name, argument) in SCENARIOS {
        command = command.mut_subcommand(name, |command: Command| command.mut_arg(argument, with_names));
    }
    command = command.mut_subcommand("run", |run| run.mut_arg("command", |words| words.index(2)));
    let mut script = Vec::new();
    generate(shell, &mut command, "mailfault", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Only for the script: on the command line a file will do, too. An argument that is changed moves behind the others, so its place is said again.
fn with_names(argument: Arg) -> Arg {
    argument.index(1).value_parser(PossibleValuesParser::new(builtin::names()))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_has_a_script_with_the_names_of_scenarios() {
        for &shell in Shell::value_variants() {
            let script = script(shell);
            assert!(script.contains("ready-file") && script.contains("explain"), "{shell}");
            // The scripts for the others do not complete arguments that are no options.
            if matches!(shell, Shell::Bash | Shell::Zsh) {
                assert!(script.contains("smtp/reset-mid-greeting"), "{shell}");
            }
        }
    }
}
