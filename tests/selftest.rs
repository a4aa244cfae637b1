//! `mailfault selftest`: every built-in scenario shows on the wire what it says.

use std::fs;

use crate::harness::{self, built_in_names, built_in_text, mailfault};

#[test]
fn every_built_in_scenario_says_what_the_wire_shows() {
    let silent = |name: &String| !built_in_text(name).contains("\n[[wire]]\n");
    let silent: Vec<String> = built_in_names().into_iter().filter(silent).collect();
    assert!(silent.is_empty(), "without [[wire]]: {silent:?}");
}

#[test]
fn every_built_in_scenario_shows_it() {
    let ran = harness::run(mailfault().arg("selftest"));
    let wrong: Vec<&str> = ran.stdout.lines().filter(|line| !line.contains("  ok ")).collect();
    assert_eq!(ran.code, Some(0), "{}\n{}", wrong.join("\n"), ran.stderr);
    assert!(ran.stdout.contains("\nsmtp/reset-mid-greeting "), "{}", ran.stdout);
    let row = ran.stdout.lines().find(|line| line.starts_with("smtp/reset-mid-greeting ")).unwrap_or_default();
    assert!(row.contains(" ok ") && row.contains(" RST after 11 octets, "), "{row}");
    // `healthy` is in no group.
    let all = built_in_names().len() + 1;
    assert!(ran.stdout.ends_with(&format!("\n{all} scenarios: {all} ok, 0 failed, 0 inconclusive\n")), "{}", ran.stdout);
}

#[test]
fn the_scenario_of_the_readme_shows_what_it_says() {
    let readme = include_str!("../README.md");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let blocks: Vec<&&str> = blocks.iter().filter(|block| block.contains("[[wire]]")).collect();
    assert!(!blocks.is_empty());
    let directory = tempfile::tempdir().expect("a temporary directory");
    for block in blocks {
        let path = directory.path().join("readme.toml");
        fs::write(&path, block).expect("a file");
        let ran = harness::run(mailfault().arg("selftest").arg(&path));
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn what_is_not_so_has_an_exit_code_and_a_place() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let selftest = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a file");
        harness::run(mailfault().arg("selftest").arg("-v").arg(&path))
    };
    let scenario = |at: &str, script: &str| {
        format!(
            "[[fault]]\nname = \"f\"\non = \"smtp\"\nat = \"{at}\"\ndo = [{{ cut = 11 }}, \"close\"]\n\n[[wire]]\non = \"smtp\"\nscript = '''\n{script}'''\n"
        )
    };
    let good = selftest("good.toml", &scenario("greeting", "S- 220 mx.mail\n! close\n"));
    assert_eq!(good.code, Some(0), "{}{}", good.stdout, good.stderr);
    assert!(good.stderr.contains("S- 220 mx.mail\n"), "{}", good.stderr);

    let failed = selftest("failed.toml", &scenario("greeting", "S- 220 mx.mail\n! reset\n"));
    assert_eq!(failed.code, Some(1), "{}{}", failed.stdout, failed.stderr);
    for part in ["failed.toml: connection 1, line 11: `! reset`\n", "RST after 11 octets\n", "FIN after 11 octets, at octet 11, "]
    {
        assert!(failed.stdout.contains(part), "{part}\n{}", failed.stdout);
    }

    let wrong = selftest("wrong.toml", &scenario("greeting", "S- 220\n! rset\n"));
    assert_eq!(wrong.code, Some(2), "{}{}", wrong.stdout, wrong.stderr);
    assert!(wrong.stderr.contains("wrong.toml:11:1") && wrong.stderr.contains("did you mean `reset`?"), "{}", wrong.stderr);

    let unfired = selftest("unfired.toml", &scenario("QUIT", "S: 220 *\n"));
    assert_eq!(unfired.code, Some(3), "{}{}", unfired.stdout, unfired.stderr);
    assert!(unfired.stdout.contains("`f`: "), "{}", unfired.stdout);

    let silent = selftest("silent.toml", "title = \"x\"\n");
    assert_eq!(silent.code, Some(3), "{}{}", silent.stdout, silent.stderr);
    assert!(silent.stdout.contains("there is no `[[wire]]`") && silent.stdout.contains("silent.toml"), "{}", silent.stdout);

    let (one, other) = (directory.path().join("good.toml"), directory.path().join("silent.toml"));
    let both = harness::run(mailfault().arg("selftest").args([one, other]));
    assert_eq!(both.code, Some(3), "{}{}", both.stdout, both.stderr);
    assert!(both.stdout.ends_with("\n2 scenarios: 1 ok, 0 failed, 0 inconclusive, 1 without `[[wire]]`\n"), "{}", both.stdout);
}
