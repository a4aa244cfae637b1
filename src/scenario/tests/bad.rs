//! Bad files, and what is said of them.

mod condition;
mod dialogue;
mod file;
mod server;
mod step;
mod words;

use crate::scenario::{Source, load};

fn complaint(text: &str) -> String {
    match load(&Source::new("test.toml", text), 1.0) {
        Ok(scenario) => panic!("no problem was found: {scenario:?}"),
        Err(problems) => problems.render(false),
    }
}

/// Files, and all that is said of each.
pub(super) fn cases() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [condition::CASES, dialogue::CASES, file::CASES, server::CASES, step::CASES, words::CASES].into_iter().flatten()
}

#[test]
fn every_mistake_is_shown_with_its_place_and_what_to_do() {
    for (text, said) in cases() {
        assert_eq!(complaint(text), said.trim_start_matches('\n'), "{text}");
    }
}
