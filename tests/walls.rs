//! The walls of the house: what must not know what.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the ground up: each knows only those before it.
const ROOMS: [&str; 10] = ["mail", "proto", "certs", "fault", "scenario", "journal", "verdict", "net", "selftest", "cli"];
/// Rooms without sockets and clocks of their own.
const WITHOUT_TOKIO: [&str; 6] = ["mail", "proto", "certs", "fault", "scenario", "verdict"];

#[test]
fn each_room_knows_only_those_below_it() {
    let mut broken = Vec::new();
    for (floor, room) in ROOMS.iter().enumerate() {
        let mut forbidden: Vec<String> =
            ROOMS[floor + 1..].iter().flat_map(|above| [format!("crate::{above}::"), format!("mailfault::{above}::")]).collect();
        if WITHOUT_TOKIO.contains(room) {
            forbidden.push("tokio::".to_owned());
        }
        let files = rust_files(&source().join(room));
        assert!(!files.is_empty(), "no files in {room}: the test has lost its way");
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            for (line, code) in text.lines().enumerate().filter(|(_, code)| !code.trim_start().starts_with("//")) {
                let named = forbidden.iter().filter(|path| code.contains(path.as_str()));
                broken.extend(named.map(|path| format!("{}:{} names {path}", file.display(), line + 1)));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
