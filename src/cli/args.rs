//! Arguments as they are typed. Every option can also be given as an environment variable, `MAILFAULT_` and its name.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::scenario::parse_duration;

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  all expectations held
  1  an expectation failed (a wrong exit code of the command is one)
  2  bad usage, or a bad scenario file
  3  inconclusive: a fault of the scenario never fired, so nothing was tested
  4  the command could not be started, was killed, or ran out of time
  5  the server itself failed (a port in use, say)
Where several apply: 2, 5, 4, 1, 3, 0 in that order.";

/// A mail server that fails on purpose.
#[derive(Debug, Parser)]
#[command(name = "mailfault", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// Colours in what is printed
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, env = "MAILFAULT_COLOUR", alias = "color")]
    pub colour: Colour,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a scenario until a signal comes; no scenario is a healthy server
    #[command(after_help = EXIT_CODES)]
    Serve(ServeArgs),
    /// Serve scenarios on free ports while a command runs, and judge how it behaved
    #[command(after_help = EXIT_CODES)]
    Run(RunArgs),
    /// List the built-in scenarios
    List(ListArgs),
    /// Print a built-in scenario, to copy and edit
    Show {
        /// Its name, such as `smtp/reset-mid-greeting`
        name: String,
    },
    /// Check scenario files: every error, with its place
    Check {
        /// Files, or names of built-in scenarios, or globs over these (`smtp/*`)
        #[arg(required = true)]
        files: Vec<String>,
    },
    /// Print the JSON Schema of scenario files
    Schema,
    /// Serve what a transcript has recorded, connection by connection
    #[command(after_help = EXIT_CODES)]
    Replay(ReplayArgs),
    /// Check scenarios on the wire, with a raw client over loopback: what `[[wire]]` in their files says
    #[command(after_help = EXIT_CODES)]
    Selftest(SelftestArgs),
    /// Judge a recorded journal again
    #[command(after_help = EXIT_CODES)]
    Judge(JudgeArgs),
    /// Say in plain words what a scenario will do, connection by connection
    Explain {
        /// A built-in name, a file, or several joined by `+`
        scenario: String,
    },
    /// Ask a running server whether it is well, by its ready file; no mail connection is used up
    Healthcheck {
        /// The file that the server's own `--ready-file` names
        #[arg(long, value_name = "FILE", env = "MAILFAULT_READY_FILE")]
        ready_file: PathBuf,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one for each command into a folder
    Man {
        /// The folder; made if it is not there
        dir: Option<PathBuf>,
    },
}

/// `mailfault serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// A built-in name, a file, or several joined by `+`
    #[arg(env = "MAILFAULT_SCENARIO")]
    pub scenario: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub common: CommonArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub serving: ServingArgs,
}

/// `mailfault replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A file that `--transcript-file` or `--journal` wrote, or a conversation in the same notation
    pub transcript: PathBuf,
    /// Every octet of the client must be the recorded one, also its tags, its message and its name
    #[arg(long, env = "MAILFAULT_EXACT", value_parser = parse_switch)]
    pub exact: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub common: CommonArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub serving: ServingArgs,
}

/// What `serve` and `replay` have in common.
#[derive(Debug, Args)]
pub struct ServingArgs {
    /// Listen elsewhere: `smtp=127.0.0.1:0` (port 0 is any free one); may be repeated
    #[arg(long, value_name = "NAME=ADDR:PORT", env = "MAILFAULT_LISTEN", value_delimiter = ',')]
    pub listen: Vec<Listen>,
    /// The address of all listeners that `--listen` does not name; 0.0.0.0 is every IPv4 address, :: every address
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), env = "MAILFAULT_BIND")]
    pub bind: IpAddr,
    /// Write a JSON file when everything listens: addresses, user, password, seed, process
    #[arg(long, value_name = "FILE", env = "MAILFAULT_READY_FILE")]
    pub ready_file: Option<PathBuf>,
    /// Stop by itself: `connections=N`, `messages=N` or `time=30s`
    #[arg(long, value_name = "WHAT=N", env = "MAILFAULT_EXIT_AFTER")]
    pub exit_after: Option<ExitAfter>,
    /// No live transcript
    #[arg(long, short, env = "MAILFAULT_QUIET", value_parser = parse_switch)]
    pub quiet: bool,
}

/// `mailfault run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Built-in names, files, or globs over the built-in names (`smtp/*`)
    #[arg(required = true, value_name = "SCENARIO", env = "MAILFAULT_SCENARIOS", value_delimiter = ',')]
    pub scenarios: Vec<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub common: CommonArgs,
    /// Kill the command after this time
    #[arg(long, value_name = "TIME", value_parser = parse_duration, env = "MAILFAULT_TIMEOUT")]
    pub timeout: Option<Duration>,
    /// Print the live transcript, too
    #[arg(long, env = "MAILFAULT_TRANSCRIPT", value_parser = parse_switch)]
    pub transcript: bool,
}

/// What `serve` and `run` have in common.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// The seed of all draws; a random one, printed at the start, where none is given
    #[arg(long, env = "MAILFAULT_SEED")]
    pub seed: Option<u64>,
    /// Write the journal, one JSON object a line
    #[arg(long, value_name = "FILE", env = "MAILFAULT_JOURNAL")]
    pub journal: Option<PathBuf>,
    /// Write the whole transcript, which `mailfault replay` can serve; the live one is shortened
    #[arg(long, value_name = "FILE", env = "MAILFAULT_TRANSCRIPT_FILE")]
    pub transcript_file: Option<PathBuf>,
    /// Write the verdict as JUnit XML
    #[arg(long, value_name = "FILE", env = "MAILFAULT_JUNIT")]
    pub junit: Option<PathBuf>,
    /// The host that clients reach the server by, such as `mailfault`: it is announced, and in the certificate; several with commas between them are all in
    /// the certificate
    #[arg(long, value_name = "HOST", env = "MAILFAULT_ANNOUNCE", value_delimiter = ',')]
    pub announce: Vec<String>,
    /// Keep the certificate authority in this folder, so that clients need to trust it only once
    #[arg(long, value_name = "DIR", env = "MAILFAULT_TLS_DIR")]
    pub tls_dir: Option<PathBuf>,
    /// Append the secrets of every TLS session, for Wireshark (the format of SSLKEYLOGFILE)
    #[arg(long, value_name = "FILE", env = "MAILFAULT_KEY_LOG")]
    pub key_log: Option<PathBuf>,
    /// Multiply every duration of scenario and expectations (never the settle time of a reset)
    #[arg(long, value_name = "X", value_parser = parse_scale, default_value = "1", env = "MAILFAULT_TIME_SCALE")]
    pub time_scale: f64,
}

/// `mailfault selftest`.
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// Built-in names, files, or globs over the built-in names (`smtp/*`); without any, every built-in scenario
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// The seed of all draws; 1 unless given
    #[arg(long, env = "MAILFAULT_SEED")]
    pub seed: Option<u64>,
    /// Multiply every duration (never the settle time of a reset); without it, each scenario's waits are made short
    #[arg(long, value_name = "X", value_parser = parse_scale, env = "MAILFAULT_TIME_SCALE")]
    pub time_scale: Option<f64>,
    /// Scenarios that are checked at one time; 8 unless given
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print every conversation, as the client saw it
    #[arg(long, short)]
    pub verbose: bool,
    /// For whoever writes a scenario: play only what the client says and does in `[[wire]]`, and print it with what came
    #[arg(long, hide = true)]
    pub draft: bool,
}

/// `mailfault list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only names that fit, such as `imap/*`, or a group, such as `imap`, or a source, such as `SMTP0002` or `RFC 5530`
    pub pattern: Option<String>,
    /// One JSON object for all
    #[arg(long)]
    pub json: bool,
}

/// `mailfault judge`.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// A file that `--journal` wrote
    pub journal: PathBuf,
    /// Write the verdict as JUnit XML
    #[arg(long, value_name = "FILE", env = "MAILFAULT_JUNIT")]
    pub junit: Option<PathBuf>,
}

/// `--listen NAME=ADDR:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The listener.
    pub name: String,
    /// Where.
    pub addr: SocketAddr,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "wanted is NAME=ADDR:PORT, such as `smtp=127.0.0.1:0` or `imap=[::1]:3143`";
        let (name, addr) = text.split_once('=').ok_or(wanted)?;
        let addr = addr.parse().map_err(|_| format!("`{addr}` is no address with a port; {wanted}"))?;
        Ok(Listen { name: name.to_owned(), addr })
    }
}

/// `--exit-after WHAT=N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitAfter {
    /// So many connections have ended.
    Connections(u64),
    /// So many SMTP messages were stored.
    Messages(u64),
    /// So much time has passed.
    Time(Duration),
}

impl FromStr for ExitAfter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "wanted is `connections=N`, `messages=N` or `time=30s`";
        let number = |value: &str| match value.parse() {
            Ok(0) | Err(_) => Err(format!("`{value}` is no number from 1; {wanted}")),
            Ok(number) => Ok(number),
        };
        match text.split_once('=') {
            Some(("connections", value)) => number(value).map(ExitAfter::Connections),
            Some(("messages", value)) => number(value).map(ExitAfter::Messages),
            Some(("time", value)) => parse_duration(value).map(ExitAfter::Time),
            _ => Err(wanted.to_owned()),
        }
    }
}

/// What a variable may say of an option that has no value.
fn parse_switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" | "" => Ok(false),
        _ => Err("wanted is `true`, `yes`, `on` or `1`, or `false`, `no`, `off` or `0`".to_owned()),
    }
}

fn parse_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 && scale <= 1e6 => Ok(scale),
        _ => Err("wanted is a number above 0, such as `0.01` (25 minutes in 15 seconds)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn listen_and_exit_after_say_what_they_want() {
        assert_eq!("smtp=127.0.0.1:0".parse::<Listen>().unwrap().addr.port(), 0);
        assert!("smtp=localhost".parse::<Listen>().unwrap_err().contains("`localhost` is no address with a port"));
        assert_eq!("time=2s".parse(), Ok(ExitAfter::Time(Duration::from_secs(2))));
        assert!("messages=0".parse::<ExitAfter>().unwrap_err().contains("`0` is no number from 1"));
        assert!("mails=1".parse::<ExitAfter>().unwrap_err().starts_with("wanted is `connections=N`"));
    }
}
