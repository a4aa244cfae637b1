//! The scenarios that come with the program: the folder `scenarios/`, embedded.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

use super::problem::{Source, nearest};
use crate::fault::Glob;

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// (name, text), in the order of names.
static ALL: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    collect(&FOLDER, &mut all);
    all.sort();
    all
});

fn collect(folder: &'static Dir<'static>, all: &mut Vec<(String, &'static str)>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let (Some(name), Some(text)) = (path.strip_suffix(".toml"), file.contents_utf8()) {
            all.push((name.to_owned(), text));
        }
    }
    for inner in folder.dirs() {
        collect(inner, all);
    }
}

/// Every name, such as `smtp/reset-mid-greeting`, in the order of the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| name.as_str())
}

/// The text of one, to be loaded or shown.
pub fn get(name: &str) -> Option<Source> {
    let at = ALL.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
    ALL.get(at).map(|(name, text)| Source::new(name.as_str(), *text))
}

/// The names that fit a pattern such as `smtp/*`, in the order of the alphabet.
pub fn matching(pattern: &str) -> Vec<&'static str> {
    let glob = Glob::new(pattern);
    names().filter(|name| glob.matches(name)).collect()
}

/// Whether this is a folder of scenarios, such as `smtp` or `smtp/`.
pub fn is_group(name: &str) -> bool {
    FOLDER.get_dir(name.trim_end_matches('/')).is_some()
}

/// The name that somebody may have meant: nearly the same, or the same without its group.
pub fn alike(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix(".toml").unwrap_or(name);
    let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    nearest(name, names()).or_else(|| {
        let near = nearest(name, names().map(last))?;
        names().find(|full| last(full) == near)
    })
}
