//! A server that runs for a command of the program: journal, sinks and verdict around it.

use std::collections::hash_map::RandomState;
use std::fs::{File, TryLockError};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use super::args::{CommonArgs, Listen};
use super::exit::Failure;
use super::ready::Ready;
use super::say;
use super::trust::Trust;
use crate::journal::{Event, Journal, JsonLines, Limits, Recorder, Sink, Style, Transcript, take};
use crate::net::{BindError, Options, Running, Server, Wanted};
use crate::scenario::Scenario;
use crate::sys::raise_open_files;
use crate::verdict::report::{NamedReport, junit};
use crate::verdict::{Report, Verdict};

/// The verdict as a listener at the journal.
#[derive(Default)]
struct Judge {
    verdict: Verdict,
    /// There is something to judge, and octets may be evidence. Where nobody looks at them, they are not copied.
    wants_octets: bool,
}

impl Sink for Judge {
    fn event(&mut self, event: &Event, octets: &[u8]) {
        self.verdict.event(event, octets);
    }

    fn wants_octets(&self) -> bool {
        self.wants_octets
    }
}

/// A running server and its journal.
pub struct Live {
    /// Where everything is.
    pub ready: Ready,
    pub running: Running,
    pub recorder: Recorder,
    journal: Journal,
    trust: Option<Trust>,
}

/// What is particular to one run.
pub struct Setup<'a> {
    pub scenario: &'a Scenario,
    pub common: &'a CommonArgs,
    pub seed: u64,
    pub addresses: Vec<Wanted>,
    /// Under `run`.
    pub has_command: bool,
    /// The live transcript: `None` is none, else whether in colour.
    pub transcript: Option<bool>,
    /// The journal's file for this run.
    pub journal: Option<&'a Path>,
    /// The whole transcript's file for this run.
    pub transcript_file: Option<&'a Path>,
    /// Whoever else listens to the journal.
    pub listeners: Vec<Box<dyn Sink>>,
}

impl Live {
    /// Binds, starts the journal and accepts. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// A port in use, a file that cannot be written.
    pub fn start(setup: Setup<'_>) -> Result<Live, Failure> {
        raise_open_files();
        let mut sinks: Vec<Box<dyn Sink>> =
            vec![Box::new(Judge { verdict: Verdict::new(), wants_octets: setup.scenario.is_judged() })];
        if let Some(path) = setup.journal {
            let file = fresh(path, "journal")?;
            sinks.push(Box::new(JsonLines::new(file, path.display().to_string())));
        }
        let mut limits = Limits::default();
        if let Some(path) = setup.transcript_file {
            limits = Limits::whole();
            let file = fresh(path, "transcript")?;
            sinks.push(Box::new(Transcript::new(file, Style::whole())));
        }
        if let Some(colour) = setup.transcript {
            sinks.push(Box::new(Transcript::new(std::io::stderr(), Style { colour, ..Style::default() })));
        }
        sinks.extend(setup.listeners);
        let (journal, recorder) = Journal::start(sinks, limits);
        let trust = Trust::of(setup.scenario, setup.common)?;
        let options = Options {
            seed: setup.seed,
            time_scale: setup.common.time_scale,
            has_command: setup.has_command,
            addresses: setup.addresses,
            authority: trust.as_ref().map(|trust| trust.authority.clone()),
        };
        let server = Server::bind(setup.scenario, &options, recorder.clone()).map_err(|error| port_failure(&error))?;
        let files = trust.as_ref().map(|trust| trust.files.clone());
        let ready = Ready::new(setup.scenario, server.bound(), setup.common.announce.first(), setup.seed, files);
        Ok(Live { ready, running: server.start(), recorder, journal, trust })
    }

    /// Stops the server and judges.
    pub async fn stop(self, why: &str) -> Report {
        self.running.stop(why).await;
        let mut sinks = self.journal.finish();
        if let Some(failure) = self.trust.as_ref().and_then(Trust::key_log_failure) {
            say::error(&failure);
        }
        // The judge was given to the journal above, and the journal returns what it was given.
        take::<Judge>(&mut sinks).unwrap_or_default().verdict.finish()
    }
}

/// The seed that was given, or a random one that can be given next time.
pub fn seed(common: &CommonArgs) -> u64 {
    // Small enough to be typed, large enough not to come twice.
    common.seed.unwrap_or_else(|| RandomState::new().hash_one("seed") % 1_000_000_000)
}

/// An address for each listener: what `--listen` says, else at `bind` the scenario's port, else the default of the name, else any free one. Whoever moves a listener
/// has other servers beside this one: then a default port that is taken gives way to any free one.
///
/// # Errors
/// `--listen` names no listener of the scenario.
pub fn addresses(scenario: &Scenario, listen: &[Listen], bind: IpAddr) -> Result<Vec<Wanted>, Failure> {
    if let Some(unknown) = listen.iter().find(|listen| scenario.listen.iter().all(|spec| *spec.name != *listen.name)) {
        let names: Vec<String> = scenario.listen.iter().map(|spec| format!("`{}`", spec.name)).collect();
        return Err(Failure::usage(format!(
            "`--listen {}={}`: the scenario has no listener of that name; it has {}",
            unknown.name,
            unknown.addr,
            names.join(", ")
        )));
    }
    let address = |spec: &crate::scenario::ListenSpec| {
        let asked = listen.iter().find(|listen| *listen.name == *spec.name).map(|listen| listen.addr);
        match (asked, spec.port) {
            (Some(addr), _) => Wanted { addr, or_any: false },
            (None, Some(port)) => Wanted { addr: SocketAddr::new(bind, port), or_any: false },
            (None, None) => Wanted { addr: SocketAddr::new(bind, default_port(&spec.name)), or_any: !listen.is_empty() },
        }
    };
    Ok(scenario.listen.iter().map(address).collect())
}

/// A free port on loopback for each listener. A port that the scenario names is kept: whoever names one means it.
pub fn free_addresses(scenario: &Scenario) -> Vec<Wanted> {
    scenario.listen.iter().map(|spec| Wanted { addr: loopback(spec.port.unwrap_or(0)), or_any: false }).collect()
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// GreenMail's ports, so that an existing test configuration works unchanged.
pub(super) fn default_port(listener: &str) -> u16 {
    match listener {
        "smtp" => 3025,
        "smtps" => 3465,
        "imap" => 3143,
        "imaps" => 3993,
        _ => 0,
    }
}

fn port_failure(error: &BindError) -> Failure {
    let what = match error.source.kind() {
        std::io::ErrorKind::AddrInUse => "another program has this port".to_owned(),
        _ => error.source.to_string(),
    };
    Failure::server(format!(
        "cannot listen on {} for `{}`: {what}\n  help: choose another with `--listen {}={}:0` (0 is any free port)",
        error.addr,
        error.listener,
        error.listener,
        error.addr.ip(),
    ))
}

/// An empty file, and nobody else's: two servers that share a folder would each write over what the other wrote. The lock (`flock(2)`) ends with the file.
fn fresh(path: &Path, what: &str) -> Result<File, Failure> {
    let failure = |why: &str| Failure::server(format!("the {what} `{}` cannot be written: {why}", path.display()));
    let file = File::options()
        .write(true)
        .create(true)
        // Not before the lock is ours.
        .truncate(false)
        .open(path)
        .map_err(|error| failure(&error.to_string()))?;
    // A pipe or a terminal may have many writers.
    if file.metadata().is_ok_and(|is| is.is_file()) {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(failure("another server writes it now\n  help: each server needs a file of its own"));
            }
            // A file system without locks is no reason not to write.
            Ok(()) | Err(TryLockError::Error(_)) => file.set_len(0).map_err(|error| failure(&error.to_string()))?,
        }
    }
    Ok(file)
}

/// The runtime for mail: one thread, since a second one only makes the first wait for locks.
///
/// # Errors
/// The system has no thread or no timer left.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::server(format!("the runtime cannot be started: {error}")))
}

/// Whether the JUnit file can be written, asked before a run that may take an hour. Leaves no file that was not there.
///
/// # Errors
/// It cannot.
pub fn check_junit(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let there = path.exists();
    File::options().append(true).create(true).open(path).map_err(|error| junit_failure(path, &error.to_string()))?;
    if !there {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn junit_failure(path: &Path, why: &str) -> Failure {
    Failure::server(format!("the JUnit file `{}` cannot be written: {why}", path.display()))
}

/// Writes a report's JUnit file.
///
/// # Errors
/// The file cannot be written.
pub fn write_junit(path: Option<&Path>, reports: &[(String, Report)]) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let named: Vec<NamedReport<'_>> = reports.iter().map(|(name, report)| NamedReport { name, took: None, report }).collect();
    let text = junit(&named).map_err(|error| junit_failure(path, &error.to_string()))?;
    std::fs::write(path, text).map_err(|error| junit_failure(path, &error.to_string()))
}
