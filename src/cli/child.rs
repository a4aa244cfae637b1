//! The command of `run`, and all that it starts: ended as one.

use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::exit::Failure;
use super::serve::Stop;
use crate::sys;

/// How long a command that is told to end has before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Code(i32),
    /// A signal that did not come from here ended it.
    Signal(i32),
    /// It ran out of the time of `--timeout`.
    OutOfTime,
    /// The program itself was told to stop, by this signal, and told the command.
    Interrupted(&'static str),
}

/// Starts the command with these variables added to its environment.
///
/// # Errors
/// It cannot be started: no such program, not executable.
pub fn start(words: &[String], environment: Vec<(String, String)>) -> Result<Child, Failure> {
    let (program, arguments) = words.split_first().ok_or_else(|| Failure::usage("there is no command after `--`"))?;
    let mut command = Command::new(program);
    command.args(arguments).envs(environment).process_group(0).kill_on_drop(true);
    command.spawn().map_err(|error| Failure::command(format!("the command `{program}` cannot be started: {error}")))
}

/// Waits for its end, at most until the time is out or a signal comes.
///
/// # Errors
/// The system cannot wait for it.
pub async fn wait(child: &mut Child, timeout: Option<Duration>, stop: &mut Stop) -> Result<Ended, Failure> {
    let out_of_time = async {
        match timeout {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        status = child.wait() => return Ok(how(status.map_err(failure)?)),
        () = out_of_time => Ended::OutOfTime,
        signal = stop.wait() => Ended::Interrupted(signal),
    };
    end(child).await?;
    Ok(ended)
}

/// SIGTERM to the whole group, then, if that is not enough, SIGKILL.
async fn end(child: &mut Child) -> Result<(), Failure> {
    let Some(pid) = child.id() else { return Ok(()) };
    sys::signal_group(pid, sys::TERMINATE);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        sys::signal_group(pid, sys::KILL);
        child.wait().await.map_err(failure)?;
    }
    Ok(())
}

fn how(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or(0)),
    }
}

fn failure(error: std::io::Error) -> Failure {
    Failure::command(format!("the command cannot be waited for: {error}"))
}
