//! Several files as one, names and paths, and input that nobody would write.

use std::fs;

use proptest::prelude::*;

use crate::proto::TlsMode;
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
    let said = names(&[("a.toml", RESET), ("b.toml", "[fault]\nat = 1\n")]).unwrap_err();
    assert!(said.contains("write `[[fault]]`"), "{said}");
}

#[test]
fn two_providers_contradict_each_other_in_one_message() {
    let error = resolve("provider/microsoft-365+provider/exchange", 1.0).unwrap_err().to_string();
    assert_eq!(error.matches("error: ").count(), 1, "{error}");
    assert!(error.starts_with("error: `provider/microsoft-365` and `provider/exchange` contradict each other\n"), "{error}");
    for said in [
        " --> provider/exchange:7:12\n",
        " ::: provider/microsoft-365:7:12\n",
        "`hostname` in [smtp]",
        "name one of the two only",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
    let a = "[smtp]\nhostname = \"a\"\n[[mailbox]]\nname = \"X\"\n[[user]]\nname = \"Bob\"\npassword = \"1\"\n[[listen]]\nname = \"smtp\"\n";
    let b = "[smtp]\nhostname = \"b\"\n[[mailbox]]\nname = \"X\"\nuidvalidity = 3\n[[user]]\nname = \"bob\"\npassword = \"2\"\n[[listen]]\nname = \"smtp\"\nport = 7\n";
    let said = names(&[("a.toml", a), ("b.toml", b)]).unwrap_err();
    let help = "they differ in `hostname` in [smtp], the mailbox `X`, the user `bob`, the listener `smtp`";
    assert!(said.matches("error: ").count() == 1 && said.contains(help), "{said}");
    let said = names(&[("a.toml", "[[mailbox]]\nname = \"X\"\n"), ("b.toml", "[[mailbox]]\nname = \"X\"\nsubscribed = false\n")])
        .unwrap_err();
    assert!(said.starts_with("error: there are two different mailboxes `X`\n --> b.toml:2:8\n"), "{said}");
}

#[test]
fn what_two_files_say_in_the_same_words_counts_once() {
    let text = "[smtp]\noffer = [\"X\", \"Y\"]\n[[mailbox]]\nname = \"X\"\n[[user]]\nname = \"bob\"\npassword = \"1\"\n[[listen]]\nname = \"smtp\"\n\
                [[fault]]\nname = \"f\"\nat = \"MAIL\"\ndo = \"reset\"\n";
    let sources = ["a", "b"].map(|name| Source::new(name, text));
    let scenario = load_all("a+b", sources.into(), 1.0).unwrap();
    assert_eq!((scenario.store.mailboxes.len(), scenario.store.accounts.len(), scenario.listen.len()), (1, 1, 1));
    assert_eq!((scenario.faults.len(), scenario.smtp.offer.len()), (1, 2));
    // The same in another user's account is another mailbox.
    let own = "[[mailbox]]\nname = \"X\"\nuser = \"bob\"\n";
    let sources = [Source::new("a", text), Source::new("b", own)];
    assert_eq!(load_all("a+b", sources.into(), 1.0).unwrap().store.mailboxes.len(), 2);
}

#[test]
fn a_scenario_twice_is_that_scenario_once() {
    let once = resolve("smtp/reset-mid-greeting", 1.0).unwrap();
    let twice = resolve("smtp/reset-mid-greeting+smtp/reset-mid-greeting", 1.0).unwrap();
    assert_eq!(
        (twice.title, twice.about, twice.faults.len(), twice.expect),
        (once.title, once.about, once.faults.len(), once.expect)
    );
    // It was asked for, and another one uses it.
    let both = resolve("provider/microsoft-365+provider/microsoft-365-send-as-denied", 1.0).unwrap();
    assert_eq!(both.faults.len(), resolve("provider/microsoft-365-send-as-denied", 1.0).unwrap().faults.len());
    assert!(both.title.starts_with("Microsoft 365, healthy + "), "{}", both.title);
}

#[test]
fn tls_of_one_file_is_for_the_listeners_of_another() {
    let tls = "[smtp]\ntls = \"starttls\"\n[imap]\ntls = \"starttls\"\n";
    let listen = "[[listen]]\nprotocol = \"smtp\"\n[[listen]]\nname = \"imap\"\ntls = \"none\"\n[[listen]]\nname = \"more\"\nprotocol = \"smtp\"\n";
    let sources = [Source::new("a", tls), Source::new("b", listen)];
    let scenario = load_all("a+b", sources.into(), 1.0).unwrap();
    let modes: Vec<TlsMode> = scenario.listen.iter().map(|listen| listen.tls).collect();
    assert_eq!(modes, [TlsMode::Starttls, TlsMode::None, TlsMode::None]);
    let said = names(&[("a", &format!("{tls}{listen}"))]).unwrap_err();
    assert!(said.contains("`tls` in [smtp] is for files without [[listen]]"), "{said}");
}

#[test]
fn faults_of_one_name_are_told_apart_by_their_files() {
    let a = "[[fault]]\nname = \"x\"\nat = \"greeting\"\ndo = \"pass\"\n";
    let b = "[[fault]]\nname = \"x\"\nat = \"MAIL\"\ndo = \"pass\"\n[[fault]]\nname = \"y\"\nat = \"RCPT\"\nwhere = { fired = [\"x\"] }\ndo = \"reset\"\n";
    assert_eq!(names(&[("a.toml", a), ("b.toml", b)]).unwrap(), ["x", "b.toml:x", "y"]);
    let sources = [("a.toml", a), ("b.toml", b)].map(|(name, text)| Source::new(name, text));
    let scenario = load_all("a+b", sources.into(), 1.0).unwrap();
    assert!(format!("{:?}", scenario.faults[2]).contains("b.toml:x"), "{:?}", scenario.faults[2]);
    let both = resolve("auth/smtp-wrong-password+auth/imap-wrong-password", 1.0).unwrap();
    assert_eq!(
        both.faults.iter().map(|fault| &*fault.name).collect::<Vec<_>>(),
        ["wrong-password", "auth/imap-wrong-password:wrong-password"]
    );
    let twice = format!("{a}{a}");
    assert!(names(&[("a.toml", RESET), ("b.toml", &twice)]).unwrap_err().starts_with("error: there are two faults named `x`"));
}

#[test]
fn expectations_of_all_files_must_hold() {
    let of = |keys: &str| format!("[expect.smtp]\n{keys}\n");
    let both = |a: &str, b: &str| {
        let sources = vec![Source::new("a", of(a)), Source::new("b", of(b))];
        load_all("a+b", sources, 1.0).map(|scenario| scenario.expect.smtp).map_err(|problems| problems.render(false))
    };
    for (a, b, all) in [
        ("messages = 1", "messages = { min = 1 }", "messages = 1"),
        ("messages = { min = 1, max = 5 }", "messages = \"3-\"", "messages = \"3-5\""),
        ("messages = \"1,3,5\"", "messages = { min = 2 }", "messages = \"3,5\""),
        ("messages = { max = 3 }", "messages = { max = 2 }", "messages = { max = 2 }"),
        ("recovers = { max = \"2m\" }", "recovers = \"1s-90s\"", "recovers = \"1s-90s\""),
        ("gap = { min = \"1500ms\" }", "gap = { min = \"1s\" }", "gap = { min = \"1.5s\" }"),
    ] {
        let (found, wanted) = (both(a, b).unwrap(), both(all, "").unwrap());
        let ranges = |expect: &crate::scenario::Expect| {
            [&expect.messages, &expect.recovers, &expect.gap].map(|one| one.as_ref().map(|one| one.ranges.clone()))
        };
        assert_eq!(ranges(&found), ranges(&wanted), "{a} and {b}");
    }
    for (a, b) in [
        ("messages = 1", "messages = 2"),
        ("messages = 0", "messages = { min = 1 }"),
        ("gap = { min = \"2s\" }", "gap = { max = \"1s\" }"),
        ("gaps = { are = [\"1s\"] }", "gaps = { are = [\"2s\"] }"),
    ] {
        let said = both(a, b).unwrap_err();
        assert!(said.contains("in [expect.smtp] cannot be both"), "{said}");
    }
    // What is no range is said to be none, and nothing else.
    let said = both("messages = 1", "messages = true").unwrap_err();
    assert!(said.contains("`messages`"), "{said}");
}

#[test]
fn a_file_has_its_way_with_what_it_uses() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    write(
        "base.toml",
        "[smtp]\nhostname = \"base\"\nsize_limit = \"1 KiB\"\nbefore_tls = { only = [\"X\"] }\n[smtp.words]\nquit = \"221 base\"\nmail = \"250 base\"\n\
         [[mailbox]]\nname = \"A\"\n[[mailbox]]\nname = \"B\"\n[[fault]]\nname = \"f\"\nat = \"MAIL\"\ndo = \"reset\"\n[expect]\nduplicates = 0\nclient_exit = 1\n",
    );
    let mine = write(
        "mine.toml",
        "use = \"base.toml\"\n[smtp]\nhostname = \"mine\"\nbefore_tls = { only = [\"Y\", \"Z\"] }\n[smtp.words]\nquit = \"221 mine\"\n\
         [[mailbox]]\nname = \"B\"\nuidvalidity = 7\n[[fault]]\nname = \"f\"\nat = \"RCPT\"\ndo = \"reset\"\n[expect]\nclient_exit = 2\n",
    );
    let scenario = resolve(&mine, 1.0).unwrap();
    assert_eq!((scenario.smtp.hostname.as_str(), scenario.smtp.size_limit), ("mine", 1024));
    assert_eq!(scenario.smtp.by_state.before_tls.only.as_deref(), Some(&["Y".to_owned(), "Z".to_owned()][..]));
    assert_eq!(
        scenario.smtp.words.iter().map(|(key, text)| format!("{key} {text}")).collect::<Vec<_>>(),
        ["mail 250 base", "quit 221 mine"]
    );
    let boxes: Vec<(&str, Option<u32>)> =
        scenario.store.mailboxes.iter().map(|one| (one.name.as_str(), one.uid_validity)).collect();
    assert_eq!(boxes, [("A", None), ("B", Some(7))]);
    assert_eq!((scenario.faults.len(), scenario.expect.all.duplicates.is_some()), (1, true));
    // And with what that uses.
    let top = write("top.toml", "use = \"mine.toml\"\n[smtp]\nsize_limit = \"2 KiB\"\n");
    assert_eq!(resolve(&top, 1.0).unwrap().smtp.size_limit, 2048);
    // Two that use the same one are still two.
    let other = write("other.toml", "use = \"base.toml\"\n[smtp]\nhostname = \"other\"\n");
    let error = resolve(&format!("{mine}+{other}"), 1.0).unwrap_err().to_string();
    assert!(error.contains("`hostname` in [smtp] cannot be both `\"mine\"` and `\"other\"`"), "{error}");
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
