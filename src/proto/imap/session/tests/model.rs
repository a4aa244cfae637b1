//! Clients that believe every word: after any mixture of commands by several of them, what each believes is so.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::mail::{Change, FlagChange, Mutation};
use crate::proto::dialogue::Meddling;

/// What a client has switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rev1,
    Rev2,
    Condstore,
    Qresync,
    /// IMAP4rev2 and QRESYNC.
    Newest,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Rev1, Kind::Rev2, Kind::Condstore, Kind::Qresync, Kind::Newest];

    fn rev2(self) -> bool {
        matches!(self, Kind::Rev2 | Kind::Newest)
    }

    fn has_modseq(self) -> bool {
        !matches!(self, Kind::Rev1 | Kind::Rev2)
    }

    fn has_vanished(self) -> bool {
        matches!(self, Kind::Qresync | Kind::Newest)
    }

    fn enable(self) -> &'static str {
        match self {
            Kind::Rev1 => "NOOP",
            Kind::Rev2 => "ENABLE IMAP4rev2",
            Kind::Condstore => "ENABLE CONDSTORE",
            Kind::Qresync => "ENABLE QRESYNC",
            Kind::Newest => "ENABLE QRESYNC IMAP4rev2",
        }
    }
}

/// A message as a client knows it; `None` is what it has not been told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    uid: Option<u32>,
    flags: Option<Vec<String>>,
    modseq: Option<u64>,
}

/// A client's picture of its mailbox, with the rules of RFC 3501 and RFC 7162 section 6.
struct Client {
    kind: Kind,
    d: Dialogue,
    messages: Vec<Known>,
    uid_validity: u32,
    /// Its UIDs mean nothing any more.
    anew: bool,
    /// The answer to a STORE in silence comes.
    silent: bool,
    /// What it would say in QRESYNC, were it cut off now.
    highest_modseq: u64,
}

impl Client {
    fn new(first: &Dialogue, kind: Kind) -> Self {
        let mut d = Dialogue::new(session(TlsMode::None));
        d.store = first.store.clone();
        d.feed(b"L LOGIN bob secret\r\n");
        d.feed(format!("E {}\r\n", kind.enable()).as_bytes());
        let mut client = Client { kind, d, messages: Vec::new(), uid_validity: 0, anew: false, silent: false, highest_modseq: 0 };
        client.say("SELECT INBOX");
        client.fetch_what_is_unknown();
        client
    }

    /// Says a command and believes what comes back.
    fn say(&mut self, command: &str) -> String {
        let said = text(&self.d.feed(format!("A {command}\r\n").as_bytes()));
        let fine = ["A OK ", "A NO ", "A BAD the mailbox has ", "+ "].iter().any(|start| said.contains(start));
        assert!(fine, "{command}\n{said}");
        let numbers_stay = ["FETCH", "STORE", "SEARCH"].iter().any(|verb| command.starts_with(verb));
        self.silent = command.contains(".SILENT");
        self.hear(&said, numbers_stay);
        if self.silent && !self.kind.has_modseq() && said.contains("A OK ") {
            self.believe_silent_store(command);
        }
        self.silent = false;
        self.look_again();
        said
    }

    /// At a new UIDVALIDITY it asks for all UIDs before it does anything else, since VANISHED names them.
    fn look_again(&mut self) {
        if !std::mem::take(&mut self.anew) {
            return;
        }
        self.done();
        self.fetch_what_is_unknown();
    }

    /// Ends IDLE, if it is on.
    fn done(&mut self) {
        if self.d.session.phase() == "idle" {
            let said = text(&self.d.feed(b"DONE\r\n"));
            self.hear(&said, false);
            self.look_again();
        }
    }

    /// What it stored in silence it takes for done; with CONDSTORE it is told of each message, and the flags are those that were there and these.
    fn believe_silent_store(&mut self, command: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        let uid = words[0] == "UID";
        let set = words[if uid { 2 } else { 1 }];
        for place in 0..self.messages.len() {
            if uid && self.messages[place].uid.is_none() {
                // Whether it was in the set it cannot know.
                self.messages[place].flags = None;
            } else if self.is_in(set, uid, place) {
                self.add(place, "\\Answered");
            }
        }
    }

    fn is_in(&self, set: &str, uid: bool, place: usize) -> bool {
        let number = if uid { self.messages[place].uid.unwrap_or(u32::MAX) } else { place as u32 + 1 };
        let largest = if uid { self.messages.last().and_then(|last| last.uid).unwrap_or(0) } else { self.messages.len() as u32 };
        let end = |text: &str| if text == "*" { largest } else { text.parse().unwrap() };
        let (a, b) = set.split_once(':').unwrap_or((set, set));
        let (a, b) = (end(a), end(b));
        (a.min(b)..=a.max(b)).contains(&number)
    }

    fn add(&mut self, place: usize, flag: &str) {
        if let Some(flags) = &mut self.messages[place].flags
            && !flags.iter().any(|other| other == flag)
        {
            flags.push(flag.to_owned());
            flags.sort();
        }
    }

    /// Reads responses; panics where a client would be confused.
    fn hear(&mut self, said: &str, numbers_stay: bool) {
        let said = &without_literals(said);
        let (mut highest, mut told_highest) = (0, None);
        for line in said.lines() {
            if let Some((_, rest)) = line.split_once("[HIGHESTMODSEQ ") {
                told_highest = Some(rest.split(']').next().unwrap().parse().unwrap());
            }
            let Some(line) = line.strip_prefix("* ") else { continue };
            if let Some(rest) = line.strip_prefix("OK [UIDVALIDITY ") {
                let uid_validity = rest.split(']').next().unwrap().parse().unwrap();
                if uid_validity != self.uid_validity {
                    self.messages.iter_mut().for_each(|known| known.uid = None);
                    self.anew = true;
                }
                self.uid_validity = uid_validity;
            }
            if let Some(uids) = line.strip_prefix("VANISHED (EARLIER) ") {
                assert!(self.kind.has_vanished(), "{said}");
                let uids = numbers(uids);
                self.messages.retain(|known| known.uid.is_none_or(|uid| !uids.contains(&uid)));
                continue;
            }
            if let Some(uids) = line.strip_prefix("VANISHED ") {
                assert!(self.kind.has_vanished() && !numbers_stay, "{said}");
                for uid in numbers(uids) {
                    // Whose UID it does not know is among those of which it knows nothing, behind those with lower UIDs.
                    let place = self.messages.iter().position(|known| known.uid == Some(uid)).or_else(|| {
                        let lower = self.messages.iter().rposition(|known| known.uid.is_some_and(|known| known < uid));
                        let first = lower.map_or(0, |place| place + 1);
                        self.messages.get(first).filter(|known| known.uid.is_none()).map(|_| first)
                    });
                    let unknown = self.messages.remove(place.unwrap_or_else(|| panic!("{uid} is unknown: {said}"))).uid.is_none();
                    if unknown {
                        self.messages.iter_mut().filter(|known| known.uid.is_none()).for_each(|known| *known = Known::default());
                    }
                }
                continue;
            }
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            let Ok(number) = words[0].parse::<usize>() else { continue };
            match words[1] {
                "EXPUNGE" => {
                    assert!(!self.kind.has_vanished() && !numbers_stay, "{said}");
                    self.messages.remove(number - 1);
                }
                "EXISTS" => {
                    assert!(number >= self.messages.len(), "{said}");
                    self.messages.resize(number, Known::default());
                }
                "RECENT" => assert!(!self.kind.rev2(), "{said}"),
                "FETCH" => highest = self.hear_fetch(number, words[2], said).max(highest),
                _ => {}
            }
        }
        // RFC 7162 section 6: the response code counts, even where higher mod-sequences were seen.
        self.highest_modseq = told_highest.unwrap_or(self.highest_modseq.max(highest));
    }

    /// The answer is the mod-sequence, or 0.
    fn hear_fetch(&mut self, number: usize, data: &str, said: &str) -> u64 {
        let known = &mut self.messages[number - 1];
        if let Some(uid) = after(data, "UID ") {
            let uid = uid.parse().unwrap();
            assert!(known.uid.is_none_or(|known| known == uid), "{number} is not {uid}: {said}");
            known.uid = Some(uid);
        }
        if let Some((_, flags)) = data.split_once("FLAGS (") {
            let flags = flags.split_once(')').unwrap().0;
            assert!(!(self.kind.rev2() && flags.contains("\\Recent")), "{said}");
            let mut flags: Vec<String> =
                flags.split(' ').filter(|flag| *flag != "\\Recent" && !flag.is_empty()).map(str::to_owned).collect();
            flags.sort();
            known.flags = Some(flags);
        } else if self.silent && data.contains("MODSEQ (") {
            // The answer to its own silent STORE: only the one flag of it is new.
            self.add(number - 1, "\\Answered");
        }
        let Some(modseq) = after(data, "MODSEQ (") else { return 0 };
        let modseq = modseq.parse().unwrap();
        self.messages[number - 1].modseq = Some(modseq);
        modseq
    }

    /// A client asks for the messages that it has only been told to be there.
    fn fetch_what_is_unknown(&mut self) {
        let has_modseq = self.kind.has_modseq();
        let unknown = |known: &Known| known.uid.is_none() || known.flags.is_none() || has_modseq && known.modseq.is_none();
        if self.messages.iter().any(unknown) {
            let items = if self.kind.has_modseq() { "(UID FLAGS MODSEQ)" } else { "(UID FLAGS)" };
            self.say(&format!("FETCH 1:* {items}"));
        }
    }

    /// It is cut off, forgets all numbers, and comes back with what it knows.
    fn come_back(&mut self, guess: bool) {
        let (validity, modseq) = (self.uid_validity, self.highest_modseq);
        let mut d = Dialogue::new(session(TlsMode::None));
        d.store = self.d.store.clone();
        d.feed(b"L LOGIN bob secret\r\n");
        d.feed(format!("E {}\r\n", self.kind.enable()).as_bytes());
        self.d = d;
        // What it never fetched it does not know, and what came later it takes for new once more.
        let whole = self.messages.iter().take_while(|known| known.uid.is_some() && known.flags.is_some()).count();
        self.messages.truncate(whole);
        let uids: Vec<String> = self.messages.iter().filter_map(|known| known.uid).map(|uid| uid.to_string()).collect();
        let known = if uids.is_empty() || !guess { String::new() } else { format!(" {}", uids.join(",")) };
        let pairs = if guess && uids.len() > 1 { format!(" (1:{} {})", uids.len(), uids.join(",")) } else { String::new() };
        let said = text(&self.d.feed(format!("A SELECT INBOX (QRESYNC ({validity} {modseq}{known}{pairs}))\r\n").as_bytes()));
        let same = said.contains(&format!("[UIDVALIDITY {validity}]"));
        let before: BTreeMap<u32, Known> = self.messages.drain(..).filter_map(|known| Some((known.uid?, known))).collect();
        let gone = said.lines().find_map(|line| line.strip_prefix("* VANISHED (EARLIER) ")).map(numbers).unwrap_or_default();
        let mut left: Vec<Known> = before.into_values().filter(|known| same && !gone.contains(&known.uid.unwrap())).collect();
        let exists =
            said.lines().find_map(|line| line.strip_suffix(" EXISTS")?.strip_prefix("* ")?.parse::<usize>().ok()).unwrap();
        assert!(left.len() <= exists, "{} are known: {said}", left.len());
        left.resize(exists, Known::default());
        self.messages = left;
        self.uid_validity = if same { validity } else { 0 };
        self.hear(&said.replace("VANISHED (EARLIER) ", "GONE "), true);
        self.fetch_what_is_unknown();
    }

    /// All that is so, as the mailbox has it.
    fn truth(&self) -> (u32, Vec<Known>) {
        let inbox = self.d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
        inbox.with(|mailbox| {
            let known = mailbox.entries.iter().map(|entry| {
                let mut flags: Vec<String> = entry.flags.names().map(str::to_owned).collect();
                flags.sort();
                let modseq = self.kind.has_modseq().then_some(entry.modseq);
                Known { uid: Some(entry.uid), flags: Some(flags), modseq }
            });
            (mailbox.uid_validity, known.collect())
        })
    }

    /// After a NOOP it knows what is so; what is new it asks for.
    fn settle(&mut self) {
        self.say("NOOP");
        self.fetch_what_is_unknown();
        assert_eq!((self.uid_validity, &self.messages), (self.truth().0, &self.truth().1), "{:?}", self.kind);
    }
}

/// `4` of `UID 4 FLAGS`
fn after<'a>(data: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = data.split_once(name)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()
}

/// The numbers of a set.
fn numbers(set: &str) -> Vec<u32> {
    let ranges = set.split(',').map(|range| range.split_once(':').unwrap_or((range, range)));
    ranges.flat_map(|(a, b)| a.parse().unwrap()..=b.parse().unwrap()).collect()
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

/// One step of one client, or of nobody.
#[derive(Clone, Debug)]
enum Step {
    Say(&'static str),
    /// NOOP, and it has to know all.
    Settle,
    /// IDLE, up to the next step of this client.
    Idle,
    /// QRESYNC clients only: with known UIDs and numbers, or without.
    ComeBack(bool),
    /// A scenario's.
    Happen(&'static str),
}

fn step() -> impl Strategy<Value = (usize, Step, u32)> {
    let commands = vec![
        "NOOP",
        "CHECK",
        "STORE # +FLAGS (\\Deleted)",
        "STORE 1:# +FLAGS (\\Flagged)",
        "STORE # FLAGS (\\Seen)",
        "UID STORE #:* -FLAGS (\\Flagged)",
        "UID STORE 1:# +FLAGS (\\Deleted)",
        "STORE # +FLAGS.SILENT (\\Answered)",
        "UID STORE 1:# +FLAGS.SILENT (\\Answered)",
        "EXPUNGE",
        "UID EXPUNGE 1:#",
        "FETCH # FLAGS",
        "FETCH 1:# BODY[]",
        "FETCH # (BODY[9])",
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
        // With CONDSTORE only:
        "STORE 1:# (UNCHANGEDSINCE 1#) +FLAGS ($X)",
        "UID STORE 1:# (UNCHANGEDSINCE 2#) +FLAGS.SILENT (\\Answered)",
        "FETCH 1:# (FLAGS) (CHANGEDSINCE 1#)",
        "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1#)",
    ];
    let happenings = vec!["deliver", "expunge", "flag", "uidvalidity", "uidnext", "forget"];
    let step = prop_oneof![
        20 => proptest::sample::select(commands).prop_map(Step::Say),
        2 => Just(Step::Settle),
        1 => Just(Step::Idle),
        2 => any::<bool>().prop_map(Step::ComeBack),
        3 => proptest::sample::select(happenings).prop_map(Step::Happen),
    ];
    (0..3usize, step, 1u32..8)
}

fn happen(d: &Dialogue, what: &str, number: u32) {
    let template = Template::Raw(Bytes::from_static(b"Subject: new\r\n\r\nx\r\n"));
    let (messages, add, remove) = (vec![(number, Some(number))], vec!["$Y".into()], vec!["\\Seen".into()]);
    let change = match what {
        "deliver" => Change::Deliver { template, count: 1 + number / 4, flags: vec![] },
        "expunge" => Change::Expunge(messages),
        "flag" => Change::Flags(FlagChange { messages, add, remove }),
        "uidvalidity" => Change::UidValidity(None),
        "uidnext" => Change::UidNext(number),
        _ => {
            let inbox = d.store.account("bob").unwrap().mailbox("INBOX").unwrap();
            return inbox.with(|mailbox| mailbox.remember(number as usize));
        }
    };
    d.store.mutate(&Mutation { user: Some("bob".into()), mailbox: None, change }, None, None, &mut Vec::new());
}

fn run(kinds: [Kind; 3], steps: Vec<(usize, Step, u32)>) {
    let mut first = authenticated(4);
    first.feed(b"C CREATE Other\r\n");
    let mut clients = kinds.map(|kind| Client::new(&first, kind));
    for (which, step, number) in steps {
        // Whoever idles is told at once.
        for client in clients.iter_mut().filter(|client| client.d.session.phase() == "idle") {
            let pushed = text(&client.d.push());
            client.hear(&pushed, false);
            assert_eq!(client.messages.len(), client.truth().1.len(), "{pushed}");
            client.look_again();
        }
        let client = &mut clients[which];
        client.done();
        match step {
            Step::Say(command) if command.contains("CHANGEDSINCE") && !client.kind.has_modseq() => {}
            Step::Say(command) => drop(client.say(&command.replace('#', &number.to_string()))),
            Step::Settle => client.settle(),
            Step::Idle => drop(client.say("IDLE")),
            Step::ComeBack(guess) if client.kind.has_vanished() => {
                client.come_back(guess);
                client.settle();
            }
            Step::ComeBack(_) => {}
            Step::Happen(what) => happen(&first, what, number),
        }
    }
    clients.iter_mut().for_each(Client::done);
    for _ in 0..2 {
        clients.iter_mut().for_each(Client::settle);
    }
    for client in clients.iter_mut().filter(|client| client.kind.has_vanished()) {
        client.come_back(true);
        client.settle();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_a_client_was_told_is_so(
        kinds in proptest::array::uniform3(proptest::sample::select(Kind::ALL.to_vec())),
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        run(kinds, steps);
    }
}

/// Commands of which the client hears nothing, and which happen or do not.
#[test]
fn what_a_client_was_not_told_is_told_later() {
    let commands = [
        "NOOP",
        "STORE 1:2 +FLAGS (\\Flagged)",
        "STORE 2 +FLAGS.SILENT (\\Answered)",
        "UID STORE 1:* FLAGS (\\Deleted)",
        "STORE 1:* (UNCHANGEDSINCE 99) FLAGS.SILENT (\\Seen)",
        "FETCH 1:* BODY[]",
        "UID FETCH 1:* (FLAGS MODSEQ)",
        "EXPUNGE",
        "UID EXPUNGE 1:*",
        "COPY 1:2 INBOX",
        "UID MOVE 1:2 INBOX",
        "MOVE 2 Other",
        "RENAME INBOX old",
        "APPEND INBOX {1+}\r\nx {1+}\r\ny",
        "SEARCH ALL",
        "SORT (DATE) UTF-8 ALL",
        "THREAD REFERENCES UTF-8 ALL",
        "LIST \"\" * RETURN (STATUS (MESSAGES HIGHESTMODSEQ))",
        "SETQUOTA \"User quota\" (STORAGE 1 MESSAGE 1)",
        "CREATE x (USE (\\Archive))",
        "SUBSCRIBE x",
    ];
    for (kind, keep) in Kind::ALL.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        for command in
            commands.iter().filter(|command| kind.has_modseq() || !command.contains("MODSEQ") && !command.contains("SINCE"))
        {
            for news in [&[][..], &["deliver"], &["expunge"], &["flag"], &["uidvalidity"], &["expunge", "flag", "deliver"]] {
                let mut first = authenticated(4);
                first.feed(b"C CREATE Other\r\n");
                let mut client = Client::new(&first, kind);
                client.say("STORE 3 +FLAGS (\\Deleted)");
                news.iter().for_each(|what| happen(&first, what, 2));
                let nothing = Meddling { keep: Some(keep), cut: Some(0), ..Meddling::default() };
                client.d.meddle(Ats::COMMAND, nothing);
                assert_eq!(text(&client.d.feed(format!("A {command}\r\n").as_bytes())), "");
                client.d.stop_meddling();
                client.settle();
                if kind.has_vanished() {
                    client.come_back(true);
                    client.settle();
                }
            }
        }
    }
}
