//! Bad files, and what is said of them.

use crate::scenario::{Source, load};

fn complaint(text: &str) -> String {
    match load(&Source::new("test.toml", text), 1.0) {
        Ok(scenario) => panic!("no problem was found: {scenario:?}"),
        Err(problems) => problems.render(false),
    }
}

#[test]
fn show() {
    for (text, _) in CASES {
        println!("----\n{}", complaint(text));
    }
}

/// What each file is told: messages and help, without the pictures.
const CASES: &[(&str, &[&str])] =
    &[("[[fault]]\nat = \"greting\"\ndo = \"rest\"\nconections = 1\n", &[]), ("[[fault]]\non = \"smtp\"\n", &[])];
