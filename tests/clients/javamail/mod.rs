//! JavaMail 1.6.5, Debian's `libmail-java`, driven by `java/Probe.java`.

mod driver;
pub mod expected;
mod imap;
mod listener;
mod network;
mod plans;
mod smtp;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::harness::{self, Server};

const JARS: [&str; 2] = ["/usr/share/java/javax.mail.jar", "/usr/share/java/javax.activation.jar"];
const SOURCES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/java/Probe.java"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/blackout/Listener.java"),
];
/// A client that has to wait for its time-out waits for this long.
const SHORT: [&str; 2] = ["mail.smtp.timeout=2000", "mail.imap.timeout=2000"];
const CONNECTION_TIMEOUT: [&str; 2] = ["mail.smtp.connectiontimeout=10000", "mail.imap.connectiontimeout=10000"];
const READING: &str = "javax.mail.MessagingException: Exception reading response";
const RESET: &str = "java.net.SocketException: Connection reset";
const TIMED_OUT: &str = "java.net.SocketTimeoutException: Read timed out";

/// What became of one verb.
#[derive(Debug, PartialEq, Eq)]
pub enum Tried {
    /// It succeeded, and said this.
    Said(String),
    /// It threw: the exception and its causes.
    Threw(Vec<Thrown>),
}

/// One exception of a chain.
#[derive(Debug, PartialEq, Eq)]
pub struct Thrown {
    /// `class: message`
    text: String,
    /// `class.method`, the innermost first.
    frames: Vec<String>,
    /// Their lines.
    lines: Vec<i64>,
}

impl Tried {
    fn said(text: &str) -> Tried {
        Tried::Said(text.to_owned())
    }

    /// `class: message` of the exception and its causes.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Tried::Said(_) => Vec::new(),
            Tried::Threw(chain) => chain.iter().map(|thrown| thrown.text.as_str()).collect(),
        }
    }

    /// The innermost frames of the exception itself.
    fn frames(&self, count: usize) -> Vec<&str> {
        match self {
            Tried::Said(_) => Vec::new(),
            Tried::Threw(chain) => {
                chain.iter().take(1).flat_map(|thrown| &thrown.frames).take(count).map(String::as_str).collect()
            }
        }
    }
}

#[track_caller]
fn check_first(tried: &Tried, scenario: &str, texts: &[&str], frames: &[&str], address: &str) {
    let (host, port) = address.rsplit_once(':').expect("an address");
    let texts: Vec<String> = texts.iter().map(|text| text.replace("HOST", host).replace("PORT", port)).collect();
    assert_eq!(tried.texts(), texts, "{scenario}: {tried:?}");
    assert_eq!(tried.frames(frames.len()), frames, "{scenario}");
}

fn probe(server: &Server, words: &[&str]) -> Vec<Tried> {
    probe_as(server, &server.password, words)
}

fn probe_as(server: &Server, password: &str, words: &[&str]) -> Vec<Tried> {
    let mut all = vec![format!("smtp={}", server.smtp), format!("imap={}", server.imap)];
    all.extend([format!("user={}", server.user), format!("password={password}")]);
    all.extend(words.iter().map(|&word| word.to_owned()));
    run(&[], &all)
}

/// One JVM with these options, and what the probe made of its words.
pub fn run(options: &[String], words: &[String]) -> Vec<Tried> {
    harness::run_for_json(java(options, "Probe").args(words)).iter().map(tried).collect()
}

/// One JVM with a listener for each of these (`blackout/Listener.java`), until all are done.
pub fn run_listeners(listeners: &[String]) {
    let ran = harness::run(java(&[], "Listener").args(listeners));
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{}", ran.stdout);
}

fn java(options: &[String], class: &str) -> Command {
    let mut command = Command::new("java");
    // A small JVM that starts fast: most of these runs take less time than its start.
    command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]).args(options);
    command.args(["-cp", &classpath(), class]);
    command
}

fn tried(line: &Value) -> Tried {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if line["ok"] == true {
        return Tried::Said(text(&line["said"]));
    }
    let thrown = |exception: &Value| Thrown {
        text: format!("{}: {}", text(&exception["class"]), text(&exception["message"])),
        frames: exception["frames"].as_array().into_iter().flatten().map(text).collect(),
        lines: exception["lines"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect(),
    };
    Tried::Threw(line["chain"].as_array().into_iter().flatten().map(thrown).collect())
}

/// Whether there is a JDK and JavaMail.
pub fn is_installed() -> bool {
    let jars = JARS.iter().all(|jar| Path::new(jar).exists());
    harness::is_installed(
        "JavaMail (java, javac, libmail-java)",
        jars && harness::starts("javac", "-version") && harness::starts("java", "-version"),
    )
}

fn classpath() -> String {
    static CLASSES: OnceLock<PathBuf> = OnceLock::new();
    let classes = CLASSES.get_or_init(compiled).display().to_string();
    [&classes, JARS[0], JARS[1]].join(":")
}

/// The folder with the compiled probe and listener. They are compiled once for each state of their sources; two test runs at a time do not meet, since the folder is
/// renamed into place when it is whole.
fn compiled() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        fs::read_to_string(source).unwrap_or_else(|error| panic!("{source}: {error}")).hash(&mut hasher);
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("java-{:016x}", hasher.finish()));
    if !place.exists() {
        let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        let mut javac = Command::new("javac");
        let ran = harness::run(javac.args(["-encoding", "UTF-8", "-cp", &JARS.join(":"), "-d"]).arg(fresh.path()).args(SOURCES));
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        if fs::rename(fresh.path(), &place).is_err() {
            assert!(place.exists(), "{} cannot be made", place.display());
        }
    }
    place
}
