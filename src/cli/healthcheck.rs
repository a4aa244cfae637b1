//! `mailfault healthcheck`: whether a server is well, for containers and for whoever else has its ready file.
//!
//! A server with a ready file answers on a local socket of its own, on the very thread that does the mail: an answer means that mail is served, and no mail
//! connection is used up by asking. The socket has a name and no file (`unix(7)`, abstract), so nothing needs to be written and nothing is left behind,
//! and a ready file that a killed server has left names a socket that nobody answers on.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::exit::{Code, Failure};
use super::say;

/// How long a server has for its answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What it answers.
const WELL: &[u8] = b"well\n";

/// Asks the server of this ready file.
///
/// # Errors
/// It is not there, or does not answer: exit code 1, which is what Docker and Kubernetes take for unhealthy.
pub fn healthcheck(ready_file: &Path) -> Result<Code, Failure> {
    let (sender, receiver) = mpsc::channel();
    let path = ready_file.to_owned();
    // On a thread of its own: a connection to a server that hangs may hang, too.
    std::thread::spawn(move || sender.send(ask(&path)));
    let answer =
        receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(format!("it does not answer within {} s", PATIENCE.as_secs())));
    match answer {
        Ok(()) => {
            say::out("well")?;
            Ok(Code::Held)
        }
        Err(why) => {
            Err(Failure { code: Code::Failed, message: format!("the server of `{}` is not well: {why}", ready_file.display()) })
        }
    }
}

fn ask(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "there is no such file (it is written when everything listens, and removed at the end)".to_owned()
        }
        _ => error.to_string(),
    })?;
    let ready: Value = serde_json::from_str(&text).map_err(|error| format!("the file is no ready file: {error}"))?;
    let name = ready["health"].as_str().ok_or("the file names no socket to ask (`health`)")?;
    let mut socket = local::connect(name).map_err(|error| format!("nobody answers on `{name}`: {error}"))?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).map_err(|error| error.to_string())?;
    if answer == WELL { Ok(()) } else { Err("it answers something else".to_owned()) }
}

/// Answers from now on, in a task of the runtime that this is called in; the name of the socket, if the system has such sockets.
///
/// # Errors
/// The system has no socket left.
pub fn answer() -> Result<Option<String>, Failure> {
    let Some((name, listener)) =
        local::listen().map_err(|error| Failure::server(format!("the socket for `healthcheck` cannot be opened: {error}")))?
    else {
        return Ok(None);
    };
    tokio::spawn(async move {
        // An error is that of one connection, or the lack of file descriptors; then whoever asks is told nothing, and that is the truth.
        loop {
            match listener.accept().await {
                Ok((socket, _)) => {
                    let well = socket.into_std().map(|mut socket| socket.write_all(WELL));
                    drop(well);
                }
                Err(_) => tokio::time::sleep(PATIENCE).await,
            }
        }
    });
    Ok(Some(name))
}

#[cfg(target_os = "linux")]
mod local {
    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;
    use std::io;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

    /// Containers of one pod share these names, and in each of them the server is process 1: only a random one is its own.
    pub(super) fn listen() -> io::Result<Option<(String, tokio::net::UnixListener)>> {
        let name = format!("mailfault-{:016x}", RandomState::new().hash_one(std::process::id()));
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        listener.set_nonblocking(true)?;
        Ok(Some((name, tokio::net::UnixListener::from_std(listener)?)))
    }

    pub(super) fn connect(name: &str) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod local {
    use std::io;
    use std::os::unix::net::UnixStream;

    pub(super) fn listen() -> io::Result<Option<(String, tokio::net::UnixListener)>> {
        Ok(None)
    }

    pub(super) fn connect(_: &str) -> io::Result<UnixStream> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
