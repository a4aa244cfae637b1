//! The `mailfault` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    mailfault::cli::main()
}
