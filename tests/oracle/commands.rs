//! Every command that `imap-codec` can write is understood, or refused for a known reason.

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Unstructured};
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{Charset, Vec1};
use imap_codec::imap_types::fetch::{MacroOrMessageDataItemNames, MessageDataItemName};
use imap_codec::imap_types::response::StatusKind;
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::SequenceSet;
use imap_codec::{CommandCodec, ResponseCodec};

use super::known;
use super::peer::Peer;

const COMMANDS: usize = 10_000;
/// Then the mailboxes are as they were at the start.
const A_STORE: usize = 200;

/// All that the session obeys.
const OFFERED: [&str; 35] = [
    "APPEND",
    "AUTHENTICATE",
    "CAPABILITY",
    "CHECK",
    "CLOSE",
    "COPY",
    "CREATE",
    "DELETE",
    "ENABLE",
    "EXAMINE",
    "EXPUNGE",
    "FETCH",
    "GETQUOTA",
    "GETQUOTAROOT",
    "ID",
    "IDLE",
    "LIST",
    "LOGIN",
    "LOGOUT",
    "LSUB",
    "MOVE",
    "NAMESPACE",
    "NOOP",
    "RENAME",
    "SEARCH",
    "SELECT",
    "SETQUOTA",
    "SORT",
    "STARTTLS",
    "STATUS",
    "STORE",
    "SUBSCRIBE",
    "THREAD",
    "UNSELECT",
    "UNSUBSCRIBE",
];
/// Verbs of extensions that are not offered.
const NOT_OFFERED: [&str; 3] = ["COMPRESS", "GETMETADATA", "SETMETADATA"];

#[test]
fn every_command_is_understood() {
    let mut commands = Commands::new(0x6d61_696c);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut needed = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut failures = BTreeMap::new();
    let mut peer = Peer::greeted(true);
    for n in 0..COMMANDS {
        let mut command = commands.next();
        if n % 4 != 0 {
            choose_messages(&mut command.body);
        }
        let verb = command.body.name().to_owned();
        let alone = matches!(verb.as_str(), "LOGIN" | "AUTHENTICATE" | "STARTTLS");
        if n % A_STORE == 0 {
            peer = Peer::greeted(true);
        }
        let store = peer.store.clone();
        if alone || peer.closed || peer.phase() == "not-authenticated" {
            peer = Peer::beside(store, !alone);
        }
        if !alone && peer.phase() != "selected" {
            ready(&mut peer);
        }
        let outcome = peer.run(&command).unwrap_or_else(|unread| panic!("{unread}"));
        *seen.entry(verb.clone()).or_default() += 1;
        codes.extend(outcome.odd_codes);
        let detail = outcome.oddities.iter().map(|(name, detail)| format!("{name}: {detail}")).collect::<Vec<_>>().join("; ");
        let fine = if NOT_OFFERED.contains(&verb.as_str()) {
            outcome.kind == StatusKind::Bad && detail.starts_with("unknown-command: ")
        } else {
            outcome.kind != StatusKind::Bad
                || detail.starts_with("no-such-message: ")
                || verb == "AUTHENTICATE" && detail.starts_with("malformed-sasl: ")
        };
        let known = known::REFUSED.iter().position(|known| (known.when)(&command.body) && detail.contains(known.says));
        match known {
            Some(place) if !fine => drop(needed.insert(place)),
            _ if fine => {}
            _ => drop(
                failures.entry(format!("{verb}: {}", shape(&detail))).or_insert_with(|| format!("{detail}\n    {command:?}")),
            ),
        }
    }
    let failures: Vec<String> = failures.into_iter().map(|(shape, detail)| format!("{shape}\n    {detail}")).collect();
    assert!(failures.is_empty(), "{} kinds:\n{}", failures.len(), failures.join("\n"));
    let known_codes: BTreeSet<String> = known::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(codes, known_codes, "response codes that imap-codec has no name for");
    for verb in OFFERED.iter().chain(&NOT_OFFERED) {
        assert!(seen.get(*verb).is_some_and(|&times| times >= 3), "{verb} was hardly said: {seen:?}");
    }
    for (place, known) in known::REFUSED.iter().enumerate() {
        assert!(needed.contains(&place), "no longer needed: {} ({})", known.says, known.why);
    }
}

#[test]
fn forms_that_are_left_out_cannot_be_read() {
    let response = b"* 1 FETCH (BINARY[1]<0> NIL)\r\n";
    assert!(known::UNREAD_FORMS.len() == 1 && ResponseCodec::default().decode(response).is_err());
}

#[test]
fn news_of_another_connection_can_be_read() {
    let mut commands = Commands::new(0x6e65_7773);
    let mut first = Peer::greeted(true);
    let mut second = Peer::beside(first.store.clone(), true);
    let mut pushed = 0;
    for n in 0..3_000 {
        std::mem::swap(&mut first, &mut second);
        if first.closed {
            first = Peer::beside(second.store.clone(), true);
        }
        if first.phase() != "selected" {
            // Every other one hears of VANISHED and MODSEQ.
            if n % 2 == 0 {
                first.say("ENABLE QRESYNC").expect("good responses");
            }
            ready(&mut first);
        }
        let mut command = commands.next();
        choose_messages(&mut command.body);
        let idles = match &mut command.body {
            CommandBody::Login { .. } | CommandBody::Authenticate { .. } | CommandBody::StartTLS => continue,
            body if n % 5 == 0 => {
                *body = CommandBody::Idle;
                true
            }
            _ => false,
        };
        let outcome = first.run(&command).unwrap_or_else(|unread| panic!("{unread}"));
        pushed += usize::from(idles && outcome.responses.len() > 2);
    }
    assert!(pushed > 50, "only {pushed} times something was told during IDLE");
}

#[test]
fn whatever_is_said_the_answers_can_be_read() {
    let mut commands = Commands::new(0x6f64_6421);
    let mut peer = Peer::greeted(true);
    let mut whole = 0;
    let mut failures = BTreeMap::new();
    for _ in 0..4_000 {
        let mut said = CommandCodec::default().encode(&commands.next()).dump();
        for _ in 0..=commands.number() % 2 {
            let place = commands.number() as usize % said.len();
            let octet = commands.number();
            said[place] =
                if octet.is_multiple_of(2) { b"\"\\()*%{}+~[]<>.,:; \r\n"[octet as usize / 2 % 21] } else { (octet >> 8) as u8 };
        }
        if !peer.is_idle() {
            peer = Peer::greeted(true);
            ready(&mut peer);
        }
        if let Err(unread) = peer.babble(&said) {
            panic!("{unread}");
        }
        // What is a command all the same has to be understood all the same.
        let Ok((b"", command)) = CommandCodec::default().decode(&said) else { continue };
        whole += 1;
        for (name, detail) in peer.oddities() {
            let known = NOT_OFFERED.contains(&command.body.name())
                || known::REFUSED.iter().any(|known| (known.when)(&command.body) && detail.contains(known.says));
            if ["syntax", "unknown-command", "bad-tag"].contains(&name.as_str()) && !known {
                let shape = format!("{}: {}", command.body.name(), shape(&detail));
                failures.entry(shape).or_insert_with(|| format!("{detail}\n    {}", said.escape_ascii()));
            }
        }
    }
    let failures: Vec<String> = failures.into_iter().map(|(shape, detail)| format!("{shape}\n    {detail}")).collect();
    assert!(failures.is_empty(), "{} kinds:\n{}", failures.len(), failures.join("\n"));
    assert!(whole > 300, "only {whole} are still commands");
}

/// Numbers at random are hardly ever those of messages that are there.
fn choose_messages(body: &mut CommandBody<'_>) {
    match body {
        CommandBody::Fetch { sequence_set, .. }
        | CommandBody::Store { sequence_set, .. }
        | CommandBody::Copy { sequence_set, .. }
        | CommandBody::Move { sequence_set, .. }
        | CommandBody::ExpungeUid { sequence_set } => *sequence_set = SequenceSet::try_from("*,1:2").expect("a set"),
        _ => {}
    }
}

/// INBOX with three messages, selected.
fn ready(peer: &mut Peer) {
    for message in ["Subject: one\r\n\r\none\r\n", "\r\n", "From: a@b.test\r\n\r\n"] {
        peer.deliver("INBOX", message.as_bytes());
    }
    let outcome = peer.say("SELECT INBOX").expect("good responses");
    assert_eq!(outcome.kind, StatusKind::Ok);
}

fn shape(detail: &str) -> String {
    detail.split(" at column").next().unwrap_or_default().to_owned()
}

/// Commands from a fixed seed.
struct Commands(u64);

impl Commands {
    fn new(seed: u64) -> Self {
        Commands(seed)
    }

    /// SplitMix64.
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Any command; every other one is a FETCH or a SEARCH, which chance makes too rarely.
    fn next(&mut self) -> Command<'static> {
        let mut command = self.draw(|octets| Command::arbitrary(octets).map(IntoStatic::into_static));
        let uid = self.number().is_multiple_of(2);
        match self.number() % 4 {
            0 => {
                let items = (0..=self.number() % 4)
                    .map(|_| self.draw(|octets| MessageDataItemName::arbitrary(octets).map(IntoStatic::into_static)))
                    .collect();
                let sequence_set = self.draw(|octets| octets.arbitrary::<SequenceSet>());
                let macro_or_item_names = MacroOrMessageDataItemNames::MessageDataItemNames(items);
                command.body = CommandBody::Fetch { modifiers: vec![], sequence_set, macro_or_item_names, uid };
            }
            1 => {
                let keys: Vec<SearchKey<'_>> = (0..=self.number() % 4)
                    .map(|_| self.draw(|octets| SearchKey::arbitrary(octets).map(IntoStatic::into_static)))
                    .collect();
                let charset = self.draw(|octets| Option::<Charset<'_>>::arbitrary(octets).map(IntoStatic::into_static));
                let criteria = Vec1::try_from(keys).expect("one or more");
                command.body = CommandBody::Search { charset, criteria, uid };
            }
            _ => {}
        }
        command
    }

    /// From octets at random, some mostly printable, until they make one.
    fn draw<T>(&mut self, read: impl Fn(&mut Unstructured<'_>) -> arbitrary::Result<T>) -> T {
        loop {
            let printable = self.number() % 4;
            let octets: Vec<u8> = (0..400)
                .map(|_| {
                    let number = self.number();
                    let octet = (number >> 8) as u8;
                    if number % 4 < printable { b' ' + octet % 95 } else { octet }
                })
                .collect();
            if let Ok(drawn) = read(&mut Unstructured::new(&octets)) {
                return drawn;
            }
        }
    }
}
