//! What JavaMail reports of every scenario that stands for a failure in the documents, compared with `expected/`, a file for each scenario.
//!
//! A file has the words for the probe, and then for each verb what it said, or its exception with all causes: the text, and JavaMail's own frames with their lines.
//! Frames of Java itself are `...`, since they differ from one Java to the next; ports and dates are masked. `MAILFAULT_BLESS=1 cargo test javamail_reports` writes the files anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::driver::Driver;
use super::plans::{Plan, plan};
use super::{Thrown, Tried, is_installed};
use crate::harness::{self, Scenario, Server, built_in_text};
use crate::scenarios::proven;

const JAVAMAIL: &str = "1.6.5";
const JAVA: u64 = 17;
/// Most of them wait most of the time.
const AT_ONCE: usize = 12;

#[test]
fn javamail_reports_of_every_documented_failure_what_is_written_down() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tls = folder.path().display().to_string();
    let server = Server::start_with("healthy", &["--tls-dir", &tls]);
    let driver = Driver::start(Path::new(server.ready("truststore")), server.ready("truststore_password"));
    drop(server);
    if !harness::is_installed(&format!("JavaMail {JAVAMAIL} (this is {})", driver.javamail), driver.javamail == JAVAMAIL) {
        return;
    }
    let names: Vec<String> = proven().into_iter().collect();
    let differences = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| report(&driver, name, &tls)));
                    let difference = found.map_or_else(|_| Some(format!("{name}: see above")), |found| compare(name, &found));
                    if let Some(difference) = difference {
                        differences.lock().expect("the list").push(difference);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().expect("the list");
    let java = driver.java;
    let note = if java == JAVA {
        String::new()
    } else {
        format!("(the files were written with Java {JAVA}, and this is Java {java})\n")
    };
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{note}{}\nIf JavaMail is right: MAILFAULT_BLESS=1 cargo test javamail_reports",
        differences.len(),
        names.len(),
        differences.join("\n")
    );
}

/// A file that no scenario has is a leftover of a name that was changed.
#[test]
fn every_report_of_javamail_has_its_scenario() {
    let written: BTreeSet<String> = files(&folder()).iter().map(|path| name(path)).collect();
    let proven = proven();
    assert!(!written.is_empty());
    assert_eq!(
        written.difference(&proven).collect::<Vec<_>>(),
        [""; 0],
        "no scenario, or none that stands for a documented failure"
    );
    assert_eq!(
        proven.difference(&written).collect::<Vec<_>>(),
        [""; 0],
        "not written down: MAILFAULT_BLESS=1 cargo test javamail_reports"
    );
}

/// The traces of the documents, frame for frame.
#[test]
fn the_traces_of_the_documents_are_among_the_reports() {
    const SMTP0002: &str = "  javax.mail.MessagingException: Exception reading response
      at com.sun.mail.smtp.SMTPTransport.readServerResponse(2476)
      at com.sun.mail.smtp.SMTPTransport.openServer(2172)
      at com.sun.mail.smtp.SMTPTransport.protocolConnect(722)
      at javax.mail.Service.connect(342)
      at javax.mail.Service.connect(222)
  caused by java.net.SocketException: Connection reset
      ...
      at com.sun.mail.util.TraceInputStream.read(102)
      ...
      at com.sun.mail.util.LineInputStream.readLine(100)
      at com.sun.mail.smtp.SMTPTransport.readServerResponse(2456)
";
    const LISTENER: &str = "  javax.mail.MessagingException: Connection reset
      at com.sun.mail.imap.IMAPStore.protocolConnect(718)
      at javax.mail.Service.connect(342)
";
    let traces = [
        ("smtp/reset-mid-greeting", SMTP0002),
        ("smtp/reset-before-greeting", SMTP0002),
        ("smtp/reset-mid-multiline-greeting", SMTP0002),
        ("imap/reset-before-greeting", LISTENER),
        ("imap/reset-mid-greeting", LISTENER),
    ];
    for (name, trace) in traces {
        let written = fs::read_to_string(path(name)).unwrap_or_default();
        assert!(written.contains(trace), "{name}:\n{trace}in\n{written}");
    }
}

/// What JavaMail reported, as it is written down.
fn report(driver: &Driver, name: &str, tls: &str) -> String {
    let Plan { words, scale, late, always } = plan(name);
    let text = built_in_text(name);
    let text = if always { text.replace("connections = \"1\"\n", "") } else { text };
    let text = if late { text.replace("\"reset\"", "{ reset = \"1s\" }") } else { text };
    let server = Server::start_with(Scenario::Text(text), &["--seed", "1", "--tls-dir", tls, "--time-scale", scale]);
    let mut all = vec![format!("user={}", server.user), format!("password={}", server.password)];
    all.push(format!("journal={}", server.journal_file().display()));
    all.extend(words.iter().map(|word| addressed(word, &server)));
    let mut report =
        format!("JavaMail {JAVAMAIL} (Debian's libmail-java) on Java {JAVA}\nscenario {name}, --seed 1 --time-scale {scale}");
    let how = if late { ", resets after 1s" } else { "" };
    let how = if always { ", on every connection" } else { how };
    let _ = writeln!(report, "{how}\nprobe {}\n", together(&words));
    let tried = driver.run(name, &all);
    for alike in tried.chunk_by(|one, other| one == other) {
        let [(verb, tried), ..] = alike else { continue };
        let _ = match alike.len() {
            1 => writeln!(report, "{verb}"),
            count => writeln!(report, "{count}*{verb}"),
        };
        match tried {
            Tried::Said(said) => {
                let _ = writeln!(report, "  {}", said.replace('\n', "\\n"));
            }
            Tried::Threw(chain) => {
                for (number, thrown) in chain.iter().enumerate() {
                    let _ =
                        writeln!(report, "  {}{}", if number == 0 { "" } else { "caused by " }, masked(&thrown.text, &server));
                    report.push_str(&frames(thrown));
                }
            }
        }
    }
    assert_ne!(server.stop().code, Some(3), "{name}: a fault never fired");
    report
}

/// `smtp-send smtp-send` is `2*smtp-send`.
fn together(words: &[String]) -> String {
    let mut told = Vec::new();
    for alike in words.chunk_by(|one, other| one == other) {
        let [word, ..] = alike else { continue };
        told.push(if alike.len() == 1 { word.clone() } else { format!("{}*{word}", alike.len()) });
    }
    told.join(" ")
}

/// `smtp=@smtps` is the address of that listener; `localhost` is the name in the certificate.
fn addressed(word: &str, server: &Server) -> String {
    match word.split_once("=@") {
        Some((key, listener)) => {
            let address = server.listener(listener);
            match (address.strip_prefix("127.0.0.1:"), listener.len()) {
                (Some(port), 5) => format!("{key}=localhost:{port}"),
                _ => format!("{key}={address}"),
            }
        }
        None => word.to_owned(),
    }
}

/// JavaMail's own frames; what lies between them is Java's, what lies below them the probe's.
fn frames(thrown: &Thrown) -> String {
    let mut told = String::new();
    let own = thrown.frames.iter().zip(&thrown.lines).take_while(|(frame, _)| !frame.starts_with("Probe."));
    for (frame, line) in own {
        // Where in a message a write fails is the kernel's business.
        let within = ["CRLFOutputStream.", "SMTPOutputStream."].iter().any(|class| frame.contains(class));
        if !within && (frame.starts_with("com.sun.mail.") || frame.starts_with("javax.mail.")) {
            let _ = writeln!(told, "      at {frame}({line})");
        } else if !told.ends_with("...\n") {
            told.push_str("      ...\n");
        }
    }
    told
}

fn masked(text: &str, server: &Server) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut masked = String::new();
    for (number, word) in words.iter().enumerate() {
        let next = words.get(number + 1).copied().unwrap_or_default();
        // JavaMail counts the tags of all its connections on.
        let tag = ["OK", "NO", "BAD"].contains(&next)
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.ends_with(|c: char| c.is_ascii_digit());
        masked = masked + if number == 0 { "" } else { " " } + if tag { "TAG" } else { word };
    }
    masked = masked.replace('\n', "\\n").replace('\r', "\\r");
    for port in server.ports() {
        masked = masked.replace(&port, "PORT");
    }
    for key in ["NotAfter: ", "NotBefore: "] {
        if let Some((before, _)) = masked.split_once(key) {
            masked = format!("{before}{key}DATE");
        }
    }
    masked
        .chars()
        .map(|c| if c.is_control() || !c.is_ascii() { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// How it differs from what is written down, if it does. Writes it down if that is wanted.
fn compare(name: &str, found: &str) -> Option<String> {
    let path = path(name);
    let written = fs::read_to_string(&path).unwrap_or_default();
    if written == found {
        return None;
    }
    if harness::is_blessed() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(&path, found).expect("the file is written");
        return None;
    }
    let mut difference = format!("{name}: line ");
    let same = written.lines().zip(found.lines()).take_while(|(written, found)| written == found).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(nothing)").to_owned();
    let _ = write!(difference, "{}\n  written: {}\n  found:   {}", same + 1, line(&written), line(found));
    Some(difference)
}

/// The file in which the report of a scenario is written down.
pub fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.txt"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/javamail/expected")
}

fn name(path: &Path) -> String {
    path.strip_prefix(folder()).expect("below the folder").with_extension("").to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
