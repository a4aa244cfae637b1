//! The walls of the house: what must not know what.

use std::fs;
use std::path::{Path, PathBuf};

/// (folders under `src`, what their files never name).
const WALLS: [(&[&str], &[&str]); 2] = [
    (&["proto", "mail", "fault", "scenario", "verdict"], &["crate::net", "crate::cli", "tokio::"]),
    (&["proto", "mail"], &["crate::fault", "crate::scenario", "crate::verdict", "crate::journal"]),
];

#[test]
fn rooms_without_sockets_stay_without() {
    let mut broken = Vec::new();
    for (rooms, forbidden) in WALLS {
        for room in rooms {
            let files = rust_files(&source().join(room));
            assert!(!files.is_empty(), "no files in {room}: the test has lost its way");
            for file in files {
                let text = fs::read_to_string(&file).expect("a source file");
                for (line, code) in text.lines().enumerate().filter(|(_, code)| !code.trim_start().starts_with("//")) {
                    let names = |path: &str| code.contains(path) || code.contains(&path.replacen("crate::", "mailfault::", 1));
                    broken.extend(
                        forbidden
                            .iter()
                            .filter(|path| names(path))
                            .map(|path| format!("{}:{} names {path}", file.display(), line + 1)),
                    );
                }
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
