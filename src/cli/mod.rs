//! The command line: raw arguments first (`args`), one file a command, and exit codes in one place.

mod args;
mod catalogue;
mod child;
mod exit;
mod exit_after;
mod judge;
mod live;
mod ready;
mod report_card;
mod run;
mod say;
mod serve;
mod trust;

use std::process::ExitCode;

use clap::Parser;

pub use args::{Cli, Command};
use exit::Failure;

/// Runs the command that the process was started with. Errors go to stderr, in words, and become exit codes.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    say::start_logging(cli.colour);
    match dispatch(&cli) {
        Ok(code) => code.into(),
        Err(failure) => {
            say::error(&failure.message);
            failure.code.into()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<exit::Code, Failure> {
    match &cli.command {
        Command::Serve(args) => serve::serve(args, cli.colour),
        Command::Run(args) => run::run(args, cli.colour),
        Command::List(args) => catalogue::list(args),
        Command::Show { name } => catalogue::show(name),
        Command::Check { files } => catalogue::check(files, cli.colour),
        Command::Schema => catalogue::schema(),
        Command::Judge(args) => judge::judge(args, cli.colour),
    }
}
