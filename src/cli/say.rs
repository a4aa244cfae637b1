//! What the program says to people. What was asked for (a list, a file) goes to stdout; the account of a running server, errors and logs go to
//! stderr, so that the output of a command under `run` stays its own.

use std::io::{IsTerminal, Write};

use super::args::Colour;
use super::exit::Failure;

impl Colour {
    /// Whether to write colours to this stream.
    pub fn on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            // https://no-color.org: set and not empty. A terminal that calls itself dumb shows the codes as they are.
            Colour::Auto => {
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                stream.is_terminal() && !dumb && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

/// Logs of the program itself, to stderr; `MAILFAULT_LOG=debug` shows more.
///
/// # Errors
/// `MAILFAULT_LOG` cannot be understood.
pub fn start_logging(colour: Colour) -> Result<(), Failure> {
    let wanted = std::env::var("MAILFAULT_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(&wanted).map_err(|error| {
        Failure::usage(format!("`MAILFAULT_LOG={wanted}`: {error}; wanted is `error`, `warn`, `info`, `debug` or `trace`"))
    })?;
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter).with_target(false);
    // A second call (in tests) finds a subscriber in place; that one is as good.
    let _ = logs.without_time().with_ansi(colour.on(&std::io::stderr())).try_init();
    Ok(())
}

/// To stderr. A stderr that nobody reads any more is no reason to stop.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end_matches('\n'));
}

/// An error, to stderr.
pub fn error(message: &str) {
    if message.starts_with("error") {
        note(message);
    } else {
        note(&format!("error: {message}"));
    }
}

/// To stdout: what was asked for. Whoever reads only its beginning (`mailfault list | head`) has what they wanted.
///
/// # Errors
/// It cannot be written, to a full disk for example.
pub fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    let written = writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
    written.or_else(unwritable)
}

/// What a failed write to stdout means.
pub fn unwritable(error: std::io::Error) -> Result<(), Failure> {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::server(format!("the output cannot be written: {error}"))),
    }
}
