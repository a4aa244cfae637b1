//! The command line: exit codes, and what is said with them.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::harness::{self, Ran, Server, mailfault};

fn run(scenario: &str, command: &[&str]) -> Ran {
    harness::run(mailfault().args(["run", scenario, "--"]).args(command))
}

#[test]
fn a_client_that_never_meets_the_fault_has_tested_nothing() {
    let ran = run("smtp/reset-mid-greeting", &["true"]);
    // Its expectations fail, too, and that is the graver result.
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let ran = run("network/slow-link", &["true"]);
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_command_that_fails_fails_the_run() {
    let ran = run("smtp/rate-limit", &["sh", "-c", "exit 7"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_command_that_cannot_be_started_is_no_verdict_on_it() {
    let ran = run("smtp/rate-limit", &["/nonexistent/command"]);
    assert_eq!(ran.code, Some(4), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("/nonexistent/command"), "{}", ran.stderr);
}

#[test]
fn a_scenario_that_does_not_exist_starts_nothing() {
    let ran = run("smtp/reset-mid-greetin", &["sh", "-c", "echo started"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("smtp/reset-mid-greeting"), "a suggestion: {}", ran.stderr);
    assert!(!ran.stdout.contains("started"), "{}", ran.stdout);
}

#[test]
fn a_port_in_use_is_named_with_the_option_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let ran = harness::run(mailfault().args(["serve", "--listen", &format!("smtp={address}"), "--listen", "imap=127.0.0.1:0"]));
    assert_eq!(ran.code, Some(5), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(&address) && ran.stderr.contains("--listen"), "{}", ran.stderr);
}

#[test]
fn eleven_octets_of_greeting_arrive_and_then_a_reset() {
    let server = Server::start("smtp/reset-mid-greeting");
    let (mut stream, mut got) = (TcpStream::connect(&server.smtp).expect("a connection"), Vec::new());
    let failure = stream.read_to_end(&mut got).expect_err("a reset");
    assert_eq!((failure.kind(), got.as_slice()), (ErrorKind::ConnectionReset, &b"220 mx.mail"[..]));
    let stopped = server.stop_with_code(1);
    let fired = stopped.journal.iter().filter(|event| event["event"] == "fault").count();
    assert_eq!(fired, 1, "{}", stopped.output);
}

#[test]
fn the_same_seed_breaks_the_same_connections() {
    let broken = |seed: &str| {
        let server = Server::start_with("network/sporadic-chance", &["--seed", seed]);
        let broken: Vec<bool> = (0..40).map(|_| first_octet(&server.smtp).is_err()).collect();
        server.stop_with_code(0);
        broken
    };
    let seven = broken("7");
    assert_eq!(seven, broken("7"));
    assert_ne!(seven, broken("8"));
    let count = seven.iter().filter(|&&broken| broken).count();
    assert!((3..=20).contains(&count), "about a quarter of forty, not {count}");
}

#[test]
fn a_server_that_is_stopped_leaves_a_whole_journal() {
    let server = Server::start("smtp/greeting-421");
    assert_eq!(first_octet(&server.smtp).expect("a greeting"), b'4');
    let stopped = server.stop();
    let events: Vec<_> = stopped.journal.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!((events.first(), events.last()), (Some(&"start"), Some(&"stop")), "{events:?}");
}

fn first_octet(address: &str) -> std::io::Result<u8> {
    let mut octet = [0];
    TcpStream::connect(address)?.read_exact(&mut octet)?;
    Ok(octet[0])
}

#[test]
fn the_command_of_a_run_finds_its_server_in_the_environment() {
    let script = "test -n \"$MAILFAULT_HOST\" -a -n \"$MAILFAULT_SMTP_PORT\" -a -n \"$MAILFAULT_IMAP_PORT\" -a -n \"$MAILFAULT_USER\" \
                  -a -n \"$MAILFAULT_PASSWORD\" -a \"$MAILFAULT_RUN_SCENARIO\" = smtp/unknown-recipient -a \"$MAILFAULT_RUN_SEED\" = 7";
    let ran = harness::run(mailfault().args(["run", "smtp/unknown-recipient", "--seed", "7", "--", "sh", "-c", script]));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_group_is_listed_by_its_name_and_checked_by_a_glob() {
    let lines = |args: &[&str]| {
        let ran = harness::run(mailfault().args(args));
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        ran.stdout.lines().filter_map(|line| line.split([' ', ':']).next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let glob = lines(&["list", "network/*"]);
    assert!(glob.len() > 3 && glob.iter().all(|name| name.starts_with("network/")), "{glob:?}");
    assert_eq!(lines(&["list", "network"]), glob);
    assert_eq!(lines(&["check", "network/*"]), glob);
}

#[test]
fn a_wrong_value_in_the_environment_is_said_to_be_from_there() {
    let ran = harness::run(mailfault().arg("serve").env("MAILFAULT_EXIT_AFTER", "soon"));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("wanted is `connections=N`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--exit-after` is from the environment variable `MAILFAULT_EXIT_AFTER`"), "{}", ran.stderr);
    let ran = harness::run(mailfault().args(["serve", "--exit-after=soon"]).env("MAILFAULT_EXIT_AFTER", "soon"));
    assert!(!ran.stderr.contains("environment"), "{}", ran.stderr);
}

/// A file without an end, and one that is no text.
#[test]
fn what_is_no_scenario_file_is_refused_at_once() {
    for (path, why) in [("/dev/zero", "it is larger than 4 MiB"), ("/bin/true", "it is no text in UTF-8")] {
        let ran = harness::run(mailfault().args(["check", path]));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}

/// `script` gives it a terminal. A command in the background would be stopped by the system at `stty`, and the run would never end.
#[test]
fn a_command_may_use_the_terminal() {
    let command = format!(
        "{} run smtp/rate-limit --timeout 20s -- sh -c 'stty -echo && stty echo && echo done'",
        env!("CARGO_BIN_EXE_mailfault")
    );
    let ran = harness::run(Command::new("script").args(["-qec", &command, "/dev/null"]));
    assert!(ran.stdout.contains("done") && !ran.stdout.contains("ran out of time"), "{}{}", ran.stdout, ran.stderr);
}

/// The command of the command, too: nothing may be left behind, with a terminal or without.
#[test]
fn a_command_that_is_out_of_time_is_ended_with_all_that_it_started() {
    let run =
        |script: &str| format!("{} run smtp/rate-limit --timeout 300ms -- sh -c '{script}'", env!("CARGO_BIN_EXE_mailfault"));
    // It takes no notice of SIGTERM, and the one that started it does.
    let script = "(trap \"\" TERM; exec sleep 47) & echo pid $!.; wait";
    for shell in [&["script", "-qec"][..], &["sh", "-c"][..]] {
        let mut command = Command::new(shell[0]);
        command.args([shell[1], &run(script)]);
        if shell[0] == "script" {
            command.arg("/dev/null");
        }
        let ran = harness::run(&mut command);
        let pid = ran.stdout.split("pid ").nth(1).and_then(|rest| rest.split('.').next()).expect("the process");
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(!state.contains("(sleep) S"), "{state}{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, Some(4), "{}{}", ran.stdout, ran.stderr);
    }
}

/// What the command started and what ends at SIGTERM is not waited for, even where nobody takes note of its end.
#[test]
fn a_command_that_ends_when_it_is_told_to_ends_at_once() {
    let started = std::time::Instant::now();
    let ran =
        harness::run(mailfault().args(["run", "smtp/rate-limit", "--timeout", "100ms", "--", "sh", "-c", "sleep 43; true"]));
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(started.elapsed() < std::time::Duration::from_millis(1_800), "{:?}", started.elapsed());
}

/// The first run of everybody: does the command succeed where nothing is broken?
#[test]
fn a_run_can_be_healthy() {
    let ran = run("healthy", &["true"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(run("healthy", &["false"]).code, Some(1));
}

#[test]
fn a_junit_file_that_cannot_be_written_is_found_out_before_the_command_runs() {
    let ran = harness::run(mailfault().args(["run", "healthy", "--junit", "/nonexistent/j.xml", "--", "echo", "started"]));
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("/nonexistent/j.xml") && !ran.stdout.contains("started"), "{}{}", ran.stdout, ran.stderr);
}

/// A JUnit file without a test, or the one of the day before, looks like success.
#[test]
fn what_could_not_be_run_is_an_error_in_the_junit_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("j.xml");
    for scenarios in [&["healthy"][..], &["healthy", "smtp/lost-250"]] {
        let ran = harness::run(mailfault().arg("run").args(scenarios).arg("--junit").arg(&path).args(["--", "/nonexistent"]));
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        let xml = std::fs::read_to_string(&path).unwrap_or_default();
        let errors = xml.matches("<error message=\"the command `/nonexistent` cannot be started").count();
        assert_eq!(errors, scenarios.len(), "{xml}");
    }
}

/// Two misfortunes at once: the disk is full, and nobody reads the complaint.
#[test]
fn a_journal_that_cannot_be_written_changes_no_verdict() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = mailfault();
    command.args(["run", "healthy", "--journal", "/dev/full", "--", "true"]).stdout(std::process::Stdio::null()).stderr(writer);
    assert_eq!(command.status().expect("it starts").code(), Some(0));
}

#[test]
fn help_names_every_exit_code() {
    let ran = harness::run(Command::new(env!("CARGO_BIN_EXE_mailfault")).args(["run", "--help"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for code in 0..=5 {
        assert!(ran.stdout.contains(&format!("\n  {code}  ")), "{code} in\n{}", ran.stdout);
    }
}

#[test]
fn a_journal_that_was_cut_off_is_judged_up_to_there_and_never_passes() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let journal = directory.path().join("journal.jsonl");
    let mut run = mailfault();
    run.args(["run", "healthy", "--journal"]).arg(&journal).args(["--", "true"]);
    assert_eq!(harness::run(&mut run).code, Some(0));
    let judge = |code| {
        let judged = harness::run(mailfault().arg("judge").arg(&journal));
        assert_eq!(judged.code, Some(code), "{}{}", judged.stdout, judged.stderr);
        judged
    };
    assert!(judge(0).stdout.contains("passed: healthy"));
    let text = std::fs::read_to_string(&journal).expect("the journal");
    std::fs::write(&journal, &text[..text.len() - 10]).expect("half a line less");
    let judged = judge(3);
    assert!(
        judged.stderr.contains("is cut off") && judged.stdout.contains("inconclusive: healthy"),
        "{}{}",
        judged.stdout,
        judged.stderr
    );
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_a_reader_that_has_enough_is_none() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for arguments in [&["list"][..], &["show", "healthy"], &["schema"], &["explain", "healthy"], &["man"], &["--help"]] {
        let ended = mailfault().args(arguments).stdout(full()).stderr(std::process::Stdio::null()).status().expect("it starts");
        assert_eq!(ended.code(), Some(5), "{arguments:?}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = mailfault().args(arguments).stdout(writer).status().expect("it starts");
        assert_eq!(ended.code(), Some(0), "{arguments:?}");
    }
}

/// `script` gives it a terminal.
#[test]
fn colours_are_for_terminals_that_can_show_them() {
    let coloured = |term: &str| {
        let command = format!("{} check tests/cli.rs", env!("CARGO_BIN_EXE_mailfault"));
        let ran =
            harness::run(Command::new("script").args(["-qec", &command, "/dev/null"]).env("TERM", term).env_remove("NO_COLOR"));
        assert!(ran.stdout.contains("error"), "{}{}", ran.stdout, ran.stderr);
        ran.stdout.contains('\u{1b}')
    };
    assert!(coloured("xterm"));
    assert!(!coloured("dumb"));
}

#[test]
fn a_scenario_is_explained_in_words() {
    let explained = |name: &str| harness::run(mailfault().args(["explain", name]));
    let ran = explained("smtp/reset-mid-greeting");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("sends the first 11 bytes of the greeting, then resets the"), "{}", ran.stdout);
    let ran = explained("smtp/reset-mid-greetin");
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("did you mean `smtp/reset-mid-greeting`?"), "{}", ran.stderr);
}

/// The scripts and the pages are read by the programs that they are for.
#[test]
fn a_shell_completes_the_names_of_scenarios_and_man_reads_the_manual() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let script = directory.path().join("mailfault.bash");
    let ran = harness::run(mailfault().args(["completions", "bash"]));
    std::fs::write(&script, &ran.stdout).expect("the script is written");
    let complete = format!(
        "source {}; COMP_WORDS=(mailfault explain smtp/reset-mid-gr); COMP_CWORD=2; \
         _mailfault mailfault smtp/reset-mid-gr explain; echo \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    let completed = harness::run(Command::new("bash").args(["-c", &complete]));
    assert_eq!(completed.stdout.trim(), "smtp/reset-mid-greeting", "{}", completed.stderr);

    let pages = directory.path().join("man/man1");
    assert_eq!(harness::run(mailfault().arg("man").arg(&pages)).code, Some(0));
    assert!(pages.join("mailfault.1").exists() && pages.join("mailfault-run.1").exists());
    let ran = harness::run(mailfault().args(["man", "/dev/null/man"]));
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("/dev/null/man"), "{}", ran.stderr);
}

fn health(ready_file: &std::path::Path) -> Ran {
    harness::run(mailfault().arg("healthcheck").env("MAILFAULT_READY_FILE", ready_file))
}

#[test]
fn a_server_is_well_while_it_answers_and_no_connection_is_spent_on_the_question() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("ready.json");
    let none = health(&file);
    assert_eq!(none.code, Some(1), "{}", none.stderr);
    assert!(none.stderr.contains("there is no such file"), "{}", none.stderr);

    let server = Server::start_with("smtp/reset-mid-greeting", &[]);
    std::fs::copy(server.ready_file(), &file).expect("a copy of the ready file");
    for _ in 0..3 {
        let well = health(&file);
        assert_eq!((well.code, well.stdout.as_str()), (Some(0), "well\n"), "{}", well.stderr);
    }
    server.signal("STOP");
    let hangs = health(&file);
    server.signal("CONT");
    assert_eq!(hangs.code, Some(1), "{}", hangs.stderr);
    assert!(hangs.stderr.contains("does not answer within 2 s"), "{}", hangs.stderr);
    assert_eq!(health(&file).code, Some(0));

    let stopped = server.stop();
    assert!(stopped.journal.iter().all(|event| event["event"] != "accept"), "{}", stopped.output);
    let gone = health(&file);
    assert_eq!(gone.code, Some(1), "{}", gone.stderr);
    assert!(gone.stderr.contains("nobody answers"), "{}", gone.stderr);
}

/// As in a container: all addresses, and a name that clients know it by.
#[test]
fn a_server_can_be_reached_by_another_name_and_its_certificate_has_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("ready.json");
    let mut command = mailfault();
    // Port 0 would be 127.0.0.1's: a scenario names it.
    let scenario = directory.path().join("scenario.toml");
    let listen = |name: &str, protocol: &str| format!("[[listen]]\nname = \"{name}\"\nprotocol = \"{protocol}\"\nport = 0\n");
    std::fs::write(&scenario, listen("smtp", "smtp") + &listen("smtps", "smtp") + &listen("imap", "imap")).expect("a scenario");
    command.args([
        "serve",
        "--bind",
        "0.0.0.0",
        "--announce",
        "mail.test,other.test",
        "--exit-after",
        "connections=2",
        "--ready-file",
    ]);
    let mut child = command.arg(&file).arg(&scenario).stderr(std::process::Stdio::null()).spawn().expect("the server starts");
    let ready = harness::wait_for_ready(&file, &mut child, std::path::Path::new("/dev/null"));
    let port =
        |name: &str| ready[name].as_str().and_then(|address| address.strip_prefix("mail.test:")).expect("the name").to_owned();
    let mut octet = [0];
    TcpStream::connect(format!("127.0.0.2:{}", port("smtp")))
        .expect("all of loopback")
        .read_exact(&mut octet)
        .expect("a greeting");
    let mut curl = Command::new("curl");
    curl.args([
        "-sS",
        "--max-time",
        "20",
        "--cacert",
        ready["ca_file"].as_str().expect("a file"),
        "--mail-from",
        "a@b.test",
        "--mail-rcpt",
    ]);
    let resolve = format!("other.test:{}:127.0.0.1", port("smtps"));
    curl.args(["c@d.test", "-T", "Cargo.toml", "--resolve", &resolve, &format!("smtps://other.test:{}", port("smtps"))]);
    if harness::is_installed("curl", harness::starts("curl", "--version")) {
        let sent = harness::run(&mut curl);
        assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    } else {
        child.kill().expect("the server is ended");
    }
    child.wait().expect("it has ended");
}

#[test]
fn a_wrong_variable_is_named_with_what_it_may_be() {
    for (variable, value, allowed) in [
        ("MAILFAULT_BIND", "everywhere", "invalid IP address"),
        ("MAILFAULT_SEED", "x", "invalid digit"),
        ("MAILFAULT_LISTEN", "smtp", "wanted is NAME=ADDR:PORT"),
        ("MAILFAULT_TIME_SCALE", "0", "a number above 0"),
        ("MAILFAULT_QUIET", "perhaps", "wanted is `true`, `yes`, `on` or `1`"),
        ("MAILFAULT_COLOUR", "blue", "auto, always, never"),
        ("MAILFAULT_EXIT_AFTER", "soon", "wanted is `connections=N`, `messages=N` or `time=30s`"),
        ("MAILFAULT_LOG", "mailfault=loud", "wanted is `error`, `warn`, `info`, `debug` or `trace`"),
        ("MAILFAULT_SCENARIO", "smtp/reset-mid-greetin", "did you mean `smtp/reset-mid-greeting`?"),
    ] {
        let ran = harness::run(mailfault().arg("serve").env(variable, value));
        assert_eq!(ran.code, Some(2), "{variable}: {}", ran.stderr);
        assert!(ran.stderr.contains(allowed) && ran.stderr.contains(&format!("`{variable}")), "{variable}: {}", ran.stderr);
    }
    // Kubernetes makes such variables for a service of this name.
    let service = [("MAILFAULT_PORT", "tcp://10.0.0.1:3025"), ("MAILFAULT_SERVICE_HOST", "10.0.0.1"), ("MAILFAULT_HOST", "x")];
    let ran = harness::run(mailfault().args(["run", "healthy", "--", "true"]).envs(service));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_at_the_start() {
    for (variable, value) in [
        ("MAILFAULT_JOURNAL", "/proc/x/j"),
        ("MAILFAULT_READY_FILE", "/proc/x/r"),
        ("MAILFAULT_JUNIT", "/proc/x/u"),
        ("MAILFAULT_TRANSCRIPT_FILE", "/proc/x/t"),
        ("MAILFAULT_KEY_LOG", "/proc/x/k"),
        ("MAILFAULT_TLS_DIR", "/proc/x"),
        ("TMPDIR", "/proc/x"),
    ] {
        let scenario = ["serve", "--listen", "smtp=127.0.0.1:0", "--exit-after", "time=5s"];
        let ran = harness::run(mailfault().args(scenario).env(variable, value));
        assert_eq!(ran.code, Some(5), "{variable}: {}", ran.stderr);
        assert!(ran.stderr.contains(value), "{variable}: {}", ran.stderr);
    }
}

#[test]
fn two_servers_never_write_one_journal() {
    let server = Server::start("healthy");
    server.spend_connection(&server.listener("smtp"));
    let journal = server.ready_file().with_file_name("journal.jsonl");
    let before = std::fs::read(&journal).expect("the journal");
    let second = ["serve", "--listen", "smtp=127.0.0.1:0", "--exit-after", "time=5s"];
    for variable in ["MAILFAULT_JOURNAL", "MAILFAULT_TRANSCRIPT_FILE"] {
        let ran = harness::run(mailfault().args(second).env(variable, &journal));
        assert_eq!(ran.code, Some(5), "{}", ran.stderr);
        assert!(ran.stderr.contains("another server writes it now"), "{}", ran.stderr);
    }
    assert!(std::fs::read(&journal).expect("the journal").starts_with(&before), "it is as it was");
    let left = server.stop();
    assert!(left.journal.last().is_some_and(|event| event["event"] == "stop"), "and has its end");
}
