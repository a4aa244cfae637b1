//! The built-in scenarios as files: each is listed, checked, printed as it stands, and has what every scenario needs.

mod documents;
mod seen;
mod table;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use crate::harness::{self, Server, built_in_names, built_in_text, mailfault};

const README: &str = include_str!("../../README.md");

#[test]
fn the_scenarios_of_the_readme_pass_their_check() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let blocks: Vec<&str> = README.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    for (number, block) in blocks.iter().enumerate() {
        let path = directory.path().join(format!("{number}.toml"));
        std::fs::write(&path, block).expect("a file");
        let ran = harness::run(mailfault().arg("check").arg(&path));
        assert_eq!(ran.code, Some(0), "{block}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// Each name in backquotes: the reader looks for what the server says.
#[test]
fn the_readme_names_every_extension_that_is_offered() {
    let server = Server::start("imap/greeting-preauth");
    let mut greeting = String::new();
    BufReader::new(TcpStream::connect(&server.imap).expect("a connection")).read_line(&mut greeting).expect("a greeting");
    let offered: Vec<&str> = greeting
        .split(['[', ']'])
        .nth(1)
        .unwrap_or_default()
        .split(' ')
        .skip(1)
        .map(|name| name.split('=').next().unwrap_or(name))
        .collect();
    assert!(offered.len() > 20, "{greeting}");
    for name in offered.iter().filter(|name| !name.starts_with("IMAP4rev")) {
        assert!(README.contains(&format!("`{name}`")) || README.contains(&format!("`{name}=")), "{name}");
    }
}

#[test]
fn every_built_in_scenario_passes_its_check() {
    let ran = harness::run(mailfault().arg("check").args(built_in_names()));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn every_built_in_scenario_is_listed_and_shown_to_the_letter() {
    let listed = harness::run(mailfault().arg("list"));
    for name in built_in_names() {
        assert!(listed.stdout.lines().any(|line| line.split_whitespace().next() == Some(&name)), "{name} in\n{}", listed.stdout);
    }
    let name = "smtp/reset-mid-greeting";
    assert_eq!(harness::run(mailfault().args(["show", name])).stdout, built_in_text(name));
}

#[test]
fn the_list_shows_sources_and_finds_by_them() {
    let list = |pattern: &str| harness::run(mailfault().args(["list", pattern]));
    let by_source = |id: &str| -> BTreeSet<String> {
        built_in_names().into_iter().filter(|name| sources(name).iter().any(|source| source == id)).collect()
    };
    for id in ["SMTP0002", "IMAP-GREET-RST", "nostarttls.secvuln.info"] {
        let listed = list(&id.to_lowercase()).stdout;
        let names: BTreeSet<String> =
            listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
        assert_eq!(names, by_source(id), "{id}");
        assert!(!names.is_empty() && listed.lines().all(|line| line.ends_with(']') && line.contains(id)), "{listed}");
    }
    // A number is not the beginning of another one, and sections belong to their RFC.
    let listed = list("RFC 3501").stdout;
    assert!(listed.contains("RFC 3501 section 7.1") && listed.lines().all(|line| line.contains("RFC 3501")), "{listed}");
    assert!(list("smtp").stdout.lines().all(|line| line.starts_with("smtp/")));
    let nothing = list("RFC 350");
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("the sources in brackets"), "{}", nothing.stderr);
}

#[test]
fn every_built_in_scenario_says_what_happens_and_where_it_stems_from() {
    for name in built_in_names() {
        let table: toml::Table = built_in_text(&name).parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default();
        assert!(!text("title").is_empty() && !text("title").contains('\n') && text("title").len() <= 80, "{name}: title");
        assert!(text("about").ends_with('.'), "{name}: about");
        assert!(table.get("source").and_then(toml::Value::as_array).is_some_and(|source| !source.is_empty()), "{name}: source");
        for fault in table.get("fault").and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(fault.get("name").is_some(), "{name}: a fault without a name");
        }
    }
}

/// The scenarios of the table `scenarios/README.md`: what a real client makes of each is written down.
pub fn proven() -> BTreeSet<String> {
    let seen: BTreeSet<&str> =
        seen::GROUPS.iter().flat_map(|group| group.rows).flat_map(|(_, scenarios)| *scenarios).map(|(name, _)| *name).collect();
    let documented = |name: &String| sources(name).iter().any(|source| documents::is_id(source));
    built_in_names().into_iter().filter(|name| seen.contains(name.as_str()) || documented(name)).collect()
}

/// The `source` of a scenario.
fn sources(name: &str) -> Vec<String> {
    let table: toml::Table = built_in_text(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"));
    let sources = table.get("source").and_then(toml::Value::as_array).into_iter().flatten();
    sources.filter_map(|source| source.as_str().map(str::to_owned)).collect()
}
