//! What smtplib and nodemailer report of every SMTP refusal that a built-in scenario has in store: the class or code, the text, and at which command.
//!
//! The scenarios are found by themselves, and what a client has to do is read off their files (`refusals/plan.rs`). What it then reports stands in `refusals/smtplib.txt`
//! and `refusals/nodemailer.txt`, to be read by people. After a change of scenarios or clients, `MAILFAULT_BLESS=1 cargo test --test main refusals` writes them anew:
//! read the difference. Words of a refusal that the client does not pass on are in these files as `loses`.

mod plan;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{packages, python};
use crate::harness::{self, Server, built_in_names, for_each_at_once, with_late_resets};
use plan::{PLANS, Plan, plan};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/refusals");
/// How long a client that keeps its connection rests between two messages, in seconds.
const REST: f64 = 4.0;

/// What a client never meets, whatever it is told to do: the client, the scenario, the fault.
const NEVER_MET: [[&str; 3]; 6] = [
    // It says STARTTLS only where that is offered.
    ["smtplib", "tls/starttls-not-offered", "unknown"],
    // Neither knows SCRAM; nodemailer has no OAUTHBEARER.
    ["smtplib", "auth/goodbye-inside-exchange", "second-challenge"],
    ["nodemailer", "auth/goodbye-inside-exchange", "second-challenge"],
    ["nodemailer", "auth/oauthbearer-token-expired", "refusal"],
    // They say nothing more to a server that greets with 554.
    ["smtplib", "provider/postfix-client-rejected", "access-denied"],
    ["nodemailer", "provider/postfix-client-rejected", "access-denied"],
];

/// A client: its file, and how it is started with the file that is to be trusted.
struct Client<'a> {
    name: &'a str,
    version: String,
    command: &'a dyn Fn(&Path) -> Command,
}

#[test]
fn smtplib_reports_every_refusal() {
    if !python::is_installed() {
        return;
    }
    let version = format!("smtplib of {}", harness::run(Command::new("python3").arg("--version")).stdout.trim());
    let script = format!("{FOLDER}/with_smtplib.py");
    check(&Client { name: "smtplib", version, command: &|_| with_argument("python3", &script) });
}

#[test]
fn nodemailer_reports_every_refusal() {
    let Some(place) = packages::for_node() else {
        harness::is_installed("nodemailer (node, and npm to install it)", false);
        return;
    };
    let package = std::fs::read_to_string(place.join("nodemailer/package.json")).expect("the package");
    let package: Value = serde_json::from_str(&package).expect("JSON");
    let version = format!("nodemailer {}", package["version"].as_str().unwrap_or_default());
    let script = format!("{FOLDER}/with_nodemailer.js");
    let command = |ca_file: &Path| {
        let mut node = with_argument("node", &script);
        // A developer's own settings must not change what is tested.
        node.env_remove("NODE_OPTIONS").env_remove("NODE_TLS_REJECT_UNAUTHORIZED");
        node.env("NODE_PATH", place).env("NODE_EXTRA_CA_CERTS", ca_file);
        node
    };
    check(&Client { name: "nodemailer", version, command: &command });
}

fn with_argument(program: &str, argument: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(argument);
    command
}

/// A scenario that is served.
struct Job {
    name: String,
    plan: Plan,
    server: Server,
    /// Connections that are open already.
    _open: Vec<BufReader<TcpStream>>,
}

fn check(client: &Client<'_>) {
    let authority = tempfile::tempdir().expect("a temporary directory");
    let jobs = serve_all(&authority);
    assert!(jobs.len() > 20, "{}", jobs.len());
    let reports = report_all(client, &jobs);
    let mut text = format!(
        "# What {} reports of every refusal. Written by `MAILFAULT_BLESS=1 cargo test --test main refusals`.\n",
        client.version
    );
    let mut unmet = String::new();
    for (job, lines) in jobs.into_iter().zip(reports) {
        let _ = write!(text, "\n{}\n", job.name);
        write_lines(&mut text, &lines);
        let (name, refusals) = (job.name, job.plan.refusals);
        let met = faults_that_fired(job.server);
        let said: String = lines.join("\n");
        for refusal in refusals {
            let fault = &*refusal.fault;
            if met.contains(fault) {
                for words in refusal.words.iter().filter(|words| !said.contains(&in_json(words))) {
                    let _ = writeln!(text, "  loses {words}");
                }
            } else if NEVER_MET.contains(&[client.name, &name, fault]) {
                let _ = writeln!(text, "  never meets {fault}");
            } else {
                let _ = writeln!(unmet, "  {name}: the fault `{fault}`");
            }
        }
    }
    assert!(
        unmet.is_empty(),
        "{}: what it does is not enough to meet these; add a row to PLANS in `refusals/plan.rs`:\n{unmet}",
        client.name
    );
    compare(client, &text);
}

/// Each line with its number; several that are the same, as one.
fn write_lines(text: &mut String, lines: &[String]) {
    let mut number = 1;
    for same in lines.chunk_by(|one, other| one == other) {
        let last = number + same.len() - 1;
        let numbers = if same.len() == 1 { number.to_string() } else { format!("{number}-{last}") };
        let _ = writeln!(text, "  {numbers} {}", same[0]);
        number = last + 1;
    }
}

/// Each server with the same authority, in the order of their names.
fn serve_all(authority: &TempDir) -> Vec<Job> {
    let names: Vec<String> = built_in_names().into_iter().filter(|name| plan(name).is_some()).collect();
    for (name, _) in PLANS {
        assert!(names.iter().any(|other| other == name), "{name} refuses nothing over SMTP, or is no scenario");
    }
    let jobs = Mutex::new(Vec::new());
    let start = |name: &String| {
        let plan = plan(name).expect("a plan");
        let scale = plan.scale.to_string();
        let options = ["--time-scale", &scale, "--tls-dir", authority.path().to_str().expect("a path in UTF-8")];
        // A client that is busy when a reset comes reports the reset; here it has a second to read what came before.
        let server = Server::start_with(with_late_resets(name), &options);
        let open = (0..plan.open).map(|_| connected(&server.smtp)).collect();
        jobs.lock().expect("no panic").push(Job { name: name.clone(), plan, server, _open: open });
    };
    // The first one makes the authority.
    let (first, others) = names.split_first().expect("scenarios that refuse");
    start(first);
    for_each_at_once(others, start);
    let mut jobs = jobs.into_inner().expect("no panic");
    jobs.sort_by(|one, other| one.name.cmp(&other.name));
    jobs
}

fn connected(address: &str) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect(address).expect("a connection"));
    stream.read_line(&mut String::new()).expect("a greeting");
    stream
}

/// The lines of each job, from one process.
fn report_all(client: &Client<'_>, jobs: &[Job]) -> Vec<Vec<String>> {
    let ca_file = jobs[0].server.ready("ca_file");
    let settings = |server: &Server| {
        json!({
            "smtp": server.smtp, "smtps": server.ready("smtps"), "user": server.user, "password": server.password,
            "address": server.address(), "ca": ca_file, "rest": REST,
        })
    };
    let jobs: Vec<Value> = jobs.iter().map(|job| json!({ "settings": settings(&job.server), "verbs": job.plan.verbs })).collect();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(Value::Array(jobs).to_string().as_bytes()).expect("the jobs are written");
    let mut command = (client.command)(Path::new(ca_file));
    let done = harness::run_for_json(command.arg(file.path()));
    let lines = |job: &Value| job.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    done.iter().map(lines).collect()
}

fn faults_that_fired(server: Server) -> BTreeSet<String> {
    let journal = server.stop().journal;
    let fired = journal.iter().filter(|event| event["event"] == "fault" && event["shadowed"] != true);
    fired.filter_map(|event| event["fault"].as_str()).map(str::to_owned).collect()
}

/// As it stands in a text that was made JSON.
fn in_json(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// With the file; or the file is written.
fn compare(client: &Client<'_>, text: &str) {
    let path = format!("{FOLDER}/{}.txt", client.name);
    if harness::is_blessed() {
        std::fs::write(&path, text).expect("the file is written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let (expected_lines, lines) = (body(&expected), body(text));
    let differing: Vec<String> = [("-", &expected_lines, &lines), ("+", &lines, &expected_lines)]
        .into_iter()
        .flat_map(|(sign, of, other)| of.iter().filter(|line| !other.contains(line)).map(move |line| format!("{sign} {line}")))
        .collect();
    assert!(
        expected_lines == lines,
        "{path} says otherwise (`MAILFAULT_BLESS=1 cargo test --test main refusals` writes it anew). It was made with\n{}\nand this is {}\n{}",
        expected.lines().next().unwrap_or_default(),
        client.version,
        differing.join("\n")
    );
}
