//! The end of the process, and its beginning where it cannot begin.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::wire::{Client, events, send_mail};
use crate::harness::{self, Scenario, Server, mailfault};

fn stall() -> Scenario {
    Scenario::Text("[[fault]]\nname = \"hang\"\nat = \"NOOP\"\ndo = \"stall\"\n[[mail]]\nsize = \"8 MiB\"\n".to_owned())
}

#[test]
fn a_signal_ends_it_within_a_second_whatever_is_open() {
    for signal in ["INT", "TERM", "HUP"] {
        let server = Server::start(stall());
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(Client::ehlo(&server.smtp, "idle"));
            let mut stalled = Client::ehlo(&server.smtp, "stalled");
            stalled.say("NOOP");
            open.push(stalled);
        }
        let mut deaf = Client::selected(&server.imap, "deaf");
        deaf.say("a FETCH 1 BODY[]");
        let mut idle = Client::selected(&server.imap, "idle");
        idle.say("a IDLE");
        assert_eq!(idle.line(), "+ idling");
        server.await_events("fault", 20);
        let start = Instant::now();
        let stopped = server.stop_by(signal);
        assert!(start.elapsed() < Duration::from_secs(1), "{signal}: {:?}", start.elapsed());
        assert_eq!(stopped.code, Some(0), "{}", stopped.output);
        let last = stopped.journal.last().expect("events");
        assert_eq!((&last["event"], &last["why"]), (&"stop".into(), &format!("SIG{signal}").into()));
        assert_eq!(events(&stopped.journal, "end").count(), 42, "each connection has its end");
        assert!(stopped.output.contains("nothing was expected, the fault fired"), "a verdict in\n{}", stopped.output);
    }
}

#[test]
fn what_clients_said_before_the_signal_is_obeyed() {
    // A command of `run` that sends its mail and exits at once: the server learns of both at the same time.
    let server = Server::start(Scenario::Text(String::new()));
    let mut client = Client::ehlo(&server.smtp, "a");
    server.signal("STOP");
    let mail = "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@mailfault.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n";
    client.write(mail);
    drop(client);
    let mut fresh = Client::connect(&server.smtp);
    fresh.write(format!("EHLO b\r\n{mail}"));
    drop(fresh);
    server.signal("TERM");
    let stopped = server.stop_by("CONT");
    assert_eq!(events(&stopped.journal, "message").filter(|message| message["stored"] == true).count(), 2, "{}", stopped.output);
    assert_eq!(events(&stopped.journal, "goodbye").count(), 2, "both said QUIT: {}", stopped.output);
}

#[test]
fn exit_after_has_three_forms() {
    let mail = |server: &Server| {
        let mut client = Client::ehlo(&server.smtp, "a");
        assert!(send_mail(&mut client, "a@b.test", "c@mailfault.test").starts_with("250 "));
        client
    };
    let healthy = || Scenario::Text(String::new());

    let server = Server::start_with(healthy(), &["--exit-after", "connections=2"]);
    drop((mail(&server), Client::greeted(&server.imap)));
    let stopped = server.wait();
    assert_eq!((stopped.code, events(&stopped.journal, "end").count()), (Some(0), 2), "{}", stopped.output);

    let server = Server::start_with(healthy(), &["--exit-after", "messages=2"]);
    let mut open = [mail(&server), mail(&server)];
    let stopped = server.wait();
    assert_eq!((stopped.code, events(&stopped.journal, "message").count()), (Some(0), 2), "{}", stopped.output);
    assert!(open[1].rest().0.is_empty(), "the reply to the last message was written before");

    let start = Instant::now();
    let server = Server::start_with(healthy(), &["--exit-after", "time=300ms"]);
    let open = Client::greeted(&server.smtp);
    let stopped = server.wait();
    drop(open);
    assert_eq!(stopped.code, Some(0), "{}", stopped.output);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(stopped.journal.last().expect("events")["why"], "--exit-after");
}

#[test]
fn what_it_cannot_have_ends_it_with_five_and_a_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().display().to_string();
    let listen = format!("imap={address}");
    let cases: [(&[&str], &str); 4] = [
        (&["--listen", &listen], &address),
        (&["--listen", "imap=127.0.0.1:0", "--journal", &folder], &folder),
        (&["--listen", "imap=127.0.0.1:0", "--ready-file", "/nonexistent/ready.json"], "/nonexistent/ready.json"),
        (&["--listen", "imap=127.0.0.1:0", "--journal", "/nonexistent/journal.jsonl"], "/nonexistent/journal.jsonl"),
    ];
    for (options, named) in cases {
        let ran =
            harness::run(mailfault().args(["serve", "--listen", "smtp=127.0.0.1:0", "--exit-after", "time=10s"]).args(options));
        assert_eq!(ran.code, Some(5), "{options:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(named), "{options:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[test]
fn a_journal_on_a_full_disk_does_not_stop_the_server() {
    if fs::metadata("/dev/full").is_err() {
        return;
    }
    let ready = tempfile::tempdir().expect("a directory");
    let ready = ready.path().join("ready.json");
    let ran = harness::run(
        mailfault()
            .args(["serve", "--listen", "smtp=127.0.0.1:0", "--listen", "imap=127.0.0.1:0", "--exit-after", "time=100ms"])
            .args(["--journal", "/dev/full", "--ready-file"])
            .arg(ready),
    );
    assert!(ran.stderr.contains("the journal `/dev/full` is incomplete"), "{}", ran.stderr);
}
