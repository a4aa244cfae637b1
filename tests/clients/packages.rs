//! Clients that npm and pip install below `target/`, at the versions that files beside the tests pin.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::harness;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// The folder to name in `NODE_PATH`, if the packages for Node can be had.
pub fn for_node() -> Option<&'static Path> {
    static PACKAGES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let place = PACKAGES.get_or_init(|| {
        if !harness::starts("node", "--version") || !harness::starts("npm", "--version") {
            return None;
        }
        let place = install("node", &["package.json", "package-lock.json"], |fresh| {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1", "--prefix"]);
            npm.arg(fresh);
            npm
        });
        place.map(|place| place.join("node_modules"))
    });
    place.as_deref()
}

/// The folder to name in `PYTHONPATH`, if the packages for Python can be had.
pub fn for_python() -> Option<&'static Path> {
    static PACKAGES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let place = PACKAGES.get_or_init(|| {
        if !harness::starts("python3", "--version") {
            return None;
        }
        install("python", &["requirements.txt"], |fresh| {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
            pip.args(["--require-hashes", "--requirement", "requirements.txt", "--target"]).arg(fresh);
            pip
        })
    });
    place.as_deref()
}

/// Installs the packages of a folder beside this file, once for each state of the files that name them. Two test runs at a time do not meet, since the
/// packages are renamed into place when they are whole. Nothing is installed into the source tree.
fn install(folder: &str, files: &[&str], command: impl Fn(&Path) -> Command) -> Option<PathBuf> {
    let source = Path::new(TESTS).join(folder);
    let read = |name: &&str| fs::read(source.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let texts: Vec<Vec<u8>> = files.iter().map(read).collect();
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{folder}-{:016x}", hasher.finish()));
    if !place.exists() {
        let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        for (name, text) in files.iter().zip(texts) {
            fs::write(fresh.path().join(name), text).expect("a copy");
        }
        let ran = harness::run(command(fresh.path()).current_dir(fresh.path()));
        if ran.code != Some(0) {
            let _ = writeln!(io::stderr(), "packages of {folder}: {}{}", ran.stdout, ran.stderr);
            return None;
        }
        if fs::rename(fresh.path(), &place).is_err() {
            assert!(place.exists(), "{} cannot be made", place.display());
        }
    }
    Some(place)
}
