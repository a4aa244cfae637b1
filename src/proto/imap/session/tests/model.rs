//! Two clients that believe every word: after any mixture of commands, what they believe is so.

use proptest::prelude::*;

use super::*;

/// A client's picture of its mailbox: the flags of each message as far as it has been told.
#[derive(Debug, Default)]
struct Client {
    messages: Vec<Option<Vec<String>>>,
}

impl Client {
    /// Reads what the server said to one command; panics where a client would be confused.
    fn hear(&mut self, said: &str, numbers_stay: bool) {
        let said = &without_literals(said);
        for line in said.lines().filter_map(|line| line.strip_prefix("* ")) {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            let Ok(number) = words[0].parse::<usize>() else { continue };
            match words[1] {
                "EXPUNGE" => {
                    assert!(!numbers_stay, "{said}");
                    self.messages.remove(number - 1);
                }
                "EXISTS" => {
                    assert!(number >= self.messages.len(), "{said}");
                    self.messages.resize(number, None);
                }
                "FETCH" => {
                    let Some(flags) = words[2].split_once("FLAGS (").and_then(|(_, rest)| rest.split_once(')')) else { continue };
                    let mut flags: Vec<String> =
                        flags.0.split(' ').filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
                    flags.retain(|flag| !flag.is_empty());
                    flags.sort();
                    self.messages[number - 1] = Some(flags);
                }
                _ => {}
            }
        }
    }
}

/// Literals are mail: they say nothing of the mailbox.
fn without_literals(said: &str) -> String {
    let mut out = String::new();
    let mut rest = said;
    while let Some((before, after)) = rest.split_once('{') {
        let (size, literal) = after.split_once("}\r\n").unwrap();
        out.push_str(before);
        rest = &literal[size.parse::<usize>().unwrap()..];
    }
    out + rest
}

fn command() -> impl Strategy<Value = (bool, &'static str, u32)> {
    let commands = vec![
        "NOOP",
        "CHECK",
        "STORE # +FLAGS (\\Deleted)",
        "STORE 1:# +FLAGS (\\Flagged)",
        "STORE # FLAGS (\\Seen)",
        "UID STORE #:* -FLAGS (\\Flagged)",
        "UID STORE 1:# +FLAGS (\\Deleted)",
        "STORE # -FLAGS.SILENT (\\Nothing)",
        "EXPUNGE",
        "UID EXPUNGE 1:#",
        "FETCH # FLAGS",
        "FETCH 1:# BODY[]",
        "UID FETCH 1:* BODY[TEXT]",
        "FETCH # BODY.PEEK[]",
        "SEARCH SEEN",
        "UID SEARCH DELETED",
        "COPY # INBOX",
        "UID COPY 1:# INBOX",
        "COPY # Other",
        "MOVE # Other",
        "UID MOVE # INBOX",
        "APPEND INBOX (\\Draft) {1+}\r\nx",
        "APPEND Other {1+}\r\nx",
        "STATUS INBOX (MESSAGES)",
    ];
    (any::<bool>(), proptest::sample::select(commands), 1u32..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_a_client_was_told_is_so(commands in proptest::collection::vec(command(), 0..40)) {
        let mut one = selected(4);
        one.feed(b"C CREATE Other\r\n");
        let mut two = beside(&one);
        let mut clients = [Client::default(), Client::default()];
        let mut first = true;
        for client in &mut clients {
            let session = if std::mem::take(&mut first) { &mut one } else { &mut two };
            client.hear("* 4 EXISTS\r\n", true);
            client.hear(&text(&session.feed(b"F FETCH 1:4 FLAGS\r\n")), true);
        }
        let last = [(false, "NOOP", 1), (true, "NOOP", 1), (false, "NOOP", 1), (true, "NOOP", 1)];
        for (which, command, number) in commands.into_iter().chain(last) {
            let line = format!("A {}\r\n", command.replace('#', &number.to_string()));
            let session = if which { &mut two } else { &mut one };
            let said = text(&session.feed(line.as_bytes()));
            prop_assert!(said.contains("A OK ") || said.contains("A NO ") || said.contains("A BAD the mailbox has "), "{line}{said}");
            let numbers_stay = ["FETCH", "STORE", "SEARCH"].iter().any(|verb| command.starts_with(verb));
            clients[usize::from(which)].hear(&said, numbers_stay);
        }
        let mut truth = flags(&one);
        for (_, flags) in &mut truth {
            let mut sorted: Vec<&str> = flags.split(' ').collect();
            sorted.sort_unstable();
            *flags = sorted.join(" ");
        }
        for client in &clients {
            prop_assert_eq!(client.messages.len(), truth.len());
            for (told, (uid, is)) in client.messages.iter().zip(&truth) {
                // A message that arrived has flags that nobody asked for.
                if let Some(told) = told {
                    prop_assert_eq!(&told.join(" "), is, "{}", uid);
                }
            }
        }
    }
}
