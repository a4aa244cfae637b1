//! Starts the real server, waits until it listens, and collects what it leaves behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to listen, or a process to end, before a test fails. Far more than either needs.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a file or a process that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The program under test.
pub fn mailfault() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailfault"));
    // A developer's own settings must not change what is tested.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MAILFAULT_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A scenario file for one test.
pub enum Scenario {
    /// A built-in one, by name, or several with `+` between them.
    BuiltIn(&'static str),
    /// This text.
    Text(String),
}

impl From<&'static str> for Scenario {
    fn from(name: &'static str) -> Self {
        Scenario::BuiltIn(name)
    }
}

/// The faults of a built-in scenario on every second connection and without its expectations, so that a hundred failures take one server.
pub fn every_second_connection(name: &str) -> Scenario {
    let text = built_in_text(name);
    assert!(text.contains("connections = \"1\"\n"), "{name} faults the first connection");
    let faults = text.split("\n[expect").next().unwrap_or_default();
    Scenario::Text(faults.replace("connections = \"1\"\n", "connections = \"every 2\"\n"))
}

/// A built-in scenario whose resets leave the client a second to act in: for clients that write after what came before the reset.
pub fn with_late_resets(name: &str) -> Scenario {
    Scenario::Text(built_in_text(name).replace("\"reset\"", "{ reset = \"1s\" }"))
}

/// A built-in scenario as it stands in the source.
pub fn built_in_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `group/name` of every built-in scenario, from the source.
pub fn built_in_names() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = |path: &Path| fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries(&root).filter(|path| path.is_dir()).flat_map(|group| entries(&group).collect::<Vec<_>>());
    let name = |path: &Path| path.strip_prefix(&root).expect("below the root").with_extension("").to_string_lossy().into_owned();
    let names: BTreeSet<String> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).map(|path| name(&path)).collect();
    assert!(names.len() > 60, "{names:?}");
    names
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    directory: TempDir,
    /// Address of its SMTP listener, `127.0.0.1:PORT`.
    pub smtp: String,
    /// Address of its IMAP listener.
    pub imap: String,
    /// A user that may log in.
    pub user: String,
    /// That user's password.
    pub password: String,
    ready: Value,
}

/// What a server left behind.
pub struct Stopped {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub output: String,
    /// Its journal, a value a line.
    pub journal: Vec<Value>,
}

impl Server {
    /// Serves a scenario on free ports.
    pub fn start(scenario: impl Into<Scenario>) -> Server {
        Server::start_with(scenario, &[])
    }

    /// The same with more options.
    pub fn start_with(scenario: impl Into<Scenario>, options: &[&str]) -> Server {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str| directory.path().join(name);
        let mut listeners = vec!["smtp", "imap", "smtps", "imaps"];
        let scenario = match scenario.into() {
            Scenario::BuiltIn(name) => {
                if name.split('+').any(|name| built_in_text(name).contains("[[listen]]")) {
                    listeners.truncate(2);
                }
                PathBuf::from(name)
            }
            Scenario::Text(text) => {
                if text.contains("[[listen]]") {
                    listeners.truncate(2);
                }
                fs::write(file("scenario.toml"), text).expect("the scenario is written");
                file("scenario.toml")
            }
        };
        let mut command = mailfault();
        command.arg("serve").arg(scenario);
        Server::spawn(command, directory, &listeners, options)
    }

    /// Serves what a transcript has recorded; it has no other listeners than these.
    pub fn replay(transcript: &Path, listeners: &[&str], options: &[&str]) -> Server {
        let mut command = mailfault();
        command.arg("replay").arg(transcript);
        Server::spawn(command, tempfile::tempdir().expect("a temporary directory"), listeners, options)
    }

    fn spawn(mut command: Command, directory: TempDir, listeners: &[&str], options: &[&str]) -> Server {
        let file = |name: &str| directory.path().join(name);
        for name in listeners {
            command.args(["--listen", &format!("{name}=127.0.0.1:0")]);
        }
        command.arg("--ready-file").arg(file("ready.json")).arg("--journal").arg(file("journal.jsonl")).args(options);
        let output = File::create(file("output")).expect("a file for the output");
        command.stdout(output.try_clone().expect("the same file")).stderr(output);
        let mut child = command.spawn().expect("the server starts");
        let ready = wait_for_ready(&file("ready.json"), &mut child, &file("output"));
        let text = |key: &str| ready[key].as_str().unwrap_or_else(|| panic!("`{key}` in {ready}")).to_owned();
        let (smtp, imap, user, password) = (text("smtp"), text("imap"), text("user"), text("password"));
        Server { child, directory, smtp, imap, user, password, ready }
    }

    /// The user's name as an address, for envelopes.
    pub fn address(&self) -> String {
        if self.user.contains('@') { self.user.clone() } else { format!("{}@mailfault.test", self.user) }
    }

    /// Uses up one connection, so that the next one has an even number.
    pub fn spend_connection(&self, address: &str) {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let mut octet = [0];
        while octet != *b"\n" {
            stream.read_exact(&mut octet).expect("a greeting");
        }
    }

    /// Address of the listener with this name.
    pub fn listener(&self, name: &str) -> String {
        self.ready["listeners"][name].as_str().unwrap_or_else(|| panic!("`{name}` in {}", self.ready)).to_owned()
    }

    /// The ports of all listeners, as they were announced.
    pub fn ports(&self) -> Vec<String> {
        let addresses = self.ready["listeners"].as_object().into_iter().flatten();
        addresses.filter_map(|(_, address)| address.as_str()?.rsplit(':').next().map(str::to_owned)).collect()
    }

    /// A value of the ready file.
    pub fn ready(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap_or_else(|| panic!("`{key}` in {}", self.ready))
    }

    /// The file that it wrote when it was ready.
    pub fn ready_file(&self) -> PathBuf {
        self.directory.path().join("ready.json")
    }

    /// Its journal, which it writes as things happen.
    pub fn journal_file(&self) -> PathBuf {
        self.directory.path().join("journal.jsonl")
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until its journal holds so many events of this kind: the server notices what a client does a little after the client did it.
    #[track_caller]
    pub fn await_events(&self, kind: &str, count: usize) {
        let (wanted, start) = (format!("\"event\":\"{kind}\""), Instant::now());
        loop {
            let journal = fs::read_to_string(self.directory.path().join("journal.jsonl")).unwrap_or_default();
            if journal.lines().filter(|line| line.contains(&wanted)).count() >= count {
                return;
            }
            assert!(start.elapsed() < PATIENCE / 10, "not {count} of `{kind}` in\n{journal}");
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Ends the server as a container's end would, and returns what it left.
    pub fn stop(self) -> Stopped {
        self.stop_by("TERM")
    }

    /// Ends it by this signal (`INT` is Ctrl-C).
    pub fn stop_by(self, signal: &str) -> Stopped {
        self.signal(signal);
        self.wait()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: &str) {
        // The standard library can only kill without mercy, and `kill` is built into every shell.
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", self.pid())]).status().expect("a shell");
        assert!(sent.success(), "{}", self.output());
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> Stopped {
        let status = wait(&mut self.child, PATIENCE).unwrap_or_else(|| panic!("the server did not end: {}", self.output()));
        let journal = fs::read_to_string(self.directory.path().join("journal.jsonl")).unwrap_or_default();
        let journal = journal.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
        Stopped { code: status.code(), output: self.output(), journal: journal.collect() }
    }

    /// Stops it and checks its verdict.
    #[track_caller]
    pub fn stop_with_code(self, code: i32) -> Stopped {
        let stopped = self.stop();
        assert_eq!(stopped.code, Some(code), "{}", stopped.output);
        stopped
    }

    fn output(&self) -> String {
        fs::read(self.directory.path().join("output")).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks all rows of a table, several at a time: such tests mostly wait. A row that panics fails the test; the others are checked all the same.
pub fn for_each_at_once<T: Sync>(rows: &[T], check: impl Fn(&T) + Sync) {
    const AT_ONCE: usize = 6;
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(row)));
                    failed.fetch_add(usize::from(checked.is_err()), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "rows failed, see above");
}

/// What a program printed, and how it ended.
pub struct Ran {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Ran {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (stdout, stderr) = (directory.path().join("stdout"), directory.path().join("stderr"));
    command.stdin(Stdio::null());
    command.stdout(File::create(&stdout).expect("a file")).stderr(File::create(&stderr).expect("a file"));
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let status = wait(&mut child, PATIENCE);
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let (stdout, stderr) = (read(&stdout), read(&stderr));
    let Some(status) = status else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{command:?} did not end\n{stdout}\n{stderr}");
    };
    Ran { code: status.code(), stdout, stderr }
}

/// Runs a program that prints a JSON value a line.
pub fn run_for_json(command: &mut Command) -> Vec<Value> {
    let ran = run(command);
    assert_eq!(ran.code, Some(0), "{command:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Whether a program that a test drives is installed. If not: a failure where every client is required (`MAILFAULT_REQUIRE_CLIENTS=1`), otherwise a
/// line that says so, past the capture of the test runner.
pub fn is_installed(client: &str, installed: bool) -> bool {
    if installed {
        return true;
    }
    let required = std::env::var("MAILFAULT_REQUIRE_CLIENTS").is_ok_and(|value| value == "1");
    assert!(!required, "{client} is not installed, and MAILFAULT_REQUIRE_CLIENTS=1");
    let _ = writeln!(std::io::stderr(), "skipped: {client} is not installed");
    false
}

/// Whether files that hold what a test expects are to be written anew: `MAILFAULT_BLESS=1`.
pub fn is_blessed() -> bool {
    std::env::var("MAILFAULT_BLESS").is_ok_and(|value| value == "1")
}

/// Whether a program can be started.
pub fn starts(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Waits until a server has written its ready file, and reads it.
pub fn wait_for_ready(path: &Path, server: &mut Child, output: &Path) -> Value {
    let start = Instant::now();
    loop {
        // The file appears whole: it is renamed into place.
        if let Ok(text) = fs::read_to_string(path) {
            return serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
        let ended = server.try_wait().expect("the state of the server");
        if ended.is_some() || start.elapsed() > PATIENCE {
            let _ = server.kill();
            panic!("the server is not ready ({ended:?}):\n{}", fs::read_to_string(output).unwrap_or_default());
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
}

fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(status) = child.try_wait().expect("the state of a process") {
            return Some(status);
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    None
}
