//! The scenarios that come with the program: the folder `scenarios/`, embedded.

use super::problem::{Source, nearest};
use crate::fault::Glob;

/// (name, text), in the order of names; made by `build.rs`.
static ALL: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// What a scenario says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name, such as `smtp/reset-mid-greeting`.
    pub name: &'static str,
    /// What goes wrong, in a line.
    pub title: String,
    /// What happens, and what a good client does.
    pub about: String,
    /// Where it stems from, those of the scenarios that it uses first.
    pub source: Vec<String>,
}

/// Every name, such as `smtp/reset-mid-greeting`, in the order of the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// What a built-in scenario says of itself, without a look at the rest: reading all of every scenario takes long.
pub fn head(name: &str) -> Option<Head> {
    let &(name, text) = ALL.iter().find(|(other, _)| *other == name)?;
    // The keys of the file itself stand before its first table.
    let text = text.split("\n[").next().unwrap_or_default();
    let table: toml::Table = toml::from_str(text).ok()?;
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let list = |key: &str| table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str);
    let mut source: Vec<String> = Vec::new();
    let used = list("use").filter(|used| *used != name).filter_map(head).flat_map(|head| head.source);
    for each in used.chain(list("source").map(str::to_owned)) {
        if !source.contains(&each) {
            source.push(each);
        }
    }
    Some(Head { name, title: text("title"), about: text("about"), source })
}

/// The text of one, to be loaded or shown.
pub fn get(name: &str) -> Option<Source> {
    ALL.iter().find(|(other, _)| *other == name).map(|(name, text)| Source::new(*name, *text))
}

/// The names that fit a pattern such as `smtp/*`, in the order of the alphabet.
pub fn matching(pattern: &str) -> Vec<&'static str> {
    let glob = Glob::new(pattern);
    names().filter(|name| glob.matches(name)).collect()
}

/// Whether this is a folder of scenarios, such as `smtp` or `smtp/`.
pub fn is_group(name: &str) -> bool {
    let name = name.trim_end_matches('/');
    names().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
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
