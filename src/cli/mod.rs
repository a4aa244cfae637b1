//! The command line: raw arguments first (`args`), one file a command, and exit codes in one place.

mod args;
mod catalogue;
mod child;
mod completions;
mod exit;
mod exit_after;
mod explain;
mod healthcheck;
mod judge;
mod live;
mod man;
mod ready;
mod replay;
mod report_card;
mod run;
mod say;
mod selftest;
mod serve;
mod trust;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

pub use args::{Cli, Command};
use exit::Failure;

/// Runs the command that the process was started with. Errors go to stderr, in words, and become exit codes.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match say::start_logging(cli.colour).and_then(|()| dispatch(&cli)) {
        Ok(code) => code.into(),
        Err(failure) => {
            say::error(&failure.message);
            failure.code.into()
        }
    }
}

/// Prints help or an error. Whoever has not typed the option that is wrong is told where it comes from.
fn refuse(error: &clap::Error) -> ExitCode {
    if let Err(failure) = error.print().or_else(say::unwritable) {
        say::error(&failure.message);
        return failure.code.into();
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return exit_code(error) };
    let option = argument.split(' ').next().unwrap_or_default();
    let variable = format!("MAILFAULT_{}", option.trim_start_matches('-').replace('-', "_").to_uppercase());
    let typed = std::env::args().any(|typed| typed.split('=').next() == Some(option));
    if !typed && std::env::var_os(&variable).is_some() {
        say::note(&format!("`{option}` is from the environment variable `{variable}`."));
    }
    exit_code(error)
}

fn exit_code(error: &clap::Error) -> ExitCode {
    u8::try_from(error.exit_code()).map_or(exit::Code::Usage.into(), ExitCode::from)
}

fn dispatch(cli: &Cli) -> Result<exit::Code, Failure> {
    match &cli.command {
        Command::Serve(args) => serve::serve(args, cli.colour),
        Command::Run(args) => run::run(args, cli.colour),
        Command::List(args) => catalogue::list(args),
        Command::Show { name } => catalogue::show(name),
        Command::Check { files } => catalogue::check(files, cli.colour),
        Command::Schema => catalogue::schema(),
        Command::Replay(args) => replay::replay(args, cli.colour),
        Command::Selftest(args) => selftest::selftest(args, cli.colour),
        Command::Judge(args) => judge::judge(args, cli.colour),
        Command::Explain { scenario } => explain::explain(scenario, cli.colour),
        Command::Healthcheck { ready_file } => healthcheck::healthcheck(ready_file),
        Command::Completions { shell } => completions::completions(*shell),
        Command::Man { dir } => man::man(dir.as_deref()),
    }
}
