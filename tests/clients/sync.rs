//! mbsync and interimap: programs that keep mailboxes the same in two places, and that stop at the first response which is not as they know it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::faults::wire::{Client, assert_ok};
use crate::harness::{self, Server};

#[test]
fn mbsync_keeps_a_maildir_and_the_mailbox_the_same() {
    if !harness::is_installed("mbsync (isync)", harness::starts("mbsync", "--version")) {
        return;
    }
    let server = Server::start("healthy");
    let folder = tempfile::tempdir().expect("a temporary directory");
    let near = folder.path().join("near");
    fs::create_dir(&near).expect("a directory");
    let settings = folder.path().join("mbsyncrc");
    fs::write(&settings, mbsyncrc(&server, &near)).expect("settings");
    let sync = || {
        let ran = harness::run(Command::new("mbsync").arg("--config").arg(&settings).arg("--all"));
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        // It warns of what it does not expect, and goes on.
        let warned = |line: &str| {
            !line.is_empty() && !line.contains("Password is being sent in the clear") && !line.starts_with("Maildir notice")
        };
        assert!(!ran.stderr.lines().any(warned), "{}", ran.stderr);
    };
    let mut far = Client::login(&server.imap, "ann");
    append(&mut far, "INBOX", "(\\Seen \\Flagged)", "Subject: one\r\n\r\nfar\r\n");
    append(&mut far, "INBOX", "()", "Subject: two\r\n\r\nfar\r\n");
    assert_ok(&far.imap("CREATE \"Entw&APw-rfe/2026\""));
    append(&mut far, "\"Entw&APw-rfe/2026\"", "(\\Draft)", "Subject: three\r\n\r\nfar\r\n");
    sync();
    let inbox = near.join("INBOX");
    assert_eq!(messages(&inbox), [("FS".to_owned(), "one".to_owned()), (String::new(), "two".to_owned())]);
    assert_eq!(messages(&near.join("Entw&APw-rfe/2026")), [("D".to_owned(), "three".to_owned())]);
    // Now both sides change.
    fs::write(inbox.join("new/written-here"), "Subject: four\n\nnear\n").expect("a message");
    let one = path_of(&inbox, "one");
    let renamed = one.to_string_lossy().replace(":2,FS", ":2,RS");
    fs::rename(&one, renamed).expect("another name");
    assert_ok(&far.imap("SELECT INBOX"));
    assert_ok(&far.imap("STORE 2 +FLAGS (\\Deleted)"));
    assert_ok(&far.imap("EXPUNGE"));
    sync();
    assert_eq!(messages(&inbox), [(String::new(), "four".to_owned()), ("RS".to_owned(), "one".to_owned())]);
    assert_ok(&far.imap("NOOP"));
    let told = far.imap("FETCH 1:* (FLAGS BODY.PEEK[TEXT])").join("\n");
    assert!(told.contains("* 1 FETCH (FLAGS (\\Answered \\Seen"), "{told}");
    assert!(told.contains("\nnear\n") && told.contains("* 2 FETCH "), "{told}");
    // Nothing is left to do.
    sync();
    assert_eq!(messages(&inbox).len(), 2);
    assert_nothing_odd(server);
}

#[test]
fn interimap_keeps_two_servers_the_same_by_qresync() {
    if !harness::is_installed("interimap", harness::starts("interimap", "--help")) {
        return;
    }
    let (local, remote) = (Server::start("healthy"), Server::start("healthy"));
    let folder = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("a private directory");
    let settings = folder.path().join("config");
    fs::write(&settings, interimaprc(&local, &remote, folder.path())).expect("settings");
    let sync = || {
        let mut interimap = Command::new("interimap");
        interimap.arg("--config").arg(&settings).env("XDG_DATA_HOME", folder.path()).env("HOME", folder.path());
        let ran = harness::run(&mut interimap);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("WARNING") && !ran.stderr.contains("ERROR"), "{}", ran.stderr);
    };
    let (mut here, mut there) = (Client::login(&local.imap, "ann"), Client::login(&remote.imap, "ann"));
    for side in [&mut here, &mut there] {
        // It has to find the INBOX on both sides.
        assert_ok(&side.imap("SUBSCRIBE INBOX"));
    }
    append(&mut there, "INBOX", "(\\Seen)", "Subject: one\r\n\r\nthere\r\n");
    append(&mut there, "INBOX", "()", "Subject: two\r\n\r\nthere\r\n");
    append(&mut here, "INBOX", "(\\Flagged)", "Subject: three\r\n\r\nhere\r\n");
    assert_ok(&there.imap("CREATE news"));
    append(&mut there, "news", "()", "Subject: four\r\n\r\nthere\r\n");
    sync();
    assert_eq!(told(&mut here), told(&mut there));
    assert_eq!(told(&mut here), ["() two", "(\\Flagged) three", "(\\Seen) one"]);
    // The first time it saw no mod-sequences of what it wrote itself.
    sync();
    // Flags on one side, an expunged message on the other: QRESYNC tells both.
    assert_ok(&there.imap("UID STORE 1 +FLAGS (\\Answered)"));
    assert_ok(&here.imap("UID SEARCH SUBJECT two"));
    assert_ok(&here.imap("STORE 3 +FLAGS (\\Deleted)"));
    assert_ok(&here.imap("EXPUNGE"));
    append(&mut here, "INBOX", "()", "Subject: five\r\n\r\nhere\r\n");
    sync();
    assert_eq!(told(&mut here), told(&mut there));
    assert_eq!(told(&mut there), ["() five", "(\\Answered \\Seen) one", "(\\Flagged) three"]);
    assert_eq!(here.imap("STATUS news (MESSAGES)")[0], "* STATUS news (MESSAGES 1)");
    assert_nothing_odd(local);
    assert_nothing_odd(remote);
}

fn mbsyncrc(server: &Server, near: &Path) -> String {
    let (host, port) = server.imap.rsplit_once(':').expect("an address");
    let near = near.display();
    format!(
        "IMAPAccount far\nHost {host}\nPort {port}\nUser ann\nPass secret\nSSLType None\nAuthMechs LOGIN\nTimeout 10\n\n\
         IMAPStore far\nAccount far\n\nMaildirStore near\nPath {near}/\nInbox {near}/INBOX\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nRemove Both\nExpunge Both\nCopyArrivalDate yes\nSyncState *\n"
    )
}

fn interimaprc(local: &Server, remote: &Server, folder: &Path) -> String {
    let side = |server: &Server| {
        let (host, port) = server.imap.rsplit_once(':').expect("an address");
        format!("type = imap\nhost = {host}\nport = {port}\nusername = ann\npassword = secret\nSTARTTLS = NO\n")
    };
    let database = folder.join("database");
    format!("database = {}\n\n[local]\n{}\n[remote]\n{}", database.display(), side(local), side(remote))
}

fn append(client: &mut Client, mailbox: &str, flags: &str, message: &str) {
    client.write(format!("a APPEND {mailbox} {flags} {{{}+}}\r\n{message}\r\n", message.len()));
    assert_ok(&client.until("a "));
}

/// Flags and subjects of the INBOX, in the order of the text.
fn told(client: &mut Client) -> Vec<String> {
    assert_ok(&client.imap("EXAMINE INBOX"));
    let lines = client.imap("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        if let Some((_, rest)) = line.split_once("(FLAGS (") {
            let flags: Vec<&str> =
                rest.split(')').next().unwrap_or_default().split(' ').filter(|flag| *flag != "\\Recent").collect();
            told.push(format!("({})", flags.join(" ")));
        }
        if let (Some(subject), Some(last)) = (line.strip_prefix("Subject: "), told.last_mut()) {
            last.push_str(&format!(" {subject}"));
        }
    }
    assert_ok(&client.imap("SELECT INBOX"));
    told.sort();
    told
}

/// Flags and subjects of a maildir, by subject.
fn messages(maildir: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = files(maildir)
        .map(|path| {
            let flags = path.to_string_lossy().rsplit_once(":2,").map(|(_, flags)| flags.to_owned());
            (flags.unwrap_or_default(), subject(&path))
        })
        .collect();
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

fn path_of(maildir: &Path, wanted: &str) -> std::path::PathBuf {
    files(maildir).find(|path| subject(path) == wanted).unwrap_or_else(|| panic!("no {wanted} in {}", maildir.display()))
}

fn files(maildir: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = |name| fs::read_dir(maildir.join(name)).unwrap_or_else(|error| panic!("{}: {error}", maildir.display()));
    entries("new").chain(entries("cur")).map(|entry| entry.expect("an entry").path())
}

fn subject(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a message");
    text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().trim_end().to_owned()
}

fn assert_nothing_odd(server: Server) {
    let stopped = server.stop_with_code(0);
    let odd: Vec<_> = stopped.journal.iter().filter(|event| event["event"] == "oddity" || event["event"] == "limit").collect();
    assert!(odd.is_empty(), "{odd:?}");
}
