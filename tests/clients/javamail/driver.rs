//! One JVM for many scenarios at once: the probe reads what to do from its input.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::{Tried, classpath};

/// How long all that one scenario asks for may take. Far more than any needs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each verb, and what came of it.
type Answer = Vec<(String, Tried)>;
/// Who waits for the answer of which name.
type Waiting = Mutex<HashMap<String, Sender<Answer>>>;

/// A running probe; killed when dropped.
pub struct Driver {
    child: Child,
    input: Mutex<ChildStdin>,
    waiting: Arc<Waiting>,
    /// Of JavaMail, `1.6.5`.
    pub javamail: String,
    /// Of Java, `17`.
    pub java: u64,
}

impl Driver {
    /// A JVM that trusts what is in this trust store.
    pub fn start(truststore: &Path, password: &str) -> Driver {
        let mut command = Command::new("java");
        // No literal of hundreds of megabytes has room in this heap, and the failure to find room for one harms nobody else.
        command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m"]);
        command.arg(format!("-Djavax.net.ssl.trustStore={}", truststore.display()));
        command.arg(format!("-Djavax.net.ssl.trustStorePassword={password}"));
        command.args(["-cp", &classpath(), "Probe", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("java starts");
        let input = Mutex::new(child.stdin.take().expect("its input"));
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let versions = value(lines.next().expect("a line with the versions").expect("a line"));
        let waiting: Arc<Waiting> = Arc::default();
        std::thread::spawn({
            let waiting = Arc::clone(&waiting);
            move || answer(lines, &waiting)
        });
        let javamail = versions["javamail"].as_str().unwrap_or_default().to_owned();
        Driver { child, input, waiting, javamail, java: versions["java"].as_u64().unwrap_or_default() }
    }

    /// What came of each verb among these words, and its name. Any number of threads may ask at the same time, each with a name of its own.
    pub fn run(&self, name: &str, words: &[String]) -> Answer {
        let (sender, receiver) = channel();
        self.waiting.lock().expect("the list of who waits").insert(name.to_owned(), sender);
        writeln!(self.input.lock().expect("the input"), "{name}\t{}", words.join("\t")).expect("the probe reads");
        receiver.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{name}: no answer of the probe: {error}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(lines: Lines<BufReader<ChildStdout>>, waiting: &Waiting) {
    for line in lines.map_while(Result::ok) {
        let answer = value(line);
        let tried = answer["tried"].as_array().into_iter().flatten();
        let tried = tried.map(|line| (line["verb"].as_str().unwrap_or_default().to_owned(), super::tried(line))).collect();
        let sender = waiting.lock().expect("the list of who waits").remove(answer["name"].as_str().unwrap_or_default());
        if let Some(sender) = sender {
            let _ = sender.send(tried);
        }
    }
}

fn value(line: String) -> Value {
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}
