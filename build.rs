//! The built-in scenarios are embedded: every `.toml` below `scenarios/`, and nothing else that lies there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says where this is")).join("scenarios");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let name = |path: &PathBuf| {
        path.strip_prefix(&root).expect("below the root").with_extension("").to_string_lossy().replace('\\', "/")
    };
    files.sort_by_key(name);
    let mut code = "&[\n".to_owned();
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = name(path);
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo says where this may write"));
    fs::write(out.join("scenarios.rs"), code).expect("the list is written");
}

/// The scenarios of a folder and of those in it. A folder is watched for new files, the root is not: the table that lies there is no scenario.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
}
