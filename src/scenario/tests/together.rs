//! Several files as one, names and paths, and input that nobody would write.

use std::fs;

use proptest::prelude::*;

use crate::scenario::{ResolveError, Source, builtin, load, load_all, resolve};

fn names(sources: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let sources = sources.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    match load_all("a+b", sources, 1.0) {
        Ok(scenario) => Ok(scenario.faults.iter().map(|fault| fault.name.to_string()).collect()),
        Err(problems) => Err(problems.render(false)),
    }
}

const RESET: &str = "[[fault]]\nat = \"greeting\"\ndo = \"reset\"\n";

#[test]
fn faults_are_appended_and_tables_merged() {
    let a = "title = \"A\"\nsource = [\"1\", \"2\"]\n[smtp]\nhostname = \"a.test\"\noffer = \"X\"\n[expect.smtp]\nmessages = 1\n";
    let b = "title = \"B\"\nsource = \"2\"\n[smtp]\nhostname = \"a.test\"\noffer = \"Y\"\n[expect.smtp]\nduplicates = 0\n";
    let sources = [("a", format!("{a}{RESET}")), ("b", format!("{b}{RESET}"))].map(|(name, text)| Source::new(name, text));
    let scenario = load_all("a+b", sources.into(), 1.0).unwrap();
    assert_eq!((scenario.name.as_str(), scenario.title.as_str()), ("a+b", "A + B"));
    assert_eq!(scenario.source, ["1", "2"]);
    assert_eq!(scenario.smtp.offer, ["X", "Y"]);
    assert!(scenario.expect.smtp.messages.is_some() && scenario.expect.smtp.duplicates.is_some());
    let names: Vec<&str> = scenario.faults.iter().map(|fault| &*fault.name).collect();
    assert_eq!(names, ["fault-1", "fault-2"]);
}

#[test]
fn a_contradiction_names_both_places() {
    let said = names(&[("a.toml", "[smtp]\nhostname = \"a\"\n"), ("b.toml", "[smtp]\nhostname = \"b\"\n")]).unwrap_err();
    assert_eq!(
        said,
        r#"error: `hostname` in [smtp] cannot be both `"a"` and `"b"`
 --> b.toml:2:12
  |
2 | hostname = "b"
  |            ^^^ one value
  |
 ::: a.toml:2:12
  |
2 | hostname = "a"
  |            --- the other
  |
  = help: leave one of the two out
"#
    );
    let named = "[[fault]]\nname = \"x\"\nat = \"greeting\"\ndo = \"reset\"\n";
    let said = names(&[("a.toml", named), ("b.toml", named)]).unwrap_err();
    assert!(said.starts_with("error: there are two faults named `x`\n --> b.toml:2:8"), "{said}");
    let said = names(&[("a.toml", RESET), ("b.toml", "[fault]\nat = 1\n")]).unwrap_err();
    assert!(said.contains("write `[[fault]]`"), "{said}");
}

#[test]
fn use_comes_first_once_and_not_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    write("base.toml", "title = \"Base\"\n[[fault]]\nname = \"base\"\nat = \"greeting\"\ndo = { delay = \"1s\" }\n");
    write(
        "a.toml",
        "use = [\"base.toml\", \"smtp/reset-mid-greeting\"]\n[[fault]]\nname = \"a\"\nat = \"connect\"\ndo = \"reset\"\n",
    );
    write("b.toml", "use = \"base.toml\"\ntitle = \"B\"\n");
    let scenario = resolve(&format!("{}+{}", path("a.toml"), path("b.toml")), 1.0).unwrap();
    let names: Vec<&str> = scenario.faults.iter().map(|fault| &*fault.name).collect();
    assert_eq!(names, ["base", "mid-greeting", "a"]);
    assert_eq!(scenario.title, "B");

    write("c.toml", "use = \"d.toml\"\n");
    write("d.toml", "use = \"c.toml\"\n");
    let error = resolve(&path("c.toml"), 1.0).unwrap_err();
    assert!(error.to_string().contains("`c.toml` uses this file in turn"), "{error}");

    write("mail.toml", "[[mail]]\nfile = \"x.eml\"\n");
    assert!(resolve(&path("mail.toml"), 1.0).unwrap_err().to_string().contains("x.eml`: No such file"));
    write("x.eml", "Subject: x\r\n\r\nbody\r\n");
    assert_eq!(resolve(&path("mail.toml"), 1.0).unwrap().store.mail.len(), 1);
}

#[test]
fn mailboxes_are_appended_and_quotas_merged() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let a = write("a.toml", "[[mailbox]]\nname = \"A\"\n[imap]\nquota = { storage = \"1 KiB\" }\n");
    let b = write("b.toml", "[[mailbox]]\nname = \"B\"\n[imap]\nquota = { messages = 3 }\n");
    let c = write("c.toml", "[imap]\nquota = { messages = 4 }\n");
    let store = resolve(&format!("{a}+{b}"), 1.0).unwrap().store;
    assert_eq!(store.mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((store.quota.octets, store.quota.messages), (Some(1024), Some(3)));
    let error = resolve(&format!("{b}+{c}"), 1.0).unwrap_err().to_string();
    assert!(error.contains("`messages` in [imap.quota] cannot be both `3` and `4`"), "{error}");
}

#[test]
fn names_that_do_not_exist_get_a_suggestion() {
    for (spec, said) in [
        (
            "smtp/reset-mid-greetings",
            "there is no built-in scenario and no file `smtp/reset-mid-greetings`; did you mean `smtp/reset-mid-greeting`?",
        ),
        ("lost-250.toml", "there is no built-in scenario and no file `lost-250.toml`; did you mean `smtp/lost-250`?"),
        ("xyzzy", "there is no built-in scenario and no file `xyzzy`\n`mailfault list` shows the built-in scenarios"),
        ("smtp/reset-mid-greeting+", "`smtp/reset-mid-greeting+` names no scenario before or after a `+`"),
        ("", "`` names no scenario before or after a `+`"),
        ("src", "cannot read `src`: it is a folder"),
    ] {
        assert_eq!(resolve(spec, 1.0).unwrap_err().to_string(), said);
    }
    let both = resolve("smtp/reset-mid-greeting+imap/reset-before-greeting", 1.0).unwrap();
    assert_eq!(both.faults.len(), 2);
}

#[test]
fn problems_come_in_the_order_of_their_places_and_are_capped() {
    let text: String = (0..300).map(|n| format!("x{n} = 1\n")).collect();
    let problems = load(&Source::new("t", text), 1.0).unwrap_err();
    assert_eq!(problems.list.len(), 300);
    assert!(problems.list.is_sorted_by_key(|problem| problem.span));
    let shown = problems.render(false);
    assert!(shown.ends_with("... and 200 more\n"));
    assert!(!shown.contains('\x1b') && problems.render(true).contains('\x1b'));
    assert!(matches!(resolve("t", 1.0), Err(ResolveError::Unknown { .. })));
}

/// Every built-in scenario and every bad file of the tables.
fn files() -> Vec<String> {
    let builtin = builtin::names().filter_map(builtin::get).map(|source| source.text.to_string());
    builtin.chain(super::bad::cases().map(|(text, _)| (*text).to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(text in "\\PC{0,200}", toml in "(\\[\\[?(fault|expect|smtp|mail|listen)\\]?\\]\n)?((at|do|on|per|cut|nth) = [\"'\\[{]?.{0,20}\n){0,5}") {
        for text in [text, toml] {
            if let Err(problems) = load(&Source::new("t", text), 1.0) {
                prop_assert!(!problems.render(false).is_empty());
            }
        }
    }

    #[test]
    fn a_broken_file_is_an_error_or_a_scenario(file in prop::sample::select(files()), cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, "[\\[\\]{}\"'=\n.,a-z0-9-]{0,3}"), 1..4)) {
        let mut text = file;
        for (at, long, new) in cuts {
            let mut from = at.index(text.len().max(1)).min(text.len());
            while !text.is_char_boundary(from) { from -= 1; }
            let mut to = (from + long).min(text.len());
            while !text.is_char_boundary(to) { to -= 1; }
            text.replace_range(from..to.max(from), &new);
        }
        if let Err(problems) = load(&Source::new("t", text), 0.5) {
            prop_assert!(!problems.render(true).is_empty());
        }
    }
}

#[test]
fn a_huge_file_is_refused_in_no_time() {
    let many = "[[fault]]\nat = \"MAIL\"\ndo = \"reset\"\n".repeat(10_001);
    let problems = load(&Source::new("t", many), 1.0).unwrap_err();
    assert_eq!(problems.list[0].message, "there are 10001 of `[[fault]]`");
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(load(&Source::new("t", deep), 1.0).is_err());
    let dotted = format!("{}a = 1", "a.".repeat(100_000));
    assert!(load(&Source::new("t", dotted), 1.0).is_err());
}
