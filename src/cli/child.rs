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
    command.args(arguments).envs(environment).kill_on_drop(true);
    if !at_terminal() {
        command.process_group(0);
    }
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

/// Whether the command may want to read from a terminal. Then it stays in the foreground with this program: in a group of its own the system would stop
/// it at its first read or `stty`, for good, and Ctrl-C and Ctrl-Z would not reach it.
fn at_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// SIGTERM to all of it, then, if that is not enough, SIGKILL.
async fn end(child: &mut Child) -> Result<(), Failure> {
    let Some(pid) = child.id() else { return Ok(()) };
    // Before the first signal: whoever loses its parent by it can no longer be found.
    let all = All::of(pid);
    all.signal(sys::TERMINATE);
    let everybody = async {
        let _ = child.wait().await;
        while all.is_left() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(GRACE, everybody).await.is_err() {
        all.signal(sys::KILL);
        child.wait().await.map_err(failure)?;
    }
    Ok(())
}

/// A command and all that it started.
enum All {
    /// In a group of their own.
    Group(u32),
    /// At a terminal, where the group is this program's as well.
    Processes(Vec<u32>),
}

impl All {
    fn of(pid: u32) -> All {
        if at_terminal() { All::Processes(with_descendants(pid)) } else { All::Group(pid) }
    }

    fn signal(&self, signal: i32) {
        match self {
            All::Group(pid) => {
                sys::signal_group(*pid, signal);
            }
            All::Processes(pids) => {
                for &pid in pids {
                    sys::signal_process(pid, signal);
                }
            }
        }
    }

    /// Whether anybody is still running. One that has ended and that nobody has waited for (an orphan, where process 1 is no init) takes signals still.
    fn is_left(&self) -> bool {
        match self {
            All::Group(group) => sys::signal_group(*group, sys::NO_SIGNAL) && processes().any(|process| process.group == *group),
            All::Processes(pids) => processes().any(|process| pids.contains(&process.pid)),
        }
    }
}

struct Process {
    pid: u32,
    group: u32,
}

/// All that run in the system and have not ended, by `/proc` (proc(5)): `pid (name) state parent group ...`, where a name may hold anything.
fn processes() -> impl Iterator<Item = Process> {
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        let (state, _parent, group) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
        (!matches!(state, "Z" | "X")).then_some(Process { pid, group })
    })
}

/// A process and all that descend from it, by `/proc`; only itself where that is not to be had.
fn with_descendants(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(&parent) = all.get(next) {
        next += 1;
        let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    all
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
